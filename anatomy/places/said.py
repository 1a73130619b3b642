"""Landmarks, bones and distances as they are said, each a text that can be translated.

Data files keep names plain, because they are keys; who shows one asks here. Where a
name holds a number or a side, the pattern holds it too, so that a language can put
them where it wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from anatomy.landmarks import name_rules
from anatomy.messages import message, named
from anatomy.messages import message as _
from anatomy.store import cached, read_toml

if TYPE_CHECKING:
    from anatomy.landmarks import Landmark

#: Bones that are counted: each is one pattern with its number.
_COUNTED = re.compile(r"(rib|metacarpal|metatarsal) (\d+)")
_SIDED = re.compile(r"(.*) (left|right)")


@cached
def description_words() -> Mapping[str, Any]:
    """Return the words and weights of descriptions, ``data/describe.toml``."""
    return read_toml("describe.toml")


def bone_name(bone: str) -> str:
    """Return a bone as it is said, without or with its side.

    Examples
    --------
    >>> bone_name("rib 3"), bone_name("scapula left")
    ('rib 3', 'scapula left')
    """
    sided = _SIDED.fullmatch(bone)
    if sided:
        kind = bone_name(sided[1])
        if sided[2] == "left":
            return _("{bone} left", bone=kind)
        return _("{bone} right", bone=kind)
    counted = _COUNTED.fullmatch(bone)
    if counted:
        return message(f"{counted[1]} {{number}}", number=int(counted[2]))
    return named(bone)


def sided(side: str, name: str) -> str:
    """Return a name with the patient's side in front; as it is in the midline.

    Examples
    --------
    >>> sided("left", "acromion"), sided("midline", "umbilicus")
    ('left acromion', 'umbilicus')
    """
    if side == "left":
        return _("left {name}", name=name)
    if side == "right":
        return _("right {name}", name=name)
    return name


def short_name(name: str) -> str:
    """Return the short form of a landmark's name.

    Examples
    --------
    >>> short_name("T4 spinous process"), short_name("acromion")
    ('T4', 'acromion')
    """
    for rule in description_words()["short"]:
        if re.search(rule["match"], name):
            return str(re.sub(rule["match"], rule["to"], name))
    return name


def in_sentence(landmark: Landmark) -> str:
    """Return a landmark's name as it stands in a sentence.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> marks = load_body("male").landmarks
    >>> in_sentence(marks.get("T4")), in_sentence(marks.get("acromion", "left"))
    ('T4', 'the left acromion')
    >>> in_sentence(marks.get("rib 5 at midclavicular line", "left"))
    'rib 5 at the left midclavicular line'
    """
    name = short_name(landmark.name)
    if landmark.side == "midline":
        said = named(name)
        return said if name != landmark.name else _("the {landmark}", landmark=said)
    kind, number, line = _counted(name)
    if line:
        return message(
            f"{kind} {{number}} at the {landmark.side} {{line}}",
            number=number,
            line=named(line),
        )
    if landmark.side == "left":
        return _("the left {landmark}", landmark=named(name))
    return _("the right {landmark}", landmark=named(name))


def over_words(level: str) -> str:
    """Return that a place lies over a rib or a space between two.

    Examples
    --------
    >>> over_words("intercostal space 5")
    'over intercostal space 5'
    """
    kind, _space, number = level.rpartition(" ")
    return message(f"over {kind} {{number}}", number=int(number))


def distance_words(axis: str, value: float, part: str, place: str | None = None) -> str:
    """Return one distance from a landmark, such as ``"12 mm above T4"``.

    Parameters
    ----------
    axis : {"superior", "lateral", "anterior"}
    value : float
        Millimetres; the sign says which of the two words is meant.
    part : str
        Part of the body, for where the hand has words of its own.
    place : str, optional
        The landmark as it is said; without it the words end where another distance
        goes on ("12 mm proximal and 5 mm radial to ...").

    Examples
    --------
    >>> distance_words("superior", -12.0, "hand", "the pisiform")
    '12 mm distal to the pisiform'
    >>> distance_words("superior", -12.0, "hand")
    '12 mm distal'
    """
    words = description_words()["words"][axis]
    up, down = words.get(part, words["any"])
    where = up if value > 0 else down
    if place is None:
        return message(_without_place(where), mm=abs(value))
    return message(_with_place(where), mm=abs(value), place=place)


def _with_place(where: str) -> str:
    return f"{{mm:g}} mm {where} {{place}}"


def _without_place(where: str) -> str:
    return "{mm:g} mm " + re.sub(r" (to|of)$", "", where)


def _counted(name: str) -> tuple[str, int, str]:
    """Return kind, number and line of a rib or a space; no line for another name."""
    hit = re.fullmatch(r"(rib|intercostal space) (\d+) at (.+)", name)
    return (hit[1], int(hit[2]), hit[3]) if hit else ("", 0, "")


def sayings() -> Iterator[str]:
    """Yield one text of each pattern that the functions above take from data files."""
    from anatomy.body import BODIES, load_body

    rules = name_rules()
    for axis, words in description_words()["words"].items():
        for part in words:
            for value in (1.0, -1.0):
                yield distance_words(axis, value, part, "")
                yield distance_words(axis, value, part)
    for kind in rules.kinds:
        yield over_words(f"{kind} 1")
    for body in map(load_body, BODIES):
        for landmark in body.landmarks:
            yield in_sentence(landmark)
            yield named(landmark.name)
        for bone in body.bones:
            yield bone_name(bone)
