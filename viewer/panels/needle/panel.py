"""The panel of the needle: depth, length, direction, grip, posture, depths seen."""

from __future__ import annotations

import json
from typing import Any, get_args

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import message as _
from viewer.panels.needle.drawer import drawer
from viewer.panels.needle.grip_pictures import HEIGHT, WIDTH, WORDS, grip_uri
from viewer.panels.patient.questions import NO, NOT_ASKED, YES
from viewer.state import terms
from viewer.state.language import number_signs
from viewer.state.needle_fields import FIELDS
from viewer.state.question_ids import TYPING_MS
from viewer.state.technique_fields import CONTROL
from zones.contract.needle import (
    LONGEST_NEEDLE_MM,
    THICKEST_FOLD_MM,
    THICKEST_NEEDLE_MM,
    THINNEST_FOLD_MM,
    Arm,
    Grip,
    Measured,
    Posture,
    Toward,
)


def _number(name: str, label: str, **more: Any) -> dmc.NumberInput:
    """Return a field of millimetres; what is out of range is for the library to say."""
    given: dict[str, Any] = {
        "suffix": _(" mm"),
        "min": 0,
        "max": LONGEST_NEEDLE_MM,
        "step": 1,
        "size": "sm",
        "debounce": TYPING_MS,
        "clampBehavior": "none",
        "allowNegative": True,
        **number_signs(),
    }
    return dmc.NumberInput(
        id=name, label=label, value=FIELDS[name], **{**given, **more}
    )


def _choice(name: str, label: str, options: tuple[str, ...], **more: Any) -> dmc.Select:
    """Return a choice that may be left open."""
    data = terms.options(options)
    given: dict[str, Any] = {
        "size": "sm",
        "clearable": True,
        "placeholder": _("not said"),
    }
    return dmc.Select(
        id=name, label=label, data=data, value=FIELDS[name], **{**given, **more}
    )


def _depth() -> html.Div:
    return html.Div(
        [
            _number("depth", _("Planned depth"), className="depth-number"),
            dmc.Slider(
                id="depth-slider",
                value=FIELDS["depth"],
                min=0,
                max=FIELDS["length"],
                step=1,
                size="md",
                thumbSize=24,
                updatemode="drag",
                label=None,
                className="depth-slider",
                thumbLabel=_("Planned depth in millimetres"),
            ),
        ],
        className="depth-row",
    )


def _direction() -> html.Div:
    toward = [{"value": t, "label": terms.term(t)} for t in get_args(Toward)]
    return html.Div(
        [
            _number("length", _("Length"), min=1, step=5),
            _number(
                "diameter",
                _("Diameter"),
                min=0.1,
                max=THICKEST_NEEDLE_MM,
                step=0.01,
                decimalScale=2,
                fixedDecimalScale=True,
                placeholder=_("not said"),
            ),
            _number("tilt", _("Tilt"), suffix="°", max=90, step=5),
            dmc.Select(
                id="toward",
                label=_("toward"),
                data=toward,
                size="sm",
                value=FIELDS["toward"],
                allowDeselect=False,
                placeholder=_("choose"),
            ),
        ],
        className="needle-row",
    )


def _grip() -> html.Div:
    """Return the grips as pictures, and what each asks for."""
    options = []
    for grip in get_args(Grip):
        word, meaning = WORDS[grip]
        picture = html.Img(src=grip_uri(grip), width=WIDTH, height=HEIGHT, alt="")
        label = html.Span([picture, word], title=meaning, className="grip")
        options.append({"label": label, "value": grip})
    fold = _(
        "{thinnest_fold_mm:g}–{thickest_fold_mm:g} mm",
        thinnest_fold_mm=THINNEST_FOLD_MM,
        thickest_fold_mm=THICKEST_FOLD_MM,
    )
    return html.Div(
        [
            dcc.RadioItems(
                id="grip",
                value=FIELDS["grip"],
                inline=True,
                className="seg grips",
                options=options,
            ),
            html.Div(
                [
                    _number("fold", _("Thickness of the fold"), placeholder=fold),
                    html.Div(
                        _(
                            "Lifted, from skin to skin. What lies under it is reached "
                            "only by a needle that leaves the fold."
                        ),
                        className="help shown",
                    ),
                ],
                className="for-pincer",
            ),
            html.Div(
                [
                    dmc.Select(
                        id="bone",
                        label=_("Bone to aim at"),
                        data=[],
                        value=FIELDS["bone"],
                        size="sm",
                        placeholder=_("none expected here"),
                    ),
                    html.Div(id="bone-expected", className="help shown"),
                ],
                className="for-bone",
            ),
        ],
        className="grip-box",
        role="group",
        **{"aria-label": _("How the muscle is held")},
    )


def _held() -> html.Div:
    return html.Div(
        [
            _choice("posture", _("Patient's position"), get_args(Posture)),
            _choice("arm", _("Arm"), get_args(Arm)),
        ],
        className="held-row",
    )


def _seen() -> html.Details:
    """Return the fields of a depth that was seen in this patient."""
    methods = get_args(Measured.model_fields["method"].annotation)
    return html.Details(
        [
            html.Summary(_("A depth seen in this patient")),
            html.Div(
                [
                    dmc.Select(
                        id="seen",
                        label=_("Structure"),
                        data=[],
                        value=FIELDS["seen"],
                        size="sm",
                        clearable=True,
                        searchable=True,
                        placeholder=_("of those here"),
                    ),
                    _number("seen-depth", _("Depth"), placeholder=_("mm")),
                    dmc.Select(
                        id="seen-method",
                        label=_("by"),
                        data=[{"value": m, "label": terms.term(m)} for m in methods],
                        value=FIELDS["seen-method"],
                        size="sm",
                        allowDeselect=False,
                    ),
                ],
                className="seen-row",
            ),
            html.Div(
                _(
                    "Straight down from the skin at this place. It counts here and, "
                    "decreasingly, up to 20 mm around."
                ),
                className="help shown",
            ),
        ],
        className="seen-fold",
        id="seen-fold",
    )


def needle_panel() -> html.Section:
    """Return the fields of the needle."""
    return html.Section(
        [
            html.H2(_("Needle")),
            dcc.Input(id=CONTROL, type="hidden", value=FIELDS[CONTROL]),
            drawer(),
            _depth(),
            _direction(),
            html.Div(_("0° is perpendicular to the skin."), className="help shown"),
            _grip(),
            _held(),
            html.Div(
                [
                    html.Span(_("Electric current"), className="asked"),
                    dcc.RadioItems(
                        id="electrical",
                        value=NOT_ASKED,
                        inline=True,
                        className="seg",
                        options=[
                            {"label": _("Yes"), "value": YES},
                            {"label": _("No"), "value": NO},
                            {"label": _("Open"), "value": NOT_ASKED},
                        ],
                    ),
                ],
                className="question-line",
                role="group",
                **{"aria-label": _("Current through the needle")},
            ),
            _seen(),
            html.Div(id="needle-error", className="error", role="alert"),
        ],
        className="panel",
        id="needle",
        # what a new site begins with: assets/needle/new_site.js
        **{"data-start": json.dumps(FIELDS)},
    )
