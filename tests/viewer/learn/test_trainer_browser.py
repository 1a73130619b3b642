"""A trainer makes a course in the page, runs it, reads it, changes it and ends it."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.viewer.helpers.accessibility import serious
from tests.viewer.learn.simulated import NAMES, take
from tests.viewer.service.entrance.callers import running

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
    """A browser of our own."""
    from selenium import webdriver

    from tests.viewer.conftest import pytest_setup_options

    found = webdriver.Chrome(options=pytest_setup_options())
    yield found
    found.quit()


class Page:
    """What a trainer does."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
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
        pytest.fail(f"never came: {what}; on the page: {self.text('main')[:800]}")

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> Any:
        return self.wait(
            lambda: [e for e in self.all(selector) if e.is_displayed()], selector
        )[0]

    def text(self, selector: str) -> str:
        found = self.all(selector)
        return str(found[0].text) if found else ""

    def press(self, selector: str) -> None:
        node = self.one(selector)
        self.driver.execute_script(
            "arguments[0].scrollIntoView({block:'center'})", node
        )
        self.wait(node.is_enabled, f"{selector} enabled")
        node.click()

    def fill(self, selector: str, text: str) -> None:
        node = self.one(selector)
        node.send_keys("\ue009a\ue000" + "\ue017" + text)


