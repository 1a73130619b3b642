"""Shaded orthographic pictures of a mesh, by ray casting: the pages of the atlas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Camera:
    """An orthographic view on the body frame.

    `right` and `up` are signed axes of the picture, `into` points from the
    viewer into the body; `extent` is (left, right, bottom, top) in mm measured
    along `right` and `up`.
    """

    right: Array
    up: Array
    into: Array
    extent: tuple[float, float, float, float]
    mm_per_pixel: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        left, right, bottom, top = self.extent
        return (
            round((top - bottom) / self.mm_per_pixel),
            round((right - left) / self.mm_per_pixel),
        )

    def origins(self, start: float) -> Array:
        """Ray origins, row by row from the top left, on the plane at `start`."""
        rows, columns = self.shape
        left, _, _, top = self.extent
        u = left + (np.arange(columns) + 0.5) * self.mm_per_pixel
        v = top - (np.arange(rows) + 0.5) * self.mm_per_pixel
        grid_u, grid_v = np.meshgrid(u, v)
        flat = grid_u.reshape(-1, 1) * self.right + grid_v.reshape(-1, 1) * self.up
        return np.asarray(flat + self.into * start)


@dataclass
class Hits:
    """What each pixel sees: face index (-1 in the air) and the point seen."""

    face: IntArray
    point: Array


def cast(mesh: trimesh.Trimesh, camera: Camera) -> Hits:
    """Return the first face and point that each pixel of a view sees."""
    depth = mesh.vertices @ camera.into
    origins = camera.origins(float(depth.min()) - 10.0)
    directions = np.tile(camera.into, (len(origins), 1))
    face = mesh.ray.intersects_first(origins, directions)
    point = np.full((len(origins), 3), np.nan)
    hit = np.flatnonzero(face >= 0)
    corner = mesh.triangles[face[hit], 0]
    normal = mesh.face_normals[face[hit]]
    slope = normal @ camera.into
    slope[np.abs(slope) < 1e-9] = 1e-9
    along = np.einsum("ij,ij->i", corner - origins[hit], normal) / slope
    point[hit] = origins[hit] + along[:, None] * camera.into
    return Hits(face.reshape(camera.shape), point.reshape(*camera.shape, 3))


def smooth_normals(mesh: trimesh.Trimesh, hits: Hits) -> Array:
    """Interpolated vertex normals at each pixel, (rows, columns, 3)."""
    shape = hits.face.shape
    out = np.zeros((*shape, 3))
    seen = hits.face >= 0
    face = hits.face[seen]
    bary = trimesh.triangles.points_to_barycentric(
        mesh.triangles[face], hits.point[seen]
    )
    bary = np.nan_to_num(np.clip(bary, 0, 1))
    normal = np.einsum("ij,ijk->ik", bary, mesh.vertex_normals[mesh.faces[face]])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    out[seen] = normal / np.maximum(length, 1e-9)
    return out


def occlusion(mesh: trimesh.Trimesh, *, rays: int = 48, reach: float = 160.0) -> Array:
    """Open sky above each vertex, 0 (closed) to 1 (open): soft contact shadow."""
    index = np.arange(rays) + 0.5
    z = np.sqrt(index / rays)
    phi = np.pi * (1 + 5**0.5) * index
    local = np.c_[np.sqrt(1 - z**2) * np.cos(phi), np.sqrt(1 - z**2) * np.sin(phi), z]
    normal = np.asarray(mesh.vertex_normals)
    helper = np.where(np.abs(normal[:, :1]) > 0.7, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    tangent = np.cross(normal, helper)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    bitangent = np.cross(normal, tangent)
    origin = mesh.vertices + normal * 0.6
    open_sky = np.zeros(len(normal))
    for ray in local:
        direction = ray[0] * tangent + ray[1] * bitangent + ray[2] * normal
        face = mesh.ray.intersects_first(origin, direction)
        free = face < 0
        hit = np.flatnonzero(~free)
        centre = mesh.triangles_center[face[hit]]
        far = np.linalg.norm(centre - origin[hit], axis=1) / reach
        free = free.astype(float)
        free[hit] = np.clip(far, 0, 1)
        open_sky += free
    return np.asarray(open_sky / rays)


def light(normals: Array, camera: Camera) -> tuple[Array, Array]:
    """Diffuse and rim terms of a soft studio light, from the viewer's upper left."""
    key = -camera.into + 0.45 * camera.up - 0.45 * camera.right
    key = key / np.linalg.norm(key)
    fill = -camera.into * 0.6 + 0.2 * camera.up + 0.8 * camera.right
    fill = fill / np.linalg.norm(fill)
    diffuse = 0.72 * np.clip(normals @ key, 0, 1) + 0.2 * np.clip(normals @ fill, 0, 1)
    facing = np.clip(-(normals @ camera.into), 0, 1)
    return diffuse, facing
