"""The database: nothing saved is lost, nothing is overwritten, deleted is deleted."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from anatomy.errors import InputError, OutOfRangeError
from tests.viewer.record.conftest import open_store
from viewer.record.errors import (
    BusyError,
    ConflictError,
    DamagedError,
    FullError,
    GoneError,
    MissingError,
    NewerError,
    ReadOnlyError,
    UnreachableError,
)
from viewer.record.page.change import apply_change
from viewer.record.storage import upgrade
from viewer.record.storage.database import Database
from viewer.record.storage.models import Change, Record, now
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore, Saved
from viewer.record.storage.upgrade import read_record


def fields(**values: Any) -> Change:
    return Change(fields=values)


def begin(store: RecordStore, name: str = "record-1", **more: Any) -> Saved:
    return store.create(Record(id=name, started=now(), **more))


def test_a_record_comes_back_as_it_was(store: RecordStore, full_record: Record) -> None:
    store.create(full_record)
    saved = store.read(full_record.id)
    assert saved.record == full_record
    assert (saved.revision, saved.note) == (1, "")


def test_two_windows_never_overwrite_each_other(store: RecordStore) -> None:
    begin(store)
    first, second = store.read("record-1"), store.read("record-1")
    store.change("record-1", first.revision, fields(notes="first"), apply_change)
    with pytest.raises(ConflictError) as refused:
        store.change("record-1", second.revision, fields(notes="second"), apply_change)
    there = refused.value.saved
    assert there.record.notes == "first"
    assert store.read("record-1").record.notes == "first"
    # told of it, the second may add what it has to what is there
    store.change("record-1", there.revision, fields(needles_in=2), apply_change)
    last = store.read("record-1").record
    assert (last.notes, last.needles_in) == ("first", 2)


def test_a_change_between_reading_and_writing_is_seen(store: RecordStore) -> None:
    """The other window saves just after this one has read."""
    begin(store)

    def slow(record: Record, change: Change) -> Any:
        store.change("record-1", 1, fields(notes="quick"), apply_change)
        return apply_change(record, change)

    with pytest.raises(ConflictError):
        store.change("record-1", 1, fields(notes="slow"), slow)
    assert store.read("record-1").record.notes == "quick"


def test_many_threads_lose_nothing(store: RecordStore) -> None:
    """Each adds its own element until it got through; all are there at the end."""
    begin(store)
    names = ["explained", "minor-events", "serious-events", "fainting", "stop"]
    wrong: list[BaseException] = []

    def add(name: str) -> None:
        try:
            for _ in range(200):
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
    saved = store.read("record-1")
    assert set(saved.record.consent) == set(names)
    assert saved.revision == 1 + len(names)
    assert [e.revision for e in store.history("record-1")] == list(range(1, 7))


def test_the_log_tells_each_change_and_no_note(store: RecordStore) -> None:
    begin(store)
    store.change("record-1", 1, fields(notes="private", needles_in=4), apply_change)
    same = store.change("record-1", 2, fields(needles_in=4), apply_change)
    assert same.revision == 2, "what changes nothing is no change"
    events = store.history("record-1")
    assert [event.what for event in events] == ["begun", "notes, needles_in changed"]
    assert events[1].detail == {"notes": {"characters": 7}, "needles_in": 4}


def test_creating_again_keeps_what_is_there(store: RecordStore) -> None:
    """The answer to the first call was lost; the second must not begin anew."""
    begin(store)
    store.change("record-1", 1, fields(notes="kept"), apply_change)
    assert begin(store).record.notes == "kept"


def test_deleted_is_deleted(store: RecordStore, tmp_path: Path) -> None:
    begin(store, reference="secret-reference")
    store.change("record-1", 1, fields(notes="secret-note"), apply_change)
    store.delete("record-1")
    for again in (store.read, store.delete):
        with pytest.raises(GoneError, match="was deleted on"):
            again("record-1")
    with pytest.raises(GoneError):
        begin(store)
    assert store.search() == [] and store.history("record-1") == []
    for path in (tmp_path / "folder").iterdir():
        assert b"secret" not in path.read_bytes(), f"{path.name} still holds it"
    with pytest.raises(MissingError):
        store.read("never-was")


def test_search_and_retention(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(store, "record-old", reference="B 100%")
    later = now() + timedelta(days=400)
    monkeypatch.setattr(Database, "now", lambda _: later)
    begin(store, "record-new", reference="a-17")
    assert [row.id for row in store.search("A-1")] == ["record-new"]
    assert [row.id for row in store.search("0%")] == ["record-old"]
    assert store.search("%%") == [], "a sign of the search language is only a sign"
    count, oldest = store.kept()
    assert count == 2 and oldest is not None and (later - oldest).days == 400
    assert store.older(399) == ["record-old"] and store.older(401) == []
    with pytest.raises(OutOfRangeError, match="nothing was deleted"):
        store.delete_older(399, expected=2)
    assert store.delete_older(399, expected=1) == 1
    assert [row.id for row in store.search()] == ["record-new"]
    for days in (0, -1, True, 10**9):
        with pytest.raises(OutOfRangeError, match="from 1 to 36500"):
            store.older(days)


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_only_the_user_reads_the_file(store: RecordStore, tmp_path: Path) -> None:
    begin(store)
    folder = tmp_path / "folder"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {path.name for path in folder.iterdir()}
    assert "records.sqlite3-wal" in names
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_sqlite_is_set_to_outlive_a_power_cut(store: RecordStore) -> None:
    begin(store)
    with store._database.engine().connect() as link:
        asked = {
            name: link.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


WRITER = """
import sys
from viewer.record.page.change import apply_change
from viewer.record.storage.models import Change, Record, now
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore

