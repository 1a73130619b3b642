"""What the patient's panel shows of the answers: one callback for all of its parts.

Each callback costs the page several passes over all its components, so that three small
ones would keep the verdict waiting for longer than they take.
"""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, no_update

from viewer.patient import painting, units_control
from viewer.patient.callbacks import row_states

Data = dict[str, Any]


def register(app: Dash) -> None:
    """Add the panel's callback to an application."""

    @app.callback(
        Output("fact-rows", "data"),
        Output("paint-list", "children"),
        Output("paint-count", "children"),
        Output("height-ft", "value"),
        Output("height-in", "value"),
        Output("weight-lb", "value"),
        Output("bmi-words", "children"),
        Input("patient-store", "data"),
        State("view-store", "data"),
        State("height-ft", "value"),
        State("height-in", "value"),
        State("weight-lb", "value"),
        State("typed-figures", "data"),
        State("paint-count", "children"),
        State("bmi-words", "children"),
    )
    def show(
        patient: Data,
        now: Data,
        feet: Any,
        inches: Any,
        pounds: Any,
        own: Data | None,
        count: str | None,
        index: str | None,
    ) -> tuple[Any, ...]:
        marked = painting.rows(patient, now["body"])
        *figures, words = units_control.shown(patient, feet, inches, pounds, own)
        none = not marked and not count
        return (
            row_states(patient),
            no_update if none else marked,
            no_update if none else str(len(marked) or ""),
            *figures,
            no_update if words == (index or "") else words,
        )
