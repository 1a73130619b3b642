"""Finding a site by a few words: landmarks, muscles, acupoints, regions, free text.

Names are compared word by word, in any order; the beginning of a word is enough and a
slip of the pen is forgiven. A side that was said is kept to; where none was said, both
are offered.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from anatomy.errors import (
    AmbiguousNameError,
    DataError,
    InputError,
    NeedlemapError,
)
from anatomy.landmarks import name_rules
from anatomy.muscles.catalogue import (
    OTHER_CODES,
    get_muscle,
    get_point,
    muscle_names,
    point_names,
)
from anatomy.names import Side
from anatomy.places.describe import describe
from anatomy.words import phrases, text
from anatomy.words.sites import home_chart, resolve_site
from anatomy.words.wording import words, written_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from anatomy.body import Body

WORDS_FILE = Path(__file__).parents[1] / "data" / "search.toml"
Kind = Literal["landmark", "muscle", "point", "region", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: A word of the query and one of a name are the same slip at or above this likeness.
LEAST_LIKENESS = 0.72
#: Names that are placed on the body at most, whatever the limit asked for.
MOST_NAMES = 40
#: Quality of a match by the beginnings of words, and of one by the other name of it.
BY_BEGINNING, OTHER_NAME = 0.85, 0.02


@dataclass(frozen=True)
class Hit:
    """One site that a query may mean.

    Attributes
    ----------
    kind : {"landmark", "muscle", "point", "region", "text"}
        What was found; a region is something to look at, not a place for a needle.
    title : str
        Its name with the side in front, and for a muscle the site.
    request : mapping
        The site of the contract; empty for a region.
    side : {"left", "right", "midline"}
        The patient's side.
    where : str
        Where it lies, in words.
    chart : str
        The chart that shows it best.
    quality : float
        How well the query fits, 0 to 1; 1 is the name itself.
    """

    kind: Kind
    title: str
    request: Mapping[str, Any]
    side: Side
    where: str
    chart: str
    quality: float


@dataclass(frozen=True)
class _Name:
    """A name that may be found: what it belongs to and its words."""

    kind: Kind | Literal["phrase"]
    name: str
    words: tuple[str, ...]
    other: bool = False
    #: Number of the muscle's site.
    site: int = 0


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
    (difflib's ratio, 0.72 or more) times 0.85.

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
        for name, quality in () if found else _named(body, plain):
            found += _hits(body, name, wanted, quality)
            if len(found) >= limit:
                break
    return _once(found)[:limit]


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
        return _request_hits(body, level, side, 1.0, title=name)
    phrase = phrases.find_phrase(name)
    if phrase is None:
        return []
    return _phrase_hits(body, phrase, side, 1.0)


def _labelled(body: Body, query: str, side: str | None) -> list[Hit]:
    """Return the site of a muscle that the query names by its label."""
    try:
        site = text.labelled_site(query)
    except NeedlemapError:
        return []
    return [] if site is None else _request_hits(body, site, side, 1.0)


def _phrase_hits(
    body: Body, phrase: phrases.Phrase, side: str | None, quality: float
) -> list[Hit]:
    """Return the places of a phrase; those of a list are equally good."""
    if len(phrase.which) == 1:
        quality = min(quality, BY_BEGINNING)  # near it, not it
    hits: list[Hit] = []
    for target in phrase.targets:
        if target.region is not None:
            name = _Name("region", target.region, ())
            hits += _region_hits(body, name, side, quality)
        elif target.muscle is not None and target.site is None and phrase.means:
            hits += _muscle_hits(
                body, _Name("muscle", target.muscle, ()), side, quality
            )
        else:
            hits += _request_hits(body, target.request(), side, quality)
    return hits


def _request_hits(
    body: Body,
    request: dict[str, Any],
    side: str | None,
    quality: float,
    *,
    title: str | None = None,
) -> list[Hit]:
    """Return the hits of one site, on the side that was said or on both."""
    if "point" in request:
        return _point_hits(body, _Name("point", request["point"], ()), side, quality)
    if "muscle" in request:
        name = _Name("muscle", request["muscle"], ())
        label = request.get("site", get_muscle(request["muscle"]).site[0].label)
        return _muscle_hits(body, name, side, quality, only=label)
    if set(request) == {"landmark"}:
        name = _Name("landmark", request["landmark"], ())
        return _landmark_hits(body, name, side, quality)
    hits: list[Hit] = []
    seen: set[str] = set()
    for way in (side,) if side else ("left", "right"):
        try:
            hit = _placed(body, "text", request | {"side": way}, side, quality, seen)
        except NeedlemapError:
            continue
        if hit is not None and title is not None:
            shown = re.sub(r"\b[ctls]\d+\b|^\w{2,3}\b", lambda w: w[0].upper(), title)
            hit = replace(hit, title=f"{way} {shown}", where=_offset_title(request))
        hits += [] if hit is None else [hit]
    return hits


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
    asked = _words(query)
    known = list(names)
    if not asked:
        return known
    scored = [(_fit(asked, tuple(_words(name))), name) for name in known]
    return [n for q, n in sorted(scored, key=lambda item: -item[0]) if q > 0]


@functools.cache
def _rules() -> dict[str, Any]:
    try:
        data = tomllib.loads(WORDS_FILE.read_text("utf-8"))
        return {
            "ignored": frozenset(data["words"]["ignored"]),
            "short": {k: tuple(v.split()) for k, v in data["short"].items()},
        }
    except (OSError, KeyError, AttributeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{WORDS_FILE.name}: {error!r}") from error


def _has_distance(plain: str) -> bool:
    """Say whether a query holds a number with a unit."""
    units = "|".join(re.escape(u) for u in words().units if u.isalpha())
    return bool(re.search(rf"\d\s*(?:{units})\b", plain))


def _measured(body: Body, plain: str, side: str | None) -> Iterator[Hit]:
    """Yield the places that a landmark with distances means."""
    try:
        parsed = text._read(body, text._tidy(plain), plain, "query")
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
                hit = _placed(body, "text", request, side, quality, seen)
            except NeedlemapError:
                hit = None
            parsed.sideways = kept
            if hit is not None:
                yield hit
                if way is None:
                    break


def _starts(
    body: Body, name: str, parsed: text._Parsed
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
    for found, quality in _named(body, name):
        if found.kind == "landmark":
            yield {"landmark": found.name}, quality


def _placed(
    body: Body,
    kind: Kind,
    request: Mapping[str, Any],
    side: str | None,
    quality: float,
    seen: set[str],
) -> Hit | None:
    """Return a place as a hit; None when it is on another side, or was there."""
    placed = resolve_site(body, request)
    wrong = side is not None and placed.side != side
    if wrong or repr(placed.point.xyz) in seen:
        return None
    seen.add(repr(placed.point.xyz))
    site = dict(request)
    if placed.side == "midline":
        site.pop("side", None)
    words = describe(body, placed.point).text
    return Hit(
        kind,
        _offset_title(site),
        MappingProxyType(site),
        placed.side,
        f"{placed.region}: {words}",
        placed.chart,
        quality,
    )


def _offset_title(site: Mapping[str, Any]) -> str:
    """Return a landmark offset in words, its side in front.

    Examples
    --------
    >>> _offset_title({"landmark": "acromion", "superior_mm": -40.0, "side": "left"})
    'left, 4 cm below the acromion'
    """
    parts = []
    for axis, more, less in (
        ("lateral", "lateral to", "medial to"),
        ("superior", "above", "below"),
    ):
        for unit, per, short in (("mm", 10.0, "cm"), ("cun", 1.0, "cun")):
            value = site.get(f"{axis}_{unit}")
            if value:
                amount = f"{abs(value) / per:g} {short}"
                parts.append(f"{amount} {more if value > 0 else less}")
    if "between" in site:
        first, second = site["between"]
        line = "tape" if site.get("tape") else "line"
        start = f"the {line} from {first} to {second}"
        if not parts:
            start = f"{site.get('fraction', 0.5):.0%} of {start}"
    else:
        start = str(site["landmark"])
        bare = re.match(r"[A-Z]+\d|rib|intercostal", start)
        start = start if bare else f"the {start}"
    way = " and ".join(parts)
    return ", ".join(p for p in (site.get("side"), f"{way} {start}".strip()) if p)


# ------------------------------------------------------------------- names


def _named(body: Body, query: str) -> Iterator[tuple[_Name, float]]:
    """Yield the names that fit a query, best first, each thing once."""
    asked = [w for w in _words(query) if w not in ("left", "right", "midline")]
    if not asked:
        return
    best: dict[tuple[str, str], tuple[float, _Name]] = {}
    canonical = body.landmarks.canonical(" ".join(asked)) or body.landmarks.canonical(
        query
    )
    if canonical is not None:
        best["landmark", canonical] = (1.0, _Name("landmark", canonical, ()))
    series = body.landmarks._series(" ".join(asked))
    lineless = series is not None and series[2] is None  # "rib 5": on which line?
    for entry in _may_fit(body, asked):
        quality = _fit(tuple(asked), entry.words) - (OTHER_NAME if entry.other else 0)
        part = entry.kind == "phrase" and len(entry.words) > len(asked)
        if part or (lineless and entry.kind == "landmark"):
            quality = min(quality, BY_BEGINNING)  # "ear" is not "behind the ear"
        key = (entry.kind, entry.name)
        if quality > 0 and quality > best.get(key, (0.0, entry))[0]:
            best[key] = (quality, entry)
    order = sorted(
        best.values(),
        key=lambda item: (
            -round(item[0], 3),
            item[1].kind in ("region", "phrase"),
            len(item[1].words),
            _natural(item[1].name),
        ),
    )
    for quality, entry in order[:MOST_NAMES]:
        yield entry, round(quality, 3)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that puts T2 before T10."""
    return [
        (int(part), "") if part.isdigit() else (-1, part)
        for part in re.findall(r"\d+|\D+", name)
    ]


