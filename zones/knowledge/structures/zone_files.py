"""Zone files: what a zone is, and reading them with every entry checked.

A zone file is TOML that a clinician can read and correct. Its areas are authored with
landmark offsets, so the same file serves every body; a paired zone is authored once,
without side, and compiled for both sides by `zones.fields.loading`.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from anatomy.errors import DataError
from anatomy.store import (
    DataFolder,
    Entries,
    cached,
    current,
    files_of,
    keep,
    kept_file,
    label,
    reading,
    shipped,
    using,
)
from anatomy.store.digest import content
from anatomy.store.references import check_references
from zones.knowledge.records.evidence import Evidence, load_evidence
from zones.knowledge.records.offset import Offset
from zones.knowledge.records.sources import (
    Record,
    load_sources,
)
from zones.knowledge.structures import pooling
from zones.knowledge.structures.zone_models import (
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

ANCHORS_FILE = shipped("anchors.jsonl")
COVERAGE = "coverage.toml"
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


def load_zones(
    folder: Path | str = "zones", *, landmarks: Collection[str] | None = None
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


@cached
def _load_zones(folder: Path | str) -> tuple[Zone, ...]:
    files = files_of(folder, "*.toml")
    if not files:
        raise DataError(f"no zone files (*.toml) in {label(folder)!r}.")
    sources, evidence = load_sources(), load_evidence()
    found = Entries[Zone]("zone")
    for file in files:
        for zone in read_zone_file(file):
            _check_references(zone, f"{file.name}, zone {zone.id!r}", sources, evidence)
            found.add(file, zone.id, zone)
    zones = tuple(found.by_id().values())
    return with_anchors(zones, _anchors(folder, zones, evidence))


def _anchors(
    folder: Path | str, zones: tuple[Zone, ...], evidence: Mapping[str, Evidence]
) -> Iterable[Anchor]:
    """Return the pooled depths: as written, as kept, or worked out."""
    if isinstance(folder, Path):
        return pooling.anchors(zones, evidence)
    key = anchors_key()
    kept = kept_file(f"anchors-{key[:16]}.jsonl")
    for path in (ANCHORS_FILE, kept):
        known = pooling.read_anchors(path, key)
        if known is not None:
            return known
    if current().own is None:
        _LOG.warning(
            "zones: the anchors do not match the zone files and the evidence; pooling "
            "them. Run 'needlemap zones build' to write them beside the zones."
        )
    fresh = pooling.anchors(zones, evidence)
    keep(kept, lambda path: pooling.write_anchors(path, key, fresh))
    return fresh


def anchors_key(folder: Path | str = "zones") -> str:
    """Return the hash of everything that the anchors of a folder rest on."""
    digest = hashlib.sha256(f"pooling {POOLING_VERSION}".encode())
    for file in [*files_of(folder, "*.toml"), *files_of("evidence", "*.jsonl")]:
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
    with using(DataFolder()):  # read afresh, and only what ships
        files = files_of("zones", "*.toml")
        zones = [zone for file in files for zone in read_zone_file(file)]
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
    >>> [zone.id for zone in read_zone_file(shipped("zones/pleura.toml"))]
    ['pleura', 'pleura-dome']
    """
    with reading(path, schema=2) as data:
        return _ZoneFile.model_validate(data).zone


def _check_references(
    zone: Zone, entry: str, sources: Mapping[str, Any], evidence: Mapping[str, Any]
) -> None:
    """Raise when a zone names a source or an evidence record that is not there."""
    known = {"source id": sources, "evidence id": evidence}
    check_references(zone, known, entry=entry)
    for depth in zone.depth:
        pooling.depth_records(depth, evidence, entry)


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
        check_references(zone, {"landmark": names}, entry=f"zone {zone.id!r}")


@cached
def load_coverage(
    path: Path | str = COVERAGE,
) -> MappingProxyType[str, RegionCoverage]:
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
            raise DataError(f"{label(path)}: region {entry.region!r} is listed twice.")
        regions[entry.region] = entry
    return MappingProxyType(regions)


def load_place_coverage(path: Path | str = COVERAGE) -> tuple[PlaceCoverage, ...]:
    """Return the places that are mapped to a depth of their own.

    Raises
    ------
    DataError
        For a broken file.
    """
    return _coverage(path).place


@cached
def _coverage(path: Path | str) -> _CoverageFile:
    with reading(path, schema=2) as data:
        return _CoverageFile.model_validate(data)


if __name__ == "__main__":
    print(f"{pool()} anchors written to {ANCHORS_FILE.name}")
