"""The clinic's data in the records' database: one row, in a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import Column, Integer, MetaData, Table, Text, select

from viewer.record.clinic import Clinic
from viewer.record.errors import DamagedError
from viewer.record.storage.database import Database, Tables, version_table

if TYPE_CHECKING:
    from sqlalchemy import URL

_META = MetaData()
_CLINIC = Table(
    "clinic",
    _META,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
CLINIC_TABLES = Tables(
    _META, version_table("needlemap_clinic_version", _META), 1, "clinic's data"
)


class ClinicStore:
    """What leaflets say of the clinic, kept beside the records.

    Parameters
    ----------
    url : URL
        From `viewer.record.storage.place.database_url`; opened with the first use.
    busy_s : float
        Seconds to wait while another program writes.

    Examples
    --------
    >>> import tempfile
    >>> from sqlalchemy import make_url
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = ClinicStore(make_url(f"sqlite:///{folder.name}/records.sqlite3"))
    >>> store.save(Clinic(name="Practice at the bridge"))
    >>> store.read().name
    'Practice at the bridge'
    >>> store.close(); folder.cleanup()
    """

    def __init__(self, url: URL, *, busy_s: float = 5.0) -> None:
        self.url = url
        self._database = Database(url, busy_s=busy_s, tables=CLINIC_TABLES)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def read(self) -> Clinic:
        """Return what is kept; empty when nothing was entered yet.

        Raises
        ------
        StoreError
            When the database cannot be read.
        """
        with self._database.begin(write=False) as link:
            body = link.execute(select(_CLINIC.c.body)).scalar_one_or_none()
        if body is None:
            return Clinic()
        try:
            return Clinic.model_validate_json(body)
        except ValidationError as error:
            raise DamagedError(
                "The clinic's data cannot be read; enter them again on the page "
                "Session record."
            ) from error

    def save(self, clinic: Clinic) -> None:
        """Keep the clinic's data in place of what was there.

        Raises
        ------
        StoreError
            When the database cannot be written.
        """
        with self._database.begin(write=True) as link:
            link.execute(_CLINIC.delete())
            link.execute(_CLINIC.insert().values(id=1, body=clinic.model_dump_json()))
