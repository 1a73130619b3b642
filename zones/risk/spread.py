"""How deep structures lie in patients, and what bone in front does to a needle."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from anatomy.mesh.arrays import BoolArray, FloatArray, IntArray
from zones.fields.bones import behind_mm
from zones.knowledge.structures.zone_models import THIN_FLOOR_MM
from zones.risk.body_build import hanging_rows, shift_of
from zones.risk.plans import Plans

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen

Pair = tuple[FloatArray, FloatArray]


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
    behind_mm, moved_mm : (M,) float64
        How far behind that what lies behind bone begins at least: as bones lie, and
        where those that move with the arm are away.
    """

    mu: FloatArray
    sigma: FloatArray
    shift: FloatArray
    anyhow: BoolArray
    bone_mu: FloatArray
    bone_sd: FloatArray
    behind_mm: FloatArray
    moved_mm: FloatArray

    def some(self, at: IntArray | BoolArray) -> Spread:
        """Return some of the distributions."""
        return Spread(**{name: values[at] for name, values in vars(self).items()})

    def where(self, away: BoolArray) -> Spread:
        """Return the same where bones that move with the arm are away, (M,)."""
        if not away.any():
            return self
        return replace(self, behind_mm=np.where(away, self.moved_mm, self.behind_mm))

    def then(self, other: Spread) -> Spread:
        """Return these distributions and others after them."""
        return Spread(
            **{
                name: np.concatenate([values, getattr(other, name)])
                for name, values in vars(self).items()
            }
        )

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
        """Return the share of people who have a depth behind bone; 1 where none is."""
        deep = depth_mm - self.behind_mm - np.minimum(self.shift, 0.0)
        found = _normal(deep, self.bone_mu, self.bone_sd)
        return np.where(np.isnan(self.bone_mu), 1.0, found)

    def bone_depth(self, share: FloatArray) -> FloatArray:
        """Return the depth that lies behind bone in a share of people, mm."""
        deep = _quantile(share, self.bone_mu, self.bone_sd) + self.behind_mm
        deep = np.maximum(deep + np.minimum(self.shift, 0.0), 0.0)
        deep = np.where(np.isnan(self.bone_mu), 0.0, deep)
        return np.where(share <= 1.0, deep, np.inf)

    def met(
        self,
        depth_mm: FloatArray,
        clear: FloatArray,
        gap: FloatArray,
        reach: FloatArray | None = None,
    ) -> FloatArray:
        """Return the chance that needles so deep meet it where it lies, (M,).

        ``reach`` is `share` of the depths where that is known already.
        """
        reach = self.share(depth_mm) if reach is None else reach
        found = clear * reach
        at = np.flatnonzero(gap)  # only those bone bears on
        if len(at) == len(gap):
            found += gap * np.minimum(reach, self.bone_share(depth_mm))
        elif len(at):
            bone = self.some(at).bone_share(depth_mm[at])
            found[at] += gap[at] * np.minimum(reach[at], bone)
        return found

    def depth_at(self, p: FloatArray, clear: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the depth from which that chance is at least p, mm; inf for never.

        Nothing is looked at past `DEEPEST_MM`. Never deeper than it is, and less by no
        more than a tenth of a millimetre or so.
        """
        with np.errstate(all="ignore"):
            high = self._either(p / clear, p / gap)
            mixed = np.flatnonzero((clear > 0.0) & (gap > 0.0) & (p <= clear + gap))
        if not len(mixed):
            return high
        one = self.some(mixed)
        p, clear, gap = p[mixed], clear[mixed], gap[mixed]
        with np.errstate(all="ignore"):
            low = one._either(0.5 * p / clear, 0.5 * p / gap)
        upper = np.minimum(high[mixed], DEEPEST_MM)
        low = np.minimum(low, upper)
        # where no depth can be relied on any needle counts, one not put in does not
        never = one.met(upper + 1e-6, clear, gap) < p * (1.0 - 1e-9)
        # each to its own end, so that no other bears on it
        found, at = low.copy(), np.arange(len(low))
        while (wide := upper - low > NEAR_MM).any():
            if 2 * np.count_nonzero(wide) <= len(wide):  # leave those that are found
                found[at] = low
                at, low, upper = at[wide], low[wide], upper[wide]
                one, p, clear, gap = one.some(wide), p[wide], clear[wide], gap[wide]
                wide = wide[wide]
            middle = 0.5 * (low + upper)
            short = one.met(middle, clear, gap) < p
            low = np.where(wide & short, middle, low)
            upper = np.where(wide & ~short, middle, upper)
        found[at] = low
        high[mixed] = np.where(never, np.inf, found)
        return high

    def _either(self, clear: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the lesser depth of the way past bone and the way through it."""
        through = np.maximum(self.depth(gap), self.bone_depth(gap))
        return np.minimum(self.depth(clear), through)


#: Depth past which nothing is looked at, and to what a depth is found, mm.
DEEPEST_MM, NEAR_MM = 400.0, 0.1


def _normal(deep: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the share of a lognormal distribution below depths; 0 at none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ndtr((np.log(np.maximum(deep, 0.0)) - mu) / sigma)
    return np.where(deep > 0.0, found, 0.0)


def _quantile(share: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the quantile of a lognormal distribution, mm; inf past all."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(mu + sigma * ndtri(np.minimum(share, 1.0))))


def spread_of(
    fields: BodyFields,
    plans: Plans,
    needle: IntArray,
    item: IntArray,
    seen: Seen | None,
) -> Spread:
    """Return the distributions of items for the patients of needles."""
    under, floor = fields.under, fields.floor
    row, vertex = under.row.take(item), under.vertex.take(item)
    mu, sigma = (v.take(item).astype(float) for v in (under.mu, under.sigma))
    shift, warned = np.zeros(len(item)), np.zeros(len(item), dtype=bool)
    at = np.flatnonzero(hanging_rows(fields).take(row))
    shift[at], warned[at] = shift_of(fields, row[at], plans.build[needle[at]])
    bone_mu = floor.bone_log.take(vertex).astype(float)
    behind = behind_mm(fields.body).take(floor.bone.take(vertex), axis=1)
    behind = np.where(behind_bone(fields).take(row), behind, 0.0)
    if seen is not None:
        usual = mu
        mu, sigma, shift = seen.updated(fields, needle, item, mu, sigma, shift)
        # bone in front of what was seen lies no deeper than that
        own = mu != usual
        bone_mu = np.where(own, np.minimum(bone_mu, mu), bone_mu)
        behind = np.where(own, 0.0, behind)
    return Spread(
        mu=mu,
        sigma=sigma,
        shift=shift,
        anyhow=warned | np.isnan(mu),
        bone_mu=bone_mu,
        bone_sd=floor.bone_sd.take(vertex).astype(float),
        behind_mm=behind[0],
        moved_mm=behind[1],
    )


@functools.lru_cache(maxsize=8)
def behind_bone(fields: BodyFields) -> BoolArray:
    """Return which rows lie behind bone wherever there is one, (R,)."""
    return np.array([row.zone.bones == "in front" for row in fields.rows], dtype=bool)


def ways_past(
    fields: BodyFields, item: IntArray, chance: FloatArray, moved: BoolArray
) -> Pair:
    """Return the chances to pass beside bone and through it, (M,) each.

    Where ``moved``, (M,), the bones that move with the arm are away.
    """
    under = fields.under
    clear, through = under.clear.take(item), under.through.take(item)
    if moved.any():
        clear = np.where(moved, under.clear_moved.take(item), clear)
        through = np.where(moved, under.through_moved.take(item), through)
    return chance * clear, chance * through
