"""The body map as a figure: pictures of the chart, landmarks, needle marker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from anatomy.body import load_body
from anatomy.store import cached
from viewer.look import FONT, GREY, INK, NEEDLE
from viewer.map.area_marks import area_lines, circle, sees
from viewer.map.chart_menu import edge_notes, edge_words, seen_from, shown_side
from viewer.map.chart_pictures import picture_uri
from viewer.map.zone_images import Shown, outlines, switched_on, zone_uri

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.charts import Chart

#: Radius of the disc round a clicked place, mm: what placing by hand can miss.
PLACEMENT_MM = 10.0
#: Traces of the figure in their order; callbacks address them by number.
LANDMARKS, AREAS, DISC, MARKER = range(4)
#: Images of the figure in their order.
SKIN, SKELETON, ZONES = range(3)
_MARGIN = 0.03


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


def marker_traces(
    chart: Chart, xyz: Any | None, spread_mm: float = 0.0
) -> dict[int, dict[str, list[float]]]:
    """Return x and y of the needle's disc and marker, by number of trace.

    Parameters
    ----------
    chart : Chart
        Where they are drawn.
    xyz : (3,) array or None
        Place of the needle on the skin, mm; None or out of view draws nothing.
    spread_mm : float
        Radius of the search area of a named site; a measured place gets
        `PLACEMENT_MM`.
    """
    if xyz is None or not sees(chart, xyz):
        return {DISC: {"x": [], "y": []}, MARKER: {"x": [], "y": []}}
    x, y = (float(v) for v in chart.project(xyz)[0])
    xs, ys = circle(x, y, max(spread_mm, PLACEMENT_MM))
    return {DISC: {"x": xs, "y": ys}, MARKER: {"x": [x], "y": [y]}}


def figure(
    body_name: str,
    chart_name: str,
    zones: tuple[Shown, ...],
    *,
    layers: Iterable[str] = ("skeleton", "zones"),
    xyz: Any | None = None,
    spread_mm: float = 0.0,
    areas: Iterable[tuple[Any, float, str]] = (),
) -> dict[str, Any]:
    """Return the figure of a chart as plain data for ``dcc.Graph``.

    Parameters
    ----------
    body_name, chart_name : str
        What is shown.
    zones : tuple of Shown
        Zones to draw, from `viewer.map.zone_images.shown_zones`.
    layers : iterable of str
        Which layers are switched on: ``skeleton``, ``zones`` or single groups of them
        (`viewer.map.zone_images.zone_layer`), ``landmarks``.
    xyz : (3,) array, optional
        Place of the needle, mm.
    spread_mm : float
        Radius of its search area.
    areas : iterable of (xyz, radius, label)
        Marked areas, from `viewer.state.page_state.marked_areas`.

    Returns
    -------
    dict
        Figure with axes in the chart's millimetres, so that a click is a place. Left
        and right are always printed as the patient's.
    """
    body = load_body(body_name)
    chart = body.charts[chart_name]
    on = set(layers)
    traces = marker_traces(chart, xyz, spread_mm)
    x, y, names = landmark_points(body_name, chart_name)
    area_x, area_y, area_text = area_lines(chart, areas)
    return {
        "data": [
            _landmark_trace(x, y, names, visible="landmarks" in on),
            {
                "type": "scatter",
                "mode": "lines+text",
                "x": area_x,
                "y": area_y,
                "text": area_text,
                "textposition": "middle right",
                "textfont": {"size": 12, "color": "#6d0e19", "family": FONT},
                "hoverinfo": "skip",
                "fill": "toself",
                "fillpattern": {
                    "shape": "x",
                    "size": 7,
                    "solidity": 0.22,
                    "fgcolor": "#8b1220",
                    "bgcolor": "rgba(139,18,32,0.16)",
                },
                "line": {"color": "#8b1220", "width": 1.8},
            },
            {
                "type": "scatter",
                "mode": "lines",
                **traces[DISC],
                "hoverinfo": "skip",
                "fill": "toself",
                "fillcolor": "rgba(255,255,255,0.34)",
                "line": {"color": NEEDLE, "width": 1.4, "dash": "4px,3px"},
            },
            {
                "type": "scatter",
                "mode": "markers",
                **traces[MARKER],
                "hoverinfo": "skip",
                "marker": {
                    "size": 12,
                    "color": NEEDLE,
                    "symbol": "circle",
                    "line": {"color": "#ffffff", "width": 2.5},
                },
            },
        ],
        "layout": _layout(body, chart, zones, on),
    }


def _landmark_trace(
    x: Any, y: Any, names: list[str], *, visible: bool
) -> dict[str, Any]:
    """Return the landmarks; the page writes their names as far as there is room."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "customdata": names,
        "visible": visible,
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": True,
        "marker": {
            "size": 5,
            "color": "#ffffff",
            "line": {"color": "#20507a", "width": 1.3},
        },
    }


def axis_ranges(chart: Chart) -> tuple[list[float], list[float]]:
    """Return the axis ranges that show a chart whole and the right way round."""
    xmin, xmax, ymin, ymax = chart.bounds
    pad = _MARGIN * max(xmax - xmin, ymax - ymin) * 0.5
    x, y = [xmin - pad, xmax + pad], [ymin - pad, ymax + pad]
    return (x[::-1] if chart.x_reversed else x), (y[::-1] if chart.y_reversed else y)


