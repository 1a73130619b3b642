"""Gaps in bones: how often a needle finds a way through where bone is expected."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from anatomy.store import cached, reading
from zones.knowledge.sources import Record, SourceSlug, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Gap(Record):
    """How often a bone lets a needle through.

    Attributes
    ----------
    name : str
        The bone, without its side, or its first word for all of a kind ("rib").
    gap : float
        Share of people with a gap that a needle passes: the upper figure found.
    moves : bool
        Whether the position of the arm takes it away from the place.
    aimed : bool
        Whether a needle may be aimed at it.
    """

    name: Text
    gap: Annotated[float, Field(gt=0, le=1)]
    moves: bool = False
    aimed: bool = True
    why: Text
    sources: tuple[SourceSlug, ...] = ()


class Gaps(Record):
    """Gaps of all bones, as read from a ``bone_gaps.toml`` file.

    Attributes
    ----------
    default_gap : float
        Of a bone that has no figure of its own.
    bone : tuple of Gap
        Bones that have one.
    """

    schema_: Literal[1] = Field(alias="schema")
    default_gap: Annotated[float, Field(gt=0, le=1)]
    default_why: Text
    bone: tuple[Gap, ...]


@cached
def read_gaps(path: Path | str = "bone_gaps.toml") -> Gaps:
    """Return the gaps of bones from a file (read once).

    Parameters
    ----------
    path : Path or str
        A ``bone_gaps.toml`` file; by name in the data folder.

    Raises
    ------
    DataError
        When the file does not hold them.

    Examples
    --------
    >>> 0.0 < read_gaps().default_gap < 1.0
    True
    """
    with reading(path) as data:
        return Gaps.model_validate(data)


@cached
def load_gaps() -> Mapping[str, Gap]:
    """Return the gaps that were looked up, by bone (read once).

    Raises
    ------
    DataError
        When the file does not hold them.

    Examples
    --------
    >>> load_gaps()["scapula"].moves
    True
    """
    return MappingProxyType({bone.name: bone for bone in read_gaps().bone})


def kind_of(bone: str) -> str:
    """Return a bone's name without its side.

    Examples
    --------
    >>> kind_of("rib 3 left")
    'rib 3'
    """
    return bone.removesuffix(" left").removesuffix(" right")


def gap_of(bone: str) -> Gap:
    """Return how often a bone of a reference body lets a needle through.

    Its own entry, that of its kind, or the bound for all others.

    Examples
    --------
    >>> gap_of("scapula left").name, 0 < gap_of("patella right").gap < 0.1
    ('scapula', True)
    """
    kind = kind_of(bone)
    file = read_gaps()
    gaps = load_gaps()
    known = gaps.get(kind) or gaps.get(kind.split(" ")[0])
    return known or Gap(name=kind, gap=file.default_gap, why=file.default_why)
