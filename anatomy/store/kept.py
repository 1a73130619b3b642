"""What is worked out from the data and kept for the next start."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)


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
