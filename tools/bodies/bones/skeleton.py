"""The whole fitted skeleton: parts put together, kept inside the skin, mirrored."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from tools.bodies.bones import limbs
from tools.bodies.bones.bones import Mesh
from tools.bodies.bones.fit import (
    LEAST_COVER_MM,
    Map,
    Probe,
    Skeleton,
    Source,
    head_map,
    neck_map,
    trunk_map,
)
from tools.bodies.skin import PosedSkin

Array = NDArray[np.float64]
FLIP = np.array([-1.0, 1.0, 1.0])
#: Bones smaller than this are moved whole, mm.
SMALL_BONE_MM = 62.0
#: A small bone is never slimmed below this share of its girth.
LEAST_GIRTH = 0.6
#: Most faces that one bone keeps; enough for an atlas picture, small on disk.
MOST_FACES = 9000


def fit_skeleton(source: Source, skin: PosedSkin, sex: str) -> Skeleton:
    """Fit every bone of the source into a skin.

    Parameters
    ----------
    source : Source
        Named source bones.
    skin : PosedSkin
        Skin in the body frame.
    sex : {"male", "female"}
        Which set of standing heights to use.

    Returns
    -------
    Skeleton
        Bones by name; paired ones end in " left" and " right" and are exact
        mirror images; midline bones are symmetric.
    """
    probe = Probe(skin)
    stature = float(skin.vertices[:, 2].max())
    scale = stature / (source.top - source.floor)
    trunk = trunk_map(source, probe, stature, sex)
    head = head_map(source, probe, stature)
    neck = neck_map(source, trunk, head)
    midline = _midline(source, trunk, head, neck)
    left: dict[str, Mesh] = {}
    for number, rib in enumerate(source.ribs, start=1):
        left[f"rib {number}"] = (trunk(rib[0]), rib[1])
    pelvis = source.world["l_pelvis"]
    left["hip bone"] = (trunk(pelvis[0]), pelvis[1])
    girdle, shoulder = limbs.shoulder_girdle(source, probe, trunk, skin.joints, scale)
    arm, arm_joints = limbs.arm(source, skin.joints, shoulder, scale)
    leg, leg_joints = limbs.leg(source, skin.joints, trunk, probe, stature, sex, scale)
    hand = limbs.hand(source, skin.joints, arm_joints["wrist"])
    foot = limbs.foot(source, skin.joints, leg_joints["ankle"], probe)
    segment = dict.fromkeys([*left, *girdle], "trunk")
    segment |= dict.fromkeys(arm, "left_forearm") | {"humerus": "left_upper_arm"}
    segment |= dict.fromkeys(leg, "left_leg")
    segment |= dict.fromkeys(("femur", "patella"), "left_thigh")
    segment |= dict.fromkeys(hand, "left_hand") | dict.fromkeys(foot, "left_foot")
    left |= girdle | arm | leg | hand | foot
    moved: list[float] = []
    bones: dict[str, Mesh] = {}
    for name, mesh in left.items():
        kept, shift = _keep_inside(_lighter(mesh), probe)
        moved.append(shift)
        bones[f"{name} left"] = kept
        bones[f"{name} right"] = (kept[0] * FLIP, kept[1][:, ::-1])
    for name, mesh in midline.items():
        own = _symmetric(_lighter(mesh))
        if _is_cervical(name):
            # held by the maps of trunk and head; the skin's open mouth and throat
            # would wrongly count as outside and push them away
            bones[name] = own
            continue
        bones[name], shift = _keep_inside(own, probe)
        moved.append(shift)
    for name in bones:
        stem, _, side = name.rpartition(" ")
        if side in ("left", "right"):
            own_segment = segment[stem].replace("left_", f"{side}_")
        else:
            place = "neck" if _is_cervical(name) else "trunk"
            own_segment = "head" if name in ("skull", "mandible") else place
        segment[name] = own_segment
    segment = {name: segment[name] for name in bones}
    joints = arm_joints | leg_joints
    return Skeleton(bones, joints, segment, {"largest_push_mm": float(np.max(moved))})


def _is_cervical(name: str) -> bool:
    return len(name) == 2 and name[0] == "C"


def _midline(source: Source, trunk: Map, head: Map, neck: Map) -> dict[str, Mesh]:
    w = source.world
    found: dict[str, Mesh] = {}
    for number, mesh in enumerate(source.cervical, start=1):
        found[f"C{number}"] = (neck(mesh[0]), mesh[1])
    for name, mesh in w.items():
        for part, letter in (("thoracic", "T"), ("lumbar", "L")):
            if part in name:
                digits = name.split(part)[1].split("_")[0]
                found[f"{letter}{digits}"] = (trunk(mesh[0]), mesh[1])
        if name.startswith("sacrum"):
            found["sacrum"] = (trunk(mesh[0]), mesh[1])
    found["sternum and costal cartilages"] = (
        trunk(source.sternum[0]),
        source.sternum[1],
    )
    found["skull"] = (head(w["hat_skull"][0]), w["hat_skull"][1])
    found["mandible"] = (head(w["hat_jaw"][0]), w["hat_jaw"][1])
    return found


def _lighter(mesh: Mesh) -> Mesh:
    """Fewer faces where a bone has more than a picture can show."""
    whole = trimesh.Trimesh(*mesh, process=False)
    whole.merge_vertices(digits_vertex=2)
    if len(whole.faces) > MOST_FACES:
        import fast_simplification

        points, faces = fast_simplification.simplify(
            np.asarray(whole.vertices, np.float32),
            np.asarray(whole.faces),
            target_count=MOST_FACES,
        )
        return np.asarray(points, float), np.asarray(faces, np.int64)
    return np.array(whole.vertices), np.array(whole.faces)


def _symmetric(mesh: Mesh) -> Mesh:
    """Left half of a midline bone, and its mirror image."""
    half = trimesh.Trimesh(*mesh, process=False).slice_plane([0, 0, 0], [1, 0, 0])
    points = np.array(half.vertices)
    points[points[:, 0] < 1e-3, 0] = 0.0
    faces = np.array(half.faces)
    both = np.concatenate([points, points * FLIP])
    return both, np.concatenate([faces, (faces + len(points))[:, ::-1]])


def _keep_inside(mesh: Mesh, probe: Probe) -> tuple[Mesh, float]:
    """Move what comes too near the skin inward; return the most a vertex moved.

    Small bones are moved and slimmed whole, so that they keep their shape; of large
    ones only the near part is bent in, with a smooth displacement.
    """
    points, faces = mesh
    if float(np.ptp(points, axis=0).max()) < SMALL_BONE_MM:
        points = _moved_whole(points, probe)
        return (points, faces), float(np.linalg.norm(points - mesh[0], axis=1).max())
    before = points.copy()
    edges = trimesh.Trimesh(points, faces, process=False).edges_unique
    for _ in range(30):
        push = _push(points, probe)
        if np.abs(push).max() < 0.15:
            break
        points = points + _spread(push, edges)
    # even out the bend once; what that brings back too near is pushed in again
    shift = points - before
    for _ in range(6):
        shift = _neighbour_mean(shift, edges) * 0.5 + shift * 0.5
    points = before + shift
    for _ in range(30):
        push = _push(points, probe)
        if np.abs(push).max() < 0.15:
            break
        points = points + push
    return (points, faces), float(np.linalg.norm(points - mesh[0], axis=1).max())


def _push(points: Array, probe: Probe) -> Array:
    """Shift (N, 3) that brings each point to its least depth under the skin."""
    cover = probe.cover(points)
    short = np.clip(LEAST_COVER_MM + 0.3 - cover, 0, None)
    way = probe.surface.nearest_many(points)[0] - points
    way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-9
    push = np.where((cover < 0)[:, None], 1.0, -1.0) * way * short[:, None]
    push[short <= 0] = 0.0
    return np.asarray(push)


def _moved_whole(points: Array, probe: Probe) -> Array:
    """Shift a small bone away from the skin, and slim it where that is not enough."""
    start = points
    for step in range(40):
        push = _push(points, probe)
        size = np.linalg.norm(push, axis=1)
        if size.max() < 0.15:
            break
        away = push[size > 0.15].mean(axis=0)
        points = points + np.clip(away, -1.5, 1.5) * 0.7
        if step % 3 == 2 and _girth(points) > LEAST_GIRTH * _girth(start):
            middle = points.mean(axis=0)
            axis = np.linalg.svd(points - middle, full_matrices=False)[2][0]
            along = (points - middle) @ axis
            line = middle + along[:, None] * axis * 0.985
            points = line + (points - middle - along[:, None] * axis) * 0.95
    return points


def _girth(points: Array) -> float:
    """Second largest spread of a bone, mm."""
    centred = points - points.mean(axis=0)
    return float(np.linalg.svd(centred, compute_uv=False)[1] / np.sqrt(len(points)))


def _neighbour_mean(values: Array, edges: NDArray[np.int64]) -> Array:
    total = np.zeros_like(values)
    count = np.zeros(len(values))
    for a, b in ((0, 1), (1, 0)):
        np.add.at(total, edges[:, a], values[edges[:, b]])
        np.add.at(count, edges[:, a], 1)
    return np.asarray(total / np.maximum(count, 1)[:, None])


def _spread(push: Array, edges: NDArray[np.int64]) -> Array:
    """Let neighbours share a push, so that the bone bends and does not dent."""
    for _ in range(3):
        mean = _neighbour_mean(push, edges)
        longer = np.linalg.norm(mean, axis=1) > np.linalg.norm(push, axis=1)
        push = np.where(longer[:, None], mean, push)
    return push
