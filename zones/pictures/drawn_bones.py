"""Bones and muscles as pictures draw them: as deep as bone lies in people.

The surface of a bone is moved along the inward normal of the skin next to it by as much
as the check reckons that bone deeper there (`zones.fields.bones_in_people`). Muscles
are stretched between the skin and that bone, and go with it where they lie behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy.spatial import cKDTree

from anatomy.body import load_body
from anatomy.body.display import display_body
from anatomy.body.section import Bones
from anatomy.mesh.arrays import FloatArray
from anatomy.muscles.bellies import Belly, belly
from anatomy.store import cached
from zones.fields.bones_in_people import deeper_under
from zones.fields.compiling import carrying

#: A place of a bone moves as the mean of so many vertices of the skin next to it.
AMONG = 24
#: Two bones are not moved nearer to each other than this; and from twice as far on each
#: moves by itself, mm.
APART_MM = 12.0
#: Muscle within this of a bone, seen from the skin, goes with all of it; it stays where
#: it is from BESIDE_MM more on, or from BEHIND_MM behind the bone.
OVER_MM, BESIDE_MM, BEHIND_MM = 10.0, 30.0, 40.0
#: It goes with so many places of bone, those that lie up to about so much farther away
#: than the nearest, mm.
BY, SMOOTH_MM = 32, 12.0
#: From here on nothing goes along, mm.
FAR_MM = float(np.hypot(OVER_MM + BESIDE_MM, BEHIND_MM))
#: One in so many places of a bone is enough for that.
ONE_IN = 3
#: Bone that moves by less takes nothing along, mm.
LEAST_MM = 0.5


@dataclass(frozen=True, eq=False)
class _Moved:
    """Where bones are drawn.

    Attributes
    ----------
    bones : Bones
        All bones, as they are drawn.
    own, way : (N, 3) float64
        All vertices as the body has them, and by how much each is moved, mm.
    """

    bones: Bones
    own: FloatArray
    way: FloatArray


@cached(maxsize=4)
def _moved(body_name: str) -> _Moved:
    """Work out where the bones of a body are drawn (a second)."""
    body = load_body(body_name)
    deeper = deeper_under(body, carrying().deeper)
    names = [*body.bones]
    ways = [np.zeros(mesh[0].shape) for mesh in body.bones.values()]
    # those that go in first: what comes out towards the skin keeps clear of them
    moved = [n for n in range(1, len(deeper)) if deeper[n].any()]
    moved.sort(key=lambda n: -float(deeper[n].sum()))
    inner: list[FloatArray] = []
    for number in moved:
        vertices = np.asarray(body.bones[names[number - 1]][0], dtype=float)
        near = body.skin.tree.query(vertices, k=AMONG)[1]
        inward = -body.skin.vertex_normals[near] * deeper[number][near][..., None]
        way = inward.mean(axis=1)
        outward = float(deeper[number].sum()) < 0.0
        if outward and inner:
            away = cKDTree(np.concatenate(inner)).query(vertices)[0]
            way *= np.clip(away / APART_MM - 1.0, 0.0, 1.0)[:, None]
        ways[number - 1] = way
        if not outward:
            inner.append(vertices + way)
    meshes = {
        name: (vertices + way, faces) if way.any() else (vertices, faces)
        for (name, (vertices, faces)), way in zip(body.bones.items(), ways, strict=True)
    }
    own = np.concatenate([np.asarray(mesh[0]) for mesh in body.bones.values()])
    return _Moved(Bones(MappingProxyType(meshes)), own, np.concatenate(ways))


def drawn_bones(body_name: str) -> Bones:
    """Return the bones of a body as they are drawn (worked out once).

    Parameters
    ----------
    body_name : {"male", "female"}
        A reference body.

    Returns
    -------
    Bones
        All bones of the body.

    Examples
    --------
    >>> here = drawn_bones("male").meshes["scapula left"][0]
    >>> float((here - load_body("male").bones["scapula left"][0])[:, 1].min()) < -5.0
    True
    """
    return _moved(body_name).bones


@cached(maxsize=4)
def drawn_skeleton(body_name: str) -> FloatArray:
    """Return where the points of a body's thinned skeleton are drawn.

    Parameters
    ----------
    body_name : {"male", "female"}
        A reference body.

    Returns
    -------
    (N, 3) float64
        mm, in the order of ``display_body(body_name).bones.points``.
    """
    moved, thinned = _moved(body_name), display_body(body_name).bones.points
    return np.asarray(thinned + moved.way[cKDTree(moved.own).query(thinned)[1]])


@cached(maxsize=512)
def drawn_belly(body_name: str, muscle: str, side: str) -> Belly:
    """Return a muscle of a body as it is drawn.

    Parameters
    ----------
    body_name : {"male", "female"}
        A reference body.
    muscle : str
        The catalogue's name.
    side : {"left", "right"}
        The patient's.

    Raises
    ------
    DataError
        When the catalogue has no attachments for it.

    Examples
    --------
    >>> drawn_belly("male", "infraspinatus", "left").title
    'left infraspinatus'
    """
    one = belly(load_body(body_name), muscle, side)
    parts = tuple(
        replace(
            part,
            outer=_along(body_name, part.outer),
            inner=_along(body_name, part.inner),
        )
        for part in one.parts
    )
    return replace(one, parts=parts)


def _along(body_name: str, places: FloatArray) -> FloatArray:
    """Return where soft tissue is drawn that lies at places of a body, (..., 3) mm."""
    skin = load_body(body_name).skin
    spots, way, under = _bones_that_move(body_name)
    drawn = np.array(places)
    goes = np.isfinite(spots.query(places, distance_upper_bound=FAR_MM)[0])
    if not goes.any():
        return drawn
    own = drawn[goes]
    away, near = spots.query(own, k=BY)
    depth, over = skin.tree.query(own)[0][:, None], under[near]
    aside = np.sqrt(np.maximum(away**2 - (depth - over) ** 2, 0.0))
    part = np.where(
        depth < over,
        depth / np.maximum(over, LEAST_MM),
        np.clip(1.0 - (depth - over) / BEHIND_MM, 0.0, 1.0),
    )
    part *= np.clip(1.0 - (aside - OVER_MM) / BESIDE_MM, 0.0, 1.0)
    # smooth from one place to the next, also between two bones
    weight = np.exp(-(((away - away[:, :1]) / SMOOTH_MM) ** 2))
    part *= weight / weight.sum(axis=1, keepdims=True)
    drawn[goes] += (part[..., None] * way[near]).sum(axis=1)
    return drawn


@cached(maxsize=4)
def _bones_that_move(body_name: str) -> tuple[cKDTree, FloatArray, FloatArray]:
    """Return the moved vertices of bones: a tree, by how much, how deep under skin."""
    moved = _moved(body_name)
    those = np.linalg.norm(moved.way, axis=1) > LEAST_MM
    own, way = moved.own[those][::ONE_IN], moved.way[those][::ONE_IN]
    depth = load_body(body_name).skin.tree.query(own)[0]
    return cKDTree(own), way, depth
