"""Finding a site, answering and marking in a real browser; without a mouse; axe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.viewer.helpers.accessibility import serious
from tests.viewer.helpers.map_page import AREAS, LOADED, SIZE, ask_all, reach
from tests.viewer.page.test_page_browser import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"
DOWN, RIGHT = "\ue015", "\ue014"
#: Whether the focus is seen: an outline on what has it, or on what is drawn for it.
FOCUS_SEEN = """
const at = document.activeElement;
const drawn = [at, at.closest('label'), at.nextElementSibling,
  at.closest('.mantine-SegmentedControl-control, .mantine-SegmentedControl-root')];
return at !== document.body && drawn.filter(Boolean).some((e) => {
  const style = getComputedStyle(e);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; });
"""
CONTROL = """
return [...document.querySelectorAll('[id]')].find((e) => {
  try { const id = JSON.parse(e.id); return id.type === 'fact'
    && id.name === arguments[0] && id.at === arguments[1]; } catch { return false; } });
"""


@pytest.fixture
def find(dash_duo: Any) -> Iterator[Page]:
    """The page, loaded; afterwards the console must be empty."""
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    dash_duo.wait_for_element(LOADED, timeout=60)
    found = Page(dash_duo)
    yield found
    assert dash_duo.get_logs() in ([], None)


def press(page: Page, *keys: str) -> None:
    """Press keys where the focus is."""
    for key in keys:
        page.driver.switch_to.active_element.send_keys(key)


def has_focus(page: Page, selector: str) -> bool:
    """Say whether the focus is on an element or inside it."""
    script = "return Boolean(document.activeElement.closest(arguments[0]))"
    return bool(page.driver.execute_script(script, selector))


def value_of(page: Page, name: str, at: str) -> str:
    """Return the answer that a question's control shows."""
    ask_all(page.driver)
    script = CONTROL.replace("return [", "const box = [", 1) + (
        "const on = box && box.querySelector('input:checked'); return on && on.value"
    )
    return str(page.driver.execute_script(script, name, at))


def open_count(page: Page) -> tuple[int, int]:
    """Return the progress of the open questions: answered, of how many."""
    words = page.text("#progress").split()
    return int(words[0]), int(words[2])


def test_from_load_to_verdict_and_answer_by_keyboard_alone(find: Page) -> None:
    """Tab, type, arrow, enter: a needle, a verdict, an answered question."""
    find.driver.find_element("css selector", "body").send_keys(TAB)
    assert has_focus(find, "a.skip")
    press(find, ENTER)
    find.wait(lambda: has_focus(find, "#site-text"), "the search field")
    assert find.driver.execute_script(FOCUS_SEEN)
    press(find, "t4 6 cm left")
    find.wait(
        lambda: find.driver.find_elements("css selector", "#site-option-0"),
        "a suggestion",
    )
    find.wait(
        lambda: (
            find.driver.execute_script(
                "return document.activeElement.getAttribute('aria-expanded')"
            )
            == "true"
        ),
        "the list",
    )
    press(find, DOWN)
    assert find.driver.execute_script(
        "return document.activeElement.getAttribute('aria-activedescendant')"
    )
    press(find, ENTER)
    find.wait(lambda: find.word == "DANGER", "DANGER at T4")
    find.wait(lambda: "LEFT" in find.text("#site-words"), "the left side")
    heard = "return document.getElementById('say-now').textContent"
    find.wait(
        lambda: find.driver.execute_script(heard).startswith("DANGER"),
        "the verdict in the live region",
    )

    find.wait(lambda: open_count(find)[1] > 3, "the open questions")
    done, many = open_count(find)
    for _ in range(120):
        press(find, TAB)
        assert find.driver.execute_script(FOCUS_SEEN), find.driver.execute_script(
            "return document.activeElement.outerHTML.slice(0, 200)"
        )
        if has_focus(find, "#card-questions"):
            break
    else:
        pytest.fail("the open questions were never reached with tab")
    press(find, RIGHT)
    find.wait(lambda: open_count(find)[0] == done + 1, f"{done + 1} of {many} answered")
    assert has_focus(find, "#card-details")


def test_the_verdict_is_said_politely_when_it_is_mild(find: Page) -> None:
    """CAUTION goes to the polite region, and the urgent one falls silent."""
    find.fill("#site-text", "left vastus lateralis")
    find.wait(lambda: find.word not in ("", "No needle placed"), "a verdict")
    find.fill("#depth", "5")
    said = "return document.getElementById(arguments[0]).textContent"
    find.wait(
        lambda: find.driver.execute_script(said, "say-later").startswith(find.word),
        "the verdict in the polite region",
    )
    assert find.driver.execute_script(said, "say-now") == ""


