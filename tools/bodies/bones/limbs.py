"""Girdles, limbs, hands and feet: similarities between joint centres."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from tools.bodies.bones.bones import Mesh
from tools.bodies.bones.fit import (
    FINGERS,
    HEIGHTS,
    Map,
    Probe,
    Source,
    femoral_head,
    place_between,
    similarity,
    sphere_fit,
)

Array = NDArray[np.float64]
Bones = dict[str, Mesh]

CARPALS = (
    "scaphoid",
    "lunate",
    "triquetrum",
    "pisiform",
    "trapezium",
    "trapezoid",
    "capitate",
    "hamate",
)
#: Knee joint centre behind the skin over the patella at the source's size, mm.
KNEE_BEHIND_SKIN_MM = 50.0
#: Least soft tissue over the clavicle, mm.
CLAVICLE_COVER_MM = 4.0
#: What it costs to shift the scapula off its similarity place (x, y, z).
SHIFT_COST = np.array([0.3, 0.3, 4.0])
#: Soft tissue over the head of the fibula, mm.
FIBULA_COVER_MM = 10.0
#: Widening of the leg bones toward the knee, to the breadth of the skin there.
KNEE_WIDENING = 1.2
PHALANX = {"prox": "proximal", "mid": "middle", "dist": "distal"}


def end_of(mesh: Mesh, toward: Array, share: float = 0.1) -> Array:
    """Centre of the end of a bone that lies furthest in a direction."""
    along = mesh[0] @ toward
    return np.asarray(
        mesh[0][along >= along.max() - share * np.ptp(along)].mean(axis=0)
    )


def down_axis(mesh: Mesh) -> Array:
    """Long axis of a bone, pointing down."""
    centred = mesh[0] - mesh[0].mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    return np.asarray(axis if axis[2] < 0 else -axis)


def shoulder_girdle(
    source: Source, probe: Probe, trunk: Map, joints: dict[str, Array], scale: float
) -> tuple[Bones, Array]:
    """Scapula, clavicle and the humeral head's centre."""
    w = source.world
    humerus = w["humerus_l"][0]
    near = (humerus[:, 2] > humerus[:, 2].max() - 40) & (humerus[:, 0] < 175)
    head_src = sphere_fit(humerus[near])[0]
    rig = joints["l-shoulder"]
    head = np.array([rig[0] - 6.0, rig[1] + 6.0, rig[2]])
    scapula = w["scapula_l"]
    # similarity about the humeral head, then shifted and turned a little so that
    # acromion and spine lie under the skin and the blade under the back's muscle
    moved = (scapula[0] - head_src) * scale + head
    medial = moved[:, 0] < np.percentile(moved[:, 0], 55)
    ridge = np.argsort(-(moved[:, 0] + 0.45 * moved[:, 2]))[:20]
    behind = np.argsort(-(moved @ np.array([0.35, 1.0, 0.55])))[:40]

    def posed(p: Array) -> Array:
        turn = Rotation.from_euler("zxy", p[3:]).as_matrix()
        return np.asarray((moved - head) @ turn.T + head + p[:3])

    def misfit(p: Array) -> float:
        trial = posed(p)
        cover = probe.cover(trial[medial])
        miss = (np.clip(9 - cover, 0, None) ** 2).mean() * 2
        miss += (np.clip(cover - 24, 0, None) ** 2).mean()
        miss += 0.6 * ((probe.cover(trial[ridge]) - 8) ** 2).mean()
        miss += 0.4 * (np.clip(probe.cover(trial[behind]) - 9, 0, None) ** 2).mean()
        return float(miss + (SHIFT_COST * p[:3] ** 2).sum() + 900 * (p[3:] ** 2).sum())

    found = minimize(
        misfit,
        np.zeros(6),
        method="Nelder-Mead",
        options={
            "maxiter": 400,
            "xatol": 0.01,
            "fatol": 0.01,
            "initial_simplex": np.vstack(
                [np.zeros(6), np.diag([6, 6, 4, 0.08, 0.08, 0.08])]
            ),
        },
    ).x
    blade, head = posed(found), head + found[:3]
    clavicle = w["clavicle_l"]
    medial_src = end_of(clavicle, np.array([-1.0, 0, 0]), 0.06)
    lateral_src = end_of(clavicle, np.array([1.0, 0, 0]), 0.06)
    inner = trunk(medial_src[None])[0]
    near_acromion = np.argsort(np.linalg.norm(scapula[0] - lateral_src, axis=1))[:12]
    offset = lateral_src - scapula[0][near_acromion].mean(axis=0)
    lateral = blade[near_acromion].mean(axis=0) + offset * scale
    placed = clavicle[0]
    for _ in range(6):  # bring each half of the bone to just under the skin
        placed = place_between(
            clavicle[0], (medial_src, lateral_src), (inner, lateral), np.eye(3), scale
        )
        share = (clavicle[0][:, 0] - medial_src[0]) / (lateral_src - medial_src)[0]
        for part, is_medial in ((share < 0.5, True), (share >= 0.5, False)):
            cover = probe.cover(placed[part])
            shallow = int(cover.argmin())
            skin_point = probe.core_points[
                probe.core_tree.query(placed[part][shallow])[1]
            ]
            way = skin_point - placed[part][shallow]
            way *= np.sign(cover.min()) / max(float(np.linalg.norm(way)), 1e-6)
            step = np.clip(float(cover.min()) - CLAVICLE_COVER_MM, -6, 6) * way * 0.7
            if is_medial:
                inner = inner + step * [0.2, 1, 1]
            else:
                lateral = lateral + step * [0.2, 1, 1]
    return {
        "scapula": (blade, scapula[1]),
        "clavicle": (placed, clavicle[1]),
    }, head


