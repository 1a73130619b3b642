"""Bones into skin: each part moved by the plainest transform that can be right.

Trunk: slice by slice (spinous processes to the back's midline, sternum to the
front's, ribs to the sides). Head: one affine map. Limbs: a similarity per bone
between joint centres. Only the left half and the midline are fitted; the right
half is the mirror image, so the body is symmetric by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from anatomy.mesh.skin import SkinSurface
from tools.bodies.bones.bones import Mesh, components
from tools.bodies.skin import PosedSkin, sphere_directions

Array = NDArray[np.float64]
Map = Callable[[Array], Array]

#: Heights as a share of stature: hip joint, iliac crest, tip of C7, joint line of
#: the knee; standing anthropometry, checked by the lengths of the fit report.
HEIGHTS = {
    "male": {"hip": 0.523, "crest": 0.604, "c7": 0.850, "knee": 0.270},
    "female": {"hip": 0.519, "crest": 0.604, "c7": 0.848, "knee": 0.266},
}
#: Soft tissue left between bone and skin, mm.
SPINE_COVER_MM = 9.0
STERNUM_COVER_MM = 8.0
SIDE_COVER_MM = 17.0
SKULL_COVER_MM = 7.0
#: The front of the chest hangs lower than in the source by this much, mm.
CHEST_DROP_MM = 14.0
#: Least cover that any bone vertex keeps, mm.
LEAST_COVER_MM = 2.2
FINGERS = (1, 2, 3, 4, 5)
#: Directions of the inside test: an even spread over the sphere.
VOTE_DIRECTIONS = sphere_directions(14)


@dataclass
class Source:
    """Source skeleton by part, left and midline only."""

    world: dict[str, Mesh]
    floor: float
    top: float
    ribs: list[Mesh]
    sternum: Mesh
    cervical: list[Mesh]
    foot: dict[str, Mesh]

    def share(self, z: float) -> float:
        """Height as a share of the source's stature."""
        return (z - self.floor) / (self.top - self.floor)


@dataclass
class Skeleton:
    """Fitted bones of both sides and the joint centres used."""

    bones: dict[str, Mesh]
    joints: dict[str, Array]
    segment: dict[str, str]
    notes: dict[str, float] = field(default_factory=dict)


def read_source(world: dict[str, Mesh]) -> Source:
    """Split the source meshes into named parts."""
    cage = components(_find(world, "ribcage"))
    left = [p for p in cage if len(p[0]) >= 50 and p[0][:, 0].min() > 5]
    ribs = sorted(left, key=lambda p: -float(p[0][:, 2].max()))
    wide = [p for p in cage if p[0][:, 0].min() < -100 and p[0][:, 0].max() > 100]
    neck = sorted(
        components(world["hat_cervical"])[:7],
        key=lambda p: -float(p[0][p[0][:, 1].argmax(), 2]),
    )
    floor = float(min(world["l_foot"][0][:, 2].min(), world["l_bofoot"][0][:, 2].min()))
    return Source(
        world=world,
        floor=floor,
        top=float(world["hat_skull"][0][:, 2].max()),
        ribs=ribs,
        sternum=wide[0],
        cervical=neck,
        foot=_foot_parts(world),
    )


def _find(world: dict[str, Mesh], part: str) -> Mesh:
    return next(mesh for name, mesh in world.items() if part in name)


