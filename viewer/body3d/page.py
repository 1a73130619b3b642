"""The 3D body's part of the page: the switch, the box, its controls and legend."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import message as _
from viewer.body3d.scene import START_SKIN
from viewer.body3d.structures import CLOSED
from viewer.body3d.traces import PALER
from viewer.look.look import svg_uri
from viewer.look.palette import palette, shade
from viewer.map.zones.legend import LANGUAGE, swatch, tissue_keys
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import load_tissues

#: Buttons of the standard views: name of the view, word, what it does.
VIEWS = (
    ("front", _("Front"), _("Seen from the front")),
    ("back", _("Back"), _("Seen from behind")),
    ("left", _("Left"), _("Seen from the patient's left")),
    ("right", _("Right"), _("Seen from the patient's right")),
    ("above", _("Above"), _("Seen from above")),
    ("site", _("Site"), _("Around the needle")),
    ("needle", _("Needle"), _("Close to the needle")),
)
CONFIG = {
    "displayModeBar": False,
    "doubleClick": False,
    "scrollZoom": True,
    "responsive": True,
    "showTips": False,
    "plotGlPixelRatio": 1,
}
START_LAYERS = ["skeleton"]
#: What the scene's surfaces are and are not.
ABOUT = _(
    "Structures begin where they lie in 1 in 40 people, placing error included: not "
    "the anatomy of this patient. They follow the shape of the skin above them. "
    "Vessels and nerves are drawn to where they end in as many people; how far into "
    "the body an organ goes is not measured: its far side is drawn closed for the eye, "
    "paler, and counts for no risk. Muscles are a scheme, thin where nobody measured "
    "them. The ring round the needle is the depth limit."
)


def stores() -> list[Any]:
    """Return what the 3D body remembers: whether it is shown, and what is drawn."""
    return [
        dcc.Store(id="body3d-on", data=False),
        dcc.Store(id="body3d-asked"),
        dcc.Store(id="body3d-click"),
        dcc.Store(id="body3d-drawn"),
        dcc.Store(id="body3d-night", data=False),
    ]


def mode_switch() -> html.Div:
    """Return the switch between the flat map and the 3D body."""
    return html.Div(
        dmc.SegmentedControl(
            id="map-mode",
            value="map",
            size="xs",
            data=[
                {"value": "map", "label": _("Map")},
                {"value": "3d", "label": _("3D body")},
            ],
        ),
        className="mode-switch",
        role="group",
        **{"aria-label": _("Flat map or 3D body")},
    )


def box() -> html.Div:
    """Return the box of the scene, which lies over the flat map while it is shown."""
    return html.Div(
        [
            html.Div(
                [_("3D body"), html.Span([" · ", _("drag to turn, click to place")])],
                id="body3d-title",
            ),
            html.Div(
                _mounted_late(
                    dcc.Graph(id="body3d", figure={}, config=CONFIG, className="graph")
                ),
                id="body3d-wrapper",
                role="img",
                **{"aria-label": _("3D body. No needle placed.")},
            ),
            html.Div(id="body3d-at-left", className="edge", **_unread()),
            html.Div(id="body3d-at-right", className="edge", **_unread()),
            html.Div(id="body3d-hover", **_unread()),
            html.Div(id="body3d-note"),
            html.Div(id="body3d-failed", role="alert"),
            dcc.Checklist(
                id="body3d-layers",
                value=START_LAYERS,
                className="layers",
                options=[
                    {"label": _("Skeleton"), "value": "skeleton"},
                    {"label": _("Muscles (schematic)"), "value": "muscles"},
                    {"label": _("All structures"), "value": "all"},
                ],
            ),
        ],
        id="body3d-box",
    )


def _mounted_late(graph: dcc.Graph) -> dmc.Tabs:
    """Return the graph in a panel that is not drawn before it is first opened.

    So neither the graph's code nor Plotly is loaded by who never opens the 3D body.
    """
    return dmc.Tabs(
        dmc.TabsPanel(graph, value="3d"),
        id="body3d-mount",
        value="map",
        keepMounted=False,
    )


def _unread() -> dict[str, str]:
    return {"aria-hidden": "true"}


def controls() -> html.Div:
    """Return the standard views and how the skin is drawn."""
    return html.Div(
        [
            html.Div(
                [
                    html.Button(
                        word,
                        id={"type": "body3d-view", "view": name},
                        title=title,
                        className="view-button",
                        **{"aria-label": title},
                    )
                    for name, word, title in VIEWS
                ],
                className="view-buttons",
                role="group",
                **{"aria-label": _("Standard views")},
            ),
            html.Div(
                [
                    html.Span(_("Skin"), id="body3d-skin-label"),
                    dmc.SegmentedControl(
                        id="body3d-skin",
                        value=START_SKIN,
                        size="xs",
                        data=[
                            {"value": "solid", "label": _("Solid")},
                            {"value": "glass", "label": _("Glass")},
                            {"value": "off", "label": _("Off")},
                        ],
                        **{"aria-label": _("Skin")},
                    ),
                ],
                className="skin-control",
            ),
        ],
        className="body3d-controls",
    )


def _pale_swatch() -> html.Img:
    """Return a small square: an organ, and below it the same paler."""
    fill, ground = palette().tissue["organ"].fill, shade("paper")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" '
        f'height="16"><rect width="16" height="16" fill="{ground}"/>'
        f'<rect x="1" y="1" width="14" height="5" fill="{fill}"/><rect x="1" y="6" '
        f'width="14" height="9" fill="{fill}" fill-opacity="{1.0 - PALER:g}"/></svg>'
    )
    return html.Img(src=svg_uri(svg), width=14, height=14, alt="")


def legend_3d() -> html.Div:
    """Return the legend of the scene, and what its surfaces are and are not."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span(
                        [swatch(Verdict.DANGER), " ", _("Danger may begin here")],
                        className="key",
                    ),
                    html.Span(
                        [swatch(Verdict.CAUTION), " ", _("Caution")], className="key"
                    ),
                    html.Span(
                        [
                            html.B("◆", style={"color": "var(--severity-danger)"}),
                            " ",
                            _("counts from"),
                        ],
                        className="key",
                    ),
                    html.Span(
                        [_pale_swatch(), " ", CLOSED], className="key closed-key"
                    ),
                    html.Details(
                        [
                            html.Summary(_("What is drawn")),
                            html.Div(
                                [
                                    html.Div(
                                        tissue_keys(load_tissues()), className="keys"
                                    ),
                                    html.P(LANGUAGE),
                                    html.P(ABOUT),
                                ],
                                className="legend-text",
                            ),
                        ],
                        className="legend-names",
                    ),
                ],
                className="keys",
            ),
        ],
        id="body3d-legend",
    )