def arm(
    source: Source, joints: dict[str, Array], head: Array, scale: float
) -> tuple[Bones, dict[str, Array]]:
    """Humerus, ulna and radius in full supination."""
    w = source.world
    humerus, ulna, radius = w["humerus_l"], w["ulna_l"], w["radius_l"]
    near = (humerus[0][:, 2] > humerus[0][:, 2].max() - 40) & (humerus[0][:, 0] < 175)
    head_src = sphere_fit(humerus[0][near])[0]
    elbow_src = end_of(humerus, np.array([0, 0, -1.0]), 0.06)
    elbow, wrist = joints["l-elbow"], joints["l-hand"]
    placed = place_between(
        humerus[0], (head_src, elbow_src), (head, elbow), np.eye(3), scale
    )
    ulna_low = end_of(ulna, np.array([0, 0, -1.0]), 0.05)
    radius_low = end_of(radius, np.array([0, 0, -1.0]), 0.05)
    radius_high = end_of(radius, np.array([0, 0, 1.0]), 0.05)
    axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    lateral = np.array([1.0, 0, 0]) - axis * axis[0]
    lateral /= np.linalg.norm(lateral)
    half = np.linalg.norm(radius_low - ulna_low) * scale / 2 * 0.85
    # the ulna keeps its posterior olecranon; its head lies medial at the wrist
    ulna_elbow_src = elbow_src
    ulna_out = place_between(
        ulna[0],
        (ulna_elbow_src, ulna_low),
        (elbow, wrist - lateral * half + axis * 2),
        np.eye(3),
        scale,
    )
    # the radius turns about its head so that its lower end lies lateral
    head_goal = (
        elbow
        + lateral * abs((radius_high - elbow_src)[0]) * scale * 0.95
        + axis * abs((radius_high - elbow_src)[2]) * scale
        + np.array([0, (radius_high - elbow_src)[1] * scale, 0])
    )
    across_src = radius_low - ulna_low
    across_src -= np.array([0, 0, across_src[2]])
    spin = np.arctan2(across_src[0], -across_src[1])
    turn = Rotation.from_rotvec([0, 0, np.pi / 2 - spin]).as_matrix()
    radius_out = place_between(
        radius[0],
        (radius_high, radius_low),
        (head_goal, wrist + lateral * half),
        turn,
        scale,
    )
    bones = {
        "humerus": (placed, humerus[1]),
        "ulna": (ulna_out, ulna[1]),
        "radius": (radius_out, radius[1]),
    }
    return bones, {"shoulder": head, "elbow": elbow, "wrist": wrist}


def _finger_chain(source: Source, finger: int) -> list[tuple[str, Mesh]]:
    w = source.world
    if finger == 1:
        names = [
            ("metacarpal 1", "1mc_l"),
            ("proximal phalanx of finger 1", "thumbprox_l"),
            ("distal phalanx of finger 1", "thumbdist_l"),
        ]
    else:
        names = [(f"metacarpal {finger}", f"{finger}mc_l")]
        names += [
            (f"{PHALANX[p]} phalanx of finger {finger}", f"{finger}{p}ph_l")
            for p in ("prox", "mid", "dist")
        ]
    return [(name, w[mesh]) for name, mesh in names]


