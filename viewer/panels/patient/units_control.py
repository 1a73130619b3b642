"""Centimetres and kilograms, or feet, inches and pounds, for the person's figures."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    ctx,
    dcc,
    html,
    no_update,
    set_props,
)
from dash.exceptions import PreventUpdate

from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from viewer.panels.patient.callbacks import changes
from viewer.state.language import number_signs
from viewer.state.question_ids import TYPING_MS, fact_id
from zones.contract.units import (
    cm_from_feet,
    feet_from_cm,
    kg_from_pounds,
    pounds_from_kg,
)
from zones.patients.patient import parse_patient

Data = dict[str, Any]


def switch() -> html.Div:
    """Return the switch between the two systems; the browser remembers it."""
    return html.Div(
        [dcc.Store(id="typed-figures"), _segments()],
        title=_("Units of height and weight"),
    )


def _segments() -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id="units",
        value="metric",
        size="xs",
        persistence=True,
        persistence_type="local",
        data=[
            {"value": "metric", "label": _("cm · kg")},
            {"value": "imperial", "label": _("ft · lb")},
        ],
        **{"aria-label": _("Units of height and weight")},
    )


def _number(name: str, label: str, suffix: str) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=name,
        value="",
        suffix=suffix,
        debounce=TYPING_MS,
        size="sm",
        hideControls=True,
        clampBehavior="none",
        className="number",
        inputProps={"aria-label": label},
        **number_signs(),
    )


def imperial(fact: str) -> list[Any]:
    """Return the fields that stand for a fact's metric one; none for other facts."""
    if fact == "height_cm":
        return [
            html.Div(
                [
                    html.Span(_("Height"), className="figure-label"),
                    html.Div(
                        [
                            _number("height-ft", _("Height, feet"), "′"),
                            _number("height-in", _("Height, inches"), "″"),
                        ],
                        className="feet",
                    ),
                ],
                className="imperial-only",
                role="group",
                **{"aria-label": _("Height in feet and inches")},
            )
        ]
    if fact == "weight_kg":
        return [
            html.Div(
                [
                    html.Span(_("Weight, lb"), className="figure-label"),
                    _number("weight-lb", _("Weight, pounds"), ""),
                ],
                className="imperial-only",
            )
        ]
    return []


def index_words(patient: Data) -> str:
    """Return the body mass index that height and weight give, in words.

    Examples
    --------
    >>> index_words({"height_cm": 180, "weight_kg": 81})
    'BMI 25.0 from height and weight.'
    >>> index_words({"height_cm": 180})
    ''
    """
    if patient.get("height_cm") is None or patient.get("weight_kg") is None:
        return ""
    try:
        index = parse_patient(
            {key: patient[key] for key in ("height_cm", "weight_kg")}
        ).body_mass_index
    except NeedlemapError:
        return ""
    return (
        ""
        if index is None
        else _("BMI {index:.1f} from height and weight.", index=index)
    )


def read(patient: Data, feet: Any, inches: Any, pounds: Any, changed: set[str]) -> Data:
    """Return the patient with what the imperial fields say.

    Parameters
    ----------
    patient : dict
        Facts so far.
    feet, inches, pounds : float or ""
        The fields; an empty one was not given.
    changed : set of str
        Ids of the fields that were touched; the others say nothing new.

    Examples
    --------
    >>> read({}, 5, 9, "", {"height-ft"})
    {'height_cm': 175.26}
    """
    new = dict(patient)
    given = {
        name: value if isinstance(value, (int, float)) else None
        for name, value in (("ft", feet), ("in", inches), ("lb", pounds))
    }
    if changed & {"height-ft", "height-in"}:
        new.pop("height_cm", None)
        if given["ft"] is not None or given["in"] is not None:
            new["height_cm"] = cm_from_feet(given["ft"], given["in"])
    if "weight-lb" in changed:
        new.pop("weight_kg", None)
        if given["lb"] is not None:
            new["weight_kg"] = kg_from_pounds(given["lb"])
    return new


