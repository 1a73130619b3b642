"""Charts: orthographic pictures of the skin, with the way there and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from anatomy.errors import OffBodyError, OutOfRangeError
from anatomy.mesh.skin import SkinPoint, SkinSurface
from anatomy.mesh.vectors import norm
from anatomy.messages import message
from anatomy.store import cached, read_toml

Array = NDArray[np.float64]

AXES = {"x": 0, "y": 1, "z": 2}
#: Faces around the raster's guess that are tried for the exact point.
TRIED_VERTICES = 24
#: A chart place and its round trip may differ by this much and still be seen, mm.
SAME_PLACE_MM = 1.0


@dataclass(frozen=True)
class ChartSpec:
    """What a chart shows and how, before any body is drawn on it.

    An enlargement is stored apart, read when it is opened, and never named by an
    answer; of a pair of them only the left one is stored.
    """

    name: str
    title: str
    x: str
    y: str
    view: tuple[float, float, float]
    x_reversed: bool
    y_reversed: bool
    draw: tuple[str, ...]
    frame: tuple[str, ...]
    mm_per_pixel: float
    side: str | None
    below_ankle_mm: float | None
    enlargement: bool = False
    window: Mapping[str, Any] = field(default_factory=dict)
    above: Mapping[str, Any] | None = None
    border_mm: float = 9.0
    cell_mm: float | None = None

    @property
    def mirror_of(self) -> str | None:
        """Name of the stored chart that this one is the mirror image of."""
        if not self.enlargement or self.side != "right":
            return None
        return self.name.replace("right", "left", 1)


def _sided(part: str, side: str | None) -> tuple[str, ...]:
    limbs = ("upper_arm", "forearm", "hand", "thigh", "leg", "foot")
    return (f"{side}_{part}",) if part in limbs and side else (part,)


@cached
def chart_specs() -> dict[str, ChartSpec]:
    """Return the specifications of all charts by name.

    Examples
    --------
    >>> chart_specs()["posterior"].x_reversed
    True
    """
    found: dict[str, ChartSpec] = {}
    for file in ("charts.toml", "enlargements.toml"):
        for row in read_toml(file)["chart"]:
            sides = ("left", "right") if row.get("paired") else (None,)
            for side in sides:
                spec = _spec(row, side, enlargement=file == "enlargements.toml")
                found[spec.name] = spec
    return found


@cached
def main_specs() -> dict[str, ChartSpec]:
    """Return the specifications of the charts that are no enlargements, in order.

    Examples
    --------
    >>> "posterior" in main_specs(), "low_back_posterior" in main_specs()
    (True, False)
    """
    return {n: spec for n, spec in chart_specs().items() if not spec.enlargement}


def _spec(row: dict[str, Any], side: str | None, *, enlargement: bool) -> ChartSpec:
    name, view = row["name"], [float(v) for v in row["view"]]
    flipped = bool(row.get("x_reversed", False))
    if side is not None:
        if row.get("prefix", True):
            name = f"{side}_{name}"
        else:
            stem, _, last = name.rpartition("_")
            name = f"{stem}_{side}_{last}"
    if side == "right":
        view[0] = -view[0]
        # the mirror image: a chart seen along x turns its depth axis round
        if row["x"] == "y":
            flipped = not flipped
    title = row["title"].format(side=side, Side=(side or "").capitalize())
    draw = tuple(p for part in row["draw"] for p in _sided(part, side))
    frame = tuple(
        p for part in row.get("frame", row["draw"]) for p in _sided(part, side)
    )
    return ChartSpec(
        name=name,
        title=message(title),
        x=row["x"],
        y=row["y"],
        view=(view[0], view[1], view[2]),
        x_reversed=flipped,
        y_reversed=bool(row.get("y_reversed", False)),
        draw=draw,
        frame=frame,
        mm_per_pixel=float(row["mm_per_pixel"]),
        side=side,
        below_ankle_mm=row.get("below_ankle_mm"),
        enlargement=enlargement,
        window=row.get("window", {}),
        above=row.get("above"),
        border_mm=float(row.get("border_mm", 9.0)),
        cell_mm=row.get("cell_mm"),
    )


@dataclass(frozen=True, eq=False)
class Raster:
    """What a chart shows, cell by cell and vertex by vertex (see `Chart`)."""

    depth: Array
    visible_vertices: NDArray[np.bool_]

    def mirrored(self, spec: ChartSpec, mirror: NDArray[Any]) -> Raster:
        """Return the raster of the mirrored chart.

        Parameters
        ----------
        spec : ChartSpec
            Either chart of the pair.
        mirror : (V,) array of int
            Mirror image of each vertex.
        """
        across = spec.x == "x"  # else the depth is measured along the frame's x
        depth = self.depth[:, ::-1] if across else -self.depth
        return Raster(np.ascontiguousarray(depth), self.visible_vertices[mirror])


@dataclass(eq=False)
class Chart:
    """One chart of one body.

    Coordinates are millimetres of the body frame: `x_mm` and `y_mm` are the two of
    the frame's coordinates that the specification names.

    Attributes
    ----------
    spec : ChartSpec
        What is shown and how.
    bounds : (xmin, xmax, ymin, ymax)
        Extent of picture and raster, mm.
    cell_mm : float
        Size of a raster cell.
    read : callable
        Reads the raster; called once, when the chart is first looked at.
    """

    spec: ChartSpec
    bounds: tuple[float, float, float, float]
    cell_mm: float
    skin: SkinSurface
    read: Callable[[], Raster]
    region_labels: NDArray[np.uint8]
    region_names: list[str]
    pictures: Path
    _cache: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _raster(self) -> Raster:
        return self.read()

    @property
    def depth(self) -> Array:
        """Third coordinate of the skin seen at each raster cell, mm, (R, C).

        NaN in the air. Row 0 is at `ymin`, column 0 at `xmin`, whatever way it is
        drawn.
        """
        return self._raster.depth

    @property
    def visible_vertices(self) -> NDArray[np.bool_]:
        """Whether the chart shows each vertex of the skin, (V,)."""
        return self._raster.visible_vertices

    @property
    def name(self) -> str:
        """Name of the chart."""
        return self.spec.name

    @property
    def title(self) -> str:
        """Title in words."""
        return self.spec.title

    @cached_property
    def view(self) -> Array:
        """Unit vector from the viewer into the body (3,), read only."""
        view = np.array(self.spec.view)
        view.flags.writeable = False
        return view

    @property
    def x_reversed(self) -> bool:
        """Whether the larger x_mm is drawn further left."""
        return self.spec.x_reversed

    @property
    def y_reversed(self) -> bool:
        """Whether the larger y_mm is drawn lower."""
        return self.spec.y_reversed

    @property
    def axes(self) -> tuple[int, int, int]:
        """Frame axes of x_mm, y_mm and of the depth."""
        x, y = AXES[self.spec.x], AXES[self.spec.y]
        return x, y, 3 - x - y

    def project(self, xyz: ArrayLike) -> Array:
        """Return chart coordinates (N, 2) of places (N, 3)."""
        places = np.atleast_2d(np.asarray(xyz, dtype=float))
        return np.asarray(places[:, list(self.axes[:2])])

    def to_picture(self, xy: ArrayLike) -> Array:
        """Return places of the chart in mm of its picture, from the upper left.

        Parameters
        ----------
        xy : (2,) or (N, 2) array_like
            Places on the chart, mm.

        Returns
        -------
        (N, 2) array
            How far to the right and how far down each lies.
        """
        x, y = np.atleast_2d(np.asarray(xy, dtype=float)).T
        xmin, xmax, ymin, ymax = self.bounds
        return np.stack(
            [
                xmax - x if self.x_reversed else x - xmin,
                y - ymin if self.y_reversed else ymax - y,
            ],
            axis=1,
        )

    def to_skin(self, x_mm: float, y_mm: float) -> SkinPoint:
        """Return the skin seen at a place of the chart.

        Parameters
        ----------
        x_mm, y_mm : float
            Place on the chart, mm.

        Raises
        ------
        OutOfRangeError
            When a coordinate is not finite.
        OffBodyError
            When the place is in the air beside the body.
        """
        if not (math.isfinite(x_mm) and math.isfinite(y_mm)):
            raise OutOfRangeError(
                f"Chart coordinates must be finite numbers; got {x_mm!r}, {y_mm!r}.",
                field="site.x_mm",
                given=(x_mm, y_mm),
            )
        guess = self._depth_at(x_mm, y_mm)
        if guess is None:
            raise OffBodyError(
                f"The place ({x_mm:g}, {y_mm:g}) mm on chart {self.name!r} is beside "
                f"the body. Places on it lie inside its outline.",
                field="site",
                given=(x_mm, y_mm),
            )
        place = np.zeros(3)
        ax, ay, depth = self.axes
        place[ax], place[ay], place[depth] = x_mm, y_mm, guess
        return self._exact(place)

    def _depth_at(self, x_mm: float, y_mm: float) -> float | None:
        xmin, _, ymin, _ = self.bounds
        column = math.floor((x_mm - xmin) / self.cell_mm)
        row = math.floor((y_mm - ymin) / self.cell_mm)
        rows, columns = self.depth.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return None
        value = float(self.depth[row, column])
        if math.isfinite(value):
            return value
        around = self.depth[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        near = around[np.isfinite(around)]
        # a cell on the outline belongs to the body when a neighbour does
        return float(np.median(near)) if len(near) else None

    def _exact(self, place: Array) -> SkinPoint:
        """Skin point straight behind a chart place, near the raster's guess."""
        ax, ay, depth = self.axes
        skin = self.skin
        vertex = skin.tree.query(place, k=TRIED_VERTICES)[1]
        start, around = skin._vertex_faces
        begin = start[vertex]
        size = start[vertex + 1] - begin
        before = size.cumsum() - size
        faces = around[(begin - before).repeat(size) + np.arange(size.sum())]
        # away from the viewer is none seen; one twice over changes nothing
        faces = np.sort(faces[skin.face_normals.take(faces, axis=0) @ self.view < 0])
        corner = skin.vertices.take(skin.faces.take(faces, axis=0), axis=0)
        (ax_, bx, cx), (ay_, by, cy) = (corner[:, :, k].T for k in (ax, ay))
        x, y = float(place[ax]), float(place[ay])
        det = (bx - ax_) * (cy - ay_) - (cx - ax_) * (by - ay_)
        with np.errstate(divide="ignore", invalid="ignore"):
            v = ((x - ax_) * (cy - ay_) - (cx - ax_) * (y - ay_)) / det
            w = ((bx - ax_) * (y - ay_) - (x - ax_) * (by - ay_)) / det
        u = 1 - v - w
        inside = np.flatnonzero((u >= -1e-9) & (v >= -1e-9) & (w >= -1e-9))
        if len(inside):
            bary = np.array([u[inside], v[inside], w[inside]]).T
            at = np.einsum("ij,ij->i", bary, corner[inside, :, depth])
            # the face nearest the viewer among those near the guess
            sign = 1.0 if self.view[depth] > 0 else -1.0
            near = np.abs(at - place[depth]) < 8 * self.cell_mm + 4
            pick = np.flatnonzero(near) if near.any() else np.arange(len(at))
            best = pick[int((at[pick] * sign).argmin())]
            weights = bary[best].clip(0, 1)
            return skin.point_on(int(faces[inside[best]]), weights / weights.sum())
        return skin.nearest(place)

    def visible(self, point: SkinPoint) -> bool:
        """Whether a skin point is what the chart shows at its place."""
        x, y, _ = self.axes
        x_mm, y_mm = float(point.xyz[x]), float(point.xyz[y])
        if self._depth_at(x_mm, y_mm) is None:
            return False
        return norm(self.to_skin(x_mm, y_mm).xyz - point.xyz) < SAME_PLACE_MM

    @cached_property
    def outline(self) -> BaseGeometry:
        """Outline of what is drawn, chart mm."""
        return self.traced(np.isfinite(self.depth))

    @cached_property
    def regions(self) -> dict[str, BaseGeometry]:
        """Named regions of skin as this chart shows them, chart mm."""
        labels = self._raster_labels()
        found = {}
        for index, name in enumerate(self.region_names):
            mask = labels == index
            if mask.any():
                found[name] = self.traced(mask)
        return found

    def raster_vertices(self) -> NDArray[np.int64]:
        """Nearest skin vertex of each raster cell, -1 in the air, (R, C)."""
        if "vertices" not in self._cache:
            seen = np.isfinite(self.depth)
            rows, columns = np.nonzero(seen)
            place = np.zeros((len(rows), 3))
            ax, ay, depth = self.axes
            place[:, ax] = self.bounds[0] + (columns + 0.5) * self.cell_mm
            place[:, ay] = self.bounds[2] + (rows + 0.5) * self.cell_mm
            place[:, depth] = self.depth[seen]
            out = np.full(self.depth.shape, -1, dtype=np.int64)
            out[seen] = self.skin.tree.query(place)[1]
            self._cache["vertices"] = out
        vertices: NDArray[np.int64] = self._cache["vertices"]
        return vertices

    def _raster_labels(self) -> NDArray[np.int64]:
        vertices = self.raster_vertices()
        return np.where(vertices >= 0, self.region_labels[vertices].astype(int), -1)

    def traced(self, mask: NDArray[np.bool_]) -> BaseGeometry:
        """Return the outline of raster cells (R, C) as a smooth polygon, chart mm."""
        boxes = []
        xmin, _, ymin, _ = self.bounds
        for row in np.flatnonzero(mask.any(axis=1)):
            line = np.flatnonzero(np.diff(np.r_[False, mask[row], False].astype(int)))
            for start, end in line.reshape(-1, 2):
                boxes.append(
                    (
                        xmin + start * self.cell_mm,
                        ymin + row * self.cell_mm,
                        xmin + end * self.cell_mm,
                        ymin + (row + 1) * self.cell_mm,
                    )
                )
        smooth = shapely.union_all(shapely.box(*np.array(boxes).T))
        for cells in (1, -2, 1):
            # rounder corners would be simplified away again
            smooth = smooth.buffer(cells * self.cell_mm, quad_segs=2)
        return smooth.simplify(self.cell_mm * 0.6)

    @property
    def mirrored(self) -> bool:
        """Whether the picture files are those of the other side."""
        return self.spec.mirror_of is not None

    def picture(self, layer: str) -> Path:
        """Return the picture file of a layer, ``"skin"`` or ``"skeleton"``.

        When `mirrored`, the file must be shown with left and right exchanged.
        """
        path = self.pictures / f"{self.spec.mirror_of or self.name}.{layer}.webp"
        if not path.exists():
            raise OutOfRangeError(
                f"layer must be one of skin, skeleton; got {layer!r}.", given=layer
            )
        return path
