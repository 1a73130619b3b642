"""The body navigator in a real browser: keyboard, click, names, the way back."""

from __future__ import annotations

import pytest

from tests.viewer.page.test_page_browser import Page, page

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
DOWN, ENTER = "\ue015", "\ue007"
FOCUSED = "return document.activeElement.getAttribute('aria-label') || ''"


def _title(page: Page) -> str:
    return page.text("#map-title")


def test_navigator_to_low_back_to_site(page: Page) -> None:
    """Arrow keys to the low back, Enter, a click, the site in words, and back."""
    stop = ".nav-body:not([hidden]) .nav-part[tabindex='0']"
    page.wait(
        lambda: len(page.driver.find_elements("css selector", stop)) == 1,
        "one part in the tab order",
    )
    head = (
        ".nav-body:not([hidden]) [data-figure=posterior] "
        ".nav-part[data-part='Head & neck']"
    )
    page.driver.execute_script("document.querySelector(arguments[0]).focus()", head)
    for _ in range(4):
        if "Lumbar region" in page.driver.execute_script(FOCUSED):
            break
        page.driver.switch_to.active_element.send_keys(DOWN)
    assert "Lumbar region" in page.driver.execute_script(FOCUSED)
    page.driver.switch_to.active_element.send_keys(ENTER)
    page.wait(lambda: "Lumbar region and pelvis" in _title(page), "the low back")
    here = ".nav-body:not([hidden]) .nav-part[aria-current]"
    page.wait(
        lambda: page.driver.find_elements("css selector", here), "the part is marked"
    )

    page.click_site("4 cm left of L4", "low_back_posterior")
    page.wait(lambda: "LEFT" in page.text("#site-words"), "the site in words")
    assert "low back" in page.text("#site-words")
    needle = ".nav-body:not([hidden]) [data-figure=posterior] .nav-needle"
    page.wait(
        lambda: page.driver.find_element("css selector", needle).is_displayed(),
        "the needle in the figure",
    )

    # a site that this chart does not show opens its own enlargement
    page.fill("#site-text", "right vastus lateralis")
    page.wait(lambda: "RIGHT thigh" in _title(page), "the right thigh")
    page.wait(
        lambda: len(page.driver.find_elements("css selector", "#map image")) == 3,
        "its pictures",
    )
    page.driver.find_element("css selector", "#nav-whole").click()
    page.wait(lambda: "of the body" in _title(page), "the whole body")
    assert not page.driver.find_element("css selector", "#nav-whole").is_enabled()
    page.wait(lambda: "RIGHT" in page.text("#site-words"), "the site in words")


def test_zooming_out_of_an_enlargement(page: Page) -> None:
    """A part pressed, enlarged, and left by zooming out."""
    page.driver.execute_script(
        'document.querySelector(".nav-body:not([hidden]) [data-figure=posterior]'
        " .nav-part[data-part='Shoulder'][data-side='left']\").click()"
    )
    page.wait(lambda: _title(page) == "Back of the LEFT shoulder", "the shoulder")
    page.click_site("left infraspinatus", "left_shoulder_posterior")
    page.wait(lambda: "LEFT" in page.text("#site-words"), "the site in words")
    page.driver.find_element("css selector", "#zoom-out").click()
    page.wait(lambda: "Back of the body" in _title(page), "the whole body")
