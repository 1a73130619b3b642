"""Kinds of site on a skin: what rules ask of a place, alike for many places."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anatomy.mesh.arrays import IntArray
from zones.patients.rules import asked_zones
from zones.risk.place import asked_within

if TYPE_CHECKING:
    from zones.fields.model import BodyFields


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of site of one body.

    Attributes
    ----------
    kind : (V,) int
        Kind of site of each vertex: all that rules ask of it but its side.
    kinds : list of (str, frozenset of str)
        Region, and zones that rules ask for, of each kind.
    """

    kind: IntArray
    kinds: list[tuple[str, frozenset[str]]]


@functools.lru_cache(maxsize=4)
def kinds_of(fields: BodyFields) -> Kinds:
    """Return the kinds of site of a body, worked out once.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    """
    asked = asked_zones()
    inside = asked_within(fields, asked)
    packed = np.packbits(inside, axis=1)
    labels = fields.body.region_labels.astype(np.int64)
    keys = np.concatenate([packed, labels[:, None].astype(np.uint8)], axis=1)
    _, first, kind = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    names = np.array(asked, dtype=object)
    kinds = [
        (
            fields.body.region_names[int(labels[at])],
            frozenset(names[inside[at]].tolist()),
        )
        for at in first.tolist()
    ]
    return Kinds(np.asarray(kind, dtype=np.intp).ravel(), kinds)
