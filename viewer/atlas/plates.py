"""The plates: a zone, two patients side by side, a topic of the general part."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dash import html

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import changed, joined, plural
from anatomy.messages import message as _
from viewer.atlas.general import (
    Topic,
    hours_text,
    interval_words,
    known_sources,
    load_topics,
    share_words,
    spread,
)
from viewer.atlas.link import State
from viewer.atlas.page import chip, downloads, link_row
from viewer.atlas.region_plate import NO_CASES, case_item, region_plate
from viewer.atlas.regions import region_of_skin
from viewer.atlas.routes import TILE
from viewer.atlas.touch import body_to_touch
from viewer.look.look import LOOKS, icon
from viewer.map.charts.frames import title as chart_title
from viewer.panels.card.card import source_list
from viewer.section.pen import Size
from viewer.section.view import section_uri
from viewer.section.words import alternative, in_words
from viewer.state import page_state
from viewer.state.terms import term
from viewer.text.structures import content, telling
from zones.check.patient_findings import all_sources, zone_sources
from zones.knowledge.regulation import load_regulation, load_regulation_sources
from zones.sentences.words import load_words

_LOG = logging.getLogger(__name__)

#: Size of the cross-section of a plate, px.
SECTION = Size(640, 380, 170, 13.0)
#: Tiles that are shown at once; the rest is folded.
TILES = 7


def plate(state: State, problems: Sequence[str] = ()) -> list[Any]:
    """Return what a state shows; never raises, what fails is said in words."""
    from viewer.atlas.compare import comparison

    parts: list[Any] = [
        html.P(text, className="error", role="alert") for text in problems
    ]
    try:
        if state.about:
            topic = next(t for t in load_topics() if t.id == state.about)
            return [*parts, *topic_plate(topic, state)]
        if state.region and not state.zone:
            return [*parts, *region_plate(state, tools(state))]
        if not state.zone:
            return [*parts, *first_plate(state)]
        head = plate_head(state)
        inside = comparison(state) if state.compare else zone_plate(state)
        return [*parts, *head, *inside]
    except NeedlemapError as error:
        text = page_state.error_words(error)
    except Exception:
        _LOG.exception("a plate of the atlas failed")
        text = page_state.FAILED
    return [*parts, html.P(text, className="error", role="alert")]


def first_plate(state: State) -> list[Any]:
    """Return the first page of the atlas."""
    parts = [
        html.H2(_("Atlas of danger zones")),
        html.P(
            _(
                "{n} zones on two reference bodies: where they lie, from which "
                "depth a needle may reach them, why it matters, what happened "
                "to patients there, and who says so. Touch a region of the body, "
                "choose a zone from the list, or print a sheet.",
                n=len(content.zone_index()),
            )
        ),
        tools(state),
        body_to_touch(state),
        html.H3(_("Hand-outs")),
        _handouts(state.body),
        html.P(load_words().disclaimer, className="disclaimer"),
    ]
    return parts


def _handouts(body: str) -> html.Div:
    """Return the links of poster, pocket sheets and views."""
    from viewer.map.charts.chart_menu import entries
    from viewer.sheets.sheets import pocket_names

    charts = load_body(body).charts
    pockets = [
        html.Li([html.B(term(name)), downloads(kind="pocket", part=key, body=body)])
        for key, name in pocket_names().items()
    ]
    posters = [
        html.Li(
            [
                html.B(_("Poster, {size}", size=size)),
                downloads(kind="poster", size=size, body=body),
            ]
        )
        for size in ("A2", "A1")
    ]
    views = [
        html.Li(
            [
                html.B(chart_title(charts[name])),
                downloads(kind="view", chart=name, body=body),
            ]
        )
        for name in entries()
        if "right" not in name
    ]
    return html.Div(
        [
            html.Div([html.H4(_("Whole body")), html.Ul(posters)]),
            html.Div([html.H4(_("Pocket sheets, A6")), html.Ul(pockets)]),
            html.Details([html.Summary(_("Single views")), html.Ul(views)], open=True),
        ],
        className="atlas-handouts",
    )


def tools(state: State) -> html.Div:
    """Return the switches of a plate: body, full screen, link."""
    bodies = [
        chip(
            changed(term(name), "capital"),
            state.but(body=name).link(),
            on=name == state.body,
        )
        for name in content.BODIES
    ]
    return html.Div(
        [
            link_row(bodies, _("Reference body")),
            html.Button(_("Full screen"), className="quiet", **{"data-atlas": "full"}),
            html.Button(_("Copy link"), className="quiet", **{"data-atlas": "copy"}),
            html.Span(className="atlas-said", role="status"),
        ],
        className="atlas-tools",
    )


def plate_head(state: State) -> list[Any]:
    """Return the head of a zone's plate."""
    from viewer.atlas.link import start_sides

    zone = content.get_zone(state.zone)
    shown = content.shown_zone(zone)
    look = LOOKS[shown.verdict]
    a, b = start_sides()
    other = (
        chip(
            _("Back to the plate"), state.but(compare=False, site="", a={}, b={}).link()
        )
        if state.compare
        else chip(_("Compare two patients"), state.but(compare=True, a=a, b=b).link())
    )
    where = content.side_words(zone.side)
    return [
        html.Div(
            [
                html.H2([icon(shown.verdict, size=30), zone.structure]),
                html.P(
                    [
                        html.B(_("{word} if reached:", word=look.word)),
                        " ",
                        zone.consequence,
                        " · ",
                        where,
                        " · ",
                        html.B(content.span_words(zone)),
                        " ",
                        _("under the skin"),
                    ],
                    className="atlas-under",
                ),
            ],
            className="atlas-head",
        ),
        html.Div([other, tools(state)], className="atlas-bar"),
    ]


