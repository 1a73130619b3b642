"""Charts for the learners' pages: where a millimetre lies on a picture, layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.names import unknown
from anatomy.store import cached
from viewer.map.charts.frames import get_chart, landmark_points
from viewer.map.layers import LANDMARKS, MUSCLES, POINTS, SKELETON, sites_on
from viewer.map.zones.zone_drawing import zone_svg
from viewer.map.zones.zone_images import UNMAPPED, shown_zones, svg_path, zone_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from anatomy.charts import Chart

#: A picture of a chart, and the drawing that lies over it.
SKIN = "skin"
ZONES = "zones"
#: Layers that mark places with names.
MARKS = (LANDMARKS, POINTS, MUSCLES)
#: What an exercise may show beside the skin, in the order of the page's buttons.
LAYERS: dict[str, str] = {
    SKELETON: "Skeleton",
    ZONES: "Zones",
    LANDMARKS: "Landmarks",
    POINTS: "Acupoints",
    MUSCLES: "Muscles",
}


def to_picture(chart: Chart, x_mm: float, y_mm: float) -> tuple[float, float]:
    """Return where a place of a chart lies on its picture.

    Parameters
    ----------
    chart : Chart
        The chart.
    x_mm, y_mm : float
        Place on the chart, mm.

    Returns
    -------
    tuple of float
        From the upper left corner to the right and down, mm.

    Examples
    --------
    >>> chart = get_chart("male", "anterior")
    >>> to_picture(chart, chart.bounds[0], chart.bounds[3])
    (0.0, 0.0)
    """
    ((u, v),) = chart.to_picture((x_mm, y_mm))
    return float(u), float(v)


def zones_svg(body: str, chart: str, facts: Mapping[str, Any]) -> str:
    """Return the zones of a patient on a chart, as an SVG of the picture's extent.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.
    facts : mapping
        What is known of the patient; what is not known may draw a dashed outline.

    Examples
    --------
    >>> zones_svg("female", "left_hand_palmar", {"sex": "female"})[:4]
    '<svg'
    """
    get_chart(body, chart)
    zones = tuple(z for z in shown_zones(facts) if z.group != UNMAPPED)
    return zone_svg(body, chart, zones)


def zone_path(body: str, chart: str, zone: str) -> str:
    """Return the outline of a zone on a picture as path data, mm.

    Parameters
    ----------
    body, chart, zone : str
        Body, chart, and id of the zone.

    Returns
    -------
    str
        Empty where the chart does not show it.

    Examples
    --------
    >>> zone_path("female", "posterior", "pleura")[:1]
    'M'
    """
    shape = zone_shape(body, chart, zone)
    return "" if shape.is_empty else svg_path(shape, get_chart(body, chart))


@cached(maxsize=64)
def marks(body: str, chart: str, layer: str) -> list[dict[str, Any]]:
    """Return the places that a layer marks on a picture.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.
    layer : {"landmarks", "points", "muscles"}
        Which layer.

    Returns
    -------
    list of dict
        ``u`` and ``v`` in mm of the picture, ``name``, and ``r``, the radius of a
        search area (0 for a landmark).

    Raises
    ------
    UnknownNameError
        When there is no such body, chart or layer.

    Examples
    --------
    >>> {"u", "v", "name", "r"} == set(marks("male", "anterior", "landmarks")[0])
    True
    """
    drawn = get_chart(body, chart)
    if layer not in MARKS:
        raise unknown("layer", layer, MARKS, field="layer")
    found: Iterable[tuple[float, float, str, float]]
    if layer == LANDMARKS:
        xs, ys, names = landmark_points(body, chart)
        found = ((x, y, name, 0.0) for x, y, name in zip(xs, ys, names, strict=True))
    else:
        found = (
            (
                *(float(v) for v in drawn.project(site.xyz)[0]),
                site.short,
                site.spread_mm,
            )  # type: ignore[misc]
            for site in sites_on(body, chart, layer)
        )
    return [_mark_of(drawn, *one) for one in found]


def _mark_of(chart: Chart, x: float, y: float, name: str, r: float) -> dict[str, Any]:
    u, v = to_picture(chart, x, y)
    return {"u": round(u, 1), "v": round(v, 1), "name": name, "r": r}
