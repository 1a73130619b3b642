"""Needles followed as lines, many at once: what each meets, and where first."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zones.habitus import habitus_rule
from zones.steps import FOLD_COSINE
from zones.table_space import Cells, spread_out

if TYPE_CHECKING:
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Steps that one pass along the lines looks at together.
STEPS_AT_ONCE = 8


@dataclass(frozen=True, eq=False)
class Plans:
    """Needles on one body, N rows.

    Attributes
    ----------
    entry : (N,) int
        Place in `Entries`.
    xyz, direction : (N, 3) float64
        Where each goes in, mm, and its unit vector into the body.
    tilt_deg : (N,) float64
        Angle from the inward normal.
    depth_mm, length_mm : (N,) float64
        As planned; NaN when not given.
    shift_mm : (N,) float64
        What the patient's build adds to depths, mm.
    warns : (N,) bool
        Whether the patient is outside what depths were measured on.
    patient : (N,) int
        Row of ``applies``.
    applies : (P, Z) int8
        Whether a zone counts for a patient: 1 yes, 0 no, -1 not known.
    asks : (P, Z) bool
        Whether a fact not given would decide that.
    extra_mm : (N,) float64
        What the search area exceeds the placement tolerance by.
    """

    entry: IntArray
    xyz: FloatArray
    direction: FloatArray
    tilt_deg: FloatArray
    depth_mm: FloatArray
    length_mm: FloatArray
    shift_mm: FloatArray
    warns: BoolArray
    patient: IntArray
    applies: NDArray[np.int8]
    asks: BoolArray
    extra_mm: FloatArray

    def __len__(self) -> int:
        return len(self.entry)

    @functools.cached_property
    def planned_mm(self) -> FloatArray:
        """Depth reckoned with: as planned, else the length, else endless."""
        told = np.where(np.isnan(self.depth_mm), self.length_mm, self.depth_mm)
        return np.where(np.isnan(told), np.inf, told)

    @functools.cached_property
    def upright(self) -> BoolArray:
        """Which needles are about perpendicular to the skin."""
        return np.asarray(self.tilt_deg < habitus_rule().warn_within_deg)


class Packed(NamedTuple):
    """Zones under places, packed: place p has the items ``start[p]`` on, ``size[p]``.

    Attributes
    ----------
    start, size : (P,) int
    row : (K,) int
        Row of ``fields.rows``.
    begins, ends : (K,) float64
        Depth where the zone begins and ends, mm.
    over : (K,) bool
        Whether the place itself, not only its search area, is over the zone.
    """

    start: IntArray
    size: IntArray
    row: IntArray
    begins: FloatArray
    ends: FloatArray
    over: BoolArray


@dataclass(frozen=True, eq=False)
class Zoned:
    """The zones of one body, packed.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones.
    order : mapping of str to int
        Place of each finding's id in alphabetical order.
    """

    fields: BodyFields
    order: dict[str, int]

    @functools.cached_property
    def rows(self) -> dict[str, NDArray[Any]]:
        """What each row of ``fields.rows`` is like, as arrays (R,) by name."""
        rows = self.fields.rows
        return {
            "column": np.array([r.column for r in rows], dtype=np.intp),
            "mirrored": np.array([r.mirrored for r in rows], dtype=bool),
            "critical": np.array([r.zone.category == "critical" for r in rows]),
            "corrected": np.array([bool(r.zone.bmi_rule) for r in rows]),
            "floor": np.array([r.zone.floor_mm for r in rows], dtype=float),
            "placement": np.array([r.zone.placement_mm for r in rows], dtype=float),
            "order": np.array([self.order[r.zone.id] for r in rows], dtype=np.int64),
        }

    def _items(
        self, slots: IntArray, mirror_slots: IntArray, values: NDArray[Any]
    ) -> NDArray[Any]:
        """Return values (P, R) of the compiled arrays at single vertices' slots."""
        rows = self.rows
        direct = values[slots][:, rows["column"]]
        across = values[mirror_slots][:, rows["column"]]
        return np.where(rows["mirrored"], across, direct)

    @functools.cached_property
    def under_vertex(self) -> Packed:
        """Zones under every vertex of the skin."""
        fields = self.fields
        slot = fields.slot.astype(np.int64)
        pair = slot * (slot.max() + 1) + slot[fields.body.skin.mirror]
        kinds, kind = np.unique(pair, return_inverse=True)
        here, there = np.divmod(kinds, slot.max() + 1)
        parts = []
        for begin in range(0, len(kinds), 8192):
            part = slice(begin, begin + 8192)
            early = self._items(here[part], there[part], fields.earliest)
            place, row = np.nonzero(np.isfinite(early))
            late = self._items(here[part], there[part], fields.latest)
            figures = [np.round(v[place, row].astype(float), 3) for v in (early, late)]
            parts.append((place + begin, row, *figures))
        place, row, early, late = (np.concatenate(p) for p in zip(*parts, strict=True))
        size = np.bincount(place, minlength=len(kinds))
        start = np.cumsum(size) - size
        over = np.ones(len(row), dtype=bool)
        return Packed(start[kind], size[kind], row, early, late, over)

    def effective(
        self, begins: FloatArray, row: IntArray, plans: Plans, which: IntArray
    ) -> FloatArray:
        """Return depths for the patients of some plans, as `needle.effective` has it.

        Parameters
        ----------
        begins : (K,) float64
            Finite earliest depths, mm.
        row : (K,) int
            Row of ``fields.rows`` of each.
        plans : Plans
            The needles.
        which : (K,) int
            Needle of each.
        """
        lowest = np.minimum(begins, self.rows["floor"][row])
        shifted = np.maximum(begins + plans.shift_mm[which], lowest)
        warned = np.where(plans.upright[which], 0.0, lowest)
        shifted = np.where(plans.warns[which], warned, shifted)
        return np.where(self.rows["corrected"][row], shifted, begins)


