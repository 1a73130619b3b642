"""Distances, sides and the name that a site in words is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anatomy.errors import InputError, OutOfRangeError, UnknownNameError
from anatomy.names import closest
from anatomy.places.cun import stretches
from anatomy.words.wording import words

if TYPE_CHECKING:
    from anatomy.body import Body

TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[½¼¾]"
    r"|[a-zà-ÿ'][a-z0-9à-ÿ']*(?:-[a-z0-9]+)*|\S"
)
NUMBER = re.compile(r"\d+(?:\.\d+)?$")


@dataclass
class Parsed:
    """What has been read so far."""

    #: One cun of the patient's hand, mm.
    hand_cun: float
    values: dict[str, float] = field(default_factory=dict)
    sideways: list[tuple[str, float, str]] = field(default_factory=list)
    unaimed: list[tuple[float, str]] = field(default_factory=list)
    sides: set[str] = field(default_factory=set)
    name: list[str] = field(default_factory=list)


def tidy(text: str) -> str:
    """Return a written-out text without its comments."""
    low = re.sub(r"\([^)]*\)", " ", text)
    first, *rest = re.split(r"[,;]", low)
    kept = [
        clause
        for clause in rest
        if not any(c.search(clause.strip()) for c in words().comments)
    ]
    return " ".join([first, *kept]).strip().rstrip(".")


def read(body: Body, low: str, text: str, field: str) -> Parsed:
    """Split a tidied text into distances, sides and a name."""
    parsed = Parsed(body.height_mm / stretches()[1])
    for phrase in words().side_phrases:
        for hit in phrase.finditer(low):
            parsed.sides.add(hit.group(1))
        low = phrase.sub(" ", low)
    low = re.sub(r"(\d)(mm|cm|in|inch|inches|cun)\b", r"\1 \2", low)
    tokens = TOKEN.findall(low)
    at = 0
    while at < len(tokens):
        used = _distance(tokens, at, parsed, text, field)
        if used:
            at += used
            continue
        token = tokens[at]
        if token in ("left", "right"):
            parsed.sides.add(token)
        elif token == "midline" or (token == "on" and "midline" in tokens):
            pass
        elif token == "and" and (not parsed.name or _starts(tokens, at + 1)):
            pass  # joins two distances
        else:
            parsed.name.append(token)
        at += 1
    while parsed.name and parsed.name[0] in ("at", "the", "of", "on", "from", "to"):
        parsed.name.pop(0)
    return parsed


def _starts(tokens: list[str], at: int) -> bool:
    """Say whether a distance starts at a token, its way before it or not."""
    if at < len(tokens) and tokens[at] in words().ways:
        at += 1
    amount, used = _amount(tokens, at)
    return (
        amount is not None
        and tokens[at + used : at + used + 1] != []
        and (tokens[at + used] in words().units)
    )


def _amount(tokens: list[str], at: int) -> tuple[float | None, int]:
    """Return the number at a token and how many tokens it takes."""
    if at >= len(tokens):
        return None, 0
    rules = words()
    token = tokens[at]
    if NUMBER.match(token):
        value, used = float(token), 1
        below = "".join(
            tokens[at + 2 : at + 3] if tokens[at + 1 : at + 2] == ["/"] else []
        )
        if NUMBER.match(below) and float(below) > 0:
            return value / float(below), 3
        if at + 1 < len(tokens) and tokens[at + 1] in ("½", "¼", "¾"):
            return value + rules.numbers[tokens[at + 1]], 2
        return value, used
    if token in rules.numbers:
        used = 2 if tokens[at + 1 : at + 2] in (["a"], ["an"]) else 1
        return rules.numbers[token], used
    if token in ("a", "an") and tokens[at + 1 : at + 2] == ["half"]:
        return 0.5, 2
    if token in ("a", "an") and rules.units.get("".join(tokens[at + 1 : at + 2])):
        return 1.0, 1
    return None, 0


def _distance(tokens: list[str], at: int, parsed: Parsed, text: str, field: str) -> int:
    """Read a distance with its way at a token; return how many tokens it took."""
    rules = words()
    begin = at
    before: str | None = None
    if tokens[at] in rules.ways or tokens[at] in ("left", "right"):
        if _amount(tokens, at + 1)[0] is None or not _starts(tokens, at + 1):
            return 0
        before, at = tokens[at], at + 1
    if tokens[at] == "-" and _starts(tokens, at + 1):
        raise OutOfRangeError(
            f"{field}: a distance must not be negative in {text!r}; say the other way "
            f"instead (above, below, left, right, lateral, medial).",
            field=field,
            given=text,
        )
    amount, used = _amount(tokens, at)
    if amount is None:
        return 0
    after = at + used
    unit = tokens[after] if after < len(tokens) else ""
    if unit not in rules.units:
        _refuse_unit(tokens, begin, after, text, field)
        return 0
    at = after + 1
    if unit == "in" and begin == at - 2 and _is_in(tokens, begin, at, parsed):
        return 0  # "rib 5 in the midaxillary line"
    look = at
    while look < len(tokens) and tokens[look] in rules.fillers:
        look += 1
    way = tokens[look] if look < len(tokens) else ""
    aimed = way in rules.ways or way in ("left", "right")
    if aimed and before is not None and way in ("left", "right"):
        aimed = False  # "below 2 cm left acromion": left is the side
    if aimed and _starts(tokens, look + 1):
        # "lateral 2 cm above 3 cm": the way after belongs to the next distance
        aimed = before is None
    if aimed:
        at = look + 1
        while at < len(tokens) and tokens[at] in rules.after_way:
            at += 1
    else:
        way = before or ""
    _keep(parsed, way, amount, rules.units[unit], text, field)
    return at - begin


def _is_in(tokens: list[str], begin: int, at: int, parsed: Parsed) -> bool:
    """Say whether "in" after a number is the preposition, not inches."""
    named = bool(parsed.name) and begin > 0 and tokens[begin - 1] == parsed.name[-1]
    return named and tokens[at : at + 1] in (["the"], ["front"], ["line"])


def _refuse_unit(
    tokens: list[str], begin: int, after: int, text: str, field: str
) -> None:
    """Raise when a number is plainly a distance without a known unit."""
    rules = words()
    ways = set(rules.ways) | {"left", "right"}
    word = tokens[after] if after < len(tokens) else ""
    following = tokens[after + 1] if after + 1 < len(tokens) else ""
    units = ["mm", "cm", "in", "cun"]
    named = begin > 0 and tokens[begin - 1] not in ways | {"and"}
    if word in ways and not named and following in rules.after_way:
        raise InputError(
            f"{field}: {tokens[begin]} needs a unit in {text!r}: {', '.join(units)}.",
            field=field,
            given=text,
        )
    if named or not word.isalpha() or word in ways:
        return
    if following in ways:
        raise UnknownNameError(
            f"{field}: unknown unit {word!r} in {text!r}; distances are in "
            f"{', '.join(units)}.",
            field=field,
            given=word,
            suggestions=closest(word, [str(u) for u in rules.units]) or units,
        )


def _keep(
    parsed: Parsed,
    way: str,
    amount: float,
    unit: float | str,
    text: str,
    field: str,
) -> None:
    """Store one distance."""
    kind = "cun" if unit == "cun" else "mm"
    if isinstance(unit, str) and unit != "cun":
        breadths = words().breadths[unit]
        cun = breadths.get(int(amount)) if amount == int(amount) else None
        cun = amount * breadths[1] if cun is None else cun
        value = float(round(cun * parsed.hand_cun))
    else:
        value = amount if isinstance(unit, str) else amount * unit
    if way in ("left", "right"):
        parsed.sideways.append((way, value, kind))
        return
    if not way:
        parsed.unaimed.append((value, kind))
        return
    axis, sign = words().ways[way]
    if any(k.startswith(axis) for k in parsed.values):
        raise InputError(
            f"{field}: two distances in one direction in {text!r}.",
            field=field,
            given=text,
        )
    parsed.values[f"{axis}_{kind}"] = sign * value
