"""One patient over time: outcome of sites, signature, follow-up, no other patient."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from anatomy.errors import NeedlemapError
from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import SHALLOW, changed, new_site
from tests.viewer.record.test_export import pages
from viewer.record.page import over_time
from viewer.record.page.change import apply_change
from viewer.record.page.outcome import follow_up_answer, follow_up_due, still_due
from viewer.record.page.words import count_words, miscounted, signed_words
from viewer.record.paper.export import as_csv, as_json, from_json
from viewer.record.paper.leaflet import leaflet_pdf
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import SCHEMA, Change, Record, now
from viewer.record.storage.store import RecordStore
from viewer.record.storage.upgrade import read_record
from zones.contract.models import Verdict

THIGH = "15 cm above the left base of patella"
PATH = "M10 20L30 40L50 10M60 60L70 70"


def session(key: str, reference: str, words: str = THIGH, **fields: Any) -> Record:
    record = Record(id=key, started=now())
    record = changed(record, add_site=new_site("site-one", words, SHALLOW))
    return changed(record, fields={"reference": reference, **fields})


@pytest.fixture(scope="module")
def one() -> Record:
    said = {
        "technique.site-one": "pistoning",
        "twitch.site-one": True,
        "reaction.site-one": "bruise",
        "result.site-one": "better",
        "site_in.site-one": 2,
        "site_out.site-one": 2,
        "signature": PATH,
    }
    record = session("record-a", "A-17", **said)
    given = {"reached": True, "found": ["bruise"], "text": "blue spot"}
    return changed(record, follow_up=given)


def test_what_came_of_a_site_is_in_every_form(one: Record) -> None:
    assert from_json(as_json(one)) == one
    (row,) = csv.DictReader(io.StringIO(as_csv(one)))
    wanted = {
        "technique": "pistoning",
        "twitch": "yes",
        "reaction": "bruise",
        "result": "better",
        "site_needles_in": "2",
        "site_needles_out": "2",
        "needles_in": "2",
        "follow_up_found": "bruise",
        "follow_up_text": "blue spot",
    }
    assert wanted.items() <= row.items() and row["signed"]
    first, *annex = pages(record_pdf(one))
    for words in ("Pistoning", "2 / 2", "bruise", "better", "Signed", "blue spot"):
        assert words in first, words
    assert "Annex" in annex[0] and "Sources" not in first


def test_needles_are_counted_site_by_site() -> None:
    record = session("record-b", "B")
    assert record.counted == (None, None), "nothing was said"
    record = changed(record, fields={"site_in.site-one": 3, "site_out.site-one": 2})
    assert record.counted == (3, 2) and miscounted(record)
    with pytest.raises(NeedlemapError, match="reason"):
        changed(record, close={})
    even = changed(record, fields={"needles_in": 3, "needles_out": 3})
    assert miscounted(even) and "site 1" in count_words(even)


@pytest.mark.parametrize(
    "fields",
    [
        {"twitch.site-one": "yes"},
        {"reaction.site-one": "fine"},
        {"result.site-one": 3},
        {"site_in.site-one": -1},
        {"site_out.site-one": "two"},
        {"technique.site-one": "x" * 121},
        {"technique.site-two": "x"},
        {"signature": '"/><script>'},
        {"signature": "M1 1"},
        {"signature": "M1 1L9999 1"},
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    record = session("record-b", "B")
    with pytest.raises(NeedlemapError):
        apply_change(record, Change(fields=fields))


def test_a_signature_says_what_changed_after_it(one: Record) -> None:
    assert signed_words(one).startswith("Signed")
    earlier = one.signature
    assert earlier is not None
    old = earlier.model_copy(update={"at": earlier.at - timedelta(hours=1)})
    after = one.model_copy(update={"signature": old})
    assert "changed after that" in signed_words(after)
    assert changed(one, fields={"signature": None}).signature is None


def test_consent_is_never_preset(one: Record) -> None:
    """Neither by a site nor by an earlier session of the same patient."""
    assert one.consent == {} and Record(id="record-n", started=now()).consent == {}
    assert one.signature is not None
    fresh = session("record-later", "A-17")
    assert fresh.consent == {} and fresh.signature is None
    assert "☑" not in " ".join(pages(record_pdf(fresh)))


def test_the_oldest_records_stay_readable(one: Record) -> None:
    """As version 1 wrote them: without any of what came later."""
    data = one.as_dict() | {"schema": 1}
    for name in ("signature", "follow_up"):
        del data[name]
    for name in ("followed", "technique", "twitch", "reaction", "result"):
        del data["sites"][0][name]
    del data["sites"][0]["needles_in"], data["sites"][0]["needles_out"]
    record, note = read_record(json.dumps(data))
    assert "older needlemap" in note and record.schema_version == SCHEMA
    site = record.listed[0]
    assert (site.technique, site.twitch, site.needles_in) == ("", None, None)
    assert record.follow_up is None
    assert pages(record_pdf(record)) and pages(leaflet_pdf(record))


def test_a_follow_up_is_due_after_two_days_until_the_patient_is_reached() -> None:
    record = session("record-b", "B")
    when = follow_up_due(record)
    assert when is not None and when - record.listed[0].added == timedelta(hours=48)
    assert not still_due(record, when - timedelta(seconds=1)) and still_due(
        record, when
    )
    closed = changed(record, close={})
    missed = changed(closed, follow_up={"reached": False})
    assert still_due(missed, when), "who was not reached is still to be asked"
    done = changed(missed, follow_up={"reached": True})
    assert not still_due(done, when) and done.closed == closed.closed
    with pytest.raises(NeedlemapError):
        changed(record, follow_up={"reached": True, "found": ["luck"]})
    with pytest.raises(NeedlemapError):
        changed(record, follow_up={"reached": False, "found": ["fever"]})


def test_a_warning_sign_at_the_follow_up_says_what_to_do() -> None:
    record = changed(
        session("record-b", "B", "6 cm left of L3"),
        follow_up={"reached": True, "found": ["breathlessness", "soreness"]},
    )
    answer = follow_up_answer(record)
    assert answer is not None and answer.verdict == Verdict.STOP
    assert answer.urgency.value == "emergency"
    assert answer.headline in text_of(over_time.follow_up_form(record))


def test_nothing_of_one_patient_is_in_another_s(store: RecordStore) -> None:
    marks = {"notes": "only-of-a", "technique.site-one": "way-of-a", "signature": PATH}
    for n, reference in enumerate(("A-1", "A-1", "A-11", "")):
        record = session(f"record-{n}", reference, **(marks if n in (0, 2) else {}))
        old = record.started - timedelta(days=10 - n)
        store.create(record.model_copy(update={"started": old}))
    other = session("record-x", "B", "6 cm left of L3")
    store.create(other)
    same = session("record-y", "a-1 ")
    assert over_time.history(store, other) == []
    assert over_time.history(store, session("record-z", "")) == []
    shown = text_of(over_time.history(store, same))
    assert shown.count("Caution") == 2, "two sessions of A-1, none of A-11"
    for paper in (record_pdf(other), leaflet_pdf(other)):
        text = " ".join(pages(paper))
        for words in ("A-1", "only-of-a", "way-of-a", "Signed", "patella"):
            assert words not in text, words
    for exported in (as_json(other), as_csv(other)):
        for words in ("only-of-a", "way-of-a", "A-1", PATH):
            assert words not in exported, words


def test_what_is_due_is_listed_the_longest_waiting_first(store: RecordStore) -> None:
    for n, hours in enumerate((50, 90, 10)):
        record = session(f"record-{n}", f"P-{n}")
        at = now() - timedelta(hours=hours)
        sites = tuple(s.model_copy(update={"added": at}) for s in record.sites)
        store.create(record.model_copy(update={"started": at, "sites": sites}))
    shown = text_of(over_time.due(store, now()))
    assert shown.index("P-1") < shown.index("P-0") and "P-2" not in shown
