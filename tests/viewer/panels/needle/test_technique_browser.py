"""Techniques in a browser: choosing a muscle, a way to needle it, and a needle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.viewer.helpers.map_page import SPOT, answering, press_at
from tests.viewer.page.test_faults_browser import Page
from tests.viewer.page.test_requests_browser import NOTE, quiet, requests

pytestmark = pytest.mark.browser

KINDS = "#technique-row .technique-kinds button"
PRESSED = f"{KINDS}[aria-pressed=true]"


@pytest.fixture
def page(dash_duo: Any) -> Iterator[Page]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    found = Page(dash_duo)
    found.ready()
    answering(dash_duo.driver)
    yield found
    assert dash_duo.get_logs() in ([], None)


def choose(page: Page, words: str) -> None:
    """Choose a kind of technique."""
    page.js(
        "[...document.querySelectorAll(arguments[0])]"
        ".find((e) => e.textContent === arguments[1]).click()",
        KINDS,
        words,
    )
    page.wait(lambda: page.text(PRESSED) == words, words)


def test_a_muscle_brings_its_technique_and_another_can_be_chosen(page: Page) -> None:
    """Length, depth, direction and grip are the record's; a change by hand is said."""
    page.name("left infraspinatus")
    page.wait(lambda: page.text(PRESSED) == "Straight in", "the usual technique")
    page.wait(lambda: page.needle().get("depth") == 15, "its depth")
    assert page.needle()["length"] == 25
    assert "AAP Education 2015" in page.text(".technique-now")
    page.wait(lambda: page.text("#word") not in ("", "No needle placed"), "the verdict")
    # by hand: said, and taken back by one press
    page.fill("#depth", "22")
    page.wait(lambda: "Changed from AAP" in page.text(".technique-now"), "changed")
    page.click("#technique-row .link")
    page.wait(lambda: "Changed" not in page.text(".technique-now"), "taken back")
    page.wait(lambda: page.value("depth") == "15 mm", "the record's depth")
    # to bone: no depth is given, so it is asked for and not guessed
    choose(page, "To bone")
    page.wait(lambda: page.value("depth") == "", "no depth")
    page.wait(lambda: "The depth" in page.text(".technique-asks"), "asked for")
    assert (
        page.js("return document.querySelector('#grip input:checked').value") == "bone"
    )
    page.click(".technique-asks button[data-to=depth]")
    focus = "return document.activeElement.id"
    page.wait(lambda: page.js(focus) == "depth", "the field that is asked for")
    page.press("undo")
    page.wait(lambda: page.text(PRESSED) == "Straight in", "the technique before")
    page.wait(lambda: page.value("depth") == "15 mm", "and its depth")


def test_a_pincer_asks_for_its_fold(page: Page) -> None:
    """Without the fold there is no answer; with it there is one."""
    page.name("left upper trapezius")
    page.wait(lambda: page.text(PRESSED) == "Pincer, in a fold", "the usual technique")
    page.wait(lambda: page.text("#word") == "NOT ASSESSABLE", "no answer yet")
    assert "thickness of the fold" in page.text(".technique-asks")
    page.fill("#fold", "30")
    page.wait(lambda: page.text("#word") != "NOT ASSESSABLE", "an answer")
    page.wait(
        lambda: "fold" not in page.text(".technique-asks"), "the fold is asked no more"
    )


def test_the_drawer_shows_what_is_too_short(page: Page) -> None:
    """A needle shorter than the planned depth cannot be taken."""
    page.place_at(-60.0, 1250.0)  # 25 mm of 40 mm
    short = "[...document.querySelectorAll('.needle-size[aria-disabled=true]')]"
    page.wait(
        lambda: page.js(f"return {short}.map((e) => +e.dataset.length)") == [7, 13, 15],
        "the short ones",
    )
    chosen = "document.querySelector('.needle-size[aria-pressed=true]')"
    assert page.js(f"return {chosen}.dataset.length") == "40"
    page.js(f"{short}[0].click()")
    page.click(".needle-size[data-length='60']")
    page.wait(lambda: page.value("length") == "60 mm", "the longer needle")
    page.press("undo")
    page.wait(lambda: page.value("length") == "40 mm", "the needle before")


def test_one_request_for_a_technique(page: Page) -> None:
    """All figures of a technique are asked together."""
    page.name("left infraspinatus")
    page.wait(lambda: page.text(PRESSED) == "Straight in", "the usual technique")
    page.js(NOTE)
    quiet(page)
    page.layer("depth")
    quiet(page)
    found = requests(page, lambda: choose(page, "To bone"))
    assert found == ["section-picture.src", "shown.data-parts"]


def test_a_muscle_on_the_map_is_offered_where_it_is_tapped(page: Page) -> None:
    """With the muscles shown, a tap on one offers it and its technique."""
    page.layer("muscles")
    bellies = "return document.querySelectorAll('#map .belly').length"
    page.wait(lambda: page.js(bellies) > 5, "the muscles")
    page.ready()  # the layer may change what is drawn at a place
    x, y = page.js(SPOT, 60.0, 1000.0)
    press_at(page.driver, x, y)
    page.wait(lambda: page.text("#offer"), "the muscles there")
    page.click("#offer button")
    page.wait(lambda: "How: " in page.text("#technique-row"), "its techniques")


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1280, 800)])
def test_the_verdict_stays_in_sight(page: Page, size: tuple[int, int]) -> None:
    """After placing, and while the needle has to be checked, at every size."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
    )
    page.ready()
    # the search field lies under the sheet on a small window: as the drawer places
    pick = (
        "window.dash_clientside.set_props('site-pick',"
        " {data: {request: arguments[0], at: Date.now()}})"
    )
    page.js(pick, {"muscle": "infraspinatus", "side": "left"})
    page.wait(lambda: page.text(PRESSED) == "Straight in", "the usual technique")
    page.js(pick, {"text": "8 cm left of L3"})
    page.wait(lambda: page.text("#needle-note.check"), "to be checked")
    page.wait(lambda: page.text("#limit"), "the limit")
    for part in ("word", "headline", "limit", "needle-note"):
        box = page.js(
            "const b = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return [b.left, b.top, b.right, b.bottom]",
            part,
        )
        assert box[0] >= 0, part
        assert box[1] >= 0, part
        assert box[2] <= size[0] + 0.5, part
        assert box[3] <= size[1] + 0.5, part
    assert page.js("return document.documentElement.scrollWidth") <= size[0]
