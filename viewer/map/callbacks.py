"""Callbacks of the map: charts, clicks, named sites, what is drawn."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, Patch, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from viewer.find.search_box import asked_place
from viewer.map.area_marks import area_lines, sees
from viewer.map.chart_menu import chart_for, entries, sided, views
from viewer.map.frames import AREAS, DISC, MARKER, ZONES, figure, marker_traces, title
from viewer.map.legend import legend
from viewer.map.navigator import closest_chart
from viewer.map.zone_images import on_chart, outlines, shown_zones, zone_uri
from viewer.state import page_state
from viewer.state.plain import plain

Data = dict[str, Any]

OUT_OF_VIEW = html.Span(
    "The needle's site is not visible in this view.", className="only-on-map"
)

TAKEN_AWAY = "The needle was removed."


def chart_parts(
    body: str, chart: str, site: Data | None, patient: Data, layers: list[str]
) -> Data:
    """Return everything of the page that changes with the chart."""
    zones = shown_zones(page_state.known_facts(patient))
    entry = entries()[chart]
    drawn = figure(
        body,
        chart,
        zones,
        layers=layers,
        xyz=site["xyz"] if site else None,
        spread_mm=site["spread_mm"] if site else 0.0,
        areas=page_state.marked_areas(body, patient),
    )
    there = load_body(body).charts[chart]
    hidden = site is not None and not sees(there, site["xyz"])
    return {
        "figure": drawn,
        "title": title(there),
        "legend": plain(legend(on_chart(body, chart, zones))),
        "message": OUT_OF_VIEW if hidden else "",
        "store": {"body": body, "chart": chart},
        "view_data": views(entry.part),
        "view": entry.view,
        "part": entry.part,
        "side": entry.side,
        "side_style": {} if sided(entry.part, entry.view) else {"display": "none"},
    }


def register(app: Dash) -> None:
    """Add the map's callbacks to an application."""

    @app.callback(
        Output("map", "figure"),
        Output("map-title", "children"),
        Output("legend", "data-plain"),
        Output("map-message", "children"),
        Output("view-store", "data", allow_duplicate=True),
        Output("view", "data"),
        Output("view", "value"),
        Output("side-box", "style"),
        Output("site-store", "data", allow_duplicate=True),
        Input("part", "value"),
        Input("view", "value"),
        Input("side", "value"),
        Input("body", "value"),
        State("view-store", "data"),
        State("site-store", "data"),
        State("patient-store", "data"),
        State("layers", "value"),
    )
    def navigate(
        part: str,
        view: str,
        side: str,
        body: str,
        now: Data,
        site: Data | None,
        patient: Data,
        layers: list[str],
    ) -> tuple[Any, ...]:
        chart = chart_for(part, view, side)
        if {"body": body, "chart": chart} == now:
            raise PreventUpdate
        moved: Any = no_update
        message = ""
        if site is not None and body != now["body"]:
            try:
                there = page_state.moved_to(body, site)
                moved = no_update if there == site else there
                site = there
            except NeedlemapError as error:
                site = moved = None
                message = f"{TAKEN_AWAY} {page_state.worded(error)}"
        parts = chart_parts(body, chart, site, patient, layers)
        return (
            parts["figure"],
            parts["title"],
            parts["legend"],
            message or parts["message"],
            parts["store"],
            parts["view_data"],
            parts["view"],
            parts["side_style"],
            moved,
        )

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
        Output("site-error", "children", allow_duplicate=True),
        Output("map", "figure", allow_duplicate=True),
        Output("map-title", "children", allow_duplicate=True),
        Output("legend", "data-plain", allow_duplicate=True),
        Output("map-message", "children", allow_duplicate=True),
        Output("view-store", "data", allow_duplicate=True),
        Output("view", "data", allow_duplicate=True),
        Output("view", "value", allow_duplicate=True),
        Output("side-box", "style", allow_duplicate=True),
        Output("part", "value"),
        Output("side", "value"),
        Input("site-go", "n_clicks"),
        Input("site-text", "n_submit"),
        Input("site-pick", "data"),
        State("site-text", "value"),
        State("view-store", "data"),
        State("patient-store", "data"),
        State("layers", "value"),
        State("site-store", "data"),
    )
    def name_site(
        _clicks: int | None,
        _submit: int | None,
        pick: Data | None,
        text: str,
        now: Data,
        patient: Data,
        layers: list[str],
        before: Data | None,
    ) -> tuple[Any, ...]:
        picked = pick if ctx.triggered_id == "site-pick" else None
        if picked and "chart" in picked:  # a region: only to be looked at
            site, error, shown = before, "", picked["chart"]
        else:
            site, error = asked_place(text, picked, now["body"])
            if site is None:
                return no_update, error, *((no_update,) * 10)
            chart = load_body(now["body"]).charts[now["chart"]]
            if sees(chart, site["xyz"]):
                patch = marker_patch(chart, site)
                return site, "", patch, no_update, no_update, "", *((no_update,) * 6)
            shown = closest_chart(now["body"], site["xyz"]) or site["chart"]
        parts = chart_parts(now["body"], shown, site, patient, layers)
        return (
            site if site is not before else no_update,
            "",
            parts["figure"],
            parts["title"],
            parts["legend"],
            parts["message"],
            parts["store"],
            parts["view_data"],
            parts["view"],
            parts["side_style"],
            parts["part"],
            parts["side"] or no_update,
        )


