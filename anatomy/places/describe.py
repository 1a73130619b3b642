"""A place on the skin in words, and as a landmark offset that leads back to it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray
from anatomy.mesh.vectors import cross, norm
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.places.grammar import (
    MIDLINE_MM,
    SQUARE,
    Frame,
    along_plane,
    around_plane,
    frame_at,
    place,
    walk_from,
)
from anatomy.places.relations import rib_under, scapula_phrases
from anatomy.places.said import (
    description_words,
    distance_words,
    in_sentence,
    over_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anatomy.body import Body
    from anatomy.landmarks import Landmark
    from anatomy.mesh.skin import SkinPoint
    from anatomy.names import Side


#: A description must lead back to within this of the place, mm.
ROUND_TRIP_MM = 3.0
#: Tapes that come no nearer than this are not tried further, mm.
HOPELESS_MM = 6.0
#: Good enough to stop looking for a better landmark, mm.
GOOD_MM = 1.2
#: No landmark further than this sideways is used while another will do, mm.
FAR_MM = 170.0
FEW, MANY = 10, 15
CORE = ("trunk", "neck", "head")
#: Parts whose landmarks are tried for a place on a limb when none nearer serves.
LIMBS = {
    part: limb
    for limb in (("upper_arm", "forearm", "hand"), ("thigh", "leg", "foot"))
    for part in limb
}


@dataclass(frozen=True)
class Description:
    """A place in words.

    Attributes
    ----------
    text : str
        For people; `anatomy.words.text.parse_text` reads it back.
    offset : dict
        Landmark offset (or ``{"xyz_mm": ...}`` where no tape reaches) that leads back
        to the place within 3 mm.
    landmark : Landmark or None
        The landmark that the offset starts from.
    side : {"left", "right", "midline"}
        The patient's side.
    region : str
        Region of the skin.
    over : str or None
        Rib or intercostal space under the place.
    relations : tuple of str
        Other phrases of the text, such as ``"medial to the scapula"``.
    error_mm : float
        How far from the place the offset leads.
    """

    text: str
    offset: dict[str, Any]
    landmark: Landmark | None
    side: Side
    region: str
    over: str | None
    relations: tuple[str, ...]
    error_mm: float


@dataclass
class _Found:
    """An offset that was tried, and how far from the place it led."""

    landmark: Landmark
    frame: Frame
    values: dict[str, float] = field(default_factory=dict)
    error: float = math.inf


def side_of(point: SkinPoint) -> Side:
    """Return the patient's side of a skin point.

    Examples
    --------
    >>> from types import SimpleNamespace as P
    >>> side_of(P(xyz=(12.0, 0.0, 0.0))), side_of(P(xyz=(0.2, 0.0, 0.0)))
    ('left', 'midline')
    """
    x = float(point.xyz[0])
    return "midline" if abs(x) <= MIDLINE_MM else "left" if x > 0 else "right"


def describe(body: Body, point: SkinPoint) -> Description:
    """Describe a place on the skin by the best landmark near it.

    Parameters
    ----------
    body : Body
    point : SkinPoint

    Returns
    -------
    Description
        Its offset leads back to the place within 3 mm (`ROUND_TRIP_MM`).

    Notes
    -----
    Landmarks are tried in order of distance times a weight (``data/describe.toml``);
    for each, the two tape lengths are solved for by secant steps and checked by
    placing them again, rounded to whole millimetres where that is good enough.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> from anatomy.places.grammar import place
    >>> body = load_body("male")
    >>> site = {"landmark": "T4", "lateral_mm": 58, "side": "left"}
    >>> describe(body, place(body, site)).text.split(",")[0]
    '58 mm left of the midline at T4'
    """
    side = side_of(point)
    region = str(body.region_at(point))
    over = rib_under(body, point, region)
    relations = scapula_phrases(body, point, region)
    found = _search(body, point, side)
    tail = [over_words(over)] if over else []
    tail += relations
    if found is None:
        xyz = [round(float(v), 1) for v in point.xyz]
        near = next(_tried(body, point, side))
        text: str = _(
            "about {mm:.0f} mm from {place}, where no tape from a landmark leads "
            "(x {x:g}, y {y:g}, z {z:g} mm)",
            mm=float(np.linalg.norm(near.skin.xyz - point.xyz)),
            place=in_sentence(near),
            x=xyz[0],
            y=xyz[1],
            z=xyz[2],
        )
        offset: dict[str, Any] = {"xyz_mm": xyz}
        return Description(
            joined([text, *tail], ", "),
            offset,
            None,
            side,
            region,
            over,
            tuple(relations),
            0.0,
        )
    text = _phrase(found, side)
    return Description(
        joined([text, *tail], ", "),
        _offset(found, side),
        found.landmark,
        side,
        region,
        over,
        tuple(relations),
        found.error,
    )


# --------------------------------------------------------------- finding an offset


@dataclass(frozen=True, eq=False)
class _Marks:
    """The landmarks of a body as rows, for ranking them.

    Attributes
    ----------
    marks : list of Landmark
    xyz, normals : (M, 3) float64
        Places, mm, and the skin's normals there.
    weights : (M,) float64
        How reluctantly each is used.
    segment : (M,) int
        Segments, as the body numbers them.
    core : (M,) bool
        Whether the segment is of trunk, neck or head.
    limb : list of str
        The part of the body that offsets run along.
    sides : dict
        For each side of a place whether a landmark may serve, (M,) bool.
    kinds : dict
        For each segment and side of a place that was asked for: the rows that may
        serve and how reluctantly each is used there.
    """

    marks: list[Landmark]
    xyz: FloatArray
    normals: FloatArray
    weights: FloatArray
    segment: NDArray[np.intp]
    core: NDArray[np.bool_]
    limb: list[str]
    sides: dict[str, NDArray[np.bool_]]
    kinds: dict[tuple[str, str], tuple[NDArray[np.intp], FloatArray]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, body: Body) -> _Marks:
        """Return the landmarks of a body."""
        marks = list(body.landmarks)
        weights = [
            next(
                p["weight"]
                for p in description_words()["prefer"]
                if re.search(p["match"], m.name)
            )
            for m in marks
        ]
        side = np.array([m.side for m in marks])
        return cls(
            marks=marks,
            xyz=np.array([m.skin.xyz for m in marks]),
            normals=np.array([body.skin.normal(m.skin) for m in marks]),
            weights=np.array(weights),
            segment=np.array([body.segment_names.index(m.segment) for m in marks]),
            core=np.array([m.segment in CORE for m in marks]),
            limb=[m.frame.split("_", 1)[-1] for m in marks],
            sides={
                here: (side == here) | (side == "midline")
                for here in ("left", "right", "midline")
            },
        )

    def order(self, body: Body, point: SkinPoint, side: Side) -> list[int]:
        """Return the rows of the landmarks in the order in which they are tried."""
        rows, weights = self._may_serve(body, str(body.segment_at(point)), side)
        cost = np.linalg.norm(self.xyz[rows] - point.xyz, axis=1) * weights
        facing = self.normals[rows] @ body.skin.normal(point)
        cost[facing < 0.2] *= 2.5
        return list(rows[np.argsort(cost, kind="stable")].tolist())

    def _may_serve(
        self, body: Body, here: str, side: Side
    ) -> tuple[NDArray[np.intp], FloatArray]:
        """Return the rows for a segment and side, and how reluctantly each is used."""
        found = self.kinds.get((here, side))
        if found is None:
            weights = self.weights
            own = self.segment == body.segment_names.index(here)
            if here in CORE:
                weights = weights * np.where(self.core, 1.0, 2.0)
                weights = weights * np.where(own, 1.0, 1.1)
            else:
                weights = weights * np.where(own, 1.0, 1.6)
            rows = np.flatnonzero(self.sides[side])
            found = self.kinds[here, side] = (rows, weights[rows])
        return found


def _marks(body: Body) -> _Marks:
    """Return the landmarks of a body as rows, from memory."""
    memo = body.landmarks.memo
    if "describe" not in memo:
        memo["describe"] = _Marks.of(body)
    found: _Marks = memo["describe"]
    return found


def _tried(body: Body, point: SkinPoint, side: Side) -> Iterator[Landmark]:
    """Yield the landmarks that are tried for a place, the likeliest first."""
    rows = _marks(body)
    order = rows.order(body, point, side)
    for row in order[:MANY]:
        yield rows.marks[row]
    limb = LIMBS.get(str(body.segment_at(point)).split("_", 1)[-1], ())
    own = [row for row in order[MANY:] if limb and rows.limb[row] in limb]
    for row in own[:MANY]:
        yield rows.marks[row]


def _search(body: Body, point: SkinPoint, side: Side) -> _Found | None:
    """Return the first landmark offset that leads back to the place."""
    best: _Found | None = None
    for count, landmark in enumerate(_tried(body, point, side)):
        if count >= FEW and best is not None and best.error <= ROUND_TRIP_MM * 0.8:
            break
        found = _solve(body, landmark, point, side)
        if found is None:
            continue
        if best is None or found.error < best.error - 0.5:
            best = found
        if best.error <= GOOD_MM:
            break
    if best is None or best.error > ROUND_TRIP_MM * 0.9:
        return None
    return best


def _solve(
    body: Body, landmark: Landmark, point: SkinPoint, side: Side
) -> _Found | None:
    """Return the tape lengths from one landmark to a place, if a tape leads there."""
    used = None if side == "midline" else side
    found = _solve_in(body, frame_at(body, landmark, used), landmark, point, side)
    if landmark.frame_below == landmark.frame:
        return found
    below = frame_at(body, landmark, used, down=True)
    other = _solve_in(body, below, landmark, point, side)
    if found is None or (other is not None and other.error < found.error):
        return other
    return found


def _solve_in(
    body: Body, frame: Frame, landmark: Landmark, point: SkinPoint, side: Side
) -> _Found | None:
    """Return the tape lengths along the directions of a frame."""
    try:
        superior, corner, miss = _solve_along(body, frame, landmark.skin, point)
        if miss > HOPELESS_MM:
            return None
        lateral, key, miss = _solve_round(body, frame, corner, point)
        if miss > HOPELESS_MM:
            return None
    except NeedlemapError:
        return None
    if landmark.side == "midline":
        if side == "midline":
            lateral = 0.0
        elif key == "lateral" and lateral <= 0:
            return None
    if abs(lateral) > FAR_MM or abs(superior) > FAR_MM * 1.5:
        return None
    found = _Found(landmark, frame)
    for digits in (0, 1):
        values = {
            "superior": round(superior, digits),
            key: round(lateral, digits),
        }
        error = _error(body, found, values, point, side)
        if error < found.error - 0.3:
            found.values, found.error = values, error
        if found.error <= GOOD_MM:
            break
    return found if found.values else None


def _solve_along(
    body: Body, frame: Frame, start: SkinPoint, point: SkinPoint
) -> tuple[float, SkinPoint, float]:
    """Walk up or down until the place lies in the plane of the second tape."""
    superior = float((point.xyz - start.xyz) @ frame.proximal)
    best = (math.inf, 0.0, start)
    way, upright = along_plane(body, frame, start)
    for _step in range(7):
        corner = walk_from(body, start, way, superior, upright)
        _, plane = around_plane(body, frame, corner)
        unit = plane / norm(plane)
        miss = float((point.xyz - corner.xyz) @ unit)
        if abs(miss) < best[0]:
            best = (abs(miss), superior, corner)
        if abs(miss) < 0.15:
            break
        heading, _ = along_plane(body, frame, corner)
        rate = float(heading @ unit)
        if abs(rate) < 0.15:
            rate = math.copysign(0.15, rate)
        superior += min(max(miss / rate, -60.0), 60.0)
    return best[1], best[2], best[0]


def _solve_round(
    body: Body, frame: Frame, corner: SkinPoint, point: SkinPoint
) -> tuple[float, str, float]:
    """Walk sideways until the tape comes nearest to the place."""
    heading, plane = around_plane(body, frame, corner)
    gap = point.xyz - corner.xyz
    lateral = math.copysign(norm(gap), float(gap @ heading))
    best = (math.inf, 0.0)
    unit = plane / norm(plane)
    # the way round keeps its sense: the plane's normal crossed with the skin's
    sense = float(cross(unit, body.skin.normal(corner)) @ heading)
    for _step in range(7):
        toward = heading if lateral >= 0 else -heading
        end = body.skin.walk(corner, toward, abs(lateral), plane)
        gap = point.xyz - end.xyz
        miss = norm(gap)
        if miss < best[0]:
            best = (miss, lateral)
        tangent = cross(unit, body.skin.normal(end))
        length = norm(tangent)
        if length < 1e-6:
            break
        step = float(gap @ tangent) / length * math.copysign(1.0, sense)
        if abs(step) < 0.15:
            break
        lateral += step
    square = abs(float(body.skin.normal(corner) @ frame.lateral)) > SQUARE
    if square and frame.part != "foot":
        forward = best[1] * float(np.sign(heading @ frame.anterior))
        return forward, "anterior", best[0]
    return best[1], "lateral", best[0]


def _error(
    body: Body,
    found: _Found,
    values: dict[str, float],
    point: SkinPoint,
    side: Side,
) -> float:
    """Return how far from the place an offset leads, mm (inf when nowhere)."""
    trial = _Found(found.landmark, found.frame, values)
    try:
        end = place(body, _offset(trial, side))
    except NeedlemapError:
        return math.inf
    return norm(end.xyz - point.xyz)


def _offset(found: _Found, side: Side) -> dict[str, Any]:
    """Return an offset as plain data."""
    out: dict[str, Any] = {"landmark": found.landmark.name}
    out |= {f"{axis}_mm": value for axis, value in found.values.items() if value}
    sideways = found.values.get("lateral") or found.values.get("anterior")
    if found.landmark.side != "midline" or (sideways and side != "midline"):
        out["side"] = side if side != "midline" else found.landmark.side
    return out


# ------------------------------------------------------------------------- wording


def _phrase(found: _Found, side: Side) -> str:
    """Return the offset in words."""
    title = in_sentence(found.landmark)
    part = found.frame.part
    values = {a: v for a, v in found.values.items() if v}
    if found.landmark.side == "midline" and "anterior" not in values:
        lateral = values.pop("lateral", 0.0)
        if not values:
            return _beside_midline(lateral, side, title)
        up = distance_words("superior", values["superior"], part, title)
        return joined([_beside_midline(lateral, side), up], ", ")
    if not values:
        return _("at {place}", place=title)
    *first, last = values.items()
    end = distance_words(*last, part, title)
    if not first:
        return end
    start = distance_words(*first[0], part)
    return _("{first} and {second}", first=start, second=end)


def _beside_midline(lateral: float, side: Side, place: str | None = None) -> str:
    """Return how far from the midline a place lies, and at which landmark."""
    if place is None:
        if not lateral:
            return _("on the midline")
        if side == "left":
            return _("{mm:g} mm left of the midline", mm=lateral)
        return _("{mm:g} mm right of the midline", mm=lateral)
    if not lateral:
        return _("on the midline at {place}", place=place)
    if side == "left":
        return _("{mm:g} mm left of the midline at {place}", mm=lateral, place=place)
    return _("{mm:g} mm right of the midline at {place}", mm=lateral, place=place)
