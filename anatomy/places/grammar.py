"""The landmark language: from landmark and tape-measure offsets to a place on the skin.

An offset is measured as a tape lies. It starts at a landmark, runs up or down first
(in the sagittal plane; on a limb along the limb), then forward or backward, then
sideways (in the transverse plane; on a limb round the limb). Between two landmarks
it starts on the straight line, or on the tape where the offset says so.
``describe`` in ``anatomy.places.describe`` goes the other way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from anatomy.charts import chart_specs
from anatomy.errors import OffBodyError, OutOfRangeError, SideError
from anatomy.mesh.arrays import FloatArray
from anatomy.mesh.vectors import cross, norm
from anatomy.names import Side, parse_side, unknown
from anatomy.places.between import straight_between, tape_between
from anatomy.places.cun import Axis, body_cun
from anatomy.places.offset import AXES, KEYS, Offset, chart_names, read_offset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body
    from anatomy.landmarks import Landmark
    from anatomy.mesh.skin import SkinPoint

Face = Literal["front", "back"]

#: A tape whose plane would lie this flat on the skin is turned to stand on it
#: (cosine between the skin's normal and the plane's normal).
FLAT = 0.85
#: Facing this squarely along the way to go, the way is told by the chart's face.
SQUARE = 0.94
#: The same where the offset names a chart of the front or the back itself.
SQUARE_FORCED = 0.5
#: Nearer to the mid-sagittal plane than this counts as on it, mm.
MIDLINE_MM = 1.0
#: More than this round a limb is past its other side, degrees.
LIMB_TURN_DEG = 200.0
#: Parts whose two faces are so near that each is looked at by itself.
THIN = ("hand", "foot")
#: Where both ends of a line look up as much as this (cosine), as on top of the
#: shoulder, it may be looked at from above.
LOOKS_UP = 0.35
ROUND_LIMBS = ("upper_arm", "forearm", "thigh", "leg")
UP = np.array([0.0, 0.0, 1.0])
LEFT = np.array([1.0, 0.0, 0.0])
FRONT = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True)
class Frame:
    """Directions at a landmark: up the body part, to its outer side, to its front.

    `face` is the face that the landmark's chart shows; `forced` says that the offset
    named the chart itself.
    """

    proximal: FloatArray
    lateral: FloatArray
    anterior: FloatArray
    face: Face
    part: str
    forced: bool = False


def place(
    body: Body,
    offset: Mapping[str, Any] | Offset,
    side: str | None = None,
    *,
    field: str = "site",
) -> SkinPoint:
    """Return the skin point that an offset names.

    Parameters
    ----------
    body : Body
    offset : mapping or Offset
        See `read_offset`. Its own ``side`` must agree with where it ends up.
    side : {"left", "right", "midline"}, optional
        Side to use where the offset has none, as for a zone that is authored once
        for both sides; a midline place takes any.
    field : str
        Where the offset stands in the input, for messages.

    Returns
    -------
    SkinPoint

    Raises
    ------
    UnknownNameError
        For a landmark, chart or field that does not exist.
    SideError
        When a side is missing, or disagrees with the place.
    OutOfRangeError, OffBodyError
        When the tape runs off the body part.

    Notes
    -----
    Superior first, then anterior, then lateral. Where the skin lies flat in a tape's
    plane (the crown, the top of the shoulder) the plane is stood up on the skin.
    Where the skin faces squarely the way to go (the flank, the outer ankle), lateral
    runs on as if it came from the front, or from the back with a posterior `chart`.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> site = {"landmark": "T4", "lateral_mm": 60, "side": "left"}
    >>> bool(50 < place(body, site).xyz[0] < 61)
    True
    """
    wanted = read_offset(offset, field=field)
    if wanted.chart is not None:
        charts = chart_names()
        if wanted.chart not in charts:
            raise unknown("chart", wanted.chart, charts, field=f"{field}.chart")
    strict = wanted.side
    default = None if side is None else parse_side(side, field=f"{field}.side")
    start, landmark = _start(body, wanted, strict or default, field)
    used = _side_used(wanted, landmark, start, strict, default, field)
    down = wanted.superior < 0 and not wanted.between
    frame = frame_at(body, landmark, used, chart=wanted.chart, down=down)
    amounts = {axis: _millimetres(body, wanted, axis, landmark) for axis in AXES}
    point = run(body, frame, start, amounts, name=landmark.title)
    if used in ("left", "right"):
        outward = point.xyz[0] if used == "left" else -point.xyz[0]
        if outward < -MIDLINE_MM and any(amounts.values()):
            raise OutOfRangeError(
                f"{_spoken(amounts)} from {landmark.title} runs across the midline "
                f"to the other side of the body.",
                field=field,
            )
    return point


def _start(
    body: Body, wanted: Offset, side: Side | None, field: str
) -> tuple[SkinPoint, Landmark]:
    """Return the point that the tape starts from, and its landmark."""
    if not wanted.between:
        landmark = body.landmarks.get(wanted.landmark, side, field=f"{field}.landmark")
        return landmark.skin, landmark
    first, second = (
        body.landmarks.get(n, side, field=f"{field}.between") for n in wanted.between
    )
    if wanted.tape:
        return tape_between(body, first.skin, second.skin, wanted.fraction), first
    memo = body.landmarks.memo
    key = ("straight", first.title, second.title, wanted.fraction, wanted.chart)
    if key not in memo:
        memo[key] = _straight(body, first, second, wanted)
    return memo[key], first


def _straight(
    body: Body, first: Landmark, second: Landmark, wanted: Offset
) -> SkinPoint:
    """Return the skin over a place on the straight line between two landmarks."""
    side = first.side if first.side != "midline" else second.side
    used: Side = "right" if side == "right" else "left"
    frame = frame_at(body, first, used)
    faces = [s * v for v in (frame.lateral, frame.anterior) for s in (1.0, -1.0)]
    if min(body.skin.normal(m.skin) @ UP for m in (first, second)) > LOOKS_UP:
        faces.append(UP)
    parts = {m.segment.split("_")[-1] for m in (first, second)}
    if wanted.chart is not None:
        specs = chart_specs()
        spec = specs.get(wanted.chart) or specs[f"{used}_{wanted.chart}"]
        faces = [-np.array(spec.view)]
    return straight_between(
        body,
        first.skin,
        second.skin,
        wanted.fraction,
        faces=faces,
        thin=not parts.isdisjoint(THIN),
    )


def _side_used(
    wanted: Offset,
    landmark: Landmark,
    start: SkinPoint,
    strict: Side | None,
    default: Side | None,
    field: str,
) -> Side | None:
    """Return the side that lateral runs to; raise when it is missing or disagrees."""
    if wanted.between:
        middle = abs(start.xyz[0]) <= MIDLINE_MM
    else:
        middle = landmark.side == "midline"
    if not middle:
        return "left" if start.xyz[0] > 0 else "right"
    chosen = strict if strict in ("left", "right") else default
    if wanted.lateral == 0:
        if strict in ("left", "right") and not wanted.anterior:
            raise SideError(
                f"{landmark.name} is on the midline; side {strict!r} needs a lateral "
                f"distance, or leave the side out.",
                field=f"{field}.side",
                given=strict,
            )
        return chosen if chosen in ("left", "right") else None
    if chosen not in ("left", "right"):
        raise SideError(
            f"{landmark.name} is on the midline: a lateral distance needs a side, left "
            f"or right (the patient's).",
            field=f"{field}.side",
            given=strict,
            suggestions=("left", "right"),
        )
    if wanted.lateral < 0:
        raise OutOfRangeError(
            f"Lateral counts away from the midline: from {landmark.name}, "
            f"{wanted.lateral:g} to the {chosen} crosses it. Use the other side.",
            field=f"{field}.lateral_mm",
            given=wanted.lateral,
        )
    return chosen


def _millimetres(body: Body, wanted: Offset, axis: Axis, landmark: Landmark) -> float:
    value = float(getattr(wanted, axis))
    if axis not in wanted.cun or value == 0:
        return value
    return value * body_cun(body, landmark, axis, toward=1 if value > 0 else -1)


def frame_at(
    body: Body,
    landmark: Landmark,
    side: Side | None,
    *,
    chart: str | None = None,
    down: bool = False,
) -> Frame:
    """Return the directions that offsets from a landmark run in.

    Parameters
    ----------
    body : Body
    landmark : Landmark
    side : {"left", "right"} or None
        Side that lateral runs to.
    chart : str, optional
        Chart that says which face is meant.
    down : bool
        Whether the offset runs down: below the acromion is along the arm.

    Returns
    -------
    Frame
        Unit vectors (3,). On the trunk, neck and head: up, sideways, forward. On a
        limb the proximal direction is the limb's axis and the others stand on it;
        the front of a foot is its upper face.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> frame_at(body, body.landmarks.get("T4"), "left").lateral
    array([1., 0., 0.])
    """
    sideways = -LEFT if side == "right" else LEFT
    segment = landmark.frame_below if down else landmark.frame
    part = segment.removeprefix("left_").removeprefix("right_")
    name = chart or landmark.home_chart
    back = "posterior" in name or name.endswith(("hand_dorsal", "foot_plantar"))
    plain = back or "anterior" in name or name.endswith(("hand_palmar", "foot_dorsal"))
    face: Face = "back" if back else "front"
    forced = chart is not None and plain
    if part in ("trunk", "neck", "head"):
        return Frame(UP, sideways, FRONT, face, part, forced)
    axis = body.segments[segment].axis
    lateral = _across(sideways, axis)
    front = UP if part == "foot" else FRONT
    forward = front - (front @ axis) * axis - (front @ lateral) * lateral
    return Frame(axis, lateral, forward / norm(forward), face, part, forced)


def run(
    body: Body,
    frame: Frame,
    start: SkinPoint,
    amounts: Mapping[Axis, float],
    *,
    name: str = "the landmark",
) -> SkinPoint:
    """Follow the tape from a point: superior, then anterior, then lateral.

    Parameters
    ----------
    body : Body
    frame : Frame
    start : SkinPoint
    amounts : mapping of axis to mm
    name : str
        What the tape starts from, for messages.

    Returns
    -------
    SkinPoint

    Raises
    ------
    OutOfRangeError, OffBodyError
        When the tape runs past the end or the other side of the body part.
    """
    point = start
    superior = amounts.get("superior", 0.0)
    anterior = amounts.get("anterior", 0.0)
    lateral = amounts.get("lateral", 0.0)
    if frame.part == "foot":  # forward on a foot is toward the toes
        superior, anterior = superior - anterior, 0.0
    if superior:
        point = step_along(body, frame, point, superior)
        gained = float((point.xyz - start.xyz) @ frame.proximal) * math.copysign(
            1, superior
        )
        if abs(superior) > 60 and gained < 0.15 * abs(superior):
            raise OutOfRangeError(
                f"{abs(superior):.0f} mm {'above' if superior > 0 else 'below'} {name} "
                f"runs over the end of the {_said(frame.part)}.",
            )
    if anterior:
        point = _step_forward(body, frame, point, anterior, name)
    if lateral:
        point = _step_round(body, frame, point, lateral, name)
    return point


def step_along(
    body: Body, frame: Frame, point: SkinPoint, distance: float
) -> SkinPoint:
    """Walk up (or down, negative) the body part by a distance along the skin, mm."""
    heading, plane = along_plane(body, frame, point)
    return walk_from(body, point, heading, distance, plane)


def along_plane(
    body: Body, frame: Frame, point: SkinPoint
) -> tuple[FloatArray, FloatArray]:
    """Return the direction of going up at a point, and the normal of its plane."""
    normal = body.skin.normal(point)
    steep = float(normal @ frame.proximal)
    if abs(steep) > (SQUARE_FORCED if frame.forced else SQUARE):
        front = frame.face == "front"
        heading = frame.anterior if front == (steep < 0) else -frame.anterior
        return _tangent(heading, normal), cross(frame.proximal, heading)
    if frame.part in ("trunk", "neck", "head"):
        if abs(float(normal @ frame.lateral)) < FLAT:
            plane = frame.lateral
        else:
            plane = cross(frame.proximal, normal)
    else:
        plane = cross(frame.proximal, normal)
    return _tangent(frame.proximal, normal), plane


def around_plane(
    body: Body, frame: Frame, point: SkinPoint
) -> tuple[FloatArray, FloatArray]:
    """Return the direction of going outward at a point, and the plane's normal."""
    normal = body.skin.normal(point)
    outward = float(normal @ frame.lateral)
    if abs(outward) > (SQUARE_FORCED if frame.forced else SQUARE):
        ahead = (outward > 0) == (frame.face == "back")
        heading = frame.anterior if ahead else -frame.anterior
    else:
        heading = frame.lateral
    if abs(float(normal @ frame.proximal)) < FLAT:
        plane = frame.proximal
    else:
        plane = cross(heading, normal)
    return _tangent(heading, normal), plane


