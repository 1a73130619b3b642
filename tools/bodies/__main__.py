"""Build the reference bodies: ``python -m tools.bodies``."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Container
from pathlib import Path

import numpy as np

from anatomy.body import (
    BODIES,
    BODY_SCHEMA,
    DATA,
    ENLARGEMENTS,
    mirrored_mesh,
    unpack_points,
)
from anatomy.charts import chart_specs, main_specs
from anatomy.mesh.skin import SkinSurface
from tools.bodies import packages
from tools.bodies.bones import bones, fit, skeleton
from tools.bodies.charts import DEPTH_STEP_MM, Layers, draw_charts
from tools.bodies.display import build_display
from tools.bodies.enlargements import draw_enlargements
from tools.bodies.landmarks import build_landmarks
from tools.bodies.regions import REGIONS, label_regions
from tools.bodies.report import write_reports
from tools.bodies.skin import PosedSkin, build_skin

log = logging.getLogger("tools.bodies")
#: Stored places are whole steps of this size, mm.
STEP_MM = 0.03


def _pack(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = np.floor(points.min(axis=0))
    low[0] = min(low[0], 0.0) if points[:, 0].min() < 0 else 0.0
    return np.round((points - low) / STEP_MM).astype(np.uint16), low


def _half(skin: PosedSkin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left half of the skin: points, faces and segment labels."""
    keep = skin.vertices[skin.faces][:, :, 0].mean(axis=1) > 0
    used, inverse = np.unique(skin.faces[keep], return_inverse=True)
    return skin.vertices[used], inverse.reshape(-1, 3), skin.segment[used]


