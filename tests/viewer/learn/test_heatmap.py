"""Needles of a class on the body: the right side, the right place, the right number."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from PIL import Image

from anatomy.body import load_body
from tests.viewer.learn.conftest import right
from viewer.learn.storage.models import AnswerRow
from viewer.learn.views.heatmap import (
    LEAST_FOR_DENSITY,
    Needle,
    NeedlePicture,
    density,
    heatmap,
    needle_pictures,
)
from zones.teaching.answers import answer
from zones.teaching.courses.statistics import Answered
from zones.teaching.generating import generate
from zones.teaching.items import Item

VIEW = re.compile(r'viewBox="([-\d. ]+)"')


def row(learner: str, item: Item, response: dict[str, Any]) -> AnswerRow:
    feedback = answer(item, response)
    return AnswerRow(
        learner=learner,
        revision=1,
        place=0,
        at=datetime.now(UTC),
        seconds=None,
        response=response,
        answered=Answered.of(learner, feedback),
    )


def moved(item: Item, x_mm: float, y_mm: float = 0.0) -> dict[str, Any]:
    response = right(item)
    response["site"]["x_mm"] += x_mm
    response["site"]["y_mm"] += y_mm
    return response


def on(chart: str, places: list[tuple[float, float]], body: str = "male") -> Any:
    """A picture with needles that missed at places of a chart."""
    needles = tuple(
        Needle(x, y, off_mm=50.0, missed=True, item_id="x") for x, y in places
    )
    return NeedlePicture(body, chart, chart, needles, unseen=0)


def crosses(svg: str) -> list[tuple[float, float]]:
    """Middles of the crosses, as shares of the picture from its upper left."""
    x, y, wide, high = (float(v) for v in VIEW.findall(svg)[-1].split())
    found = re.findall(r'class="miss" d="M([-\d.]+) ([-\d.]+)l([\d.]+)', svg)
    return [
        ((float(a) + float(s) / 2 - x) / wide, (float(b) + float(s) / 2 - y) / high)
        for a, b, s in found
    ]


def pixels(svg: str) -> np.ndarray:
    """The body under the needles, on white; it fills the same box as they do."""
    (data,) = set(re.findall(r'xlink:href="data:image/webp;base64,([^"]+)"', svg))
    picture = Image.open(io.BytesIO(b64decode(data))).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture).convert("L"))


@pytest.fixture(scope="module")
def item() -> Item:
    """A place to find that is a disc."""
    return next(
        found
        for found in (generate("place_it", seed) for seed in range(3, 40))
        if found.target and found.target.what != "edge" and not found.target.depth_mm
    )


def test_needles_are_counted_by_chart_and_first_answers(item: Item) -> None:
    """Right ones are not misses; a second answer of a learner is not counted."""
    assert item.target is not None
    far = 1.4 * item.target.spread_mm
    rows = [
        row("a", item, moved(item, 0.0)),
        row("b", item, moved(item, far)),
        row("c", item, moved(item, 0.0, far)),
        row("b", item, moved(item, 0.0)),
    ]
    (picture,) = needle_pictures(rows, {item.id: item})
    assert (picture.body, picture.chart) == (item.body, item.chart)
    assert [needle.missed for needle in picture.needles] == [False, True, True]
    assert picture.words == "3 needles, 2 outside the place's spread"
    assert picture.targets == {item.id: item.target}
    assert needle_pictures(rows, {}) == []
    svg = heatmap(picture, numbers={item.id: 7})
    assert svg.count('class="miss"') == 2
    assert svg.count('class="hit"') == 1
    assert svg.count('class="target"') == 1
    assert ">7</text>" in svg


def test_a_needle_on_the_other_side_of_the_body_is_not_drawn_on_this() -> None:
    """It is counted apart: the front is not seen from behind."""
    item = next(
        found
        for found in (generate("place_it", seed) for seed in range(80))
        if found.chart == "posterior" and found.target and not found.target.depth_mm
    )
    front = {"site": {"landmark": "umbilicus"}}
    back = {"site": {"landmark": "T7 spinous process"}}
    rows = [row("a", item, front), row("b", item, back), row("c", item, right(item))]
    (picture,) = needle_pictures(rows, {item.id: item})
    assert len(picture.needles) == 2
    assert picture.unseen == 1
    assert "1 more on skin that this picture does not show" in picture.words
    assert len(crosses(heatmap(picture))) == 1


def test_left_stays_left() -> None:
    """On every chart that prints L and R, the patient's left lies on the side of L."""
    looked = 0
    for name, chart in load_body("male").charts.items():
        if chart.axes[0] != 0 or chart.spec.enlargement:
            continue
        inside = chart.outline.representative_point()
        step = 20.0
        picture = on(name, [(inside.x, inside.y), (inside.x + step, inside.y)])
        svg = heatmap(picture, everything=True)
        one, two = crosses(svg)
        letters = re.findall(r'<text x="([\d.]+)"[^>]*>([LR])</text>', svg)
        at = {letter: float(x) for x, letter in letters}
        assert set(at) == {"L", "R"}, name
        # +x is the patient's left
        assert (two[0] > one[0]) is (at["L"] > at["R"]), name
        looked += 1
    assert looked >= 4


