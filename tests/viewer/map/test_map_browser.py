"""The map in a real browser: moves taken back, reload, pinch, a server that goes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.viewer.page.test_page_browser import AXES, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

GD = "const gd = document.querySelector('#map .js-plotly-plot');"
MARKER = GD + "const m = gd.data[gd.data.length - 1]; return [m.x[0], m.y[0]]"
RANGES = GD + "return [gd._fullLayout.xaxis.range, gd._fullLayout.yaxis.range]"
SIZE = (
    GD + "const b = gd.querySelector('.nsewdrag').getBoundingClientRect();"
    "return [b.left, b.top, b.width, b.height, ...gd._fullLayout.xaxis.range]"
)
CONTROL = "\ue009"


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
                for found, wanted in zip(self.js(MARKER), (x, y), strict=True)
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
        self.driver.find_element("css selector", "#map-wrapper").send_keys(text)

    def ready(self) -> None:
        """Wait for the map."""
        self.wait(
            lambda: self.js(
                "return document.querySelectorAll('#map image').length > 2 &&"
                " Boolean(document.querySelector('#map .nsewdrag'))"
            ),
            "the map",
        )
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
        if abs(page.js(MARKER)[1] - 1250.0) < 4:
            break
        before = page.js(MARKER)
        page.press("undo")
        page.wait(lambda before=before: page.js(MARKER) != before, "a step back")
    page.at(-60.0, 1250.0)

    # another chart, nearer, another depth and an answer about the patient
    page.js(
        "document.querySelector('.nav-body:not([hidden]) [data-figure=posterior] '"
        "+ '.nav-part[data-part^=Chest]').click()"
    )
    page.wait(lambda: "Upper back" in page.text("#map-title"), "the upper back")
    page.wait(
        lambda: "thorax" in page.js(GD + "return gd.layout.uirevision"), "its drawing"
    )
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
    ranges = page.wait(lambda: page.js(RANGES), "ranges")
    words, card = page.text("#site-words"), page.text("#verdict")
    page.driver.refresh()
    page.ready()
    page.wait(lambda: page.text("#site-words") == words, "the site after the reload")
    page.wait(lambda: page.text("#verdict") == card, "the verdict after the reload")
    assert "Upper back" in page.text("#map-title")
    for before, after in zip(ranges, page.js(RANGES), strict=True):
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
    shown = "return window.needlemapLayers.own.shown.length"
    page.wait(lambda: page.js(shown) > 100, "the acupoints")
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
    name = page.wait(
        lambda: page.js(
            "const box = document.getElementById('map-wrapper')"
            ".getBoundingClientRect();"
            "const own = window.needlemapLayers.own;"
            "const free = (x, y) => own.shown.every((s) =>"
            " Math.hypot(s.px - x, s.py - y) > 12);"
            "return own.written.filter((w) => w.box).map((w) =>"
            " [w.mark.title, (w.box[0] + w.box[2]) / 2, (w.box[1] + w.box[3]) / 2])"
            ".filter((w) => w[2] > 60 && w[2] < 220 && free(w[1], w[2]))"
            ".map((w) => [w[0], box.left + w[1], box.top + w[2]])[0]"
        ),
        "a name on the map",
    )
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        page.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": name[1],
                "y": name[2],
                "clickCount": 1,
                "button": "none" if kind == "mouseMoved" else "left",
            },
        )
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
    page.wait(
        lambda: page.js("return Boolean(window.needlemapLayers.own.field)"),
        "the depths",
    )
    page.wait(
        lambda: page.js(GD + "return gd.layout.images.length") == 4, "the picture"
    )
    assert not page.js(
        "return [...document.querySelectorAll('#layers input')].some("
        "(e) => e.value.startsWith('zones:') && e.checked)"
    )
    # where a pixel of the map, some 3 mm, makes no other limit
    page.place_at(-60.0, 1100.0)
    page.wait(lambda: "limit here" in page.text("#under"), "the limit under the cursor")
    there = float(page.text("#under").split("about ")[1].split(" mm")[0])
    card = float(page.text("#limit").split()[0])
    assert there == pytest.approx(card, abs=2.0)
    source = GD + "return gd.layout.images[3].source"
    before = page.js(source)
    page.choose("pregnant", "yes")
    page.wait(lambda: page.js(source) != before, "another map for another patient")


def test_fingers(page: MapPage) -> None:
    """Two fingers zoom about their middle and place nothing; a double tap is one."""
    page.driver.execute_cdp_cmd(
        "Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2}
    )
    page.ready()  # controls grow for fingers, and the map gives way
    page.place_at(-60.0, 1250.0, within=9.0)  # whole pixels only
    words, place = page.text("#site-words"), page.js(MARKER)
    x, y = page.js(AXES, 0.0, 1150.0)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        page.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent",
            {
                "type": kind,
                "touchPoints": [
                    {"x": px, "y": py, "id": number}
                    for number, (px, py) in enumerate(points)
                ],
            },
        )

    before = page.js(RANGES)
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 9):
        touch("touchMove", (x - 20 - 5 * step, y), (x + 20 + 5 * step, y))
    touch("touchEnd")

    def nearer() -> float:
        after = page.js(RANGES)
        return abs((before[0][1] - before[0][0]) / (after[0][1] - after[0][0]))

    page.wait(lambda: nearer() > 2.4, "a closer view")
    scales = page.js(
        GD + "const l = gd._fullLayout; return [l.xaxis, l.yaxis].map((a) =>"
        " a._length / Math.abs(a.range[1] - a.range[0]))"
    )
    assert scales[0] == pytest.approx(scales[1], rel=1e-3)
    assert page.js(AXES, 0.0, 1150.0) == pytest.approx([x, y], abs=3.0)
    time.sleep(0.6)  # what a pinch could place by mistake would be there by now
    assert page.js(MARKER) == place
    assert page.text("#site-words") == words

    steps = "return window.needlemapHistory.past.length"
    count, kept = page.js(steps), page.js(RANGES)
    page.js(
        "const drag = document.querySelector('#map .nsewdrag');"
        "const fire = (kind, x, y) => { const touch = new Touch({ identifier: 1,"
        " target: drag, clientX: x, clientY: y });"
        " drag.dispatchEvent(new TouchEvent(kind, { bubbles: true, cancelable: true,"
        " touches: kind === 'touchend' ? [] : [touch], changedTouches: [touch] })); };"
        "for (const off of [0, 4]) { fire('touchstart', arguments[0] + off,"
        " arguments[1]); fire('touchend', arguments[0] + off, arguments[1]); }",
        x,
        y,
    )
    page.wait(lambda: page.js(steps) == count + 1, "one needle for a double tap")
    time.sleep(0.6)
    assert page.js(steps) == count + 1
    for before, after in zip(kept, page.js(RANGES), strict=True):
        assert after == pytest.approx(before, abs=40.0)
    assert page.js(MARKER)[0] == pytest.approx(0.0, abs=6.0)


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
