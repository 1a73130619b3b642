"""The layers of the map: every zone, muscle and acupoint is on one, left is left."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from anatomy.body import load_body
from anatomy.muscles.catalogue import get_muscle, get_point, muscle_names, point_names
from anatomy.words.sites import resolve_site
from viewer.map import layers
from viewer.map.zones.zone_drawing import zone_outlines
from viewer.map.zones.zone_images import (
    on_chart,
    shown_zones,
    zone_groups,
    zone_layer,
    zone_shape,
)
from zones.knowledge.structures.zone_files import load_zones

BODIES = ("male", "female")
PREGNANT = {"sex": "female", "pregnant": True}


def test_every_zone_belongs_to_a_layer_that_can_be_switched() -> None:
    """The groups come from the data and each has its own box in the control."""
    values = [option["value"] for option in layers.layer_options()]
    assert len(set(values)) == len(values)
    for facts in ({}, PREGNANT):
        for zone in shown_zones(facts):
            assert zone_layer(zone.group) in values
    assert {zone.category for zone in load_zones() if zone.kind == "structure"} <= set(
        zone_groups()
    )


@pytest.mark.parametrize("facts", [{}, PREGNANT])
def test_each_outline_names_the_layer_that_shows_it(facts: dict[str, Any]) -> None:
    """What the page switches on and off together is what the data group together."""
    zones = shown_zones(facts)
    sent = zone_outlines("female", "posterior", zones)["zones"]
    here = on_chart("female", "posterior", zones)
    assert [(z["name"], z["layer"], z["known"]) for z in sent] == [
        (zone.label, zone_layer(zone.group), zone.known) for zone in here
    ]
    assert {zone["layer"] for zone in sent} <= set(map(zone_layer, zone_groups()))
    assert len({zone["layer"] for zone in sent}) > 1
    pleura = [zone for zone in sent if "pleura" in zone["name"]]
    assert {zone["layer"] for zone in pleura} == {zone_layer("critical")}


@pytest.mark.parametrize("body_name", BODIES)
def test_every_muscle_and_acupoint_is_on_some_chart(body_name: str) -> None:
    """No entry of the catalogue is missing from the map, on either side."""
    seen: set[str] = set()
    for chart in load_body(body_name).charts:
        for layer in (layers.MUSCLES, layers.POINTS):
            seen |= {site.title for site in layers.sites_on(body_name, chart, layer)}
    sites = layers.named_sites(body_name)
    assert {site.title for site in sites} == seen
    named = {(s.request.get("muscle"), s.request.get("site"), s.side) for s in sites}
    for name in muscle_names():
        for spot in get_muscle(name).site:
            for side in ("left", "right"):
                assert (name, spot.label, side) in named
    points = {(site.request.get("point"), site.side) for site in sites}
    for code in point_names():
        paired = get_point(code).side == "paired"
        for side in ("left", "right") if paired else ("midline",):
            assert (code, side) in points


@pytest.mark.parametrize("body_name", BODIES)
def test_left_is_left(body_name: str) -> None:
    """A site of the left side lies on the patient's left, and is drawn there."""
    for site in layers.named_sites(body_name):
        if site.side == "left":
            assert site.xyz[0] > 0, site.title
        if site.side == "right":
            assert site.xyz[0] < 0, site.title
    for chart, at_screen_left in (("anterior", "right"), ("posterior", "left")):
        there = load_body(body_name).charts[chart]
        wide = there.bounds[1] - there.bounds[0]
        for mark in layers.site_marks(body_name, chart, layers.POINTS):
            side = mark["request"].get("side")
            if side is None:
                continue
            ((u, _),) = there.to_picture((mark["x"], mark["y"]))
            part = float(u) / wide  # 0 at the screen's left
            assert (part < 0.5) is (side == at_screen_left), mark


@pytest.mark.parametrize("body_name", BODIES)
def test_a_mark_places_the_needle_where_it_is_drawn(body_name: str) -> None:
    """The request of each mark resolves to the place of the mark."""
    body = load_body(body_name)
    for site in layers.named_sites(body_name)[::7]:
        placed = resolve_site(body, site.request)
        assert placed.point.xyz == pytest.approx(site.xyz, abs=1e-6), site.title
        assert placed.spread_mm == pytest.approx(site.spread_mm)
        assert placed.side == site.side


def test_names_of_zones_stand_inside_their_zones() -> None:
    """Each name lies in its zone; pieces of a paired zone get one each."""
    zones = shown_zones({})
    marks = layers.zone_marks("female", "posterior", zones)
    shapes: dict[str, Any] = {}
    for zone in zones:
        shape = zone_shape("female", "posterior", zone.key)
        shapes[zone.label] = shapely.union_all([shapes.get(zone.label, shape), shape])
    for mark in marks:
        spot = shapely.Point(mark["x"], mark["y"])
        assert shapes[mark["short"]].distance(spot) < 0.2, mark
    sizes = [mark["size"] for mark in marks]
    assert sizes == sorted(sizes, reverse=True)
    kidneys = [mark["x"] for mark in marks if mark["short"] == "kidney"]
    assert min(kidneys) < 0 < max(kidneys)


def test_only_what_is_on_is_sent() -> None:
    """Layers that are off cost nothing; the marks name the drawing they are for."""
    zones = shown_zones({})
    nothing = layers.atlas("female", "posterior", zones, ["skeleton", "depth"])
    assert nothing == {"view": "female/posterior"}
    some = layers.atlas("female", "left_hand_palmar", zones, [layers.POINTS])
    assert set(some) == {"view", layers.POINTS}
    assert {mark["short"] for mark in some[layers.POINTS]} >= {"PC8", "HT8"}
    bones = layers.atlas("female", "posterior", zones, [layers.LANDMARKS])
    assert set(bones) == {"view", layers.LANDMARKS}
    for mark in bones[layers.LANDMARKS]:
        assert "request" not in mark  # a landmark is no site to place at by its name
        if mark["short"].startswith("left "):
            assert mark["x"] > 0, mark
