"""The database under the records: its tables, how it is opened, its errors in words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeDecorator

from viewer.record.errors import (
    KEPT,
    BusyError,
    DamagedError,
    FullError,
    NewerError,
    ReadOnlyError,
    StoreError,
    UnreachableError,
)
from viewer.record.storage.opening import open_engine
from viewer.record.storage.place import shown_place

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

#: Version of the tables.
TABLES = 1
#: Seconds after which a server is asked for its time again.
TIME_S = 60.0
#: Held in PostgreSQL while tables are made: the workers of a new database all try to.
_MAKING = 0x6E6D_7461


class Time(TypeDecorator[datetime]):
    """A time in UTC, also where the database keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Return the time as it is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Return the time as it was given."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value


def version_table(name: str, meta: MetaData) -> Table:
    """Return the table that holds the version of the tables of ``meta``."""
    return Table(
        name,
        meta,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("tables", Integer, nullable=False),
    )


def number_column() -> Column[int]:
    """Return a column that numbers the rows of its table."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("id", kind, primary_key=True, autoincrement=True)


_META = MetaData()
VERSION = version_table("needlemap_version", _META)
RECORDS = Table(
    "records",
    _META,
    Column("id", String(40), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("form", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    Column("started", Time, nullable=False),
    Column("changed", Time, nullable=False, index=True),
    Column("closed", Boolean, nullable=False),
    Column("sites", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
EVENTS = Table(
    "record_events",
    _META,
    number_column(),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("at", Time, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
DELETIONS = Table(
    "record_deletions",
    _META,
    Column("record_id", String(40), primary_key=True),
    Column("at", Time, nullable=False),
)


@dataclass(frozen=True)
class Tables:
    """Tables that belong together and their version.

    Attributes
    ----------
    meta : MetaData
        All of them.
    version : Table
        The one that holds the version (``id`` and ``tables``).
    number : int
        Version that this program knows.
    what : str
        What they hold, in words.
    """

    meta: MetaData
    version: Table
    number: int
    what: str


RECORD_TABLES = Tables(_META, VERSION, TABLES, "records")


class Database:
    """An engine that is made with the first use; one that failed is tried again.

    Parameters
    ----------
    url : URL
        Where.
    busy_s : float
        Seconds to wait for another program.
    tables : Tables
        What is kept there; the records' by default.
    flushed : bool
        Whether an SQLite file is flushed to the disk with each write. Without, a
        power cut may take the last writes back.
    """

    def __init__(
        self,
        url: URL,
        *,
        busy_s: float,
        tables: Tables = RECORD_TABLES,
        flushed: bool = True,
    ) -> None:
        self.url = url
        self.busy_s = busy_s
        self.tables = tables
        self.flushed = flushed
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._told: tuple[float, float] | None = None

    def engine(self) -> Engine:
        """Return the engine, the tables made and their version known.

        Raises
        ------
        NewerError
            When a newer version made the tables.
        SQLAlchemyError, OSError
            Whatever goes wrong in opening.
        """
        if self._engine is None:
            engine = open_engine(self.url, busy_s=self.busy_s, flushed=self.flushed)
            try:
                self._prepare(engine)
            except BaseException:
                engine.dispose()
                raise
            self._engine = engine
        return self._engine

    @contextmanager
    def begin(
        self, *, write: bool, passing: tuple[type[Exception], ...] = ()
    ) -> Iterator[Connection]:
        """Give one transaction; what fails in the database comes out in words.

        Parameters
        ----------
        write : bool
            Whether it writes.
        passing : tuple of exception types
            What the caller answers itself; it comes out as it is.

        Raises
        ------
        StoreError
        """
        try:
            with self._lock:
                engine = self.engine()
            link = engine.connect().execution_options(needlemap_write=write)
            with link, link.begin():
                yield link
        except passing:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise store_error(error, self.url) from error

    def now(self) -> datetime:
        """Return the time that all who share the database go by.

        A server's own time, for the clocks of the machines that use it may differ; for
        a file, which is used on one machine, that machine's.

        Raises
        ------
        StoreError
            When the server cannot be asked.
        """
        if self.url.get_backend_name() == "sqlite":
            return datetime.now(UTC)
        told = self._told
        if told is None or time.monotonic() - told[1] >= TIME_S:
            with self.begin(write=False) as link:
                there = link.execute(select(func.clock_timestamp())).scalar_one()
            self._told = told = (there.timestamp(), time.monotonic())
        return datetime.fromtimestamp(told[0] + time.monotonic() - told[1], UTC)

    def close(self) -> None:
        """Let go of all connections."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def forget(self) -> None:
        """Take what was deleted out of SQLite's write-ahead file as well."""
        if self._engine is None or self.url.get_backend_name() != "sqlite":
            return
        with self._engine.connect() as link:
            raw = link.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _prepare(self, engine: Engine) -> None:
        """Make the tables of an empty database; look at the version of a full one."""
        tables = self.tables
        with engine.connect() as link:
            with link.begin():
                found = _version(link, tables.version)
            if found is None:
                link.execution_options(needlemap_write=True)
                with link.begin():
                    # another program may have made them meanwhile
                    if link.dialect.name == "postgresql":
                        hold = text("SELECT pg_advisory_xact_lock(:key)")
                        link.execute(hold, {"key": _MAKING})
                    tables.meta.create_all(link)
                    if _version(link, tables.version) is None:
                        first = {"id": 1, "tables": tables.number}
                        link.execute(tables.version.insert().values(**first))
                found = tables.number
        if found > tables.number:
            raise NewerError(
                f"The {tables.what} in {shown_place(self.url)} were written by a newer "
                f"needlemap (version {found} of the tables; this one knows "
                f"{tables.number}). Nothing was touched. Open them with the newer "
                "needlemap, or name another database with --db."
            )


