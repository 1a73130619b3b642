"""The map in a real browser, as its tests drive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.viewer.helpers.map_page import (
    LOADED,
    NEEDLE,
    SIZE,
)
from tests.viewer.page.test_page_browser import Page

CONTROL = "\ue009"


#: Zooms in on a pixel of the window until a finger covers no more than one site.
NEARER = """
const { map } = window.needlemapMap.own, box = map.svg.getBoundingClientRect();
map.zoom(2.3 / map.scale, arguments[0] - box.left, arguments[1] - box.top);
map.draw();
"""
#: Two frames: what a move of the mouse changes is drawn then.
FRAMES = (
    "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(done))"
)


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


def scale(page: MapPage) -> float:
    """Return how many pixels a millimetre has."""
    return float(page.js("return window.needlemapMap.own.map.scale"))
