"""The point of a triangle that is nearest to a place: for many, and for one.

Method: the region test of Ericson, Real-Time Collision Detection (2005), 5.1.5. Both
ways do the same arithmetic in the same order and agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = Sequence[float]

#: A smaller divisor stands for a triangle without area or an edge without length.
LEAST = 1e-30


def closest_in_triangle(
    p: Floats, a: Floats, b: Floats, c: Floats
) -> tuple[float, float, float]:
    """Return the weights of the point of a triangle that is nearest to a place.

    Parameters
    ----------
    p, a, b, c : three floats each
        The place and the corners.

    Examples
    --------
    >>> closest_in_triangle((0.5, -1.0, 0.0), (0, 0, 0), (1, 0, 0), (0, 1, 0))
    (0.5, 0.5, 0.0)
    """
    ab, ac, ap = _less(b, a), _less(c, a), _less(p, a)
    bp, cp = _less(p, b), _less(p, c)
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    d3, d4 = _dot(ab, bp), _dot(ac, bp)
    d5, d6 = _dot(ab, cp), _dot(ac, cp)
    if d6 >= 0 and d5 <= d6:
        return 0.0, 0.0, 1.0
    if d3 >= 0 and d4 <= d3:
        return 0.0, 1.0, 0.0
    if d1 <= 0 and d2 <= 0:
        return 1.0, 0.0, 0.0
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        share = _share(d4 - d3, d5 - d6)
        return 0.0, 1.0 - share, share
    if vb <= 0 and d2 >= 0 and d6 <= 0:
        share = _share(d2, -d6)
        return 1.0 - share, 0.0, share
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        share = _share(d1, -d3)
        return 1.0 - share, share, 0.0
    total = va + vb + vc
    safe = 1.0 if abs(total) < LEAST else total
    return va / safe, vb / safe, vc / safe


def _less(one: Floats, two: Floats) -> tuple[float, float, float]:
    (x, y, z), (u, v, w) = one, two
    return x - u, y - v, z - w


def _dot(one: Floats, two: Floats) -> float:
    (x, y, z), (u, v, w) = one, two
    return x * u + z * w + y * v


def _share(numerator: float, other: float) -> float:
    """Return how far along an edge its nearest point lies, 0 to 1."""
    length = numerator + other
    share = numerator / (1.0 if abs(length) < LEAST else length)
    return min(max(share, 0.0), 1.0)


def closest_in_triangles(p: Array, a: Array, b: Array, c: Array) -> Array:
    """Return the weights (3, N) of the points of triangles nearest to places (3, N).

    Examples
    --------
    >>> place = np.array([[0.5], [-1.0], [0.0]])
    >>> closest_in_triangles(place, *np.eye(4, 3, -1)[:3, :, None]).ravel().tolist()
    [0.5, 0.5, 0.0]
    """
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = _dots(ab, ap), _dots(ac, ap)
    bp, cp = p - b, p - c
    d3, d4 = _dots(ab, bp), _dots(ac, bp)
    d5, d6 = _dots(ab, cp), _dots(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    total = va + vb + vc
    safe = np.where(np.abs(total) < LEAST, 1.0, total)
    out = np.stack([va / safe, vb / safe, vc / safe])

    def on_edge(
        outside: NDArray[np.bool_],
        numerator: Array,
        other: Array,
        ends: tuple[int, int],
    ) -> None:
        at = np.flatnonzero(outside)
        if not len(at):
            return
        length = numerator[at] + other[at]
        share = numerator[at] / np.where(np.abs(length) < LEAST, 1.0, length)
        share = np.clip(share, 0, 1)
        out[:, at] = 0.0
        out[ends[0], at], out[ends[1], at] = 1 - share, share

    on_edge((vc <= 0) & (d1 >= 0) & (d3 <= 0), d1, -d3, (0, 1))
    on_edge((vb <= 0) & (d2 >= 0) & (d6 <= 0), d2, -d6, (0, 2))
    on_edge((va <= 0) & (d4 - d3 >= 0) & (d5 - d6 >= 0), d4 - d3, d5 - d6, (1, 2))
    for test, weights in (
        ((d1 <= 0) & (d2 <= 0), (1, 0, 0)),
        ((d3 >= 0) & (d4 <= d3), (0, 1, 0)),
        ((d6 >= 0) & (d5 <= d6), (0, 0, 1)),
    ):
        if test.any():
            out[:, test] = np.array(weights, dtype=float)[:, None]
    return out


def _dots(one: Array, two: Array) -> Array:
    """Return the scalar products (N,) of vectors (3, N); the order is always this."""
    x, y, z = one * two
    return np.asarray(x + z + y)