def _names(body: Body) -> Sequence[_Name]:
    """Return everything that can be found on a body (worked out once)."""
    kept = body.landmarks.memo.get("search")
    if kept is None:
        kept = body.landmarks.memo["search"] = tuple(_all_names(body))
    return kept


def _may_fit(body: Body, asked: Sequence[str]) -> list[_Name]:
    """Return the names in which every word of a query has one that is like it."""
    names = _names(body)
    index = body.landmarks.memo.get("search words")
    if index is None:
        index = {}
        for number, entry in enumerate(names):
            for word in entry.words:
                index.setdefault(word, set()).add(number)
        body.landmarks.memo["search words"] = index
    left: set[int] | None = None
    for one in asked:
        like = [index[word] for word in index if _alike(one, word) > 0.0]
        found = set().union(*like)
        left = found if left is None else left & found
        if not left:
            return []
    return [names[number] for number in sorted(left or ())]


def _all_names(body: Body) -> Iterator[_Name]:
    known = set(body.landmarks.names())
    for name in body.landmarks.names():
        yield _Name("landmark", name, _words(name))
    for other, name in name_rules().names.items():
        if name in known:
            yield _Name("landmark", name, _words(other), other=True)
    for name in muscle_names():
        muscle = get_muscle(name)
        yield _Name("muscle", name, _words(name))
        for other in muscle.aliases:
            yield _Name("muscle", name, _words(other), other=True)
    letters: dict[str, list[str]] = {}
    for other, code in OTHER_CODES.items():
        letters.setdefault(code, []).append(other)
    for code in point_names():
        point = get_point(code)
        yield _Name("point", code, _words(code))
        if point.name:
            yield _Name("point", code, _words(point.name), other=True)
            yield _Name("point", code, (*_words(code), *_words(point.name)))
        for other in point.aliases:
            yield _Name("point", code, _words(other), other=True)
        head, digits = re.sub(r"\d+$", "", code), re.sub(r"^\D+", "", code)
        for other in letters.get(head, ()):
            yield _Name("point", code, _words(other + digits), other=True)
    for name in body.region_names:
        yield _Name("region", name, _words(name))
    for entry in phrases.phrases().phrase:
        for said in entry.say:
            yield _Name("phrase", said, _words(said))


