"""The language of the page in a real browser: chosen, kept, and nothing lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from anatomy import messages
from tests.viewer.map.test_map_browser import MARKER, MapPage
from tests.viewer.page.test_language import CLOSE, OPEN, _Marking

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

ENTER, ESCAPE = "\ue007", "\ue00c"
LANG = "return document.documentElement.lang"
KEPT = "return JSON.parse(sessionStorage.needlemap)"
DEPTH = "return document.getElementById('depth').value"
SIZES = """
return [...document.querySelectorAll('#language-menu summary, .languages button')]
  .map((e) => e.getBoundingClientRect().height);
"""
NAMES = """
return [...document.querySelectorAll('.languages button')]
  .map((e) => [e.lang, e.textContent, e.getAttribute('aria-current')]);
"""


def test_the_language_changes_and_the_state_stays(
    dash_duo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from viewer.page.app import create_app

    monkeypatch.setattr(messages, "catalogue", lambda _: _Marking())
    dash_duo.start_server(create_app(warm=False))
    page = MapPage(dash_duo)
    page.ready()
    head = "header .not-device"
    english = page.text(head)
    assert page.js(LANG) == "en"
    assert page.driver.find_elements("css selector", "#language-notice") == []

    page.click_site("6 cm left of T4", "posterior")
    page.wait(lambda: page.word == "DANGER", "DANGER at T4")
    page.fill("#depth", "12.5")
    page.choose("anticoagulant", "no")
    page.wait(
        lambda: (
            page.js(KEPT)["patient"] == {"anticoagulant": False}
            and page.js(KEPT)["needle"]["depth"] == 12.5
        ),
        "the state to be kept",
    )
    word, place, marker = page.word, page.text("#site-words"), page.js(MARKER)

    summary = page.driver.find_element("css selector", "#language-menu summary")
    summary.send_keys(ENTER)
    assert min(page.js(SIZES)) >= 44
    assert page.js(NAMES) == [
        ["en", "English", "true"],
        ["de", "Deutsch", None],
        ["es", "Español", None],
    ]
    page.driver.find_element("css selector", ".languages [lang=de]").send_keys(ENTER)
    page.wait(lambda: page.js(LANG) == "de", "the page in German")
    page.ready()
    assert page.text(head) == f"{OPEN}{english}{CLOSE}"
    label = "label[for=depth]"
    page.wait(lambda: page.text(label) == f"{OPEN}Planned depth{CLOSE}", "the label")
    page.wait(lambda: page.word.strip(OPEN + CLOSE) == word, "the verdict again")
    assert page.js(MARKER) == pytest.approx(marker, abs=0.5)
    assert page.js(KEPT)["patient"] == {"anticoagulant": False}
    assert page.js(KEPT)["needle"]["depth"] == 12.5
    assert page.js(DEPTH).startswith("12,5")
    assert page.driver.find_element("css selector", "#language-notice").is_displayed()
    # a text of a script, of the catalogue that came before it
    assert page.js("return window.__('Saving …')") == f"{OPEN}Saving …{CLOSE}"

    page.driver.find_element("css selector", "#language-notice button").click()
    page.wait(lambda: page.js(LANG) == "en", "the page in English again")
    page.ready()
    page.wait(lambda: page.word == word, "the verdict once more")
    page.wait(lambda: page.text("#site-words") == place, "the site in words")
    assert page.js(DEPTH).startswith("12.5")
    assert page.text(head) == english
    assert dash_duo.get_logs() in ([], None)


def test_the_menu_closes_by_escape_and_elsewhere(dash_duo: Any) -> None:
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    page = MapPage(dash_duo)
    page.ready()
    summary = page.driver.find_element("css selector", "#language-menu summary")
    menu = "return document.getElementById('language-menu').open"
    summary.send_keys(ENTER)
    assert page.js(menu)
    summary.send_keys(ESCAPE)
    assert not page.js(menu)
    summary.send_keys(ENTER)
    page.driver.find_element("css selector", "header h1").click()
    assert not page.js(menu)
