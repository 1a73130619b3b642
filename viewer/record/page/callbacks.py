"""Callbacks of the session record: what the browser saved is read and shown."""

from __future__ import annotations

import logging
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from viewer.record.page import last_days, over_time, render, repeat
from viewer.record.page.change import (
    consent_elements,
    known_facts,
    review,
    session_facts,
)
from viewer.record.page.words import count_words, miscounted
from viewer.record.storage.place import shown_place
from viewer.record.storage.store import RecordStore
from viewer.state.page_state import message_of
from zones.sessions.session_rules import load_session_book

_LOG = logging.getLogger(__name__)

SPACE = "needlemap_record"
FAILED = _("The record could not be shown. It is saved; reload the page.")


def register(app: Dash, store: RecordStore) -> None:
    """Add the callbacks of the records to an application."""
    _register_clientside(app)

    @app.callback(
        Output("record-findings", "children"),
        Output("record-sites", "children"),
        Output("record-count", "children"),
        Output("record-count", "className"),
        Output({"type": "record-element", "name": ALL}, "className"),
        Output({"type": "record-question", "name": ALL}, "className"),
        Input("record-shown", "data"),
    )
    def show(shown: dict[str, Any] | None) -> tuple[Any, ...]:
        if not shown:
            raise PreventUpdate
        elements = [item["id"]["name"] for item in ctx.outputs_list[4]]
        questions = [item["id"]["name"] for item in ctx.outputs_list[5]]
        try:
            record = store.read(shown["id"]).record
        except NeedlemapError as error:
            return (
                [_problem(message_of(error))],
                *(no_update,) * 3,
                _same(elements),
                _same(questions),
            )
        found, problem = None, ""
        try:
            found = review(record)
        except NeedlemapError as error:
            problem = _(
                "The session could not be checked as a whole: {error}",
                error=message_of(error),
            )
        except Exception:
            _LOG.exception("a session could not be checked")
            problem = _("The session could not be checked as a whole: not assessable.")
        top = [*render.findings(found), *render.stated(record)]
        if problem:
            top.insert(0, _problem(problem))
        asked = {element.id for element in consent_elements(record)}
        known = known_facts(record) | session_facts(record)
        known |= _counted(record, found)
        catalogue = load_session_book().catalogue
        return (
            top,
            render.sites(record, found),
            count_words(record),
            "count-words wrong" if miscounted(record) else "count-words",
            ["element" if name in asked else "element hidden" for name in elements],
            [
                "question" if catalogue.asked(name, known) else "question hidden"
                for name in questions
            ],
        )

    @app.callback(
        Output("records-list", "children"),
        Output("records-kept", "children"),
        Input("records-refresh", "data"),
        Input("records-search", "value"),
        State("record-shown", "data"),
    )
    def records(_again: Any, search: str | None, shown: Any) -> tuple[Any, Any]:
        try:
            rows = store.search(search or "")
            count, oldest = store.kept()
        except NeedlemapError as error:
            return [_problem(message_of(error))], ""
        here = (shown or {}).get("id")
        words = _(
            "{kept} Place: {place}",
            kept=render.kept(count, oldest),
            place=shown_place(store.url),
        )
        return render.listed(rows, search or "", here), words

    @app.callback(
        Output("record-history", "children"),
        Output("record-follow-up", "children"),
        Output("record-signed", "children"),
        Input("record-shown", "data"),
    )
    def over_time_shown(shown: dict[str, Any] | None) -> tuple[Any, Any, Any]:
        if not shown:
            raise PreventUpdate
        try:
            record = store.read(shown["id"]).record
            past = over_time.history(store, record)
        except NeedlemapError as error:
            return [_problem(message_of(error))], "", ""
        form = over_time.follow_up_form(record)
        return past, form, over_time.signature_state(record)

    @app.callback(Output("records-due", "children"), Input("records-refresh", "data"))
    def due(_again: Any) -> Any:
        try:
            return over_time.due_now(store)
        except NeedlemapError as error:
            return [_problem(message_of(error))]

    # another record, or other answers: what was checked before them goes
    app.clientside_callback(
        "() => ''",
        Output("record-repeat", "children", allow_duplicate=True),
        Input("record-shown", "data"),
        Input("patient-store", "data"),
    )

    @app.callback(
        Output("record-repeat", "children"),
        Input("record-repeat-show", "n_clicks"),
        State("record-shown", "data"),
        State("patient-store", "data"),
    )
    def repeated(clicks: int | None, shown: Any, patient: dict[str, Any]) -> Any:
        if not clicks or not shown:
            return ""
        try:
            record = store.read(shown["id"]).record
            past = repeat.last_record(store, record)
        except NeedlemapError as error:
            return [_problem(message_of(error))]
        found = repeat.plans(past, patient) if past is not None else []
        return repeat.panel(past, found, record.reference)

    @app.callback(
        Output("records-last-days", "children"),
        Input("records-last-days-head", "n_clicks"),
        Input("records-refresh", "data"),
    )
    def last_days_shown(clicks: int, _again: Any) -> Any:
        if clicks % 2 == 0:  # folded: hundreds of records are not read for nothing
            raise PreventUpdate
        try:
            return last_days.read(store)
        except NeedlemapError as error:
            return [_problem(message_of(error))]

    @app.callback(
        Output("records-older", "children"),
        Input("records-days", "value"),
        Input("records-refresh", "data"),
    )
    def older(days: Any, _: Any) -> Any:
        if days is None:
            return ""
        try:
            return render.older(days, len(store.older(days)))
        except NeedlemapError as error:
            return message_of(error)


def _counted(record: Any, found: Any) -> dict[str, Any]:
    """Return what the questions of a session depend on, as the session rules count."""
    if found is None:
        return {}
    from zones.sessions.session import measured

    entries = [
        {"needle": s.request.get("needle", {}), "left_in": s.left_in}
        for s in record.listed
    ]
    return measured(found.sites, entries)


def _same(names: list[str]) -> list[Any]:
    return [no_update] * len(names)


def _problem(words: str) -> Any:
    from dash import html

    return html.Div(words, className="error")


def _register_clientside(app: Dash) -> None:
    """Add what the browser does by itself: ``assets/record/record.js``."""

    def run(name: str, *parts: object, initial: bool = False) -> None:
        app.clientside_callback(
            ClientsideFunction(SPACE, name),
            *parts,
            prevent_initial_call=not initial,
        )

    run(
        "changed",
        Output("record-out", "data"),
        Input({"type": "record-field", "name": ALL}, "value"),
        Input({"type": "record-tick", "name": ALL}, "checked"),
        State({"type": "record-field", "name": ALL}, "id"),
        State({"type": "record-tick", "name": ALL}, "id"),
    )
    run(
        "add",
        Output("record-out", "data", allow_duplicate=True),
        Input("record-add", "n_clicks"),
        State("asked-store", "data"),
    )
    run(
        "routed",
        Output("record-routed", "data"),
        Input("address", "pathname"),
        initial=True,
    )
    app.clientside_callback(
        ClientsideFunction("needlemap_same_patient", "answered"),
        Output("record-out", "data", allow_duplicate=True),
        Input("asked-store", "data"),
        prevent_initial_call=True,
    )
