"""The questions that would change this answer, first in the patient's panel.

Rows stay while the needle stays where it is: an answer does not take its own question
away from under the hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    Patch,
    dcc,
    html,
    no_update,
)

from anatomy.messages import message as _
from viewer.panels.patient.questions import PERSON, question_row
from viewer.state import page_state
from viewer.state.language import said
from zones.knowledge.facts import load_facts

Data = dict[str, Any]

NO_NEEDLE = _("Place the needle to see the questions that matter there.")
ALL_ANSWERED = _("Nothing more to ask: no open question could change this answer.")


def block() -> html.Section:
    """Return the empty block; it is filled when a needle is placed."""
    return html.Section(
        [
            html.Div(
                [
                    html.H3(_("Would change this answer"), id="open-title"),
                    html.Span(id="progress", className="count"),
                ],
                className="open-head",
            ),
            html.Div(
                html.P(NO_NEEDLE, className="help shown"),
                id="open-questions",
                className="questions",
            ),
            dcc.Store(id="open-store"),
        ],
        className="open-block",
        id="open-block",
        tabIndex="-1",
        **{"aria-labelledby": "open-title"},
    )


def listed(
    before: Mapping[str, Any] | None,
    site: Mapping[str, Any] | None,
    open_now: Sequence[str],
    known: Mapping[str, Any],
) -> Data:
    """Return which questions the block shows, and for which place.

    Parameters
    ----------
    before : mapping or None
        What it showed: ``site`` and ``names``.
    site : mapping or None
        The present site.
    open_now : sequence of str
        Open questions of the present answer, those that weigh most first.
    known : mapping
        Facts known of the patient.

    Examples
    --------
    >>> shown = listed(None, None, ["pregnant", "inr"], {})
    >>> listed(shown, None, ["inr"], {"pregnant": False})["names"]
    ['pregnant', 'inr']
    """
    place = json.dumps([site["body"], site["xyz"]]) if site else ""
    kept = []
    if before is not None and before["site"] == place:
        kept = [n for n in before["names"] if n in open_now or n in known]
    return {"site": place, "names": [*kept, *(n for n in open_now if n not in kept)]}


def row(name: str, value: Any) -> html.Div:
    """Return the row of one question with its answer so far."""
    return html.Div(
        question_row(load_facts()[name], value, at="open"),
        id={"type": "open-row", "name": name},
    )


def rows(
    names: Sequence[str], patient: Mapping[str, Any], open_now: Sequence[str]
) -> list[Any]:
    """Return the questions with their answers so far."""
    found: list[Any] = [
        row(name, patient.get(name)) for name in names if name not in PERSON
    ]
    above = also_open(open_now)
    if found or above:
        found.append(html.P(above, id="open-above", className="help shown person-open"))
    return found or [html.P(ALL_ANSWERED, className="complete")]


def also_open(open_now: Sequence[str]) -> str:
    """Return which open questions have their field in the short row above, in words.

    Parameters
    ----------
    open_now : sequence of str
        Questions that are open; an answered one is not among them.

    Examples
    --------
    >>> also_open(["age", "inr", "bmi"]), also_open(["inr"])
    ('Also open, above: age and body mass index.', '')
    """
    above = [load_facts()[name].label for name in open_now if name in PERSON]
    if not above:
        return ""
    named = above[0]
    for other in above[1:]:
        named = _("{facts} and {other}", facts=named, other=other)
    return _("Also open, above: {facts}.", facts=named)


def drawn_rows(rendered: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """Return which rows must be added so that some can be shown in their order.

    Rows cost time; those that are there are hidden instead of drawn anew.

    Parameters
    ----------
    rendered : sequence of str
        Facts whose rows are there, in their order, some of them hidden.
    names : sequence of str
        Facts whose rows are to be seen, in their order.

    Returns
    -------
    list of str or None
        Rows to be added at the end; None when the order asks for new ones altogether.

    Examples
    --------
    >>> drawn_rows(["inr", "faints", "pregnant"], ["inr", "pregnant"])
    []
    >>> drawn_rows(["inr", "faints"], ["faints", "pregnant"])
    ['pregnant']
    >>> drawn_rows(["inr", "faints"], ["faints", "inr"])
    """
    known = [name for name in names if name in rendered]
    if not known or known != [name for name in rendered if name in names]:
        return None
    fresh = [name for name in names if name not in rendered]
    return fresh if [*known, *fresh] == list(names) else None


def on_show(store: Mapping[str, Any] | None) -> list[str]:
    """Return the facts whose rows the block has, hidden ones too, from its store.

    Examples
    --------
    >>> on_show({"site": "", "names": [], "rows": ["inr"]}), on_show(None)
    (['inr'], [])
    """
    return list((store or {}).get("rows", []))


def register(app: Dash) -> None:
    """Add the block's callback to an application: rows that are not asked now."""
    app.clientside_callback(
        ClientsideFunction("needlemap_answers", "openRows"),
        Output("labels", "data", allow_duplicate=True),
        Input("open-store", "data"),
    )


def filled(
    outcome: page_state.Outcome,
    site: Data | None,
    patient: Data,
    before: Data | None,
) -> tuple[Any, Any, Any]:
    """Return what an answer changes in the block.

    Parameters
    ----------
    outcome : Outcome
        The answer.
    site : dict or None
        The needle's place.
    patient : dict
        The facts that it was given.
    before : dict or None
        What the block's store holds.

    Returns
    -------
    tuple
        The rows or what to add to them, the store, and how many are answered in words;
        ``no_update`` for what stays.
    """
    if site is None:
        if before is None:
            return no_update, no_update, ""
        return html.P(NO_NEEDLE, className="help shown"), None, ""
    if outcome.assessment is None:
        return no_update, no_update, no_update  # an error stands beside its field
    catalogue = load_facts()
    open_now = [
        name
        for name in outcome.assessment.open_questions
        if name in catalogue.by_name() and catalogue[name].source == "patient"
    ]
    known = page_state.known_facts(patient)
    now = listed(before, site, open_now, known)
    names = now["names"]
    done = sum(name not in open_now for name in names)
    progress = _("{done} of {n} answered", done=done, n=len(names)) if names else ""
    wanted = [name for name in names if name not in PERSON]
    rendered = on_show(before)
    fresh = drawn_rows(rendered, wanted)
    now["rows"] = wanted if fresh is None else [*rendered, *fresh]
    # the store comes back as it was sent
    now["above"] = said(also_open(open_now))
    if now == before:
        return no_update, no_update, progress
    if fresh is None:
        return rows(names, patient, open_now), now, progress
    if not fresh:
        return no_update, now, progress
    added = Patch()
    for number, name in enumerate(fresh, start=len(rendered)):
        added.insert(number, row(name, patient.get(name)))
    return added, now, progress