def _step_forward(
    body: Body, frame: Frame, point: SkinPoint, distance: float, name: str
) -> SkinPoint:
    normal = body.skin.normal(point)
    if abs(float(normal @ frame.anterior)) > SQUARE:
        raise OutOfRangeError(
            f"{name} faces forward or backward there: a tape cannot run "
            f"{abs(distance):.0f} mm {'forward' if distance > 0 else 'backward'}. "
            f"Use lateral."
        )
    plane = frame.proximal
    if abs(float(normal @ frame.proximal)) >= FLAT:
        plane = cross(frame.anterior, normal)
    return walk_from(body, point, _tangent(frame.anterior, normal), distance, plane)


def _step_round(
    body: Body, frame: Frame, point: SkinPoint, distance: float, name: str
) -> SkinPoint:
    heading, plane = around_plane(body, frame, point)
    end = walk_from(body, point, heading, distance, plane)
    if abs(distance) > 90 and frame.part in ROUND_LIMBS:
        parts = max(3, int(abs(distance) // 60))
        turned, before = 0.0, point
        stops = [
            walk_from(body, point, heading, distance * k / parts, plane)
            for k in range(1, parts)
        ]
        middle = np.mean([s.xyz for s in (point, *stops, end)], axis=0)
        for stop in (*stops, end):
            a, b = (_across(s.xyz - middle, frame.proximal) for s in (before, stop))
            turned += math.degrees(math.acos(float(np.clip(a @ b, -1, 1))))
            before = stop
        if turned > LIMB_TURN_DEG:
            raise OutOfRangeError(
                f"{abs(distance):.0f} mm round the {_said(frame.part)} from {name} "
                f"runs past its other side."
            )
    return end


def walk_from(
    body: Body,
    point: SkinPoint,
    heading: FloatArray,
    distance: float,
    plane: FloatArray,
) -> SkinPoint:
    """Follow the skin in a plane; a negative distance runs against the heading.

    Raises
    ------
    OffBodyError
        When the tape runs off the body part.
    """
    toward = heading if distance >= 0 else -heading
    try:
        return body.skin.walk(point, toward, abs(distance), plane)
    except OffBodyError as error:
        raise OffBodyError(
            f"A tape of {abs(distance):.0f} mm does not fit there: it runs off that "
            f"part of the body."
        ) from error


def _tangent(direction: FloatArray, normal: FloatArray) -> FloatArray:
    flat = direction - (direction @ normal) * normal
    length = norm(flat)
    return flat / length if length > 1e-9 else direction


def _across(vector: FloatArray, axis: FloatArray) -> FloatArray:
    flat = vector - (vector @ axis) * axis
    return flat / max(norm(flat), 1e-9)


def _said(part: str) -> str:
    return part.replace("_", " ")


def _spoken(amounts: Mapping[Axis, float]) -> str:
    words = {
        "superior": ("above", "below"),
        "anterior": ("in front", "behind"),
        "lateral": ("lateral", "medial"),
    }
    said = [
        f"{abs(v):.0f} mm {words[a][0] if v > 0 else words[a][1]}"
        for a, v in amounts.items()
        if v
    ]
    return " and ".join(said) or "0 mm"


__all__ = [
    "KEYS",
    "Frame",
    "Offset",
    "along_plane",
    "around_plane",
    "chart_names",
    "frame_at",
    "place",
    "read_offset",
    "run",
    "step_along",
    "tape_between",
    "walk_from",
]
