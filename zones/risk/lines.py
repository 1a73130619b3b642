"""Needles followed as lines: which skin is nearest at each step, and how deep under it.

Also what bones they cross on the way: a needle that comes from above the depth of a
bone to below it has met it; one that slips in behind it from beside has not.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray, IntArray
from zones.risk.cells import Cells

if TYPE_CHECKING:
    from anatomy.mesh.skin import SkinSurface
    from zones.fields.model import BodyFields


#: Step along a needle, mm, and the depth from which it is doubled.
STEP_MM, FAR_MM = 2.0, 60.0
#: Skin counts as lying over a place only within this cone about its own inward
#: normal (cosine of the half angle): in a fold such as the armpit the same line of
#: skin is nearest to places all round it, most of which it does not cover.
FOLD_COSINE = 0.5
#: Where no skin covers a place, as in the hollow of the eye or near the lining of the
#: mouth, it lies under the entry, else under the skin that covered the needle last, as
#: long as it is no farther aside than this, mm: about the error of placing.
BESIDE_MM = 10.0


@functools.lru_cache(maxsize=64)
def line_steps(end_mm: float) -> FloatArray:
    """Return the lengths of needle that are looked at, (S,) mm.

    Examples
    --------
    >>> line_steps(68.0)[-4:].tolist()
    [58.0, 60.0, 64.0, 68.0]
    """
    near = np.arange(STEP_MM, min(end_mm, FAR_MM) + 1e-9, STEP_MM)
    far = np.arange(FAR_MM + 2.0 * STEP_MM, end_mm + 1e-9, 2.0 * STEP_MM)
    return np.concatenate([near, far])


@dataclass(frozen=True, eq=False)
class Lines:
    """Needles as lines, L of them in S steps.

    Attributes
    ----------
    along : (S,) float64
        Length of needle at each step, mm.
    vertex : (L, S) int
        The nearest vertex of the skin.
    under_mm : (L, S) float64
        Depth under it; NaN where no skin covers the place.
    """

    along: FloatArray
    vertex: IntArray
    under_mm: FloatArray

    def open(
        self, fields: BodyFields, moved: NDArray[np.bool_], *, entered: bool = False
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return how bones bear on needles at each step.

        Parameters
        ----------
        fields : BodyFields
            For the bones.
        moved : (L,) bool
            Whether the bones that move with the arm are away.
        entered : bool
            Whether they all went in at an opening in a bone (`zones.fields.bones`),
            past which that bone does not stop them.

        Returns
        -------
        open : (L, S) float64
            Share of needles that no bone on the way has stopped.
        slipped : (L, S) bool
            Whether the place lies deeper than the bone over it, and the needle has come
            there from beside.
        """
        floor = fields.floor
        bone = np.exp(floor.bone_log[self.vertex].astype(float))
        before = np.concatenate(
            [np.zeros((len(self.vertex), 1)), self.under_mm[:, :-1]], axis=1
        )
        crossed = (before < bone) & (self.under_mm >= bone)
        stop = np.where(
            moved[:, None], floor.stop_fixed[self.vertex], floor.stop[self.vertex]
        )
        if entered:
            stop = np.maximum(stop - floor.opened[self.vertex], 0.0)
        left = np.where(crossed, 1.0 - stop, 1.0)
        passed = np.logical_or.accumulate(crossed & (stop > 0.0), axis=1)
        slipped = (self.under_mm >= bone) & ~passed
        return np.minimum.accumulate(left, axis=1), slipped


def follow(
    fields: BodyFields,
    xyz: FloatArray,
    direction: FloatArray,
    end_mm: float,
    *,
    by_cells: bool = False,
    entry: IntArray | None = None,
) -> Lines:
    """Follow needles through a body.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    xyz, direction : (L, 3) float64
        Where each goes in, mm, and its unit vector.
    end_mm : float
        How far they are followed.
    by_cells : bool
        Whether the nearest skin is found from cell to cell, which is quicker for very
        many needles once the cells are made (some seconds); else step by step.
    entry : (L,) int, optional
        Vertices that stand for the entries, for places that no skin covers.
    """
    skin = fields.body.skin
    along = line_steps(end_mm)
    places = xyz[:, None, :] + along[None, :, None] * direction[:, None, :]
    if by_cells:
        vertex = _by_cells(skin, xyz, direction, along)
    else:
        vertex = np.asarray(skin.tree.query(places)[1], dtype=np.intp)
    offset = skin.vertices[vertex] - places
    under = np.einsum("lsi,lsi->ls", offset, skin.vertex_normals[vertex])
    away = np.sqrt(np.einsum("lsi,lsi->ls", offset, offset))
    covered = under >= FOLD_COSINE * away
    under = np.where(covered, under, np.nan)
    if entry is not None:
        own = np.broadcast_to(entry[:, None], vertex.shape)
        _put_under(skin, places, own, vertex, under)
        # else under the skin that covered the needle last
        steps = np.where(np.isnan(under), 0, np.arange(len(along)))
        last = np.maximum.accumulate(steps, axis=1)
        own = np.take_along_axis(vertex, last, axis=1)
        _put_under(skin, places, own, vertex, under)
    return Lines(along, vertex, under)


def _put_under(
    skin: SkinSurface,
    places: FloatArray,
    own: IntArray,
    vertex: IntArray,
    under: FloatArray,
) -> None:
    """Set places that no skin covers under skin of their own, where they lie below it.

    ``vertex`` and ``under`` (L, S) are changed; ``own`` (L, S) are vertices.
    """
    line, step = np.nonzero(np.isnan(under))
    mine = own[line, step]
    offset = skin.vertices[mine] - places[line, step]
    deep = np.einsum("ci,ci->c", offset, skin.vertex_normals[mine])
    square = np.einsum("ci,ci->c", offset, offset)
    below = (deep >= FOLD_COSINE * np.sqrt(square)) & (square - deep**2 <= BESIDE_MM**2)
    line, step = line[below], step[below]
    vertex[line, step] = mine[below]
    under[line, step] = deep[below]


@functools.lru_cache(maxsize=2)
def _cells(skin: SkinSurface) -> Cells:
    return Cells.of(skin)


def _by_cells(
    skin: SkinSurface, xyz: FloatArray, direction: FloatArray, along: FloatArray
) -> IntArray:
    """Return the nearest vertex at every step, (L, S), going from cell to cell."""
    cells = _cells(skin)
    count, steps = len(xyz), len(along)
    found = np.zeros((count, steps), dtype=np.intp)
    line = np.arange(count)
    step = np.zeros(count, dtype=np.intp)
    first: Any = skin.tree.query(xyz + along[0] * direction)[1]
    vertex = np.asarray(first, dtype=np.intp)
    while len(line):
        leave, onward = cells.leave(vertex, xyz[line], direction[line])
        after = np.clip(np.searchsorted(along, leave, side="right"), step, steps)
        after = np.where(onward < 0, steps, after)
        size = after - step
        run = np.repeat(np.arange(len(line)), size)
        k = np.arange(len(run)) - np.repeat(np.cumsum(size) - size, size) + step[run]
        found[line[run], k] = vertex[run]
        going = after < steps
        line, step, vertex = line[going], after[going], onward[going]
    return found
