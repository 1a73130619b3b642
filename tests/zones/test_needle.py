"""Directions, limits and the correction for build."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError, SideError
from zones.models import parse_needle
from zones.needle import (
    direction_vector,
    effective,
    habitus_rule,
    is_reached,
    just_short,
)

ONE = np.array([True])


def depth_for(earliest: float, bmi: float | None, **patient: Any) -> float:
    """Return the depth of one zone with a floor of 5 mm for a patient."""
    plain = {"age": 40.0, "upright": True, **patient}
    found = effective(np.array([earliest]), np.array([5.0]), ONE, bmi=bmi, **plain)
    return float(found[0])


@pytest.mark.parametrize(
    ("bmi", "depth"),
    [(None, 20.0), (22.0, 20.0), (18.5, 20.0), (17.5, 16.2), (27.0, 22.0), (60, 25.0)],
)
def test_build_rule(bmi: float | None, depth: float) -> None:
    """3.8 mm a unit come off below 18.5; from 25 at most 5 mm are added."""
    assert depth_for(20.0, bmi) == pytest.approx(depth)


def test_floor_never_raises_a_depth() -> None:
    """The floor stops the correction, it does not deepen what is shallow."""
    assert depth_for(3.0, 17.0) == 3.0
    assert depth_for(9.0, 16.5) == 5.0


def test_child_and_very_thin_are_warned() -> None:
    """There a perpendicular needle has no depth that is short of the structure."""
    assert depth_for(20.0, 15.9) == 0.0
    assert depth_for(20.0, 22.0, age=9.0) == 0.0
    assert depth_for(20.0, 22.0, age=9.0, upright=False) == 5.0


@given(st.floats(0, 80), st.floats(10, 60), st.floats(10, 60), st.booleans())
def test_thinner_is_never_deeper(
    earliest: float, one: float, two: float, upright: bool
) -> None:
    """The corrected depth rises with the body mass index."""
    thin, heavy = sorted((one, two))
    assert depth_for(earliest, thin, upright=upright) <= depth_for(
        earliest, heavy, upright=upright
    )


@given(st.floats(0.1, 200))
def test_just_short_is_short(reached: float) -> None:
    """The deepest plan is short of the depth by no more than 0.1 mm."""
    limit = just_short(reached)
    assert not is_reached(reached, limit)
    assert is_reached(reached, limit + 0.1 + 1e-6)
    assert round(limit * 10) == pytest.approx(limit * 10)


def test_directions_in_the_local_frame(male: Any) -> None:
    """A named direction leans that way and keeps its angle from the normal."""
    point = male.skin.nearest([80.0, 200.0, 1250.0])
    inward = -male.skin.normal(point)
    ways = {
        "lateral": (0, 1),
        "medial": (0, -1),
        "cranial": (2, 1),
        "caudal": (2, -1),
    }
    for toward, (axis, sign) in ways.items():
        needle = parse_needle({"direction": {"tilt_deg": 40, "toward": toward}})
        vector, tilt = direction_vector(male, point, needle, side="left")
        assert tilt == 40
        assert np.linalg.norm(vector) == pytest.approx(1.0)
        assert math.degrees(math.acos(vector @ inward)) == pytest.approx(40, abs=1e-6)
        assert sign * (vector - inward)[axis] > 0


def test_directions_without_meaning(male: Any) -> None:
    """No medial on the midline; no leaning along the skin's own normal."""
    point = male.skin.nearest([0.0, 200.0, 1250.0])
    needle = parse_needle({"direction": {"tilt_deg": 40, "toward": "medial"}})
    with pytest.raises(SideError):
        direction_vector(male, point, needle, side="midline")
    with pytest.raises(NeedlemapError):
        parse_needle({"direction": {"tilt_deg": 95, "toward": "medial"}})


def test_the_rule_is_in_the_data_file() -> None:
    """The figures of the rule come from the file and have sources."""
    rule = habitus_rule()
    assert rule.thin_mm_per_unit == 3.8
    assert rule.sources


def test_a_leant_needle_of_a_search_area_counts_what_lies_under_all_of_it() -> None:
    from zones.check import check_site
    from zones.models import Verdict

    site = {"muscle": "infraspinatus", "side": "right", "body": "female"}
    straight = check_site(site, {"depth_mm": 25})
    assert straight.max_depth_mm is not None
    # at 60 degrees the tip lies half as deep as the needle is long
    leant = check_site(
        site,
        {
            "depth_mm": 2 * (straight.max_depth_mm + 3),
            "direction": {"tilt_deg": 60, "toward": "caudal"},
        },
    )
    assert leant.verdict >= Verdict.DANGER
