"""The panel of the cross-section and its enlargement, before anything is drawn."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import message as _
from viewer.state.named_sites import START

VIEWS = [
    {"value": "needle", "label": _("Along the needle")},
    {"value": "axial", "label": _("Axial")},
]
EMPTY = _("Place the needle to see what lies under it.")
#: Steepest tilt that the sliders and the tip offer, degrees; the number takes more.
MOST_TILT = 85


def section_panel() -> html.Section:
    """Return the panel: plane, picture, sliders, the same in words."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("Cross-section")),
                    dmc.SegmentedControl(
                        id="section-view", value="needle", size="xs", data=VIEWS
                    ),
                    html.Button(
                        "⤢",
                        id="section-enlarge",
                        className="section-enlarge",
                        title=_("Enlarge the cross-section"),
                        **{"aria-label": _("Enlarge the cross-section")},
                    ),
                ],
                className="section-head",
            ),
            html.P(EMPTY, id="section-message", className="help shown", role="status"),
            html.Div(
                [
                    _picture("section"),
                    html.Div(id="section-caption", className="section-caption"),
                    _sliders(),
                    html.Details(
                        [
                            html.Summary(_("What lies where")),
                            html.Div(id="section-words", className="section-words"),
                        ],
                        className="section-fold",
                    ),
                ],
                className="section-body",
            ),
            dcc.Store(id="section-frame"),
            dcc.Store(id="section-drag"),
            dcc.Store(id="section-drawn"),
            dcc.Store(id="section-want"),
            _enlarged(),
        ],
        className="panel section-empty",
        id="section",
        **{"aria-label": _("Cross-section")},
    )


def _picture(name: str) -> html.Div:
    """Return a picture with the grip on the needle's tip."""
    return html.Div(
        [
            html.Img(id=f"{name}-picture", alt="", className="section-picture"),
            html.Div(
                className="section-grip",
                id=f"{name}-grip",
                title=_("Drag the needle's tip"),
                **{"aria-hidden": "true"},
            ),
        ],
        className="section-stage",
        id=f"{name}-stage",
    )


def _sliders() -> html.Div:
    """Return the sliders: the same values as the numbers of the needle's panel."""
    return html.Div(
        [
            html.Span(_("Depth"), className="section-label"),
            dmc.Slider(
                id="section-depth",
                value=START["depth_mm"],
                min=0,
                max=START["length_mm"],
                step=1,
                size="md",
                thumbSize=22,
                updatemode="drag",
                label=None,
                thumbLabel=_("Planned depth in millimetres, in the cross-section"),
            ),
            html.Span(id="section-depth-words", className="section-value"),
            html.Span(_("Tilt"), className="section-label"),
            dmc.Slider(
                id="section-tilt",
                value=START["tilt_deg"],
                min=0,
                max=MOST_TILT,
                step=1,
                size="md",
                thumbSize=22,
                updatemode="drag",
                label=None,
                thumbLabel=_("Tilt from perpendicular in degrees"),
            ),
            html.Span(id="section-tilt-words", className="section-value"),
        ],
        className="section-sliders",
    )


def _enlarged() -> Any:
    """Return the full-size overlay."""
    return dmc.Modal(
        [
            html.P(id="section-big-message", className="error", role="alert"),
            html.Div(_picture("section-big"), className="section-big-scroll"),
            html.Div(id="section-big-words", className="section-words"),
        ],
        id="section-big",
        opened=False,
        title=html.B(_("Cross-section")),
        size="min(1240px, 96vw)",
        centered=True,
        closeButtonProps={"aria-label": _("Close")},
    )
