"""Slices of a body by a plane: outlines of skin and bones in millimetres of the plane.

A picture of a plane has a right and an up; its coordinates are millimetres along them
from the plane's origin.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anatomy.errors import OutOfRangeError
from anatomy.mesh.arrays import IntArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint

Array = NDArray[np.float64]
Mesh = tuple[Array, NDArray[np.int32]]

#: A vertex nearer to the plane than this counts as just above it, mm, so that every
#: triangle that is cut at all is cut in one segment between two of its edges.
ON_PLANE_MM = 1e-9
#: Crossings nearer to each other than this are one, mm.
WELD_MM = 0.01
#: Parts of the body whose long axis is the body's own.
UPRIGHT = ("trunk", "neck", "head")
#: A direction whose share in a plane is less than this does not set its up.
LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane with the right and the up of the picture that shows it.

    Attributes
    ----------
    origin : (3,) float64
        Place (0, 0) of the picture, mm, body frame.
    right, up : (3,) float64
        Unit vectors at right angles.
    """

    origin: Array
    right: Array
    up: Array

    @property
    def normal(self) -> Array:
        """Unit vector (3,) from the plane to whoever looks at the picture."""
        return np.cross(self.right, self.up)

    def project(self, xyz: ArrayLike) -> Array:
        """Return places (..., 3) as picture coordinates (..., 2), straight onto it."""
        away = np.asarray(xyz, dtype=float) - self.origin
        return np.stack([away @ self.right, away @ self.up], axis=-1)

    def along(self, direction: ArrayLike) -> Array:
        """Return the part (2,) of a direction (3,) that lies in the plane."""
        way = np.asarray(direction, dtype=float)
        return np.array([way @ self.right, way @ self.up])

    def distance(self, xyz: ArrayLike) -> Array:
        """Return how far places (..., 3) lie before the plane, mm; behind is less."""
        return np.asarray((np.asarray(xyz, dtype=float) - self.origin) @ self.normal)

    def lift(self, uv: ArrayLike) -> Array:
        """Return the places (..., 3) of picture coordinates (..., 2)."""
        flat = np.asarray(uv, dtype=float)
        return np.asarray(
            self.origin + flat[..., :1] * self.right + flat[..., 1:] * self.up
        )


def plane_through(origin: ArrayLike, normal: ArrayLike, up: ArrayLike) -> Plane:
    """Return the plane through a place, seen from where its normal points.

    Parameters
    ----------
    origin, normal, up : (3,) array of float
        A place (mm), the direction toward the viewer, and what is up in the picture
        (its part in the plane counts).

    Raises
    ------
    OutOfRangeError
        When a number is not finite, or up points along the normal.

    Examples
    --------
    >>> axial = plane_through([0, 0, 1000], [0, 0, -1], [0, -1, 0])
    >>> axial.right.tolist()
    [1.0, 0.0, 0.0]
    """
    place, toward, top = (np.asarray(v, dtype=float) for v in (origin, normal, up))
    size = float(np.linalg.norm(toward))
    if not np.isfinite([*place, *toward, *top]).all() or size < 1e-9:
        raise OutOfRangeError(
            "A plane must have a finite place and a normal with a length; "
            f"got {place.tolist()} and {toward.tolist()}.",
            field="plane",
        )
    toward = toward / size
    top = top - (top @ toward) * toward
    length = float(np.linalg.norm(top))
    if length < 1e-6:
        raise OutOfRangeError(
            "The up of a plane must not point along its normal.", field="plane"
        )
    top = top / length
    return Plane(place, np.cross(top, toward), top)


def long_axis(body: Body, point: SkinPoint) -> Array:
    """Return the long axis (3,) of the part of the body at a point, to proximal.

    In trunk, neck and head: superior.
    """
    name = body.segment_at(point)
    segment = body.segments.get(name)
    if segment is None or name in UPRIGHT:
        return np.array([0.0, 0.0, 1.0])
    return np.asarray(segment.axis, dtype=float)


