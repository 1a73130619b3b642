"""A store to learn in, and answers that are right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from viewer.learn.storage.store import CourseStore
from viewer.record.storage.place import database_url
from zones.teaching.items import Item

#: One exercise of each kind.
COURSE = """\
title: Thorax
items:
- {kind: would_you, seed: 7}
- {kind: place_it, seed: 4}
- {kind: make_acceptable, seed: 7}
- {kind: ask_right, seed: 7}
- {kind: what_went_wrong, seed: 7}
"""


def right(item: Item) -> dict[str, Any]:
    """Return a response that is right."""
    if item.target is not None:
        place = {"x_mm": item.target.x_mm, "y_mm": item.target.y_mm}
        found: dict[str, Any] = {"site": {"chart": item.chart, **place}}
        if item.target.depth_mm is not None:
            found["needle"] = {"depth_mm": item.target.depth_mm}
        return found
    if item.freedom is not None:
        assert item.solution is not None
        return {"site": item.solution.site, "needle": item.solution.needle}
    return {"choices": {q.skill: q.right for q in item.questions}}


def wrong(item: Item) -> dict[str, Any]:
    """Return a response that is wrong; far off, or unchanged, or another choice."""
    if item.target is not None:
        found = right(item)
        found["site"]["x_mm"] += 3 * item.target.spread_mm
        return found
    if item.freedom is not None:
        return {"needle": item.needle}
    return {
        "choices": {
            q.skill: next(c.id for c in q.choices if c.id != q.right)
            for q in item.questions
        }
    }


@pytest.fixture
def courses(tmp_path: Path) -> Iterator[CourseStore]:
    """A store in a file of its own."""
    found = CourseStore(database_url(f"sqlite:///{tmp_path}/learning.sqlite3"))
    yield found
    found.close()
