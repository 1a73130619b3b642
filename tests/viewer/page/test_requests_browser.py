"""What one action costs in a real browser: requests to the server, and checks in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.viewer.helpers.map_page import ask_all
from tests.viewer.map.map_browser import MapPage
from viewer.state import page_state

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

#: The outputs of every request of the page are noted, and how many are under way.
NOTE = """
const plain = window.needlemapLink.plain; window.asked = [];
window.needlemapLink.through(async (a, o) => {
  if (!String(a).includes('_dash-update')) return plain(a, o);
  window.asked.push(JSON.parse(o.body).output); window.underway += 1;
  try { return await plain(a, o); } finally { window.underway -= 1; }
});
window.underway = 0;
"""
QUIET_S = 1.0


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The checks that the server asks the library for."""
    found: list[Any] = []
    own = page_state.check_site

    def noted(*given: Any) -> Any:
        found.append(given)
        return own(*given)

    monkeypatch.setattr(page_state, "check_site", noted)
    page_state._checked.cache_clear()
    return found


@pytest.fixture
def page(dash_duo: Any, checks: list[Any]) -> Iterator[MapPage]:
    """The page with a needle and no depth map; the console must stay empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    found = MapPage(dash_duo)
    found.ready()
    found.place_at(-60.0, 1250.0)
    found.js(NOTE)
    quiet(found)
    if "depth" in found.js(
        "return [...document.querySelectorAll('#layers input:checked')]"
        ".map((e) => e.value)"
    ):
        found.layer("depth")
    quiet(found)
    yield found
    assert dash_duo.get_logs() in ([], None)


def quiet(page: MapPage) -> None:
    """Wait until the page asks for nothing more."""
    since, seen = time.monotonic(), None

    def still() -> bool:
        nonlocal since, seen
        now = page.js("return [window.asked.length, window.underway]")
        if now != seen or now[1]:
            since, seen = time.monotonic(), now
        return time.monotonic() - since > QUIET_S

    page.wait(still, "a quiet page")


def requests(page: MapPage, act: Callable[[], Any]) -> list[str]:
    """Return the first output of each request that an action makes."""
    quiet(page)
    page.js("window.asked.length = 0")
    act()
    page.wait(lambda: page.js("return window.asked.length"), "a request")
    quiet(page)
    return sorted(
        outputs.strip(".").split("...")[0] for outputs in page.js("return window.asked")
    )


ONE = ["section-picture.src", "shown.data-parts"]


def test_one_request_and_one_check_for_each_action(
    page: MapPage, checks: list[Any]
) -> None:
    """The answer comes whole; the cross-section alone is asked for after it."""
    acts: dict[str, Callable[[], Any]] = {
        "tap": lambda: page.click_at(60.0, 1100.0),
        "number": lambda: page.fill("#depth", "31"),
        "answer": lambda: page.choose("anticoagulant", "yes"),
        "step": lambda: page.keys("\ue013"),
    }
    ask_all(page.driver)  # they come with a request of their own, when first opened
    quiet(page)
    for name, act in acts.items():
        checks.clear()
        assert requests(page, act) == ONE, name
        assert len(checks) == 1, name
    # the same question again: nothing is computed twice
    checks.clear()
    page.press("undo")
    quiet(page)
    assert checks == []
