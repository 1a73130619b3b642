"""The scheme of a muscle's part: a sheet of fibres with a thickness, between its lines.

A part is a grid of places: fibres side by side, each from origin to insertion. In its
layer it follows the skin at a depth between skin and bone, the first layer under the
skin, the last on the bone; at its ends it runs to its attachments. What runs straight
(behind a bone, within the pelvis) keeps to the line between its attachments and is only
kept out of bone and within the skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt, minimum_filter, uniform_filter

from anatomy.muscles.bone_points import direction, skeleton, spot_xyz

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.muscles.attachments import Facing, Part

Array = NDArray[np.float64]

#: Fibres of a part, and places along each.
FIBRES, STATIONS = 9, 17
#: What nobody measured is drawn this thick, mm.
THIN_MM = 3.0
#: A first layer is drawn this far under the skin, mm, or a share of the way to the
#: bone where that is less. The bodies have no fat of their own.
UNDER_SKIN_MM, UNDER_SKIN_SHARE = 4.0, 0.2
#: No muscle is drawn nearer to the skin than this, mm.
LEAST_UNDER_SKIN_MM = 1.5
#: Bone deeper than this does not bound a layer, mm.
DEEPEST_BONE_MM = 70.0
#: Where there is no bone the layers share so much, mm.
NO_BONE_MM = 25.0
#: Nearer to the skin than this, the nearest skin alone tells on which side one is, mm.
SURE_MM = 8.0
#: Farther than this beyond the midline is the other side, mm.
MIDLINE_MM = 0.5
#: Farthest that skin is looked for, mm.
FAR_MM = 260.0
#: What runs straight keeps this far from bone between its ends, mm.
OFF_BONE_MM = 2.5
#: A bone's surface counts as met at this distance from one of its points, mm.
MET_MM = 2.5
#: Share of a fibre's length over which it runs from its attachment to its layer.
ENDS = 0.14
#: Width and thickness of a tendon, as shares of the belly's greatest.
TENDON = 0.18


@dataclass(frozen=True, eq=False)
class Sheet:
    """A part as a grid of fibres (F) by stations (S), on the left side, mm.

    Attributes
    ----------
    outer, inner : (F, S, 3) float64
        Its surfaces toward the skin and away from it.
    skin : (2, F, S) int64
        The skin's vertex over each place, and on the other way to it (the same where
        the part is reached from one side only).
    """

    outer: Array
    inner: Array
    skin: NDArray[np.int64]


def _resampled(places: Array, count: int) -> Array:
    """Return so many places evenly along a line of places (K, 3)."""
    if len(places) == 1:
        return np.repeat(places, count, axis=0)
    run = np.r_[0, np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1))]
    if run[-1] < 1e-6:
        return np.repeat(places[:1], count, axis=0)
    # each given place is as far along as its number, so that borders lie where given
    share = np.linspace(0, 1, len(places))
    at = np.linspace(0, 1, count)
    return np.stack([np.interp(at, share, places[:, k]) for k in range(3)], axis=1)


def _spread(facing: Facing, count: int) -> Array:
    words = (facing,) if isinstance(facing, str) else facing
    return _resampled(np.array([direction(word) for word in words]), count)


def _facing(facing: Facing, end: Facing | None) -> Array:
    """Return the direction toward the skin at each place, (F, S, 3)."""
    start, last = _spread(facing, FIBRES), _spread(end or facing, FIBRES)
    t = np.linspace(0, 1, STATIONS)[None, :, None]
    toward = start[:, None] * (1 - t) + last[:, None] * t
    return np.asarray(toward / np.linalg.norm(toward, axis=2, keepdims=True))


def _profile(part: Part) -> Array:
    """Return how full the muscle is along its length, (S,): 1 at its fullest."""
    t = np.linspace(0, 1, STATIONS)
    start, end = part.fleshy
    s = np.clip((t - start) / (end - start), 0, 1)
    return np.maximum(np.sin(np.pi * s) ** 0.6, TENDON)


def _chords(body: Body, part: Part, toward: Array) -> tuple[Array, list[bool]]:
    """Return the fibres as given (F, S, 3), and which of their ends are on bone."""
    lines, on_bone = [], []
    for line in part.lines:
        spots = [spot_xyz(body, spot) for spot in line]
        lines.append(_resampled(np.array([xyz for xyz, _ in spots]), FIBRES))
        on_bone.append(all(bone for _, bone in spots))
    knots = np.array(lines)  # (lines, F, 3)
    gaps = np.linalg.norm(np.diff(knots, axis=0), axis=2).mean(axis=1)
    at = np.r_[0, np.cumsum(np.maximum(gaps, 1e-3))]
    t = np.linspace(0, at[-1], STATIONS)
    paths = np.asarray(PchipInterpolator(at, knots, axis=0)(t)).transpose(1, 0, 2)
    if part.width is not None:
        along = paths[:, -1].mean(axis=0) - paths[:, 0].mean(axis=0)
        across = np.cross(np.gradient(paths.mean(axis=0), axis=0), toward.mean(axis=0))
        across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
        # wider the way that the given lines run, not against it
        if float(((paths[-1] - paths[0]) * across).sum()) < 0:
            across = -across
        wide = part.width * float(np.linalg.norm(along)) * _profile(part)
        share = np.linspace(-0.5, 0.5, FIBRES)
        paths = paths + share[:, None, None] * (wide[:, None] * across)[None]
    return paths, [on_bone[0], on_bone[-1]]


def _within(
    body: Body, xyz: Array
) -> tuple[NDArray[np.bool_], Array, NDArray[np.int64]]:
    """Return which places lie within the skin, how far off it is, and where nearest.

    What lies beyond the midline is outside: a thigh's skin is not that of the other.
    """
    skin = body.skin
    away, vertex = skin.tree.query(xyz)
    out = np.einsum(
        "ij,ij->i", xyz - skin.vertices[vertex], skin.vertex_normals[vertex]
    )
    within = (out < 0) & (xyz[:, 0] > -MIDLINE_MM)
    return within, np.asarray(away), np.asarray(vertex, dtype=np.int64)


def _to_skin(body: Body, xyz: Array, toward: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return where lines from places (N, 3) leave the skin, and the vertices there.

    From a place outside, the line is followed back until it enters; one that never
    does ends at the nearest skin.
    """
    within, away, _ = _within(body, xyz)
    sign = np.where(within, 1.0, -1.0)
    at = xyz.copy()
    run = np.zeros(len(xyz))
    going = np.ones(len(xyz), dtype=bool)
    while going.any():
        index = np.flatnonzero(going)
        step = np.maximum(away[index] - 4.0, 0.8)
        run[index] += step
        at[index] += (sign[index] * step)[:, None] * toward[index]
        inside, away[index], _ = _within(body, at[index])
        done = (inside != within[index]) | (run[index] > FAR_MM)
        going[index[done]] = False
    lost = run > FAR_MM
    vertex = np.asarray(body.skin.tree.query(at)[1], dtype=np.int64)
    if lost.any():
        vertex[lost] = body.skin.tree.query(xyz[lost])[1]
        at[lost] = body.skin.vertices[vertex[lost]]
    return at, vertex


