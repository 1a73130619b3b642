"""The folder that data are read from, and what is remembered of each.

What ships can be overlaid by a folder of one's own that holds only what differs: files
of the same layout, merged entry by entry. Everything that is remembered of the data is
remembered apart for each folder, so that two of them never mix in one process.
"""

from __future__ import annotations

import functools
import logging
import os
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from anatomy.errors import DataError
from anatomy.names import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG = logging.getLogger(__name__)

#: Environment variable that names a data folder for all of a process.
VARIABLE = "NEEDLEMAP_DATA"
#: Folders to which own files of any name may be added.
OPEN_FOLDERS = ("zones", "rules", "evidence", "catalogue/techniques")
#: Rooms whose files are known by their names alone: what others keep in one folder, or
#: an older version kept there, is read alike.
ROOMS = (
    "cases",
    "patients",
    "practice",
    "risk",
    "sessions",
    "sources",
    "structures",
    "texts",
)
#: Files that hold data; others (a README) may lie in a data folder, too.
SUFFIXES = frozenset({".toml", ".jsonl", ".json", ".npz", ".po"})

#: Folders of what ships; no two of their files have one name.
ANATOMY = Path(__file__).parents[1] / "data"
ZONES = Path(__file__).parents[2] / "zones" / "data"
_ROOTS = (ANATOMY, ZONES)

P = ParamSpec("P")
R = TypeVar("R")


def known_as(name: str) -> str:
    """Return the name by which a file of the data is known.

    Parameters
    ----------
    name : str
        Its path in a data folder.

    Examples
    --------
    >>> known_as("risk/policy.toml"), known_as("zones/hand.toml")
    ('policy.toml', 'zones/hand.toml')
    """
    room, _, file = name.rpartition("/")
    return file if room in ROOMS else name


def inside(folder: Path, name: str) -> Path:
    """Return where a folder has a file of the data: as named, or in one of the rooms.

    Examples
    --------
    >>> inside(ZONES, "policy.toml").relative_to(ZONES).as_posix()
    'risk/policy.toml'
    """
    paths = [folder / name, *(folder / room / name for room in ROOMS)]
    return next((path for path in paths if path.exists()), paths[0])


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
        known: set[str] = set()
        for path in self.own_files():
            name = path.relative_to(self.own).as_posix()
            self._check_known(name)
            if known_as(name) in known:
                raise DataError(f"data folder: {known_as(name)!r} is there twice.")
            known.add(known_as(name))
        if not self.own_anatomy():
            self.anatomy = SHIPPED

    def __repr__(self) -> str:
        """Name of the folder."""
        return f"<DataFolder {self.own.name if self.own else 'shipped'}>"

    def _check_known(self, name: str) -> None:
        """Raise for a file that no part of the program would read."""
        if any(inside(root, name).is_file() for root in self.roots):
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
        found = [p for p in (inside(root, name) for root in self.roots) if p.exists()]
        found = found[:1]
        if self.own is not None and inside(self.own, name).is_file():
            found.append(inside(self.own, name))
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


def files_of(folder: str | Path, pattern: str) -> list[Path]:
    """Return the files of a folder: a path itself, or a name in the data folder."""
    if isinstance(folder, Path):
        return sorted(folder.glob(pattern))
    return current().files(folder, pattern)
