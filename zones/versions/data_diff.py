"""What differs between two versions of the data, entry by entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from anatomy.errors import DataError
from anatomy.store import DataFolder
from anatomy.store.files import name_of, parse_toml, read_text
from anatomy.store.folder import OPEN_FOLDERS, SUFFIXES, known_as

#: How the shipped data are called in a comparison.
SHIPPED = "shipped"
#: Where a checkout or an unpacked wheel has its data.
PARTS = ("anatomy/data", "zones/data")


@dataclass(frozen=True)
class Version:
    """One of the two versions that are compared.

    Attributes
    ----------
    name : str
        As it was given.
    folder : DataFolder
        Its data.
    tree : Path or None
        The checkout or unpacked wheel whose program answers with them; None when this
        one does.
    """

    name: str
    folder: DataFolder
    tree: Path | None = None


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes
    ----------
    file : str
        File of the data, or the folder whose files are read together.
    entry : str
        What of it: list and name of the entry, or a key.
    field : str
        Which field of the entry; empty for the whole of it.
    kind : {"added", "removed", "changed"}
        What became of it.
    before, after : object
        Its values; None where there is none.
    """

    file: str
    entry: str
    field: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def open_version(name: str) -> Version:
    """Return a version by what names it.

    Parameters
    ----------
    name : str
        ``shipped``; a folder of own data, laid over what ships; or the folder of a
        checkout or unpacked wheel of another version of needlemap.

    Raises
    ------
    DataError
        When there is no such folder, or it holds files that are no data.

    Examples
    --------
    >>> open_version("shipped").folder
    <DataFolder shipped>
    """
    if name == SHIPPED:
        return Version(name, DataFolder())
    tree = Path(name).expanduser()
    roots = tuple(tree / part for part in PARTS)
    if all(root.is_dir() for root in roots):
        return Version(name, DataFolder(roots=roots), tree.resolve())
    return Version(name, DataFolder(name))


def data_changes(before: DataFolder, after: DataFolder) -> list[Change]:
    """Return what differs from one version of the data to another.

    Parameters
    ----------
    before, after : DataFolder
        The two versions.

    Returns
    -------
    list of Change
        By file and entry. Of what is compiled or drawn (arrays, pictures) only the
        file is named.

    Raises
    ------
    DataError
        When a file cannot be read.

    Examples
    --------
    >>> data_changes(DataFolder(), DataFolder())
    []
    """
    old, new = dict(_entries(before)), dict(_entries(after))
    found: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        file, entry = key
        if key not in old:
            found.append(Change(file, entry, "", "added", after=new[key]))
        elif key not in new:
            found.append(Change(file, entry, "", "removed", before=old[key]))
        elif old[key] != new[key]:
            found += _differences(file, entry, "", old[key], new[key])
    return found


def _differences(
    file: str, entry: str, field: str, old: Any, new: Any
) -> Iterator[Change]:
    """Yield the fields of an entry that differ, the innermost tables first."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        yield Change(file, entry, field, "changed", old, new)
        return
    for name in sorted(old.keys() | new.keys()):
        inner = f"{field}.{name}" if field else name
        if name not in old:
            yield Change(file, entry, inner, "added", after=new[name])
        elif name not in new:
            yield Change(file, entry, inner, "removed", before=old[name])
        elif old[name] != new[name]:
            yield from _differences(file, entry, inner, old[name], new[name])


def _entries(folder: DataFolder) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield every entry of the data by file and name; a later one replaces it."""
    roots = [*folder.roots, *([folder.own] if folder.own else [])]
    for root in roots:
        for path in sorted(p for p in root.rglob("*") if p.suffix in SUFFIXES):
            inside = path.relative_to(root)
            name = inside.as_posix()
            together = inside.parent.as_posix()
            file = together if together in OPEN_FOLDERS else known_as(name)
            for entry, value in _read(path, name):
                yield (file, entry), value


def _read(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a file: those of its lists by name, and its other keys."""
    if path.suffix == ".jsonl":
        lines = enumerate(read_text(path).splitlines(), start=1)
        yield from _rows("entry", [_json(line, name, n) for n, line in lines if line])
        return
    if path.suffix != ".toml":
        yield "", hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        return
    data = parse_toml(path, name)
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from _rows(key, value)
        else:
            yield key, value


def _json(line: str, name: str, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}, line {number}: not valid JSON: {error}.") from error


def _rows(key: str, rows: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the rows of a list by name, those without one by their place."""
    for number, row in enumerate(rows, start=1):
        own = name_of(row, key) if isinstance(row, dict) else None
        yield f"{key} {own if own is not None else f'#{number}'}", row
