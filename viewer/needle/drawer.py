"""The drawer: lengths of needle that there are, each with its diameters.

A press sets the length; one that is shorter than the planned depth is marked as not
possible by the page's own script (``assets/technique.js``).
"""

from __future__ import annotations

from dash import html

from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.needle_sizes import needle_lengths


def drawer() -> html.Div:
    """Return the lengths of needle as buttons."""
    buttons = []
    for length, diameters in needle_lengths():
        thick = joined([f"{mm:.2f}" for mm in diameters], " · ") if diameters else "–"
        buttons.append(
            html.Button(
                [
                    html.B(_("{mm:g} mm", mm=length)),
                    html.Span(thick, className="needle-diameters"),
                ],
                type="button",
                className="needle-size",
                **{"data-length": f"{length:g}", "aria-pressed": "false"},
            )
        )
    return html.Div(
        [
            html.Div(
                _("Needle length, and the diameters sold (mm)"), className="drawer-name"
            ),
            html.Div(
                buttons,
                className="needle-sizes",
                role="group",
                **{"aria-label": _("Needles in the drawer")},
            ),
            html.Div(
                _("Struck out: shorter than the planned depth."),
                id="drawer-short",
                className="help shown",
                hidden=True,
            ),
        ],
        id="needle-drawer",
    )
