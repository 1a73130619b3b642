"""Exercises without end: drawn by kind and seed, proven by the check.

The same kind, seed, body and zones give the same exercise in any process, as long as
the data are the same (``data_version``).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from anatomy.errors import NeedlemapError
from anatomy.names import unknown
from zones.knowledge.records.sources import load_sources
from zones.teaching.items import KINDS, Item, UnfairItemError
from zones.teaching.kinds import (
    ask_right,
    make_acceptable,
    place_it,
    what_went_wrong,
    would_you,
)
from zones.teaching.pool import BODIES, Draw, check_zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["KINDS", "check_item", "check_kind", "generate", "problems_of"]

_MAKERS: Mapping[str, Callable[[Draw], Item | None]] = {
    "place_it": place_it.make,
    "would_you": would_you.make,
    "make_acceptable": make_acceptable.make,
    "ask_right": ask_right.make,
    "what_went_wrong": what_went_wrong.make,
}

_PROVERS: Mapping[str, Callable[[Item], list[str]]] = {
    "place_it": place_it.problems,
    "would_you": would_you.problems,
    "make_acceptable": make_acceptable.problems,
    "ask_right": ask_right.problems,
    "what_went_wrong": what_went_wrong.problems,
}


def check_kind(kind: str, *, field: str = "kind") -> str:
    """Return a kind of exercise that is known.

    Raises
    ------
    UnknownNameError
        For another; the nearest are offered.
    """
    if kind not in KINDS:
        raise unknown("kind of exercise", str(kind), KINDS, field=field)
    return kind


def generate(
    kind: str,
    seed: int,
    *,
    zones: Iterable[str] | None = None,
    body: str | None = None,
) -> Item:
    """Return the exercise of a kind and seed.

    Parameters
    ----------
    kind : str
        One of `zones.teaching.items.KINDS`.
    seed : int
        Which one; every whole number is an exercise.
    zones : iterable of str, optional
        Only exercises about one of these zones.
    body : {"male", "female"}, optional
        The body; drawn when left out.

    Returns
    -------
    Item
        With exactly one right answer by `zones.check.site.check_site`, a reason and
        sources.

    Raises
    ------
    UnknownNameError
        For a kind, zone or body that is not known.
    UnfairItemError
        When no fair exercise of the kind can be made about the zones.

    Examples
    --------
    >>> item = generate("would_you", 7)
    >>> item.kind, item == generate("would_you", 7)
    ('would_you', True)
    """
    check_kind(kind)
    wanted = check_zones(zones or ())
    if body is not None and body not in BODIES:
        raise unknown("body", body, BODIES, field="body")
    label = f"{kind}:{int(seed)}:{','.join(wanted)}"
    # a text seeds the same stream in every process
    rng = random.Random(f"needlemap exercise {label}:{body or ''}")
    bodies = [body] if body else rng.sample(BODIES, len(BODIES))
    for name in bodies:
        try:
            item = _MAKERS[kind](Draw(rng, name, wanted))
        except NeedlemapError:
            item = None
        if item is not None:
            parts = [kind, str(int(seed)), item.body, item.chart, *wanted]
            return item.model_copy(update={"id": ":".join(parts), "seed": int(seed)})
    about = f" about {', '.join(wanted)}" if wanted else ""
    raise UnfairItemError(
        f"no fair exercise of kind {kind!r}{about} can be made from the data.",
        field="zones" if wanted else "kind",
        given=list(wanted) or kind,
    )


def problems_of(item: Item) -> tuple[str, ...]:
    """Return what is wrong with an exercise by the check as it answers now.

    Parameters
    ----------
    item : Item
        Any exercise, generated or written by hand.

    Returns
    -------
    tuple of str
        Empty when it has exactly one right answer, a reason and a source.
    """
    try:
        found = list(_PROVERS[item.kind](item))
    except NeedlemapError as error:
        found = [str(error)]
    if not item.sources:
        found.append("no source")
    known = load_sources()
    found += [f"unknown source {s!r}" for s in item.sources if s not in known]
    if not item.reason.strip():
        found.append("no reason")
    return tuple(found)


def check_item(item: Item) -> None:
    """Prove an exercise again: one right answer by the check, a reason, a source.

    Parameters
    ----------
    item : Item
        Any exercise.

    Raises
    ------
    UnfairItemError
        Saying what is wrong, for example after data have changed.

    Examples
    --------
    >>> check_item(generate("make_acceptable", 3))
    """
    found = problems_of(item)
    if found:
        raise UnfairItemError(
            f"exercise {item.id}: {'; '.join(found)}.", field="item", given=item.id
        )