store = RecordStore(database_url(sys.argv[1]))
saved = store.create(Record(id="record-1", started=now()))
for number in range(1, 100000):
    change = Change(fields={"notes": f"{number} " + "x" * 15000})
    saved = store.change("record-1", saved.revision, change, apply_change)
    print(number, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_kill_in_the_middle_of_writing_loses_nothing(tmp_path: Path) -> None:
    """What was answered as saved is there after SIGKILL; nothing half-written is."""
    path = tmp_path / "records.sqlite3"
    command = [sys.executable, "-c", WRITER, f"sqlite:///{path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 25:
                os.kill(writer.pid, signal.SIGKILL)
                break
        told = [25, *(int(line) for line in writer.stdout if line.endswith("\n"))]
    assert writer.returncode == -signal.SIGKILL
    store = open_store(path)
    saved = store.read("record-1")
    number = int(saved.record.notes.split()[0])
    # the last one may have been saved and not yet told
    assert number in (told[-1], told[-1] + 1)
    assert len(saved.record.notes.split()[1]) == 15000
    assert saved.revision == number + 1 == len(store.history("record-1"))
    store.close()
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


def test_a_locked_database_says_so_and_works_again(
    store: RecordStore, tmp_path: Path
) -> None:
    begin(store)
    other = sqlite3.connect(tmp_path / "folder" / "records.sqlite3")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="Another program holds the records") as told:
        store.change("record-1", 1, fields(notes="x"), apply_change)
    assert "stays in this browser" in str(told.value)
    assert store.read("record-1").revision == 1, "reading goes on"
    other.rollback()
    other.close()
    assert store.change("record-1", 1, fields(notes="x"), apply_change).revision == 2


def test_a_read_only_database_says_so_and_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    writer = open_store(path)
    begin(writer)
    reader = RecordStore(database_url(f"sqlite:///file:{path}?mode=ro&uri=true"))
    assert reader.read("record-1").revision == 1
    with pytest.raises(ReadOnlyError, match="may not be written"):
        reader.change("record-1", 1, fields(notes="x"), apply_change)
    reader.close()
    writer.close()


def test_a_full_disk_says_so_and_keeps_what_was_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "records.sqlite3")
    begin(store)
    engine = store._database.engine()
    engine.dispose()

    @event.listens_for(engine, "connect")
    def small(raw: Any, _: Any) -> None:
        raw.execute("PRAGMA max_page_count = 1")  # SQLite: not below what there is

    with pytest.raises(FullError, match="no room left"):
        store.change("record-1", 1, fields(notes="x" * 19000), apply_change)
    assert store.read("record-1").record.notes == ""
    store.close()


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    path.write_bytes(b"a letter to a friend" * 100)
    store = open_store(path)
    with pytest.raises(DamagedError, match="not a database of records"):
        store.search()
    store.close()
    assert path.read_bytes() == b"a letter to a friend" * 100


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = open_store(tmp_path / "file" / "records.sqlite3")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        store.search()


def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite3"
    store = open_store(path)
    begin(store)
    store.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE needlemap_version SET tables = 99")
    raw.commit()
    raw.close()
    with pytest.raises(NewerError, match="newer needlemap"):
        open_store(path).read("record-1")


def test_an_older_record_is_read_and_says_so(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were this version the second: the first had its notes under another name."""
    begin(store)
    with store._database.begin(write=True) as link:
        old = '{"schema": 1, "id": "record-1", "text": "as it was"}'
        link.exec_driver_sql("UPDATE records SET body = ?", (old,))

    def second(data: dict[str, Any]) -> dict[str, Any]:
        return {"id": data["id"], "started": now(), "notes": data["text"]}

    monkeypatch.setattr(upgrade, "UPGRADES", {1: second})
    monkeypatch.setitem(read_record.__kwdefaults__, "schema", 2)
    saved = store.read("record-1")
    assert saved.record.notes == "as it was"
    assert "written by an older needlemap (version 1, now 2)" in saved.note


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ('{"schema": 7}', NewerError, "version 7, and this needlemap reads up to 3"),
        ('{"schema": 0}', DamagedError, "nothing reads version 0"),
        ('{"schema": 1, "id": "record-1"}', DamagedError, "started"),
        ("{", DamagedError, "cannot be read"),
        ("[]", DamagedError, "cannot be read"),
    ],
)
def test_records_that_can_not_be_read(
    store: RecordStore, body: str, error: type[Exception], words: str
) -> None:
    begin(store)
    with store._database.begin(write=True) as link:
        link.exec_driver_sql("UPDATE records SET body = ?", (body,))
    with pytest.raises(error, match=words):
        store.read("record-1")
    assert len(store.search()) == 1, "the list goes on"


@pytest.mark.skipif(sys.platform == "win32", reason="another custom there")
def test_where_the_records_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("NEEDLEMAP_DB", raising=False)
    expected = str(tmp_path / "needlemap" / "records.sqlite3")
    assert database_url().database == expected
    # by the custom a relative folder is ignored
    monkeypatch.setenv("XDG_DATA_HOME", "records")
    assert Path(str(database_url().database)).is_absolute()
    monkeypatch.setenv("NEEDLEMAP_DB", "sqlite:////elsewhere/r.db")
    assert database_url().database == "/elsewhere/r.db"
    assert database_url("sqlite:////given/r.db").database == "/given/r.db"
    for memory in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(InputError, match="must name a file"):
            database_url(memory)
