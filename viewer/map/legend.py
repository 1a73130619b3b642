"""The legend of a chart: patterns in words, names one click away."""

from __future__ import annotations

from typing import Any

from dash import html

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look import LOOKS, svg_uri
from zones.contract.models import Verdict

_SWATCH = {
    Verdict.STOP: '<path d="M0 0 18 18M18 0 0 18M-9 9 9 27M9-9 27 9M9 27 27 9M-9 9 9-9"'
    ' stroke="{line}" stroke-width="1.6"/>',
    Verdict.DANGER: '<path d="M-5 5 5-5M-5 14 14-5M-2 20 20-2M5 23 23 5M14 23 23 14" '
    'stroke="{line}" stroke-width="1.8"/>',
    Verdict.CAUTION: '<g fill="{line}"><circle cx="5" cy="5" r="1.5"/><circle cx="13" '
    'cy="5" r="1.5"/><circle cx="5" cy="13" r="1.5"/><circle cx="13" cy="13" '
    'r="1.5"/></g>',
    Verdict.NOT_ASSESSABLE: '<path d="M0 18 18 0M-9 9 9-9M9 27 27 9" stroke="{line}" '
    'stroke-width="1.4"/><text x="9" y="13.5" font-size="12" font-weight="700" '
    'text-anchor="middle" font-family="sans-serif" fill="#2c343b">?</text>',
}

_TINT = {
    Verdict.STOP: "#e9c9cd",
    Verdict.DANGER: "#f9ddcf",
    Verdict.CAUTION: "#fff0b3",
    Verdict.NOT_ASSESSABLE: "#d5dadf",
}

MEANS = {
    Verdict.STOP: _("do not needle"),
    Verdict.DANGER: _("grave or lasting harm"),
    Verdict.CAUTION: _("temporary harm, or depth unknown"),
    Verdict.NOT_ASSESSABLE: _("not mapped"),
}


def swatch(verdict: Verdict, *, known: bool = True) -> html.Img:
    """Return the map's pattern of a verdict as a small square."""
    look = LOOKS[verdict]
    inside = _SWATCH[verdict].format(line=look.line) if known else ""
    dash = "" if known else ' stroke-dasharray="4 2.5"'
    fill = _TINT[verdict] if known else "#ffffff"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" width="18" '
        f'height="18"><rect width="18" height="18" fill="{fill}"/>{inside}'
        f'<rect x="1" y="1" width="16" height="16" fill="none" stroke="{look.line}" '
        f'stroke-width="2"{dash}/></svg>'
    )
    return html.Img(src=svg_uri(svg), width=16, height=16, alt=look.pattern)


def legend(zones: tuple[Any, ...]) -> list[Any]:
    """Return the legend of a chart: patterns in words, names one click away.

    Parameters
    ----------
    zones : tuple of Shown
        Zones that the chart shows.
    """
    keys: list[Any] = []
    unasked = False
    names: list[Any] = []
    for verdict in (
        Verdict.STOP,
        Verdict.DANGER,
        Verdict.CAUTION,
        Verdict.NOT_ASSESSABLE,
    ):
        own = [z for z in zones if z.verdict == verdict]
        for known in (True, False):
            part = list(dict.fromkeys(z.label for z in own if z.known is known))
            if not part:
                continue
            means = MEANS[verdict] if known else _("may apply (not asked)")
            if known or not unasked:
                unasked = unasked or not known
                keys.append(
                    html.Span(
                        [swatch(verdict, known=known), " ", means], className="key"
                    )
                )
            names.append(
                html.Li(
                    [
                        swatch(verdict, known=known),
                        " ",
                        html.B([means, ": "]),
                        joined(part, "; "),
                    ]
                )
            )
    if not keys:
        return [html.Span(_("No zone in this view."), className="key")]
    return [
        html.Div(keys, className="keys"),
        html.Details(
            [html.Summary(_("Names")), html.Ul(names, tabIndex="0")],
            className="legend-names",
        ),
    ]
