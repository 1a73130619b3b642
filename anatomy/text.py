"""Free text to a site: ``"6 cm left of T4"``, ``"GB21 right"``, ``"left soleus"``.

The grammar is small: any number of distances with a way to go, a side, and a name.
Its words are data (``data/words.toml``).
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anatomy.catalogue import find_muscle, find_point, muscle_names, point_names
from anatomy.errors import InputError, OutOfRangeError, SideError, UnknownNameError
from anatomy.names import closest

if TYPE_CHECKING:
    from anatomy.body import Body

WORDS_FILE = Path(__file__).parent / "data" / "words.toml"
LONGEST_TEXT = 300
TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[½¼¾]"
    r"|[a-zà-ÿ'][a-z0-9à-ÿ']*(?:-[a-z0-9]+)*|\S"
)
NUMBER = re.compile(r"\d+(?:\.\d+)?$")
#: Says that a share is of the tape between two landmarks, not of the straight line.
TAPE = re.compile(r"\b(?:by tape|(?:along|on) the (?:tape|skin))\b")
EXAMPLES = "'6 cm left of T4', '2 cun lateral to L2 on the right', 'GB21 right'"


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


@dataclass
class _Parsed:
    """What has been read so far."""

    values: dict[str, float] = field(default_factory=dict)
    sideways: list[tuple[str, float, str]] = field(default_factory=list)
    unaimed: list[tuple[float, str]] = field(default_factory=list)
    sides: set[str] = field(default_factory=set)
    name: list[str] = field(default_factory=list)


@functools.cache
def words() -> Words:
    """Return the words of the grammar (read once).

    Examples
    --------
    >>> words().ways["below"]
    ('superior', -1)
    """
    data = tomllib.loads(WORDS_FILE.read_text("utf-8"))
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
    )


def parse_text(body: Body, text: str, *, field: str = "site.text") -> dict[str, Any]:
    """Return the site that a free text names, as a mapping for `resolve_site`.

    Parameters
    ----------
    body : Body
        Its landmarks are the names that may be used.
    text : str
        Such as ``"3 cm below the spine of the right scapula, midway"``.
    field : str
        Where the text stands in the input, for messages.

    Returns
    -------
    dict
        Landmark, muscle or point form.

    Raises
    ------
    InputError, UnknownNameError, SideError, OutOfRangeError

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> parse_text(body, "6 cm left of T4")
    {'landmark': 'T4 spinous process', 'lateral_mm': 60.0, 'side': 'left'}
    >>> parse_text(body, "GB21 right")
    {'point': 'GB21', 'side': 'right'}
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise InputError(
            f"{field} must be a few words such as {EXAMPLES}.", field=field, given=text
        )
    parsed = _read(_tidy(text), text, field)
    name = " ".join(parsed.name)
    parts = _between(body, name)
    if parts is not None:
        return _landmark_site(body, parsed, parts, text, field)
    if not name:
        raise InputError(
            f"{field} names no landmark, muscle or point: {text!r}. Try {EXAMPLES}.",
            field=field,
            given=text,
        )
    point = find_point(name)
    if point is None and body.landmarks.canonical(name) is not None:
        mark = {"landmark": body.landmarks.canonical(name)}
        return _landmark_site(body, parsed, mark, text, field)
    if point is None and body.landmarks._series(name) is not None:
        body.landmarks.get(name, field=field)  # says what is wrong with it
    muscle = None if point is not None else find_muscle(name)
    if point is None and muscle is None:
        raise _unknown_name(body, name, text, field)
    if parsed.values or parsed.sideways or parsed.unaimed:
        raise InputError(
            f"{field}: a distance needs a landmark to start from; {name!r} is "
            f"{'an acupoint' if point else 'a muscle'}.",
            field=field,
            given=text,
        )
    site: dict[str, Any] = (
        {"point": point.id} if point else {"muscle": muscle.name if muscle else name}
    )
    side = _one_side(parsed, text, field)
    return site | ({"side": side} if side else {})


def _tidy(text: str) -> str:
    """Return the text in lower case, comments after commas left out."""
    low = text.lower().replace("’", "'").replace("”", '"').replace("″", '"')
    low = re.sub(r"[–—−]", "-", low)
    low = re.sub(r"(\d),(\d)", r"\1.\2", low)
    low = re.sub(r"\([^)]*\)", " ", low)
    first, *rest = re.split(r"[,;]", low)
    kept = [
        clause
        for clause in rest
        if not any(c.search(clause.strip()) for c in words().comments)
    ]
    return " ".join([first, *kept]).strip().rstrip(".")