def build_body(name: str, inputs: Path, out: Path, *, pictures: Container[str]) -> None:
    """Build one body and write its files."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    log.info("%s: skin", name)
    posed = build_skin(packages.unpack(packages.SKIN, inputs), name)
    points, half_faces, half_segment = _half(posed)
    packed, low = _pack(points)
    # everything after this sees exactly what will be loaded
    points = unpack_points(packed, STEP_MM, low)
    vertices, faces = mirrored_mesh(points, half_faces)
    surface = SkinSurface(vertices, faces)
    names = posed.segment_names
    swap = np.array(
        [names.index(n.replace("left_", "right_")) for n in names], np.uint8
    )
    off_middle = points[:, 0] > 0
    segment = np.concatenate([half_segment, swap[half_segment[off_middle]]])
    skin = PosedSkin(vertices, faces.astype(np.int64), segment, names, posed.joints)
    log.info("%s: bones", name)
    source = fit.read_source(
        bones.world_meshes(packages.unpack(packages.BONES, inputs))
    )
    fitted = skeleton.fit_skeleton(source, skin, name)
    log.info("%s: landmarks and regions", name)
    landmarks = build_landmarks(skin, fitted, surface)
    regions = label_regions(surface, segment, names, landmarks, fitted.joints)
    log.info("%s: charts", name)
    marks = {(r["name"], r["side"]): r["xyz"] for r in landmarks}
    chest = (
        marks["L2 spinous process", "midline"][2] - 25.0,
        marks["C5 spinous process", "midline"][2] + 15.0,
    )
    layers = Layers(
        surface,
        segment,
        names,
        fitted.bones,
        fitted.segment,
        chest,
        float(fitted.joints["ankle"][2]),
    )
    drawn = draw_charts(layers, folder / "pictures", drawn_charts=pictures)
    count = len(points)
    np.savez_compressed(
        folder / "skin.npz",
        points=packed,
        faces=half_faces.astype(np.uint32),
        step=STEP_MM,
        low=low,
        segment=half_segment,
        region=regions[:count],
        seen=drawn.seen,
    )
    np.savez_compressed(folder / "charts.npz", **drawn.rasters)  # type: ignore[arg-type]
    bone_rows = _write_bones(fitted, folder)
    (folder / "landmarks.json").write_text(
        "[\n" + ",\n".join(json.dumps(r) for r in landmarks) + "\n]\n"
    )
    meta = {
        "schema": BODY_SCHEMA,
        "name": name,
        "height_mm": round(float(vertices[:, 2].max()), 1),
        "regions": REGIONS,
        "segment_names": names,
        "segments": _segments(fitted, posed, marks),
        "joints": {k: np.round(v, 2).tolist() for k, v in fitted.joints.items()},
        "depth_step_mm": DEPTH_STEP_MM,
        "charts": {n: drawn.extents[n] for n in main_specs()},
        "bones": bone_rows,
        "fit": fitted.notes,
        "provenance": [
            {
                "package": p.name,
                "version": p.version,
                "licence": p.licence,
                "holds": p.holds,
                "sha256": packages.digest(p, inputs),
            }
            for p in (packages.SKIN, packages.BONES)
        ],
    }
    (folder / "body.json").write_text(json.dumps(meta, indent=1) + "\n")


def _write_bones(fitted: fit.Skeleton, folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    points, faces = [], []
    for name, mesh in fitted.bones.items():
        own, index = mesh
        if name.endswith(" right"):
            continue
        paired = name.endswith(" left")
        if not paired:  # keep the left half; the mirror image is made on loading
            keep = own[index][:, :, 0].mean(axis=1) > 0
            used, inverse = np.unique(index[keep], return_inverse=True)
            own, index = own[used], inverse.reshape(-1, 3)
        points.append(own)
        faces.append(index)
        rows.append(
            {
                "name": name.removesuffix(" left"),
                "paired": paired,
                "segment": fitted.segment[name],
                "points": len(own),
                "faces": len(index),
            }
        )
    packed, low = _pack(np.concatenate(points))
    np.savez_compressed(
        folder / "bones.npz",
        points=packed,
        step=STEP_MM,
        low=low,
        faces=np.concatenate(faces).astype(np.uint16),
    )
    return rows


def _segments(
    fitted: fit.Skeleton, posed: PosedSkin, marks: dict[tuple[str, str], list[float]]
) -> dict[str, list[list[float]]]:
    joints = fitted.joints
    chain = {
        "upper_arm": ("shoulder", "elbow"),
        "forearm": ("elbow", "wrist"),
        "thigh": ("hip", "knee"),
        "leg": ("knee", "ankle"),
    }
    ends = {name: (joints[a], joints[b]) for name, (a, b) in chain.items()}
    ends["hand"] = (joints["wrist"], np.array(marks["tip of finger 3", "left"]))
    ends["foot"] = (
        np.array(marks["calcaneal tuberosity", "left"]),
        np.array(marks["tip of toe 2", "left"]),
    )
    found: dict[str, list[list[float]]] = {}
    for name, (a, b) in ends.items():
        for side, sign in (("left", 1.0), ("right", -1.0)):
            flip = np.array([sign, 1.0, 1.0])
            found[f"{side}_{name}"] = [
                np.round(a * flip, 2).tolist(),
                np.round(b * flip, 2).tolist(),
            ]
    top = float(posed.vertices[:, 2].max())
    c7 = marks["C7 spinous process", "midline"][2]
    base = marks["C1 posterior tubercle", "midline"][2]
    hip = float(joints["hip"][2])
    for name, high, low in (
        ("trunk", c7, hip),
        ("neck", base, c7),
        ("head", top, base),
    ):
        found[name] = [[0.0, 0.0, float(high)], [0.0, 0.0, float(low)]]
    return found


def main() -> None:
    """Build both bodies and the fit report."""
    parser = argparse.ArgumentParser(prog="python -m tools.bodies", description=__doc__)
    parser.add_argument(
        "--inputs",
        type=Path,
        default=Path("build/inputs"),
        help="folder that keeps the downloaded input packages",
    )
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the bodies")
    parser.add_argument(
        "--enlargements",
        type=Path,
        default=ENLARGEMENTS,
        help="folder of the enlarged charts",
    )
    parser.add_argument("--body", choices=BODIES, help="build only this one")
    parser.add_argument(
        "--pictures",
        nargs="*",
        metavar="CHART",
        help="draw only these charts, or none; all by default",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wanted = list(chart_specs()) if options.pictures is None else options.pictures
    for name in (options.body,) if options.body else BODIES:
        build_body(name, options.inputs, options.out, pictures=wanted)
        log.info("%s: enlargements", name)
        draw_enlargements(options.out / name, options.enlargements, wanted)
    write_reports(options.out)
    if options.out == DATA:
        for name in BODIES:
            build_display(name)


if __name__ == "__main__":
    main()
