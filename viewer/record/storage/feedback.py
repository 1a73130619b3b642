"""What users made of the cards that CDS Hooks showed, in the records' database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
)

from viewer.record.storage.database import (
    Database,
    Tables,
    Time,
    number_column,
    version_table,
)

if TYPE_CHECKING:
    from sqlalchemy import URL

_META = MetaData()
FEEDBACK = Table(
    "hook_feedback",
    _META,
    number_column(),
    Column("at", Time, nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("service", String(80), nullable=False),
    Column("card", String(80), nullable=False, index=True),
    Column("outcome", String(20), nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("comment", Text, nullable=False),
)
TABLES = Tables(_META, version_table("hook_feedback_version", _META), 1, "feedback")


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
        with self._database.begin(write=True) as link:
            link.execute(FEEDBACK.insert(), rows)

    def count(self) -> int:
        """Return how many cards were told of.

        Raises
        ------
        StoreError
            When it cannot be read.
        """
        with self._database.begin(write=False) as link:
            count = select(func.count()).select_from(FEEDBACK)
            return int(link.execute(count).scalar_one())
