"""The page: header, body map, verdict card, needle and patient."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.messages import message as _
from viewer.atlas.page import atlas_page
from viewer.body3d.page import box, controls, legend_3d, mode_switch, stores
from viewer.map.callbacks import OUT_OF_VIEW
from viewer.map.charts.chart_menu import LABELS, PARTS, entries, views
from viewer.map.charts.navigator import navigator, picker_buttons
from viewer.map.find import muscle_picker
from viewer.map.find.search_box import search_field
from viewer.map.parts import depth_legend, layer_control, map_stores, pad
from viewer.page import languages
from viewer.page.pages import PageEntry, navigation, shown_pages
from viewer.panels.card.card import empty_head, guide, summary
from viewer.panels.needle.panel import needle_panel
from viewer.panels.patient import examples, painting
from viewer.panels.patient.panel import patient_panel
from viewer.record.page.page import overlays, session_bar, session_page
from viewer.section.panel import section_panel
from viewer.state.page_state import Outcome
from viewer.state.plain import plain
from zones.sentences.words import load_words

START_BODY, START_CHART = "female", "posterior"
THEME = {
    "primaryColor": "blue",
    "fontFamily": "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif",
    "defaultRadius": "sm",
}
NOT_DESCRIBED = _("not described yet")
MAP_LABEL = _(
    "Body map. Click to place the needle; with the keyboard name the site below, then "
    "move it with the arrow keys (5 mm; 1 mm with shift, 10 mm with control or alt). "
    "Plus and minus zoom, 0 shows all; control and Z undoes a move."
)
NO_SITE = _(
    "No needle placed. The disc around the needle shows the placing error of the hand."
)


def page(drawn: dict[str, Any], legend: str, key: str, *, log_out: bool = False) -> Any:
    """Return the whole page.

    Parameters
    ----------
    drawn : dict
        What is drawn on the first chart, from `viewer.map.callbacks.drawn`.
    legend, key : str
        Its legend and its key.
    log_out : bool
        Whether there is a way out.
    """
    pages = [
        PageEntry("/", _("Check a site"), _check_page(legend)),
        PageEntry("/session", _("Session record"), session_page()),
        PageEntry("/atlas", _("Atlas"), atlas_page()),
    ]
    return dmc.MantineProvider(
        html.Div(
            [
                dcc.Store(
                    id="view-store", data={"body": START_BODY, "chart": START_CHART}
                ),
                dcc.Store(id="site-store"),
                dcc.Store(id="patient-store", data={}),
                dcc.Store(id="answers"),
                dcc.Store(id="answers-heard", data=0),
                dcc.Store(id="fact-rows"),
                dcc.Store(id="fact-errors"),
                dcc.Store(id="row-answer"),
                dcc.Store(id="map-zones", data=drawn),
                dcc.Store(id="zones-store", data=key),
                dcc.Store(id="problem-store"),
                dcc.Store(id="asked-store"),
                # for this tab, over a reload, as the patient is
                dcc.Store(id="stated-store", storage_type="session"),
                dcc.Store(id="nudge"),
                dcc.Store(id="tap"),
                dcc.Store(id="heard"),
                dcc.Store(id="labels"),
                html.Div(id="shown", hidden=True),
                *stores(),
                *map_stores(),
                dcc.Location(id="address", refresh=False),
                dcc.Store(id="routed"),
                examples.store(),
                *painting.stores(),
                *_for_the_keyboard(),
                _header(pages, log_out=log_out),
                *languages.lines(),
                examples.banner(),
                html.Div(id="link-banner", role="status"),
                # what a health record filled in: assets/record/record.js
                html.Div(id="launch-note", role="status", hidden=True),
                _patient_sheet(),
                *shown_pages(pages),
                *overlays(),
                muscle_picker.drawer(),
            ],
            className="page",
        ),
        theme=THEME,
        defaultColorScheme="auto",
    )


def _check_page(legend: str) -> html.Main:
    """Return the page of one check: the place on the left, the answer beside it."""
    return html.Main([_map_column(legend), _answer()])


def out_of_order(reason: str) -> dmc.MantineProvider:
    """Return the page that says why there is none."""
    return dmc.MantineProvider(
        html.Main(
            html.Section(
                [
                    *summary(Outcome(message=reason, field="data"), {}),
                    html.P(load_words().disclaimer, className="disclaimer"),
                ],
                className="panel",
                id="out-of-order",
                role="alert",
            )
        ),
        theme=THEME,
        defaultColorScheme="auto",
    )


def _for_the_keyboard() -> list[Any]:
    """Return the skip links, and where a screen reader hears the verdict."""
    return [
        html.A(_("Skip to the site search"), href="#site-text", className="skip"),
        html.A(_("Skip to the verdict"), href="#verdict", className="skip"),
        html.Div(id="say-now", className="unseen", role="alert"),
        html.Div(id="say-later", className="unseen", role="status"),
    ]


def _answer() -> html.Div:
    """Return the answer, how the needle goes in, and why; on a phone it is a sheet."""
    return html.Div(
        [
            html.Button(
                id="sheet-handle",
                **{
                    "aria-label": _("Show more or less of the answer"),
                    "aria-expanded": "false",
                    "aria-controls": "card",
                },
            ),
            html.Div(
                [
                    html.Section(
                        id="verdict",
                        className="panel",
                        tabIndex="-1",
                        **{
                            "aria-label": _("Verdict"),
                            "data-plain": plain(empty_head()),
                        },
                    ),
                    html.Div(id="needle-note", role="status", hidden=True),
                ],
                id="answer-top",
            ),
            html.Div(
                [
                    html.Section(
                        id="technique-row",
                        className="panel",
                        **{"aria-label": _("Technique")},
                    ),
                    session_bar(),
                    section_panel(),
                    needle_panel(),
                    html.Section(
                        [
                            html.Div(id="card-questions"),
                            html.Div(id="card-instead"),
                            html.Details(
                                [
                                    html.Summary(_("Why")),
                                    html.Div(
                                        id="card-reasons",
                                        **{"data-plain": plain(guide())},
                                    ),
                                ],
                                id="card-why",
                            ),
                        ],
                        id="card-details",
                        className="panel",
                        **{"aria-label": _("Reasons and questions")},
                    ),
                ],
                id="card-rest",
                role="group",
                **{"aria-label": _("Cross-section, needle, questions and reasons")},
            ),
        ],
        id="card",
        className="side",
        tabIndex="0",  # scrolled with the keyboard
        role="group",
        **{"aria-label": _("Answer")},
    )


def _patient_sheet() -> html.Aside:
    """Return the patient's questions, beside every page; the chip opens them."""
    return html.Aside(
        [
            html.Button(
                "✕",
                id="patient-close",
                title=_("Close"),
                **{"aria-label": _("Close the patient's questions")},
            ),
            patient_panel(),
        ],
        id="patient-sheet",
        hidden=True,
        **{"aria-label": _("Patient")},
    )


