"""Questions of the panel that are sent as data: the browser makes their rows itself.

Dash goes over every component of the page for each change, and each costs time before
the first paint. A question with yes, no and not asked needs none: its texts travel in
one attribute, ``assets/patient/questions.js`` makes the rows, takes the answers and
shows what the patient's store holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from dash import html

from anatomy.messages import translated
from viewer.state import terms
from viewer.state.language import asked_language
from zones.knowledge.facts import Fact

ATTRIBUTE = "data-questions"


def sent(fact: Fact) -> list[object]:
    """Return a question as data: name, question, help, options.

    Options are pairs of value and label; none for yes and no.

    Examples
    --------
    >>> from zones.knowledge.facts import load_facts
    >>> sent(load_facts()["pregnant"])[0]
    'pregnant'
    """
    found = terms.options(fact.options) if fact.type == "choice" else []
    options = [[option["value"], option["label"]] for option in found]
    return [fact.name, fact.question, fact.help or "", options]


def rows(facts: Iterable[Fact]) -> html.Div:
    """Return the place of whole rows, one for each question, in their order.

    Parameters
    ----------
    facts : iterable of Fact
        Questions answered by yes or no, or by one of some options.
    """
    return _place([sent(fact) for fact in facts], "plain-rows")


def line(fact: Fact) -> html.Div:
    """Return the place of a question and its answers, in a row that has more in it."""
    return _place([sent(fact)], "plain-line")


def _place(data: list[list[object]], kind: str) -> html.Div:
    said = translated(data, asked_language())
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    return html.Div(className=kind, **{ATTRIBUTE: text})
