"""How much error of the hand a plan bears before a structure is reached.

The error of depth is the length of needle left; the error of angle is found by leaning
the needle in all directions about the plan and following each as a line. Both inform:
no verdict depends on them.
"""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError
from zones.habitus import effective, habitus_rule
from zones.models import Tolerance
from zones.rows import band_of, least_of, placement_of, row_rules
from zones.steps import FOLD_COSINE, UPRIGHT_WITHIN_DEG
from zones.upright import met_from
from zones.wording import MOST_DEG

if TYPE_CHECKING:
    from anatomy.skin import SkinPoint
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

HANDLING_FILE = Path(__file__).parent / "data" / "handling.toml"

#: First steps of the error of angle, degrees; a structure and the tolerance about it
#: are wider than one of them at any depth that a needle goes to.
COARSE_DEG = (10, 20, 30, 40, MOST_DEG)
#: Directions in which the needle is leant.
AZIMUTHS = 8
#: Beyond this clearance along the needle the error of angle is not worked out, mm.
NEAR_MM = 30.0
#: Distance of the places looked at along a line, mm, and the depth from which the
#: wider one does.
FINE_MM, WIDE_MM, WIDE_FROM_MM = 1.0, 2.0, 40.0
#: Depths are taken shallower by this beside half the step, so that a place between
#: those looked at is not missed: at the soft edge of a structure depths are steep, mm.
SPARE_MM = 2.0


@dataclass(frozen=True)
class Handling:
    """Error of the hand in a simulator, read from ``data/handling.toml``.

    Attributes
    ----------
    untrained_mm, untrained_deg, trained_mm, trained_deg : float
        Mean error of depth and of angle in the first and the second session.
    text_both, text_trained, text_neither : str
        What is said of a plan beside them.
    sources : tuple of str
        Ids of the sources of the figures.
    """

    untrained_mm: float
    untrained_deg: float
    trained_mm: float
    trained_deg: float
    text_both: str
    text_trained: str
    text_neither: str
    sources: tuple[str, ...]

    def compare(self, bears: Tolerance) -> str:
        """Return in words how what a plan bears compares with that error.

        Examples
        --------
        >>> handling().compare(Tolerance(mm=2.0, deg=20.0))[:9]
        'less than'
        """
        mm = math.inf if bears.mm is None else bears.mm
        deg = 0.0 if bears.deg is None else bears.deg
        if mm >= self.untrained_mm and deg >= self.untrained_deg:
            text = self.text_both
        elif mm >= self.trained_mm and deg >= self.trained_deg:
            text = self.text_trained
        else:
            text = self.text_neither
        pair = "{:.1f} mm and {:.0f} degrees"
        return text.format(
            untrained=pair.format(self.untrained_mm, self.untrained_deg),
            trained=pair.format(self.trained_mm, self.trained_deg),
        )


