"""Named landmarks of a body: lookup by any usual name, with sides.

A landmark's name is compared as a set of words, after the rewrites and synonyms of
``data/aliases.toml``; so ``"T4"``, ``"spinous process of T4"`` and ``"T4 spinous
process"`` are one landmark, and ``"8th intercostal space, midclavicular line"`` is
``"intercostal space 8 at midclavicular line"``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import DataError, SideError, UnknownNameError
from anatomy.mesh.arrays import FloatArray
from anatomy.names import Side, closest, parse_side
from anatomy.store import cached, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from anatomy.mesh.skin import SkinPoint

Key = frozenset[str]


@dataclass(frozen=True, eq=False)
class Landmark:
    """A named place on a body.

    Attributes
    ----------
    name : str
        Canonical name, without a side.
    side : {"left", "right", "midline"}
        The patient's side.
    skin : SkinPoint
        Where it is felt or seen on the skin.
    bone_xyz : (3,) float64 or None
        The bony point under it, mm, when it is a bony landmark.
    segment : str
        Body segment it belongs to, such as ``"trunk"`` or ``"left_forearm"``.
    home_chart : str
        The chart that shows it best.
    """

    name: str
    side: Side
    skin: SkinPoint
    bone_xyz: FloatArray | None
    segment: str
    home_chart: str

    @property
    def xyz(self) -> FloatArray:
        """Place on the skin, mm, (3,)."""
        return self.skin.xyz

    @property
    def title(self) -> str:
        """Name with its side in front, as a person says it.

        Examples
        --------
        >>> from types import SimpleNamespace as S
        >>> Landmark("acromion", "left", S(), None, "trunk", "anterior").title
        'left acromion'
        """
        return self.name if self.side == "midline" else f"{self.side} {self.name}"

    @property
    def frame(self) -> str:
        """Segment along which offsets from the landmark run.

        Examples
        --------
        >>> from types import SimpleNamespace as S
        >>> ankle = Landmark("medial malleolus", "left", S(), None, "left_foot", "")
        >>> ankle.frame
        'left_leg'
        """
        part = name_rules().frames.get(self.name)
        return self.segment if part is None else f"{self.side}_{part}"

    @property
    def frame_below(self) -> str:
        """Segment along which offsets downward (distally) run.

        Examples
        --------
        >>> from types import SimpleNamespace as S
        >>> Landmark("acromion", "left", S(), None, "trunk", "").frame_below
        'left_upper_arm'
        """
        part = name_rules().frames_below.get(self.name)
        return self.frame if part is None else f"{self.side}_{part}"


@dataclass(frozen=True)
class NameRules:
    """The content of ``aliases.toml``, ready for use."""

    ignored: frozenset[str]
    same: Mapping[str, tuple[str, ...]]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    names: Mapping[str, str]
    frames: Mapping[str, str]
    frames_below: Mapping[str, str]
    kinds: tuple[str, ...]
    lines: tuple[str, ...]
    numbers: Mapping[str, tuple[int, int]]

    def words(self, name: str) -> tuple[list[str], set[str]]:
        """Return the words of a name that matter, and the side words in it.

        Examples
        --------
        >>> name_rules().words("the 8th rib at the left midclavicular line")
        (['8', 'rib', 'midclavicular'], {'left'})
        """
        text = name.lower().replace("’", "'")
        text = re.sub(r"[–—−]", "-", text)
        for pattern, replacement in self.rewrites:
            text = pattern.sub(replacement, text)
        kept: list[str] = []
        sides: set[str] = set()
        for word in re.findall(r"[a-z0-9']+", text):
            if word in ("left", "right"):
                sides.add(word)
            elif word not in self.ignored:
                kept.extend(self.same.get(word, (word,)))
        return [w for w in kept if w not in self.ignored], sides

    def key(self, name: str) -> Key:
        """Return the words of a name as a set, sides left out."""
        return frozenset(self.words(name)[0])


@cached
def name_rules() -> NameRules:
    """Return the naming rules of ``aliases.toml`` (read once).

    Raises
    ------
    DataError
        When the file does not have the expected form.

    Examples
    --------
    >>> name_rules().names["jugular notch"]
    'suprasternal notch'
    """
    with reading("aliases.toml") as data:
        series = data["series"]
        return NameRules(
            ignored=frozenset(data["words"]["ignored"]),
            same={k: tuple(v.split()) for k, v in data["words"]["same"].items()},
            rewrites=tuple((re.compile(r["match"]), r["to"]) for r in data["rewrite"]),
            names=dict(data["names"]),
            frames=dict(data["frames"]),
            frames_below=dict(data["frames_below"]),
            kinds=tuple(series["kinds"]),
            lines=tuple(series["lines"]),
            numbers={
                "rib": tuple(series["rib_numbers"]),
                "intercostal space": tuple(series["space_numbers"]),
            },
        )


class LandmarkTable:
    """The landmarks of one body.

    Parameters
    ----------
    records : iterable of mapping
        One per landmark and side: ``name``, ``side``, ``xyz`` (mm), ``face``,
        ``bary``, ``bone_xyz`` (or None), ``segment``, ``chart``.
    body : str, optional
        The body's name, for messages.

    Raises
    ------
    DataError
        When a record lacks a field, or two landmarks share a name.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], *, body: str = "") -> None:
        self._body = body
        #: Values worked out once for this body by other modules.
        self.memo: dict[Any, Any] = {}
        self._by_name: dict[str, dict[Side, Landmark]] = {}
        for number, record in enumerate(records):
            landmark = _landmark(record, where=f"{body} landmark {number}")
            sides = self._by_name.setdefault(landmark.name, {})
            if landmark.side in sides or (
                sides and "midline" in (landmark.side, *sides)
            ):
                raise DataError(f"{body}: duplicate landmark {landmark.title!r}.")
            sides[landmark.side] = landmark
        self._by_key: dict[Key, str] = {}
        rules = name_rules()
        for name in self._by_name:
            other = self._by_key.setdefault(rules.key(name), name)
            if other != name:
                raise DataError(f"{body}: landmarks {other!r} and {name!r} read alike.")
        for alias, name in rules.names.items():
            self._by_key.setdefault(rules.key(alias), name)

    def __len__(self) -> int:
        """Return the number of landmarks, left and right counted apart."""
        return sum(map(len, self._by_name.values()))

    def __iter__(self) -> Iterator[Landmark]:
        """Iterate over all landmarks, left and right apart."""
        for sides in self._by_name.values():
            yield from sides.values()

    def __contains__(self, name: object) -> bool:
        """Say whether the body has a landmark of this name (any usual form)."""
        return isinstance(name, str) and self.canonical(name) is not None

    def names(self) -> list[str]:
        """Return the canonical names, without sides, in the body's order."""
        return list(self._by_name)

    def canonical(self, name: str) -> str | None:
        """Return the canonical name for any usual form of it, or None."""
        if name in self._by_name:
            return name
        found = self._by_key.get(name_rules().key(name))
        return found if found in self._by_name else None

    def is_paired(self, name: str) -> bool:
        """Say whether a landmark (canonical name) exists left and right."""
        return "midline" not in self._by_name[name]

    def get(
        self, name: str, side: str | None = None, *, field: str | None = None
    ) -> Landmark:
        """Return one landmark.

        Parameters
        ----------
        name : str
            Any usual name; it may hold a side ("left acromion").
        side : str, optional
            ``"left"`` or ``"right"``, the patient's; needed for a paired landmark.
            A midline landmark takes any side (it tells where lateral goes).
        field : str, optional
            Input field for error messages.

        Returns
        -------
        Landmark

        Raises
        ------
        UnknownNameError
            When the body has no such landmark; names the nearest.
        SideError
            When a paired landmark has no side, or two sides disagree.
        """
        canonical = self.canonical(name)
        if canonical is None:
            raise self._unknown(name, field)
        wanted = self._side_of(name, side, field)
        sides = self._by_name[canonical]
        if "midline" in sides:
            return sides["midline"]
        if wanted is None or wanted == "midline":
            said = "got none" if wanted is None else "got 'midline'"
            raise SideError(
                f"{canonical!r} is a landmark on both sides: side must be left or "
                f"right (the patient's); {said}.",
                field=None if field is None else field.replace("landmark", "side"),
                given=side,
                suggestions=("left", "right"),
            )
        if wanted not in sides:
            raise self._unknown(f"{wanted} {name}", field)
        return sides[wanted]

    def _side_of(self, name: str, side: str | None, field: str | None) -> Side | None:
        """Return the side that was asked for, in the name or beside it."""
        # a canonical name names no side
        said = set() if name in self._by_name else name_rules().words(name)[1]
        if side is not None:
            said = said | {parse_side(side, field=field)}
        if len(said) > 1:
            raise SideError(
                f"One side must be meant; {' and '.join(sorted(said))} given for "
                f"{name!r}.",
                field=field,
                given=side,
                suggestions=("left", "right"),
            )
        return parse_side(said.pop()) if said else None

    def _unknown(self, name: str, field: str | None) -> UnknownNameError:
        """Return the error for a name that this body does not have."""
        rules = name_rules()
        series = self._series(name)
        if series is not None:
            kind, number, line = series
            low, high = rules.numbers[kind]
            lines = [
                a for a in rules.lines if f"{kind} {number} at {a}" in self._by_name
            ]
            if not low <= number <= high:
                message = f"There is no {kind} {number}: they count {low} to {high}."
            elif line is None:
                message = f"{kind} {number} must be named with a line."
            else:
                message = f"{kind} {number} does not reach the {line}."
            near = [f"{kind} {number} at {a}" for a in lines]
            return UnknownNameError(message, field=field, given=name, suggestions=near)
        target = self._by_key.get(rules.key(name))
        if target is not None:
            return UnknownNameError(
                f"The {self._body} body has no landmark {target!r}.",
                field=field,
                given=name,
            )
        plain = " ".join(w for w in name.split() if w.lower() not in ("left", "right"))
        near = closest(plain, self._spellings) or closest(plain, self._by_name)
        near = list(dict.fromkeys(self._spellings.get(n, n) for n in near))
        return UnknownNameError(
            f"Unknown landmark {name!r}.", field=field, given=name, suggestions=near
        )

    @functools.cached_property
    def _spellings(self) -> dict[str, str]:
        """Other ways to write the landmarks, ribs along lines left out."""
        rules = name_rules()
        plain = [n for n in self._by_name if " at " not in n or "scapula" in n]
        found = {n: n for n in plain}
        found |= {" ".join(rules.words(n)[0]): n for n in plain}
        found |= {a: n for a, n in rules.names.items() if n in self._by_name}
        return found

    @staticmethod
    def _series(name: str) -> tuple[str, int, str | None] | None:
        """Return kind, number and line of a rib or space name, if it is one."""
        rules = name_rules()
        words, _ = rules.words(name)
        for kind in rules.kinds:
            numbers = [int(w) for w in words if w.isdigit()]
            if set(kind.split()) <= set(words) and numbers:
                line = next(
                    (a for a in rules.lines if rules.key(a) <= set(words)), None
                )
                rest = set(words) - set(kind.split()) - {str(numbers[0])}
                if line is not None or not rest:
                    return kind, numbers[0], line
        return None


def _landmark(record: Mapping[str, Any], *, where: str) -> Landmark:
    """Return one landmark from plain data."""
    from anatomy.mesh.skin import SkinPoint

    try:
        bone = record["bone_xyz"]
        return Landmark(
            name=str(record["name"]),
            side=parse_side(record["side"]),
            skin=SkinPoint(
                xyz=np.asarray(record["xyz"], dtype=np.float64),
                face=int(record["face"]),
                bary=np.asarray(record["bary"], dtype=np.float64),
            ),
            bone_xyz=None if bone is None else np.asarray(bone, dtype=np.float64),
            segment=str(record["segment"]),
            home_chart=str(record["chart"]),
        )
    except (KeyError, TypeError, ValueError, SideError) as error:
        raise DataError(f"{where} ({record.get('name')}): {error!r}") from error
