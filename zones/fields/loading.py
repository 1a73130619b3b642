"""Depth of every zone under every place of a body's skin, ready to be looked up.

Run ``python -m zones.fields.loading`` after a change to the zone files to write the
compiled fields; without it they are compiled in memory at the next load.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.fields.compiling import ZoneField, cast_rays, compile_body
from zones.fields.floor import compile_floor
from zones.fields.model import BodyFields, Floor, Row
from zones.fields.under import packed

if TYPE_CHECKING:
    from anatomy.body import Body
    from zones.knowledge.zone_files import Zone

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

DATA = Path(__file__).parents[1] / "data"
COMPILED = DATA / "compiled"

#: Raised whenever the way of compiling changes, so that old files are not used.
METHOD_VERSION = 18

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
    from anatomy.body import DATA as BODY_DATA
    from anatomy.digest import content
    from zones.knowledge.zone_files import anchors_key

    root = BODY_DATA.parent
    files = sorted((DATA / "zones").glob("*.toml"))
    folder = BODY_DATA / body_name
    files += sorted(p for p in folder.rglob("*") if p.suffix in {".npz", ".json"})
    files += sorted((root / "catalogue").glob("*.toml"))
    files += [
        DATA / name for name in ("bone_gaps.toml", "coverage.toml", "pooling.toml")
    ]
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


@functools.cache
def body_fields(body_name: str) -> BodyFields:
    """Return the compiled zones of a reference body (read or compiled once).

    Parameters
    ----------
    body_name : {"male", "female"}
        The body.

    Returns
    -------
    BodyFields
        Never stale: when the compiled file rests on other data than is installed,
        the zones are compiled afresh in memory and the log says so.

    Raises
    ------
    DataError
        When a zone file is wrong; names the file, zone and entry.
    """
    from anatomy.body import load_body
    from zones.knowledge.zone_files import load_zones

    body = load_body(body_name)  # type: ignore[arg-type,unused-ignore]
    zones = tuple(load_zones())
    path, key = COMPILED / f"{body_name}.npz", data_key(body_name)
    compiled, floor = load(path, key), load_floor(path, key)
    if compiled is None or floor is None:
        _LOG.warning(
            "zones: the compiled fields of the %s body do not match the data files; "
            "compiling in memory. Run 'needlemap zones build' to keep the result.",
            body_name,
        )
        compiled, floor = _compiled(body, zones)
    return assemble(body, zones, compiled, floor)


def _compiled(body: Body, zones: tuple[Zone, ...]) -> tuple[list[ZoneField], Floor]:
    """Return the zones of a body compiled, and how deep is known (some seconds)."""
    from zones.knowledge.evidence import load_evidence

    rays = cast_rays(body)
    floor = compile_floor(body, load_evidence().values(), rays)
    return compile_body(body, zones, rays), floor


def build(folder: Path = COMPILED) -> dict[str, float]:
    """Pool the evidence, compile the zones of both bodies and write both.

    Returns
    -------
    dict
        Seconds taken for each body.
    """
    from anatomy.body import load_body
    from zones.knowledge.zone_files import load_zones, pool

    pool()
    seconds = {}
    for name in ("male", "female"):
        start = time.perf_counter()
        body, zones = load_body(name), tuple(load_zones())
        compiled, floor = _compiled(body, zones)
        save(folder / f"{name}.npz", data_key(name), compiled, floor)
        seconds[name] = time.perf_counter() - start
    body_fields.cache_clear()
    return seconds


if __name__ == "__main__":
    for body_name, taken in build().items():
        print(f"{body_name}: zones compiled in {taken:.1f} s")
