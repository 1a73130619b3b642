"""Sources as people read them: name, title, how it was read, address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zones.sentences.words import load_words


def read_words(name: str) -> str:
    """Return how a source was read.

    Examples
    --------
    >>> read_words("memory")
    'from memory, source not seen'
    """
    return load_words().read.get(name, name or "not stated")


def source_row(key: str, row: Mapping[str, Any]) -> list[str]:
    """Return one source: name, title and journal, how it was read, label, address.

    Examples
    --------
    >>> source_row("a-1999", {"title": "T", "read": "memory", "doi": "10.1/x"})
    ['a-1999', 'T.', 'from memory, source not seen', '10.1/x', 'https://doi.org/10.1/x']
    """
    parts = [
        str(row[part]).rstrip(".") for part in ("title", "journal") if row.get(part)
    ]
    read = read_words(str(row.get("read") or ""))
    doi, url = row.get("doi"), row.get("url")
    address = f"https://doi.org/{doi}" if doi else str(url or "")
    if not address.startswith(("https://", "http://")):
        address = ""
    what = ". ".join(parts) + "." if parts else ""
    return [short_name(key, row), what, read, str(doi or url or ""), address]


def short_name(key: str, row: Mapping[str, Any]) -> str:
    """Return authors and year of a source, or its id.

    Examples
    --------
    >>> short_name("hayashi-2011", {"authors": "Hayashi K", "year": 2011})
    'Hayashi K 2011'
    """
    who = str(row.get("authors") or "").split(";")[0]
    year = row.get("year")
    if not who:
        return f"{key} ({year})" if year and str(year) not in key else key
    return f"{who} {year}" if year and str(year) not in who else who
