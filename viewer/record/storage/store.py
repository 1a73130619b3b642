"""The records' database: saved at once, never overwritten unseen, really deleted.

One engine for all threads, short transactions. A change names the revision that it was
made from; when the record is at another by now, it is refused and the record as it is
now comes back with the refusal. SQLite writes ahead and syncs with every commit, so
that what was saved outlives a crash or a power cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from anatomy.errors import OutOfRangeError
from viewer.record.errors import (
    ConflictError,
    DamagedError,
    GoneError,
    MissingError,
    NewerError,
)
from viewer.record.storage.database import DELETIONS, EVENTS, RECORDS, Database
from viewer.record.storage.models import Change, Record
from viewer.record.storage.upgrade import read_record

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

#: Most records that a search returns.
MOST_FOUND = 200


@dataclass(frozen=True)
class Saved:
    """A record as the database holds it.

    Attributes
    ----------
    record : Record
        The record.
    revision : int
        Counts its changes.
    changed : datetime
        When it was last changed.
    note : str
        Said when it was written by an older version.
    """

    record: Record
    revision: int
    changed: datetime
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """One line of the list of records."""

    id: str
    reference: str
    started: datetime
    changed: datetime
    closed: bool
    sites: int


@dataclass(frozen=True)
class Event:
    """One entry of a record's log."""

    at: datetime
    revision: int
    what: str
    detail: dict[str, Any]


class RecordStore:
    """Records in a database.

    Parameters
    ----------
    url : URL
        From `viewer.record.storage.place.database_url`. Nothing is opened or made
        before the first use.
    busy_s : float
        Seconds to wait while another program writes.

    Examples
    --------
    >>> import tempfile
    >>> from sqlalchemy import make_url
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = RecordStore(make_url(f"sqlite:///{folder.name}/records.sqlite3"))
    >>> from viewer.record.storage.models import now
    >>> first = store.create(Record(id="record-1", started=now(), reference="A 17"))
    >>> store.read("record-1").record.reference
    'A 17'
    >>> store.close(); folder.cleanup()
    """

    def __init__(self, url: URL, *, busy_s: float = 5.0) -> None:
        self.url = url
        self._database = Database(url, busy_s=busy_s)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _now(self) -> datetime:
        return self._database.now().replace(microsecond=0)

    def create(self, record: Record) -> Saved:
        """Keep a new record; one that is there already under this id stays as it is.

        Raises
        ------
        StoreError
            When it cannot be written.
        GoneError
            When a record of this id was deleted.
        """
        with self._database.begin(write=True) as link:
            row = _row(link, record.id)
            if row is not None:
                return _saved(row)
            _refuse_deleted(link, record.id)
            at = self._now()
            link.execute(
                RECORDS.insert().values(
                    id=record.id, revision=1, **_columns(record), changed=at
                )
            )
            _log(link, record.id, at, 1, "begun", {})
        return Saved(record, 1, at)

    def read(self, record_id: str) -> Saved:
        """Return a record.

        Raises
        ------
        MissingError, GoneError
            When there is none, or it was deleted.
        NewerError, DamagedError
            When it cannot be read.
        StoreError
            When the database cannot be read.
        """
        with self._database.begin(write=False) as link:
            row = _row(link, record_id)
            if row is None:
                _refuse_deleted(link, record_id)
                raise _missing()
        return _saved(row)

    def change(
        self,
        record_id: str,
        revision: int,
        change: Change,
        apply: Callable[[Record, Change], tuple[Record, str, dict[str, Any]]],
    ) -> Saved:
        """Change a record that is still at the revision it was read at.

        Parameters
        ----------
        record_id : str
            Which record.
        revision : int
            The one that the change was made from.
        change : Change
            What is to be done.
        apply : callable
            Makes the change and tells it in words
            (`viewer.record.page.change.apply_change`).

        Raises
        ------
        ConflictError
            When it was changed meanwhile; ``saved`` is the record as it is now.
        MissingError, GoneError, NewerError, DamagedError, StoreError
            As in `read`, or when it cannot be written.
        NeedlemapError
            Whatever ``apply`` refuses. Nothing is changed then.
        """
        # worked out before the database is held: it may take a while
        before = self.read(record_id)
        if before.revision != revision:
            raise _conflict(before)
        record, words, detail = apply(before.record, change)
        if not words:
            return before
        with self._database.begin(write=True) as link:
            at = self._now()
            done = link.execute(
                RECORDS.update()
                .where(RECORDS.c.id == record_id, RECORDS.c.revision == revision)
                .values(revision=revision + 1, **_columns(record), changed=at)
            )
            if done.rowcount == 1:
                _log(link, record_id, at, revision + 1, words, detail)
                return Saved(record, revision + 1, at)
        raise _conflict(self.read(record_id))

    def delete(self, record_id: str) -> None:
        """Delete a record with its log; its id and when it was deleted remain.

        Raises
        ------
        MissingError, GoneError, StoreError
        """
        with self._database.begin(write=True) as link:
            if _row(link, record_id) is None:
                _refuse_deleted(link, record_id)
                raise _missing()
            _delete(link, [record_id], self._now())
        self._database.forget()

    def search(self, text: str = "") -> list[Summary]:
        """Return records whose reference holds a text, the latest first.

        Raises
        ------
        StoreError
        """
        query = select(
            RECORDS.c.id,
            RECORDS.c.reference,
            RECORDS.c.started,
            RECORDS.c.changed,
            RECORDS.c.closed,
            RECORDS.c.sites,
        ).order_by(RECORDS.c.changed.desc(), RECORDS.c.id)
        wanted = text.strip()
        if wanted:
            query = query.where(
                func.lower(RECORDS.c.reference).contains(
                    wanted.lower(), autoescape=True
                )
            )
        with self._database.begin(write=False) as link:
            rows = link.execute(query.limit(MOST_FOUND)).all()
        return [Summary(*row) for row in rows]

    def changed_since(self, at: datetime) -> tuple[list[Record], int]:
        """Return the records changed since a time, and how many cannot be read.

        Raises
        ------
        StoreError
            When the database cannot be read.
        """
        query = select(RECORDS.c.body).where(RECORDS.c.changed >= at)
        with self._database.begin(write=False) as link:
            bodies = link.execute(query).scalars().all()
        found, unread = [], 0
        for body in bodies:
            try:
                found.append(read_record(body)[0])
            except (DamagedError, NewerError):
                unread += 1
        return found, unread

    def kept(self) -> tuple[int, datetime | None]:
        """Return how many records there are, and when the oldest was last changed.

        Raises
        ------
        StoreError
        """
        with self._database.begin(write=False) as link:
            count, oldest = link.execute(
                select(func.count(), func.min(RECORDS.c.changed))
            ).one()
        return int(count), oldest

    def older(self, days: int) -> list[str]:
        """Return the ids of the records that were not changed for so many days.

        Raises
        ------
        OutOfRangeError
            For a number of days below 1.
        StoreError
        """
        with self._database.begin(write=False) as link:
            return _older(link, days, self._now())

    def delete_older(self, days: int, expected: int) -> int:
        """Delete the records that were not changed for so many days.

        Parameters
        ----------
        days : int
            At least 1.
        expected : int
            How many the user was told of; with another number none is deleted.

        Returns
        -------
        int
            How many were deleted.

        Raises
        ------
        OutOfRangeError
            For a number of days below 1, or when the number is another by now.
        StoreError
        """
        with self._database.begin(write=True) as link:
            ids = _older(link, days, self._now())
            if len(ids) != expected:
                raise OutOfRangeError(
                    f"It is {len(ids)} records by now, not {expected}; nothing was "
                    "deleted. Look again.",
                    field="expected",
                )
            _delete(link, ids, self._now())
        self._database.forget()
        return len(ids)

    def history(self, record_id: str) -> list[Event]:
        """Return a record's log, oldest first.

        Raises
        ------
        StoreError
        """
        query = (
            select(EVENTS.c.at, EVENTS.c.revision, EVENTS.c.what, EVENTS.c.detail)
            .where(EVENTS.c.record_id == record_id)
            .order_by(EVENTS.c.id)
        )
        with self._database.begin(write=False) as link:
            rows = link.execute(query).all()
        return [
            Event(at, revision, what, json.loads(d)) for at, revision, what, d in rows
        ]


