"""Callbacks of the cross-section: drawn after the verdict, never in its way."""

from __future__ import annotations

import json
import logging
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.store import cached
from viewer.section.panel import EMPTY
from viewer.section.pen import LARGE, SMALL, Size, frame_data
from viewer.section.view import section_uri
from viewer.section.words import alternative, in_words
from viewer.state import page_state
from viewer.state.plain import plain
from zones.pictures.section import site_section
from zones.pictures.section_models import Section

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]
SPACE = "needlemap_section"
SHOWN, HIDDEN = "panel", "panel section-empty"
NOTHING = _("No cross-section can be drawn. Draw no conclusion from its absence.")


def register(app: Dash) -> None:
    """Add the callbacks of the cross-section to an application."""

    @app.callback(
        Output("section-picture", "src"),
        Output("section-picture", "alt"),
        Output("section-caption", "children"),
        Output("section-words", "data-plain"),
        Output("section-message", "children"),
        Output("section", "className"),
        Output("section-frame", "data"),
        Input("asked-store", "data"),
        Input("section-view", "value"),
        State("toward", "value"),
    )
    def drawn(asked: Data | None, view: str, toward: str) -> tuple[Any, ...]:
        section, message = section_of(asked, view, toward, SMALL)
        if section is None:
            return "", "", "", plain([]), message, HIDDEN, None
        return (
            section_uri(section, SMALL),
            alternative(section),
            section.title,
            plain(in_words(section)),
            "",
            SHOWN,
            frame_data(section, SMALL),
        )

    @app.callback(
        Output("section-big-picture", "src"),
        Output("section-big-picture", "alt"),
        Output("section-big-words", "data-plain"),
        Output("section-big-message", "children"),
        Output("section-drawn", "data"),
        Input("section-want", "data"),
        State("asked-store", "data"),
        State("section-view", "value"),
        State("toward", "value"),
    )
    def enlarged(
        want: Any, asked: Data | None, view: str, toward: str
    ) -> tuple[Any, ...]:
        if not want:
            raise PreventUpdate
        section, message = section_of(asked, view, toward, LARGE)
        if section is None:
            return "", "", plain([]), message, None
        return (
            section_uri(section, LARGE),
            alternative(section),
            plain(in_words(section)),
            "",
            frame_data(section, LARGE),
        )

    @app.callback(Output("section-big", "opened"), Input("section-enlarge", "n_clicks"))
    def enlarge(clicks: int | None) -> Any:
        return True if clicks else no_update

    # nothing is asked of the server for an enlargement that is closed
    app.clientside_callback(
        ClientsideFunction(SPACE, "want"),
        Output("section-want", "data"),
        Input("section-big", "opened"),
        Input("section-frame", "data"),
    )
    for name, stage in (("section-frame", "section"), ("section-drawn", "section-big")):
        app.clientside_callback(
            ClientsideFunction(SPACE, "frame"),
            Output(f"{stage}-grip", "title"),
            Input(name, "data"),
            State(f"{stage}-grip", "id"),
        )
    app.clientside_callback(
        ClientsideFunction(SPACE, "step"),
        Output("depth", "value", allow_duplicate=True),
        Output("tilt", "value", allow_duplicate=True),
        Output("toward", "value", allow_duplicate=True),
        Output("section-depth", "value"),
        Output("section-depth", "max"),
        Output("section-tilt", "value"),
        Output("section-depth-words", "children"),
        Output("section-tilt-words", "children"),
        Input("depth", "value"),
        Input("tilt", "value"),
        Input("toward", "value"),
        Input("length", "value"),
        Input("section-depth", "value"),
        Input("section-tilt", "value"),
        Input("section-drag", "data"),
        State("section-depth", "max"),
        prevent_initial_call=False,
    )


def section_of(
    asked: Data | None, view: str, toward: str | None, size: Size
) -> tuple[Section | None, str]:
    """Return the section of what the page asked, or why there is none.

    Never raises: what fails is said in words, with no picture beside it.
    """
    if not asked or not asked.get("site"):
        return None, EMPTY
    try:
        key = json.dumps([asked, view, toward], sort_keys=True)
        return _section(key, size), ""
    except NeedlemapError as error:
        return None, joined([NOTHING, page_state.error_words(error)])
    except _NoAnswerError as error:
        return None, joined([NOTHING, error.args[0]])
    except Exception:
        _LOG.exception("the cross-section could not be drawn")
        return None, joined([NOTHING, page_state.FAILED])


class _NoAnswerError(ValueError):
    """Raised when the check gave no answer to draw."""


@cached(maxsize=64)
def _section(key: str, size: Size) -> Section:
    """Return the section of a request given as JSON."""
    asked, view, toward = json.loads(key)
    outcome = page_state.assess(asked["site"], asked["needle"], asked["patient"])
    if outcome.assessment is None:
        raise _NoAnswerError(outcome.message)
    return site_section(
        outcome.assessment,
        asked["needle"],
        asked["patient"],
        view=view,
        toward=toward,
        aspect=size.aspect,
        muscle=page_state.named_muscle(asked["site"]),
    )
