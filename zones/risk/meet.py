"""P1: the chance that needles meet structures, and how long a needle must be for it.

For all needles at once. One that stands upright meets what lies under its own entry;
any other is followed as a line, and at each step the nearest skin and the depth under
it decide. Either way a needle meets a structure with

    P1 = chance that it lies there  x  (a F + b min(F, G)),

F being the lognormal distribution of its depth in this patient, a the share of needles
that miss all bone in front, b the share that meets bone and finds a gap in it, and G
the distribution of that bone's depth: a needle through a gap must first come so far.
What a structure of
some thickness is met with by a needle that crosses it aslant is the length of needle
expected in it over its thickness.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from zones.floor import along, floor_at
from zones.risk.build import shift_of
from zones.risk.lines import STEP_MM, follow
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
#: For a limit needles are followed so far, mm, where nothing is mapped that ends it.
FOLLOWED_MM = 80.0
#: Lines followed together, and from how many on they go from cell to cell.
AT_ONCE, MANY = 2048, 20_000
#: Position of the arm, with which some bones move.
AT_SIDE, AWAY, NOT_SAID = 0, 1, 2


class ComputationError(ArithmeticError):
    """Raised when a figure that must be a number is not."""


#: Needles that fail are looked for among others by so many tries; then those that were
#: not told apart from them count as failed too.
MOST_TRIES = 200

_LOG = logging.getLogger(__name__)
_NONE = np.zeros(0, dtype=bool)


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

    def __len__(self) -> int:
        return len(self.vertex)

    @property
    def planned_mm(self) -> FloatArray:
        """Depth reckoned with: as planned, else the length, else endless, (N,)."""
        told = np.where(np.isnan(self.depth_mm), self.length_mm, self.depth_mm)
        return np.where(np.isnan(told), np.inf, told)

    def some(self, at: IntArray) -> Plans:
        """Return some of the plans."""
        return Plans(**{n: None if v is None else v[at] for n, v in vars(self).items()})

    def repeated(self, vertices: IntArray) -> Plans:
        """Return the first plan upright at many vertices, (K,)."""
        return self._first_as(len(vertices), vertex=vertices)

    def leant(self, directions: FloatArray) -> Plans:
        """Return the first plan in many directions, (D, 3), each followed as a line."""
        many = len(directions)
        xyz = None if self.xyz is None else np.repeat(self.xyz[:1], many, axis=0)
        return self._first_as(
            many, xyz=xyz, direction=directions, tilt_deg=np.full(many, 90.0)
        )

    def _first_as(self, count: int, **other: Any) -> Plans:
        """Return the first plan so many times, with some arrays of their own."""
        kept = ("vertex", "depth_mm", "length_mm", "patient", "build", "stop_mm", "arm")
        same = {
            name: np.repeat(values[:1], count, axis=0)
            for name in (*kept, "fold_mm")
            if (values := getattr(self, name)) is not None
        }
        if "direction" in other:
            same.pop("fold_mm", None)  # a needle in a fold has no lean
        return Plans(**{**same, **other})


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
    failed : (N,) bool
        Needles for which a figure came out as no number, or could not be worked out.
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
    failed: BoolArray

    def take(self, at: IntArray | BoolArray) -> Met:
        """Return some of them."""
        found = {name: values[at] for name, values in vars(self).items()
                 if name != "failed"}  # fmt: skip
        return Met(**found, failed=self.failed)


@dataclass(frozen=True, eq=False)
class Spread:
    """The distribution of M depths for their patients, and what lies in front.

    Attributes
    ----------
    mu, sigma, shift : (M,) float64
        Of the logarithm of the depth; what build adds, mm.
    anyhow : (M,) bool
        Whether no depth can be relied on: any needle counts as reaching it.
    bone_mu, bone_sd : (M,) float64
        Of the logarithm of the depth of bone there; NaN for none.
    """

    mu: FloatArray
    sigma: FloatArray
    shift: FloatArray
    anyhow: BoolArray
    bone_mu: FloatArray
    bone_sd: FloatArray

    def share(self, depth_mm: FloatArray) -> FloatArray:
        """Return the share of people in whom a depth reaches the structure."""
        thin = (self.shift < 0.0) & (depth_mm < THIN_FLOOR_MM)
        deep = depth_mm - np.where(thin, 0.0, self.shift)
        found = _normal(deep, self.mu, self.sigma)
        return np.where(self.anyhow, (depth_mm > 0.0).astype(float), found)

    def depth(self, share: FloatArray) -> FloatArray:
        """Return the depth that reaches it in a share of people, mm; inf for never."""
        deep = _quantile(share, self.mu, self.sigma)
        lowest = np.minimum(deep, np.where(self.shift < 0.0, THIN_FLOOR_MM, deep))
        deep = np.maximum(deep + self.shift, lowest)
        return np.where(share <= 1.0, np.where(self.anyhow, 0.0, deep), np.inf)

    def bone_share(self, depth_mm: FloatArray) -> FloatArray:
        """Return the share of people whose bone a depth reaches; 1 where there is none."""
        found = _normal(
            depth_mm - np.minimum(self.shift, 0.0), self.bone_mu, self.bone_sd
        )
        return np.where(np.isnan(self.bone_mu), 1.0, found)

    def bone_depth(self, share: FloatArray) -> FloatArray:
        """Return the depth that reaches bone in a share of people, mm."""
        deep = _quantile(share, self.bone_mu, self.bone_sd)
        deep = np.maximum(deep + np.minimum(self.shift, 0.0), 0.0)
        deep = np.where(np.isnan(self.bone_mu), 0.0, deep)
        return np.where(share <= 1.0, deep, np.inf)

    def met(
        self, depth_mm: FloatArray, clear: FloatArray, gap: FloatArray
    ) -> FloatArray:
        """Return the chance that needles so deep meet it where it lies, (M,)."""
        reach = self.share(depth_mm)
        return clear * reach + gap * np.minimum(reach, self.bone_share(depth_mm))

    def depth_at(self, p: FloatArray, clear: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the depth from which that chance is at least p, mm; inf for never.

        Never deeper than it is, and less by no more than a tenth of a millimetre or so.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            high = self._either(p / clear, p / gap)
            mixed = np.flatnonzero((clear > 0.0) & (gap > 0.0) & (p <= clear + gap))
        if not len(mixed):
            return high
        one = Spread(**{name: values[mixed] for name, values in vars(self).items()})
        p, clear, gap = p[mixed], clear[mixed], gap[mixed]
        low = one._either(0.5 * p / clear, 0.5 * p / gap)
        upper = np.minimum(high[mixed], DEEPEST_MM)
        low = np.minimum(low, upper)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + upper)
            short = one.met(middle, clear, gap) < p
            low, upper = np.where(short, middle, low), np.where(short, upper, middle)
        high[mixed] = low
        return high

    def _either(self, clear: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the lesser depth of the way past bone and the way through it."""
        through = np.maximum(self.depth(gap), self.bone_depth(gap))
        return np.minimum(self.depth(clear), through)