@functools.lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name that matter, codes in one piece.

    Examples
    --------
    >>> _words("the gb-21"), _words("Spinous process of T4"), _words("EX-B2")
    (('gb21',), ('spinous', 'process', 't4'), ('exb2',))
    """
    rules = _rules()
    low = re.sub(r"[’']", "", name.lower())
    low = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", r"\1", low)
    low = re.sub(r"\bex[- ]?([a-z]{1,2})[ -]?(\d)", r"ex\1\2", low)
    low = re.sub(r"\b([a-z]{1,3})[ .-]?0*(\d{1,2})\b", _joined, low)
    kept: list[str] = []
    for word in re.findall(r"[a-z0-9à-ÿ]+", low):
        if word not in rules["ignored"]:
            kept += rules["short"].get(word, (word,))
    return tuple(kept)


def _joined(hit: re.Match[str]) -> str:
    """Return a point's or vertebra's code in one piece; other words stay apart."""
    letters, digits = hit.group(1), hit.group(2)
    known = letters.upper() in _code_letters() or letters in "ctls"
    return f"{letters}{digits}" if known else hit.group(0)


@functools.cache
def _code_letters() -> frozenset[str]:
    own = {re.sub(r"\d+$", "", code) for code in point_names()}
    return frozenset(own | set(OTHER_CODES))


def _fit(asked: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Return how well the words of a query fit those of a name, 0 to 1.

    Every word asked for must be found; words of the name that were not asked for cost
    a little.
    """
    if not words:
        return 0.0
    left = list(words)
    total = 0.0
    for one in sorted(asked, key=len, reverse=True):
        scores = [_alike(one, word) for word in left]
        best = int(np.argmax(scores)) if scores else -1
        if best < 0 or scores[best] <= 0.0:
            return 0.0
        total += scores[best]
        del left[best]
    free = name_rules().ignored  # "spinous process" need not be said
    unsaid = sum(word not in free for word in left)
    return total / len(asked) - 0.03 * min(unsaid, 5)


