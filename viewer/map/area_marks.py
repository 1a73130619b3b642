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

#: Plotly takes the label of a place away for good where it was once empty.
BLANK = " "

Lines = tuple[list[float | None], list[float | None], list[str]]


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


def circle(x: float, y: float, radius: float) -> tuple[list[float], list[float]]:
    """Return a closed circle as 49 points."""
    turn = np.linspace(0.0, 2 * np.pi, 49)
    return (
        (x + radius * np.cos(turn)).round(1).tolist(),
        (y + radius * np.sin(turn)).round(1).tolist(),
    )


def area_lines(chart: Chart, areas: Iterable[tuple[Any, float, str]]) -> Lines:
    """Return outlines, strokes and labels of the marked areas that a chart shows.

    Parameters
    ----------
    chart : Chart
        Where they are drawn.
    areas : iterable of (xyz, radius, label)
        Place in mm and radius of a disc; for a part of the body the place is its
        name, and the radius is not looked at.

    Returns
    -------
    tuple of list
        x and y in mm, with None between the lines, and a text for each place.
    """
    xs: list[float | None] = []
    ys: list[float | None] = []
    text: list[str] = []
    parts: dict[str, list[str]] = {}
    for place, radius, label in areas:
        if isinstance(place, str):
            parts.setdefault(place, []).append(label)
        elif sees(chart, place):
            x, y = (float(v) for v in chart.project(place)[0])
            ring = circle(x, y, radius)
            right = -radius if chart.x_reversed else radius
            xs += [*ring[0], None, round(x + right, 1), None]
            ys += [*ring[1], None, round(y, 1), None]
            text += [BLANK] * (len(ring[0]) + 1) + [label, BLANK]
    for place, labels in parts.items():
        part_x, part_y = strokes(chart, place)
        xs += part_x
        ys += part_y
        text += [BLANK] * len(part_x)
        if part_x:
            text[-3 * (len(part_x) // 6) - 3] = ", ".join(labels)
    return xs, ys, text


@cached(maxsize=256)
def strokes(chart: Chart, place: str) -> tuple[list[float | None], list[float | None]]:
    """Return slanted strokes over a part of the body as a chart shows it, mm."""
    catalogue, skin = load_facts(), chart.skin
    xs: list[float | None] = []
    ys: list[float | None] = []
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
        half = STROKE_MM / 2
        for spot in spots[first]:
            if sees(chart, spot):
                x, y = (float(v) for v in chart.project(spot)[0])
                xs += [round(x - half, 1), round(x + half, 1), None]
                ys += [round(y - half, 1), round(y + half, 1), None]
    return xs, ys