def zone_plate(state: State) -> list[Any]:
    """Return the plate of a zone."""
    zone = content.get_zone(state.zone)
    parts = [
        _tiles(state),
        html.Div(
            [html.Div([_section(state), _views(zone)]), _words(zone, state)],
            className="atlas-two",
        ),
        _depths(zone),
        _cases(zone),
        _sources(zone),
        html.Div(
            [
                html.B(_("This plate as a hand-out")),
                downloads(kind="zone", zone=zone.id, body=state.body),
            ],
            className="atlas-out",
        ),
        html.P(load_words().disclaimer, className="disclaimer"),
    ]
    return [part for part in parts if part is not None]


def _tiles(state: State) -> html.Div:
    """Return the charts that show a zone."""
    charts = content.charts_of(state.body, state.zone)
    if not charts:
        text = _("No chart of the {body} body shows this zone.", body=term(state.body))
        return html.Div(html.P(text))
    first, rest = charts[:TILES], charts[TILES:]
    tiles = [_tile(state, chart, big=n == 0) for n, chart in enumerate(first)]
    more = (
        [
            html.Details(
                [
                    html.Summary(
                        plural(
                            "{n} more chart shows it",
                            "{n} more charts show it",
                            len(rest),
                        )
                    ),
                    html.Div([_tile(state, c) for c in rest], className="atlas-tiles"),
                ],
                className="atlas-more",
            )
        ]
        if rest
        else []
    )
    few = f" few-{len(first)}" if len(first) < 4 else ""
    return html.Div([html.Div(tiles, className=f"atlas-tiles{few}"), *more])


def _tile(state: State, chart: str, *, big: bool = False) -> html.Figure:
    """Return one chart with the zone on it."""
    name = chart_title(load_body(state.body).charts[chart])
    query = {"body": state.body, "zone": state.zone, "chart": chart}
    if big:
        query["big"] = "1"
    return html.Figure(
        [
            html.Img(
                src=f"{TILE}?{urlencode(query)}",
                alt=_(
                    "{structure} on: {name}",
                    structure=content.get_zone(state.zone).structure,
                    name=name,
                ),
            ),
            html.Figcaption(name),
        ],
        className="atlas-tile big" if big else "atlas-tile",
    )