def _patient_chip() -> html.Button:
    """Return who the answers are for, in the head of every page."""
    return html.Button(
        [
            html.Span(_("Patient"), className="chip-name"),
            # the code of the patient of the open session: assets/record/record.js
            html.Span(id="patient-code", hidden=True),
            html.Span(NOT_DESCRIBED, id="patient-words"),
        ],
        id="patient-chip",
        **{"aria-expanded": "false", "aria-controls": "patient-sheet"},
    )


def _header(pages: list[PageEntry], *, log_out: bool = False) -> html.Header:
    """Return the header: name, pages, purpose, what it is not, and the way out."""
    out = html.Form(
        html.Button(_("Log out"), type="submit"),
        action="/logout",
        method="POST",
        className="log-out",
    )
    return html.Header(
        [
            html.H1("needlemap"),
            *([navigation(pages, apart=(("/learn", _("Learn")),))] if pages else []),
            _patient_chip(),
            html.Span(
                [
                    html.Span(
                        _("Decision support and teaching ·"), className="purpose"
                    ),
                    " ",
                    _("not a medical device"),
                ],
                className="not-device",
            ),
            languages.menu(),
            *([out] if log_out else ()),
        ]
    )


def _map_column(legend: str) -> html.Section:
    """Return the chart picker, the map and the site below it."""
    return html.Section(
        [
            _picker(),
            navigator(START_BODY),
            painting.bar(),
            html.Div(
                [
                    html.Div(id="map-title"),
                    mode_switch(),
                    html.Div(id="map", className="chart", **{"data-label": MAP_LABEL}),
                    box(),  # after the map: it is drawn first
                    _tools(),
                    html.Div(
                        [
                            html.Button(
                                ["‹ ", _("Whole body")],
                                id="zoom-back",
                                **{"aria-label": _("Back to the whole body")},
                            ),
                            html.Span(
                                _("Zoomed in: tap again to place the needle."),
                                id="tap-hint",
                                role="status",
                                hidden=True,
                            ),
                        ],
                        id="zoom-way",
                        hidden=True,
                    ),
                    html.Div(id="offer", role="group"),
                    html.Div(id="map-message", role="alert"),
                    html.Div(OUT_OF_VIEW, id="map-hidden", role="status", hidden=True),
                    html.Div(id="under", **{"aria-hidden": "true"}),
                ],
                className="map-box",
            ),
            html.Div(id="legend", **{"data-plain": legend}),
            legend_3d(),
            depth_legend(),
            _site(),
        ],
        id="map-column",
        className="map-column",
        **{"aria-label": _("Body map")},
    )