@pytest.mark.parametrize("name", ["right_shoulder_posterior", "right_thigh_anterior"])
def test_on_mirrored_enlargements_needles_lie_on_the_body(name: str) -> None:
    """Where the body is not symmetric, needle and picture agree, and would not when
    either were turned alone."""
    chart = load_body("male").charts[name]
    assert chart.mirrored
    xmin, _, ymin, _ = chart.bounds
    seen = np.isfinite(chart.depth)
    # cells well inside the body whose mirror image is well outside
    inner = seen & np.roll(seen, 9, 1) & np.roll(seen, -9, 1)
    outer = ~seen & ~np.roll(seen, 9, 1) & ~np.roll(seen, -9, 1)
    rows, columns = np.nonzero(inner & outer[:, ::-1])
    assert len(rows) > 50
    pick = np.linspace(0, len(rows) - 1, 25).astype(int)
    places = [
        (
            xmin + (columns[n] + 0.5) * chart.cell_mm,
            ymin + (rows[n] + 0.5) * chart.cell_mm,
        )
        for n in pick
    ]
    svg = heatmap(on(name, places), everything=True)
    picture = pixels(svg)
    high, wide = picture.shape
    found = crosses(svg)
    assert len(found) == 25

    def white(share: float, down: float) -> bool:
        return bool(picture[int(down * high), int(share * wide)] > 250)

    assert not any(white(x, y) for x, y in found)
    left, right_edge = (
        min(x for x, _ in found),
        max(x for x, _ in found),
    )
    assert right_edge > left
    turned = [white(1.0 - x, y) for x, y in found]
    assert np.mean(turned) > 0.9


def test_side_of_a_view_from_the_side_is_printed() -> None:
    """Its edges say front and back, so the letter stands above."""
    for name, letter in (("right_lateral", "R"), ("left_lateral", "L")):
        chart = load_body("male").charts[name]
        inside = chart.outline.representative_point()
        svg = heatmap(on(name, [(inside.x, inside.y)]))
        assert f">{letter}</text>" in svg
        assert ">front</text>" in svg


def test_density_is_where_the_needles_are() -> None:
    """Its peak lies in the thicket, its whole is the number of needles."""
    dice = np.random.default_rng(4)
    thick = dice.normal([60.0, 40.0], 3.0, (40, 2))
    places = np.vstack([thick, [[150.0, 90.0]]])
    xs, ys, field = density(places, (0.0, 0.0, 200.0, 120.0))
    row_, column = np.unravel_index(field.argmax(), field.shape)
    assert np.hypot(xs[column] - 60, ys[row_] - 40) < 4
    cell = (xs[1] - xs[0]) * (ys[1] - ys[0])
    assert field.sum() * cell == pytest.approx(41, rel=0.01)
    assert field.min() >= 0


def test_few_needles_have_no_density() -> None:
    """Points only; the density begins with enough of them."""
    chart = load_body("male").charts["posterior"]
    inside = chart.outline.representative_point()
    places = [(inside.x + n, inside.y) for n in range(LEAST_FOR_DENSITY)]
    few, many = on("posterior", places[:-1]), on("posterior", places)
    assert "clipPath" not in heatmap(few)
    assert "clipPath" in heatmap(many)
    hits = replace(many, needles=tuple(replace(n, missed=False) for n in many.needles))
    assert "clipPath" not in heatmap(hits)


def test_the_target_of_an_edge_is_the_edge() -> None:
    """On the side that was asked for, where places of the edge themselves lie."""
    from viewer.learn.views.heatmap import target_area
    from zones.teaching.kinds.place_it import edge_points

    item = next(
        found
        for found in (generate("place_it", s, zones=["pleura"]) for s in range(60))
        if found.target
        and found.target.what == "edge"
        and found.chart in ("anterior", "posterior")
    )
    target = item.target
    assert target is not None
    chart = load_body(item.body).charts[item.chart]
    area = target_area(target, item.body, chart)
    places = edge_points(item.body, "pleura", target.side)
    xy = chart.project(places)
    xmin, xmax, _, _ = chart.bounds
    u = xmax - xy[:, 0] if chart.x_reversed else xy[:, 0] - xmin
    left, top, right_edge, low = area.bounds
    assert left == pytest.approx(u.min(), abs=18)
    assert right_edge == pytest.approx(u.max(), abs=18)
    assert low > top
