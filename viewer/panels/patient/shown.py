"""What the patient's panel shows of the answers, beside the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import no_update, set_props

from anatomy.messages import joined, plural
from anatomy.messages import message as _
from viewer.panels.patient import painting, units_control
from viewer.panels.patient.callbacks import row_states

Data = dict[str, Any]


#: Sex of the body as the chip says it.
SEXES = {"female": _("woman"), "male": _("man")}


def chip_words(patient: Mapping[str, Any]) -> str:
    """Return whom the answers are for, in the few words of the patient's chip.

    Examples
    --------
    >>> chip_words({"sex": "female", "age": 35, "pregnant": False})
    'woman · 35 years · 1 more answer'
    >>> chip_words({})
    'not described yet'
    """
    parts: list[str] = []
    if patient.get("sex") in SEXES:
        parts.append(SEXES[patient["sex"]])
    if patient.get("age") is not None:
        parts.append(plural("{n} year", "{n} years", int(patient["age"])))
    if patient.get("bmi") is not None:
        parts.append(_("BMI {bmi:.3g}", bmi=float(patient["bmi"])))
    rest = len(set(patient) - {"sex", "age", "bmi", "height_cm", "weight_kg"})
    if rest:
        parts.append(
            plural("{n} more answer", "{n} more answers", rest)
            if parts
            else plural("{n} answer", "{n} answers", rest)
        )
    return joined(parts, " · ") if parts else _("not described yet")


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
    texts: Data = {"bmi-words": index, "patient-words": chip_words(patient)}
    if painting.marks(patient) == painting.marks(before):
        return row_states(patient), no_update, texts
    marked = painting.rows(patient, body)
    texts["paint-count"] = str(len(marked) or "")
    return row_states(patient), marked, texts
