"""The cun: a body's own measure, scaled by the stretch of body that it runs along.

Method: WHO Standard Acupuncture Point Locations in the Western Pacific Region (2008),
proportional bone measurements (``data/cun.toml``); elsewhere stature / 75.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from anatomy.mesh.arrays import FloatArray
from anatomy.store import cached, reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from anatomy.body import Body
    from anatomy.landmarks import Landmark

Axis = Literal["superior", "lateral", "anterior"]


@dataclass(frozen=True)
class Stretch:
    """A stretch of the body that counts a fixed number of cun."""

    id: str
    segment: str
    axis: str
    face: str
    start: str
    end: str
    cun: float


@cached
def stretches() -> tuple[tuple[Stretch, ...], float]:
    """Return the measured stretches, and how many cun a stature is.

    Examples
    --------
    >>> table, stature = stretches()
    >>> stature, [s.cun for s in table if s.segment == "forearm"]
    (75.0, [12.0])
    """
    with reading("cun.toml") as data:
        table = tuple(
            Stretch(
                id=s["id"],
                segment=s["segment"],
                axis=s["axis"],
                face=s["face"],
                start=s["from"],
                end=s["to"],
                cun=float(s["cun"]),
            )
            for s in data["stretch"]
        )
        return table, float(data["stature_cun"])


def body_cun(body: Body, landmark: Landmark, axis: Axis, *, toward: int = 1) -> float:
    """Return the length of one cun, mm, beside a landmark.

    Parameters
    ----------
    body : Body
    landmark : Landmark
        Where the offset starts.
    axis : {"superior", "lateral", "anterior"}
        Which way it is measured.
    toward : {1, -1}
        1 when the offset runs up (proximally), -1 when down; tells which of two
        neighbouring stretches is meant.

    Returns
    -------
    float
        Millimetres.

    Notes
    -----
    Lengths along the body are measured as a tape lies, straight across otherwise.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> 15 < body_cun(body, body.landmarks.get("umbilicus"), "superior") < 35
    True
    """
    down = axis == "superior" and toward < 0
    frame = landmark.frame_below if down else landmark.frame
    segment = frame.removeprefix("left_").removeprefix("right_")
    side = "left" if landmark.side == "midline" else landmark.side
    table, stature = stretches()
    best: tuple[float, float] | None = None
    for stretch in table:
        if stretch.segment != segment or stretch.axis != axis:
            continue
        if not _faces(body, landmark, stretch.face):
            continue
        low, high, length = _measure(body, stretch, side)
        if axis == "superior":
            at = _height(body, frame, landmark.skin.xyz) + toward
            outside = max(low - at, at - high, 0.0)
        else:
            outside = 0.0
        if best is None or outside < best[0] - 1e-9:
            best = (outside, length / stretch.cun)
    return best[1] if best is not None else body.height_mm / stature


def _faces(body: Body, landmark: Landmark, face: str) -> bool:
    """Say whether a landmark lies on that face of its segment."""
    normal = body.skin.normal(landmark.skin)
    outward = 1.0 if landmark.skin.xyz[0] >= 0 else -1.0
    tests: dict[str, Callable[[], Any]] = {
        "any": lambda: True,
        "front": lambda: normal[1] < 0,
        "back": lambda: normal[1] >= 0,
        "medial": lambda: normal[0] * outward < 0 or "medial" in landmark.name,
    }
    return bool(tests[face]())


def _height(body: Body, segment: str, xyz: FloatArray) -> float:
    """Return how far up its segment a point lies, mm."""
    if segment in body.segments and segment not in ("trunk", "neck", "head"):
        part = body.segments[segment]
        return float((xyz - part.distal) @ part.axis)
    return float(xyz[2])


def _measure(body: Body, stretch: Stretch, side: str) -> tuple[float, float, float]:
    """Return a stretch's lower and upper height and its length, mm."""
    memo, key = body.landmarks.memo, ("cun", stretch.id, side)
    if key not in memo:
        start = body.landmarks.get(stretch.start, side)
        if stretch.end == "midline":
            memo[key] = (0.0, 0.0, abs(float(start.skin.xyz[0])))
        else:
            end = body.landmarks.get(stretch.end, side)
            part = stretch.segment
            part = part if part == "trunk" else f"{side}_{part}"
            low = _height(body, part, start.skin.xyz)
            high = _height(body, part, end.skin.xyz)
            length = high - low
            if start.side == end.side == "midline":
                length = body.skin.arc_length(
                    start.skin, end.skin, np.array([1.0, 0.0, 0.0])
                )
            memo[key] = (low, high, length)
    low, high, length = memo[key]
    return low, high, length
