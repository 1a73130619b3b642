"""Zones as GeoJSON: what a chart shows of each zone, in the chart's millimetres."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from anatomy.body import BODIES
from anatomy.names import unknown
from zones.fields.loading import body_fields


def zone_geojson(body_name: str, chart_name: str) -> dict[str, Any]:
    """Return the zones that a chart shows as a GeoJSON FeatureCollection.

    Parameters
    ----------
    body_name : {"male", "female"}
        Reference body.
    chart_name : str
        Chart, such as ``"posterior"``.

    Returns
    -------
    dict
        FeatureCollection with a ``space`` block: coordinates are millimetres of the
        chart in the body frame and not degrees, so it is no map of the earth.

    Raises
    ------
    UnknownNameError
        When there is no such body or chart.

    Notes
    -----
    Outlines are traced from the chart's raster; the check itself uses the skin.

    Examples
    --------
    >>> found = zone_geojson("female", "left_hand_palmar")
    >>> found["space"]["units"]
    'mm'
    """
    if body_name not in BODIES:
        raise unknown("body", body_name, BODIES, field="body")
    fields = body_fields(body_name)
    charts = fields.body.charts
    if chart_name not in charts:
        raise unknown("chart", chart_name, charts, field="chart")
    chart = charts[chart_name]
    vertices = chart.raster_vertices()
    features = []
    for zone in fields.zones:
        member = fields.mask(zone.id) & chart.visible_vertices
        if not member.any():
            continue
        cells = np.where(vertices >= 0, fields.mask(zone.id)[vertices], False)
        if not cells.any():
            continue
        features.append(
            {
                "type": "Feature",
                "id": zone.id,
                "geometry": shapely.geometry.mapping(chart.traced(cells)),
                "properties": {
                    "structure": zone.structure,
                    "kind": zone.kind,
                    "category": zone.category,
                    "severity": zone.severity,
                    "harm": zone.harm,
                    "bones": zone.bones,
                    "consequence": zone.consequence,
                    "sources": list(zone.sources),
                },
            }
        )
    x, y = chart.spec.x, chart.spec.y
    toward = {"x": "the patient's left", "y": "posterior", "z": "superior"}
    return {
        "type": "FeatureCollection",
        "space": {
            "body": body_name,
            "view": chart_name,
            "title": chart.title,
            "units": "mm",
            "origin": "mid-sagittal plane at floor level",
            "x": f"frame {x}, toward {toward[x]}",
            "y": f"frame {y}, toward {toward[y]}",
        },
        "features": features,
    }
