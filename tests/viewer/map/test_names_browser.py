"""Names on and beside the body: what is pointed at, landmarks as there is room."""

from __future__ import annotations

import pytest

from tests.viewer.helpers.map_page import (
    DEPTHS,
    SPOT,
)
from tests.viewer.map.map_browser import FRAMES, MapPage, page

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


#: Boxes in the window: the words about what is pointed at, the chart, [x0, y0, x1, y1].
WORDS_AND_CHART = """
const { map } = window.needlemapMap.own, all = map.svg.getBoundingClientRect();
const words = document.getElementById('under').getBoundingClientRect();
const frame = document.querySelector('.map-box').getBoundingClientRect();
const [left, top] = map.screen(0, 0), [right, foot] = map.screen(map.wide, map.tall);
return [[words.left, words.top, words.right, words.bottom],
  [all.left + left, all.top + top, all.left + right, all.top + foot],
  [all.left, all.top, all.right, all.bottom],
  [frame.left, frame.top, frame.right, frame.bottom]];
"""


def _apart(one: list[float], other: list[float]) -> bool:
    return (
        one[2] <= other[0]
        or other[2] <= one[0]
        or one[3] <= other[1]
        or other[3] <= one[1]
    )


@pytest.mark.parametrize(
    ("width", "height"),
    [(1280, 800), (1024, 768), (768, 1024), (390, 844), (1920, 1080)],
)
def test_words_of_what_is_pointed_at_stand_beside_the_body(
    page: MapPage, width: int, height: int
) -> None:
    """They cover nothing of a whole body, and never what is pointed at."""
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    # phone and tablet have a finger, and a pen that points
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled",
        {"enabled": width < 900, "maxTouchPoints": 5},
    )
    page.wait(lambda: page.js(DEPTHS), "the depths")
    page.driver.execute_async_script(FRAMES)  # the map takes its new size

    def point(x: float, y: float) -> list[list[float]]:
        page.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y}
        )
        page.driver.execute_async_script(FRAMES)
        page.wait(lambda: "limit here" in page.text("#under"), "the words")
        found: list[list[float]] = page.js(WORDS_AND_CHART)
        return found

    for x_mm in (-60.0, 60.0):
        words, chart, *_ = point(*page.js(SPOT, x_mm, 1350.0))
        assert _apart(words, chart)
    page.js("window.needlemapMap.own.map.step(4, null)")
    box = page.js(WORDS_AND_CHART)[2]
    for across in (0.4, 0.6):
        for down in (0.4, 0.7):
            x = box[0] + across * (box[2] - box[0])
            y = box[1] + down * (box[3] - box[1])
            words, _, box, frame = point(x, y)
            assert _apart(words, [x, y, x, y])
            assert frame[0] <= words[0] and words[2] <= frame[2]
            assert box[1] <= words[1] and words[3] <= box[3]


#: Of the landmarks: their dots, the least distance of two, names, and names that lie
#: over the dot of another.
_LANDMARKS = """
const { shown, written } = window.needlemapMarks;
const far = shown.flatMap((a, i) => shown.slice(0, i)
  .map((b) => Math.hypot(a.px - b.px, a.py - b.py)));
const over = written.filter((w) => shown.some((s) => s.mark !== w.mark
  && s.px > w.box[0] && s.px < w.box[2] && s.py > w.box[1] && s.py < w.box[3]));
return [shown.length, Math.min(...far), written.length, over.map((w) => w.mark.title)];
"""


def test_landmarks_come_as_there_is_room_for_them(page: MapPage) -> None:
    """From afar fewer dots, none touching another; nearer names beside them."""
    page.click_site("6 cm left of T4", "posterior")
    page.layer("landmarks")
    page.wait(lambda: page.js(_LANDMARKS)[0] > 10, "the landmarks")
    own = "return window.needlemapMap.current(window.needlemapMap.own.atlas).landmarks"
    every = page.js(f"{own}.length")
    dots, apart, names, _over = page.js(_LANDMARKS)
    assert dots < every
    assert apart > 6
    assert names == 0
    page.js("window.needlemapMap.own.map.step(4, null)")
    nearer = page.wait(lambda: page.js(_LANDMARKS)[2] and page.js(_LANDMARKS), "names")
    assert nearer[1] > 6
    assert nearer[3] == []
