"""Parts of the page round the map: layers, moves, the depth map's legend, stores."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import INK, LOOKS, svg_uri
from viewer.look.palette import palette
from viewer.map.depth.depth_layer import CLEAR_FROM_MM
from viewer.map.depth.depth_scale import COLOURS, LEVELS
from viewer.map.layers import layer_options, start_layers
from viewer.map.zones.zone_drawing import patterns
from zones.contract.models import Verdict


def map_stores() -> list[Any]:
    """Return what the page keeps about layers and moves."""
    return [
        dcc.Store(id="layers-asked"),
        dcc.Store(id="depth-asked"),
        dcc.Store(id="atlas"),
        dcc.Store(id="depth-field"),
        dcc.Store(id="goto"),
        dcc.Store(id="named"),
    ]


def layer_control() -> html.Details:
    """Return the choice of layers, which folds away."""
    return html.Details(
        [
            html.Summary(_("Layers")),
            dcc.Checklist(
                id="layers",
                value=start_layers(),
                className="layers",
                options=layer_options(),
            ),
        ],
        id="layer-fold",
        open=True,
    )


def pad() -> html.Div:
    """Return the buttons that move the needle in steps and take moves back."""

    def button(name: str, sign: str, label: str, key: str = "") -> html.Button:
        title = joined([label, " (", key, ")"], "") if key else label
        return html.Button(
            sign, id=name, title=title, disabled=True, **{"aria-label": label}
        )

    keys = _("arrow keys: 5 mm, with shift 1 mm, with Ctrl or Alt 10 mm")
    return html.Div(
        [
            button("undo", "↶", _("Undo the last move of the needle"), _("Ctrl+Z")),
            button("nudge-up", "▲", _("Move the needle up"), keys),
            button("redo", "↷", _("Redo"), _("Ctrl+Y")),
            button(
                "nudge-left", "◀", _("Move the needle to the left of the map"), keys
            ),
            html.Button(
                _("5 mm"),
                id="nudge-step",
                title=_("Length of a step: 1, 5 or 10 mm"),
                **{"aria-label": _("Length of a step")},
            ),
            button(
                "nudge-right", "▶", _("Move the needle to the right of the map"), keys
            ),
            html.Span(),
            button("nudge-down", "▼", _("Move the needle down"), keys),
            html.Span(),
        ],
        id="pad",
        role="group",
        className="without",
        **{"aria-label": _("Move the needle")},
    )


def ramp_svg() -> str:
    """Return the colours of the depth map with their edges in millimetres."""
    wide, high = 27.0, 12.0
    parts = []
    for number, colour in enumerate(COLOURS):
        parts.append(
            f'<rect x="{number * wide + 6:.0f}" y="0" width="{wide:.0f}" '
            f'height="{high:.0f}" fill="{colour}"/>'
        )
    edges = [0.0, *LEVELS]
    for number, edge in enumerate(edges):
        x = number * wide + 6
        parts.append(
            f'<path d="M{x:.0f} 0V{high + 3:.0f}" stroke="{INK}" stroke-width="1"/>'
            f'<text x="{x:.0f}" y="{high + 13:.0f}" font-size="10.5" '
            f'text-anchor="middle" font-family="sans-serif" fill="{INK}">{edge:g}'
            "</text>"
        )
    end = len(COLOURS) * wide + 6
    parts.append(
        f'<rect x="6" y="0.5" width="{end - 6:.0f}" height="{high - 1:.0f}" '
        f'fill="none" stroke="{INK}" stroke-width="0.7"/>'
        f'<text x="{end + 4:.0f}" y="{high + 13:.0f}" font-size="10.5" '
        f'text-anchor="end" font-family="sans-serif" fill="{INK}">mm</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {end + 6:.0f} 27" '
        f'width="{end + 6:.0f}" height="27">{"".join(parts)}</svg>'
    )


def _sample(verdict: Verdict | None) -> html.Img:
    """Return a small square of what the depth map draws; None for no limit."""
    if verdict is None:
        skin = palette().tissue["skin"].fill
        inside = (
            f'<rect x="1" y="1" width="16" height="16" fill="{skin}" '
            'fill-opacity="0.35"/>'
        )
        line = palette().tissue["air"].line
    else:
        look = LOOKS[verdict]
        line = look.line
        gap = 5.0 if verdict == Verdict.STOP else 2.2
        inside = (
            patterns(gap)
            + '<rect x="1" y="1" width="16" height="16" fill="#fff"/>'
            + f'<rect x="1" y="1" width="16" height="16" fill="url(#{look.shape})"/>'
        )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" width="18" '
        f'height="18">{inside}<rect x="1" y="1" width="16" height="16" fill="none" '
        f'stroke="{line}" stroke-width="1.6"/></svg>'
    )
    # as the depth map itself, which keeps its colours
    return html.Img(src=svg_uri(svg, night=False), width=16, height=16, alt="")


def depth_legend() -> html.Div:
    """Return the legend of the depth map; seen while that layer is on."""
    return html.Div(
        [
            html.Div(
                [
                    html.B(_("Depth limit")),
                    " ",
                    _("of a straight needle in this patient; dark is shallow."),
                    " ",
                    html.Span(id="depth-note"),
                    html.Span([" ", _("updating …")], className="depth-wait"),
                    html.Span(id="depth-problem", className="error", role="alert"),
                ]
            ),
            html.Div(
                [
                    html.Img(
                        src=svg_uri(ramp_svg()),
                        className="ramp",
                        alt=_(
                            "Bands of colour from dark, 0 mm, over {levels} mm "
                            "to pale, deeper",
                            levels=", ".join(f"{level:g}" for level in LEVELS),
                        ),
                    ),
                    html.Span(
                        [_sample(Verdict.STOP), " ", _("no needle")], className="key"
                    ),
                    html.Span(
                        [_sample(Verdict.NOT_ASSESSABLE), " ", _("not mapped")],
                        className="key",
                    ),
                    html.Span(
                        [
                            _sample(None),
                            " ",
                            _("past {depth:.0f} mm", depth=CLEAR_FROM_MM),
                        ],
                        className="key",
                    ),
                ],
                className="keys",
            ),
        ],
        id="depth-legend",
    )
