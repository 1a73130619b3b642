"""Records of older versions, brought to the present form; newer ones are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from viewer.record.errors import DamagedError, NewerError
from viewer.record.storage.models import SCHEMA, Record

#: For each older version, what turns its form into the next one's.
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    # versions 2 and 3 only add what the one before does not say
    1: lambda record: record,
    2: lambda record: record,
}


def read_record(text: str, *, schema: int = SCHEMA) -> tuple[Record, str]:
    """Return a record from its stored text, and a note when it is of an older form.

    Parameters
    ----------
    text : str
        JSON, of the present or an older version.
    schema : int
        Version that is read here.

    Returns
    -------
    tuple of Record, str
        The note is empty for a record of the present version.

    Raises
    ------
    NewerError
        When a newer version wrote it.
    DamagedError
        When it cannot be read.

    Examples
    --------
    >>> read_record('{"schema": 99, "id": "x"}')
    Traceback (most recent call last):
    viewer.record.errors.NewerError: This record has version 99, and this needlemap \
reads up to 3. Open it with a newer needlemap; it was left as it is.
    """
    try:
        data = json.loads(text)
        given = data["schema"]
        if not isinstance(given, int):
            raise TypeError(f"schema must be a whole number; {given!r} given")
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"This record cannot be read ({error}). It was left as it is."
        ) from error
    if given > schema:
        raise NewerError(
            f"This record has version {given}, and this needlemap reads up to "
            f"{schema}. Open it with a newer needlemap; it was left as it is."
        )
    note = ""
    if given < schema:
        note = (
            f"This record was written by an older needlemap (version {given}, now "
            f"{schema}). It is shown unchanged; the next change saves it in the "
            "current form."
        )
    try:
        for step in range(given, schema):
            data = UPGRADES[step](data) | {"schema": step + 1}
        return Record.model_validate(data), note
    except (KeyError, ValidationError) as error:
        raise DamagedError(
            f"This record of version {given} cannot be read ({_first(error)}). It was "
            "left as it is."
        ) from error


def _first(error: Exception) -> str:
    """Return what was wrong first, in one line."""
    if not isinstance(error, ValidationError):
        return f"nothing reads version {error}"
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
