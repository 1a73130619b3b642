"""P1: the chance that needles meet structures, and how long a needle must be for it.

For all needles at once. One that stands upright meets what lies under its own entry;
any other is followed as a line, and at each step the nearest skin and the depth under
it decide. Either way a needle meets a structure with

    P1 = chance that it lies there  x  (a F + b min(F, G)),

F being the lognormal distribution of its depth in this patient, a the share of needles
that miss all bone in front, b the share that meets bone and finds a gap in it, and G
the distribution of that bone's depth: a needle through a gap must first come so far.
What a structure of some thickness is met with by a needle that crosses it aslant is the
length of needle expected in it over its thickness.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zones.fields.rays import LEAN_DEG
from zones.risk.plans import (
    AT_SIDE,
    AWAY,
    NOT_SAID,
    ComputationError,
    Met,
    Plans,
    after_each_other,
    joined,
    longest_of,
    nothing,
)
from zones.risk.slanted import followed
from zones.risk.spread import Spread, spread_of
from zones.risk.terms import together
from zones.risk.upright import far_side, under_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen
    from zones.risk.terms import Terms

__all__ = [
    "AT_SIDE", "AWAY", "NOT_SAID", "ComputationError", "Met", "Plans", "Spread",
    "meet", "spread_of",
]  # fmt: skip

#: Needles up to this far from the skin's normal stand upright, degrees: no more than
#: the figures of a vector are rounded by.
UPRIGHT_WITHIN_DEG = 1e-3
#: Needles that fail are looked for among others by so many tries; then those that were
#: not told apart from them count as failed too.
MOST_TRIES = 200

_LOG = logging.getLogger(__name__)


def meet(
    fields: BodyFields,
    plans: Plans,
    terms: Sequence[Terms],
    *,
    seen: Seen | None = None,
    end_mm: float = 0.0,
    warns: bool = True,
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
    warns : bool
        Whether it is asked from which length they warn. If not, ``caution_mm`` of those
        that are followed as lines is that of ``danger_mm``, found in less time.

    Notes
    -----
    A needle that cannot be worked out is told in ``failed``, whoever asks.
    """
    try:
        return _meet(fields, plans, terms, seen, end_mm, warns)
    except Exception:
        _LOG.exception("what needles meet could not be worked out")

    left = MOST_TRIES

    def apart(some: Plans) -> Met:
        """Return the same, halved until only those fail that have to."""
        nonlocal left
        try:
            return _meet(fields, some, terms, seen, end_mm, warns)
        except Exception:  # told above, and in what is returned
            left -= 1
        if len(some) == 1 or left <= 0:
            return nothing(len(some), failed=True)
        halves = np.array_split(np.arange(len(some)), 2)
        return after_each_other([apart(some.some(at)) for at in halves])

    return apart(plans)


def _meet(
    fields: BodyFields,
    plans: Plans,
    terms: Sequence[Terms],
    seen: Seen | None,
    end_mm: float,
    warns: bool,
) -> Met:
    """Return what needles meet; raises where one of them cannot be worked out."""
    terms = tuple(terms)
    thresholds, holds = together(terms)
    upright = np.ones(len(plans), dtype=bool)
    nearly = np.zeros(len(plans), dtype=bool)
    if plans.tilt_deg is not None:
        upright = plans.tilt_deg <= UPRIGHT_WITHIN_DEG
        # leant no more than a hand errs: the graver of the line and of upright
        nearly = ~upright & (plans.tilt_deg <= LEAN_DEG)
    if plans.fold_mm is not None:
        upright |= ~np.isnan(plans.fold_mm)  # in a fold the needle's own way counts
    parts = []
    at = np.flatnonzero(upright | nearly)
    if len(at):
        parts.append(under_entry(fields, plans, at, terms, seen))
    slanted = np.flatnonzero(~upright)
    parts += followed(
        fields, plans, slanted, thresholds, holds, seen, end_mm, warns=warns
    )
    longest = longest_of(plans)
    if plans.fold_mm is not None:
        # past a fold the limit may lie beyond the middle of a limb, however long the
        # needle is
        longest = np.where(
            ~np.isnan(plans.fold_mm) & np.isinf(plans.planned_mm), np.inf, longest
        )
    deep = np.flatnonzero(upright & (longest > fields.floor.middle_mm[plans.vertex]))
    if len(deep):
        parts.append(far_side(fields, plans, deep, terms, seen))
    met = joined(parts, twice=bool(len(deep)) or bool(nearly.any()))
    failed = np.zeros(len(plans), dtype=bool)
    wrong = np.isnan(met.p_meet) | np.isnan(met.caution_mm) | np.isnan(met.danger_mm)
    if wrong.any():
        failed[met.which[wrong]] = True
        met = met.take(~wrong)
    return replace(met, failed=failed)
