"""The search area of a site as pictures draw it: the skin that the check looks at.

The check asks every vertex of the skin within a distance of the site, straight through
the body, whose skin does not face away (`zones.fields.areas.ball`). On a chart that is
no circle where the skin turns away, and in a cross-section it follows the skin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from anatomy.body.section import Plane
from anatomy.charts.cells import cell_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anatomy.body import Body
    from anatomy.charts import Chart
    from anatomy.mesh.skin import SkinPoint

Array = NDArray[np.float64]

#: Distance of the places along the skin of a section, mm.
STEP_MM = 0.5


def area_on_chart(
    chart: Chart, point: SkinPoint, radius_mm: float
) -> BaseGeometry | None:
    """Return the search area round a place as a chart shows it, in the chart's mm.

    Parameters
    ----------
    chart : Chart
        Where it is drawn.
    point : SkinPoint
        The site.
    radius_mm : float
        How far it reaches, mm.

    Returns
    -------
    shapely geometry or None
        None when the chart shows nothing of it.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> body = load_body("male")
    >>> spot = body.landmarks.get("T4 spinous process").skin
    >>> round(area_on_chart(body.charts["posterior"], spot, 20.0).area, -2)
    1200.0
    """
    across, up, deep = chart.axes
    (x, y), cell = chart.project(point.xyz)[0].tolist(), chart.cell_mm
    rows, columns = chart.depth.shape
    reach = radius_mm + 2 * cell
    left, right = (
        int(np.clip((x - chart.bounds[0] + s * reach) // cell, 0, columns))
        for s in (-1, 1)
    )
    low, high = (
        int(np.clip((y - chart.bounds[2] + s * reach) // cell, 0, rows))
        for s in (-1, 1)
    )
    part = (slice(low, high + 1), slice(left, right + 1))
    depth = chart.depth[part]
    row, column = np.indices(depth.shape)
    places = np.zeros((*depth.shape, 3))
    places[..., across] = chart.bounds[0] + (left + column + 0.5) * cell
    places[..., up] = chart.bounds[2] + (low + row + 0.5) * cell
    places[..., deep] = depth
    away = np.linalg.norm(places - point.xyz, axis=-1)
    normals = chart.skin.face_normals[cell_points(chart, part=part)[0]]
    inside = np.isfinite(depth) & (away <= radius_mm)
    inside &= normals @ chart.skin.normal(point) >= 0.0
    if not inside.any():
        return None
    mask = np.zeros(chart.depth.shape, dtype=bool)
    mask[part] = inside
    shape = chart.traced(mask)
    return None if shape.is_empty else shape


def area_in_section(
    body: Body,
    point: SkinPoint,
    radius_mm: float,
    *,
    plane: Plane,
    skin: Sequence[Array],
) -> tuple[Array, ...]:
    """Return the lines of skin that a plane shows of the search area round a place.

    Parameters
    ----------
    body : Body
        The body.
    point : SkinPoint
        The site.
    radius_mm : float
        How far the area reaches, mm.
    plane : Plane
        The plane of the section.
    skin : sequence of (K, 2) float64
        The outline of the skin in it.

    Returns
    -------
    tuple of (K, 2) float64
        Open lines along the skin, mm of the section.
    """
    if radius_mm <= 0.0:
        return ()
    centre = plane.project(point.xyz)
    normal = body.skin.normal(point)
    found = []
    for line in skin:
        if np.linalg.norm(line - centre, axis=1).min() > radius_mm + 50.0:
            continue
        fine = _fine(line)
        places = plane.lift(fine)
        inside = np.linalg.norm(places - point.xyz, axis=1) <= radius_mm
        if not inside.any():
            continue
        face = body.skin.nearest_many(places[inside])[1]
        inside[inside] = body.skin.face_normals[face] @ normal >= 0.0
        found += _runs(fine, inside)
    return tuple(found)


def _fine(line: Array) -> Array:
    """Return a closed line with places at even distances."""
    so_far = np.r_[0.0, np.linalg.norm(np.diff(line, axis=0), axis=1).cumsum()]
    count = max(int(so_far[-1] / STEP_MM), 8)
    at = np.linspace(0.0, so_far[-1], count + 1)[:-1]
    return np.column_stack([np.interp(at, so_far, part) for part in line.T])


def _runs(ring: Array, inside: NDArray[np.bool_]) -> list[Array]:
    """Return the runs of a ring's places that lie inside, over its seam too."""
    if inside.all():
        return [np.concatenate([ring, ring[:1]])]
    start = int(np.flatnonzero(~inside)[0])
    ring, inside = np.roll(ring, -start, axis=0), np.roll(inside, -start)
    edges = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(int)))
    return [ring[a:b] for a, b in edges.reshape(-1, 2) if b - a >= 2]
