"""Bones of the reference bodies as deep as they lie in people.

Two bones of the bodies lie otherwise than people's do (``data/pooling.toml``): what a
needle meets and what a picture shows take them from here, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field
from scipy.spatial import cKDTree

from anatomy.errors import DataError
from anatomy.mesh.arrays import FloatArray
from anatomy.store.references import RecordId
from zones.fields.areas import compile_pieces
from zones.fields.bones import kind_of
from zones.knowledge.records.sources import Record, Text
from zones.knowledge.structures.zone_models import Area

if TYPE_CHECKING:
    from anatomy.body import Body

#: Beside the places where it was measured the difference fades away over so much, mm.
FADES_MM = 25.0


class Deeper(Record):
    """How much deeper a bone lies in people than in the reference bodies.

    Attributes
    ----------
    name : str
        The bone without its side, or its first word for all of a kind ("rib").
    deeper_mm : float
        Under the skin; negative where it lies less deep.
    area : tuple of Area
        Skin under which it was measured, as zone files say it; of both sides.
    records : tuple of str
        Evidence of it.
    """

    name: Text
    deeper_mm: float
    area: Annotated[tuple[Area, ...], Field(min_length=1)]
    why: Text
    records: Annotated[tuple[RecordId, ...], Field(min_length=1)]


def deeper_under(body: Body, rules: Sequence[Deeper]) -> FloatArray:
    """Return how much deeper each bone lies under each place of the skin.

    Parameters
    ----------
    body : Body
        A reference body.
    rules : sequence of Deeper
        What differs; where two of a bone meet, the greater difference counts.

    Returns
    -------
    (B + 1, V) float64
        mm; a row for each bone by the order of ``body.bones``, from 1; the first is of
        no bone.

    Raises
    ------
    DataError
        When a place of a rule cannot be found on the body.
    """
    found = np.zeros((len(body.bones) + 1, len(body.skin.vertices)))
    for rule in rules:
        mm = rule.deeper_mm * _within(body, rule)
        for number, name in enumerate(body.bones, start=1):
            kind = kind_of(name)
            if rule.name in (kind, kind.split(" ")[0]):
                own = found[number]
                found[number] = np.where(np.abs(mm) > np.abs(own), mm, own)
    return found


def _within(body: Body, rule: Deeper) -> FloatArray:
    """Return 1 where a rule was measured, fading to 0 beside it, (V,)."""
    skin = body.skin
    try:
        pieces = compile_pieces(body, rule.area, "right")
    except DataError as error:
        raise DataError(f"pooling.toml, bone {rule.name!r}: {error}") from error
    inside = np.zeros(len(skin.vertices), dtype=bool)
    for piece in pieces:
        inside |= piece.member | piece.member[skin.mirror]
    away = cKDTree(skin.vertices[inside]).query(skin.vertices)[0]
    return np.asarray(np.clip(1.0 - away / FADES_MM, 0.0, 1.0))
