"""The 3D body in a real browser: shown, changed, put away; and without WebGL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.viewer.test_page_browser import Page
from viewer import body3d

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SCENE = """
const gd = document.querySelector('#body3d .js-plotly-plot');
const scene = gd && gd._fullLayout && gd._fullLayout.scene && gd._fullLayout.scene._scene;
"""
ENDS = f"{SCENE} const t = gd.data[{body3d.ENDS}]; return [t.x, t.y, t.z];"
MARKER = "return document.querySelector('#map .js-plotly-plot').data.slice(-1)[0].x[0]"
BLIND = """
window.blind = true;
const own = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind) {
  return /webgl/.test(kind) ? null : own.apply(this, arguments);
};
"""


@pytest.fixture
def page(dash_duo: Any) -> Iterator[Page]:
    """The page, loaded; afterwards nothing may have failed in the console."""
    from viewer.app import create_app

    dash_duo.start_server(create_app(warm=False))
    dash_duo.wait_for_element("#map .nsewdrag", timeout=60)
    yield Page(dash_duo)
    # drawing by the processor alone is remarked on by the browser, not an error
    assert [e for e in dash_duo.get_logs() or [] if e["level"] == "SEVERE"] == []


def switch(page: Page, word: str) -> None:
    """Press one side of the switch between map and 3D body."""
    page.driver.execute_script(
        "[...document.querySelectorAll('.mode-switch label')]"
        ".find((e) => e.textContent === arguments[0]).click()",
        word,
    )


def traces(page: Page) -> int:
    """Return how many traces the scene draws."""
    return int(
        page.driver.execute_script(
            f"{SCENE} return scene ? Object.keys(scene.traces).length : 0"
        )
    )


def depth_drawn(page: Page) -> float:
    """Return the length from entry to tip in the scene, mm."""
    ends = np.array(page.driver.execute_script(ENDS), dtype=float)
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0]))


def test_three_dimensions_and_back(page: Page) -> None:
    """Without WebGL a word; with it the scene, a new depth in it, and the map again."""
    run = page.driver.execute_script
    run(BLIND)
    switch(page, "3D body")
    page.wait(lambda: "WebGL" in page.text("#map-message"), "words instead of 3D")
    assert traces(page) == 0
    run("location.reload()")
    seeing = "return !window.blind && !!document.querySelector('#map .nsewdrag')"
    page.wait(lambda: run(seeing), "the page again")

    page.fill("#site-text", "6 cm left of T4")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    marker = run(MARKER)
    assert traces(page) == 0  # nothing is drawn before it is asked for
    started = time.monotonic()
    switch(page, "3D body")
    page.wait(lambda: traces(page) == body3d.FLOOR + 1, "the scene")
    assert time.monotonic() - started < 10.0
    assert depth_drawn(page) == pytest.approx(25.0, abs=0.1)
    label = (
        "return document.querySelector('#body3d-wrapper').getAttribute('aria-label')"
    )
    page.wait(lambda: "pleura and lung from" in run(label), "the scene in words")
    page.wait(lambda: page.text("#body3d-at-left") == "L", "the patient's left")

    skin = f"{SCENE} return gd.data[{body3d.SKIN}].x.bdata || gd.data[0].x.length"
    before = run(skin)
    page.fill("#depth", "8")
    page.wait(lambda: abs(depth_drawn(page) - 8.0) < 0.1, "the needle drawn back")
    page.wait(lambda: "8 mm deep" in run(label), "the new depth in words")
    assert run(skin) == before

    run(
        "[...document.querySelectorAll('.view-button')]"
        ".find((e) => e.textContent === 'Front').click()"
    )
    page.wait(lambda: page.text("#body3d-at-left") == "R", "the front")

    switch(page, "Map")
    page.wait(
        lambda: page.driver.find_element("css selector", "#map-wrapper").is_displayed(),
        "the flat map",
    )
    assert run(MARKER) == marker
    assert "LEFT" in page.text("#site-words")
    page.click_site("6 cm right of T5", "posterior")
    page.wait(lambda: "RIGHT" in page.text("#site-words"), "a click on the map")
