"""A server that goes and comes back, and one that is slow."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from tests.viewer.map.map_browser import MapPage, page

__all__ = ["page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


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
