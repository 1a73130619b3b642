"""Named needling sites: muscles and acupoints, each a search area on the skin.

The data (``data/catalogue/*.toml``) is read when a name is first asked for, and an
entry is checked when it is used; `check_catalogue` checks them all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anatomy.errors import DataError, NeedlemapError, SideError
from anatomy.messages import AsMessage, DataWords
from anatomy.names import Side, parse_side, unknown
from anatomy.places.grammar import place, read_offset
from anatomy.store import cached, invalid, reading
from anatomy.store.references import SourceId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint

#: Other letters that are in use for a channel.
OTHER_CODES = dict(
    REN="CV", RN="CV", DU="GV", DM="GV", SJ="TE", TB="TE", TH="TE", UB="BL", LV="LR"
) | dict(LIV="LR", K="KI", KD="KI", P="PC", H="HT", CO="LI")
Basis = Literal["source", "derived", "memory", "partial"]
#: excerpt: the opening of a page that held the statement.
Read = Literal["fulltext", "excerpt", "abstract", "secondary", "memory"]
Words = Annotated[str, Field(min_length=1)]
#: What people read, so that it can be read in another language.
Said = Annotated[Words, AsMessage]
Length = Annotated[float, Field(gt=0, le=150)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MuscleSite(_Entry):
    """One place where a muscle is needled.

    Attributes
    ----------
    label : str
        What tells it from the muscle's other sites.
    at : dict
        Landmark offset without a side (`anatomy.places.grammar.read_offset`).
    spread_mm : float
        Radius of the search area.
    basis : str
        What the place rests on: source, derived, partial or memory.
    needle_length_mm : tuple of float or None
        Usual shortest and longest needle; `length_basis` says what that rests on.
    technique, precautions : str
        In our own words.
    sources : tuple of str
    read : str
        How the source was read.
    record : str
        The evidence record it comes from.
    """

    label: Words
    at: dict[str, Any]
    spread_mm: Annotated[float, Field(gt=0, le=60)]
    basis: Basis
    needle_length_mm: tuple[Length, Length] | None = None
    length_basis: Basis | None = None
    technique: DataWords = ""
    precautions: DataWords = ""
    applies_to: str | None = None
    sources: tuple[Words, ...]
    read: Read
    record: Words

    @model_validator(mode="after")
    def _checked(self) -> MuscleSite:
        _check_at(self.at)
        lengths = self.needle_length_mm
        if lengths is not None and lengths[0] > lengths[1]:
            raise ValueError("needle_length_mm must be shortest, then longest")
        return self


class Muscle(_Entry):
    """A muscle with the places where it is needled."""

    name: Words
    aliases: tuple[Words, ...] = ()
    region: Words
    danger_structures: tuple[Said, ...] = ()
    site: Annotated[tuple[MuscleSite, ...], Field(min_length=1)]


class Acupoint(_Entry):
    """An acupuncture point.

    Attributes
    ----------
    id : str
        Code of the WHO nomenclature, such as ``"GB21"``.
    name : str
        Its name in pinyin.
    side : {"paired", "midline"}
    at : dict
        Landmark offset without a side.
    location : str
        Where it is, in our own words.
    """

    id: Annotated[str, Field(pattern=r"^(EX-[A-Z]{1,2}|[A-Z]{2})\d{1,2}$")]
    name: str = ""
    aliases: tuple[Words, ...] = ()
    side: Literal["paired", "midline"] = "paired"
    at: dict[str, Any]
    spread_mm: Annotated[float, Field(gt=0, le=40)] = 10.0
    location: Said
    basis: Basis
    sources: Annotated[tuple[SourceId, ...], Field(min_length=1)]
    read: Read
    note: DataWords = ""

    @model_validator(mode="after")
    def _checked(self) -> Acupoint:
        _check_at(self.at)
        return self


def _check_at(at: Mapping[str, Any]) -> None:
    try:
        if read_offset(at, field="at").side is not None:
            raise ValueError("at must have no side")
    except NeedlemapError as error:
        raise ValueError(str(error)) from error


Model = TypeVar("Model", Muscle, Acupoint)


@cached
def _table(kind: str) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return a catalogue's raw entries by name, and its names by any spelling."""
    file = f"catalogue/{kind}s.toml"
    list_key, name_key = ("muscle", "name") if kind == "muscle" else ("point", "id")
    with reading(file) as data:
        entries = {str(e[name_key]): e for e in data[list_key]}
        if len(entries) != len(data[list_key]):
            raise DataError(f"{file}: an entry is given twice.")
    spellings: dict[str, str] = {}
    for name in entries:
        spellings.setdefault(_key(name), name)
    for name, entry in entries.items():
        others = [*entry.get("aliases", ())]
        if kind == "acupoint" and entry.get("name"):
            others.append(entry["name"])
        for other in others:
            spellings.setdefault(_key(other), name)
    return entries, spellings


