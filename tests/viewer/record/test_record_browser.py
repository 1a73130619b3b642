"""The session record in a real browser: from the check to the paper, and its faults."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from tests.viewer.helpers.map_page import LOADED, answering

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENCE_S = 60.0
SERVER = """
import sys
from viewer.page.app import create_app
create_app(warm=False, db=sys.argv[1]).run(host="127.0.0.1", port=int(sys.argv[2]))
"""
#: Puts a text into a field as pasting does; typing megabytes would take minutes.
PASTE = """
const field = document.querySelector(arguments[0]);
const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
own.set.call(field, arguments[1]);
field.dispatchEvent(new Event('input', {bubbles: true}));
"""
NOTES, REFERENCE = "textarea.notes", "input[id*='\"reference\"']"
PUT_IN, TAKEN_OUT = "input[id*='needles_in']", "input[id*='needles_out']"


class Window:
    """One window on the page, as a user sees it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.handle = driver.current_window_handle

    def __enter__(self) -> Window:
        self.driver.switch_to.window(self.handle)
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                value = ready()
            except Exception:
                value = None
            if value:
                return value
            time.sleep(0.05)
        shown = [self.text("#record-status"), self.text("#record-alert")]
        pytest.fail(f"never came: {what}; the page says {shown}")

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def text(self, selector: str) -> str:
        found = self.all(selector)
        return found[0].text if found else ""

    def value(self, selector: str) -> str:
        return str(self.all(selector)[0].get_attribute("value"))

    def click(self, selector: str) -> None:
        self.wait(lambda: self.all(selector), selector)
        self.driver.execute_script(
            "document.querySelector(arguments[0]).click()", selector
        )

    def fill(self, selector: str, value: str) -> None:
        field = self.wait(lambda: self.all(selector), selector)[0]
        self.driver.execute_script("arguments[0].scrollIntoView()", field)
        field.click()
        field.send_keys("\ue009a\ue000")  # control and a, released
        field.send_keys(value)

    def saved(self) -> None:
        self.wait(lambda: self.text("#record-status").startswith("Saved"), "Saved")

    def unsaved(self) -> int:
        """Return how many drafts this browser keeps."""
        count = (
            "return Object.keys(localStorage).filter(k => k.includes('draft')).length"
        )
        return int(self.driver.execute_script(count))


