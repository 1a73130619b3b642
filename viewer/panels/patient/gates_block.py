"""The patient's five gates on the page: drawn by the browser from these data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dash import html

from anatomy.messages import message as _
from viewer.state.language import said
from zones.patients.gates import gate_state, load_gates, open_behind


def gate_rows(patient: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the gates as the browser draws them.

    Returns
    -------
    list of dict
        ``id``, ``question``, ``state`` (yes, no or open), ``behind``: the labels of the
        questions that a no would answer, and ``groups``: where they stand.

    Examples
    --------
    >>> [row["state"] for row in gate_rows({"pregnant": True})]
    ['open', 'yes', 'open', 'open', 'open']
    """
    return [
        {
            "id": gate.id,
            "question": said(gate.question),
            "state": gate_state(gate, patient),
            "behind": [said(fact.label) for fact in open_behind(gate, patient)],
            "groups": list(gate.groups),
        }
        for gate in load_gates()
    ]


def block() -> html.Div:
    """Return the place of the gates, as they are before anything is known."""
    return html.Div(
        id="gates",
        role="group",
        **{"aria-label": _("First questions"), "data-gates": json.dumps(gate_rows({}))},
    )
