"""Three numbers at a time: what NumPy's general functions do, without their cost.

The results are those of ``np.cross`` and ``np.linalg.norm`` to the last bit; for one
vector of three numbers these take ten times as long as the arithmetic.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cross(first: Array, second: Array) -> Array:
    """Return the vector product (3,) of two vectors (3,) of float.

    Examples
    --------
    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    (a, b, c), (d, e, f) = first.tolist(), second.tolist()
    return np.array([b * f - c * e, c * d - a * f, a * e - b * d])


def norm(vector: Array) -> float:
    """Return the length of a vector (3,) of float.

    Examples
    --------
    >>> norm(np.array([3.0, 4.0, 0.0]))
    5.0
    """
    return math.sqrt(vector.dot(vector))
