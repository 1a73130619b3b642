"""Browsing muscles and acupoints: where, with what needle, how, and how dangerous.

What is shown is the catalogue's, each part with what it rests on; the dangers are what
the check answers to the usual needle pushed home. Nothing is judged here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from anatomy.errors import NeedlemapError
from anatomy.messages import changed, joined
from anatomy.messages import message as _
from anatomy.muscles.catalogue import (
    Acupoint,
    Muscle,
    MuscleSite,
    get_muscle,
    get_point,
    muscle_names,
    point_names,
)
from anatomy.muscles.technique_labels import technique_tags
from anatomy.muscles.technique_words import plan_words, site_techniques
from anatomy.muscles.usual_plan import usual_plan
from anatomy.store import cached
from anatomy.words.search import matching
from viewer.look.look import LOOKS, icon
from viewer.state.page_state import message_of
from viewer.state.technique_fields import usual_needle
from viewer.state.terms import SIDES as SIDE_WORDS
from viewer.state.terms import term
from zones.check.site import check_site
from zones.contract.models import Assessment, Verdict
from zones.knowledge.records.cited import cited
from zones.knowledge.records.sources import load_sources
from zones.sentences.citations import read_words, short_name
from zones.sentences.limits import limit_of

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

#: What a part of an entry rests on, in words.
BASIS = {
    "source": _("from a source"),
    "derived": _("a source's words, put on the body by us"),
    "partial": _("a source in part, the rest teaching habit"),
    "memory": _("teaching habit, not evidence"),
}
SIDES = ("left", "right")
PLAN_SET = _(
    "The needle is then set to the usual plan; what that does not give is asked for. "
    "Other techniques on record can be chosen beside the verdict."
)
PLAN_NONE = _(
    "No usual plan is on record here: the needle stays as it is, to be checked."
)
#: Dangers named for one technique.
MOST_DANGERS = 4


def drawer() -> dmc.Drawer:
    """Return the drawer, closed."""
    return dmc.Drawer(
        [
            dmc.SegmentedControl(
                id="picker-kind",
                value="muscle",
                fullWidth=True,
                size="sm",
                data=[
                    {"value": "muscle", "label": _("Muscles")},
                    {"value": "point", "label": _("Acupoints")},
                ],
                **{"aria-label": _("What to browse")},
            ),
            dcc.Input(
                id="picker-filter",
                value="",
                type="text",
                placeholder=_("Filter by name"),
                className="picker-filter site-text",
                autoComplete="off",
                debounce=False,
            ),
            html.Div(
                [
                    html.Div(id="picker-list", className="picker-list"),
                    html.Div(
                        html.P(_("Choose a name."), className="help shown"),
                        id="picker-detail",
                        className="picker-detail",
                        tabIndex="-1",
                    ),
                ],
                className="picker-body",
            ),
            dcc.Store(id="picker-chosen"),
        ],
        id="picker",
        title=_("Muscles and acupoints"),
        opened=False,
        position="left",
        size="min(860px, 100vw)",
        closeButtonProps={"aria-label": _("Close")},
        transitionProps={"duration": 120},
    )


def names(kind: str, query: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the names that fit a filter under their headings: (name, label).

    Examples
    --------
    >>> names("muscle", "tib ant")
    [('leg', [('tibialis anterior', 'tibialis anterior')])]
    """
    if kind == "muscle":
        spelt = {_spelling(n): n for n in muscle_names()}
        fit = {spelt[s] for s in matching(query, spelt)}
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in muscle_names():
            if name in fit:
                groups.setdefault(get_muscle(name).region, []).append((name, name))
        return list(groups.items())
    spelt = {_point_label(c): c for c in point_names()}
    fit = {spelt[s] for s in matching(query, spelt)}
    groups = {}
    for label, code in spelt.items():
        if code in fit:
            groups.setdefault(_channel(code), []).append((code, label))
    return list(groups.items())


@cached(maxsize=512)
def _spelling(name: str) -> str:
    return " ".join([name, *get_muscle(name).aliases])


