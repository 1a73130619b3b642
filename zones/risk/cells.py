"""Which vertex of a skin is nearest, all along a line: from cell to cell.

The places nearest to a vertex make up its Voronoi cell, which is convex, so a line goes
through each cell once and leaves it toward one of the vertex's neighbours in the
Delaunay triangulation (Aurenhammer 1991). Following the cells costs a few comparisons
for each, where asking for the nearest vertex at every step costs a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import Delaunay

from anatomy.mesh.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anatomy.mesh.skin import SkinSurface


#: Neighbours of a vertex that are looked at in rows of one length; few have more.
FEW = 20


def spread_out(start: IntArray, size: IntArray) -> tuple[IntArray, IntArray]:
    """Return for runs of a packed array the run and the place of each item.

    Parameters
    ----------
    start, size : (N,) int
        Where each run begins in the packed array, and how long it is.

    Examples
    --------
    >>> import numpy as np
    >>> run, place = spread_out(np.array([4, 0]), np.array([2, 1]))
    >>> run.tolist(), place.tolist()
    ([0, 0, 1], [4, 5, 0])
    """
    run = np.repeat(np.arange(len(size)), size)
    before = np.cumsum(size) - size
    return run, np.arange(len(run)) + np.repeat(start - before, size)


def grouped(parts: Sequence[IntArray], count: int) -> tuple[IntArray, IntArray]:
    """Return one row of each group of rows that are alike, and each row's group.

    Parameters
    ----------
    parts : sequence of (N,) int
        Codes; rows are alike when all are.
    count : int
        N, for no parts at all.

    Examples
    --------
    >>> import numpy as np
    >>> first, group = grouped([np.array([7, 7, 8])], 3)
    >>> first.tolist(), group.tolist()
    ([0, 2], [0, 0, 1])
    """
    group = np.zeros(count, dtype=np.intp)
    first = np.zeros(min(count, 1), dtype=np.intp)
    for codes in parts:
        if count == 0 or (codes.strides == (0,)):
            continue
        span = int(codes.max(initial=0)) + 1
        key = group * span + codes
        if len(first) == 1 and (key == key[0]).all():
            continue
        total = int(key.max()) + 1
        if total > 8 * count:
            _, first, group = np.unique(key, return_index=True, return_inverse=True)
            continue
        # few enough to be counted off without sorting the rows
        place = np.full(total, -1, dtype=np.intp)
        place[key[::-1]] = np.arange(count - 1, -1, -1)
        used = np.flatnonzero(place >= 0)
        first = place[used]
        place[used] = np.arange(len(used))
        group = place[key]
    return first, group


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a skin's vertices.

    Attributes
    ----------
    vertices : (V, 3) float64
        Of the skin, mm.
    start, size : (V,) int
        Neighbours of each vertex, in ``neighbour``.
    neighbour : (K,) int
    across : (4, K) float64
        From each vertex to its neighbours, mm, and half the square of the distance.
    wide : (4, V, `FEW`) float64
        The same for the first neighbours of each vertex, in rows of one length.
    """

    vertices: FloatArray
    start: IntArray
    size: IntArray
    neighbour: IntArray
    across: FloatArray
    wide: FloatArray

    @classmethod
    def of(cls, skin: SkinSurface) -> Cells:
        """Return the cells of a skin (some seconds for a whole body)."""
        ends, found = Delaunay(skin.vertices).vertex_neighbor_vertices
        ends = np.asarray(ends, dtype=np.intp)
        start, size = ends[:-1], np.diff(ends)
        neighbour = np.asarray(found, dtype=np.intp)
        across = np.empty((4, len(neighbour)))
        across[:3] = (
            skin.vertices[neighbour] - np.repeat(skin.vertices, size, axis=0)
        ).T
        across[3] = 0.5 * (across[:3] ** 2).sum(axis=0)
        # what fills a row up is a neighbour that no line ever reaches
        wide = np.zeros((4, len(start), FEW))
        run, item = spread_out(start, np.minimum(size, FEW))
        wide[:, run, item - start[run]] = across[:, item]
        return cls(skin.vertices, start, size, neighbour, across, wide)

    def leave(
        self, vertex: IntArray, xyz: FloatArray, direction: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Return where lines leave the cells they are in, and into which they go.

        Parameters
        ----------
        vertex : (N,) int
            Vertex of the cell that each line is in.
        xyz, direction : (N, 3) float64
            Where the lines begin, mm, and their unit vectors.

        Returns
        -------
        t : (N,) float64
            Length along the line at which it leaves, mm; inf when it never does.
        onward : (N,) int
            Vertex of the next cell.
        """
        middle = self.vertices[vertex] - xyz
        # the planes half way between two vertices, seen from the line's beginning
        away = self.wide[3].take(vertex, axis=0)
        ahead = np.zeros_like(away)
        for axis in range(3):
            step = self.wide[axis].take(vertex, axis=0)
            ahead += step * direction[:, axis, None]
            step *= middle[:, axis, None]
            away += step
        t = np.full(away.shape, np.inf)
        np.divide(away, ahead, out=t, where=ahead > 1e-12)
        best = t.argmin(axis=1)
        least = t[np.arange(len(t)), best]
        onward = self.neighbour[self.start[vertex] + best]
        onward[~np.isfinite(least)] = -1
        many = np.flatnonzero(self.size[vertex] > FEW)
        if len(many):
            rest = self._leave(vertex[many], middle[many], direction[many])
            sooner = rest[0] < least[many]
            least[many[sooner]] = rest[0][sooner]
            onward[many[sooner]] = rest[1][sooner]
        return least, onward

    def _leave(
        self, vertex: IntArray, middle: FloatArray, way: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Return the same from the neighbours that are not in ``wide``."""
        size = self.size[vertex] - FEW
        run, item = spread_out(self.start[vertex] + FEW, size)
        step = self.across[:, item]
        away = step[3] + np.einsum("ij,ji->i", middle[run], step[:3])
        ahead = np.einsum("ij,ji->i", way[run], step[:3])
        t = np.full(len(item), np.inf)
        np.divide(away, ahead, out=t, where=ahead > 1e-12)
        least = np.minimum.reduceat(t, np.cumsum(size) - size)
        equal = np.flatnonzero(t == least[run])
        first = np.full(len(vertex), -1, dtype=np.intp)
        first[run[equal]] = self.neighbour[item[equal]]
        return least, first
