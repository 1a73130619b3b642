"""The muscles that a cross-section cuts, as bands within skin and beside bone.

A scheme (`anatomy.muscles.bellies`): the bodies have no muscles of their own. What
nobody measured is drawn thin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from anatomy.errors import DataError
from anatomy.muscles.bellies import Belly, cut
from anatomy.muscles.catalogue import muscle_names
from anatomy.store import cached
from zones.pictures.drawn_bones import drawn_belly
from zones.pictures.section_models import MuscleBand, Window

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.body.section import Outline, Plane

Array = NDArray[np.float64]

#: Skin and fat over muscle are drawn at least so thick, mm.
UNDER_SKIN_MM = 2.6
#: Muscle is drawn so far off bone, mm.
OFF_BONE_MM = 0.3
#: Corners are rounded by so much, mm, and pieces smaller than this left out, mm².
ROUND_MM, LEAST_MM2 = 0.5, 3.0


@dataclass(frozen=True, eq=False)
class _Placed:
    """A muscle of a body and the box round it, mm."""

    belly: Belly
    low: Array
    high: Array


@cached(maxsize=4)
def _placed(body_name: str) -> tuple[_Placed, ...]:
    """Return all muscles of a body with their boxes."""
    found = []
    for name in muscle_names():
        for side in ("left", "right"):
            try:
                one = drawn_belly(body_name, name, side)
            except DataError:
                continue  # the catalogue has muscles without attachments
            sheets = [p for part in one.parts for p in (part.outer, part.inner)]
            spots = np.concatenate([sheet.reshape(-1, 3) for sheet in sheets])
            found.append(_Placed(one, spots.min(axis=0), spots.max(axis=0)))
    return tuple(found)


def muscle_bands(
    body: Body, plane: Plane, window: Window, outlines: Sequence[Outline]
) -> tuple[MuscleBand, ...]:
    """Return the muscles that a plane cuts, the deepest first.

    Parameters
    ----------
    body : Body
        The body.
    plane : Plane
        The plane.
    window : tuple of float
        Left, right, bottom and top of the picture, mm.
    outlines : sequence of Outline
        What the plane shows: the skin first, then bones.

    Examples
    --------
    >>> from anatomy.body.section import axial_plane, body_outlines
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> level = axial_plane(body, body.landmarks.get("L3 spinous process").skin)
    >>> found = muscle_bands(
    ...     body, level, (-80, 80, -60, 60), body_outlines(body, level, within_mm=320)
    ... )
    >>> "lumbar erector spinae" in {band.name for band in found}
    True
    """
    room = _room(outlines, window)
    if room.is_empty:
        return ()
    corners = np.array([[x, y] for x in window[:2] for y in window[2:]])
    shown = plane.lift(corners)
    low, high = shown.min(axis=0), shown.max(axis=0)
    found = []
    for one in _placed(body.name):
        if (one.low > high + 1.0).any() or (one.high < low - 1.0).any():
            continue
        shape = filled_rings(cut(one.belly, plane)).intersection(room)
        shape = shape.buffer(-ROUND_MM).buffer(2 * ROUND_MM).buffer(-ROUND_MM)
        shape = shape.intersection(room)
        pieces = [p for p in shapely.get_parts(shape) if p.area >= LEAST_MM2]
        if not pieces:
            continue
        measured = all(p.thickness_mm is not None for p in one.belly.parts)
        found.append(
            MuscleBand(
                one.belly.name,
                one.belly.side,
                shapely.multipolygons([p for p in pieces if p.geom_type == "Polygon"]),
                one.belly.depth,
                measured,
            )
        )
    return tuple(sorted(found, key=lambda band: -band.depth))


def muscles_of(
    bands: Iterable[MuscleBand], chosen: tuple[str, str] | None
) -> tuple[MuscleBand, ...]:
    """Return muscles with the chosen one marked, in their order."""
    return tuple(
        replace(band, chosen=True) if (band.name, band.side) == chosen else band
        for band in bands
    )


def _room(outlines: Sequence[Outline], window: Window) -> BaseGeometry:
    """Return where muscle may be drawn: under skin and fat, and out of bones."""
    left, right, low, high = window
    frame = shapely.box(left - 5.0, low - 5.0, right + 5.0, high + 5.0)
    skin = filled_rings(outlines[0].lines)
    room = skin.intersection(frame.buffer(UNDER_SKIN_MM + 1.0)).buffer(-UNDER_SKIN_MM)
    bones = [filled_rings(o.lines) for o in outlines[1:]]
    near = [bone for bone in bones if bone.intersects(frame)]
    if near:
        room = room.difference(shapely.union_all(near).buffer(OFF_BONE_MM))
    return room.intersection(frame)


def filled_rings(lines: Iterable[Array]) -> BaseGeometry:
    """Return what closed lines enclose, by even and odd: hollows are left out.

    Examples
    --------
    >>> square = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0.0]])
    >>> filled_rings([square, square / 2 + 1]).area
    12.0
    """
    shape: BaseGeometry = shapely.MultiPolygon()
    for line in lines:
        if len(line) < 4:
            continue
        one = shapely.make_valid(shapely.Polygon(line))
        parts = [p for p in shapely.get_parts(one) if p.geom_type in _AREAS]
        for part in parts:
            shape = shape.symmetric_difference(part)
    return shape


_AREAS = ("Polygon", "MultiPolygon")
