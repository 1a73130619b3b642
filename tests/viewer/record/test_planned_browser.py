"""Technique and diameter in a browser: from the muscle to the record and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.viewer.helpers.map_page import LOADED, answering
from tests.viewer.record.conftest import open_store
from tests.viewer.record.test_record_browser import Window

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

REFERENCE = "input[id*='\"reference\"']"
THICK = "#needle-thick button[data-diameter='0.3']"
PRESSED = f"{THICK}[aria-pressed=true]"
TECHNIQUE = "#technique-row .technique-kinds button[aria-pressed=true]"


def test_technique_and_diameter_from_the_plan_to_the_record(
    dash_duo: Any, tmp_path: Path
) -> None:
    """Chosen for a muscle, said in the record, kept in its row, and repeated."""
    from viewer.page.app import create_app

    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    dash_duo.start_server(create_app(warm=False, db=url))
    dash_duo.wait_for_element(LOADED, timeout=60)
    answering(dash_duo.driver)
    page = Window(dash_duo.driver)

    page.fill("#site-text", "left infraspinatus\ue007")
    page.wait(lambda: page.text(TECHNIQUE) == "Straight in", "the usual technique")
    page.wait(lambda: page.text("#word") == "CAUTION", "the verdict")
    assert not page.all("#needle-thick [aria-pressed=true]"), "no diameter is presumed"
    page.click(THICK)
    page.wait(lambda: page.all(PRESSED), "the diameter")
    page.wait(lambda: page.value("#diameter") == "0.30 mm", "the diameter in its field")
    page.click(THICK)
    page.wait(lambda: not page.all(PRESSED), "taken back by a second press")
    page.click(THICK)
    page.wait(lambda: page.all(PRESSED), "the diameter")
    page.wait(lambda: page.text("#word") == "CAUTION", "the same verdict")
    page.click("#record-add")
    page.wait(lambda: page.text("#session-count") == "Session: 1 site", "one site")

    page.click("#navigation a[href='/session']")
    figures = "#record-sites .site-figures"
    page.wait(lambda: "0.30 × 25 mm needle" in page.text(figures), "the needle")
    assert "technique: Straight in (AAP Education 2015)" in page.text(figures)
    page.fill(REFERENCE, "A-17\ue004")
    page.saved()
    store = open_store(tmp_path / "records.sqlite3", busy_s=5.0)
    (row,) = store.search()
    site = store.read(row.id).record.listed[0]
    assert site.request["needle"]["diameter_mm"] == 0.3
    assert site.followed is not None and site.followed.kind == "straight"

    page.click("[data-record=new]")
    page.wait(lambda: not page.all("#record-sites .site"), "a new record")
    page.fill(REFERENCE, "A-17\ue004")
    page.saved()
    page.click("#record-repeat-show")
    plan = "#record-repeat .site [data-record=plan]"
    page.wait(lambda: page.all(plan), "the plan of the last session")
    assert "0.30 × 25 mm needle" in page.text("#record-repeat .site")
    page.click(plan)
    page.wait(lambda: page.all(PRESSED), "the diameter again")
    page.wait(lambda: page.text(TECHNIQUE) == "Straight in", "its technique again")
    assert dash_duo.get_logs() in ([], None)
