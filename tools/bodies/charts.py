"""Rasters and atlas pictures of every chart."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

from anatomy.body import DEPTH_ZERO
from anatomy.charts import AXES, ChartSpec, main_specs
from anatomy.mesh.skin import SkinSurface
from tools.bodies.render import Camera, Hits, cast, light, occlusion, smooth_normals

Array = NDArray[np.float64]

#: Empty border round the body on a chart, mm, and for small charts.
BORDER_MM = 18.0
#: Size of a raster cell in pixels of the picture.
CELL_PIXELS = 2
#: Step of stored depths, mm.
DEPTH_STEP_MM = 0.1
#: Rays along each edge of a pixel (anti-aliasing).
SUPERSAMPLE = 2
SKIN_LIGHT = np.array([244.0, 214.0, 192.0])
SKIN_SHADE = np.array([118.0, 74.0, 58.0])
BONE_LIGHT = np.array([252.0, 247.0, 230.0])
BONE_SHADE = np.array([110.0, 92.0, 70.0])
#: Where a limb is cut off, and the largest slit that is painted over, pixels.
SECTION = np.array([226.0, 190.0, 170.0, 255.0])
LARGEST_SLIT_PIXELS = 3000
#: Skin fades out over this distance from where a chart leaves off, mm.
CUT_FADE_MM = 14.0
#: Bone fades into the flesh over this depth under the skin, mm.
BONE_FADE_MM = 150.0


@dataclass
class Layers:
    """Meshes that charts are drawn from."""

    surface: SkinSurface
    segment: NDArray[np.uint8]
    segment_names: list[str]
    bones: dict[str, tuple[Array, NDArray[np.int64]]]
    bone_segment: dict[str, str]
    thorax: tuple[float, float]  # z range of the chest charts
    ankle_z: float


def extent_of(spec: ChartSpec, layers: Layers) -> tuple[float, float, float, float]:
    """Return the bounds (xmin, xmax, ymin, ymax) of a chart in mm."""
    ax, ay = AXES[spec.x], AXES[spec.y]
    points = layers.surface.vertices
    names = np.array(layers.segment_names)[layers.segment]
    if spec.frame == ("thorax",):
        low, high = layers.thorax
        core = points[np.isin(names, ("trunk", "neck"))]
        core = core[(core[:, 2] > low) & (core[:, 2] < high)]
        width = float(np.abs(core[:, ax]).max()) + 55
        centre = 0.0 if spec.x == "x" else float(core[:, 1].mean())
        return (centre - width, centre + width, low, high)
    chosen = points if spec.frame == ("all",) else points[np.isin(names, spec.frame)]
    border = BORDER_MM if np.ptp(chosen[:, 2]) > 500 else 8.0
    bounds = (
        chosen[:, ax].min() - border,
        chosen[:, ax].max() + border,
        chosen[:, ay].min() - border,
        chosen[:, ay].max() + border,
    )
    if spec.x == "x" and spec.side is None:
        reach = max(-bounds[0], bounds[1])
        bounds = (-reach, reach, bounds[2], bounds[3])
    return tuple(float(np.round(b)) for b in bounds)  # type: ignore[return-value]


def camera_of(
    spec: ChartSpec, bounds: tuple[float, float, float, float], mm: float
) -> Camera:
    """Return the camera that draws a chart the way it is shown."""
    right, up = np.zeros(3), np.zeros(3)
    right[AXES[spec.x]] = -1.0 if spec.x_reversed else 1.0
    up[AXES[spec.y]] = -1.0 if spec.y_reversed else 1.0
    across = (bounds[0], bounds[1])
    along = (bounds[2], bounds[3])
    if spec.x_reversed:
        across = (-bounds[1], -bounds[0])
    if spec.y_reversed:
        along = (-bounds[3], -bounds[2])
    return Camera(right, up, np.array(spec.view), (*across, *along), mm)


def skin_mesh(spec: ChartSpec, layers: Layers) -> trimesh.Trimesh:
    """Return the part of the skin that a chart draws."""
    faces = layers.surface.faces
    if spec.draw != ("all",):
        names = np.array(layers.segment_names)[layers.segment]
        keep = np.isin(names, spec.draw)[faces].all(axis=1)
        if spec.below_ankle_mm is not None:
            cut = layers.ankle_z + spec.below_ankle_mm
            keep &= (layers.surface.vertices[faces][:, :, 2] < cut).all(axis=1)
        faces = faces[keep]
    mesh = trimesh.Trimesh(layers.surface.vertices, faces, process=False)
    mesh.vertex_normals = layers.surface.vertex_normals
    return mesh


def _bone_mesh(spec: ChartSpec, layers: Layers) -> trimesh.Trimesh | None:
    points, faces, count = [], [], 0
    for name, (own, index) in layers.bones.items():
        segment = layers.bone_segment[name]
        if spec.draw != ("all",) and segment not in spec.draw:
            continue
        points.append(own)
        faces.append(index + count)
        count += len(own)
    if not points:
        return None
    return trimesh.Trimesh(np.concatenate(points), np.concatenate(faces), process=False)


def _away_from_cut(mesh: trimesh.Trimesh, layers: Layers) -> Array:
    """0 at the edge of what a chart leaves out to 1 well inside, per vertex."""
    points = layers.surface.vertices
    left_out = np.ones(len(points), bool)
    left_out[np.unique(mesh.faces)] = False
    if not left_out.any():
        return np.ones(len(points))
    drawn = ~left_out
    # only what hangs together with the drawn skin is an edge: use shared faces
    faces = layers.surface.faces
    mixed = left_out[faces].any(axis=1) & drawn[faces].any(axis=1)
    rim = np.unique(faces[mixed])
    if not len(rim):
        return np.ones(len(points))
    gap = cKDTree(points[rim]).query(points)[0]
    return np.asarray(np.clip((gap - 2.0) / CUT_FADE_MM, 0, 1))


def _drop_backs(mesh: trimesh.Trimesh, hits: Hits, camera: Camera) -> None:
    """Count a ray that slips through a slit onto the inside as air."""
    seen = hits.face >= 0
    back = np.zeros_like(seen)
    back[seen] = mesh.face_normals[hits.face[seen]] @ camera.into > 0
    hits.face[back] = -1
    hits.point[back] = np.nan


def _shrink(picture: Array) -> Array:
    rows, columns = (s // SUPERSAMPLE for s in picture.shape[:2])
    cut = picture[: rows * SUPERSAMPLE, : columns * SUPERSAMPLE]
    return np.asarray(
        cut.reshape(rows, SUPERSAMPLE, columns, SUPERSAMPLE, -1).mean(axis=(1, 3))
    )


def _skin_picture(
    mesh: trimesh.Trimesh,
    hits: Hits,
    camera: Camera,
    open_sky: Array,
    away_from_cut: Array,
    *,
    cut: bool,
) -> Array:
    normals = smooth_normals(mesh, hits)
    diffuse, facing = light(normals, camera)
    seen = hits.face >= 0
    sky = np.ones(seen.shape)
    sky[seen] = open_sky[mesh.faces[hits.face[seen]]].mean(axis=1)
    tone = np.clip((0.12 + 1.0 * diffuse) * (0.30 + 0.70 * sky), 0, 1)
    tone *= 0.55 + 0.45 * np.clip(facing * 1.5, 0, 1)  # darker toward the outline
    gleam = np.clip(diffuse - 0.74, 0, 1)
    colour = SKIN_SHADE + (SKIN_LIGHT - SKIN_SHADE) * tone[..., None]
    colour = np.clip(colour + 60 * gleam[..., None], 0, 255)
    alpha = 255.0 * seen
    whole = np.ones(seen.shape)
    whole[seen] = away_from_cut[mesh.faces[hits.face[seen]]].mean(axis=1)
    if cut:
        colour = SECTION[:3] + (colour - SECTION[:3]) * whole[..., None]
    else:
        alpha *= whole
    picture = np.concatenate(
        [colour * seen[..., None], 255.0 * seen[..., None]], axis=2
    )
    _close_gaps(picture, seen, _from_behind(mesh, camera) if cut else seen)
    return picture


def _from_behind(mesh: trimesh.Trimesh, camera: Camera) -> NDArray[np.bool_]:
    """Pixels where something of the mesh lies at all, whichever way it faces."""
    origins = camera.origins(float((mesh.vertices @ camera.into).max()) + 10.0)
    back = np.tile(-camera.into, (len(origins), 1))
    return np.asarray(mesh.ray.intersects_any(origins, back)).reshape(camera.shape)


def _close_gaps(
    picture: Array, seen: NDArray[np.bool_], solid: NDArray[np.bool_]
) -> None:
    """Paint gaps: slits (lips) like their rim, a cut limb as a flat section."""
    gaps, count = ndimage.label((ndimage.binary_fill_holes(seen) | solid) & ~seen)
    if not count:
        return
    sizes = ndimage.sum_labels(np.ones_like(gaps), gaps, np.arange(1, count + 1))
    rim = ndimage.distance_transform_edt(
        ~seen, return_distances=False, return_indices=True
    )
    for label, size in enumerate(sizes, start=1):
        place = gaps == label
        if size < LARGEST_SLIT_PIXELS:
            picture[place] = picture[rim[0][place], rim[1][place]] * [0.8, 0.8, 0.8, 1]
        else:
            picture[place] = SECTION


def _bone_picture(
    mesh: trimesh.Trimesh, hits: Hits, skin: Hits, camera: Camera
) -> Array:
    normals = smooth_normals(mesh, hits)
    diffuse, facing = light(normals, camera)
    seen = (hits.face >= 0) & (skin.face >= 0)
    depth = np.where(seen, (hits.point - skin.point) @ camera.into, 0.0)
    seen &= depth > -3.0
    fade = np.exp(-np.clip(depth, 0, None) / BONE_FADE_MM)
    tone = np.clip((0.12 + 0.95 * diffuse) * (0.4 + 0.6 * facing), 0, 1)
    colour = BONE_SHADE + (BONE_LIGHT - BONE_SHADE) * tone[..., None]
    alpha = 235.0 * fade * seen
    return np.concatenate([colour * seen[..., None], alpha[..., None]], axis=2)


def _save(picture: Array, path: Path) -> None:
    alpha = picture[..., 3:]
    colour = np.where(alpha > 0, picture[..., :3], 0)
    weight = np.maximum(alpha / 255.0, 1e-6)
    if SUPERSAMPLE > 1:  # colour was averaged with the empty part of edge pixels
        colour = np.clip(colour / np.where(alpha < 255, weight, 1.0), 0, 255)
    data = np.concatenate([colour, alpha], axis=2).round().astype(np.uint8)
    Image.fromarray(data, "RGBA").save(path, "WEBP", quality=82, method=6, exact=False)


@dataclass
class Drawn:
    """What the build keeps of all charts."""

    rasters: dict[str, NDArray[np.int16]]
    extents: dict[str, dict[str, object]]
    seen: NDArray[np.uint32]


def draw_charts(
    layers: Layers, pictures: Path, *, drawn_charts: Container[str]
) -> Drawn:
    """Write the pictures and return rasters, extents and vertex visibility bits.

    Parameters
    ----------
    layers : Layers
        Skin and bones of one body.
    pictures : Path
        Folder for ``<chart>.<layer>.webp``.
    drawn_charts : container of str
        Charts to draw; of the others the pictures stay as they are.
    """
    pictures.mkdir(parents=True, exist_ok=True)
    open_sky = whole_sky(layers)
    drawn = Drawn({}, {}, np.zeros(len(layers.surface.vertices), np.uint32))
    for bit, (name, spec) in enumerate(main_specs().items()):
        bounds = extent_of(spec, layers)
        mesh = skin_mesh(spec, layers)
        cell = spec.mm_per_pixel * CELL_PIXELS
        drawn.extents[name] = {"bounds": list(bounds), "cell_mm": cell}
        drawn.rasters[name] = raster(spec, mesh, bounds, cell)
        drawn.seen |= visible(spec, mesh, layers, bounds).astype(np.uint32) << bit
        if name in drawn_charts:
            draw_pictures(spec, mesh, bounds, layers, open_sky, pictures)
    return drawn


def whole_sky(layers: Layers) -> Array:
    """Open sky above each vertex of the whole body, for `draw_pictures`."""
    return occlusion(skin_mesh(main_specs()["anterior"], layers))


def draw_pictures(
    spec: ChartSpec,
    mesh: trimesh.Trimesh,
    bounds: tuple[float, float, float, float],
    layers: Layers,
    open_sky: Array,
    pictures: Path,
) -> None:
    """Write the shaded pictures of one chart."""
    camera = camera_of(spec, bounds, spec.mm_per_pixel / SUPERSAMPLE)
    hits = cast(mesh, camera)
    _drop_backs(mesh, hits, camera)
    armless = "trunk" in spec.draw and "left_upper_arm" not in spec.draw
    cut = spec.below_ankle_mm is not None or armless
    skin = _skin_picture(
        mesh, hits, camera, open_sky, _away_from_cut(mesh, layers), cut=cut
    )
    _save(_weighted(skin), pictures / f"{spec.name}.skin.webp")
    bones = _bone_mesh(spec, layers)
    if bones is not None:
        bone_hits = cast(bones, camera)
        bone = _bone_picture(bones, bone_hits, hits, camera)
        _save(_weighted(bone), pictures / f"{spec.name}.skeleton.webp")


def _weighted(picture: Array) -> Array:
    """Average down with colour weighted by opacity; returns premultiplied colour."""
    alpha = picture[..., 3:] / 255.0
    return _shrink(np.concatenate([picture[..., :3] * alpha, picture[..., 3:]], axis=2))


def raster(
    spec: ChartSpec, mesh: trimesh.Trimesh, bounds: tuple[float, ...], cell: float
) -> NDArray[np.int16]:
    """Depth of the skin at each cell, row 0 at ymin, as differences along a row."""
    right, up = np.zeros(3), np.zeros(3)
    right[AXES[spec.x]], up[AXES[spec.y]] = 1.0, 1.0
    extent = (bounds[0], bounds[1], bounds[2], bounds[3])
    camera = Camera(right, up, np.array(spec.view), extent, cell)
    hits = cast(mesh, camera)
    _drop_backs(mesh, hits, camera)
    axis = 3 - AXES[spec.x] - AXES[spec.y]
    depth = hits.point[::-1, :, axis]
    steps = np.round(np.nan_to_num(depth) / DEPTH_STEP_MM) + DEPTH_ZERO
    packed = np.where(np.isfinite(depth), steps, 0).astype(np.int32)
    return np.diff(packed, axis=1, prepend=0).astype(np.int16)


def visible(
    spec: ChartSpec, mesh: trimesh.Trimesh, layers: Layers, bounds: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Vertices that the chart shows: drawn, within bounds, facing and not hidden."""
    points = layers.surface.vertices
    normals = layers.surface.vertex_normals
    view = np.array(spec.view)
    ax, ay = AXES[spec.x], AXES[spec.y]
    drawn = np.zeros(len(points), bool)
    drawn[np.unique(mesh.faces)] = True
    inside = (points[:, ax] >= bounds[0]) & (points[:, ax] <= bounds[1])
    inside &= (points[:, ay] >= bounds[2]) & (points[:, ay] <= bounds[3])
    if spec.side is not None:  # across the midline is the other side's chart
        sign = 1.0 if spec.side == "left" else -1.0
        inside &= points[:, 0] * sign > -1.0
    check = np.flatnonzero(drawn & inside & (normals @ view < -0.02))
    origin = points[check] + normals[check] * 0.8 - view * 0.4
    ahead = np.tile(-view, (len(check), 1))
    hidden = mesh.ray.intersects_any(origin, ahead)
    seen = np.zeros(len(points), bool)
    seen[check[~hidden]] = True
    return seen
