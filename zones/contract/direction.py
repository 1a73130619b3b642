"""A needle's direction in the body, and how deep is too deep."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from anatomy.errors import InputError, OutOfRangeError, SideError
from anatomy.mesh.arrays import FloatArray
from anatomy.mesh.vectors import norm
from zones.contract.needle import Needle, Tilt, Vector

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint
    from anatomy.names import Side


def direction_vector(
    body: Body, point: SkinPoint, needle: Needle, *, side: Side
) -> tuple[FloatArray, float]:
    """Return the needle's unit vector into the body and its tilt from the normal.

    Parameters
    ----------
    body : Body
        The body.
    point : SkinPoint
        Where the needle goes in.
    needle : Needle
        The plan; its direction may be named, tilted or a vector.
    side : {"left", "right", "midline"}
        Side of the site, for medial and lateral.

    Returns
    -------
    direction : (3,) float64
        Unit vector in the body frame.
    tilt_deg : float
        Angle between the direction and the inward normal of the skin.

    Raises
    ------
    OutOfRangeError
        When the vector points out of the body.
    InputError, SideError
        When the skin faces the named direction, or the midline has no such side.
    """
    inward = -np.asarray(body.skin.normal(point), dtype=float)
    plan = needle.direction
    if isinstance(plan, Vector):
        vector = np.asarray(plan.vector, dtype=float)
        vector = vector / norm(vector)
        cosine = float(vector @ inward)
        if cosine < -0.02:
            raise OutOfRangeError(
                "needle.direction.vector must point into the body; "
                f"{list(plan.vector)} points out of the skin here.",
                field="needle.direction.vector",
                given=plan.vector,
            )
        return vector, math.degrees(math.acos(min(1.0, max(0.0, cosine))))
    if not isinstance(plan, Tilt) or plan.tilt_deg == 0:
        return inward, 0.0
    lean = toward_vector(body, point, plan.toward, side)
    lean = lean - (lean @ inward) * inward
    length = norm(lean)
    if length < 0.1:
        raise InputError(
            f"needle.direction.toward: the skin here faces straight along "
            f"{plan.toward!r}, so a needle cannot lean that way.",
            field="needle.direction.toward",
            given=plan.toward,
        )
    angle = math.radians(plan.tilt_deg)
    return inward * math.cos(angle) + lean / length * math.sin(angle), plan.tilt_deg


def toward_vector(body: Body, point: SkinPoint, toward: str, side: Side) -> FloatArray:
    """Return a named direction of the patient as a unit vector of the body frame."""
    if toward in ("anterior", "posterior"):
        return np.array([0.0, -1.0 if toward == "anterior" else 1.0, 0.0])
    if toward in ("medial", "lateral"):
        if side == "midline":
            raise SideError(
                f"needle.direction.toward: {toward!r} has no meaning on the midline.",
                field="needle.direction.toward",
                given=toward,
                suggestions=["cranial", "caudal"],
            )
        outward = 1.0 if side == "left" else -1.0
        return np.array([outward if toward == "lateral" else -outward, 0.0, 0.0])
    name = body.segment_at(point)
    segment = body.segments.get(name)
    axis = np.array([0.0, 0.0, 1.0])
    if segment is not None and name not in ("trunk", "head", "neck"):
        axis = np.asarray(segment.axis, dtype=float)
    return axis if toward in ("cranial", "proximal") else -axis


def just_short(reached_mm: float) -> float:
    """Return the deepest plan, to 0.1 mm, that stays short of a depth.

    Examples
    --------
    >>> just_short(9.4)
    9.3
    >>> just_short(0.0)
    0.0
    """
    steps = math.ceil(round(reached_mm * 10.0, 6)) - 1
    return max(0.0, steps / 10.0)


def just_short_of(limit_mm: FloatArray) -> FloatArray:
    """Return the deepest plans short of depths, (N,); NaN where nothing limits.

    As `just_short`.

    Examples
    --------
    >>> import numpy as np
    >>> just_short_of(np.array([9.4, 0.0, np.inf])).tolist()
    [9.3, 0.0, nan]
    """
    finite = np.isfinite(limit_mm)
    tenths = np.round(np.where(finite, limit_mm, 0.0) * 10.0, 6)
    steps = np.maximum(np.ceil(tenths) - 1.0, 0.0) / 10.0
    return np.where(finite, steps, math.nan)


def is_reached(reached_mm: float, planned_mm: float) -> bool:
    """Return whether a plan meets a structure; a needle not inserted meets nothing.

    Examples
    --------
    >>> is_reached(9.4, 9.4), is_reached(0.0, 0.0)
    (True, False)
    """
    return planned_mm >= reached_mm and planned_mm > 0.0
