"""Names that a package imports when they are first used, and names that have moved."""

from __future__ import annotations

import pkgutil
import sys
import warnings
from collections.abc import Callable, Mapping
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
