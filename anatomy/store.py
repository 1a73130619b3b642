"""The one reader of data files, and the folder that they are read from.

What ships can be overlaid by a folder of one's own that holds only what differs: files
of the same layout, merged entry by entry. Everything that is remembered of the data is
remembered apart for each folder, so that two of them never mix in one process.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import tomllib
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from pydantic import BaseModel, TypeAdapter, ValidationError

from anatomy.errors import DataError, NeedlemapError
from anatomy.names import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LOG = logging.getLogger(__name__)

#: Environment variable that names a data folder for all of a process.
VARIABLE = "NEEDLEMAP_DATA"
#: What names an entry of a list of tables, the first that it has.
LABELS = ("id", "name", "severity", "region")
#: Folders to which own files of any name may be added.
OPEN_FOLDERS = ("zones", "rules", "evidence", "catalogue/techniques")
#: Files that hold data; others (a README) may lie in a data folder, too.
SUFFIXES = frozenset({".toml", ".jsonl", ".json", ".npz", ".po"})

#: Folders of what ships; no two of their files have one name.
ANATOMY = Path(__file__).parent / "data"
ZONES = Path(__file__).parents[1] / "zones" / "data"
_ROOTS = (ANATOMY, ZONES)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)


class DataFolder:
    """Where data are read from: what ships, and optionally a folder laid over it.

    Parameters
    ----------
    own : Path or str, optional
        Folder of files that differ from the shipped ones, in the same layout.
    roots : tuple of Path
        Folders of what ships: what `ANATOMY` and `ZONES` hold.

    Raises
    ------
    DataError
        When there is no such folder, or it holds a data file that nothing would read.
    """

    def __init__(
        self, own: Path | str | None = None, *, roots: tuple[Path, ...] = _ROOTS
    ) -> None:
        self.roots = roots
        self.own = None if own is None else Path(own).expanduser().resolve()
        #: What is remembered of these data, by function.
        self.memory: dict[Any, Any] = {}
        self._replaced: dict[str, None] = {}
        #: Whose memory holds what rests on anatomy alone.
        self.anatomy = self
        if self.own is None:
            return
        if not self.own.is_dir():
            raise DataError(f"data folder {str(own)!r}: there is no such folder.")
        for path in self.own_files():
            self._check_known(path.relative_to(self.own).as_posix())
        if not self.own_anatomy():
            self.anatomy = SHIPPED

    def __repr__(self) -> str:
        """Name of the folder."""
        return f"<DataFolder {self.own.name if self.own else 'shipped'}>"

    def _check_known(self, name: str) -> None:
        """Raise for a file that no part of the program would read."""
        if any((root / name).is_file() for root in self.roots):
            return
        folder = name.rpartition("/")[0]
        if folder in OPEN_FOLDERS or folder.startswith("locale/"):
            return
        known = [
            path.relative_to(root).as_posix()
            for root in self.roots
            for path in root.rglob("*")
            if path.suffix in SUFFIXES
        ]
        raise DataError(
            f"data folder: {name!r} is no file of the data, so nothing would read it; "
            f"files of any name may lie in {', '.join(OPEN_FOLDERS)}.",
            given=name,
            suggestions=closest(name, known),
        )

    def own_files(self) -> list[Path]:
        """Return the data files of the folder itself, sorted."""
        if self.own is None:
            return []
        return sorted(p for p in self.own.rglob("*") if p.suffix in SUFFIXES)

    def own_anatomy(self) -> list[Path]:
        """Return those of its files that say where things are on a body."""
        if self.own is None:
            return []
        names = [(path, path.relative_to(self.own)) for path in self.own_files()]
        return [
            path
            for path, name in names
            if (ANATOMY / name).exists() or (ANATOMY / name.parts[0]).is_dir()
        ]

    def paths(self, name: str) -> list[Path]:
        """Return where a file stands, the shipped one first; at least one path."""
        found = [root / name for root in self.roots if (root / name).exists()][:1]
        if self.own is not None and (self.own / name).is_file():
            found.append(self.own / name)
        return found or [self.roots[-1] / name]

    def files(self, name: str, pattern: str) -> list[Path]:
        """Return the files of a folder, the shipped ones first, each part by name."""
        roots = [*self.roots, *([self.own] if self.own else [])]
        return [path for root in roots for path in sorted((root / name).glob(pattern))]

    def is_own(self, path: Path) -> bool:
        """Return whether a file belongs to the folder laid over what ships."""
        return self.own is not None and path.is_relative_to(self.own)

    def note_replaced(self, entry: str) -> None:
        """Remember that an own entry stands for a shipped one, and log it once."""
        if entry not in self._replaced:
            self._replaced[entry] = None
            _LOG.warning("data folder: %s replaces the shipped entry.", entry)

    @property
    def replaced(self) -> tuple[str, ...]:
        """Own entries that stand for shipped ones, as far as they have been read."""
        return tuple(self._replaced)


#: The data as they ship.
SHIPPED = DataFolder()
_HERE: ContextVar[DataFolder | None] = ContextVar("needlemap_data", default=None)
#: The folder of the process; none until one is set or asked for.
_PROCESS: list[DataFolder] = []


def current() -> DataFolder:
    """Return the data folder that is read from.

    Raises
    ------
    DataError
        When ``NEEDLEMAP_DATA`` names a folder that cannot be used.

    Examples
    --------
    >>> with using(SHIPPED):
    ...     current()
    <DataFolder shipped>
    """
    here = _HERE.get()
    if here is not None:
        return here
    if not _PROCESS:
        own = os.environ.get(VARIABLE)
        _PROCESS.append(DataFolder(own) if own else SHIPPED)
    return _PROCESS[-1]


@contextmanager
def using(folder: DataFolder) -> Iterator[DataFolder]:
    """Read from a data folder until the block ends, in this thread alone."""
    token = _HERE.set(folder)
    try:
        yield folder
    finally:
        _HERE.reset(token)


@contextmanager
def using_everywhere(folder: DataFolder) -> Iterator[DataFolder]:
    """Read from a data folder in all threads, and in processes started meanwhile."""
    before = os.environ.get(VARIABLE)
    if folder.own is not None:
        os.environ[VARIABLE] = str(folder.own)
    _PROCESS.append(folder)
    try:
        yield folder
    finally:
        _PROCESS.remove(folder)
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


class Cached(Generic[P, R]):
    """A function whose results are remembered apart for each data folder."""

    __wrapped__: Callable[P, R]

    def __init__(self, function: Callable[P, R], maxsize: int | None) -> None:
        functools.update_wrapper(self, function)
        self._maxsize = maxsize
        self._anatomy = function.__module__.partition(".")[0] == "anatomy"

    def _memory(self) -> Any:
        here = current()
        memory = (here.anatomy if self._anatomy else here).memory
        try:
            return memory[self]
        except KeyError:
            fresh = functools.lru_cache(self._maxsize)(self.__wrapped__)
            return memory.setdefault(self, fresh)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: D102
        found: R = self._memory()(*args, **kwargs)
        return found

    def cache_clear(self) -> None:
        """Forget the results from the current data folder."""
        self._memory().cache_clear()

    def cache_info(self) -> Any:
        """Return how the memory of the current data folder is used."""
        return self._memory().cache_info()


@overload
def cached(function: Callable[P, R], /) -> Cached[P, R]: ...
@overload
def cached(*, maxsize: int | None) -> Callable[[Callable[P, R]], Cached[P, R]]: ...
def cached(function: Any = None, /, *, maxsize: int | None = None) -> Any:
    """Remember the results of a function apart for each data folder.

    As `functools.lru_cache`; for all that rests on data and does not take the data, or
    an object made of them, as an argument.

    Examples
    --------
    >>> @cached
    ... def depth() -> float:
    ...     print("reads")
    ...     return 20.0
    >>> depth(), depth()
    reads
    (20.0, 20.0)
    """
    if function is not None:
        return Cached(function, maxsize)
    return lambda inner: Cached(inner, maxsize)


def shipped(name: str) -> Path:
    """Return the path of a file that ships.

    Examples
    --------
    >>> shipped("aliases.toml").name
    'aliases.toml'
    """
    return SHIPPED.paths(name)[0]


def label(file: str | Path) -> str:
    """Return how messages name a file."""
    return file.name if isinstance(file, Path) else file


def files_of(folder: str | Path, pattern: str) -> list[Path]:
    """Return the files of a folder: a path itself, or a name in the data folder."""
    if isinstance(folder, Path):
        return sorted(folder.glob(pattern))
    return current().files(folder, pattern)


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
        try:
            found = tomllib.loads(read_text(path))
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{name}: not valid TOML: {error}.") from error
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


def kept_file(name: str) -> Path:
    """Return where something worked out from the data is kept for the next start."""
    import platformdirs

    return platformdirs.user_cache_path("needlemap", appauthor=False) / name


def keep(path: Path, write: Callable[[Path], object], *, most: int = 8) -> bool:
    """Write a file to where it is kept, whole or not at all.

    Parameters
    ----------
    path : Path
        As `kept_file` returns it.
    write : callable
        Writes the file to the path that it is given.
    most : int
        Files of that kind that are kept; the oldest go.

    Returns
    -------
    bool
        False where nothing can be kept, as in a read-only home.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{os.getpid()}-{path.name}")
        write(part)
        part.replace(path)
        alike = path.parent.glob(f"{path.name.partition('-')[0]}-*{path.suffix}")
        newest = sorted(alike, key=lambda p: p.stat().st_mtime, reverse=True)
        for old in newest[most:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("%s could not be kept: %s.", path.name, error.strerror)
        return False
    return True
