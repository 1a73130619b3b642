"""Changes of a record: reasons asked for, texts bounded, nothing half done."""

from __future__ import annotations

from typing import Any

import pytest

from anatomy.errors import InputError, NeedlemapError, OutOfRangeError, UnknownNameError
from tests.viewer.record.conftest import (
    DANGER,
    PATIENT,
    SHALLOW,
    changed,
    new_site,
)
from viewer.record.errors import OverrideNeededError
from viewer.record.page.change import apply_change, review, session_facts
from viewer.record.reasons import load_reasons, reasons_for
from viewer.record.storage.models import Change, Record, now
from zones.contract.models import Verdict
from zones.sessions.consent import load_consent

THIGH = "15 cm above the left base of patella"


@pytest.fixture
def empty() -> Record:
    return Record(id="record-1", started=now())


def test_danger_asks_for_a_reason_and_keeps_it(empty: Record) -> None:
    site = new_site("site-one", "6 cm left of T4", DANGER)
    with pytest.raises(OverrideNeededError) as asked:
        changed(empty, add_site=site)
    assert asked.value.verdict == "DANGER"
    assert "pneumothorax" in asked.value.over[0]
    for reason, error in (("no-such", UnknownNameError), ("other", InputError)):
        with pytest.raises(error):
            changed(empty, add_site=site | {"override": {"reason": reason}})
    with pytest.raises(OutOfRangeError, match="at most 2 000 characters; got 2 001"):
        long = {"reason": "guided", "text": "x" * 2001}
        changed(empty, add_site=site | {"override": long})
    after = changed(empty, add_site=site | {"override": {"reason": "guided"}})
    kept = after.sites[0].override
    assert kept is not None
    assert (kept.verdict, kept.over) == (Verdict.DANGER, tuple(asked.value.over))
    assert after.sites[0].answer.verdict == Verdict.DANGER, "the answer stays"


def test_stop_and_not_assessable_ask_too(empty: Record) -> None:
    site = new_site("site-one", THIGH, SHALLOW)
    refused = site | {"patient": PATIENT | {"consent_given": False}}
    with pytest.raises(OverrideNeededError) as asked:
        changed(empty, add_site=refused)
    assert asked.value.verdict == "STOP"
    # nobody can be trained past a STOP
    with pytest.raises(UnknownNameError):
        changed(empty, add_site=refused | {"override": {"reason": "trained"}})
    for verdict in (Verdict.STOP, Verdict.DANGER, Verdict.NOT_ASSESSABLE):
        assert reasons_for(verdict)
    assert changed(empty, add_site=site).sites[0].override is None


def test_what_only_the_session_shows_asks_when_the_site_is_added(empty: Record) -> None:
    """Each side of the chest by itself is a caution; both together are a danger."""
    record = changed(empty, add_site=new_site("site-one", "6 cm left of T4", SHALLOW))
    assert record.sites[0].answer.verdict == Verdict.CAUTION
    other = new_site("site-two", "6 cm right of T5", SHALLOW)
    with pytest.raises(OverrideNeededError) as asked:
        changed(record, add_site=other)
    assert asked.value.verdict == "DANGER" and "both lungs" in asked.value.over[0]
    given = {"reason": "physician"}
    record = changed(record, add_site=other | {"override": given})
    assert len(record.listed) == 2
    # closing does not ask again for what was given a reason already
    assert changed(record, close={}).closed_over is None


def test_a_wrong_count_needs_a_reason_to_close(empty: Record) -> None:
    record = changed(empty, add_site=new_site("site-one", THIGH, SHALLOW))
    record = changed(record, fields={"needles_in": 3, "needles_out": 2})
    with pytest.raises(OverrideNeededError) as asked:
        changed(record, close={})
    assert asked.value.verdict == "STOP"
    given = {"reason": "other", "text": "broken off, sent to hospital"}
    closed = changed(record, close={"override": given})
    assert closed.closed is not None and closed.closed_over is not None
    with pytest.raises(InputError, match="Reopen it"):
        changed(closed, fields={"notes": "x"})
    assert changed(closed, reopen=True).closed is None


