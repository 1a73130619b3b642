"""The verdict rule: from what needles meet to how much it holds them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.mesh.arrays import FloatArray, IntArray
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from zones.risk.meet import Met, Plans


CAUTION, DANGER = Verdict.CAUTION.rank, Verdict.DANGER.rank
VERDICTS = tuple(Verdict)
#: Greater than every key of a finding: no finding.
NO_KEY = np.int64(2**62)
_WEIGHTS = 2**20 - 1


def reached(at_mm: Any, planned_mm: Any) -> Any:
    """Return whether plans come to a length; a needle not inserted meets nothing.

    Examples
    --------
    >>> bool(reached(9.4, 9.4)), bool(reached(0.0, 0.0))
    (True, False)
    """
    planned = np.asarray(planned_mm, dtype=float)
    return np.isfinite(at_mm) & (planned >= at_mm) & (planned > 0.0)


def ranks(met: Met, plans: Plans) -> IntArray:
    """Return the rank of the verdict of all that needles have to do with, (M,).

    DANGER from the length at which the risk refuses, CAUTION from that at which it
    warns; and CAUTION where the needle is long enough to be pushed into DANGER.
    """
    planned = plans.planned_mm[met.which]
    length = plans.length_mm[met.which]
    found = np.zeros(len(met.which), dtype=np.intp)
    warned = reached(met.caution_mm, planned)
    warned |= reached(met.danger_mm, np.where(np.isnan(length), 0.0, length))
    found[warned] = CAUTION
    found[reached(met.danger_mm, planned)] = DANGER
    return found


def limits(met: Met, count: int) -> FloatArray:
    """Return the length at which each needle is first refused, (N,); inf for never."""
    found = np.full(count, np.inf)
    np.minimum.at(found, met.which, met.danger_mm)
    return found


def finding_key(rank: Any, unknown: Any, weight: Any, order: Any) -> Any:
    """Return whole numbers that sort findings: the gravest least.

    By verdict, then known before unknown, then by how far past the chance that warns,
    then by id.

    Parameters
    ----------
    rank : (N,) int
        Rank of the finding's verdict.
    unknown : (N,) bool
        Whether it stands because a fact was not asked.
    weight : (N,) float64
        As `zones.risk.meet.Met.weight`; 0 for a finding without one.
    order : (N,) int
        Place of the finding's id among all ids in alphabetical order.

    Examples
    --------
    >>> bool(finding_key(3, False, 2.0, 5) < finding_key(1, False, 9.0, 1))
    True
    >>> bool(finding_key(1, False, 9.0, 5) < finding_key(1, False, 2.0, 1))
    True
    """
    heavy = np.log(np.maximum(np.asarray(weight, dtype=float), 1e-12)) + 30.0
    light = _WEIGHTS - np.clip(heavy * 15_000.0, 0, _WEIGHTS - 1).astype(np.int64)
    grave = np.int64(len(VERDICTS)) - np.asarray(rank, dtype=np.int64)
    first = (grave << 1) | np.asarray(unknown, dtype=np.int64)
    return (((first << 20) | light) << 14) | np.asarray(order, dtype=np.int64)


def key_parts(key: Any) -> tuple[Any, Any]:
    """Return rank and id's place of keys made by `finding_key`."""
    return len(VERDICTS) - (key >> 35), key & (2**14 - 1)
