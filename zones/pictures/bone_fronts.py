"""Which places of a cross-section lie between the skin and a bone, or in the bone.

What is behind a bone in people is not drawn there, however near to the skin the bone
of the reference body lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from anatomy.mesh.arrays import BoolArray
from zones.fields.bones import gap_of, open_at

if TYPE_CHECKING:
    from anatomy.body.section import Outline
    from zones.fields.model import BodyFields

Array = NDArray[np.float64]

#: Fineness of the picture in which bones are looked up, mm: a shoulder blade is 2 thin.
FINE_MM = 0.75
#: Spread of the smoothing of the way into the body, mm.
SMOOTH_MM = 2.5
#: Bone counts as that over a place down to so many SD of where people have it.
DEEPEST_SD = 1.96
#: How far bone is looked for at most, mm.
LOOKED_MM = 90.0


@dataclass(frozen=True, eq=False)
class Fronts:
    """Places of a picture's grid in front of bone.

    Attributes
    ----------
    depth_mm : (M, N) float64
        Distance from the skin's outline; 0 outside.
    bone : (M, N) bool
        In a bone.
    fixed, moving : (M, N) bool
        In front of, or in, a bone that stays and one that moves with the arm.
    """

    depth_mm: Array
    bone: BoolArray
    fixed: BoolArray
    moving: BoolArray

    def ahead(self, *, arm_away: bool) -> BoolArray:
        """Return the places in front of bone, with the arm at the side or away."""
        return self.fixed if arm_away else self.fixed | self.moving


def bone_fronts(
    fields: BodyFields,
    outlines: Sequence[Outline],
    right: Array,
    up: Array,
    vertex: NDArray[np.intp],
) -> Fronts:
    """Return which places of a grid lie in front of bones.

    Parameters
    ----------
    fields : BodyFields
        Of the body: how deep bone lies at all under each vertex.
    outlines : sequence of Outline
        The skin first, then bones.
    right, up : (N,), (M,) float64
        Columns and rows of the grid, mm, rising.
    vertex : (M * N,) int
        Vertex of the skin nearest to each place.
    """
    fine_right = np.arange(right[0], right[-1] + FINE_MM, FINE_MM)
    fine_up = np.arange(up[0], up[-1] + FINE_MM, FINE_MM)
    skin = filled(outlines[0].lines, fine_right, fine_up)
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(skin, 1, mode="edge")))
    depth = depth[1:-1, 1:-1] * FINE_MM
    inward = np.stack(
        np.gradient(ndimage.gaussian_filter(depth, SMOOTH_MM / FINE_MM)), axis=-1
    )
    inward /= np.linalg.norm(inward, axis=-1, keepdims=True) + 1e-9
    row = np.rint((up - fine_up[0]) / FINE_MM).astype(int)
    column = np.rint((right - fine_right[0]) / FINE_MM).astype(int)
    way = inward[row][:, column]
    own = depth[row][:, column]
    floor = fields.floor
    log = floor.bone_log[vertex] + DEEPEST_SD * floor.bone_sd[vertex]
    deepest = np.nan_to_num(np.exp(log.astype(float)), nan=0.0).reshape(own.shape)
    past = open_at(fields.body)[1:, vertex].reshape(-1, *own.shape)
    past_of = dict(zip(fields.body.bones, past, strict=True))
    bones = np.zeros((2, len(fine_up), len(fine_right)), dtype=bool)
    # what every place has in its way, then bones that needles pass at some of them
    layers = [(moves, bones[moves], np.ones(own.shape, dtype=bool)) for moves in (0, 1)]
    whole = np.zeros(bones.shape[1:], dtype=bool)
    for outline in outlines[1:]:
        one = filled(outline.lines, fine_right, fine_up)
        moves, open_ = int(gap_of(outline.name).moves), past_of[outline.name]
        whole |= one
        if open_.any():
            layers.append((moves, one, ~open_))
        else:
            bones[moves] |= one
    found = np.zeros((2, *own.shape), dtype=bool)
    for step in np.arange(0.0, LOOKED_MM, FINE_MM):
        near = (own + step <= deepest) & (own > 0.0)
        if not near.any():
            break
        r = np.rint(row[:, None] + step / FINE_MM * way[..., 0]).astype(int)
        c = np.rint(column[None, :] + step / FINE_MM * way[..., 1]).astype(int)
        here = (r >= 0) & (r < len(fine_up)) & (c >= 0) & (c < len(fine_right)) & near
        for moves, one, shut in layers:
            found[moves][here] |= one[r[here], c[here]] & shut[here]
    fixed, moving = (_whole(one) for one in found)
    return Fronts(own, whole[row][:, column], fixed, moving)


def _whole(places: BoolArray) -> BoolArray:
    """Return places without specks and slits, and with a rim of one place."""
    disc = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 2)
    wide = np.pad(places, 6, mode="edge")
    closed = ndimage.binary_closing(wide, disc)
    rim = np.asarray(ndimage.binary_dilation(closed))
    return rim[6:-6, 6:-6]


def filled(lines: Sequence[Array], right: Array, up: Array) -> BoolArray:
    """Return which places of a grid closed lines enclose, hollows left out, (M, N).

    Examples
    --------
    >>> square = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [0, 0.0]])
    >>> filled([square], np.array([-1.0, 1, 3]), np.array([1.0, 5])).tolist()
    [[False, True, False], [False, False, False]]
    """
    inside = np.zeros((len(up), len(right)), dtype=bool)
    for line in lines:
        begin, end = line[:-1], line[1:]
        low = np.searchsorted(up, np.minimum(begin[:, 1], end[:, 1]), side="left")
        high = np.searchsorted(up, np.maximum(begin[:, 1], end[:, 1]), side="left")
        size = high - low
        edge = np.repeat(np.arange(len(size)), size)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(size) - size, size)
        row = row + low[edge]
        rise = end[edge, 1] - begin[edge, 1]
        part = (up[row] - begin[edge, 1]) / rise
        at = begin[edge, 0] + part * (end[edge, 0] - begin[edge, 0])
        column = np.searchsorted(right, at)
        count = np.zeros((len(up), len(right) + 1), dtype=np.intp)
        np.add.at(count, (row, column), 1)
        inside ^= (np.cumsum(count, axis=1)[:, :-1] % 2).astype(bool)
    return inside