@cached(maxsize=512)
def _point_label(code: str) -> str:
    return f"{code} {get_point(code).name}".strip()


def _channel(code: str) -> str:
    return code.rstrip("0123456789")


def name_list(kind: str, query: str) -> list[Any]:
    """Return the names as buttons under their headings."""
    found: list[Any] = []
    for heading, rows in names(kind, query):
        found.append(html.H3(changed(term(heading), "capital")))
        found.append(
            html.Ul(
                [
                    html.Li(
                        html.Button(
                            term(label),
                            id={"type": "picker-name", "kind": kind, "name": name},
                            className="picker-name",
                        )
                    )
                    for name, label in rows
                ]
            )
        )
    return found or [html.P(_("No name matches."), className="help shown")]


def detail(
    kind: str, name: str, patient: Mapping[str, Any], *, electrical: bool | None = None
) -> list[Any]:
    """Return everything held about a muscle or an acupoint.

    Parameters
    ----------
    kind : {"muscle", "point"}
        Which catalogue.
    name : str
        Its name or code.
    patient : mapping
        Facts so far: the dangers are those for this patient.
    electrical : bool, optional
        Whether current goes through the needle.
    """
    if kind == "point":
        return _point(get_point(name), patient)
    return _muscle(get_muscle(name), patient, electrical)


def _muscle(
    muscle: Muscle, patient: Mapping[str, Any], electrical: bool | None
) -> list[Any]:
    other = joined(muscle.aliases, ", ")
    found: list[Any] = [html.H3(term(muscle.name), className="picker-title")]
    if other:
        found.append(html.P(_("Also: {other}.", other=other), className="help shown"))
    if muscle.danger_structures:
        near = joined(map(term, muscle.danger_structures), ", ")
        found.append(html.P([html.B(_("Near it by the literature:")), " ", near, "."]))
    found += [
        _site(muscle, spot, patient, electrical, unfolded=number == 0)
        for number, spot in enumerate(muscle.site)
    ]
    return found


def _site(
    muscle: Muscle,
    spot: MuscleSite,
    patient: Mapping[str, Any],
    electrical: bool | None,
    *,
    unfolded: bool,
) -> html.Details:
    tags = technique_tags(spot.technique)
    rows: list[tuple[str, Any, str]] = [
        (_("Place"), term(spot.label), BASIS[spot.basis]),
        (
            _("Search area"),
            _("{spread_mm:g} mm around the centre", spread_mm=spot.spread_mm),
            "",
        ),
    ]
    if spot.needle_length_mm:
        low, high = spot.needle_length_mm
        size = (
            _("{low:g} mm", low=low)
            if low == high
            else _("{low:g} to {high:g} mm", low=low, high=high)
        )
        rows.append((_("Usual needle"), size, BASIS[spot.length_basis or "memory"]))
    else:
        rows.append((_("Usual needle"), _("none on record"), ""))
    words = _("read off the words below")
    rows.append(
        (
            _("Grip"),
            joined(map(term, tags.grip), ", ") or _("not said"),
            words if tags.grip else "",
        )
    )
    rows.append(
        (
            _("Direction"),
            joined(map(term, tags.direction), ", ") or _("not said"),
            words if tags.direction else "",
        )
    )
    if spot.technique:
        rows.append((_("Technique"), term(spot.technique), ""))
    if spot.precautions:
        rows.append((_("Mind"), term(spot.precautions), ""))
    if spot.applies_to:
        rows.append((_("Holds for"), term(spot.applies_to), ""))
    rows.append((_("Source"), _sources(spot.sources), read_words(spot.read)))
    request = {"muscle": muscle.name, "site": spot.label}
    warned = [
        html.P(["⚠ ", term(text)], className="picker-warning") for text in tags.warning
    ]
    return html.Details(
        [
            html.Summary(term(spot.label)),
            *warned,
            _table(rows),
            *techniques(muscle.name, spot.label),
            *dangers(request, spot.needle_length_mm, patient, electrical),
            _place_buttons(request),
        ],
        open=unfolded,
        className="picker-site",
    )


