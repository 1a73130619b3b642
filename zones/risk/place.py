"""The vertex of a skin that stands for a place on it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.mesh.arrays import BoolArray, IntArray

if TYPE_CHECKING:
    from anatomy.mesh.skin import SkinSurface
    from zones.fields.model import BodyFields


#: Shares of two corners that differ by no more are equal.
TIE = 1e-6
#: Chance from which a place counts as lying in a structure's area, for rules that ask.
WITHIN_CHANCE = 0.025
#: Zones that are spread over the corners of faces at once: all of them take 60 MB.
_AT_ONCE = 8


def entry_vertex(skin: SkinSurface, face: Any, bary: Any) -> IntArray:
    """Return the corner of its face that each place is nearest to, (N,) int.

    Parameters
    ----------
    skin : SkinSurface
        The skin.
    face : (N,) int
        Face of each place.
    bary : (N, 3) float64
        Shares of its corners.

    Notes
    -----
    Of corners that tie, the one that comes first on either half of the body, so that
    the mirror image of a place has the mirror image of its vertex.
    """
    corners = np.atleast_2d(skin.faces[face])
    shares = np.atleast_2d(np.asarray(bary, dtype=float))
    order = np.minimum(corners, skin.mirror[corners])
    tied = shares >= shares.max(axis=1, keepdims=True) - TIE
    best = np.where(tied, order, np.iinfo(np.int32).max).argmin(axis=1)
    return np.asarray(corners[np.arange(len(corners)), best], dtype=np.intp)


@functools.lru_cache(maxsize=4)
def asked_inside(fields: BodyFields, asked: tuple[str, ...]) -> BoolArray:
    """Return which zones, of some, each vertex lies in, (V, A).

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    asked : tuple of str
        Ids of zones.
    """
    skin = fields.body.skin
    inside = np.zeros((len(skin.vertices), len(asked)), dtype=bool)
    column = {name: place for place, name in enumerate(asked)}
    for number, row in enumerate(fields.rows):
        place = column.get(row.zone.id)
        if place is None:
            continue
        inside[fields.area_of(number), place] = True
        item = fields.items_of(number)
        some = item[fields.under.chance[item] >= WITHIN_CHANCE]
        inside[fields.under.vertex[some], place] = True
    inside.flags.writeable = False
    return inside


@functools.lru_cache(maxsize=4)
def asked_within(fields: BodyFields, asked: tuple[str, ...]) -> BoolArray:
    """Return `asked_inside` with the edges counted as in, (V, A): for single places.

    A place on a face counts as in what any corner of it lies in.
    """
    skin = fields.body.skin
    inside = asked_inside(fields, asked).copy()
    for first in range(0, len(asked), _AT_ONCE):
        some = np.ascontiguousarray(inside[:, first : first + _AT_ONCE])
        face, zone = np.nonzero(some[skin.faces].any(axis=1))
        for corner in range(3):
            inside[skin.faces[face, corner], first + zone] = True
    inside.flags.writeable = False
    return inside


def zones_of(
    fields: BodyFields, asked: tuple[str, ...], area: IntArray
) -> frozenset[str]:
    """Return which zones, of some, a site lies in.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    asked : tuple of str
        Ids of zones.
    area : (K,) int
        The vertex that stands for a place, whose edges count as in, or those of a
        search area.
    """
    # as `asked_within` has it, without all the other places of the skin
    where = fields.body.skin.around(int(area[0])) if len(area) == 1 else area
    here = np.asarray(asked_inside(fields, asked)[where].any(axis=0))
    return frozenset(name for name, yes in zip(asked, here, strict=True) if yes)
