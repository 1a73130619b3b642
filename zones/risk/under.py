"""What lies under every vertex of a skin: chance and depth of each structure."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.compiling import ZoneField
    from zones.fields import Row
    from zones.floor import Floor

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Least SD of the logarithm by which a bone lies in front of a structure or behind it:
#: what people differ in (skin, fat, muscle) lies in front of both.
BONE_ORDER_SD = 0.1


@dataclass(frozen=True, eq=False)
class Under:
    """Structures under the vertices of one body; vertex v has ``start[v]:start[v+1]``.

    Attributes
    ----------
    start : (V + 1,) int32
    row : (K,) int16
        Row of ``fields.rows``.
    chance : (K,) float32
        Chance that the structure lies under the vertex at any depth.
    mu, sigma : (K,) float32
        Mean and SD of the logarithm of its depth in mm; NaN where unknown.
    thick_mm : (K,) float32
        Thickness; inf for what fills the body behind it.
    open, open_moved : (K,) float32
        Share of needles that no bone stops before it; with the arm in a position that
        takes the bones that move with it away.
    lead : (K,) int16
        Depth entry of the zone file that decides; -1 for none.
    """

    start: NDArray[np.int32]
    row: NDArray[np.int16]
    chance: NDArray[np.float32]
    mu: NDArray[np.float32]
    sigma: NDArray[np.float32]
    thick_mm: NDArray[np.float32]
    open: NDArray[np.float32]
    open_moved: NDArray[np.float32]
    lead: NDArray[np.int16]

    def of(self, vertices: Any) -> tuple[IntArray, IntArray]:
        """Return the items under vertices (N,): which of them, and the item, (M,)."""
        begin = self.start[vertices].astype(np.intp)
        size = self.start[np.asarray(vertices) + 1] - begin
        run = np.repeat(np.arange(len(size)), size)
        before = np.cumsum(size) - size
        return run, np.arange(len(run)) + np.repeat(begin - before, size)

    @functools.cached_property
    def vertex(self) -> NDArray[np.int32]:
        """Vertex of each item, (K,)."""
        count = np.arange(len(self.start) - 1, dtype=np.int32)
        return np.repeat(count, np.diff(self.start))


def packed(
    rows: Sequence[Row],
    compiled: Sequence[ZoneField],
    floor: Floor,
    mirror: NDArray[np.int32],
) -> Under:
    """Return the compiled zones of a body packed by vertex, both sides.

    Parameters
    ----------
    rows : sequence of Row
        Zone and side of each row.
    compiled : sequence of ZoneField
        By column.
    floor : Floor
        For the bones in front.
    mirror : (V,) int
        Mirror image of each vertex.
    """
    names = ("chance", "mu", "sigma", "thick_mm", "lead")
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("v", "row", *names)}
    for number, row in enumerate(rows):
        field = compiled[row.column]
        parts["v"].append(mirror[field.reach] if row.mirrored else field.reach)
        parts["row"].append(np.full(len(field.reach), number, dtype=np.int16))
        for name in names:
            parts[name].append(getattr(field, name))
    whole = {name: np.concatenate(some) for name, some in parts.items()}
    order = np.lexsort((whole["row"], whole["v"]))
    vertex = whole.pop("v")[order].astype(np.intp)
    arrays = {name: values[order] for name, values in whole.items()}
    start = np.zeros(len(mirror) + 1, dtype=np.int32)
    np.cumsum(np.bincount(vertex, minlength=len(mirror)), out=start[1:])
    front = _in_front(floor, vertex, arrays["mu"])
    return Under(
        start=start,
        open=(1.0 - floor.stop[vertex] * front).astype(np.float32),
        open_moved=(1.0 - floor.stop_fixed[vertex] * front).astype(np.float32),
        **arrays,
    )


def _in_front(floor: Floor, vertex: IntArray, mu: NDArray[np.float32]) -> FloatArray:
    """Return the chance that bone lies in front of structures, (K,).

    Both depths have the same skin, fat and muscle in front, so only the way the needle
    is set tells them apart. Where no depth is known, none is in front.
    """
    apart = np.hypot(floor.bone_vary[vertex].astype(float), BONE_ORDER_SD)
    share = ndtr((mu - floor.bone_log[vertex]) / apart)
    return np.where(np.isfinite(share), share, 0.0)
