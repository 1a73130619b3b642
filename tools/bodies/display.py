"""Thinned meshes for drawing the bodies in 3D: ``python -m tools.bodies.display``.

They are made from the bodies as committed and need none of the build's inputs. Nothing
is measured on them: what is checked is checked on the skin itself.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import fast_simplification
import numpy as np
from numpy.typing import NDArray

from anatomy.body import BODIES, load_body
from anatomy.body.display import DISPLAY, STEP_MM, source_key

log = logging.getLogger("tools.bodies.display")

SKIN_FACES = 20_000
#: Area of skin or bone that one face may stand for, mm2, and the least faces of a bone.
BONE_FACE_MM2, BONE_FACES = 30.0, 100


def thinned(
    points: NDArray[np.float64], faces: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a mesh with about ``count`` faces; one that has no more stays as it is."""
    if len(faces) <= count:
        return points, faces
    few, index = fast_simplification.simplify(
        points.astype(np.float32), faces, target_count=count, agg=5
    )
    used, inverse = np.unique(index, return_inverse=True)
    return few[used].astype(float), inverse.reshape(-1, 3).astype(np.int32)


def _area(points: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    a, b, c = (points[faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2.0)


def build_display(name: str, out: Path = DISPLAY) -> tuple[int, int]:
    """Write the thinned meshes of one body; returns faces of skin and of bones."""
    body = load_body(name)
    parts = {"": thinned(body.skin.vertices, body.skin.faces, SKIN_FACES)}
    for bone, (points, faces) in body.bones.items():
        wanted = max(BONE_FACES, int(_area(points, faces) / BONE_FACE_MM2))
        parts[bone] = thinned(points, faces, wanted)
    places = np.concatenate([points for points, _ in parts.values()])
    low = np.floor(places.min(axis=0))
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out / f"{name}.npz",
        key=np.array(source_key(name)),
        names=np.array(list(parts)),
        points=np.round((places - low) / STEP_MM).astype(np.uint16),
        low=low,
        faces=np.concatenate([faces for _, faces in parts.values()]).astype(np.uint16),
        point_counts=np.array([len(points) for points, _ in parts.values()]),
        face_counts=np.array([len(faces) for _, faces in parts.values()]),
    )
    skin = len(parts[""][1])
    return skin, sum(len(faces) for _, faces in parts.values()) - skin


def main() -> None:
    """Write the thinned meshes of both bodies."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bodies.display", description=__doc__
    )
    parser.add_argument("--out", type=Path, default=DISPLAY, help="folder to write to")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in BODIES:
        skin, bones = build_display(name, options.out)
        log.info("%s: %d faces of skin, %d of bones", name, skin, bones)


if __name__ == "__main__":
    main()
