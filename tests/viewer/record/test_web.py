"""The addresses under /records, as the page's script calls them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.viewer.record.conftest import DANGER, SCRIPT, SHALLOW, new_site, open_store
from viewer.record.storage.clinic_store import ClinicStore
from viewer.record.storage.models import Record
from viewer.record.storage.store import RecordStore
from viewer.record.web import add_records


@pytest.fixture
def web(store: RecordStore) -> Iterator[Any]:
    server = Flask("records")
    add_records(server, store, ClinicStore(store.url))
    yield server.test_client()


def send(web: Any, revision: int, **change: Any) -> Any:
    return web.post("/records/record-1/change", json={"revision": revision, **change})


def test_from_the_first_call_to_the_last(web: Any) -> None:
    made = web.post("/records/record-1", json={"reference": "A 17"})
    assert made.status_code == 201 and made.json["revision"] == 1
    site = new_site("site-one", "6 cm left of T4", DANGER)
    asked = send(web, 1, add_site=site)
    assert asked.status_code == 200
    assert asked.json["ask"]["word"] == "DANGER"
    reasons = [reason["id"] for reason in asked.json["ask"]["reasons"]]
    assert reasons[0] == "measured" and "other" in reasons
    given = {"reason": "other", "text": SCRIPT}
    done = send(web, 1, add_site=site | {"override": given})
    assert done.json["revision"] == 2
    assert done.json["record"]["sites"][0]["override"]["text"] == SCRIPT
    for name, kind in (
        ("record.json", "application/json"),
        ("record.csv", "text/csv"),
        ("record.fhir.json", "application/fhir+json"),
        ("record.fhir.json?version=R5", "application/fhir+json"),
        ("record.pdf", "application/pdf"),
        ("leaflet.pdf", "application/pdf"),
    ):
        file = web.get(f"/records/record-1/{name}")
        assert file.status_code == 200 and file.mimetype == kind
        coded = "A-17" in file.headers["Content-Disposition"]
        assert coded == (name != "leaflet.pdf"), "the patient's carries no reference"
        assert file.headers["Cache-Control"] == "no-store"
        assert len(file.data) > 500
    assert web.delete("/records/record-1").json == {"deleted": "record-1"}
    gone = web.get("/records/record-1")
    assert gone.status_code == 410 and "was deleted on" in gone.json["error"]["message"]


def test_the_counts_of_the_last_days_are_a_file(web: Any, tmp_path: Path) -> None:
    web.post("/records/record-1", json={"reference": "A 17"})
    site = new_site("site-one", "6 cm left of T4", DANGER)
    send(web, 1, add_site=site | {"override": {"reason": "guided"}})
    file = web.get("/records/last-30-days.csv")
    assert file.status_code == 200 and file.mimetype == "text/csv"
    assert "last-30-days.csv" in file.headers["Content-Disposition"]
    assert ",sites,DANGER,,1,1,0" in file.text
    (tmp_path / "file").write_text("x")
    broken = open_store(tmp_path / "file" / "records.sqlite3")
    server = Flask("broken")
    add_records(server, broken, ClinicStore(broken.url))
    answer = server.test_client().get("/records/last-30-days.csv")
    assert answer.status_code == 503 and answer.json["error"]["message"]
    broken.close()


def test_a_stale_change_is_refused_with_what_is_there(web: Any) -> None:
    web.post("/records/record-1", json={})
    send(web, 1, fields={"notes": "first"})
    late = send(web, 1, fields={"notes": "second"})
    assert late.status_code == 409
    assert late.json["record"]["notes"] == "first" and late.json["revision"] == 2
    assert "nothing was overwritten" in late.json["error"]["message"]


def test_ten_megabytes_are_refused_in_words(web: Any) -> None:
    web.post("/records/record-1", json={})
    long = send(web, 1, fields={"notes": "x" * 10_000_000})
    assert long.status_code == 413
    assert "at most 20 000 characters" in long.json["error"]["message"]
    long = send(web, 1, fields={"notes": "x" * 30_000})
    assert long.status_code == 422 and "got 30 000" in long.json["error"]["message"]
    assert web.get("/records/record-1").json["revision"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/records/record-1/change", {"revision": "1"}),
        ("/records/record-1/change", {"revision": 1, "no": 1}),
        ("/records/record-1/change", {"revision": 1, "add_site": {"key": "../x"}}),
        ("/records/record-1/change", {"revision": 1, "fields": [1]}),
        ("/records/record-1/change", [1]),
        ("/records/no", {}),
        ("/records/older/30/delete", {}),
        ("/records/older/0/delete", {"expected": 0}),
    ],
)
def test_nonsense_is_answered_in_words(web: Any, path: str, body: Any) -> None:
    web.post("/records/record-1", json={})
    answer = web.post(path, json=body)
    assert answer.status_code == 422, answer.json
    assert answer.json["error"]["message"]


def test_a_form_of_another_site_can_not_write(web: Any) -> None:
    answer = web.post("/records/record-1", data="{}", content_type="text/plain")
    assert answer.status_code == 422
    assert web.get("/records/record-1").status_code == 404


def test_a_database_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = open_store(tmp_path / "file" / "records.sqlite3")
    server = Flask("records")
    add_records(server, store, ClinicStore(store.url))
    answer = server.test_client().get("/records/record-1")
    assert answer.status_code == 503 and answer.json["error"]["again"] is True
    assert "cannot be reached" in answer.json["error"]["message"]
    # the folder is put right: the same store goes on
    (tmp_path / "file").unlink()
    assert server.test_client().get("/records/record-1").status_code == 404
    store.close()


def test_script_tags_are_text_on_the_page(full_record: Record) -> None:
    """Dash sends text as text; nothing here makes markup of it."""
    import json

    from dash.development.base_component import Component

    from viewer.record.page.change import review
    from viewer.record.page.render import findings, sites

    found = review(full_record)
    parts = [*findings(found), *sites(full_record, found)]
    kinds = set()

    def walk(part: Any) -> None:
        if isinstance(part, Component):
            kinds.add(type(part).__name__)
            assert not hasattr(part, "dangerously_allow_html")
            walk(part.children if hasattr(part, "children") else None)
        elif isinstance(part, (list, tuple)):
            for one in part:
                walk(one)

    walk(parts)
    assert "Markdown" not in kinds and "Script" not in kinds
    assert SCRIPT in json.dumps([p.to_plotly_json() for p in parts], default=str)


def test_the_page_s_lists(store: RecordStore, web: Any) -> None:
    from viewer.record.page.render import kept, listed, older

    web.post("/records/record-1", json={"reference": SCRIPT})
    send(
        web,
        1,
        add_site=new_site("site-one", "15 cm above the left base of patella", SHALLOW),
    )
    rows = store.search()
    assert rows[0].sites == 1
    assert SCRIPT in str(listed(rows, "", None))
    assert "No record has this reference" in str(listed([], "x", None))
    assert kept(*store.kept()).startswith("1 record is kept; it was last changed today")
    assert "No record was left unchanged for 30 days" in str(older(30, 0))


def test_a_stranger_gets_no_record(tmp_path: Path) -> None:
    """What guards the page guards the records: nothing without the log-in."""
    from viewer.page.app import create_app
    from viewer.service.access.access import Access

    url = f"sqlite:///{tmp_path / 'records.sqlite3'}"
    access = Access(password="correct horse battery staple")
    stranger = create_app(warm=False, access=access, db=url).server.test_client()
    record = "/records/record-1"
    for answer in (
        stranger.post(record, json={}),
        stranger.get(record),
        stranger.delete(record),
        stranger.get(f"{record}/record.pdf"),
        stranger.post("/records/older/1/delete", json={"expected": 0}),
    ):
        assert answer.status_code in (303, 401, 403), answer.status_code
    assert not (tmp_path / "records.sqlite3").exists(), "nothing was even opened"
