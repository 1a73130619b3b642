"""How a needle is looked at as a line: in which steps, and which skin lies over it."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

#: Step at which an oblique needle is looked at, mm; an upright one in double steps, as
#: what it meets first lies under its own entry, where none are needed.
STEP_MM = 0.5
#: Depth from which steps are doubled, mm.
FAR_MM = 60.0

#: Needles up to this far from the skin's normal are upright, degrees: no more than
#: the figures of a vector are rounded by.
UPRIGHT_WITHIN_DEG = 1e-3
#: Depth to which upright needles are worked out beforehand, mm.
UPRIGHT_END_MM = 152.0

#: Skin counts as lying over a place only within this cone about its own inward
#: normal (cosine of the half angle): in a fold such as the armpit the same line of
#: skin is nearest to places all round it, most of which it does not cover.
FOLD_COSINE = 0.5


@functools.lru_cache(maxsize=64)
def line_steps(end_mm: float, step_mm: float) -> NDArray[np.float64]:
    """Return the depths looked at: in small steps at first, in double ones beyond.

    Parameters
    ----------
    end_mm : float
        Depth to which the line is followed.
    step_mm : float
        Step up to `FAR_MM`.

    Examples
    --------
    >>> line_steps(64.0, 2.0)[-3:].tolist()
    [58.0, 60.0, 64.0]
    """
    near = np.arange(step_mm, min(end_mm, FAR_MM) + 1e-9, step_mm)
    far = np.arange(FAR_MM + 2.0 * step_mm, end_mm + 1e-9, 2.0 * step_mm)
    return np.concatenate([near, far])
