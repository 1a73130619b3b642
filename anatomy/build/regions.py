"""Regions of skin: one label per vertex, from segments and landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy.skin import SkinSurface

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
    abdomen, the iliac crest and gluteal fold bound the buttock, the inguinal
    ligament parts abdomen and thigh.
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
    crest = float(bone["iliac crest", "left"][2])
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
        & (z < crest - 4)
        & (z > fold_z)
        & (behind | (x > asis[0] + 8)),
    )
    width = np.interp(z, [coccyx[2], s1[2]], [10.0, psis[0] + 6])
    put("sacrum", lower & behind & (z < s1[2] + 8) & (z > coccyx[2]) & (x < width))
    groin = pubis[2] - 8 + (asis[2] - pubis[2]) * np.clip(x / asis[0], 0, 1)
    put("thigh", lower & (z < groin) & (y <= asis[1] + 35))
    put("thigh", (part == "thigh") & (z <= fold_z))
    put(
        "perineum",
        lower
        & (x < 26)
        & (z < pubis[2] - 10)
        & (z > fold_z - 25)
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
    ear_y = float(at("temporomandibular joint")[1])
    brow = float(at("glabella")[2])
    head = part == "head"
    put("scalp", head)
    put("face", head & (y < ear_y + 6) & (z < brow + 42))
    chin = float(at("chin")[2])
    put("neck", head & (z < chin - 8) & (y > ear_y + 20))
    return out


def _margin(x: Array, at: Any) -> Array:
    """Height of the costal margin in front, by distance from the midline."""
    names = ("costal margin at midclavicular line", "rib 10 at midaxillary line")
    xs = [0.0] + [float(at(n)[0]) for n in names]
    zs = [float(at("xiphoid tip")[2])] + [float(at(n)[2]) - 6 for n in names]
    order = np.argsort(xs)
    return np.interp(x, np.array(xs)[order], np.array(zs)[order])
