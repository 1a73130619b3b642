"""Faults of the page that could hurt, in a real browser: each was there once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.viewer.helpers.map_page import ask_all
from tests.viewer.map.map_browser import CONTROL, MapPage
from tests.viewer.record.conftest import open_store
from tests.viewer.record.test_export import pages
from viewer.record.paper.export import as_json
from viewer.record.paper.pdf import record_pdf
from zones.contract.models import Suggestion, Verdict

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

KEPT = "return JSON.parse(sessionStorage.needlemap)"
STORED = (
    "return JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})"
)
VALUE = "return document.getElementById(arguments[0]).value"
BMI = "input[aria-label*='body mass index']"
UNDO = CONTROL + "z\ue000"


class Page(MapPage):
    """The page with its fields."""

    def value(self, field: str) -> str:
        """Return what a field shows."""
        return str(self.js(VALUE, field))

    def needle(self) -> dict[str, Any]:
        """Return the needle as the page keeps it."""
        return dict(self.js(KEPT)["needle"])

    def patient(self) -> dict[str, Any]:
        """Return the answers as the page keeps them."""
        return dict(self.js(KEPT)["patient"])

    def go(self, path: str) -> None:
        """Go to another page."""
        self.js(f"document.querySelector('#navigation a[href=\"{path}\"]').click()")

    def click(self, selector: str) -> None:
        """Press what a selector names."""
        self.wait(lambda: self.driver.find_elements("css selector", selector), selector)
        self.js("document.querySelector(arguments[0]).click()", selector)

    def name(self, text: str) -> None:
        """Name a site in the search field."""
        self.fill("#site-text", text)

    def current(self, value: str) -> None:
        """Answer whether current goes through the needle."""
        self.click(f"#electrical input[value={value}]")


@pytest.fixture
def page(dash_duo: Any, tmp_path: Path) -> Iterator[Page]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    dash_duo.start_server(create_app(warm=False, db=url))
    found = Page(dash_duo)
    found.ready()
    yield found
    assert dash_duo.get_logs() in ([], None)


def with_a_patient(page: Page) -> None:
    """Fill in a patient, place a needle twice and plan it."""
    page.name("6 cm left of T4")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.name("15 cm above the left base of patella")
    page.wait(lambda: "thigh" in page.text("#site-words"), "the thigh")
    page.fill("#length", "60")
    page.fill("#depth", "5")
    page.fill("#tilt", "70")
    page.click("#patient-chip")
    page.fill(BMI, "22")
    page.choose("consent_given", "yes")
    page.choose("anticoagulant", "no")
    page.click("#patient-close")
    wanted = {"bmi": 22, "consent_given": True, "anticoagulant": False}
    page.wait(lambda: page.patient() == wanted, "the answers")
    page.wait(lambda: page.needle()["tilt"] == 70, "the needle")
    page.wait(lambda: page.js(KEPT)["site"], "the site")


def nothing_left(page: Page) -> None:
    """Nothing of the last patient is on the page, kept, or can be called back."""
    page.wait(lambda: page.patient() == {}, "no answers")
    page.wait(lambda: page.js(KEPT)["site"] is None, "no needle")
    start = {"length": 40, "depth": 25, "tilt": 0, "toward": "medial"}
    page.wait(
        lambda: {k: page.needle()[k] for k in start} == start, "the page's own needle"
    )
    assert page.needle()["electrical"] == "unknown"
    page.go("/")
    page.wait(lambda: page.word == "No needle placed", "no needle placed")
    page.wait(
        lambda: page.js(f'return document.querySelector("{BMI}").value') == "", ""
    )
    ask_all(page.driver)
    assert page.js(
        "return document.querySelector(\"input[name='panel-consent_given']:checked\")"
        ".value"
    ) == ("unknown")
    for button in ("undo", "redo"):
        assert not page.driver.find_element("css selector", f"#{button}").is_enabled()
    page.driver.find_element("css selector", "body").send_keys(UNDO)
    kept = page.js(KEPT)
    assert (kept["past"], kept["future"], kept["site"]) == ([], [], None)
    stored = page.js(STORED)
    assert "consent_given" not in stored
    assert "patella" not in stored
    page.driver.refresh()
    page.ready()
    page.wait(lambda: page.word == "No needle placed", "no needle after a reload")
    assert page.patient() == {}


def test_a_new_session_knows_nothing_of_the_last_patient(page: Page) -> None:
    """No answer, consent, needle or step of undo passes on to the next session."""
    with_a_patient(page)
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")
    page.go("/session")
    page.click(".element:not(.hidden) input[type=checkbox]")
    page.wait(lambda: page.text("#record-status").startswith("Saved"), "Saved")
    page.click(".record-past [data-record=new]")
    page.wait(lambda: "no sites" in page.text("#record-title"), "a new session")
    assert not page.js(
        "return [...document.querySelectorAll('#record-consent input')]"
        ".some((e) => e.checked)"
    )
    nothing_left(page)


def test_a_closed_session_leaves_an_empty_page(page: Page) -> None:
    """Closing ends the patient; reopening brings back what the record holds."""
    with_a_patient(page)
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")
    page.go("/session")
    page.click("[data-record=close]")
    page.wait(lambda: "closed" in page.text("#record-title"), "closed")
    page.wait(lambda: page.patient() == {}, "no answers")
    page.click("[data-record=reopen]")
    wanted = {"bmi": 22, "consent_given": True, "anticoagulant": False}
    page.wait(lambda: page.patient() == wanted, "the record's own patient")
    assert page.js(KEPT)["site"] is None
    page.click("[data-record=close]")
    page.wait(lambda: "closed" in page.text("#record-title"), "closed")
    nothing_left(page)


LATER = "sessionStorage.setItem('needlemap-used', Date.now() - arguments[0] * 60000)"
ASKED = "return document.getElementById('same-patient').open"


def test_after_half_an_hour_the_page_asks_whose_it_is(page: Page) -> None:
    """Yes goes on as it was; before that nothing can be done, not even by a reload."""
    with_a_patient(page)
    page.js(LATER, 29)
    page.driver.find_element("css selector", "body").send_keys("0")
    assert not page.js(ASKED)
    page.js(LATER, 31)
    before = page.patient()
    page.click("#record-add")
    page.wait(lambda: page.js(ASKED), "the question")
    assert page.text("#session-count") == "Session: no sites", "nothing was added"
    for _again in range(2):
        ActionChains(page.driver).send_keys(Keys.ESCAPE).perform()
        assert page.js(ASKED)
    page.driver.refresh()
    page.ready()
    page.wait(lambda: page.js(ASKED), "the question again")
    page.wait(lambda: "BMI 22" in page.text("#same-patient-who"), "whose it is")
    page.driver.find_element("css selector", "[data-same-patient=yes]").click()
    assert not page.js(ASKED)
    page.wait(lambda: page.patient() == before, "the same answers")
    page.wait(lambda: page.js(KEPT)["site"], "the same site")
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")
    assert not page.js(ASKED)


def test_the_next_patient_gets_nothing_of_the_last_one(
    page: Page, tmp_path: Path
) -> None:
    """New patient: answers, site and session go; the next record is its own."""
    with_a_patient(page)
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")
    page.go("/session")
    page.fill(".reference input", "patient-A")
    page.wait(lambda: page.text("#record-status").startswith("Saved"), "Saved")
    page.js(LATER, 31)
    page.wait(lambda: page.js(ASKED), "the question, by itself")
    assert "patient-A" in page.text("#same-patient-who")
    page.driver.find_element("css selector", "[data-same-patient=new]").click()
    page.wait(lambda: page.text("#record-title") == "No session is open.", "none open")
    assert page.js("return sessionStorage.getItem('needlemap-record')") is None
    nothing_left(page)

    page.name("6 cm right of T4")
    page.fill("#depth", "3")
    page.wait(lambda: page.word == "CAUTION", "the next patient's site")
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "its own site")
    mine = page.js("return sessionStorage.getItem('needlemap-record')")
    store = open_store(tmp_path / "records.sqlite3")
    record = store.read(mine).record
    rows = store.search()
    store.close()
    assert len(rows) == 2 and len(record.sites) == 1
    assert (record.patient, record.reference, record.consent) == ({}, "", {})
    assert record.sites[0].request["patient"] == {}
    paper = " ".join(pages(record_pdf(record)))
    for words in ("patient-A", "patella", "thigh"):
        assert words not in paper and words not in as_json(record), words


def test_rest_asked_states_no_consent(page: Page) -> None:
    """The button answers what may be found; consent and capacity stay open."""
    page.name("6 cm left of T4")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.click("#nothing-found")
    page.wait(lambda: page.patient().get("bleeding_disorder") is False, "the rest")
    known = page.patient()
    assert not {"consent_given", "capacity_to_consent"} & known.keys()
    assert True not in known.values()
    asked = "#card-questions [id*='\"consent_given\"']"
    page.wait(
        lambda: page.driver.find_elements("css selector", asked), "the open question"
    )


def test_undo_takes_back_the_suggestion_and_no_figure(page: Page) -> None:
    """Ctrl+Z after a suggestion: the depth comes back, BMI and age stay."""
    page.name("6 cm left of T4")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.fill("input[aria-label='How old is the patient?']", "31")
    page.fill(BMI, "22")
    page.wait(lambda: page.patient() == {"age": 31, "bmi": 22}, "age and BMI")
    page.wait(lambda: page.driver.find_elements("css selector", ".apply"), "a way out")
    assert page.value("depth") == "25 mm"
    page.driver.find_element("css selector", ".apply").click()
    page.wait(lambda: page.needle()["depth"] < 25, "the suggested depth")
    page.wait(lambda: page.word == "CAUTION", "CAUTION at the suggested depth")
    less = page.needle()["depth"]
    body = page.driver.find_element("css selector", "body")
    body.send_keys(UNDO)
    page.wait(lambda: page.needle()["depth"] == 25, "the depth before")
    page.wait(lambda: page.word == "DANGER", "the verdict before")
    assert page.patient() == {"age": 31, "bmi": 22}
    body.send_keys(CONTROL + "y\ue000")
    page.wait(lambda: page.needle()["depth"] == less, "the suggestion again")
    # and from a field where nothing was typed: it reaches no other field
    page.driver.find_element("css selector", "#length").click()
    for _ in range(3):
        page.driver.switch_to.active_element.send_keys(UNDO)
    fields = (
        "return [...document.querySelectorAll('.person-row input')].map((e) => e.value)"
    )
    assert "22" in page.js(fields)
    assert "31" in page.js(fields)
    assert page.patient() == {"age": 31, "bmi": 22}
    # in the field itself the browser's own undo works, and ends there
    field = page.driver.find_element("css selector", BMI)
    field.click()
    field.send_keys("\ue010" + "4")
    page.wait(lambda: page.patient()["bmi"] == 224, "a slip of the hand")
    for _ in range(4):
        field.send_keys(UNDO)
    page.wait(lambda: page.patient() == {"age": 31, "bmi": 22}, "the slip taken back")


def test_a_needle_is_never_carried_to_a_new_site_unsaid(page: Page) -> None:
    """A muscle sets its own; anywhere else the needle stays, to be checked."""
    page.place_at(-60.0, 1250.0)
    page.fill("#length", "60")
    page.fill("#depth", "45")
    page.fill("#tilt", "70")
    page.wait(lambda: page.needle()["tilt"] == 70, "the first needle")
    assert page.text("#needle-note") == ""
    # close by it is the same site, put right
    page.place_at(-50.0, 1250.0)
    page.wait(lambda: "stays as planned" in page.text("#needle-note"), "kept, and said")
    assert "60 mm, 45 mm deep, 70° medial" in page.text("#needle-note")
    assert page.needle()["length"] == 60
    page.place_at(60.0, 1100.0)
    note = page.wait(lambda: page.text("#needle-note.check"), "to be checked")
    assert "Needle of the last site, check: 60 mm, 45 mm deep, 70° medial" in note
    assert page.needle()["length"] == 60
    # it is still to be checked after a reload, until it is confirmed
    page.driver.refresh()
    page.wait(lambda: page.text("#needle-note.check"), "still to be checked")
    page.wait(lambda: page.needle()["length"] == 60, "the needle as it was")
    page.click("#needle-note .confirm")
    page.wait(lambda: not page.text("#needle-note"), "confirmed")
    assert page.needle()["length"] == 60
    # a change by hand is a look at it, too
    page.place_at(-60.0, 1250.0)
    page.wait(lambda: page.text("#needle-note.check"), "to be checked again")
    page.fill("#depth", "31")
    page.wait(lambda: not page.text("#needle-note"), "looked at")
    # undo goes back to the site before, and its needle
    page.press("undo")
    page.at(60.0, 1100.0)
    page.place_at(-120.0, 1100.0)
    page.wait(lambda: page.text("#needle-note.check"), "to be checked once more")
    page.click("#needle-note .quiet:not(.confirm)")
    page.wait(lambda: page.needle()["length"] == 40, "the page's needle")
    # a muscle has a usual technique
    page.name("left rhomboid major")
    page.wait(lambda: page.needle()["length"] == 25, "the muscle's usual needle")
    page.wait(lambda: page.needle()["depth"] == 19, "its depth")
    note = page.wait(lambda: page.text("#needle-note"), "why")
    assert "usual for rhomboid major" in note
    page.name("right GB21")
    page.wait(lambda: page.text("#needle-note.check"), "an acupoint has none")
    assert page.needle()["length"] == 25
    # steps by the arrow keys are no new site
    page.fill("#depth", "12")
    page.wait(lambda: page.needle()["depth"] == 12, "the depth")
    page.keys("\ue015\ue015\ue015\ue015\ue015\ue015")
    page.wait(lambda: "GB21" not in page.text("#site-words"), "a place further up")
    assert page.needle()["depth"] == 12


def test_current_is_left_out_by_a_button(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suggestion of the library to needle without current can be pressed."""
    from zones.check import site

    offered = Suggestion(
        change="electrical",
        to=False,
        verdict=Verdict.CAUTION,
        why="By hand, without current, the needle may go in.",
    )
    monkeypatch.setattr(site, "suggest", lambda *_: [offered])
    page.current("yes")
    page.name("6 cm left of T4")
    label = ".suggestions .apply"
    page.wait(lambda: page.text(label) == "Without current", "the button")
    page.driver.find_element("css selector", label).click()
    page.wait(lambda: page.needle()["electrical"] == "no", "no current")
    page.driver.find_element("css selector", "body").send_keys(UNDO)
    page.wait(lambda: page.needle()["electrical"] == "yes", "current again")


