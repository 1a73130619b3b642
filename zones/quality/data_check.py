"""The data check: named checks over everything that ships as data.

``run_checks()`` runs them all; each is a small function with an id and one line that
says what it is for, and yields what it finds wrong, file and entry first.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anatomy.errors import NeedlemapError
from anatomy.names import closest
from anatomy.store import ANATOMY, ZONES, DataFolder, current
from zones.quality.dataset import Dataset, read_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    Check = Callable[[Dataset], Iterator[str]]


@dataclass(frozen=True)
class Result:
    """What one check found.

    Attributes
    ----------
    id : str
        Name of the check.
    ok : bool
        Whether nothing is wrong.
    problems : tuple of str
        What is wrong, each with file and entry.
    notes : tuple of str
        What is worth knowing and not wrong.
    purpose : str
        What the check is for, in one line.
    """

    id: str
    ok: bool
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    purpose: str = ""


class Note(str):
    """Something worth knowing that is not wrong."""

    __slots__ = ()


#: Modules that hold the checks, in the order in which they run.
PARTS = ("records", "numbers", "risk", "techniques", "referral", "codes", "body")

_CHECKS: dict[str, tuple[str, Check]] = {}


def check(name: str, purpose: str) -> Callable[[Check], Check]:
    """Return a decorator that puts a function among the checks."""

    def add(function: Check) -> Check:
        _CHECKS[name] = (purpose, function)
        return function

    return add


def check_ids() -> list[str]:
    """Return the ids of all checks, in the order in which they run.

    Examples
    --------
    >>> "source-ids" in check_ids(), "mirror" in check_ids()
    (True, True)
    """
    _register()
    return list(_CHECKS)


def _register() -> None:
    """Load the modules that hold the checks."""
    for part in PARTS:
        importlib.import_module(f"zones.quality.check_{part}")


def run_checks(
    ids: Iterable[str] | None = None,
    *,
    data: Path = ZONES,
    anatomy: Path = ANATOMY,
) -> list[Result]:
    """Run the checks over all data and return what they found.

    Parameters
    ----------
    ids : iterable of str, optional
        Which checks; all by default.
    data, anatomy : Path
        Folders to check in the place of what ships. Bodies are always the shipped
        ones. The data folder in use is laid over them.

    Returns
    -------
    list of Result
        One for each check. A check that breaks down counts as failed.

    Raises
    ------
    KeyError
        For an id that is no check.

    Examples
    --------
    >>> [result.ok for result in run_checks(["evidence-ids"])]
    [True]
    """
    known = check_ids()
    dataset = read_dataset(DataFolder(current().own, roots=(anatomy, data)))
    return [_run(name, dataset) for name in (known if ids is None else ids)]


def _run(name: str, dataset: Dataset) -> Result:
    """Run one check."""
    purpose, function = _CHECKS[name]
    try:
        found = list(function(dataset))
    except NeedlemapError as error:
        found = [str(error)]
    except Exception as error:  # a check that breaks down must not pass
        found = [f"the check broke down: {type(error).__name__}: {error}"]
    problems = tuple(text for text in found if not isinstance(text, Note))
    notes = tuple(dict.fromkeys(str(t) for t in found if isinstance(t, Note)))
    return Result(name, not problems, problems, notes, purpose)


def unknown(entry: str, what: str, name: str, names: Collection[str]) -> str:
    """Return the message for a name that does not exist, with the nearest names.

    Examples
    --------
    >>> unknown("a.toml, zone 'b'", "fact", "agee", ["age"])
    "a.toml, zone 'b': unknown fact 'agee'. Nearest: age."
    """
    near = closest(name, names)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return f"{entry}: unknown {what} {name!r}.{hint}"