def test_a_session_from_the_check_to_the_paper(dash_duo: Any, tmp_path: Path) -> None:
    """Check, add, reason, session page, consent, count, PDF, reload, undo, delete."""
    from viewer.page.app import create_app

    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    dash_duo.start_server(create_app(warm=False, db=url))
    dash_duo.wait_for_element(LOADED, timeout=60)
    answering(dash_duo.driver)
    page = Window(dash_duo.driver)
    page.driver.execute_cdp_cmd(
        "Page.setDownloadBehavior",
        {"behavior": "allow", "downloadPath": str(tmp_path / "files")},
    )
    (tmp_path / "files").mkdir()

    page.click("#record-add")
    page.wait(lambda: "Place the needle" in page.text("#session-bar-status"), "a word")
    page.fill("#site-text", "6 cm left of T4\ue007")
    page.wait(lambda: page.text("#word") == "DANGER", "DANGER at T4")
    page.click("#record-add")
    page.wait(lambda: page.text(".reason-head h2") == "DANGER", "the question why")
    assert "pneumothorax" in page.text(".reason-over")
    page.click("#reason-form .primary")
    page.wait(lambda: page.text("#reason-form .error") == "Choose a reason.", "a word")
    page.click("#reason-form input[value=other]")
    page.click("#reason-form .primary")
    page.wait(lambda: "Write down" in page.text("#reason-form .error"), "a word")
    page.fill("#reason-form textarea", "shown in class <b>only</b>")
    page.click("#reason-form .primary")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")

    page.fill("#site-text", "20 cm above the left lateral femoral epicondyle\ue007")
    page.wait(lambda: page.text("#word") == "CAUTION", "CAUTION at the thigh")
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 2 sites", "two sites")

    page.click("#navigation a[href='/session']")
    page.wait(lambda: len(page.all("#record-sites .site")) == 2, "two sites")
    assert "shown in class <b>only</b>" in page.text("#record-sites .override")
    page.fill(REFERENCE, "A-1742")
    page.fill(NOTES, "notes <script>document.title = 'run'</script>")
    lung = "input[id*='record-tick'][id*='lung']"
    page.click(lung)
    page.fill(PUT_IN, "5")
    page.fill(TAKEN_OUT, "3")
    page.wait(lambda: "2 needles are not" in page.text("#record-count"), "the count")
    page.wait(lambda: "does not agree" in page.text("#record-findings"), "the finding")
    page.saved()
    assert page.unsaved() == 0

    page.click("[data-file='record.pdf']")
    made = page.wait(lambda: list((tmp_path / "files").glob("*.pdf")), "the PDF")[0]
    assert "A-1742" in made.name
    paper = pypdfium2.PdfDocument(made)
    text = " ".join(p.get_textpage().get_text_bounded() for p in paper)
    paper.close()
    assert "DANGER" in text and "2 needles are not accounted for" in text

    page.driver.refresh()
    page.wait(lambda: len(page.all("#record-sites .site")) == 2, "the sites again")
    page.wait(lambda: page.value(REFERENCE) == "A-1742", "the reference again")
    page.wait(lambda: page.all(f"{lung}:checked"), "the tick again")
    assert page.value(NOTES).startswith("notes <script>")
    assert page.value(PUT_IN) == "5"
    assert page.driver.title != "run"
    page.driver.back()
    page.wait(
        lambda: page.text("#session-count") == "Session: 2 sites", "the map again"
    )
    page.driver.forward()

    page.click("#record-sites [data-record=remove]")
    page.wait(lambda: len(page.all("#record-sites .site")) == 1, "one site less")
    page.click("#record-undo button")
    page.wait(lambda: len(page.all("#record-sites .site")) == 2, "the site put back")

    page.click("[data-record=close]")
    page.wait(lambda: page.text(".reason-head h2") == "STOP", "the question why")
    page.click("#reason-form .quiet")
    page.click(".record-top [data-record=delete]")
    page.driver.switch_to.alert.dismiss()
    assert len(page.all("#record-sites .site")) == 2
    page.click(".record-top [data-record=delete]")
    page.driver.switch_to.alert.accept()
    page.wait(lambda: "No record is kept" in page.text("#records-list"), "none left")
    assert dash_duo.get_logs() in ([], None)


