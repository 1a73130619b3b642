"""The drawer: lengths of needle that there are, and the diameters of the chosen one.

A press sets the length, another the diameter. The page's own script
(``assets/technique/technique.js``) shows the diameters, and marks a length that is
shorter than the planned depth as not possible.
"""

from __future__ import annotations

import json

from dash import html

from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.needle_sizes import needle_lengths


def drawer() -> html.Div:
    """Return the lengths of needle as buttons."""
    buttons = []
    for length, diameters in needle_lengths():
        thick = (
            joined([_("{mm:.2f}", mm=mm) for mm in diameters], " · ")
            if diameters
            else "–"
        )
        buttons.append(
            html.Button(
                [
                    html.B(_("{mm:g} mm", mm=length)),
                    html.Span(thick, className="needle-diameters"),
                ],
                type="button",
                className="needle-size",
                **{
                    "data-length": f"{length:g}",
                    "data-diameters": json.dumps(diameters),
                    "aria-pressed": "false",
                },
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
                id="needle-thick",
                className="needle-thick",
                role="group",
                **{"aria-label": _("Diameter of the needle")},
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
