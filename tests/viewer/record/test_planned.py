"""Diameter and technique of a plan, in a record and in all that is made of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import SHALLOW, changed, new_site
from tests.viewer.record.test_export import pages
from viewer.fhir.needle import NEEDLE, plan_of
from viewer.fhir.versions import Version
from viewer.record.fhir.bundle import session_bundle
from viewer.record.page.render import sites
from viewer.record.page.repeat import panel, plans, shown
from viewer.record.paper.export import as_csv, as_json, from_json
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import SCHEMA, Record, now
from viewer.record.storage.store import RecordStore
from viewer.state import page_state
from viewer.state.technique_fields import usual_needle

MUSCLE = {"muscle": "infraspinatus", "side": "left"}
USUAL = usual_needle(MUSCLE)
PLAN = {
    "length_mm": USUAL["length"],
    "depth_mm": 5,
    "diameter_mm": 0.3,
    "technique": USUAL["technique"],
}
WORDS = "technique: Straight in (AAP Education 2015)"


@pytest.fixture(scope="module")
def planned() -> Record:
    """A session with one site that follows a technique, not as deep."""
    record = Record(id="record-plan", started=now(), reference="A-17")
    site = page_state.place("female", MUSCLE)
    return changed(record, add_site=new_site("site-one", "", PLAN, site=site))


def test_a_site_keeps_what_was_planned(planned: Record) -> None:
    """Which technique, how it was called then, what of it was changed; the diameter."""
    site = planned.listed[0]
    assert site.request["needle"]["diameter_mm"] == 0.3
    kept = site.followed
    assert kept is not None and kept.id == USUAL["technique"]
    assert (kept.kind, kept.name) == ("straight", "AAP Education 2015")
    assert kept.changed == ("depth",)
    assert site.technique == "", "what was done is for the practitioner to say"


def test_a_technique_of_another_muscle_is_none(planned: Record) -> None:
    record = Record(id="record-none", started=now())
    other = PLAN | {"technique": "ut-nct03375229"}
    site = page_state.place("female", MUSCLE)
    record = changed(record, add_site=new_site("site-one", "", other, site=site))
    assert record.listed[0].followed is None


def test_page_and_paper_say_it(planned: Record) -> None:
    on_page = text_of(sites(planned, None))
    on_paper = " ".join(" ".join(pages(record_pdf(planned))).split())
    for words in (on_page, on_paper):
        assert f"0.30 × {USUAL['length']:g} mm needle" in words
        assert WORDS in words and "changed: the depth" in words
    # in the table of the first page and again in the annex
    assert on_paper.count("Straight in") == 2


def test_json_and_csv_hold_it(planned: Record) -> None:
    assert from_json(as_json(planned)) == planned
    row = next(csv.DictReader(io.StringIO(as_csv(planned))))
    assert row["needle_diameter_mm"] == "0.3"
    assert row["planned_technique"] == USUAL["technique"]
    assert row["planned_technique_source"] == "AAP Education 2015"
    assert row["planned_technique_changed"] == "depth"


def test_a_bundle_holds_it(planned: Record) -> None:
    made = session_bundle(planned, Version.R4)
    plans_made = [
        plan_of(entry["resource"])
        for entry in made["entry"]
        if any(e["url"] == NEEDLE for e in entry["resource"].get("extension", ()))
    ]
    assert plans_made[0]["diameter_mm"] == 0.3
    assert plans_made[0]["technique"] == USUAL["technique"]


@pytest.mark.parametrize("moved", [False, True])
def test_repeating_brings_both_back(moved: bool) -> None:
    """Also where the needle was put beside the muscle's own place."""
    site = page_state.place("female", MUSCLE)
    if moved:
        x, y, z = site["xyz"]
        beside = page_state.place("female", {"xyz_mm": [x, y, z - 10.0]})
        site = page_state.with_origin(beside, site["origin"])
        assert "muscle" not in site["request"]
    past = Record(id="record-past", started=now())
    past = changed(past, add_site=new_site("site-one", "", PLAN, site=site))
    found = plans(past, {})
    needle = shown(found[0])["needle"]
    assert (needle["diameter"], needle["technique"]) == (0.3, USUAL["technique"])
    assert shown(found[0])["site"]["origin"]["muscle"] == "infraspinatus"
    words = text_of(panel(past, found, "A-17"))
    assert "0.30 × " in words and WORDS in words


def as_before(record: Record, version: int) -> dict[str, Any]:
    """Return a record as a version before this one wrote it."""
    data = record.as_dict() | {"schema": version}
    for site in data["sites"]:
        del site["followed"]
        for name in ("diameter_mm", "technique"):
            site["request"]["needle"].pop(name, None)
    return data


def test_a_row_of_an_older_version_is_read(store: RecordStore, planned: Record) -> None:
    """As it stands in the database; the next change saves it in the form of today."""
    old = as_before(planned, 2)
    store.create(planned)
    with store._database.begin(write=True) as link:
        link.exec_driver_sql("UPDATE records SET body = ?", (json.dumps(old),))
    saved = store.read(planned.id)
    assert "older needlemap (version 2" in saved.note
    site = saved.record.listed[0]
    assert site.followed is None and "diameter_mm" not in site.request["needle"]
    assert f"{USUAL['length']:g} mm needle" in text_of(sites(saved.record, None))
    row = next(csv.DictReader(io.StringIO(as_csv(saved.record))))
    assert row["needle_diameter_mm"] == row["planned_technique"] == ""
    assert pages(record_pdf(saved.record)) and plans(saved.record, {})
    after = changed(saved.record, add_site=new_site("site-two", "left GB31", SHALLOW))
    assert after.as_dict()["schema"] == SCHEMA and len(after.sites) == 2
