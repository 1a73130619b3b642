"""Callbacks of the patient: answers in the panel and in the card.

The browser keeps answers until it is told that they were heard, and each response
names only the facts that it changes: quick answers in two places both count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import (
    ALL,
    ClientsideFunction,
    Dash,
    Input,
    Output,
    Patch,
    State,
    no_update,
    set_props,
)

from anatomy.messages import message as _
from anatomy.messages import plural
from viewer.panels.patient import questions
from viewer.panels.patient.gates_block import gate_rows
from viewer.panels.patient.open_questions import on_show
from viewer.state import page_state
from viewer.state.question_ids import fact_id
from zones.knowledge.facts import load_facts
from zones.patients.gates import load_gates, nothing_found

Data = dict[str, Any]

SPACE = "needlemap_answers"
#: Types of fact whose yes has a detail beside it.
DETAILED = ("medicine", "regions", "implants")


def register(app: Dash) -> None:
    """Add to an application what the browser does with the answers by itself."""
    app.clientside_callback(
        ClientsideFunction(SPACE, "gather"),
        Output("answers", "data"),
        Input({"type": "fact", "name": ALL, "at": ALL}, "value"),
        Input({"type": "detail", "name": ALL}, "value"),
        Input({"type": "mark", "name": ALL}, "n_clicks"),
        Input("nothing-found", "n_clicks"),
        Input("clear-patient", "n_clicks"),
        Input("row-answer", "data"),
        State("patient-store", "data"),
        State("answers-heard", "data"),
    )
    app.clientside_callback(
        ClientsideFunction(SPACE, "rows"),
        Output("labels", "data", allow_duplicate=True),
        Input("fact-rows", "data"),
        Input("answers-heard", "data"),
        Input("patient-store", "data"),
        Input("fact-errors", "data"),
    )


def heard(
    patient: Data,
    items: Sequence[Data] | None,
    last: int,
    site: Data | None,
    listed: Data | None,
) -> tuple[Data, int]:
    """Return the patient after the answers that were not heard yet, and the last one.

    The panel's controls are told of answers that were given elsewhere.

    Parameters
    ----------
    patient : dict
        The facts so far.
    items : sequence of dict or None
        Answers as the browser gathers them, each with its number ``seq``.
    last : int
        The last one that was heard.
    site : dict or None
        The needle's place, for what is marked there.
    listed : dict or None
        What the open questions' store holds.
    """
    fresh = [item for item in items or () if item["seq"] > last]
    if not fresh:
        return patient, last
    new = taken(patient, fresh, site)
    show_answers(load_facts(), patient, new, listed, fresh)
    return new, fresh[-1]["seq"]


def row_states(patient: Data) -> Data:
    """Return what the panel's rows show beside their controls.

    Returns
    -------
    dict
        ``hidden``: facts that are not asked of this patient; ``counts``: answered of
        all, by group; ``gates``: as `gate_rows`; ``marked``: how many areas are
        marked, by fact.

    Examples
    --------
    >>> "gestation_weeks" in row_states({"pregnant": False})["hidden"]
    True
    """
    catalogue = load_facts()
    known = catalogue.complete(patient)
    counts = {}
    for group in catalogue.groups:
        done, every = questions.answered(patient, group.name)
        counts[group.name] = (
            _("{done} of {every}", done=done, every=every) if done else ""
        )
    return {
        "hidden": [
            f.name for f in catalogue.facts if not catalogue.asked(f.name, known)
        ],
        "counts": counts,
        "gates": gate_rows(patient),
        "marked": {
            name: _marked_words(value)
            for name, value in patient.items()
            if isinstance(value, list)
        },
    }


def taken(patient: Data, items: list[Data], site: Data | None) -> Data:
    """Return the patient after some answers, in the order they were given.

    Parameters
    ----------
    patient : dict
        The facts so far.
    items : list of dict
        Answers as the browser gathers them (``assets/patient/answers.js``): ``type``
        (``fact``, ``detail``, ``mark``, ``gate``, ``nothing-found``, ``clear-patient``,
        ``patient`` with all facts of another patient), ``name``, ``at``, ``value`` and
        ``detail``, what stands beside a yes.
    site : dict or None
        The needle's place, for what is marked there.

    Examples
    --------
    >>> yes = {"type": "fact", "name": "pregnant", "at": "card", "value": "yes"}
    >>> no = {"type": "fact", "name": "faints", "at": "panel", "value": "no"}
    >>> taken({"sex": "female"}, [yes, no], None)
    {'sex': 'female', 'pregnant': True, 'faints': False}
    """
    catalogue = load_facts()
    new = dict(patient)
    for item in items:
        if item["type"] == "nothing-found":
            new = nothing_found(new)
        elif item["type"] == "gate":
            behind = [g for g in load_gates() if g.id == item.get("name")]
            new = nothing_found(new, behind)
        elif item["type"] == "clear-patient":
            new = {}
        elif item["type"] == "patient":  # another one altogether
            new = known_answers(item["value"])
        elif item.get("name") in catalogue.by_name():
            _take(new, catalogue, item, item["value"], item.get("detail"), site)
    return new


def stated_together(
    stated: Sequence[str], patient: Data, items: Sequence[Data], site: Data | None
) -> list[str]:
    """Return which facts were answered by one statement for many, after some answers.

    Parameters
    ----------
    stated : sequence of str
        Names of those so far.
    patient : dict
        The facts before the answers.
    items : sequence of dict
        Answers, as in `taken`; those of another patient may bring ``stated``.
    site : dict or None
        As in `taken`.

    Examples
    --------
    >>> gate = {"type": "gate", "name": "pregnancy", "value": "no"}
    >>> names = stated_together([], {"sex": "female"}, [gate], None)
    >>> "pregnant" in names
    True
    >>> no = {"type": "fact", "name": "pregnant", "at": "panel", "value": "unknown"}
    >>> "pregnant" in stated_together(names, {"pregnant": False}, [no], None)
    False
    """
    found = set(stated)
    for item in items:
        new = taken(patient, [item], site)
        if item["type"] in ("nothing-found", "gate"):
            found |= set(new) - set(patient)
        elif item["type"] == "clear-patient":
            found = set()
        elif item["type"] == "patient":
            found = set(item.get("stated") or ())
        else:
            found.discard(str(item.get("name")))
        patient = new
    return page_state.still_stated(found, patient)


def known_answers(patient: Any) -> Data:
    """Return the facts of a kept patient that the catalogue knows.

    Examples
    --------
    >>> known_answers({"pregnant": True, "no such fact": 1})
    {'pregnant': True}
    """
    names = load_facts().by_name()
    if not isinstance(patient, Mapping):
        return {}
    return {str(k): v for k, v in patient.items() if k in names and v is not None}


def changes(old: Data, new: Data) -> Any:
    """Return what makes one patient of another: only the facts that differ.

    Two responses that come one after the other then leave each other's facts alone.
    """
    if new == old:
        return no_update
    if not new:
        return {}
    patch = Patch()
    for name in {*old, *new}:
        if name not in new:
            del patch[name]
        elif name not in old or old[name] != new[name]:
            patch[name] = new[name]
    return patch


def _take(
    new: Data, catalogue: Any, at: Data, value: Any, detail: Any, site: Data | None
) -> None:
    """Write one answer into the patient."""
    name = at["name"]
    fact = catalogue[name]
    if at["type"] == "mark":
        if value and site is not None:
            old = new.get(name)
            area = {"site": page_state.anywhere(site), "radius_mm": 20.0}
            new[name] = [*(old if isinstance(old, list) else []), area]
        return
    if at["type"] == "detail":
        shown = questions.detail_value(fact, new.get(name))
        if new.get(name) not in (None, False) and (value or None) != (shown or None):
            new[name] = questions.fact_value(fact, questions.YES, value)
        return
    if value == questions.control_value(fact, new.get(name)):
        return
    if at.get("at") == "card" and value == questions.NOT_ASKED:
        return  # the card shows open questions only: this one was drawn, not answered
    found = questions.fact_value(fact, value, detail)
    if found is None:
        new.pop(name, None)
    else:
        new[name] = found


def show_answers(
    catalogue: Any,
    old: Data,
    new: Data,
    listed: Data | None,
    given: Sequence[Data] = (),
) -> None:
    """Let the panel's controls show answers that were given elsewhere.

    Parameters
    ----------
    catalogue : Catalogue
        The facts.
    old, new : dict
        The patient before and after.
    listed : dict or None
        What the open questions' store holds: their rows show answers too.
    given : sequence of dict
        The answers that were given; the controls that gave them show them already.
    """
    shown_by = {
        (item.get("name"), item.get("at")): item.get("value")
        for item in given
        if item["type"] == "fact"
    }
    touched = {item.get("name") for item in given if item["type"] == "detail"}
    for name in {*old, *new}:
        if old.get(name) == new.get(name):
            continue
        fact = catalogue[name]
        shown = questions.control_value(fact, new.get(name))
        places = ["open"] if name in on_show(listed) else []
        if not questions.sent_plain(fact):  # those follow the store by themselves
            places.append("panel")
        for at in places:
            if (name, at) not in shown_by or shown_by[name, at] != shown:
                set_props(fact_id(name, at), {"value": shown})
        kept = questions.detail_value(fact, new.get(name))
        if (
            fact.type in DETAILED
            and name not in touched
            and kept != questions.detail_value(fact, old.get(name))
        ):
            set_props({"type": "detail", "name": name}, {"value": kept})


def _marked_words(value: Any) -> str:
    """Return how many areas are marked."""
    if not isinstance(value, list):
        return ""
    return plural(" {n} marked on the body", " {n} marked on the body", len(value))