@functools.lru_cache(maxsize=65536)
def _alike(asked: str, word: str) -> float:
    """Return how well one word fits another, 0 to 1.

    Examples
    --------
    >>> _alike("rhom", "rhomboid"), _alike("t4", "t5"), _alike("acromium", "acromion")
    (0.85, 0.0, 0.6375)
    """
    if asked == word:
        return 1.0
    if word.startswith(asked):
        # "t1" is not the beginning of "t12": a figure is whole or another
        whole = not asked[-1].isdigit() or not word[len(asked)].isdigit()
        return BY_BEGINNING if whole else BY_BEGINNING / 2
    if min(len(asked), len(word)) < 4 or re.search(r"\d", asked + word):
        return 0.0
    head = word[: len(asked) + 1] if len(asked) >= 5 else word
    ratio = max(
        SequenceMatcher(None, asked, word, autojunk=False).ratio(),
        SequenceMatcher(None, asked, head, autojunk=False).ratio() - 0.05,
    )
    return ratio * BY_BEGINNING if ratio >= LEAST_LIKENESS else 0.0


# ------------------------------------------------------------------- hits


def _hits(body: Body, found: _Name, side: str | None, quality: float) -> list[Hit]:
    """Return the places of a name: on the side that was said, or on both."""
    if found.kind == "landmark":
        return _landmark_hits(body, found, side, quality)
    if found.kind == "muscle":
        return _muscle_hits(body, found, side, quality)
    if found.kind == "point":
        return _point_hits(body, found, side, quality)
    if found.kind == "phrase":
        phrase = phrases.find_phrase(found.name)
        return [] if phrase is None else _phrase_hits(body, phrase, side, quality)
    return _region_hits(body, found, side, quality)


