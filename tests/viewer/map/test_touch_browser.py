"""The map under fingers, and under a mouse: where a tap zooms and where it places."""

from __future__ import annotations

import time

import pytest

from tests.viewer.helpers.map_page import (
    NEEDLE,
    SEEN,
    SIZE,
    SPOT,
    press_at,
    touch,
)
from tests.viewer.map.map_browser import FRAMES, NEARER, MapPage, page, scale

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def test_fingers(page: MapPage) -> None:
    """Two fingers zoom about their middle and place nothing; a double tap is one."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2}
    )
    page.ready()  # controls grow for fingers, and the map gives way
    page.place_at(-60.0, 1250.0, within=9.0)  # whole pixels only
    words, place = page.text("#site-words"), page.js(NEEDLE)
    x, y = page.js(SPOT, 0.0, 1150.0)

    before = page.js(SEEN)
    touch(page.driver, "touchStart", (x - 20, y))
    touch(page.driver, "touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 9):
        touch(page.driver, "touchMove", (x - 20 - 5 * step, y), (x + 20 + 5 * step, y))
    touch(page.driver, "touchEnd")

    def nearer() -> float:
        after = page.js(SEEN)
        return abs((before[0][1] - before[0][0]) / (after[0][1] - after[0][0]))

    page.wait(lambda: nearer() > 2.4, "a closer view")
    (x0, x1), (y0, y1) = page.js(SEEN)
    _, _, wide, high = page.js(SIZE)[:4]
    assert wide / abs(x1 - x0) == pytest.approx(high / abs(y1 - y0), rel=1e-3)
    assert page.js(SPOT, 0.0, 1150.0) == pytest.approx([x, y], abs=3.0)
    time.sleep(0.6)  # what a pinch could place by mistake would be there by now
    assert page.js(NEEDLE) == place
    assert page.text("#site-words") == words

    # near enough that a finger covers no more than one site: nearer, it places at once
    page.js(NEARER, x, y)
    steps = "return window.needlemapHistory.past.length"
    count, kept = page.js(steps), page.js(SEEN)
    begun = time.time()
    for off, after in ((0, 0.0), (4, 0.15)):  # the fingers' time, not the machine's
        touch(page.driver, "touchStart", (x + off, y), at=begun + after)
        touch(page.driver, "touchEnd", at=begun + after + 0.05)
    page.wait(lambda: page.js(steps) == count + 1, "one needle for a double tap")
    time.sleep(0.6)
    assert page.js(steps) == count + 1
    for before, after in zip(kept, page.js(SEEN), strict=True):
        assert after == pytest.approx(before, abs=40.0)
    assert page.js(NEEDLE)[0] == pytest.approx(0.0, abs=6.0)


def finger(page: MapPage, x: float, y: float) -> None:
    """Tap a place of the chart with a finger."""
    spot = tuple(page.js(SPOT, x, y))
    touch(page.driver, "touchStart", spot)
    touch(page.driver, "touchEnd")


def hidden(page: MapPage, name: str) -> bool:
    """Return whether an element is not shown."""
    found = page.driver.find_element("css selector", f"#{name}")
    return not found.is_displayed()


def test_the_first_tap_of_a_finger_zooms_and_the_second_places(page: MapPage) -> None:
    """A fingertip covers half a back: nothing is placed before it can be aimed."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2}
    )
    page.ready()
    whole = scale(page)
    assert hidden(page, "zoom-way")
    finger(page, -60.0, 1250.0)
    page.wait(lambda: scale(page) > 2 * whole, "a closer view")
    assert 44 / scale(page) == pytest.approx(20.0, rel=0.02)
    assert not hidden(page, "tap-hint")
    time.sleep(0.8)  # a needle placed by mistake would be there by now
    assert page.js(NEEDLE) is None
    # the same rule: near enough, the next tap places
    finger(page, -60.0, 1250.0)
    page.at(-60.0, 1250.0, within=3.0)
    assert hidden(page, "tap-hint")
    page.wait(lambda: page.text("#word") != "No needle placed", "the verdict")
    # the way back leads to the whole body, and the next tap zooms again
    page.press("zoom-back")
    page.wait(lambda: scale(page) == pytest.approx(whole, rel=0.1), "the whole body")
    assert hidden(page, "zoom-way")
    finger(page, 60.0, 1100.0)
    page.wait(lambda: scale(page) > 2 * whole, "a closer view again")
    time.sleep(0.5)
    assert page.js(NEEDLE)[0] == pytest.approx(-60.0, abs=3.0)
    finger(page, 60.0, 1100.0)
    page.at(60.0, 1100.0, within=3.0)
    page.press("undo")
    page.at(-60.0, 1250.0, within=3.0)


def test_a_place_that_is_named_on_a_phone_is_seen_from_near(page: MapPage) -> None:
    """As near as a tap would zoom; the way back leads to the whole body."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2}
    )
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False},
    )
    page.ready()
    whole = scale(page)
    field = page.driver.find_element("css selector", "#site-text")
    page.driver.execute_script("arguments[0].scrollIntoView()", field)
    field.send_keys("6 cm left of T4", "\n")
    page.wait(lambda: page.js(NEEDLE), "the needle")
    page.wait(lambda: scale(page) > 2 * whole, "a closer view")
    assert hidden(page, "tap-hint")
    page.press("zoom-back")
    seen_whole = "return window.needlemapMap.own.map.isWhole"
    page.wait(lambda: page.js(seen_whole), "the whole body")  # smaller: the answer came
    time.sleep(0.8)
    assert page.js(seen_whole)


def test_a_mouse_places_at_once_unless_the_body_is_tiny(page: MapPage) -> None:
    """A mouse is fine enough on a laptop; in a low window it zooms first as well."""
    page.place_at(-60.0, 1250.0)
    before = page.js(NEEDLE)
    # a window so low that the tip of the arrow covers more than a site
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1200, "height": 420, "deviceScaleFactor": 1, "mobile": False},
    )
    page.ready()
    assert 4 / scale(page) > 20.0
    x, y = page.js(SPOT, 60.0, 1100.0)
    press_at(page.driver, x, y)
    page.wait(lambda: not hidden(page, "tap-hint"), "zoomed first")
    assert page.js(NEEDLE) == pytest.approx(before, abs=8.0)


#: Buttons of the map that lie over its picture or are too small for a finger.
_IN_THE_WAY = """
const map = document.querySelector('#map').getBoundingClientRect();
return [...document.querySelectorAll('#map-tools button, #layer-fold summary')]
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, b]) => b.height < 42 || b.width < 44 || (b.left < map.right
    && map.left < b.right && b.top < map.bottom && map.top < b.bottom))
  .map(([e]) => e.id || e.tagName);
"""


@pytest.mark.parametrize(("width", "height"), [(768, 1024), (1024, 768), (390, 844)])
def test_nothing_of_the_body_lies_under_a_button_for_fingers(
    page: MapPage, width: int, height: int
) -> None:
    page.click_site("6 cm left of T4", "posterior")
    page.wait(
        lambda: page.js("return document.getElementById('pad').className === ''"),
        "the steps of the needle",
    )
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5}
    )
    page.wait(
        lambda: page.js("return matchMedia('(pointer: coarse)').matches"), "touch"
    )
    page.driver.execute_async_script(FRAMES)  # the map takes its new size
    assert page.js(_IN_THE_WAY) == []
