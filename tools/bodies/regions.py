"""Regions of skin: one label per vertex, from segments and landmarks.

``python -m tools.bodies.regions`` labels the bodies as they are committed anew; it
needs none of the build's inputs and changes nothing but the labels.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.body import BODIES, DATA, Body
from anatomy.body.display import DISPLAY, source_key
from anatomy.mesh.skin import SkinSurface

log = logging.getLogger("tools.bodies.regions")

Array = NDArray[np.float64]

REGIONS = [
    "scalp",
    "face",
    "neck",
    "shoulder",
    "upper back",
    "thorax",
    "axilla",
    "abdomen",
    "low back",
    "sacrum",
    "buttock",
    "perineum",
    "upper arm",
    "forearm",
    "wrist",
    "hand",
    "thigh",
    "knee",
    "leg",
    "ankle",
    "foot",
]


def label_regions(
    surface: SkinSurface,
    segment: NDArray[np.uint8],
    names: list[str],
    landmarks: list[dict[str, Any]],
    joints: dict[str, Array],
) -> NDArray[np.uint8]:
    """Return the region index of every vertex, (V,).

    Borders follow surface anatomy: the costal margin and twelfth rib part chest and
    abdomen; the abdomen ends at the iliac crest and, in front, at the inguinal
    ligament; the buttock reaches from the crest to the gluteal fold and round the hip
    to the ASIS. The nape ends at the superior nuchal line, the face at the mastoid.
    """
    mark = {(r["name"], r["side"]): np.array(r["xyz"]) for r in landmarks}
    bone = {(r["name"], r["side"]): np.array(r["bone_xyz"]) for r in landmarks}

    def at(name: str, side: str = "left") -> Array:
        return mark[name, side] if (name, side) in mark else mark[name, "midline"]

    points = surface.vertices
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    part = np.array([n.split("_", 1)[1] if "_" in n else n for n in names])[segment]
    out = np.full(len(points), REGIONS.index("abdomen"), dtype=np.uint8)

    def put(region: str, mask: NDArray[np.bool_]) -> None:
        out[mask] = REGIONS.index(region)

    folded = np.c_[x, y, z]
    trunk = part == "trunk"
    notch, c7 = at("suprasternal notch"), at("C7 spinous process")
    rib10 = at("rib 10 at midaxillary line")
    middle_y = float(rib10[1])
    behind = y > middle_y + 0.35 * x
    low_front = _margin(x, at)
    low_back = np.interp(
        x,
        [0.0, float(at("rib 10 at scapular line")[0]), float(rib10[0])],
        [
            float(at("T12 spinous process")[2]) - 12,
            float(bone["rib 12 tip", "left"][2]) - 4,
            float(rib10[2]) - 8,
        ],
    )
    put("thorax", trunk & ~behind & (z > low_front))
    put("upper back", trunk & behind & (z > low_back))
    crest = _crest_line(x, y, at, bone)
    put("low back", trunk & behind & (z <= low_back))
    asis, pubis = at("ASIS"), at("pubic symphysis")
    fold_z = float(at("gluteal fold midpoint")[2])
    lower = trunk | (part == "thigh")
    s1, coccyx = at("S1 level"), at("coccyx tip")
    psis = at("PSIS")
    put(
        "buttock",
        lower
        & (y > asis[1] + 35)
        & (z < crest)
        & (z > fold_z)
        & (behind | (x > asis[0] + 8)),
    )
    trochanter = at("greater trochanter")
    hip = (x > asis[0] - 8) & (y > asis[1] + 12) & (z > trochanter[2])
    hip &= lower & (z < crest)
    put("buttock", hip)
    width = np.interp(z, [coccyx[2], s1[2]], [10.0, psis[0] + 6])
    put("sacrum", lower & behind & (z < s1[2] + 8) & (z > coccyx[2]) & (x < width))
    tubercle = at("pubic tubercle")
    # the skin's fold lies a finger's breadth below the ligament's inner half
    groin = np.interp(
        x, [tubercle[0], asis[0]], [float(tubercle[2]) - 8, float(asis[2])]
    )
    put("thigh", lower & (z < groin) & (y <= asis[1] + 35) & ~hip)
    put("thigh", (part == "thigh") & (z <= fold_z))
    put(
        "perineum",
        lower
        & (x < 26)
        & (z < pubis[2] - 10)
        & (z > max(fold_z - 25, at("ischial tuberosity")[2] - 40))
        & (y < coccyx[1] - 30),
    )
    put("neck", part == "neck")
    slope = c7[2] + (notch[2] - c7[2]) * np.clip((c7[1] - y) / (c7[1] - notch[1]), 0, 1)
    put("neck", trunk & (z > slope) & (x < 0.042 * points[:, 2].max()))
    acromion = at("acromion")
    clavicle = at("clavicle midpoint")
    root = at("medial border of scapula at spine")
    ridge = np.interp(
        x, [0.0, 50.0, float(acromion[0])], [c7[2] - 6, c7[2] - 22, root[2] + 10]
    )
    top = np.where(y > middle_y + 10, ridge, clavicle[2] - 2)
    put("shoulder", trunk & (z > top) & (out != REGIONS.index("neck")))
    arm = part == "upper_arm"
    put("upper arm", arm)
    tip = at("deltoid tuberosity")
    hollow = joints["shoulder"] + np.array([-22.0, 6.0, -62.0])
    put(
        "shoulder",
        (arm | trunk)
        & (np.linalg.norm(folded - acromion, axis=1) < 78)
        & (x > acromion[0] - 55),
    )
    put("shoulder", arm & (z > tip[2] + 45) & (x > acromion[0] + 6))
    put("shoulder", arm & (z > hollow[2] + 12))
    put(
        "axilla",
        (arm | trunk)
        & (np.linalg.norm(folded - hollow, axis=1) < 46)
        & (z < joints["shoulder"][2] - 16)
        & (np.abs(y - hollow[1]) < 40),
    )
    put("forearm", part == "forearm")
    put("hand", part == "hand")
    wrist, elbow = joints["wrist"], joints["elbow"]
    way = (elbow - wrist) / np.linalg.norm(elbow - wrist)
    along = (folded - wrist) @ way
    put("wrist", np.isin(part, ("hand", "forearm")) & (along > -12) & (along < 28))
    put("leg", part == "leg")
    knee = joints["knee"][2]
    put("knee", np.isin(part, ("thigh", "leg")) & (z > knee - 48) & (z < knee + 72))
    put("foot", part == "foot")
    ankle = joints["ankle"]
    put(
        "ankle",
        np.isin(part, ("leg", "foot"))
        & (z > ankle[2] - 28)
        & (z < ankle[2] + 45)
        & (y > ankle[1] - 50),
    )
    ear_y, ear_z = (float(v) for v in at("temporomandibular joint")[1:])
    brow = float(at("glabella")[2])
    head = part == "head"
    put("scalp", head)
    put("face", head & (y < ear_y + 6) & (z < brow + 42))
    chin = float(at("chin")[2])
    put("neck", head & (z < chin - 8) & (y > ear_y + 20))
    mastoid, inion = at("mastoid process"), at("external occipital protuberance")
    # behind the lobe of the ear, in front of the mastoid, the parotid's bed
    put("face", head & (y < mastoid[1] - 3) & (z < ear_z - 4))
    nuchal = np.interp(
        y,
        [float(mastoid[1]), float(inion[1])],
        [float(mastoid[2]) - 6, float(inion[2]) - 10],
    )
    put("neck", head & (y > mastoid[1]) & (z < nuchal))
    return out


def _crest_line(x: Array, y: Array, at: Any, bone: Any) -> Array:
    """Height of the iliac crest beside each place of the trunk.

    From the ASIS to its top it is a quarter of a sine, seen from the side; behind, from
    the PSIS outward, it rises steeply and then runs flat, as the hip bones of both
    bodies do.
    """
    asis, psis, top = at("ASIS"), at("PSIS"), bone["iliac crest", "left"]
    rise = float(top[2] - psis[2])
    shares = np.array([0.0, 0.15, 0.35, 1.0])
    heights = float(psis[2]) + rise * np.array([0.0, 0.7, 0.9, 1.0])
    behind = np.interp(x, psis[0] + shares * (top[0] - psis[0]), heights)
    gone = np.clip((y - asis[1]) / (top[1] - asis[1]), 0, 1)
    beside = asis[2] + (top[2] - asis[2]) * np.sin(gone * np.pi / 2)
    return np.where(y >= top[1], behind, beside)


def _margin(x: Array, at: Any) -> Array:
    """Height of the costal margin in front, by distance from the midline."""
    names = ("costal margin at midclavicular line", "rib 10 at midaxillary line")
    xs = [0.0] + [float(at(n)[0]) for n in names]
    zs = [float(at("xiphoid tip")[2])] + [float(at(n)[2]) - 6 for n in names]
    order = np.argsort(xs)
    return np.interp(x, np.array(xs)[order], np.array(zs)[order])


def relabel(name: str, folder: Path = DATA) -> int:
    """Label a committed body's skin anew; returns how many vertices have changed.

    Parameters
    ----------
    name : {"male", "female"}
        Which body.
    folder : Path
        Folder of the bodies.
    """
    body = Body(folder / name)
    landmarks = json.loads((folder / name / "landmarks.json").read_text("utf-8"))
    joints = {key: np.array(at) for key, at in body.meta["joints"].items()}
    labels = label_regions(
        body.skin, body.segment_labels, body.segment_names, landmarks, joints
    )
    with np.load(folder / name / "skin.npz") as stored:
        skin = {key: stored[key] for key in stored.files}
    skin["region"] = labels[: len(skin["region"])]
    np.savez_compressed(folder / name / "skin.npz", **skin)
    return int((labels != body.region_labels).sum())


def rekey(name: str, folder: Path = DISPLAY) -> None:
    """Write a body's hash anew into its thinned meshes, which have no labels."""
    path = folder / f"{name}.npz"
    with np.load(path) as stored:
        meshes = {key: stored[key] for key in stored.files}
    meshes["key"] = np.array(source_key(name))
    np.savez_compressed(path, **meshes)


def main() -> None:
    """Label both bodies anew."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bodies.regions", description=relabel.__doc__
    )
    parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in BODIES:
        log.info("%s: %d vertices have another label", name, relabel(name))
        rekey(name)


if __name__ == "__main__":
    main()
