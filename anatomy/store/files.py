"""The reader of data files: own entries are laid over the shipped ones."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import tomli
from pydantic import BaseModel, TypeAdapter, ValidationError

from anatomy.errors import DataError, NeedlemapError
from anatomy.store.folder import current

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What names an entry of a list of tables, the first that it has.
LABELS = ("id", "name", "severity", "region")
T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)


def label(file: str | Path) -> str:
    """Return how messages name a file."""
    return file.name if isinstance(file, Path) else file


def read_text(path: Path) -> str:
    """Return the text of a data file.

    Raises
    ------
    DataError
        Naming the file.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: the file cannot be read ({error}).") from error


def parse_toml(path: Path, name: str) -> dict[str, Any]:
    """Return what a TOML file holds, of whatever schema.

    Raises
    ------
    DataError
        Naming the file, and the line that is not TOML.
    """
    try:
        return tomli.loads(read_text(path))
    except tomli.TOMLDecodeError as error:
        raise DataError(f"{name}: not valid TOML: {error}.") from error


def read_toml(file: str | Path, *, schema: int = 1) -> dict[str, Any]:
    """Return the content of a TOML file, own entries laid over the shipped ones.

    Parameters
    ----------
    file : str or Path
        Name in the data folder, or a path, which is then read alone.
    schema : int
        Version of the file that is read.

    Raises
    ------
    DataError
        Naming the file, and the line that is not TOML.

    Examples
    --------
    >>> sorted(read_toml("cun.toml"))
    ['schema', 'stature_cun', 'stretch']
    """
    paths = [file] if isinstance(file, Path) else current().paths(file)
    data: dict[str, Any] = {}
    for number, path in enumerate(paths):
        name = label(file)
        found = parse_toml(path, name)
        check_schema(found, name, reads=schema)
        data = _laid_over(data, found, name) if number else found
    return data


@contextmanager
def reading(file: str | Path, *, schema: int = 1) -> Iterator[dict[str, Any]]:
    """Yield the content of a TOML file; what does not fit names file and entry.

    Raises
    ------
    DataError
        As `read_toml`, and for what the block finds missing or of the wrong kind.

    Examples
    --------
    >>> with reading("cun.toml") as data:
    ...     data["stature"]
    Traceback (most recent call last):
    anatomy.errors.DataError: cun.toml: 'stature' is missing.
    """
    data = read_toml(file, schema=schema)
    try:
        yield data
    except NeedlemapError:
        raise
    except ValidationError as error:
        raise invalid(error, data, label(file)) from error
    except KeyError as error:
        raise DataError(f"{label(file)}: {error} is missing.") from error
    except (TypeError, ValueError, AttributeError, re.error) as error:
        raise DataError(f"{label(file)}: {error}.") from error