def axial_plane(body: Body, point: SkinPoint) -> Plane:
    """Return the plane through a point across the part of the body it lies on.

    Shown as scans are: seen from below (in a limb from its far end), anterior up, the
    patient's right on the left. In the foot, whose axis runs forward, superior is up.

    Parameters
    ----------
    body : Body
        The body.
    point : SkinPoint
        A place on its skin.
    """
    axis = long_axis(body, point)
    up = np.array([0.0, -1.0, 0.0])
    if 1.0 - float(up @ axis) ** 2 < LEAST_SHARE:
        up = np.array([0.0, 0.0, 1.0])
    return plane_through(point.xyz, -axis, up)


def slice_mesh(vertices: ArrayLike, faces: ArrayLike, plane: Plane) -> list[Array]:
    """Return the lines in which a plane cuts a triangle mesh.

    Parameters
    ----------
    vertices : (V, 3) array of float
        Vertices, mm.
    faces : (F, 3) array of int
        Triangles, counter-clockwise seen from outside.
    plane : Plane
        The plane.

    Returns
    -------
    list of (K, 2) float64
        In picture coordinates. A line round a closed part ends where it began
        (counter-clockwise round what is solid, clockwise round a hollow); at an
        opening of the mesh it is open.
    """
    corners = np.asarray(vertices, dtype=float)
    lines = _cut(corners, plane.distance(corners), np.asarray(faces))
    return [plane.project(line) for line in lines]


def level_lines(
    values: ArrayLike,
    right: ArrayLike,
    up: ArrayLike,
    *,
    where: NDArray[np.bool_] | None = None,
) -> list[Array]:
    """Return the lines along which values on a grid are zero, the greater on the left.

    Parameters
    ----------
    values : (M, N) array of float
        Finite values at M heights and N places to the right.
    right, up : (N,), (M,) array of float
        Coordinates of the columns and the rows, mm, rising.
    where : (M, N) array of bool, optional
        Where the values mean anything; lines stay within triangles of such places.

    Returns
    -------
    list of (K, 2) float64
        Lines in mm; closed ones end where they began.

    Examples
    --------
    >>> hill = [[-1, -1, -1], [-1, 1, -1], [-1, -1, -1]]
    >>> (ring,) = level_lines(hill, [0, 1, 2], [0, 1, 2])
    >>> bool((ring[0] == ring[-1]).all()), len(ring)
    (True, 7)
    """
    grid = np.asarray(values, dtype=float)
    across, high = np.meshgrid(np.asarray(right, float), np.asarray(up, float))
    faces = _grid_faces(*grid.shape)
    if where is not None:
        faces = faces[np.asarray(where).ravel()[faces].all(axis=1)]
    places = np.stack([across.ravel(), high.ravel()], axis=1)
    return _cut(places, grid.ravel(), faces)


@functools.lru_cache(maxsize=16)
def _grid_faces(rows: int, columns: int) -> IntArray:
    """Return the triangles of a grid, two for each of its cells."""
    at = np.arange(rows * columns, dtype=np.intp).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    one = np.stack([a, b, c], axis=-1).reshape(-1, 3)
    two = np.stack([a, c, d], axis=-1).reshape(-1, 3)
    return np.concatenate([one, two])


