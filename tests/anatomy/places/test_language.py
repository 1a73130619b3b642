"""From offsets to places on the skin, and from places to words and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from anatomy.body import Body, load_body
from anatomy.errors import (
    InputError,
    NeedlemapError,
    OffBodyError,
    OutOfRangeError,
    SideError,
    UnknownNameError,
)
from anatomy.places.cun import body_cun
from anatomy.places.describe import describe
from anatomy.places.grammar import place, read_offset, tape_between
from anatomy.places.relations import rib_under
from anatomy.words.text import parse_text

if TYPE_CHECKING:
    from anatomy.mesh.skin import SkinPoint

POINTS = 500
T4 = {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"}


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    """Return each reference body."""
    return load_body(request.param)


def random_points(body: Body, count: int, seed: int) -> list[SkinPoint]:
    """Return skin points spread evenly over the surface."""
    rng = np.random.default_rng(seed)
    corners = body.skin.vertices[body.skin.faces]
    sides = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    faces = rng.choice(len(area), count, p=area / area.sum())
    return [body.skin.point_on(int(f), rng.dirichlet([1, 1, 1])) for f in faces]


def miss(one: SkinPoint, other: SkinPoint) -> float:
    """Return the distance between two skin points, mm."""
    return float(np.linalg.norm(one.xyz - other.xyz))


# ------------------------------------------------------------------ reading offsets


def test_unknown_field_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="lateral_mm"):
        read_offset({"landmark": "T4", "laterl_mm": 60})


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        ({}, InputError, "must name a landmark"),
        ({"landmark": ""}, InputError, "landmark's name"),
        ({"landmark": 4}, InputError, "landmark's name"),
        ({"landmark": "T4", "between": ["C7", "T4"]}, InputError, "must name"),
        ({"between": ["C7"]}, InputError, "two landmark names"),
        ({"landmark": "T4", "lateral_mm": "6"}, InputError, "must be a number"),
        ({"landmark": "T4", "lateral_mm": True}, InputError, "must be a number"),
        ({"landmark": "T4", "lateral_mm": float("nan")}, OutOfRangeError, "600 mm"),
        ({"landmark": "T4", "lateral_mm": float("inf")}, OutOfRangeError, "600 mm"),
        ({"landmark": "T4", "lateral_mm": 900}, OutOfRangeError, "-600 to 600 mm"),
        ({"landmark": "T4", "superior_cun": 99}, OutOfRangeError, "30 cun"),
        ({"landmark": "T4", "lateral_mm": 1, "lateral_cun": 1}, InputError, "not both"),
        ({"landmark": "T4", "side": "lft"}, SideError, "left, right, midline"),
        (
            {"between": ["C7", "T4"], "fraction": 2},
            OutOfRangeError,
            "to 1",
        ),
        ({"landmark": "T4", "chart": 3}, InputError, "chart"),
    ],
)
def test_bad_offsets_are_refused(
    data: dict[str, Any], error: type[NeedlemapError], says: str
) -> None:
    with pytest.raises(error, match=says):
        read_offset(data)


def test_offset_survives_plain_data() -> None:
    offset = read_offset(T4 | {"superior_cun": -1.5, "chart": "posterior"})
    assert read_offset(offset.as_dict()) == offset


# ----------------------------------------------------------------- placing offsets


def test_lateral_runs_along_the_skin_at_one_height(body: Body) -> None:
    start = body.landmarks.get("T4").skin
    point = place(body, T4)
    assert point.xyz[2] == pytest.approx(start.xyz[2], abs=0.1)
    length = body.skin.arc_length(start, point, np.array([0.0, 0.0, 1.0]))
    assert length == pytest.approx(60, abs=0.5)


def test_superior_runs_up_in_the_sagittal_plane(body: Body) -> None:
    mark = body.landmarks.get("inferior angle of scapula", "right")
    point = place(body, {"landmark": mark.name, "side": "right", "superior_mm": 39})
    assert point.xyz[0] == pytest.approx(mark.xyz[0], abs=0.1)
    assert 30 < point.xyz[2] - mark.xyz[2] <= 39


def test_left_and_right_are_mirror_images(body: Body) -> None:
    for offset in (
        {"landmark": "T4", "lateral_mm": 60, "superior_mm": -10},
        {"landmark": "radial styloid", "superior_mm": 30, "lateral_mm": -12},
        {"landmark": "medial malleolus", "superior_cun": 3, "anterior_mm": -8},
        {"between": ["C7", "acromion"]},
    ):
        left, right = (place(body, offset, side) for side in ("left", "right"))
        assert left.xyz[0] > 0
        assert left.xyz * [-1, 1, 1] == pytest.approx(right.xyz, abs=0.5)


def test_limb_offsets_follow_the_limb(body: Body) -> None:
    mark = body.landmarks.get("distal wrist crease midpoint", "left")
    up = place(body, {"landmark": mark.name, "superior_mm": 80}, "left")
    axis = body.segments["left_hand"].axis
    assert (up.xyz - mark.xyz) @ axis == pytest.approx(80, abs=4)
    radial = place(body, {"landmark": mark.name, "lateral_mm": 15}, "left")
    assert radial.xyz[0] > mark.xyz[0] + 10
    ankle = body.landmarks.get("medial malleolus", "left")
    above = place(body, {"landmark": "medial malleolus", "superior_mm": 66}, "left")
    assert above.xyz[2] - ankle.xyz[2] == pytest.approx(66, abs=3)


def test_forward_on_the_flank_and_the_foot(body: Body) -> None:
    line = "rib 8 at midaxillary line"
    flank = body.landmarks.get(line, "left")
    ahead = place(body, {"landmark": line, "anterior_mm": 30}, "left")
    assert ahead.xyz[1] < flank.xyz[1] - 20
    toe = place(body, {"landmark": "head of metatarsal 1", "anterior_mm": 12}, "left")
    assert toe.xyz[1] < body.landmarks.get("head of metatarsal 1", "left").xyz[1] - 6
    with pytest.raises(OutOfRangeError, match="Use lateral"):
        place(body, {"landmark": "T4", "anterior_mm": 30})


def test_cun_is_scaled_by_the_segment(body: Body) -> None:
    umbilicus = body.landmarks.get("umbilicus")
    scale = body_cun(body, umbilicus, "superior")
    below = body_cun(body, umbilicus, "superior", toward=-1)
    stature = body.height_mm / 75
    assert 0.7 * stature < scale < 1.4 * stature
    assert 0.7 * stature < below < 1.9 * stature
    up = place(body, {"landmark": "umbilicus", "superior_cun": 8})
    assert miss(up, body.landmarks.get("xiphisternal joint").skin) < 2
    down = place(body, {"landmark": "umbilicus", "superior_cun": -5})
    assert miss(down, body.landmarks.get("pubic symphysis").skin) < 2
    scapula = body.landmarks.get("medial border of scapula at spine", "left")
    back = place(body, {"landmark": "T3", "lateral_cun": 3}, "left")
    assert back.xyz[0] == pytest.approx(scapula.xyz[0], abs=6)


def test_point_half_way_on_a_tape(body: Body) -> None:
    ends = (body.landmarks.get("C7").skin, body.landmarks.get("acromion", "left").skin)
    middle = tape_between(body, *ends)
    assert miss(middle, ends[0]) == pytest.approx(miss(middle, ends[1]), rel=0.2)
    assert body.region_at(middle) == "shoulder"
    assert tape_between(body, *ends, fraction=0) is ends[0]
    assert miss(tape_between(body, *ends, fraction=1), ends[1]) < 2


def test_sides_that_are_missing_or_disagree(body: Body) -> None:
    with pytest.raises(SideError, match="needs a side"):
        place(body, {"landmark": "T4", "lateral_mm": 60})
    with pytest.raises(SideError, match="on the midline"):
        place(body, {"landmark": "T4", "side": "left"})
    with pytest.raises(SideError, match="both sides"):
        place(body, {"landmark": "acromion"})
    with pytest.raises(OutOfRangeError, match="Use the other side"):
        place(body, {"landmark": "T4", "lateral_mm": -20, "side": "left"})
    # a side that is only a default, as in a zone file, is let pass on the midline
    assert abs(place(body, {"landmark": "T4"}, "left").xyz[0]) < 0.2


def test_tapes_that_run_off_are_refused_in_words(body: Body) -> None:
    with pytest.raises(OutOfRangeError, match="across the midline"):
        place(body, {"landmark": "L3", "lateral_mm": 590, "side": "left"})
    with pytest.raises(OutOfRangeError, match="across the midline"):
        place(body, {"landmark": "nipple", "lateral_mm": -150, "side": "left"})
    with pytest.raises(
        (OutOfRangeError, OffBodyError), match=r"past its other|not fit"
    ):
        cuff = {"landmark": "tibial tuberosity", "lateral_mm": 330, "side": "left"}
        place(body, cuff)
    with pytest.raises((OutOfRangeError, OffBodyError)):
        tip = {"landmark": "tip of finger 3", "superior_mm": -200, "side": "left"}
        place(body, tip)


def test_unknown_chart_is_refused(body: Body) -> None:
    with pytest.raises(UnknownNameError, match="posterior"):
        place(body, T4 | {"chart": "posteriour"})


# --------------------------------------------------------------- describing places


def test_place_describe_place_returns(body: Body) -> None:
    """Any skin point leads back to itself, by its offset and by its words."""
    misses, without = [], 0
    for point in random_points(body, POINTS, seed=20):
        found = describe(body, point)
        if "xyz_mm" in found.offset:
            without += 1
            assert "no tape from a landmark leads" in found.text
            again = body.skin.nearest(found.offset["xyz_mm"])
            read = again
        else:
            again = place(body, found.offset)
            read = place(body, parse_text(body, found.text))
        misses.append(miss(again, point))
        assert misses[-1] <= 3.0, found.text
        assert miss(read, again) < 0.5, found.text
        assert found.error_mm == pytest.approx(misses[-1], abs=0.2)
    assert without <= POINTS * 0.01  # inside the mouth and the eye sockets
    assert np.median(misses) < 1


def test_description_in_words(body: Body) -> None:
    point = place(body, T4 | {"lateral_mm": 45})
    found = describe(body, point)
    assert found.text.startswith("45 mm left of the midline at T4, over ")
    assert found.text.endswith("medial to the scapula")
    assert found.side == "left"
    assert found.region == "upper back"
    assert found.offset == {
        "landmark": "T4 spinous process",
        "lateral_mm": 45.0,
        "side": "left",
    }
    middle = describe(body, place(body, {"landmark": "T7", "superior_mm": 3}))
    assert middle.side == "midline"
    assert middle.text.startswith("on the midline, 3 mm above T7")
    assert "side" not in middle.offset


def test_ribs_under_a_place(body: Body) -> None:
    for name in (
        "rib 5 at midclavicular line",
        "intercostal space 3 at sternal border",
    ):
        point = body.landmarks.get(name, "right").skin
        assert rib_under(body, point, "thorax") == name.split(" at ")[0]
    assert rib_under(body, body.landmarks.get("patella", "left").skin, "knee") is None


def test_mirrored_place_has_a_mirrored_description(body: Body) -> None:
    swap = {"left": "right", "right": "left"}
    for point in random_points(body, 25, seed=5):
        if abs(point.xyz[0]) < 3:
            continue
        twin = body.skin.nearest(point.xyz * np.array([-1.0, 1.0, 1.0]))
        one, two = describe(body, point), describe(body, twin)
        assert two.side == swap[one.side]
        if one.landmark is not None and two.landmark is not None:
            assert one.landmark.name == two.landmark.name
