"""The map: sides, clicks, zones as pictures, markers."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
import shapely

from anatomy.body import load_body
from anatomy.charts import chart_specs
from viewer.map.charts import frames
from viewer.map.charts.chart_menu import chart_for, edge_words, entries, seen_from
from viewer.map.zones.zone_drawing import zone_outlines, zone_svg
from viewer.map.zones.zone_images import Shown, on_chart, shown_zones, zone_shape
from zones.contract.models import Verdict

CHARTS = sorted(chart_specs())
PLEURA = Shown("pleura", "pleura and lung", Verdict.DANGER)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_picked(name: str) -> None:
    """Part, view and side lead to the chart that they were read from."""
    entry = entries()[name]
    assert chart_for(entry.part, entry.view, entry.side) == name


@pytest.mark.parametrize("name", CHARTS)
def test_sides_are_printed_as_the_axes_run(name: str) -> None:
    """L stands at the edge where the patient's left (larger x) is drawn."""
    chart = load_body("male").charts[name]
    shown = frames.frame("male", name)
    left, right = edge_words(chart.spec)
    larger_at_right = not shown["xReversed"]
    if chart.spec.x == "x":
        assert (right == "L") is larger_at_right
        assert (left == "R") is larger_at_right
    else:
        assert (right == "back") is larger_at_right
    assert (shown["left"], shown["right"]) == (left, right)
    # drawn as the viewer sees it: right and up of the picture and the view agree
    axes = np.eye(3)
    across = axes[chart.axes[0]] * (1 if larger_at_right else -1)
    up = axes[chart.axes[1]] * (-1 if shown["yReversed"] else 1)
    assert np.allclose(np.cross(up, across), chart.view)
    assert seen_from(chart.spec)


def test_left_and_right_are_named_in_the_title() -> None:
    """A chart of one side names the patient's side in capitals."""
    for name, spec in chart_specs().items():
        text = frames.title(load_body("male").charts[name])
        if spec.side is not None:
            assert spec.side.upper() in text


def test_tap_counts_only_on_the_drawing_that_is_shown() -> None:
    """A tap on the chart before, or one without a place, moves no needle."""
    now = {"body": "female", "chart": "posterior"}
    tap = {"x": 3.0, "y": 4.0, "view": frames.view_name("female", "posterior")}
    assert frames.tapped_place(tap, now) == (3.0, 4.0)
    assert frames.tapped_place(tap, {**now, "chart": "anterior"}) is None
    assert frames.tapped_place(tap, {**now, "body": "male"}) is None
    assert frames.tapped_place({**tap, "x": None}, now) is None
    assert frames.tapped_place(None, now) is None


@pytest.mark.parametrize("name", ["posterior", "thorax_posterior", "thorax_anterior"])
@pytest.mark.parametrize("body_name", ["male", "female"])
def test_a_zone_is_drawn_where_the_body_says(body_name: str, name: str) -> None:
    """The drawn pleura covers the vertices of the zone and hardly any other."""
    from zones.fields.loading import body_fields

    body = load_body(body_name)
    chart = body.charts[name]
    drawn = zone_shape(body_name, name, "pleura")
    seen = chart.visible_vertices
    places = chart.project(body.skin.vertices[seen])
    inside = shapely.intersects_xy(drawn, places[:, 0], places[:, 1])
    member = body_fields(body_name).mask("pleura")[seen]
    assert member.any()
    assert inside[member].mean() > 0.95
    assert drawn.is_valid or drawn.buffer(0).area == pytest.approx(drawn.area, rel=0.02)
    assert (~inside[~member]).mean() > 0.9


def test_mirrored_zones_are_drawn_mirrored() -> None:
    """The pleura on the left and on the right chart are one another's image."""
    left = zone_shape("male", "thorax_left_lateral", "pleura")
    right = zone_shape("male", "thorax_right_lateral", "pleura")
    assert left.area == pytest.approx(right.area, rel=0.02)


def test_the_drawing_is_one_small_svg() -> None:
    """One picture, patterns for ground that is no structure, well formed, no script."""
    svg = zone_svg("female", "posterior", shown_zones({}))
    root = ET.fromstring(svg)
    patterns = {e.get("id") for e in root.iter() if e.tag.endswith("pattern")}
    assert patterns == {"octagon", "hatch"}
    assert "script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert len(svg) < 400_000