def _columns(record: Record) -> dict[str, Any]:
    """Return the columns that a record fills."""
    return {
        "form": record.schema_version,
        "reference": record.reference,
        "started": record.started,
        "closed": record.closed is not None,
        "sites": len(record.listed),
        "body": record.model_dump_json(by_alias=True),
    }


def _row(link: Connection, record_id: str) -> Any:
    query = select(RECORDS.c.body, RECORDS.c.revision, RECORDS.c.changed)
    return link.execute(query.where(RECORDS.c.id == record_id)).one_or_none()


def _saved(row: Any) -> Saved:
    record, note = read_record(row.body)
    return Saved(record, row.revision, row.changed, note)


def _older(link: Connection, days: int, at: datetime) -> list[str]:
    """Return the ids of records left alone for so many days."""
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 36500:
        raise OutOfRangeError(
            f"The number of days must be a whole number from 1 to 36500; got {days!r}.",
            field="days",
            given=days,
        )
    before = at - timedelta(days=days)
    query = select(RECORDS.c.id).where(RECORDS.c.changed < before)
    return [row.id for row in link.execute(query)]


def _delete(link: Connection, ids: list[str], at: datetime) -> None:
    """Delete records and their logs."""
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        link.execute(EVENTS.delete().where(EVENTS.c.record_id.in_(part)))
        link.execute(RECORDS.delete().where(RECORDS.c.id.in_(part)))
        link.execute(DELETIONS.insert(), [{"record_id": i, "at": at} for i in part])


def _log(
    link: Connection,
    record_id: str,
    at: datetime,
    revision: int,
    what: str,
    detail: dict[str, Any],
) -> None:
    """Add to a record's log; nothing else ever changes it."""
    link.execute(
        EVENTS.insert().values(
            record_id=record_id,
            at=at,
            revision=revision,
            what=what,
            detail=json.dumps(detail),
        )
    )


def _refuse_deleted(link: Connection, record_id: str) -> None:
    """Raise when a record of this id was deleted."""
    query = select(DELETIONS.c.at).where(DELETIONS.c.record_id == record_id)
    at = link.execute(query).scalar_one_or_none()
    if at is not None:
        when = at.astimezone().strftime("%Y-%m-%d %H:%M")
        raise GoneError(
            f"This record was deleted on {when}, here or in another window."
        )


def _missing() -> MissingError:
    return MissingError("There is no such record in this database.")


def _conflict(saved: Saved) -> ConflictError:
    return ConflictError(
        "This record was changed in another window; nothing was overwritten.", saved
    )
