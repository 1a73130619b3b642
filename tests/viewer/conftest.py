"""Browser options for the tests of the page."""

from __future__ import annotations

import os
from typing import Any

import pytest
from dash.testing.application_runners import BaseDashRunner

from tests.viewer.postgres import postgres

__all__ = ["postgres"]

# each worker of a parallel run serves its pages on ports of its own
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
BaseDashRunner._next_port += 1000 * _WORKER


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
        "--window-size=1280,900",
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
