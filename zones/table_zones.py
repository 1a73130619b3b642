"""Zones met by many needles at once on one body: the arithmetic under `check_sites`.

The figures are those of `zones.needle` and `zones.engine`, worked out for arrays of
needles: upright ones from what was worked out beforehand for every place; others from
the column under each entry, and the line of each needle step by step. What can not
decide an answer is not looked at.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zones.engine import UNSTATED_NEARS_MM, UNSTATED_REACHES_MM
from zones.models import LONGEST_NEEDLE_MM
from zones.places import Ground, Items, ground_of
from zones.steps import STEP_MM, line_steps
from zones.table_keys import RANK, Outcome, finding_key
from zones.table_lines import Lines, Packed, Plans, Zoned
from zones.table_space import Cells, grouped, spread_out
from zones.table_upright import Judged
from zones.upright import TIE, nearest_corners

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Needles whose lines are followed together.
ROWS_AT_ONCE = 4096
#: From so many needles on, it pays to work out the cells of a skin's vertices first.
MANY_NEEDLES = 12_000
#: Kinds of patient whose judged places are kept, and told apart row by row.
FEW_PATIENTS = 4


class Entries(NamedTuple):
    """Where needles go in: every face of the skin, and search areas after them.

    Attributes
    ----------
    zones : Packed
        Zones with a depth under each entry.
    within : list of (Z,) bool
        Zones of ``fields.zones`` that each search area lies in, on either side.
    """

    zones: Packed
    within: list[BoolArray]


@dataclass(frozen=True, eq=False)
class Upright:
    """Upright needles of a table, N rows.

    Attributes
    ----------
    face, entry : (N,) int
        Face of the skin, and place in `Entries`.
    bary : (N, 3) float64
        Place in the face.
    lead : (N,) int
        Corner of the face that has the greatest share of it.
    depth_mm, length_mm : (N,) float64
        As planned; NaN when not given.
    shift_mm : (N,) float64
        What the patient's build adds to depths, mm.
    warns, built : (N,) bool
        Whether no depth can be relied on; whether build and age are known.
    patient : (N,) int
        Row of ``applies``.
    applies : (P, Z) int8
    asks : (P, Z) bool
        As in `Plans`.
    """

    face: IntArray
    entry: IntArray
    bary: FloatArray
    lead: IntArray
    depth_mm: FloatArray
    length_mm: FloatArray
    shift_mm: FloatArray
    warns: BoolArray
    built: BoolArray
    patient: IntArray
    applies: NDArray[np.int8]
    asks: BoolArray


class _Kinds(NamedTuple):
    """Kinds of patient that zones tell apart: shift and warning (P,), rows (P, Z)."""

    shift_mm: FloatArray
    warns: BoolArray
    applies: NDArray[np.int8]
    asks: BoolArray

    def key(self, number: int) -> tuple[Any, ...]:
        """Return what tells one kind from all others."""
        part = (self.applies[number].tobytes(), self.asks[number].tobytes())
        return (float(self.shift_mm[number]), bool(self.warns[number]), *part)


class _Known:
    """The places judged so far for one kind of patient."""

    def __init__(self, places: int) -> None:
        self.number = np.full(places, -1, dtype=np.int32)
        self.judged: Judged | None = None


@dataclass(frozen=True, eq=False)
class ZoneTable(Zoned):
    """The zones of one body, packed for many needles.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones.
    order : mapping of str to int
        Place of each finding's id in alphabetical order.
    cells : list of Cells
        Those of the skin's vertices, once they are worked out.
    followed : list of int
        How many needles were followed step by step before that, call by call.
    known : mapping
        Places judged, for the kinds of patient asked for last.
    lock : Lock
        Held while they are added to.
    """

    cells: list[Cells] = field(default_factory=list)
    followed: list[int] = field(default_factory=list)
    known: OrderedDict[Any, _Known] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ground(self) -> Ground:
        """What lies under every place of the skin."""
        return ground_of(self.fields)

    def entries(self, areas: list[IntArray]) -> Entries:
        """Return the zones under all faces of the skin and under search areas.

        Parameters
        ----------
        areas : list of (K,) int
            Vertices of the search areas of named sites; the place's own three
            vertices come first in each.
        """
        ground = self.ground
        parts = [(ground.row, ground.begins, np.ones(len(ground.row), dtype=bool))]
        sizes, within = [ground.size], []
        for vertices in areas:
            row, begins, over, wide = self._area(vertices)
            parts.append((row, begins, over))
            sizes.append(np.array([len(row)]))
            within.append(wide)
        row, begins, over = (np.concatenate(p) for p in zip(*parts, strict=True))
        size = np.concatenate(sizes)
        start = np.cumsum(size) - size
        return Entries(Packed(start, size, row, begins, begins, over), within)

    def _area(
        self, vertices: IntArray
    ) -> tuple[IntArray, FloatArray, BoolArray, BoolArray]:
        """Return the zones under a search area and those that it lies in."""
        depths = self.fields.at(vertices[None, :])
        early = depths.earliest[:, 0]
        row = np.flatnonzero(np.isfinite(early))
        begins = self.fields.band_at(vertices[:3])[0]
        own: BoolArray = np.isfinite(begins.min(axis=1))
        within = np.zeros(len(self.fields.zones), dtype=bool)
        column = self.rows["column"]
        within[column[depths.inside[:, 0]]] = True
        within[column[row]] = True
        return row, early[row], own[row], within

    def upright(self, entries: Entries, plans: Upright) -> Outcome:
        """Return what the zones say about upright needles of up to 150 mm.

        Parameters
        ----------
        entries : Entries
            Where needles go in.
        plans : Upright
            N needles.

        Returns
        -------
        Outcome
            The same as `zones.engine.assess_zones` says about each.
        """
        kinds, kind = _kinds_of(plans)
        place = 3 * plans.face + plans.lead
        one, two, three = plans.bary.T
        # of the three shares the one between the others
        middle = np.maximum(
            np.minimum(one, two), np.minimum(np.maximum(one, two), three)
        )
        most = np.maximum(np.maximum(one, two), three)
        plain = (middle < most - TIE) & (plans.entry == plans.face)
        few = len(kinds.warns) <= FEW_PATIENTS
        if few and len(kinds.warns) == 1 and plain.all():
            number, judged = self._judged(kinds, 0, place)
            return judged.at(number, plans.depth_mm, plans.length_mm, plans.built)
        outcome = Outcome.nothing(len(plans.face))
        if few:
            for one in range(len(kinds.warns)):
                mine = np.flatnonzero(plain & (kind == one))
                if len(mine):
                    number, judged = self._judged(kinds, one, place[mine])
                    self._found(outcome, plans, mine, number, judged)
        else:
            mine = np.flatnonzero(plain)
            used, spec = np.unique(place[mine], return_inverse=True)
            items = self.ground.items(used)
            self._group(outcome, plans, mine, items, spec, kinds, kind)
        mine = np.flatnonzero(~plain)
        if len(mine):
            corners = nearest_corners(plans.bary[mine])
            weight = corners @ np.array([1, 2, 4])
            alike = [plans.entry[mine], plans.face[mine], weight]
            first, spec = grouped(alike, len(mine))
            items = self._special(entries, plans, mine[first], corners[first])
            self._group(outcome, plans, mine, items, spec, kinds, kind)
        return outcome

    def _found(
        self,
        outcome: Outcome,
        plans: Upright,
        mine: IntArray,
        group: IntArray,
        judged: Judged,
    ) -> None:
        """Add what some rows find to an outcome."""
        plan = (plans.depth_mm[mine], plans.length_mm[mine], plans.built[mine])
        outcome.add(mine, judged.at(group, *plan))

    def _judged(
        self, kinds: _Kinds, one: int, place: IntArray
    ) -> tuple[IntArray, Judged]:
        """Return the groups of places for one kind of patient, judged once."""
        key = kinds.key(one)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = _Known(3 * len(self.ground.size))
            while len(self.known) > FEW_PATIENTS:
                self.known.popitem(last=False)
        with self.lock:
            return self._judged_places(known, kinds, one, place)

    def _judged_places(
        self, known: _Known, kinds: _Kinds, one: int, place: IntArray
    ) -> tuple[IntArray, Judged]:
        """Judge the places that were not judged before; return the groups of all."""
        fresh = np.zeros(len(known.number), dtype=bool)
        fresh[place] = True
        fresh &= known.number < 0
        new = np.flatnonzero(fresh)
        if len(new) or known.judged is None:
            items = self.ground.items(new)
            added = self._judge_items(items, kinds, np.full(len(new), one))
            before = 0 if known.judged is None else len(known.judged)
            known.number[new] = before + np.arange(len(new))
            before_it = known.judged
            known.judged = added if before_it is None else before_it.joined(added)
        return known.number[place].astype(np.intp), known.judged

    def _group(
        self,
        outcome: Outcome,
        plans: Upright,
        mine: IntArray,
        items: Items,
        spec: IntArray,
        kinds: _Kinds,
        kind: IntArray,
    ) -> None:
        """Judge rows by what they share: items of ``spec``, and kind of patient."""
        many = len(kinds.warns)
        used, group = np.unique(spec * many + kind[mine], return_inverse=True)
        spec_of, kind_of = np.divmod(used, many)
        order = np.argsort(items.which, kind="stable")
        size = np.bincount(items.which, minlength=int(spec.max(initial=-1)) + 1)
        start = np.cumsum(size) - size
        run, item = spread_out(start[spec_of], size[spec_of])
        each = items.take(order[item])._replace(which=run)
        judged = self._judge_items(each, kinds, kind_of)
        self._found(outcome, plans, mine, group, judged)

    def _judge_items(self, items: Items, kinds: _Kinds, kind: IntArray) -> Judged:
        """Judge items of groups, (G,) kinds of patient."""
        of = kind[items.which]
        reached = self.ground.reached(items, kinds.shift_mm[of], kinds.warns[of])
        column = self.rows["column"][items.row]
        holds, asks = kinds.applies[of, column], kinds.asks[of, column]
        return Judged.of(items, reached, holds, asks, self.rows, len(kind))

    def _special(
        self, entries: Entries, plans: Upright, rows: IntArray, corners: BoolArray
    ) -> Items:
        """Return the zones met from search areas and from edges of places."""
        zones, parts = entries.zones, []
        for number, (row, nearest) in enumerate(zip(rows, corners, strict=True)):
            begin = zones.start[plans.entry[row]]
            part = slice(begin, begin + zones.size[plans.entry[row]])
            under, over = zones.row[part], zones.over[part]
            found = self.ground.items(3 * plans.face[row] + np.flatnonzero(nearest))
            aside = np.flatnonzero(found.line >= 0)
            met = found.row[aside]
            count = len(under) + len(met)
            parts.append(
                Items(
                    which=np.full(count, number),
                    row=np.concatenate([under, met]),
                    begins=np.concatenate([zones.begins[part], found.begins[aside]]),
                    line=np.concatenate([np.full(len(under), -1), found.line[aside]]),
                    near=np.concatenate(
                        [np.ones(len(under), dtype=bool), np.isin(met, under)]
                    ),
                    over=np.concatenate([over, np.isin(met, under[over])]),
                )
            )
        return Items(*(np.concatenate(p) for p in zip(*parts, strict=True)))

    def assess(self, entries: Entries, plans: Plans) -> Outcome:
        """Return what the zones say about needles.

        Parameters
        ----------
        entries : Entries
            Where needles go in.
        plans : Plans
            N needles.

        Returns
        -------
        Outcome
            The same as `zones.engine.assess_zones` says about each.
        """
        count = len(plans)
        outcome = Outcome.nothing(count)
        zones = entries.zones
        which, item = spread_out(zones.start[plans.entry], zones.size[plans.entry])
        row, over = zones.row[item], zones.over[item]
        early = self.effective(zones.begins[item], row, plans, which)
        tilt = np.radians(plans.tilt_deg)
        column = np.full(len(row), np.inf)
        steep = plans.tilt_deg[which] < 89.0
        column[steep] = early[steep] / np.cos(tilt)[which[steep]]
        aside = np.where(steep, column, 0.0) * np.sin(tilt)[which]
        limit = self.rows["placement"][row] + plans.extra_mm[which]
        column[steep & (aside > limit)] = np.inf
        near = np.ones(len(row), dtype=bool)
        self._judge(outcome, plans, which, row, column, near, over)
        enough = np.zeros(count)
        np.maximum.at(enough, which, column)
        self._follow(outcome, entries, plans, enough)
        return outcome

    def _judge(
        self,
        outcome: Outcome,
        plans: Plans,
        which: IntArray,
        row: IntArray,
        reached_mm: FloatArray,
        near: BoolArray,
        over: BoolArray,
    ) -> None:
        """Add the findings of zones met at some depth to an outcome."""
        rows = self.rows
        holds = plans.applies[plans.patient[which], rows["column"][row]]
        planned, length = plans.planned_mm[which], plans.length_mm[which]
        told = np.isfinite(planned)
        met = (planned >= reached_mm) & (planned > 0.0) & np.isfinite(reached_mm)
        reached = np.where(told, met, near | (reached_mm <= UNSTATED_REACHES_MM))
        beside = ~told & ~near & (reached_mm <= UNSTATED_NEARS_MM)
        by_length = reached_mm <= length  # false when the length is not given
        kept = (reached | over | by_length | beside) & (holds != 0)
        critical = rows["critical"][row]
        rank = np.where(critical, RANK["CAUTION"], RANK["NO_KNOWN_DANGER"])
        hard = np.where(critical, RANK["DANGER"], RANK["CAUTION"])
        rank = np.where(reached, hard, rank)
        unknown = holds < 0
        rank = np.where(unknown, np.minimum(rank, RANK["CAUTION"]), rank)
        key = finding_key(rank, unknown, reached_mm, rows["order"][row])
        np.minimum.at(outcome.key, which[kept], key[kept])
        known = kept & ~unknown
        np.maximum.at(outcome.known_rank, which[known], rank[known])
        outcome.any_finding[which[kept]] = True
        outcome.corrected[which[kept & rows["corrected"][row]]] = True
        asks = plans.asks[plans.patient[which], rows["column"][row]]
        outcome.asks[which[kept & unknown & asks]] = True
        bounds = critical & (holds > 0)
        np.minimum.at(outcome.limit_mm, which[bounds], reached_mm[bounds])

    def _follow(
        self, outcome: Outcome, entries: Entries, plans: Plans, column: FloatArray
    ) -> None:
        """Follow the needles as lines and add what they meet."""
        deepest = np.fmax(np.fmax(plans.depth_mm, plans.length_mm), 150.0)
        end = np.minimum(np.ceil(deepest) + 2.0, LONGEST_NEEDLE_MM + 2.0)
        told = np.isfinite(plans.planned_mm)
        wanted = np.where(told, np.fmax(plans.planned_mm, plans.length_mm), np.nan)
        wanted = np.where(told, np.fmax(wanted, plans.planned_mm), UNSTATED_NEARS_MM)
        enough = np.maximum(wanted, column)
        for slanted in (False, True):
            mine = np.flatnonzero((plans.tilt_deg > 1.0) == slanted)
            step = STEP_MM if slanted else 2.0 * STEP_MM
            along = line_steps(LONGEST_NEEDLE_MM + 2.0, step)
            last = np.searchsorted(along, end + 1e-9, side="right")
            cells = self.cells_for(len(mine))
            for begin in range(0, len(mine), ROWS_AT_ONCE):
                part = mine[begin : begin + ROWS_AT_ONCE]
                lines = Lines(self, plans, part, along, last[part], enough[part])
                if cells is None:
                    lines.step_by_step(outcome.limit_mm[part])
                else:
                    lines.cell_by_cell(cells, outcome.limit_mm[part])
                line, row = np.nonzero(np.isfinite(lines.first))
                place = plans.entry[part[line]]
                near, over = self._flags(entries, place, row)
                met = lines.first[line, row]
                self._judge(outcome, plans, part[line], row, met, near, over)

    def cells_for(self, count: int) -> Cells | None:
        """Return the cells of the skin's vertices, when they pay for ``count`` more.

        A table that comes in parts has as many needles as all of its parts.
        """
        if not self.cells:
            self.followed.append(count)
            if sum(self.followed) < MANY_NEEDLES:
                return None
            self.cells.append(Cells.of(self.fields.body.skin))
        return self.cells[0]

    def _flags(
        self, entries: Entries, place: IntArray, row: IntArray
    ) -> tuple[BoolArray, BoolArray]:
        """Return whether rows have a depth under entries, and under their own face."""
        zones, total = entries.zones, len(self.fields.rows)
        wanted = place * total + row
        known = np.repeat(np.arange(len(zones.size)), zones.size) * total + zones.row
        if not len(known):
            none = np.zeros(len(wanted), dtype=bool)
            return none, none
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        near = known[at] == wanted
        return near, near & zones.over[at]


def _kinds_of(plans: Upright) -> tuple[_Kinds, IntArray]:
    """Return the kinds of patient that zones tell apart, and each row's kind."""
    count = len(plans.face)
    own = np.concatenate([plans.applies.view(np.uint8), plans.asks], axis=1)
    first, same = np.unique(own, axis=0, return_index=True, return_inverse=True)[1:]
    shift, warns = plans.shift_mm, plans.warns
    parts = [same.ravel()[plans.patient], warns.astype(np.intp)]
    if count and not (shift == shift[0]).all():
        parts.append(np.unique(shift, return_inverse=True)[1])
    at, kind = grouped(parts, count)
    rows = first[parts[0][at]]
    kinds = _Kinds(shift[at], warns[at], plans.applies[rows], plans.asks[rows])
    return kinds, kind
