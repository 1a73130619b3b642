"""Where people have a structure, for one patient: what pictures draw.

The same distributions as `zones.risk.meet` reckons with. A needle meets a structure
behind bone only past that bone; a picture shows it behind the bone all the same:

    P(depth) = chance that it lies there  x  (a F + (1 - a) min(F, G)),

a being the share of needles that miss all bone in front, F the distribution of the
structure's depth and G that of the bone's. No needle meets it with a greater chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.mesh.arrays import FloatArray, IntArray
from zones.risk.body_build import PER, build_of
from zones.risk.meet import Plans, Spread, spread_of

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen


#: A patient's figures that depths depend on (`body_build.PER`); None is not known.
Build = tuple[float | None, float | None, float | None, float | None]
NO_BUILD: Build = (None, None, None, None)


def build_key(facts: Mapping[str, Any]) -> Build:
    """Return the figures of a patient that depths depend on, as a value to look up by.

    Examples
    --------
    >>> build_key({"bmi": 21, "pregnant": True})
    (21.0, None, None, None)
    """
    bmi, age, weight, male = (
        None if math.isnan(value) else value for value in build_of(facts).tolist()
    )
    return (bmi, age, weight, male)


@dataclass(frozen=True, eq=False)
class Presence:
    """Where people like a patient have M structures.

    Attributes
    ----------
    spread : Spread
        Their depths.
    clear, covered : (M,) float64
        Chance that it lies there with no bone in front, and with bone in front.
    thick_mm : (M,) float64
        Thickness; inf for what fills the body behind it.
    """

    spread: Spread
    clear: FloatArray
    covered: FloatArray
    thick_mm: FloatArray

    @property
    def chance(self) -> FloatArray:
        """Chance that each lies there at all, (M,)."""
        return self.clear + self.covered

    def share(self, depth_mm: FloatArray) -> FloatArray:
        """Return which share of people has it from that depth on or up to it.

        The lesser of the two: in how many its near side lies no deeper than the place,
        and in how many its far side lies no less deep.
        """
        near = self.spread.met(depth_mm, self.clear, self.covered)
        ends = np.isfinite(self.thick_mm) & ~self.spread.anyhow
        past = np.where(ends, depth_mm - np.where(ends, self.thick_mm, 0.0), 0.0)
        far = self.chance * (1.0 - self.spread.share(past))
        return np.where((depth_mm > 0.0) & ends, np.minimum(near, far), near)

    def far(self, share: float) -> FloatArray:
        """Return up to which depth a share of people has it, (M,) mm; inf without end.

        Never less deep than its near side in the same share.
        """
        least = np.minimum(share / np.maximum(self.chance, 1e-12), 1.0)
        deep = self.thick_mm + self.spread.depth(1.0 - least)
        return np.maximum(deep, self.depth(share))

    def depth(self, share: float) -> FloatArray:
        """Return the depth by which a share of people has it, (M,) mm, or inf."""
        wanted = np.full(len(self.clear), share)
        return self.spread.depth_at(wanted, self.clear, self.covered)


def presence_of(
    fields: BodyFields,
    item: IntArray,
    build: Build = NO_BUILD,
    *,
    seen: Seen | None = None,
    arm_away: bool = False,
) -> Presence:
    """Return where people like a patient have items of ``fields.under``.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    item : (M,) int
        Which items.
    build : tuple
        The patient's figures, from `build_key`.
    seen : Seen, optional
        Depths measured in this patient.
    arm_away : bool
        Whether the bones that move with the arm are out of the way.

    Examples
    --------
    >>> from zones.fields.loading import body_fields
    >>> fields = body_fields("male")
    >>> lung = [r.zone.id for r in fields.rows].index("pleura")
    >>> people = presence_of(fields, fields.items_of(lung))
    >>> bool((people.share(people.depth(0.5) + 5.0) <= people.chance + 1e-9).all())
    True
    """
    under = fields.under
    one = np.array([[math.nan if v is None else v for v in build]])
    nothing = np.full(1, np.nan)
    plans = Plans(
        vertex=np.zeros(1, dtype=np.intp),
        depth_mm=nothing,
        length_mm=nothing,
        patient=np.zeros(1, dtype=np.intp),
        build=one.reshape(1, len(PER)),
    )
    none, away = np.zeros(len(item), dtype=np.intp), np.full(len(item), arm_away)
    spread = spread_of(fields, plans, none, item, seen).where(away)
    chance = under.chance[item].astype(float)
    misses = under.clear_moved if arm_away else under.clear
    clear = chance * np.clip(misses[item].astype(float), 0.0, 1.0)
    return Presence(spread, clear, chance - clear, under.thick_mm[item].astype(float))
