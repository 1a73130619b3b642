"""The skin of a body as a surface: nearest points, normals, and tape-measure walks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from anatomy.errors import OffBodyError, OutOfRangeError
from anatomy.mesh.line import middles_of, near_line
from anatomy.mesh.tape import Point3, Tape, tape
from anatomy.mesh.triangle import closest_in_triangle, closest_in_triangles
from anatomy.mesh.vectors import norm

Array = NDArray[np.float64]
IntArray = NDArray[np.int32]

#: Neighbouring vertices whose faces are tried for the nearest point.
NEAREST_VERTICES = 6
#: Farther from the skin than this the nearest face is looked for among all, mm.
DEEP_MM = 2.0
#: No tape walk on a body is longer than this, mm.
LONGEST_WALK_MM = 2500.0


@dataclass(frozen=True, eq=False)
class SkinPoint:
    """A point of the skin: its place (3,), its face, and its place in the face (3,)."""

    xyz: Array
    face: int
    bary: Array

    def __repr__(self) -> str:
        """Place in mm, rounded."""
        x, y, z = self.xyz
        return f"SkinPoint({x:.1f}, {y:.1f}, {z:.1f})"


class SkinSurface:
    """Triangle mesh of the skin in the body frame (millimetres, LPS).

    Parameters
    ----------
    vertices : (V, 3) array of float
        Vertices, exactly symmetric in x.
    faces : (F, 3) array of int
        Counter-clockwise seen from outside.
    mirror : (V,) array of int, optional
        Index of each vertex's mirror image, where it is known; else it is searched.

    Notes
    -----
    A walk follows the section of the mesh by a plane, as a tape lies on skin that
    is pressed flat by it nowhere; concave folds are followed, not bridged.
    """

    def __init__(
        self,
        vertices: ArrayLike,
        faces: ArrayLike,
        *,
        mirror: ArrayLike | None = None,
    ) -> None:
        self._mirror = mirror
        self.vertices: Array = np.ascontiguousarray(vertices, dtype=float)
        self.faces: IntArray = np.ascontiguousarray(faces, dtype=np.int32)

    @cached_property
    def tree(self) -> cKDTree:
        """Search tree of the vertices."""
        # leaves of this size are quickest deep in the body, where many are as near
        return cKDTree(
            self.vertices, leafsize=32, balanced_tree=False, compact_nodes=False
        )

    @cached_property
    def face_normals(self) -> Array:
        """Outward unit normals of the faces, (F, 3)."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        return np.asarray(normal / (np.linalg.norm(normal, axis=1)[:, None] + 1e-30))

    @cached_property
    def longest_edge_mm(self) -> float:
        """Length of the longest edge of all faces, mm."""
        corner = self.vertices[self.faces]
        edges = corner - np.roll(corner, 1, axis=1)
        return float(np.linalg.norm(edges, axis=2).max())

    @cached_property
    def vertex_normals(self) -> Array:
        """Outward unit normals of the vertices, area weighted, (V, 3)."""
        a, b, c = (self.vertices[self.faces[:, k]] for k in range(3))
        area = np.cross(b - a, c - a)
        total = np.zeros_like(self.vertices)
        for axis in range(3):
            weights = np.repeat(area[:, axis], 3)
            total[:, axis] = np.bincount(
                self.faces.ravel(), weights, minlength=len(total)
            )
        return np.asarray(total / (np.linalg.norm(total, axis=1)[:, None] + 1e-30))

    @cached_property
    def mirror(self) -> IntArray:
        """Index of each vertex's mirror image across the mid-sagittal plane, (V,)."""
        if self._mirror is not None:
            return np.asarray(self._mirror, dtype=np.int32)
        flipped = self.vertices * np.array([-1.0, 1.0, 1.0])
        return np.asarray(self.tree.query(flipped)[1], dtype=np.int32)

    @cached_property
    def _vertex_faces(self) -> tuple[IntArray, IntArray]:
        """Faces around each vertex, as compressed rows (start, faces)."""
        flat = self.faces.ravel()
        order = np.argsort(flat, kind="stable")
        start = np.searchsorted(flat[order], np.arange(len(self.vertices) + 1))
        return start.astype(np.int32), (order // 3).astype(np.int32)

    def around(self, vertex: int) -> IntArray:
        """Return a vertex and those that share a face with it, sorted."""
        start, faces = self._vertex_faces
        near = self.faces[faces[start[vertex] : start[vertex + 1]]]
        return np.unique(np.append(near, vertex))

    @cached_property
    def neighbours(self) -> IntArray:
        """Face across each edge (k, k + 1) of each face, -1 at an open edge, (F, 3)."""
        start = self.faces.ravel().astype(np.int64)
        end = np.roll(self.faces, -1, axis=1).ravel().astype(np.int64)
        key = np.minimum(start, end) * len(self.vertices) + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order][1:] == key[order][:-1])
        across = np.full(len(key), -1, dtype=np.int32)
        one, two = order[same], order[same + 1]
        across[one], across[two] = two // 3, one // 3
        return across.reshape(-1, 3)

    @cached_property
    def _middles(self) -> Array:
        """Middle of each face and the distance of its farthest corner, (4, F) mm."""
        return middles_of(self.vertices[self.faces])

    def faces_near_line(self, place: Array, direction: Array) -> NDArray[np.intp]:
        """Return every face that a line may meet, and some beside it, in order.

        Parameters
        ----------
        place : (3,) float64
            A place on the line, mm.
        direction : (3,) float64
            Unit vector along it.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 0], [8, 9, 0], [9, 8, 0]]
        >>> skin = SkinSurface(corners, [[0, 1, 2], [3, 4, 5]])
        >>> skin.faces_near_line(np.array([0.2, 0.2, 5.0]), np.array([0.0, 0.0, 1.0]))
        array([0])
        """
        return near_line(self._middles, place, direction)

    def nearest(self, xyz: ArrayLike) -> SkinPoint:
        """Return the skin point nearest to a place (3,) in mm.

        Raises
        ------
        OutOfRangeError
            When the place is not three finite numbers.
        """
        place = np.asarray(xyz, dtype=float)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise OutOfRangeError(
                f"A place must be three finite numbers in mm; got {xyz!r}.",
                field="xyz_mm",
            )
        away, vertices = self.tree.query(place, k=NEAREST_VERTICES)
        start, around = self._vertex_faces
        faces: set[int] = set()
        for vertex in vertices.tolist():
            faces.update(around[start[vertex] : start[vertex + 1]].tolist())
        px, py, pz = place.tolist()
        # as in `nearest_many`, without the cost of arrays for a dozen faces
        reach = float(away[0]) * (1 + 1e-9) + 1e-9
        best, found = math.inf, None
        for face in sorted(faces):
            x, y, z, far = self._middles[:, face].tolist()
            x, y, z = x - px, y - py, z - pz
            if not math.sqrt(x * x + y * y + z * z) - far <= reach:
                continue
            a, b, c = (self.vertices[k].tolist() for k in self.faces[face].tolist())
            u, v, w = closest_in_triangle((px, py, pz), a, b, c)
            x, y, z = (u * a[k] + v * b[k] + w * c[k] for k in range(3))
            dx, dy, dz = x - px, y - py, z - pz
            distance = math.sqrt(dx * dx + dy * dy + dz * dz)
            if found is None or distance < best:
                best, found = distance, (face, (x, y, z), (u, v, w))
        if found is None:  # never: the nearest vertex has a face
            raise OffBodyError("The place has no skin near it.", field="xyz_mm")
        if best > DEEP_MM:
            points, face_of, bary, _ = self.nearest_many(place)
            return SkinPoint(points[0], int(face_of[0]), bary[0])
        return SkinPoint(np.array(found[1]), found[0], np.array(found[2]))

    def nearest_many(self, xyz: ArrayLike) -> tuple[Array, IntArray, Array, Array]:
        """Return nearest skin points of many places.

        Parameters
        ----------
        xyz : (N, 3) array of float
            Places, mm.

        Returns
        -------
        tuple of arrays
            Points (N, 3), faces (N,), barycentric weights (N, 3), distances (N,).
        """
        places = np.atleast_2d(np.asarray(xyz, dtype=float))
        away, vertex = self.tree.query(places, k=NEAREST_VERTICES)
        start, around = self._vertex_faces
        start_of = start[vertex].ravel()
        size = start[vertex + 1].ravel() - start_of
        offset = start_of - (size.cumsum() - size)
        faces = around[offset.repeat(size) + np.arange(size.sum())]
        rows = np.arange(len(size)).repeat(size) // NEAREST_VERTICES
        # each face once, in the order of its number
        key = rows * len(self.faces) + faces
        key.sort()
        once = np.ones(len(key), dtype=bool)
        once[1:] = key[1:] != key[:-1]
        key = key[once]
        rows, faces = np.divmod(key, len(self.faces))
        # a face all of which is farther off than the nearest vertex cannot be nearest
        place = np.ascontiguousarray(places.T)
        middle = self._middles
        x, y, z, far = middle.take(faces, axis=1)
        px, py, pz = place.take(rows, axis=1)
        gap = np.sqrt((x - px) ** 2 + (y - py) ** 2 + (z - pz) ** 2) - far
        near = np.flatnonzero(gap <= (away[:, 0] * (1 + 1e-9) + 1e-9).take(rows))
        faces, rows = faces[near], rows[near]
        corner = self.corners(faces)
        place = place.take(rows, axis=1)
        bary = closest_in_triangles(place, *corner)
        points = bary[0] * corner[0] + bary[1] * corner[1] + bary[2] * corner[2]
        x, y, z = points - place
        distance = np.sqrt(x * x + y * y + z * z)
        # of equally near faces the first by number
        each = np.arange(len(places))
        least = np.minimum.reduceat(distance, rows.searchsorted(each))
        nearest = np.flatnonzero(distance == least[rows])
        first = nearest[rows[nearest].searchsorted(each)]
        found = faces[first].astype(np.int32)
        points, bary = (
            np.ascontiguousarray(part.take(first, axis=1).T) for part in (points, bary)
        )
        distance = distance[first]
        self._look_wider(places, points, found, bary, distance)
        return points, found, bary, distance

    def _look_wider(
        self,
        places: Array,
        points: Array,
        faces: IntArray,
        bary: Array,
        distance: Array,
    ) -> None:
        """Put nearer faces in the place of those found, for places far from the skin.

        The nearest face need not touch any of the nearest vertices. Faces are looked at
        in the order of their middles, four times as many for those places that a face
        not looked at may still be nearest to.
        """
        tree, far = self._middle_tree
        most = float(far.max())
        at = np.flatnonzero(distance > DEEP_MM)
        count = NEAREST_VERTICES
        while len(at):
            count = min(4 * count, len(self.faces))
            # few places at a time, so that memory does not grow with them
            open_: list[IntArray] = []
            for part in np.array_split(at, -(-len(at) * count // 400_000)):
                away, near = tree.query(places[part], k=count)
                row, column = np.nonzero(away - far[near] < distance[part, None])
                corner = self.corners(near[row, column])
                place = np.ascontiguousarray(places[part[row]].T)
                weight = closest_in_triangles(place, *corner)
                on = sum(weight[k] * corner[k] for k in range(3))
                gap = np.sqrt(((on - place) ** 2).sum(axis=0))
                order = np.lexsort((near[row, column], gap, row))
                first = order[np.r_[True, row[order][1:] != row[order][:-1]]]
                first = first[gap[first] < distance[part[row[first]]]]
                least = distance[part]
                least[row[first]] = gap[first]
                wide = away[:, -1] - most < least
                wide &= count < len(self.faces)
                better = first[~wide[row[first]]]
                mine = part[row[better]]
                points[mine], distance[mine] = on[:, better].T, gap[better]
                bary[mine] = np.asarray(weight)[:, better].T
                faces[mine] = near[row[better], column[better]]
                open_.append(part[wide])
            at = np.concatenate(open_)

    @cached_property
    def _middle_tree(self) -> tuple[cKDTree, Array]:
        """Tree of the middles of faces, and how far their corners lie from them, mm."""
        return cKDTree(self._middles[:3].T), self._middles[3]

    def corners(self, faces: IntArray) -> list[Array]:
        """Return the three corners of faces (N,), each (3, N) mm."""
        return [
            self._axes.take(corner.take(faces), axis=1) for corner in self._corner_of
        ]

    @cached_property
    def _axes(self) -> Array:
        """The vertices, coordinate by coordinate, (3, V) mm."""
        return np.ascontiguousarray(self.vertices.T)

    @cached_property
    def _corner_of(self) -> IntArray:
        """The vertices of the faces, corner by corner, (3, F)."""
        return np.ascontiguousarray(self.faces.T)

    def point_on(self, face: int, bary: ArrayLike) -> SkinPoint:
        """Return the point of a face with the given barycentric weights (3,)."""
        weights = np.asarray(bary, dtype=float)
        return SkinPoint(weights @ self.vertices[self.faces[face]], face, weights)

    def normal(self, point: SkinPoint) -> Array:
        """Return the outward unit normal (3,) at a skin point, smooth over faces."""
        mixed = point.bary @ self.vertex_normals[self.faces[point.face]]
        length = norm(mixed)
        if length < 1e-6:  # a fold so sharp that its normals cancel
            return np.asarray(self.face_normals[point.face])
        return np.asarray(mixed / length)

    def walk(
        self,
        start: SkinPoint,
        toward: ArrayLike,
        distance_mm: float,
        plane_normal: ArrayLike,
    ) -> SkinPoint:
        """Follow the skin like a tape from a point.

        Parameters
        ----------
        start : SkinPoint
            Where the tape begins.
        toward : (3,) array of float
            Direction in which it first runs.
        distance_mm : float
            Length along the skin, not negative.
        plane_normal : (3,) array of float
            Normal of the plane through `start` that the tape stays in.

        Returns
        -------
        SkinPoint
            Where the tape ends.

        Raises
        ------
        OffBodyError
            When the section ends at an opening or closes before the distance.
        OutOfRangeError
            When the distance is negative, not finite or longer than a body.
        """
        if not 0 <= distance_mm <= LONGEST_WALK_MM:
            raise OutOfRangeError(
                f"A distance along the skin must be 0 to {LONGEST_WALK_MM:g} mm; "
                f"got {distance_mm!r}."
            )
        if distance_mm == 0:
            return start
        laid = self._section(start, toward, plane_normal)
        number, left = laid.follow(float(distance_mm))
        if number < len(laid.steps):
            face, (x, y, z), (u, v, w) = laid.pieces[number]
            share = left / laid.steps[number]
            place = (x + (u - x) * share, y + (v - y) * share, z + (w - z) * share)
            return self._in_face(face, place)
        here: Point3 = tuple(start.xyz.tolist())
        face = start.face
        if laid.pieces:
            face, here, _ = laid.pieces[-1]
        raise OffBodyError(
            f"The skin ends {distance_mm - left:.0f} mm along this line, before the "
            f"{distance_mm:.0f} mm asked for (last place {np.round(here, 1).tolist()}"
            f", face {face})."
        )

    def path(
        self,
        start: SkinPoint,
        toward: ArrayLike,
        distance_mm: float,
        plane_normal: ArrayLike,
    ) -> Array:
        """Return the corners (N, 3) of the tape, from its start to a distance."""
        left = float(distance_mm)
        corners: list[Point3] = [tuple(start.xyz.tolist())]
        for _, begin, end in self._section(start, toward, plane_normal):
            step = math.dist(begin, end)
            if step >= left:
                share = left / max(step, 1e-12)
                last = np.array(begin) + (np.array(end) - begin) * share
                corners.append(tuple(last.tolist()))
                break
            left -= step
            corners.append(end)
        return np.array(corners)

    def arc_length(
        self, start: SkinPoint, goal: SkinPoint, plane_normal: ArrayLike
    ) -> float:
        """Return the length of tape from one point to another in a plane.

        The plane goes through `start`; the goal is taken where the tape passes
        nearest to it. The tape sets out toward the goal.

        Raises
        ------
        OffBodyError
            When the tape never comes within 15 mm of the goal.
        """
        normal = _unit(np.asarray(plane_normal, dtype=float))
        target = goal.xyz - normal * float((goal.xyz - start.xyz) @ normal)
        best = (float(np.linalg.norm(target - start.xyz)), 0.0)
        gone = 0.0
        toward = target - start.xyz
        tx, ty, tz = target.tolist()
        for _, begin, end in self._section(start, toward, normal):
            (x, y, z), (u, v, w) = begin, end
            dx, dy, dz = u - x, v - y, w - z
            square = dx * dx + dy * dy + dz * dz
            step = math.sqrt(square)
            if square > 0:
                along = ((tx - x) * dx + (ty - y) * dy + (tz - z) * dz) / square
                along = min(max(along, 0.0), 1.0)
                place = (x + along * dx, y + along * dy, z + along * dz)
                miss = math.dist(place, (tx, ty, tz))
                if miss < best[0] - 1e-9:
                    best = (miss, gone + along * step)
            gone += step
            if gone > LONGEST_WALK_MM or (gone > best[1] + 400 and best[0] < 3):
                break
        if best[0] > 15.0:
            raise OffBodyError("The two places are not on one line round the skin.")
        return best[1]

    def _in_face(self, face: int, place: Point3) -> SkinPoint:
        """Return the point of a face at a place that lies in it."""
        corner = self.vertices[self.faces[face]]
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corner.tolist()
        px, py, pz = place
        ux, uy, uz = bx - ax, by - ay, bz - az
        vx, vy, vz = cx - ax, cy - ay, cz - az
        wx, wy, wz = px - ax, py - ay, pz - az
        uu, uv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz
        vv, wu = vx * vx + vy * vy + vz * vz, wx * ux + wy * uy + wz * uz
        wv = wx * vx + wy * vy + wz * vz
        square = uu * vv - uv * uv
        if square > 1e-12 * uu * vv:
            second = (vv * wu - uv * wv) / square
            third = (uu * wv - uv * wu) / square
            if min(second, third, 1.0 - second - third) >= 0.0:
                bary = np.array([1.0 - second - third, second, third])
                return SkinPoint(bary @ corner, face, bary)
        a, b, c = corner.tolist()
        bary = np.array(closest_in_triangle(place, a, b, c))
        return SkinPoint(bary @ corner, face, bary)

    def _section(
        self, start: SkinPoint, toward: ArrayLike, plane_normal: ArrayLike
    ) -> Tape:
        ways = (_unit(np.asarray(v, dtype=float)) for v in (toward, plane_normal))
        heading, normal = (tuple(way.tolist()) for way in ways)
        return tape(self, start.face, tuple(start.xyz.tolist()), heading, normal)


def _unit(vector: Array) -> Array:
    length = norm(vector)
    if not length > 1e-12:
        raise OutOfRangeError("A direction must be a finite vector that is not zero.")
    return np.asarray(vector / length)