def hand(source: Source, joints: dict[str, Array], wrist: Array) -> Bones:
    """Carpals, metacarpals and phalanges, each finger along the skin's own joints."""
    chains = {f: _finger_chain(source, f) for f in FINGERS}
    ends: dict[int, list[Array]] = {}
    for finger, chain in chains.items():
        bones = [mesh for _, mesh in chain]
        start = bones[0][0].mean(axis=0) - bones[1][0].mean(axis=0)
        start /= np.linalg.norm(start)
        nodes = [end_of(bones[0], start, 0.12)]
        for here, after in itertools.pairwise(bones):
            way = after[0].mean(axis=0) - here[0].mean(axis=0)
            way /= np.linalg.norm(way)
            nodes.append((end_of(here, way, 0.1) + end_of(after, -way, 0.1)) / 2)
        way = nodes[-1] - nodes[-2]
        nodes.append(end_of(bones[-1], way / np.linalg.norm(way), 0.02))
        ends[finger] = nodes
    goal: dict[int, list[Array]] = {}
    for finger in FINGERS:
        goal[finger] = [joints[f"l-finger-{finger}-{j}"] for j in (1, 2, 3, 4)]
    wrist_src = (
        end_of(source.world["radius_l"], np.array([0, 0, -1.0]), 0.05)
        + end_of(source.world["ulna_l"], np.array([0, 0, -1.0]), 0.05)
    ) / 2
    src = [wrist_src] + [ends[f][1] for f in (2, 3, 4, 5)]
    dst = [wrist] + [goal[f][0] for f in (2, 3, 4, 5)]
    turn, scale, shift = similarity(np.array(src), np.array(dst))

    def whole(p: Array) -> Array:
        return np.asarray(scale * p @ turn.T + shift)

    out: Bones = {}
    for name in CARPALS:
        mesh = source.world[f"{name}_l"]
        out[name] = (whole(mesh[0]), mesh[1])
    for finger, chain in chains.items():
        nodes, marks = ends[finger], goal[finger]
        if finger == 1:
            # the rig's first thumb joint is the carpometacarpal one
            targets = [whole(nodes[0][None])[0], marks[1], marks[2], marks[3]]
        else:
            targets = [whole(nodes[0][None])[0], *marks]
        tip_way = targets[-1] - targets[-2]
        targets[-1] = targets[-1] - tip_way / np.linalg.norm(tip_way) * 2.0
        girth = scale * 0.95
        for (name, mesh), a, b, ga, gb in zip(
            chain, nodes, nodes[1:], targets, targets[1:], strict=False
        ):
            placed = place_between(mesh[0], (a, b), (ga, gb), turn, girth)
            out[name] = (placed, mesh[1])
    return out


def leg(
    source: Source,
    joints: dict[str, Array],
    trunk: Map,
    probe: Probe,
    stature: float,
    sex: str,
    scale: float,
) -> tuple[Bones, dict[str, Array]]:
    """Femur, patella, tibia, fibula and talus."""
    w = source.world
    hip = trunk(femoral_head(source)[None])[0]
    knee = joints["l-knee"].copy()
    up = joints["l-upper-leg"] - joints["l-ankle"]
    knee_z = HEIGHTS[sex]["knee"] * stature
    knee += (knee_z - knee[2]) * up / up[2]
    knee = _centre_in_skin(probe, knee)
    # condyles lie behind skin and patella, in front of the popliteal fat
    knee[1] = _front_of(probe, knee) + KNEE_BEHIND_SKIN_MM * scale
    ankle = joints["l-ankle"] + np.array([0.0, -4.0, 0.0])
    femur, tibia, fibula = w["l_femur"], w["l_tibia"], w["l_fibula"]
    femur_low = end_of(femur, np.array([0, 0, -1.0]), 0.03)
    tibia_high = end_of(tibia, np.array([0, 0, 1.0]), 0.04)
    knee_src = (femur_low + tibia_high) / 2
    ankle_src = end_of(w["l_talus"], np.array([0, 0, 1.0]), 0.3)
    placed = {
        "femur": place_between(
            femur[0],
            (femoral_head(source), knee_src),
            (hip, knee),
            np.eye(3),
            (scale, scale * KNEE_WIDENING),
        ),
        "tibia": place_between(
            tibia[0],
            (knee_src, ankle_src),
            (knee, ankle),
            np.eye(3),
            (scale * KNEE_WIDENING, scale * 0.94),
        ),
        "fibula": place_between(
            fibula[0],
            (knee_src, ankle_src),
            (knee, ankle),
            np.eye(3),
            (scale * KNEE_WIDENING * 1.08, scale * 0.92),
        ),
    }
    placed["fibula"] = _fibula_outward(placed["fibula"], probe)
    patella = w["l_patella"]
    centre = patella[0].mean(axis=0)
    place = knee + (centre - knee_src) * scale
    # its apex lies at the joint line in the standing, relaxed knee
    body = (patella[0] - centre) * scale
    place[2] = knee[2] + 3.0 - body[:, 2].min()
    place[1] = _front_of(probe, place) + 5.0 - body[:, 1].min()
    placed["patella"] = body + place
    meshes = {"femur": femur, "tibia": tibia, "fibula": fibula, "patella": patella}
    bones = {name: (points, meshes[name][1]) for name, points in placed.items()}
    return bones, {"hip": hip, "knee": knee, "ankle": ankle}


