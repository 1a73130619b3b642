"""The words of free text, and a text written out: sides, levels, breadths, spelling.

The words are data (``data/words.toml``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from anatomy.store import cached, reading

#: Two neighbouring vertebrae written in one: "l4/5", "c7-t1".
_INTERSPACE = re.compile(
    r"\b([ctl])(\d{1,2}) ?[-/] ?([ctls]?)(\d{1,2})\b(?! ?(?:\.|mm|cm|in\b|inch|cun|%))"
)
_LAST = {"c": 7, "t": 12, "l": 5}
_NEXT = {"c": "t", "t": "l", "l": "s"}


@dataclass(frozen=True)
class Words:
    """The content of ``words.toml``."""

    units: dict[str, float | str]
    ways: dict[str, tuple[str, int]]
    numbers: dict[str, float]
    fractions: dict[str, float]
    fillers: frozenset[str]
    after_way: frozenset[str]
    comments: tuple[re.Pattern[str], ...]
    side_phrases: tuple[re.Pattern[str], ...]
    #: Breadths of fingers and hand in cun, by how many lie side by side.
    breadths: dict[str, dict[int, float]]
    sides: dict[str, str]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    channels: re.Pattern[str]
    channel_codes: dict[str, str]


@cached
def words() -> Words:
    """Return the words of the grammar (read once).

    Examples
    --------
    >>> words().ways["below"]
    ('superior', -1)
    """
    with reading("words.toml") as data:
        return _words(data)


def _words(data: dict[str, Any]) -> Words:
    grammar = data["grammar"]
    return Words(
        units=data["units"],
        ways={k: (v[0], v[1]) for k, v in data["ways"].items()},
        numbers={k: float(v) for k, v in data["numbers"].items()},
        fractions=data["fractions"],
        fillers=frozenset(grammar["fillers"]),
        after_way=frozenset(grammar["after_way"]),
        comments=tuple(re.compile(p) for p in grammar["comments"]),
        side_phrases=tuple(re.compile(p) for p in grammar["side_phrases"]),
        breadths={
            k: {int(n): float(v) for n, v in b.items()}
            for k, b in data["breadths"].items()
        },
        sides=data["sides"],
        rewrites=tuple((re.compile(r["match"]), r["to"]) for r in data["rewrite"]),
        channels=re.compile(rf"\b({'|'.join(data['channels'])})[ -]?(\d{{1,2}})\b"),
        channel_codes=data["channels"],
    )


def written_out(text: str) -> tuple[str, str | None]:
    """Return a text in lower case with its short forms written out, and its side.

    Returns
    -------
    str
        Sides as ``left`` and ``right``; levels, channels, finger breadths and common
        slips of spelling in one form.
    str or None
        ``"left"`` or ``"right"``; ``"both"`` when that is said; ``"two"`` when left
        and right are said.

    Examples
    --------
    >>> written_out("Traps (R)"), written_out("one finger breadth L of Th-6")
    (('traps right', 'right'), ('one fingerbreadth left of t6', 'left'))
    """
    rules = words()
    low = text.lower().replace("’", "'").replace("”", '"').replace("″", '"')
    low = re.sub(r"[–—−]", "-", low)
    low = re.sub(r"(\d),(\d)", r"\1.\2", low)
    for pattern, replacement in rules.rewrites:
        low = pattern.sub(replacement, low)
    low = rules.channels.sub(
        lambda hit: rules.channel_codes[hit.group(1)] + hit.group(2), low
    ).lower()
    low = _INTERSPACE.sub(_between_levels, low)
    tokens = re.findall(r"\S+", low.replace(",", " , "))
    written: list[str] = []
    said: set[str] = set()
    for at, token in enumerate(tokens):
        bare = token.strip("().")
        word = bare if bare in ("left", "right") else rules.sides.get(bare)
        if word is not None and len(bare) == 1 and _is_level(tokens[at + 1 : at + 3]):
            word = None  # "L 4" is a vertebra, "L 4 cm" a side
        if word is not None:
            said.add(word)
        written.append(token if word is None else "" if word == "both" else word)
    plain = re.sub(r"\s*,", ",", " ".join(filter(None, written)))
    if "both" in said:
        return plain, "both"
    return plain, "two" if len(said) > 1 else next(iter(said), None)


def _is_level(following: list[str]) -> bool:
    """Say whether a number without a unit follows."""
    number = re.match(r"\d+(?:\.\d+)?", "".join(following[:1]))
    if number is None:
        return False
    rest = following[0][number.end() :] or "".join(following[1:])
    return rest not in words().units


def _between_levels(hit: re.Match[str]) -> str:
    """Return the middle between two neighbouring vertebrae in words."""
    upper, first, lower, second = hit.groups()
    low, high = int(first), int(second)
    same = lower in ("", upper) and high == low + 1 and high <= _LAST[upper]
    over = lower in ("", _NEXT[upper]) and low == _LAST[upper] and high == 1
    if not (same or over):
        return hit.group(0)
    if " " in hit.group(0) and not lower:
        return hit.group(0)  # "t4 - 5" may begin a distance
    return f"between {upper}{low} and {upper if same else _NEXT[upper]}{high}"
