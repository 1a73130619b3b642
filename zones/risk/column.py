"""What upright needles meet: under their own entry, and past the middle of a limb."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zones.risk.plans import OVER_CHANCE, Met, Plans, stopped, weighed
from zones.risk.spread import spread_of, ways_past
from zones.risk.terms import CAUTION, DANGER

if TYPE_CHECKING:
    from zones.fields.body_fields import BodyFields
    from zones.risk.measured import Seen

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


def _asked(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    vertex: NDArray[Any],
    holds: NDArray[np.int8],
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the items under places that count for their patients, (M,) each.

    Which needle of ``plans``, which item, and the row of each item.
    """
    run, item = fields.under.of(vertex)
    needle, row = at[run], fields.under.row[item].astype(np.intp)
    kept = holds[plans.patient[needle], row] != 0
    return needle[kept], item[kept], row[kept]


def under_entry(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
    seen: Seen | None,
) -> Met:
    """Return what needles meet under their own entry."""
    under = fields.under
    needle, item, row = _asked(fields, plans, at, plans.vertex[at], holds)
    spread = spread_of(fields, plans, needle, item, seen)
    chance = under.chance[item].astype(float)
    p_at = thresholds[:, plans.patient[needle], row]
    arm = np.zeros(len(needle), dtype=np.intp)
    if plans.arm is not None:
        arm = plans.arm[needle]
    sure, unsure = ways_past(fields, item, chance, arm)
    fold = np.full(len(needle), np.nan)
    if plans.fold_mm is not None:
        fold = plans.fold_mm[needle]
    stop = stopped(plans, needle)
    # what a cavity holds stays where it is when the skin is lifted
    body = np.isinf(under.thick_mm[item]) | _held(fields)[row]

    def length(deep: FloatArray) -> FloatArray:
        folded = np.where(~body & (deep <= 0.5 * fold), deep, deep + fold)
        deep = np.where(np.isnan(fold), deep, folded)
        return np.where(deep > stop, np.inf, deep)

    planned = np.minimum(plans.planned_mm[needle], stop)
    inside = np.where(body, 0.0, np.minimum(planned, 0.5 * fold))
    past = np.maximum(planned - np.nan_to_num(fold), inside)
    deep = np.where(np.isnan(fold), planned, past)
    p_meet = np.where(planned > 0.0, spread.met(deep, *sure), 0.0)
    # with the arm not spoken of, what it may uncover warns and does not refuse
    both = np.concatenate([p_at[DANGER], np.minimum(p_at[CAUTION], p_at[DANGER])])
    ways = (np.concatenate(pair) for pair in zip(sure, unsure, strict=True))
    depths = spread.twice().depth_at(both, *ways).reshape(2, -1)
    danger, caution = (length(deep) for deep in depths)
    return weighed(
        needle,
        row,
        p_at,
        p_meet,
        caution_mm=caution,
        danger_mm=danger,
        item=item,
        over=chance >= OVER_CHANCE,
    )


@functools.lru_cache(maxsize=8)
def _held(fields: BodyFields) -> BoolArray:
    """Return which rows lie behind bone and can not be lifted in a fold, (R,)."""
    return np.array([row.zone.bones == "in front" for row in fields.rows], dtype=bool)


def far_side(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
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
    needle, item, row = _asked(fields, plans, at, far, holds)
    spread = spread_of(fields, plans, needle, item, seen)
    vertex = plans.vertex[needle]
    middle = floor.middle_mm[vertex].astype(float)
    # what is left of the limb when the back of the structure lies as deep as its front
    left = 2.0 * middle - under.thick_mm[item]
    anyhow = spread.anyhow | np.isinf(left)
    left = np.where(anyhow, 0.0, left)
    chance = under.chance[item] * (1.0 - floor.stop[vertex])
    p_at = thresholds[:, plans.patient[needle], row]
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
    return weighed(
        needle,
        row,
        p_at,
        p_meet,
        caution_mm=caution,
        danger_mm=danger,
        item=item,
        over=np.zeros(len(needle), dtype=bool),
    )
