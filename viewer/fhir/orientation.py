"""A landmark, a distance and a direction of FHIR R5 as an offset of the contract."""

from __future__ import annotations

import math
import re
from typing import Any

from anatomy.body import load_body
from anatomy.codes import anatomy_codes
from anatomy.errors import InputError, SideError, UnknownNameError
from anatomy.names import Side
from anatomy.words.text import parse_text
from viewer.fhir.book import load_book
from viewer.fhir.made import millimetres
from viewer.fhir.parts import codings, items, part, words
from viewer.fhir.site_parts import SiteData

#: Landmarks are looked up on this body; both have the same names.
_BODY = "female"
#: Skin that faces forward or backward at least this squarely (cosine) has a clock face.
FACING = math.cos(math.radians(45))
#: A direction as a clock says it: "3 o'clock", "half past 4" is "4:30".
_CLOCK = re.compile(r"^\s*(1[0-2]|[1-9])(:30)?\s*o['’ ]?\s*clock", re.IGNORECASE)
_AXES = ("superior", "anterior", "lateral")


def oriented_site(given: list[Any], side: str | None, *, field: str) -> SiteData:
    """Return the site that entries of bodyLandmarkOrientation lead to.

    Several entries are the legs of one tape: they start from the same landmark, each
    runs another way.

    Parameters
    ----------
    given : list
        The entries.
    side : {"left", "right", "midline"}, optional
        What the laterality says.
    field : str
        Where they stand, for messages.

    Raises
    ------
    NeedlemapError
        For a landmark that is not known, a distance without a direction, a direction
        that cannot be read, or legs that do not fit each other.

    Examples
    --------
    >>> leg = {"landmarkDescription": [{"text": "T4"}],
    ...        "distanceFromLandmark": [{"value": [{"value": 6, "code": "cm"}]}],
    ...        "surfaceOrientation": [{"text": "left"}]}
    >>> oriented_site([leg], None, field="site")
    {'landmark': 'T4 spinous process', 'lateral_mm': 60.0, 'side': 'left'}
    """
    site: SiteData = {}
    for number, entry in enumerate(given):
        where = f"{field}[{number}]"
        landmark, own = _landmark(entry, where)
        if site and site["landmark"] != landmark:
            raise InputError(
                f"{field} must start from one landmark; got {site['landmark']} and "
                f"{landmark}.",
                field=where,
            )
        site.setdefault("landmark", landmark)
        _add_side(site, own or side, where)
        for axis, value in _leg(entry, landmark, site, where).items():
            if f"{axis}_mm" in site:
                raise InputError(f"{field} runs {axis} twice.", field=where)
            site[f"{axis}_mm"] = value
    body = load_body(_BODY)
    midline = not body.landmarks.is_paired(site["landmark"])
    if midline and site.get("side") == "midline":
        site.pop("side")
    legs = {f"{a}_mm": site[f"{a}_mm"] for a in _AXES if site.get(f"{a}_mm")}
    side_ = {"side": site["side"]} if "side" in site else {}
    return {"landmark": site["landmark"], **legs, **side_}


def _landmark(entry: Any, field: str) -> tuple[str, Side | None]:
    """Return the landmark that an entry starts from, and the side it says."""
    where = f"{field}.landmarkDescription"
    given = items(part(entry, "landmarkDescription"))
    if len(given) != 1:
        raise InputError(
            f"{where} must be one landmark; got {len(given)}.", field=where
        )
    body = load_body(_BODY)
    said = words(given[0])
    for coding in codings(given[0]):
        named = {
            name
            for name, codes in anatomy_codes("landmark").items()
            for c in codes
            if c.relation == "equal" and c.code == coding.code and ":" in c.code
        }
        if len(named) == 1 and not said:
            return named.pop(), None
    if not said:
        raise UnknownNameError(f"{where} names no landmark that is known.", field=where)
    found = parse_text(body, said[0], field=where)
    if "landmark" not in found or any(k.endswith(("_mm", "_cun")) for k in found):
        raise UnknownNameError(
            f"{where} must be the name of a landmark; got {said[0][:80]!r}.",
            field=where,
        )
    return str(found["landmark"]), found.get("side")


