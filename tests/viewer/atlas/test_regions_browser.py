"""The body to touch in a real browser: hover, keyboard, tap; the page of a region."""

from __future__ import annotations

import json
from typing import Any

import pytest
from selenium.webdriver.common.actions.action_builder import ActionBuilder

from tests.viewer.atlas.test_atlas_browser import query
from tests.viewer.helpers.accessibility import serious
from tests.viewer.page.test_page_browser import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

DRAWN = """
const all = [...document.querySelectorAll('#atlas-plate [data-touch]')];
return all.length && all.every((box) => box.dataset.drawn === box.dataset.touch);
"""
#: The place deepest in an area, px of the window.
SPOT = """
const figure = document.querySelectorAll('.touch-figure')[arguments[1]];
const area = figure.querySelector(`.touch-area[data-id="${arguments[0]}"]`);
area.scrollIntoView({ block: 'center' });
const box = area.getBoundingClientRect();
const at = area.getScreenCTM().inverse();
const inside = (x, y) => area.isPointInFill(new DOMPoint(x, y).matrixTransform(at));
let found = null, most = -1;
for (let i = 1; i < 30; i++) for (let j = 1; j < 30; j++) {
  const x = box.left + box.width * i / 30, y = box.top + box.height * j / 30;
  let room = 0;
  while (room < 60 && [[1, 0], [-1, 0], [0, 1], [0, -1]].every(
    ([dx, dy]) => inside(x + dx * room, y + dy * room))) room += 2;
  if (room > most) [found, most] = [[x, y], room];
}
return found;
"""


def test_a_touch_opens_the_region_and_its_zones(dash_duo: Any) -> None:
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    page = Page(dash_duo)
    driver = page.driver

    def accessible(where: str) -> None:
        for wide, high in ((1280, 800), (390, 844)):
            driver.set_window_size(wide, high)
            found = serious(driver)
            assert found == [], json.dumps([where, wide, found], indent=1)
        driver.set_window_size(1280, 800)

    def point(area: str, number: int) -> ActionBuilder:
        page.wait(lambda: driver.execute_script(DRAWN), "the charts to touch")
        x, y = driver.execute_script(SPOT, area, number)
        hand = ActionBuilder(driver)
        hand.pointer_action.move_to_location(round(x), round(y))
        return hand

    def touch(area: str, number: int) -> None:
        hand = point(area, number)
        hand.pointer_action.click()
        hand.perform()

    driver.set_window_size(1280, 800)
    driver.get(f"{dash_duo.server_url}/atlas")
    page.wait(lambda: driver.execute_script(DRAWN), "front and back")
    accessible("the body to touch")

    # the same area is named by the pointer and by the keyboard
    point("low-back", 1).perform()
    page.wait(lambda: page.text(".touch-name") == "Low back and sacrum", "its name")
    link = driver.find_element("css selector", '[data-area="hand"] a')
    driver.execute_script("arguments[0].focus()", link)
    page.wait(lambda: page.text(".touch-name") == "Wrist and hand", "the link's name")
    marked = driver.find_elements("css selector", ".touch-area.on")
    assert {area.get_attribute("data-id") for area in marked} == {"hand"}

    touch("low-back", 1)
    page.wait(
        lambda: page.text("#atlas-plate h2") == "Low back and sacrum", "the region"
    )
    assert query(page)["region"] == ["low-back"]
    page.wait(lambda: driver.execute_script(DRAWN), "its chart")
    assert "1 in 40 people" in page.text(".region-table")
    driver.execute_script(
        "document.querySelectorAll('#atlas-plate details')"
        ".forEach((e) => { e.open = true; })"
    )
    accessible("the page of a region")

    # a zone of its chart opens the zone's plate, which leads back
    touch("kidney", 0)
    page.wait(lambda: "zone" in query(page), "the plate of what was touched")
    page.wait(
        lambda: driver.find_elements(
            "css selector", '.atlas-words a[href*="region=low-back"]'
        ),
        "the way back",
    )
    driver.back()
    page.wait(
        lambda: page.text("#atlas-plate h2") == "Low back and sacrum", "the region"
    )
    assert dash_duo.get_logs() in ([], None)
