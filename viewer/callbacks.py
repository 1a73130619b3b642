"""What happens on the page: parse, ask the library, render. Nothing else."""

from __future__ import annotations

import logging
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from viewer import (
    answering,
    body3d_callbacks,
    history,
    layer_callbacks,
    map_callbacks,
    muscle_picker,
    navigator,
    open_questions,
    painting,
    patient_callbacks,
    search_box,
    section_callbacks,
    state,
    teaching,
    units_control,
)
from viewer.atlas import callbacks as atlas_callbacks
from viewer.card import details
from viewer.clientside import register_clientside

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]


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
    answering.register(app)
    _register_card(app)
    body3d_callbacks.register(app)
    atlas_callbacks.register(app)


def _register_card(app: Dash) -> None:
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
