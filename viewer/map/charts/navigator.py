"""The body navigator: a small figure whose parts open their enlargement.

Front and back of the body are drawn as outlines; every part is a button that opens
the chart showing it from that side. ``assets/map/navigator.js`` marks which part is
open and where the needle is, and moves between the parts with the arrow keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from numpy.typing import NDArray
from scipy import ndimage

from anatomy.body import BODIES, load_body
from anatomy.charts import ChartSpec, chart_specs
from anatomy.messages import message as _
from anatomy.store import cached
from viewer.look.look import svg_uri
from viewer.look.palette import palette
from viewer.map.charts.chart_menu import PARTS, chart_for, entries, views
from viewer.map.charts.frames import LETTERS, frames, title
from viewer.state.language import asked_language
from viewer.state.plain import plain

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: Charts that the two figures are drawn after, and their names.
FIGURES = {"anterior": _("Front"), "posterior": _("Back")}
#: A part may be touched this far beside it, mm: small ones are too narrow for a finger.
REACH_MM = 150.0
#: In front the hip begins this far above the iliac spines, mm.
GROIN_MM = 32.0
#: Size of a cell of the figure, mm.
CELL_MM = 8.0
#: Parts of the picker by segment of the body, and by region of the trunk's skin.
OF_SEGMENT = {
    "head": "Head & neck",
    "neck": "Head & neck",
    "upper_arm": "Upper arm",
    "forearm": "Forearm",
    "hand": "Hand",
    "thigh": "Thigh",
    "leg": "Lower leg",
    "foot": "Foot",
}
OF_REGION = {
    "shoulder": "Shoulder",
    "axilla": "Shoulder",
    "thorax": "Chest & back",
    "upper back": "Chest & back",
    "abdomen": "Abdomen",
    "low back": "Low back & hip",
    "sacrum": "Low back & hip",
    "buttock": "Low back & hip",
    "perineum": "Low back & hip",
    "neck": "Head & neck",
}
#: Parts that only repeat others further away.
_WIDE = ("Body", "Whole arm", "Whole leg")
#: Where a part has no chart from a figure's side.
_INSTEAD = {("posterior", "Foot"): "plantar"}
#: A place should lie this far inside a chart that is opened for it, mm.
INSIDE_MM = 15.0


@cached(maxsize=4)
def _part_of_vertex(body_name: str, figure: str) -> NDArray[np.intp]:
    """Return the number in `PARTS` of the part of each skin vertex, (V,)."""
    body = load_body(body_name)
    number = {name: i for i, (name, _) in enumerate(PARTS)}
    of_segment = np.array(
        [
            number.get(
                OF_SEGMENT.get(name.removeprefix("left_").removeprefix("right_"), ""),
                -1,
            )
            for name in body.segment_names
        ]
    )
    of_region = np.array(
        [number.get(OF_REGION.get(name, ""), -1) for name in body.region_names]
    )
    own, region = of_segment[body.segment_labels], of_region[body.region_labels]
    shoulder = region == number["Shoulder"]
    found = np.where((own < 0) | shoulder, region, own)
    line = body.landmarks.get("ASIS", "left").xyz[2] + GROIN_MM
    low = body.skin.vertices[:, 2] < line
    abdomen = found == number["Abdomen"]
    # below the iliac spines in front is the groin; behind, the flank is the low back
    hip = abdomen & (low if figure == "anterior" else True)
    return np.where(hip, number["Low back & hip"], found)


def opened_by(figure: str, part: str, side: str | None) -> str:
    """Return the chart that a part of a figure opens.

    Examples
    --------
    >>> opened_by("posterior", "Shoulder", "left")
    'left_shoulder_posterior'
    >>> opened_by("anterior", "Hand", "right")
    'right_hand_palmar'
    """
    specs = chart_specs()
    view = np.array(specs[figure].view)
    options = [
        e for e in entries().values() if e.part == part and e.side in (None, side)
    ]
    instead = _INSTEAD.get((figure, part))
    if instead is not None:
        return chart_for(part, instead, side)
    return max(options, key=lambda e: float(view @ np.array(specs[e.chart].view))).chart


def whole_body_chart(name: str) -> str:
    """Return the chart of the whole body that is seen from where a chart is seen.

    Examples
    --------
    >>> whole_body_chart("left_shoulder_posterior"), whole_body_chart("left_leg_medial")
    ('posterior', 'anterior')
    """
    spec = chart_specs()[name]
    x, y, _ = spec.view
    if y:
        return "anterior" if y > 0 else "posterior"
    seen_side = "left" if x < 0 else "right"
    inner = spec.side is not None and spec.side != seen_side
    if not x or inner:
        return "anterior"
    return f"{seen_side}_lateral"


def closest_chart(body_name: str, xyz: Any) -> str | None:
    """Return the enlargement that shows a place on the skin best.

    Parameters
    ----------
    body_name : {"male", "female"}
    xyz : (3,) array
        Place on the skin, mm.

    Returns
    -------
    str or None
        None when no enlargement shows the place.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> mark = load_body("male").landmarks.get("L4 spinous process")
    >>> closest_chart("male", mark.xyz)
    'low_back_posterior'
    """
    body = load_body(body_name)
    point = body.skin.nearest(np.asarray(xyz, dtype=float))
    normal = body.skin.normal(point)
    ranked = []
    for name, entry in entries().items():
        chart = body.charts[name]
        facing = -float(normal @ np.array(chart.view))
        inside = _inside(chart, point.xyz)
        if entry.part in _WIDE or facing < 0.1 or inside < 0:
            continue
        xmin, xmax, ymin, ymax = chart.bounds
        size = max(xmax - xmin, ymax - ymin)
        score = facing - 0.5 * size / 1000 - (0.5 if inside < INSIDE_MM else 0.0)
        score += 0.2 * min(inside / 60.0, 1.0)
        ranked.append((score, name))
    for _score, name in sorted(ranked, reverse=True):
        if body.charts[name].visible(point):
            return name
    return None


def _inside(chart: Chart, xyz: Any) -> float:
    """Return how far a place lies inside the bounds of a chart, mm."""
    x, y = chart.project(xyz)[0]
    xmin, xmax, ymin, ymax = chart.bounds
    return float(min(x - xmin, xmax - x, y - ymin, ymax - y))


def extent(body_name: str, figure: str) -> tuple[float, float, float, float]:
    """Return the bounds (xmin, xmax, zmin, zmax) of a figure with its reach, mm."""
    xmin, xmax, zmin, zmax = load_body(body_name).charts[figure].bounds
    return xmin - 60, xmax + 60, zmin - 150, zmax + 10


@cached(maxsize=4)
def areas(body_name: str, figure: str) -> dict[tuple[str, str | None], Any]:
    """Return the parts of a figure and where each may be touched.

    Returns
    -------
    dict
        (part, side) to (drawn, touched): geometries in the chart's mm. What may be
        touched is the nearest part within `REACH_MM`; no two of them overlap.
    """
    body = load_body(body_name)
    chart = body.charts[figure]
    xmin, xmax, zmin, zmax = extent(body_name, figure)
    x = np.arange(xmin, xmax, CELL_MM) + CELL_MM / 2
    z = np.arange(zmin, zmax, CELL_MM) + CELL_MM / 2
    column = ((x - chart.bounds[0]) // chart.cell_mm).astype(int)
    row = ((z - chart.bounds[2]) // chart.cell_mm).astype(int)
    vertices = chart.raster_vertices()
    on = np.outer(
        (row >= 0) & (row < vertices.shape[0]),
        (column >= 0) & (column < vertices.shape[1]),
    )
    seen = vertices[
        np.clip(row, 0, vertices.shape[0] - 1)[:, None],
        np.clip(column, 0, vertices.shape[1] - 1),
    ]
    part = np.where(on & (seen >= 0), _part_of_vertex(body_name, figure)[seen], -1)
    sides = {e.part for e in entries().values() if e.side} - {
        "Low back & hip",
        "Abdomen",
    }
    paired = np.isin(part, [i for i, (name, _) in enumerate(PARTS) if name in sides])
    label = np.where(
        part >= 0, part * 3 + np.where(paired, np.where(x > 0, 1, 2), 0), -1
    )
    away, (rows, columns) = ndimage.distance_transform_edt(
        label < 0, sampling=CELL_MM, return_indices=True
    )
    near = np.where(away <= REACH_MM, label[rows, columns], -1)
    found = {}
    for value in np.unique(label[label >= 0]):
        name = PARTS[int(value) // 3][0]
        side = (None, "left", "right")[int(value) % 3]
        mask = label == value
        # a stray cell beside its part is not worth an area
        blobs, count = ndimage.label(mask)
        if count > 1:
            sizes = ndimage.sum_labels(mask, blobs, np.arange(1, count + 1))
            mask = blobs == 1 + int(np.argmax(sizes))
        touched = _largest(_polygon(near == value, xmin, zmin))
        found[name, side] = (_largest(_polygon(mask, xmin, zmin)), touched)
    return found


def _polygon(
    mask: NDArray[np.bool_], xmin: float, zmin: float, cell: float = CELL_MM
) -> Any:
    """Return the outline of cells (R, C) from a lower left corner, mm."""
    edge = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, left = np.nonzero(edge == 1)
    right = np.nonzero(edge == -1)[1]
    low = zmin + rows * cell
    boxes = shapely.box(xmin + left * cell, low, xmin + right * cell, low + cell)
    return shapely.union_all(boxes).simplify(cell * 0.8)


def _largest(shape: Any) -> Any:
    """Return the largest polygon of a geometry."""
    return max(shapely.get_parts(shape), key=lambda part: part.area)


def _across(chart: Chart, box: tuple[float, ...], x: Any) -> Any:
    """Return share of the figure's width, from its left edge as drawn."""
    xmin, xmax, _, _ = box
    share = (np.asarray(x) - xmin) / (xmax - xmin)
    return 1 - share if chart.x_reversed else share