def _version(link: Connection, table: Table) -> int | None:
    """Return the version of the tables; None when there are none."""
    if not link.dialect.has_table(link, table.name):
        return None
    return link.execute(select(table.c.tables)).scalar_one_or_none()


def store_error(error: Exception, url: URL) -> StoreError:
    """Return what went wrong in a database, with what to do about it.

    Parameters
    ----------
    error : SQLAlchemyError or OSError
        What was raised.
    url : URL
        The database.

    Examples
    --------
    >>> from sqlalchemy import make_url
    >>> str(store_error(OSError("disk is full"), make_url("sqlite:////data/r.db")))[:46]
    'There is no room left on the disk of /data/r.d'
    """
    where = shown_place(url)
    told = str(getattr(error, "orig", None) or error)
    low = told.lower()
    one_line = told.strip().splitlines()[0] if told.strip() else type(error).__name__

    def has(*parts: str) -> bool:
        return any(part in low for part in parts)

    if has("is locked", "table is locked", "lock timeout", "could not obtain lock"):
        return BusyError(
            f"Another program holds the records ({where}). It is tried again by "
            f"itself; close what has the file open if it lasts. {KEPT}"
        )
    if has("is full", "no space left", "disk full"):
        return FullError(
            f"There is no room left on the disk of {where}. Make room; it is tried "
            f"again by itself. {KEPT}"
        )
    if has("readonly", "read-only", "read only", "permission denied"):
        return ReadOnlyError(
            f"The records may not be written ({where}): the file or its folder is "
            f"read-only for this user. Give the right to write, or name another "
            f"database with --db. {KEPT}"
        )
    if has("malformed", "not a database", "disk image"):
        return DamagedError(
            f"{where} is damaged or not a database of records; it was left as it is. "
            f"Put a backup in its place, or name another with --db. {KEPT}"
        )
    if has("unable to open", "connect") or isinstance(error, OSError):
        return UnreachableError(
            f"The records cannot be reached ({where}): {one_line}. It will be tried "
            f"again automatically. {KEPT}"
        )
    return StoreError(
        f"The records could not be read or written ({where}): {one_line}. {KEPT}"
    )
