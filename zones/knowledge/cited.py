"""How the source of a technique is cited, from either list of sources."""

from __future__ import annotations

from anatomy.muscles.technique_words import cited_as
from zones.knowledge.sources import load_sources


def cited(source: str) -> str:
    """Return a source as it is cited; words that are no id are returned as they are.

    Parameters
    ----------
    source : str
        Id in ``zones/data/sources.jsonl`` or in the techniques' own list.

    Examples
    --------
    >>> cited("kearns-2021").startswith("Kearns")
    True
    >>> cited("miri-2020").startswith("Miri")
    True
    """
    known = load_sources().get(source)
    return f"{known.short}, {known.title}" if known else cited_as(source)