@cached(maxsize=4)
def figure_svg(body_name: str, figure: str) -> str:
    """Return the outline of a figure with its parts as an SVG."""
    chart = load_body(body_name).charts[figure]
    box = extent(body_name, figure)
    width, height = box[1] - box[0], box[3] - box[2]

    def path(shape: Any) -> str:
        pieces = []
        for polygon in shapely.get_parts(shape):
            xy = shapely.get_coordinates(polygon.exterior)
            x = _across(chart, box, xy[:, 0]) * width
            y = box[3] - xy[:, 1]
            pieces.append(
                "M"
                + " ".join(f"{a:.0f} {b:.0f}" for a, b in zip(x, y, strict=True))
                + "Z"
            )
        return "".join(pieces)

    body = np.isfinite(chart.depth)
    outer = _polygon(body, chart.bounds[0], chart.bounds[2], chart.cell_mm)
    outline = path(outer.simplify(3.0))
    lines = "".join(path(drawn) for drawn, _ in areas(body_name, figure).values())
    skin = palette().tissue["skin"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} '
        f'{height:.0f}" width="{width / 4:.0f}" height="{height / 4:.0f}">'
        f'<clipPath id="c"><path d="{outline}"/></clipPath>'
        f'<path d="{outline}" fill="{skin.fill}" fill-opacity="0.5"/>'
        f'<path d="{lines}" fill="none" stroke="#fff" stroke-width="9" '
        f'stroke-linejoin="round" clip-path="url(#c)"/>'
        f'<path d="{outline}" fill="none" stroke="{skin.line}" stroke-opacity="0.75" '
        'stroke-width="9"/></svg>'
    )


