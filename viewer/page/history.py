"""Going to a place that was known before: undo, named marks, and a page opened again.

The browser keeps the steps and, for its own tab, what was entered
(``assets/map_history.js``). What it sends back is read like any other input: the site
is placed anew on the body and the patient is taken from the catalogue's facts only.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.charts import chart_specs
from anatomy.errors import NeedlemapError
from viewer.map.area_marks import sees
from viewer.map.callbacks import chart_parts, marker_patch
from viewer.map.layers import layer_options
from viewer.patient import questions
from viewer.patient.callbacks import changes, known_answers
from viewer.state import page_state
from viewer.state.needle_fields import CONTROLS
from viewer.state.question_ids import fact_id
from zones.knowledge.facts import load_facts

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

#: Types of fact whose yes has a detail beside it.
DETAILED = ("medicine", "regions", "implants")
GONE = "The needle's site could not be found again: place it again."


def wanted_view(view: Any, fallback: Mapping[str, str]) -> tuple[str, str]:
    """Return body and chart of a kept view; what does not exist gives the present.

    Examples
    --------
    >>> now = {"body": "female", "chart": "posterior"}
    >>> wanted_view({"body": "male", "chart": "anterior"}, now)
    ('male', 'anterior')
    >>> wanted_view({"body": "male", "chart": "nowhere"}, now)
    ('female', 'posterior')
    """
    body = view.get("body") if isinstance(view, Mapping) else None
    chart = view.get("chart") if isinstance(view, Mapping) else None
    if body in ("male", "female") and chart in chart_specs():
        return str(body), str(chart)
    return fallback["body"], fallback["chart"]


def with_ranges(figure: Data, ranges: Any) -> Data:
    """Return a figure that shows the kept part of its chart.

    Parameters
    ----------
    figure : dict
        From `viewer.map.frames.figure`.
    ranges : object
        ``x`` and ``y``, each two numbers in mm; anything else, a range of no length or
        one that runs the other way than the chart leaves the figure as it is.

    Examples
    --------
    >>> axes = {"xaxis": {"range": [10.0, -10.0]}, "yaxis": {"range": [0.0, 9.0]}}
    >>> figure = {"layout": axes}
    >>> kept = with_ranges(figure, {"x": [5, 2], "y": [3, 4]})
    >>> kept["layout"]["xaxis"]["range"], kept["layout"]["yaxis"]["range"]
    ([5.0, 2.0], [3.0, 4.0])
    >>> turned = with_ranges(figure, {"x": [2, 5], "y": [3, 4]})
    >>> turned["layout"]["xaxis"]["range"]
    [5.0, 2.0]
    """
    found = {}
    for axis in ("x", "y"):
        whole = figure["layout"][f"{axis}axis"]["range"]
        wanted = ranges.get(axis) if isinstance(ranges, Mapping) else None
        if not isinstance(wanted, list) or len(wanted) != 2:
            return figure
        if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in wanted):
            return figure
        if (wanted[1] - wanted[0]) * (whole[1] - whole[0]) <= 0:
            return figure
        found[axis] = [float(v) for v in wanted]
    for axis, wanted in found.items():
        figure["layout"][f"{axis}axis"]["range"] = wanted
    return figure


def _placed(site: Any, body: str) -> tuple[Data | None, str]:
    """Return a kept site placed anew, and what to say when it is not found."""
    if not isinstance(site, Mapping) or not isinstance(site.get("request"), Mapping):
        return None, ""
    try:
        own = site.get("body")
        found = page_state.place(
            own if own in ("male", "female") else body, site["request"]
        )
        found = page_state.with_origin(found, site.get("origin"))
        return page_state.moved_to(body, found), ""
    except NeedlemapError as error:
        return None, f"{GONE} {page_state.worded(error)}"
    except Exception:
        _LOG.exception("a kept site failed")
        return None, GONE


def _show_patient(patient: Data) -> None:
    """Let the panel's controls show the answers of a kept patient."""
    catalogue = load_facts()
    for name, value in patient.items():
        fact = catalogue[name]
        if not questions.sent_plain(fact):  # those follow the store by themselves
            set_props(fact_id(name), {"value": questions.control_value(fact, value)})
        if fact.type in DETAILED:
            detail = questions.detail_value(fact, value)
            set_props({"type": "detail", "name": name}, {"value": detail})


def register(app: Dash) -> None:
    """Add the callbacks to an application."""

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
        Output("map", "figure", allow_duplicate=True),
        Output("map-title", "children", allow_duplicate=True),
        Output("legend", "data-plain", allow_duplicate=True),
        Output("map-message", "children", allow_duplicate=True),
        Output("view-store", "data", allow_duplicate=True),
        Output("view", "data", allow_duplicate=True),
        Output("view", "value", allow_duplicate=True),
        Output("side-box", "style", allow_duplicate=True),
        Output("part", "value", allow_duplicate=True),
        Output("side", "value", allow_duplicate=True),
        Output("body", "value", allow_duplicate=True),
        Output("patient-store", "data", allow_duplicate=True),
        Output("layers", "value", allow_duplicate=True),
        *(Output(name, "value", allow_duplicate=True) for name in CONTROLS),
        Input("goto", "data"),
        State("view-store", "data"),
        State("patient-store", "data"),
        State("layers", "value"),
    )
    def goto(
        wanted: Data | None, now: Data, patient: Data, layers: list[str]
    ) -> tuple[Any, ...]:
        if not wanted:
            raise PreventUpdate
        whole = wanted.get("why") in ("restore", "again")
        shown: Any = no_update
        needle: tuple[Any, ...] = (no_update,) * len(CONTROLS)
        answers: Any = no_update
        if wanted.get("why") != "again":
            values = wanted.get("needle") or {}
            needle = tuple(values.get(name, no_update) for name in CONTROLS)
        if whole:
            kept_facts = known_answers(wanted.get("patient"))
            answers = changes(patient, kept_facts)
            patient = kept_facts
            if wanted["why"] == "restore":
                _show_patient(patient)
                options = [option["value"] for option in layer_options()]
                kept = wanted.get("layers")
                if isinstance(kept, list):
                    layers = shown = [name for name in kept if name in options]
        body, chart = wanted_view(wanted.get("view"), now)
        if patient.get("sex") in ("male", "female"):
            body = patient["sex"]
        site, problem = _placed(wanted.get("site"), body)
        if not whole and {"body": body, "chart": chart} == now:
            there = load_body(body).charts[chart]
            patch = marker_patch(there, site)
            return site, patch, *(no_update,) * 2, problem, *(no_update,) * 9, *needle
        parts = chart_parts(body, chart, site, patient, layers)
        return (
            site,
            with_ranges(parts["figure"], wanted.get("ranges")),
            parts["title"],
            parts["legend"],
            problem or parts["message"],
            parts["store"],
            parts["view_data"],
            parts["view"],
            parts["side_style"],
            parts["part"],
            parts["side"] or no_update,
            body,
            answers,
            shown,
            *needle,
        )

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
        Output("map", "figure", allow_duplicate=True),
        Output("map-message", "children", allow_duplicate=True),
        Input("named", "data"),
        State("view-store", "data"),
    )
    def named(wanted: Data | None, now: Data) -> tuple[Any, ...]:
        if not wanted:
            raise PreventUpdate
        try:
            site = page_state.place(now["body"], wanted["request"])
        except NeedlemapError as error:
            return no_update, no_update, page_state.worded(error)
        chart = load_body(now["body"]).charts[now["chart"]]
        if not sees(chart, site["xyz"]):
            raise PreventUpdate
        return site, marker_patch(chart, site), ""