def invalid(error: ValidationError, data: Any, where: str) -> DataError:
    """Return the error for an entry that does not fit its model.

    Parameters
    ----------
    error : ValidationError
        What pydantic says; its first error counts.
    data : mapping
        What was validated.
    where : str
        File, and what of it was validated.
    """
    first = error.errors(include_url=False)[0]
    entry = _entry_name(data, first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    shown = "" if isinstance(given, (dict, list)) else f"; got {repr(given)[:60]}"
    field = ".".join(map(str, first["loc"])) or None
    return DataError(f"{where}{entry}: {message}{shown}.", field=field)


def _entry_name(data: Any, loc: tuple[int | str, ...]) -> str:
    """Return words for where in a file an error stands.

    Examples
    --------
    >>> _entry_name({"zone": [{"id": "a"}]}, ("zone", 0, "depth", 1, "how"))
    ", zone 'a', depth 2, how"
    """
    words: list[str] = []
    for part in loc:
        if isinstance(part, int):
            rows = _below(data, str(words[-1])) if len(words) == 1 else None
            row = rows[part] if isinstance(rows, list) and part < len(rows) else None
            own = name_of(row, words[0]) if isinstance(row, dict) else None
            before = words.pop() if words else "entry"
            if not words and isinstance(data, dict) and before not in data:
                # the model has a plural for the file's own word
                before = before.removesuffix("s")
            words.append(f"{before} {part + 1 if own is None else repr(own)}")
        else:
            words.append(part)
    return "".join(f", {word}" for word in words)


def _below(data: Any, key: str) -> Any:
    """Return a list of a file by its key, or by the plural that a model calls it."""
    if not isinstance(data, dict):
        return None
    return data.get(key, data.get(key.removesuffix("s")))


def name_of(row: Mapping[str, Any], key: str) -> str | None:
    """Return what an entry of a list is called; None for one without a name.

    Examples
    --------
    >>> name_of({"id": "pleura"}, "zone"), name_of({"when": 1}, "implies")
    ('pleura', None)
    """
    found = (row[name] for name in (*LABELS, key) if isinstance(row.get(name), str))
    return next(found, None)


def entries_of(
    model: type[Model], data: Mapping[str, Any], key: str, file: str | Path
) -> list[Model]:
    """Return the entries of one list of a file, each validated.

    Raises
    ------
    DataError
        Naming file and entry.
    """
    found: list[Model] = []
    for number, row in enumerate(data.get(key, []), start=1):
        try:
            found.append(model.model_validate(row))
        except ValidationError as error:
            name = name_of(row, key) if isinstance(row, dict) else None
            where = f"{label(file)}, {key} {number if name is None else repr(name)}"
            raise invalid(error, None, where) from error
    return found


def _laid_over(
    below: Mapping[str, Any], own: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Return the content of a file with that of an own file laid over it.

    Entries of a list of tables replace that of the same name, or are added; tables are
    merged; a single value or a plain list takes the place of the shipped one.
    """
    found = dict(below)
    for key, value in own.items():
        old = found.get(key)
        if isinstance(old, list) and _tables(old) and _tables(value):
            found[key] = _rows_over(old, value, key, where)
        elif isinstance(old, dict) and isinstance(value, dict):
            found[key] = _laid_over(old, value, f"{where}, {key}")
        else:
            if old is not None and old != value:
                current().note_replaced(f"{where}, {key}")
            found[key] = value
    return found


def _tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _rows_over(
    below: list[dict[str, Any]], own: list[dict[str, Any]], key: str, where: str
) -> list[dict[str, Any]]:
    """Return a list of tables with own ones in the place of their namesakes."""
    found = list(below)
    at = {name_of(row, key): number for number, row in enumerate(below)}
    for row in own:
        name = name_of(row, key)
        if row in below:
            continue
        if name is None or name not in at:
            found.append(row)
            continue
        current().note_replaced(f"{where}, {key} {name!r}")
        found[at[name]] = row
    return found


class Entries(Generic[T]):
    """Entries of several files by id: an own one replaces the shipped one.

    Parameters
    ----------
    kind : str
        What an entry is, for messages.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._found: dict[str, tuple[Path, T]] = {}

    def add(self, path: Path, name: str, item: T) -> None:
        """Add an entry of a file.

        Raises
        ------
        DataError
            When another entry has the id, unless that ships and this is an own one.
        """
        known, here = self._found.get(name), current()
        entry = f"{path.name}, {self._kind} {name!r}"
        if known is not None:
            if here.is_own(known[0]) or not here.is_own(path):
                raise DataError(
                    f"{entry}: duplicate id, already used in {known[0].name}.",
                    given=name,
                )
            if known[1] != item:
                here.note_replaced(entry)
        self._found[name] = path, item

    def items(self) -> list[tuple[Path, T]]:
        """Return file and entry, in the order in which their ids were first met."""
        return list(self._found.values())

    def by_id(self) -> dict[str, T]:
        """Return the entries by id, in the same order."""
        return {name: item for name, (_, item) in self._found.items()}


def read_jsonl(file: str | Path, model: type[Model]) -> tuple[Model, ...]:
    """Return the validated entries of a JSON Lines file, in file order.

    Parameters
    ----------
    file : str or Path
        Name in the data folder, or a path, which is then read alone. One JSON object a
        line, empty lines allowed.
    model : type
        The model of an entry.

    Raises
    ------
    DataError
        For a file that is not there, a line that does not fit the model, or an id
        used twice; names the file and the line.
    """
    paths = [file] if isinstance(file, Path) else current().paths(file)
    below: dict[str, Model] = {}
    for path in paths:
        found = _lines(path, model)
        for name, entry in found.items():
            if path is not paths[0] and below.get(name, entry) != entry:
                current().note_replaced(f"{path.name}, {name!r}")
        below |= found
    return tuple(below.values())


def _lines(path: Path, model: type[Model]) -> dict[str, Model]:
    """Return the entries of one JSON Lines file by id, or by line without one."""
    adapter = TypeAdapter(model)
    entries: dict[str, Model] = {}
    seen: dict[str, int] = {}
    # not splitlines(): a text may hold other signs that end a line
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = adapter.validate_json(line)
        except ValidationError as error:
            raise invalid(error, None, f"{path.name}, line {number}") from error
        key = str(getattr(entry, "id", number))
        if key in seen:
            raise DataError(
                f"{path.name}, line {number}: id {key!r} is already used on line "
                f"{seen[key]}."
            )
        seen[key] = number
        entries[key] = entry
    return entries


def read_json(file: str | Path) -> Any:
    """Return the content of a JSON file; own records are laid over the shipped ones.

    Raises
    ------
    DataError
        Naming the file and the line.
    """
    paths = [file] if isinstance(file, Path) else current().paths(file)
    found: list[Any] = []
    for path in paths:
        try:
            found.append(json.loads(read_text(path)))
        except ValueError as error:
            raise DataError(f"{label(file)}: not valid JSON: {error}.") from error
    data = found[0]
    for own in found[1:]:
        data = _records_over(data, own, label(file))
    return data


def _records_over(below: Any, own: Any, where: str) -> Any:
    """Return records with own ones in the place of those of the same name and side."""
    if not (_tables(below) and _tables(own)):
        raise DataError(f"{where}: only a list of records can be laid over another.")
    table = {(row.get("name"), row.get("side")): row for row in below}
    for row in own:
        name = row.get("name"), row.get("side")
        if table.get(name, row) != row:
            current().note_replaced(f"{where}, {' '.join(filter(None, name))!r}")
        table[name] = row
    return list(table.values())


def check_schema(data: Mapping[str, Any], file: str, *, reads: int = 1) -> None:
    """Raise when a data file was written for a newer program than this.

    Parameters
    ----------
    data : mapping
        The file as parsed.
    file : str
        Its name, for the message.
    reads : int
        The version that is read.

    Raises
    ------
    DataError
        Naming the file and both versions.

    Examples
    --------
    >>> check_schema({"schema": 2}, "pleura.toml")
    Traceback (most recent call last):
    anatomy.errors.DataError: pleura.toml: schema must be at most 1; 2 given. ...
    """
    given = data.get("schema", reads)
    if isinstance(given, int) and given > reads:
        raise DataError(
            f"{file}: schema must be at most {reads}; {given} given. The file is newer "
            "than this program: update needlemap.",
            given=str(given),
        )
