"""A needle in the body: which zones it meets, how deep, and how deep is too deep.

Depths in the zone fields are of an adult whose body mass index is between 18.5 and 25.
`zones.habitus` corrects them for a patient. A perpendicular needle meets a zone when it
is as deep as the zone's earliest depth at its entry. Any needle is also followed as a
line: at each step the nearest skin and the depth under it decide. For an upright needle
that was done beforehand (`zones.upright`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError, OutOfRangeError, SideError
from anatomy.vectors import norm
from zones.habitus import effective, habitus_rule
from zones.models import LONGEST_NEEDLE_MM, Needle, Tilt, Vector
from zones.rows import (
    band_near,
    depths_near,
    placement_of,
    row_rules,
    under_face,
)
from zones.steps import (
    FOLD_COSINE,
    STEP_MM,
    UPRIGHT_END_MM,
    UPRIGHT_WITHIN_DEG,
    line_steps,
)
from zones.upright import met_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body
    from anatomy.names import Side
    from anatomy.skin import SkinPoint
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]


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
            f"{plan.toward!r}, so a needle can not lean that way.",
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


@dataclass(frozen=True, eq=False)
class Reach:
    """Where a needle's line meets each row of the fields.

    Attributes
    ----------
    entry_mm : (R,) float64
        Earliest depth under the entry for this patient, mm; inf where none.
    reached_mm : (R,) float64
        Length of needle in the body at which the zone is met; inf when never.
    met_earliest : (R,) float64
        Earliest depth under the skin that decided, mm.
    typical, sd : (R,) float64
        Figures at the entry, mm; NaN where none.
    lead : (R,) int
        Depth entry of the zone file that decides at the entry; -1 for none.
    inside : (R,) bool
        Whether the entry lies in the zone's own area.
    over : (R,) bool
        Whether the entry's own place, not only its search area, is over the zone.
    direction : (3,) float64
        Unit vector of the needle.
    tilt_deg : float
        Angle from the inward normal.
    """

    entry_mm: FloatArray
    reached_mm: FloatArray
    met_earliest: FloatArray
    typical: FloatArray
    sd: FloatArray
    lead: NDArray[np.intp]
    inside: NDArray[np.bool_]
    over: NDArray[np.bool_]
    direction: FloatArray
    tilt_deg: float


def reach(
    fields: BodyFields,
    point: SkinPoint,
    needle: Needle,
    *,
    side: Side,
    around: NDArray[np.intp],
    extra_mm: float = 0.0,
    bmi: float | None,
    age: float | None,
    end_mm: float = math.inf,
) -> Reach:
    """Return where a planned needle meets each zone, whatever its planned depth.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    point : SkinPoint
        Entry.
    needle : Needle
        The plan.
    side : {"left", "right", "midline"}
        Side of the site.
    around : (K,) int
        Vertices that stand for the entry: of its face, or of its search area.
    extra_mm : float
        How much further than the placement tolerance the entry may lie from the
        point: what lies under any place of the search area may be met that far aside.
    bmi, age : float or None
        The patient's, when known.
    end_mm : float
        Depth past which the needle's line need not be followed, mm.

    Returns
    -------
    Reach
        R rows, in the order of ``fields.rows``.

    Raises
    ------
    NeedlemapError
        When the direction has no meaning at the entry.

    Notes
    -----
    Design section 6 for the oblique needle. The field is already the least within
    the placement tolerance, so neighbours of the nearest skin are covered.
    """
    direction, tilt = direction_vector(fields.body, point, needle, side=side)
    floor, corrected = row_rules(fields)
    upright = tilt < habitus_rule().warn_within_deg
    patient: Mapping[str, Any] = {"bmi": bmi, "age": age, "upright": upright}
    depths = depths_near(fields, around)
    own = under_face(fields, point.face)
    entry = effective(depths.earliest[:, 0], floor, corrected, **patient)
    if tilt <= UPRIGHT_WITHIN_DEG:
        rule = habitus_rule()
        shift, warns = rule.shift(bmi), rule.warns(bmi, age)
        reached, begins = met_from(
            fields, point.face, point.bary, shift_mm=shift, warns=warns
        )
        met = np.minimum(begins, reached)
    else:
        reached, met = np.full((2, len(entry)), np.inf)
    if tilt > UPRIGHT_WITHIN_DEG or _end(needle) > UPRIGHT_END_MM:
        line, line_met = _along_line(
            fields, point, direction, needle, tilt, floor, corrected, patient, end_mm
        )
        met = np.where(line < reached, line_met, met)
        reached = np.minimum(line, reached)
    column = np.full(len(entry), np.inf)
    over = np.isfinite(entry) & (tilt < 89.0)
    column[over] = entry[over] / math.cos(math.radians(tilt))
    aside = np.where(over, column, 0.0) * math.sin(math.radians(tilt))
    column[aside > placement_of(fields) + extra_mm] = np.inf
    sooner = column <= reached
    return Reach(
        entry_mm=entry,
        reached_mm=np.where(sooner, column, reached),
        met_earliest=np.where(sooner, entry, met),
        typical=depths.typical[:, 0],
        sd=depths.sd[:, 0],
        lead=depths.lead[:, 0],
        inside=depths.inside[:, 0],
        over=own,
        direction=direction,
        tilt_deg=tilt,
    )


def _along_line(
    fields: BodyFields,
    point: SkinPoint,
    direction: FloatArray,
    needle: Needle,
    tilt: float,
    floor: FloatArray,
    corrected: NDArray[np.bool_],
    patient: Mapping[str, Any],
    end_mm: float = math.inf,
) -> tuple[FloatArray, FloatArray]:
    """Return where a line first meets each row and the depth that decided, (R,)."""
    rows = len(fields.rows)
    never = np.full(rows, np.inf)
    skin = fields.body.skin
    along = _steps(needle, tilt)
    along = along[along <= end_mm]
    places = np.asarray(point.xyz)[None, :] + along[:, None] * direction[None, :]
    vertex = skin.nearest_along(places)
    offset = skin.vertices[vertex] - places
    under = np.einsum("ij,ij->i", offset, skin.vertex_normals[vertex])
    away = np.sqrt(np.einsum("ij,ij->i", offset, offset))
    covered = under >= FOLD_COSINE * away
    if not covered.any():
        return never, never
    along, under, vertex = along[covered], under[covered], vertex[covered]
    near, begins, ends = band_near(fields, vertex)
    if not len(near):
        return never, never
    early = effective(begins, floor[near], corrected[near], **patient)
    late = ends + habitus_rule().heavy_most_mm
    hit = (under[None, :] >= early) & (under[None, :] <= late) & np.isfinite(early)
    any_hit = hit.any(axis=1)
    first = hit.argmax(axis=1)
    reached, met = never.copy(), never.copy()
    reached[near] = np.where(any_hit, along[first], np.inf)
    met[near] = np.where(any_hit, early[np.arange(len(near)), first], np.inf)
    return reached, met


def _steps(needle: Needle, tilt_deg: float) -> FloatArray:
    """Return the depths to look at for a needle.

    What a perpendicular needle meets first lies under its own entry, where no steps
    are needed; along it they only find what lies on the far side of a limb or fold.
    """
    return line_steps(_end(needle), STEP_MM if tilt_deg > 1.0 else 2.0 * STEP_MM)


def _end(needle: Needle) -> float:
    """Return the depth to which a needle's line is followed, mm."""
    deepest = max(needle.depth_mm or 0.0, needle.length_mm or 0.0, 150.0)
    return float(min(math.ceil(deepest) + 2.0, LONGEST_NEEDLE_MM + 2.0))


def same_line(one: Needle, other: Needle) -> bool:
    """Return whether two needles from one entry have the same `Reach`.

    Examples
    --------
    >>> same_line(Needle(depth_mm=10.0), Needle(depth_mm=25.0))
    True
    """
    return one.direction == other.direction and _end(one) == _end(other)


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