def _bone_depth(body: Body, skin: Array, toward: Array) -> Array:
    """Return how deep bone lies under places of the skin (N,), mm; NaN where none."""
    bones = skeleton(body)
    depth = np.zeros(len(skin))
    going = np.ones(len(skin), dtype=bool)
    found = np.full(len(skin), np.nan)
    while going.any():
        index = np.flatnonzero(going)
        away = bones.distance(skin[index] - depth[index, None] * toward[index])
        met = away <= MET_MM
        found[index[met]] = depth[index[met]]
        depth[index] += np.maximum(away - MET_MM + 0.3, 0.5)
        going[index[met]] = False
        going[index[depth[index] > DEEPEST_BONE_MM]] = False
    return found


def _smooth_gap(gap: Array) -> Array:
    """Return how much room there is over bone, (F, S), spaces between ribs closed.

    Beside a bone, as at the borders of what lies over a shaft, the room is that over
    the nearest place with bone under it.
    """
    unknown = np.isnan(gap)
    if unknown.all():
        return np.full_like(gap, NO_BONE_MM)
    nearest = distance_transform_edt(
        unknown, return_distances=False, return_indices=True
    )
    whole = minimum_filter(gap[tuple(nearest)], size=(3, 3), mode="nearest")
    for _ in range(2):
        whole = uniform_filter(whole, 3, mode="nearest")
    return np.asarray(whole)


def _ends(on_bone: list[bool]) -> Array:
    """Return how much each station is in its layer (S,): 0 at a bony attachment."""
    t = np.linspace(0, 1, STATIONS)
    weight = np.ones(STATIONS)
    for bony, far in zip(on_bone, (t, 1 - t), strict=True):
        if bony:
            s = np.clip(far / ENDS, 0, 1)
            weight = np.minimum(weight, s * s * (3 - 2 * s))
    return weight


