"""The regions that are taught, each with a page: what lies there, by the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, get_args

import numpy as np
from pydantic import Field

from anatomy.body import load_body
from anatomy.errors import DataError, NeedlemapError
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.names import closest, unknown
from anatomy.places.grammar import place
from anatomy.store import cached, reading
from anatomy.words.sites import resolve_site
from viewer.map.zones.zone_images import vertex_mask
from viewer.text.structures import content
from zones.knowledge.records.offset import Offset
from zones.knowledge.records.sources import Record, Slug, Text
from zones.knowledge.structures.zone_files import load_coverage
from zones.knowledge.structures.zone_models import Severity
from zones.quality.replay import load_cases

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.arrays import FloatArray
    from viewer.text.structures.content import DepthRow
    from zones.knowledge.structures.zone_files import Zone
    from zones.knowledge.structures.zone_models import RegionCoverage

REGIONS_FILE = Path(__file__).parent / "data" / "regions.toml"
Names = Annotated[tuple[Text, ...], Field(min_length=1)]


class Region(Record):
    """A region that is taught.

    Attributes
    ----------
    id : str
    title : str
    skin : tuple of str
        Regions of skin of the reference bodies.
    muscle_regions : tuple of str
        Regions of the catalogue of muscles.
    charts : tuple of str
        Charts that show it, the first one best.
    places : tuple of str
        Labels of the places of published injuries.
    cases : tuple of str
        Ids of published injuries whose label does not tell the region.
    """

    id: Slug
    title: Text
    skin: Names
    muscle_regions: Names
    charts: Names
    places: tuple[Text, ...] = ()
    cases: tuple[Text, ...] = ()


class _File(Record):
    """The file of regions."""

    schema_: int = Field(alias="schema")
    placeless: tuple[Text, ...] = ()
    region: Annotated[tuple[Region, ...], Field(min_length=1)]


@cached
def _file(path: Path = REGIONS_FILE) -> _File:
    """Return the file, checked against what it names."""
    with reading(path) as data:
        found = _File.model_validate(data)
    body = load_body(content.BODIES[0])
    _check_once("region", [r.id for r in found.region], None, path)
    skin = [name for r in found.region for name in r.skin]
    _check_once("skin region", skin, body.region_names, path)
    muscles = {get_muscle(name).region for name in muscle_names()}
    named = {name for r in found.region for name in r.muscle_regions}
    _check_known("region of muscles", named, muscles, path)
    _check_all("region of muscles", named, muscles, path)
    charts = {name for r in found.region for name in r.charts}
    _check_known("chart", charts, body.charts, path)
    cases = [case for case in load_cases() if case["kind"] == "case"]
    labels = {str(case["zone_label"]) for case in cases}
    places = {*found.placeless, *(name for r in found.region for name in r.places)}
    _check_known("place of cases", places, labels, path)
    _check_all("place of cases", places, labels, path)
    ids = {name for r in found.region for name in r.cases}
    _check_known("case", ids, [str(case["id"]) for case in cases], path)
    return found


def _check_once(
    what: str, given: list[str], known: Iterable[str] | None, path: Path
) -> None:
    """Raise unless each name is given once, and each known one is given."""
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise DataError(f"{path.name}: {what} {twice[0]!r} is given twice.")
    if known is not None:
        known = list(known)
        _check_known(what, given, known, path)
        _check_all(what, given, known, path)


def _check_known(
    what: str, given: Iterable[str], known: Iterable[str], path: Path
) -> None:
    """Raise for a name that does not exist."""
    known = list(known)
    for name in given:
        if name not in known:
            raise DataError(
                f"{path.name}: unknown {what} {name!r}.",
                suggestions=closest(name, known),
            )


def _check_all(
    what: str, given: Iterable[str], known: Iterable[str], path: Path
) -> None:
    """Raise when a name that exists is given nowhere."""
    missing = sorted(set(known) - set(given))
    if missing:
        raise DataError(f"{path.name}: {what} {missing[0]!r} belongs to no region.")


def load_regions(path: Path = REGIONS_FILE) -> tuple[Region, ...]:
    """Return the regions that are taught, in their order.

    Raises
    ------
    DataError
        For a broken file, a name that does not exist, a region of skin that belongs to
        no region or to two, and a case that is shown nowhere without being said so.

    Examples
    --------
    >>> [region.id for region in load_regions()][:3]
    ['head', 'neck', 'shoulder']
    """
    return _file(path).region


def get_region(name: str) -> Region:
    """Return a region by id.

    Raises
    ------
    UnknownNameError
        With the nearest ids.

    Examples
    --------
    >>> get_region("hand").skin
    ('wrist', 'hand')
    """
    for region in load_regions():
        if region.id == name:
            return region
    raise unknown("region", name, [r.id for r in load_regions()], field="region")


@cached
def _of_skin() -> Mapping[str, Region]:
    return MappingProxyType({n: r for r in load_regions() for n in r.skin})


def region_of_skin(name: str) -> Region:
    """Return the region that a region of skin belongs to.

    Examples
    --------
    >>> region_of_skin("axilla").id
    'shoulder'
    """
    return _of_skin()[name]


def skin_mask(body_name: str, region: Region) -> Any:
    """Return which vertices of a body's skin lie in a region, (V,) bool."""
    body = load_body(body_name)
    numbers = [body.region_names.index(name) for name in region.skin]
    return np.isin(body.region_labels, numbers)


