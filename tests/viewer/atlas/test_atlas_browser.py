"""The atlas in a real browser: opened by a link, compared, and back to the map."""

from __future__ import annotations

import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.viewer.page.test_page_browser import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SEEN = """
return [...document.querySelectorAll('#atlas-plate img')]
  .every((i) => i.complete && i.naturalWidth > 0);
"""


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.driver.current_url).query)


def test_from_a_link_to_a_comparison_and_back(dash_duo: Any) -> None:
    from viewer.page.app import create_app

    dash_duo.start_server(create_app(warm=False))
    page = Page(dash_duo)
    driver = page.driver
    driver.get(f"{dash_duo.server_url}/atlas?zone=kidney&body=male")
    page.wait(
        lambda: page.text("#atlas-plate h2").strip() == "kidney", "the zone's plate"
    )
    page.wait(lambda: driver.execute_script(SEEN), "every picture of the plate")
    assert not driver.find_element("id", "map").is_displayed()
    assert "bleeding" in page.text("#atlas-plate")

    # the hand-out's link gives a PDF
    link = driver.find_element("css selector", ".atlas-out .atlas-file")
    with urllib.request.urlopen(link.get_attribute("href"), timeout=60) as answer:
        assert answer.read(5) == b"%PDF-"

    driver.find_element("partial link text", "Compare two patients").click()
    page.wait(
        lambda: len(driver.find_elements("css selector", ".atlas-column")) == 2,
        "both patients",
    )
    assert query(page)["compare"] == ["yes"]
    for column in driver.find_elements("css selector", ".atlas-column"):
        assert column.get_attribute("data-verdict") in ("DANGER", "CAUTION")

    # a field changes the link, and the link brings the field's value back
    driver.find_element("css selector", ".atlas-form summary").click()
    page.fill("#atlas-site", "GB21 right")
    driver.find_element("id", "atlas-go").click()
    page.wait(
        lambda: query(page).get("site") == ["GB21 right"], "the place in the link"
    )
    page.wait(lambda: "GB21 right" in page.text(".atlas-plate > .muted"), "the place")
    kept = driver.current_url
    driver.get(kept)
    page.wait(lambda: "GB21 right" in page.text(".atlas-plate > .muted"), "it again")

    # searching finds by what happens, and its link is restored by going back
    page.fill("#atlas-find", "foot drop")
    page.wait(lambda: " found" in page.text("#atlas-list"), "what was looked for")
    assert not page.text("#atlas-list").startswith("0 found")
    driver.back()
    page.wait(lambda: "found" not in page.text("#atlas-list"), "the list as before")

    driver.find_element("css selector", '#navigation a[href="/"]').click()
    page.wait(
        lambda: driver.find_element("id", "map").is_displayed(), "the map once more"
    )
    assert not driver.find_element("id", "atlas-plate").is_displayed()
    assert dash_duo.get_logs() in ([], None)
