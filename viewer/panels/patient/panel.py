"""The patient's panel: the person, what would change this answer, then all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html

from anatomy.messages import message as _
from viewer.panels.patient import (
    examples,
    gates_block,
    open_questions,
    painting,
    units_control,
)
from viewer.panels.patient.questions import PERSON, control, in_group, question_rows
from zones.knowledge.facts import Fact, load_facts

#: Labels of the person's figures; the questions are too long for them.
LABELS = {
    "age": _("Age"),
    "bmi": _("BMI"),
    "height_cm": _("Height, cm"),
    "weight_kg": _("Weight, kg"),
}
LOADING = _("Loading the questions …")


def patient_panel() -> html.Section:
    """Return the patient: figures, open questions, marked areas, all questions."""
    catalogue = load_facts()
    numbers = [catalogue[name] for name in PERSON if name != "sex"]
    return html.Section(
        [
            html.Div(
                [html.H2(_("Patient")), units_control.switch()],
                className="patient-head",
            ),
            html.Div(
                [
                    html.Span(_("Sex of the body"), className="asked"),
                    control(catalogue["sex"]),
                ],
                className="question-line",
                role="group",
                **{"aria-label": catalogue["sex"].question},
            ),
            html.Div([_figure(fact) for fact in numbers], className="person-row"),
            html.Div(id="bmi-words", className="help shown"),
            html.Div(
                id={"type": "fact-error", "name": "sex"},
                className="error",
                role="alert",
            ),
            gates_block.block(),
            open_questions.block(),
            html.Div(
                [
                    html.Button(
                        _("Everything else asked: nothing found"),
                        id="nothing-found",
                        className="quiet",
                        title=_(
                            "Answers no to every open question about findings in "
                            "the patient. Use it only after asking them. Consent "
                            "and capacity to consent stay open."
                        ),
                    ),
                    html.Button(_("Clear all"), id="clear-patient", className="quiet"),
                ],
                className="button-row",
            ),
            examples.menu(),
            painting.block(),
            html.H3(_("All questions"), id="all-questions"),
            # most of the page's elements: read when the panel is first opened
            html.Div(html.P(LOADING, className="help shown"), id="question-groups"),
            dcc.Store(id="questions-wanted"),
        ],
        className="panel",
        id="patient-panel",
    )


def question_groups(patient: Mapping[str, Any]) -> dmc.Accordion:
    """Return all questions under their headings, as they are answered.

    Parameters
    ----------
    patient : mapping
        The facts so far.
    """
    catalogue = load_facts()
    return dmc.Accordion(
        [
            _group(group.name, group.title, patient)
            for group in catalogue.groups
            if any(in_group(fact, group.name) for fact in catalogue.facts)
        ],
        multiple=True,
        variant="separated",
        chevronSize=18,
        value=[],
        className="groups",
    )


def register(app: Dash) -> None:
    """Add to an application that all questions come when the panel is opened."""

    @app.callback(
        Output("question-groups", "children"),
        Input("questions-wanted", "data"),
        State("patient-store", "data"),
    )
    def _wanted(_count: float, patient: dict[str, Any] | None) -> dmc.Accordion:
        return question_groups(patient or {})


def _figure(fact: Fact) -> html.Div:
    """Return a number of the person with a short label, in both systems of units."""
    other = units_control.imperial(fact.name)
    metric = html.Label(
        [
            html.Span(LABELS.get(fact.name, fact.label), className="figure-label"),
            control(fact),
        ],
        title=fact.question,
        className="metric-only" if other else None,
    )
    return html.Div(
        [
            metric,
            *other,
            html.Div(
                id={"type": "fact-error", "name": fact.name},
                className="error",
                role="alert",
            ),
        ],
        className="figure",
    )


def _group(name: str, title: str, patient: Mapping[str, Any]) -> dmc.AccordionItem:
    """Return the questions under one heading."""
    facts = [f for f in load_facts().facts if in_group(f, name)]
    return dmc.AccordionItem(
        [
            dmc.AccordionControl(
                [
                    html.Span(title, **{"data-group": name}),
                    html.Span(id={"type": "count", "group": name}, className="count"),
                ]
            ),
            dmc.AccordionPanel(question_rows(facts, patient)),
        ],
        value=name,
    )
