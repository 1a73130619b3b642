"""What users made of the cards that CDS Hooks showed, in the records' database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from viewer.record.storage.database import Database, Tables, Time, store_error

if TYPE_CHECKING:
    from sqlalchemy import URL

_META = MetaData()
_VERSION = Table(
    "hook_feedback_version",
    _META,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("tables", Integer, nullable=False),
)
FEEDBACK = Table(
    "hook_feedback",
    _META,
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("at", Time, nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("service", String(80), nullable=False),
    Column("card", String(80), nullable=False, index=True),
    Column("outcome", String(20), nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("comment", Text, nullable=False),
)
TABLES = Tables(_META, _VERSION, 1, "feedback")


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What a user made of one card.

    Attributes
    ----------
    at : datetime
        When.
    client, service, card : str
        Who told it, of which service, and the card's id.
    outcome : str
        ``accepted`` or ``overridden``.
    suggestions : str
        Ids of the suggestions that were taken, parted by spaces.
    reason, comment : str
        Why it was overridden; empty where not told.
    """

    at: datetime
    client: str
    service: str
    card: str
    outcome: str
    suggestions: str = ""
    reason: str = ""
    comment: str = ""


class FeedbackStore:
    """Feedback in a database.

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
    >>> from datetime import UTC
    >>> from sqlalchemy import make_url
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = FeedbackStore(make_url(f"sqlite:///{folder.name}/records.sqlite3"))
    >>> store.add([Feedback(at=datetime.now(UTC), client="https://ehr.example.com",
    ...     service="dry-needling-order", card="a1", outcome="accepted")])
    >>> store.count()
    1
    >>> store.close(); folder.cleanup()
    """

    def __init__(self, url: URL, *, busy_s: float = 5.0) -> None:
        self.url = url
        self._database = Database(url, busy_s=busy_s, tables=TABLES)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def add(self, entries: Sequence[Feedback]) -> None:
        """Keep feedback, all of it or nothing.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        rows = [vars(entry) for entry in entries]
        try:
            with self._lock:
                engine = self._database.engine()
            link = engine.connect().execution_options(needlemap_write=True)
            with link, link.begin():
                link.execute(FEEDBACK.insert(), rows)
        except (SQLAlchemyError, OSError) as error:
            raise store_error(error, self.url) from error

    def count(self) -> int:
        """Return how many cards were told of.

        Raises
        ------
        StoreError
            When it cannot be read.
        """
        try:
            with self._lock:
                engine = self._database.engine()
            with engine.connect() as link, link.begin():
                return int(
                    link.execute(
                        select(func.count()).select_from(FEEDBACK)
                    ).scalar_one()
                )
        except (SQLAlchemyError, OSError) as error:
            raise store_error(error, self.url) from error
