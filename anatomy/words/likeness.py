"""How well the words of a query fit those of a name."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from anatomy.landmarks import name_rules
from anatomy.muscles.catalogue import OTHER_CODES, point_names
from anatomy.store import cached, reading

#: A word of the query and one of a name are the same slip at or above this likeness.
LEAST_LIKENESS = 0.72
#: Quality of a match by the beginnings of words.
BY_BEGINNING = 0.85


@cached
def _rules() -> dict[str, Any]:
    with reading("search.toml") as data:
        return {
            "ignored": frozenset(data["words"]["ignored"]),
            "short": {k: tuple(v.split()) for k, v in data["short"].items()},
        }


@cached(maxsize=8192)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name that matter, codes in one piece.

    Examples
    --------
    >>> name_words("the gb-21"), name_words("EX-B2")
    (('gb21',), ('exb2',))
    >>> name_words("Spinous process of T4")
    ('spinous', 'process', 't4')
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


@cached
def _code_letters() -> frozenset[str]:
    own = {re.sub(r"\d+$", "", code) for code in point_names()}
    return frozenset(own | set(OTHER_CODES))


def fit(asked: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Return how well the words of a query fit those of a name, 0 to 1.

    Every word asked for must be found; words of the name that were not asked for cost
    a little.
    """
    if not words:
        return 0.0
    left = list(words)
    total = 0.0
    for one in sorted(asked, key=len, reverse=True):
        scores = [alike(one, word) for word in left]
        best = int(np.argmax(scores)) if scores else -1
        if best < 0 or scores[best] <= 0.0:
            return 0.0
        total += scores[best]
        del left[best]
    free = name_rules().ignored  # "spinous process" need not be said
    unsaid = sum(word not in free for word in left)
    return total / len(asked) - 0.03 * min(unsaid, 5)


@functools.lru_cache(maxsize=65536)
def alike(asked: str, word: str) -> float:
    """Return how well one word fits another, 0 to 1.

    Examples
    --------
    >>> alike("rhom", "rhomboid"), alike("t4", "t5"), alike("acromium", "acromion")
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
    ratio = max(fuzz.ratio(asked, word) / 100, fuzz.ratio(asked, head) / 100 - 0.05)
    return ratio * BY_BEGINNING if ratio >= LEAST_LIKENESS else 0.0
