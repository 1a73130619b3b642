"""Depth of every zone under every place of a body's skin, ready to be looked up.

Run ``python -m zones.fields`` after a change to the zone files to write the compiled
fields; without it they are compiled in memory at the next load.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.compiling import ZoneField, compile_body
from zones.floor import Floor, compile_floor

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.upright import Upright
    from zones.zonefile import Zone

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

DATA = Path(__file__).parent / "data"
COMPILED = DATA / "compiled"

#: Raised whenever the way of compiling changes, so that old files are not used.
METHOD_VERSION = 9

#: Thickness that a vessel or nerve takes up at least in depth, its spread included, mm.
THINNEST_MM = 5.0

_ARRAYS = ("member", "reach", "earliest", "typical", "sd", "lead")

_UPRIGHT = ("size", "image", "step", "begins", "levels")

_FLOOR = ("mapped_mm", "bone_mm", "middle_mm", "bone", "share")

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """One zone on one side of the body: a row of the answers of `BodyFields`."""

    zone: Zone
    side: Side
    column: int
    mirrored: bool


@dataclass(frozen=True, eq=False)
class Depths:
    """What the zones say at N sites; R rows, one for each zone and side.

    Attributes
    ----------
    earliest, typical, sd : (R, N) float64
        Depth in mm, soft edges included; ``earliest`` is inf and the others
        NaN where the zone is not.
    lead : (R, N) int
        Depth entry of the zone file that decides; -1 for none.
    inside : (R, N) bool
        Whether the site lies in the zone's own area (edges count as inside).
    """

    earliest: FloatArray
    typical: FloatArray
    sd: FloatArray
    lead: IntArray
    inside: BoolArray


def _exact(values: NDArray[np.float32]) -> FloatArray:
    """Return stored figures as they were written: to a thousandth of a millimetre."""
    return np.round(values.astype(float), 3)


@dataclass(frozen=True, eq=False)
class Sparse:
    """Figures of slots and zones, of which one in a hundred is there.

    Attributes
    ----------
    key : (K,) int32
        Slot times `width` plus zone of each figure that is there, ascending.
    values : (K,) number
    width : int
        Number of zones.
    fill : float
        What all others are.

    Examples
    --------
    >>> import numpy as np
    >>> some = Sparse(np.array([1, 5], np.int32), np.array([7.0, 8.0]), 3, -1.0)
    >>> some[np.array([0, 1]), np.array([1, 1])].tolist()
    [7.0, -1.0]
    """

    key: NDArray[np.int32]
    values: NDArray[Any]
    width: int
    fill: float

    def __getitem__(self, cells: tuple[Any, Any]) -> NDArray[Any]:
        """Return the figures of slots and zones, which are broadcast together."""
        return self.take(self.places(*cells))

    def places(self, slots: Any, columns: Any) -> IntArray:
        """Return where the figures of slots and zones stand, -1 for those not there."""
        columns = np.asarray(columns, dtype=np.int32)
        key = np.asarray(slots, dtype=np.int32) * np.int32(self.width) + columns
        if not len(self.key):
            return np.full(key.shape, -1, dtype=np.intp)
        place = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[place] == key, place, -1)

    def take(self, places: IntArray) -> NDArray[Any]:
        """Return the figures at places, also of another with the same key."""
        found = np.full(places.shape, self.fill, dtype=self.values.dtype)
        there = places >= 0
        found[there] = self.values[places[there]]
        return found

    def first(self, count: int) -> Sparse:
        """Return the figures of the first zones only."""
        slot, column = np.divmod(self.key, self.width)
        kept = column < count
        key = (slot * count + column)[kept].astype(np.int32)
        return Sparse(key, self.values[kept], count, self.fill)


@dataclass(frozen=True, eq=False)
class BodyFields:
    """All zones compiled on one body.

    Only vertices that some zone covers or comes near have a slot of their own; all
    others share slot 0, where no zone is.

    Attributes
    ----------
    body : Body
        The body.
    zones : tuple of Zone
        Zones in file order; column z of the arrays belongs to ``zones[z]``.
    rows : tuple of Row
        Zone and side of each row of an answer; a paired zone has two.
    slot : (V,) int32
        Row of the following arrays that each vertex of the skin has.
    member : (S, Z) bool
        Vertices of each zone's area, compiled on its own side (paired: right).
    earliest : (S, Z) float32
        Depth at which the chance to have met it reaches 2.5 %; inf where there is none.
    typical, sd : Sparse of float32, with the key of `lead`
        The figures that go with it; NaN where there is none.
    latest : (S, Z) float32
        Where the structure ends, for a vessel or nerve whose usual depth is known;
        inf for all that fills the body behind it.
    lead : Sparse of int16
        Which depth entry of the zone file decides there; -1 for none.
    floor : Floor
        How deep is known under each vertex.
    compiled_upright : Upright or None
        What upright needles meet, when it was read; else it is worked out when needed.
    """

    body: Body
    zones: tuple[Zone, ...]
    rows: tuple[Row, ...]
    slot: NDArray[np.int32]
    member: BoolArray
    earliest: NDArray[np.float32]
    typical: Sparse
    sd: Sparse
    latest: NDArray[np.float32]
    lead: Sparse
    floor: Floor
    compiled_upright: Upright | None = None

    @functools.cached_property
    def upright(self) -> Upright:
        """What upright needles meet beside what lies under their entry."""
        from zones.upright import compile_upright

        return self.compiled_upright or compile_upright(self)

    def at(self, vertices: IntArray) -> Depths:
        """Return the depths at sites given by the vertices around them.

        Parameters
        ----------
        vertices : (N, K) int
            The vertices of each site: of its face, or of its search area.

        Returns
        -------
        Depths
            Least over each site's vertices; R rows by N sites.
        """
        names = ("earliest", "typical", "sd", "lead")
        parts: list[list[NDArray[Any]]] = [[] for _ in range(5)]
        for columns, slots in zip(self._columns, self._slots(vertices), strict=True):
            best = np.argmin(self.earliest[slots][..., columns], axis=1)
            slot = np.take_along_axis(slots, best, axis=1)
            for part, name in zip(parts, names, strict=False):
                part.append(getattr(self, name)[slot, columns[None, :]])
            parts[4].append(self.member[slots][..., columns].any(axis=1))
        merged = [np.concatenate(part, axis=1).T[self._order] for part in parts]
        return Depths(
            earliest=_exact(merged[0]),
            typical=_exact(merged[1]),
            sd=_exact(merged[2]),
            lead=merged[3].astype(np.intp),
            inside=merged[4],
        )

    def band_at(self, vertices: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return from where to where the zones lie under single vertices.

        Parameters
        ----------
        vertices : (N,) int
            Vertices of the skin.

        Returns
        -------
        earliest, latest : (R, N) float64
            Depth in mm at which each zone begins and ends; inf where it is not, and
            an endless ``latest`` for a zone that fills all that lies deeper.
        """
        pairs = list(zip(self._columns, self._slots(vertices), strict=True))
        bands = []
        for values in (self.earliest, self.latest):
            both = [values[slots][:, columns] for columns, slots in pairs]
            bands.append(_exact(np.concatenate(both, axis=1).T[self._order]))
        return bands[0], bands[1]

    def _slots(self, vertices: IntArray) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the slots of vertices, and those of their mirror images."""
        return self.slot[vertices], self.slot[self.body.skin.mirror[vertices]]

    def depth_field(self, zone_id: str, side: Side | None = None) -> FloatArray:
        """Return a zone's least depth at every vertex, (V,) float64, inf outside.

        Raises
        ------
        KeyError
            When there is no such zone.
        """
        found = np.full(len(self.slot), np.inf)
        for row in self._rows_of(zone_id, side):
            own = _exact(self.earliest[self.slot, row.column])
            found = np.minimum(
                found, own[self.body.skin.mirror] if row.mirrored else own
            )
        return found

    def mask(self, zone_id: str, side: Side | None = None) -> BoolArray:
        """Return which vertices a zone covers, (V,) bool, on one side or both.

        Raises
        ------
        KeyError
            When there is no such zone.
        """
        member = np.zeros(len(self.slot), dtype=bool)
        for row in self._rows_of(zone_id, side):
            own = self.member[self.slot, row.column]
            member |= own[self.body.skin.mirror] if row.mirrored else own
        return member

    def _rows_of(self, zone_id: str, side: Side | None) -> list[Row]:
        """Return the rows of a zone on one side or all."""
        if zone_id not in {zone.id for zone in self.zones}:
            raise KeyError(zone_id)
        return [
            row
            for row in self.rows
            if row.zone.id == zone_id and side in (None, row.side)
        ]

    @functools.cached_property
    def _columns(self) -> tuple[IntArray, IntArray]:
        """Columns of the rows read directly, and of those read through the mirror."""
        return (
            np.array([r.column for r in self.rows if not r.mirrored], dtype=np.intp),
            np.array([r.column for r in self.rows if r.mirrored], dtype=np.intp),
        )

    @functools.cached_property
    def _order(self) -> IntArray:
        """Where each row stands after direct and mirrored rows are joined."""
        flags = np.array([row.mirrored for row in self.rows], dtype=bool)
        order = np.empty(len(flags), dtype=np.intp)
        order[~flags] = np.arange(int((~flags).sum()))
        order[flags] = int((~flags).sum()) + np.arange(int(flags.sum()))
        return order


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
    body: Body,
    zones: tuple[Zone, ...],
    compiled: list[ZoneField],
    floor: Floor,
    upright: Upright | None = None,
) -> BodyFields:
    """Return the arrays of a body from its compiled zones."""
    used = np.unique(np.concatenate([np.r_[f.member, f.reach] for f in compiled]))
    slot = np.zeros(len(body.skin.vertices), dtype=np.int32)
    slot[used] = np.arange(1, len(used) + 1)
    shape = (len(used) + 1, len(zones))
    member = np.zeros(shape, dtype=bool)
    earliest = np.full(shape, np.inf, dtype=np.float32)
    latest = np.full(shape, np.inf, dtype=np.float32)
    for column, (zone, field) in enumerate(zip(zones, compiled, strict=True)):
        member[slot[field.member], column] = True
        reach = slot[field.reach]
        earliest[reach, column] = field.earliest
        if all(area.kind == "course" for area in zone.area):
            latest[reach, column] = _far_side(field)
    where = [
        slot[field.reach].astype(np.int64) * len(zones) + column
        for column, field in enumerate(compiled)
    ]
    cells = np.concatenate(where)
    order = np.argsort(cells, kind="stable")
    key = cells[order].astype(np.int32)

    def sparse(name: str, fill: float) -> Sparse:
        values = np.concatenate([getattr(field, name) for field in compiled])
        return Sparse(key, values[order], len(zones), fill)

    return BodyFields(
        body=body,
        zones=zones,
        rows=_rows(zones),
        slot=slot,
        member=member,
        earliest=earliest,
        typical=sparse("typical", np.nan),
        sd=sparse("sd", np.nan),
        latest=latest,
        lead=sparse("lead", -1),
        floor=floor,
        compiled_upright=upright,
    )


def _far_side(field: ZoneField) -> NDArray[np.float32]:
    """Return where a vessel or nerve ends, (K,); inf when its depth is not known."""
    with np.errstate(invalid="ignore"):
        spread = field.typical + 2.0 * field.sd
        ends = np.fmax(spread, 2.0 * field.typical - field.earliest)
        ends = np.maximum(ends, field.earliest + THINNEST_MM)
    return np.where(np.isfinite(ends), ends, np.inf).astype(np.float32)


def data_key(body_name: str) -> str:
    """Return the hash of everything that the compiled fields of a body rest on."""
    from anatomy.body import DATA as BODY_DATA
    from zones.zonefile import anchors_key

    root = BODY_DATA.parent
    files = sorted((DATA / "zones").glob("*.toml"))
    folder = BODY_DATA / body_name
    files += sorted(p for p in folder.rglob("*") if p.suffix in {".npz", ".json"})
    files += sorted((root / "catalogue").glob("*.toml"))
    files += [DATA / name for name in ("habitus.toml", "coverage.toml", "pooling.toml")]
    digest = hashlib.sha256(f"method {METHOD_VERSION} {anchors_key()}".encode())
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def save(
    path: Path,
    key: str,
    compiled: list[ZoneField],
    floor: Floor,
    upright: Upright | None = None,
) -> None:
    """Write compiled zones to one file, the same bytes for the same content."""
    arrays: dict[str, NDArray[Any]] = {"key": np.array(key)}
    for name in _ARRAYS:
        parts = [getattr(field, name) for field in compiled]
        arrays[name] = np.concatenate(parts)
        arrays[f"{name}_size"] = np.array([len(p) for p in parts], dtype=np.int64)
    arrays |= {f"floor_{name}": getattr(floor, name) for name in _FLOOR}
    if upright is not None:
        arrays |= {f"upright_{name}": getattr(upright, name) for name in _UPRIGHT}
        # from one patient to the next little changes, which packs small
        levels = upright.levels
        arrays["upright_levels"] = np.diff(levels, axis=0, prepend=levels[:1] * 0)
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


def load_upright(path: Path, key: str) -> Upright | None:
    """Read what upright needles meet; None when the file does not hold it."""
    from zones.upright import Upright

    if not path.exists():
        return None
    with np.load(path) as file:
        names = [f"upright_{name}" for name in _UPRIGHT]
        if str(file["key"]) != key or not set(names) <= set(file.files):
            return None
        arrays = [file[name] for name in names]
    arrays[-1] = np.cumsum(arrays[-1], axis=0, dtype=np.uint8)
    return Upright(*arrays)


def load_floor(path: Path, key: str) -> Floor | None:
    """Read how deep is known; None when the file does not hold it."""
    if not path.exists():
        return None
    with np.load(path) as file:
        names = [f"floor_{name}" for name in _FLOOR]
        if str(file["key"]) != key or not set(names) <= set(file.files):
            return None
        return Floor(*(file[name] for name in names))


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
    from zones.evidence import load_evidence
    from zones.zonefile import load_zones

    body = load_body(body_name)  # type: ignore[arg-type,unused-ignore]
    zones = tuple(load_zones())
    path, key = COMPILED / f"{body_name}.npz", data_key(body_name)
    compiled, upright = load(path, key), load_upright(path, key)
    floor = load_floor(path, key)
    if compiled is None or floor is None:
        _LOG.warning(
            "zones: the compiled fields of the %s body do not match the data files; "
            "compiling in memory. Run 'needlemap zones build' to keep the result.",
            body_name,
        )
        compiled = compile_body(body, zones)
        floor = compile_floor(body, load_evidence().values())
    return assemble(body, zones, compiled, floor, upright)


def build(folder: Path = COMPILED) -> dict[str, float]:
    """Pool the evidence, compile the zones of both bodies and write both.

    Returns
    -------
    dict
        Seconds taken for each body.
    """
    from anatomy.body import load_body
    from zones.evidence import load_evidence
    from zones.zonefile import load_zones, pool

    pool()
    seconds = {}
    for name in ("male", "female"):
        start = time.perf_counter()
        body, zones = load_body(name), tuple(load_zones())
        compiled = compile_body(body, zones)
        floor = compile_floor(body, load_evidence().values())
        upright = assemble(body, zones, compiled, floor).upright
        save(folder / f"{name}.npz", data_key(name), compiled, floor, upright)
        seconds[name] = time.perf_counter() - start
    body_fields.cache_clear()
    return seconds


if __name__ == "__main__":
    for body_name, taken in build().items():
        print(f"{body_name}: zones compiled in {taken:.1f} s")
