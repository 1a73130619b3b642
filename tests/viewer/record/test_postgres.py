"""The same records in PostgreSQL: a server of its own in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from viewer.record.change import apply_change
from viewer.record.errors import (
    BusyError,
    ConflictError,
    GoneError,
    NewerError,
    UnreachableError,
)
from viewer.record.models import Change, Record, now
from viewer.record.place import database_url
from viewer.record.store import RecordStore

pytestmark = pytest.mark.slow

#: Where Debian puts the programs of a server, one folder a version.
FOLDERS = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Return the folder with initdb and pg_ctl, the newest version first."""
    found = sorted(FOLDERS.glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def as_server(*command: str | Path) -> None:
    """Run a program of the server; it refuses to run as root."""
    rights = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*rights, *(str(part) for part in command)]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd="/", timeout=120, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server that ends with the tests."""
    home = programs()
    if home is None:
        if os.environ.get("CI") or os.environ.get("NEEDLEMAP_TEST_ALL"):
            pytest.fail("PostgreSQL must be installed where every test is run")
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    # short: the name of a socket may have about 100 signs
    folder = Path(tempfile.mkdtemp(prefix="nm-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        as_server(
            home / "initdb",
            "-D",
            data,
            "-U",
            "nurse",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        )
        # no network: a socket in the folder only
        options = f"-c listen_addresses='' -k {folder} -c timezone='Pacific/Auckland'"
        log = folder / "log"
        as_server(home / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://nurse@/postgres?host={folder}"
        finally:
            as_server(home / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def store(server: str) -> Iterator[RecordStore]:
    from viewer.record.database import _META

    found = RecordStore(database_url(server))
    yield found
    with found._begin(write=True) as link:
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


def test_a_newer_version_in_postgres(store: RecordStore, server: str) -> None:
    store.create(Record(id="record-1", started=now()))
    with store._begin(write=True) as link:
        link.exec_driver_sql("UPDATE needlemap_version SET tables = 99")
    other = RecordStore(database_url(server))
    with pytest.raises(NewerError):
        other.search()
    other.close()


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    store = RecordStore(database_url(f"postgresql://nurse:secret@/x?host={tmp_path}"))
    with pytest.raises(UnreachableError, match="can not be reached") as told:
        store.search()
    assert "secret" not in str(told.value)
