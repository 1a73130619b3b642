"""Going to a place that was known before: undo, named marks, and a page opened again.

The browser keeps the steps and, for its own tab, what was entered
(``assets/map/map_history.js``). What it sends back is read like any other input: the
site is placed anew on the body and the patient is taken from the catalogue's facts
only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, no_update, set_props
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.charts import chart_specs
from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.map.area_marks import sees
from viewer.map.layers import layer_options
from viewer.panels.patient import questions
from viewer.panels.patient.callbacks import changes, known_answers
from viewer.state import page_state
from viewer.state.needle_fields import CONTROLS
from viewer.state.question_ids import fact_id
from zones.knowledge.facts import load_facts

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

#: Types of fact whose yes has a detail beside it.
DETAILED = ("medicine", "regions", "implants")
GONE = _("The needle's site could not be found again: place it again.")


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
        return None, joined([GONE, page_state.error_words(error)])
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
        Output("map-message", "children", allow_duplicate=True),
        Output("view-store", "data", allow_duplicate=True),
        Output("body", "value", allow_duplicate=True),
        Output("patient-store", "data", allow_duplicate=True),
        Output("layers", "value", allow_duplicate=True),
        *(Output(name, "value", allow_duplicate=True) for name in CONTROLS),
        Input("goto", "data"),
        State("view-store", "data"),
        State("patient-store", "data"),
    )
    def goto(wanted: Data | None, now: Data, patient: Data) -> tuple[Any, ...]:
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
                    shown = [name for name in kept if name in options]
        body, chart = wanted_view(wanted.get("view"), now)
        if patient.get("sex") in ("male", "female"):
            body = patient["sex"]
        site, problem = _placed(wanted.get("site"), body)
        view = {"body": body, "chart": chart}
        if not whole and view == now:
            return site, problem, *(no_update,) * 4, *needle
        return site, problem, view, body, answers, shown, *needle

    @app.callback(
        Output("site-store", "data", allow_duplicate=True),
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
            return no_update, page_state.error_words(error)
        chart = load_body(now["body"]).charts[now["chart"]]
        if not sees(chart, site["xyz"]):
            raise PreventUpdate
        return site, ""
