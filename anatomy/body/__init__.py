"""A reference body: skin, landmarks, segments, regions, charts and bones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.charts import Chart, ChartSpec, Raster, chart_specs, main_specs
from anatomy.errors import DataError
from anatomy.landmarks import LandmarkTable
from anatomy.mesh.skin import SkinPoint, SkinSurface
from anatomy.names import unknown
from anatomy.store import ANATOMY, cached, current, read_json, using

Array = NDArray[np.float64]

DATA = ANATOMY / "bodies"
#: Charts of one part of the body, apart from what an answer rests on.
ENLARGEMENTS = DATA.parent / "enlargements"
BODIES = ("male", "female")
#: Version of the body files that this code reads.
BODY_SCHEMA = 1
#: Stored raster value of depth 0; the value 0 itself means air.
DEPTH_ZERO = 10000


@dataclass(frozen=True, eq=False)
class Segment:
    """A part of the body with a long axis."""

    name: str
    proximal: Array
    distal: Array
    side: str

    @property
    def axis(self) -> Array:
        """Unit vector (3,) that points proximal (in the trunk: superior)."""
        way = self.proximal - self.distal
        return np.asarray(way / np.linalg.norm(way))


def unpack_points(packed: NDArray[np.uint16], step: float, low: NDArray[Any]) -> Array:
    """Return places from whole steps above a lower corner."""
    return np.asarray(packed.astype(float) * step + np.asarray(low, dtype=float))


def mirrored_mesh(
    points: Array, faces: NDArray[Any]
) -> tuple[Array, NDArray[np.int32]]:
    """Return a left half mesh with its mirror image; midline vertices are shared.

    The first ``len(points)`` vertices are the left half in its own order.
    """
    middle = points[:, 0] <= 0
    count = len(points)
    twin = np.arange(count)
    twin[~middle] = count + np.arange(int((~middle).sum()))
    flipped = points[~middle] * np.array([-1.0, 1.0, 1.0])
    both = np.concatenate([faces, twin[faces][:, ::-1]])
    return np.concatenate([points, flipped]), both.astype(np.int32)


class Body:
    """One reference body.

    Parameters
    ----------
    folder : Path
        Folder with the files that ``python -m tools.bodies`` writes.

    Raises
    ------
    DataError
        When a file is missing or of another version; the message names it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: Where the landmarks are read from when they are first asked for.
        self._data = current().anatomy
        try:
            self.meta: dict[str, Any] = read_json(folder / "body.json")
            with np.load(folder / "skin.npz") as stored:
                skin = {name: stored[name] for name in stored.files}
        except (OSError, ValueError) as problem:
            raise DataError(
                f"Body file in {folder.name!r} unreadable: {problem}"
            ) from None
        if self.meta.get("schema") != BODY_SCHEMA:
            raise DataError(
                f"Body {folder.name!r} has schema {self.meta.get('schema')!r}; "
                f"this version reads {BODY_SCHEMA}."
            )
        self.name: str = self.meta["name"]
        self.height_mm = float(self.meta["height_mm"])
        half = unpack_points(skin["points"], float(skin["step"]), skin["low"])
        vertices, faces = mirrored_mesh(half, skin["faces"])
        off = np.flatnonzero(half[:, 0] > 0)
        mirror = np.arange(len(vertices))
        mirror[off] = len(half) + np.arange(len(off))
        mirror[len(half) :] = off
        self.skin = SkinSurface(vertices, faces, mirror=mirror)
        self.region_names: list[str] = self.meta["regions"]
        self.segment_names: list[str] = self.meta["segment_names"]
        self._half = len(half)
        self._middle = half[:, 0] <= 0
        self.region_labels: NDArray[np.uint8] = self._both(skin["region"])
        self.segment_labels: NDArray[np.uint8] = self._swapped(skin["segment"])
        self._seen: NDArray[np.uint32] = skin["seen"]

    def _both(self, half: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([half, half[~self._middle]])

    def _swapped(self, half: NDArray[np.uint8]) -> NDArray[np.uint8]:
        names = self.segment_names
        swap = [names.index(n.replace("left_", "right_")) for n in names]
        other = np.array(swap, dtype=np.uint8)[half[~self._middle]]
        return np.concatenate([half, other])

    def __repr__(self) -> str:
        """Name and size."""
        return f"<Body {self.name}, {self.height_mm:.0f} mm>"

    @cached_property
    def landmarks(self) -> LandmarkTable:
        """Named landmarks."""
        name = f"bodies/{self.name}/landmarks.json"
        ships = self.folder == DATA / self.name
        with using(self._data):
            records = read_json(name if ships else self.folder / "landmarks.json")
            return LandmarkTable(records, body=self.name)

    @cached_property
    def segments(self) -> dict[str, Segment]:
        """Body segments with their joint centres."""
        return {
            name: Segment(
                name,
                np.array(ends[0]),
                np.array(ends[1]),
                name.split("_")[0] if "_" in name else "midline",
            )
            for name, ends in self.meta["segments"].items()
        }

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """All charts by name; a chart's raster is read when it is first looked at."""
        found = {}
        folder = ENLARGEMENTS / self.name
        try:
            enlarged = read_json(folder / "charts.json")["charts"]
        except KeyError as problem:
            raise DataError(f"Enlargements of {self.name!r}: {problem}") from None
        for name, spec in chart_specs().items():
            extents = enlarged if spec.enlargement else self.meta["charts"]
            extent = extents[spec.mirror_of or name]
            left, right, low, high = extent["bounds"]
            if spec.mirror_of is not None and spec.x == "x":
                left, right = -right, -left
            read = self._read_enlarged if spec.enlargement else self._read
            found[name] = Chart(
                spec=spec,
                bounds=(left, right, low, high),
                cell_mm=float(extent["cell_mm"]),
                skin=self.skin,
                read=partial(read, spec),
                region_labels=self.region_labels,
                region_names=self.region_names,
                pictures=(folder if spec.enlargement else self.folder) / "pictures",
            )
        return found

    def _read(self, spec: ChartSpec) -> Raster:
        """Read the raster of one of the body's own charts."""
        with np.load(self.folder / "charts.npz") as stored:
            depth = self._depth(stored[spec.name])
        bit = np.uint32(list(main_specs()).index(spec.name))
        return Raster(depth, (self._seen >> bit) & 1 == 1)

    def _read_enlarged(self, spec: ChartSpec) -> Raster:
        """Read the raster of an enlargement, or mirror that of the other side."""
        name = spec.mirror_of or spec.name
        with np.load(ENLARGEMENTS / self.name / "charts.npz") as stored:
            # differences of differences, which may run over and back
            depth = self._depth(np.cumsum(stored[name], axis=0, dtype=np.int16))
            bits = stored[f"{name}.seen"]
        seen = np.unpackbits(bits, count=len(self.skin.vertices)).astype(bool)
        raster = Raster(depth, seen)
        if spec.mirror_of is None:
            return raster
        return raster.mirrored(spec, self.skin.mirror)

    def _depth(self, steps: NDArray[Any]) -> Array:
        """Return depths in mm from what is stored of a raster."""
        packed = np.cumsum(steps.astype(np.int32), axis=1)
        step = float(self.meta["depth_step_mm"])
        return np.where(packed == 0, np.nan, (packed - DEPTH_ZERO) * step)

    @cached_property
    def bones(self) -> dict[str, tuple[Array, NDArray[np.int32]]]:
        """Bones by name: vertices (N, 3) and faces (M, 3); sides end the name."""
        found: dict[str, tuple[Array, NDArray[np.int32]]] = {}
        flip = np.array([-1.0, 1.0, 1.0])
        with np.load(self.folder / "bones.npz") as stored:
            points = unpack_points(
                stored["points"], float(stored["step"]), stored["low"]
            )
            faces = stored["faces"].astype(np.int32)
        at = face_at = 0
        for row in self.meta["bones"]:
            own = points[at : at + row["points"]]
            index = faces[face_at : face_at + row["faces"]]
            at, face_at = at + row["points"], face_at + row["faces"]
            if row["paired"]:
                found[f"{row['name']} left"] = (own, index)
                found[f"{row['name']} right"] = (own * flip, index[:, ::-1])
            else:
                found[row["name"]] = mirrored_mesh(own, index)
        return found

    def region_at(self, point: SkinPoint) -> str:
        """Return the region of skin that a point belongs to."""
        return self.region_names[int(self.region_labels[self._corner(point)])]

    def segment_at(self, point: SkinPoint) -> str:
        """Return the body segment that a point belongs to."""
        return self.segment_names[int(self.segment_labels[self._corner(point)])]

    def _corner(self, point: SkinPoint) -> int:
        return int(self.skin.faces[point.face][int(np.argmax(point.bary))])


@cached(maxsize=4)
def load_body(name: str) -> Body:
    """Return a reference body, read once.

    Parameters
    ----------
    name : str
        Which body, ``"male"`` or ``"female"``.

    Raises
    ------
    UnknownNameError
        When there is no such body.

    Examples
    --------
    >>> load_body("female").height_mm > 1500
    True
    """
    if name not in BODIES:
        raise unknown("body", name, BODIES, field="site.body")
    return Body(DATA / name)
