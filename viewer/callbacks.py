"""What happens on the page: parse, ask the library, render. Nothing else."""

from __future__ import annotations

import logging
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

from viewer import (
    body3d_callbacks,
    history,
    layer_callbacks,
    map_callbacks,
    muscle_picker,
    navigator,
    open_questions,
    painting,
    panel,
    patient_callbacks,
    search_box,
    section_callbacks,
    state,
    teaching,
    units_control,
)
from viewer.atlas import callbacks as atlas_callbacks
from viewer.card import details, summary
from viewer.clientside import register_clientside
from viewer.words import site_words
from zones.facts import load_facts

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

#: Fields of a request and the control that shows their error.
NEEDLE_FIELDS = {
    "needle.depth_mm": "depth",
    "needle.length_mm": "length",
    "needle.direction": "tilt",
    "needle.direction.tilt_deg": "tilt",
    "needle.direction.toward": "toward",
}


def register(app: Dash) -> None:
    """Add all callbacks to an application."""
    register_clientside(app)
    map_callbacks.register(app)
    layer_callbacks.register(app)
    history.register(app)
    navigator.register(app)
    patient_callbacks.register(app)
    section_callbacks.register(app)
    for part in (
        search_box,
        muscle_picker,
        open_questions,
        units_control,
        teaching,
        painting,
    ):
        part.register(app)
    _register_verdict(app)
    body3d_callbacks.register(app)
    atlas_callbacks.register(app)


def _register_verdict(app: Dash) -> None:
    @app.callback(
        Output("verdict", "children"),
        Output("site-words", "children"),
        Output("asked-store", "data"),
        Output("depth", "error"),
        Output("length", "error"),
        Output("tilt", "error"),
        Output("toward", "error"),
        Output("needle-error", "children"),
        Output("problem-store", "data"),
        Input("site-store", "data"),
        Input("patient-store", "data"),
        Input("depth", "value"),
        Input("length", "value"),
        Input("tilt", "value"),
        Input("toward", "value"),
        Input("electrical", "value"),
        State("problem-store", "data"),
        Input("units", "value"),
    )
    def verdict(
        site: Data | None,
        patient: Data,
        depth: Any,
        length: Any,
        tilt: Any,
        toward: str,
        electrical: str,
        problem: str | None,
        units: str,
    ) -> tuple[Any, ...]:
        needle = state.needle_request(
            length_mm=length,
            depth_mm=depth,
            tilt_deg=tilt,
            toward=toward,
            electrical={panel.YES: True, panel.NO: False}.get(electrical),
        )
        outcome = state.assess(site, needle, patient, units=units)
        try:
            shown = summary(outcome, needle)
            words: Any = site_words(site, outcome.assessment)
        except Exception:
            _LOG.exception("the answer could not be shown")
            outcome = state.Outcome(message=state.FAILED, field="computation")
            shown, words = summary(outcome, needle), ""
        asked = {"site": site, "needle": needle, "patient": patient}
        return shown, words, asked, *_errors(outcome, problem)

    @app.callback(
        Output("card-details", "children"),
        Input("asked-store", "data"),
    )
    def rest_of_card(asked: Data) -> list[Any]:
        outcome = state.assess(asked["site"], asked["needle"], asked["patient"])
        try:
            return details(outcome, asked["patient"])
        except Exception:
            _LOG.exception("the answer could not be shown")
            return details(state.Outcome(message=state.FAILED), {})

    @app.callback(
        Output("depth", "value"),
        Output("length", "value"),
        Output("tilt", "value"),
        Output("toward", "value"),
        Input({"type": "apply", "change": ALL, "to": ALL, "n": ALL}, "n_clicks"),
        State("depth", "value"),
    )
    def apply(clicks: list[int | None], depth: Any) -> tuple[Any, Any, Any, Any]:
        at = ctx.triggered_id
        if not any(clicks) or not isinstance(at, dict):
            raise PreventUpdate
        number, _, toward = str(at["to"]).partition(" ")
        to = float(number)
        if at["change"] == "direction":
            return no_update, no_update, to, toward
        if at["change"] == "depth_mm":
            return to, no_update, no_update, no_update
        shorter = isinstance(depth, (int, float)) and depth > to
        return (to if shorter else no_update), to, no_update, no_update


def _errors(outcome: state.Outcome, problem: str | None) -> tuple[Any, ...]:
    """Return the messages beside the fields, and which field has one now.

    Nothing is touched while there is no error and was none. An error of a patient's
    fact is written beside its question.
    """
    field = outcome.field or ""
    if not field and not problem:
        return (no_update,) * 6
    slots = {"depth": "", "length": "", "tilt": "", "toward": ""}
    if field in NEEDLE_FIELDS:
        slots[NEEDLE_FIELDS[field]] = outcome.message
    loose = field.startswith("needle") and field not in NEEDLE_FIELDS
    for name, text in ((problem, ""), (field, outcome.message)):
        fact = (name or "").removeprefix("patient.").split(".")[0]
        if name and name.startswith("patient.") and fact in load_facts().by_name():
            set_props({"type": "fact-error", "name": fact}, {"children": text})
    if field.startswith("site"):
        set_props("map-message", {"children": outcome.message})
    return *slots.values(), outcome.message if loose else "", field or None
