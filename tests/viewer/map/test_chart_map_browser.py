"""The chart of the body in a browser: left stays left, and a tap is where it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.charts import chart_specs
from anatomy.words.sites import resolve_site
from tests.viewer.helpers.map_page import DEPTH, NEEDLE, SEEN, SPOT, VIEW
from tests.viewer.map.map_browser import MapPage, page
from viewer.map.charts.frames import frame

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

#: A plain chart, one drawn backwards, a mirror image, both, and one upside down.
PLACES: dict[str, dict[str, str]] = {
    "anterior": {"landmark": "acromion", "side": "left"},
    "posterior": {"landmark": "inferior angle of scapula", "side": "right"},
    "right_thigh_anterior": {"landmark": "ASIS", "side": "right"},
    "right_buttock_posterior": {"landmark": "PSIS", "side": "right"},
    "left_foot_plantar": {"landmark": "calcaneus", "side": "left"},
}
#: Where the letter of a side stands, pixels of the window.
LETTER = (
    "const e = [...document.querySelectorAll('#map .chart-word.letter')].find((e) =>"
    " e.textContent === arguments[0]); const b = e.getBoundingClientRect();"
    "return b.left + b.width / 2;"
)


def show(page: MapPage, chart: str) -> None:
    """Show a chart of the female body."""
    page.js(
        "window.dash_clientside.set_props('view-store',"
        " { data: { body: 'female', chart: arguments[0] } })",
        chart,
    )
    page.wait(lambda: page.js(VIEW) == f"female/{chart}", chart)
    page.ready()


def test_the_browser_and_the_library_draw_a_place_at_the_same_point(
    page: MapPage,
) -> None:
    """Of every chart: four corners and a place within, there and back."""
    for body in ("female", "male"):
        for name in chart_specs():
            chart = load_body(body).charts[name]
            xmin, xmax, ymin, ymax = chart.bounds
            xy = [(x, y) for x in (xmin, xmax) for y in (ymin, ymax)]
            xy.append((xmin + 0.3 * (xmax - xmin), ymin + 0.8 * (ymax - ymin)))
            drawn, back = page.js(
                "const { toPicture, toChart } = window.NeedlemapChart;"
                "const frame = JSON.parse(arguments[0]);"
                "const uv = arguments[1].map((p) => toPicture(frame, ...p));"
                "return [uv, uv.map((p) => toChart(frame, ...p))];",
                json.dumps(frame(body, name)),
                xy,
            )
            assert np.allclose(drawn, chart.to_picture(np.array(xy)), atol=1e-6), name
            assert np.allclose(back, xy, atol=1e-6), name


@pytest.mark.parametrize("chart", PLACES)
def test_the_patients_side_stays_right(page: MapPage, chart: str) -> None:
    """A tap on a landmark places the needle there, on its side, by its letter."""
    show(page, chart)
    there = resolve_site(load_body("female"), PLACES[chart]).point.xyz
    drawn = load_body("female").charts[chart]
    x, y = (float(v) for v in drawn.project(there)[0])
    page.js(
        "const { own } = window.needlemapMap; own.map.around("
        "...window.NeedlemapChart.toPicture(own.frame, ...arguments), 120);"
        "own.map.draw();",
        x,
        y,
    )
    page.click_at(x, y)
    page.wait(lambda: page.js(NEEDLE), f"the needle on {chart}")
    assert page.js(NEEDLE) == pytest.approx([x, y], abs=0.6)
    kept: Any = page.wait(
        lambda: page.js("return JSON.parse(sessionStorage.needlemap).site"), "the site"
    )
    assert kept["side"] == PLACES[chart]["side"]
    seen = drawn.project(np.array(kept["xyz"]))[0]
    assert seen == pytest.approx([x, y], abs=3.0)
    # towards the letter L lies the patient's left: larger x of the body
    page.press("zoom-reset")
    at, left = page.js(SPOT, x, y)[0], page.js(SPOT, x + 20, y)[0]
    toward = np.sign(page.js(LETTER, "L") - page.js(LETTER, "R"))
    assert np.sign(left - at) == toward


def test_a_kept_view_can_not_turn_the_body_round(page: MapPage) -> None:
    """From behind the larger x is at the left, whatever a tab has kept."""
    see = "window.needlemapMap.own.map.see(arguments[0])"
    whole = page.js(SEEN)
    for wrong in (
        None,
        {},
        {"x": [1, 2]},
        {"x": [1, 1], "y": [2, 3]},
        {"x": [None, 1], "y": [2, 3]},
        {"x": ["1", 2], "y": [2, 3]},
    ):
        page.js(see, wrong)
        assert page.js(SEEN) == whole, wrong
    for x, y in (([50, -50], [1000, 1100]), ([-50, 50], [1100, 1000])):
        page.js(see, {"x": x, "y": y})
        (left, right), (low, high) = page.js(SEEN)
        assert left > right
        assert low < high
        assert (left + right) / 2 == pytest.approx(0.0, abs=1.0)
        assert (low + high) / 2 == pytest.approx(1050.0, abs=1.0)


def test_wheel_keys_and_drag(page: MapPage) -> None:
    """The wheel zooms on what is pointed at; keys zoom; a drag places nothing."""
    page.wait(lambda: page.js(DEPTH), "the depth map, whose note takes room")
    page.ready()
    x, y = page.js(SPOT, -60.0, 1250.0)
    whole = page.js(SEEN)
    page.driver.execute_cdp_cmd(
        "Input.dispatchMouseEvent",
        {"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": -400},
    )
    width = abs(whole[0][1] - whole[0][0])

    def seen() -> float:
        (left, right), _ = page.js(SEEN)
        return float(abs(right - left))

    page.wait(lambda: seen() < 0.7 * width, "a closer view")
    assert page.js(SPOT, -60.0, 1250.0) == pytest.approx([x, y], abs=2.0)
    near = seen()
    page.keys("+")
    page.wait(lambda: seen() < 0.8 * near, "closer by a key")
    page.keys("-")
    page.wait(lambda: seen() > 0.95 * near, "back by a key")
    steps = [("mousePressed", 0), ("mouseMoved", 30), ("mouseMoved", 60)]
    for kind, by in [*steps, ("mouseReleased", 60)]:
        page.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent",
            {"type": kind, "x": x + by, "y": y, "button": "left", "clickCount": 1},
        )
    page.wait(
        lambda: page.js(SPOT, -60.0, 1250.0)[0] == pytest.approx(x + 60, abs=2.0),
        "the chart under the hand",
    )
    assert page.js(NEEDLE) is None
    page.keys("0")
    page.wait(lambda: seen() == pytest.approx(width, rel=0.01), "all of it")