def test_zones_follow_the_patient() -> None:
    """What counts only in pregnancy: dashed when not asked, gone when not pregnant."""

    def verdicts(facts: dict[str, Any]) -> dict[str, tuple[str, bool]]:
        return {z.key: (z.verdict.value, z.known) for z in shown_zones(facts)}

    assert verdicts({})["pregnancy-abdomen"] == ("STOP", False)
    assert verdicts({"pregnant": True})["pregnancy-abdomen"] == ("STOP", True)
    assert "pregnancy-abdomen" not in verdicts({"pregnant": False})
    assert verdicts({"pregnant": False})["pleura"] == ("DANGER", True)


def test_on_chart_names_only_what_is_seen() -> None:
    """The pleura is not on the palm."""
    assert on_chart("male", "left_hand_palmar", [PLEURA]) == ()
    assert on_chart("male", "thorax_posterior", [PLEURA]) == (PLEURA,)


def test_the_needle_is_drawn_only_where_its_place_is_seen() -> None:
    """A place on the back is drawn behind and not in front; the disc is in mm."""
    mark = load_body("male").landmarks.get("T4 spinous process")
    site = {"body": "male", "xyz": mark.xyz, "spread_mm": 25.0}
    behind = frames.needle_mark("male", "posterior", site)
    assert behind["needle"]["x"] == pytest.approx(mark.xyz[0], abs=0.01)
    assert behind["needle"]["y"] == pytest.approx(mark.xyz[2], abs=0.01)
    assert behind["needle"]["r"] == 25.0
    assert behind["hidden"] is False
    before = frames.needle_mark("male", "anterior", site)
    assert before == {"view": "male/anterior", "needle": None, "hidden": True}
    # a needle in one body is not drawn on the other, nor said to be hidden there
    other = frames.needle_mark("female", "posterior", site)
    assert other["needle"] is None
    assert other["hidden"] is False
    small = frames.needle_mark("male", "posterior", {**site, "spread_mm": 0.0})
    assert small["needle"]["r"] == frames.PLACEMENT_MM


@pytest.mark.parametrize("name", ["posterior", "anterior", "right_thigh_anterior"])
def test_outlines_are_the_drawing(name: str) -> None:
    """What the page draws are the outlines of the picture, each with its look."""
    zones = shown_zones({})
    sent = zone_outlines("female", name, zones)
    root = ET.fromstring(zone_svg("female", name, zones))
    drawn = {
        e.get("data-name"): e.get("stroke") for e in root.iter() if e.get("data-name")
    }
    lines = {look["id"]: look["line"] for look in sent["looks"]}
    assert {z["name"]: lines[z["look"]] for z in sent["zones"]} == drawn
    ids = {e.get("id") for e in ET.fromstring(sent["patterns"]).iter() if e.get("id")}
    assert {"octagon", "hatch"} == ids < set(lines)


def test_outlines_that_overlap_can_be_filled_together() -> None:
    """Rings run one way and holes the other: non-zero winding fills the union."""
    sent = zone_outlines("male", "posterior", shown_zones({}))
    areas = []
    for zone in sent["zones"]:
        for ring in zone["d"].split("M")[1:]:
            xy = np.array(ring.rstrip("Z").split(), dtype=float).reshape(-1, 2)
            x, y = xy[:, 0], xy[:, 1]
            areas.append(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
    outer = np.sign(max(areas, key=abs))
    holes = [area for area in areas if np.sign(area) != outer]
    assert len(areas) > 100
    assert sum(map(abs, holes)) < 0.2 * sum(map(abs, areas))
    for zone in sent["zones"]:
        first = zone["d"].split("M")[1].rstrip("Z").split()
        xy = np.array(first, dtype=float).reshape(-1, 2)
        x, y = xy[:, 0], xy[:, 1]
        assert np.sign(x @ np.roll(y, -1) - y @ np.roll(x, -1)) == outer, zone["name"]


def test_landmarks_carry_their_side() -> None:
    """Names on the map say whose left."""
    x, _, names = frames.landmark_points("female", "posterior")
    for place, name in zip(x, names, strict=True):
        if name.startswith("left "):
            assert place > 0
        if name.startswith("right "):
            assert place < 0
    assert "left acromial angle" in names or "left acromion" in names
