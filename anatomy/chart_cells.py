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


def cell_points(chart: Chart) -> tuple[NDArray[np.int32], Array]:
    """Return the skin straight behind the middle of each raster cell.

    The same place as `Chart.to_skin` finds for a tap there, for all cells at once.

    Parameters
    ----------
    chart : Chart
        The chart.

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
    """
    cells = _Cells(chart)
    row, column, face, bary, at = cells.crossed()
    flat = row * chart.depth.shape[1] + column
    off = np.abs(at - chart.depth[row, column])
    # the face nearest the viewer among those near the raster's depth, as for a tap
    near = off < CELLS_OFF * chart.cell_mm + MM_OFF
    sign = 1.0 if chart.view[cells.deep] > 0 else -1.0
    order = np.lexsort((np.where(near, at * sign, np.inf), flat))
    flat, first = np.unique(flat[order], return_index=True)
    best = order[first]
    best, flat = best[near[best]], flat[near[best]]
    faces = np.full(chart.depth.size, -1, dtype=np.int32)
    shares = np.zeros((chart.depth.size, 3))
    faces[flat], shares[flat] = face[best], bary[best]
    # on the outline a cell's middle may pass by the body
    left = np.flatnonzero((faces < 0) & np.isfinite(chart.depth.ravel()))
    if len(left):
        _, found, weights, _ = chart.skin.nearest_many(cells.places(left))
        faces[left], shares[left] = found, weights
    return faces.reshape(chart.depth.shape), shares.reshape(*chart.depth.shape, 3)


class _Cells:
    """The raster of a chart, and the faces of the skin over it."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.across, self.up, self.deep = chart.axes

    def places(self, flat: NDArray[np.intp]) -> Array:
        """Return the places (N, 3) of cells, numbered row by row."""
        chart = self.chart
        row, column = np.divmod(flat, chart.depth.shape[1])
        found = np.zeros((len(flat), 3))
        found[:, self.across] = chart.bounds[0] + (column + 0.5) * chart.cell_mm
        found[:, self.up] = chart.bounds[2] + (row + 0.5) * chart.cell_mm
        found[:, self.deep] = chart.depth.ravel()[flat]
        return found

    def crossed(
        self,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Array, Array]:
        """Return every cell that a face covers: row, column, face, shares, depth."""
        chart, skin = self.chart, self.chart.skin
        rows, columns = chart.depth.shape
        facing = np.flatnonzero(skin.face_normals @ chart.view < 0)
        corner = skin.vertices[skin.faces[facing]]
        x = (corner[..., self.across] - chart.bounds[0]) / chart.cell_mm - 0.5
        y = (corner[..., self.up] - chart.bounds[2]) / chart.cell_mm - 0.5
        low_c = np.ceil(x.min(axis=1)).clip(0, columns).astype(int)
        low_r = np.ceil(y.min(axis=1)).clip(0, rows).astype(int)
        wide = np.floor(x.max(axis=1)).clip(-1, columns - 1).astype(int) - low_c + 1
        tall = np.floor(y.max(axis=1)).clip(-1, rows - 1).astype(int) - low_r + 1
        count = np.maximum(wide, 0) * np.maximum(tall, 0)
        one = np.repeat(np.arange(len(facing)), count)
        place = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
        row = low_r[one] + place // np.maximum(wide[one], 1)
        column = low_c[one] + place % np.maximum(wide[one], 1)
        seen = np.isfinite(chart.depth[row, column])
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
        return row, column, facing[one], bary, at
