"""A needle in the body: which zones it meets, how deep, and how deep is too deep.

Depths in the zone fields are of an adult whose body mass index is between 18.5 and 25.
`HabitusRule` corrects them for a patient, in one direction more than in the other, so
that the correction can not invent safety. A perpendicular needle meets a zone when it
is as deep as the zone's earliest depth at its entry. Any needle is also followed as a
line: at each step the nearest skin and the depth under it decide.
"""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError, InputError, OutOfRangeError, SideError
from zones.models import LONGEST_NEEDLE_MM, Needle, Tilt, Vector
from zones.rows import band_near, depths_near, placement_of, row_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body
    from anatomy.names import Side
    from anatomy.skin import SkinPoint
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]

HABITUS_FILE = Path(__file__).parent / "data" / "habitus.toml"

#: Step at which an oblique needle is looked at, mm.
STEP_MM = 0.5

#: Skin counts as lying over a place only within this cone about its own inward
#: normal (cosine of the half angle): in a fold such as the armpit the same line of
#: skin is nearest to places all round it, most of which it does not cover.
FOLD_COSINE = 0.5


@dataclass(frozen=True)
class HabitusRule:
    """Correction of depths for build and age, read from ``data/habitus.toml``.

    Attributes
    ----------
    thin_below, thin_mm_per_unit : float
        Below this body mass index, mm taken off for each unit.
    heavy_from, heavy_mm_per_unit, heavy_most_mm : float
        From this body mass index, mm added for each unit, and the most in all.
    warn_below_bmi, warn_below_age : float
        Below either there is no depth to rely on: any needle over the zone warns.
    warn_within_deg : float
        A needle tilted less than this from the normal counts as perpendicular.
    sources : tuple of str
        Ids of the sources of the figures.
    """

    thin_below: float
    thin_mm_per_unit: float
    heavy_from: float
    heavy_mm_per_unit: float
    heavy_most_mm: float
    warn_below_bmi: float
    warn_below_age: float
    warn_within_deg: float
    text_thin: str
    text_warn: str
    sources: tuple[str, ...]

    def shift(self, bmi: float | None) -> float:
        """Return the mm to add to a depth for a body mass index (None: nothing).

        Examples
        --------
        >>> habitus_rule().shift(22.0)
        0.0
        >>> habitus_rule().shift(40.0)
        5.0
        """
        if bmi is None:
            return 0.0
        if bmi < self.thin_below:
            return -self.thin_mm_per_unit * (self.thin_below - bmi)
        if bmi >= self.heavy_from:
            added = self.heavy_mm_per_unit * (bmi - self.heavy_from)
            return min(added, self.heavy_most_mm)
        return 0.0

    def warns(self, bmi: float | None, age: float | None) -> bool:
        """Return whether the patient is outside what depths were measured on."""
        young = age is not None and age < self.warn_below_age
        return young or (bmi is not None and bmi < self.warn_below_bmi)


@functools.cache
def habitus_rule() -> HabitusRule:
    """Return the correction for build and age (read once).

    Raises
    ------
    DataError
        When the file does not hold the rule.
    """
    try:
        data = tomllib.loads(HABITUS_FILE.read_text("utf-8"))
        values = {k: v for k, v in data.items() if k != "schema"}
        values["sources"] = tuple(values["sources"])
        return HabitusRule(**values)
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{HABITUS_FILE.name}: {error}") from error


def effective(
    earliest: FloatArray,
    floor: FloatArray,
    corrected: NDArray[np.bool_],
    *,
    bmi: float | None,
    age: float | None,
    upright: bool,
) -> FloatArray:
    """Return earliest depths for a patient.

    Parameters
    ----------
    earliest : (R, ...) float64
        Earliest depth of each row, mm; inf where a zone is not.
    floor : (R,) float64
        Depth that the correction for build does not go under, mm. It never raises a
        depth that is less by itself.
    corrected : (R,) bool
        Rows to which the correction applies.
    bmi, age : float or None
        The patient's, when known.
    upright : bool
        Whether the needle is about perpendicular to the skin.

    Returns
    -------
    (R, ...) float64
        Depth at or past which the structure counts as reached, mm.

    Notes
    -----
    Design section 6: 3.8 mm are taken off for a unit under 18.5, at most 5 mm are
    added from 25 up; a child or a very thin patient is warned of any needle.

    Examples
    --------
    >>> import numpy as np
    >>> effective(np.array([20.0]), np.array([5.0]), np.array([True]),
    ...           bmi=17.5, age=30, upright=True).round(1).tolist()
    [16.2]
    """
    rule = habitus_rule()
    extra = (1,) * (earliest.ndim - 1)
    lowest = np.minimum(earliest, floor.reshape(-1, *extra))
    shifted = np.maximum(earliest + rule.shift(bmi), lowest)
    if rule.warns(bmi, age):
        shifted = np.zeros_like(earliest) if upright else lowest
    applies = corrected.reshape(-1, *extra) & np.isfinite(earliest)
    return np.where(applies, shifted, earliest)


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
        vector = vector / np.linalg.norm(vector)
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
    length = float(np.linalg.norm(lean))
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
    face = fields.body.skin.faces[point.face]
    own = np.zeros(len(fields.rows), dtype=bool)
    under, begins, _ = band_near(fields, face)
    own[under] = np.isfinite(begins).any(axis=1)
    entry = effective(depths.earliest[:, 0], floor, corrected, **patient)
    reached, met = _along_line(
        fields, point, direction, needle, tilt, floor, corrected, patient
    )
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
) -> tuple[FloatArray, FloatArray]:
    """Return where a line first meets each row and the depth that decided, (R,)."""
    rows = len(fields.rows)
    never = np.full(rows, np.inf)
    skin = fields.body.skin
    along = _steps(needle, tilt)
    places = np.asarray(point.xyz)[None, :] + along[:, None] * direction[None, :]
    away, vertex = skin.tree.query(places)
    offset = skin.vertices[vertex] - places
    under = np.einsum("ij,ij->i", offset, skin.vertex_normals[vertex])
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


@functools.lru_cache(maxsize=64)
def _line_steps(end: float, step: float) -> FloatArray:
    """Return the depths looked at: in small steps to 60 mm, in double ones beyond."""
    near = np.arange(step, min(end, 60.0) + 1e-9, step)
    far = np.arange(60.0 + 2.0 * step, end + 1e-9, 2.0 * step)
    return np.concatenate([near, far])


def _steps(needle: Needle, tilt_deg: float) -> FloatArray:
    """Return the depths to look at for a needle.

    What a perpendicular needle meets first lies under its own entry, where no steps
    are needed; along it they only find what lies on the far side of a limb or fold.
    """
    return _line_steps(_end(needle), STEP_MM if tilt_deg > 1.0 else 2.0 * STEP_MM)


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


def is_reached(reached_mm: float, planned_mm: float) -> bool:
    """Return whether a plan meets a structure; a needle not inserted meets nothing.

    Examples
    --------
    >>> is_reached(9.4, 9.4), is_reached(0.0, 0.0)
    (True, False)
    """
    return planned_mm >= reached_mm and planned_mm > 0.0
