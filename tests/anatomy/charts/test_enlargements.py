"""Enlarged charts: mirrored pairs, sides, pictures, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from anatomy.body import BODIES, ENLARGEMENTS, Body, load_body
from anatomy.charts import chart_specs, main_specs
from anatomy.words.sites import home_chart, resolve_site

ENLARGED = sorted(set(chart_specs()) - set(main_specs()))
FLIP = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(params=BODIES)
def body(request: pytest.FixtureRequest) -> Body:
    return load_body(request.param)


def test_charts_that_answers_name_stay_as_they_are() -> None:
    """Callers keep the names and the order of what was there before."""
    names = list(chart_specs())
    assert names[: len(main_specs())] == list(main_specs())
    assert len(main_specs()) == 30
    assert not {n for n in names if names.count(n) > 1}


def test_no_answer_names_an_enlargement(body: Body) -> None:
    rng = np.random.default_rng(5)
    for face in rng.choice(len(body.skin.faces), 120):
        point = body.skin.point_on(int(face), np.full(3, 1 / 3))
        assert home_chart(body, point) in main_specs()


def test_right_is_the_mirror_image_of_the_left(body: Body) -> None:
    """Stored once; places, skin and what is seen are exchanged left for right."""
    rng = np.random.default_rng(3)
    tried = other = 0
    for name in ENLARGED:
        if chart_specs()[name].side != "left":
            continue
        left, right = (
            body.charts[name],
            body.charts[name.replace("left", "right", 1)],
        )
        assert right.mirrored
        assert not left.mirrored
        assert right.picture("skin") == left.picture("skin")
        swapped = left.visible_vertices[body.skin.mirror]
        assert np.array_equal(swapped, right.visible_vertices)
        seen = np.flatnonzero(left.visible_vertices)
        for vertex in rng.choice(seen, 4):
            x, y = left.project(body.skin.vertices[vertex])[0]
            if left._depth_at(float(x), float(y)) is None:
                continue
            here = left.to_skin(float(x), float(y)).xyz
            x, y = right.project(body.skin.vertices[vertex] * FLIP)[0]
            there = right.to_skin(float(x), float(y)).xyz
            tried += 1
            other += not np.allclose(here * FLIP, there, atol=0.5)
    # on the edge between two cells the one before or behind a fold may be taken
    assert tried > 60
    assert other <= 0.03 * tried


def test_rasters_show_the_skin_where_it_is(body: Body) -> None:
    """What a vertex is seen at in the raster is the place of that vertex."""
    for name in ENLARGED:
        chart = body.charts[name]
        seen = body.skin.vertices[chart.visible_vertices]
        axis = chart.axes[2]
        gaps = []
        for place in seen[:: max(1, len(seen) // 60)]:
            x, y = chart.project(place)[0]
            depth = chart._depth_at(float(x), float(y))
            if depth is not None:
                gaps.append(abs(depth - place[axis]))
        assert len(gaps) > 20, name
        assert np.median(gaps) < 1.5, name


@pytest.mark.parametrize("name", sorted(chart_specs()))
def test_a_click_on_the_patients_left_is_on_the_left(name: str) -> None:
    """In every chart the side of a place is the side of the patient."""
    body = load_body("female")
    chart = body.charts[name]
    seen = body.skin.vertices[chart.visible_vertices]
    seen = seen[np.abs(seen[:, 0]) > 12.0]
    tried = 0
    for place in seen[:: max(1, len(seen) // 15)]:
        x, y = (float(v) for v in chart.project(place)[0])
        if chart._depth_at(x, y) is None:
            continue
        found = resolve_site(body, {"chart": name, "x_mm": x, "y_mm": y})
        if np.linalg.norm(found.point.xyz - place) > 8:
            continue  # on the very outline
        tried += 1
        assert found.side == ("left" if place[0] > 0 else "right")
        if chart.spec.side is not None:
            assert found.side == chart.spec.side
    assert tried > 4


@pytest.mark.parametrize("name", sorted(chart_specs()))
def test_the_picture_shows_what_the_raster_says(name: str) -> None:
    """Drawn the same way round: the picture's silhouette is the raster's."""
    from PIL import Image, ImageOps

    chart = load_body("male").charts[name]
    drawn = np.isfinite(chart.depth)
    drawn = drawn if chart.y_reversed else drawn[::-1]
    drawn = drawn[:, ::-1] if chart.x_reversed else drawn
    with Image.open(chart.picture("skin")) as stored:
        alpha = stored.convert("RGBA").getchannel("A")
    if chart.mirrored:
        alpha = ImageOps.mirror(alpha)
    shown = np.asarray(alpha.resize(drawn.shape[::-1])) > 127
    assert (shown & drawn).sum() > 0.97 * drawn.sum()
    both = (shown & drawn).sum() / (shown | drawn).sum()
    # where a limb is left out its cut is painted, and cannot be clicked
    cut = "lateral" in name or chart.spec.below_ankle_mm is not None
    assert both > (0.75 if cut and not chart.spec.enlargement else 0.96)


def test_enlargements_are_sharp_and_small(body: Body) -> None:
    for name in ENLARGED:
        assert chart_specs()[name].mm_per_pixel <= 0.45
    total = sum(p.stat().st_size for p in ENLARGEMENTS.rglob("*") if p.is_file())
    assert total < 4_000_000
    stored = {p.name.split(".")[0] for p in (ENLARGEMENTS / body.name).glob("*/*")}
    assert stored == {n for n in ENLARGED if not chart_specs()[n].mirror_of}


def test_charts_are_read_when_they_are_looked_at() -> None:
    """Loading a body reads no raster."""
    fresh = Body(load_body("male").folder)
    assert set(fresh.charts) == set(chart_specs())
    assert not any("_raster" in vars(chart) for chart in fresh.charts.values())
    assert fresh.charts["posterior"].visible_vertices.any()
    read = [n for n, chart in fresh.charts.items() if "_raster" in vars(chart)]
    assert read == ["posterior"]
