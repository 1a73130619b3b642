"""Gaps in bones: how often a needle finds a way through where bone is expected."""

from __future__ import annotations

import functools
import tomllib
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError

from anatomy.errors import DataError
from zones.sources import DATA, Record, Slug, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

GAPS_FILE = DATA / "bone_gaps.toml"


class Gap(Record):
    """How often a bone lets a needle through.

    Attributes
    ----------
    name : str
        The bone, without its side; ``vertebra`` style groups are listed one by one.
    gap : float
        Share of people with a gap that a needle passes: the upper figure found.
    moves : bool
        Whether the position of the arm takes it away from the place.
    """

    name: Text
    gap: Annotated[float, Field(gt=0, le=1)]
    moves: bool = False
    why: Text
    sources: tuple[Slug, ...] = ()


class _File(Record):
    schema_: Literal[1] = Field(alias="schema")
    default_gap: Annotated[float, Field(gt=0, le=1)]
    default_why: Text
    bone: tuple[Gap, ...]


@functools.cache
def _file() -> _File:
    try:
        return _File.model_validate(tomllib.loads(GAPS_FILE.read_text("utf-8")))
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{GAPS_FILE.name}: {error}") from error


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
    return MappingProxyType({bone.name: bone for bone in _file().bone})


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

    Examples
    --------
    >>> gap_of("scapula left").name, 0 < gap_of("patella right").gap < 0.1
    ('scapula', True)
    """
    kind = kind_of(bone)
    file = _file()
    known = load_gaps().get(kind)
    return known or Gap(name=kind, gap=file.default_gap, why=file.default_why)
