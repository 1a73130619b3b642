"""How a database is opened: a file of SQLite, or a server and its connections."""

from __future__ import annotations

import os
import weakref
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event

from viewer.record.errors import KEPT, UnreachableError
from viewer.record.storage.place import shown_place

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

#: Seconds to wait for a server to take a connection, and milliseconds after which one
#: that no longer answers is given up.
CONNECT_S, SILENT_MS = 3, 10_000
#: Connections of one process that stay open, and more at times.
KEPT_OPEN, MORE = 4, 12

_ENGINES: weakref.WeakSet[Engine] = weakref.WeakSet()


def open_engine(url: URL, *, busy_s: float, flushed: bool = True) -> Engine:
    """Return the engine of a database; a server has one for all of a process.

    Parameters
    ----------
    url : URL
        Where.
    busy_s : float
        Seconds to wait for another program; for a file.
    flushed : bool
        Whether a file is flushed to the disk with each write.

    Raises
    ------
    UnreachableError
        When the program that talks to this kind of server is not installed.
    OSError
        When the file cannot be made.
    """
    if url.get_backend_name() == "sqlite":
        engine = _file_engine(url, busy_s, flushed=flushed)
    else:
        engine = _server_engine(url)
    _ENGINES.add(engine)
    return engine


@cache
def _server_engine(url: URL) -> Engine:
    """Return the engine of a server: its stores share the connections of a process."""
    given = dict(url.query)
    waits = {"connect_timeout": CONNECT_S, "tcp_user_timeout": SILENT_MS}
    ours = url.get_driver_name() == "psycopg"
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=KEPT_OPEN,
            max_overflow=MORE,
            connect_args={k: v for k, v in waits.items() if ours and k not in given},
        )
    except ModuleNotFoundError as error:
        raise UnreachableError(
            f"The program that talks to {shown_place(url)} is not installed "
            f"({error.name}). For PostgreSQL install needlemap[postgres]. {KEPT}"
        ) from error


def _file_engine(url: URL, busy_s: float, *, flushed: bool) -> Engine:
    """Return the engine of a file of SQLite, made for this user alone."""
    path = Path(str(url.database))
    if not str(path).startswith("file:"):  # SQLite's own form, used as it is
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            # SQLite's own files beside it take their rights from this one
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, connect_args={"timeout": busy_s})

    def connected(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # transactions are begun by `_begun`
        for pragma in (
            f"busy_timeout = {int(busy_s * 1000)}",
            "foreign_keys = ON",
            "secure_delete = ON",
            f"synchronous = {'FULL' if flushed else 'NORMAL'}",
        ):
            raw.execute(f"PRAGMA {pragma}")
        mode = raw.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal" and "mode=ro" not in str(url):
            raw.execute("PRAGMA journal_mode = WAL")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", _begun)
    return engine


def _begun(link: Connection) -> None:
    """Begin a transaction of SQLite; one that will write says so at once.

    A transaction that reads first and writes later could find that it may not.
    """
    write = link.get_execution_options().get("needlemap_write", False)
    link.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _forked() -> None:
    """Leave the connections of the process that this one was forked from to it."""
    for engine in list(_ENGINES):
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
