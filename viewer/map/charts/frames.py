"""What a page needs to draw a chart and to read a tap on it.

A chart is drawn by ``assets/map/chart_map.js`` in millimetres of its picture, from the
upper left corner; `anatomy.charts.Chart.to_picture` says here where a place of the
chart lies there. The pictures that are sent are the right way round whatever is
stored, so no page has to know which enlargements are mirror images.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.body import BODIES, load_body
from anatomy.charts import chart_specs
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.names import unknown
from anatomy.store import cached
from viewer.map.area_marks import sees
from viewer.map.charts.chart_menu import edge_notes, edge_words, seen_from, shown_side
from viewer.map.charts.chart_pictures import PICTURES, stored
from viewer.map.zones.zone_images import svg_path
from viewer.state.terms import term
from zones.pictures.search_area import area_on_chart

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: Radius of the disc round a clicked place, mm: what placing by hand can miss.
PLACEMENT_MM = 10.0


def get_chart(body: str, chart: str) -> Chart:
    """Return a chart.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.

    Raises
    ------
    UnknownNameError
        When there is none of this name; the nearest are offered.

    Examples
    --------
    >>> get_chart("female", "posterior").x_reversed
    True
    """
    if body not in BODIES:
        raise unknown("body", body, BODIES, field="body")
    charts = load_body(body).charts
    if chart not in charts:
        raise unknown("chart", chart, list(charts), field="chart")
    return charts[chart]


def frame(body: str, chart: str) -> dict[str, Any]:
    """Return what a page needs to draw a chart and to read a tap on it.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.

    Returns
    -------
    dict
        ``bounds`` (xmin, xmax, ymin, ymax; mm) with ``xReversed`` and ``yReversed``,
        the title in words, the words at the edges, and the addresses of the pictures.

    Raises
    ------
    UnknownNameError
        When there is no such body or chart.

    Examples
    --------
    >>> shown = frame("female", "posterior")
    >>> shown["left"], shown["right"], shown["title"]
    ('L', 'R', 'Back of the body, seen from behind')
    """
    drawn = get_chart(body, chart)
    own = _of_body(body, drawn)
    return {"body": body, "chart": chart, **own, **_of_view(drawn)}


def _of_body(body: str, chart: Chart) -> dict[str, Any]:
    """Return what of a frame is the body's own."""
    return {
        "bounds": [float(v) for v in chart.bounds],
        "pictures": {layer: picture_url(body, chart.name, layer) for layer in PICTURES},
    }


def _of_view(chart: Chart) -> dict[str, Any]:
    """Return what of a frame is the same on all bodies."""
    spec = chart.spec
    left, right = edge_words(spec)
    return {
        "xReversed": chart.x_reversed,
        "yReversed": chart.y_reversed,
        "title": title(chart),
        "left": left,
        "right": right,
        "notes": edge_notes(spec),
        # of a view along the frame's x the edges are front and back
        "side": spec.side[0].upper() if spec.side and spec.x != "x" else "",
    }


def frames() -> dict[str, Any]:
    """Return the frames of all charts, what all bodies share written once.

    Returns
    -------
    dict
        ``frames``, by chart, and ``bodies``, by body and chart; together they are what
        `frame` gives.

    Examples
    --------
    >>> every = frames()
    >>> sorted(every["bodies"])
    ['female', 'male']
    >>> every["frames"]["posterior"]["left"]
    'L'
    """
    return {
        "frames": {n: _of_view(get_chart(BODIES[0], n)) for n in chart_specs()},
        "bodies": {
            body: {n: _of_body(body, get_chart(body, n)) for n in chart_specs()}
            for body in BODIES
        },
    }


def picture_url(body: str, chart: str, layer: str = "skin") -> str:
    """Return the address of a picture; another picture has another address.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.
    layer : {"skin", "skeleton"}
        Which picture.

    Examples
    --------
    >>> picture_url("male", "anterior").split("?")[0]
    '/charts/male/anterior.webp'
    """
    return f"/charts/{body}/{chart}.webp?layer={layer}&v={_mark(body, chart)}"


@cached(maxsize=256)
def _mark(body: str, chart: str) -> str:
    """Return what tells the pictures of a chart from those before a change."""
    return hashlib.sha256(stored(get_chart(body, chart))).hexdigest()[:10]


@cached(maxsize=128)
def landmark_points(body_name: str, chart_name: str) -> tuple[Any, Any, list[str]]:
    """Return the landmarks that a chart shows: x and y in mm, and names.

    Names of paired landmarks carry the patient's side.
    """
    body = load_body(body_name)
    chart = body.charts[chart_name]
    names, x, y = [], [], []
    for mark in body.landmarks:
        if sees(chart, mark.xyz):
            place = chart.project(mark.xyz)[0]
            x.append(round(float(place[0]), 1))
            y.append(round(float(place[1]), 1))
            names.append(mark.title)
    return x, y, names


