"""Teaching examples: a made-up patient, with a banner as long as one is in use.

``teaching-store`` holds the example's id, title and what it shows, or None. What is
kept for a record must look there: a made-up patient belongs in no record.
"""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from anatomy.messages import message as _
from viewer.panels.patient import callbacks
from viewer.state.terms import term
from zones.knowledge.facts import load_facts
from zones.patients.presets import load_presets, preset

Data = dict[str, Any]

WARNING = _("Teaching example, not a patient")


def store() -> dcc.Store:
    """Return the store that says whether a teaching example is in use.

    It is kept as long as the patient is: for this tab, over a reload.
    """
    return dcc.Store(id="teaching-store", storage_type="session")


def banner() -> html.Div:
    """Return the banner; unseen as long as no example is in use."""
    return html.Div(
        [
            html.Div(id="teaching-words", role="status"),
            html.Button(_("End the example"), id="end-teaching", className="quiet"),
        ],
        id="teaching-banner",
        hidden=True,
    )


def menu() -> dmc.Select:
    """Return the list of examples."""
    return dmc.Select(
        id="preset",
        data=[{"value": item.id, "label": item.title} for item in load_presets()],
        placeholder=_("Teaching example …"),
        size="xs",
        clearable=True,
        searchable=True,
        maxDropdownHeight=360,
        comboboxProps={"width": 270, "position": "bottom-end"},
        className="preset",
        **{"aria-label": _("Teaching example: replaces the patient's answers")},
    )


def words(teaching: Data | None) -> list[Any]:
    """Return the content of the banner."""
    if not teaching:
        return []
    return [
        html.Span("✎", className="teaching-mark", **{"aria-hidden": "true"}),
        html.B(WARNING),
        html.Span(
            [" ", term(teaching["title"]), ". ", term(teaching["shows"]), " "],
            className="shows",
        ),
    ]


def register(app: Dash) -> None:
    """Add the examples' callbacks to an application."""

    @app.callback(
        Output("patient-store", "data", allow_duplicate=True),
        Output("teaching-store", "data"),
        Output("preset", "value"),
        Input("preset", "value"),
        Input("end-teaching", "n_clicks"),
        Input("clear-patient", "n_clicks"),
        State("patient-store", "data"),
        State("teaching-store", "data"),
        State("open-store", "data"),
    )
    def choose(
        name: str | None,
        ended: int | None,
        cleared: int | None,
        patient: Data,
        teaching: Data | None,
        shown: Data | None,
    ) -> tuple[Any, Any, Any]:
        if ctx.triggered_id == "clear-patient":
            if not cleared or not teaching:
                raise PreventUpdate
            return no_update, None, None  # the answers are cleared with all others
        if ctx.triggered_id == "end-teaching":
            name = None
            if not ended:
                raise PreventUpdate
        elif name == (teaching or {}).get("id"):
            raise PreventUpdate
        new: Data = {}
        example = None
        if name:
            found = preset(name)
            new = found.patient()
            # kept in English: the browser may ask for another language later
            example = {
                "id": found.id,
                "title": str(found.title),
                "shows": str(found.shows),
            }
        callbacks.show_answers(load_facts(), patient, new, shown)
        return (new if new != patient else no_update), example, name

    @app.callback(
        Output("teaching-words", "children"),
        Output("teaching-banner", "hidden"),
        Input("teaching-store", "data"),
        prevent_initial_call=False,
    )
    def show(teaching: Data | None) -> tuple[list[Any], bool]:
        return words(teaching), not teaching
