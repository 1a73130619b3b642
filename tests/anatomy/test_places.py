"""Lines between landmarks, offsets along limbs, regions, one place in many words."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from anatomy.body import Body, load_body
from anatomy.errors import InputError, NeedlemapError
from anatomy.muscles.catalogue import (
    get_muscle,
    get_point,
    muscle_names,
    place_muscle,
    place_point,
    point_names,
)
from anatomy.places.grammar import place, read_offset
from anatomy.words.sites import resolve_site
from anatomy.words.text import parse_text
from tools.bodies.regions import label_regions

#: Groups of sites that mean one place. A plain text stands for itself.
SAME: list[list[Any]] = [
    [
        "midway between C7 and acromion",
        {"point": "GB21"},
        {"muscle": "upper trapezius"},
        {"between": ["acromion", "C7"]},
    ],
    [
        "one third from greater trochanter to sacral hiatus",
        {"point": "GB30"},
        "two thirds from sacral hiatus to greater trochanter",
    ],
    ["midway between PSIS and greater trochanter", {"between": ["trochanter", "PSIS"]}],
    [
        {"point": "ST36"},
        "1.2 cun below tibial tuberosity and 2 cm lateral",
        "3 cun below the apex of patella and 3.5 cm lateral",
    ],
    [{"point": "ST37"}, "6 cun below the apex of patella and 3 cm lateral"],
    [{"point": "ST38"}, "8 cun below the apex of patella and 3 cm lateral"],
    [{"point": "SP6"}, "3 cun above the medial malleolus and 8 mm behind"],
    [{"point": "GB39"}, "3 cun above the lateral malleolus and 8 mm in front"],
    [{"point": "BL40"}, "popliteal crease midpoint", "back of knee"],
    [{"point": "BL57"}, "8 cun below the popliteal crease"],
    [
        {"point": "PC6"},
        "2 cun above the wrist crease",
        {"between": ["wrist crease", "elbow crease"], "fraction": 2 / 12},
    ],
    [
        {"point": "PC4"},
        "5 cun above the wrist crease",
        {"between": ["wrist crease", "elbow crease"], "fraction": 5 / 12},
    ],
    [{"point": "ST25"}, "2 cun lateral to the umbilicus"],
    [
        {"point": "CV12"},
        "4 cun above the umbilicus",
        "midway between xiphisternal joint and umbilicus",
    ],
    [
        {"point": "CV4"},
        "3 cun below the umbilicus",
        {"between": ["umbilicus", "pubic symphysis"], "fraction": 0.6},
    ],
    [{"point": "CV17"}, "1.6 cun above the xiphisternal joint"],
    [{"point": "BL23"}, "1.5 cun lateral to L2"],
    [{"point": "BL43"}, "3 cun lateral to T4"],
    [{"point": "BL13"}, "1.5 cun lateral to T3"],
    [{"point": "GB29"}, "midway between ASIS and greater trochanter"],
    [{"point": "BL36"}, "gluteal fold midpoint"],
    [
        {"point": "BL37"},
        "6 cun below the gluteal fold midpoint",
        "8 cun above the popliteal crease",
    ],
    [
        {"muscle": "hamstrings", "site": "halfway tuberosity to popliteal crease"},
        "midway between ischial tuberosity and popliteal crease",
    ],
    [
        {"muscle": "rectus femoris"},
        "midway between ASIS and base of patella",
        "half from base of patella to ASIS",
    ],
    [{"muscle": "deltoid"}, "midway between acromion and deltoid tuberosity"],
    [{"muscle": "quadratus lumborum"}, "7.5 cm lateral to L4"],
    [
        {"point": "LR14"},
        "intercostal space 6 at midclavicular line",
        "6th intercostal space, midclavicular line",
    ],
    [{"point": "SP21"}, "6th intercostal space at the midaxillary line"],
    [{"point": "GB26"}, "7.5 cun lateral to the umbilicus"],
    [{"point": "LR13"}, "tip of rib 11"],
    [{"point": "HT7"}, "1.6 cm medial to the wrist crease"],
    [{"point": "LU5"}, "12 mm lateral to the cubital crease"],
    [{"point": "SP10"}, "2 cun above the base of patella and 25 mm medial"],
    [{"point": "BL60"}, "18 mm behind the lateral malleolus"],
    [{"point": "SI11"}, "one third from spine of scapula to inferior angle of scapula"],
    [{"point": "GV14"}, "1 cm below C7"],
    [{"point": "GV26"}, "philtrum"],
    [
        {"muscle": "teres minor"},
        "midway between acromion and inferior angle of scapula",
    ],
    [
        {"muscle": "quadratus femoris"},
        "midway between ischial tuberosity and greater trochanter",
    ],
    [{"point": "LI13"}, "3 cun above the lateral epicondyle"],
    [{"point": "ST32"}, "6 cun above the base of patella and 22 mm lateral"],
    [{"point": "TE10"}, "1 cun above the olecranon"],
    [{"point": "TE12"}, "5 cun above the olecranon"],
    [
        "midway between the acromion and the lateral epicondyle",
        {"between": ["lateral epicondyle", "acromion"]},
    ],
    [
        "5 cm below the acromion",
        {"between": ["acromion", "lateral epicondyle"], "fraction": 50 / 347},
    ],
    [
        "10 cm below the greater trochanter",
        {"between": ["trochanter", "lateral femoral epicondyle"], "fraction": 0.25},
    ],
]
NEAR_MM = 15.0


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    """Return each reference body."""
    return load_body(request.param)


def _all_places() -> list[tuple[str, dict[str, Any], bool]]:
    """Return name, offset and whether it is paired of every catalogue place."""
    found = [
        (f"{name}, {site.label}", site.at, True)
        for name in muscle_names()
        for site in get_muscle(name).site
    ]
    return found + [
        (code, get_point(code).at, get_point(code).side == "paired")
        for code in point_names()
    ]


def test_the_list_is_long_enough() -> None:
    assert len(SAME) >= 40


@pytest.mark.parametrize("group", SAME, ids=lambda g: str(g[0])[:50])
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_place_in_other_words_is_one_place(
    body: Body, side: str, group: list[Any]
) -> None:
    found = []
    for said in group:
        site = {"text": said} if isinstance(said, str) else said
        found.append(resolve_site(body, site, default_side=side).point.xyz)
    apart = max(np.linalg.norm(a - b) for a, b in itertools.combinations(found, 2))
    assert apart < NEAR_MM


def test_places_on_a_chart_and_in_space_are_the_same_place(body: Body) -> None:
    for site in ({"point": "GB30"}, {"text": "6 cm lateral to T4"}, {"point": "ST36"}):
        for side in ("left", "right"):
            placed = resolve_site(body, site, default_side=side)
            chart = {"chart": placed.chart, "x_mm": placed.x_mm, "y_mm": placed.y_mm}
            for other in (chart, {"xyz_mm": placed.point.xyz.tolist()}):
                xyz = resolve_site(body, other).point.xyz
                assert np.linalg.norm(xyz - placed.point.xyz) < NEAR_MM


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.75])
def test_between_is_a_share_of_the_straight_line(body: Body, fraction: float) -> None:
    """Over the buttock the tape runs far outside the line that is looked at."""
    at = {"between": ["PSIS", "greater trochanter"], "fraction": fraction}
    ends = [body.landmarks.get(n, "left").xyz for n in at["between"]]
    across = ends[0][0] + fraction * (ends[1][0] - ends[0][0])
    straight = place(body, at, "left")
    assert straight.xyz[0] == pytest.approx(across, abs=1)
    assert body.skin.normal(straight)[1] > 0.2  # behind, not beside
    assert place(body, at | {"tape": True}, "left").xyz[0] > across + 12


def test_the_piriformis_and_gb30_lie_over_the_sciatic_nerve(body: Body) -> None:
    """The nerve runs 85-106 mm from the midline; the tape led 30 mm beside it."""
    middle = place_muscle(body, "piriformis", "left", site="midpoint")
    for point in (middle, place_point(body, "GB30", "left")):
        assert 85 < point.xyz[0] < 106 + 15


def test_a_chart_tells_the_face_of_a_line(body: Body) -> None:
    at = {"between": ["medial epicondyle", "radial styloid"], "fraction": 0.35}
    front = place(body, at | {"chart": "anterior"}, "left")
    back = place(body, at | {"chart": "posterior"}, "left")
    assert body.skin.normal(front)[1] < 0 < body.skin.normal(back)[1]


def test_tape_is_read_and_kept() -> None:
    offset = read_offset({"between": ["C7", "acromion"], "tape": True})
    assert offset.tape
    assert offset.as_dict()["tape"] is True
    assert "tape" not in read_offset({"between": ["C7", "acromion"]}).as_dict()
    with pytest.raises(InputError, match="true or false"):
        read_offset({"between": ["C7", "acromion"], "tape": 1})
    with pytest.raises(InputError, match="two landmarks"):
        read_offset({"landmark": "C7", "tape": True})


def test_a_text_says_tape(body: Body) -> None:
    said = "one third along the skin from the greater trochanter to the sacral hiatus"
    assert parse_text(body, said)["tape"] is True
    plain = said.replace("along the skin ", "")
    assert "tape" not in parse_text(body, plain)
    taped, straight = (
        resolve_site(body, {"text": text, "side": "left"}).point.xyz
        for text in (said, plain)
    )
    assert taped[0] > straight[0] + 15


@pytest.mark.parametrize(
    ("name", "limb"),
    [
        ("acromion", "upper_arm"),
        ("acromial angle", "upper_arm"),
        ("lateral epicondyle", "forearm"),
        ("medial epicondyle", "forearm"),
        ("greater trochanter", "thigh"),
        ("lateral malleolus", "leg"),
    ],
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_below_a_joint_is_along_the_limb(
    body: Body, name: str, limb: str, side: str
) -> None:
    """The arms hang 20 degrees from the side: straight down would leave the arm."""
    down = 100.0 if limb != "leg" else 20.0
    start = body.landmarks.get(name, side)
    end = place(body, {"landmark": name, "superior_mm": -down}, side)
    axis = body.segments[f"{side}_{limb}"].axis
    aside = (end.xyz - start.xyz) - ((end.xyz - start.xyz) @ axis) * axis
    # no further beside the axis than the limb's own bulge
    outward = np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
    along = outward - (outward @ axis) * axis
    assert -25 < float(aside @ along) < 25
    assert body.segment_at(end).endswith((limb, "foot"))


@pytest.mark.parametrize("code", ["ST36", "ST37", "ST38", "ST39"])
def test_stomach_points_lie_a_finger_beside_the_tibial_crest(
    body: Body, code: str
) -> None:
    point = place_point(body, code, "left").xyz
    tibia, _ = body.bones["tibia left"]
    slab = tibia[np.abs(tibia[:, 2] - point[2]) < 14]
    crest = slab[slab[:, 1] < slab[:, 1].min() + 4]
    assert 5 < point[0] - crest[:, 0].mean() < 25


def test_stomach_points_are_counted_on_sixteen_cun(body: Body) -> None:
    """From the lower pole of the patella, with 16 cun from knee crease to ankle."""
    top = body.landmarks.get("apex of patella", "left").xyz[2]
    crease = body.landmarks.get("popliteal crease midpoint", "left").xyz[2]
    ankle = body.landmarks.get("lateral malleolus", "left").xyz[2]
    for code, cun in (("ST36", 3), ("ST37", 6), ("ST38", 8), ("ST39", 9), ("ST40", 8)):
        height = place_point(body, code, "left").xyz[2]
        assert height == pytest.approx(top - cun * (crease - ankle) / 16, abs=8), code


def test_the_wrist_counts_its_cun_on_the_forearm(body: Body) -> None:
    ends = [body.landmarks.get(n, "left").xyz for n in ("wrist crease", "elbow crease")]
    far = np.linalg.norm(ends[1] - ends[0])
    for code, cun in (("PC6", 2), ("PC5", 3), ("PC4", 5)):
        gone = np.linalg.norm(place_point(body, code, "left").xyz - ends[0])
        assert gone == pytest.approx(far * cun / 12, abs=8), code


def test_subscapularis_is_reached_from_the_axilla_or_the_medial_border(
    body: Body,
) -> None:
    for site in get_muscle("subscapularis").site:
        point = place_muscle(body, "subscapularis", "left", site=site.label)
        border = body.landmarks.get("medial border of scapula at spine", "left").xyz
        if "medial" in site.label:
            assert abs(point.xyz[0] - border[0]) < 15
        else:  # beyond the lateral border, in or at the axilla
            assert point.xyz[0] > border[0] + 75
            assert body.region_at(point) in ("axilla", "upper back")


@pytest.mark.parametrize(
    ("site", "region"),
    [
        ({"point": "TE17"}, "face"),
        ({"point": "GB2"}, "face"),
        ({"point": "GB20"}, "neck"),
        ({"point": "GV16"}, "neck"),
        ({"point": "GV17"}, "scalp"),
        ({"point": "GB29"}, "buttock"),
        ({"point": "GB30"}, "buttock"),
        ({"point": "BL26"}, "low back"),
        ({"point": "BL53"}, "buttock"),
        ({"point": "ST28"}, "abdomen"),
        ({"point": "SP12"}, "thigh"),
        ({"point": "GB27"}, "abdomen"),
        ({"muscle": "tensor fasciae latae"}, "buttock"),
        ({"muscle": "gluteus minimus"}, "buttock"),
        ({"muscle": "quadratus lumborum"}, "low back"),
        (
            {"muscle": "quadratus lumborum", "site": "between iliac crest and L4"},
            "low back",
        ),
        ({"muscle": "iliacus"}, "abdomen"),
        ({"muscle": "iliopsoas", "site": "lateral to femoral artery"}, "thigh"),
        (
            {"muscle": "abdominal wall muscles", "site": "lateral abdominal wall"},
            "abdomen",
        ),
        ({"muscle": "gracilis"}, "thigh"),
        ({"landmark": "iliac crest", "superior_mm": -15}, "buttock"),
        ({"landmark": "iliac crest", "superior_mm": 15}, "abdomen"),
        ({"landmark": "inguinal ligament midpoint", "superior_mm": 20}, "abdomen"),
        ({"landmark": "inguinal ligament midpoint", "superior_mm": -25}, "thigh"),
    ],
    ids=str,
)
def test_regions_end_at_crest_and_groin(
    body: Body, site: dict[str, Any], region: str
) -> None:
    for side in ("left", "right"):
        assert resolve_site(body, site, default_side=side).region == region


def test_gluteal_sites_lie_on_the_buttock(body: Body) -> None:
    for name in ("gluteus maximus", "gluteus medius", "gluteus minimus", "piriformis"):
        for site in get_muscle(name).site:
            point = place_muscle(body, name, "right", site=site.label)
            assert body.region_at(point) == "buttock", site.label


def test_the_committed_labels_are_those_of_the_rules(body: Body) -> None:
    """``python -m tools.bodies.regions`` writes what is committed."""
    import json

    landmarks = json.loads((body.folder / "landmarks.json").read_text("utf-8"))
    joints = {key: np.array(at) for key, at in body.meta["joints"].items()}
    labels = label_regions(
        body.skin, body.segment_labels, body.segment_names, landmarks, joints
    )
    assert (labels == body.region_labels).all()


def test_every_place_is_mirrored_and_moves_little_with_its_offset(body: Body) -> None:
    """Each resolves on both sides; 5 mm more or less never jumps to another face."""
    wrong: list[str] = []
    for name, at, paired in _all_places():
        offset = read_offset(at)
        left = place(body, offset, "left" if paired else None)
        if paired:
            right = place(body, offset, "right").xyz * np.array([-1.0, 1.0, 1.0])
            if np.linalg.norm(right - left.xyz) > 1:
                wrong.append(f"{name}: not mirrored")
        for axis, step in itertools.product(("superior", "lateral"), (5.0, -5.0)):
            if axis in offset.cun or (axis == "lateral" and not paired):
                continue
            value = getattr(offset, axis) + step
            moved = dataclasses.replace(offset, **{axis: value})
            try:
                end = place(body, moved, "left" if paired else None)
            except NeedlemapError as error:
                wrong.append(f"{name}: {axis} {step:+g}: {error}")
                continue
            if np.linalg.norm(end.xyz - left.xyz) > NEAR_MM:
                wrong.append(f"{name}: {axis} {step:+g} jumps")
    assert wrong == []
