"""How the source of a technique is cited, from either list of sources."""

from __future__ import annotations

from anatomy.muscles.technique_words import cited_as
from anatomy.muscles.techniques import load_technique_sources
from zones.knowledge.records.sources import brief_name, load_sources


def cited(source: str) -> str:
    """Return a source as it is cited; words that are no id are returned as they are.

    Parameters
    ----------
    source : str
        Id in ``zones/data/sources/sources.jsonl`` or in the techniques' own list.

    Examples
    --------
    >>> cited("kearns-2021").startswith("Kearns")
    True
    >>> cited("miri-2020").startswith("Miri")
    True
    """
    known = load_sources().get(source)
    return f"{known.short}, {known.title}" if known else cited_as(source)


def cited_briefly(source: str) -> str:
    """Return a source by its first author and year; words that are no id as they are.

    Parameters
    ----------
    source : str
        As for `cited`.

    Examples
    --------
    >>> cited_briefly("miri-2020")
    'Miri M et al. 2020'
    >>> cited_briefly("a course")
    'a course'
    """
    known = load_sources().get(source) or load_technique_sources().get(source)
    return brief_name(known.authors, known.title, known.year) if known else source
