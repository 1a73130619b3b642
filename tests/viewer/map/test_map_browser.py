"""The map in a real browser: moves taken back, layers, fills and lines, its tools."""

from __future__ import annotations

import pytest

from tests.viewer.helpers.map_page import (
    DEPTH,
    DEPTHS,
    DOTS,
    DRAWN,
    NAMES,
    NEEDLE,
    SEEN,
    SIZE,
    VIEW,
    ask_all,
    press_at,
)
from tests.viewer.map.map_browser import CONTROL, MapPage, page
from viewer.look.palette import fill_of

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def test_moves_are_taken_back_and_survive_a_reload(page: MapPage) -> None:
    """Steps by key and button, undo and redo by both, and all of it after a reload."""
    page.place_at(-60.0, 1250.0)
    page.place_at(60.0, 1100.0)
    page.keys("\ue013\ue013\ue013")  # up, three times at once: none is lost
    page.at(60.0, 1115.0)
    page.press("nudge-step")
    page.press("nudge-right")  # a step is now 10 mm; x runs to the left from behind
    page.at(50.0, 1115.0)
    page.keys(CONTROL + "z\ue000")
    page.at(60.0, 1115.0)
    page.keys(CONTROL + "y\ue000")
    page.at(50.0, 1115.0)
    for _ in range(8):
        if not page.driver.find_element("css selector", "#undo").is_enabled():
            break
        if abs(page.js(NEEDLE)[1] - 1250.0) < 4:
            break
        before = page.js(NEEDLE)
        page.press("undo")
        page.wait(lambda before=before: page.js(NEEDLE) != before, "a step back")
    page.at(-60.0, 1250.0)

    # another chart, nearer, another depth and an answer about the patient
    page.js(
        "document.querySelector('.nav-body:not([hidden]) [data-figure=posterior] '"
        "+ '.nav-part[data-part^=Chest]').click()"
    )
    page.wait(lambda: "Upper back" in page.text("#map-title"), "the upper back")
    page.wait(lambda: "thorax" in page.js(VIEW), "its drawing")
    page.ready()
    page.place_at(-80.0, 1200.0)
    page.fill("#depth", "12")
    page.choose("sex", "female")
    page.choose("anticoagulant", "yes")
    page.press("zoom-in")
    page.wait(
        lambda: "anticoagulant" in page.js("return sessionStorage.needlemap"),
        "the answers to be kept",
    )
    ranges = page.wait(lambda: page.js(SEEN), "ranges")
    words, card = page.text("#site-words"), page.text("#verdict")
    page.driver.refresh()
    page.ready()
    page.wait(lambda: page.text("#site-words") == words, "the site after the reload")
    page.wait(lambda: page.text("#verdict") == card, "the verdict after the reload")
    assert "Upper back" in page.text("#map-title")
    for before, after in zip(ranges, page.js(SEEN), strict=True):
        assert after == pytest.approx(before, abs=15.0)
    ask_all(page.driver)
    answered = page.js(
        "return [...document.querySelectorAll('[id]')].filter((e) => {"
        "try { const id = JSON.parse(e.id); return id.name === 'anticoagulant'"
        " && id.at === 'panel'; } catch { return false; } })[0]"
        ".querySelector('input:checked').value"
    )
    assert answered == "yes"
    page.press("undo")
    page.wait(lambda: "Back of the body" in page.text("#map-title"), "the chart before")
    page.at(-60.0, 1250.0)

    # another tab knows nothing of it, and what is cleared stays away
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.driver.get(page.duo.server_url)
    page.ready()
    assert "No needle placed" in page.text("#word")
    page.driver.close()
    page.driver.switch_to.window(first)
    page.press("clear-patient")
    page.wait(
        lambda: page.js("return JSON.parse(sessionStorage.needlemap).patient") == {},
        "the patient to be forgotten",
    )
    page.driver.refresh()
    page.ready()
    page.wait(lambda: "RIGHT" in page.text("#site-words"), "the site again")
    assert page.js("return JSON.parse(sessionStorage.needlemap).patient") == {}


