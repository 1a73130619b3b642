"""The verdict rule: ranks by lengths that warn and refuse; the order of findings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.contract.models import Verdict
from zones.risk.meet import Met, Plans
from zones.risk.verdict import (
    CAUTION,
    DANGER,
    finding_key,
    key_parts,
    limits,
    ranks,
    reached,
)

lengths = st.one_of(st.floats(0.0, 120.0), st.just(math.inf))


def met(caution: float, danger: float) -> Met:
    """Return one structure that warns and refuses at some lengths."""
    one, whole = np.ones(1), np.zeros(1, dtype=np.intp)
    return Met(
        which=whole, row=whole, p_meet=0.1 * one, caution_mm=caution * one,
        danger_mm=danger * one, item=whole,
        over=np.ones(1, dtype=bool), failed=np.zeros(1, dtype=bool),
    )  # fmt: skip


def plan(depth: float, length: float = math.nan) -> Plans:
    """Return one upright needle."""
    return Plans(
        vertex=np.zeros(1, dtype=np.intp), depth_mm=np.array([depth]),
        length_mm=np.array([length]), patient=np.zeros(1, dtype=np.intp),
        build=np.full((1, 4), np.nan),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("depth", "length", "rank"),
    [
        (5.0, math.nan, 0),
        (10.0, math.nan, CAUTION),
        (19.9, math.nan, CAUTION),
        (20.0, math.nan, DANGER),
        (5.0, 19.0, 0),
        (5.0, 25.0, CAUTION),  # long enough to be pushed into it
        (math.nan, 15.0, CAUTION),  # a needle without a depth is as deep as it is long
        (math.nan, 25.0, DANGER),
        (math.nan, math.nan, DANGER),
        (0.0, math.nan, 0),
    ],
)
def test_ranks(depth: float, length: float, rank: int) -> None:
    assert ranks(met(10.0, 20.0), plan(depth, length)).tolist() == [rank]


@given(lengths, lengths, st.floats(0.0, 120.0), st.floats(0.0, 120.0))
def test_deeper_is_never_milder(a: float, b: float, one: float, two: float) -> None:
    """Whatever the lengths that warn and refuse."""
    caution, danger = sorted((a, b))
    low, high = (
        int(ranks(met(caution, danger), plan(depth))[0]) for depth in sorted((one, two))
    )
    assert low <= high
    assert int(limits(met(caution, danger), 1)[0] <= high) in (0, 1)
    assert (high == DANGER) == bool(reached(danger, max(one, two)))


def test_nothing_met_has_no_limit() -> None:
    assert limits(met(5.0, math.inf), 2).tolist() == [math.inf, math.inf]


keys = st.tuples(
    st.integers(0, len(Verdict) - 1),
    st.booleans(),
    st.one_of(st.just(0.0), st.floats(1e-9, 1e6)),
    st.integers(0, 2**14 - 1),
)


@given(keys, keys)
def test_findings_are_ordered_by_verdict_then_certainty_then_weight(
    one: Any, two: Any
) -> None:
    """A graver verdict first; a known before an open one; then the weightier."""
    a, b = int(finding_key(*one)), int(finding_key(*two))
    if one[0] != two[0]:
        assert (a < b) == (one[0] > two[0])
    elif one[1] != two[1]:
        assert (a < b) == (two[1] is True)
    elif one[2] > two[2] * 1.001 + 1e-9:
        assert a <= b
    elif one[2] == two[2]:
        assert (a < b) == (one[3] < two[3])
    for key, parts in ((a, one), (b, two)):
        rank, order = key_parts(np.int64(key))
        assert (int(rank), int(order)) == (parts[0], parts[3])
