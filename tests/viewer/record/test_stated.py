"""What one statement answered for many questions is marked so in the record."""

from __future__ import annotations

import json
from typing import Any

from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import SHALLOW, changed, new_site
from tests.viewer.record.test_export import pages
from viewer.panels.patient.callbacks import stated_together, taken
from viewer.record.page import render
from viewer.record.page.words import answered_words, stated_words
from viewer.record.paper.export import as_json, from_json
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import Record, now
from viewer.state.page_state import still_stated

THIGH = "15 cm above the left base of patella"
GATE = {"type": "gate", "name": "blood", "value": "no"}


def fact(name: str, value: str) -> dict[str, Any]:
    return {"type": "fact", "name": name, "at": "panel", "value": value}


def test_a_gate_states_what_was_open_and_no_more() -> None:
    before = taken({}, [fact("bleeding_disorder", "no")], None)
    names = stated_together([], before, [GATE], None)
    after = taken(before, [GATE], None)
    assert "anticoagulant" in names and "bleeding_disorder" not in names
    assert set(names) == set(after) - set(before)
    rest = stated_together(names, after, [{"type": "nothing-found"}], None)
    assert set(names) < set(rest) and "bleeding_disorder" not in rest
    assert "consent_given" not in rest, "consent is never stated for many"


def test_an_answer_of_its_own_takes_the_mark_off() -> None:
    for answers in (["yes"], ["yes", "no"], ["unknown", "no"]):
        items = [GATE, *(fact("anticoagulant", value) for value in answers)]
        assert "anticoagulant" not in stated_together([], {}, items, None)
    names = stated_together([], {}, [GATE], None)
    assert stated_together(names, {}, [{"type": "clear-patient"}], None) == []
    other = {"type": "patient", "value": {"anticoagulant": False}}
    assert stated_together(names, {}, [other], None) == []
    back = [other | {"stated": ["anticoagulant"]}]
    assert stated_together([], {}, back, None) == ["anticoagulant"]
    assert still_stated([*names, "no such fact"], {}) == []


def test_record_page_and_paper_say_which_were_stated_together() -> None:
    patient = {"sex": "female", "age": 31, "faints": False}
    names = stated_together([], patient, [GATE], None)
    site = new_site("site-one", THIGH, SHALLOW)
    site |= {"patient": taken(patient, [GATE], None), "stated": [*names, "age", "x"]}
    record = changed(Record(id="record-1", started=now()), add_site=site)
    assert record.stated == tuple(names), "only answers of no can be stated together"
    words = stated_words(record)
    assert words.startswith(f"stated together, {len(names)} questions: ")
    assert "anticoagulant" in words and "age" not in words
    own = " ".join(answered_words(record))
    assert "age: 31 years" in own and "anticoagulant" not in own
    assert words in text_of(render.stated(record))
    assert f"stated together, {len(names)} questions" in pages(record_pdf(record))[0]
    assert from_json(as_json(record)) == record
    old = json.loads(as_json(record))
    del old["record"]["stated"]
    kept = from_json(json.dumps(old))
    assert kept.stated == () and render.stated(kept) == []
