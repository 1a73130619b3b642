"""Gaps in bones: how often a needle finds a way through where bone is expected.

And openings: places where needles were measured to pass a bone that the reference
bodies have in their way. Measured reach counts for more than the shape of two bodies.
"""

from __future__ import annotations

import functools
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from anatomy.errors import DataError
from anatomy.mesh.arrays import FloatArray
from anatomy.store import cached, reading
from anatomy.store.references import RecordId
from zones.fields.areas import compile_pieces
from zones.knowledge.records.sources import Record, SourceSlug, Text
from zones.knowledge.structures.zone_models import Area

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body


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
    behind_mm : float
        What lies behind the bone in everybody ("in front" in a zone's file is that
        bone) begins no nearer than this behind its outer surface.
    """

    name: Text
    gap: Annotated[float, Field(gt=0, le=1)]
    moves: bool = False
    aimed: bool = True
    behind_mm: Annotated[float, Field(ge=0)] = 0.0
    why: Text
    sources: tuple[SourceSlug, ...] = ()


class Opening(Record):
    """A way past a bone: needles that go in there count as not meeting it.

    Attributes
    ----------
    bone : str
        The bone, without its side.
    area : tuple of Area
        Where they go in, as zone files say it; of both sides where it is no midline.
    records : tuple of str
        Evidence of how deep needles came there.
    """

    bone: Text
    area: Annotated[tuple[Area, ...], Field(min_length=1)]
    why: Text
    records: tuple[RecordId, ...] = ()
    sources: Annotated[tuple[SourceSlug, ...], Field(min_length=1)]


class Gaps(Record):
    """Gaps of all bones, as read from a ``bone_gaps.toml`` file.

    Attributes
    ----------
    default_gap : float
        Of a bone that has no figure of its own.
    bone : tuple of Gap
        Bones that have one.
    opening : tuple of Opening
        Ways past bones.
    """

    schema_: Literal[1] = Field(alias="schema")
    default_gap: Annotated[float, Field(gt=0, le=1)]
    default_why: Text
    bone: tuple[Gap, ...]
    opening: tuple[Opening, ...] = ()


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


@functools.lru_cache(maxsize=4)
def behind_mm(body: Body) -> FloatArray:
    """Return how far behind the outer surface of bones anything begins, (2, B + 1) mm.

    By the order of ``body.bones``; the last, which -1 names, is of no bone. In the
    second row the bones that move with the arm are away: nothing is behind them.
    """
    gaps = [gap_of(name) for name in body.bones]
    there = [*(gap.behind_mm for gap in gaps), 0.0]
    away = [*(0.0 if gap.moves else gap.behind_mm for gap in gaps), 0.0]
    return np.array([there, away])


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


@cached(maxsize=4)
def open_at(body: Body) -> NDArray[np.bool_]:
    """Return where needles go in that pass a bone, (B + 1, V) bool.

    Parameters
    ----------
    body : Body
        A reference body.

    Returns
    -------
    (B + 1, V) bool
        A row for each bone by the order of ``body.bones``, from 1; the first, of no
        bone, has none. Each vertex of the skin and its mirror image alike.

    Raises
    ------
    DataError
        When a place of the file cannot be found on the body.
    """
    found = np.zeros((len(body.bones) + 1, len(body.skin.vertices)), dtype=bool)
    for opening in read_gaps().opening:
        rows = [
            number
            for number, name in enumerate(body.bones, start=1)
            if kind_of(name) == opening.bone
        ]
        try:
            pieces = compile_pieces(body, opening.area, "right")
        except DataError as error:
            raise DataError(
                f"bone_gaps.toml, opening past {opening.bone!r}: {error}"
            ) from error
        for piece in pieces:
            found[rows] |= piece.member | piece.member[body.skin.mirror]
    return found