def _foot_parts(world: dict[str, Mesh]) -> dict[str, Mesh]:
    parts = components(world["l_foot"])
    found: dict[str, Mesh] = {"calcaneus": parts[0]}
    metatarsals = sorted(parts[1:6], key=lambda p: float(p[0][:, 0].mean()))
    for ray, part in enumerate(metatarsals, start=1):
        found[f"metatarsal {ray}"] = part
    rest = sorted(parts[6:11], key=lambda p: -float(p[0][:, 1].mean()))
    lateral = max(rest, key=lambda p: float(p[0][:, 0].mean()))
    found["cuboid"] = lateral
    others = [p for p in rest if p is not lateral]
    navicular = max(others, key=lambda p: float(p[0][:, 1].max()))
    found["navicular"] = navicular
    wedges = sorted(
        (p for p in others if p is not navicular),
        key=lambda p: float(p[0][:, 0].mean()),
    )
    for name, part in zip(("medial", "intermediate", "lateral"), wedges, strict=True):
        found[f"{name} cuneiform"] = part
    toes = components(world["l_bofoot"])
    rays: dict[int, list[Mesh]] = {ray: [] for ray in FINGERS}
    heads = np.array([_end(m, [0, -1, 0]) for m in metatarsals])
    for toe in toes:
        centre = toe[0].mean(axis=0)
        gap = np.abs(heads[:, 0] + (heads[:, 1] - centre[1]) * 0.12 - centre[0])
        rays[int(gap.argmin()) + 1].append(toe)
    for ray, bones in rays.items():
        names = ("proximal", "distal") if ray == 1 else ("proximal", "middle", "distal")
        ordered = sorted(bones, key=lambda p: -float(p[0][:, 1].mean()))
        for name, bone in zip(names, ordered, strict=True):
            found[f"{name} phalanx of toe {ray}"] = bone
    return found


def _end(mesh: Mesh, direction: list[float], share: float = 0.12) -> Array:
    """Centre of the end of a long bone in a direction."""
    along = mesh[0] @ np.array(direction, float)
    limit = along.max() - share * np.ptp(along)
    return np.asarray(mesh[0][along >= limit].mean(axis=0))


def sphere_fit(points: Array) -> tuple[Array, float]:
    """Least-squares centre and radius of a ball such as a femoral head."""

    def misfit(q: Array) -> Array:
        return np.asarray(np.linalg.norm(points - q[:3], axis=1) - q[3])

    found = least_squares(misfit, [*points.mean(axis=0), 24.0]).x
    return found[:3], float(found[3])


class Probe:
    """Asks the skin where its surface is."""

    def __init__(self, skin: PosedSkin) -> None:
        names = skin.segment_names
        core = [
            names.index(n)
            for n in ("trunk", "neck", "head", "left_thigh", "right_thigh")
        ]
        self.mesh = trimesh.Trimesh(skin.vertices, skin.faces, process=False)
        keep = np.isin(skin.segment[skin.faces], core).all(axis=1)
        self.core = trimesh.Trimesh(skin.vertices, skin.faces[keep], process=False)
        self.core_points = skin.vertices[np.isin(skin.segment, core[:3])]
        self.core_tree = cKDTree(self.core_points)
        self.surface = SkinSurface(skin.vertices, skin.faces)
        self.tree = self.surface.tree
        self.normal = np.asarray(self.mesh.vertex_normals)

    def _first(self, origin: Array, direction: Array) -> Array | None:
        place, _, _ = self.core.ray.intersects_location(
            origin[None], direction[None], multiple_hits=False
        )
        return np.asarray(place[0]) if len(place) else None

    def on_core(self, points: Array) -> Array:
        """Nearest trunk, neck or head skin vertices to points, arms left out."""
        return np.asarray(self.core_points[self.core_tree.query(points)[1]])

    def back(self, z: float, x: float = 0.0) -> float:
        """Posterior skin y at a height."""
        hit = self._first(np.array([x, 600.0, z]), np.array([0.0, -1.0, 0.0]))
        return float(hit[1]) if hit is not None else np.nan

    def front(self, z: float, x: float = 0.0) -> float:
        """Anterior skin y at a height."""
        hit = self._first(np.array([x, -600.0, z]), np.array([0.0, 1.0, 0.0]))
        return float(hit[1]) if hit is not None else np.nan

    def side(self, z: float, y: float) -> float:
        """Half width of the trunk's own contour at a height and depth."""
        hit = self._first(np.array([0.0, y, z]), np.array([1.0, 0.0, 0.0]))
        return float(hit[0]) if hit is not None else np.nan

    def inside(self, points: Array) -> NDArray[np.bool_]:
        """Whether points lie within the skin: most rays from them leave through it."""
        votes = np.zeros(len(points))
        for direction in VOTE_DIRECTIONS:
            ahead = np.tile(direction, (len(points), 1))
            face = self.mesh.ray.intersects_first(points, ahead)
            out = self.mesh.face_normals[face] @ direction > 0
            votes += np.where(face >= 0, out, False)
        return np.asarray(votes > len(VOTE_DIRECTIONS) * 0.6)

    def cover(self, points: Array) -> Array:
        """Depth of points under the nearest skin, mm; negative outside."""
        distance, index = self.tree.query(points, k=3)
        away = self.mesh.vertices[index] - points[:, None]
        signed = np.einsum("ikj,ikj->ik", away, self.normal[index]).mean(axis=1)
        depth = np.minimum(np.abs(signed), distance[:, 0])
        near = np.flatnonzero(distance[:, 0] < 14.0)
        if len(near):
            depth[near] = self.surface.nearest_many(points[near])[3]
        # where the nearest normal may mislead (ears, lips, folds), ask the rays
        doubtful = np.flatnonzero(signed < 4.0)
        within = signed > 0
        if len(doubtful):
            within[doubtful] = self.inside(points[doubtful])
        return np.asarray(np.where(within, np.maximum(depth, 0.01), -depth))