def test_search_choices_and_the_picker(find: Page) -> None:
    """A slip offers the nearest; a muscle is placed from its page with its needle."""
    find.fill("#site-text", "4 cm below the acromon")
    find.wait(lambda: "acromion" in find.text("#site-error"), "the nearest names")
    choice = find.driver.find_element("css selector", "#site-error .choice")
    side = choice.text.split(",")[0].upper()
    choice.click()
    find.wait(lambda: side in find.text("#site-words"), f"a place on the {side}")
    assert find.text("#site-error") == ""

    find.fill("#site-text", "gb 21 r")
    find.wait(lambda: "GB21" in find.text("#site-words"), "GB21")
    assert "RIGHT" in find.text("#site-words")

    find.driver.find_element("css selector", "#picker-open").click()
    names = ".picker-name"
    find.wait(
        lambda: len(find.driver.find_elements("css selector", names)) > 60, "muscles"
    )
    find.wait(
        lambda: find.driver.find_element(
            "css selector", "#picker-filter"
        ).is_displayed(),
        "the drawer",
    )
    find.driver.find_element("css selector", "#picker-filter").send_keys("rhomb maj")
    find.wait(
        lambda: len(find.driver.find_elements("css selector", names)) == 1, "one muscle"
    )
    find.driver.find_element("css selector", names).click()
    find.wait(
        lambda: "teaching habit" in find.text("#picker-detail"), "what it rests on"
    )
    assert "pleura" in find.text(".danger-line")
    assert "set to the usual plan" in find.text(".picker-place")
    find.driver.find_element("css selector", "[data-place*='left']").click()
    find.wait(lambda: "rhomboid major" in find.text("#site-words"), "the muscle placed")
    field = find.driver.find_element("css selector", "#length")
    find.wait(lambda: field.get_attribute("value") == "25 mm", "the usual needle")
    find.wait(lambda: "usual for rhomboid major" in find.text("#needle-note"), "why")


def map_at_rest(page: Page) -> None:
    """Wait until the map has taken the room it has and stays so for a while."""
    seen: list[Any] = []

    def same() -> bool:
        now = page.driver.execute_script(SIZE)
        seen.append(now)
        return len(seen) > 8 and all(was == now for was in seen[-8:])

    page.wait(same, "a map at rest")


def test_painting_an_infected_area_stops_there_and_not_beside(find: Page) -> None:
    """Taps mark and leave the needle; STOP inside, less beside; undo takes it away."""
    find.fill("#site-text", "6 cm left of T8")
    find.wait(lambda: find.word == "DANGER", "DANGER at T8")
    words = find.text("#site-words")
    find.driver.execute_script("document.getElementById('paint-block').open = true")
    start = find.driver.find_element("css selector", "#paint-start")
    reach(find.driver, start)
    start.click()
    find.wait(lambda: "Marking: infected" in find.text("#paint-bar"), "the mode's bar")
    map_at_rest(find)

    find.click_site("6 cm left of T8", "posterior")
    find.wait(lambda: find.word == "STOP", "STOP where it is infected")
    assert find.text("#site-words") == words
    find.wait(
        lambda: find.driver.execute_script(AREAS) == ["infected skin"], "the label"
    )
    find.driver.execute_script("document.getElementById('paint-more').click()")
    find.click_site("8 cm right of L3", "posterior")
    find.wait(
        lambda: find.driver.execute_script(AREAS) == ["infected skin"] * 2,
        "two labels",
    )
    find.driver.execute_script("document.getElementById('paint-undo').click()")
    find.wait(
        lambda: len(find.driver.find_elements("css selector", "#paint-list li")) == 1,
        "the last mark undone",
    )
    press(find, ESCAPE)
    find.wait(lambda: find.text("#paint-bar") == "", "the end of marking")
    map_at_rest(find)

    find.click_site("6 cm right of T8", "posterior")
    find.wait(lambda: "RIGHT" in find.text("#site-words"), "the other side")
    find.wait(lambda: find.word == "DANGER", "no STOP beside the area")
    assert value_of(find, "local_skin_infection", "panel") == "yes"

    find.driver.find_element("css selector", "#view label").click()
    find.wait(lambda: "Front" in find.text("#map-title"), "the front of the body")
    find.wait(lambda: find.driver.execute_script(AREAS) == [], "nothing drawn in front")
    find.driver.execute_script("document.getElementById('paint-undo').click()")
    find.wait(
        lambda: not find.driver.find_elements("css selector", "#paint-list li"),
        "no mark left",
    )
    assert value_of(find, "local_skin_infection", "panel") == "unknown"


