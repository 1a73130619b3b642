"""Where a process keeps what others must know; no database is loaded without need."""

from __future__ import annotations

import os

from viewer.record.storage.place import VARIABLE, database_url
from viewer.service.shared.store import Memory, Shared


def shared_for(db: str | None, *, alone: bool = True) -> Shared:
    """Return where a process keeps what others must know.

    Parameters
    ----------
    db : str, optional
        URL of the records' database; else ``NEEDLEMAP_DB``.
    alone : bool
        Whether this process is the only one when no database is named: memory will do
        then. Else it is the file of the records.

    Raises
    ------
    InputError
        When it is no URL.

    Examples
    --------
    >>> type(shared_for("sqlite:///records.sqlite3")).__name__
    'InDatabase'
    """
    if alone and not (db or os.environ.get(VARIABLE)):
        return Memory()
    from viewer.service.shared.database import InDatabase

    return InDatabase(database_url(db))
