"""Every form of site to one place on a body."""

from __future__ import annotations

from typing import Any

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
from anatomy.places.grammar import place
from anatomy.words.sites import home_chart, resolve_site

T4 = {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"}


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    """Return each reference body."""
    return load_body(request.param)


def test_all_forms_of_one_site_agree(body: Body) -> None:
    first = resolve_site(body, T4)
    assert first.form == "landmark"
    assert (first.side, first.region, first.chart) == (
        "left",
        "upper back",
        "posterior",
    )
    assert (first.x_mm, first.y_mm) == pytest.approx(
        (first.point.xyz[0], first.point.xyz[2])
    )
    others: list[dict[str, Any]] = [
        {"chart": "posterior", "x_mm": first.x_mm, "y_mm": first.y_mm},
        {"xyz_mm": first.point.xyz.tolist()},
        {"xyz_mm": (first.point.xyz + np.array([0, 9, 0])).tolist(), "side": "left"},
        {"text": "6 cm left of T4"},
        {"text": "6 cm lateral to T4", "side": "left"},
        {"text": "T4 left 6 cm", "body": body.name},
    ]
    for site in others:
        other = resolve_site(body, site)
        assert np.linalg.norm(other.point.xyz - first.point.xyz) < 4, site
        assert other.side == "left"
        assert other.chart == "posterior"


def test_named_sites_have_a_spread(body: Body) -> None:
    muscle = resolve_site(body, {"muscle": "rhomboid major", "side": "right"})
    assert (muscle.form, muscle.name, muscle.side) == (
        "muscle",
        "rhomboid major",
        "right",
    )
    assert muscle.spread_mm >= 20
    point = resolve_site(body, {"point": "gb21", "side": "left"})
    assert (point.form, point.name, point.region) == ("point", "GB21", "shoulder")
    assert point.spread_mm > 0
    text = resolve_site(body, {"text": "GB21", "side": "left"})
    assert np.allclose(text.point.xyz, point.point.xyz)
    assert text.spread_mm == point.spread_mm


def test_a_default_side_serves_data_that_is_authored_once(body: Body) -> None:
    for site in ({"point": "LI4"}, {"muscle": "soleus"}, {"landmark": "acromion"}):
        right = resolve_site(body, site, default_side="right")
        assert right.side == "right"
    middle = resolve_site(body, {"landmark": "T4"}, default_side="right")
    assert middle.side == "midline"
    assert resolve_site(body, {"point": "CV4"}, default_side="left").side == "midline"


@pytest.mark.parametrize(
    ("site", "error", "says"),
    [
        ({}, InputError, "must have one of"),
        ("T4", InputError, "named fields"),
        ({"landmrk": "T4"}, UnknownNameError, "Nearest: landmark"),
        ({"landmark": "T4", "x_mm": 3}, InputError, "does not belong"),
        ({"landmark": "T4", "point": "LI4"}, InputError, "in one way"),
        ({"landmark": "T44"}, UnknownNameError, "T4 spinous process"),
        ({"chart": "posteriour", "x_mm": 0, "y_mm": 0}, UnknownNameError, "posterior"),
        ({"chart": "posterior", "x_mm": 0}, InputError, "x_mm and y_mm"),
        ({"chart": "posterior", "x_mm": "a", "y_mm": 0}, InputError, "a number"),
        (
            {"chart": "posterior", "x_mm": 900, "y_mm": 1300},
            OffBodyError,
            "chart|body|skin",
        ),
        (
            {"chart": "posterior", "x_mm": float("nan"), "y_mm": 1},
            OutOfRangeError,
            "number",
        ),
        ({"muscle": "soleous", "side": "left"}, UnknownNameError, "soleus"),
        ({"muscle": "soleus"}, SideError, "both sides"),
        ({"muscle": "soleus", "side": "left", "site": "x"}, UnknownNameError, "medial"),
        ({"point": "LI99", "side": "left"}, UnknownNameError, "LI"),
        ({"point": "CV4", "side": "left"}, SideError, "midline"),
        ({"point": "LI4", "side": "both"}, SideError, "left, right"),
        ({"xyz_mm": [0, 0]}, InputError, "three numbers"),
        ({"xyz_mm": [0, float("inf"), 0]}, OutOfRangeError, "number"),
        ({"xyz_mm": [0, 900, 1300]}, OffBodyError, "within 15 mm"),
        ({"text": "6 cm left of T4", "side": "right"}, SideError, "the text left"),
        ({"text": "T4", "side": "left"}, SideError, "on the midline"),
        ({"text": 4}, InputError, "a few words"),
        ({"chart": ["posterior"], "x_mm": 0, "y_mm": 0}, InputError, "a name"),
        ({"muscle": "soleus", "site": 3, "side": "left"}, InputError, "a name"),
        ({"point": 4, "side": "left"}, InputError, "a name"),
        ({"landmark": "T4", "side": "left"}, SideError, "on the midline"),
    ],
)
def test_bad_sites_are_refused(
    body: Body, site: Any, error: type[NeedlemapError], says: str
) -> None:
    with pytest.raises(error, match=says):
        resolve_site(body, site)


def test_side_must_agree_with_the_place(body: Body) -> None:
    right = {"chart": "posterior", "x_mm": -60, "y_mm": 1250}
    assert resolve_site(body, right).side == "right"
    with pytest.raises(SideError, match="on the right"):
        resolve_site(body, right | {"side": "left"})
    with pytest.raises(SideError, match="on the midline"):
        xyz = body.landmarks.get("T4").xyz.tolist()
        resolve_site(body, {"xyz_mm": xyz, "side": "left"})


@pytest.mark.parametrize(
    ("offset", "chart"),
    [
        ({"landmark": "T4"}, "posterior"),
        ({"landmark": "umbilicus"}, "anterior"),
        ({"landmark": "rib 8 at midaxillary line"}, "left_lateral"),
        ({"landmark": "midpoint of metacarpal 2"}, "left_hand_dorsal"),
        ({"landmark": "distal wrist crease midpoint"}, "left_hand_palmar"),
        ({"landmark": "head of metatarsal 3"}, "left_foot_dorsal"),
    ],
)
def test_home_chart(body: Body, offset: dict[str, Any], chart: str) -> None:
    point = place(body, offset, "left")
    assert home_chart(body, point) == chart
    assert body.charts[chart].visible(point)
