"""Charts read backwards for many places at once: from the picture to the skin."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anatomy.charts import TRIED_VERTICES
from anatomy.mesh.arrays import BoolArray, FloatArray, IntArray
from zones.risk.cells import spread_out

if TYPE_CHECKING:
    from anatomy.charts import Chart
    from anatomy.mesh.skin import SkinSurface


@dataclass(frozen=True, eq=False)
class ChartFaces:
    """The faces that a chart shows, sorted into the cells of its raster.

    Attributes
    ----------
    chart : Chart
    guess : (R * C,) float64
        Depth that `Chart.to_skin` begins at in each cell, mm; NaN in the air.
    start, size : (R * C,) int
        Faces of each cell, in ``face``.
    face : (K,) int
    sure : (K,) bool
        Whether a face is tried and taken by `Chart.to_skin` wherever in the cell it
        is the only one straight behind a place.
    far : (R * C,) bool
        Whether there are faces behind a cell too far from its depth to be listed.
    slope : (6, F) float64
        For faces that face the viewer: a corner, x and y, mm, and what the weights of
        the other two corners rise by for each mm of x and of y.
    """

    chart: Chart
    guess: FloatArray
    start: IntArray
    size: IntArray
    face: IntArray
    sure: BoolArray
    far: BoolArray
    slope: FloatArray

    def at(self, xy: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the skin seen at places, as `Chart.to_skin` has it.

        Parameters
        ----------
        xy : (N, 2) float64
            Places on the chart, mm.

        Returns
        -------
        face : (N,) int
            -1 where the place is in the air.
        bary : (N, 3) float64
            Place in the face.
        """
        chart = self.chart
        rows, columns = chart.depth.shape
        column = np.floor((xy[:, 0] - chart.bounds[0]) / chart.cell_mm).astype(np.intp)
        row = np.floor((xy[:, 1] - chart.bounds[2]) / chart.cell_mm).astype(np.intp)
        on = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        cell = np.where(on, row * columns + column, 0)
        guess = self.guess[cell]
        there = on & np.isfinite(guess)
        size = np.where(there, self.size[cell], 0)
        run, item = spread_out(self.start[cell], size)
        face = self.face.take(item)
        x, y = np.repeat(xy[:, 0], size), np.repeat(xy[:, 1], size)
        second, third = self._shares(face, x, y)
        low = 1.0 - second
        low -= third
        np.minimum(low, second, out=low)
        np.minimum(low, third, out=low)
        hit = np.flatnonzero(low >= -1e-9)
        run, face, sure = run[hit], face[hit], self.sure[item[hit]]
        hits = np.bincount(run, minlength=len(xy))
        single = hits[run] == 1
        doubt = np.flatnonzero(single & ~sure)
        if len(doubt):
            at = run[doubt]
            sure[doubt] = self._sure(face[doubt], xy[at], guess[at])
        taken = np.flatnonzero(single & sure)
        found = np.full(len(xy), -1, dtype=np.intp)
        weights = np.zeros((len(xy), 3))
        at, hit = run[taken], hit[taken]
        found[at] = face[taken]
        kept = np.stack([1.0 - second[hit] - third[hit], second[hit], third[hit]])
        np.clip(kept, 0.0, 1.0, out=kept)
        kept /= kept[0] + kept[1] + kept[2]
        weights[at] = kept.T
        left = there & (found < 0)
        beside = left & (hits == 0) & ~self.far[cell]
        place = np.empty((len(xy), 3))
        place[:, chart.axes[0]], place[:, chart.axes[1]] = xy[:, 0], xy[:, 1]
        place[:, chart.axes[2]] = guess
        far = left & self.far[cell]
        for rest, find in (
            (beside, self._nearest),
            (far, self._searched),
            (left & ~beside & ~far, functools.partial(self._listed, cell)),
        ):
            at = np.flatnonzero(rest)
            if len(at):
                found[at], weights[at] = find(at, place[at])
        return found, weights

    def _parts(self, face: IntArray, x: FloatArray, y: FloatArray) -> list[FloatArray]:
        """Return what x and y add to the weights of the other two corners of faces."""
        slope = self.slope
        x, y = x - slope[0].take(face), y - slope[1].take(face)
        parts = []
        for rate, along in zip(slope[2:], (x, y, x, y), strict=True):
            part = rate.take(face)
            part *= along
            parts.append(part)
        return parts

    def _shares(
        self, face: IntArray, x: FloatArray, y: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the weights of the other two corners of faces at places, (M,)."""
        second, more, third, most = self._parts(face, x, y)
        second += more
        third += most
        return second, third

    def _sure(self, face: IntArray, xy: FloatArray, guess: FloatArray) -> BoolArray:
        """Return which faces `Chart.to_skin` is sure to try and take at places.

        It tries those round the vertices nearest to the raster's guess. As many lie
        within a distance of a place as within twice that of a vertex so far away.
        """
        chart = self.chart
        place = np.empty((len(face), 3))
        place[:, chart.axes[:2]], place[:, chart.axes[2]] = xy, guess
        corner = chart.skin.faces[face]
        xyz = chart.skin.vertices[corner]
        gap = np.linalg.norm(xyz - place[:, None, :], axis=2)
        tried = (2.0 * gap < _crowding(chart.skin)[corner]).any(axis=1)
        depth = xyz[:, :, chart.axes[2]] - guess[:, None]
        return np.asarray(tried & (np.abs(depth) < _window(chart)).all(axis=1))

    def _nearest(self, _: IntArray, place: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the nearest skin."""
        face, bary = self.chart.skin.nearest_many(place)[1:3]
        return face.astype(np.intp), bary

    def _listed(
        self, cell: IntArray, at: IntArray, place: FloatArray
    ) -> tuple[IntArray, FloatArray]:
        """Return the skin straight behind places in cells that list all of their faces.

        What `Chart.to_skin` tries of them are those round the nearest vertices.
        """
        skin, cell = self.chart.skin, cell[at]
        vertex = skin.tree.query(place, k=TRIED_VERTICES)[1]
        run, item = spread_out(self.start[cell], self.size[cell])
        face = self.face[item]
        corner = skin.faces[face]
        tried = (corner[:, :, None] == vertex[run][:, None, :]).any(axis=(1, 2))
        return self._exact(place, run[tried], face[tried])

    def _searched(self, _: IntArray, place: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the skin straight behind places near the raster's guess."""
        skin = self.chart.skin
        vertex = skin.tree.query(place, k=TRIED_VERTICES)[1]
        start, around = skin._vertex_faces
        size = (start[vertex + 1] - start[vertex]).astype(np.intp)
        run, item = spread_out(start[vertex].ravel().astype(np.intp), size.ravel())
        return self._exact(place, run // TRIED_VERTICES, around[item].astype(np.intp))

    def _exact(
        self, place: FloatArray, run: IntArray, face: IntArray
    ) -> tuple[IntArray, FloatArray]:
        """Return which of the faces tried at places is taken; else the nearest skin."""
        chart, skin = self.chart, self.chart.skin
        ax, ay, deep = chart.axes
        total = len(skin.faces)
        kept = self._maybe(face, place[run, ax], place[run, ay])
        key = np.unique(run[kept] * total + face[kept])
        run, face = np.divmod(key, total)
        bary = self._within(face, place[run][:, [ax, ay]])
        inside = (bary >= -1e-9).all(axis=1)
        run, face, bary = run[inside], face[inside], bary[inside]
        corner = skin.vertices[skin.faces[face], deep]
        depth = np.einsum("ij,ij->i", bary, corner)
        off = np.abs(depth - place[run, deep]) >= _window(chart)
        sign = 1.0 if chart.view[deep] > 0 else -1.0
        order = np.lexsort((face, depth * sign, off, run))
        best = order[np.r_[True, np.diff(run[order]) > 0][: len(order)]]
        found = np.full(len(place), -1, dtype=np.intp)
        weights = np.zeros((len(place), 3))
        found[run[best]] = face[best]
        kept_ = np.clip(bary[best], 0, 1)
        weights[run[best]] = kept_ / kept_.sum(axis=1)[:, None]
        rest = np.flatnonzero(found < 0)
        if len(rest):
            found[rest], weights[rest] = self._nearest(rest, place[rest])
        return found, weights

    def _maybe(self, face: IntArray, x: FloatArray, y: FloatArray) -> BoolArray:
        """Return which faces face the viewer and may lie over places.

        None is left out that `_within` would find: the two differ by rounding only,
        which is less than what is allowed for here.
        """
        parts = self._parts(face, x, y)
        second, third = parts[0] + parts[1], parts[2] + parts[3]
        low = np.minimum(np.minimum(second, third), 1.0 - second - third)
        spare = 1e-8 + 1e-12 * sum(np.abs(part) for part in parts)
        return np.asarray(low >= -spare)

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


def _window(chart: Chart) -> float:
    """Return how far from the raster's guess skin is taken before other skin, mm."""
    return 8 * chart.cell_mm + 4


def _guesses(chart: Chart) -> FloatArray:
    """Return the depth that `Chart.to_skin` begins at in each cell, (R, C)."""
    depth = chart.depth
    guess = depth.copy()
    padded = np.pad(depth, 1, constant_values=np.nan)
    rows, columns = depth.shape
    around = np.stack(
        [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    )
    rim = ~np.isfinite(depth) & np.isfinite(around).any(axis=0)
    guess[rim] = np.nanmedian(around[:, rim], axis=0)
    guess[~np.isfinite(guess)] = np.nan
    return guess


@functools.lru_cache(maxsize=64)
def chart_faces(chart: Chart) -> ChartFaces:
    """Return the faces of a chart's skin that face the viewer, by raster cell.

    Parameters
    ----------
    chart : Chart
        The chart.
    """
    skin = chart.skin
    ax, ay, deep = chart.axes
    rows, columns = chart.depth.shape
    face = np.flatnonzero(skin.face_normals @ chart.view < 0)
    corner = skin.vertices[skin.faces[face]]
    low, high = corner.min(axis=1), corner.max(axis=1)

    def cells(values: FloatArray, begin: float, many: int) -> IntArray:
        place = np.floor((values - begin) / chart.cell_mm)
        return np.clip(place, -1, many).astype(np.intp)

    left, right = (cells(e[:, ax], chart.bounds[0], columns) for e in (low, high))
    bottom, top = (cells(e[:, ay], chart.bounds[2], rows) for e in (low, high))
    left, bottom = np.maximum(left, 0), np.maximum(bottom, 0)
    right, top = np.minimum(right, columns - 1), np.minimum(top, rows - 1)
    wide = np.maximum(right - left + 1, 0)
    tall = np.maximum(top - bottom + 1, 0)
    run, step = spread_out(np.zeros(len(face), dtype=np.intp), wide * tall)
    down, along = np.divmod(step, wide[run])
    cell = (bottom[run] + down) * columns + left[run] + along
    slope = np.full((6, len(skin.faces)), np.nan)
    slope[:, face] = _slopes(corner[:, :, ax], corner[:, :, ay])
    kept = _overlap(chart, slope[:, face[run]], cell)
    run, cell = run[kept], cell[kept]
    guess = _guesses(chart).ravel()
    near, distant = low[run, deep] - guess[cell], high[run, deep] - guess[cell]
    window = _window(chart)
    away = (near > window) | (distant < -window)
    far = np.zeros(rows * columns, dtype=bool)
    far[cell[away]] = True
    kept = np.flatnonzero(~away & np.isfinite(guess[cell]))
    kept = kept[np.argsort(cell[kept], kind="stable")]
    run, cell = run[kept], cell[kept]
    middle = np.empty((len(cell), 3))
    middle[:, ax] = chart.bounds[0] + (cell % columns + 0.5) * chart.cell_mm
    middle[:, ay] = chart.bounds[2] + (cell // columns + 0.5) * chart.cell_mm
    middle[:, deep] = guess[cell]
    gap = np.linalg.norm(corner[run] - middle[:, None, :], axis=2)
    gap += chart.cell_mm * np.sqrt(0.5)
    crowd = _crowding(skin)[skin.faces[face[run]]]
    sure = (2.0 * gap < crowd).any(axis=1)
    sure &= (near[kept] > -window) & (distant[kept] < window)
    size = np.bincount(cell, minlength=rows * columns)
    return ChartFaces(
        chart=chart,
        guess=guess,
        start=np.cumsum(size) - size,
        size=size,
        face=face[run],
        sure=sure,
        far=far,
        slope=slope,
    )


def _overlap(chart: Chart, slope: FloatArray, cell: IntArray) -> IntArray:
    """Return which faces, given by their slopes, lie over part of their cells, (M,)."""
    down, along = np.divmod(cell, chart.depth.shape[1])
    half = 0.5 * chart.cell_mm
    x = chart.bounds[0] + along * chart.cell_mm + half - slope[0]
    y = chart.bounds[2] + down * chart.cell_mm + half - slope[1]
    second, third = slope[2:4], slope[4:6]
    over = np.ones(len(cell), dtype=bool)
    for base, rate in ((0.0, second), (0.0, third), (1.0, -second - third)):
        most = base + x * rate[0] + y * rate[1] + half * np.abs(rate).sum(axis=0)
        over &= most >= -1e-6
    return np.flatnonzero(over)


def _slopes(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return how the weights of faces change over a chart, (6, F)."""
    second, third = (np.stack([x[:, k] - x[:, 0], y[:, k] - y[:, 0]]) for k in (1, 2))
    det = second[0] * third[1] - third[0] * second[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.stack([third[1], -third[0], -second[1], second[0]]) / det
    return np.stack([x[:, 0], y[:, 0], *rates])
