"""Callbacks of the patient: answers in the panel and in the card."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, set_props
from dash.exceptions import PreventUpdate

from viewer import panel, state
from viewer.question_ids import fact_id
from zones.facts import load_facts

Data = dict[str, Any]

#: Types of fact whose yes has a detail beside it.
DETAILED = ("medicine", "regions", "implants")


def register(app: Dash) -> None:
    """Add the patient's callbacks to an application."""

    @app.callback(
        Output("patient-store", "data"),
        Input({"type": "fact", "name": ALL, "at": ALL}, "value"),
        Input({"type": "detail", "name": ALL}, "value"),
        Input({"type": "mark", "name": ALL}, "n_clicks"),
        Input("nothing-found", "n_clicks"),
        Input("clear-patient", "n_clicks"),
        State("patient-store", "data"),
        State("site-store", "data"),
        State({"type": "detail", "name": ALL}, "value"),
    )
    def answer(
        _facts: Any,
        _details: Any,
        _marks: Any,
        _found: Any,
        _clear: Any,
        patient: Data,
        site: Data | None,
        _now: Any,
    ) -> Any:
        catalogue = load_facts()
        chosen = {item["id"]["name"]: item.get("value") for item in ctx.states_list[2]}
        new = dict(patient)
        for item in ctx.triggered:
            at, value = _trigger(item)
            if at == "nothing-found" and value:
                new = panel.nothing_found(new)
            elif at == "clear-patient" and value:
                new = {}
            elif isinstance(at, dict):
                _take(new, catalogue, at, value, chosen, site)
        if not any(_trigger(i)[0] == "clear-patient" for i in ctx.triggered):
            _recover(new, catalogue, chosen, site)
        if new == patient:
            raise PreventUpdate
        show_answers(catalogue, patient, new)
        return new

    @app.callback(
        Output({"type": "fact-row", "name": ALL}, "className"),
        Output({"type": "count", "group": ALL}, "children"),
        Output({"type": "marked", "name": ALL}, "children"),
        Input("patient-store", "data"),
    )
    def rows(patient: Data) -> tuple[list[str], list[str], list[str]]:
        catalogue = load_facts()
        known = catalogue.complete(patient)
        names = [item["id"]["name"] for item in ctx.outputs_list[0]]
        groups = [item["id"]["group"] for item in ctx.outputs_list[1]]
        marked = [item["id"]["name"] for item in ctx.outputs_list[2]]
        counts = [panel.answered(patient, group) for group in groups]
        return (
            [
                "question" if catalogue.asked(name, known) else "question hidden"
                for name in names
            ],
            [f"{done} of {all_}" if done else "" for done, all_ in counts],
            [_marked_words(patient.get(name)) for name in marked],
        )


def _trigger(item: Data) -> tuple[Any, Any]:
    """Return id and value of one trigger."""
    for key, found in ctx.triggered_prop_ids.items():
        if key == item["prop_id"]:
            return found, item["value"]
    return item["prop_id"].rpartition(".")[0], item["value"]


def _take(
    new: Data, catalogue: Any, at: Data, value: Any, chosen: Data, site: Data | None
) -> None:
    """Write one answer into the patient."""
    name = at["name"]
    fact = catalogue[name]
    if at["type"] == "mark":
        if value and site is not None:
            old = new.get(name)
            area = {"site": state.anywhere(site), "radius_mm": 20.0}
            new[name] = [*(old if isinstance(old, list) else []), area]
        return
    if at["type"] == "detail":
        shown = panel.detail_value(fact, new.get(name))
        if new.get(name) not in (None, False) and (value or None) != (shown or None):
            new[name] = panel.fact_value(fact, panel.YES, value)
        return
    if value == panel.control_value(fact, new.get(name)):
        return
    if at.get("at") == "card" and value == panel.NOT_ASKED:
        return  # the card shows open questions only: this one was drawn, not answered
    found = panel.fact_value(fact, value, chosen.get(name))
    if found is None:
        new.pop(name, None)
    else:
        new[name] = found


def _recover(new: Data, catalogue: Any, chosen: Data, site: Data | None) -> None:
    """Write down answers that the controls show and the patient lacks.

    A quick hand answers again before the server has answered; the browser then drops
    the first response, and the answer in it would be lost. Answers are only added.
    """
    for item in ctx.inputs_list[0]:
        at, value = item["id"], item.get("value")
        if value in (None, "", panel.NOT_ASKED) or at["name"] in new:
            continue
        _take(new, catalogue, at, value, chosen, site)


def show_answers(catalogue: Any, old: Data, new: Data) -> None:
    """Let the panel's controls show answers that were given elsewhere.

    Parameters
    ----------
    catalogue : Catalogue
        The facts.
    old, new : dict
        The patient before and after.
    """
    origin = ctx.triggered_id
    listed = {i["id"]["name"] for i in _open_controls()}
    for name in {*old, *new}:
        if old.get(name) == new.get(name):
            continue
        fact = catalogue[name]
        here = isinstance(origin, dict) and origin.get("name") == name
        at = origin.get("at") if here and origin.get("type") == "fact" else None
        shown = panel.control_value(fact, new.get(name))
        if at != "panel":
            set_props(fact_id(name), {"value": shown})
        if at != "open" and name in listed:
            set_props(fact_id(name, "open"), {"value": shown})
        kept = panel.detail_value(fact, new.get(name))
        if fact.type in DETAILED and kept != panel.detail_value(fact, old.get(name)):
            set_props({"type": "detail", "name": name}, {"value": kept})


def _open_controls() -> list[Data]:
    """Return the controls among the open questions, where the callback knows them."""
    groups = [*ctx.inputs_list, *ctx.states_list]
    return [
        item
        for group in groups
        if isinstance(group, list)
        for item in group
        if isinstance(item.get("id"), dict) and item["id"].get("at") == "open"
    ]


def _marked_words(value: Any) -> str:
    """Return how many areas are marked."""
    if not isinstance(value, list):
        return ""
    return f" {len(value)} marked on the body"
