"""The same records in PostgreSQL: a server of its own in a folder of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from viewer.record.errors import (
    BusyError,
    ConflictError,
    GoneError,
    NewerError,
    UnreachableError,
)
from viewer.record.page.change import apply_change
from viewer.record.storage.models import Change, Record, now
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore

pytestmark = pytest.mark.slow


@pytest.fixture
def store(postgres: str) -> Iterator[RecordStore]:
    from viewer.record.storage.database import _META

    found = RecordStore(database_url(postgres))
    yield found
    with found._database.begin(write=True) as link:
        _META.drop_all(link)
    found.close()


def fields(**values: Any) -> Change:
    return Change(fields=values)


def test_records_in_postgres(store: RecordStore, full_record: Record) -> None:
    store.create(full_record)
    saved = store.read(full_record.id)
    assert saved.record == full_record
    assert abs((now() - saved.changed).total_seconds()) < 60, "a time is a time"
    late = saved.revision
    store.change(full_record.id, late, fields(notes="новый 二"), apply_change)
    with pytest.raises(ConflictError) as refused:
        store.change(full_record.id, late, fields(notes="late"), apply_change)
    assert refused.value.saved.record.notes == "новый 二"
    assert [row.reference for row in store.search("a-17")] == ["=A-17"]
    assert store.search("%") == []
    assert [e.what for e in store.history(full_record.id)] == ["begun", "notes changed"]
    store.delete(full_record.id)
    with pytest.raises(GoneError):
        store.read(full_record.id)
    assert store.kept() == (0, None)


def test_many_threads_in_postgres(store: RecordStore) -> None:
    store.create(Record(id="record-1", started=now()))
    names = ["explained", "minor-events", "serious-events", "fainting", "stop"]
    wrong: list[BaseException] = []

    def add(name: str) -> None:
        try:
            for _ in range(100):
                seen = store.read("record-1")
                try:
                    change = fields(**{f"consent.{name}": True})
                    store.change("record-1", seen.revision, change, apply_change)
                    return
                except (ConflictError, BusyError):
                    continue
            raise AssertionError(f"{name} never got through")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert set(store.read("record-1").record.consent) == set(names)


def test_a_newer_version_in_postgres(store: RecordStore, postgres: str) -> None:
    store.create(Record(id="record-1", started=now()))
    with store._database.begin(write=True) as link:
        link.exec_driver_sql("UPDATE needlemap_version SET tables = 99")
    other = RecordStore(database_url(postgres))
    with pytest.raises(NewerError):
        other.search()
    other.close()


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    store = RecordStore(database_url(f"postgresql://nurse:secret@/x?host={tmp_path}"))
    with pytest.raises(UnreachableError, match="cannot be reached") as told:
        store.search()
    assert "secret" not in str(told.value)
