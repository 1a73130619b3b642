"""Everything on a body that can be found by name, and which of it a query may mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from anatomy.landmarks import name_rules
from anatomy.muscles.catalogue import (
    OTHER_CODES,
    get_muscle,
    get_point,
    muscle_names,
    point_names,
)
from anatomy.words import phrases
from anatomy.words.likeness import BY_BEGINNING, alike, fit, name_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anatomy.body import Body

#: Names that are placed on the body at most, whatever the limit asked for.
MOST_NAMES = 40
#: What a match by the other name of a thing costs.
OTHER_NAME = 0.02


@dataclass(frozen=True)
class Name:
    """A name that may be found: what it belongs to and its words."""

    kind: Literal["landmark", "muscle", "point", "region", "phrase"]
    name: str
    words: tuple[str, ...]
    other: bool = False


def named(body: Body, query: str) -> Iterator[tuple[Name, float]]:
    """Yield the names that fit a query, best first, each thing once."""
    asked = [w for w in name_words(query) if w not in ("left", "right", "midline")]
    if not asked:
        return
    best: dict[tuple[str, str], tuple[float, Name]] = {}
    canonical = body.landmarks.canonical(" ".join(asked)) or body.landmarks.canonical(
        query
    )
    if canonical is not None:
        best["landmark", canonical] = (1.0, Name("landmark", canonical, ()))
    series = body.landmarks._series(" ".join(asked))
    lineless = series is not None and series[2] is None  # "rib 5": on which line?
    for entry in _may_fit(body, asked):
        quality = fit(tuple(asked), entry.words) - (OTHER_NAME if entry.other else 0)
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


def _names(body: Body) -> Sequence[Name]:
    """Return everything that can be found on a body (worked out once)."""
    kept = body.landmarks.memo.get("search")
    if kept is None:
        kept = body.landmarks.memo["search"] = tuple(_all_names(body))
    return kept


def _may_fit(body: Body, asked: Sequence[str]) -> list[Name]:
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
        like = [index[word] for word in index if alike(one, word) > 0.0]
        found = set().union(*like)
        left = found if left is None else left & found
        if not left:
            return []
    return [names[number] for number in sorted(left or ())]


def _all_names(body: Body) -> Iterator[Name]:
    known = set(body.landmarks.names())
    for name in body.landmarks.names():
        yield Name("landmark", name, name_words(name))
    for other, name in name_rules().names.items():
        if name in known:
            yield Name("landmark", name, name_words(other), other=True)
    for name in muscle_names():
        muscle = get_muscle(name)
        yield Name("muscle", name, name_words(name))
        for other in muscle.aliases:
            yield Name("muscle", name, name_words(other), other=True)
    letters: dict[str, list[str]] = {}
    for other, code in OTHER_CODES.items():
        letters.setdefault(code, []).append(other)
    for code in point_names():
        point = get_point(code)
        yield Name("point", code, name_words(code))
        if point.name:
            yield Name("point", code, name_words(point.name), other=True)
            yield Name("point", code, (*name_words(code), *name_words(point.name)))
        for other in point.aliases:
            yield Name("point", code, name_words(other), other=True)
        head, digits = re.sub(r"\d+$", "", code), re.sub(r"^\D+", "", code)
        for other in letters.get(head, ()):
            yield Name("point", code, name_words(other + digits), other=True)
    for name in body.region_names:
        yield Name("region", name, name_words(name))
    for entry in phrases.phrases().phrase:
        for said in entry.say:
            yield Name("phrase", said, name_words(said))
