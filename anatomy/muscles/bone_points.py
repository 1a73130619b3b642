"""Places of attachment on a body's left side: on bones, at landmarks, on the skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from anatomy.errors import DataError
from anatomy.muscles.attachments import OnBone, direction_words
from anatomy.names import closest
from anatomy.places.grammar import place

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.muscles.attachments import Spot

Array = NDArray[np.float64]

AXIS = dict(
    lateral=(1, 0, 0),
    medial=(-1, 0, 0),
    anterior=(0, -1, 0),
    posterior=(0, 1, 0),
    superior=(0, 0, 1),
    inferior=(0, 0, -1),
)
#: Spacing of the points that stand for the surface of the bones, mm.
SPACING_MM = 3.0
#: Share of a bone's size within which its surface counts as lying at a given place.
NEAR = 0.05
#: A place that is deeper in a bone than this is not told from one outside, mm.
DEEPEST_MM = 20.0


def direction(word: str) -> Array:
    """Return the unit vector (3,) of a direction on the left side.

    Examples
    --------
    >>> direction("posterior").tolist()
    [0.0, 1.0, 0.0]
    """
    total = np.sum([AXIS[part] for part in direction_words(word)], axis=0, dtype=float)
    return np.asarray(total / np.linalg.norm(total))


def surface_samples(points: Array, faces: NDArray[Any]) -> tuple[Array, Array]:
    """Return places and outward normals, (N, 3) each, that cover a mesh evenly."""
    corner = points[faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    size = np.linalg.norm(normal, axis=1)
    kept = size > 1e-9
    corner, normal = corner[kept], normal[kept] / size[kept, None]
    edge = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2).max(axis=1)
    steps = np.maximum(1, np.ceil(edge / SPACING_MM).astype(int))
    places, normals = [], []
    for count in np.unique(steps):
        one = corner[steps == count]
        i, j = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
        inside = i + j < count
        u, v = (i[inside] + 1 / 3) / count, (j[inside] + 1 / 3) / count
        at = (
            one[:, None, 0] * (1 - u - v)[None, :, None]
            + one[:, None, 1] * u[None, :, None]
            + one[:, None, 2] * v[None, :, None]
        )
        places.append(at.reshape(-1, 3))
        normals.append(np.repeat(normal[steps == count], len(u), axis=0))
    return np.concatenate(places), np.concatenate(normals)


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The surface of all bones as points with outward normals."""

    places: Array
    normals: Array
    tree: cKDTree

    def distance(self, xyz: Array) -> Array:
        """Return how far places (N, 3) lie from the nearest bone's surface, mm."""
        return np.asarray(self.tree.query(xyz)[0])

    def inside(self, xyz: Array) -> NDArray[np.bool_]:
        """Return which places (N, 3) lie within a bone, as far as the meshes tell."""
        away, near = self.tree.query(xyz, k=5)
        out = np.einsum(
            "ijk,ijk->ij", xyz[:, None] - self.places[near], self.normals[near]
        )
        return np.asarray(((out < 0).sum(axis=1) >= 4) & (away[:, 0] < DEEPEST_MM))


def skeleton(body: Body) -> Skeleton:
    """Return the bones of a body for looking up what is near; made once."""
    memo = body.landmarks.memo
    if "skeleton" not in memo:
        parts = [surface_samples(*mesh) for mesh in body.bones.values()]
        places = np.concatenate([p for p, _ in parts])
        normals = np.concatenate([n for _, n in parts])
        memo["skeleton"] = Skeleton(places, normals, cKDTree(places))
    found: Skeleton = memo["skeleton"]
    return found


def _bone(body: Body, name: str) -> tuple[Array, NDArray[Any], bool]:
    """Return a bone's mesh, of a pair the left one, and whether it is one of a pair."""
    bones = body.bones
    if f"{name} left" in bones:
        return (*bones[f"{name} left"], True)
    if name not in bones:
        names = sorted({n.removesuffix(" left").removesuffix(" right") for n in bones})
        raise DataError(
            f"The {body.name} body has no bone {name!r}.",
            suggestions=closest(name, names),
        )
    return (*bones[name], False)


def on_bone(body: Body, spot: OnBone) -> Array:
    """Return a place (3,) on a bone's surface, on the left side, mm.

    Raises
    ------
    DataError
        When the body has no such bone.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> spot = OnBone(bone="femur", along=0.0, facing="superior")
    >>> bool(on_bone(load_body("male"), spot)[2] > 900)
    True
    """
    points, faces, paired = _bone(body, spot.bone)
    surface, _ = surface_samples(points, faces)
    surface = np.concatenate([surface, points])
    if not paired:
        surface = surface[surface[:, 0] >= -1e-6]
    facing = direction(spot.facing)
    if spot.along is not None:
        middle = surface.mean(axis=0)
        axis = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
        # proximal is up, in the foot back
        main = 1 if abs(axis[1]) > abs(axis[2]) else 2
        axis = axis * np.sign(axis[main])
        run = (surface - middle) @ axis
        at = run.max() - spot.along * (run.max() - run.min())
        slab = surface[np.abs(run - at) <= max(NEAR * (run.max() - run.min()), 2.0)]
        return np.asarray(slab[int((slab @ facing).argmax())])
    low, high = surface.min(axis=0), surface.max(axis=0)
    share = np.array(
        [
            0.5 if spot.lateral is None else spot.lateral,
            0.5 if spot.anterior is None else 1 - spot.anterior,
            0.5 if spot.superior is None else spot.superior,
        ]
    )
    given = np.array(
        [v is not None for v in (spot.lateral, spot.anterior, spot.superior)]
    )
    target = low + share * (high - low)
    # how far off in what was given; what was not given is free
    off = np.linalg.norm((surface - target) * given, axis=1)
    size = float(np.linalg.norm(high - low))
    near = surface[off <= off.min() + NEAR * size]
    return np.asarray(near[int((near @ facing).argmax())])


def spot_xyz(body: Body, spot: Spot) -> tuple[Array, bool]:
    """Return a place of attachment (3,) on the left side, and whether it is on bone.

    A bony landmark without an offset is the bone under it; with an offset, the place
    is on the skin.
    """
    if isinstance(spot, OnBone):
        return on_bone(body, spot), True
    if isinstance(spot, str):
        landmark = body.landmarks.get(spot, "left")
        if landmark.bone_xyz is not None:
            return np.asarray(landmark.bone_xyz), True
        return landmark.xyz, False
    if set(spot) == {"between", "fraction"}:
        ends = [body.landmarks.get(name, "left").bone_xyz for name in spot["between"]]
        one, two = ends
        if one is not None and two is not None:
            return np.asarray(one + (two - one) * float(spot["fraction"])), True
    return place(body, spot, "left").xyz, False


__all__ = ["Skeleton", "direction", "on_bone", "skeleton", "spot_xyz"]
