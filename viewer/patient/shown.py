"""What the patient's panel shows of the answers, beside the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import no_update, set_props

from viewer.patient import painting, units_control
from viewer.patient.callbacks import row_states

Data = dict[str, Any]


def panel_changes(
    patient: Data, before: Data, body: str, figures: Mapping[str, Any]
) -> tuple[Any, Any, Data]:
    """Return what another patient changes in the panel.

    Parameters
    ----------
    patient, before : dict
        The facts, and those of the last answer.
    body : {"male", "female"}
        Body that is shown.
    figures : mapping
        Values of ``height-ft``, ``height-in`` and ``weight-lb``, and ``typed``, what
        was read from them last.

    Returns
    -------
    rows : dict or no_update
        States of the rows.
    marks : list or no_update
        The list of marked areas.
    texts : dict
        Texts by the id of their place.
    """
    if patient == before:
        return no_update, no_update, {}
    names = ("height-ft", "height-in", "weight-lb")
    feet, inches, pounds = (figures[name] for name in names)
    *own, index = units_control.shown(patient, feet, inches, pounds, figures["typed"])
    # as outputs of the answer these would hold back what is typed into them
    for name, value in zip(names, own, strict=True):
        if value is not no_update:
            set_props(name, {"value": value})
    texts: Data = {"bmi-words": index}
    if painting.marks(patient) == painting.marks(before):
        return row_states(patient), no_update, texts
    marked = painting.rows(patient, body)
    texts["paint-count"] = str(len(marked) or "")
    return row_states(patient), marked, texts