def _curve(z: list[float], value: list[float]) -> Callable[[Array], Array]:
    order = np.argsort(z)
    zs, vs = np.array(z)[order], np.array(value)[order]
    inner = PchipInterpolator(zs, vs, extrapolate=False)
    low = (vs[1] - vs[0]) / (zs[1] - zs[0])
    high = (vs[-1] - vs[-2]) / (zs[-1] - zs[-2])

    def evaluate(at: Array) -> Array:
        at = np.asarray(at, float)
        inside = inner(np.clip(at, zs[0], zs[-1]))
        below, above = np.minimum(at - zs[0], 0), np.maximum(at - zs[-1], 0)
        return np.asarray(inside + below * low + above * high)

    return evaluate


def trunk_map(source: Source, probe: Probe, stature: float, sex: str) -> Map:
    """Return the slice-wise map of spine, ribs, sternum and pelvis."""
    w = source.world
    height = {k: v * stature for k, v in HEIGHTS[sex].items()}
    head_centre = femoral_head(source)
    crest = float(w["l_pelvis"][0][:, 2].max())
    c7 = source.cervical[-1][0]
    c7_tip = c7[c7[:, 1].argmax()]
    lift = _curve(
        [head_centre[2] - 60, head_centre[2], crest, c7_tip[2]],
        [
            height["hip"] - 60 * stature / (source.top - source.floor),
            height["hip"],
            height["crest"],
            height["c7"],
        ],
    )
    # spinous tips (back reference) and sternum (front reference), source side
    tips = [_tip(w[n]) for n in w if "thoracic" in n or "lumbar" in n]
    tips += [c7_tip, _tip(_find(w, "sacrum"))]
    tip_y = _curve([float(t[2]) for t in tips], [float(t[1]) for t in tips])
    sternum = source.sternum[0]
    middle = sternum[np.abs(sternum[:, 0]) < 14]
    top, low = float(middle[:, 2].max()), float(middle[:, 2].min())
    bands = np.linspace(low + 8, top - 8, 5)
    front_src = [
        float(middle[np.abs(middle[:, 2] - b) < 14][:, 1].min()) for b in bands
    ]
    pelvis = w["l_pelvis"][0]
    pubis = pelvis[(pelvis[:, 0] < 25) & (pelvis[:, 1] < 135)]
    scale = stature / (source.top - source.floor)

    def back_goal(z: Array) -> Array:
        out = np.array([probe.back(float(v)) for v in np.atleast_1d(z)])
        return out - SPINE_COVER_MM

    # y scale per height: chest from the sternum, pelvis from the pubis
    zs, scales = [], []
    for band, y in zip(bands, front_src, strict=True):
        goal_z = float(lift(np.array(band))) - CHEST_DROP_MM
        goal = probe.front(goal_z) + STERNUM_COVER_MM
        rear = float(back_goal(lift(np.array(band)))[0])
        zs.append(float(band))
        scales.append((rear - goal) / (float(tip_y(np.array(band))) - y))
    pubis_z = float(pubis[:, 2].mean())
    goal = probe.front(float(lift(np.array(pubis_z)))) + 22.0
    rear = float(back_goal(lift(np.array(_tip(_find(w, "sacrum"))[2])))[0])
    tip_at = float(tip_y(np.array(_tip(_find(w, "sacrum"))[2])))
    pelvic = (rear - goal) / (tip_at - float(pubis[:, 1].min()))
    zs = [pubis_z - 60, pubis_z, crest, 1160.0, *zs]
    scales = [pelvic, pelvic, pelvic, (pelvic + scales[0]) / 2, *scales]
    y_scale = _curve(zs, scales)
    grid = np.linspace(pubis_z - 80, c7_tip[2] + 60, 60)
    smooth = np.polynomial.Polynomial.fit(
        grid[grid > crest - 40], back_goal(lift(grid[grid > crest - 40])), 7
    )
    sacral_back = float(smooth(crest - 40))
    slope = sacral_back - float(smooth(crest - 30))

    def back_y(z: Array) -> Array:
        # the cleft below the sacrum is no guide for bone: carry the curve on
        upper = smooth(np.maximum(z, crest - 40))
        below = np.maximum(crest - 40 - z, 0)
        return np.asarray(upper + np.minimum(below, 60) * slope / 10 * 0.5)

    # x scale: ribs to the trunk's own side contour, pelvis by breadth
    widths_z, widths = [], []
    cage = np.concatenate([r[0] for r in source.ribs])
    for band in (1225.0, 1255.0, 1285.0, 1315.0, 1345.0):
        row = cage[np.abs(cage[:, 2] - band) < 16]
        goal_z = float(lift(np.array(band))) - CHEST_DROP_MM / 2
        middle_y = (probe.back(goal_z) + probe.front(goal_z)) / 2
        half = max(probe.side(goal_z, middle_y + d) for d in (-20.0, 0.0, 20.0))
        widths_z.append(band)
        widths.append((half - SIDE_COVER_MM) / float(row[:, 0].max()))
    breadth = {"male": 1.06, "female": 1.10}[sex] * scale
    widths_z = [pubis_z - 60, crest, *widths_z, 1500.0]
    widths = [breadth, breadth, *widths, widths[-1] * 0.98]
    x_scale = _curve(widths_z, widths)

    def apply(points: Array) -> Array:
        x, y, z = points.T
        forward = tip_y(z) - y
        new_y = back_y(z) - forward * y_scale(z)
        chest = np.clip((z - 1180.0) / 120.0, 0, 1) * np.clip((1560.0 - z) / 60.0, 0, 1)
        drop = CHEST_DROP_MM * chest * np.clip(forward / 170.0, 0, 1)
        return np.c_[x * x_scale(z), new_y, lift(z) - drop]

    return apply