def _read(low: str, text: str, field: str) -> _Parsed:
    """Split a tidied text into distances, sides and a name."""
    parsed = _Parsed()
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
    return None, 0


def _distance(
    tokens: list[str], at: int, parsed: _Parsed, text: str, field: str
) -> int:
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


def _is_in(tokens: list[str], begin: int, at: int, parsed: _Parsed) -> bool:
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
    parsed: _Parsed,
    way: str,
    amount: float,
    unit: float | str,
    text: str,
    field: str,
) -> None:
    """Store one distance."""
    kind = "cun" if unit == "cun" else "mm"
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


def _between(body: Body, name: str) -> dict[str, Any] | None:
    """Return the two landmarks of a 'between' or 'from ... to ...' name."""
    fractions = words().fractions
    name, taped = TAPE.subn(" ", name)
    name = " ".join(name.split())
    lead = "|".join(fractions)
    count = r"(?:the )?(?:(1|one|2|two|a|an) )?"
    start = rf"(?:{count}({lead})s?(?: the| of the)?(?: way)? ?)?"
    hit = re.fullmatch(start + r"between (.+?) and (.+)", name) or re.fullmatch(
        start + r"from (.+?) to (.+)", name
    )
    if hit is None or body.landmarks.canonical(name) is not None:
        return None
    share = fractions.get(hit.group(2) or "half", 0.5)
    if hit.group(1) in ("2", "two") and share < 0.5:
        share *= 2
    names = [body.landmarks.canonical(g) or g for g in hit.groups()[2:]]
    for each in names:
        if each not in body.landmarks:
            body.landmarks.get(each, field="site.text")
    found = {"between": names, "fraction": round(share, 4)}
    return found | ({"tape": True} if taped else {})


def _one_side(parsed: _Parsed, text: str, field: str) -> str | None:
    if len(parsed.sides) > 1:
        raise SideError(
            f"{field}: one side must be meant; left and right given in {text!r}.",
            field=field,
            given=text,
            suggestions=("left", "right"),
        )
    return next(iter(parsed.sides), None)


def _landmark_site(
    body: Body, parsed: _Parsed, start: dict[str, Any], text: str, field: str
) -> dict[str, Any]:
    """Return the landmark form, with left and right turned into lateral."""
    names = start.get("between", [start.get("landmark")])
    paired = any(body.landmarks.is_paired(n) for n in names)
    values = dict(parsed.values)
    if parsed.unaimed:
        if len(parsed.unaimed) > 1 or paired or not parsed.sides or parsed.sideways:
            raise InputError(
                f"{field}: say which way the distance goes in {text!r} (above, below, "
                f"lateral, medial, left, right, in front of, behind).",
                field=field,
                given=text,
            )
        (value, kind), side = parsed.unaimed[0], _one_side(parsed, text, field)
        parsed.sideways.append((str(side), value, kind))
    if len(parsed.sideways) > 1 or (
        parsed.sideways and any(k.startswith("lateral") for k in values)
    ):
        raise InputError(
            f"{field}: two distances sideways in {text!r}.", field=field, given=text
        )
    for way, value, kind in parsed.sideways:
        if not paired:
            parsed.sides.add(way)
        side = _one_side(parsed, text, field)
        if side is None:
            raise SideError(
                f"{field}: say which side's {names[0]} is meant in {text!r}.",
                field=field,
                given=text,
                suggestions=("left", "right"),
            )
        values[f"lateral_{kind}"] = value if way == side else -value
    site = start | {k: values[k] for k in sorted(values)}
    side = _one_side(parsed, text, field)
    return site | ({"side": side} if side else {})


def _unknown_name(body: Body, name: str, text: str, field: str) -> UnknownNameError:
    """Return the error for a name that nothing has."""
    plain = " ".join(w for w in name.split() if w not in ("the", "of", "at"))
    known = [n for n in body.landmarks.names() if " at " not in n or "scap" in n]
    known += [*muscle_names(), *point_names()]
    near = closest(plain, known)
    if not near and len(plain.split()) > 1:
        near = closest(max(plain.split(), key=len), known)
    return UnknownNameError(
        f"{field}: no landmark, muscle or acupoint is called {name!r} (in {text!r})."
        + ("" if near else f" Try {EXAMPLES}."),
        field=field,
        given=name,
        suggestions=near,
    )