def _both(side: str | None) -> tuple[Side, ...]:
    if side is None:
        return ("left", "right")
    return ("left",) if side == "left" else ("right",)


def _landmark_hits(
    body: Body, found: _Name, side: str | None, quality: float
) -> list[Hit]:
    hits = []
    paired = body.landmarks.is_paired(found.name)
    if not paired and side is not None:
        return []
    for way in _both(side) if paired else ("midline",):
        request = {"landmark": found.name}
        if way != "midline":
            request["side"] = way
        try:
            mark = body.landmarks.get(found.name, request.get("side"))
        except NeedlemapError:
            continue
        hits.append(
            Hit(
                "landmark",
                mark.title,
                MappingProxyType(request),
                way,
                body.region_at(mark.skin),
                mark.home_chart,
                quality,
            )
        )
    return hits


def _muscle_hits(
    body: Body,
    found: _Name,
    side: str | None,
    quality: float,
    *,
    only: str | None = None,
) -> list[Hit]:
    muscle = get_muscle(found.name)
    hits = []
    spots = [s for s in muscle.site if only is None or s.label == only]
    for number, spot in enumerate(spots):
        for way in _both(side):
            request = {"muscle": muscle.name, "site": spot.label, "side": way}
            try:
                placed = resolve_site(body, request)
            except NeedlemapError:
                continue
            hits.append(
                Hit(
                    "muscle",
                    f"{way} {muscle.name}",
                    MappingProxyType(request),
                    way,
                    spot.label,
                    placed.chart,
                    max(quality - 0.01 * number, 0.0),
                )
            )
    return hits


def _point_hits(
    body: Body, found: _Name, side: str | None, quality: float
) -> list[Hit]:
    point = get_point(found.name)
    if point.side == "midline" and side is not None:
        return []
    hits = []
    for way in _both(side) if point.side == "paired" else ("midline",):
        request = {"point": point.id} | ({} if way == "midline" else {"side": way})
        try:
            placed = resolve_site(body, request)
        except NeedlemapError:
            continue
        front = "" if way == "midline" else f"{way} "
        hits.append(
            Hit(
                "point",
                f"{front}{point.id} {point.name}".strip(),
                MappingProxyType(request),
                placed.side,
                point.location,
                placed.chart,
                quality,
            )
        )
    return hits


def _region_hits(
    body: Body, found: _Name, side: str | None, quality: float
) -> list[Hit]:
    """Return a region as something to look at, on the side that was said."""
    number = body.region_names.index(found.name)
    members = np.flatnonzero(body.region_labels == number)
    if not len(members):
        return []
    hits = []
    for way in _both(side):
        own = body.skin.vertices[members]
        own = own[own[:, 0] > 0] if way == "left" else own[own[:, 0] < 0]
        if not len(own):
            continue
        middle = own[np.argmin(np.linalg.norm(own - own.mean(axis=0), axis=1))]
        chart = home_chart(body, body.skin.nearest(middle))
        hits.append(
            Hit(
                "region",
                f"{way} {found.name}",
                MappingProxyType({}),
                way,
                "show this region; place the needle there by hand",
                chart,
                quality,
            )
        )
    same = len({h.chart for h in hits}) == 1 and side is None
    if same and hits:
        first = hits[0]
        hits = [
            Hit(
                "region",
                found.name,
                first.request,
                "midline",
                first.where,
                first.chart,
                quality,
            )
        ]
    return hits
