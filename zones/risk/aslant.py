"""What needles meet that are followed as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.fields.floor import along, floor_at
from zones.risk.lines import STEP_MM, follow
from zones.risk.plans import (
    AT_SIDE,
    AWAY,
    OVER_CHANCE,
    ComputationError,
    Met,
    Plans,
    longest_of,
    stopped,
    weighed,
)
from zones.risk.spread import spread_of, ways_past
from zones.risk.terms import CAUTION, DANGER

if TYPE_CHECKING:
    from zones.fields.body_fields import BodyFields
    from zones.risk.measured import Seen

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

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
        _lines(fields, plans, at[lot], thresholds, holds, seen, ends[lot], cells)
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
    flat = np.flatnonzero(~np.isnan(lines.under_mm))
    run, item = under.of(lines.vertex.ravel()[flat])
    cell = flat[run]
    line, step = np.divmod(cell, len(lines.along))
    row = under.row[item].astype(np.intp)
    kept = holds[plans.patient[at[line]], row] != 0
    kept &= lines.along[step] <= own[line]
    line, step, item, row, cell = (v[kept] for v in (line, step, item, row, cell))
    pair, which = np.unique(line * len(fields.rows) + row, return_inverse=True)
    needle = at[line]
    spread = spread_of(fields, plans, needle, item, seen)
    deep = lines.under_mm.ravel()[cell]
    chance = under.chance[item].astype(float)
    thick = under.thick_mm[item].astype(float)
    course = np.isfinite(thick) & ~spread.anyhow
    before = np.where(course, deep - thick, 0.0)
    size = np.diff(lines.along, prepend=0.0)[step]
    # no more than lies there, as far as the needle has come
    most = np.zeros((len(pair), len(lines.along)))
    most[which[course], step[course]] = chance[course]
    np.maximum.accumulate(most, axis=1, out=most)
    results: list[FloatArray] = []
    here = np.zeros(len(cell))
    ways = ways_past(fields, item, chance, arm[line])
    floor = fields.floor
    still = all(np.array_equal(a, b) for a, b in zip(*ways, strict=True))
    still &= np.array_equal(floor.stop[lines.vertex], floor.stop_fixed[lines.vertex])
    # a needle that goes in where a bone has an opening passes it on all its way
    entered = floor.entry_open[plans.vertex[at]][line].astype(float)
    for way, away in zip(ways, (arm == AWAY, arm != AT_SIDE), strict=True):
        if results and still:
            results.append(results[0])  # no bone here moves with the arm
            break
        past = [v.ravel()[cell] for v in lines.open(fields, away)]
        through = past
        if entered.any():
            through = [v.ravel()[cell] for v in lines.open(fields, away, entered=True)]

        def met(
            depth: FloatArray, way: Any = way, past: Any = past, through: Any = through
        ) -> Any:
            free = chance * spread.share(depth)
            shut = np.where(
                past[1], free, np.minimum(spread.met(depth, *way), free * past[0])
            )
            passed = np.where(through[1], free, free * through[0])
            return shut + entered * np.maximum(passed - shut, 0.0)

        here = met(deep)
        with np.errstate(invalid="ignore"):
            inside = np.clip(here - met(before), 0.0, 1.0)
        # lines and bodies of one structure each count in their own way
        crossed, reached = np.zeros((2, len(pair), len(lines.along)))
        crossed[which[course], step[course]] = (inside * size / thick)[course]
        # met at least as often as the tip is in it
        reached[which, step] = np.where(course, inside, here)
        summed = np.minimum(np.cumsum(crossed, axis=1), most)
        results.append(np.maximum(summed, np.maximum.accumulate(reached, axis=1)))
    sure, unsure = results
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
    best = np.full(len(pair), -1, dtype=np.intp)
    order = np.lexsort((here, which))
    best[which[order]] = item[order]
    own_run, own_item = under.of(plans.vertex[at])
    key = own_run * len(fields.rows) + under.row[own_item]
    place = np.searchsorted(pair, key)
    there = np.isin(key, pair)
    over = np.zeros(len(pair), dtype=bool)
    best[place[there]] = own_item[there]
    over[place[there]] = under.chance[own_item[there]] >= OVER_CHANCE
    stop = np.minimum(stop, ends[line_of])
    danger = _first(sure, p_at[DANGER], lines.along, stop)
    caution = _first(unsure, np.minimum(p_at[CAUTION], p_at[DANGER]), lines.along, stop)
    return weighed(
        needle_of,
        row_of,
        p_at,
        p_meet,
        caution_mm=caution,
        danger_mm=danger,
        item=best,
        over=over,
    )


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
