"""What upright needles meet: under their own entry, and past the middle of a limb."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray, IntArray
from zones.risk.body_build import PER
from zones.risk.plans import (
    AT_SIDE,
    AWAY,
    NONE_FAILED,
    OVER_CHANCE,
    Met,
    Plans,
    stopped,
)
from zones.risk.spread import Spread, behind_bone, spread_of, ways_past
from zones.risk.terms import CAUTION, DANGER, Terms, together

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen


#: From a lot that meets one in so many of a body's items, those of all are worked out.
MANY_SHARE = 4


def _asked(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    vertex: NDArray[Any],
    terms: tuple[Terms, ...],
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return the items under places that count for their patients, (M,) each.

    Which needle of ``plans``, which item, its row, and the chances that count (3, M).
    """
    run, item = fields.under.of(vertex)
    p, holds = together(terms)
    needle, row = at.take(run), fields.under.row.take(item).astype(np.intp)
    told = plans.patient.take(needle) * holds.shape[1] + row
    if not holds.all():
        kept = np.flatnonzero(holds.take(told))
        needle, item, row, told = (v.take(kept) for v in (needle, item, row, told))
    return needle, item, row, p.reshape(len(p), -1)[:2].take(told, axis=1)


def under_entry(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    terms: tuple[Terms, ...],
    seen: Seen | None,
) -> Met:
    """Return what needles meet under their own entry."""
    under = fields.under
    needle, item, row, p_at = _asked(fields, plans, at, plans.vertex[at], terms)
    spread = spread_of(fields, plans, needle, item, seen)
    chance = under.chance.take(item).astype(float)
    arm = np.zeros(len(needle), dtype=np.intp)
    if plans.arm is not None:
        arm = plans.arm.take(needle)
    sure = ways_past(fields, item, chance, arm == AWAY)
    depths = np.empty((2, len(item)))
    rest = np.ones(len(item), dtype=bool)
    if seen is None and len(item) >= len(under.row) // MANY_SHARE:
        usual = (spread.shift == 0.0) & (spread.anyhow == np.isnan(spread.mu))
        alike = 3 * plans.patient.take(needle) + arm
        for number in np.unique(alike).tolist():
            mine = np.flatnonzero(usual & (alike == number))
            if len(mine) >= len(under.row) // MANY_SHARE:
                all_ = _ordinary(fields, terms[number // 3], number % 3)
                depths[:, mine] = all_.take(item[mine], axis=1)
                rest[mine] = False
    some = np.flatnonzero(rest)
    if len(some):
        own = spread.some(some)
        depths[:, some] = _depths(
            fields, own, p_at[:, some], item[some], chance[some], arm[some]
        )
    planned = plans.planned_mm.take(needle)
    deep = planned
    folded = plans.fold_mm is not None and not np.isnan(plans.fold_mm).all()
    if plans.fold_mm is not None and folded:
        # what a cavity holds stays where it is when the skin is lifted
        body = np.isinf(under.thick_mm[item]) | behind_bone(fields)[row]
        fold = np.nan_to_num(plans.fold_mm[needle])
        depths = np.where(~body & (depths <= 0.5 * fold), depths, depths + fold)
    if plans.stop_mm is not None:
        stop = plans.stop_mm[needle]
        depths[depths > stop] = np.inf
        planned = deep = np.minimum(planned, stop)
    if folded:
        inside = np.where(body, 0.0, np.minimum(planned, 0.5 * fold))
        deep = np.where(fold > 0.0, np.maximum(planned - fold, inside), planned)
    met = spread.where(arm == AWAY).met(deep, *sure)
    p_meet = np.where(planned > 0.0, met, 0.0)
    danger, caution = depths
    return Met(
        which=needle,
        row=row,
        p_meet=p_meet,
        caution_mm=np.minimum(caution, danger),
        danger_mm=danger,
        item=item,
        over=chance >= OVER_CHANCE,
        failed=NONE_FAILED,
    )


def _depths(
    fields: BodyFields,
    spread: Spread,
    p_at: FloatArray,
    item: IntArray,
    chance: FloatArray,
    arm: IntArray,
) -> FloatArray:
    """Return the depths at which items refuse and warn, (2, M) mm.

    With the arm not spoken of, what it may uncover warns and does not refuse.
    """
    both = np.concatenate([p_at[DANGER], np.minimum(p_at[CAUTION], p_at[DANGER])])
    turns = arm == AWAY, arm != AT_SIDE
    two = (ways_past(fields, item, chance, away) for away in turns)
    clear, gap = (np.concatenate(ways) for ways in zip(*two, strict=True))
    people = spread.where(turns[0]).then(spread.where(turns[1]))
    return people.depth_at(both, clear, gap).reshape(2, -1)


@functools.lru_cache(maxsize=4)
def _ordinary(fields: BodyFields, terms: Terms, arm: int) -> FloatArray:
    """Return `_depths` of all items in patients whose build changes none, (2, K) mm."""
    under = fields.under
    item, none = np.arange(len(under.row)), np.zeros(len(under.row), dtype=np.intp)
    unknown = np.full((1, len(PER)), np.nan)
    plan = Plans(none[:1], unknown[0, :1], unknown[0, :1], none[:1], unknown)
    spread = spread_of(fields, plan, none, item, None)
    chance = under.chance.astype(float)
    return _depths(fields, spread, terms.p[:, under.row], item, chance, none + arm)


def far_side(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    terms: tuple[Terms, ...],
    seen: Seen | None,
) -> Met:
    """Return what upright needles meet past the middle of a limb, coming from behind.

    Under the skin of the far side a structure is come to when what is left of the limb
    is less than the depth of its back. What fills the body behind it counts from the
    middle on.
    """
    under, floor = fields.under, fields.floor
    at = at[floor.far[plans.vertex[at]] >= 0]
    far = floor.far[plans.vertex[at]]
    needle, item, row, p_at = _asked(fields, plans, at, far, terms)
    spread = spread_of(fields, plans, needle, item, seen)
    vertex = plans.vertex[needle]
    middle = floor.middle_mm[vertex].astype(float)
    # what is left of the limb when the back of the structure lies as deep as its front
    left = 2.0 * middle - under.thick_mm[item]
    anyhow = spread.anyhow | np.isinf(left)
    left = np.where(anyhow, 0.0, left)
    chance = under.chance[item] * (1.0 - floor.stop[vertex])
    stop = stopped(plans, needle)

    def length(p: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            front = spread.depth(1.0 - p / chance)
        found = np.where(anyhow, middle, np.maximum(left - front, middle))
        found = np.where(p <= chance, found, np.inf)
        return np.where(found > stop, np.inf, found)

    planned = np.minimum(plans.planned_mm[needle], stop)
    reach = np.where(anyhow, 1.0, 1.0 - spread.share(np.maximum(left - planned, 0.0)))
    p_meet = np.where(planned >= middle, chance * reach, 0.0)
    danger = length(p_at[DANGER])
    caution = length(np.minimum(p_at[CAUTION], p_at[DANGER]))
    return Met(
        which=needle,
        row=row,
        p_meet=p_meet,
        caution_mm=np.minimum(caution, danger),
        danger_mm=danger,
        item=item,
        over=np.zeros(len(needle), dtype=bool),
        failed=NONE_FAILED,
    )
