"""Zones as surfaces under the skin: where a share of people has the structure.

For pictures in three dimensions and for other programs. Nothing here decides anything:
depths and the correction for the patient are those of `zones.pictures.presence`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anatomy.errors import OutOfRangeError
from anatomy.mesh.arrays import FloatArray, IntArray
from zones.knowledge.structures.pooling import TAIL
from zones.pictures.presence import NO_BUILD, Build, presence_of

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.fields.model import BodyFields
    from zones.risk.measured import Seen


#: How often a normal is averaged with its neighbours': the skin's small folds would
#: make sheets that hang several centimetres under it cross each other.
SMOOTHINGS = 8
#: A surface ends where it would have to lie deeper than in so many of those who have
#: the structure there: at the edge it would hang down like a curtain.
MOST_OF_THEM = 0.9


@dataclass(frozen=True, eq=False)
class Surface:
    """A zone's surface: by here a share of people has the structure.

    Attributes
    ----------
    zone_id : str
        Which zone.
    side : {"left", "right", "midline"} or None
        The patient's side; None for all sides of the zone.
    share : float
        The share of all people.
    vertices : (K, 3) float64
        Places in the body frame (LPS), mm.
    faces : (F, 3) int
        Triangles, counter-clockwise seen from the skin.
    skin : (K,) int
        The vertex of the skin that each vertex hangs under.
    depth_mm : (K,) float64
        How deep under the skin each lies, mm, for the patient asked about.
    far_mm : (K,) float64
        Up to which depth under it the same share of people has it; inf where how far
        into the body it goes is not known.
    covered : int
        Vertices of the skin under which enough people have it for a surface.
    unknown : int
        Of these, at how many no depth is known: their part of the surface is left out,
        never guessed.
    """

    zone_id: str
    side: Side | None
    share: float
    vertices: FloatArray
    faces: IntArray
    skin: IntArray
    depth_mm: FloatArray
    far_mm: FloatArray
    covered: int
    unknown: int

    @property
    def complete(self) -> bool:
        """Whether the depth is known wherever the zone is."""
        return self.unknown == 0


def zone_surface(
    fields: BodyFields,
    zone_id: str,
    side: Side | None,
    *,
    share: float = TAIL,
    build: Build = NO_BUILD,
    seen: Seen | None = None,
    arm_away: bool = False,
) -> Surface:
    """Return the surface by which a share of people has a zone's structure.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    zone_id : str
        The zone.
    side : {"left", "right", "midline"} or None
        The patient's side; None for all sides of the zone.
    share : float
        Of all people, over 0 and under 1. Toward the edge of a structure fewer have
        it: the surface goes deeper there, and ends where less than the share has it.
    build : tuple
        The patient's figures, from `zones.pictures.presence.build_key`. For a child or
        a very thin patient no depth can be relied on: the surface is then the skin
        itself, where no bone lies in front.
    seen : Seen, optional
        Depths measured in this patient.
    arm_away : bool
        Whether the bones that move with the arm are out of the way.

    Returns
    -------
    Surface
        Empty where the zone is not on this side, is an exclusion without a depth, or
        its depth is not known; ``unknown`` tells these apart.

    Raises
    ------
    KeyError
        When there is no such zone.
    OutOfRangeError
        When the share is not between 0 and 1.

    Notes
    -----
    Published depths hung under the skin of a reference body, each vertex of the skin
    moved inward along its normal (smoothed over its neighbours): not segmented
    anatomy. What lies behind bone is not nearer than people's bone.

    Examples
    --------
    >>> from zones.fields.loading import body_fields
    >>> lung = zone_surface(body_fields("female"), "pleura", "left")
    >>> lung.vertices.shape[1], bool(lung.depth_mm.min() > 0), lung.complete
    (3, True, True)
    """
    if not 0.0 < share < 1.0:
        raise OutOfRangeError(
            f"share must be over 0 and under 1; got {share!r}.", field="share"
        )
    if zone_id not in {zone.id for zone in fields.zones}:
        raise KeyError(zone_id)
    skin = fields.body.skin
    deep = np.full(len(skin.vertices), np.inf)
    far = np.zeros(len(skin.vertices))
    covered, unknown = np.zeros((2, len(skin.vertices)), dtype=bool)
    for row, values in enumerate(fields.rows):
        if values.zone.id != zone_id or side not in (None, values.side):
            continue
        item = fields.items_of(row)
        vertex = fields.under.vertex[item]
        people = presence_of(fields, item, build, seen=seen, arm_away=arm_away)
        here = MOST_OF_THEM * people.chance >= share
        blank = np.isnan(fields.under.mu[item])
        covered[vertex[here]] = True
        unknown[vertex[here & blank]] = True
        known = here & ~blank
        at = vertex[known]
        deep[at] = np.minimum(deep[at], people.depth(share)[known])
        far[at] = np.maximum(far[at], people.far(share)[known])
    known = np.isfinite(deep)
    whole = skin.faces[known[skin.faces].all(axis=1)].astype(np.intp)
    index, compact = np.unique(whole, return_inverse=True)
    inward = -smooth_normals(fields.body)[index]
    return Surface(
        zone_id=zone_id,
        side=side,
        share=share,
        vertices=skin.vertices[index] + inward * deep[index, None],
        faces=compact.reshape(-1, 3).astype(np.intp),
        skin=index,
        depth_mm=deep[index],
        far_mm=far[index],
        covered=int(covered.sum()),
        unknown=int((covered & unknown & ~known).sum()),
    )


@functools.lru_cache(maxsize=4)
def smooth_normals(body: Body) -> FloatArray:
    """Return outward unit normals of the skin without its small folds, (V, 3)."""
    from scipy.sparse import coo_matrix

    skin = body.skin
    count = len(skin.vertices)
    ends = np.concatenate([skin.faces[:, [0, 1]], skin.faces[:, [1, 2]]])
    ends = np.concatenate([ends, skin.faces[:, [2, 0]]])
    pairs = np.concatenate([ends, ends[:, ::-1]])
    weight = np.ones(len(pairs))
    around = coo_matrix((weight, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    around = around.tocsr()
    normals = skin.vertex_normals
    for _ in range(SMOOTHINGS):
        normals = normals + (around @ normals) / 4.0
        normals = normals / (np.linalg.norm(normals, axis=1)[:, None] + 1e-30)
    return np.asarray(normals)
