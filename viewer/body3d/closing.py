"""The far side of organs, drawn for the eye: a membrane over each rim.

How far into the body an organ goes is not measured, so that its surface is a sheet with
an open rim. The picture closes it: a skin stretched over each loop of the rim, as a
soap film would lie, moved behind the sheet where it would come before it. It says
nothing of where an organ ends and is used for drawing alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve
from scipy.spatial import Delaunay, cKDTree

Array = NDArray[np.float64]
Faces = NDArray[np.int32]

#: The membrane lies at least so far behind the sheet in its middle, mm.
BEHIND_MM = 4.0
#: A sheet whose mean normal is shorter than this is bent round: nothing is behind it.
ROUND = 0.3
#: A face looks at the skin whose normal leans less from the mean one (cosine).
FACING = 0.5
#: Close to the rim the sheet itself is where the membrane begins: not looked at there.
SHARE = 0.25
#: No membrane is moved farther, mm.
MOST_MM = 30.0
#: Most rings of points within a loop.
MOST_RINGS = 5


def odd_edges(faces: Faces) -> Faces:
    """Return the edges of an odd number of faces, at which a mesh is open, (N, 2).

    Examples
    --------
    >>> odd_edges(np.array([[0, 1, 2], [1, 3, 2]])).tolist()
    [[0, 1], [0, 2], [1, 3], [2, 3]]
    """
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges, count = np.unique(np.sort(ends, axis=1), axis=0, return_counts=True)
    return np.asarray(edges[count % 2 == 1])


def loops_of(edges: Faces) -> list[NDArray[np.intp]]:
    """Return edges as closed loops of points, each point once in its loop.

    Parameters
    ----------
    edges : (N, 2) int array
        Of which an even number meet at every point.

    Examples
    --------
    >>> [len(loop) for loop in loops_of(np.array([[0, 1], [1, 2], [2, 0]]))]
    [3]
    """
    ways: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        ways.setdefault(a, []).append(b)
        ways.setdefault(b, []).append(a)
    found = []
    for start in list(ways):
        while ways[start]:
            path, place = [start], {start: 0}
            while ways[path[-1]]:
                here = path[-1]
                ahead = ways[here].pop()
                ways[ahead].remove(here)
                if ahead in place:
                    cut = place[ahead]
                    found.append(np.array(path[cut:], dtype=np.intp))
                    for gone in path[cut + 1 :]:
                        del place[gone]
                    del path[cut + 1 :]
                else:
                    place[ahead] = len(path)
                    path.append(ahead)
    return found


def membrane(rim: Array) -> tuple[Array, Faces, Array]:
    """Return the skin stretched over a closed line.

    Parameters
    ----------
    rim : (N, 3) array
        The line, mm; its last point is joined to its first.

    Returns
    -------
    points : (N + K, 3) array
        The rim as it is, and K points within it, each in the middle of its neighbours.
    faces : (M, 3) int array
        Triangles.
    inside : (N + K,) array
        0 on the rim and 1 in the middle.

    Examples
    --------
    >>> square = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    >>> points, faces, inside = membrane(square)
    >>> len(odd_edges(faces)), inside[:4].tolist()
    (4, [0.0, 0.0, 0.0, 0.0])
    """
    count = len(rim)
    # on a circle: each edge of the rim is one of its hull, and so of one triangle
    turn = 2.0 * np.pi * np.arange(count) / count
    flat = [np.stack([np.cos(turn), np.sin(turn)], axis=1)]
    rings = min(MOST_RINGS, count // 10)
    radii = np.arange(rings, 0, -1) / (rings + 1.0)
    for radius in radii:
        few = max(5, round(0.35 * count * radius))
        angle = 2.0 * np.pi * np.arange(few) / few
        flat.append(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    flat.append(np.zeros((1, 2)))
    places = np.concatenate(flat)
    faces = Delaunay(places).simplices.astype(np.int32)
    total = len(places)
    points = np.concatenate([rim, np.repeat(rim.mean(axis=0)[None], total - count, 0)])
    a = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([a, a[:, ::-1]])
    near = coo_matrix((np.ones(len(both)), both.T), shape=(total, total)).tocsr()
    near.data[:] = 1.0
    laplace = (diags(np.asarray(near.sum(axis=1)).ravel()) - near).tocsr()
    free = slice(count, total)
    pull = -laplace[free, :count] @ rim
    points[free] = np.asarray(spsolve(laplace[free, free].tocsc(), pull)).reshape(-1, 3)
    inside = 1.0 - (places**2).sum(axis=1)
    inside[:count] = 0.0  # not nearly: the rim is where it is
    return points, faces, inside


def closing(points: Array, faces: Faces) -> tuple[Array, Faces]:
    """Return the surfaces that close a mesh, with points of their own.

    Parameters
    ----------
    points : (N, 3) array
        Corners of the mesh, mm.
    faces : (M, 3) int array
        Its triangles, counter-clockwise seen from the skin.

    Returns
    -------
    points : (K, 3) array
        Those on the rim have the very coordinates of the mesh's own.
    faces : (L, 3) int array
        Triangles. Empty for a mesh without a rim.

    Examples
    --------
    >>> sheet = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    >>> more, index = closing(sheet, np.array([[0, 1, 2]]))
    >>> both = np.concatenate([np.array([[0, 1, 2]]), index + 3])
    >>> len(odd_edges(welded(np.concatenate([sheet, more]), both)))
    0
    """
    parts: list[Array] = [np.empty((0, 3))]
    index: list[Faces] = [np.empty((0, 3), np.int32)]
    at = 0
    for loop in loops_of(odd_edges(faces)):
        own, made, inside = membrane(points[loop])
        own = _behind(own, inside, points, faces)
        parts.append(own)
        index.append(made + at)
        at += len(own)
    return np.concatenate(parts), np.concatenate(index).astype(np.int32)


def welded(points: Array, faces: Faces) -> Faces:
    """Return faces with points at the same place as one, (M, 3).

    Examples
    --------
    >>> places = np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 0]])
    >>> welded(places, np.array([[0, 1, 2]])).tolist()
    [[0, 1, 0]]
    """
    _, one = np.unique(points, axis=0, return_inverse=True)
    return np.asarray(one.reshape(-1)[faces])


def _normals(points: Array, faces: Faces) -> Array:
    """Return the normals of the faces, as long as twice their areas, (M, 3)."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    return np.asarray(np.cross(b - a, c - a))


def _behind(own: Array, inside: Array, points: Array, faces: Faces) -> Array:
    """Return a membrane moved inward until it lies behind what faces the skin there."""
    normals = _normals(points, faces)
    long = np.linalg.norm(normals, axis=1) + 1e-12
    inward = -normals.sum(axis=0) / long.sum()
    even = float(np.linalg.norm(inward))
    share = inside > SHARE
    if even < ROUND or not share.any():
        return own
    way = inward / even
    # faces that look at the skin along this way; the rest is round the corner
    facing = points[faces[(normals @ way) < -FACING * long]].mean(axis=1)
    if not len(facing):
        return own
    across = np.linalg.svd(way[None])[2][1:].T
    _, beside = cKDTree(facing @ across).query(own[share] @ across)
    before = (facing[beside] - own[share]) @ way / inside[share] + BEHIND_MM
    push = min(MOST_MM, float(before.max(initial=0.0)))
    return np.asarray(own + (push * inside)[:, None] * way)
