"""Charts to touch: each area names itself, and opens the page that it stands for.

``assets/regions/touch.js`` draws them from what `drawn` gives. The names are those of
the links that stand beside the charts, so that all can be done by keyboard as well.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
import shapely
from dash import dcc, html
from shapely.geometry.polygon import orient

from anatomy.body import load_body
from anatomy.messages import message as _
from anatomy.names import unknown
from anatomy.store import cached
from viewer.atlas.link import State
from viewer.atlas.regions import get_region, load_regions, skin_mask, zones_in
from viewer.look.look import LOOKS
from viewer.look.palette import drawing_order, fill_of, tissue_name
from viewer.map.charts.frames import frame
from viewer.map.zones.zone_drawing import lines
from viewer.map.zones.zone_images import svg_path, traced, zone_shape
from viewer.state.terms import term
from viewer.text.structures import content

AREAS = "/_atlas/areas.json"
#: The body to touch, from both sides.
FIGURES = ("anterior", "posterior")
#: Edges of regions are drawn this coarse, mm.
COARSE_MM = 1.5


def drawn(body: str, chart: str, region: str = "") -> dict[str, Any]:
    """Return a chart's frame and its areas: the regions, or the zones of one region.

    Parameters
    ----------
    body, chart : str
        What is shown.
    region : str
        Region whose zones are drawn; empty for the regions themselves.

    Returns
    -------
    dict
        ``frame`` as `viewer.map.charts.frames.frame` gives it, and ``areas`` from the
        lowest to the one on top: ``id`` and ``d``, path data in mm of the picture; of
        zones also ``look``, ``tissue`` and ``fill``, with all that `lines` gives.

    Raises
    ------
    UnknownNameError
        When there is no such body, chart or region.

    Examples
    --------
    >>> {"hand", "neck"} <= {area["id"] for area in drawn("male", "anterior")["areas"]}
    True
    """
    shown = frame(content.parse_body(body), chart)
    if not region:
        return {"frame": shown, "areas": _regions(body, chart)}
    return {"frame": shown, "areas": _zones(body, chart, region), **lines()}


@cached(maxsize=8)
def _regions(body: str, chart: str) -> list[dict[str, str]]:
    """Return the regions that are taught as a chart shows them."""
    picture = load_body(body).charts[chart]
    cells = picture.raster_vertices()
    seen = cells >= 0
    found = []
    for region in load_regions():
        here = np.zeros(cells.shape, dtype=bool)
        here[seen] = skin_mask(body, region)[cells[seen]]
        shape = traced(here, seen, picture).simplify(COARSE_MM)
        if not shape.is_empty:
            found.append({"id": region.id} | _path(shape, picture))
    return found


@cached(maxsize=64)
def _zones(body: str, chart: str, region: str) -> list[dict[str, str]]:
    """Return the zones of a region as a chart shows them."""
    if chart not in get_region(region).charts:
        raise unknown("chart", chart, get_region(region).charts, field="chart")
    picture = load_body(body).charts[chart]
    zones = [content.shown_zone(content.get_zone(key)) for key in zones_in(region)]
    found = []
    for zone in sorted(zones, key=lambda z: drawing_order(z.key)):
        shape = zone_shape(body, chart, zone.key)
        if not shape.is_empty:
            own = {
                "id": zone.key,
                "look": LOOKS[zone.verdict].shape,
                "tissue": tissue_name(zone.key),
                "fill": fill_of(zone.key),
            }
            found.append(own | _path(shape, picture))
    return found


def _path(shape: Any, chart: Any) -> dict[str, str]:
    turned = [orient(part) for part in shapely.get_parts(shape)]
    return {"d": svg_path(shapely.multipolygons(turned), chart)}


def figure(body: str, chart: str, region: str = "") -> html.Div:
    """Return a chart to touch; the page's script draws it when it is there."""
    query = {"body": body, "chart": chart} | ({"region": region} if region else {})
    return html.Div(
        className="chart touch-figure",
        **{"data-touch": f"{AREAS}?{urlencode(query)}"},
    )


def body_to_touch(state: State) -> html.Div:
    """Return the body from front and back, and the regions as a list beside it."""
    links = [
        html.Li(
            dcc.Link(
                term(region.title),
                href=State(region=region.id, body=state.body).link(),
            ),
            **{"data-area": region.id},
        )
        for region in load_regions()
    ]
    return html.Div(
        [
            html.Div(
                [figure(state.body, chart) for chart in FIGURES],
                className="touch-figures",
            ),
            html.Nav(
                [html.H3(_("Touch the body, or choose")), html.Ul(links), touched()],
                className="touch-list",
                **{"aria-label": _("Regions")},
            ),
        ],
        className="touch-body",
    )


def touched() -> html.P:
    """Return where the area under the pointer is named."""
    return html.P(className="touch-name", **{"aria-hidden": "true"})
