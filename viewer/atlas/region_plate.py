"""The page of a region: its chart, what lies how deep, muscles, injuries, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dash import dcc, html

from anatomy.body import load_body
from anatomy.messages import joined, plural
from anatomy.messages import message as _
from anatomy.muscles.catalogue import Muscle, MuscleSite, get_muscle
from viewer.atlas.link import State
from viewer.atlas.page import chip, link_row
from viewer.atlas.regions import (
    Region,
    cases_in,
    coverage_in,
    depths_in,
    get_region,
    load_regions,
    muscles_in,
    placeless_cases,
    zones_in,
)
from viewer.atlas.touch import figure, touched
from viewer.look.look import LOOKS, MEANS
from viewer.map.charts.frames import title as chart_title
from viewer.map.find.muscle_picker import techniques
from viewer.map.zones.legend import swatch, tissue_keys
from viewer.state.terms import term
from viewer.text.structures import content
from zones.knowledge.records.sources import load_sources
from zones.knowledge.referral import referral_of
from zones.knowledge.structures.zone_files import Zone
from zones.sentences.citations import read_words, source_row
from zones.sentences.figures import basis_words, people_words
from zones.sentences.referral import DIFFERS, referral_words
from zones.sentences.words import load_words

#: What an empty list of injuries says, and what it does not.
NO_CASES = _(
    "No published injury is on record here. That says nothing about how often it "
    "happens."
)
#: How much of a region of skin is mapped.
LEVELS = {
    "full": _("mapped in full"),
    "partial": _("mapped in part"),
    "none": _("not mapped"),
}


def region_plate(state: State, tools: Any) -> list[Any]:
    """Return the page of a region.

    Parameters
    ----------
    state : State
        Its region and body, and the chart that is chosen, if any.
    tools : component
        The switches that every plate has.
    """
    region = get_region(state.region)
    inside = [content.get_zone(key) for key in zones_in(region.id)]
    structures = [zone for zone in inside if zone.kind == "structure"]
    own = [zone for zone in structures if _mainly(zone, region)]
    border = [zone for zone in structures if not _mainly(zone, region)]
    free = [zone for zone in inside if zone.kind != "structure"]
    return [
        html.Div([html.H2(term(region.title)), _others(region, state), tools]),
        _charts(region, state),
        html.H3(_("What lies here, and how deep ({n})", n=len(own))),
        html.P(
            _(
                "Depths under the skin of adults as they were studied, not of one "
                "patient. What nobody measured is unknown, not absent."
            ),
            className="muted",
        ),
        _table(own, region, state),
        *_border(border, region, state),
        *_kept_free(free, state),
        *_muscles(region),
        *_injuries(region),
        *_gaps(region),
        html.P(load_words().disclaimer, className="disclaimer"),
    ]


def _mainly(zone: Zone, region: Region) -> bool:
    """Whether a region is one of those that a zone is said to lie in."""
    return any(name in region.skin for name in content.regions_of(zone.id))


def _others(region: Region, state: State) -> html.Nav:
    """Return the way to the whole body and to the neighbours in the list."""
    every = load_regions()
    at = every.index(region)
    links = [chip(_("All regions"), State(body=state.body).link())]
    if at:
        words = _("Before: {title}", title=term(every[at - 1].title))
        links.append(chip(words, _page(every[at - 1], state)))
    if at + 1 < len(every):
        words = _("Next: {title}", title=term(every[at + 1].title))
        links.append(chip(words, _page(every[at + 1], state)))
    return html.Nav(
        links, className="atlas-chips atlas-bar", **{"aria-label": _("Regions")}
    )


def _page(region: Region, state: State) -> str:
    return State(region=region.id, body=state.body).link()


def _charts(region: Region, state: State) -> html.Div:
    """Return the region's chart with its zones, and the other charts to choose."""
    charts = load_body(state.body).charts
    shown = state.chart if state.chart in region.charts else region.charts[0]
    picks = [
        chip(
            chart_title(charts[name]),
            state.but(chart="" if name == region.charts[0] else name).link(),
            on=name == shown,
        )
        for name in region.charts
    ]
    return html.Div(
        [
            figure(state.body, shown, region.id),
            html.Div(
                [
                    touched(),
                    link_row(picks, _("Charts of this region")),
                    html.P(
                        _(
                            "Point at a zone to read its name; touch it to open its "
                            "plate. The list below names them all."
                        ),
                        className="muted",
                    ),
                    *_key(region),
                ],
                className="region-side",
            ),
        ],
        className="region-chart",
    )


def _key(region: Region) -> list[Any]:
    """Return what the lines and colours of the chart mean."""
    shown = {
        content.shown_zone(content.get_zone(key)).verdict for key in zones_in(region.id)
    }
    return [
        html.Ul(
            [
                html.Li([swatch(verdict), " ", LOOKS[verdict].word, ": ", means])
                for verdict, means in MEANS.items()
                if verdict in shown
            ],
            className="region-key",
        ),
        html.Div(tissue_keys(zones_in(region.id)), className="region-key keys"),
    ]


def _link(zone: Zone, state: State) -> list[Any]:
    """Return a zone's sign and the link to its plate."""
    link = State(zone=zone.id, body=state.body).link()
    shown = content.shown_zone(zone)
    return [
        swatch(shown.verdict, zone=zone.id),
        " ",
        dcc.Link(zone.structure, href=link),
    ]


