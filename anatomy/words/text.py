"""Free text to a site: ``"6 cm left of T4"``, ``"GB21 right"``, ``"left soleus"``.

The grammar is small: any number of distances with a way to go, a side, and a name.
Its words are data (``data/words.toml``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anatomy.errors import (
    AmbiguousNameError,
    InputError,
    OutOfRangeError,
    SideError,
    UnknownNameError,
)
from anatomy.landmarks import name_rules
from anatomy.muscles.catalogue import (
    find_point,
    get_muscle,
    get_point,
    muscle_names,
    muscle_site,
    point_names,
)
from anatomy.names import closest
from anatomy.places.cun import stretches
from anatomy.words.phrases import (
    at_level,
    find_extent,
    find_muscle_loosely,
    find_phrase,
    said_names,
)
from anatomy.words.wording import words, written_out

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.words.phrases import Phrase, Target

LONGEST_TEXT = 300
TOKEN = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[½¼¾]"
    r"|[a-zà-ÿ'][a-z0-9à-ÿ']*(?:-[a-z0-9]+)*|\S"
)
NUMBER = re.compile(r"\d+(?:\.\d+)?$")
#: Says that a share is of the tape between two landmarks, not of the straight line.
TAPE = re.compile(r"\b(?:by tape|(?:along|on) the (?:tape|skin))\b")
EXAMPLES = "'6 cm left of T4', '2 cun lateral to L2 on the right', 'GB21 right'"


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
    labelled = labelled_site(text, field=field)
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


def labelled_site(text: str, *, field: str = "site.text") -> dict[str, Any] | None:
    """Return the site of "muscle: label of its site", or None for other texts.

    Raises
    ------
    UnknownNameError
        When the muscle has no site of that label.

    Examples
    --------
    >>> labelled_site("left gastrocnemius: medial head")["site"]
    'medial head mid calf'
    """
    front, colon, label = text.partition(":")
    if not colon:
        return None
    plain, side = written_out(front)
    name = " ".join(w for w in plain.split() if w not in ("left", "right"))
    muscle = find_muscle_loosely(name)
    if muscle is None:
        return None
    words_ = label.split()
    if words_ and words_[-1].lower() in ("left", "right"):
        side = words_.pop().lower()
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
        t.spoken(side if _is_paired(body, t) else "")
        for t in phrase.targets
        if t.region is None
    ]
    regions = [t.region for t in phrase.targets if t.region is not None]
    seen = f" (the {regions[0]} is a region, not a place)" if regions else ""
    several = f"may mean several places{seen}"
    fault = several if len(places) > 1 else "has no site of its own"
    return AmbiguousNameError(
        f"{field}: {name!r} {fault}.",
        field=field,
        given=name,
        suggestions=places,
    )


def _is_paired(body: Body, target: Target) -> bool:
    """Say whether a place that a phrase may mean is on both sides."""
    if target.point is not None:
        return get_point(target.point).side == "paired"
    if target.landmark is not None and not target.lateral_cun and not target.lateral_mm:
        return body.landmarks.is_paired(target.landmark)
    return True


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
    series = re.search(rf"\b(?:{'|'.join(name_rules().kinds)}) \d+", name)
    if series is not None:
        try:
            body.landmarks.get(series.group(0), field=field)  # says the lines it has
        except UnknownNameError as error:
            return error
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
