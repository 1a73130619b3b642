"""The page in a real browser: click, read the verdict, answer, type, make mistakes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests.viewer.helpers.map_page import (
    AREAS,
    DRAWN,
    LOADED,
    NEEDLE,
    SPOT,
    ask_all,
    press_at,
    reach,
)
from viewer.page.app import WHOLE_PLOTLY
from viewer.page.plotly_light import SCRIPT, light_version

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PATIENCE_S = 60.0
ADDRESSES = """
const found = [...document.querySelectorAll('script[src], link[href], img[src], image')]
  .map((e) => e.src || e.href?.baseVal || e.href || '');
return found.concat(performance.getEntriesByType('resource').map((e) => e.name));
"""


class Page:
    """The page as a user sees it."""

    def __init__(self, duo: Any) -> None:
        self.duo = duo
        self.driver = duo.driver

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
            time.sleep(0.05)
        pytest.fail(f"never came: {what}; the card says {self.text('#verdict')!r}")

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        found = self.driver.find_elements("css selector", selector)
        # hidden text is none for a user; what lies in a closed sheet is only not open
        return (found[0].text or self.folded(found[0])) if found else ""

    def folded(self, element: Any) -> str:
        """Return the text of something in the patient's questions, open or not."""
        inside = "return arguments[0].closest('#patient-sheet') ? 1 : 0"
        if not self.driver.execute_script(inside, element):
            return ""
        return str(element.get_attribute("textContent")).strip()

    @property
    def word(self) -> str:
        """Word of the verdict."""
        return self.text("#word")

    def click_at(self, x_mm: float, y_mm: float) -> None:
        """Click on the map at a place of the chart."""
        reach(self.driver, self.driver.find_element("css selector", "#map"))
        press_at(self.driver, *self.driver.execute_script(SPOT, x_mm, y_mm))

    def click_site(self, text: str, chart: str) -> None:
        """Click on the map where a site in words lies on the female body."""
        from anatomy.body import load_body
        from anatomy.words.sites import resolve_site

        body = load_body("female")
        placed = resolve_site(body, {"text": text})
        self.click_at(*map(float, body.charts[chart].project(placed.point.xyz)[0]))

    def fill(self, selector: str, value: str) -> None:
        """Replace the content of a field."""
        field = self.driver.find_element("css selector", selector)
        reach(self.driver, field)
        field.click()
        field.send_keys("\ue009a\ue000")  # control and a, released
        field.send_keys(value + "\ue007")

    def choose(self, name: str, value: str, at: str = "panel") -> None:
        """Answer a question."""
        ask_all(self.driver)
        self.driver.execute_script(
            "const box = [...document.querySelectorAll('[id]')].find((e) => {"
            "try { const id = JSON.parse(e.id); return id.type === 'fact' &&"
            " id.name === arguments[0] && id.at === arguments[1]; }"
            " catch { return false; } });"
            'box.querySelector(`input[value="${arguments[2]}"]`).click();',
            name,
            at,
            value,
        )


@pytest.fixture
def page(dash_duo: Any) -> Iterator[Page]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    dash_duo.wait_for_element(LOADED, timeout=60)
    found = Page(dash_duo)
    found.wait(
        lambda: found.driver.execute_script(DRAWN) == ["skin", "skeleton", "depth"],
        "the pictures of the map",
    )
    yield found
    assert dash_duo.get_logs() in ([], None)


def test_a_needle_from_click_to_verdict(page: Page) -> None:
    """T4, 6 cm left is DANGER; 5 mm is less; pregnancy changes it; abdomen: STOP."""
    page.click_site("6 cm left of T4", "posterior")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    assert "pneumothorax" in page.text("#headline")
    assert "LEFT" in page.text("#site-words")
    assert page.text("#limit").endswith("mm")

    page.fill("#depth", "5")
    page.wait(lambda: page.word not in ("DANGER", "STOP", ""), "less than DANGER")
    before = page.text("#card")

    page.choose("pregnant", "yes")
    page.wait(lambda: page.text("#card") != before, "another card")
    questions = page.driver.find_element("css selector", "#all-questions")
    reach(page.driver, questions)
    page.driver.execute_script(
        "document.querySelectorAll('.mantine-Accordion-control').forEach("
        "(e) => { if (e.textContent.startsWith('Pregnancy')) e.click(); })"
    )
    weeks = "input[aria-label='How many weeks pregnant is the patient?']"
    page.wait(
        lambda: page.driver.find_element("css selector", weeks).is_displayed(),
        "the question for the weeks",
    )
    page.fill(weeks, "10")
    page.wait(lambda: page.word == "STOP", "STOP in the first trimester")

    page.driver.find_element("css selector", "#view label").click()
    page.wait(lambda: "Front" in page.text("#map-title"), "the front of the body")
    page.click_site("5 cm left of umbilicus", "anterior")
    page.wait(lambda: "abdomen" in page.text("#site-words"), "the abdomen")
    page.wait(lambda: page.word == "STOP", "STOP on the abdomen")


def test_the_needle_goes_where_the_pointer_was_let_go(page: Page) -> None:
    """A quick hand: clicks far apart and at once, without a hover in between."""
    for x, y in ((-60.0, 1250.0), (60.0, 1050.0), (-20.0, 1300.0), (150.0, 800.0)):
        page.click_at(x, y)
        page.wait(
            lambda x=x, y=y: (
                np.abs(np.subtract(page.driver.execute_script(NEEDLE), (x, y))) < 4.0
            ).all(),
            f"the needle at {x}, {y}",
        )


