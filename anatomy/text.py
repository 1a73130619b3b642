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

from anatomy.catalogue import find_point, get_muscle, muscle_names, muscle_site
from anatomy.catalogue import point_names
from anatomy.cun import stretches
from anatomy.errors import (
    AmbiguousNameError,
    InputError,
    OutOfRangeError,
    SideError,
    UnknownNameError,
)
from anatomy.names import closest
from anatomy.phrases import at_level, find_extent, find_muscle_loosely, find_phrase
from anatomy.phrases import said_names

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.phrases import Phrase

WORDS_FILE = Path(__file__).parent / "data" / "words.toml"
LONGEST_TEXT = 300
TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[½¼¾]"
    r"|[a-zà-ÿ'][a-z0-9à-ÿ']*(?:-[a-z0-9]+)*|\S"
)
NUMBER = re.compile(r"\d+(?:\.\d+)?$")
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
    #: Breadths of fingers and hand in cun, by how many lie side by side.
    breadths: dict[str, dict[int, float]]
    sides: dict[str, str]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    channels: re.Pattern[str]
    channel_codes: dict[str, str]


@dataclass
class _Parsed:
    """What has been read so far."""

    #: One cun of the patient's hand, mm.
    hand_cun: float
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
        breadths={
            k: {int(n): float(v) for n, v in b.items()}
            for k, b in data["breadths"].items()
        },
        sides=data["sides"],
        rewrites=tuple((re.compile(r["match"]), r["to"]) for r in data["rewrite"]),
        channels=re.compile(rf"\b({'|'.join(data['channels'])})[ -]?(\d{{1,2}})\b"),
        channel_codes=data["channels"],
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
    plain, said = written_out(text)
    if said == "both":
        raise SideError(
            f"{field}: one side must be meant; both given in {text!r}.",
            field=field,
            given=text,
            suggestions=("left", "right"),
        )
    labelled = _labelled(plain, said, field)
    if labelled is not None:
        return labelled
    parsed = _read(body, _tidy(plain), text, field)
    name = " ".join(parsed.name)
    if not name:
        raise InputError(
            f"{field} names no landmark, muscle or point: {text!r}. Try {EXAMPLES}.",
            field=field,
            given=text,
        )
    start = _start(body, name, parsed, text, field)
    if "landmark" in start or "between" in start:
        return _landmark_site(body, parsed, start, text, field)
    if parsed.values or parsed.sideways or parsed.unaimed:
        raise InputError(
            f"{field}: a distance needs a landmark to start from; {name!r} is "
            f"{'an acupoint' if 'point' in start else 'a muscle'}.",
            field=field,
            given=text,
        )
    side = _one_side(parsed, text, field)
    return start | ({"side": side} if side else {})


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
    for token, following in zip(tokens, [*tokens, ""][1:], strict=True):
        bare = token.strip("().")
        word = bare if bare in ("left", "right") else rules.sides.get(bare)
        if word is not None and len(bare) == 1 and following[:1].isdigit():
            word = None  # "L 4" is a vertebra
        if word is not None:
            said.add(word)
        written.append(token if word is None else "" if word == "both" else word)
    plain = re.sub(r"\s*,", ",", " ".join(filter(None, written)))
    if "both" in said:
        return plain, "both"
    return plain, "two" if len(said) > 1 else next(iter(said), None)


#: Two neighbouring vertebrae written in one: "l4/5", "c7-t1".
_INTERSPACE = re.compile(
    r"\b([ctl])(\d{1,2}) ?[-/] ?([ctls]?)(\d{1,2})\b(?! ?(?:\.|mm|cm|in\b|inch|cun|%))"
)
_LAST = {"c": 7, "t": 12, "l": 5}
_NEXT = {"c": "t", "t": "l", "l": "s"}


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


def _labelled(plain: str, side: str | None, field: str) -> dict[str, Any] | None:
    """Return the site of "muscle: label of its site", or None."""
    front, colon, label = plain.partition(":")
    if not colon:
        return None
    name = " ".join(w for w in front.split() if w not in ("left", "right"))
    muscle = find_muscle_loosely(name)
    if muscle is None:
        return None
    words_ = [w for w in label.split() if w not in ("left", "right")]
    spot = muscle_site(get_muscle(muscle), " ".join(words_), field=field)
    chosen = {"side": side} if side in ("left", "right") else {}
    return {"muscle": muscle, "site": spot.label} | chosen


