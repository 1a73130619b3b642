"""Zones met by many needles at once on one body: the arithmetic under `check_sites`.

The figures are those of `zones.needle` and `zones.engine`, worked out for arrays of
needles: the column under each entry from the compiled fields, and the line of each
needle step by step. What can not decide an answer is not looked at.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zones.engine import UNSTATED_NEARS_MM, UNSTATED_REACHES_MM
from zones.models import LONGEST_NEEDLE_MM, Verdict
from zones.steps import STEP_MM
from zones.table_lines import Lines, Plans
from zones.table_space import Cells, spread_out

if TYPE_CHECKING:
    from zones.fields import BodyFields

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
KeyArray = NDArray[np.int64]

#: Needles whose lines are followed together.
ROWS_AT_ONCE = 4096
#: From so many needles on, it pays to work out the cells of a skin's vertices first.
MANY_NEEDLES = 20_000

RANK = {verdict.value: verdict.rank for verdict in Verdict}
VERDICTS = tuple(verdict.value for verdict in Verdict)
#: Greater than every key of a finding: no finding.
NO_KEY = np.int64(2**62)
_FAR = 2**20 - 1


def finding_key(rank: Any, unknown: Any, reached_mm: Any, order: Any) -> Any:
    """Return whole numbers that sort as `zones.engine.sort_findings` sorts.

    Parameters
    ----------
    rank : (N,) int
        Rank of the finding's verdict.
    unknown : (N,) bool
        Whether it stands because a fact was not asked.
    reached_mm : (N,) float64
        Where it is met, mm; inf for a finding without such a place.
    order : (N,) int
        Place of the finding's id among all ids in alphabetical order.

    Returns
    -------
    (N,) int64
        Less is graver.

    Examples
    --------
    >>> bool(finding_key(3, False, 9.4, 5) < finding_key(1, False, 2.0, 1))
    True
    """
    far = ~np.isfinite(reached_mm)
    tenths = np.floor(np.where(far, 0.0, reached_mm) * 10.0 + 1e-6)
    tenths = np.where(far, _FAR, np.minimum(tenths, _FAR - 1)).astype(np.int64)
    grave = np.int64(len(VERDICTS)) - np.asarray(rank, dtype=np.int64)
    first = (grave << 1) | np.asarray(unknown, dtype=np.int64)
    return (((first << 20) | tenths) << 14) | np.asarray(order, dtype=np.int64)


def key_parts(key: Any) -> tuple[Any, Any]:
    """Return rank and id's place of keys made by `finding_key`."""
    return len(VERDICTS) - (key >> 35), key & (2**14 - 1)


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
class Entries:
    """Places where needles go in, each once.

    Attributes
    ----------
    zones : Packed
        Zones with a depth under each place.
    within : (P, Z) bool
        Zones of ``fields.zones`` that the place lies in, on either side.
    """

    zones: Packed
    within: BoolArray


@dataclass(eq=False)
class Outcome:
    """What the zones say about N needles.

    Attributes
    ----------
    key : (N,) int64
        Key of the gravest finding; `NO_KEY` for none.
    known_rank : (N,) int
        Rank of the gravest finding that no missing answer stands behind.
    limit_mm : (N,) float64
        Length of needle at which the first critical structure is met; inf for none.
    any_finding, corrected, asks : (N,) bool
        Whether there is a finding, one that build bears on, one that asks a fact.
    """

    key: KeyArray
    known_rank: IntArray
    limit_mm: FloatArray
    any_finding: BoolArray
    corrected: BoolArray
    asks: BoolArray


@functools.cache
def _all_steps(step: float) -> FloatArray:
    """Return the depths looked at along the longest needle, as `needle` has them."""
    end = LONGEST_NEEDLE_MM + 2.0
    near = np.arange(step, 60.0 + 1e-9, step)
    return np.concatenate([near, np.arange(60.0 + 2.0 * step, end + 1e-9, 2.0 * step)])