def _button(
    body_name: str,
    figure: str,
    key: tuple[str, str | None],
    shapes: tuple[Any, Any],
) -> html.Button:
    """Return the button of one part, cut to its shape."""
    drawn, touched = shapes[0].simplify(5.0), shapes[1].simplify(10.0)
    chart = load_body(body_name).charts[figure]
    box = extent(body_name, figure)
    x0, z0, x1, z1 = touched.bounds
    left = 100 * float(_across(chart, box, x1 if chart.x_reversed else x0))
    top = 100 * (box[3] - z1) / (box[3] - box[2])
    wide = 100 * (x1 - x0) / (box[1] - box[0])
    high = 100 * (z1 - z0) / (box[3] - box[2])

    def cut(shape: Any) -> str:
        xy = shapely.get_coordinates(shape.exterior)[:-1]
        x = 100 * (xy[:, 0] - x0) / (x1 - x0)
        x = 100 - x if chart.x_reversed else x
        y = 100 * (z1 - xy[:, 1]) / (z1 - z0)
        corners = (f"{a:.0f}% {b:.0f}%" for a, b in zip(x, y, strict=True))
        return f"polygon({','.join(corners)})"

    opens = opened_by(figure, *key)
    words = title(load_body(body_name).charts[opens])
    return html.Button(
        html.Span(className="nav-ink", style={"clipPath": cut(drawn)}),
        title=words,
        className="nav-part",
        style={
            "left": f"{left:.2f}%",
            "top": f"{top:.2f}%",
            "width": f"{wide:.2f}%",
            "height": f"{high:.2f}%",
            "clipPath": cut(touched),
        },
        tabIndex=-1,
        **{
            "aria-label": words,
            "data-opens": opens,
            "data-part": key[0],
            "data-side": key[1] or "",
        },
    )