def test_a_muscle_keeps_its_name_in_the_record(page: Page) -> None:
    """The name stands under the map, in the list of sites, and after small steps."""
    page.name("left vastus lateralis")
    page.wait(lambda: "vastus lateralis" in page.text("#site-words"), "the name")
    page.fill("#depth", "5")
    page.wait(lambda: page.needle()["depth"] == 5, "the depth")
    page.keys("\ue013")
    page.wait(lambda: "moved 5 mm" in page.text("#site-words"), "a step up")
    page.press("undo")
    page.wait(lambda: "moved" not in page.text("#site-words"), "back")
    page.press("redo")
    page.wait(lambda: "moved 5 mm" in page.text("#site-words"), "and again")
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")
    page.go("/session")
    page.wait(
        lambda: "vastus lateralis" in page.text("#record-sites .site"), "the name"
    )


def test_an_age_that_was_given_is_not_called_open(page: Page) -> None:
    """What stands in the short row above is open only while it is."""
    page.name("6 cm left of T4")
    page.wait(lambda: "age" in page.text("#open-above"), "age is open")
    page.fill("input[aria-label='How old is the patient?']", "31")
    page.wait(lambda: page.patient() == {"age": 31}, "the age")
    page.wait(lambda: "age" not in page.text("#open-above"), "age is open no more")
