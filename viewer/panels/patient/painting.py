"""Marking places on the body: infected or broken skin, a scar, a swollen arm.

A kind is chosen, then every tap on the map marks a place of that kind: a disc of skin
for what lies in the skin, a part of the body for what takes in a part. Marks are kept
as answers of the patient, so that panel, map and check see the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import changed
from anatomy.messages import message as _
from anatomy.places.describe import describe
from viewer.map.charts.frames import tapped_place
from viewer.panels.patient import callbacks
from viewer.state import page_state
from viewer.state.terms import side_place
from zones.knowledge.facts import Fact, load_facts
from zones.patients.fact_forms import LARGEST_AREA_MM

Data = dict[str, Any]

#: Radius of a mark when nothing else was chosen, its steps and its least, mm.
RADIUS_MM, STEP_MM, LEAST_MM = 20.0, 5.0, 5.0


def kinds() -> list[Fact]:
    """Return the facts that can be marked on the body, discs of skin first.

    Examples
    --------
    >>> [fact.name for fact in kinds()][:2]
    ['local_skin_infection', 'skin_damaged']
    """
    facts = load_facts().facts
    return [f for t in ("areas", "regions") for f in facts if f.type == t]


def stores() -> list[Any]:
    """Return what the mode is kept in: the kind marked now, and the marks made."""
    return [
        dcc.Store(id="paint-store", data={"fact": None, "radius": RADIUS_MM}),
        dcc.Store(id="paint-log", data=[]),
        dcc.Store(id="paint-key"),
        dcc.Store(id="paint-tap"),
        dcc.Store(id="paint-heard", data=0),
    ]


def block() -> html.Details:
    """Return the part of the patient's panel from which marking starts."""
    groups = [
        {
            "group": title,
            "items": [
                {"value": f.name, "label": changed(f.label, "capital")}
                for f in kinds()
                if f.type == kind
            ],
        }
        for title, kind in ((_("Skin"), "areas"), (_("Part of the body"), "regions"))
    ]
    return html.Details(
        [
            html.Summary(
                [
                    _("Mark areas on the body"),
                    html.Span(id="paint-count", className="count"),
                ]
            ),
            html.Div(
                [
                    dmc.Select(
                        id="paint-kind",
                        data=groups,
                        value=kinds()[0].name,
                        size="sm",
                        allowDeselect=False,
                        searchable=True,
                        **{"aria-label": _("What is marked")},
                    ),
                    dmc.NumberInput(
                        id="paint-radius",
                        value=RADIUS_MM,
                        suffix=_(" mm round"),
                        min=LEAST_MM,
                        max=LARGEST_AREA_MM,
                        step=STEP_MM,
                        size="sm",
                        clampBehavior="strict",
                        inputProps={"aria-label": _("Radius of a marked area, mm")},
                    ),
                ],
                className="paint-row",
            ),
            html.Div(
                [
                    html.Button(
                        _("Mark on the map"), id="paint-start", className="primary"
                    ),
                    html.Button(
                        _("Mark at the needle"), id="paint-here", className="quiet"
                    ),
                ],
                className="button-row",
            ),
            html.Div(id="paint-message", className="error", role="alert"),
            html.Ul(id="paint-list", className="paint-list"),
        ],
        id="paint-block",
        className="paint-block",
    )


def bar() -> html.Div:
    """Return the bar over the map that is seen while marking."""
    return html.Div(
        [
            html.Span(id="paint-words", role="status"),
            html.Button("−", id="paint-less", title=_("Smaller radius")),
            html.Span(id="paint-size"),
            html.Button("+", id="paint-more", title=_("Larger radius")),
            html.Button(_("Undo"), id="paint-undo"),
            html.Button(_("Done (Esc)"), id="paint-done"),
        ],
        id="paint-bar",
        hidden=True,
        role="group",
        **{"aria-label": _("Marking areas on the body")},
    )


# ------------------------------------------------------------------- marks


def marked(
    patient: Mapping[str, Any], name: str, site: Mapping[str, Any], radius_mm: float
) -> Data:
    """Return the patient with one more place marked.

    Parameters
    ----------
    patient : mapping
        Facts so far.
    name : str
        The fact that is marked.
    site : mapping
        A placed site, from `viewer.state.page_state.place`.
    radius_mm : float
        Radius of a disc of skin; a part of the body has none.

    Examples
    --------
    >>> spot = page_state.place("female", {"muscle": "biceps brachii", "side": "left"})
    >>> marked({}, "lymphoedema", spot, 20)["lymphoedema"]
    ['left upper arm']
    """
    old = patient.get(name)
    items = list(old) if isinstance(old, list) else []
    if load_facts()[name].type == "regions":
        item: Any = _part(site)
        if item in items:
            return dict(patient)
    else:
        item = {"site": page_state.anywhere(site), "radius_mm": float(radius_mm)}
    return {**patient, name: [*items, item]}