def _figure(body_name: str, figure: str) -> html.Div:
    """Return one figure: outline, parts, frame of the open chart, needle."""
    box = extent(body_name, figure)
    left, right = ("R", "L") if figure == "anterior" else ("L", "R")
    parts = sorted(
        areas(body_name, figure).items(), key=lambda item: -item[1][0].centroid.y
    )
    return html.Div(
        [
            html.Div(
                [
                    html.B(LETTERS[left], title=_side_words(left)),
                    html.Span(FIGURES[figure]),
                    html.B(LETTERS[right], title=_side_words(right)),
                ],
                className="nav-name",
            ),
            html.Div(
                [
                    html.Img(src=svg_uri(figure_svg(body_name, figure)), alt=""),
                    *(_button(body_name, figure, key, own) for key, own in parts),
                    html.Div(className="nav-frame", hidden=True),
                    html.Div(className="nav-needle", hidden=True),
                ],
                className="nav-figure",
                style={"aspectRatio": f"{box[1] - box[0]:.0f} / {box[3] - box[2]:.0f}"},
                **{
                    "data-figure": figure,
                    "data-box": ",".join(f"{v:.1f}" for v in box),
                },
            ),
        ],
        className="nav-half",
    )


def _side_words(letter: str) -> str:
    return _("patient's left") if letter == "L" else _("patient's right")


def picker_buttons() -> list[Any]:
    """Return the buttons for the picker: the folded navigator, the whole body."""
    return [
        html.Button(
            _("Body parts"),
            id="nav-fold",
            className="quiet",
            **{"aria-expanded": "false", "aria-controls": "nav-panel"},
        ),
        html.Button(_("Whole body"), id="nav-whole", className="quiet"),
        html.Span("›", className="crumb", **{"aria-hidden": "true"}),
    ]


@cached(maxsize=8)
def _figures(shown: str, language: str) -> str:
    """Return the figures of both bodies as the browser writes them."""
    del language  # that of the visit, in which they are written
    return plain(
        [
            html.Div(
                [_figure(name, figure) for figure in FIGURES],
                className="nav-body",
                hidden=name != shown,
                **{"data-body": name},
            )
            for name in BODIES
        ]
    )


def navigator(shown: str) -> html.Nav:
    """Return the navigator with both bodies' figures, one body of them shown.

    Parameters
    ----------
    shown : {"male", "female"}
        The body that the page starts with.
    """
    return html.Nav(
        [
            html.Div(
                id="nav-panel", **{"data-plain": _figures(shown, asked_language())}
            ),
            dcc.Store(id="nav-go"),
            dcc.Store(id="nav-data", data=page_data()),
            dcc.Store(id="nav-marked"),
        ],
        id="navigator",
        **{"aria-label": _("Parts of the body; arrow keys move between them")},
    )


def page_data() -> dict[str, Any]:
    """Return what the browser needs to know of every chart."""
    charts = {}
    for name, entry in entries().items():
        spec = chart_specs()[name]
        whole = entries()[whole_body_chart(name)]
        charts[name] = {
            "part": entry.part,
            "view": entry.view,
            "side": entry.side,
            "faces": _faces(spec),
            "whole": whole.view,
            # whether the figures, seen from in front and behind, can show its frame
            "framed": spec.x == "x" and spec.y == "z",
        }
    return {
        "charts": charts,
        "views": {part: views(part) for part, _ in PARTS},
        "opens": {part: _opens(part) for part, _ in PARTS},
        **frames(),
    }


def _opens(part: str) -> dict[str, dict[str, str]]:
    """Return the chart of each view and side of a part."""
    return {
        view["value"]: {
            side: chart_for(part, view["value"], side) for side in ("left", "right")
        }
        for view in views(part)
    }


def _faces(spec: ChartSpec) -> str:
    """Return the figure that a chart belongs to, or ``""`` for both."""
    _, y, _ = spec.view
    return "" if not y else ("anterior" if y > 0 else "posterior")


def register(app: Dash) -> None:
    """Add the navigator's callbacks, which the browser runs by itself."""
    app.clientside_callback(
        ClientsideFunction("needlemap_navigator", "go"),
        Output("part", "value", allow_duplicate=True),
        Output("view", "data", allow_duplicate=True),
        Output("view", "value", allow_duplicate=True),
        Output("side", "value", allow_duplicate=True),
        Input("nav-go", "data"),
        Input("nav-whole", "n_clicks"),
        State("view-store", "data"),
        State("nav-data", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("needlemap_navigator", "mark"),
        Output("nav-marked", "data"),
        Input("view-store", "data"),
        Input("site-store", "data"),
        State("nav-data", "data"),
        prevent_initial_call=False,
    )
