"""Everyday phrases: what people say, and the one place or the several that it means.

The phrases are data (``data/phrases.toml``). A phrase is compared as a set of words,
plural or singular, small words left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anatomy.errors import DataError, InputError, NeedlemapError
from anatomy.muscles.catalogue import (
    find_muscle,
    get_muscle,
    get_point,
    muscle_names,
    muscle_site,
    point_names,
)
from anatomy.places.grammar import read_offset
from anatomy.store import cached, reading

if TYPE_CHECKING:
    from anatomy.body import Body

FILE = "phrases.toml"
#: The vertebrae, from above.
LEVELS = tuple(
    f"{letter}{n}" for letter, last in (("C", 7), ("T", 12), ("L", 5))
    for n in range(1, last + 1)
)  # fmt: skip
OFFSETS = tuple(f"{a}_{u}" for a in ("superior", "lateral", "anterior")
                for u in ("mm", "cun"))  # fmt: skip
Words = Annotated[str, Field(min_length=1)]
Key = frozenset[str]
_LEVEL = re.compile(r"\b([ctl]\d{1,2})\b")
_BETWEEN_LEVELS = re.compile(r"\bbetween ([ctls]\d{1,2}) and ([ctls]\d{1,2})\b")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Entry):
    """One place that a phrase may mean.

    Attributes
    ----------
    muscle, site : str or None
        A muscle, and a part of the label of the site that is meant.
    point : str or None
        Code of an acupoint.
    landmark : str or None
    between : tuple of str or None
        Two landmarks; the middle is meant.
    region : str or None
        A region of the skin: to be looked at, not a place for a needle.
    superior_mm, ... : float or None
        Offset from the landmark.
    """

    muscle: Words | None = None
    site: Words | None = None
    point: Words | None = None
    landmark: Words | None = None
    between: tuple[Words, Words] | None = None
    region: Words | None = None
    superior_mm: float | None = None
    lateral_mm: float | None = None
    anterior_mm: float | None = None
    superior_cun: float | None = None
    lateral_cun: float | None = None
    anterior_cun: float | None = None

    @model_validator(mode="after")
    def _checked(self) -> Target:
        given = (self.muscle, self.point, self.landmark, self.between, self.region)
        if sum(v is not None for v in given) != 1:
            raise ValueError("one of muscle, point, landmark, between or region")
        if self.site is not None and self.muscle is None:
            raise ValueError("a site belongs to a muscle")
        return self

    def request(self) -> dict[str, Any]:
        """Return the site of the contract, without a side; empty for a region.

        Examples
        --------
        >>> Target(muscle="gastrocnemius", site="medial head").request()
        {'muscle': 'gastrocnemius', 'site': 'medial head mid calf'}
        """
        if self.region is not None:
            return {}
        if self.muscle is not None:
            muscle = get_muscle(self.muscle)
            label = {} if self.site is None else {
                "site": muscle_site(muscle, self.site).label
            }  # fmt: skip
            return {"muscle": muscle.name} | label
        found: dict[str, Any] = self.model_dump(exclude_none=True)
        if self.between is not None:
            found |= {"between": list(self.between), "fraction": 0.5}
        return found

    def spoken(self, side: str = "") -> str:
        """Return words that the text form understands as this place.

        Examples
        --------
        >>> Target(landmark="crown", lateral_cun=1).spoken()
        '1 cun lateral to crown'
        """
        ways = {
            "superior": ("above", "below"),
            "lateral": ("lateral to", "medial to"),
            "anterior": ("in front of", "behind"),
        }
        offsets = []
        for key in OFFSETS:
            value = getattr(self, key)
            if value:
                axis, unit = key.split("_")
                offsets.append(f"{abs(value):g} {unit} {ways[axis][value < 0]}")
        name = self.point or self.landmark or self.region or self.muscle or ""
        if self.between is not None:
            name = f"the midpoint between {self.between[0]} and {self.between[1]}"
        if self.site is not None:
            name = f"{name}: {self.request()['site']}"
        return " ".join(p for p in (" and ".join(offsets), side, name) if p)


class Phrase(_Entry):
    """What people say, and what it means: one place, or several."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    means: Target | None = None
    which: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _checked(self) -> Phrase:
        if (self.means is None) == (not self.which):
            raise ValueError("either means or which")
        if self.means is not None and self.means.region is not None:
            raise ValueError("a region is no place: list it in which")
        return self

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every place that may be meant."""
        return self.which if self.means is None else (self.means,)


class LevelRange(_Entry):
    """Vertebrae, and how a muscle or point family lies beside each of them."""

    levels: tuple[Words, Words]
    muscle: Words | None = None
    site: Words | None = None
    superior_mm: float = 0.0
    lateral_cun: float | None = None

    @model_validator(mode="after")
    def _checked(self) -> LevelRange:
        if not set(self.levels) <= set(LEVELS):
            raise ValueError(f"levels must be two of {LEVELS}")
        if (self.muscle is None) == (self.lateral_cun is None):
            raise ValueError("either a muscle's site or an offset")
        return self

    def holds(self, level: str) -> bool:
        """Say whether a level lies in the range."""
        first, last = (LEVELS.index(e) for e in self.levels)
        return level in LEVELS and first <= LEVELS.index(level) <= last

    def offset(self) -> dict[str, float]:
        """Return the offset from the spinous process."""
        if self.muscle is None:
            found = {"superior_mm": self.superior_mm, "lateral_cun": self.lateral_cun}
        else:
            at = muscle_site(get_muscle(self.muscle), self.site).at
            if not str(at.get("landmark", "")).endswith("spinous process"):
                raise DataError(
                    f"{FILE}: {self.muscle}, {self.site}: not placed "
                    f"from a spinous process"
                )
            found = {"lateral_mm": at.get("lateral_mm")}
        return {k: float(v) for k, v in found.items() if v}


class Levelled(_Entry):
    """A muscle or point family that takes a level: "multifidus L5"."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    at: Annotated[tuple[LevelRange, ...], Field(min_length=1)]


class Extent(_Entry):
    """A bone whose edge is meant: the way of the distance says which."""

    say: Annotated[tuple[Words, ...], Field(min_length=1)]
    above: Words | None = None
    below: Words | None = None
    lateral: Words | None = None
    medial: Words | None = None


class Phrases(_Entry):
    """The content of ``phrases.toml``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    phrase: tuple[Phrase, ...]
    levelled: tuple[Levelled, ...]
    extent: tuple[Extent, ...]


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
def said_names() -> tuple[str, ...]:
    """Return the phrases that can be mistyped: those longer than an abbreviation.

    Examples
    --------
    >>> "buttock" in said_names()
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
