"""Two patients, or two needles, at one place side by side."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.atlas.link import State, presets, request_of, side_text, side_words
from viewer.atlas.page import chip, downloads, link_row
from viewer.panels.card.card import head
from viewer.section.pen import Size
from viewer.section.view import section_uri
from viewer.section.words import alternative
from viewer.state import page_state
from viewer.state.language import number_signs
from viewer.state.terms import term
from viewer.text.structures import content, telling
from zones.check.site import check_site
from zones.contract.models import Assessment
from zones.patients.request import unremarkable
from zones.pictures.section import site_section
from zones.sentences.presentation import present

SIZE = Size(560, 400, 176, 12.5)
DIRECTIONS = ("medial", "lateral", "cranial", "caudal", "anterior", "posterior")
_LABELS = {
    "bmi": _("BMI"),
    "length": _("Length, mm"),
    "depth": _("Depth, mm"),
    "tilt": _("Tilt, °"),
}


def comparison(state: State) -> list[Any]:
    """Return both answers at one place, with what can be changed."""
    place = content.get_zone(state.zone).structure
    said = state.site or _("where the section of {place} tells most", place=place)
    picks = [
        chip(
            term(name),
            state.but(a=a, b=b).link(),
            on=side_text(a) == side_text(state.a)
            and side_text(b) == side_text(state.b),
        )
        for name, a, b in presets()
    ]
    return [
        link_row(picks, _("Comparisons")),
        html.P(
            [
                _("Both answers of the same check at one place:"),
                " ",
                html.B(said),
                ". ",
                _("Everything not mentioned was asked and is unremarkable."),
            ],
            className="muted",
        ),
        html.Div(
            [_column(state, "A", state.a), _column(state, "B", state.b)],
            className="atlas-pair",
        ),
        html.Details(
            [html.Summary(_("Change patients, needles or place")), _form(state)],
            className="atlas-form",
        ),
    ]


def answer_of(state: State, side: dict[str, Any]) -> tuple[Assessment, Any, Any]:
    """Return the answer of the check for one side, its needle and its patient.

    Raises
    ------
    NeedlemapError
        When the request cannot be answered.
    """
    needle, told = request_of(side)
    zone = content.get_zone(state.zone)
    facts = {**content.needed_facts(zone), **told}
    sex = facts.get("sex") or ("female" if facts.get("pregnant") else state.body)
    facts["sex"] = sex
    if sex == "male":
        facts.pop("pregnant", None)
    if not facts.get("pregnant"):
        facts.pop("gestation_weeks", None)
    body = sex if sex in content.BODIES else state.body
    # the week of a pregnancy is not assumed: near term it would lower the answer
    patient = unremarkable({"gestation_weeks": None, **facts})
    if state.site:
        site: dict[str, Any] = {"text": state.site, "body": body}
    else:
        site = {"xyz_mm": list(telling.telling_site(body, zone.id)), "body": body}
    return check_site(site, needle, patient), needle, patient


def _column(state: State, name: str, side: dict[str, Any]) -> html.Section:
    """Return one side: who, verdict, limit, section, reasons."""
    title = html.H3([html.Span(name, className="atlas-letter"), side_words(side)])
    try:
        answer, needle, patient = answer_of(state, side)
        section = site_section(answer, needle, patient, aspect=round(SIZE.aspect, 3))
    except NeedlemapError as error:
        text = html.P(page_state.error_words(error), className="error", role="alert")
        return html.Section([title, text], className="atlas-column")
    said = present(answer)
    own = next((f for f in said.findings if f.id == state.zone), None)
    zones = [f for f in said.findings if f.kind == "zone"]
    rest = [f for f in said.findings if f.kind != "zone" and f.asked]
    rows: list[Any] = [html.Li([html.B(f.name), ": ", f.depths]) for f in zones[:5]]
    rows += [html.Li(f.message) for f in rest[:3]]
    query = {"kind": "section", "body": answer.site.body, "side": side_text(side)}
    query |= {"site": state.site} if state.site else {"zone": state.zone}
    return html.Section(
        [
            title,
            html.Div(_head(answer), className="atlas-verdict"),
            html.P(said.limit.sentence, className="atlas-limit"),
            html.P(
                own.depths
                if own is not None
                else _("This needle does not reach this zone.")
            ),
            html.Img(
                src=section_uri(section, SIZE),
                alt=alternative(section),
                className="atlas-section",
            ),
            html.P(
                _(
                    "{description}, {body} body",
                    description=answer.site.description,
                    body=term(answer.site.body),
                ),
                className="muted",
            ),
            html.Ul(rows),
            downloads(**query),
        ],
        className="atlas-column",
        **{
            "aria-label": joined([name, side_words(side)], ": "),
            "data-verdict": answer.verdict,
        },
    )


def _head(answer: Assessment) -> html.Div:
    """Return verdict and headline; the page has one element of each id already."""
    shown = head(answer.verdict, answer.headline)
    line, words = shown.children
    word = line.children[1]
    del word.id, words.id
    word.className, words.className = "atlas-word", "atlas-headline"
    return shown


def _form(state: State) -> html.Div:
    """Return the fields of both sides and of the place."""
    return html.Div(
        [
            html.Div(
                [_fields("a", state.a), _fields("b", state.b)], className="atlas-pair"
            ),
            html.Label(
                _("Place in words (empty: the zone's own)"), htmlFor="atlas-site"
            ),
            html.Div(
                [
                    dcc.Input(
                        id="atlas-site",
                        value=state.site,
                        placeholder=_("6 cm left of T4"),
                        maxLength=300,
                        className="site-text",
                        debounce=False,
                    ),
                    html.Button(_("Compare"), id="atlas-go", className="primary"),
                ],
                className="site-row",
            ),
        ]
    )


def _fields(name: str, side: dict[str, Any]) -> html.Fieldset:
    """Return the fields of one side."""

    def key(what: str) -> dict[str, str]:
        return {"type": "atlas-field", "side": name, "name": what}

    def choice(what: str, label: str, values: list[tuple[str, str]]) -> Any:
        return dmc.Select(
            id=key(what),
            label=label,
            size="xs",
            value=side.get(what, ""),
            data=[{"value": value, "label": word} for value, word in values],
            allowDeselect=False,
        )

    return html.Fieldset(
        [
            html.Legend(_("Patient and needle {name}", name=name.upper())),
            choice(
                "sex",
                _("Sex"),
                [
                    ("", _("not asked")),
                    ("female", term("female")),
                    ("male", term("male")),
                ],
            ),
            choice(
                "pregnant",
                _("Pregnant"),
                [("", _("not asked")), ("no", term("no")), ("yes", term("yes"))],
            ),
            *[
                dmc.NumberInput(
                    id=key(what),
                    label=label,
                    size="xs",
                    value=side.get(what, ""),
                    **number_signs(),
                )
                for what, label in _LABELS.items()
            ],
            choice(
                "toward",
                _("Tilted toward"),
                [("", "–"), *((d, term(d)) for d in DIRECTIONS)],
            ),
        ]
    )