def _section(state: State) -> html.Figure | None:
    """Return the cross-section where it tells most."""
    zone = content.get_zone(state.zone)
    if zone.kind != "structure":
        return None
    shot = telling.telling_shot(state.body, zone.id, round(SECTION.aspect, 3))
    needle = shot.needle
    return html.Figure(
        [
            html.H3(
                _("In section: {description}", description=shot.answer.site.description)
            ),
            html.Img(
                src=section_uri(shot.section, SECTION),
                alt=alternative(shot.section),
                className="atlas-section",
            ),
            html.Figcaption(
                _(
                    "{title}. Needle {length_mm:g} mm long, {depth_mm:g} mm deep.",
                    title=shot.section.title,
                    length_mm=needle["length_mm"],
                    depth_mm=needle["depth_mm"],
                )
            ),
            html.Details(
                [html.Summary(_("The picture in words")), *in_words(shot.section)]
            ),
        ],
        className="atlas-cut",
    )


def _words(zone: Any, state: State) -> html.Div:
    """Return why a zone matters, what the rules say and what to do."""
    why = [text for text in (zone.summary, zone.why) if text]
    parts: list[Any] = [html.H3(_("Why it matters"))]
    parts += [
        html.P(text)
        for text in why
        or [_("Reaching it: {consequence}.", consequence=zone.consequence)]
    ]
    for name, texts in (
        (_("What the rules say"), content.rule_views(zone)),
        (_("What to do"), zone.advice),
    ):
        if texts:
            parts += [html.H3(name), html.Ul([html.Li(text) for text in texts])]
    regions = joined(map(term, content.regions_of(zone.id)), ", ")
    parts.append(html.P([html.B(_("Lies in:")), " ", regions], className="muted"))
    pages = dict.fromkeys(map(region_of_skin, content.regions_of(zone.id)))
    links = [
        chip(term(page.title), State(region=page.id, body=state.body).link())
        for page in pages
    ]
    parts.append(link_row(links, _("Pages of these regions")))
    return html.Div(parts, className="atlas-words")


def _views(zone: Any) -> html.Div:
    """Return where sources disagree."""
    parts: list[Any] = []
    if zone.disagreements:
        parts.append(html.H3(_("Where sources disagree")))
    for view in zone.disagreements:
        parts.append(html.P(view.text, className="other-view"))
        parts.append(source_list(view.sources, all_sources()))
    return html.Div(parts)


def _depths(zone: Any) -> Any:
    """Return the depth table."""
    rows = content.depth_rows(zone)
    if not rows:
        return html.P(_("An area, not a depth: any needle there counts."))
    cells = [
        html.Tr(
            [
                html.Td(row.place),
                html.Td(_figure(row.earliest_mm), className="figure-cell strong"),
                html.Td(_figure(row.typical_mm), className="figure-cell"),
                html.Td(_figure(row.sd_mm), className="figure-cell"),
                html.Td(
                    [
                        html.Span(row.how),
                        html.Span(
                            content.read_sources(row.sources),
                            className="read",
                        ),
                    ],
                    className="how",
                ),
            ]
        )
        for row in rows
    ]
    heads = (_("Where"), _("Earliest"), _("Typical"), _("SD"), _("How, and from where"))
    return html.Details(
        [
            html.Summary(html.H3(_("Depths under the skin, mm ({n})", n=len(rows)))),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(h, scope="col") for h in heads])),
                        html.Tbody(cells),
                    ]
                ),
                className="atlas-table",
                tabIndex="0",
            ),
        ],
        open=True,
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else _("{value:g}", value=value)


def _cases(zone: Any) -> Any:
    """Return the published injuries of a zone."""
    cases = content.cases_of(zone)
    if not cases:
        return html.P(NO_CASES, className="muted")
    rows = [
        case_item(
            case.record,
            html.Span(
                [
                    " ",
                    _("Its place is our estimate from the source's words.")
                    if case.placed
                    else _("Its source gives no site that could be checked."),
                ],
                className="muted",
            ),
        )
        for case in cases
    ]
    return html.Details(
        [
            html.Summary(html.H3(_("Published injuries ({n})", n=len(cases)))),
            html.Ul(rows, className="atlas-cases"),
        ],
        open=len(cases) <= 6,
    )


def _sources(zone: Any) -> Any:
    """Return the sources of a zone, folded."""
    return html.Div(
        [html.H3(_("Sources")), source_list(zone_sources(zone), all_sources())]
    )


# ------------------------------------------------------------------- the general part