def test_a_trainer_makes_runs_and_reads_a_course(driver: Any, tmp_path: Path) -> None:
    """Form, preview, YAML with an error, learners, needles, a change, the end."""
    from viewer.page.app import create_app

    app = create_app(warm=False, db=f"sqlite:///{tmp_path}/records.sqlite3").server
    store = app.extensions["needlemap_courses"]
    server, port, _ = running(app)
    here = f"http://127.0.0.1:{port}"
    page = Page(driver)
    try:
        driver.get(f"{here}/learn/teach")
        assert serious(page.driver) == []
        driver.execute_script("document.documentElement.removeAttribute('lang')")
        # it can find something
        assert [row[1] for row in serious(page.driver)] == ["html-has-lang"]
        page.press("a.button")

        # the form: five rows are there; three go, one moves, a zone is chosen
        page.wait(lambda: len(page.all("#rows .row")) == 5, "rows")
        page.fill("[name=title]", "Chest <b>&</b> back")
        for _ in range(3):
            page.press("#rows .row:last-child button[aria-label='Take out']")
        page.wait(lambda: page.text("#total") == "8 in all", "the total")
        page.press("#rows .row:first-child button[aria-label='Move down']")
        kinds = page.all("#rows select[name=kind]")
        assert [k.get_attribute("value") for k in kinds] == ["would_you", "place_it"]
        page.fill("#rows .row:last-child [name=count]", "3")
        page.fill("#rows .row:last-child [name=seed]", "4")
        page.press("#rows .row:last-child summary")
        page.one(".pick input[type=search]").send_keys("lung pleura")
        page.wait(
            lambda: (
                1
                <= len([e for e in page.all(".pick label") if e.is_displayed()])
                < len(page.all(".pick label")) / 4
            ),
            "the search",
        )
        page.press(".pick input[value=pleura]")
        page.wait(
            lambda: page.text("#rows .row:last-child summary") == "pleura and lung",
            "the zone",
        )
        page.one("[name=title]").click()
        assert serious(page.driver) == []

        # an exercise with its answer
        page.press("#look")
        page.wait(lambda: page.text("#which") == "1 of 7", "the first exercise")
        page.press("#next")
        page.wait(lambda: page.text("#which") == "2 of 7", "the second exercise")
        assert len(page.all("#preview-body li.right")) == 2
        assert serious(page.driver) == []
        page.press("#preview .close")

        # YAML says the same; an error in it is named with its line, nothing is lost
        page.press("#tab-text")
        text = page.one("#text").get_attribute("value")
        assert "title: Chest <b>&</b> back" in text
        assert re.search(r"zones:\n +- pleura\n", text)
        page.fill("#text", text.replace("kind: place_it", "kind: plce_it"))
        page.press("#save")
        said = page.wait(lambda: page.text("#problems"), "the problem")
        assert "nothing was saved" in said
        assert "Nearest: place_it" in said
        line = text.splitlines().index("- kind: place_it") + 1
        assert f"Line {line}" in said
        assert page.text("#gutter .bad") == str(line)
        page.press("#tab-form")
        assert page.one("#text").is_displayed()  # what is wrong cannot be a form
        page.fill("#text", text)
        page.press("#save")

        # it has a code; learners appear by themselves
        code = page.wait(lambda: page.text(".head-code .code"), "the code")
        (row,) = store.courses()
        assert (row.code, row.count, row.title) == (code, 7, "Chest <b>&</b> back")
        assert page.text("h1") == row.title
        assert page.one("#nobody")
        for number, name in enumerate(NAMES[:12]):
            take(store, code, name, until=None if number < 10 else 2)
        page.wait(
            lambda: page.text("#summary").startswith("12 joined · 10 finished"),
            "who is where",
        )
        shown = page.text("#people")
        assert "Ana" in shown
        assert "2 of 7" in shown
        page.press("#hide-names")
        page.wait(lambda: "Ana" not in page.text("#people"), "hidden names")
        page.press("#hide-names")

        # what fails, and where the needles went, without loading the page again
        page.wait(lambda: page.all("#findings .bars li"), "what fails")
        picture = page.wait(lambda: page.all("#findings .picture img"), "needles")[0]
        driver.execute_script("arguments[0].scrollIntoView()", picture)
        page.wait(
            lambda: driver.execute_script(
                "return arguments[0].complete && arguments[0].naturalWidth > 100",
                page.all("#findings .picture img")[0],
            ),
            "the picture of needles",
        )
        assert re.match(r".+: \d+ needles", picture.get_attribute("alt"))
        assert len(page.all("#findings table.items tbody tr")) == 7
        assert serious(page.driver) == []

        # one is taken off, after a question
        page.press("#people .off[aria-label='Take Ben off the course']")
        assert "of Ben are deleted" in page.text("#ask-words")
        page.press("#ask button[value=no]")
        assert len(store.people(row.id)) == 12
        page.press("#people .off[aria-label='Take Ben off the course']")
        page.press("#ask-yes")
        page.wait(lambda: page.text("#summary").startswith("11 joined"), "eleven left")
        assert len(store.people(row.id)) == 11

        # a change while it runs
        page.press(".head-words a[href$='/edit']")
        assert "finish the version" in page.one(".note").text
        page.fill("[name=pass_mark]", "130 %")
        page.press("#save")
        page.wait(lambda: "Pass mark" in page.text("#problems"), "the problem")
        assert page.one("[name=pass_mark]").get_attribute("aria-invalid") == "true"
        page.fill("[name=pass_mark]", "55")
        page.press("#save")
        page.wait(lambda: "version 2" in page.text(".facts"), "the second version")
        page.wait(lambda: "version 1" in page.text("#people"), "who has the first")
        assert store.course(row.id).course.pass_mark == 55

        # the end, and the answers as a table
        page.press("#end")
        assert "1 learner is" in page.text("#ask-words") or "learners are" in page.text(
            "#ask-words"
        )
        page.press("#ask-yes")
        page.wait(lambda: page.text("#state") == "■ ended", "the end")
        assert store.course(row.id).state == "ended"
        page.press(".more summary")
        link = page.one(".menu a[href$='results.csv']").get_attribute("href")
        table = driver.execute_async_script(
            "fetch(arguments[0]).then((r) => r.text()).then(arguments[1])", link
        )
        rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
        assert len(rows) == len(store.answers(row.id))
        assert {line["learner"] for line in rows} == set(NAMES[:12]) - {"Ben"}
        driver.execute_script("document.activeElement.blur()")
        problems = [
            entry
            for entry in driver.get_log("browser")
            if "422" not in entry["message"]
        ]
        assert problems == []
    finally:
        server.close()