def _tip(mesh: Mesh) -> Array:
    """Most posterior vertex: the tip of a spinous process."""
    return np.asarray(mesh[0][mesh[0][:, 1].argmax()])


def femoral_head(source: Source) -> Array:
    """Centre of the left femoral head in the source."""
    femur = source.world["l_femur"][0]
    near = femur[
        (femur[:, 2] > femur[:, 2].max() - 40) & (femur[:, 0] < femur[:, 0].min() + 30)
    ]
    return sphere_fit(near)[0]


def head_map(source: Source, probe: Probe, stature: float) -> Map:
    """Return the per-axis affine map of skull and jaw."""
    skull = source.world["hat_skull"][0]
    jaw = source.world["hat_jaw"][0]
    head = probe.mesh.vertices[probe.mesh.vertices[:, 2] > stature - 130]
    top = float(head[:, 2].max())
    temple = head[(head[:, 2] > top - 75) & (head[:, 2] < top - 45)]
    half = float(temple[:, 0].max())
    wide = skull[(skull[:, 2] > skull[:, 2].max() - 80)]
    sx = (half - SKULL_COVER_MM) / float(wide[:, 0].max())
    chin = chin_underside(probe, stature)
    z_low, z_high = float(jaw[:, 2].min()), float(skull[:, 2].max())
    sz = (top - SKULL_COVER_MM - (chin[2] + 7.0)) / (z_high - z_low)
    rear = float(head[:, 1].max()) - SKULL_COVER_MM
    fore = float(head[head[:, 2] > top - 105][:, 1].min()) + SKULL_COVER_MM
    upper = skull[skull[:, 2] > skull[:, 2].max() - 100]
    sy = (rear - fore) / float(np.ptp(upper[:, 1]))
    y0, z0 = float(upper[:, 1].max()), z_high

    def apply(points: Array) -> Array:
        x, y, z = points.T
        return np.c_[x * sx, rear + (y - y0) * sy, top - SKULL_COVER_MM + (z - z0) * sz]

    return apply


