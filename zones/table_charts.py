"""Charts read backwards for many places at once: from the picture to the skin."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anatomy.charts import TRIED_VERTICES
from zones.table_space import spread_out

if TYPE_CHECKING:
    from anatomy.charts import Chart
    from anatomy.skin import SkinSurface

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ChartFaces:
    """The faces that a chart shows, sorted into the cells of its raster.

    Attributes
    ----------
    chart : Chart
    start, size : (R * C,) int
        Faces of each cell, in ``face``.
    face : (K,) int
    """

    chart: Chart
    start: IntArray
    size: IntArray
    face: IntArray

    def at(self, xy: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return faces (N,) and places in them (N, 3) behind places (N, 2), mm.

        Only what is beyond doubt is answered: one face straight behind the place,
        where the raster has it. The others get -1 and are for `Chart.to_skin`.
        """
        chart = self.chart
        rows, columns = chart.depth.shape
        column = np.floor((xy[:, 0] - chart.bounds[0]) / chart.cell_mm).astype(np.intp)
        row = np.floor((xy[:, 1] - chart.bounds[2]) / chart.cell_mm).astype(np.intp)
        on = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        cell = np.where(on, row * columns + column, 0)
        guess = np.where(on, chart.depth.ravel()[cell], np.nan)
        size = np.where(np.isfinite(guess), self.size[cell], 0)
        run, item = spread_out(self.start[cell], size)
        face = self.face[item]
        bary = self._within(face, xy[run])
        hit = (bary >= -1e-9).all(axis=1)
        run, face, bary = run[hit], face[hit], bary[hit]
        corner = chart.skin.vertices[chart.skin.faces[face], chart.axes[2]]
        depth = np.einsum("ij,ij->i", bary, corner)
        window = np.abs(depth - guess[run]) < 8 * chart.cell_mm + 4
        single = np.bincount(run[window], minlength=len(xy)) == 1
        sure = window & single[run]
        sure[sure] = self._tried(face[sure], xy[run[sure]], guess[run[sure]])
        found = np.full(len(xy), -1, dtype=np.intp)
        weights = np.zeros((len(xy), 3))
        found[run[sure]] = face[sure]
        kept = np.clip(bary[sure], 0, 1)
        weights[run[sure]] = kept / kept.sum(axis=1)[:, None]
        return found, weights

    def _tried(self, face: IntArray, xy: FloatArray, guess: FloatArray) -> BoolArray:
        """Return which faces `Chart.to_skin` is sure to try at places.

        It tries those round the vertices nearest to the raster's guess. As many lie
        within a distance of a place as within twice that of a vertex so far away.
        """
        place = np.empty((len(face), 3))
        place[:, self.chart.axes[:2]], place[:, self.chart.axes[2]] = xy, guess
        corner = self.chart.skin.faces[face]
        gap = np.linalg.norm(
            self.chart.skin.vertices[corner] - place[:, None, :], axis=2
        )
        wide = _crowding(self.chart.skin)[corner]
        return np.asarray((2.0 * gap < wide).any(axis=1))

    def _within(self, face: IntArray, xy: FloatArray) -> FloatArray:
        """Return barycentric weights of chart places in faces, (K, 3)."""
        ax, ay, _ = self.chart.axes
        corner = self.chart.skin.vertices[self.chart.skin.faces[face]]
        (ax_, ay_), (bx, by), (cx, cy) = (
            (corner[:, k, ax], corner[:, k, ay]) for k in range(3)
        )
        px, py = xy[:, 0], xy[:, 1]
        det = (bx - ax_) * (cy - ay_) - (cx - ax_) * (by - ay_)
        with np.errstate(divide="ignore", invalid="ignore"):
            v = ((px - ax_) * (cy - ay_) - (cx - ax_) * (py - ay_)) / det
            w = ((bx - ax_) * (py - ay_) - (px - ax_) * (by - ay_)) / det
        return np.stack([1 - v - w, v, w], axis=1)


@functools.lru_cache(maxsize=4)
def _crowding(skin: SkinSurface) -> FloatArray:
    """Return how far off as many vertices are as `Chart.to_skin` tries, (V,) mm."""
    vertices = skin.vertices
    return np.asarray(skin.tree.query(vertices, k=[TRIED_VERTICES])[0][:, 0])


@functools.lru_cache(maxsize=64)
def chart_faces(chart: Chart) -> ChartFaces:
    """Return the faces of a chart's skin that face the viewer, by raster cell.

    Parameters
    ----------
    chart : Chart
        The chart.
    """
    skin = chart.skin
    ax, ay, _ = chart.axes
    rows, columns = chart.depth.shape
    face = np.flatnonzero(skin.face_normals @ chart.view < 0)
    corner = skin.vertices[skin.faces[face]]
    low, high = corner.min(axis=1), corner.max(axis=1)

    def cells(values: FloatArray, begin: float, many: int) -> IntArray:
        at = np.floor((values - begin) / chart.cell_mm)
        return np.clip(at, -1, many).astype(np.intp)

    left, right = (cells(e[:, ax], chart.bounds[0], columns) for e in (low, high))
    bottom, top = (cells(e[:, ay], chart.bounds[2], rows) for e in (low, high))
    left, bottom = np.maximum(left, 0), np.maximum(bottom, 0)
    right, top = np.minimum(right, columns - 1), np.minimum(top, rows - 1)
    wide = np.maximum(right - left + 1, 0)
    tall = np.maximum(top - bottom + 1, 0)
    run, step = spread_out(np.zeros(len(face), dtype=np.intp), wide * tall)
    down, along = np.divmod(step, wide[run])
    cell = (bottom[run] + down) * columns + left[run] + along
    order = np.argsort(cell, kind="stable")
    size = np.bincount(cell, minlength=rows * columns)
    return ChartFaces(chart, np.cumsum(size) - size, size, face[run[order]])
