"""The questions' controls, built from the facts catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.panels.patient import plain_questions
from viewer.state import terms
from viewer.state.language import number_signs
from viewer.state.question_ids import TYPING_MS, fact_id
from zones.knowledge.facts import Fact, load_facts

YES, NO, NOT_ASKED = "yes", "no", "unknown"
#: What a yes among the open questions leaves to be said in the question's own row.
MORE = {
    "medicine": _("Specify which one"),
    "regions": _("Say where"),
    "implants": _("Specify which kind"),
    "areas": _("Mark where"),
}
#: Facts that stand in the short row on top of the patient's panel.
PERSON = ("sex", "age", "bmi", "height_cm", "weight_kg")


def control_value(fact: Fact, value: Any) -> Any:
    """Return what a control shows for a fact's value; None was not asked.

    Examples
    --------
    >>> control_value(load_facts()["pregnant"], None)
    'unknown'
    """
    if fact.type == "number":
        return "" if value is None else value
    if fact.type == "choice":
        return NOT_ASKED if value is None else value
    if value is None:
        return NOT_ASKED
    return NO if value is False else YES


def fact_value(fact: Fact, shown: Any, detail: Any = None) -> Any:
    """Return a fact's value from what its control shows; None for not asked.

    Examples
    --------
    >>> fact_value(load_facts()["anticoagulant"], "yes", "warfarin")
    'warfarin'
    """
    if shown in (None, "", NOT_ASKED):
        return None
    if fact.type in ("number", "choice"):
        return shown
    if shown == NO:
        return False
    if fact.type == "implants" and detail:
        return [{"kind": kind} for kind in detail]
    return detail or True


def detail_value(fact: Fact, value: Any) -> Any:
    """Return what the control beside a yes shows: a name, places, kinds.

    Examples
    --------
    >>> detail_value(load_facts()["anticoagulant"], "warfarin")
    'warfarin'
    >>> detail_value(load_facts()["lymphoedema"], True)
    []
    """
    if fact.type == "medicine":
        return value if isinstance(value, str) else None
    items = value if isinstance(value, list) else []
    if fact.type == "implants":
        return [item["kind"] for item in items]
    return items


def control(fact: Fact, value: Any = None, *, at: str = "panel") -> Any:
    """Return the control of one fact.

    Parameters
    ----------
    fact : Fact
        From the catalogue.
    value : object
        Its present value; None for not asked.
    at : {"panel", "card"}
        Where it stands.
    """
    shown = control_value(fact, value)
    if fact.type == "number":
        short = fact.name in PERSON and at == "panel"
        low, high = fact.range or (0, 999)
        unit: list[str] = (
            [" ", terms.term(fact.unit)] if fact.unit and not short else []
        )
        return dmc.NumberInput(
            id=fact_id(fact.name, at),
            value=shown,
            debounce=TYPING_MS,
            size="sm",
            suffix=joined(unit, ""),
            hideControls=True,
            clampBehavior="none",
            placeholder=""
            if short
            else joined([_("{low:g}–{high:g}", low=low, high=high), *unit], ""),
            className="number",
            inputProps={"aria-label": fact.question},
            **number_signs(),
        )
    if fact.type == "choice":
        options = terms.options(fact.options)
    else:
        options = [{"label": _("Yes"), "value": YES}, {"label": _("No"), "value": NO}]
    return dcc.RadioItems(
        id=fact_id(fact.name, at),
        value=shown,
        inline=True,
        className="seg",
        options=[*options, {"label": _("Not asked"), "value": NOT_ASKED}],
    )


def sent_plain(fact: Fact) -> bool:
    """Return whether the panel's control of a fact is made in the browser from data.

    Examples
    --------
    >>> [sent_plain(load_facts()[name]) for name in ("pregnant", "inr", "sex")]
    [True, False, False]
    """
    return fact.type != "number" and fact.name not in PERSON


def question_rows(facts: Sequence[Fact], patient: Mapping[str, Any]) -> list[Any]:
    """Return the panel's rows of some questions; neighbours go as one piece of data."""
    found: list[Any] = []
    for whole, some in groupby(facts, lambda f: sent_plain(f) and not _details(f)):
        if whole:
            found.append(plain_questions.rows(some))
        else:
            found += [question_row(fact, patient.get(fact.name)) for fact in some]
    return found