def chin_underside(probe: Probe, stature: float) -> Array:
    """Lowest point of the chin on the skin's midline: where the neck's front ends."""
    zs = np.arange(stature * 0.83, stature * 0.92, 1.0)
    front = np.array([probe.front(float(z)) for z in zs])
    forward = front < np.median(front[:40]) - 35.0
    index = int(np.flatnonzero(forward)[0])
    return np.array([0.0, front[index], zs[index]])


def neck_map(source: Source, trunk: Map, head: Map) -> Map:
    """Blend trunk and head maps over the cervical spine."""
    low, high = 1515.0, 1603.0

    def apply(points: Array) -> Array:
        t = np.clip((points[:, 2:] - low) / (high - low), 0, 1)
        t = t * t * (3 - 2 * t)
        return np.asarray(trunk(points) * (1 - t) + head(points) * t)

    return apply


def similarity(source: Array, goal: Array) -> tuple[Array, float, Array]:
    """Least-squares rotation, scale and shift (Umeyama) carrying points onto points."""
    a, b = source - source.mean(axis=0), goal - goal.mean(axis=0)
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.sign(np.linalg.det(u @ vt))
    middle = np.diag([1.0, 1.0, sign])
    turn = u @ middle @ vt
    scale = float((s * [1, 1, sign]).sum() / (a**2).sum())
    return turn, scale, goal.mean(axis=0) - scale * turn @ source.mean(axis=0)


def place_between(
    points: Array,
    ends: tuple[Array, Array],
    goals: tuple[Array, Array],
    turn: Array,
    scale: float | tuple[float, float],
) -> Array:
    """Carry a long bone onto two joint centres, keeping the roll of `turn`.

    `scale` is that of the cross-section; a pair runs from the first end to the other.
    """
    axis = ends[1] - ends[0]
    length = float(np.linalg.norm(axis))
    goal = goals[1] - goals[0]
    goal_length = float(np.linalg.norm(goal))
    now = turn @ (axis / length)
    want = goal / goal_length
    extra = _shortest(now, want)
    local = points - ends[0]
    along = local @ (axis / length)
    across = local - along[:, None] * (axis / length)
    first, last = scale if isinstance(scale, tuple) else (scale, scale)
    share = np.clip(along / length, 0, 1)[:, None]
    girth = first + (last - first) * share
    stretched = across * girth + along[:, None] * (axis / length) * goal_length / length
    return np.asarray(goals[0] + stretched @ (extra @ turn).T)


def _shortest(a: Array, b: Array) -> Array:
    axis = np.cross(a, b)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3)
    angle = np.arctan2(sine, float(a @ b))
    return np.asarray(Rotation.from_rotvec(axis / sine * angle).as_matrix())
