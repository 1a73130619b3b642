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
from scipy.spatial import cKDTree

from anatomy.body import BODIES, load_body
from anatomy.body.display import DISPLAY, STEP_MM, source_key

log = logging.getLogger("tools.bodies.display")

SKIN_FACES = 20_000
#: Of a bone's vertices at least this share stays within so many mm of what is drawn;
#: pictures are to agree to 1 mm.
BONE_SHARE, BONE_MM = 0.99, 1.0
#: Shares of a bone's faces that are tried, and how boldly they are thinned.
FEWER, BOLDNESS = 0.75, (3.0, 7.0)
#: A bone keeps at least so many faces.
BONE_FACES = 20
#: Places on a face, as weights of its corners, to which distances are measured.
ON_FACE = np.array([(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)]) / 8.0


def thinned(
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    count: int,
    boldness: float = 5.0,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a mesh with about ``count`` faces; one that has no more stays as it is."""
    if len(faces) <= count:
        return points, faces
    few, index = fast_simplification.simplify(
        points.astype(np.float32), faces, target_count=count, agg=boldness
    )
    used, inverse = np.unique(index, return_inverse=True)
    return few[used].astype(float), inverse.reshape(-1, 3).astype(np.int32)


def away_mm(
    points: NDArray[np.float64],
    drawn: NDArray[np.float64],
    faces: NDArray[np.int32],
) -> float:
    """Return how far most of a bone's vertices are from what is drawn at most, mm."""
    places = np.einsum("kw,nwd->nkd", ON_FACE, drawn[faces]).reshape(-1, 3)
    return float(np.quantile(cKDTree(places).query(points)[0], BONE_SHARE))


def thinned_bone(
    points: NDArray[np.float64], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the fewest faces that are found to draw a bone where it is."""
    best, count = (points, faces), float(len(faces))
    while count * FEWER > BONE_FACES:
        count *= FEWER
        tried = [thinned(points, faces, int(count), bold) for bold in BOLDNESS]
        true = [t for t in tried if away_mm(points, *t) <= BONE_MM]
        if not true:
            break
        best = min([best, *true], key=lambda mesh: len(mesh[1]))
    return best


def build_display(name: str, out: Path = DISPLAY) -> tuple[int, int]:
    """Write the thinned meshes of one body; returns faces of skin and of bones."""
    body = load_body(name)
    parts = {"": thinned(body.skin.vertices, body.skin.faces, SKIN_FACES)}
    for bone, (points, faces) in body.bones.items():
        parts[bone] = thinned_bone(np.asarray(points, dtype=float), faces)
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
