"""Charts of the learners' pages: never left for right, and a millimetre where it is."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.words.sites import resolve_site
from viewer.learn.views.feedback_view import _outlines
from viewer.learn.views.known_map import known_svg, levels
from viewer.learn.views.pictures import (
    marks,
    to_picture,
    zone_path,
    zones_svg,
)
from viewer.map.charts.frames import frame, get_chart, picture_url
from viewer.map.charts.routes import picture

#: A plain chart, one drawn backwards, and a mirror image of a stored one.
CHARTS = ("anterior", "posterior", "right_lateral", "right_thigh_anterior")


def alpha(body: str, chart: str) -> Any:
    with Image.open(io.BytesIO(picture(body, chart) or b"")) as shown:
        return np.asarray(shown.convert("RGBA"))[:, :, 3]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_landmark_lies_on_the_body_in_the_picture(chart: str) -> None:
    drawn, seen = get_chart("female", chart), alpha("female", chart)
    tall, wide = seen.shape
    width = drawn.bounds[1] - drawn.bounds[0]
    height = drawn.bounds[3] - drawn.bounds[2]
    rows = marks("female", chart, "landmarks")
    assert len(rows) > 3
    off = 0
    for row in rows:
        x = min(int(row["u"] / width * wide), wide - 1)
        y = min(int(row["v"] / height * tall), tall - 1)
        off += not seen[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].any()
    assert off == 0


@pytest.mark.parametrize("body", ["female", "male"])
def test_the_picture_of_a_mirrored_chart_is_its_own(body: str) -> None:
    chart = "right_thigh_anterior"
    assert get_chart(body, chart).mirrored
    own = alpha(body, chart) > 0
    other = alpha(body, chart.replace("right", "left")) > 0
    assert own.shape == other.shape
    assert (own == other[:, ::-1]).mean() > 0.995
    assert (own == other).mean() < 0.98  # a thigh is not its own mirror image
    # and it is the one whose raster the taps are read with
    depth = np.isfinite(get_chart(body, chart).depth)[::-1]
    drawn = get_chart(body, chart)
    if drawn.x_reversed:
        depth = depth[:, ::-1]
    small = np.asarray(
        Image.fromarray(own.astype(np.uint8) * 255).resize(depth.shape[::-1])
    )
    assert ((small > 127) == depth).mean() > 0.97


@pytest.mark.parametrize("chart", ["anterior", "posterior"])
def test_sides_are_those_of_the_patient(chart: str) -> None:
    shown = frame("male", chart)
    drawn = get_chart("male", chart)
    left = resolve_site(load_body("male"), {"landmark": "acromion", "side": "left"})
    u, _ = to_picture(drawn, *(float(v) for v in drawn.project(left.point.xyz)[0]))
    middle = (drawn.bounds[1] - drawn.bounds[0]) / 2
    assert shown["left" if u < middle else "right"] == "L"


def test_every_view_is_named_and_says_whose_side() -> None:
    for name in load_body("female").charts:
        shown = frame("female", name)
        words = {shown["left"], shown["right"]}
        assert words == {"L", "R"} or shown["side"] in ("L", "R"), name
        if words == {"L", "R"}:
            reversed_x = get_chart("female", name).x_reversed
            assert shown["left"] == ("L" if reversed_x else "R"), name
        assert shown["title"]


def test_an_address_changes_with_the_picture() -> None:
    assert picture_url("male", "anterior") != picture_url("female", "anterior")
    assert "v=" in picture_url("male", "anterior")


def test_layers_lie_on_the_picture() -> None:
    drawn = get_chart("female", "posterior")
    width = drawn.bounds[1] - drawn.bounds[0]
    for layer in ("points", "muscles"):
        rows = marks("female", "posterior", layer)
        assert rows and all(0 <= row["u"] <= width and row["r"] > 0 for row in rows)
    svg = zones_svg("female", "left_hand_palmar", {"sex": "female"})
    assert "median" in svg and "<script" not in svg
    assert zone_path("female", "left_hand_palmar", "pleura") == ""


def test_what_there_is_not() -> None:
    for wrong in (("nobody", "anterior"), ("female", "behind")):
        assert picture(*wrong) is None
        with pytest.raises(NeedlemapError):
            frame(*wrong)
        with pytest.raises(NeedlemapError):
            marks(*wrong, "landmarks")
    assert picture("female", "anterior", "inside") is None
    with pytest.raises(NeedlemapError):
        marks("female", "anterior", "nerves")


def test_the_map_of_what_is_known_shows_the_weakest_skill() -> None:
    rows = [
        {"id": "pleura", "level": "well"},
        {"id": "kidney", "level": "fair"},
        {"id": "pleura", "level": "weak"},
    ]
    found = levels(rows)
    assert found == {"pleura": "weak", "kidney": "fair"}
    svg = known_svg("female", "posterior", found)
    # the lung, which is larger, lies under the kidneys
    fills = re.findall(r'fill="url\(#(\w+)\)"', svg)
    assert fills == ["weak", "fair"]
    assert known_svg("female", "left_hand_palmar", found).count("<path class") == 0


def test_an_outline_after_the_answer_says_how_grave_it_is() -> None:
    """Each zone that the chart shows has its outline with its severity."""
    item = SimpleNamespace(body="female", chart="posterior")
    zones = ["pleura", "intercostal-bundle", "bladder", "no zone at all"]
    found = _outlines(item, zones)  # type: ignore[arg-type]
    assert [one["severity"] for one in found] == ["DANGER", "CAUTION"]
    assert [one["d"] for one in found] == [
        zone_path("female", "posterior", zone) for zone in zones[:2]
    ]
