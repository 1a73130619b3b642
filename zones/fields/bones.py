"""Gaps in bones: how often a needle finds a way through where bone is expected."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError

from anatomy.errors import DataError
from zones.knowledge.sources import DATA, Record, Slug, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

GAPS_FILE = DATA / "bone_gaps.toml"


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
    sources: tuple[Slug, ...] = ()


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


@functools.cache
def read_gaps(path: Path = GAPS_FILE) -> Gaps:
    """Return the gaps of bones from a file (read once).

    Parameters
    ----------
    path : Path
        A ``bone_gaps.toml`` file.

    Raises
    ------
    DataError
        When the file does not hold them.

    Examples
    --------
    >>> 0.0 < read_gaps().default_gap < 1.0
    True
    """
    try:
        return Gaps.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path.name}: {error}") from error


@functools.cache
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
