"""The log-in in a real browser, and the page behind it under its strict policy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.viewer.helpers.map_page import LOADED
from tests.viewer.service.entrance.callers import PASSWORD, running
from viewer.service.access.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

PATIENCE_S = 60.0


@pytest.fixture
def driver() -> Iterator[Any]:
    """A browser of our own: no application of the test library's is needed."""
    from selenium import webdriver

    from tests.viewer.conftest import pytest_setup_options

    found = webdriver.Chrome(options=pytest_setup_options())
    yield found
    found.quit()


def wait(ready: Callable[[], Any], what: str) -> Any:
    """Return the first true value, or fail naming what was waited for."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            value = ready()
        except Exception:
            value = None
        if value:
            return value
        time.sleep(0.1)
    pytest.fail(f"never came: {what}")


def test_in_work_and_out(driver: Any) -> None:
    """Wrong password, right one, a verdict, a server that is gone, and out again."""
    from viewer.page.app import create_app

    app = create_app(warm=False, access=Access(password=PASSWORD)).server
    _, port, _ = running(app)
    here = f"http://127.0.0.1:{port}"

    def all_of(selector: str) -> list[Any]:
        return list(driver.find_elements("css selector", selector))

    def enter(password: str) -> None:
        field = wait(lambda: all_of("#password"), "the form")[0]
        field.send_keys(password + "\ue007")

    driver.get(here)
    enter("wrong horse battery")
    wait(lambda: "Wrong password" in all_of("[role=alert]")[0].text, "the refusal")
    driver.get_log("browser")  # the 401 of the refusal is written there
    enter(PASSWORD)
    site = wait(lambda: all_of("#site-text"), "the page")[0]
    wait(lambda: all_of(LOADED), "the map")
    site.send_keys("6 cm left of T4\ue007")
    wait(lambda: all_of("#word")[0].text == "DANGER", "the verdict")
    assert driver.get_log("browser") == []

    # the session ends elsewhere: the page must not go on as if nothing were
    driver.delete_all_cookies()
    depth = all_of("#depth")[0]
    depth.send_keys("\ue009a\ue0005\ue007")
    wait(lambda: all_of("#password"), "the form again")
    enter(PASSWORD)
    wait(lambda: all_of(".log-out button"), "the way out")[0].click()
    wait(lambda: driver.current_url == f"{here}/login", "the form after the log-out")

    # no answer: the old verdict must not stand there as if it belonged to the new plan
    enter(PASSWORD)
    wait(lambda: all_of(LOADED), "the map")
    driver.execute_cdp_cmd("Network.enable", {})
    lost = {"offline": True, "latency": 0, "downloadThroughput": 0}
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions", {**lost, "uploadThroughput": 0}
    )
    all_of("#site-text")[0].send_keys("GB21 right\ue007")
    wait(lambda: "was lost" in all_of("#link-banner")[0].text, "the warning")