#: Depth past which nothing is looked at, mm, and how often an interval is halved.
DEEPEST_MM, HALVINGS = 400.0, 11


def _normal(deep: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the share of a lognormal distribution below depths; 0 at none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ndtr((np.log(np.maximum(deep, 0.0)) - mu) / sigma)
    return np.where(deep > 0.0, found, 0.0)


def _quantile(share: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the quantile of a lognormal distribution, mm; inf past all."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(mu + sigma * ndtri(np.minimum(share, 1.0))))


def meet(
    fields: BodyFields,
    plans: Plans,
    terms: Sequence[Terms],
    *,
    seen: Seen | None = None,
    end_mm: float = 0.0,
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
    end_mm : float
        How far lines are followed at most, mm; as far as anything is asked of them when
        it is 0.

    Notes
    -----
    A needle that can not be worked out is told in ``failed``, whoever asks.
    """
    try:
        return _meet(fields, plans, terms, seen, end_mm)
    except Exception:
        _LOG.exception("what needles meet could not be worked out")

    left = MOST_TRIES

    def apart(some: Plans) -> Met:
        """Return the same, halved until only those fail that have to."""
        nonlocal left
        try:
            return _meet(fields, some, terms, seen, end_mm)
        except Exception:  # told above, and in what is returned
            left -= 1
        if len(some) == 1 or left <= 0:
            return _nothing(len(some), failed=True)
        halves = np.array_split(np.arange(len(some)), 2)
        return _after_each_other([apart(some.some(at)) for at in halves])

    return apart(plans)


def _meet(
    fields: BodyFields,
    plans: Plans,
    terms: Sequence[Terms],
    seen: Seen | None,
    end_mm: float,
) -> Met:
    """Return what needles meet; raises where one of them can not be worked out."""
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
    parts += _followed(
        fields, plans, np.flatnonzero(~upright), thresholds, holds, seen, end_mm
    )
    deep = np.flatnonzero(
        upright & (longest_of(plans) > fields.floor.middle_mm[plans.vertex])
    )
    if len(deep):
        parts.append(_far_side(fields, plans, deep, thresholds, holds, seen))
    met = _joined(parts, twice=bool(len(deep)))
    figures = np.stack([met.p_meet, met.caution_mm, met.danger_mm])
    wrong = np.isnan(figures).any(axis=0)
    failed = np.zeros(len(plans), dtype=bool)
    failed[met.which[wrong]] = True
    return replace(met.take(~wrong), failed=failed)


def _followed(
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


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, 0.0)


def longest_of(plans: Plans) -> FloatArray:
    """Return how far needles go or could be pushed, (N,) mm; 0 when neither is told."""
    return np.fmax(_finite(plans.planned_mm), np.nan_to_num(plans.length_mm))


def spread_of(
    fields: BodyFields,
    plans: Plans,
    needle: IntArray,
    item: IntArray,
    seen: Seen | None,
) -> Spread:
    """Return the distributions of items for the patients of needles."""
    under, floor = fields.under, fields.floor
    row = under.row[item].astype(np.intp)
    vertex = under.vertex[item]
    mu, sigma = under.mu[item].astype(float), under.sigma[item].astype(float)
    shift, warned = shift_of(fields, row, plans.build[needle])
    bone_mu = floor.bone_log[vertex].astype(float)
    if seen is not None:
        usual = mu
        mu, sigma, shift = seen.updated(fields, item, mu, sigma, shift)
        # bone in front of what was seen lies no deeper than that
        bone_mu = np.where(mu != usual, np.minimum(bone_mu, mu), bone_mu)
    return Spread(
        mu=mu,
        sigma=sigma,
        shift=shift,
        anyhow=warned | np.isnan(mu),
        bone_mu=bone_mu,
        bone_sd=floor.bone_sd[vertex].astype(float),
    )


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
    spread = spread_of(fields, plans, needle, item, seen)
    chance = under.chance[item].astype(float)
    p_at = thresholds[:, plans.patient[needle], row]
    arm = np.zeros(len(needle), dtype=np.intp)
    if plans.arm is not None:
        arm = plans.arm[needle]
    sure, unsure = _ways_past(fields, item, chance, arm)
    fold = np.full(len(needle), np.nan)
    if plans.fold_mm is not None:
        fold = plans.fold_mm[needle]
    stop = _stopped(plans, needle)
    body = np.isinf(under.thick_mm[item])

    def length(p: FloatArray, way: tuple[FloatArray, FloatArray]) -> FloatArray:
        deep = spread.depth_at(p, *way)
        folded = np.where(~body & (deep <= 0.5 * fold), deep, deep + fold)
        deep = np.where(np.isnan(fold), deep, folded)
        return np.where(deep > stop, np.inf, deep)

    planned = np.minimum(plans.planned_mm[needle], stop)
    inside = np.where(body, 0.0, np.minimum(planned, 0.5 * fold))
    past = np.maximum(planned - np.nan_to_num(fold), inside)
    deep = np.where(np.isnan(fold), planned, past)
    p_meet = np.where(planned > 0.0, spread.met(deep, *sure), 0.0)
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
        failed=_NONE,
    )


def _ways_past(
    fields: BodyFields, item: IntArray, chance: FloatArray, arm: IntArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Return the chances to pass beside bone and through it, (M,) each, two ways.

    As the arm is said to be, and as it may be where that was not said.
    """
    under = fields.under
    side = (chance * under.clear[item], chance * under.through[item])
    away = (chance * under.clear_moved[item], chance * under.through_moved[item])
    sure = tuple(np.where(arm == AWAY, b, a) for a, b in zip(side, away, strict=True))
    unsure = tuple(
        np.where(arm == AT_SIDE, a, b) for a, b in zip(side, away, strict=True)
    )
    return (sure[0], sure[1]), (unsure[0], unsure[1])


def _far_side(
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
    run, item = under.of(floor.far[plans.vertex[at]])
    needle, row = at[run], under.row[item].astype(np.intp)
    kept = holds[plans.patient[needle], row] != 0
    needle, item, row = needle[kept], item[kept], row[kept]
    spread = spread_of(fields, plans, needle, item, seen)
    vertex = plans.vertex[needle]
    middle = floor.middle_mm[vertex].astype(float)
    # what is left of the limb when the back of the structure lies as deep as its front
    left = 2.0 * middle - under.thick_mm[item]
    anyhow = spread.anyhow | np.isinf(left)
    left = np.where(anyhow, 0.0, left)
    chance = under.chance[item] * (1.0 - floor.stop[vertex])
    p_at = thresholds[:, plans.patient[needle], row]
    stop = _stopped(plans, needle)

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
        weight=p_meet / p_at[CAUTION],
        risk=p_meet * p_at[P2],
        item=item,
        over=np.zeros(len(needle), dtype=bool),
        failed=_NONE,
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
    ends: FloatArray,
    by_cells: bool,
) -> Met:
    """Return what needles meet that are followed as lines, each to its own end."""
    if plans.xyz is None or plans.direction is None:
        raise ComputationError("a needle to be followed has no place or direction")
    planned = plans.planned_mm[at]
    # past its end each line has one step more, of those far from the skin
    own = np.ceil(ends) + 2.0 * STEP_MM
    way = plans.direction[at]
    lines = follow(
        fields,
        plans.xyz[at],
        way,
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
    results = []
    here = np.zeros(len(cell))
    ways = _ways_past(fields, item, chance, arm[line])
    floor = fields.floor
    still = all(np.array_equal(a, b) for a, b in zip(*ways, strict=True))
    still &= np.array_equal(floor.stop[lines.vertex], floor.stop_fixed[lines.vertex])
    for way, away in zip(ways, (arm == AWAY, arm != AT_SIDE), strict=True):
        if results and still:
            results.append(results[0])  # no bone here moves with the arm
            break
        open_, slipped = (v.ravel()[cell] for v in lines.open(fields, away))

        def met(depth: FloatArray, way: Any = way, past: Any = (open_, slipped)) -> Any:
            free = chance * spread.share(depth)
            return np.where(
                past[1], free, np.minimum(spread.met(depth, *way), free * past[0])
            )

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
    stop = _stopped(plans, needle_of)
    tips = np.minimum(planned[line_of], stop)
    # the step that the tip has come to or is about to
    last = np.searchsorted(lines.along, tips - 1e-9, side="left")
    last = np.minimum(last, len(lines.along) - 1)
    p_meet = np.where(tips > 0.0, sure[np.arange(len(pair)), last], 0.0)
    # the item that says most of each structure: at the entry, else where it is likeliest
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
        failed=_NONE,
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


def _nothing(count: int, *, failed: bool = False) -> Met:
    """Return that so many needles meet nothing, or that they failed."""
    none = np.zeros(0)
    whole = none.astype(np.intp)
    return Met(
        whole, whole, none, none, none, none, none, whole, none.astype(bool),
        np.full(count, failed),
    )  # fmt: skip


def _after_each_other(parts: list[Met]) -> Met:
    """Return what several lots of needles meet as that of one, in their order."""
    start = np.cumsum([0, *(len(part.failed) for part in parts)])
    moved = [
        replace(part, which=part.which + begin)
        for part, begin in zip(parts, start, strict=False)
    ]
    return Met(
        **{
            name: np.concatenate([vars(p)[name] for p in moved])
            for name in vars(moved[0])
        }
    )


def _joined(parts: list[Met], *, twice: bool) -> Met:
    """Return parts as one; where a structure was met two ways the graver figures."""
    if not parts:
        return _nothing(0)
    met = parts[0]
    if len(parts) > 1:
        met = Met(
            **{n: np.concatenate([vars(p)[n] for p in parts]) for n in vars(parts[0])}
        )
    if not twice:
        return met
    key = met.which * (int(met.row.max(initial=0)) + 1) + met.row
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if len(first) == len(key):
        return met
    found = {
        name: values[first].copy()
        for name, values in vars(met).items()
        if name != "failed"
    }
    for name in ("p_meet", "weight", "risk"):
        np.maximum.at(found[name], which, vars(met)[name])
    for name in ("caution_mm", "danger_mm"):
        np.minimum.at(found[name], which, vars(met)[name])
    return Met(**found, failed=met.failed)