def sheet(body: Body, part: Part) -> Sheet:
    """Return the scheme of a part on the left side of a body.

    Parameters
    ----------
    body : Body
    part : Part

    Raises
    ------
    DataError, UnknownNameError
        When the body lacks a bone or a landmark that the part names.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> from anatomy.muscles.attachments import attachments
    >>> made = sheet(load_body("male"), attachments("gluteus medius").part[0])
    >>> made.outer.shape
    (9, 17, 3)
    """
    toward = _facing(part.facing, part.facing_end)
    paths, on_bone = _chords(body, part, toward)
    flat, way = paths.reshape(-1, 3), toward.reshape(-1, 3)
    on_skin, vertex = _to_skin(body, flat, way)
    also = vertex
    if part.also is not None:
        also = _to_skin(body, flat, _facing(part.also, None).reshape(-1, 3))[1]
    wanted = part.thickness_mm(body.name)
    thick = (THIN_MM if wanted is None else wanted) * np.maximum(_profile(part), 0.3)
    thick = np.broadcast_to(thick, paths.shape[:2]).copy()
    if part.course == "layer":
        gap = _smooth_gap(_bone_depth(body, on_skin, way).reshape(thick.shape))
        first = np.minimum(UNDER_SKIN_MM, UNDER_SKIN_SHARE * gap)
        thick = np.minimum(thick, np.maximum((gap - first) / part.layer[1], 1.0))
        top, bottom = first + thick / 2, np.maximum(gap - thick / 2, first + thick / 2)
        depth = top + _layer_share(part) * (bottom - top)
        middle = on_skin.reshape(paths.shape) - depth[..., None] * toward
        weight = _ends(on_bone)[None, :, None]
        middle = weight * middle + (1 - weight) * paths
        thick *= np.maximum(weight[..., 0], 0.3)
    else:
        middle = _kept_off_bone(body, paths)
        room = 2 * skeleton(body).distance(middle.reshape(-1, 3)).reshape(thick.shape)
        # the attachments touch bone
        thick = np.minimum(thick, np.maximum(room, THIN_MM / 2))
    middle = _under_skin(body, middle, LEAST_UNDER_SKIN_MM + thick / 2)
    outer, inner = (
        _under_skin(
            body,
            middle + s * thick[..., None] / 2 * toward,
            np.full(thick.shape, LEAST_UNDER_SKIN_MM),
        )
        for s in (1, -1)
    )
    return Sheet(outer, inner, np.array([vertex, also]).reshape(2, *thick.shape))


def _layer_share(part: Part) -> Array:
    """Return where each station lies between first and last layer, (S,) of 0 to 1."""
    shares = [
        0.0 if of == 1 else (own - 1) / (of - 1)
        for own, of in (part.layer_start or part.layer, part.layer)
    ]
    s = np.clip((np.linspace(0, 1, STATIONS) - 0.25) / 0.3, 0, 1)
    return np.asarray(shares[0] + (shares[1] - shares[0]) * s * s * (3 - 2 * s))


def _kept_off_bone(body: Body, paths: Array) -> Array:
    """Return fibres moved out of the bones that they would run through, smoothly."""
    bones = skeleton(body)
    out = paths.copy()
    for _ in range(4):
        flat = out.reshape(-1, 3)
        away, near = bones.tree.query(flat)
        tight = bones.inside(flat) | (away < OFF_BONE_MM)
        shift = np.zeros_like(flat)
        shift[tight] = (
            bones.places[near[tight]]
            + OFF_BONE_MM * bones.normals[near[tight]]
            - flat[tight]
        )
        whole = shift.reshape(out.shape)
        # neighbours give way too, so that the sheet stays one
        smooth = uniform_filter(whole, size=(3, 3, 1), mode="nearest")
        larger = np.linalg.norm(whole, axis=2, keepdims=True) > np.linalg.norm(
            smooth, axis=2, keepdims=True
        )
        moved = np.where(larger, whole, smooth)
        moved[:, 0] = moved[:, -1] = 0  # attachments stay where they are
        out = out + moved
    out[:, 1:-1] = (out[:, :-2] + 2 * out[:, 1:-1] + out[:, 2:]) / 4
    return out


def out_of_skin(body: Body, xyz: Array) -> tuple[Array, Array, Array]:
    """Return how far places (N, 3) lie out of the skin, mm (within it less than 0).

    Also where the nearest skin is, and its normal, (N, 3) each.
    """
    skin = body.skin
    at, face, weight, away = skin.nearest_many(xyz)
    corners = skin.vertex_normals[skin.faces[face]]
    normal = np.einsum("ij,ijk->ik", weight, corners)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    out = np.einsum("ij,ij->i", xyz - at, normal) > 0
    # at an opening of the mesh or a sharp fold the nearest skin may not tell
    out &= (away < SURE_MM) | _beside(body, xyz)
    return np.where(out, away, -away), at, normal


def _beside(body: Body, xyz: Array) -> NDArray[np.bool_]:
    """Return which places (N, 3) lie beside the body, before or behind it."""
    beside = np.zeros(len(xyz), dtype=bool)
    for name in ("anterior", "posterior"):
        chart = body.charts[name]
        x, y, deep = chart.axes
        column = np.floor((xyz[:, x] - chart.bounds[0]) / chart.cell_mm).astype(int)
        row = np.floor((xyz[:, y] - chart.bounds[2]) / chart.cell_mm).astype(int)
        rows, columns = chart.depth.shape
        skin = chart.depth[row.clip(0, rows - 1), column.clip(0, columns - 1)]
        before = (skin - xyz[:, deep]) * chart.view[deep] > 1.0
        beside |= before | np.isnan(skin)
    return beside


def _under_skin(body: Body, grid: Array, least: Array) -> Array:
    """Return places (F, S, 3) moved to lie at least so far under the skin (F, S)."""
    flat, least = grid.reshape(-1, 3).copy(), least.reshape(-1)
    for _ in range(4):
        out, at, normal = out_of_skin(body, flat)
        near = out > 0.3 - least
        if not near.any():
            break
        flat[near] = at[near] - least[near, None] * normal[near]
    return flat.reshape(grid.shape)


__all__ = ["FIBRES", "STATIONS", "THIN_MM", "Sheet", "sheet"]
