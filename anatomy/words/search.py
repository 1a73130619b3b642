"""Finding a site by a few words: landmarks, muscles, acupoints, regions, free text.

Names are compared word by word, in any order; the beginning of a word is enough and a
slip of the pen is forgiven. A side that was said is kept to; where none was said, both
are offered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from anatomy.errors import AmbiguousNameError, InputError, NeedlemapError
from anatomy.words import phrases, text
from anatomy.words.distances import Parsed, read, tidy
from anatomy.words.hits import Hit, name_hits, phrase_hits, placed_hit, request_hits
from anatomy.words.known_names import named
from anatomy.words.likeness import fit, name_words
from anatomy.words.wording import words, written_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from anatomy.body import Body

__all__ = ["Hit", "matching", "search_sites"]


def search_sites(query: str, *, body: Body, limit: int = 8) -> list[Hit]:
    """Return the sites that a few words may mean, best first.

    Parameters
    ----------
    query : str
        Such as ``"T4 6 cm left"``, ``"left rhomboid"``, ``"gb 21 r"`` or ``"tib ant"``.
    body : Body
        Where the sites lie.
    limit : int
        Most hits returned, at least 1.

    Returns
    -------
    list of Hit
        Without repeats; none when nothing comes near. A side that the query says is
        the side of every hit; where it says none, left and right stand one after the
        other.

    Raises
    ------
    InputError
        When the query is no text, or the limit no positive number.

    Notes
    -----
    Landmarks, muscles and acupoints compete on equal terms: words are compared one by
    one, the beginning of a word counts 0.85 of it and a slip its likeness
    (rapidfuzz's ratio, 0.72 or more) times 0.85.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("female")
    >>> hit = search_sites("T4 6 cm left", body=body)[0]
    >>> dict(hit.request), hit.side
    ({'landmark': 'T4 spinous process', 'lateral_mm': 60.0, 'side': 'left'}, 'left')
    >>> [hit.title for hit in search_sites("gb 21", body=body, limit=2)]
    ['left GB21 Jianjing', 'right GB21 Jianjing']
    """
    if not isinstance(query, str):
        raise InputError(f"the search must be text; got {query!r}.", given=query)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InputError(f"limit must be a number from 1; got {limit!r}.")
    plain, side = written_out(query[: text.LONGEST_TEXT])
    if side == "two" or not plain.strip():
        return []
    wanted = None if side == "both" else side
    found = list(_measured(body, plain, wanted))
    if not found and not _has_distance(plain):
        bare = " ".join(w for w in plain.split() if w not in ("left", "right"))
        found = _said(body, bare, wanted) or _labelled(body, query, wanted)
        for name, quality in () if found else named(body, plain):
            found += name_hits(body, name, wanted, quality)
            if len(found) >= limit:
                break
    return _once(found)[:limit]


def matching(query: str, names: Iterable[str]) -> list[str]:
    """Return the names that fit a few words, best first; all for an empty query.

    Parameters
    ----------
    query : str
        Words or beginnings of words, in any order.
    names : iterable of str
        What may be found.

    Examples
    --------
    >>> matching("ant tib", ["tibialis posterior", "tibialis anterior"])
    ['tibialis anterior']
    """
    asked = name_words(query)
    known = list(names)
    if not asked:
        return known
    scored = [(fit(asked, tuple(name_words(name))), name) for name in known]
    return [n for q, n in sorted(scored, key=lambda item: -item[0]) if q > 0]


def _once(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits without repeats, in their order."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(repr((hit.kind, hit.title, dict(hit.request))), hit)
    return list(first.values())


def _said(body: Body, name: str, side: str | None) -> list[Hit]:
    """Return what an everyday phrase means, or a muscle at a level."""
    try:
        level = phrases.at_level(name)
    except NeedlemapError:
        level = None
    if level is not None:
        return request_hits(body, level, side, 1.0, title=name)
    phrase = phrases.find_phrase(name)
    if phrase is None:
        return []
    return phrase_hits(body, phrase, side, 1.0)


def _labelled(body: Body, query: str, side: str | None) -> list[Hit]:
    """Return the site of a muscle that the query names by its label."""
    try:
        site = text.labelled_site(query)
    except NeedlemapError:
        return []
    return [] if site is None else request_hits(body, site, side, 1.0)


def _has_distance(plain: str) -> bool:
    """Say whether a query holds a number with a unit."""
    units = "|".join(re.escape(u) for u in words().units if u.isalpha())
    return bool(re.search(rf"\d\s*(?:{units})\b", plain))


def _measured(body: Body, plain: str, side: str | None) -> Iterator[Hit]:
    """Yield the places that a landmark with distances means."""
    try:
        parsed = read(body, tidy(plain), plain, "query")
    except NeedlemapError:
        return
    name = " ".join(w for w in parsed.name if re.search(r"\w", w))
    measured = parsed.values or parsed.sideways or parsed.unaimed
    if not measured and not re.match(r".*\b(?:between|from)\b", name):
        return
    seen: set[str] = set()
    lateral = any(k.startswith("lateral") for k in parsed.values)
    ways: tuple[str | None, ...] = (side,) if side else ("left", "right")
    if side is None and not (lateral or parsed.sideways or parsed.unaimed):
        ways = (None, *ways)  # it may lie on the midline
    for start, quality in _starts(body, name, parsed):
        for way in ways:
            parsed.sides = set() if way is None else {way}
            kept = list(parsed.sideways)
            try:
                request = text._landmark_site(body, parsed, start, plain, "query")
                hit = placed_hit(body, "text", request, side, quality, seen)
            except NeedlemapError:
                hit = None
            parsed.sideways = kept
            if hit is not None:
                yield hit
                if way is None:
                    break


def _starts(
    body: Body, name: str, parsed: Parsed
) -> Iterator[tuple[dict[str, Any], float]]:
    """Yield the places from which a distance may count, and how well they fit."""
    if not name:
        return
    try:
        start = text._start(body, name, parsed, name, "query")
    except AmbiguousNameError as error:
        known = [body.landmarks.canonical(s) for s in error.suggestions]
        for mark in filter(None, known):
            yield {"landmark": mark}, 1.0
        return
    except NeedlemapError:
        start = {}
    if "landmark" in start or "between" in start:
        yield start, 1.0
        return
    for found, quality in named(body, name):
        if found.kind == "landmark":
            yield {"landmark": found.name}, quality
