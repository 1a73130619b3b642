"""The clinic's data on the page of the record: entered once, kept with the records."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate
from pydantic import ValidationError

from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from viewer.record.clinic import Clinic, country_options
from viewer.record.storage.clinic_store import ClinicStore
from viewer.state.language import asked_language
from viewer.state.page_state import message_of

FIELDS = ("name", "phone", "address", "country")


def clinic_form() -> html.Details:
    """Return the fields of the clinic, folded."""
    return html.Details(
        [
            html.Summary(_("Your clinic on the leaflet")),
            html.P(
                _(
                    "Entered once and kept with the records. No patient's data belong "
                    "here: everybody who gets a leaflet reads it."
                ),
                className="muted small",
            ),
            html.Div(
                [
                    _text("name", _("Name of the clinic")),
                    _text("phone", _("Telephone")),
                    _text("address", _("Address")),
                    dmc.Select(
                        id="clinic-country",
                        label=_("Country, for the emergency number"),
                        placeholder=_("another: your local emergency number"),
                        data=[],
                        clearable=True,
                        searchable=True,
                        size="sm",
                    ),
                ],
                className="clinic-fields",
            ),
            html.Div(
                [
                    html.Button(
                        _("Save the clinic"),
                        id="clinic-save",
                        type="button",
                        className="quiet",
                    ),
                    html.Span(id="clinic-status", role="status"),
                ],
                className="record-actions",
            ),
        ],
        id="clinic-form",
    )


def _text(name: str, label: str) -> Any:
    return dmc.TextInput(id=f"clinic-{name}", label=label, value="", size="sm")


def register(app: Dash, store: ClinicStore) -> None:
    """Add what reads and keeps the clinic's data."""

    @app.callback(
        *(Output(f"clinic-{name}", "value") for name in FIELDS),
        Output("clinic-country", "data"),
        Input("address", "pathname"),
        prevent_initial_call=False,
    )
    def shown(path: str | None) -> tuple[Any, ...]:
        if path != "/session":
            raise PreventUpdate
        try:
            found = store.read()
        except NeedlemapError:
            found = Clinic()  # saving says what is wrong
        values = [getattr(found, name) or None for name in FIELDS[3:]]
        texts = [getattr(found, name) for name in FIELDS[:3]]
        return (*texts, *values, country_options(asked_language()))

    @app.callback(
        Output("clinic-status", "children"),
        Input("clinic-save", "n_clicks"),
        *(State(f"clinic-{name}", "value") for name in FIELDS),
    )
    def kept(clicks: int | None, *values: str | None) -> Any:
        if not clicks:
            raise PreventUpdate
        given = {n: v or "" for n, v in zip(FIELDS, values, strict=True)}
        try:
            store.save(Clinic.model_validate(given))
        except ValidationError as error:
            return _("Not saved: {error}", error=error.errors()[0]["msg"])
        except NeedlemapError as error:
            return message_of(error)
        return _("Saved. New leaflets carry it.")