def _leg(entry: Any, landmark: str, site: SiteData, field: str) -> dict[str, float]:
    """Return how far an entry leads along each axis, mm."""
    values = [
        value
        for distance in items(part(entry, "distanceFromLandmark"))
        for value in items(part(distance, "value"))
    ]
    if not values:
        return {}
    where = f"{field}.distanceFromLandmark"
    if len(values) > 1:
        raise InputError(f"{where} must be one length; got {len(values)}.", field=where)
    far = millimetres(values[0])
    if far is None or far < 0:
        units = ", ".join(load_book().lengths)
        raise InputError(f"{where} must be a length in {units}.", field=where)
    ways = [
        w for one in items(part(entry, "surfaceOrientation")) for w in words(one)[:1]
    ]
    clocks = [w for o in items(part(entry, "clockFacePosition")) for w in words(o)[:1]]
    if len(ways) + len(clocks) != 1:
        raise InputError(
            f"{field} must say one direction, in words of surfaceOrientation or "
            "clockFacePosition; a code without words cannot be read.",
            field=field,
        )
    if clocks:
        return _clock(clocks[0], far, landmark, site, field)
    return _way(ways[0], far, landmark, site, field)


def _way(
    word: str, far: float, landmark: str, site: SiteData, field: str
) -> dict[str, float]:
    """Return a distance in a direction that has a name."""
    found = load_book().direction(word)
    if found is None:
        known = [w for d in load_book().directions for w in d.words]
        raise UnknownNameError(
            f"{field}.surfaceOrientation: unknown direction {word[:40]!r}.",
            field=f"{field}.surfaceOrientation",
            suggestions=known[:8],
        )
    if found.axis in ("left", "right"):
        return _sideways(far, str(found.axis), landmark, site, field)
    return {found.axis: found.sign * far}


def _sideways(
    far: float, to: str, landmark: str, site: SiteData, field: str
) -> dict[str, float]:
    """Return a distance to the patient's left or right."""
    if load_body(_BODY).landmarks.is_paired(landmark):
        if site.get("side") not in ("left", "right"):
            raise SideError(f"{field}: {landmark} needs a side.", field=field)
        return {"lateral": far if site["side"] == to else -far}
    _add_side(site, to, field)
    return {"lateral": far}


def _clock(
    word: str, far: float, landmark: str, site: SiteData, field: str
) -> dict[str, float]:
    """Return a distance on a clock face laid on the skin and looked at from outside.

    12 is up the body part. It is read where the skin faces forward or backward: on the
    front 3 is the patient's left, on the back the patient's right.
    """
    where = f"{field}.clockFacePosition"
    match = _CLOCK.match(word)
    if match is None:
        raise InputError(
            f'{where} must be such as "3 o\'clock"; got {word[:40]!r}.', field=where
        )
    hours = int(match[1]) % 12 + (0.5 if match[2] else 0.0)
    body = load_body(_BODY)
    normal = body.skin.normal(body.landmarks.get(landmark, site.get("side")).skin)
    if abs(float(normal[1])) < FACING:
        raise InputError(
            f"{where} is read on the front and the back of the body only; at "
            f"{landmark} say the direction in words.",
            field=where,
        )
    angle = math.radians(30.0 * hours)
    up, across = far * math.cos(angle), far * math.sin(angle)
    legs = {"superior": round(up, 1)} if abs(up) >= 0.05 else {}
    if abs(across) >= 0.05:
        front = float(normal[1]) < 0
        to = "left" if (across > 0) == front else "right"
        legs |= _sideways(round(abs(across), 1), to, landmark, site, field)
    return legs


def _add_side(site: SiteData, side: str | None, field: str) -> None:
    """Take over a side; refuse another than was said before."""
    if side is None:
        return
    if site.get("side") not in (None, "midline", side):
        raise SideError(
            f"{field}: {site['side']} was said before, now {side}.", field=field
        )
    site["side"] = side
