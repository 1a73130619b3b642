"""Where the 3D body is looked at from: standard views, round the site, at the needle.

Cameras are in the scene's own unit: `UNIT_MM` millimetres from the middle of its box.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from anatomy.body import load_body
from anatomy.body.display import display_body
from anatomy.store import cached
from zones.pictures.drawn_bones import drawn_skeleton

if TYPE_CHECKING:
    from anatomy.mesh.skin import SkinSurface
    from viewer.body3d.needle import Place, Plan

#: Millimetres in one unit of the scene's camera.
UNIT_MM = 500.0
#: Room round the body for a needle's handle and the words on the floor, mm.
ROOM_MM = 150.0
#: Plotly's camera opens this angle from bottom to top, degrees.
OPENING_DEG = 45.0
#: Height of what is seen round a site, mm; less in the small parts of the body.
SITE_FIELD_MM = 420.0
SMALL_FIELD_MM = {"hand": 230.0, "foot": 290.0, "head": 330.0, "neck": 330.0}
#: Angles between the line of sight and the needle: round the site, and close up,
#: where the depth has to be read.
SITE_DEG, CLOSE_DEG = 38.0, 62.0
#: How far before the skin the way to the eye is looked at, and in what steps, mm.
_SIGHT_MM, _SIGHT_STEP_MM = 400.0, 8.0
_TURNS = 24
#: A line of sight that passes a point of a bone this near is taken as blocked, mm.
_BONE_MM = 5.0

Array = NDArray[np.float64]


@cached(maxsize=4)
def frame(body_name: str) -> tuple[Array, Array]:
    """Return the lowest and highest corner (3,) of the scene's box, mm."""
    points = display_body(body_name).skin.points.astype(float)
    return points.min(axis=0) - ROOM_MM, points.max(axis=0) + ROOM_MM


def camera(
    body_name: str, target: Any, toward_eye: Any, field_mm: float
) -> dict[str, Any]:
    """Return a camera that shows a height of ``field_mm`` round a place.

    Parameters
    ----------
    body_name : {"male", "female"}
        Whose scene.
    target : (3,) array
        The place in the middle of the picture, mm.
    toward_eye : (3,) array
        Direction from there to the eye.
    field_mm : float
        Height of what is seen at that place, mm.

    Returns
    -------
    dict
        ``eye``, ``center`` and ``up`` as Plotly has them.
    """
    low, high = frame(body_name)
    centre = (np.asarray(target, dtype=float) - (low + high) / 2.0) / UNIT_MM
    way = np.asarray(toward_eye, dtype=float)
    away = field_mm / 2.0 / math.tan(math.radians(OPENING_DEG / 2.0)) / UNIT_MM
    eye = centre + way / np.linalg.norm(way) * away
    named = {"eye": eye, "center": centre, "up": np.array([0.0, 0.0, 1.0])}
    return {
        name: {axis: round(float(value[k]), 5) for k, axis in enumerate("xyz")}
        for name, value in named.items()
    }


def eye_mm(body_name: str, view: dict[str, Any]) -> Array:
    """Return where a camera's eye stands in the body frame, mm, (3,)."""
    low, high = frame(body_name)
    eye = np.array([view["eye"][axis] for axis in "xyz"])
    return np.asarray(eye * UNIT_MM + (low + high) / 2.0)


