"""What happens on the page: parse, ask the library, render. Nothing else."""

from __future__ import annotations

import logging
from typing import Any

from dash import Dash, Input, Output, State, no_update

from viewer.atlas import callbacks as atlas_callbacks
from viewer.body3d import callbacks as body3d_callbacks
from viewer.card.card import instead, questions, reasons
from viewer.find import muscle_picker, search_box
from viewer.map import callbacks as map_callbacks
from viewer.map import layer_callbacks, navigator
from viewer.needle import callbacks as needle_callbacks
from viewer.page import history, tap
from viewer.page.clientside import register_clientside
from viewer.patient import callbacks as patient_callbacks
from viewer.patient import examples, open_questions, painting, shown, units_control
from viewer.section import callbacks as section_callbacks
from viewer.state import page_state
from viewer.state.plain import plain

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
        needle_callbacks,
        open_questions,
        units_control,
        examples,
        painting,
        shown,
    ):
        part.register(app)
    tap.register(app)
    _register_card(app)
    body3d_callbacks.register(app)
    atlas_callbacks.register(app)


def _register_card(app: Dash) -> None:
    @app.callback(
        Output("card-instead", "data-plain"),
        Output("card-questions", "children"),
        Output("card-questions", "data-names"),
        Output("card-reasons", "data-plain"),
        Input("asked-store", "data"),
        State("card-questions", "data-names"),
    )
    def rest_of_card(asked: Data, before: str | None) -> tuple[Any, Any, Any, str]:
        outcome = page_state.assess(asked["site"], asked["needle"], asked["patient"])
        try:
            shown = plain(instead(outcome)), plain(reasons(outcome))
            names = listed(outcome)
            rows = (
                no_update if names == before else questions(outcome, asked["patient"])
            )
        except Exception:
            _LOG.exception("the answer could not be shown")
            failed = page_state.Outcome(message=page_state.FAILED)
            return plain([]), [], "", plain(reasons(failed))
        return shown[0], rows, names, shown[1]


def listed(outcome: page_state.Outcome) -> str:
    """Return which questions the card shows: as long as they stay, their rows do."""
    if outcome.assessment is None:
        return ""
    return " ".join(["open:", *outcome.assessment.open_questions])
