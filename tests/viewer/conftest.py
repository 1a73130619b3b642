"""Browser options for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.viewer.helpers.one_browser import BROWSER, WINDOW, Runner, Tab
from tests.viewer.helpers.postgres import postgres

__all__ = ["postgres"]


@pytest.fixture(scope="session", autouse=True)
def _one_browser() -> Iterator[None]:
    """End the browser of the tests with the last of them."""
    yield
    BROWSER.quit()


@pytest.fixture
def dash_duo(request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab of the browser, and a server for the page (`helpers.one_browser`)."""
    options = request.config.hook.pytest_setup_options()
    headless = request.config.getoption("headless")
    with Runner() as server:
        yield Tab(
            server,
            browser="Chrome",
            headless=headless,
            options=options,
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """After a failure the browser is a new one."""
    result = yield
    BROWSER.doubtful |= result.get_result().failed


@pytest.hookimpl(optionalhook=True)
def pytest_setup_options() -> Any:
    """Return a window of a small laptop, without a screen, with the console's log."""
    from selenium.webdriver.chrome.options import Options

    options = Options()
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        # the 3D body needs WebGL, here drawn by the processor
        "--enable-unsafe-swiftshader",
        f"--window-size={WINDOW[0]},{WINDOW[1]}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


#: What the end of a test's server says of requests that were not answered yet.
CUT_OFF = (
    "ignore:Exception in thread .*process_request_thread"
    ":pytest.PytestUnhandledThreadExceptionWarning"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test in the browser a second and third try, told in the summary.

    A headless browser on a busy machine loses frames and input now and then; what is
    broken fails all three.
    """
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(pytest.mark.flaky(reruns=2))
            item.add_marker(pytest.mark.filterwarnings(CUT_OFF))
