"""The body navigator: parts, what they open, where they can be touched."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image

from anatomy.body import BODIES, load_body
from anatomy.charts import chart_specs
from anatomy.words.sites import resolve_site
from viewer.map.charts.chart_menu import chart_for, edge_notes, entries
from viewer.map.charts.frames import frame, title
from viewer.map.charts.navigator import (
    FIGURES,
    areas,
    closest_chart,
    extent,
    opened_by,
    page_data,
    whole_body_chart,
)
from viewer.map.charts.routes import picture
from viewer.map.zones.zone_images import shown_zones, zone_shape

#: Narrowest that the page draws a figure, pixels, and the least target.
FIGURE_PX, TARGET_PX = 128, 24


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", FIGURES)
def test_parts_can_be_touched_and_do_not_overlap(body: str, name: str) -> None:
    """Every part is at least 24 pixels wide and high in the smallest figure."""
    xmin, xmax, _, _ = extent(body, name)
    scale = FIGURE_PX / (xmax - xmin)
    touched = [own for _, own in areas(body, name).values()]
    for key, (drawn, own) in areas(body, name).items():
        x0, z0, x1, z1 = own.bounds
        assert min(x1 - x0, z1 - z0) * scale >= TARGET_PX, key
        assert own.buffer(10).covers(drawn.centroid) or drawn.area > 0
    total = sum(shape.area for shape in touched)
    assert shapely.union_all(touched).area > 0.98 * total


@pytest.mark.parametrize("body", BODIES)
def test_parts_open_their_own_side(body: str) -> None:
    """What lies on the patient's left opens a chart of the left."""
    for name in FIGURES:
        for (part, side), (drawn, _) in areas(body, name).items():
            opened = opened_by(name, part, side)
            assert entries()[opened].part == part
            if side is not None:
                assert (drawn.centroid.x > 0) is (side == "left")
                assert chart_specs()[opened].side == side


def test_every_part_is_in_a_figure() -> None:
    """No enlargement can be reached by the picker only."""
    wide = {"Body", "Whole arm", "Whole leg"}
    shown = {key[0] for name in FIGURES for key in areas("female", name)}
    assert shown == {e.part for e in entries().values()} - wide


@pytest.mark.parametrize("name", sorted(chart_specs()))
def test_every_chart_says_its_side_and_leads_back(name: str) -> None:
    """Title with the side, words at the edges, the whole body one press away."""
    chart = load_body("female").charts[name]
    words = title(chart)
    if chart.spec.side is not None:
        assert chart.spec.side.upper() in words
    elif chart.spec.x == "x":
        assert " from " in words or words.startswith("Front")
    else:
        assert "LEFT" in words or "RIGHT" in words
    shown = frame("female", name)
    printed = {shown["left"], shown["right"]}
    if chart.spec.x == "x":
        assert printed == {"R", "L"}
    else:
        assert printed == {"front", "back"}
        assert shown["side"] == (chart.spec.side or "")[:1].upper()
    assert entries()[whole_body_chart(name)].part == "Body"


def test_inner_and_outer_side_are_where_they_are() -> None:
    """The inner edge of a limb's chart is the one toward the midline."""
    for name, spec in chart_specs().items():
        notes = edge_notes(spec)
        if "left" not in notes:
            continue
        chart = load_body("male").charts[name]
        xmin, xmax = chart.bounds[:2]
        at_left = xmax if chart.x_reversed else xmin
        at_right = xmin if chart.x_reversed else xmax
        inner = "left" if abs(at_left) < abs(at_right) else "right"
        assert notes[inner] == "inner side", name


@pytest.mark.parametrize(
    ("text", "part", "side"),
    [
        ("left infraspinatus", "Shoulder", "left"),
        ("3 cm right of L4", "Low back & hip", None),
        ("5 cm left of umbilicus", "Abdomen", None),
        ("left vastus lateralis", "Thigh", "left"),
        ("right LI4", "Hand", "right"),
        ("left LR3", "Foot", "left"),
        ("right soleus", "Lower leg", "right"),
        ("left brachioradialis", "Forearm", "left"),
    ],
)
def test_a_named_site_opens_its_enlargement(
    text: str, part: str, side: str | None
) -> None:
    """The closest chart shows the place, faces it, and is of its side."""
    body = load_body("female")
    placed = resolve_site(body, {"text": text})
    found = closest_chart("female", placed.point.xyz)
    assert found is not None
    assert entries()[found].part == part, found
    assert entries()[found].side in (side, None)
    assert body.charts[found].visible(placed.point)


def test_most_of_the_skin_has_an_enlargement() -> None:
    """Any place that is seen at all is seen from close by."""
    body = load_body("male")
    rng = np.random.default_rng(11)
    missing = 0
    for face in rng.choice(len(body.skin.faces), 150):
        point = body.skin.point_on(int(face), np.full(3, 1 / 3))
        seen = any(
            body.charts[name].visible(point)
            for name in ("anterior", "posterior", "left_lateral", "right_lateral")
        )
        if seen and closest_chart("male", point.xyz) is None:
            missing += 1
    assert missing <= 3


@pytest.mark.parametrize("body", BODIES)
def test_every_zone_is_drawn_in_some_chart(body: str) -> None:
    """No zone falls silent: each is drawn on a whole body or on an enlargement."""
    zones = {z.key for z in shown_zones({})}
    zones |= {z.key for z in shown_zones({"sex": body, "pregnant": body == "female"})}
    near = sorted(chart_specs(), key=lambda n: entries()[n].part == "Body")
    for key in zones:
        assert any(
            not zone_shape(body, name, key).is_empty
            for name in near
            if entries()[name].part != "Body"
        ), key


def test_the_right_side_is_drawn_mirrored() -> None:
    """A picture that is stored for the left is turned round for the right."""

    def alpha(name: str) -> NDArray[np.bool_]:
        data = picture("male", name)
        assert data is not None
        with Image.open(io.BytesIO(data)) as shown:
            return np.asarray(shown.convert("RGBA"))[:, :, 3] > 20

    left, right = (alpha(f"{side}_shoulder_posterior") for side in ("left", "right"))
    assert (left[:, ::-1] == right).mean() > 0.995
    assert (left == right).mean() < 0.98
    data = page_data()["bodies"]["male"]
    x0, x1 = data["left_shoulder_posterior"]["bounds"][:2]
    assert data["right_shoulder_posterior"]["bounds"][:2] == [-x1, -x0]


def test_the_browser_opens_what_the_server_would() -> None:
    """For each part, view and side the page has the chart that the picker means."""
    data = page_data()
    found = set()
    for part, views in data["opens"].items():
        assert list(views) == [view["value"] for view in data["views"][part]]
        for view, sides in views.items():
            for side, name in sides.items():
                assert name == chart_for(part, view, side)
                assert entries()[name].side in (None, side)
                found.add(name)
    assert found == set(chart_specs()) == set(data["frames"])
    for body in BODIES:
        for name in chart_specs():
            whole = {**data["frames"][name], **data["bodies"][body][name]}
            assert {"body": body, "chart": name, **whole} == frame(body, name)
