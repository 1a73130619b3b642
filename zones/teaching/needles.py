"""Needles that somebody might think of at a site, and how deep anyone would plan."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from anatomy.mesh.line import line_meets
from anatomy.muscles.catalogue import get_muscle, muscle_site
from anatomy.store import cached
from zones.contract.needle import Arm
from zones.teaching.pool import Draw, placed, site_list, tried
from zones.teaching.settings import drawing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: A line that starts on the skin is still at its start within this, mm.
_SKIN_MM = 0.5


@cached
def _usual_needles(body: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the catalogue has a usual needle, (N, 3) mm, both sides of a body.

    With it the radius of the search area and the longest usual needle there, (N, 2) mm.
    """
    places, usual = [], []
    for text in site_list(body):
        site = json.loads(text)
        if "muscle" not in site:
            continue
        lengths = muscle_site(get_muscle(site["muscle"]), site["site"]).needle_length_mm
        spot = placed(body, text)
        if lengths is not None and spot is not None:
            places.append(spot.point.xyz)
            usual.append((spot.spread_mm, lengths[1]))
    return np.array(places), np.array(usual)


@cached(maxsize=8192)
def _thickness_mm(body: str, site: str) -> float:
    """Return how thick the body is straight under a site given as JSON, mm."""
    from anatomy.body import load_body

    spot = placed(body, site)
    if spot is None:
        return 0.0
    skin = load_body(body).skin
    start, way = spot.point.xyz, -skin.normal(spot.point)
    near = skin.faces[skin.faces_near_line(start, way)]
    return through_mm(skin.vertices[near], start, way)


def through_mm(
    corners: NDArray[np.float64],
    start: NDArray[np.float64],
    way: NDArray[np.float64],
) -> float:
    """Return how far a straight line runs from a skin to where it leaves it again.

    Parameters
    ----------
    corners : (F, 3, 3) array
        Triangles of a closed surface, all that the line may meet, mm.
    start, way : (3,) array
        Where the line begins, mm, and its direction, of length 1.

    Returns
    -------
    float
        Length, mm; infinite when it never leaves.
    """
    found = line_meets(start, way, corners)
    far = found.along[found.met & (found.along > _SKIN_MM)]
    return float(far.min()) if len(far) else math.inf


def deepest_plan_mm(site: Mapping[str, Any], body: str) -> float:
    """Return how deep anyone would plan at a site, mm, in whole steps; at least one.

    No deeper than the longest usual needle, and not past the middle of the body under
    the site.

    Parameters
    ----------
    site : mapping
        A muscle site or an acupoint.
    body : {"male", "female"}
        The body.
    """
    step = drawing().needle.depth_step_mm
    half = _thickness_mm(body, _on_body(site, body)) / 2.0
    deepest = min(usual_longest_mm(site, body), half)
    return max(step, step * math.floor(deepest / step))


def usual_longest_mm(site: Mapping[str, Any], body: str) -> float:
    """Return the longest needle that is usual at a site, mm.

    That of the muscle site, or of the one in whose search area an acupoint lies; else
    the usual length of all, or that of the nearest muscle site where it is less.

    Parameters
    ----------
    site : mapping
        A site of the contract.
    body : {"male", "female"}
        The body.
    """
    if "muscle" in site:
        spot = muscle_site(get_muscle(site["muscle"]), site.get("site"))
        if spot.needle_length_mm:
            return spot.needle_length_mm[1]
    there = placed(body, _on_body(site, body))
    if there is None:
        return drawing().needle.usual_length_mm
    places, usual = _usual_needles(body)
    away = np.linalg.norm(places - there.point.xyz, axis=1)
    nearest = int(np.argmin(away))
    spread, longest = usual[nearest].tolist()
    if away[nearest] <= spread:
        return float(min(longest, max(drawing().needle.lengths_mm)))
    return float(min(longest, drawing().needle.usual_length_mm))


def _on_body(site: Mapping[str, Any], body: str) -> str:
    return json.dumps({**site, "body": body})


def draw_needle(draw: Draw, site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a needle and a plan that someone might think of at a site."""
    rule = drawing().needle
    usual, deepest = usual_longest_mm(site, draw.body), deepest_plan_mm(site, draw.body)
    # of those on sale the ones in use there; where all are longer, the shortest
    on_sale = [v for v in rule.lengths_mm if deepest <= v <= usual]
    choices = on_sale if on_sale and "muscle" not in site else [max(usual, deepest)]
    length = draw.rng.choice(choices)
    depth = rule.depth_step_mm * draw.rng.randint(1, int(deepest // rule.depth_step_mm))
    needle: dict[str, Any] = {"length_mm": float(length), "depth_mm": float(depth)}
    if draw.rng.random() < rule.share_tilted:
        needle["direction"] = {
            "tilt_deg": draw.rng.choice(rule.tilts_deg),
            "toward": draw.rng.choice(("cranial", "caudal", "medial", "lateral")),
        }
    return needle


def with_arm(
    draw: Draw,
    site: Mapping[str, Any],
    needle: dict[str, Any],
    patient: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a needle with a position of the arm where the check asks for nothing else.

    Parameters
    ----------
    draw : Draw
        Draws the position.
    site, needle, patient : mapping
        The request (mm).
    """
    answer = tried(site, needle, patient)
    if answer is None or answer.open_questions != ["arm"]:
        return needle
    return {**needle, "arm": draw.rng.choice(get_args(Arm))}