class Server:
    """needlemap in a process of its own, to be stopped and started again."""

    def __init__(self, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", SERVER, self.url, str(self.port)]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    found.start()
    yield found
    found.stop()


def test_faults_are_told_and_nothing_is_lost(
    dash_br: Any, server: Server, tmp_path: Path
) -> None:
    """Server gone and back, database locked, two windows, too long, deleted."""
    driver = dash_br.driver
    address = f"http://127.0.0.1:{server.port}/session"
    driver.get(address)
    page = Window(driver)
    page.click(".empty-only [data-record=new]")
    page.wait(lambda: page.all(".record-main.open"), "a session")
    page.fill(NOTES, "first")
    page.saved()

    server.stop()
    page.fill(NOTES, "typed while it was away")
    page.wait(lambda: "was lost" in page.text("#link-banner"), "the banner")
    page.wait(lambda: "Not saved yet" in page.text("#record-status"), "a word")
    assert page.unsaved() == 1
    server.start()
    page.wait(lambda: not page.all("body.link-lost"), "the connection")
    page.saved()
    assert page.unsaved() == 0

    other = sqlite3.connect(tmp_path / "records.sqlite3")
    other.execute("BEGIN IMMEDIATE")
    page.fill(NOTES, "typed while it was locked")
    page.wait(lambda: "Another program holds" in page.text("#record-status"), "a word")
    # reloaded in the middle of it: the draft is what is left
    driver.refresh()
    page.wait(lambda: page.value(NOTES) == "typed while it was locked", "the draft")
    other.rollback()
    other.close()
    page.saved()

    driver.execute_script(PASTE, NOTES, "x" * 10_000_000)
    words = "at most 20\u202f000 characters; 10\u202f000\u202f000"
    page.wait(lambda: words in page.text("#record-notes-error"), "too long")
    page.wait(lambda: page.text("#record-status").startswith("Not saved"), "a word")
    driver.execute_script(PASTE, NOTES, "short again")
    page.saved()
    assert page.text("#record-notes-error") == ""

    record = driver.execute_script("return sessionStorage.getItem('needlemap-record')")
    driver.switch_to.new_window("tab")
    driver.get(address)
    second = Window(driver)
    second.click(f"[data-record=open][data-key='{record}']")
    second.wait(lambda: second.value(NOTES) == "short again", "the same record")
    second.fill(PUT_IN, "4")
    second.saved()
    with page:
        page.wait(lambda: page.value(PUT_IN) == "4", "the other window's number")
        told = "Another window changed this record: needles put in"
        page.wait(lambda: told in page.text("#record-alert"), "who changed it")

    # both change the same field while neither can save
    server.stop()
    with page:
        page.fill(NOTES, "from the first window")
    with second:
        second.fill(NOTES, "from the second window")
        second.fill(TAKEN_OUT, "4")
    server.start()
    clash = ".clash"

    def settled() -> str:
        for window in (page, second):
            with window:
                if window.all(clash):
                    return window.handle
        return ""

    where = page.wait(settled, "a clash in one of the windows")
    late, early = (page, second) if where == page.handle else (second, page)
    with late:
        shown = late.text(clash)
        assert "from the first window" in shown and "from the second window" in shown
        mine = late.value(NOTES)
        late.click(".clash button")  # keep mine
        late.saved()
    with early:
        early.wait(lambda: early.value(NOTES) == mine, "what the other window kept")
        assert early.value(TAKEN_OUT) == "4"
        early.click(".record-top [data-record=delete]")
        driver.switch_to.alert.accept()
        early.wait(lambda: "deleted" in early.text("#record-status"), "deleted")
    with late:
        late.wait(lambda: "was deleted on" in late.text("#record-status"), "a word")
        assert late.value(NOTES) == mine, "what was typed is still on the page"

    # a window that crashed left a draft behind: offered, and not opened by itself
    draft = '{"at": 0, "ops": [], "fields": {"notes": "left behind"}, "base": {}}'
    with early:
        key = f"needlemap-draft:{'a1' * 16}:gone"
        driver.execute_script("localStorage.setItem(...arguments)", key, draft)
        driver.refresh()
        early.wait(lambda: "was not saved" in early.text("#record-undo"), "the offer")
        assert early.all(".record-main.no-record")
        early.click("#record-undo button")
        early.wait(lambda: early.value(NOTES) == "left behind", "the draft")
        early.saved()
        assert not driver.execute_script(
            "return localStorage.getItem(arguments[0])", key
        )


def test_the_chip_shows_a_code_and_never_a_name(dash_duo: Any, tmp_path: Path) -> None:
    """The code of the open session stands in the head of every page, a name never."""
    from viewer.page.app import create_app

    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    dash_duo.start_server(create_app(warm=False, db=url))
    dash_duo.wait_for_element(LOADED, timeout=60)
    answering(dash_duo.driver)
    page = Window(dash_duo.driver)
    assert page.text("#patient-code") == ""
    page.click("#navigation a[href$='/session']")
    page.click("[data-record=new]")
    for name in ("Anna Schmidt", "Schmidt", "Anna S 1990"):
        page.fill(REFERENCE, name)
        page.saved()
        page.wait(lambda: not page.unsaved(), "nothing left to save")
        assert page.text("#patient-code") == "", name
    page.fill(REFERENCE, "A-1742")
    page.wait(lambda: page.text("#patient-code") == "A-1742", "the code")
    page.saved()
    page.click("#navigation a[href='/']")
    page.wait(lambda: page.text("#patient-code") == "A-1742", "the code here, too")