class Lines:
    """Needles followed as lines, M of them.

    Attributes
    ----------
    first : (M, R) float64
        Length of needle at which each row is first met, mm; inf for never. What can
        not change an answer any more is left out.
    """

    def __init__(
        self,
        table: Zoned,
        plans: Plans,
        part: IntArray,
        along: FloatArray,
        last: IntArray,
        enough: FloatArray,
    ) -> None:
        self.table, self.plans, self.part = table, plans, part
        self.along, self.last, self.enough = along, last, enough
        self.xyz, self.direction = plans.xyz[part], plans.direction[part]
        self.first = np.full((len(part), len(table.fields.rows)), np.inf)
        self.more = habitus_rule().heavy_most_mm

    def _open(self, lines: IntArray, step: IntArray, limit: FloatArray) -> BoolArray:
        """Return which lines need to be followed from a step on."""
        reach = self.along[np.minimum(step, len(self.along) - 1)]
        done = (reach > limit[lines]) & (reach > self.enough[lines])
        return np.asarray(~done & (step < self.last[lines]))

    def _met(
        self, line: IntArray, row: IntArray, t: FloatArray, limit: FloatArray
    ) -> None:
        """Keep what is met, the first steps last, and lower the limits."""
        self.first[line, row] = t
        plans, rows = self.plans, self.table.rows
        column = rows["column"][row]
        holds = plans.applies[plans.patient[self.part[line]], column] > 0
        bound = rows["critical"][row] & holds
        np.minimum.at(limit, line[bound], t[bound])

    def _hits(
        self, line: IntArray, vertex: IntArray, t: FloatArray
    ) -> tuple[IntArray, IntArray]:
        """Return which places lie in which rows: places' numbers and rows."""
        skin, packed = self.table.fields.body.skin, self.table.under_vertex
        places = self.xyz[line] + t[:, None] * self.direction[line]
        offset = skin.vertices[vertex] - places
        away = np.sqrt(np.einsum("ij,ij->i", offset, offset))
        under = np.einsum("ij,ij->i", offset, skin.vertex_normals[vertex])
        covered = under >= FOLD_COSINE * away
        run, item = spread_out(
            packed.start[vertex], np.where(covered, packed.size[vertex], 0)
        )
        row = packed.row[item]
        early = self.table.effective(
            packed.begins[item], row, self.plans, self.part[line[run]]
        )
        new = t[run] < self.first[line[run], row]
        hit = (
            new & (under[run] >= early) & (under[run] <= packed.ends[item] + self.more)
        )
        return run[hit], row[hit]

    def step_by_step(self, limit: FloatArray) -> None:
        """Ask for the nearest skin at every step."""
        tree = self.table.fields.body.skin.tree
        place = np.zeros(len(self.part), dtype=np.intp)
        lines = np.arange(len(self.part))
        block = np.arange(STEPS_AT_ONCE)
        while True:
            lines = lines[self._open(lines, place[lines], limit)]
            if not len(lines):
                return
            step = place[lines, None] + block
            use = step < self.last[lines, None]
            line = np.broadcast_to(lines[:, None], step.shape)[use]
            t = self.along[step[use]]
            places = self.xyz[line] + t[:, None] * self.direction[line]
            vertex = tree.query(places)[1]
            run, row = self._hits(line, vertex, t)
            run, row = run[::-1], row[::-1]
            self._met(line[run], row, t[run], limit)
            place[lines] += STEPS_AT_ONCE

    def cell_by_cell(self, cells: Cells, limit: FloatArray) -> None:
        """Go from the cell of one vertex to the next: the same, and sooner done."""
        skin, packed = self.table.fields.body.skin, self.table.under_vertex
        lines = np.arange(len(self.part))
        step = np.zeros(len(lines), dtype=np.intp)
        begin = self.xyz + self.along[0] * self.direction
        vertex = np.asarray(skin.tree.query(begin)[1], dtype=np.intp)
        while True:
            going = self._open(lines, step, limit)
            lines, step, vertex = lines[going], step[going], vertex[going]
            if not len(lines):
                return
            leave, onward = cells.leave(vertex, self.xyz[lines], self.direction[lines])
            after = np.searchsorted(self.along, leave, side="right")
            after = np.clip(after, step, self.last[lines])
            zoned = np.flatnonzero((packed.size[vertex] > 0) & (after > step))
            if len(zoned):
                run, k = spread_out(step[zoned], (after - step)[zoned])
                run = zoned[run]
                line, t = lines[run], self.along[k]
                hit, row = self._hits(line, vertex[run], t)
                hit, row = hit[::-1], row[::-1]
                self._met(line[hit], row, t[hit], limit)
            step = np.where(onward < 0, self.last[lines], after)
            vertex = np.maximum(onward, 0)
