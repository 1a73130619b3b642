"""Looking landmarks up by the names that people use."""

from __future__ import annotations

import numpy as np
import pytest

from anatomy.body import Body, load_body
from anatomy.errors import DataError, SideError, UnknownNameError
from anatomy.landmarks import LandmarkTable, name_rules


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    """Return each reference body."""
    return load_body(request.param)


def record(name: str, side: str = "midline") -> dict[str, object]:
    """Return a landmark as plain data."""
    return {
        "name": name,
        "side": side,
        "xyz": [0, 0, 0],
        "face": 0,
        "bary": [1, 0, 0],
        "bone_xyz": None,
        "segment": "trunk",
        "chart": "posterior",
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("T4", "T4 spinous process"),
        ("spinous process of T4", "T4 spinous process"),
        ("the T-4 vertebra", "T4 spinous process"),
        ("vertebra prominens", "C7 spinous process"),
        ("jugular notch", "suprasternal notch"),
        ("Sternal notch", "suprasternal notch"),
        ("xiphoid", "xiphoid tip"),
        ("S2", "S2 level"),
        ("coracoid", "coracoid process"),
        ("scapular spine, root", "medial border of scapula at spine"),
        ("spine of the scapula, midway", "spine of scapula midpoint"),
        ("fibular head", "head of fibula"),
        ("5th metatarsal base", "base of metatarsal 5"),
        ("tip of the great toe", "tip of toe 1"),
        ("upper pole of patella", "base of patella"),
        ("8th rib at the midaxillary line", "rib 8 at midaxillary line"),
        (
            "4th intercostal space, mid-clavicular line",
            "intercostal space 4 at midclavicular line",
        ),
        (
            "rib 5-6 interspace at posterior axillary line",
            "intercostal space 5 at posterior axillary line",
        ),
        ("ICS 4 MCL", "intercostal space 4 at midclavicular line"),
    ],
)
def test_usual_names_are_understood(body: Body, said: str, meant: str) -> None:
    assert body.landmarks.canonical(said) == meant


def test_every_alias_leads_to_a_landmark_of_both_bodies(body: Body) -> None:
    missing = [
        name for name in name_rules().names.values() if name not in body.landmarks
    ]
    assert missing == []


def test_every_name_leads_to_itself(body: Body) -> None:
    for name in body.landmarks.names():
        assert body.landmarks.canonical(name.upper()) == name


def test_left_and_right_are_mirror_images(body: Body) -> None:
    for name in body.landmarks.names():
        if body.landmarks.is_paired(name):
            left, right = (body.landmarks.get(name, s) for s in ("left", "right"))
            assert left.xyz[0] > 0 > right.xyz[0]
            assert left.xyz * [-1, 1, 1] == pytest.approx(right.xyz, abs=0.6)
            assert left.home_chart.replace("left", "right") == right.home_chart
        else:
            assert abs(body.landmarks.get(name).xyz[0]) < 0.2


def test_side_may_stand_in_the_name(body: Body) -> None:
    assert body.landmarks.get("left acromion").side == "left"
    line = body.landmarks.get("rib 5 at the right midclavicular line")
    assert line.side == "right"
    assert line.title == "right rib 5 at midclavicular line"


def test_paired_landmark_needs_a_side(body: Body) -> None:
    with pytest.raises(SideError, match="both sides"):
        body.landmarks.get("acromion")
    with pytest.raises(SideError, match="got 'midline'"):
        body.landmarks.get("acromion", "midline")
    with pytest.raises(SideError, match="left and right"):
        body.landmarks.get("left acromion", "right")
    with pytest.raises(SideError, match="must be one of left, right"):
        body.landmarks.get("acromion", "lef")


def test_midline_landmark_takes_any_side(body: Body) -> None:
    assert body.landmarks.get("T4", "left").side == "midline"


def test_unknown_name_offers_the_nearest(body: Body) -> None:
    with pytest.raises(UnknownNameError, match="Nearest: acromion") as caught:
        body.landmarks.get("acromiun", "left", field="site.landmark")
    assert caught.value.field == "site.landmark"
    with pytest.raises(UnknownNameError, match="T1 spinous process"):
        body.landmarks.get("T13 spinous process")


def test_rib_that_does_not_reach_a_line_says_so(body: Body) -> None:
    with pytest.raises(UnknownNameError, match="rib 12 does not reach the sternal"):
        body.landmarks.get("rib 12 at sternal border", "left")
    with pytest.raises(UnknownNameError, match="they count 1 to 12"):
        body.landmarks.get("rib 13 at midaxillary line", "left")
    with pytest.raises(UnknownNameError, match="named with a line"):
        body.landmarks.get("5th rib", "left")


def test_body_without_a_landmark_says_so() -> None:
    table = LandmarkTable([record("chin")], body="stick")
    with pytest.raises(UnknownNameError, match="stick body has no landmark 'hyoid'"):
        table.get("hyoid bone")


def test_broken_records_are_named() -> None:
    with pytest.raises(DataError, match=r"duplicate.*chin"):
        LandmarkTable([record("chin"), record("chin")])
    with pytest.raises(DataError, match="duplicate"):
        LandmarkTable([record("chin"), record("chin", "left")])
    with pytest.raises(DataError, match="read alike"):
        LandmarkTable([record("head of fibula"), record("fibula head")])
    broken = record("chin") | {"face": "x"}
    with pytest.raises(DataError, match="chin"):
        LandmarkTable([broken])
    with pytest.raises(DataError, match="side must be one of"):
        LandmarkTable([record("chin", "middle")])


def test_every_line_of_ribs_goes_down_in_order(body: Body) -> None:
    rules = name_rules()
    for line in rules.lines:
        heights = [
            body.landmarks.get(f"rib {n} at {line}", "left").xyz[2]
            for n in range(1, 13)
            if f"rib {n} at {line}" in body.landmarks
        ]
        assert len(heights) >= 5
        assert all(np.diff(heights) < 3)
