"""Names that a package imports when they are first used; names and modules moved."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tomllib
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any


def lazy_names(
    module: str,
    homes: Mapping[str, str],
    *,
    moved: Mapping[str, str] | None = None,
    removed_in: str = "",
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of a module (PEP 562).

    Parameters
    ----------
    module : str
        The module's ``__name__``.
    homes : mapping of str to str
        Public name to where it is defined: ``"zones.check.site:check_site"``, or
        ``"zones.check.site"`` for a module itself. Imported when first used, so that
        importing the package is quick.
    moved : mapping of str to str, optional
        Deprecated name to where the same thing is now, written likewise. Using one
        warns; ``dir`` does not list it.
    removed_in : str
        Version that no longer has the deprecated names. Wanted with ``moved``.

    Returns
    -------
    getattr, dir : tuple of callable
        To be assigned to ``__getattr__`` and ``__dir__`` in the module.

    Raises
    ------
    ValueError
        When there are deprecated names but no version that removes them, or a name is
        both public and deprecated.

    Warns
    -----
    DeprecationWarning
        When a deprecated name is used; it names the new home and ``removed_in``, and
        points to the line that used the name.

    Notes
    -----
    A deprecated name is not kept in the module, so that every line that uses one warns.
    Assign the two under ``if not TYPE_CHECKING`` and import the public names under ``if
    TYPE_CHECKING``; a misspelt name then stays an error for a type checker.

    Examples
    --------
    >>> get, names = lazy_names("needles", {"sqrt": "math:sqrt"})
    >>> get("sqrt")(9.0), names()
    (3.0, ['sqrt'])
    >>> get("root")
    Traceback (most recent call last):
    AttributeError: module 'needles' has no attribute 'root'
    """
    old = dict(moved or {})
    if old and not removed_in:
        raise ValueError("removed_in must say which version removes the moved names.")
    if both := homes.keys() & old.keys():
        raise ValueError(f"both public and moved: {', '.join(sorted(both))}.")

    def get(name: str) -> Any:
        if name in homes:
            return pkgutil.resolve_name(homes[name])
        if name not in old:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home = old[name].replace(":", ".")
        warnings.warn(
            f"{module}.{name} is deprecated and will be removed in {removed_in}; "
            f"use {home}.",
            DeprecationWarning,
            stacklevel=2,
        )
        return pkgutil.resolve_name(old[name])

    def names() -> list[str]:
        own = vars(sys.modules[module]) if module in sys.modules else {}
        return sorted({*own, *homes} - old.keys())

    return get, names


def moved_modules(file: Path, *, removed_in: str) -> None:
    """Let modules be imported by their old addresses, with a warning.

    Parameters
    ----------
    file : Path
        TOML file of old addresses and what is now in their place.
    removed_in : str
        Version that no longer has the old addresses.

    Warns
    -----
    DeprecationWarning
        When a module is first imported by an old address.
    """
    sys.meta_path.append(_Moved(file, removed_in))


class _Moved(MetaPathFinder):
    """Finds what no other finder has found, so it costs nothing where none asks."""

    def __init__(self, file: Path, removed_in: str) -> None:
        self._file, self._removed_in = file, removed_in
        self._package = file.parent.name
        self._homes: dict[str, str] | None = None

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{self._package}."):
            return None
        if self._homes is None:
            self._homes = tomllib.loads(self._file.read_text("utf-8"))
        home = self._homes.get(fullname)
        if home is None:
            return None
        warnings.warn(
            f"{fullname} is deprecated and will be removed in {self._removed_in}; "
            f"import {home}.",
            DeprecationWarning,
            stacklevel=_first_outside(),
        )
        return ModuleSpec(fullname, _Same(home))


class _Same(Loader):
    """Gives the module at the new address, unchanged."""

    def __init__(self, home: str) -> None:
        self._home = home

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._home)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # the import has put the old address there
        module.__spec__ = self._spec


def _first_outside() -> int:
    """Return the stack level of the line that imports, past the import's own frames."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and (
        frame.f_globals.get("__name__") == __name__
        or "importlib" in frame.f_code.co_filename
    ):
        frame = frame.f_back
        level += 1
    return level
