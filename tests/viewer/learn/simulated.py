"""A class of made-up learners who are right more or less often, the same each time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.viewer.learn.conftest import right, wrong

if TYPE_CHECKING:
    from viewer.learn.storage.store import CourseStore
    from zones.teaching.items import Item

#: 20 exercises of all kinds.
COURSE = """\
title: Needling the thorax
description: What lies under the trapezius, and how deep.
pass_mark: 70
items:
- {kind: place_it, seed: 4, count: 3, zones: [pleura]}
- {kind: place_it, seed: 31, count: 3}
- {kind: would_you, seed: 7, count: 4, zones: [pleura]}
- {kind: make_acceptable, seed: 7, count: 4, zones: [pleura]}
- {kind: ask_right, seed: 7, count: 3}
- {kind: what_went_wrong, seed: 7, count: 3}
"""
NAMES = (
    "Ana", "Ben", "Chidi", "Dora", "Emre", "Fatima", "Goran", "Hana", "Ivan", "Jana",
    "Kofi", "Lena", "Marek", "Nadia", "Olaf", "Priya", "Quentin", "Rosa", "Sami",
    "Tomas", "Uma", "Vera", "Wanda", "Xenia", "Yusuf",
)  # fmt: skip


def respond(item: Item, dice: random.Random, skill: float) -> dict[str, Any]:
    """Return a response that is right with a probability of ``skill``."""
    if item.target is not None:
        found = right(item)
        spread = item.target.spread_mm * (1.6 - skill)
        # a class errs together: most of it to one side
        found["site"]["x_mm"] += dice.gauss(0.5 * spread, 0.7 * spread)
        found["site"]["y_mm"] += dice.gauss(-0.4 * spread, 0.7 * spread)
        if "needle" in found:
            depth = float(found["needle"]["depth_mm"])
            found["needle"]["depth_mm"] = max(1.0, depth + round(dice.gauss(-3, 4)))
        return found
    return right(item) if dice.random() < skill else wrong(item)


def take(
    store: CourseStore, code: str, name: str, *, until: int | None = None
) -> dict[str, Any]:
    """Let a learner take a course up to a place; return what was answered."""
    dice = random.Random(name)
    skill = dice.uniform(0.35, 0.95)
    mine = store.join(code, name, f"token-of-{name}-in-{code}")
    sent: dict[str, Any] = {}
    for place in range(mine.count if until is None else until):
        item = store.item(mine, place)
        store.shown(mine.id, place)
        response = respond(item, dice, skill)
        try:
            store.answer(mine, place, response)
        except Exception:
            response = right(item)  # it was beside the body
            store.answer(mine, place, response)
        sent[item.id] = response
    return sent