def techniques(muscle: str, site: str) -> list[Any]:
    """Return the techniques for a muscle's site, published or taught, each folded.

    Parameters
    ----------
    muscle, site : str
        Names in the catalogue.

    Returns
    -------
    list of component
        First the plan by which the site is usually checked and what of it is not known;
        then each technique, with what every part of it rests on.
    """
    found = site_techniques(muscle, site, cited)
    if not found:
        return [html.P(_("No technique is on record for this site."), className="help")]
    plan = usual_plan(muscle, site)
    told = plan_words(plan) if plan else _("none; this site is not usually needled")
    return [
        html.P([html.B(_("Usual plan:")), " ", told, "."], className="picker-plan"),
        *[
            html.Details([html.Summary(heading), _table(parts)])
            for heading, parts in found
        ],
    ]


def _point(point: Acupoint, patient: Mapping[str, Any]) -> list[Any]:
    rows = [
        (_("Place"), term(point.location), BASIS[point.basis]),
        (
            _("Search area"),
            _("{spread_mm:g} mm around the centre", spread_mm=point.spread_mm),
            "",
        ),
        (_("Source"), _sources(point.sources), read_words(point.read)),
    ]
    if point.note:
        rows.append((_("Note"), term(point.note), ""))
    request = {"point": point.id}
    sides: Sequence[str] = SIDES if point.side == "paired" else ("",)
    return [
        html.H3(_point_label(point.id), className="picker-title"),
        _table(rows),
        *dangers(request, None, patient, None, sides=sides),
        _place_buttons(request, sides=sides),
    ]


def _sources(cited: Sequence[str]) -> str:
    """Return sources in words; one that has a record by authors, year and title."""
    known = load_sources()
    found = []
    for name in cited:
        row = known[name].model_dump(mode="json") if name in known else {}
        title = str(row.get("title") or "")
        found.append(
            joined([short_name(name, row), title], ", ") if title else term(name)
        )
    return joined(found, "; ")


def _table(rows: Sequence[tuple[str, Any, str]]) -> html.Dl:
    """Return rows of a name, its value, and what that rests on."""
    found: list[Any] = []
    for name, value, basis in rows:
        rests = [html.Span(basis, className="basis")] if basis else []
        found += [html.Dt(name), html.Dd([html.Span(value), *rests])]
    return html.Dl(found, className="picker-table")


def _place_buttons(
    request: Data,
    *,
    sides: Sequence[str] = SIDES,
) -> html.Div:
    """Return the buttons that put the needle there, and which needle that is."""
    buttons = []
    for side in sides:
        site = {**request, **({"side": side} if side else {})}
        buttons.append(
            html.Button(
                _("Place on the {side}", side=SIDE_WORDS[side])
                if side
                else _("Place here"),
                className="primary",
                **{"data-place": json.dumps(site)},
            )
        )
    rows: list[Any] = [html.Div(buttons, className="button-row")]
    if "muscle" in request:
        usual = usual_needle(request)
        text = PLAN_SET if usual else PLAN_NONE
        rows.append(html.P(text, className="help shown"))
    return html.Div(rows, className="picker-place")


def dangers(
    request: Mapping[str, Any],
    lengths: tuple[float, float] | None,
    patient: Mapping[str, Any],
    electrical: bool | None,
    *,
    sides: Sequence[str] = SIDES,
) -> list[Any]:
    """Return what the check answers to the usual needles, each pushed home.

    Parameters
    ----------
    request : mapping
        The site without its side.
    lengths : (shortest, longest) or None
        Usual needles, mm; without any the depth is left open.
    patient : mapping
        Facts so far.
    electrical : bool, optional
        Whether current goes through the needle.
    sides : sequence of str
        Sides that are asked; an empty one for a midline place.
    """
    found: list[Any] = []
    for length in dict.fromkeys(lengths) if lengths else (None,):
        needle: Data = {"direction": "perpendicular"}
        if length is not None:
            needle |= {"length_mm": length, "depth_mm": length}
        if electrical is not None:
            needle["electrical"] = electrical
        plan = (
            _("{length:g} mm needle, perpendicular, fully inserted", length=length)
            if length is not None
            else _("perpendicular, depth left open")
        )
        found.append(_danger(request, needle, patient, plan, sides))
    if found:
        found.insert(
            0, html.P(html.B(_("What the check says about")), className="asks")
        )
    return found


