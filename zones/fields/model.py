"""What is compiled of a body: structures under each vertex, and how deep is known."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from anatomy.mesh.arrays import BoolArray, FloatArray, IntArray
from zones.knowledge.structures.pooling import TAIL

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.knowledge.structures.zone_files import Zone


class Why(IntEnum):
    """What ends the depth that is known."""

    NOTHING = 0
    MAPPED = 1
    BONE = 2
    MIDDLE = 3


@dataclass(frozen=True, eq=False)
class Floor:
    """How deep is known under each vertex of a skin.

    Attributes
    ----------
    mapped_mm : (V,) float32
        Depth to which structures were mapped; inf where nothing was.
    bone_mm : (V,) float32
        Depth by which 97.5 in 100 people's bone has been met; inf where it is not
        nearly always on the way.
    middle_mm : (V,) float32
        Half the thickness of a limb; inf on trunk, neck and head.
    far : (V,) int32
        Vertex of the skin on the far side of a limb; -1 where there is none.
    bone : (V,) int16
        Which bone most rays meet, by the order of ``body.bones``; -1 for none.
    share : (V,) float32
        Share of rays that meet a bone at all; one with an opening is passed there.
    bone_log, bone_sd : (V,) float32
        Mean of the logarithm of the depth of bone under the very place, mm, and its SD
        in a new person; NaN for none.
    stop, stop_fixed : (V,) float32
        Chance that bone stops a needle that goes in at no opening: the share that meets
        it less the gaps in bones, of all bones and of those that no position of the arm
        moves.
    opened : (V,) float32
        The part of ``stop_fixed`` that is of bones with an opening somewhere.
    entry_open : (V,) float32
        Share of needles set at the vertex that go in at such an opening.
    """

    mapped_mm: NDArray[np.float32]
    bone_mm: NDArray[np.float32]
    middle_mm: NDArray[np.float32]
    far: NDArray[np.int32]
    bone: NDArray[np.int16]
    share: NDArray[np.float32]
    bone_log: NDArray[np.float32]
    bone_sd: NDArray[np.float32]
    stop: NDArray[np.float32]
    stop_fixed: NDArray[np.float32]
    opened: NDArray[np.float32]
    entry_open: NDArray[np.float32]


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


@dataclass(frozen=True)
class Row:
    """One zone on one side of the body: a row of the answers of `BodyFields`."""

    zone: Zone
    side: Side
    column: int
    mirrored: bool


@dataclass(frozen=True, eq=False)
class BodyFields:
    """All zones compiled on one body.

    Attributes
    ----------
    body : Body
        The body.
    zones : tuple of Zone
        Zones in file order; column z of what is compiled belongs to ``zones[z]``.
    rows : tuple of Row
        Zone and side of each row of an answer; a paired zone has two.
    members : tuple of (M,) int32
        Vertices of each zone's area, by column, on its own side (paired: right).
    under : Under
        What lies under each vertex, on both sides.
    floor : Floor
        How deep is known under each vertex, and the bones there.
    """

    body: Body
    zones: tuple[Zone, ...]
    rows: tuple[Row, ...]
    members: tuple[NDArray[np.int32], ...]
    under: Under
    floor: Floor

    def depths(self, row: int, quantile: float = TAIL) -> FloatArray:
        """Return the depth by which a share of people has a row's structure, (V,) mm.

        Parameters
        ----------
        row : int
            Row of `rows`.
        quantile : float
            The share, of all people: toward the edge of a structure, where fewer have
            it, it is reached deeper, and beyond never.

        Returns
        -------
        (V,) float64
            inf where it is never reached; 0 where the depth is not known.
        """
        found = np.full(len(self.body.skin.vertices), np.inf)
        at = self.items_of(row)
        under = self.under
        chance, mu, sigma = (
            values[at].astype(float) for values in (under.chance, under.mu, under.sigma)
        )
        with np.errstate(invalid="ignore"):
            deep = np.exp(mu + sigma * ndtri(np.minimum(quantile / chance, 1.0)))
        deep = np.where(np.isnan(mu), np.where(chance >= quantile, 0.0, np.inf), deep)
        found[under.vertex[at]] = deep
        return found

    def items_of(self, row: int) -> IntArray:
        """Return the items of `under` that a row has, (M,) int."""
        mine = self._by_row[self._row_start[row] : self._row_start[row + 1]]
        return mine.astype(np.intp)

    @functools.cached_property
    def _by_row(self) -> NDArray[np.int32]:
        return np.argsort(self.under.row, kind="stable").astype(np.int32)

    @functools.cached_property
    def _row_start(self) -> IntArray:
        size = np.bincount(self.under.row, minlength=len(self.rows))
        return np.concatenate([[0], np.cumsum(size)])

    def depth_field(self, zone_id: str, side: Side | None = None) -> FloatArray:
        """Return a zone's least 2.5 % depth at every vertex, (V,) mm, inf outside.

        Raises
        ------
        KeyError
            When there is no such zone.
        """
        found = np.full(len(self.body.skin.vertices), np.inf)
        for row in self._rows_of(zone_id, side):
            found = np.minimum(found, self.depths(row))
        return found

    def mask(self, zone_id: str, side: Side | None = None) -> BoolArray:
        """Return which vertices a zone covers, (V,) bool, on one side or both.

        Raises
        ------
        KeyError
            When there is no such zone.
        """
        member = np.zeros(len(self.body.skin.vertices), dtype=bool)
        for row in self._rows_of(zone_id, side):
            member[self.area_of(row)] = True
        return member

    def area_of(self, row: int) -> IntArray:
        """Return the vertices of a row's own area, (M,) int."""
        mine = self.rows[row]
        own = self.members[mine.column]
        return np.asarray(
            self.body.skin.mirror[own] if mine.mirrored else own, dtype=np.intp
        )

    def _rows_of(self, zone_id: str, side: Side | None) -> list[int]:
        """Return the rows of a zone on one side or all."""
        if zone_id not in {zone.id for zone in self.zones}:
            raise KeyError(zone_id)
        return [
            number
            for number, row in enumerate(self.rows)
            if row.zone.id == zone_id and side in (None, row.side)
        ]