def test_mistakes_are_answered_beside_the_field(page: Page) -> None:
    """Air, unknown names, impossible numbers: a message, and nothing half done."""
    page.click_site("6 cm left of T4", "posterior")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.wait(lambda: "LEFT" in page.text("#site-words"), "the site in words")
    site = page.text("#site-words")
    page.click_at(300.0, 1550.0)
    page.wait(lambda: "beside the body" in page.text("#map-message"), "a message")
    assert page.text("#site-words") == site
    assert page.word == "DANGER"

    page.fill("#site-text", "4 cm below the acromon on the left")
    page.wait(lambda: "acromion" in page.text("#site-error"), "the nearest name")
    assert page.text("#site-words") == site

    page.fill("#depth", "70")
    page.wait(lambda: page.word == "NOT ASSESSABLE", "no verdict on nonsense")
    # the verdict and the message beside the field are drawn one after the other
    beside = ".depth-number .mantine-InputWrapper-error"
    page.wait(lambda: "needle's length" in page.text(beside), "the message beside")
    assert "40 mm" in page.text(beside)
    page.fill("#depth", "20")
    page.wait(lambda: page.word == "DANGER", "the verdict again")

    page.choose("sex", "male")
    page.choose("pregnant", "yes")
    page.wait(lambda: "male body is not pregnant" in page.text("#card"), "the clash")


def test_named_site_suggestion_and_questions(page: Page) -> None:
    """A typed site, a suggestion applied, a question answered in the card."""
    page.fill("#site-text", "6 cm right of T5")
    page.wait(lambda: "RIGHT" in page.text("#site-words"), "the right side")
    page.wait(lambda: page.word == "DANGER", "DANGER")
    page.driver.find_element("css selector", ".apply").click()
    page.wait(lambda: page.word == "CAUTION", "CAUTION at the suggested depth")

    page.choose("consent_given", "no", at="card")
    page.wait(lambda: page.word == "STOP", "STOP without consent")
    clear = page.driver.find_element("css selector", "#clear-patient")
    reach(page.driver, clear)
    clear.click()
    page.wait(lambda: page.word == "CAUTION", "CAUTION again")


def test_the_plan_without_current_is_one_click_away(page: Page) -> None:
    """A pacemaker refuses the current; the button leaves it off and the STOP goes."""
    page.fill("#site-text", "6 cm right of T5")
    page.wait(lambda: page.word == "DANGER", "DANGER")
    page.fill("#depth", "5")
    page.wait(lambda: page.word == "CAUTION", "CAUTION at 5 mm")
    page.choose("pacemaker", "yes")
    # the dots of the switch are not shown, and so cannot be clicked themselves
    click = "document.querySelector(arguments[0]).click()"
    page.driver.execute_script(click, '#electrical input[value="yes"]')
    page.wait(lambda: page.word == "STOP", "STOP with current")
    assert page.text("#headline").startswith("Not like this")
    offer = "[data-apply*=electrical]"
    # upper back: current is refused there for everybody, and by hand it may be done
    page.driver.execute_script(click, offer)
    page.wait(lambda: page.word == "CAUTION", "CAUTION by hand")


def test_small_things_that_help(page: Page) -> None:
    """Arrow keys, sources, zone names under the cursor, a marked area of skin."""
    page.fill("#site-text", "6 cm right of T5")
    page.wait(lambda: page.word == "DANGER", "DANGER")
    words = page.text("#site-words")
    page.driver.find_element("css selector", "#map svg").send_keys("\ue013")
    page.wait(lambda: page.text("#site-words") != words, "a place further up")

    fold = "details[data-sources]"
    page.driver.execute_script("document.getElementById('card-why').open = true")
    page.driver.execute_script(f"document.querySelector('{fold}').open = true")
    page.wait(lambda: page.text(f"{fold} .sources li"), "the sources")

    x, y = page.driver.execute_script(SPOT, -60.0, 1200.0)
    page.driver.execute_cdp_cmd(
        "Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y}
    )
    page.wait(lambda: "pleura" in page.text("#under"), "the zone under the cursor")

    page.choose("local_skin_infection", "yes")
    page.wait(lambda: page.word == "STOP", "STOP on infected skin")
    page.driver.execute_script(
        "[...document.querySelectorAll('button.link')].find((e) =>"
        " e.id.includes('local_skin_infection')).click()"
    )
    page.wait(
        lambda: page.driver.execute_script(AREAS) == ["infected skin"],
        "the marked area on the map",
    )
    page.fill("#site-text", "6 cm left of T5")
    page.wait(lambda: page.word == "DANGER", "less than STOP beside the area")


def test_nothing_comes_from_outside(page: Page) -> None:
    """Every script, style, picture and request is this server's own."""
    page.click_site("6 cm left of T4", "posterior")
    page.wait(lambda: page.word == "DANGER", "DANGER")
    own = urlsplit(page.driver.current_url).netloc
    addresses = page.driver.execute_script(ADDRESSES)
    assert len(addresses) > 10
    for address in addresses:
        parts = urlsplit(address)
        assert parts.scheme in ("data", "blob", "") or parts.netloc == own, address

    # no Plotly before the 3D body is opened, then one, the small where npm has put it
    def plotly() -> set[str]:
        found = page.driver.execute_script(ADDRESSES)
        return {urlsplit(a).path for a in found if "plotly" in a and ".min.js" in a}

    assert plotly() == set()
    page.driver.execute_script(
        "[...document.querySelectorAll('.mode-switch label')]"
        ".find((e) => e.textContent === '3D body').click()"
    )
    page.wait(
        lambda: page.driver.find_elements("css selector", "#body3d canvas"), "the scene"
    )
    version = light_version()
    assert plotly() == {f"/plotly/{version}/{SCRIPT}" if version else WHOLE_PLOTLY}
    page.duo.get_logs()  # drawing by the processor alone is remarked on
