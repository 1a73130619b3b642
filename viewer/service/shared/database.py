"""Shared entries in a database: all processes that have it agree."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    Column,
    Double,
    Index,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import IntegrityError

from viewer.record.errors import StoreError
from viewer.record.storage.database import Database, Tables, version_table
from viewer.service.protocol.errors import TooManyError, UnavailableError
from viewer.service.shared.store import Kind, Shared, Turn, full

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_LOG = logging.getLogger(__name__)
Told = TypeVar("Told")

#: Seconds to wait while another process writes.
BUSY_S = 5.0
#: Times that an entry is made anew which another process made first.
TRIES = 8

_META = MetaData()
#: Keys are kept as digests: neither a log-in nor a caller's address can be read here.
ENTRIES = Table(
    "shared_entries",
    _META,
    Column("kind", String(20), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    # seconds since 1970, by the database's clock
    Column("ends", Double, nullable=False),
    Index("shared_entries_ends", "ends"),
)
_NAMES = select(ENTRIES.c.kind, ENTRIES.c.key)
SHARED_TABLES = Tables(
    _META, version_table("shared_entries_version", _META), 1, "log-ins and limits"
)


class InDatabase(Shared):
    """Entries in a database, for as many processes as use it.

    Parameters
    ----------
    url : URL
        From `viewer.record.storage.place.database_url`; opened with the first use.

    Examples
    --------
    >>> import tempfile
    >>> from sqlalchemy import make_url
    >>> folder = tempfile.TemporaryDirectory()
    >>> url = make_url(f"sqlite:///{folder.name}/records.sqlite3")
    >>> one, other, links = InDatabase(url), InDatabase(url), Kind("link", most=10)
    >>> one.put(links, "a", {"pages": 2}, lasts_s=60)
    >>> other.read(links, "a")
    {'pages': 2}
    >>> one.close(); other.close(); folder.cleanup()
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        # what a power cut takes back here is a log-in, not a record
        self._database = Database(
            url, busy_s=BUSY_S, tables=SHARED_TABLES, flushed=False
        )

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def now(self) -> float:
        """Return the seconds since 1970 by the database's clock."""
        try:
            return self._database.now().timestamp()
        except StoreError as error:
            raise _unavailable(error) from error

    def epoch(self) -> float:
        """Return the seconds since 1970 by the database's clock."""
        return self.now()

    def read(self, kind: Kind, key: str) -> Any:
        """Return the value of an entry; None for one that ended or never was."""
        now = self.now()
        with self._begin(write=False) as link:
            row = link.execute(_query(kind, key)).one_or_none()
        return json.loads(row.value) if row is not None and now < row.ends else None

    def change(
        self, kind: Kind, key: str, turn: Callable[[Any, float], Turn[Told]]
    ) -> Told:
        """Change an entry, with nobody between the reading and the writing."""
        now = self.now()
        for left in reversed(range(TRIES)):
            try:
                with self._begin(write=True) as link:
                    made = _changed(link, kind, key, turn, now)
            except IntegrityError as error:  # made by another process meanwhile
                if not left:
                    raise _unavailable(error) from error
                continue
            if made.over:
                self._forget()
            break
        return made.told

    def check(self) -> None:
        """Raise when entries cannot be read now."""
        with self._begin(write=False) as link:
            link.execute(select(1))

    def _forget(self) -> None:
        try:
            self._database.forget()
        except Exception:
            # the entry is gone; only its trace in the write-ahead file is not yet
            _LOG.warning("what was deleted could not be wiped yet", exc_info=True)

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[Connection]:
        try:
            passing = (IntegrityError, TooManyError)
            with self._database.begin(write=write, passing=passing) as link:
                yield link
        except StoreError as error:
            raise _unavailable(error) from error


def _query(kind: Kind, key: str) -> Any:
    return select(ENTRIES.c.value, ENTRIES.c.ends).where(*_where(kind, key))


def _where(kind: Kind, key: str) -> tuple[Any, Any]:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return ENTRIES.c.kind == kind.name, ENTRIES.c.key == digest


def _changed(
    link: Connection,
    kind: Kind,
    key: str,
    turn: Callable[[Any, float], Turn[Told]],
    now: float,
) -> Turn[Told]:
    """Change an entry inside a transaction."""
    if not kind.exact and link.dialect.name == "postgresql":
        link.execute(text("SET LOCAL synchronous_commit = off"))
    row = link.execute(_query(kind, key).with_for_update()).one_or_none()
    there = row is not None and now < row.ends
    made = turn(json.loads(row.value) if row is not None and there else None, now)
    where = _where(kind, key)
    if made.over:
        link.execute(delete(ENTRIES).where(*where))
    elif made.value is not None:
        new = {"value": json.dumps(made.value), "ends": now + made.lasts_s}
        if row is None:
            _make_room(link, kind, now)
            name, digest = (part.right.value for part in where)
            link.execute(ENTRIES.insert().values(kind=name, key=digest, **new))
        else:
            link.execute(ENTRIES.update().where(*where).values(**new))
    return made


def _make_room(link: Connection, kind: Kind, now: float) -> None:
    """Take out what has ended, of every kind, and let one more entry fit in."""
    own = ENTRIES.c.kind == kind.name
    _delete(link, _NAMES.where(ENTRIES.c.ends <= now))
    count = link.execute(select(func.count()).select_from(ENTRIES).where(own))
    over = int(count.scalar_one()) + 1 - kind.most
    if over <= 0:
        return
    if not kind.evicted:
        raise full()
    _delete(link, _NAMES.where(own).order_by(ENTRIES.c.ends).limit(over))


def _delete(link: Connection, names: Any) -> None:
    """Delete entries; those that another process is about to change are left to it."""
    free = names.with_for_update(skip_locked=True)
    link.execute(delete(ENTRIES).where(tuple_(ENTRIES.c.kind, ENTRIES.c.key).in_(free)))


def _unavailable(error: Exception) -> UnavailableError:
    """Return what a caller is told; what it was stands in the log."""
    _LOG.warning("log-ins and limits cannot be looked up: %s", error)
    return UnavailableError(
        "The database cannot be reached, so it is not known who may call; nothing was "
        "done. Try again in a few seconds."
    )
