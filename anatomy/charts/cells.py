"""Which place of the skin stands behind each cell of a chart's raster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: A face counts as what a cell shows when it lies this near to the raster's depth:
#: so many cells, and mm.
CELLS_OFF, MM_OFF = 8.0, 4.0

Array = NDArray[np.float64]


#: Rows and columns of a part of a raster.
Part = tuple[slice, slice]
WHOLE: Part = (slice(None), slice(None))


def cell_points(chart: Chart, *, part: Part = WHOLE) -> tuple[NDArray[np.int32], Array]:
    """Return the skin straight behind the middle of each raster cell.

    The same place as `Chart.to_skin` finds for a tap there, for all cells at once.

    Parameters
    ----------
    chart : Chart
        The chart.
    part : pair of slices, optional
        Rows and columns that are asked for; all of them unless given.

    Returns
    -------
    face : (R, C) int32
        Face of the skin; -1 in the air.
    bary : (R, C, 3) float64
        Shares of its corners; 0 in the air.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> chart = load_body("male").charts["posterior"]
    >>> face, bary = cell_points(chart)
    >>> bool(((face >= 0) == np.isfinite(chart.depth)).all())
    True
    >>> part = (slice(300, 340), slice(90, 120))
    >>> bool((cell_points(chart, part=part)[0] == face[part]).all())
    True
    """
    cells = _Cells(chart, part)
    depth = cells.depth
    row, column, face, bary, at = cells.crossed()
    flat = row * depth.shape[1] + column
    off = np.abs(at - depth[row, column])
    # the face nearest the viewer among those near the raster's depth, as for a tap
    near = off < CELLS_OFF * chart.cell_mm + MM_OFF
    sign = 1.0 if chart.view[cells.deep] > 0 else -1.0
    order = np.lexsort((np.where(near, at * sign, np.inf), flat))
    flat, first = np.unique(flat[order], return_index=True)
    best = order[first]
    best, flat = best[near[best]], flat[near[best]]
    faces = np.full(depth.size, -1, dtype=np.int32)
    shares = np.zeros((depth.size, 3))
    faces[flat], shares[flat] = face[best], bary[best]
    # on the outline a cell's middle may pass by the body
    left = np.flatnonzero((faces < 0) & np.isfinite(depth.ravel()))
    if len(left):
        _, found, weights, _ = chart.skin.nearest_many(cells.places(left))
        faces[left], shares[left] = found, weights
    return faces.reshape(depth.shape), shares.reshape(*depth.shape, 3)


class _Cells:
    """A part of the raster of a chart, and the faces of the skin over it."""

    def __init__(self, chart: Chart, part: Part) -> None:
        self.chart = chart
        self.across, self.up, self.deep = chart.axes
        self.depth = chart.depth[part]
        self.low, self.left = (each.start or 0 for each in part)

    def places(self, flat: NDArray[np.intp]) -> Array:
        """Return the places (N, 3) of cells, numbered row by row."""
        chart = self.chart
        row, column = np.divmod(flat, self.depth.shape[1])
        across, up = column + self.left + 0.5, row + self.low + 0.5
        found = np.zeros((len(flat), 3))
        found[:, self.across] = chart.bounds[0] + across * chart.cell_mm
        found[:, self.up] = chart.bounds[2] + up * chart.cell_mm
        found[:, self.deep] = self.depth.ravel()[flat]
        return found

    def facing(self) -> NDArray[np.intp]:
        """Return the faces turned to the viewer that may lie over the part."""
        chart, skin = self.chart, self.chart.skin
        towards = np.asarray(skin.face_normals @ chart.view < 0)
        if self.depth.size < chart.depth.size:
            place = skin.vertices[:, (self.across, self.up)]
            first = np.array([self.left, self.low]) * chart.cell_mm
            first += chart.bounds[0], chart.bounds[2]
            size = np.array(self.depth.shape[::-1]) * chart.cell_mm
            # a face over the part has its corners no farther off than an edge is long
            off = np.abs(place - first - size / 2.0) - size / 2.0
            near = np.all(off <= skin.longest_edge_mm, axis=1)
            towards &= near[skin.faces].any(axis=1)
        return np.flatnonzero(towards)

    def crossed(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Array, Array]:
        """Return every cell that a face covers: row, column, face, shares, depth."""
        chart, skin = self.chart, self.chart.skin
        rows, columns = self.depth.shape
        facing = self.facing()
        corner = skin.vertices[skin.faces[facing]]
        x = (corner[..., self.across] - chart.bounds[0]) / chart.cell_mm - 0.5
        y = (corner[..., self.up] - chart.bounds[2]) / chart.cell_mm - 0.5
        left, low = self.left, self.low
        low_c = np.ceil(x.min(axis=1)).clip(left, left + columns).astype(int)
        low_r = np.ceil(y.min(axis=1)).clip(low, low + rows).astype(int)
        high_c = np.floor(x.max(axis=1)).clip(left - 1, left + columns - 1).astype(int)
        high_r = np.floor(y.max(axis=1)).clip(low - 1, low + rows - 1).astype(int)
        wide, tall = high_c - low_c + 1, high_r - low_r + 1
        count = np.maximum(wide, 0) * np.maximum(tall, 0)
        one = np.repeat(np.arange(len(facing)), count)
        place = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
        row = low_r[one] + place // np.maximum(wide[one], 1)
        column = low_c[one] + place % np.maximum(wide[one], 1)
        seen = np.isfinite(self.depth[row - low, column - left])
        one, row, column = one[seen], row[seen], column[seen]
        (ax, bx, cx), (ay, by, cy) = x[one].T, y[one].T
        det = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        with np.errstate(divide="ignore", invalid="ignore"):
            v = ((column - ax) * (cy - ay) - (cx - ax) * (row - ay)) / det
            w = ((bx - ax) * (row - ay) - (column - ax) * (by - ay)) / det
        bary = np.stack([1.0 - v - w, v, w], axis=1)
        inside = (bary >= -1e-9).all(axis=1)
        one, row, column, bary = one[inside], row[inside], column[inside], bary[inside]
        bary = bary.clip(0.0, 1.0)
        bary /= bary.sum(axis=1, keepdims=True)
        at = np.einsum("ij,ij->i", bary, corner[one][..., self.deep])
        return row - low, column - left, facing[one], bary, at
