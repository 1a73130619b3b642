"""A tape on the skin: the section of a mesh by a plane, followed face by face.

In plain floats: for three numbers at a time they are several times faster than arrays,
and a tape crosses dozens of faces.
"""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Point3 = tuple[float, float, float]
Piece = tuple[int, Point3, Point3]
#: How far a corner is on the outer side of a plane, and its place, mm.
Corner = tuple[float, float, float, float]

#: A point this share of the way to its face's middle is never on an edge.
OFF_EDGE = 1e-6
#: A corner nearer to the plane than this counts as so far on its outer side, mm.
ON_PLANE = 1e-10
#: A tape that crosses more faces than this runs in a circle.
MOST_FACES_CROSSED = 20000
#: Tapes kept, for places that are found from the same landmark (some 10 MB).
MOST_TAPES = 512


class Mesh(Protocol):
    """What a tape is laid on: corners, faces, and the face across each edge."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]

    @property
    def neighbours(self) -> NDArray[np.int32]:
        """Face across each edge of each face, (F, 3)."""


class Tape:
    """The straight pieces of a plane section from a place on.

    It remembers them, so that it is followed only once: to find a place by tape the
    same tape is laid again and again to other lengths.

    Parameters
    ----------
    surface : Mesh
        The skin.
    face : int
        Face of the place that it begins at.
    start : tuple of float
        That place, mm.
    toward, normal : tuple of float
        Unit vectors: where it first runs, and the normal of its plane.

    Attributes
    ----------
    pieces : list
        Face, begin and end (mm) of each piece laid so far.
    steps : list of float
        Length of each, mm; written after the piece itself.
    """

    def __init__(
        self,
        surface: Mesh,
        face: int,
        start: Point3,
        toward: Point3,
        normal: Point3,
    ) -> None:
        self.pieces: list[Piece] = []
        self.steps: list[float] = []
        self._vertices = surface.vertices
        self._faces, self._neighbours = surface.faces, surface.neighbours
        self._first, self._toward, self._normal = face, toward, normal
        middle = self._vertices[self._faces[face]].mean(axis=0)
        inner = np.array(start) * (1 - OFF_EDGE) + middle * OFF_EDGE
        self._offset = float(inner @ np.array(normal))
        # the face to cross next (-1 for none), the one before, where it is entered
        self._face, self._before, self._here = int(face), -1, start
        self._known: dict[int, Corner] = {}
        self._lock = threading.Lock()

    def follow(self, left: float) -> tuple[int, float]:
        """Return the piece in which a length ends, and how much of it ends there.

        A number past the last piece says that the tape ends before.
        """
        number = 0
        for step in self.steps:
            if step >= left:
                return number, left
            left -= step
            number += 1
        while self._has(number):
            step = self.steps[number]
            if step >= left:
                return number, left
            left -= step
            number += 1
        return number, left

    def __iter__(self) -> Iterator[Piece]:
        """Iterate over the pieces: face, begin, end."""
        number = 0
        while self._has(number):
            yield self.pieces[number]
            number += 1

    def _has(self, number: int) -> bool:
        """Say whether there is a piece of this number, and lay it if need be."""
        if number >= len(self.steps):
            with self._lock:
                while number >= len(self.steps):
                    if not self._lay():
                        return False
        return True

    def _lay(self) -> bool:
        """Lay the next piece and say whether there was one."""
        face = self._face
        if face < 0 or len(self.pieces) >= MOST_FACES_CROSSED:
            return False
        one, two, three = self._faces[face].tolist()
        across = self._neighbours[face].tolist()
        a, b, c = self._corner(one), self._corner(two), self._corner(three)
        self._known = {one: a, two: b, three: c}  # two of them the next face shares
        here, end, after, step = self._here, None, -1, -1.0
        for begin, goal, beyond in (
            (a, b, across[0]),
            (b, c, across[1]),
            (c, a, across[2]),
        ):
            if (begin[0] > 0) == (goal[0] > 0):
                continue
            if self.pieces and beyond == self._before:  # where the tape came in
                continue
            place = _crossed(begin, goal)
            away = math.dist(place, here) if self.pieces else self._ahead(place)
            if end is None or away > step:
                end, after, step = place, beyond, away
        if end is None:
            self._face = -1
            return False
        self.pieces.append((face, here, end))
        self.steps.append(math.dist(here, end))
        self._before, self._here = face, end
        self._face = -1 if after == self._first else after
        return True

    def _corner(self, vertex: int) -> Corner:
        """Return a corner: how far outside the plane it is, and its place."""
        found = self._known.get(vertex)
        if found is None:
            x, y, z = self._vertices[vertex].tolist()
            nx, ny, nz = self._normal
            out = x * nx + y * ny + z * nz - self._offset
            found = (ON_PLANE if abs(out) < ON_PLANE else out, x, y, z)
        return found

    def _ahead(self, place: Point3) -> float:
        """Return how far a place lies in the direction that the tape sets out in."""
        (x, y, z), (sx, sy, sz), (tx, ty, tz) = place, self._here, self._toward
        return (x - sx) * tx + (y - sy) * ty + (z - sz) * tz


def _crossed(one: Corner, two: Corner) -> Point3:
    """Return where the plane crosses the edge from one corner to another."""
    a, x, y, z = one
    b, u, v, w = two
    share = a / (a - b)
    return (x + share * (u - x), y + share * (v - y), z + share * (w - z))


@lru_cache(maxsize=MOST_TAPES)
def tape(
    surface: Mesh, face: int, start: Point3, toward: Point3, normal: Point3
) -> Tape:
    """Return a tape from a place in a plane, from memory where it was laid before."""
    return Tape(surface, face, start, toward, normal)