def _cut(places: Array, height: Array, faces: NDArray[np.integer]) -> list[Array]:
    """Return the lines of height zero over triangles with corners (V, 2) or (V, 3)."""
    height = np.where(np.abs(height) < ON_PLANE_MM, ON_PLANE_MM, height)
    above = height > 0
    count = above[faces].sum(axis=1)
    faces = faces[(count == 1) | (count == 2)].astype(np.intp)
    if not len(faces):
        return []
    turned = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1)  # (F, 3 edges, 2)
    falls = above[turned[..., 0]] & ~above[turned[..., 1]]
    rises = ~above[turned[..., 0]] & above[turned[..., 1]]
    begin, end = turned[rises], turned[falls]
    # both faces of an edge see the same crossing, whichever way they run along it
    keys = np.sort(np.concatenate([begin, end]), axis=1)
    keys, ids = np.unique(keys[:, 0] * len(height) + keys[:, 1], return_inverse=True)
    low, high = np.divmod(keys, len(height))
    share = height[low] / (height[low] - height[high])
    points = places[low] + (places[high] - places[low]) * share[:, None]
    # some bones are sewn from patches whose seams have their corners twice
    _, same = np.unique(np.round(points / WELD_MM), axis=0, return_inverse=True)
    ids = same.ravel()[ids]
    points[same.ravel()] = points.copy()
    begins, ends = ids[len(faces) :], ids[: len(faces)]
    real = begins != ends
    return [points[line] for line in _joined(begins[real], ends[real])]


def _joined(begin: IntArray, end: IntArray) -> list[list[int]]:
    """Return segments between numbered points as lines, each segment used once."""
    after: dict[int, list[int]] = {}
    for a, b in zip(begin.tolist(), end.tolist(), strict=True):
        after.setdefault(a, []).append(b)
    entered = set(end.tolist())
    openings = [a for a in after if a not in entered]
    lines: list[list[int]] = []
    for first in [*openings, *after]:
        while after.get(first):
            line = [first]
            while after.get(line[-1]):
                line.append(after[line[-1]].pop())
                if line[-1] == first:
                    break
            lines.append(line)
    return lines


def closed(lines: list[Array]) -> list[Array]:
    """Return lines closed across the openings of a mesh, the nearest ends first.

    The skin is open at mouth and eyes, some bones at gaps of their scans. What has no
    extent, a line of fewer than three places, is left out.

    Examples
    --------
    >>> halves = [np.array([[0, 0], [2.0, 0]]), np.array([[2, 1], [0, 1.0]])]
    >>> (ring,) = closed(halves)
    >>> ring.tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    """
    done = [line for line in lines if (line[0] == line[-1]).all()]
    left = [line for line in lines if (line[0] != line[-1]).any()]
    while left:
        starts = np.array([line[0] for line in left])
        ends = np.array([line[-1] for line in left])
        gaps = np.linalg.norm(ends[:, None] - starts[None], axis=2)
        one, two = np.unravel_index(int(gaps.argmin()), gaps.shape)
        if one == two:
            line = left.pop(one)
            done.append(np.concatenate([line, line[:1]]))
            continue
        joined = np.concatenate([left[one], left[two]])
        left = [line for k, line in enumerate(left) if k not in (one, two)]
        left.append(joined)
    return [line for line in done if len(line) > 3]


@dataclass(frozen=True, eq=False)
class Outline:
    """What a plane shows of one bone or of the skin.

    Attributes
    ----------
    name : str
        The bone with its side at the end, or ``"skin"``.
    lines : tuple of (K, 2) float64
        Closed lines in picture coordinates, mm: as `slice_mesh`, gaps closed.
    """

    name: str
    lines: tuple[Array, ...]


def area_mm2(lines: tuple[Array, ...] | list[Array]) -> float:
    """Return the area that closed lines enclose, hollows taken off, mm².

    Examples
    --------
    >>> area_mm2([np.array([[0, 0], [2, 0], [2, 3], [0, 3], [0, 0.0]])])
    6.0
    """
    total = 0.0
    for line in lines:
        x, y = line[:, 0], line[:, 1]
        total += 0.5 * float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
    return total


@dataclass(frozen=True, eq=False)
class Bones:
    """Bones to be cut.

    Attributes
    ----------
    meshes : mapping of str to (vertices, faces)
        By name, as ``Body.bones`` has them.
    """

    meshes: Mapping[str, Mesh]

    @functools.cached_property
    def spheres(self) -> tuple[Array, Array]:
        """A sphere round each bone: centres (B, 3) and radii (B,), mm."""
        boxes = [(p.min(axis=0), p.max(axis=0)) for p, _ in self.meshes.values()]
        centres = np.array([(low + high) / 2 for low, high in boxes])
        radii = np.array([np.linalg.norm(high - low) / 2 for low, high in boxes])
        return centres, radii


