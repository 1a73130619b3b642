"""Everyday phrases: what people say, and the one place or the several that it means.

The phrases are data (``data/phrases.toml``). A phrase is compared as a set of words,
plural or singular, small words left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from anatomy.errors import DataError, InputError, NeedlemapError
from anatomy.muscles.catalogue import (
    find_muscle,
    get_muscle,
    get_point,
    muscle_names,
    point_names,
)
from anatomy.places.grammar import read_offset
from anatomy.store import cached, reading
from anatomy.words.phrase_models import (
    FILE,
    Extent,
    Levelled,
    LevelRange,
    Phrase,
    Phrases,
    Target,
)

if TYPE_CHECKING:
    from anatomy.body import Body

Key = frozenset[str]
_LEVEL = re.compile(r"\b([ctl]\d{1,2})\b")
_BETWEEN_LEVELS = re.compile(r"\bbetween ([ctls]\d{1,2}) and ([ctls]\d{1,2})\b")

Entry = TypeVar("Entry", Phrase, Levelled, Extent)


@dataclass(frozen=True)
class _Tables:
    """The phrases by key."""

    phrases: dict[Key, Phrase]
    levelled: dict[Key, Levelled]
    extents: dict[Key, Extent]


def _by_key(entries: tuple[Entry, ...]) -> dict[Key, Entry]:
    found: dict[Key, Entry] = {}
    for entry in entries:
        for said in entry.say:
            if found.setdefault(key(said), entry) is not entry:
                raise DataError(f"{FILE}: {said!r} is given twice.")
    return found


@cached
def phrases() -> Phrases:
    """Return the phrases (read once).

    Raises
    ------
    DataError
        When the file does not have the expected form; names the entry.

    Examples
    --------
    >>> phrases().phrase[0].say[0]
    'traps'
    """
    with reading(FILE) as data:
        return Phrases.model_validate(data)


@cached
def _tables() -> _Tables:
    data = phrases()
    return _Tables(_by_key(data.phrase), _by_key(data.levelled), _by_key(data.extent))


@cached
def _ignored() -> frozenset[str]:
    with reading(FILE) as data:
        return frozenset(data["grammar"]["ignored"])


@cached(maxsize=8192)
def key(name: str) -> Key:
    """Return the words of a phrase that matter, in the singular.

    Examples
    --------
    >>> key("the Hamstrings") == key("hamstring")
    True
    """
    low = name.lower().replace("’", "'")
    words = [w for w in re.findall(r"[a-z0-9à-ÿ']+", low) if w not in _ignored()]
    return frozenset(map(_singular, words))


def _singular(word: str) -> str:
    bare = word.removesuffix("'s").replace("'", "")
    return bare[:-1] if len(bare) > 3 and bare[-1] == "s" != bare[-2] else bare


def find_phrase(name: str) -> Phrase | None:
    """Return what a phrase means, or None.

    A pinyin name that two points share is a phrase that means either.

    Examples
    --------
    >>> [t.muscle for t in find_phrase("the traps").targets]
    ['upper trapezius', 'middle trapezius', 'lower trapezius']
    >>> [t.point for t in find_phrase("Futu").targets]
    ['LI18', 'ST32']
    """
    found = _tables().phrases.get(key(name))
    if found is not None:
        return found
    codes = _pinyin().get(_joined(name), ())
    if not codes:
        return None
    targets = tuple(Target(point=code) for code in codes)
    if len(targets) == 1:
        return Phrase(say=(name,), means=targets[0])
    return Phrase(say=(name,), which=targets)


def _joined(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


@cached
def _pinyin() -> dict[str, tuple[str, ...]]:
    """Return the points by their pinyin name written in one piece."""
    found: dict[str, tuple[str, ...]] = {}
    for code in point_names():
        name = _joined(get_point(code).name)
        if name:
            found[name] = (*found.get(name, ()), code)
    return found


def find_muscle_loosely(name: str) -> str | None:
    """Return the muscle that a name in any number and order means, or None.

    Examples
    --------
    >>> find_muscle_loosely("infraspinatus muscles")
    'infraspinatus'
    """
    found = find_muscle(name)
    return found.name if found else _muscles().get(key(name))


@cached
def _muscles() -> dict[Key, str]:
    found: dict[Key, str] = {}
    for name in muscle_names():
        for said in (name, *get_muscle(name).aliases):
            found.setdefault(key(said), name)
    return found


@cached
def phrase_names() -> tuple[str, ...]:
    """Return the phrases that can be mistyped: those longer than an abbreviation.

    Examples
    --------
    >>> "buttock" in phrase_names()
    True
    """
    every = (said for entry in phrases().phrase for said in entry.say)
    return tuple(said for said in every if len(said) > 4)


def find_extent(name: str) -> Extent | None:
    """Return the bone of that name whose edge depends on the way, or None.

    Examples
    --------
    >>> find_extent("kneecap").below
    'apex of patella'
    """
    return _tables().extents.get(key(name))


def at_level(name: str, *, field: str = "site.text") -> dict[str, Any] | None:
    """Return the site of a muscle or point family at a level; None for other names.

    Parameters
    ----------
    name : str
        Such as ``"erector spinae l3"`` or ``"multifidus between l4 and l5"``.
    field : str
        Where the text stands in the input, for messages.

    Returns
    -------
    dict or None
        Muscle form where the catalogue has that very site, else landmark form.

    Raises
    ------
    InputError
        When the family is known, but not at that level, or no level was given and
        the name alone means nothing.

    Examples
    --------
    >>> at_level("multifidus l5")
    {'landmark': 'L5 spinous process', 'lateral_mm': 12.0}
    >>> at_level("multifidus l4")["site"]
    '10-15 mm lateral to L4 spinous process'
    """
    low = name.lower()
    pair = _BETWEEN_LEVELS.search(low)
    alone = None if pair else _LEVEL.search(low)
    hit = pair or alone
    rest = low if hit is None else f"{low[: hit.start()]} {low[hit.end() :]}"
    if not key(rest):
        return None
    family = _tables().levelled.get(key(rest))
    if hit is None:
        if family is None or find_phrase(name) or find_muscle_loosely(name):
            return None
        raise InputError(
            f"{field}: say the level, such as '{name} {family.at[0].levels[0]}'.",
            field=field,
            given=name,
            suggestions=_with_levels(name, family),
        )
    said = [level.upper() for level in hit.groups()]
    if family is None:
        muscle = _one_muscle(rest)
        return None if muscle is None else _site_at(muscle, said, name, field)
    for spread in family.at:
        if spread.holds(said[0]):
            return _beside(spread, said)
    ranges = ", ".join(" to ".join(dict.fromkeys(r.levels)) for r in family.at)
    raise InputError(
        f"{field}: no site of {rest.strip()!r} is recorded at {' and '.join(said)}; "
        f"there is one for {ranges}.",
        field=field,
        given=name,
        suggestions=_with_levels(" ".join(rest.split()), family),
    )


def _with_levels(name: str, family: Levelled) -> list[str]:
    """Return the name with the first and last level of each range."""
    ends = dict.fromkeys(level for r in family.at for level in r.levels)
    return [f"{name} {level}" for level in ends]


def _one_muscle(name: str) -> str | None:
    phrase = find_phrase(name)
    if phrase is None:
        return find_muscle_loosely(name)
    return phrase.means.muscle if phrase.means is not None else None


def _site_at(
    muscle: str, said: list[str], name: str, field: str
) -> dict[str, Any] | None:
    """Return the site that a muscle has at a level."""
    for spot in get_muscle(muscle).site:
        if len(said) == 1 and spot.at.get("landmark") == f"{said[0]} spinous process":
            return {"muscle": muscle, "site": spot.label}
    raise InputError(
        f"{field}: no site of {muscle} is recorded at {' and '.join(said)}.",
        field=field,
        given=name,
        suggestions=[f"{muscle}: {s.label}" for s in get_muscle(muscle).site],
    )


def _beside(spread: LevelRange, said: list[str]) -> dict[str, Any]:
    """Return the site beside a vertebra, or between two."""
    offset = spread.offset()
    marks = [
        f"{level} spinous process" if level[0] != "S" else f"{level} level"
        for level in said
    ]
    if len(marks) == 2:
        if spread.muscle is None:  # the points lie below each process already
            return {"landmark": marks[0]} | offset
        return {"between": marks, "fraction": 0.5} | offset
    if spread.muscle is not None:
        for spot in get_muscle(spread.muscle).site:
            if spot.at == {"landmark": marks[0]} | offset:
                return {"muscle": spread.muscle, "site": spot.label}
    return {"landmark": marks[0]} | offset


def check_phrases(body: Body) -> list[str]:
    """Check that every target of every phrase exists on a body.

    Returns
    -------
    list of str
        What is wrong; empty when all is well.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> check_phrases(load_body("male"))
    []
    """
    _tables()
    wrong: list[str] = []
    marks: list[tuple[str, str | None]] = []
    for entry in phrases().phrase:
        for target in entry.targets:
            try:
                request = target.request()
                if target.point is not None:
                    get_point(target.point)
                if "landmark" in request or "between" in request:
                    read_offset(request, field="target")
            except NeedlemapError as error:
                wrong.append(f"{FILE}, {entry.say[0]}: {error}")
            if target.region is not None and target.region not in body.region_names:
                wrong.append(f"{FILE}, {entry.say[0]}: {target.region}")
            marks += [(entry.say[0], target.landmark)]
            marks += [(entry.say[0], n) for n in target.between or ()]
    for extent in phrases().extent:
        marks += [
            (extent.say[0], n)
            for n in (extent.above, extent.below, extent.lateral, extent.medial)
        ]
    known = set(body.landmarks.names())
    wrong += [
        f"{FILE}, {said}: no landmark {name!r}"
        for said, name in marks
        if name is not None and name not in known
    ]
    for family in phrases().levelled:
        for spread in family.at:
            try:
                spread.offset()
            except NeedlemapError as error:
                wrong.append(f"{FILE}, {family.say[0]}: {error}")
    return wrong