def topic_plate(topic: Topic, state: State) -> list[Any]:
    """Return a topic of the general part."""
    records = {k: s.model_dump(mode="json") for k, s in known_sources().items()}
    parts: list[Any] = [html.H2(term(topic.title)), tools(state)]
    for text in topic.text:
        parts.append(
            html.Div(
                [
                    html.P(term(text.text)),
                    source_list(text.sources, records)
                    or html.Span(_("our own words, no figure"), className="read"),
                ],
                className="atlas-text",
            )
        )
    if topic.risk:
        parts.append(_risks(topic))
    if topic.hours:
        parts += _laws()
    names = [t.id for t in load_topics()]
    after = names.index(topic.id) + 1
    if after < len(names):
        coming = load_topics()[after]
        link = state.but(about=coming.id).link()
        parts.append(html.P([chip(_("Next: {title}", title=term(coming.title)), link)]))
    parts.append(html.P(load_words().disclaimer, className="disclaimer"))
    return parts


def _risks(topic: Topic) -> html.Div:
    """Return the events with the spread of their rates, and each study."""
    blocks = []
    for risk in topic.risk:
        found = spread(risk)
        rows = [
            html.Tr(
                [
                    html.Td(rate.event),
                    html.Td(share_words(rate.rate), className="figure-cell strong"),
                    html.Td(interval_words(rate) or _("not given")),
                    html.Td(rate.unit),
                    html.Td(f"{rate.n:,}".replace(",", " ") if rate.n else "–"),
                    html.Td(
                        [
                            html.Span(rate.setting),
                            html.Span(
                                [rate.source, " (", term(rate.read), ")"],
                                className="read",
                            ),
                            html.Span(rate.note, className="muted"),
                        ],
                        className="how",
                    ),
                ]
            )
            for rate in found.rows
        ]
        heads = (
            _("Event"),
            _("Rate"),
            _("95 % interval"),
            _("Counted"),
            _("Of"),
            _("Where, and source"),
        )
        blocks.append(
            html.Details(
                [
                    html.Summary([html.B(term(risk.title)), html.Span(found.words)]),
                    html.Div(
                        html.Table(
                            [
                                html.Thead(
                                    html.Tr([html.Th(h, scope="col") for h in heads])
                                ),
                                html.Tbody(rows),
                            ]
                        ),
                        className="atlas-table",
                        tabIndex="0",
                    ),
                ],
                className="atlas-risk",
            )
        )
    return html.Div(blocks)


def _laws() -> list[Any]:
    """Return what laws and boards ask, beside what is often said."""
    book = load_regulation()
    sources = load_regulation_sources()
    rows = []
    for rule in book.rules:
        hours = (
            _("{hours:g}", hours=rule.min_hours)
            if rule.min_hours is not None
            else {
                "none": _("no minimum"),
                "not_read": _("not read"),
            }.get(rule.hours, "–")
        )
        source = sources[rule.source]
        name: Any = rule.source
        if source.url:
            name = html.A(rule.source, href=source.url, target="_blank", rel="noopener")
        limits = [limit.text for limit in rule.regions]
        if rule.taught_regions_only:
            limits.append(_("taught regions only"))
        doubt = [] if rule.confirmed else [" · ", _("not confirmed")]
        rows.append(
            html.Tr(
                [
                    html.Td(term(rule.jurisdiction)),
                    html.Td(term(rule.profession)),
                    html.Td(term(rule.status.replace("_", " "))),
                    html.Td(hours, className="figure-cell"),
                    html.Td(joined(limits, "; ") or "–"),
                    html.Td(rule.as_of or _("not dated")),
                    html.Td(
                        [name, " (", term(rule.read), *doubt, ")"], className="read"
                    ),
                ]
            )
        )
    heads = (
        _("Where"),
        _("Who"),
        _("Status"),
        _("Hours"),
        _("Regions"),
        _("As of"),
        _("Source"),
    )
    return [
        html.P(hours_text(), className="atlas-hours"),
        html.P(book.disclaimer, className="muted"),
        html.Div(
            html.Table(
                [
                    html.Thead(html.Tr([html.Th(h, scope="col") for h in heads])),
                    html.Tbody(rows),
                ]
            ),
            className="atlas-table",
            tabIndex="0",
        ),
    ]


__all__ = ["first_plate", "plate", "topic_plate", "zone_plate"]