def _part(site: Mapping[str, Any]) -> str:
    """Return the part of the body at a place, its side in front."""
    body = load_body(site["body"])
    region = str(body.region_at(body.skin.nearest(np.array(site["xyz"]))))
    return region if site["side"] == "midline" else f"{site['side']} {region}"


def without(patient: Mapping[str, Any], name: str, number: int) -> Data:
    """Return the patient without one mark; without the last, the fact is not asked.

    Nothing marked is not the same as nothing there.

    Examples
    --------
    >>> without({"lymphoedema": ["left hand"]}, "lymphoedema", 0)
    {}
    """
    items = patient.get(name)
    if not isinstance(items, list) or not 0 <= number < len(items):
        return dict(patient)
    left = [item for at, item in enumerate(items) if at != number]
    rest = {k: v for k, v in patient.items() if k != name}
    return {**rest, name: left} if left else rest


def resized(patient: Mapping[str, Any], name: str, number: int, by_mm: float) -> Data:
    """Return the patient with one mark's radius changed, within what is allowed."""
    items = patient.get(name)
    if not isinstance(items, list) or not 0 <= number < len(items):
        return dict(patient)
    item = items[number]
    if not isinstance(item, Mapping) or "radius_mm" not in item:
        return dict(patient)
    new = {**item, "radius_mm": bounded(item["radius_mm"] + by_mm)}
    return {**patient, name: [*items[:number], new, *items[number + 1 :]]}


def bounded(radius: Any) -> float:
    """Return a radius within what is allowed, mm.

    Examples
    --------
    >>> bounded(2), bounded(""), bounded(9000)
    (5.0, 20.0, 500.0)
    """
    if isinstance(radius, bool) or not isinstance(radius, (int, float)):
        return RADIUS_MM
    return float(min(max(radius, LEAST_MM), LARGEST_AREA_MM))


def marks(patient: Mapping[str, Any]) -> list[tuple[Fact, int, Any]]:
    """Return all marks of a patient: fact, number within it, and the mark."""
    found: list[tuple[Fact, int, Any]] = []
    for fact in kinds():
        value = patient.get(fact.name)
        if isinstance(value, list):
            found += [(fact, number, item) for number, item in enumerate(value)]
    return found


# ------------------------------------------------------------------- page


def rows(patient: Mapping[str, Any], body: str) -> list[Any]:
    """Return the list of marks, each with what can be done with it."""
    found = []
    for fact, number, item in marks(patient):
        where, size = _words(item, body)
        buttons = [_button("remove", _("Remove"), fact.name, number)]
        if size:
            buttons = [
                _button(
                    "less", "−", fact.name, number, _("Smaller: {where}", where=where)
                ),
                _button(
                    "more", "+", fact.name, number, _("Larger: {where}", where=where)
                ),
                *buttons,
            ]
        found.append(
            html.Li(
                [
                    html.Span(
                        [html.B(fact.label), ": ", where, size], className="mark-words"
                    ),
                    html.Span(buttons, className="mark-buttons"),
                ]
            )
        )
    return found


def _button(
    do: str, label: str, name: str, number: int, title: str | None = None
) -> html.Button:
    named = {"aria-label": title} if title else {}
    return html.Button(
        label,
        id={"type": "area", "do": do, "name": name, "n": number},
        className="quiet",
        **named,
    )


def _words(item: Any, body: str) -> tuple[str, str]:
    """Return where a mark lies and how large it is, in words."""
    if not isinstance(item, Mapping):
        return side_place(str(item)), ""
    size = _(", {radius:g} mm round", radius=float(item.get("radius_mm", RADIUS_MM)))
    try:
        placed = page_state.place(body, item["site"])
    except NeedlemapError:
        return _("not on this body"), size
    there = load_body(body)
    text = describe(there, there.skin.nearest(np.array(placed["xyz"]))).text
    return text, size


