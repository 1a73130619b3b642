"""Where a straight line meets triangles.

Method: Moller and Trumbore, Fast, Minimum Storage Ray/Triangle Intersection (1997).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: A triangle that is seen from its edge, or has no area, is not met.
LEAST = 1e-9


class Meetings(NamedTuple):
    """Where a line meets the planes of N triangles.

    Attributes
    ----------
    met : (N,) bool
        Whether that is within the triangle.
    u, v : (N,) float64
        Weights of the second and third corner there.
    along : (N,) float64
        How far along the line, mm; negative behind its place.
    """

    met: NDArray[np.bool_]
    u: Array
    v: Array
    along: Array


def middles_of(corners: Array) -> Array:
    """Return the middle of triangles and how far their farthest corner is, (4, N) mm.

    Parameters
    ----------
    corners : (N, 3, 3) float64
        The corners of each triangle, mm.
    """
    middle = corners.mean(axis=1)
    far = np.linalg.norm(corners - middle[:, None], axis=2).max(axis=1)
    return np.ascontiguousarray(np.column_stack([middle, far]).T)


def near_line(middles: Array, place: Array, way: Array) -> NDArray[np.intp]:
    """Return every triangle that a line may meet, and some beside it, in order.

    Parameters
    ----------
    middles : (4, N) float64
        As from `middles_of`.
    place, way : (3,) float64
        A place on the line, mm, and its direction, of length 1.

    Examples
    --------
    >>> corners = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]],
    ...     [[9, 9, 0], [8, 9, 0], [9, 8, 0]]])
    >>> up = np.array([0.0, 0.0, 1.0])
    >>> near_line(middles_of(corners), np.array([0.2, 0.2, 5.0]), up).tolist()
    [0]
    """
    gap = middles[:3] - place[:, None]
    beside = (gap * gap).sum(axis=0) - (way @ gap) ** 2
    # a thousandth more than the corners: no rounding may lose a triangle
    return np.flatnonzero(beside <= (middles[3] + 1e-3) ** 2)


def line_meets(
    place: Array, way: Array, corners: Array, *, slack: float = 0.0
) -> Meetings:
    """Return where a line meets triangles.

    Parameters
    ----------
    place, way : (3,) float64
        A place on the line, mm, and its direction, of length 1.
    corners : (N, 3, 3) float64
        The corners of each triangle, mm.
    slack : float
        So much past an edge, as a weight, still counts as within.

    Examples
    --------
    >>> corners = np.array([[[0.0, 0, 5], [1, 0, 5], [0, 1, 5]]])
    >>> found = line_meets(np.array([0.2, 0.2, 0.0]), np.array([0.0, 0, 1]), corners)
    >>> bool(found.met[0]), float(found.along[0])
    (True, 5.0)
    """
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    side = np.cross(way, two)
    size = np.einsum("ij,ij->i", one, side)
    usable = np.abs(size) > LEAST
    inverse = np.where(usable, 1 / np.where(usable, size, 1.0), 0.0)
    from_corner = place - corners[:, 0]
    u = np.einsum("ij,ij->i", from_corner, side) * inverse
    turned = np.cross(from_corner, one)
    v = (turned @ way) * inverse
    along = np.einsum("ij,ij->i", two, turned) * inverse
    met = usable & (u >= -slack) & (v >= -slack) & (u + v <= 1 + slack)
    return Meetings(met, u, v, along)