def _danger(
    request: Mapping[str, Any],
    needle: Data,
    patient: Mapping[str, Any],
    plan: str,
    sides: Sequence[str],
) -> html.Div:
    answers: dict[str, Assessment] = {}
    try:
        for side in sides:
            site = {**request, **({"side": side} if side else {})}
            answers[side] = check_site(site, needle, dict(patient))
    except NeedlemapError as error:
        return html.Div(
            [
                html.Span(
                    _(
                        "{plan}: not assessable. {error}",
                        plan=plan,
                        error=message_of(error),
                    )
                )
            ]
        )
    except Exception:
        _LOG.exception("the check of %r failed", dict(request))
        return html.Div(
            [icon(Verdict.NOT_ASSESSABLE), " ", _("{plan}: not assessable.", plan=plan)]
        )
    lines = []
    same = len({_key(a) for a in answers.values()}) == 1
    for side, answer in list(answers.items())[: 1 if same else None]:
        named = [
            f.structure or f.id
            for f in answer.findings
            if f.kind == "zone" and f.verdict >= Verdict.CAUTION
        ]
        structures = joined(list(dict.fromkeys(named))[:MOST_DANGERS], ", ")
        where = [] if same or not side else [SIDE_WORDS[side], ": "]
        lines.append(
            html.P(
                [
                    icon(answer.verdict, size=18),
                    " ",
                    html.B(joined([*where, LOOKS[answer.verdict].short], "")),
                    joined([": ", structures, "."], "") if structures else ".",
                    " ",
                    limit_of(answer).sentence,
                ]
            )
        )
    return html.Div([html.Div(plan, className="plan"), *lines], className="danger-line")


def _key(answer: Assessment) -> tuple[Any, ...]:
    ids = tuple(f.id for f in answer.findings if f.kind == "zone")
    return answer.verdict, answer.max_depth_mm, ids


def register(app: Dash) -> None:
    """Add the drawer's callbacks to an application."""

    @app.callback(
        Output("picker", "opened"),
        Output("picker-list", "children"),
        Input("picker-open", "n_clicks"),
        Input("site-pick", "data"),
        State("picker-kind", "value"),
        State("picker-filter", "value"),
    )
    def opened(
        clicks: int | None, _pick: Any, kind: str, query: str | None
    ) -> tuple[bool, Any]:
        if ctx.triggered_id == "site-pick":
            return False, no_update
        if not clicks:
            raise PreventUpdate
        return True, name_list(kind, query or "")

    @app.callback(
        Output("picker-list", "children", allow_duplicate=True),
        Input("picker-kind", "value"),
        Input("picker-filter", "value"),
    )
    def listed(kind: str, query: str | None) -> list[Any]:
        return name_list(kind, query or "")

    @app.callback(
        Output("picker-detail", "children"),
        Output("picker-chosen", "data"),
        Input({"type": "picker-name", "kind": ALL, "name": ALL}, "n_clicks"),
        State("patient-store", "data"),
        State("electrical", "value"),
    )
    def chosen(clicks: list[Any], patient: Data, current: str) -> tuple[Any, Any]:
        at = ctx.triggered_id
        if not any(clicks) or not isinstance(at, dict):
            raise PreventUpdate
        electrical = {"yes": True, "no": False}.get(current)
        shown = detail(at["kind"], at["name"], patient, electrical=electrical)
        return shown, {"kind": at["kind"], "name": at["name"]}
