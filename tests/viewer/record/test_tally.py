"""The clinic's own counts: what is kept counts, by when it was recorded."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import SCRIPT, SHALLOW, changed, new_site
from viewer.record.page.last_days import counts, read
from viewer.record.paper.counts import counts_csv
from viewer.record.storage.models import Record, now
from viewer.record.storage.store import RecordStore
from viewer.record.tally import DAYS, Tally, last_days, tally, tally_words
from zones.contract.models import Verdict

THIGH = "15 cm above the left base of patella"


@pytest.fixture(scope="module")
def sessions(full_record: Record) -> list[Record]:
    """One DANGER gone against, one site below it, one taken off; one closed against."""
    other = Record(id="record-two", started=now())
    other = changed(other, add_site=new_site("site-one", THIGH, SHALLOW))
    other = changed(other, fields={"needles_in": 3, "needles_out": 2})
    lost = {"reason": "other", "text": "sent to hospital"}
    return [full_record, changed(other, close={"override": lost})]


def counted(records: list[Record], **days: float) -> Tally:
    until = now() + timedelta(**days)
    return tally(records, until - timedelta(days=DAYS), until)


def test_each_verdict_with_how_often_it_was_gone_against(
    sessions: list[Record],
) -> None:
    found = counted(sessions)
    mild = sessions[1].sites[0].answer.verdict
    rows = {row.verdict: row for row in found.verdicts}
    assert mild < Verdict.NOT_ASSESSABLE
    assert [row.verdict for row in found.verdicts] == sorted(rows, reverse=True)
    danger = rows[Verdict.DANGER]
    assert (danger.recorded, danger.against, danger.taken_off) == (1, 1, 0)
    below = rows[mild]
    assert (below.recorded, below.against, below.taken_off) == (2, 0, 1)
    assert (found.sessions, found.sites, found.against) == (2, 3, 1)
    assert (found.closed, found.closed_against) == (1, 1)
    [reason] = found.reasons
    assert (reason.reason, reason.total) == ("other", 2)
    assert reason.times == {Verdict.DANGER: 1, Verdict.STOP: 1}


def test_what_only_the_session_shows_counts_as_its_verdict() -> None:
    """Each side of the chest is a caution; the second made the session a danger."""
    record = Record(id="record-1", started=now())
    record = changed(record, add_site=new_site("site-one", "6 cm left of T4", SHALLOW))
    given = {"reason": "physician"}
    right = new_site("site-two", "6 cm right of T5", SHALLOW, override=given)
    record = changed(record, add_site=right)
    rows = {row.verdict: row for row in counted([record]).verdicts}
    assert rows[Verdict.DANGER].against == 1
    assert rows[Verdict.CAUTION].against == 0


def test_only_the_days_asked_for_count(sessions: list[Record]) -> None:
    assert counted(sessions, days=DAYS - 1).sites == 3
    later = counted(sessions, days=DAYS, minutes=5)
    assert (later.sessions, later.sites, later.closed) == (0, 0, 0)
    assert later.reasons == () and later.verdicts == ()


def test_deleted_records_do_not_count(
    store: RecordStore, sessions: list[Record]
) -> None:
    for record in sessions:
        store.create(record)
    assert last_days(store)[0].sites == 3
    store.delete("record-full")
    found, unread = last_days(store)
    assert (found.sites, found.against, unread) == (1, 0, 0)
    store.delete("record-two")
    assert text_of(read(store)).strip() == "No site was recorded."


def test_what_cannot_be_read_is_told_and_not_counted(
    store: RecordStore, sessions: list[Record]
) -> None:
    for record in sessions:
        store.create(record)
    with store._database.begin(write=True) as link:
        link.exec_driver_sql("UPDATE records SET body = '{' WHERE id = 'record-two'")
    assert last_days(store)[1] == 1
    words = text_of(read(store))
    assert "1 record could not be read and is not counted." in words
    assert "2 sites were recorded in 1 session; 1 of 2 against the verdict." in words


def test_counts_are_told_as_numbers_and_never_as_shares(
    sessions: list[Record],
) -> None:
    words = text_of(counts(counted(sessions)))
    assert "3 sites were recorded in 2 sessions; 1 of 3 against the verdict." in words
    assert "1 session was closed; 1 of 1 against a finding on the session." in words
    assert "Another reason (please state)." in words
    assert "%" not in words and SCRIPT not in words, "no text of a patient's is shown"


def test_the_table_for_a_spreadsheet(sessions: list[Record]) -> None:
    def rows(found: Tally) -> list[dict[str, Any]]:
        return list(csv.DictReader(io.StringIO(counts_csv(found))))

    whole = rows(counted(sessions))
    [danger] = [r for r in whole if r["what"] == "sites" and r["verdict"] == "DANGER"]
    assert (danger["recorded"], danger["against_the_verdict"]) == ("1", "1")
    reasons = {r["verdict"]: r for r in whole if r["what"] == "reason"}
    assert set(reasons) == {"DANGER", "STOP"}
    assert "A-17" not in counts_csv(counted(sessions)), "no reference leaves with it"
    assert [r["what"] for r in rows(counted([]))] == ["sessions closed"]
    assert tally_words(counted([])) == "No site was recorded."