def _layout(
    body: Body, chart: Chart, every: tuple[Shown, ...], on: set[str]
) -> dict[str, Any]:
    """Return the layout: pictures below, axes hidden, sides printed."""
    zones, outlined = switched_on(every, on), outlines(every, on)
    x_range, y_range = axis_ranges(chart)
    images = [
        chart_image(chart, source, visible=visible, number=number)
        for number, (source, visible) in enumerate(
            (
                (picture_uri(body.name, chart.name, "skin"), True),
                (picture_uri(body.name, chart.name, "skeleton"), "skeleton" in on),
                (zone_uri(body.name, chart.name, outlined), bool(zones)),
            )
        )
    ]
    plain = {
        "visible": False,
        "zeroline": False,
        "showgrid": False,
        "constrain": "range",
    }
    return {
        "images": images,
        "annotations": _annotations(chart),
        "xaxis": {**plain, "range": x_range},
        "yaxis": {**plain, "range": y_range, "scaleanchor": "x", "scaleratio": 1},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "clickanywhere": True,
        "hovermode": "closest",
        "hoverdistance": 14,
        "dragmode": "pan",
        "uirevision": view_name(body.name, chart.name),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"size": 13, "color": INK}},
    }


def chart_image(
    chart: Chart, source: str, *, visible: bool, number: int
) -> dict[str, Any]:
    """Return a picture that is locked to the chart's millimetres.

    Plotly tells pictures apart by their place and draws only one of several at the
    same place, hence a millionth of a millimetre between them.
    """
    xmin, xmax, ymin, ymax = chart.bounds
    apart = number * 1e-6
    return {
        "source": source,
        "visible": visible,
        "layer": "below",
        "sizing": "stretch",
        "xref": "x",
        "yref": "y",
        "xanchor": "left",
        "yanchor": "top",
        "x": (xmax if chart.x_reversed else xmin) + apart,
        "y": ymin if chart.y_reversed else ymax,
        "sizex": xmax - xmin,
        "sizey": ymax - ymin,
    }


def _annotations(chart: Chart) -> list[dict[str, Any]]:
    """Return the words printed in every chart: sides at the edges."""
    left, right = edge_words(chart.spec)
    found = []
    for x, anchor, word in ((0.0, "left", left), (1.0, "right", right)):
        side = {"L": "patient's left", "R": "patient's right"}.get(word, "")
        text = f"<b>{word}</b>" if side else word
        found.append(
            {
                "xref": "paper",
                "yref": "paper",
                "x": x,
                "y": 1.0,
                "text": text,
                "xanchor": anchor,
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 22 if side else 14, "color": INK, "family": FONT},
                "xshift": 8 if x == 0.0 else -8,
                "yshift": -4,
                "hovertext": side,
                "captureevents": False,
            }
        )
    if chart.spec.side is not None and chart.spec.x != "x":
        letter = chart.spec.side[0].upper()
        found.append(
            {
                "xref": "paper",
                "yref": "paper",
                "x": 0.0,
                "y": 1.0,
                "text": f"<b>{letter}</b>",
                "xanchor": "left",
                "yanchor": "top",
                "showarrow": False,
                "font": {"size": 22, "color": INK, "family": FONT},
                "xshift": 8,
                "yshift": -26,
            }
        )
    found += [_note(edge, word) for edge, word in edge_notes(chart.spec).items()]
    return found


def _note(edge: str, word: str) -> dict[str, Any]:
    """Return a small word at an edge of the map; at the sides below the letter."""
    x = {"left": 0.0, "right": 1.0}.get(edge, 0.5)
    return {
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": 0.0 if edge == "bottom" else 1.0,
        "text": word,
        "xanchor": edge if x != 0.5 else "center",
        "yanchor": "bottom" if edge == "bottom" else "top",
        "showarrow": False,
        "font": {"size": 12.5, "color": GREY, "family": FONT},
        "bgcolor": "rgba(255,255,255,0.7)",
        "xshift": {0.0: 8, 0.5: 0, 1.0: -8}[x],
        "yshift": -31 if x != 0.5 else 0,
        "captureevents": False,
    }


def title(chart: Chart) -> str:
    """Return what a chart shows and from where, in words.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> title(load_body("male").charts["posterior"])
    'Back of the body, seen from behind'
    """
    side = shown_side(chart.spec)
    words = chart.title
    if side is not None:
        words = (
            words.replace(f" {side} ", f" {side.upper()} ")
            .replace(f"{side.capitalize()} ", f"{side.upper()} ", 1)
            .replace(f", {side} ", f", {side.upper()} ")
        )
    if side is not None or " from " in words or words.startswith("Front"):
        return words
    return f"{words}, {seen_from(chart.spec)}"


def tapped_place(
    tap: Mapping[str, Any] | None, now: Mapping[str, str]
) -> tuple[float, float] | None:
    """Return the place of a click or tap in the chart's mm; None when it is void.

    The browser sends where the pointer was let go (``assets/needlemap.js``): what
    plotly reports is where it last saw the pointer hover, which lags behind a quick
    hand.

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
    """Return the name of a drawing, which also keeps its zoom.

    Examples
    --------
    >>> view_name("male", "anterior")
    'male/anterior'
    """
    return f"{body}/{chart}"
