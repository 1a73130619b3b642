"""One browser and one address for the tests of a process: a page is then read at once.

A browser of its own for every test takes longer to start, and to read the page's
scripts anew, than most tests take. What a test leaves behind goes with its tab:
emulated sizes and media, held requests, the session's storage. Cookies and the storage
of the address are emptied. After a failure the browser is a new one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from dash.testing.application_runners import BaseDashRunner
from dash.testing.composite import DashComposite
from selenium.common.exceptions import WebDriverException
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.serving import BaseWSGIServer, make_server

#: Size of the window that a test begins with, pixels.
WINDOW = (1280, 900)


class SharedBrowser:
    """The browser of this process; started when it is first asked for."""

    def __init__(self) -> None:
        self.driver: Any = None
        #: Nobody knows what it was left in: the next test starts another.
        self.doubtful = False

    def with_fresh_tab(self, start: Callable[[], Any]) -> Any:
        """Return the browser with one empty tab, started if there is none."""
        try:
            if self.doubtful:
                self.quit()
            elif self.driver is not None:
                self._clear()
        except WebDriverException:
            self.quit()
        if self.driver is None:
            self.driver = start()
        return self.driver

    def _clear(self) -> None:
        driver = self.driver
        before = driver.window_handles
        driver.switch_to.new_window("tab")
        fresh = driver.current_window_handle
        for handle in before:
            driver.switch_to.window(handle)
            driver.close()
        driver.switch_to.window(fresh)
        driver.set_window_size(*WINDOW)
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.execute_cdp_cmd(
            "Storage.clearDataForOrigin",
            {"origin": SERVER.url, "storageTypes": "local_storage,indexeddb"},
        )
        driver.get_log("browser")

    def quit(self) -> None:
        """End the browser; the next test starts another."""
        driver, self.driver, self.doubtful = self.driver, None, False
        if driver is not None:
            # it may be gone already
            with contextlib.suppress(WebDriverException):
                driver.quit()


class SharedServer:
    """The address at which the page of whichever test is running is served."""

    def __init__(self) -> None:
        self.app: Any = None
        self.running: BaseWSGIServer | None = None

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        app = self.app or ServiceUnavailable("no test is running")
        answer: Iterable[bytes] = app(environ, start)
        return answer

    @property
    def port(self) -> int:
        """The port, the same for all tests of this process."""
        if self.running is None:
            self.running = make_server("127.0.0.1", 0, self, threaded=True)
            threading.Thread(target=self.running.serve_forever, daemon=True).start()
        return self.running.port

    @property
    def url(self) -> str:
        """The address."""
        return f"http://localhost:{self.port}"


BROWSER, SERVER = SharedBrowser(), SharedServer()


class Runner(BaseDashRunner):
    """Puts a test's application at the shared address."""

    def __init__(self) -> None:
        super().__init__(keep_open=False, stop_timeout=3)

    def start(self, app: Any, **_options: Any) -> None:
        """Serve an application of Dash from now on."""
        self.port, SERVER.app, self.started = SERVER.port, app.server, True

    def stop(self) -> None:
        """Serve it no longer."""
        SERVER.app, self.started = None, False


class Tab(DashComposite):
    """What a test knows as `dash_duo`: a tab of the shared browser, and a server."""

    def get_webdriver(self) -> Any:
        """Return the shared browser with an empty tab."""
        return BROWSER.with_fresh_tab(super().get_webdriver)

    def __exit__(self, *_problem: object) -> None:
        """Leave the browser for the next test."""