def register(app: Dash) -> None:
    """Add the marking's callbacks to an application."""

    @app.callback(
        Output("paint-store", "data"),
        Output("paint-kind", "value"),
        Output("paint-radius", "value"),
        Input("paint-start", "n_clicks"),
        Input({"type": "paint", "name": ALL}, "n_clicks"),
        Input("paint-done", "n_clicks"),
        Input("paint-key", "data"),
        Input("paint-less", "n_clicks"),
        Input("paint-more", "n_clicks"),
        Input("paint-kind", "value"),
        Input("paint-radius", "value"),
        State("paint-store", "data"),
    )
    def mode(
        start: Any,
        here: list[Any],
        done: Any,
        key: Any,
        less: Any,
        more: Any,
        kind: str,
        radius: Any,
        now: Data,
    ) -> tuple[Any, Any, Any]:
        at = ctx.triggered_id
        new = dict(now)
        new["radius"] = bounded(radius)
        if isinstance(at, dict):
            if not any(here):
                raise PreventUpdate
            new["fact"] = kind = at["name"]
        elif at == "paint-start" and start:
            new["fact"] = kind
        elif at in ("paint-done", "paint-key") and (done or key):
            new["fact"] = None
        elif at in ("paint-less", "paint-more") and (less or more):
            by = -STEP_MM if at == "paint-less" else STEP_MM
            new["radius"] = bounded(now["radius"] + by)
        elif at == "paint-kind" and now["fact"]:
            new["fact"] = kind
        if new == now:
            raise PreventUpdate
        size = new["radius"] if new["radius"] != radius else no_update
        return new, kind, size

    @app.callback(
        Output("paint-bar", "hidden"),
        Output("paint-words", "children"),
        Output("paint-size", "children"),
        Output("paint-less", "hidden"),
        Output("paint-more", "hidden"),
        Input("paint-store", "data"),
    )
    def show(paint: Data) -> tuple[bool, Any, str, bool, bool]:
        name = paint["fact"]
        if not name:
            return True, "", "", True, True
        fact = load_facts()[name]
        disc = fact.type == "areas"
        words = [
            html.B(_("Marking: {fact}.", fact=fact.label)),
            " ",
            _("Tap the body; the needle stays in place."),
        ]
        size = (
            _("{radius:g} mm", radius=paint["radius"])
            if disc
            else _("the part of the body tapped")
        )
        return False, words, size, not disc, not disc

    @app.callback(
        Output("patient-store", "data", allow_duplicate=True),
        Output("paint-log", "data"),
        Output("paint-message", "children"),
        Output("map-message", "children", allow_duplicate=True),
        Output("paint-heard", "data"),
        Input("paint-tap", "data"),
        Input("paint-here", "n_clicks"),
        State("paint-heard", "data"),
        State("paint-store", "data"),
        State("paint-kind", "value"),
        State("site-store", "data"),
        State("view-store", "data"),
        State("patient-store", "data"),
        State("paint-log", "data"),
        State("open-store", "data"),
    )
    def mark(
        taps: list[Data] | None,
        _here: int | None,
        heard: int,
        paint: Data,
        kind: str,
        site: Data | None,
        now: Data,
        patient: Data,
        log: list[str],
        shown: Data | None,
    ) -> tuple[Any, ...]:
        fresh = [tap for tap in taps or [] if tap["at"] > heard]
        name, sites, message = paint["fact"], [], ""
        if ctx.triggered_id == "paint-here":
            if site is None:
                return (
                    no_update,
                    no_update,
                    _("Place the needle first."),
                    *[no_update] * 2,
                )
            name, sites = name or kind, [site]
        elif not name or not fresh:
            raise PreventUpdate
        else:
            sites, message = _tapped(fresh, now)
            heard = fresh[-1]["at"]
        new, added = patient, list(log)
        for place in sites:
            more = marked(new, name, place, paint["radius"])
            added += [name] if more != new else []
            new = more
        if new == patient:
            told = _("That part is already marked.") if sites else ""
            return no_update, no_update, told, message or no_update, heard
        callbacks.show_answers(load_facts(), patient, new, shown)
        return callbacks.changes(patient, new), added, "", message, heard

    @app.callback(
        Output("patient-store", "data", allow_duplicate=True),
        Output("paint-log", "data", allow_duplicate=True),
        Input({"type": "area", "do": ALL, "name": ALL, "n": ALL}, "n_clicks"),
        Input("paint-undo", "n_clicks"),
        State("patient-store", "data"),
        State("paint-log", "data"),
        State("open-store", "data"),
    )
    def change(
        clicks: list[Any], undo: Any, patient: Data, log: list[str], shown: Data | None
    ) -> tuple[Any, Any]:
        at = ctx.triggered_id
        new = dict(patient)
        if at == "paint-undo" and undo:
            while log:
                *log, name = log
                items = patient.get(name)
                if isinstance(items, list) and items:
                    new = without(patient, name, len(items) - 1)
                    break
        elif isinstance(at, dict) and any(clicks):
            name, number = at["name"], int(at["n"])
            if at["do"] == "remove":
                new = without(patient, name, number)
            else:
                by = STEP_MM if at["do"] == "more" else -STEP_MM
                new = resized(patient, name, number, by)
        if new == patient:
            raise PreventUpdate
        callbacks.show_answers(load_facts(), patient, new, shown)
        return callbacks.changes(patient, new), log


def _tapped(taps: list[Data], now: Data) -> tuple[list[Data], str]:
    """Return the places of taps on the map, and what to say of those beside it."""
    sites, message = [], ""
    for tap in taps:
        at = tapped_place(tap, now)
        if at is None:
            continue
        request = page_state.clicked_request(now["body"], now["chart"], *at)
        try:
            sites.append(page_state.place(now["body"], request))
        except NeedlemapError:
            message = _("That is beside the body: not marked.")
    return sites, message
