"""Words of the contract as people read them: sides, bodies, postures, directions.

A request names these in English whatever the reader's language; here they become
messages. What the data files name, such as a region, is looked up by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from anatomy.messages import Message, changed, message
from anatomy.messages import message as _

#: Words by what a request calls them.
TERMS = {
    "left": _("left"),
    "right": _("right"),
    "midline": _("midline"),
    "female": _("female"),
    "male": _("male"),
    "medial": _("medial"),
    "lateral": _("lateral"),
    "cranial": _("cranial"),
    "caudal": _("caudal"),
    "anterior": _("anterior"),
    "posterior": _("posterior"),
    "proximal": _("proximal"),
    "distal": _("distal"),
    "prone": _("prone"),
    "supine": _("supine"),
    "side-lying": _("side-lying"),
    "sitting": _("sitting"),
    "at side": _("at side"),
    "overhead": _("overhead"),
    "behind back": _("behind back"),
    "ultrasound": _("ultrasound"),
    "yes": _("yes"),
    "no": _("no"),
}
#: A side that must not be missed.
SIDES = {"left": _("LEFT"), "right": _("RIGHT"), "midline": _("MIDLINE")}
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)


def term(name: str) -> str:
    """Return a word of the contract or of the data as a message.

    Examples
    --------
    >>> term("left"), term("upper arm")
    ('left', 'upper arm')
    """
    if isinstance(name, Message) or not name:
        return name
    return TERMS.get(name) or message(name)


def side_place(name: str) -> str:
    """Return a place that may begin with its side.

    Examples
    --------
    >>> side_place("left upper arm"), side_place("chest")
    ('left upper arm', 'chest')
    """
    side, _space, rest = name.partition(" ")
    if side not in ("left", "right"):
        return term(name)
    if side == "left":
        return _("left {region}", region=term(rest))
    return _("right {region}", region=term(rest))


def options(names: Iterable[str]) -> list[dict[str, str]]:
    """Return names as options of a control, read with a capital.

    Examples
    --------
    >>> options(["at side"])
    [{'value': 'at side', 'label': 'At side'}]
    """
    return [
        {"value": str(name), "label": changed(term(name), "capital")} for name in names
    ]


def on_side(side: str, structure: str) -> str:
    """Return a structure with its side.

    Examples
    --------
    >>> on_side("left", "kidney"), on_side("midline", "aorta")
    ('left kidney', 'aorta')
    """
    if side == "left":
        return _("left {structure}", structure=structure)
    if side == "right":
        return _("right {structure}", structure=structure)
    return structure


def day_words(day: date) -> str:
    """Return a day in words.

    Examples
    --------
    >>> day_words(date(2026, 11, 5))
    '5 November 2026'
    """
    return _(
        "{day} {month} {year}", day=day.day, month=MONTHS[day.month - 1], year=day.year
    )