def question_row(fact: Fact, value: Any = None, *, at: str = "panel") -> html.Div:
    """Return a question with its control, its detail and the place of its error."""
    plain = at == "panel" and sent_plain(fact)
    inside: list[Any] = [
        plain_questions.line(fact)
        if plain
        else html.Div(
            [
                html.Span(fact.question, title=fact.help or None, className="asked"),
                control(fact, value, at=at),
            ],
            className="question-line",
            role="group",
            **{"aria-label": fact.question},
        )
    ]
    if fact.help:
        inside.append(html.Div(fact.help, className="help"))
    if at == "panel":
        inside += _details(fact, value)
        inside.append(
            html.Div(
                id={"type": "fact-error", "name": fact.name},
                className="error",
                role="alert",
            )
        )
        return html.Div(
            inside, id={"type": "fact-row", "name": fact.name}, className="question"
        )
    if at == "open" and fact.type in MORE:
        inside.append(
            html.Div(
                html.Button(
                    MORE[fact.type], className="link", **{"data-goto": fact.name}
                ),
                className="detail",
            )
        )
    return html.Div(inside, className="question")


def _details(fact: Fact, value: Any = None) -> list[Any]:
    """Return what may be added to a yes: a name, places, kinds."""
    catalogue = load_facts()
    name = {"type": "detail", "name": fact.name}
    if fact.type == "medicine":
        options = [
            {"value": str(m.name), "label": terms.term(m.name)}
            for m in catalogue.medicines
        ]
        return [
            html.Div(
                dmc.Select(
                    id=name,
                    value=detail_value(fact, value),
                    data=options,
                    searchable=True,
                    clearable=True,
                    placeholder=_("which one (may be left open)"),
                    size="sm",
                ),
                className="detail",
            )
        ]
    if fact.type in ("regions", "implants"):
        if fact.type == "implants":
            options = [
                {"value": str(name), "label": terms.term(name)} for name in fact.options
            ]
            hint = _("what kind (may be left open)")
        else:
            options = [
                {"value": name, "label": terms.side_place(name)}
                for name in side_places()
            ]
            hint = _("where (left open: everywhere)")
        return [
            html.Div(
                dmc.MultiSelect(
                    id=name,
                    value=detail_value(fact, value),
                    data=options,
                    searchable=True,
                    clearable=True,
                    placeholder=hint,
                    size="sm",
                ),
                className="detail",
            )
        ]
    if fact.type == "areas":
        return [
            html.Div(
                [
                    html.Button(
                        _("Only at the needle's site (20 mm around it)"),
                        id={"type": "mark", "name": fact.name},
                        className="link",
                    ),
                    html.Button(
                        _("Mark on the map"),
                        id={"type": "paint", "name": fact.name},
                        className="link",
                    ),
                    html.Span(id={"type": "marked", "name": fact.name}),
                ],
                className="detail",
            )
        ]
    return []


def side_places() -> list[str]:
    """Return the places that a fact may name, limbs with their side.

    Examples
    --------
    >>> "left arm" in side_places()
    True
    """
    catalogue = load_facts()
    groups = [group.name for group in catalogue.region_groups]
    names = [*groups, *(n for n in catalogue.region_names if n not in groups)]
    return [f"{side}{name}" for name in names for side in ("", "left ", "right ")]


def in_group(fact: Fact, group: str) -> bool:
    """Return whether a fact is asked under a heading of the panel."""
    return fact.group == group and fact.source == "patient" and fact.name not in PERSON


def answered(patient: Mapping[str, Any], group: str) -> tuple[int, int]:
    """Return how many of a group's questions are answered, and how many are asked."""
    catalogue = load_facts()
    known = catalogue.complete(patient)
    asked = [
        f
        for f in catalogue.facts
        if in_group(f, group) and catalogue.asked(f.name, known)
    ]
    return sum(f.name in patient for f in asked), len(asked)