def test_layers_named_marks_and_the_depth_map(page: MapPage) -> None:
    """Marks offer their place, names take it; the depth map says what the card says."""
    page.layer("points")
    page.wait(lambda: page.js(DOTS) > 100, "the acupoints")
    page.click_site("BL15 right", "posterior")
    page.wait(lambda: "BL15" in page.text("#offer"), "an offer")
    assert "search area" not in page.text("#site-words")
    page.js("document.querySelector('#offer button').click()")
    page.wait(
        lambda: (
            page.js("return JSON.parse(sessionStorage.needlemap).site.request")
            == {"point": "BL15", "side": "right"}
        ),
        "the needle at the point by name",
    )
    for _ in range(4):
        page.press("zoom-in")
    # the answer takes room of the map: a name stands where it is read after that
    page.wait(lambda: page.text("#limit"), "the limit")
    page.ready()
    name = page.wait(lambda: page.js(NAMES), "a name on the map")[0]
    press_at(page.driver, *name[1:])
    code = name[0].split()[0].rstrip(",")
    page.wait(
        lambda: (
            page.js("return JSON.parse(sessionStorage.needlemap).site.request.point")
            == code
        ),
        f"the needle at {code}",
    )

    page.press("zoom-reset")
    page.choose("sex", "female")
    page.wait(lambda: page.js(DEPTHS), "the depths")
    page.wait(
        lambda: page.js(DRAWN) == ["skin", "skeleton", "depth"], "the picture alone"
    )
    assert not page.js(
        "return [...document.querySelectorAll('#layers input')].some("
        "(e) => e.value.startsWith('zones:') && e.checked)"
    )
    page.ready()  # the note below the map goes, and the map takes its room
    # where a pixel of the map, some 3 mm, makes no other limit
    page.place_at(-60.0, 1100.0)
    page.wait(lambda: "limit here" in page.text("#under"), "the limit under the cursor")
    there = float(page.text("#under").split("about ")[1].split(" mm")[0])
    card = float(page.text("#limit").split()[0])
    assert there == pytest.approx(card, abs=2.0)
    before = page.js(DEPTH)
    page.choose("pregnant", "yes")
    page.wait(
        lambda: page.js(DEPTH) not in (None, before), "another map for another patient"
    )


#: Outlines of one zone: how near the needle it is said to be, and the line's weight.
LINES = """
return [...document.querySelectorAll(`#map [data-zone="${arguments[0]}"]`)]
  .map((e) => [e.dataset.near, +e.getAttribute('stroke-width'), e.dataset.severity]);
"""
#: Fill of a zone on the map.
FILL = """
return [...document.querySelectorAll('#map [data-zones]')]
  .filter((e) => e.dataset.zones.split(' ').includes(arguments[0]))
  .map((e) => e.getAttribute('fill'));
"""


def test_a_fill_says_the_tissue_and_a_line_how_grave_and_how_near(
    page: MapPage,
) -> None:
    """As the palette has them; the weight follows the needle."""
    page.layer("depth")
    page.layer("zones:critical")
    page.layer("zones:minor")
    page.wait(lambda: page.js(FILL, "sciatic"), "the outlines")
    assert page.js(FILL, "pleura") == [fill_of("pleura")]
    assert page.js(FILL, "sciatic") == [fill_of("sciatic")]
    before = page.js(LINES, "pleura")
    assert {(near, severity) for near, _, severity in before} == {("here", "DANGER")}
    page.place_at(-60.0, 1250.0)
    page.wait(
        lambda: page.js(LINES, "pleura")[0][0] == "needle", "a line at the needle"
    )
    assert page.js(LINES, "sciatic")[0][0] == "far"
    weights = [page.js(LINES, "pleura")[0][1], before[0][1]]
    weights.append(page.js(LINES, "sciatic")[0][1])
    assert weights == sorted(set(weights), reverse=True)
    # nearer, where a millimetre has more pixels, all lines are heavier
    thin = page.js(LINES, "pleura")[0][1]
    for _ in range(3):
        page.press("zoom-in")
    page.wait(lambda: page.js(LINES, "pleura")[0][1] > 1.5 * thin, "a heavier line")
    words = page.text("#legend")
    assert "grave or lasting harm" in words and "nerve" in words
    assert "lung and pleura" in words


def test_the_tools_of_the_map_are_one_bar(page: MapPage) -> None:
    """Zoom, steps, undo and layers lie together at the edge, none over another."""
    page.place_at(-60.0, 1250.0)
    boxes = page.js(
        "return [...document.querySelectorAll("
        "'#map-tools button, #layer-fold summary')]"
        ".map((e) => e.getBoundingClientRect())"
        ".map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    assert len(boxes) == 11
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = (
                one[2] <= other[0] + 0.5
                or other[2] <= one[0] + 0.5
                or one[3] <= other[1] + 0.5
                or other[3] <= one[1] + 0.5
            )
            assert apart, (one, other)
    _, _, wide, _ = page.js(SIZE)[:4]
    assert max(b[2] for b in boxes) - min(b[0] for b in boxes) < wide / 3