def standard_views(body_name: str, plan: Plan | None) -> dict[str, dict[str, Any]]:
    """Return all views by name.

    Parameters
    ----------
    body_name : {"male", "female"}
        Which body.
    plan : Plan or None
        The needle; with one there are the views ``site`` and ``needle`` too.
    """
    points = display_body(body_name).skin.points
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2.0
    tall = float(high[2] - low[2]) * 1.13
    # straight down would leave the turntable without an up
    ways = {
        "front": (0.0, -1.0, 0.1),
        "back": (0.0, 1.0, 0.1),
        "left": (1.0, 0.0, 0.1),
        "right": (-1.0, 0.0, 0.1),
        "above": (0.0, -0.12, 1.0),
    }
    views = {
        name: camera(body_name, middle, way, tall * (0.62 if name == "above" else 1.0))
        for name, way in ways.items()
    }
    if plan is not None:
        close = max(90.0, 1.7 * plan.span_mm)
        views["site"] = camera(
            body_name,
            plan.entry,
            sight(body_name, plan, SITE_DEG),
            _field(body_name, plan),
        )
        views["needle"] = camera(
            body_name, plan.middle, sight(body_name, plan, CLOSE_DEG), close
        )
    return views


def _field(body_name: str, plan: Plan) -> float:
    """Return the height of what is seen round a site, mm."""
    body = load_body(body_name)
    segment = body.segment_at(body.skin.nearest(np.asarray(plan.entry)))
    return SMALL_FIELD_MM.get(segment.split("_")[-1], SITE_FIELD_MM)


def sight(body_name: str, plan: Plan, lean_deg: float) -> Array:
    """Return the direction from an entry to the eye that sees the needle best, (3,).

    Leaning from the skin's normal by ``lean_deg``, past arms and legs, rather from
    above than from below. The same whatever the depth.
    """
    return _sight(body_name, plan.entry, plan.direction, plan.normal, lean_deg)


@cached(maxsize=256)
def _sight(
    body_name: str, entry: Place, direction: Place, outward: Place, lean_deg: float
) -> Array:
    """Return the direction of `sight` for a needle of any depth."""
    normal = np.array(outward)
    first = np.cross((0.0, 0.0, 1.0), normal)
    if np.linalg.norm(first) < 0.2:  # skin that faces up or down
        first = np.cross((0.0, 1.0, 0.0), normal)
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    turn = np.arange(_TURNS) * (2.0 * np.pi / _TURNS)
    across = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    lean = math.radians(lean_deg)
    ways = math.cos(lean) * normal + math.sin(lean) * across
    hidden = _hidden(body_name, np.array(entry), np.array(direction), ways)
    # level with the needle, a little above: there it lies well across the picture
    ease = np.abs(ways[:, 2] - 0.25)
    return np.asarray(ways[np.lexsort((ease, hidden))[0]])


def _hidden(body_name: str, entry: Array, direction: Array, ways: Array) -> Array:
    """Return how much lies before the needle in each direction (N, 3), (N,).

    Skin before the entry counts, an arm say, and bone before any part of the needle.
    """
    skin = load_body(body_name).skin
    far = np.arange(2.0 * _SIGHT_STEP_MM, _SIGHT_MM, _SIGHT_STEP_MM)
    hidden = _crossed(skin, entry, ways * far[:, None, None])
    # what lies behind only makes the picture restless
    hidden += 0.2 * _crossed(skin, entry, -ways * far[far > 60.0, None, None])
    fine = np.arange(3.0, 160.0, 5.0)
    for depth in (4.0, 15.0, 27.0):
        start = entry + depth * direction
        rays = start + ways[:, None, :] * fine[None, :, None]
        away, _ = _bone_tree(body_name).query(rays, distance_upper_bound=_BONE_MM)
        hidden += np.isfinite(away).sum(axis=1)
    return hidden


def _crossed(skin: SkinSurface, entry: Array, rays: Array) -> Array:
    """Return how many steps of each ray from the entry lie in the body, (N,)."""
    places = (entry + rays).reshape(-1, 3)
    _, vertex = skin.tree.query(places)
    offset = places - skin.vertices[vertex]
    inside = np.einsum("ij,ij->i", offset, skin.vertex_normals[vertex]) < 0.0
    return inside.reshape(rays.shape[:2]).sum(axis=0).astype(float)


@cached(maxsize=4)
def _bone_tree(body_name: str) -> cKDTree:
    """Return the places of all bones for looking up what is near."""
    return cKDTree(drawn_skeleton(body_name))