@functools.cache
def handling() -> Handling:
    """Return the error of the hand in a simulator (read once).

    Raises
    ------
    DataError
        When the file does not hold it.
    """
    try:
        data = tomllib.loads(HANDLING_FILE.read_text("utf-8"))
        values = {key: value for key, value in data.items() if key != "schema"}
        values["sources"] = tuple(values["sources"])
        return Handling(**values)
    except (KeyError, OSError, TypeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{HANDLING_FILE.name}: {error}") from error


@dataclass(frozen=True, eq=False)
class Place:
    """An entry and a patient, for following many needles from it.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones of the body.
    point : SkinPoint
        The entry.
    around : (K,) int
        Vertices that stand for it.
    bmi, age : float or None
        The patient's, when known.
    extra_mm : float
        What a search area exceeds the placement tolerance by, mm.
    """

    fields: BodyFields
    point: SkinPoint
    around: IntArray
    bmi: float | None
    age: float | None
    extra_mm: float = 0.0

    @functools.cached_property
    def inward(self) -> FloatArray:
        """Inward unit normal of the skin, (3,)."""
        return -np.asarray(self.fields.body.skin.normal(self.point), dtype=float)

    @functools.cached_property
    def gap_mm(self) -> float:
        """Distance from the entry to the nearest vertex of its face, mm."""
        skin = self.fields.body.skin
        corners = skin.vertices[skin.faces[self.point.face]]
        return float(np.linalg.norm(corners - self.point.xyz, axis=1).min())

    def ball(self, radius_mm: float) -> IntArray:
        """Return the vertices within a straight distance of the entry, (M,) int."""
        found = self.fields.body.skin.tree.query_ball_point(self.point.xyz, radius_mm)
        return np.asarray(found, dtype=np.intp)

    def around_line(self, depth_mm: float) -> IntArray:
        """Return the vertices that may be nearest to a place of a needle, (M,) int."""
        return self.ball(2.0 * depth_mm + self.gap_mm + 1.0)

    def met_upright(self) -> FloatArray:
        """Return where an upright needle meets rows off its entry, (R,) mm."""
        rule = habitus_rule()
        return met_from(
            self.fields,
            self.point.face,
            self.point.bary,
            shift_mm=rule.shift(self.bmi),
            warns=rule.warns(self.bmi, self.age),
        )[0]

    def effective(
        self, depths: FloatArray, rows: IntArray, upright: bool
    ) -> FloatArray:
        """Return depths of rows (K, ...) corrected for the patient."""
        floor, corrected = row_rules(self.fields)
        return effective(
            depths,
            floor[rows],
            corrected[rows],
            bmi=self.bmi,
            age=self.age,
            upright=upright,
        )


def fan(direction: FloatArray, degrees: FloatArray) -> FloatArray:
    """Return directions that lean from one by each angle in all azimuths.

    Parameters
    ----------
    direction : (3,) float64
        Unit vector to lean from.
    degrees : (A,) float64
        Angles.

    Returns
    -------
    (A, AZIMUTHS, 3) float64
        Unit vectors, the same set mirrored for the mirrored direction.

    Examples
    --------
    >>> import numpy as np
    >>> ways = fan(np.array([0.0, -1.0, 0.0]), np.array([30.0]))
    >>> ways.shape, bool(np.allclose(-ways[..., 1], np.cos(np.radians(30))))
    ((1, 8, 3), True)
    """
    up = np.array([0.0, 0.0, 1.0])
    if abs(direction[2]) > 0.9:
        up = np.array([0.0, 1.0, 0.0])
    first = up - (up @ direction) * direction
    first = first / np.linalg.norm(first)
    second = np.cross(direction, first)
    turn = 2.0 * np.pi * np.arange(AZIMUTHS) / AZIMUTHS
    lean = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    angle = np.radians(np.asarray(degrees, dtype=float))[:, None, None]
    return np.asarray(np.cos(angle) * direction + np.sin(angle) * lean)


def reached_along(
    place: Place,
    directions: FloatArray,
    depth_mm: float,
    rows: IntArray,
    *,
    spare_mm: float = 0.0,
) -> BoolArray:
    """Return which structures needles of one depth meet in many directions.

    Parameters
    ----------
    place : Place
        Entry and patient.
    directions : (D, 3) float64
        Unit vectors; one that points out of the skin meets nothing.
    depth_mm : float
        Length of needle in the body.
    rows : (K,) int
        Rows of the fields to look at.
    spare_mm : float
        Depths are taken shallower by this, so that the answer errs to "meets".

    Returns
    -------
    (D, K) bool

    Notes
    -----
    The reckoning of `zones.needle.reach` on coarser steps, with half a step taken
    off the depths to make up for it.
    """
    upright, hit = _column_hits(place, directions, depth_mm, rows, spare_mm)
    left = np.flatnonzero(~hit.all(axis=1))
    if len(left) and depth_mm > 0.0:
        least = least_of(place.fields, rows, place.around_line(depth_mm))
        hit[left] |= _line_hits(
            place, directions[left], depth_mm, rows, least, upright[left], spare_mm
        )
    return hit


def meets_any(
    place: Place,
    directions: FloatArray,
    depth_mm: float,
    rows: IntArray,
    least: FloatArray,
) -> BoolArray:
    """Return which needles of one depth meet any of some structures, (D,) bool.

    Parameters and reckoning as in `reached_along`; lines are followed only in the
    directions that the depth under the entry leaves open. `least` (K,) is the least
    depth of each row under `Place.around_line` of this depth or a greater one.
    """
    upright, column = _column_hits(place, directions, depth_mm, rows, 0.0)
    hit: BoolArray = np.asarray(column.any(axis=1))
    left = np.flatnonzero(~hit)
    if len(left) and depth_mm > 0.0:
        lines = _line_hits(
            place, directions[left], depth_mm, rows, least, upright[left], 0.0
        )
        hit[left] = lines.any(axis=1)
    return hit


def _column_hits(
    place: Place,
    directions: FloatArray,
    depth_mm: float,
    rows: IntArray,
    spare_mm: float,
) -> tuple[BoolArray, BoolArray]:
    """Return which needles are upright (D,), and meet what lies under the entry."""
    cosine = directions @ place.inward
    tilt = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    upright = tilt < habitus_rule().warn_within_deg
    early = least_of(place.fields, rows, place.around)
    entry = np.where(
        upright[:, None],
        place.effective(early, rows, True)[None, :],
        place.effective(early, rows, False)[None, :],
    )
    lean = np.radians(np.clip(tilt, 0.0, 89.0))[:, None]
    over = np.isfinite(entry) & (tilt < 89.0)[:, None] & (depth_mm > 0.0)
    column = np.where(over, entry, 0.0) / np.cos(lean)
    aside = placement_of(place.fields)[rows][None, :] + place.extra_mm
    over &= column * np.sin(lean) <= aside
    hit = over & (column - spare_mm <= depth_mm)
    straight = tilt <= UPRIGHT_WITHIN_DEG
    if straight.any() and depth_mm > 0.0:
        hit[straight] |= place.met_upright()[rows] - spare_mm <= depth_mm
    return upright, hit


def _line_hits(
    place: Place,
    directions: FloatArray,
    depth_mm: float,
    rows: IntArray,
    least: FloatArray,
    upright: BoolArray,
    spare_mm: float,
) -> BoolArray:
    """Return which rows the lines themselves pass through, (D, K) bool."""
    skin = place.fields.body.skin
    none = np.zeros((len(directions), len(rows)), dtype=bool)
    step = FINE_MM if depth_mm <= WIDE_FROM_MM else WIDE_MM
    spare_mm += step / 2.0
    # a correction keeps depths in their order
    soonest = place.effective(least, rows, bool(upright.any()))
    first = float(soonest.min(initial=math.inf))
    if not math.isfinite(first):
        return none
    # no place is farther from its nearest vertex than it is from the entry's own
    start = max(step, math.floor(first - spare_mm - place.gap_mm))
    along = np.append(np.arange(start, depth_mm, step), depth_mm)
    if start > depth_mm:
        return none
    places = place.point.xyz + along[:, None] * directions[:, None, :]
    away, vertex = skin.tree.query(places.reshape(-1, 3))
    offset = skin.vertices[vertex] - places.reshape(-1, 3)
    under = np.einsum("ij,ij->i", offset, skin.vertex_normals[vertex])
    covered = under >= FOLD_COSINE * away - 1e-9
    begins, ends = band_of(place.fields, rows, vertex)
    early = place.effective(begins, rows, bool(upright.all()))
    if upright.any() and not upright.all():
        straight = place.effective(begins, rows, True)
        early = np.where(np.repeat(upright, len(along))[None, :], straight, early)
    late = ends + habitus_rule().heavy_most_mm
    hit = (under >= early - spare_mm) & (under <= late + spare_mm)
    hit &= covered & np.isfinite(early)
    return np.asarray(hit.reshape(len(rows), len(directions), -1).any(axis=2).T)


def angle_tolerance(
    place: Place, direction: FloatArray, depth_mm: float, rows: IntArray
) -> IntArray:
    """Return the error of angle that a plan bears before each structure is reached.

    Parameters
    ----------
    place : Place
        Entry and patient.
    direction : (3,) float64
        Unit vector of the needle as planned.
    depth_mm : float
        Planned depth.
    rows : (K,) int
        Rows of the fields to look at, none of which the plan reaches.

    Returns
    -------
    (K,) int
        Whole degrees from 0 to `MOST_DEG`, rounded down: at each whole degree up to
        it the needle stays short in all directions looked at.

    Notes
    -----
    `AZIMUTHS` directions, first at `COARSE_DEG`, then degree by degree before the
    first of them at which the structure is reached.
    """
    coarse = np.array(COARSE_DEG)
    hit = _any_way(place, direction, coarse, depth_mm, rows)
    found = hit.any(axis=0)
    first = hit.argmax(axis=0)
    high = np.where(found, coarse[first], MOST_DEG + 1)
    low = np.where(found, np.r_[0, coarse][first], MOST_DEG)
    gaps = [np.arange(one + 1, two) for one, two in zip(low, high, strict=True)]
    fine = np.unique(np.concatenate(gaps))
    if not len(fine):
        return low.astype(np.intp)
    some = np.flatnonzero(found)
    closer = _any_way(place, direction, fine, depth_mm, rows[some])
    for column, row in enumerate(some):
        bad = fine[closer[:, column] & (fine > low[row]) & (fine < high[row])]
        low[row] = (bad.min() if len(bad) else high[row]) - 1
    return low.astype(np.intp)


def _any_way(
    place: Place,
    direction: FloatArray,
    degrees: NDArray[np.int_],
    depth_mm: float,
    rows: IntArray,
) -> BoolArray:
    """Return whether leaning by each angle meets each row in some direction, (A, K)."""
    ways = fan(direction, degrees.astype(float))
    hit = reached_along(place, ways.reshape(-1, 3), depth_mm, rows, spare_mm=SPARE_MM)
    return np.asarray(hit.reshape(len(degrees), AZIMUTHS, -1).any(axis=1))


def nearest_places(
    place: Place, direction: FloatArray, depth_mm: float, rows: IntArray, upright: bool
) -> tuple[FloatArray, FloatArray]:
    """Return where each structure comes nearest to the tip of a needle.

    Parameters
    ----------
    place : Place
        Entry and patient.
    direction : (3,) float64
        Unit vector of the needle.
    depth_mm : float
        Planned depth.
    rows : (K,) int
        Rows of the fields.
    upright : bool
        Whether the needle is about perpendicular to the skin.

    Returns
    -------
    places : (K, 3) float64
        Nearest of the places at the earliest depth under the vertices around.
    away_mm : (K,) float64
        Distance from the tip, mm; inf where the structure is not near.
    """
    skin = place.fields.body.skin
    ball = place.ball(depth_mm + NEAR_MM + 10.0)
    begins, _ = band_of(place.fields, rows, ball)
    early = place.effective(begins, rows, upright)
    tip = place.point.xyz + depth_mm * direction
    there = np.isfinite(early)
    deep = np.where(there, early, 0.0)[..., None]
    tops = skin.vertices[ball][None] - deep * skin.vertex_normals[ball][None]
    away = np.where(there, np.linalg.norm(tops - tip, axis=2), np.inf)
    if not away.shape[1]:
        return np.zeros((len(rows), 3)), np.full(len(rows), np.inf)
    best = away.argmin(axis=1)
    picked = np.arange(len(rows))
    return tops[picked, best], away[picked, best]
