"""Replay of published cases."""

from __future__ import annotations

import pytest

from zones.quality.replay import case_needle, load_cases, replay, totals, wilson


def test_every_placed_case_is_replayed_on_its_sides() -> None:
    """A case of either side gives two rows, another one; none is lost."""
    placed = [case for case in load_cases() if case["site"] is not None]
    expected = sum(2 if case["side"] == "either" else 1 for case in placed)
    done = replay()
    assert len(done) == expected
    assert all(row.verdict is not None for row in done), [
        row.reason for row in done if row.verdict is None
    ]
    by_group = {total.name: total for total in totals(done)}
    counted = by_group["injuries, sides"].count + by_group["other records, sides"].count
    assert counted == expected


def test_cases_keep_their_sources() -> None:
    """Every case carries its source, how it was read, and whose its place is."""
    for case in load_cases():
        assert case["source"]["title"]
        assert case["read"]
        if case["site"] is not None:
            assert "our estimate" in case["site_basis"]
            assert case["expected"] in {"danger", "clear"}


def test_needles_not_stated_are_the_usual_one() -> None:
    """A depth not stated is never more than a stated length."""
    short = {"needle": {"length_mm": 13, "depth_mm": None}}
    assert case_needle(short) == {"length_mm": 13.0, "depth_mm": 13.0}
    deep = {"needle": {"length_mm": None, "depth_mm": 60}}
    assert case_needle(deep) == {"length_mm": 60.0, "depth_mm": 60.0}


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_wilson(hits: int, count: int, low: float, high: float) -> None:
    """Intervals agree with published tables."""
    assert wilson(hits, count) == pytest.approx((low, high), abs=1e-3)
