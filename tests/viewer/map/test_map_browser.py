"""The map in a real browser: moves taken back, reload, pinch, a server that goes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.viewer.helpers.map_page import (
    DEPTH,
    DEPTHS,
    DOTS,
    DRAWN,
    LOADED,
    NAMES,
    NEEDLE,
    SEEN,
    SIZE,
    SPOT,
    VIEW,
    press_at,
    touch,
)
from tests.viewer.page.test_page_browser import Page
from viewer.look.palette import fill_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

CONTROL = "\ue009"


#: Zooms in on a pixel of the window until a finger covers no more than one site.
NEARER = """
const { map } = window.needlemapMap.own, box = map.svg.getBoundingClientRect();
map.zoom(2.3 / map.scale, arguments[0] - box.left, arguments[1] - box.top);
map.draw();
"""


class MapPage(Page):
    """The page with what the map can do."""

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
        """Return the first true value, with more patience than for one answer."""
        for _ in range(2):
            try:
                return super().wait(ready, what)
            except pytest.fail.Exception:
                continue
        return super().wait(ready, what)

    def js(self, code: str, *given: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(code, *given)

    def place_at(self, x: float, y: float, *, within: float = 4.0) -> None:
        """Click and wait until the needle is there and its answer too."""
        before = self.text("#site-words")
        self.click_at(x, y)
        self.at(x, y, within=within)
        self.wait(lambda: self.text("#site-words") != before, "the site in words")

    def at(self, x: float, y: float, *, within: float = 4.0) -> None:
        """Wait until the needle is drawn at a place."""
        self.wait(
            lambda: all(
                abs(found - wanted) < within
                for found, wanted in zip(self.js(NEEDLE), (x, y), strict=True)
            ),
            f"the needle at {x:.0f}, {y:.0f}",
        )

    def press(self, button: str) -> None:
        """Press a button when it can be pressed."""
        found = self.driver.find_element("css selector", f"#{button}")
        self.wait(found.is_enabled, f"{button} to be enabled")
        self.js("arguments[0].click()", found)

    def layer(self, name: str) -> None:
        """Switch a layer."""
        self.js(
            "document.querySelector(`#layers input[value='${arguments[0]}']`).click()",
            name,
        )

    def keys(self, text: str) -> None:
        """Type while the map has the focus."""
        self.driver.find_element("css selector", "#map svg").send_keys(text)

    def ready(self) -> None:
        """Wait for the map."""
        self.wait(lambda: self.driver.find_elements("css selector", LOADED), "the map")
        sizes: list[Any] = []

        def settled() -> bool:
            sizes.append(self.js(SIZE))
            return len(sizes) > 4 and len({tuple(size) for size in sizes[-5:]}) == 1

        self.wait(settled, "a map that keeps its size")


@pytest.fixture
def page(dash_duo: Any) -> Iterator[MapPage]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    found = MapPage(dash_duo)
    found.ready()
    yield found
    assert dash_duo.get_logs() in ([], None)


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


def scale(page: MapPage) -> float:
    """Return how many pixels a millimetre has."""
    return float(page.js("return window.needlemapMap.own.map.scale"))


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


class Server:
    """A server that can be stopped and started again at the same port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.running: Any = None

    def start(self) -> None:
        """Serve a fresh application."""
        from werkzeug.serving import make_server

        from viewer.page.app import create_app

        app = create_app(warm=False).server
        self.running = make_server("127.0.0.1", self.port, app, threaded=True)
        self.running.daemon_threads = True
        threading.Thread(target=self.running.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.running.shutdown()
        self.running.server_close()


def test_a_server_that_goes_and_comes_back(dash_duo: Any) -> None:
    """The page says that it is cut off, greys the verdict and recovers by itself."""
    server = Server()
    server.start()
    try:
        dash_duo.driver.get(f"http://127.0.0.1:{server.port}/")
        page = MapPage(dash_duo)
        page.ready()
        page.place_at(-60.0, 1250.0)
        page.wait(lambda: page.word == "DANGER", "DANGER")
        server.stop()
        page.fill("#depth", "4")
        page.wait(lambda: "connection" in page.text("#link-banner"), "the banner")
        assert "trying again" in page.text("#link-banner")
        shown = "return getComputedStyle(document.querySelector('#verdict .head'))"
        assert "grayscale" in page.js(f"{shown}.filter")
        assert float(page.js(f"{shown}.opacity")) < 0.6
        assert page.word == "DANGER"  # what is old is marked, not hidden
        server.start()
        page.wait(lambda: "Computed anew" in page.text("#link-banner"), "recovery")
        page.wait(lambda: page.word not in ("DANGER", "", "STOP"), "the new depth")
        assert page.js(f"{shown}.filter") == "none"
        assert page.js("return document.querySelector('#depth').value") == "4 mm"
        page.at(-60.0, 1250.0)
        dash_duo.driver.get("about:blank")
        dash_duo.get_logs()  # refused connections are the point of this test
    finally:
        server.stop()


def test_a_slow_answer_is_marked(page: MapPage) -> None:
    """An old verdict says so while a new one is on its way."""
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.word == "DANGER", "DANGER")
    page.js(
        "const plain = window.needlemapLink.plain; window.held = [];"
        "window.needlemapLink.through((a, o) => String(a).includes('_dash-update')"
        " ? new Promise((go) => window.held.push(go)).then(() => plain(a, o))"
        " : plain(a, o));"
    )
    page.fill("#depth", "4")
    busy = "return document.getElementById('verdict').getAttribute('aria-busy')"
    page.wait(lambda: page.js(busy) == "true", "the verdict to be marked")
    assert page.word == "DANGER"
    page.js("window.held.forEach((go) => go()); window.needlemapLink.through(null);")
    page.wait(lambda: page.js(busy) == "false", "the mark to go")
    page.wait(lambda: page.word not in ("DANGER", ""), "the new verdict")


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


#: Two frames: what a move of the mouse changes is drawn then.
FRAMES = (
    "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(done))"
)


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