def test_examples_units_and_one_truth_per_fact(find: Page) -> None:
    """An example shows its banner, feet give the index, panel and list agree."""
    find.fill("#site-text", "6 cm left of T4")
    find.wait(lambda: find.word == "DANGER", "DANGER")
    find.wait(lambda: open_count(find)[0] == 0, "open questions")
    find.choose("bleeding_disorder", "no", at="panel")
    find.wait(lambda: open_count(find)[0] == 1, "one answered")
    assert value_of(find, "bleeding_disorder", "open") == "no"
    find.choose("bleeding_disorder", "yes", at="open")
    find.wait(
        lambda: value_of(find, "bleeding_disorder", "panel") == "yes", "the panel's yes"
    )

    find.driver.execute_script("document.querySelectorAll('#units label')[1].click()")
    reach(find.driver, find.driver.find_element("css selector", "#height-ft"))
    find.wait(
        lambda: find.driver.find_element("css selector", "#height-ft").is_displayed(),
        "feet and inches",
    )
    find.fill("#height-ft", "5")
    find.fill("#height-in", "9")
    find.fill("#weight-lb", "150")
    find.wait(lambda: "BMI 22.2" in find.text("#bmi-words"), "the index")
    find.fill("#height-ft", "12")
    find.wait(lambda: "8 ft 2.4 in" in find.text("#verdict"), "bounds in feet")

    find.driver.find_element("css selector", "#preset").send_keys("BMI 17")
    offered = "[role=listbox]:not([hidden]) [role=option]"
    find.wait(
        lambda: (
            [
                e.text
                for e in find.driver.find_elements("css selector", offered)
                if e.text
            ]
            == ["Thin woman, BMI 17"]
        ),
        "one example",
    )
    press(find, DOWN, ENTER)
    find.wait(lambda: "not a patient" in find.text("#teaching-banner"), "the banner")
    find.wait(lambda: "BMI 17" in find.text("#teaching-banner"), "the example")
    find.wait(
        lambda: value_of(find, "bleeding_disorder", "panel") == "no", "its answers"
    )
    find.driver.find_element("css selector", "#record-add").click()
    find.wait(
        lambda: "not a patient" in find.text("#session-bar-status"), "no record of it"
    )
    find.driver.find_element("css selector", "#end-teaching").click()
    find.wait(lambda: find.text("#teaching-banner") == "", "the end of the example")
    find.wait(
        lambda: value_of(find, "bleeding_disorder", "panel") == "unknown", "no answers"
    )


def test_no_serious_violation_of_wcag(find: Page) -> None:
    """axe-core finds nothing serious: empty, DANGER with all folds open, on a phone."""
    assert serious(find.driver) == [], "empty"
    find.driver.execute_script("document.documentElement.removeAttribute('lang')")
    # it can find something
    assert [v[1] for v in serious(find.driver)] == ["html-has-lang"]
    find.driver.execute_script("document.documentElement.lang = 'en'")

    find.fill("#site-text", "6 cm left of T4")
    find.wait(lambda: find.word == "DANGER", "DANGER")
    find.wait(lambda: open_count(find)[1] > 3, "the open questions")
    find.driver.execute_script("document.getElementById('card-why').open = true")
    find.wait(lambda: find.text(".findings"), "the reasons")
    ask_all(find.driver)
    find.driver.execute_script(
        "document.querySelectorAll('details:not(#language-menu)')"
        ".forEach((e) => { e.open = true; });"
        "document.querySelectorAll('.mantine-Accordion-control')"
        ".forEach((e) => e.click());"
    )
    assert serious(find.driver) == [], json.dumps("DANGER card")
    find.driver.find_element("css selector", "#patient-chip").click()
    assert serious(find.driver) == [], "the patient's sheet"
    find.driver.find_element("css selector", "#patient-close").click()

    find.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    find.wait(
        lambda: find.driver.execute_script("return innerWidth") == 390, "a phone's size"
    )
    assert serious(find.driver) == [], "phone"
    wide = find.driver.execute_script("return document.documentElement.scrollWidth")
    assert wide <= 390