def test_a_site_is_added_once_taken_off_and_put_back(empty: Record) -> None:
    site = new_site("site-one", THIGH, SHALLOW)
    record = changed(empty, add_site=site)
    again, words, _ = apply_change(record, Change.model_validate({"add_site": site}))
    assert again is record and words == "", "the answer was lost, the call repeated"
    off = changed(record, remove_site="site-one")
    assert off.listed == () and len(off.sites) == 1
    assert review(off) is None
    assert changed(off, restore_site="site-one").sites == record.sites
    with pytest.raises(InputError, match="no such site"):
        changed(record, remove_site="site-nine")


def test_the_answer_is_kept_as_it_was_and_asked_again(empty: Record) -> None:
    """A fact that came later shows beside the first answer and does not replace it."""
    record = changed(empty, add_site=new_site("site-one", THIGH, SHALLOW))
    late = new_site("site-two", "16 cm above the left base of patella", SHALLOW)
    late["patient"] = PATIENT | {"medical_emergency": True}
    given = {"reason": "afterwards"}
    record = changed(record, add_site=late | {"override": given})
    assert record.sites[0].answer.verdict < Verdict.STOP
    by_now = review(record)
    assert by_now is not None and by_now.sites[0].verdict == Verdict.STOP


def test_ticks_answer_facts_and_no_tick_is_not_no(empty: Record) -> None:
    record = changed(empty, fields={"consent.lung": True, "needles_in": 4})
    assert session_facts(record) == {"told_of_lung_risk": True, "needles_in": 4}
    record = changed(record, fields={"consent.lung": False})
    assert session_facts(record) == {"needles_in": 4}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"notes": "x" * 20_001}, "The notes must have at most 20 000 characters"),
        ({"notes": "x" * 10_000_000}, "got 10 000 000"),
        ({"reference": "x" * 81}, "The reference must have at most 80"),
        ({"reference": 5}, "must be a text"),
        ({"needles_in": -1}, "from 0 to 500"),
        ({"needles_in": 2.5}, "whole number"),
        ({"needles_in": "4"}, "must be a number"),
        ({"fact.postur": "sitting"}, "postur"),
        ({"fact.posture": "flying"}, "flying"),
        ({"consent.lungs": True}, "lungs"),
        ({"consent.lung": "yes"}, "true or false"),
        ({"left_in.site-nine": True}, "no such site"),
        ({"left_in.site-nine": 1}, "true, false or null"),
        ({"verdict": "CAUTION"}, "verdict"),
    ],
)
def test_what_can_not_be_is_refused_whole(
    empty: Record, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(NeedlemapError, match=words):
        changed(empty, fields={"needles_out": 1} | given)


def test_texts_are_kept_without_what_no_database_takes(empty: Record) -> None:
    record = changed(empty, fields={"notes": "a\x00b\ud800c"})
    assert record.notes == "ab?c"


def test_a_site_that_can_not_be_checked_is_told_in_the_page_s_words(
    empty: Record,
) -> None:
    with pytest.raises(InputError, match="Place the needle first"):
        changed(empty, add_site={"key": "site-one", "site": None})
    deep = {"length_mm": 20, "depth_mm": 30}
    with pytest.raises(InputError, match="planned depth must not be more than"):
        changed(empty, add_site=new_site("site-one", THIGH, deep))


def test_lists_are_sound() -> None:
    assert len({reason.id for reason in load_reasons()}) == len(load_reasons())
    lung = {element.id: element for element in load_consent()}["lung"]
    assert lung.belongs(["upper back"], {}) and not lung.belongs(["hand"], {})
    pregnancy = {element.id: element for element in load_consent()}["pregnancy"]
    assert pregnancy.belongs([], {"pregnant": True})
    assert not pregnancy.belongs([], {})
