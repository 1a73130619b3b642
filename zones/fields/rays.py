"""Rays into the reference bodies: which bones needles meet from every place, how deep.

From each vertex of the skin one ray goes straight in, some lean a little and some are
set aside by the error of placing. What they meet stands for what needles set there meet
in people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray
from zones.fields.bones import gap_of, open_at

if TYPE_CHECKING:
    from anatomy.body import Body


#: How far rays lean from the skin's normal, degrees: what a hand does at its best.
LEAN_DEG = 8.0
#: Size of the cells in which bone and skin are looked up, and step along a ray, mm.
CELL_MM = 2.0
STEP_MM = 1.0
#: How deep rays are followed, mm.
RAY_MM = 150.0
#: Rays that lean and rays that are set aside, round the straight one.
AROUND = 6
#: How often figures are averaged with those of the neighbouring vertices.
SMOOTHED = 2


#: Weight of the straight ray and those that lean, all together; the rest is shared by
#: those set aside. With these at twice the SD of placing it is the rule of degree five
#: for a normal error on two axes (centre 1/2, six points round it 1/12 each).
MIDDLE = 0.5
ASIDE_SD = 2.0


@dataclass(frozen=True, eq=False)
class Rays:
    """What rays from every vertex meet of the bones, T rays each.

    Attributes
    ----------
    start : (T, V) int32
        Vertex nearest to where each ray goes in.
    depth_mm : (T, V) float32
        Depth at which it meets bone, as deep as bone lies in people; inf for none. A
        bone that has an opening where the ray goes in is passed.
    number : (T, V) uint8
        Which bone, from 1 by the order of ``body.bones``; 0 for none.
    stop, stop_fixed : (T, V) float32
        Chance that bone stops it: 1 less the gaps in that bone, 0 for none; and the
        same without the bones that move with the arm.
    weight : (T,) float64
        What each ray counts for; 1 in all.
    shut : Rays, optional
        The same as though no bone had an opening.
    """

    start: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    number: NDArray[np.uint8]
    stop: NDArray[np.float32]
    stop_fixed: NDArray[np.float32]
    weight: FloatArray
    shut: Rays | None = None


def cast(body: Body, *, placing_sd_mm: float, deeper_mm: FloatArray) -> Rays:
    """Cast the rays of a body (some seconds).

    Parameters
    ----------
    body : Body
        The body.
    placing_sd_mm : float
        Error of placing a needle, SD on each axis.
    deeper_mm : (B + 1, V) float64
        How much deeper each bone lies in people than in the reference bodies, under
        each vertex of the skin (`zones.fields.bones_in_people`).
    """
    skin = body.skin
    cells = Cells(skin.vertices.min(axis=0), skin.vertices.max(axis=0))
    for index, (vertices, faces) in enumerate(body.bones.values(), start=1):
        cells.draw(np.asarray(vertices, dtype=float), faces, index)
    holds = np.zeros((2, len(body.bones) + 1))
    for index, name in enumerate(body.bones, start=1):
        gap = gap_of(name)
        holds[:, index] = 1.0 - gap.gap, 0.0 if gap.moves else 1.0 - gap.gap
    past = open_at(body)
    starts, met, first = [], [], []
    for origin, way in _ways(body, ASIDE_SD * placing_sd_mm):
        start = np.arange(len(origin))
        if origin is not skin.vertices:
            start = np.asarray(skin.tree.query(origin)[1])
        one, other = _follow(cells, origin, way, past[:, start])
        starts.append(start)
        met.append(one)
        first.append(other)
    weight = [
        MIDDLE / (1 + AROUND),
        *[MIDDLE / (1 + AROUND), (1.0 - MIDDLE) / AROUND] * AROUND,
    ]

    def told(
        found: list[tuple[FloatArray, NDArray[np.uint8]]], shut: Rays | None
    ) -> Rays:
        number = np.stack([numbers for _, numbers in found])
        depth = np.stack([depths for depths, _ in found])
        depth += deeper_mm[number, np.stack(starts)]
        return Rays(
            start=np.stack(starts).astype(np.int32),
            depth_mm=np.maximum(depth, STEP_MM).astype(np.float32),
            number=number,
            stop=holds[0][number].astype(np.float32),
            stop_fixed=holds[1][number].astype(np.float32),
            weight=np.array(weight),
            shut=shut,
        )

    return told(met, told(first, None))


def _follow(
    cells: Cells, origin: FloatArray, way: FloatArray, past: NDArray[np.bool_]
) -> list[tuple[FloatArray, NDArray[np.uint8]]]:
    """Return how deep rays meet bone, and which, by openings and without them, (V,).

    ``past`` (B + 1, V) says which bones each ray passes.
    """
    count = len(origin)
    depth = np.full((2, count), np.inf)
    number = np.zeros((2, count), dtype=np.uint8)
    open_ = np.arange(count)
    for t in np.arange(STEP_MM, RAY_MM, STEP_MM):
        met = cells.at(origin[open_] + t * way[open_])
        solid = met > 0
        at, bone = open_[solid], met[solid]
        shut = number[1, at] == 0
        depth[1, at[shut]], number[1, at[shut]] = t, bone[shut]
        shut = ~past[bone, at]
        depth[0, at[shut]], number[0, at[shut]] = t, bone[shut]
        open_ = open_[number[0, open_] == 0]
    return [*zip(depth, number, strict=True)]


def _ways(body: Body, aside_mm: float) -> list[tuple[FloatArray, FloatArray]]:
    """Return origins and directions of the rays of every vertex, (V, 3) each."""
    skin = body.skin
    inward = -skin.vertex_normals
    helper = np.where(np.abs(inward[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    one = np.cross(inward, helper)
    one /= np.linalg.norm(one, axis=1)[:, None]
    other = np.cross(inward, one)
    rays = [(skin.vertices, inward)]
    lean = np.radians(LEAN_DEG)
    for turn in np.arange(AROUND) * 2.0 * np.pi / AROUND:
        way = np.cos(turn) * one + np.sin(turn) * other
        rays.append((skin.vertices, np.cos(lean) * inward + np.sin(lean) * way))
        rays.append((skin.vertices + aside_mm * way, inward))
    return rays


class Cells:
    """Surfaces in cells of space: the number of the last drawn, 0 for none."""

    def __init__(self, low: FloatArray, high: FloatArray) -> None:
        self.low = low - 4.0 * CELL_MM
        self.shape = np.ceil((high - self.low) / CELL_MM).astype(int) + 5
        self.number = np.zeros(int(self.shape.prod()), dtype=np.uint8)

    def place(self, xyz: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return the cells of places and which of them lie in the box."""
        cell = np.floor((xyz - self.low) / CELL_MM).astype(np.intp)
        inside = np.asarray(((cell >= 0) & (cell < self.shape)).all(axis=-1))
        cell = np.where(inside[..., None], cell, 0)
        flat = (cell[..., 0] * self.shape[1] + cell[..., 1]) * self.shape[2]
        return flat + cell[..., 2], inside

    def draw(self, vertices: FloatArray, faces: NDArray[Any], number: int) -> None:
        """Mark the cells that a surface passes."""
        corners = vertices[faces]
        size = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(
            axis=1
        )
        parts = np.maximum(np.ceil(size / (0.5 * CELL_MM)).astype(int), 1)
        for count in np.unique(parts):
            a, b = np.meshgrid(np.arange(count + 1), np.arange(count + 1))
            kept = a + b <= count
            u, v = a[kept] / count, b[kept] / count
            weight = np.stack([u, v, 1.0 - u - v], axis=1)
            mine = corners[parts == count]
            for begin in range(0, len(mine), 4096):
                spots = np.einsum("sk,fkd->fsd", weight, mine[begin : begin + 4096])
                cell, inside = self.place(spots)
                self.number[cell[inside]] = number

    def at(self, xyz: FloatArray) -> NDArray[np.uint8]:
        """Return what is drawn at places (..., 3); 0 for nothing."""
        cell, inside = self.place(xyz)
        return np.where(inside, self.number[cell], 0).astype(np.uint8)


