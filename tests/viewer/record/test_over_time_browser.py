"""One patient over time in a browser: earlier session, signature, follow-up, link."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.viewer.record.conftest import SHALLOW, changed, new_site, open_store
from tests.viewer.record.test_record_browser import Window
from viewer.record.storage.models import Record, now

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

THIGH = "15 cm above the left base of patella"
#: Three days ago: its follow-up is due, and it is an earlier session of the patient.
PAST, TODAY = "record-past", "record-today"
#: A line drawn with the pointer from shares of the pad's width and height.
DRAW = """
const pad = document.getElementById('signature-pad');
pad.scrollIntoView({ block: 'center' });
const box = pad.getBoundingClientRect();
const send = (kind, [x, y]) => pad.dispatchEvent(new PointerEvent(kind, {
  bubbles: true, cancelable: true, pointerId: 1, isPrimary: true,
  clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
pad.setPointerCapture = () => {};
const [first, ...more] = arguments[0];
send('pointerdown', first);
more.forEach((place) => send('pointermove', place));
send('pointerup', more[more.length - 1]);
"""
STROKE = [[0.1, 0.5], [0.3, 0.2], [0.5, 0.8], [0.9, 0.4]]
DRAWN = "return document.querySelector('#signature-pad path')?.getAttribute('d') || ''"


def kept(folder: Path) -> tuple[str, Any]:
    """Return the address and the store of two sessions of one patient."""
    store = open_store(folder / "records.sqlite3", busy_s=5.0)
    for key, when in ((PAST, now() - timedelta(days=3)), (TODAY, now())):
        record = Record(id=key, started=when)
        record = changed(record, add_site=new_site("site-one", THIGH, SHALLOW))
        fields = {"reference": "A-17", "result.site-one": "better"}
        record = changed(record, fields=fields)
        sites = [site.model_copy(update={"added": when}) for site in record.sites]
        store.create(record.model_copy(update={"sites": tuple(sites)}))
    return f"sqlite:///{folder / 'records.sqlite3'}", store


def opened(page: Window, key: str) -> None:
    """Open a kept record from the list."""
    page.click(f"#records-list [data-record=open][data-key={key}]")
    page.wait(lambda: page.all(".record-main.open"), "the record")


def test_a_patient_who_comes_again(dash_duo: Any, tmp_path: Path) -> None:
    """The last session in sight, signed on glass, asked after two days, one leaflet."""
    from viewer.page.app import create_app

    url, store = kept(tmp_path)
    dash_duo.start_server(create_app(warm=False, db=url), navigate=False)
    page = Window(dash_duo.driver)
    page.driver.get(f"{dash_duo.server.url}/session")
    page.wait(lambda: "A-17" in page.text("#records-due"), "the follow-up that is due")

    opened(page, TODAY)
    history = page.wait(lambda: page.all("#record-history .past-session"), "a session")
    assert len(history) == 1 and "better" in history[0].text
    pictures = page.all("#record-history img")
    assert pictures and all(
        "Numbered sites" in p.get_attribute("alt") for p in pictures
    )
    wide = "return arguments[0].getBoundingClientRect().width"
    assert all(page.driver.execute_script(wide, p) > 20 for p in pictures)

    assert page.text("#record-signed") == "Not signed."
    page.click("[data-signature=keep]")
    page.wait(lambda: "Sign on" in page.text("#record-status"), "a word")
    page.driver.execute_script(DRAW, STROKE)
    line = page.driver.execute_script(DRAWN)
    assert line.startswith("M") and line.count("L") == 3
    page.click("[data-signature=keep]")
    page.wait(lambda: page.text("#record-signed").startswith("Signed"), "signed")
    assert store.read(TODAY).record.signature.path == line
    page.driver.refresh()
    page.wait(lambda: page.driver.execute_script(DRAWN) == line, "the line again")

    page.click("[data-leaflet=make]")
    page.wait(lambda: "Only this machine" in page.text("#leaflet-link"), "why no link")

    # another record of the same patient has nothing of this signature
    opened(page, PAST)
    page.wait(lambda: page.text("#record-signed") == "Not signed.", "not signed")
    assert page.driver.execute_script(DRAWN) == ""
    page.fill("#follow-up-text", "sore for a day")
    page.click("[data-record=follow_up][data-what=nothing]")
    page.wait(lambda: store.read(PAST).record.follow_up is not None, "the follow-up")
    answer = store.read(PAST).record.follow_up
    assert answer.reached and not answer.found and answer.text == "sore for a day"
    page.wait(lambda: "A-17" not in page.text("#records-due"), "nothing due any more")
    page.wait(lambda: "sore for a day" in page.text("#record-follow-up"), "the words")
    assert dash_duo.get_logs() in ([], None)