@dataclass(frozen=True, eq=False)
class ZoneTable:
    """The zones of one body, packed for many needles.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones.
    order : mapping of str to int
        Place of each finding's id in alphabetical order.
    """

    fields: BodyFields
    order: dict[str, int]
    cells: list[Cells] = field(default_factory=list)

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

    def entries(self, faces: IntArray, areas: list[IntArray]) -> Entries:
        """Return the zones under faces of the skin and under search areas.

        Parameters
        ----------
        faces : (P,) int
            Faces that needles go in at.
        areas : list of (K,) int
            Vertices of the search areas of named sites; the place's own three
            vertices come first in each.
        """
        corners = self.fields.body.skin.faces[faces].astype(np.intp)
        packed = self.under_vertex
        flat = corners.ravel()
        run, item = spread_out(packed.start[flat], packed.size[flat])
        place = run // 3
        total = len(self.fields.rows)
        keys, which = np.unique(place * total + packed.row[item], return_inverse=True)
        begins = np.full(len(keys), np.inf)
        np.minimum.at(begins, which, packed.begins[item])
        place, row = np.divmod(keys, total)
        within = np.zeros((len(faces) + len(areas), len(self.fields.zones)), dtype=bool)
        within[place, self.rows["column"][row]] = True
        over = np.ones(len(row), dtype=bool)
        inside = self._members(corners)
        within[: len(faces)] |= inside
        for number, vertices in enumerate(areas, start=len(faces)):
            found, wide = self._area(vertices)
            within[number] = wide
            place = np.r_[place, np.full(len(found.row), number)]
            row, begins = np.r_[row, found.row], np.r_[begins, found.begins]
            over = np.r_[over, found.over]
        size = np.bincount(place, minlength=len(within))
        start = np.cumsum(size) - size
        return Entries(Packed(start, size, row, begins, begins, over), within)

    def _members(self, corners: IntArray) -> BoolArray:
        """Return which zones' own areas faces lie in, on either side, (P, Z)."""
        fields = self.fields
        paired = np.array([z.side == "paired" for z in fields.zones])
        slots = fields.slot[corners]
        across = fields.slot[fields.body.skin.mirror[corners]]
        found = np.zeros((len(corners), len(fields.zones)), dtype=bool)
        for corner in range(corners.shape[1]):
            found |= fields.member[slots[:, corner]]
            found |= fields.member[across[:, corner]] & paired
        return found

    def _area(self, vertices: IntArray) -> tuple[Packed, BoolArray]:
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
        nothing = np.zeros(1, dtype=np.intp)
        return Packed(nothing, nothing, row, early[row], early[row], own[row]), within

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

    def assess(self, entries: Entries, plans: Plans) -> Outcome:
        """Return what the zones say about needles.

        Parameters
        ----------
        entries : Entries
            Places where needles go in.
        plans : Plans
            N needles.

        Returns
        -------
        Outcome
            The same as `zones.engine.assess_zones` says about each.
        """
        count = len(plans)
        outcome = Outcome(
            key=np.full(count, NO_KEY),
            known_rank=np.zeros(count, dtype=np.intp),
            limit_mm=np.full(count, np.inf),
            any_finding=np.zeros(count, dtype=bool),
            corrected=np.zeros(count, dtype=bool),
            asks=np.zeros(count, dtype=bool),
        )
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
            along = _all_steps(STEP_MM if slanted else 2.0 * STEP_MM)
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
        """Return the cells of the skin's vertices, when they pay for ``count``."""
        if not self.cells:
            if count < MANY_NEEDLES:
                return None
            self.cells.append(Cells.of(self.fields.body.skin))
        return self.cells[0]

    def _flags(
        self, entries: Entries, place: IntArray, row: IntArray
    ) -> tuple[BoolArray, BoolArray]:
        """Return whether rows have a depth under entries, and under their own face."""
        zones, total = entries.zones, len(self.fields.rows)
        run, item = spread_out(zones.start, zones.size)
        known = run * total + zones.row[item]
        order = np.argsort(known)
        wanted = place * total + row
        at = np.searchsorted(known[order], wanted)
        at = np.minimum(at, max(len(known) - 1, 0))
        if not len(known):
            none = np.zeros(len(wanted), dtype=bool)
            return none, none
        found = order[at]
        near = known[found] == wanted
        return near, near & zones.over[item[found]]
