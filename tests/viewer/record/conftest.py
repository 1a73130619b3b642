"""Records to try things on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from viewer.record.page.change import apply_change
from viewer.record.storage.models import Change, Record, now
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore
from viewer.state import page_state

SCRIPT = "<script>alert('x')</script>"
PATIENT = {"sex": "female", "age": 31, "bmi": 21.0, "pregnant": False}


def new_site(
    key: str, words: str, needle: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Return a site as the page sends it."""
    return {
        "key": key,
        "site": more.pop("site", None) or page_state.place("female", {"text": words}),
        "needle": needle,
        "patient": PATIENT,
        **more,
    }


DANGER = {"length_mm": 40, "depth_mm": 25}
SHALLOW = {"length_mm": 25, "depth_mm": 5}


def changed(record: Record, **change: Any) -> Record:
    """Return a record after a change."""
    return apply_change(record, Change.model_validate(change))[0]


@pytest.fixture(scope="session")
def full_record() -> Record:
    """A session with an override, a site taken off, ticks, counts and rude notes."""
    record = Record(id="record-full", started=now())
    guided = {"reason": "other", "text": f"ultrasound {SCRIPT}"}
    left = new_site("site-one", "6 cm left of T4", DANGER, override=guided)
    record = changed(record, add_site=left)
    thigh = new_site("site-two", "15 cm above the left base of patella", SHALLOW)
    record = changed(record, add_site=thigh)
    again = new_site("site-three", "16 cm above the left base of patella", SHALLOW)
    record = changed(record, add_site=again)
    record = changed(record, remove_site="site-three")
    return changed(
        record,
        fields={
            "reference": "=A-17",
            "notes": f"+1 {SCRIPT}\nsecond line",
            "needles_in": 3,
            "needles_out": 2,
            "consent.explained": True,
            "consent.lung": True,
            "fact.posture": "lying face down",
            "left_in.site-two": False,
        },
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    """An empty database in a file."""
    found = open_store(tmp_path / "folder" / "records.sqlite3")
    yield found
    found.close()


def open_store(path: Path, *, busy_s: float = 0.2) -> RecordStore:
    """Return a database in a file."""
    return RecordStore(database_url(f"sqlite:///{path}"), busy_s=busy_s)
