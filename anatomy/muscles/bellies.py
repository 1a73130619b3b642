"""Muscles as they are drawn: outlines on charts, meshes in 3D, bands in sections.

All of it is a scheme made from attachments (`anatomy.muscles.attachments`): the bodies
have no muscles of their own. What was measured is the thickness of a few; the others
are drawn thin, and `BellyPart.thickness_mm` is None for them.

``python -m tools.bodies.bellies`` works the schemes out once and keeps them with the
data; a muscle whose attachments have changed since is worked out when it is asked for.

Examples
--------
On a chart, in 3D and in a cross-section:

>>> from anatomy.body import load_body
>>> from anatomy.body.section import axial_plane
>>> body = load_body("male")
>>> deltoid = belly(body, "deltoid", "left")
>>> outline(body, deltoid, "left_arm_lateral").area > 1000
True
>>> len(fibres(body, deltoid, "left_arm_lateral")) > 3
True
>>> mesh = solid(deltoid)
>>> mesh.points.shape[1], mesh.faces.shape[1]
(3, 3)
>>> tuberosity = body.landmarks.get("greater tuberosity of humerus", "left")
>>> bands = cut(deltoid, axial_plane(body, tuberosity.skin))
>>> bool(bands) and bool((bands[0][0] == bands[0][-1]).all())
True
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, uniform_filter
from shapely.geometry.base import BaseGeometry

from anatomy.body import BODIES, DATA
from anatomy.body.display import Mesh, source_key
from anatomy.body.section import closed, slice_mesh
from anatomy.errors import DataError, SideError
from anatomy.muscles.attachments import MuscleAttachments, attachments
from anatomy.muscles.belly_shape import Sheet, sheet
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.names import Side, parse_side, unknown

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.body.section import Plane
    from anatomy.charts import Chart

Array = NDArray[np.float64]

BELLIES = DATA.parent / "bellies"
#: Stored places are whole steps of this size, mm.
STEP_MM = 0.05
#: Counted up when the same attachments make another scheme.
SCHEME = 1
#: Skin turned further from the viewer than this (cosine) shows no muscle under it.
FACING = 0.12
#: The same for the other way to a part, which lies deep there.
FACING_ALSO = 0.5
#: Gaps of up to twice this are closed in outlines, and smaller ones left out, mm, mm².
SMOOTH_MM, LEAST_MM2 = 2.0, 15.0
#: A part that is seen in part is looked at in so many steps for each of its own.
FINER = 2


@dataclass(frozen=True, eq=False)
class BellyPart:
    """A head or fibre group of a muscle on one side of a body.

    Attributes
    ----------
    name : str
        Empty when the muscle has one part only.
    outer, inner : (F, S, 3) float64
        Surfaces toward the skin and away from it: fibres by stations, mm.
    skin : (2, F, S) int64
        The skin's vertex over each place, and on the other way to it.
    layer : (int, int)
        Which layer from the skin, of how many.
    straight : bool
        Whether it runs straight instead of in a layer under the skin.
    thickness_mm : float or None
        As measured; None where nobody did, and it is drawn thin.
    """

    name: str
    outer: Array
    inner: Array
    skin: NDArray[np.int64]
    layer: tuple[int, int]
    straight: bool
    thickness_mm: float | None

    @property
    def middle(self) -> Array:
        """Places half way between the two surfaces, (F, S, 3) mm."""
        return np.asarray((self.outer + self.inner) / 2)

    @property
    def length_mm(self) -> float:
        """Length of its middle fibre from origin to insertion, mm."""
        fibre = self.middle[len(self.outer) // 2]
        return float(np.linalg.norm(np.diff(fibre, axis=0), axis=1).sum())


@dataclass(frozen=True, eq=False)
class Belly:
    """A muscle on one side of a body, as it is drawn.

    Attributes
    ----------
    name : str
        The catalogue's name.
    side : {"left", "right"}
    parts : tuple of BellyPart
    """

    name: str
    side: Side
    parts: tuple[BellyPart, ...]

    @property
    def title(self) -> str:
        """Name with its side, as a person says it."""
        return f"{self.side} {self.name}"

    @property
    def depth(self) -> float:
        """Where it lies, from 0 (under the skin) to 1 (on the bone): draw by this."""
        shares = [
            (own - 1) / max(of - 1, 1) for own, of in (p.layer for p in self.parts)
        ]
        return float(np.mean(shares))


def belly(body: Body, muscle: str, side: str) -> Belly:
    """Return a muscle as it is drawn on one side of a body.

    Parameters
    ----------
    body : Body
    muscle : str
        Name or alias.
    side : {"left", "right"}

    Raises
    ------
    UnknownNameError
        When there is no such muscle.
    SideError
        When the side is neither left nor right.
    DataError
        When the muscle has no attachments, or the body lacks a place that they name.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> one = belly(load_body("female"), "rhomboids", "right")
    >>> one.title, [part.thickness_mm for part in one.parts]
    ('right rhomboid major', [3.8, 3.8])
    """
    known = parse_side(side, field="side")
    if known == "midline":
        raise SideError(
            "A belly is left or right.", field="side", given=side,
            suggestions=("left", "right"),
        )  # fmt: skip
    name = get_muscle(muscle).name
    memo = body.landmarks.memo
    key = ("belly", name, known)
    if key not in memo:
        memo[key] = _belly(body, attachments(name), known)
    found: Belly = memo[key]
    return found


def _belly(body: Body, entry: MuscleAttachments, side: Side) -> Belly:
    sheets = compiled(body.name).get((entry.name, scheme_key(body, entry)))
    if sheets is None:
        sheets = [sheet(body, part) for part in entry.part]
    made = []
    for part, one in zip(entry.part, sheets, strict=True):
        outer, inner, skin = one.outer, one.inner, one.skin
        if side == "right":
            flip = np.array([-1.0, 1.0, 1.0])
            outer, inner = outer * flip, inner * flip
            skin = body.skin.mirror[skin].astype(np.int64)
        made.append(
            BellyPart(
                name=part.name,
                outer=outer,
                inner=inner,
                skin=np.asarray(skin, dtype=np.int64),
                layer=part.layer,
                straight=part.course == "straight",
                thickness_mm=part.thickness_mm(body.name),
            )
        )
    return Belly(entry.name, side, tuple(made))


def _body_digest(body: Body) -> bytes:
    """Return the hash of the body's meshes and landmarks; made once for a body."""
    memo = body.landmarks.memo
    if "belly digest" not in memo:
        digest = hashlib.sha256(str(SCHEME).encode())
        digest.update(source_key(body.name).encode())
        for mark in body.landmarks:
            digest.update(mark.title.encode())
            for xyz in (mark.xyz, mark.bone_xyz):
                digest.update(b"-" if xyz is None else np.round(xyz, 2).tobytes())
        memo["belly digest"] = digest.digest()
    found: bytes = memo["belly digest"]
    return found


