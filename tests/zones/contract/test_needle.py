"""Directions, grips, and how deep is short of a limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError, SideError
from tests.strategies import healthy_patient
from zones import check_site, check_sites
from zones.check.engine import AREA
from zones.contract.direction import direction_vector, is_reached, just_short
from zones.contract.models import Verdict
from zones.contract.needle import parse_needle


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


@pytest.mark.parametrize(
    ("needle", "says"),
    [
        ({"grip": "pincer"}, "fold_mm"),
        ({"grip": "pincer", "fold_mm": 200}, "fold_mm"),
        ({"fold_mm": 20}, "pincer"),
        ({"grip": "bone"}, "which bone"),
        ({"bone": "scapula"}, "bone"),
        ({"grip": "pinch"}, "pincer"),
        ({"arm": "up"}, "overhead"),
        ({"posture": "kneeling"}, "prone"),
        ({"measured": [{"structure": "pleura", "depth_mm": 0}]}, "depth_mm"),
        ({"measured": [{"structure": "pleura"}]}, "depth_mm"),
    ],
)
def test_a_grip_without_its_figure_is_refused(
    needle: dict[str, Any], says: str
) -> None:
    """What is missing or cannot be is named, never guessed."""
    with pytest.raises(NeedlemapError) as caught:
        parse_needle(needle)
    assert says in str(caught.value)


def test_a_bone_that_is_not_there_can_not_be_aimed_at() -> None:
    """The bone of the grip must be under the site; the one expected there is named."""
    site = {"text": "left tibial tuberosity", "body": "male"}
    with pytest.raises(NeedlemapError, match="tibia"):
        check_site(site, {"grip": "bone", "bone": "scapula", "depth_mm": 10})
    answer = check_site(site, {"grip": "bone", "bone": "tibia", "depth_mm": 10})
    assert answer.bone is not None
    assert answer.bone.name == "tibia"


def test_a_graver_place_of_the_search_area_is_a_caution_that_says_where() -> None:
    """The answer is for the middle; a graver place beside it is told, never hidden."""
    patient = healthy_patient(sex="female")
    told = 0
    for muscle in ("rhomboid major", "infraspinatus", "iliocostalis thoracis"):
        site = {"muscle": muscle, "side": "right", "body": "female"}
        for depth in range(4, 40, 4):
            answer = check_site(site, {"depth_mm": depth}, patient)
            beside = [f for f in answer.findings if f.id == AREA]
            assert all(f.verdict is Verdict.CAUTION for f in beside)
            assert all("mm farther" in f.message for f in beside)
            if beside:
                told += 1
                assert answer.verdict >= Verdict.CAUTION
    assert told


NOTED = {"diameter_mm": 0.3, "technique": "sup-fdlp2021"}


@pytest.mark.parametrize("text", ["6 cm left of T4", "left supinator", "GB21 right"])
def test_what_is_only_noted_changes_no_answer(text: str) -> None:
    """Neither the diameter nor the technique: not one check, not a table."""
    site, plan = {"text": text, "body": "male"}, {"length_mm": 40, "depth_mm": 25}
    plain, noted = check_site(site, plan), check_site(site, plan | NOTED)
    assert noted.as_dict() == plain.as_dict()
    table = {name: [value] for name, value in (site | plan).items()}
    more = table | {name: [value] for name, value in NOTED.items()}
    one, other = check_sites(table), check_sites(more)
    for name in ("verdict", "max_depth_mm", "finding", "error"):
        assert list(one[name]) == list(other[name])
        assert not one["error"][0]


@pytest.mark.parametrize("size", [0, -0.25, 25, "thick", True])
def test_a_gauge_is_no_diameter(size: object) -> None:
    """A diameter is millimetres; 25 is a gauge, and refused."""
    with pytest.raises(NeedlemapError, match="diameter_mm"):
        parse_needle({"diameter_mm": size})
    assert check_sites({"text": ["T4"], "diameter_mm": [size]})["error"][0]