def needle_mark(
    body_name: str, chart_name: str, site: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return where the needle is drawn on a chart.

    Parameters
    ----------
    body_name, chart_name : str
        What is shown.
    site : mapping or None
        A placed site: ``body``, ``xyz`` (mm) and ``spread_mm``, the radius of the
        search area of a named site; a measured place gets `PLACEMENT_MM`.

    Returns
    -------
    dict
        ``view``, the drawing that it belongs to; ``needle``, its ``x``, ``y`` and the
        radius ``r`` round it in the chart's mm, and ``area``, the skin within it as
        SVG path data in mm of the picture, or None; ``hidden``, whether there is a
        needle that this chart does not show.

    Examples
    --------
    >>> needle_mark("male", "anterior", None)
    {'view': 'male/anterior', 'needle': None, 'hidden': False}
    """
    view = view_name(body_name, chart_name)
    if site is None or site["body"] != body_name:
        return {"view": view, "needle": None, "hidden": False}
    chart = get_chart(body_name, chart_name)
    if not sees(chart, site["xyz"]):
        return {"view": view, "needle": None, "hidden": True}
    x, y = (round(float(v), 2) for v in chart.project(site["xyz"])[0])
    radius = shown_radius(float(site["spread_mm"]))
    area = area_path(body_name, chart_name, tuple(site["xyz"]), radius)
    needle = {"x": x, "y": y, "r": radius, "area": area}
    return {"view": view, "needle": needle, "hidden": False}


def shown_radius(spread_mm: float) -> float:
    """Return the radius drawn round a site: its search area, else the placing error.

    Examples
    --------
    >>> shown_radius(5.0), shown_radius(0.0)
    (5.0, 10.0)
    """
    return spread_mm if spread_mm > 0.0 else PLACEMENT_MM


@cached(maxsize=64)
def area_path(
    body_name: str, chart_name: str, xyz: tuple[float, ...], radius_mm: float
) -> str:
    """Return the skin round a place that a chart shows as SVG path data.

    In mm of the picture; the skin that the check asks when it is a search area.

    Examples
    --------
    >>> at = tuple(load_body("male").landmarks.get("T4 spinous process").xyz)
    >>> area_path("male", "posterior", at, 25.0)[:1]
    'M'
    """
    body, chart = load_body(body_name), get_chart(body_name, chart_name)
    shape = area_on_chart(chart, body.skin.nearest(np.array(xyz)), radius_mm)
    return "" if shape is None else svg_path(shape, chart)


#: Letters of the patient's sides.
LETTERS = {"L": _("L"), "R": _("R")}


def title(chart: Chart) -> str:
    """Return what a chart shows and from where, in words.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> title(load_body("male").charts["posterior"])
    'Back of the body, seen from behind'
    """
    side = shown_side(chart.spec)
    words = str(chart.title)
    if side is not None:
        words = (
            words.replace(f" {side} ", f" {side.upper()} ")
            .replace(f"{side.capitalize()} ", f"{side.upper()} ", 1)
            .replace(f", {side} ", f", {side.upper()} ")
        )
    if side is not None or " from " in words or words.startswith("Front"):
        return term(words)
    return joined([term(words), seen_from(chart.spec)], ", ")


def tapped_place(
    tap: Mapping[str, Any] | None, now: Mapping[str, str]
) -> tuple[float, float] | None:
    """Return the place of a click or tap in the chart's mm; None when it is void.

    Parameters
    ----------
    tap : mapping or None
        ``x``, ``y`` in mm and ``view``, the drawing that was clicked.
    now : mapping
        Body and chart that the page shows by now; a click on the drawing before it
        is void.

    Examples
    --------
    >>> now = {"body": "male", "chart": "anterior"}
    >>> tapped_place({"x": 3, "y": 1200.0, "view": "male/anterior"}, now)
    (3.0, 1200.0)
    >>> tapped_place({"x": 3, "y": 1200.0, "view": "male/posterior"}, now)
    """
    if not tap or tap.get("view") != view_name(now["body"], now["chart"]):
        return None
    x, y = tap.get("x"), tap.get("y")
    if not isinstance(x, (int, float)) or not isinstance(y, (int, float)):
        return None
    return float(x), float(y)


def view_name(body: str, chart: str) -> str:
    """Return the name of a drawing: whatever is sent for it says that it is for it.

    Examples
    --------
    >>> view_name("male", "anterior")
    'male/anterior'
    """
    return f"{body}/{chart}"