def fitted(
    patient: Data, feet: Any, inches: Any, pounds: Any
) -> tuple[tuple[Any, Any], Any]:
    """Return what the imperial fields must show; ``no_update`` where they fit.

    Fields fit when they say the patient's figure, or when they show it rounded.

    Examples
    --------
    >>> fitted({"height_cm": 170.0}, 5, 6.9, "")[0] == (no_update, no_update)
    True
    >>> fitted({"height_cm": 175.26}, "", "", "")[0]
    (5, 9.0)
    """
    height, weight = patient.get("height_cm"), patient.get("weight_kg")
    said = read({}, feet, inches, pounds, {"height-ft", "weight-lb"})
    tall: tuple[Any, Any] = (no_update, no_update)
    heavy: Any = no_update
    if said.get("height_cm") != height:
        best: tuple[Any, ...] = (
            ("", "") if height is None else tuple(feet_from_cm(height))
        )
        tall = tall if best == (feet, inches) else (best[0], best[1])
    if said.get("weight_kg") != weight:
        best_lb = "" if weight is None else pounds_from_kg(weight)
        heavy = no_update if best_lb == pounds else best_lb
    return tall, heavy


def unread(patient: Data, own: Data, feet: Any, inches: Any, pounds: Any) -> set[str]:
    """Return the fields whose figure may not have been read: a quick hand types on.

    The browser drops the response to a field when the next one is typed before it
    came. As long as the patient has what was read here last, what the fields show is
    newer.

    Examples
    --------
    >>> sorted(unread({}, {}, 5, 9, ""))
    ['height-ft', 'height-in']
    """
    found: set[str] = set()
    tall = feet not in (None, "") or inches not in (None, "")
    if tall and patient.get("height_cm") == own.get("height_cm"):
        found |= {"height-ft", "height-in"}
    heavy = pounds not in (None, "")
    if heavy and patient.get("weight_kg") == own.get("weight_kg"):
        found.add("weight-lb")
    return found


def register(app: Dash) -> None:
    """Add the callbacks of the units to an application."""
    app.clientside_callback(
        ClientsideFunction("needlemap_patient", "units"),
        Output("patient-panel", "className"),
        Input("units", "value"),
        prevent_initial_call=False,
    )

    @app.callback(
        Output("patient-store", "data", allow_duplicate=True),
        Output("typed-figures", "data"),
        Input("height-ft", "value"),
        Input("height-in", "value"),
        Input("weight-lb", "value"),
        State("patient-store", "data"),
        State("typed-figures", "data"),
    )
    def typed(
        feet: Any, inches: Any, pounds: Any, patient: Data, own: Data | None
    ) -> tuple[Any, Data]:
        tall, heavy = fitted(patient, feet, inches, pounds)
        changed = {str(key).partition(".")[0] for key in ctx.triggered_prop_ids}
        changed |= unread(patient, own or {}, feet, inches, pounds)
        if tall == (no_update, no_update):
            changed -= {"height-ft", "height-in"}
        if heavy is no_update:
            changed -= {"weight-lb"}
        new = read(patient, feet, inches, pounds, changed)
        if new == patient:
            raise PreventUpdate
        for name in ("height_cm", "weight_kg"):
            if new.get(name) != patient.get(name):
                set_props(fact_id(name), {"value": new.get(name, "")})
        return changes(patient, new), {
            name: new.get(name) for name in ("height_cm", "weight_kg")
        }


def shown(
    patient: Data, feet: Any, inches: Any, pounds: Any, own: Data | None
) -> tuple[Any, Any, Any, str]:
    """Return what the imperial fields and the index's line show of a patient.

    Parameters
    ----------
    patient : dict
        The facts.
    feet, inches, pounds : object
        What the fields show now.
    own : dict or None
        ``height_cm`` and ``weight_kg`` as they were typed here: what was typed is not
        written back under the typing hand.

    Examples
    --------
    >>> shown({"height_cm": 175.26}, "", "", "", None)[:2]
    (5, 9.0)
    """
    tall, heavy = fitted(patient, feet, inches, pounds)
    if own and own["height_cm"] == patient.get("height_cm"):
        tall = (no_update, no_update)
    if own and own["weight_kg"] == patient.get("weight_kg"):
        heavy = no_update
    return (*tall, heavy, index_words(patient))
