"""Grip and direction that a muscle's technique words name, as short tags.

The tags are read off the words by ``data/technique.toml``; they help the eye
and add nothing to what the words say.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

from anatomy.errors import DataError
from anatomy.store import cached, reading

FILE = "technique.toml"
Kind = Literal["grip", "direction", "warning"]


class _Tag(NamedTuple):
    kind: Kind
    name: str
    words: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


class Tags(NamedTuple):
    """What a technique's words name.

    Attributes
    ----------
    grip : tuple of str
        How the muscle is held; empty when the words do not say.
    direction : tuple of str
        Which way the needle goes; empty when the words do not say.
    warning : tuple of str
        That the place is not to be needled, or so is no technique.
    """

    grip: tuple[str, ...]
    direction: tuple[str, ...]
    warning: tuple[str, ...]


@cached
def _tags() -> tuple[_Tag, ...]:
    with reading(FILE) as data:
        found = tuple(
            _Tag(
                row["kind"],
                row["name"],
                tuple(re.compile(p) for p in row["words"]),
                tuple(re.compile(p) for p in row.get("unless", ())),
            )
            for row in data["tag"]
        )
    for tag in found:
        if tag.kind not in get_args(Kind) or not tag.words:
            raise DataError(f"{FILE}: tag {tag.name!r} has no such kind or words.")
    return found


def technique_tags(technique: str) -> Tags:
    """Return the grips and directions that a technique's words name.

    Parameters
    ----------
    technique : str
        Words of a muscle's site.

    Raises
    ------
    DataError
        When the file of tags is wrong.

    Examples
    --------
    >>> technique_tags("pincer grip, needle perpendicular to the skin")
    Tags(grip=('pincer grip',), direction=('perpendicular',), warning=())
    >>> technique_tags("must not be needled").warning
    ('not to be needled',)
    """
    low = technique.lower()
    named = [
        tag
        for tag in _tags()
        if any(p.search(low) for p in tag.words)
        and not any(p.search(low) for p in tag.unless)
    ]
    return Tags(
        *(
            tuple(tag.name for tag in named if tag.kind == kind)
            for kind in get_args(Kind)
        )
    )