def repaint(
    patch: Patch, patient: Data, now: Data, before: str, layers: list[str]
) -> list[Any]:
    """Put what a patient changes of the map into a change of its figure.

    Parameters
    ----------
    patch : Patch
        The change; zones and marked areas are added where they are others.
    patient : dict
        The facts.
    now : dict
        Body and chart that are shown.
    before : str
        Key of what is drawn.
    layers : list of str
        Layers that are on.

    Returns
    -------
    legend, key : str or no_update
        The legend, and the key of what is drawn then; ``no_update`` when it is the
        same.
    """
    zones = shown_zones(page_state.known_facts(patient))
    areas = page_state.marked_areas(now["body"], patient)
    key = f"{hash(zones)}/{areas}"
    if key == before:
        return [no_update, no_update]
    chart = load_body(now["body"]).charts[now["chart"]]
    xs, ys, text = area_lines(chart, areas)
    patch["layout"]["images"][ZONES]["source"] = zone_uri(
        now["body"], now["chart"], outlines(zones, layers)
    )
    patch["data"][AREAS]["x"], patch["data"][AREAS]["y"] = xs, ys
    patch["data"][AREAS]["text"] = text
    return [plain(legend(on_chart(now["body"], now["chart"], zones))), key]


def nudged(
    chart: Any, site: Data | None, nudge: Data | None
) -> tuple[float, float] | None:
    """Return the place after a move by the arrow keys, in the chart's mm.

    Parameters
    ----------
    chart : Chart
        The chart shown.
    site : dict or None
        The present site.
    nudge : dict
        ``right`` and ``up`` in mm as seen on the screen.
    """
    if site is None or not nudge or not sees(chart, site["xyz"]):
        return None
    x, y = (float(v) for v in chart.project(site["xyz"])[0])
    right, up = float(nudge["right"]), float(nudge["up"])
    return (
        x + (-right if chart.x_reversed else right),
        y + (-up if chart.y_reversed else up),
    )


def marker_patch(chart: Any, site: Data | None) -> Patch:
    """Return the change of the figure that moves only the needle."""
    patch = Patch()
    move_marker(patch, chart, site)
    return patch


def move_marker(patch: Patch, chart: Any, site: Data | None) -> None:
    """Put the needle's place into a change of the figure."""
    at, spread = (site["xyz"], site["spread_mm"]) if site else (None, 0.0)
    traces = marker_traces(chart, at, spread)
    for number in (DISC, MARKER):
        patch["data"][number]["x"] = traces[number]["x"]
        patch["data"][number]["y"] = traces[number]["y"]
