"""Depth of every zone under every place of a body's skin, ready to be looked up.

Run ``python -m zones.fields.loading`` after a change to the zone files to write the
compiled fields; without it they are compiled at the next load and kept for this user.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.store import (
    SHIPPED,
    cached,
    current,
    files_of,
    keep,
    kept_file,
    shipped,
    using,
)
from zones.fields.compiling import ZoneField, cast_rays, compile_body
from zones.fields.floor import bone_spread, compile_floor
from zones.fields.model import BodyFields, Floor, Row
from zones.fields.under import packed

if TYPE_CHECKING:
    from pathlib import Path

    from anatomy.body import Body
    from zones.knowledge.structures.zone_files import Zone


COMPILED = shipped("compiled")

#: Raised whenever the way of compiling changes, so that old files are not used.
METHOD_VERSION = 20

_ARRAYS = tuple(item.name for item in dataclass_fields(ZoneField))

_FLOOR = tuple(item.name for item in dataclass_fields(Floor))

_LOG = logging.getLogger(__name__)


def _rows(zones: tuple[Zone, ...]) -> tuple[Row, ...]:
    """Return one row for each zone and side."""
    rows: list[Row] = []
    for column, zone in enumerate(zones):
        if zone.side == "paired":
            rows.append(Row(zone, "left", column, mirrored=True))
            rows.append(Row(zone, "right", column, mirrored=False))
        else:
            rows.append(Row(zone, zone.side, column, mirrored=False))
    return tuple(rows)


def assemble(
    body: Body, zones: tuple[Zone, ...], compiled: list[ZoneField], floor: Floor
) -> BodyFields:
    """Return the arrays of a body from its compiled zones."""
    rows = _rows(zones)
    return BodyFields(
        body=body,
        zones=zones,
        rows=rows,
        members=tuple(field.member for field in compiled),
        under=packed(rows, compiled, body.skin.mirror),
        floor=floor,
    )


def data_key(body_name: str) -> str:
    """Return the hash of everything that the compiled fields of a body rest on."""
    from anatomy.store.digest import content
    from zones.knowledge.structures.zone_files import anchors_key

    here = current()
    files = files_of("zones", "*.toml")
    folder = files_of(f"bodies/{body_name}", "*")
    files += [path for path in folder if path.suffix in {".npz", ".json"}]
    files += files_of("catalogue", "*.toml")
    for name in ("bone_gaps.toml", "coverage.toml", "pooling.toml"):
        files += here.paths(name)
    # names of one's own, by which landmarks are found
    files += here.own_anatomy()
    digest = hashlib.sha256(f"method {METHOD_VERSION} {anchors_key()}".encode())
    for file in files:
        digest.update(file.name.encode())
        digest.update(content(file))
    return digest.hexdigest()


def save(path: Path, key: str, compiled: list[ZoneField], floor: Floor) -> None:
    """Write compiled zones to one file, the same bytes for the same content."""
    arrays: dict[str, NDArray[Any]] = {"key": np.array(key)}
    for name in _ARRAYS:
        parts = [getattr(field, name) for field in compiled]
        arrays[name] = np.concatenate(parts)
        arrays[f"{name}_size"] = np.array([len(p) for p in parts], dtype=np.int64)
    arrays |= {f"floor_{name}": getattr(floor, name) for name in _FLOOR}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load(path: Path, key: str) -> list[ZoneField] | None:
    """Read compiled zones; None when the file is absent or rests on other data."""
    if not path.exists():
        return None
    with np.load(path) as file:
        if str(file["key"]) != key:
            return None
        parts = {}
        for name in _ARRAYS:
            ends = np.cumsum(file[f"{name}_size"])[:-1]
            parts[name] = np.split(file[name], ends)
    columns = zip(*(parts[n] for n in parts), strict=True)
    return [ZoneField(*arrays) for arrays in columns]


def load_floor(path: Path, key: str) -> Floor | None:
    """Read how deep is known; None when the file does not hold it."""
    if not path.exists():
        return None
    with np.load(path) as file:
        names = [f"floor_{name}" for name in _FLOOR]
        if str(file["key"]) != key or not set(names) <= set(file.files):
            return None
        return Floor(**{name: file[f"floor_{name}"] for name in _FLOOR})


@cached
def body_fields(body_name: str) -> BodyFields:
    """Return the compiled zones of a reference body (read or compiled once).

    Parameters
    ----------
    body_name : {"male", "female"}
        The body.

    Returns
    -------
    BodyFields
        Never stale: when the compiled file rests on other data than are in use, the
        zones are compiled afresh, the log says so, and the result is kept in the
        user's cache folder for the next start.

    Raises
    ------
    DataError
        When a zone file is wrong; names the file, zone and entry.
    """
    from anatomy.body import load_body
    from zones.knowledge.structures.zone_files import load_zones

    body = load_body(body_name)  # type: ignore[arg-type,unused-ignore]
    zones = tuple(load_zones())
    key = data_key(body_name)
    kept = kept_file(f"{body_name}-{key[:16]}.npz")
    for path in (COMPILED / f"{body_name}.npz", kept):
        compiled, floor = load(path, key), load_floor(path, key)
        if compiled is not None and floor is not None:
            return assemble(body, zones, compiled, floor)
    _LOG.warning(
        "zones: the compiled fields of the %s body do not match the data files; "
        "compiling what differs, which may take minutes the first time.",
        body_name,
    )
    start = time.perf_counter()
    compiled, floor = _compiled(body, zones)
    if keep(kept, lambda path: save(path, key, compiled, floor)):
        _LOG.warning(
            "zones: the %s body was compiled in %.0f s; kept in %s.",
            body_name,
            time.perf_counter() - start,
            kept.parent,
        )
    return assemble(body, zones, compiled, floor)


def _compiled(body: Body, zones: tuple[Zone, ...]) -> tuple[list[ZoneField], Floor]:
    """Return the zones of a body compiled, and how deep is known (some minutes)."""
    from zones.knowledge.records.evidence import load_evidence

    known, floor = _unchanged(body, zones)
    wanted = tuple(zone for zone in zones if zone.id not in known)
    if not wanted and floor is not None:
        return [known[zone.id] for zone in zones], floor
    _LOG.warning("zones: %d of %d are compiled.", len(wanted), len(zones))
    rays = cast_rays(body)
    if floor is None:
        floor = compile_floor(body, load_evidence().values(), rays)
    fresh = compile_body(body, wanted, rays)
    known |= {zone.id: field for zone, field in zip(wanted, fresh, strict=True)}
    return [known[zone.id] for zone in zones], floor


def _unchanged(
    body: Body, zones: tuple[Zone, ...]
) -> tuple[dict[str, ZoneField], Floor | None]:
    """Return what a data folder leaves as it ships: zones by id, how deep is known."""
    from zones.knowledge.structures.zone_files import load_zones

    here = current()
    own = [name for name in ("bone_gaps.toml", "pooling.toml") if here.paths(name)[1:]]
    # on another body, with other bones or another error of the hand, nothing holds
    if here.own is None or here.anatomy is here or own:
        return {}, None
    with using(SHIPPED):
        path, key = COMPILED / f"{body.name}.npz", data_key(body.name)
        stored, floor = load(path, key), load_floor(path, key)
        shipping, deep = load_zones(), _deep()
    if stored is None:
        return {}, None
    wanted = {zone.id: zone for zone in zones}
    pairs = zip(shipping, stored, strict=True)
    found = {z.id: field for z, field in pairs if wanted.get(z.id) == z}
    return found, floor if _deep() == deep else None


def _deep() -> tuple[object, ...]:
    """Return what tells how deep is known, for comparison."""
    from zones.knowledge.records.evidence import load_evidence
    from zones.knowledge.structures.zone_files import load_coverage, load_place_coverage

    spread = bone_spread(load_evidence().values())
    return dict(load_coverage()), load_place_coverage(), spread


def build(folder: Path = COMPILED) -> dict[str, float]:
    """Pool the evidence, compile the zones of both bodies and write both.

    Of a data folder of one's own nothing is written among what ships: its zones are
    compiled and kept for this user.

    Returns
    -------
    dict
        Seconds taken for each body.
    """
    from anatomy.body import load_body
    from zones.knowledge.structures.zone_files import load_zones, pool

    ships = current().own is None
    if ships:
        pool()
    seconds = {}
    for name in ("male", "female"):
        start = time.perf_counter()
        if not ships:
            body_fields(name)
            seconds[name] = time.perf_counter() - start
            continue
        body, zones = load_body(name), tuple(load_zones())
        compiled, floor = _compiled(body, zones)
        save(folder / f"{name}.npz", data_key(name), compiled, floor)
        seconds[name] = time.perf_counter() - start
    body_fields.cache_clear()
    return seconds


if __name__ == "__main__":
    for body_name, taken in build().items():
        print(f"{body_name}: zones compiled in {taken:.1f} s")