def _tools() -> html.Div:
    """Return what is done with the map, in one bar at its edge."""
    return html.Div(
        [
            html.Div(
                [
                    _zoom("zoom-in", "+", _("Zoom in")),
                    _zoom("zoom-out", "−", _("Zoom out")),
                    _zoom("zoom-reset", "⤢", _("Show the whole chart")),
                ],
                className="zoom",
            ),
            pad(),
            layer_control(),
        ],
        id="map-tools",
        role="group",
        **{"aria-label": _("Map tools")},
    )


def _zoom(name: str, sign: str, label: str) -> html.Button:
    return html.Button(sign, id=name, title=label, **{"aria-label": label})


def _picker() -> html.Div:
    """Return the chart picker: part, then view, side and body."""
    start = entries()[START_CHART]
    return html.Div(
        [
            html.Div(
                [
                    *picker_buttons(),
                    dmc.Select(
                        id="part",
                        value=start.part,
                        size="xs",
                        data=[
                            {"value": name, "label": LABELS.get(name, name)}
                            for name, _ in PARTS
                        ],
                        allowDeselect=False,
                        maxDropdownHeight=420,
                        className="part-choice",
                        **{"aria-label": _("Part of the body")},
                    ),
                    html.Span(className="spacer"),
                    dmc.SegmentedControl(
                        id="body",
                        value=START_BODY,
                        size="xs",
                        data=[
                            {"value": "female", "label": _("Female")},
                            {"value": "male", "label": _("Male")},
                        ],
                        **{"aria-label": _("Reference body")},
                    ),
                ],
                className="picker-row",
            ),
            controls(),
            html.Div(
                [
                    dmc.SegmentedControl(
                        id="view",
                        value=start.view,
                        size="xs",
                        data=views(start.part),
                        **{"aria-label": _("View")},
                    ),
                    html.Div(
                        dmc.SegmentedControl(
                            id="side",
                            value="left",
                            size="xs",
                            data=[
                                {"value": "right", "label": _("RIGHT")},
                                {"value": "left", "label": _("LEFT")},
                            ],
                            **{"aria-label": _("The patient's side")},
                        ),
                        id="side-box",
                        style={"display": "none"},
                        title=_("The patient's side"),
                    ),
                ],
                className="picker-row",
            ),
        ],
        className="picker",
    )


def _site() -> html.Div:
    """Return the site in words and the field to name one."""
    return html.Div(
        [
            *search_field(),
            html.Div(
                id="site-words",
                **{"aria-live": "polite", "data-plain": plain(NO_SITE)},
            ),
        ],
        className="site-box",
    )
