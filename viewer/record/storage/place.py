"""Where the records lie: an address of a database, or a file of the user's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from anatomy.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import URL

#: Names the database when the command does not.
VARIABLE = "NEEDLEMAP_DB"
#: Names the file whose first line is the password of a database server, so that it
#: stands neither in the address nor in the environment.
PASSWORD_FILE = "NEEDLEMAP_DB_PASSWORD_FILE"
FILE = "records.sqlite3"


def database_url(given: str | None = None) -> URL:
    """Return the address of the database.

    Parameters
    ----------
    given : str, optional
        An SQLAlchemy URL; else the one in ``NEEDLEMAP_DB``; else an SQLite file in the
        user's data folder.

    Raises
    ------
    InputError
        When it is not a URL, or names a database that is only in memory; or when the
        file with the server's password cannot be read.

    Examples
    --------
    >>> database_url("postgresql://nurse@records/clinic").drivername
    'postgresql+psycopg'
    >>> database_url("records.db")
    Traceback (most recent call last):
    anatomy.errors.InputError: --db must be a database URL such as \
sqlite:////path/to/records.sqlite3 or postgresql://user@host/name.
    """
    import platformdirs
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    text = given or os.environ.get(VARIABLE) or ""
    if not text:
        folder = platformdirs.user_data_path("needlemap", appauthor=False)
        return URL.create("sqlite", database=str(folder / FILE))
    try:
        url = make_url(text)
    except ArgumentError:
        raise InputError(
            "--db must be a database URL such as sqlite:////path/to/records.sqlite3 "
            "or postgresql://user@host/name.",  # not shown: it may hold a password
            field="--db",
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        # of the drivers this is the one that is installed with needlemap[postgres]
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise InputError(
            "--db must name a file for SQLite: records in memory would be lost.",
            field="--db",
        )
    file = os.environ.get(PASSWORD_FILE)
    if file and url.password is None and url.get_backend_name() != "sqlite":
        try:
            with open(file, encoding="utf-8") as source:
                url = url.set(password=source.readline().rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{PASSWORD_FILE}: {file!r} cannot be read ({error}).",
                field=PASSWORD_FILE,
            ) from None
    return url


def shown_place(url: URL) -> str:
    """Return an address as it may be shown: a file's path, or without its password.

    Examples
    --------
    >>> shown_place(database_url("postgresql://nurse:secret@records/clinic"))
    'postgresql+psycopg://nurse:***@records/clinic'
    """
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)