@cached
def _entry(kind: str, name: str) -> Muscle | Acupoint:
    entry = _table(kind)[0][name]
    model: type[Muscle] | type[Acupoint] = Muscle if kind == "muscle" else Acupoint
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        raise invalid(error, entry, f"{kind}s.toml, {name}") from error


def _key(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    return " ".join(sorted(w for w in words if w not in ("the", "of", "muscle", "m")))


def _point_key(code: str) -> str:
    """Return a code as it is written in the catalogue.

    Examples
    --------
    >>> _point_key("gb-21"), _point_key("ren 12"), _point_key("Hegu")
    ('GB21', 'CV12', 'Hegu')
    """
    hit = re.fullmatch(
        r"\s*(ex[- ]?[a-z]{1,2}|[a-z]{1,3})[ .-]*0*(\d{1,2})\s*", code, re.I
    )
    if hit is None:
        return code
    letters = re.sub(r"^EX[- ]?", "EX-", hit.group(1).upper())
    return OTHER_CODES.get(letters, letters) + hit.group(2)


def muscle_names() -> list[str]:
    """Return the names of the muscles, in the catalogue's order.

    Examples
    --------
    >>> "rhomboid major" in muscle_names()
    True
    """
    return list(_table("muscle")[0])


def point_names() -> list[str]:
    """Return the codes of the acupoints, in the catalogue's order.

    Examples
    --------
    >>> "GB21" in point_names()
    True
    """
    return list(_table("acupoint")[0])


def find_muscle(name: str) -> Muscle | None:
    """Return a muscle by name or alias, or None.

    Examples
    --------
    >>> find_muscle("Rhomboid major").name
    'rhomboid major'
    """
    found = _table("muscle")[1].get(_key(name))
    if found is None:
        return None
    entry = _entry("muscle", found)
    return entry if isinstance(entry, Muscle) else None


def find_point(code: str) -> Acupoint | None:
    """Return an acupoint by code or name, or None.

    Examples
    --------
    >>> find_point("gb 21").id
    'GB21'
    """
    found = _table("acupoint")[1].get(_key(_point_key(code)))
    if found is None:
        return None
    entry = _entry("acupoint", found)
    return entry if isinstance(entry, Acupoint) else None


def get_muscle(name: str, *, field: str = "site.muscle") -> Muscle:
    """Return a muscle by name or alias.

    Raises
    ------
    UnknownNameError
        With the nearest names.

    Examples
    --------
    >>> get_muscle("soleous")
    Traceback (most recent call last):
    anatomy.errors.UnknownNameError: Unknown muscle 'soleous'. Nearest: soleus...
    """
    muscle = find_muscle(name) if isinstance(name, str) else None
    if muscle is None:
        raise unknown("muscle", str(name), muscle_names(), field=field)
    return muscle


def get_point(code: str, *, field: str = "site.point") -> Acupoint:
    """Return an acupoint by code or name.

    Raises
    ------
    UnknownNameError
        With the nearest codes.

    Examples
    --------
    >>> get_point("LI4").name
    'Hegu'
    """
    point = find_point(code) if isinstance(code, str) else None
    if point is None:
        shown = _point_key(str(code))
        raise unknown("acupoint", shown, point_names(), field=field)
    return point


def muscle_site(
    muscle: Muscle, label: str | None = None, *, field: str = "site.site"
) -> MuscleSite:
    """Return one site of a muscle; the first when no label is given.

    Raises
    ------
    UnknownNameError
        When the muscle has no site of that label; lists its labels.

    Examples
    --------
    >>> muscle_site(get_muscle("rhomboid major")).spread_mm > 0
    True
    """
    if label is None:
        return muscle.site[0]
    for site in muscle.site:
        if _key(site.label) == _key(label) or site.record == label:
            return site
    partly = [s for s in muscle.site if str(label).lower() in s.label.lower()]
    if len(partly) == 1:
        return partly[0]
    labels = [s.label for s in muscle.site]
    raise unknown(f"site of {muscle.name}", str(label), labels, field=field)


def place_point(
    body: Body, code: str, side: str | None = None, *, field: str = "site"
) -> SkinPoint:
    """Return where an acupoint lies on a body.

    Parameters
    ----------
    body : Body
    code : str
        Such as ``"LI4"``.
    side : {"left", "right"}, optional
        Needed for a paired point.
    field : str
        For messages.

    Raises
    ------
    UnknownNameError, SideError

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> bool(place_point(load_body("male"), "GB21", "left").xyz[0] > 0)
    True
    """
    point = get_point(code, field=f"{field}.point")
    if point.side == "midline":
        return place(body, point.at, None, field=f"{field}.point")
    return place(body, point.at, _needed(side, point.id, field), field=f"{field}.point")


def place_muscle(
    body: Body,
    name: str,
    side: str | None = None,
    *,
    site: str | None = None,
    field: str = "site",
) -> SkinPoint:
    """Return the middle of a muscle's search area on a body.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> spot = place_muscle(load_body("male"), "rhomboid major", "right")
    >>> bool(spot.xyz[0] < 0)
    True
    """
    muscle = get_muscle(name, field=f"{field}.muscle")
    spot = muscle_site(muscle, site, field=f"{field}.site")
    return place(
        body, spot.at, _needed(side, muscle.name, field), field=f"{field}.muscle"
    )


def _needed(side: str | None, name: str, field: str) -> Side:
    """Return the side of a paired site, which must be left or right."""
    if side is None:
        raise SideError(
            f"{name} is on both sides: side must be left or right (the patient's).",
            field=f"{field}.side",
            suggestions=("left", "right"),
        )
    known = parse_side(side, field=f"{field}.side")
    if known == "midline":
        raise SideError(
            f"{name} is not on the midline: side must be left or right.",
            field=f"{field}.side",
            given=side,
            suggestions=("left", "right"),
        )
    return known


def check_catalogue(body: Body | None = None) -> list[str]:
    """Check every entry, and on a body that every one can be placed.

    Returns
    -------
    list of str
        What is wrong; empty when all is well.

    Examples
    --------
    >>> check_catalogue()
    []
    """
    wrong: list[str] = []
    for kind in ("muscle", "acupoint"):
        for name in _table(kind)[0]:
            try:
                entry = _entry(kind, name)
                if body is None:
                    continue
                ats = (
                    [(s.label, s.at) for s in entry.site]
                    if isinstance(entry, Muscle)
                    else [(entry.id, entry.at)]
                )
            except DataError as error:
                wrong.append(str(error))
                continue
            midline = isinstance(entry, Acupoint) and entry.side == "midline"
            for label, at in ats:
                try:
                    if midline:
                        place(body, at)
                    else:
                        for side in ("left", "right"):
                            place(body, at, side)
                except NeedlemapError as error:
                    wrong.append(f"{kind}s.toml, {name}, {label}: {error}")
    return wrong


__all__ = [
    "Acupoint",
    "Muscle",
    "MuscleSite",
    "check_catalogue",
    "find_muscle",
    "find_point",
    "get_muscle",
    "get_point",
    "muscle_names",
    "muscle_site",
    "place_muscle",
    "place_point",
    "point_names",
]