def among_neighbours(skin: Any, values: FloatArray) -> FloatArray:
    """Return figures of vertices smoothed over the skin beside them, (V,).

    The (lower) median of each vertex and its neighbours, so that a single vertex under
    which the model's bone comes too near the skin does not count; then twice the mean
    of what is finite, since a needle is not set to the millimetre.
    """
    count = len(values)
    ends = np.concatenate([skin.faces[:, [0, 1]], skin.faces[:, [1, 2]]])
    ends = np.concatenate([ends, skin.faces[:, [2, 0]]])
    own = np.repeat(np.arange(count), 2).reshape(-1, 2)
    ends = np.unique(np.concatenate([ends, ends[:, ::-1], own]), axis=0)
    here, there = ends.T
    size = np.bincount(here, minlength=count)
    start = np.cumsum(size) - size
    order = np.lexsort((values[there], here))
    smooth: FloatArray = values[there[order]][start + (size - 1) // 2].astype(float)
    for _ in range(SMOOTHED):
        known = np.isfinite(smooth)
        weight = known[there].astype(float)
        total = np.bincount(here, np.where(known, smooth, 0.0)[there], count)
        share = np.bincount(here, weight, count)
        smooth = np.where(known, total / np.maximum(share, 1.0), np.inf)
    return np.asarray(smooth)
