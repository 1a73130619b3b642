"""Ribs and intercostal spaces at the vertical lines of the chest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Half width of the sternum and distance of the paravertebral line, mm at 1700 mm.
STERNAL_HALF_MM = 17.0
PARAVERTEBRAL_MM = 30.0
#: Distance of the axillary folds' lines from the midaxillary line, mm at 1700 mm.
AXILLARY_MM = 48.0
#: The axilla begins below this rib; its lines have no higher ones.
FIRST_AXILLARY_RIB = 3

#: A rib that ends this near to a line still counts as lying at it, at the height
#: of its nearest part, mm.
NEAR_LINE_MM = 45.0

#: The last part of a floating rib that does not count as lying at a line, mm.
FLOATING_TIP_MM = 28.0

RIB_LINES = (
    "sternal border",
    "parasternal line",
    "midclavicular line",
    "anterior axillary line",
    "midaxillary line",
    "posterior axillary line",
    "scapular line",
    "paravertebral line",
)


class Fitted(Protocol):
    """A fitted body: its bones, its stature, and the landmarks found so far."""

    found: list[Any]
    stature: float

    def bone(self, name: str) -> Array:
        """Vertices of a bone, the left one of a pair."""


def rib_landmarks(finder: Fitted) -> Iterator[tuple[str, Array, Array]]:
    """Yield name, bony place and outward direction of ribs and spaces, left side."""
    size = finder.stature / 1700.0
    centre = _chest_centre(finder)
    paths = {n: _rib_path(finder, n, centre) for n in range(1, 13)}
    wide = 0.62 * max(float(path[:, 0].max()) for path in paths.values())
    found: dict[tuple[int, str], Array] = {}
    clavicle = next(f.bone for f in finder.found if f.name == "clavicle midpoint")
    angle = next(f.bone for f in finder.found if f.name == "inferior angle of scapula")
    front = {
        "sternal border": STERNAL_HALF_MM * size,
        "midclavicular line": float(clavicle[0]),
    }
    front["parasternal line"] = (
        front["sternal border"] + front["midclavicular line"]
    ) / 2
    back = {
        "scapular line": float(angle[0]),
        "paravertebral line": PARAVERTEBRAL_MM * size,
    }
    for number, path in paths.items():
        for line in RIB_LINES:
            if line in ("sternal border", "parasternal line") and number > 7:
                continue  # these ribs do not reach the sternum
            if line in front:
                at = _cross(path, path[:, 0] - front[line], path[:, 1] < centre)
            elif line in back:
                at = _cross(path, path[:, 0] - back[line], path[:, 1] > centre)
            else:
                if number < FIRST_AXILLARY_RIB:
                    continue
                ahead = {"a": -1, "m": 0, "p": 1}[line[0]] * AXILLARY_MM * size
                gap = path[:, 1] - centre - ahead
                inner = path[:, 0] > wide
                if number > 10:  # a floating tip that only just gets there is not at it
                    tip = np.linalg.norm(path - path[-1], axis=1)
                    inner &= tip > FLOATING_TIP_MM
                at = _cross(path, gap, inner, near=number <= 10)
            if at is not None:
                if line in front or line in back:
                    at = np.array([(front | back)[line], at[1], at[2]])
                found[number, line] = at
    for (number, line), at in found.items():
        yield f"rib {number} at {line}", at, _outward(at, line, centre)
    for line in RIB_LINES:
        for number in range(1, 12):
            if (number, line) in found and (number + 1, line) in found:
                middle = (found[number, line] + found[number + 1, line]) / 2
                name = f"intercostal space {number} at {line}"
                yield name, middle, _outward(middle, line, centre)
    # the first rib lies medial to these lines; the space is felt below the clavicle
    for line in ("parasternal line", "midclavicular line"):
        if (2, line) in found and (1, line) not in found:
            bar = finder.bone("clavicle")
            above = bar[np.abs(bar[:, 0] - front[line]) < 10].mean(axis=0)
            middle = (found[2, line] + above) / 2
            yield f"intercostal space 1 at {line}", middle, np.array([0.0, -1.0, 0.0])
    for number in (11, 12):
        tip = paths[number][-1]
        yield f"rib {number} tip", tip, _outward(tip, "", centre)
    margin = finder.bone("sternum and costal cartilages")
    row = margin[np.abs(margin[:, 0] - front["midclavicular line"]) < 10]
    if len(row):
        low = row[row[:, 2].argmin()]
        yield "costal margin at midclavicular line", low, np.array([0.0, -1.0, 0.0])


def _chest_centre(finder: Fitted) -> float:
    """Anterior-posterior middle of the rib cage, y in mm."""
    cage = np.concatenate([finder.bone(f"rib {n}") for n in range(4, 10)])
    return float((cage[:, 1].min() + cage[:, 1].max()) / 2) - 6.0


def _rib_path(finder: Fitted, number: int, centre: float) -> Array:
    """Outer line of a rib from spine to front, with its cartilage to the sternum."""
    rib = finder.bone(f"rib {number}")
    turn = np.degrees(np.arctan2(rib[:, 0], rib[:, 1] - centre))
    middle = np.array([0.0, centre])
    rows = []
    for start in np.arange(turn.min(), turn.max(), 7.0):
        part = rib[(turn >= start) & (turn < start + 7.0)]
        if len(part):
            reach = np.linalg.norm(part[:, :2] - middle, axis=1)
            outer = part[reach >= np.percentile(reach, 50)]
            rows.append(outer.mean(axis=0))
    path = np.array(rows)
    if number <= 10:
        path = np.concatenate([path, _cartilage(finder, number, path[-1])])
    return path


def _cartilage(finder: Fitted, number: int, end: Array) -> Array:
    """Way of the costal cartilage from the rib's end to the sternum's border."""
    marks = {f.name: f.bone for f in finder.found}
    notch, angle = marks["suprasternal notch"], marks["sternal angle"]
    joint = marks["xiphisternal joint"]
    half = np.array([12.0 * finder.stature / 1700.0, 0.0, 0.0])
    if number == 1:
        target = notch + (angle - notch) * 0.35 + half
    else:
        share = (min(number, 7) - 2) / 5.0
        target = angle + (joint - angle) * share + half
    steps = np.linspace(0, 1, 8)[1:, None]
    way = end + steps * (target - end)
    if number >= 6:  # the lower cartilages climb along the costal margin
        way[:, 2] -= 18.0 * np.sin(np.pi * steps[:, 0]) * (number >= 7)
    return np.asarray(way)


def _cross(
    path: Array, gap: Array, allowed: NDArray[np.bool_], *, near: bool = True
) -> Array | None:
    """First crossing of a path with a line, where allowed; else its near end."""
    change = np.flatnonzero((gap[:-1] > 0) != (gap[1:] > 0))
    for k in change:
        if allowed[k] and allowed[k + 1]:
            share = gap[k] / (gap[k] - gap[k + 1])
            return np.asarray(path[k] + share * (path[k + 1] - path[k]))
    end = int(np.where(allowed, np.abs(gap), np.inf).argmin())
    if near and allowed.any() and abs(gap[end]) < NEAR_LINE_MM:
        return np.asarray(path[end])
    return None


def _outward(at: Array, line: str, centre: float) -> Array:
    """Horizontal direction from the chest's middle through a place."""
    if line in ("sternal border", "parasternal line", "midclavicular line"):
        return np.array([0.0, -1.0, 0.0])
    if line in ("scapular line", "paravertebral line"):
        return np.array([0.0, 1.0, 0.0])
    way = np.array([at[0], at[1] - centre, 0.0])
    return np.asarray(way / np.linalg.norm(way))
