"""Zone files: what a zone is, and reading them with every entry checked.

A zone file is TOML that a clinician can read and correct. Its areas are authored with
landmark offsets, so the same file serves every body; a paired zone is authored once,
without side, and compiled for both sides by `zones.fields.loading`.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import tomllib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from anatomy.digest import content
from anatomy.errors import DataError
from anatomy.names import closest
from zones.knowledge import pooling
from zones.knowledge.evidence import EVIDENCE_FOLDER, Evidence, load_evidence
from zones.knowledge.offset import Offset
from zones.knowledge.sources import (
    DATA,
    Record,
    check_schema,
    check_sources,
    load_sources,
)
from zones.knowledge.zone_models import (
    Anchor,
    Area,
    CourseArea,
    Depth,
    Disagreement,
    DiscArea,
    PlaceCoverage,
    PointRef,
    PolygonArea,
    RegionArea,
    RegionCoverage,
    Zone,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

__all__ = [
    "Anchor",
    "Area",
    "CourseArea",
    "Depth",
    "Disagreement",
    "DiscArea",
    "Evidence",
    "Offset",
    "PlaceCoverage",
    "PointRef",
    "PolygonArea",
    "RegionArea",
    "RegionCoverage",
    "Zone",
    "check_landmarks",
    "load_coverage",
    "load_evidence",
    "load_place_coverage",
    "load_zones",
    "pool",
    "read_zone_file",
]

ZONES_FOLDER = DATA / "zones"
COVERAGE_FILE = DATA / "coverage.toml"
ANCHORS_FILE = DATA / "anchors.jsonl"
#: Raised whenever the way of pooling changes, so that old anchors are not used.
POOLING_VERSION = 2

_LOG = logging.getLogger(__name__)


class _ZoneFile(Record):
    schema_: Literal[2] = Field(alias="schema")
    zone: tuple[Zone, ...]


class _CoverageFile(Record):
    schema_: Literal[2] = Field(alias="schema")
    region: tuple[RegionCoverage, ...]
    place: tuple[PlaceCoverage, ...] = ()


@functools.cache
def _adapter(model: type[Record]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def load_zones(
    folder: Path = ZONES_FOLDER, *, landmarks: Collection[str] | None = None
) -> tuple[Zone, ...]:
    """Return every zone of a folder of zone files, checked.

    Parameters
    ----------
    folder : Path
        Folder of ``*.toml`` zone files; read in the order of their names.
    landmarks : collection of str, optional
        Landmark names that exist; when given, every landmark must be one of them.

    Returns
    -------
    tuple of Zone
        Zones in file order.

    Raises
    ------
    DataError
        For a file that is not TOML, an entry that does not fit the schema, an id used
        twice, or an unknown source, evidence record or landmark. Names the file, the
        zone and the entry in it.

    Examples
    --------
    >>> [zone.consequence for zone in load_zones() if zone.id == "pleura"]
    ['pneumothorax']
    """
    zones = _load_zones(folder)
    if landmarks is not None:
        check_landmarks(zones, landmarks)
    return zones


@functools.cache
def _load_zones(folder: Path) -> tuple[Zone, ...]:
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise DataError(f"no zone files (*.toml) in {folder.name!r}.")
    sources, evidence = load_sources(), load_evidence()
    zones: list[Zone] = []
    where: dict[str, str] = {}
    for file in files:
        for zone in read_zone_file(file):
            entry = f"{file.name}, zone {zone.id!r}"
            if zone.id in where:
                raise DataError(f"{entry}: the id is already used in {where[zone.id]}.")
            where[zone.id] = file.name
            _check_references(zone, entry, sources, evidence)
            zones.append(zone)
    key = anchors_key(folder)
    known = pooling.read_anchors(ANCHORS_FILE, key) if folder == ZONES_FOLDER else None
    if known is None:
        if folder == ZONES_FOLDER:
            _LOG.warning(
                "zones: the anchors do not match the zone files and the evidence; "
                "pooling in memory. Run 'needlemap zones build' to keep the result."
            )
        known = pooling.anchors(zones, evidence)
    return with_anchors(zones, known)


def anchors_key(folder: Path = ZONES_FOLDER) -> str:
    """Return the hash of everything that the anchors of a folder rest on."""
    digest = hashlib.sha256(f"pooling {POOLING_VERSION}".encode())
    for file in [*sorted(folder.glob("*.toml")), *sorted(EVIDENCE_FOLDER.glob("*"))]:
        digest.update(file.name.encode())
        digest.update(content(file))
    return digest.hexdigest()


def with_anchors(zones: Iterable[Zone], anchors: Iterable[Anchor]) -> tuple[Zone, ...]:
    """Return zones with the pooled figures of their depths."""
    by_name = {(anchor.zone, anchor.id): anchor for anchor in anchors}
    found = []
    for zone in zones:
        depths = tuple(
            depth.model_copy(update={"anchor": by_name.get((zone.id, depth.id))})
            for depth in zone.depth
        )
        found.append(zone.model_copy(update={"depth": depths}))
    return tuple(found)


def pool(path: Path = ANCHORS_FILE) -> int:
    """Pool the evidence of all depths and write the anchors; the same file each time.

    Returns
    -------
    int
        Number of anchors written.

    Raises
    ------
    DataError
        For a wrong zone file, or a record that cannot stand behind a depth.
    """
    files = sorted(ZONES_FOLDER.glob("*.toml"))
    zones = [zone for file in files for zone in read_zone_file(file)]
    load_evidence.cache_clear()
    found = pooling.anchors(zones, load_evidence())
    pooling.write_anchors(path, anchors_key(), found)
    _load_zones.cache_clear()
    return len(found)


def read_zone_file(path: Path) -> tuple[Zone, ...]:
    """Return the zones of one file, held against the schema only.

    Raises
    ------
    DataError
        For a file that is not TOML, is newer than this program, or has an entry that
        does not fit the schema.

    Examples
    --------
    >>> [zone.id for zone in read_zone_file(ZONES_FOLDER / "pleura.toml")]
    ['pleura', 'pleura-dome']
    """
    zones: tuple[Zone, ...] = _read_toml(path, _ZoneFile, key="zone").zone
    return zones


def _check_references(
    zone: Zone, entry: str, sources: Mapping[str, Any], evidence: Mapping[str, Any]
) -> None:
    """Raise when a zone names a source or an evidence record that is not there."""
    known = sources.keys()
    check_sources(zone.sources, known, entry=entry)
    for number, view in enumerate(zone.disagreements, start=1):
        check_sources(view.sources, known, entry=f"{entry}, disagreement {number}")
    for number, area in enumerate(zone.area, start=1):
        check_sources(area.sources, known, entry=f"{entry}, area {number}")
        _check_known(area.records, evidence, f"{entry}, area {number}")
    for depth in zone.depth:
        pooling.depth_records(depth, evidence, entry)
    for number, build in enumerate(zone.build, start=1):
        _check_known(build.records, evidence, f"{entry}, build {number}")


def _check_known(names: Iterable[str], evidence: Mapping[str, Any], entry: str) -> None:
    for name in names:
        if name not in evidence:
            raise DataError(
                f"{entry}: unknown evidence id {name!r}.",
                given=name,
                suggestions=closest(name, evidence),
            )


def check_landmarks(zones: Iterable[Zone], landmarks: Collection[str]) -> None:
    """Raise when a zone names a landmark that is not among those given.

    Parameters
    ----------
    zones : iterable of Zone
        Zones to check.
    landmarks : collection of str
        Names that exist.

    Raises
    ------
    DataError
        For the first landmark that does not exist; names zone and entry, and offers
        the nearest names.
    """
    names = set(landmarks)
    for zone in zones:
        for entry, offset in zone.offsets():
            for name in offset.landmarks:
                if name in names:
                    continue
                raise DataError(
                    f"zone {zone.id!r}, {entry}: unknown landmark {name!r}.",
                    given=name,
                    suggestions=closest(name, names),
                )


@functools.cache
def load_coverage(path: Path = COVERAGE_FILE) -> MappingProxyType[str, RegionCoverage]:
    """Return what has been mapped, by region of skin.

    Raises
    ------
    DataError
        For a broken file or a region listed twice.

    Examples
    --------
    >>> load_coverage()["ankle"].level
    'full'
    """
    regions: dict[str, RegionCoverage] = {}
    for entry in _coverage(path).region:
        if entry.region in regions:
            raise DataError(f"{path.name}: region {entry.region!r} is listed twice.")
        regions[entry.region] = entry
    return MappingProxyType(regions)


def load_place_coverage(path: Path = COVERAGE_FILE) -> tuple[PlaceCoverage, ...]:
    """Return the places that are mapped to a depth of their own.

    Raises
    ------
    DataError
        For a broken file.
    """
    return tuple(_coverage(path).place)


@functools.cache
def _coverage(path: Path) -> Any:
    return _read_toml(path, _CoverageFile, key="region")


def _read_toml(path: Path, model: type[Record], *, key: str) -> Any:
    """Return a validated TOML file; errors name the file, the entry and the value."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name}: the file cannot be read ({error}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not valid TOML: {error}.") from error
    check_schema(data, path.name, reads=2)
    try:
        return _adapter(model).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        entry = _entry_name(data, first["loc"], key)
        message = first["msg"].removeprefix("Value error, ")
        given = first["input"]
        shown = "" if isinstance(given, (dict, list)) else f"; {given!r} given"
        raise DataError(f"{path.name}{entry}: {message}{shown}.") from error


def _entry_name(data: Mapping[str, Any], loc: tuple[int | str, ...], key: str) -> str:
    """Return words for where in a file an error stands.

    Examples
    --------
    >>> _entry_name({"zone": [{"id": "a"}]}, ("zone", 0, "depth", 1, "how"), "zone")
    ", zone 'a', depth 2, how"
    """
    words: list[str] = []
    for part in loc:
        if isinstance(part, int):
            name = f"{words.pop()} {part + 1}" if words else str(part + 1)
            if len(words) == 0 and loc[0] == key:
                item = data[key][part]
                label = item.get("id", item.get(key)) if isinstance(item, dict) else ""
                name = f"{key} {label!r}" if label else name
            words.append(name)
        else:
            words.append(part)
    return "".join(f", {word}" for word in words)


if __name__ == "__main__":
    print(f"{pool()} anchors written to {ANCHORS_FILE.name}")
