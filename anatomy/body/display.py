"""The bodies as thinned meshes, for drawing only.

The skin of a reference body has some 150,000 faces and the bones of a hand as many
again, ten times what a picture needs. ``python -m tools.bodies.display`` thins both
once and the result is kept with the data, so that no picture waits for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anatomy.body import BODIES, DATA
from anatomy.errors import DataError
from anatomy.names import unknown

DISPLAY = DATA.parent / "display"
#: Stored places are whole steps of this size, mm.
STEP_MM = 0.05


@dataclass(frozen=True, eq=False)
class Mesh:
    """A mesh for drawing.

    Attributes
    ----------
    points : (N, 3) float32
        Places in the body frame, mm.
    faces : (M, 3) int32
        Corners of each face.
    """

    points: NDArray[np.float32]
    faces: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class DisplayBody:
    """What is drawn of a body.

    Attributes
    ----------
    skin : Mesh
        The skin.
    bones : Mesh
        All bones in one mesh.
    bone_names : list of str
        Names of the bones in their order.
    bone_starts : (B,) int64
        First point of each bone.
    key : str
        Hash of the body files that the meshes were made from.
    """

    skin: Mesh
    bones: Mesh
    bone_names: list[str]
    bone_starts: NDArray[np.int64]
    key: str


def source_key(name: str, folder: Path = DATA) -> str:
    """Return the hash of the body files that the thinned meshes rest on.

    Examples
    --------
    >>> display_body("male").key == source_key("male")
    True
    """
    digest = hashlib.sha256()
    for file in ("skin.npz", "bones.npz"):
        digest.update((folder / name / file).read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def display_body(name: str, folder: Path = DISPLAY) -> DisplayBody:
    """Return the thinned meshes of a body, read once.

    Parameters
    ----------
    name : {"male", "female"}
        Which body.
    folder : Path
        Folder of the meshes.

    Raises
    ------
    UnknownNameError
        When there is no such body.
    DataError
        When the file is missing or broken; the message names it.

    Examples
    --------
    >>> body = display_body("female")
    >>> len(body.skin.faces) < 25_000
    True
    >>> "femur left" in body.bone_names
    True
    """
    if name not in BODIES:
        raise unknown("body", name, BODIES, field="site.body")
    try:
        with np.load(folder / f"{name}.npz") as stored:
            points = (stored["points"] * STEP_MM + stored["low"]).astype(np.float32)
            faces = stored["faces"].astype(np.int32)
            of_points = stored["point_counts"]
            of_faces = stored["face_counts"]
            names = [str(part) for part in stored["names"]]
            key = str(stored["key"])
    except (OSError, ValueError, KeyError) as problem:
        raise DataError(
            f"Meshes for drawing the {name} body unreadable: {problem}. "
            "Run 'python -m tools.bodies.display'."
        ) from None
    starts = np.concatenate([[0], np.cumsum(of_points)[:-1]])
    at, skin_faces = int(of_points[0]), int(of_faces[0])
    # faces count within their own part; the bones become one mesh
    offset = np.repeat(starts[1:] - at, of_faces[1:])[:, None]
    return DisplayBody(
        skin=Mesh(points[:at], faces[:skin_faces]),
        bones=Mesh(points[at:], (faces[skin_faces:] + offset).astype(np.int32)),
        bone_names=names[1:],
        bone_starts=starts[1:] - at,
        key=key,
    )