@functools.lru_cache(maxsize=2)
def _own_bones(body: Body) -> Bones:
    return Bones(body.bones)


def body_outlines(
    body: Body,
    plane: Plane,
    *,
    within_mm: float = 2500.0,
    bones: Bones | None = None,
) -> tuple[Outline, ...]:
    """Return the outlines of skin and bones in a plane.

    Parameters
    ----------
    body : Body
        The body.
    plane : Plane
        Where it is cut.
    within_mm : float
        Bones farther than this from the plane's origin are left out.
    bones : Bones, optional
        Bones to show instead of the body's own.

    Returns
    -------
    tuple of Outline
        The skin first, then each bone that is cut.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> spine = body.landmarks.get("L3 spinous process")
    >>> names = [o.name for o in body_outlines(body, axial_plane(body, spine.skin))]
    >>> names[0], "L3" in names
    ('skin', True)
    """
    skin = slice_mesh(body.skin.vertices, body.skin.faces, plane)
    found = [Outline("skin", tuple(closed(skin)))]
    bones = bones or _own_bones(body)
    centres, radii = bones.spheres
    near = np.abs(plane.distance(centres)) <= radii
    near &= np.linalg.norm(centres - plane.origin, axis=1) <= within_mm + radii
    names = list(bones.meshes)
    for number in np.flatnonzero(near).tolist():
        lines = closed(slice_mesh(*bones.meshes[names[number]], plane))
        if any(np.abs(line).max(axis=1).min() <= within_mm for line in lines):
            found.append(Outline(names[number], tuple(lines)))
    return tuple(found)


#: Every name that `direction_word` may give.
DIRECTION_WORDS = (
    *("cranial", "caudal", "proximal", "distal", "superior", "inferior"),
    *("anterior", "posterior", "lateral (L)", "medial (R)", "medial (L)"),
    *("lateral (R)", "patient's left", "patient's right"),
)


def direction_word(
    body: Body, point: SkinPoint, direction: ArrayLike, *, side: str
) -> str:
    """Return the anatomical name that comes nearest to a direction at a place.

    Parameters
    ----------
    body : Body
        The body.
    point : SkinPoint
        Where.
    direction : (3,) array of float
        Any direction of the body frame.
    side : {"left", "right", "midline"}
        The patient's side of the place; on the midline sides are named instead of
        medial and lateral.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> knee = body.landmarks.get("patella superior pole", "left").skin
    >>> direction_word(body, knee, [1, 0, 0], side="left")
    'lateral (L)'
    """
    way = np.asarray(direction, dtype=float)
    axis = long_axis(body, point)
    limb = body.segment_at(point) not in UPRIGHT
    ends = ("proximal", "distal") if limb else ("cranial", "caudal")
    left, right = "patient's left", "patient's right"
    if side in ("left", "right"):
        outer, inner = (
            ("lateral", "medial") if side == "left" else ("medial", "lateral")
        )
        left, right = f"{outer} (L)", f"{inner} (R)"
    named = [
        (axis, *ends),
        (np.array([0.0, -1.0, 0.0]), "anterior", "posterior"),
        (np.array([1.0, 0.0, 0.0]), left, right),
    ]
    if abs(float(axis[1])) > LEAST_SHARE:  # the foot: its axis runs forward
        named[1] = (np.array([0.0, 0.0, 1.0]), "superior", "inferior")
    _, along, ahead, back = max(
        ((abs(float(way @ a)), float(way @ a), p, n) for a, p, n in named),
        key=lambda item: item[0],
    )
    return ahead if along > 0 else back
