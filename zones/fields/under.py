"""What lies under every vertex of a skin: chance and depth of each structure."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields.body_fields import Row
    from zones.fields.compiling import ZoneField

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


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
    clear, clear_moved : (K,) float32
        Share of needles that miss all bones in front, with the arm at the side and in a
        position that takes the bones that move with it away.
    through, through_moved : (K,) float32
        Share that meets bone in front and finds a gap in it.
    lead : (K,) int16
        Depth entry of the zone file that decides; -1 for none.
    """

    start: NDArray[np.int32]
    row: NDArray[np.int16]
    chance: NDArray[np.float32]
    mu: NDArray[np.float32]
    sigma: NDArray[np.float32]
    thick_mm: NDArray[np.float32]
    clear: NDArray[np.float32]
    through: NDArray[np.float32]
    clear_moved: NDArray[np.float32]
    through_moved: NDArray[np.float32]
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
    mirror: NDArray[np.int32],
) -> Under:
    """Return the compiled zones of a body packed by vertex, both sides.

    Parameters
    ----------
    rows : sequence of Row
        Zone and side of each row.
    compiled : sequence of ZoneField
        By column.
    mirror : (V,) int
        Mirror image of each vertex.
    """
    names = [item.name for item in fields(Under) if item.name not in ("start", "row")]
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
    return Under(start=start, **arrays)
