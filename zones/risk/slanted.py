"""What needles meet that are followed as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray, IntArray
from zones.fields.floor import along, floor_at
from zones.risk.cells import grouped
from zones.risk.lines import STEP_MM, follow
from zones.risk.plans import (
    AT_SIDE,
    AWAY,
    NONE_FAILED,
    OVER_CHANCE,
    ComputationError,
    Met,
    Plans,
    longest_of,
    stopped,
)
from zones.risk.spread import Spread, spread_of, ways_past
from zones.risk.terms import CAUTION, DANGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen


#: For a limit needles are followed so far, mm, where nothing is mapped that ends it.
FOLLOWED_MM = 80.0
#: Lines followed together, and from how many on they go from cell to cell.
AT_ONCE, MANY = 2048, 20_000


def followed(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
    seen: Seen | None,
    end_mm: float,
    *,
    warns: bool = True,
) -> list[Met]:
    """Return what needles meet that are followed as lines, lot by lot."""
    if not len(at):
        return []
    longest = longest_of(plans)[at]
    # no further than the limit can lie, or the needle goes
    known, _ = floor_at(fields, plans.vertex[at])
    tilt = 0.0 if plans.tilt_deg is None else plans.tilt_deg[at]
    limit = np.where(np.isfinite(known), along(known, tilt), FOLLOWED_MM)
    ends = np.fmax(longest, limit)
    if end_mm:
        ends = np.full(len(at), end_mm)
    order = np.argsort(ends, kind="stable")
    lots = np.array_split(order, -(-len(at) // AT_ONCE))
    cells = len(at) >= MANY
    return [
        _lines(fields, plans, at[lot], thresholds, holds, seen, ends[lot], cells, warns)
        for lot in lots
    ]


def _lines(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
    seen: Seen | None,
    ends: FloatArray,
    by_cells: bool,
    warns: bool,
) -> Met:
    """Return what needles meet that are followed as lines, each to its own end."""
    if plans.xyz is None or plans.direction is None:
        raise ComputationError("a needle to be followed has no place or direction")
    planned = plans.planned_mm[at]
    # past its end each line has one step more, of those far from the skin
    own = np.ceil(ends) + 2.0 * STEP_MM
    into = plans.direction[at]
    lines = follow(
        fields,
        plans.xyz[at],
        into,
        float(own.max()),
        by_cells=by_cells,
        entry=plans.vertex[at],
    )
    arm = np.zeros(len(at), dtype=np.intp) if plans.arm is None else plans.arm[at]
    under = fields.under
    covered = ~np.isnan(lines.under_mm) & (lines.along <= own[:, None])
    flat = np.flatnonzero(covered)
    run, item = under.of(lines.vertex.ravel()[flat])
    cell = flat.take(run)
    line, step = (part.take(run) for part in np.divmod(flat, len(lines.along)))
    row = under.row.take(item).astype(np.intp)
    if not holds.all():
        kept = np.flatnonzero(holds[plans.patient[at].take(line), row])
        line, step, item, row, cell = (
            values.take(kept) for values in (line, step, item, row, cell)
        )
    key = line * len(fields.rows) + row
    first, which = grouped([key], len(key))
    pair, needle = key[first], at[line]
    spread = spread_of(fields, plans, needle, item, seen)
    deep = lines.under_mm.ravel()[cell]
    chance = under.chance[item].astype(float)
    thick = under.thick_mm[item].astype(float)
    course = np.isfinite(thick) & ~spread.anyhow
    size = np.diff(lines.along, prepend=0.0)[step]
    # no more than lies there, as far as the needle has come
    most = np.zeros((len(pair), len(lines.along)))
    most[which[course], step[course]] = chance[course]
    np.maximum.accumulate(most, axis=1, out=most)
    here = np.empty(len(cell))
    # a needle that goes in where a bone has an opening passes it on all its way
    entered = fields.floor.entry_open[plans.vertex[at]].astype(float)[line]
    turns = (arm == AWAY, arm != AT_SIDE)
    ways = [ways_past(fields, item, chance, away[line]) for away in turns]

    def along_pairs(some: IntArray, turn: int) -> tuple[IntArray, FloatArray]:
        """Return which structures some steps are of, and the chances along them."""
        own = spread.some(some).where(turns[turn][line[some]])
        open_ = (v.ravel()[cell[some]] for v in lines.open(fields, turns[turn]))
        bone = [*(way[some] for way in ways[turn]), *open_, chance[some]]
        if entered.any():
            past = lines.open(fields, turns[turn], entered=True)
            bone += [*(v.ravel()[cell[some]] for v in past), entered[some]]
        here[some] = _met(own, deep[some], bone)
        inside = np.zeros(len(some))
        thin = np.flatnonzero(course[some])
        before = deep[some[thin]] - thick[some[thin]]
        met = _met(own.some(thin), before, [values[thin] for values in bone])
        with np.errstate(invalid="ignore"):
            inside[thin] = np.clip(here[some[thin]] - met, 0.0, 1.0)
        of, place = np.unique(which[some], return_inverse=True)
        # lines and bodies of one structure each count in their own way
        crossed, reached = np.zeros((2, len(of), len(lines.along)))
        spot = place[thin], step[some[thin]]
        crossed[spot] = inside[thin] * size[some[thin]] / thick[some[thin]]
        # met at least as often as the tip is in it
        reached[place, step[some]] = np.where(course[some], inside, here[some])
        summed = np.minimum(np.cumsum(crossed, axis=1), most[of])
        return of, np.maximum(summed, np.maximum.accumulate(reached, axis=1))

    sure = along_pairs(np.arange(len(cell)), 0)[1]
    unsure = sure.copy()
    if warns:  # past bones that move with the arm, where that was not spoken of
        floor = fields.floor
        moves = (floor.stop[lines.vertex] != floor.stop_fixed[lines.vertex]).any(axis=1)
        moves &= turns[0] != turns[1]
        for one, other in zip(*ways, strict=True):
            moves[line[one != other]] = True
        some = np.flatnonzero(moves[line])
        if len(some):
            of, found = along_pairs(some, 1)
            unsure[of] = found
    line_of, row_of = np.divmod(pair, len(fields.rows))
    needle_of = at[line_of]
    p_at = thresholds[:, plans.patient[needle_of], row_of]
    stop = stopped(plans, needle_of)
    tips = np.minimum(planned[line_of], stop)
    # the step that the tip has come to or is about to
    last = np.searchsorted(lines.along, tips - 1e-9, side="left")
    last = np.minimum(last, len(lines.along) - 1)
    p_meet = np.where(tips > 0.0, sure[np.arange(len(pair)), last], 0.0)
    # the item that says most of each: at the entry, else where it is likeliest
    own_run, own_item = under.of(plans.vertex[at])
    key = own_run * len(fields.rows) + under.row[own_item]
    place = np.searchsorted(pair, key)
    there = np.zeros(len(key), dtype=bool)
    if len(pair):
        there = pair.take(place, mode="clip") == key
    over = np.zeros(len(pair), dtype=bool)
    best = np.full(len(pair), -1, dtype=np.intp)
    best[place[there]] = own_item[there]
    rest = np.flatnonzero(best[which] < 0)
    rest = rest[np.lexsort((here[rest], which[rest]))]
    best[which[rest]] = item[rest]
    over[place[there]] = under.chance[own_item[there]] >= OVER_CHANCE
    stop = np.minimum(stop, ends[line_of])
    danger = _first(sure, p_at[DANGER], lines.along, stop)
    caution = danger
    if warns:
        least = np.minimum(p_at[CAUTION], p_at[DANGER])
        caution = np.minimum(_first(unsure, least, lines.along, stop), danger)
    return Met(
        which=needle_of,
        row=row_of,
        p_meet=p_meet,
        caution_mm=caution,
        danger_mm=danger,
        item=best,
        over=over,
        failed=NONE_FAILED,
    )


def _met(
    spread: Spread, depth_mm: FloatArray, bone: Sequence[NDArray[Any]]
) -> FloatArray:
    """Return the chance that structures are met at depths, bone in front or not.

    What bone does: shares that pass beside it and through it, what no bone on the way
    has stopped, whether the needle slipped in behind it, and the chance without it.
    Then, where some go in at an opening, the same of these: what no other bone has
    stopped, whether they slipped in behind it, and which share they are.
    """
    clear, gap, free, slipped, chance = bone[:5]
    reach = spread.share(depth_mm)
    most = chance * reach
    met = spread.met(depth_mm, clear, gap, reach)
    met = np.where(slipped, most, np.minimum(met, most * free))
    if len(bone) > 5:
        free, slipped, entered = bone[5:]
        past = np.where(slipped, most, most * free)
        met = met + entered * np.maximum(past - met, 0.0)
    return met


def _first(
    chance: FloatArray, threshold: FloatArray, along: FloatArray, stop: FloatArray
) -> FloatArray:
    """Return the length at which a growing chance first comes to a threshold, (M,).

    Between two steps it is taken to grow evenly: in the tail it grows ever faster, so
    the threshold is never taken to lie deeper than it does.
    """
    hit = chance >= threshold[:, None]
    step = hit.argmax(axis=1)
    every = np.arange(len(chance))
    before = np.where(step > 0, along[step - 1], 0.0)
    less = np.where(step > 0, chance[every, step - 1], 0.0)
    more = chance[every, step]
    with np.errstate(all="ignore"):
        part = np.clip((threshold - less) / (more - less), 0.0, 1.0)
    found = before + np.where(np.isfinite(part), part, 0.0) * (along[step] - before)
    found = np.where(hit.any(axis=1), found, np.inf)
    return np.where(found > stop, np.inf, found)
