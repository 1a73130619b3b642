"""Callbacks of the map: which chart is shown, a site that is named, what is drawn."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from anatomy.body import load_body
from anatomy.messages import message as _
from viewer.map.area_marks import area_marks, sees
from viewer.map.charts.frames import view_name
from viewer.map.charts.navigator import closest_chart
from viewer.map.find.search_box import asked_place
from viewer.map.zones.legend import legend
from viewer.map.zones.zone_drawing import zone_outlines
from viewer.map.zones.zone_images import on_chart, shown_zones
from viewer.state import page_state
from viewer.state.plain import plain

Data = dict[str, Any]

SPACE = "needlemap_map"
OUT_OF_VIEW = _("The needle's site is not visible in this view.")
TAKEN_AWAY = _("The needle was removed.")


def register(app: Dash) -> None:
    """Add the map's callbacks to an application."""
    # the browser knows all charts: another one is shown without a request, and what
    # the answer draws on it follows
    app.clientside_callback(
        ClientsideFunction(SPACE, "navigate"),
        Output("view-store", "data", allow_duplicate=True),
        Input("part", "value"),
        Input("view", "value"),
        Input("side", "value"),
        Input("body", "value"),
        State("view-store", "data"),
        State("nav-data", "data"),
    )
    app.clientside_callback(
        ClientsideFunction(SPACE, "show"),
        Output("labels", "data", allow_duplicate=True),
        Input("view-store", "data"),
        State("nav-data", "data"),
        State("part", "value"),
        State("view", "value"),
        State("side", "value"),
        prevent_initial_call="initial_duplicate",
    )
    for name, store in (("zones", "map-zones"), ("atlas", "atlas")):
        app.clientside_callback(
            ClientsideFunction(SPACE, name),
            Output("labels", "data", allow_duplicate=True),
            Input(store, "data"),
            prevent_initial_call="initial_duplicate",
        )

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
        Output("site-error", "children", allow_duplicate=True),
        Output("map-message", "children", allow_duplicate=True),
        Output("view-store", "data", allow_duplicate=True),
        Input("site-go", "n_clicks"),
        Input("site-text", "n_submit"),
        Input("site-pick", "data"),
        State("site-text", "value"),
        State("view-store", "data"),
    )
    def name_site(
        _clicks: int | None,
        _submit: int | None,
        pick: Data | None,
        text: str,
        now: Data,
    ) -> tuple[Any, ...]:
        picked = pick if ctx.triggered_id == "site-pick" else None
        if picked and "chart" in picked:  # a region: only to be looked at
            return no_update, "", "", {"body": now["body"], "chart": picked["chart"]}
        site, error = asked_place(text, picked, now["body"])
        if site is None:
            return no_update, error, no_update, no_update
        if sees(load_body(now["body"]).charts[now["chart"]], site["xyz"]):
            return site, "", "", no_update
        shown = closest_chart(now["body"], site["xyz"]) or site["chart"]
        return site, "", "", {"body": now["body"], "chart": shown}


def drawn(now: Data, patient: Data) -> tuple[Data, str, str]:
    """Return what a patient draws on a chart.

    Parameters
    ----------
    now : dict
        Body and chart that are shown.
    patient : dict
        The facts.

    Returns
    -------
    shown : dict
        ``view``, the drawing that it belongs to; zones as `zone_outlines` gives them,
        and the marked ``areas``.
    legend : str
        The chart's legend, as the page writes it.
    key : str
        What tells this from what is drawn otherwise; it begins with the view.
    """
    body, chart = now["body"], now["chart"]
    view = view_name(body, chart)
    zones = shown_zones(page_state.known_facts(patient))
    areas = page_state.marked_areas(body, patient)
    shown = {
        "view": view,
        **zone_outlines(body, chart, zones),
        "areas": area_marks(load_body(body).charts[chart], areas),
    }
    text = plain(legend(on_chart(body, chart, zones)))
    return shown, text, f"{view} {hash(zones)} {areas}"


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