def scheme_key(body: Body, entry: MuscleAttachments) -> str:
    """Return the hash of what a muscle's scheme on a body rests on."""
    digest = hashlib.sha256(_body_digest(body))
    for part in entry.part:
        digest.update(part.model_dump_json().encode())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def compiled(body: str, folder: Path = BELLIES) -> dict[tuple[str, str], list[Sheet]]:
    """Return the schemes that are kept for a body, by muscle and key.

    Raises
    ------
    UnknownNameError
        When there is no such body.
    DataError
        When the file is broken.
    """
    if body not in BODIES:
        raise unknown("body", body, BODIES, field="site.body")
    path = folder / f"{body}.npz"
    if not path.exists():
        return {}
    try:
        with np.load(path) as stored:
            data = {name: stored[name] for name in stored.files}
        places = data["places"] * STEP_MM + data["low"]
        vertices = data["skin"].astype(np.int64)
        names = [str(n) for n in data["names"]]
        keys = [str(k) for k in data["keys"]]
        counts = data["counts"].tolist()
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(
            f"Muscle schemes of the {body} body unreadable: {problem}. "
            "Run 'python -m tools.bodies.bellies'."
        ) from None
    found: dict[tuple[str, str], list[Sheet]] = {}
    at = 0
    for name, key, count in zip(names, keys, counts, strict=True):
        found[name, key] = [
            Sheet(places[k, 0], places[k, 1], vertices[k])
            for k in range(at, at + count)
        ]
        at += count
    return found


def _shown(chart: Chart, part: BellyPart) -> NDArray[np.bool_]:
    """Return which places of a part the chart shows through the skin over them.

    What lies just beyond the chart's frame counts too, so that the frame cuts straight.
    """
    skin = chart.skin
    facing = -(skin.vertex_normals[part.skin] @ chart.view)
    x, y = np.moveaxis(skin.vertices[part.skin][..., list(chart.axes[:2])], -1, 0)
    xmin, xmax, ymin, ymax = chart.bounds
    framed = (x > xmin) & (x < xmax) & (y > ymin) & (y < ymax)
    seen = chart.visible_vertices[part.skin] & framed
    least = np.array([FACING, FACING_ALSO])[:, None, None]
    near = np.array([binary_dilation(way, iterations=2) for way in seen])
    shown = (seen | (near & ~framed)) & (facing > least)
    return np.asarray(shown.any(axis=0))


