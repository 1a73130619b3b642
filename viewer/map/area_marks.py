"""Marked areas on a chart: discs of skin, hatched parts of the body, their labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.store import cached
from zones.knowledge.facts import load_facts

if TYPE_CHECKING:
    from anatomy.charts import Chart
    from anatomy.mesh.skin import SkinPoint

#: A marked place further than this behind the skin that a chart shows is hidden, mm.
HIDDEN_MM = 4.0
#: Distance and length of the strokes that fill a marked part of the body, mm.
GRID_MM, STROKE_MM = 24.0, 9.0


def sees(chart: Chart, xyz: Any) -> bool:
    """Return whether a place on the skin is in view on a chart."""
    place = np.asarray(xyz, dtype=float)
    x_mm, y_mm = (float(v) for v in chart.project(place)[0])
    depth = chart._depth_at(x_mm, y_mm)
    if depth is None:
        return False
    behind = (float(place[chart.axes[2]]) - depth) * (
        1.0 if chart.view[chart.axes[2]] > 0 else -1.0
    )
    return behind < HIDDEN_MM or chart.visible(_nearest(chart, place))


def _nearest(chart: Chart, place: Any) -> SkinPoint:
    """Return the skin point nearest to a place."""
    return chart.skin.nearest(place)


def area_marks(
    chart: Chart, areas: Iterable[tuple[Any, float, str]]
) -> list[dict[str, Any]]:
    """Return the marked areas that a chart shows, as the page draws them.

    Parameters
    ----------
    chart : Chart
        Where they are drawn.
    areas : iterable of (xyz, radius, label)
        Place in mm and radius of a disc; for a part of the body the place is its
        name, and the radius is not looked at.

    Returns
    -------
    list of dict
        Each with its ``label``: a disc has ``x``, ``y`` and ``r``, a part of the body
        ``strokes``, the middles (``x``, ``y``) of slanted strokes that are ``long``
        across; all in the chart's mm.
    """
    found: list[dict[str, Any]] = []
    parts: dict[str, list[str]] = {}
    for place, radius, label in areas:
        if isinstance(place, str):
            parts.setdefault(place, []).append(label)
        elif sees(chart, place):
            found.append({**_at(chart, place), "r": radius, "label": label})
    for place, labels in parts.items():
        drawn = strokes(chart, place)
        if drawn:
            words = ", ".join(labels)
            found.append({"strokes": drawn, "long": STROKE_MM, "label": words})
    return found


@cached(maxsize=256)
def strokes(chart: Chart, place: str) -> list[dict[str, float]]:
    """Return the middles of strokes over a part of the body as a chart shows it, mm."""
    catalogue, skin = load_facts(), chart.skin
    found: list[dict[str, float]] = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        wanted = [
            number
            for number, region in enumerate(chart.region_names)
            if catalogue.covers(place, region, side)
        ]
        own = np.isin(chart.region_labels, wanted)
        own &= skin.vertices[:, 0] * sign > 0
        spots = skin.vertices[own]
        if not len(spots):
            continue
        cells = np.floor(spots / GRID_MM).astype(int)
        _, first = np.unique(cells, axis=0, return_index=True)
        found += [_at(chart, spot) for spot in spots[first] if sees(chart, spot)]
    return found


def _at(chart: Chart, place: Any) -> dict[str, float]:
    x, y = (round(float(v), 1) for v in chart.project(place)[0])
    return {"x": x, "y": y}
