"""Leaflets by link: unguessable, without a log-in, for a while, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from flask import Flask

from tests.viewer.record.conftest import SHALLOW, new_site
from viewer.record.storage.clinic_store import ClinicStore
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore
from viewer.record.web import add_records
from viewer.service.access import reach
from viewer.service.access.access import Access
from viewer.service.edge.headers import add_headers, page_policy
from viewer.service.entrance.gate import add_gate
from viewer.service.entrance.leaflets import (
    LINK_MIN,
    MOST_LINKS,
    LeafletLinks,
    add_leaflets,
)
from viewer.service.shared.store import Memory

BASE = "http://192.0.2.7:8050"
ACCESS = Access(password="correct horse battery")
LEFT = "15 cm above the left base of patella"


def served(folder: Path, access: Access) -> Flask:
    """Records, leaflets and the gate as the page has them, without the page."""
    url = database_url(f"sqlite:///{folder / 'records.sqlite3'}")
    store, clinic = RecordStore(url), ClinicStore(url)
    app = Flask("leaflets")
    app.extensions["needlemap_access"] = access
    add_records(app, store, clinic)
    add_leaflets(app, store, clinic, access)
    add_gate(app, access)
    add_headers(app, page_policy([]))
    return app


@pytest.fixture
def server(tmp_path: Path) -> Flask:
    return served(tmp_path, ACCESS)


@pytest.fixture
def inside(server: Any) -> Any:
    """A browser that is logged in, with one record of one patient."""
    client = server.test_client()
    client.post("/login", data={"password": ACCESS.password}, base_url=BASE)
    client.post("/records/record-a", json={"reference": "SECRET-7"}, base_url=BASE)
    site = new_site("site-one", LEFT, SHALLOW)
    change = {"revision": 1, "add_site": site}
    client.post("/records/record-a/change", json=change, base_url=BASE)
    return client


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    assert len(pages) == 1
    return " ".join(" ".join(pages).split())


def link(inside: Any, query: str = "") -> dict[str, Any]:
    path = f"/records/record-a/leaflet-link{query}"
    found: dict[str, Any] = inside.post(path, json={}, base_url=BASE).get_json()
    return found


def test_a_telephone_opens_it_without_a_log_in_and_nothing_else(
    server: Any, inside: Any
) -> None:
    made = link(inside)
    assert made["open"] and made["address"].startswith(f"{BASE}/leaflet/")
    phone = server.test_client()
    path = made["address"].removeprefix(BASE)
    answer = phone.get(path, base_url=BASE)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert "Set-Cookie" not in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
    text = text_of(answer.data)
    assert "Thigh, your left" in text and "SECRET-7" not in text
    assert "SECRET" not in answer.headers["Content-Disposition"]
    for other in ("/records/record-a", "/records/record-a/record.pdf", "/session"):
        assert phone.get(other, base_url=BASE).status_code in (303, 401), other
    for method in (phone.post, phone.delete):
        told = method("/records/record-a/leaflet-link", json={}, base_url=BASE)
        assert told.status_code == 401


def test_it_ends_when_it_is_withdrawn_or_the_record_is_deleted(
    server: Any, inside: Any
) -> None:
    phone = server.test_client()

    def status(address: str) -> int:
        return int(phone.get(address.removeprefix(BASE), base_url=BASE).status_code)

    first = link(inside)["address"]
    second = link(inside)["address"]
    assert first != second and status(first) == 404 and status(second) == 200
    inside.delete("/records/record-a/leaflet-link", base_url=BASE)
    assert status(second) == 404
    third = link(inside)["address"]
    assert status(third) == 200
    inside.delete("/records/record-a", base_url=BASE)
    assert status(third) == 404


def test_guessing_has_to_wait(server: Any, inside: Any) -> None:
    address = link(inside)["address"].removeprefix(BASE)
    phone = server.test_client()
    found = [
        phone.get(f"/leaflet/{n:032d}", base_url=BASE).status_code for n in range(12)
    ]
    assert found[0] == 404 and found[-1] == 429
    assert phone.get(address, base_url=BASE).status_code == 429


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", "Oberschenkel"), ("es", "Muslo"), ("en", "Thigh")],
)
def test_it_speaks_the_patient_s_language(
    server: Any, inside: Any, language: str, words: str
) -> None:
    address = link(inside, f"?lang={language}")["address"].removeprefix(BASE)
    assert words in text_of(server.test_client().get(address, base_url=BASE).data)


def test_a_printed_leaflet_carries_the_code_while_it_is_open(inside: Any) -> None:
    def printed() -> str:
        path = "/records/record-a/leaflet.pdf"
        return text_of(inside.get(path, base_url=BASE).data)

    assert "on your telephone" not in printed()
    link(inside)
    assert "on your telephone" in printed()
    inside.delete("/records/record-a/leaflet-link", base_url=BASE)
    assert "on your telephone" not in printed()


def test_where_nobody_else_reaches_it_no_link_is_made(
    tmp_path: Path, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = served(tmp_path, Access()).test_client()
    path = "/records/record-a/leaflet-link"
    told = alone.post(path, json={}).get_json()
    assert not told["open"] and "--host 0.0.0.0" in told["note"]
    monkeypatch.setattr(reach, "own_address", lambda _: None)
    here = "http://127.0.0.1:8050"
    inside.post("/login", data={"password": ACCESS.password}, base_url=here)
    told = inside.post(path, json={}, base_url=here).get_json()
    assert not told["open"] and "not on a network" in told["note"]


class TestLinks:
    @pytest.fixture
    def clock(self) -> list[float]:
        return [0.0]

    @pytest.fixture
    def links(self, clock: list[float]) -> LeafletLinks:
        return LeafletLinks(Memory(clock=lambda: clock[0]))

    def test_it_ends_by_itself(self, links: LeafletLinks, clock: list[float]) -> None:
        made = links.make("record-a", b"A", BASE)
        clock[0] = 60 * LINK_MIN - 1
        assert links.opened(made.token) == ("record-a", b"A")
        assert links.of("record-a") == made
        clock[0] = 60 * LINK_MIN
        assert links.opened(made.token) is None and links.of("record-a") is None

    def test_each_opens_its_own_leaflet(self, links: LeafletLinks) -> None:
        made = [links.make(f"record-{n}", str(n).encode(), BASE) for n in range(9)]
        assert len({one.token for one in made}) == 9
        assert all(len(one.token) >= 32 for one in made)
        for n, one in enumerate(made):
            found = links.opened(one.token)
            assert found == (f"record-{n}", str(n).encode())
        links.withdraw("record-4")
        assert [links.opened(one.token) is None for one in made].index(True) == 4

    def test_not_too_many_are_kept(self, links: LeafletLinks) -> None:
        first = links.make("record-first", b"", BASE)
        for n in range(MOST_LINKS):
            links.make(f"record-{n}", b"", BASE)
        assert links.opened(first.token) is None
