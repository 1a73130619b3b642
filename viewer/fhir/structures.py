"""A site as a BodyStructure, and a BodyStructure as a site.

R5 has an element for a landmark, a distance and a direction; R4 has none, so there the
site is its description, in words. Both also carry the site itself in an extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.codes import anatomy_codes
from anatomy.errors import (
    InputError,
    NeedlemapError,
    SideError,
    UnknownNameError,
)
from anatomy.names import parse_side
from anatomy.places.describe import describe
from anatomy.words.text import parse_text
from viewer.fhir.made import SIDE, Made, codings_of, concept, quantity
from viewer.fhir.orientation import oriented_site
from viewer.fhir.parts import Coding, codings, items, part, text, words
from viewer.fhir.site_parts import (
    SITE,
    SiteData,
    must_agree,
    read_site,
    site_extension,
)
from viewer.fhir.versions import Version, check_version
from zones.contract.models import SiteAnswer
from zones.knowledge.records.codes import all_codes

KIND = "BodyStructure"
_AXES = ("superior", "anterior", "lateral")
_WORDS = {
    ("superior", 1): "superior",
    ("superior", -1): "inferior",
    ("anterior", 1): "anterior",
    ("anterior", -1): "posterior",
    ("lateral", 1): "lateral",
    ("lateral", -1): "medial",
}


def structure_of(
    site: Mapping[str, Any],
    placed: SiteAnswer,
    version: Version,
    *,
    patient: Made,
) -> Made:
    """Return a site as a BodyStructure.

    Parameters
    ----------
    site : mapping
        The site as it was asked for, a form of the contract.
    placed : SiteAnswer
        Where the check found it.
    version : Version
        Of FHIR.
    patient : dict
        Reference to the patient.

    Examples
    --------
    >>> from zones import check_site
    >>> site = {"text": "6 cm left of T4"}
    >>> made = structure_of(site, check_site(site).site, Version.R5, patient={})
    >>> (part,) = made["includedStructure"][0]["bodyLandmarkOrientation"]
    >>> part["distanceFromLandmark"][0]["value"][0]["value"]
    60
    """
    made: Made = {"resourceType": KIND, "active": True, "patient": patient}
    exact = site_extension(site)
    if exact is not None:
        made["extension"] = [exact]
    words_ = str(site.get("text") or placed.description)
    muscle = site.get("muscle")
    known = all_codes("muscle" if muscle else "region")
    name = str(muscle or placed.region)
    structure = concept(name, coding=codings_of(known.get(name, ())))
    side = concept(placed.side, code=placed.side, system=SIDE)
    if version is Version.R4:
        return made | {
            "location": structure,
            "locationQualifier": [side],
            "description": words_,
        }
    included: Made = {"structure": structure, "laterality": side}
    orientation = _orientation(site, placed)
    if orientation:
        included["bodyLandmarkOrientation"] = orientation
    return made | {"includedStructure": [included], "description": words_}


def _orientation(site: Mapping[str, Any], placed: SiteAnswer) -> list[Made]:
    """Return landmark, distances and directions; one entry for each leg of the tape."""
    offset = _offset(site, placed)
    if "landmark" not in offset:
        return []
    landmark, side = str(offset["landmark"]), offset.get("side")
    body = load_body(placed.body)
    paired = body.landmarks.is_paired(landmark)
    where = {
        "landmarkDescription": [
            concept(
                f"{side} {landmark}" if paired else landmark,
                coding=codings_of(anatomy_codes("landmark").get(landmark, ())),
            )
        ]
    }
    legs = []
    for axis in _AXES:
        value = float(offset.get(f"{axis}_mm") or 0.0)
        if value:
            way = _WORDS[axis, 1 if value > 0 else -1]
            if axis == "lateral" and not paired:
                way = str(side)
            legs.append(
                where
                | {
                    "distanceFromLandmark": [
                        {"value": [quantity(abs(value), "mm")]},
                    ],
                    "surfaceOrientation": [concept(way)],
                }
            )
    return legs or [where]


def _offset(site: Mapping[str, Any], placed: SiteAnswer) -> SiteData:
    """Return a site as an offset from a landmark, in mm of tape."""
    body = load_body(placed.body)
    found = dict(site)
    if "text" in site:
        try:
            found = parse_text(body, str(site["text"]))
        except NeedlemapError:
            found = {}
    plain = "landmark" in found and not found.get("chart")
    if plain and not any(str(name).endswith("_cun") for name in found):
        name = body.landmarks.canonical(str(found["landmark"]))
        return {**found, "landmark": name or found["landmark"]}
    return describe(body, body.skin.nearest(np.array(placed.xyz_mm))).offset


def site_of(resource: Any, version: Version, *, field: str = KIND) -> SiteData:
    """Return the site that a BodyStructure means, a form of the contract.

    Read in this order: the extension of `structure_of`; in R5 landmark, distance and
    direction; the description; the structure's own words, or a muscle by its code.

    Parameters
    ----------
    resource : mapping
        The resource.
    version : Version
        Of FHIR.
    field : str
        Where it stands, for messages.

    Raises
    ------
    NeedlemapError
        When it is of another version, names no landmark, muscle or point that is
        known, or two places.

    Examples
    --------
    >>> sent = {"resourceType": "BodyStructure", "description": "6 cm left of T4"}
    >>> site_of(sent, Version.R4)
    {'text': '6 cm left of T4'}
    """
    if part(resource, "resourceType") != KIND:
        raise InputError(f"{field} must be a {KIND}.", field=field)
    check_version(resource, version, field=field)
    if resource.get("active") is False:
        raise InputError(f"{field} is not active.", field=f"{field}.active")
    if resource.get("excludedStructure"):
        where = f"{field}.excludedStructure"
        raise InputError(f"{where} cannot be read: name the site alone.", field=where)
    description = text(resource.get("description"))
    if version is Version.R5:
        found = items(resource.get("includedStructure"))
        if len(found) > 1:
            where = f"{field}.includedStructure"
            raise InputError(
                f"{where} must be one site; got {len(found)}.", field=where
            )
        inside = found[0] if found else {}
        structure, side = part(inside, "structure"), part(inside, "laterality")
        sides = [side] if side is not None else []
        oriented = items(part(inside, "bodyLandmarkOrientation"))
        where = f"{field}.includedStructure[0]"
    else:
        structure, oriented = resource.get("location"), []
        sides = items(resource.get("locationQualifier"))
        where = f"{field}.location"
    side = _side(sides, where)
    found_site = (
        oriented_site(oriented, side, field=f"{where}.bodyLandmarkOrientation")
        if oriented
        else None
    )
    if any(part(one, "url") == SITE for one in items(resource.get("extension"))):
        site = read_site(resource, description, field)
        if found_site is not None:
            must_agree(site, found_site, field)
        return site
    if found_site is not None:
        return found_site
    if description:
        return _worded(description, side, f"{field}.description")
    return _structure(structure, side, where)


def _side(concepts: list[Any], field: str) -> str | None:
    """Return the side that words or our own codes say; None where they say none."""
    found: set[str] = set()
    for one in concepts:
        for word in [*words(one), *(c.code for c in codings(one) if c.system == SIDE)]:
            found |= {
                s for s in ("left", "right", "midline") if s in word.lower().split()
            }
    if len(found) > 1:
        raise InputError(f"{field} names more than one side.", field=field)
    return parse_side(found.pop()) if found else None


def _structure(structure: Any, side: str | None, field: str) -> SiteData:
    """Return a site that is named by a structure alone: its words, or a muscle."""
    muscle = next(muscles(codings(structure)), None)
    own = text(part(structure, "text"))
    if muscle is not None:
        return {"muscle": muscle, **({"side": side} if side else {})}
    said = own or next(iter(words(structure)), "")
    if not said:
        raise UnknownNameError(
            f"{field} names no landmark, muscle or point that is known, and no words "
            'such as "6 cm left of T4" describe the site.',
            field=field,
        )
    return _worded(said, side, field)


def _worded(said: str, side: str | None, field: str) -> SiteData:
    """Return a site in words, each of which is known, on the side that is said beside.

    Raises
    ------
    SideError
        When the words say another side.
    NeedlemapError
        Of the first body, when they can be read on neither.
    """
    failed = None
    for body in ("female", "male"):
        try:
            found = parse_text(load_body(body), said, field=field)
        except NeedlemapError as error:
            failed = failed or error
            continue
        own = found.get("side")
        if side is not None and own not in (None, side):
            raise SideError(
                f"{field} says {own}, and the side beside it {side}.", field=field
            )
        if own is None and side in ("left", "right"):
            return {**found, "side": side}
        return {"text": said}
    assert failed is not None
    raise failed


def muscles(given: Sequence[Coding]) -> Iterator[str]:
    """Yield the muscles that codes mean exactly, whatever the system calls itself.

    Examples
    --------
    >>> list(muscles([Coding("", "FMA:22542", ""), Coding("", "2660", "")]))
    ['soleus']
    """
    for coding in given:
        for name, known in anatomy_codes("muscle").items():
            if any(c.relation == "equal" and _same(c.code, coding.code) for c in known):
                yield name


def _same(ours: str, given: str) -> bool:
    """Return whether a code is one of ours that says which system it is of.

    Examples
    --------
    >>> _same("FMA:22542", "FMA:22542"), _same("2660", "2660")
    (True, False)
    """
    return ours == given and ":" in ours
