"""Scores of placement, depth, angle and time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import OutOfRangeError
from zones.check.tolerance import handling
from zones.teaching.score import (
    angle_between,
    angle_score,
    composite,
    depth_score,
    placement_score,
    time_score,
)

lengths = st.floats(-400.0, 400.0)
spreads = st.floats(0.5, 60.0)


@given(lengths, spreads)
def test_placement_is_symmetric(distance: float, spread: float) -> None:
    assert placement_score(distance, spread) == placement_score(-distance, spread)


@given(st.floats(0.0, 400.0), st.floats(0.0, 100.0), spreads)
def test_placement_never_rises_with_distance(
    distance: float, more: float, spread: float
) -> None:
    near, far = (
        placement_score(distance, spread),
        placement_score(distance + more, spread),
    )
    assert 0.0 <= far <= near <= 1.0


@given(st.floats(0.0, 400.0), spreads, st.floats(0.0, 40.0))
def test_a_wider_place_is_never_scored_harder(
    distance: float, spread: float, more: float
) -> None:
    assert (
        placement_score(distance, spread + more)
        >= placement_score(distance, spread) - 1e-12
    )


@given(spreads)
def test_placement_has_both_ends(spread: float) -> None:
    assert placement_score(spread, spread) == 1.0
    assert placement_score(2.0 * spread, spread) == pytest.approx(0.5)
    assert placement_score(3.0 * spread, spread) == pytest.approx(0.0, abs=1e-9)
    assert placement_score(3.01 * spread, spread) == 0.0


@given(lengths, st.floats(0.0, 50.0))
def test_depth_and_angle_are_symmetric_and_monotone(error: float, more: float) -> None:
    for score in (depth_score, angle_score):
        assert score(error) == score(-error)
        assert 0.0 <= score(abs(error) + more) <= score(error) <= 1.0


@given(lengths, st.floats(0.0, 30.0))
def test_a_spread_of_the_depth_never_costs(error: float, sd: float) -> None:
    assert depth_score(error, sd_mm=sd) >= depth_score(error)


def test_the_published_errors_are_the_anchors() -> None:
    usual = handling()
    assert (usual.trained_mm, usual.untrained_mm) == (3.58, 6.41)
    assert depth_score(usual.trained_mm) == 1.0
    assert depth_score(usual.untrained_mm) == pytest.approx(0.5)
    assert angle_score(usual.trained_deg) == 1.0
    assert angle_score(usual.untrained_deg) == pytest.approx(0.5)


@given(
    st.dictionaries(
        st.sampled_from(["depth", "angle", "distance", "time"]), st.floats(0.0, 1.0)
    )
)
def test_the_composite_lies_between_its_parts(parts: dict[str, float]) -> None:
    found = composite(parts)
    if parts:
        assert min(parts.values()) - 1e-9 <= found <= max(parts.values()) + 1e-9
    else:
        assert found == 0.0
    assert found <= parts.get("distance", 1.0) + 1e-9  # nothing outweighs the place


def test_time() -> None:
    assert [time_score(s, 60.0) for s in (0, 60, 90, 120, 500)] == [1, 1, 0.5, 0, 0]


def test_angle_between() -> None:
    assert angle_between([0, 0, 2], [0, 0, -3]) == pytest.approx(180.0)
    assert angle_between([1, 0, 0], [1, 0, 0]) == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(OutOfRangeError):
        placement_score(bad, 10.0)
    with pytest.raises(OutOfRangeError):
        depth_score(bad)
    with pytest.raises(OutOfRangeError):
        placement_score(1.0, 0.0)
    with pytest.raises(OutOfRangeError):
        time_score(1.0, 0.0)
    with pytest.raises(OutOfRangeError):
        angle_between([0, 0, 0], [1, 0, 0])
