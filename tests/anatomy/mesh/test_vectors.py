"""Vectors of three numbers: the same to the last bit as NumPy's own functions."""

from __future__ import annotations

import numpy as np

from anatomy.mesh.vectors import cross, norm


def test_same_as_numpy_to_the_last_bit() -> None:
    """Products and lengths of vectors of very different sizes."""
    rng = np.random.default_rng(4)
    for scale in (1e-6, 1.0, 1e3):
        for first, second in rng.normal(0, scale, (200, 2, 3)):
            assert cross(first, second).tobytes() == np.cross(first, second).tobytes()
            assert norm(first) == float(np.linalg.norm(first))
