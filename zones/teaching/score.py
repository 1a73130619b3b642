"""How near is near enough: scores of placement, depth, angle and time.

The four parts are those of a published mixed-reality trainer's composite (depth, angle,
distance from tip to centre, time). Every constant stands in
``data/teaching/scoring.toml`` and ``data/handling.toml`` with its source, or says that
it is our inference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from anatomy.errors import OutOfRangeError
from zones.check.tolerance import handling
from zones.teaching.settings import scoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike


def _size(value: float, field: str) -> float:
    """Return an error's size; refuse what is no number."""
    number = abs(float(value))
    if not math.isfinite(number):
        raise OutOfRangeError(
            f"{field} must be a finite number; got {value!r}.",
            field=field,
            given=value,
        )
    return number


def placement_score(distance_mm: float, spread_mm: float) -> float:
    """Return the score of a placement.

    Parameters
    ----------
    distance_mm : float
        Distance from the place, mm; its sign does not matter.
    spread_mm : float
        Radius of the place's own spread, mm; above 0.

    Returns
    -------
    float
        1 within the spread, then falling evenly to 0 at a set number of spreads; never
        rises with distance.

    Raises
    ------
    OutOfRangeError
        For a number that is not finite, or a spread of 0 or less.

    Examples
    --------
    >>> placement_score(8.0, 10.0), placement_score(20.0, 10.0)
    (1.0, 0.5)
    """
    distance = _size(distance_mm, "distance_mm")
    if not spread_mm > 0 or not math.isfinite(spread_mm):
        raise OutOfRangeError(
            f"spread_mm must be more than 0; got {spread_mm!r}.",
            field="spread_mm",
            given=spread_mm,
        )
    far = scoring().placement.zero_at_spreads
    return _ramp(distance / spread_mm, 1.0, far)


def _ramp(value: float, full_until: float, zero_from: float) -> float:
    """Return 1 up to one bound, 0 from the other, evenly between."""
    return min(1.0, max(0.0, (zero_from - value) / (zero_from - full_until)))


def _hand(error: float, trained: float, untrained: float) -> float:
    """Return the score of an error of the hand beside the errors measured."""
    if error <= trained:
        return 1.0
    lost = (1.0 - scoring().hand.at_untrained) / (untrained - trained)
    return max(0.0, 1.0 - lost * (error - trained))


def depth_score(error_mm: float, *, sd_mm: float | None = None) -> float:
    """Return the score of an error of depth.

    Parameters
    ----------
    error_mm : float
        How far the depth is off, mm; its sign does not matter here.
    sd_mm : float, optional
        Spread of the depth between people, where the evidence gives one; when that is
        more than a trained hand's error, it takes its place.

    Returns
    -------
    float
        1 within the mean error after training (3.58 mm), a half at that before it
        (6.41 mm), then on at the same slope to 0.

    Raises
    ------
    OutOfRangeError
        For an error that is not finite.

    Examples
    --------
    >>> depth_score(3.0), round(depth_score(6.41), 3), depth_score(20.0)
    (1.0, 0.5, 0.0)
    """
    usual = handling()
    error = _size(error_mm, "error_mm")
    wider = max(0.0, (sd_mm or 0.0) - usual.trained_mm)
    return _hand(error, usual.trained_mm + wider, usual.untrained_mm + wider)


def angle_score(error_deg: float) -> float:
    """Return the score of an error of angle, as that of depth.

    Raises
    ------
    OutOfRangeError
        For an error that is not finite.

    Examples
    --------
    >>> angle_score(10.0), round(angle_score(-27.83), 3)
    (1.0, 0.5)
    """
    usual = handling()
    return _hand(_size(error_deg, "error_deg"), usual.trained_deg, usual.untrained_deg)


def time_score(seconds: float, limit_s: float) -> float:
    """Return the score of the time taken: 1 within the limit, 0 at a multiple of it.

    Raises
    ------
    OutOfRangeError
        For a number that is not finite, or a limit of 0 or less.

    Examples
    --------
    >>> time_score(30.0, 60.0), time_score(90.0, 60.0)
    (1.0, 0.5)
    """
    taken = _size(seconds, "seconds")
    if not limit_s > 0 or not math.isfinite(limit_s):
        raise OutOfRangeError(
            f"limit_s must be more than 0; got {limit_s!r}.", field="limit_s"
        )
    return _ramp(taken / limit_s, 1.0, scoring().time.zero_at_limits)


def composite(parts: Mapping[str, float]) -> float:
    """Return the weighted mean of the parts that were scored.

    No part counts for more than the place: at the wrong one it earns nothing to be
    upright or quick.

    Parameters
    ----------
    parts : mapping of str to float
        Scores from 0 to 1 under ``depth``, ``angle``, ``distance`` and ``time``; what
        was not asked is left out.

    Returns
    -------
    float
        From 0 to 1; 0 for no parts.

    Examples
    --------
    >>> composite({"depth": 1.0, "angle": 0.7})
    0.85
    >>> composite({"depth": 1.0, "angle": 1.0, "distance": 0.0})
    0.0
    """
    weights = scoring().weights
    total = sum(getattr(weights, f"share_{name}") for name in parts)
    if not total:
        return 0.0
    most = parts.get("distance", 1.0)
    sums = sum(getattr(weights, f"share_{n}") * min(v, most) for n, v in parts.items())
    return float(sums / total)


def angle_between(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the angle between two directions, degrees from 0 to 180.

    Raises
    ------
    OutOfRangeError
        When one of them has no length.

    Examples
    --------
    >>> round(angle_between([0, 0, 1], [0, 1, 1]), 6)
    45.0
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    length = float(np.linalg.norm(one) * np.linalg.norm(two))
    if not length > 0.0 or not math.isfinite(length):
        raise OutOfRangeError("a direction must have a length; got none.")
    cosine = float(np.clip(one @ two / length, -1.0, 1.0))
    return math.degrees(math.acos(cosine))


def distance_to(places: ArrayLike, xyz: ArrayLike) -> float:
    """Return the least straight distance from a place to any of several, mm.

    Parameters
    ----------
    places : (N, 3) float
        Places in the body's frame, mm.
    xyz : (3,) float
        The place, mm.

    Examples
    --------
    >>> distance_to([[0, 0, 0], [10, 0, 0]], [7, 4, 0])
    5.0
    """
    away = np.asarray(places, dtype=float) - np.asarray(xyz, dtype=float)
    return float(np.linalg.norm(away, axis=1).min())
