"""Repeating a session: sites and needles come back, nothing else does."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import DANGER, SHALLOW, changed, new_site
from viewer.record.page.repeat import last_record, panel, plans, shown
from viewer.record.storage.models import Record, now
from viewer.record.storage.store import RecordStore
from viewer.state.needle_fields import NAMES, needle_request
from zones.contract.models import Verdict

THIGH = "15 cm above the left base of patella"


def record(name: str, reference: str, *, days: int = 0, sites: int = 1) -> Record:
    begun = now() - timedelta(days=days)
    found = Record(id=name, started=begun, reference=reference)
    for n in range(sites):
        site = new_site(f"site-{n:03d}", THIGH, SHALLOW)
        found = changed(found, add_site=site)
    return found


def test_the_latest_earlier_record_of_the_same_reference(store: RecordStore) -> None:
    today = record("record-today", "A 17", sites=0)
    for kept in (
        today,
        record("record-old", "A 17", days=20),
        record("record-last", "a 17 ", days=5),
        record("record-empty", "A 17", days=2, sites=0),
        record("record-other", "A 178", days=1),
    ):
        store.create(kept)
    found = last_record(store, today)
    assert found is not None and found.id == "record-last"
    store.delete("record-last")
    again = last_record(store, today)
    assert again is not None and again.id == "record-old"
    assert last_record(store, record("record-none", " ", sites=0)) is None
    words = text_of(panel(None, [], "B 1"))
    assert "No earlier record has the reference B 1." in words
    assert "Enter the reference" in text_of(panel(None, [], " "))


def test_plans_are_checked_with_today_s_answers() -> None:
    past = record("record-past", "A 17", days=5)
    given = {"reason": "guided"}
    seen = {"structure": "pleura", "depth_mm": 30, "method": "ultrasound"}
    chest = new_site("site-chest", "6 cm left of T4", DANGER | {"measured": [seen]})
    past = changed(past, add_site=chest | {"override": given})
    past = changed(past, fields={"consent.explained": True, "consent.lung": True})
    for patient, worst in (({}, Verdict.DANGER), ({"consent_given": False}, "STOP")):
        found = plans(past, patient)
        assert [plan.answer is not None for plan in found] == [True, True]
        assert max(p.answer.verdict for p in found if p.answer) == worst
        assert all("measured" not in plan.needle for plan in found)
    words = text_of(panel(past, found, "A 17"))
    assert "Today: STOP." in words
    sent = json.dumps([shown(plan) for plan in plans(past, {})])
    for word in ("consent", "pregnant", "bmi", "override", "guided", "pleura"):
        assert word not in sent, word


def test_the_controls_ask_for_the_same_needle_again() -> None:
    tilted = {"length_mm": 50, "depth_mm": 20, "electrical": False}
    tilted |= {"direction": {"tilt_deg": 30, "toward": "lateral"}}
    pinched = {"length_mm": 30, "depth_mm": 10, "grip": "pincer", "fold_mm": 25}
    pinched |= {"direction": "perpendicular"}
    past = Record(id="record-past", started=now())
    for n, needle in enumerate((tilted, pinched)):
        site = new_site(f"site-{n:03d}", THIGH, needle)
        past = changed(past, add_site=site)
    for plan, needle in zip(plans(past, {}), (tilted, pinched), strict=True):
        values = shown(plan)["needle"]
        current = {"yes": True, "no": False}.get(values["electrical"])
        again = {name: values[control] for control, name in NAMES.items()}
        assert needle_request(**(again | {"electrical": current})) == needle
