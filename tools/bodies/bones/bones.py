"""Bones as the source package has them: separate meshes in its own posture."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Mesh = tuple[Array, IntArray]


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def world_meshes(folder: Path) -> dict[str, Mesh]:
    """Every mesh of the full-body model in world coordinates, mm, LPS axes."""
    import mujoco

    with _importable(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import myo_sim

        model = myo_sim.load_spec("myofullbody").compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    found: dict[str, Mesh] = {}
    for geom in range(model.ngeom):
        if model.geom_type[geom] != mujoco.mjtGeom.mjGEOM_MESH:
            continue
        mesh = model.geom_dataid[geom]
        name = mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_MESH, mesh)
        start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        first, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
        local = model.mesh_vert[start : start + count].astype(float)
        turn = data.geom_xmat[geom].reshape(3, 3)
        world = (local @ turn.T + data.geom_xpos[geom]) * 1000.0
        index = model.mesh_face[first : first + faces].astype(np.int64)
        found[name] = (world, index)
    shift = np.mean([found[n][0][:, 0].mean() for n in found if "lumbar" in n])
    return {n: (v - [shift, 0, 0], f) for n, (v, f) in found.items()}


def components(mesh: Mesh) -> list[Mesh]:
    """Return the connected parts of a mesh after merging vertices, largest first."""
    whole = trimesh.Trimesh(*mesh, process=False)
    whole.merge_vertices(digits_vertex=2)
    parts = trimesh.graph.connected_components(
        whole.face_adjacency, nodes=np.arange(len(whole.faces)), min_len=1
    )
    found = []
    for part in parts:
        faces = whole.faces[part]
        used, inverse = np.unique(faces, return_inverse=True)
        found.append((np.array(whole.vertices[used]), inverse.reshape(-1, 3)))
    return sorted(found, key=lambda p: -len(p[0]))
