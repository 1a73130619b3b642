"""Findings as whole numbers that sort as findings do, for answers to many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zones.models import Verdict

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
KeyArray = NDArray[np.int64]

RANK = {verdict.value: verdict.rank for verdict in Verdict}
VERDICTS = tuple(verdict.value for verdict in Verdict)
#: Greater than every key of a finding: no finding.
NO_KEY = np.int64(2**62)
_FAR = 2**20 - 1


def finding_key(rank: Any, unknown: Any, reached_mm: Any, order: Any) -> Any:
    """Return whole numbers that sort as `zones.engine.sort_findings` sorts.

    Parameters
    ----------
    rank : (N,) int
        Rank of the finding's verdict.
    unknown : (N,) bool
        Whether it stands because a fact was not asked.
    reached_mm : (N,) float64
        Where it is met, mm; inf for a finding without such a place.
    order : (N,) int
        Place of the finding's id among all ids in alphabetical order.

    Returns
    -------
    (N,) int64
        Less is graver.

    Examples
    --------
    >>> bool(finding_key(3, False, 9.4, 5) < finding_key(1, False, 2.0, 1))
    True
    """
    far = ~np.isfinite(reached_mm)
    tenths = np.floor(np.where(far, 0.0, reached_mm) * 10.0 + 1e-6)
    tenths = np.where(far, _FAR, np.minimum(tenths, _FAR - 1)).astype(np.int64)
    grave = np.int64(len(VERDICTS)) - np.asarray(rank, dtype=np.int64)
    first = (grave << 1) | np.asarray(unknown, dtype=np.int64)
    return (((first << 20) | tenths) << 14) | np.asarray(order, dtype=np.int64)


def key_parts(key: Any) -> tuple[Any, Any]:
    """Return rank and id's place of keys made by `finding_key`."""
    return len(VERDICTS) - (key >> 35), key & (2**14 - 1)


@dataclass(eq=False)
class Outcome:
    """What the zones say about N needles.

    Attributes
    ----------
    key : (N,) int64
        Key of the gravest finding; `NO_KEY` for none.
    known_rank : (N,) int
        Rank of the gravest finding that no missing answer stands behind.
    limit_mm : (N,) float64
        Length of needle at which the first critical structure is met; inf for none.
    any_finding, corrected, asks : (N,) bool
        Whether there is a finding, one that build bears on, one that asks a fact.
    """

    key: KeyArray
    known_rank: IntArray
    limit_mm: FloatArray
    any_finding: BoolArray
    corrected: BoolArray
    asks: BoolArray

    @classmethod
    def nothing(cls, count: int) -> Outcome:
        """Return the outcome of needles that meet nothing."""
        return cls(
            key=np.full(count, NO_KEY),
            known_rank=np.zeros(count, dtype=np.intp),
            limit_mm=np.full(count, np.inf),
            any_finding=np.zeros(count, dtype=bool),
            corrected=np.zeros(count, dtype=bool),
            asks=np.zeros(count, dtype=bool),
        )

    def add(self, rows: IntArray, other: Outcome) -> None:
        """Add what is found of some rows, each once: the graver stands."""
        self.key[rows] = np.minimum(self.key[rows], other.key)
        self.known_rank[rows] = np.maximum(self.known_rank[rows], other.known_rank)
        self.limit_mm[rows] = np.minimum(self.limit_mm[rows], other.limit_mm)
        self.any_finding[rows] |= other.any_finding
        self.corrected[rows] |= other.corrected
        self.asks[rows] |= other.asks