def _runs(shown: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where a row is shown without a gap: first place and last, two at least."""
    edges = np.flatnonzero(np.diff(np.r_[False, shown, False].astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if b - a >= 2]


def _finer(grid: Array, by: int) -> Array:
    """Return a grid with so many steps for each of its own, straight between."""
    for axis in (0, 1):
        count = grid.shape[axis]
        at = np.linspace(0, count - 1, by * (count - 1) + 1)
        low = np.minimum(at.astype(int), count - 2)
        share = (at - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        one, two = np.take(grid, low, axis=axis), np.take(grid, low + 1, axis=axis)
        grid = one * (1 - share) + two * share
    return grid


def part_outline(body: Body, part: BellyPart, chart: str) -> BaseGeometry | None:
    """Return the outline of one part on a chart, as `outline` does of a muscle."""
    seen = body.charts[chart]
    shown = _shown(seen, part)
    if not shown.any():
        return None
    flat = seen.project(part.middle.reshape(-1, 3)).reshape(*shown.shape, 2)
    if not shown.all():
        # at the rim of what a view shows, single vertices come and go
        share = uniform_filter(shown.astype(float), 3, mode="nearest")
        fine = _finer(np.dstack([flat, share]), FINER)
        flat, shown = fine[..., :2], fine[..., 2] >= 0.5
    strips = [
        np.concatenate([flat[row, a:b], flat[row + 1, a:b][::-1]])
        for row in range(len(flat) - 1)
        for a, b in _runs(shown[row] & shown[row + 1])
    ]
    if not strips:
        return None
    pieces = np.array([shapely.Polygon(s) for s in strips])
    crossed = ~shapely.is_valid(pieces)
    # a strip crosses itself where a part is seen on edge
    pieces[crossed] = shapely.buffer(pieces[crossed], 0.4, quad_segs=1)
    whole = shapely.union_all(pieces).simplify(0.3)
    whole = _closed_over(whole, SMOOTH_MM).simplify(0.3)
    xmin, xmax, ymin, ymax = seen.bounds
    whole = shapely.clip_by_rect(whole, xmin, ymin, xmax, ymax)
    return None if whole.area < LEAST_MM2 else whole


def _closed_over(shape: BaseGeometry, gap: float) -> BaseGeometry:
    """Return a shape with gaps of up to twice a distance closed."""
    return shape.buffer(gap, quad_segs=2).buffer(-gap, quad_segs=2)


def outline(body: Body, muscle: Belly, chart: str) -> BaseGeometry | None:
    """Return the outline of a muscle on a chart, in mm of the chart.

    Parameters
    ----------
    body : Body
        The body that the belly was made for.
    muscle : Belly
    chart : str
        Name of a chart.

    Returns
    -------
    shapely geometry or None
        Polygon, or several where the view shows it in pieces; None where the skin over
        it is not seen from there.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> gluteus = belly(body, "gluteus maximus", "left")
    >>> outline(body, gluteus, "anterior") is None
    True
    >>> outline(body, gluteus, "posterior").geom_type
    'Polygon'
    """
    memo = body.landmarks.memo
    key = ("belly outline", muscle.name, muscle.side, chart)
    if key not in memo and muscle.side == "right":
        memo[key] = _mirrored(body, muscle, chart)
    elif key not in memo:
        pieces = [part_outline(body, part, chart) for part in muscle.parts]
        memo[key] = _joined([piece for piece in pieces if piece is not None])
    found: BaseGeometry | None = memo[key]
    return found


def _mirrored(body: Body, muscle: Belly, chart: str) -> BaseGeometry | None:
    """Return the outline of the left muscle on the other side's chart, mirrored."""
    side = body.charts[chart].spec.side
    other = {"left": "right", "right": "left"}
    twin = chart if side is None else chart.replace(side, other[side], 1)
    shape = outline(body, belly(body, muscle.name, "left"), twin)
    sign = np.where(np.array(body.charts[chart].axes[:2]) == 0, -1.0, 1.0)
    return None if shape is None else shapely.transform(shape, lambda at: at * sign)


def _joined(pieces: list[BaseGeometry]) -> BaseGeometry | None:
    """Return one shape of the parts' outlines, with narrow gaps between them closed."""
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    return _closed_over(shapely.union_all(pieces), SMOOTH_MM).simplify(0.3)


def fibres(body: Body, muscle: Belly, chart: str, *, every: int = 2) -> list[Array]:
    """Return lines along the fibres that a chart shows, origin first.

    Parameters
    ----------
    body, muscle, chart
        As in `outline`.
    every : int
        Which fibres of each part: 1 for all, 2 for every other.

    Returns
    -------
    list of (K, 2) float64
        Places on the chart, mm.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> biceps = belly(body, "biceps brachii", "left")
    >>> line = fibres(body, biceps, "anterior")[0]
    >>> bool(line[0, 1] > line[-1, 1])  # from the shoulder down
    True
    """
    seen = body.charts[chart]
    xmin, xmax, ymin, ymax = seen.bounds
    lines = []
    for part in muscle.parts:
        shown = _shown(seen, part)
        middle = part.middle
        for row in range(every // 2, len(middle), every):
            for a, b in _runs(shown[row]):
                line = shapely.LineString(seen.project(middle[row, a:b]))
                inside = shapely.clip_by_rect(line, xmin, ymin, xmax, ymax)
                lines += [
                    np.asarray(piece.coords)
                    for piece in shapely.get_parts(inside)
                    if piece.geom_type == "LineString" and not piece.is_empty
                ]
    return lines


def solid(muscle: Belly) -> Mesh:
    """Return a muscle as one closed mesh for each part, to draw in 3D.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> len(solid(belly(load_body("male"), "soleus", "left")).faces) > 200
    True
    """
    points, faces, at = [], [], 0
    for part in muscle.parts:
        corners, index = _closed_mesh(part)
        points.append(corners)
        faces.append(index + at)
        at += len(corners)
    return Mesh(
        np.concatenate(points).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
    )


def _closed_mesh(part: BellyPart) -> tuple[Array, NDArray[np.int64]]:
    """Return corners and outward faces of the body between a part's two surfaces."""
    rows, columns = part.outer.shape[:2]
    count = rows * columns
    index = np.arange(count).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    top = np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )
    rim = np.concatenate(
        [index[0], index[1:, -1], index[-1, -2::-1], index[-2:0:-1, 0]]
    )
    after = np.roll(rim, -1)
    # the way round the rim runs along the edges of the top, so the walls run against
    walls = np.concatenate(
        [
            np.stack([after, rim, rim + count], -1),
            np.stack([after, rim + count, after + count], -1),
        ]
    )
    faces = np.concatenate([top, top[:, ::-1] + count, walls])
    corners = np.concatenate([part.outer.reshape(-1, 3), part.inner.reshape(-1, 3)])
    x, y, z = (corners[faces[:, k]] for k in range(3))
    if float(np.einsum("ij,ij->i", x, np.cross(y, z)).sum()) < 0:
        faces = faces[:, ::-1]
    return corners, faces


def cut(muscle: Belly, plane: Plane) -> list[Array]:
    """Return where a plane cuts a muscle: closed lines round each band of it.

    Parameters
    ----------
    muscle : Belly
    plane : Plane
        As of `anatomy.body.section.axial_plane`.

    Returns
    -------
    list of (K, 2) float64
        In coordinates of the plane's picture, mm; empty when it is not cut.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> from anatomy.body.section import axial_plane
    >>> body = load_body("male")
    >>> level = axial_plane(body, body.landmarks.get("L3 spinous process").skin)
    >>> len(cut(belly(body, "iliopsoas", "left"), level))
    1
    >>> cut(belly(body, "soleus", "left"), level)
    []
    """
    found: list[Array] = []
    for part in muscle.parts:
        corners, faces = _closed_mesh(part)
        away = plane.distance(corners)
        if away.min() < 0 < away.max():
            found += closed(slice_mesh(corners, faces, plane))
    return found


def bellies_on(body: Body, chart: str) -> dict[str, tuple[Belly, BaseGeometry]]:
    """Return all muscles that a chart shows, by title, the deepest first.

    Drawn in this order, what lies nearer to the skin covers what lies under it.

    Parameters
    ----------
    body : Body
    chart : str
        Name of a chart.

    Returns
    -------
    dict
        Belly and outline (as of `outline`) by the belly's title.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> found = bellies_on(load_body("male"), "left_buttock_posterior")
    >>> order = list(found)
    >>> order.index("left piriformis") < order.index("left gluteus maximus")
    True
    """
    found = {}
    for name in muscle_names():
        for side in ("left", "right"):
            one = belly(body, name, side)
            shape = outline(body, one, chart)
            if shape is not None:
                found[one.title] = (one, shape)
    return dict(sorted(found.items(), key=lambda item: -item[1][0].depth))


__all__ = [
    "Belly",
    "BellyPart",
    "bellies_on",
    "belly",
    "compiled",
    "cut",
    "fibres",
    "outline",
    "part_outline",
    "scheme_key",
    "solid",
]
