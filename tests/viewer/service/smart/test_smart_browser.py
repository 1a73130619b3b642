"""A launch in a real browser, the page in a frame of the record's own page."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.viewer.service.entrance.test_access_browser import driver, wait
from tests.viewer.service.smart.fake_ehr import PATIENT, FakeEhr, fake_ehr
from viewer.service.server import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
__all__ = ["driver"]  # a fixture


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as found:
        yield found


def served(ehr: FakeEhr, folder: Path, *, frame: bool) -> str:
    """Serve the page with the record on its list, and return where."""
    from viewer.page.app import create_app

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = f"http://localhost:{port}"
    lines = [
        "schema = 1",
        f'base_url = "{here}"',
        "[[ehr]]",
        'name = "Example EHR"',
        f'iss = "{ehr.iss}"',
        'client_id = "needlemap"',
        *([f'frame = "{ehr.base}"'] if frame else []),
    ]
    file = folder / "smart.toml"
    file.write_text("\n".join(lines), "utf-8")
    db = f"sqlite:///{folder}/records.sqlite3"
    app = create_app(warm=False, db=db, smart=file).server
    ready = threading.Event()
    threading.Thread(
        target=serving.listen,
        args=(app, "127.0.0.1", port),
        kwargs={"ready": lambda _: ready.set()},
        daemon=True,
    ).start()
    assert ready.wait(30)
    return here


def test_the_page_opens_with_the_patient(
    driver: Any,
    ehr: FakeEhr,
    tmp_path: Path,
) -> None:
    """In a frame of the record, whose site is another: cookies must come along."""
    here = served(ehr, tmp_path, frame=True)
    launch = f"{here}/launch?{urlencode({'iss': ehr.iss, 'launch': 'launch-1'})}"

    def text(selector: str) -> str:
        found = driver.find_elements("css selector", selector)
        return str(found[0].text) if found else ""

    ehr.page = (
        "<!doctype html><title>record</title>"
        f'<iframe src="{launch}" style="width:1200px;height:900px"></iframe>'
    )
    driver.get(f"{ehr.base}/start")
    driver.switch_to.frame(0)
    note = wait(lambda: text("#launch-note"), "what was filled in")
    assert note.startswith("Filled in from Example EHR:")
    assert "epilepsy" in note and "consent" in note
    wait(lambda: PATIENT in text("#patient-code"), "the patient's code")
    words = wait(
        lambda: "woman" in text("#patient-words") and text("#patient-words"), ""
    )
    # sex, age and epilepsy, and nothing else: consent is still to be asked
    assert words.endswith("1 more answer")
    assert "Mustermann" not in driver.find_element("css selector", "body").text
    assert "launched=" not in driver.execute_script("return location.href")


def test_another_site_may_not_frame_it(
    driver: Any,
    ehr: FakeEhr,
    tmp_path: Path,
) -> None:
    here = served(ehr, tmp_path, frame=False)
    ehr.page = f'<!doctype html><title>other</title><iframe src="{here}/"></iframe>'
    driver.get(f"{ehr.base}/start")

    def refused() -> bool:
        said = " ".join(row["message"] for row in driver.get_log("browser"))
        return "frame-ancestors" in said or "X-Frame-Options" in said

    wait(refused, "the browser's refusal")
