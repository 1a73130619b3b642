"""Free text to a site: ``"6 cm left of T4"``, ``"GB21 right"``, ``"left soleus"``.

The grammar is small: any number of distances with a way to go, a side, and a name.
Its words are data (``data/words.toml``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from anatomy.errors import AmbiguousNameError, InputError, SideError, UnknownNameError
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
from anatomy.words.distances import Parsed, read, tidy
from anatomy.words.phrases import (
    at_level,
    find_extent,
    find_muscle_loosely,
    find_phrase,
    phrase_names,
)
from anatomy.words.wording import words, written_out

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.words.phrase_models import Phrase, Target

LONGEST_TEXT = 300
#: Says that a share is of the tape between two landmarks, not of the straight line.
TAPE = re.compile(r"\b(?:by tape|(?:along|on) the (?:tape|skin))\b")
EXAMPLES = "'6 cm left of T4', '2 cun lateral to L2 on the right', 'GB21 right'"


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
    parsed = read(body, tidy(plain), text, field)
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
    body: Body, name: str, parsed: Parsed, text: str, field: str
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


def _edge(name: str, parsed: Parsed, text: str, field: str) -> str | None:
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
    body: Body, name: str, phrase: Phrase, parsed: Parsed, field: str
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


def _one_side(parsed: Parsed, text: str, field: str) -> str | None:
    if len(parsed.sides) > 1:
        raise SideError(
            f"{field}: one side must be meant; left and right given in {text!r}.",
            field=field,
            given=text,
            suggestions=("left", "right"),
        )
    return next(iter(parsed.sides), None)


def _landmark_site(
    body: Body, parsed: Parsed, start: dict[str, Any], text: str, field: str
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
    known += [*muscle_names(), *point_names(), *phrase_names()]
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