def _start(
    body: Body, name: str, parsed: _Parsed, text: str, field: str
) -> dict[str, Any]:
    """Return the place that a name means, without a side.

    Raises
    ------
    AmbiguousNameError
        When it may mean several: names them.
    UnknownNameError
    """
    measured = bool(parsed.values or parsed.sideways or parsed.unaimed)
    edge = _edge(name, parsed, text, field) if measured else None
    if edge is not None:
        return {"landmark": edge}
    level = at_level(name, field=field)
    if level is not None:
        if not measured or "muscle" in level:
            return level
        raise InputError(
            f"{field}: {name!r} has its distance from the midline already; name the "
            f"vertebra alone with yours.",
            field=field,
            given=text,
        )
    parts = _between(body, name)
    if parts is not None:
        return parts
    phrase = find_phrase(name)
    if phrase is not None and phrase.means is not None:
        return phrase.means.request()
    point = find_point(name)
    if phrase is not None and (point is None or point.id.lower() != name):
        raise _ambiguous(body, name, phrase, parsed, field)
    if point is not None:
        return {"point": point.id}
    landmark = body.landmarks.canonical(name)
    if landmark is not None:
        return {"landmark": landmark}
    if body.landmarks._series(name) is not None:
        body.landmarks.get(name, field=field)  # says what is wrong with it
    muscle = find_muscle_loosely(name)
    if muscle is None:
        raise _unknown_name(body, name, text, field)
    return {"muscle": muscle}


def _edge(name: str, parsed: _Parsed, text: str, field: str) -> str | None:
    """Return the edge of a bone that a distance starts from, if it has edges."""
    extent = find_extent(name)
    if extent is None:
        return None
    found: list[str | None] = []
    for way, value in parsed.values.items():
        if way.startswith("superior"):
            found.append(extent.above if value > 0 else extent.below)
        elif way.startswith("lateral"):
            found.append(extent.lateral if value > 0 else extent.medial)
    if len(found) == 1 and found[0] is not None and not parsed.sideways:
        return found[0]
    edges = (extent.above, extent.below, extent.lateral, extent.medial)
    raise AmbiguousNameError(
        f"{field}: say from which edge the distance counts in {text!r}.",
        field=field,
        given=text,
        suggestions=[e for e in edges if e is not None],
    )


def _ambiguous(
    body: Body, name: str, phrase: Phrase, parsed: _Parsed, field: str
) -> AmbiguousNameError:
    """Return the error for a name that may mean several places."""
    side = next(iter(parsed.sides), "") if len(parsed.sides) == 1 else ""
    places = [
        f"{side} {t.spoken()}".strip() for t in phrase.targets if t.region is None
    ]
    regions = [t.region for t in phrase.targets if t.region is not None]
    seen = f" (the {regions[0]} is a region, not a place)" if regions else ""
    return AmbiguousNameError(
        f"{field}: {name!r} may mean several places{seen}.",
        field=field,
        given=name,
        suggestions=places,
    )


def _tidy(text: str) -> str:
    """Return a written-out text without its comments."""
    low = re.sub(r"\([^)]*\)", " ", text)
    first, *rest = re.split(r"[,;]", low)
    kept = [
        clause
        for clause in rest
        if not any(c.search(clause.strip()) for c in words().comments)
    ]
    return " ".join([first, *kept]).strip().rstrip(".")


def _read(body: Body, low: str, text: str, field: str) -> _Parsed:
    """Split a tidied text into distances, sides and a name."""
    parsed = _Parsed(body.height_mm / stretches()[1])
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
    if isinstance(unit, str) and unit != "cun":
        breadths = words().breadths[unit]
        cun = breadths.get(int(amount)) if amount == int(amount) else None
        value = round((amount * breadths[1] if cun is None else cun) * parsed.hand_cun)
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


def _between(body: Body, name: str) -> dict[str, Any] | None:
    """Return the two landmarks of a 'between' or 'from ... to ...' name."""
    fractions = words().fractions
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
    return {"between": names, "fraction": round(share, 4)}


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
    known += [*muscle_names(), *point_names(), *said_names()]
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