@cached(maxsize=32)
def zones_in(name: str) -> Mapping[str, float]:
    """Return the zones of a region and the share of its skin that each covers.

    Counted on both bodies, and the larger share is told; a zone that covers any skin
    of the region belongs to it, for a needle does not know the border. The gravest
    first, and of those the shallowest.

    Examples
    --------
    >>> "pleura" in zones_in("chest"), "pleura" in zones_in("leg")
    (True, False)
    """
    region = get_region(name)
    shares: dict[str, float] = {}
    for body in content.BODIES:
        inside = skin_mask(body, region)
        for key in content.zone_index():
            covered = vertex_mask(body, key) & inside
            if covered.any():
                share = float(covered.sum() / inside.sum())
                shares[key] = max(share, shares.get(key, 0.0))

    def rank(key: str) -> tuple[int, int, float]:
        zone = content.zone_index()[key]
        least = zone.least_mm
        worst = content.shown_zone(zone).verdict.rank
        grave = get_args(Severity)
        order = grave.index(zone.severity) if zone.severity else len(grave)
        return -worst, order, float("inf") if least is None else least

    return MappingProxyType({key: shares[key] for key in sorted(shares, key=rank)})


@cached(maxsize=512)
def _depth_skin(zone_id: str) -> tuple[str | None, ...]:
    """Return the region of skin of each depth of a zone; None for all of the zone."""
    body, zone = load_body(content.BODIES[0]), content.get_zone(zone_id)
    side = "left" if zone.side == "paired" else zone.side
    found: list[str | None] = []
    for depth in zone.depth:
        if depth.at is None:
            found.append(None)
            continue
        try:
            found.append(_skin_at(body, _spot(body, depth.at, side)))
        except NeedlemapError:
            found.append("")  # this body has no such place
    return tuple(found)


def _spot(body: Body, at: Any, side: str) -> FloatArray:
    if isinstance(at, Offset):
        return place(body, at.as_dict(), side).xyz
    return resolve_site(body, {"point": at.point, "side": side}).point.xyz


def _skin_at(body: Body, xyz: FloatArray) -> str:
    return body.region_names[body.region_labels[int(body.skin.tree.query(xyz)[1])]]


def depths_in(region: Region, zone: Zone) -> list[DepthRow]:
    """Return the depths of a zone that were found in a region, the shallowest first.

    One that holds all over the zone is among them; an empty list says that the zone
    has its depths elsewhere.

    Examples
    --------
    >>> zone = content.get_zone("pleura")
    >>> len(depths_in(get_region("chest"), zone)) > 2
    True
    """
    rows = zip(content.depth_rows(zone), _depth_skin(zone.id), strict=True)
    found = [row for row, skin in rows if skin is None or skin in region.skin]
    return sorted(found, key=lambda row: row.earliest_mm or 0.0)


@cached(maxsize=32)
def muscles_in(name: str) -> tuple[str, ...]:
    """Return the muscles of a region: by the catalogue, or with a site in its skin.

    Examples
    --------
    >>> {"infraspinatus", "deltoid"} <= set(muscles_in("shoulder"))
    True
    """
    region, body = get_region(name), load_body(content.BODIES[0])
    found = []
    for muscle_name in muscle_names():
        muscle = get_muscle(muscle_name)
        spots = (place(body, site.at, "left").xyz for site in muscle.site)
        if muscle.region in region.muscle_regions or any(
            _skin_at(body, spot) in region.skin for spot in spots
        ):
            found.append(muscle_name)
    return tuple(found)


def cases_in(region: Region) -> list[Mapping[str, Any]]:
    """Return the published injuries of a region, in the order of their file.

    Examples
    --------
    >>> [case["id"] for case in cases_in(get_region("hip"))][:1]
    ['nerve-wang36-gb30']
    """
    named = {name for r in load_regions() for name in r.cases}
    return [
        case
        for case in load_cases()
        if case["kind"] == "case"
        and (
            case["id"] in region.cases
            or (case["id"] not in named and case["zone_label"] in region.places)
        )
    ]


def placeless_cases() -> list[Mapping[str, Any]]:
    """Return the published injuries whose source names no region."""
    shown = {case["id"] for r in load_regions() for case in cases_in(r)}
    return [
        case
        for case in load_cases()
        if case["kind"] == "case" and case["id"] not in shown
    ]


def coverage_in(region: Region) -> list[RegionCoverage]:
    """Return what is mapped under each region of skin of a region."""
    return [load_coverage()[name] for name in region.skin]