def _table(zones: Iterable[Zone], region: Region, state: State) -> html.Div:
    """Return structures with how deep people have them here."""
    rows = []
    for zone in zones:
        depths = depths_in(region, zone)
        cells = [
            html.Tr(
                [
                    html.Td(row.place),
                    html.Td(people_words(row) or _("not known")),
                    html.Td(basis_words(row)),
                ]
            )
            for row in depths
        ] or [
            html.Tr(
                html.Td(
                    [
                        _("No depth was found in this region; elsewhere:"),
                        " ",
                        content.span_words(zone),
                    ],
                    colSpan="3",
                    className="muted",
                )
            )
        ]
        head = html.Th(
            [
                html.Div(_link(zone, state)),
                html.Div(zone.consequence, className="region-harm"),
            ],
            scope="rowgroup",
            rowSpan=str(len(cells)),
        )
        cells[0].children = [head, *_listed(cells[0].children)]
        rows.append(html.Tbody(cells, **{"data-area": zone.id}))
    heads = (_("Structure"), _("Where"), _("How deep"), _("What that rests on"))
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(h, scope="col") for h in heads])),
                *rows,
            ]
        ),
        className="atlas-table region-table",
        tabIndex="0",
    )


def _listed(children: Any) -> list[Any]:
    return children if isinstance(children, list) else [children]


def _border(zones: list[Zone], region: Region, state: State) -> list[Any]:
    """Return the structures that only reach into a region."""
    if not zones:
        return []
    head = plural(
        "{n} more structure reaches in at the border",
        "{n} more structures reach in at the border",
        len(zones),
    )
    return [html.Details([html.Summary(head), _table(zones, region, state)])]


def _kept_free(zones: list[Zone], state: State) -> list[Any]:
    """Return the areas that a rule keeps free."""
    if not zones:
        return []
    rows = [
        html.Li([*_link(zone, state), ": ", zone.consequence], **{"data-area": zone.id})
        for zone in zones
    ]
    return [
        html.H3(content.GROUPS["exclusion"]),
        html.Ul(rows, className="region-free"),
    ]


def _muscles(region: Region) -> list[Any]:
    """Return the muscles of a region, and how each is needled."""
    names = muscles_in(region.id)
    return [
        html.H3(_("Muscles, and how they are needled ({n})", n=len(names))),
        *[_muscle(get_muscle(name)) for name in names],
    ]


def _muscle(muscle: Muscle) -> html.Details:
    near = joined(map(term, muscle.danger_structures), ", ")
    parts: list[Any] = [html.Summary(html.H4(term(muscle.name)))]
    if near:
        named = _("Near it by the literature:")
        parts.append(html.P([html.B(named), " ", near, "."]))
    parts += _referral(muscle.name)
    parts += [_site(muscle, spot) for spot in muscle.site]
    return html.Details(parts, className="region-muscle")


def _referral(muscle: str) -> list[Any]:
    """Return where the pain of a muscle is felt, by every source that was read."""
    patterns = referral_of(muscle)
    if not patterns:
        return []
    rows = []
    for pattern in patterns:
        source = load_sources()[pattern.source]
        address = pattern.page or source_row(source.id, source.model_dump())[-1]
        read = html.A(
            read_words(pattern.read), href=address, target="_blank", rel="noopener"
        )
        rows.append(
            html.Li([referral_words(pattern), " ", html.Span(read, className="read")])
        )
    return [
        html.P([html.B(_("Where its pain is felt")), ". ", DIFFERS]),
        html.Ul(rows, className="referral"),
    ]


def _site(muscle: Muscle, spot: MuscleSite) -> html.Div:
    """Return one site of a muscle with its techniques."""
    parts: list[Any] = [html.H5(term(spot.label))]
    if spot.precautions:
        parts.append(
            html.P([html.B(_("Mind")), ": ", term(spot.precautions)], className="mind")
        )
    return html.Div([*parts, *techniques(muscle.name, spot.label)])


def _injuries(region: Region) -> list[Any]:
    """Return what went wrong in a region, and how many cases name no region."""
    cases = cases_in(region)
    parts: list[Any] = [html.H3(_("What went wrong here ({n})", n=len(cases)))]
    if cases:
        rows = html.Ul([case_item(case) for case in cases], className="atlas-cases")
        parts.append(rows)
    else:
        parts.append(html.P(NO_CASES, className="muted"))
    others = placeless_cases()
    if others:
        told = plural(
            "{n} published injury names no region and stands on no such page.",
            "{n} published injuries name no region and stand on no such page.",
            len(others),
        )
        parts.append(html.P(told, className="muted"))
    return parts


def case_item(case: Mapping[str, Any], *more: Any) -> html.Li:
    """Return a published injury: event, who and how, outcome, source."""
    words, link = content.citation(case), content.case_link(case)
    cited = html.A(words, href=link, target="_blank", rel="noopener") if link else words
    outcome = [" ", term(case["outcome"]), ". "] if case.get("outcome") else [" "]
    return html.Li(
        [
            html.B([term(case["event"]), ". "]),
            content.case_words(case),
            *outcome,
            html.Span([cited, " (", term(case["read"]), ")"], className="read"),
            *more,
        ]
    )


def _gaps(region: Region) -> list[Any]:
    """Return what is not mapped under a region."""
    rows = []
    for entry in coverage_in(region):
        level = LEVELS[entry.level]
        if entry.mapped_to_mm is not None:
            depth = _("down to {depth:g} mm", depth=entry.mapped_to_mm)
            level = joined([level, depth])
        missing = joined(map(term, entry.missing), ", ") or _("nothing named")
        rows.append(
            html.Li(
                [
                    html.B(term(entry.region)),
                    ": ",
                    level,
                    ". ",
                    html.I(_("Not drawn:")),
                    " ",
                    missing,
                    ". ",
                    html.Span(term(entry.note), className="muted"),
                ]
            )
        )
    return [html.H3(_("What is not mapped")), html.Ul(rows)]