def _fibula_outward(points: Array, probe: Probe) -> Array:
    """Lean the fibula so that its head lies just under the skin of the outer knee."""
    top, low = float(points[:, 2].max()), float(points[:, 2].min())
    head = points[points[:, 2] > top - 12]
    outer = head[head[:, 0].argmax()]
    hit = probe.mesh.ray.intersects_location(
        outer[None], np.array([[1.0, 0.0, 0.0]]), multiple_hits=False
    )[0]
    gap = float(hit[0][0] - outer[0]) - FIBULA_COVER_MM if len(hit) else 0.0
    share = (points[:, 2:] - low) / (top - low)
    return np.asarray(points + np.clip(gap, 0, 25) * share * np.array([1.0, 0, 0]))


def _front_of(probe: Probe, point: Array) -> float:
    """Anterior skin y in front of a point of the leg."""
    start = np.array([[point[0], -400.0, point[2]]])
    hit = probe.mesh.ray.intersects_location(
        start, np.array([[0.0, 1.0, 0.0]]), multiple_hits=False
    )[0]
    return float(hit[0][1])


def _centre_in_skin(probe: Probe, point: Array) -> Array:
    """Move a joint centre to the middle of the limb's section at its height."""
    out = point.copy()
    for axis in (np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])):
        ends = []
        for sign in (1.0, -1.0):
            hit = probe.mesh.ray.intersects_location(
                out[None], axis[None] * sign, multiple_hits=False
            )[0]
            if len(hit):
                ends.append(hit[0] @ axis)
        if len(ends) == 2:
            out = out + axis * ((ends[0] + ends[1]) / 2 - out @ axis)
    return out


def foot(source: Source, joints: dict[str, Array], ankle: Array, probe: Probe) -> Bones:
    """Tarsals, metatarsals and phalanges along the skin's own toes."""
    parts = dict(source.foot)
    parts["talus"] = source.world["l_talus"]
    forward = np.array([0.0, -1.0, 0.0])
    heads = {r: end_of(parts[f"metatarsal {r}"], forward, 0.1) for r in FINGERS}
    ankle_src = end_of(parts["talus"], np.array([0, 0, 1.0]), 0.3)
    heel_src = parts["calcaneus"][0][parts["calcaneus"][0][:, 1].argmax()]
    skin = probe.mesh.vertices
    foot_skin = skin[(skin[:, 2] < 70) & (skin[:, 0] > 5)]
    heel = np.array([ankle[0], foot_skin[:, 1].max() - 9.0, 28.0])
    marks = {r: joints[f"l-toe-{r}-1"] for r in FINGERS}
    src = np.array([ankle_src, heel_src, *[heads[r] for r in FINGERS]])
    dst = np.array([ankle, heel, *[marks[r] for r in FINGERS]])
    turn, scale, shift = similarity(src, dst)

    def whole(p: Array) -> Array:
        return np.asarray(scale * p @ turn.T + shift)

    out: Bones = {}
    for name, mesh in parts.items():
        if "metatarsal" in name or "phalanx" in name:
            continue
        out[name] = (whole(mesh[0]), mesh[1])
    for ray in FINGERS:
        names = [f"metatarsal {ray}", f"proximal phalanx of toe {ray}"]
        names += [] if ray == 1 else [f"middle phalanx of toe {ray}"]
        names += [f"distal phalanx of toe {ray}"]
        base = end_of(parts[names[0]], -forward, 0.1)
        nodes = [base, heads[ray]]
        nodes += [
            (end_of(parts[a], forward, 0.1) + end_of(parts[b], -forward, 0.1)) / 2
            for a, b in itertools.pairwise(names[1:])
        ]
        nodes.append(end_of(parts[names[-1]], forward, 0.05))
        count = 3 if ray == 1 else 4
        rig = [joints[f"l-toe-{ray}-{j}"] for j in range(1, count + 1)]
        targets = [whole(base[None])[0], *rig]
        tip_way = targets[-1] - targets[-2]
        targets[-1] = targets[-1] - tip_way / np.linalg.norm(tip_way) * 4.0
        for name, a, b, ga, gb in zip(
            names, nodes, nodes[1:], targets, targets[1:], strict=False
        ):
            mesh = parts[name]
            out[name] = (
                place_between(mesh[0], (a, b), (ga, gb), turn, scale * 0.95),
                mesh[1],
            )
    return out
