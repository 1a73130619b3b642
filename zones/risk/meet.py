"""P1: the chance that needles meet structures, and how long a needle must be for it.

For all needles at once. One that stands upright meets what lies under its own entry;
any other is followed as a line, and at each step the nearest skin and the depth under
it decide. Either way a needle meets a structure with

    P1 = chance that it lies there  x  share that no bone stops before  x  F(depth),

F being the lognormal distribution of its depth in this patient. What a structure of
some thickness is met with by a needle that crosses it aslant is the length of needle
expected in it over its thickness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from zones.risk.build import shift_of
from zones.risk.lines import Lines, follow
from zones.risk.terms import CAUTION, DANGER, P2, Terms
from zones.zonemodels import THIN_FLOOR_MM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields import BodyFields
    from zones.risk.measured import Seen

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Needles up to this far from the skin's normal stand upright, degrees: no more than
#: the figures of a vector are rounded by.
UPRIGHT_WITHIN_DEG = 1e-3
#: Needles are followed no further than this, mm, unless they are longer.
FOLLOWED_MM = 80.0
#: Lines followed together.
AT_ONCE = 512
#: Position of the bones that move with the arm.
AT_SIDE, AWAY, NOT_SAID = 0, 1, 2


class ComputationError(ArithmeticError):
    """Raised when a figure that must be a number is not."""


@dataclass(frozen=True, eq=False)
class Plans:
    """Needles on one body, N rows.

    Attributes
    ----------
    vertex : (N,) int
        Vertex of the skin that stands for the entry.
    depth_mm, length_mm : (N,) float64
        As planned; NaN when not given.
    patient : (N,) int
        Which of the terms holds.
    build : (N, 4) float64
        The patient's figures that slopes are measured by (`zones.risk.build.PER`).
    xyz, direction : (N, 3) float64, optional
        Where each goes in and its unit vector; not needed where all stand upright.
    tilt_deg : (N,) float64, optional
        Angle from the inward normal; all upright when not given.
    fold_mm : (N,) float64, optional
        Thickness of the lifted fold that holds the needle; NaN for none.
    stop_mm : (N,) float64, optional
        Depth at which a needle aimed at bone is given up at the latest; inf for none.
    arm : (N,) int, optional
        `AT_SIDE`, `AWAY` or `NOT_SAID`.
    through : (N,) bool, optional
        Which upright needles go so deep that they are followed as lines as well.
    """

    vertex: IntArray
    depth_mm: FloatArray
    length_mm: FloatArray
    patient: IntArray
    build: FloatArray
    xyz: FloatArray | None = None
    direction: FloatArray | None = None
    tilt_deg: FloatArray | None = None
    fold_mm: FloatArray | None = None
    stop_mm: FloatArray | None = None
    arm: IntArray | None = None
    through: BoolArray | None = None

    def __len__(self) -> int:
        return len(self.vertex)

    @property
    def planned_mm(self) -> FloatArray:
        """Depth reckoned with: as planned, else the length, else endless, (N,)."""
        told = np.where(np.isnan(self.depth_mm), self.length_mm, self.depth_mm)
        return np.where(np.isnan(told), np.inf, told)


@dataclass(frozen=True, eq=False)
class Met:
    """Structures that needles have to do with, M of them.

    Attributes
    ----------
    which, row : (M,) int
        Needle, and row of ``fields.rows``.
    p_meet : (M,) float64
        Chance that the planned needle meets it.
    caution_mm, danger_mm : (M,) float64
        Length of needle in the body from which it warns and refuses; inf for never.
    weight : (M,) float64
        P1 over the chance from which it warns: how far past.
    risk : (M,) float64
        P1 times P2.
    item : (M,) int
        Item of ``fields.under`` that decides: of the entry where there is one.
    over : (M,) bool
        Whether it lies under the entry itself.
    """

    which: IntArray
    row: IntArray
    p_meet: FloatArray
    caution_mm: FloatArray
    danger_mm: FloatArray
    weight: FloatArray
    risk: FloatArray
    item: IntArray
    over: BoolArray

    def take(self, at: IntArray | BoolArray) -> Met:
        """Return some of them."""
        return Met(**{name: values[at] for name, values in vars(self).items()})


@dataclass(frozen=True, eq=False)
class _Spread:
    """The distribution of M depths for their patients, and how it bears on needles."""

    mu: FloatArray
    sigma: FloatArray
    shift: FloatArray
    warned: BoolArray
    unknown: BoolArray

    def share(self, depth_mm: FloatArray) -> FloatArray:
        """Return the share of people in whom a depth reaches the structure."""
        shift = np.where((self.shift < 0.0) & (depth_mm < THIN_FLOOR_MM), 0.0, self.shift)
        deep = depth_mm - shift
        with np.errstate(divide="ignore", invalid="ignore"):
            found = ndtr((np.log(np.maximum(deep, 0.0)) - self.mu) / self.sigma)
        found = np.where(deep > 0.0, found, 0.0)
        anyhow = self.warned | self.unknown
        return np.where(anyhow, (depth_mm > 0.0).astype(float), found)

    def depth(self, share: FloatArray) -> FloatArray:
        """Return the depth that reaches it in a share of people, mm; inf for never."""
        with np.errstate(invalid="ignore"):
            deep = np.exp(self.mu + self.sigma * ndtri(np.minimum(share, 1.0)))
        lowest = np.minimum(deep, np.where(self.shift < 0.0, THIN_FLOOR_MM, deep))
        deep = np.maximum(deep + self.shift, lowest)
        deep = np.where(self.warned | self.unknown, 0.0, deep)
        return np.where(share < 1.0, deep, np.where(share == 1.0, deep, np.inf))


def meet(
    fields: BodyFields,
    plans: Plans,
    terms: Sequence[Terms],
    *,
    seen: Seen | None = None,
) -> Met:
    """Return what needles meet, with what chance, and from which length on.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    plans : Plans
        N needles.
    terms : sequence of Terms
        Of each kind of patient.
    seen : Seen, optional
        Depths measured in this patient (for all needles).

    Raises
    ------
    ComputationError
        When a figure comes out as no number.
    """
    thresholds = np.stack([one.p for one in terms], axis=1)
    holds = np.stack([one.holds for one in terms])
    upright = np.ones(len(plans), dtype=bool)
    if plans.tilt_deg is not None:
        upright = plans.tilt_deg <= UPRIGHT_WITHIN_DEG
    if plans.fold_mm is not None:
        upright |= ~np.isnan(plans.fold_mm)  # in a fold the needle's own way counts
    parts = []
    at = np.flatnonzero(upright)
    if len(at):
        parts.append(_column(fields, plans, at, thresholds, holds, seen))
    deep = ~upright if plans.through is None else ~upright | plans.through
    for part in np.array_split(np.flatnonzero(deep), -(-int(deep.sum()) // AT_ONCE) or 1):
        if len(part):
            parts.append(_lines(fields, plans, part, thresholds, holds, seen))
    met = _joined(parts, plans.through is not None and bool(plans.through.any()))
    for values in (met.p_meet, met.caution_mm, met.danger_mm):
        if np.isnan(values).any():
            raise ComputationError("a depth or a chance came out as no number")
    return met


def _spread(
    fields: BodyFields,
    plans: Plans,
    needle: IntArray,
    item: IntArray,
    seen: Seen | None,
) -> _Spread:
    """Return the distributions of items for the patients of needles."""
    under = fields.under
    row = under.row[item].astype(np.intp)
    mu, sigma = under.mu[item].astype(float), under.sigma[item].astype(float)
    shift, warned = shift_of(fields, row, plans.build[needle])
    unknown = np.array([r.zone.unknown for r in fields.rows], dtype=bool)[row]
    if seen is not None:
        mu, sigma, shift = seen.updated(fields, item, mu, sigma, shift)
    return _Spread(mu, sigma, shift, warned, unknown)


def _stopped(plans: Plans, needle: IntArray) -> FloatArray:
    """Return the depth at which needles end at the latest, (M,)."""
    if plans.stop_mm is None:
        return np.full(len(needle), np.inf)
    return plans.stop_mm[needle]


def _column(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
    seen: Seen | None,
) -> Met:
    """Return what needles meet under their own entry."""
    under = fields.under
    run, item = under.of(plans.vertex[at])
    needle, row = at[run], under.row[item].astype(np.intp)
    kept = holds[plans.patient[needle], row] != 0
    needle, item, row = needle[kept], item[kept], row[kept]
    spread = _spread(fields, plans, needle, item, seen)
    chance = under.chance[item].astype(float)
    p_at = thresholds[:, plans.patient[needle], row]
    arm = np.zeros(len(needle), dtype=np.intp)
    if plans.arm is not None:
        arm = plans.arm[needle]
    moved = chance * under.open_moved[item]
    sure = np.where(arm == AWAY, moved, chance * under.open[item])
    unsure = np.where(arm == AT_SIDE, sure, moved)
    fold = np.full(len(needle), np.nan) if plans.fold_mm is None else plans.fold_mm[needle]
    stop = _stopped(plans, needle)
    body = np.isinf(under.thick_mm[item])

    def length(p: FloatArray, share: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            deep = spread.depth(p / share)
        deep = np.where(p <= share, deep, np.inf)
        folded = np.where(~body & (deep <= 0.5 * fold), deep, deep + fold)
        deep = np.where(np.isnan(fold), deep, folded)
        return np.where(deep > stop, np.inf, deep)

    planned = np.minimum(plans.planned_mm[needle], stop)
    inside = np.where(body, 0.0, np.minimum(planned, 0.5 * fold))
    past = np.maximum(planned - np.nan_to_num(fold), inside)
    deep = np.where(np.isnan(fold), planned, past)
    p_meet = sure * np.where(planned > 0.0, spread.share(deep), 0.0)
    danger = length(p_at[DANGER], sure)
    # with the arm not spoken of, what it may uncover warns and does not refuse
    caution = length(np.minimum(p_at[CAUTION], p_at[DANGER]), unsure)
    return Met(
        which=needle,
        row=row,
        p_meet=p_meet,
        caution_mm=np.minimum(caution, danger),
        danger_mm=danger,
        weight=p_meet / p_at[CAUTION],
        risk=p_meet * p_at[P2],
        item=item,
        over=chance >= OVER_CHANCE,
    )


#: Chance from which a structure lies under a place rather than near it.
OVER_CHANCE = 0.05


def _lines(
    fields: BodyFields,
    plans: Plans,
    at: IntArray,
    thresholds: FloatArray,
    holds: NDArray[np.int8],
    seen: Seen | None,
) -> Met:
    """Return what needles meet that are followed as lines."""
    if plans.xyz is None or plans.direction is None:
        raise ComputationError("a needle to be followed has no place or direction")
    planned = plans.planned_mm[at]
    ends = np.fmax(np.where(np.isfinite(planned), planned, 0.0), plans.length_mm[at])
    end = float(max(FOLLOWED_MM, np.ceil(ends.max(initial=0.0)) + 2.0))
    lines = follow(fields, plans.xyz[at], plans.direction[at], end)
    arm = np.zeros(len(at), dtype=np.intp) if plans.arm is None else plans.arm[at]
    sure_open = lines.open(fields, arm == AWAY)
    unsure_open = lines.open(fields, arm != AT_SIDE)
    under = fields.under
    flat = np.flatnonzero(~np.isnan(lines.under_mm))
    run, item = under.of(lines.vertex.ravel()[flat])
    cell = flat[run]
    line, step = np.divmod(cell, len(lines.along))
    row = under.row[item].astype(np.intp)
    kept = holds[plans.patient[at[line]], row] != 0
    line, step, item, row, cell = (v[kept] for v in (line, step, item, row, cell))
    pair, which = np.unique(line * len(fields.rows) + row, return_inverse=True)
    needle = at[line]
    spread = _spread(fields, plans, needle, item, seen)
    deep = lines.under_mm.ravel()[cell]
    chance = under.chance[item].astype(float)
    here = chance * spread.share(deep)
    thick = under.thick_mm[item].astype(float)
    course = np.isfinite(thick) & ~spread.unknown
    before = spread.share(np.where(course, deep - thick, 0.0))
    size = np.diff(lines.along, prepend=0.0)[step]
    with np.errstate(invalid="ignore"):
        share = np.clip(here - chance * before, 0.0, 1.0) * size / thick
    here = np.where(course, share, here)
    shape = (len(pair), len(lines.along))
    results = []
    for open_ in (sure_open, unsure_open):
        grid = np.zeros(shape)
        grid[which, step] = here * open_.ravel()[cell]
        adds = np.zeros(len(pair), dtype=bool)
        adds[which] = course
        summed = np.cumsum(grid, axis=1)
        most = np.zeros(len(pair))
        np.maximum.at(most, which, chance)
        summed = np.minimum(summed, most[:, None])
        results.append(
            np.where(adds[:, None], summed, np.maximum.accumulate(grid, axis=1))
        )
    sure, unsure = results
    line_of, row_of = np.divmod(pair, len(fields.rows))
    needle_of = at[line_of]
    p_at = thresholds[:, plans.patient[needle_of], row_of]
    ends = np.minimum(planned[line_of], _stopped(plans, needle_of))
    within = np.searchsorted(lines.along, ends + 1e-9, side="right")
    last = np.clip(within - 1, 0, len(lines.along) - 1)
    p_meet = np.where(within > 0, sure[np.arange(len(pair)), last], 0.0)
    # the item that says most of each structure: at the entry, else where it is likeliest
    best = np.full(len(pair), -1, dtype=np.intp)
    order = np.lexsort((here, which))
    best[which[order]] = item[order]
    own_run, own_item = under.of(plans.vertex[at])
    key = own_run * len(fields.rows) + under.row[own_item]
    place = np.searchsorted(pair, key)
    there = (place < len(pair)) & (pair[np.minimum(place, len(pair) - 1)] == key)
    over = np.zeros(len(pair), dtype=bool)
    best[place[there]] = own_item[there]
    over[place[there]] = under.chance[own_item[there]] >= OVER_CHANCE
    stop = _stopped(plans, needle_of)
    danger = _first(sure, p_at[DANGER], lines.along, stop)
    caution = _first(
        unsure, np.minimum(p_at[CAUTION], p_at[DANGER]), lines.along, stop
    )
    return Met(
        which=needle_of,
        row=row_of,
        p_meet=p_meet,
        caution_mm=np.minimum(caution, danger),
        danger_mm=danger,
        weight=p_meet / p_at[CAUTION],
        risk=p_meet * p_at[P2],
        item=best,
        over=over,
    )


def _first(
    chance: FloatArray, threshold: FloatArray, along: FloatArray, stop: FloatArray
) -> FloatArray:
    """Return the length at which a growing chance first comes to a threshold, (M,)."""
    hit = chance >= threshold[:, None]
    found = np.where(hit.any(axis=1), along[hit.argmax(axis=1)], np.inf)
    # the step before was still short: what lies between counts as reached
    before = np.concatenate([[0.0], along[:-1]])[hit.argmax(axis=1)]
    found = np.where(np.isfinite(found), before + 0.1, np.inf)
    return np.where(found > stop, np.inf, found)


def _joined(parts: list[Met], twice: bool) -> Met:
    """Return parts as one; where a structure was met two ways the graver figures."""
    if not parts:
        none = np.zeros(0)
        whole = none.astype(np.intp)
        return Met(whole, whole, none, none, none, none, none, whole, none.astype(bool))
    met = parts[0] if len(parts) == 1 else Met(
        **{name: np.concatenate([vars(p)[name] for p in parts]) for name in vars(parts[0])}
    )
    if not twice:
        return met
    key = met.which * (int(met.row.max(initial=0)) + 1) + met.row
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == len(key):
        return met
    found = {name: values[first].copy() for name, values in vars(met).items()}
    for name in ("p_meet", "weight", "risk"):
        np.maximum.at(found[name], which, vars(met)[name])
    for name in ("caution_mm", "danger_mm"):
        np.minimum.at(found[name], which, vars(met)[name])
    return Met(**found)
