"""The list of zones beside a plate: by region, structure, muscle or consequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from anatomy.messages import changed
from anatomy.messages import message as _
from viewer.atlas.general import load_topics
from viewer.atlas.link import State
from viewer.atlas.page import chip, link_row
from viewer.atlas.regions import region_of_skin
from viewer.map.zones.legend import swatch
from viewer.state.terms import term
from viewer.text.structures import content

NAMES = {
    "region": _("Region"),
    "structure": _("Structure"),
    "muscle": _("Muscle"),
    "consequence": _("Consequence"),
}
#: Stands in a link for "no heading is open".
CLOSED = "none"


def zone_list(state: State) -> list[Any]:
    """Return the list: ways to browse, headings, zones, and the general part."""
    ways = [
        chip(NAMES[way], state.but(by=way, pick="", find="").link(), on=way == state.by)
        for way in content.HEADINGS
    ]
    groups = content.browse(state.by)
    parts: list[Any] = [link_row(ways, _("Browse by"))]
    if state.find:
        found = matches(state.find)
        count = (
            _("{n} found", n=len(found))
            if found
            else _("Nothing found. Try another word.")
        )
        back = chip(_("clear"), state.but(find="").link())
        parts.append(html.P([f"“{state.find}”: ", count, " ", back], role="status"))
        parts.append(_zones(found, state))
    else:
        parts.append(
            html.Ul(
                [_group(name, ids, state) for name, ids in groups.items()],
                className="atlas-groups",
            )
        )
    parts.append(html.H3(_("In general")))
    parts.append(
        html.Ul(
            [
                html.Li(
                    dcc.Link(
                        term(topic.title),
                        href=State(body=state.body, about=topic.id).link(),
                        className="atlas-zone on"
                        if topic.id == state.about
                        else "atlas-zone",
                    )
                )
                for topic in load_topics()
            ],
            className="atlas-zones",
        )
    )
    return parts


def _group(name: str, ids: Sequence[str], state: State) -> html.Li:
    """Return a heading, with its zones when it is the open one."""
    opened = name == _opened(state)
    link = state.but(pick=CLOSED if opened else name, find="").link()
    heading = dcc.Link(
        [
            html.Span(changed(term(name), "capital")),
            html.Span(len(ids), className="count"),
        ],
        href=link,
        className="atlas-group on" if opened else "atlas-group",
    )
    if not opened:
        return html.Li(heading)
    page: list[Any] = []
    if state.by == "region":
        region = region_of_skin(name)
        words = _("Page of the region: {title}", title=term(region.title))
        page = [chip(words, State(region=region.id, body=state.body).link())]
    return html.Li([heading, *page, _zones(ids, state)])


def _opened(state: State) -> str:
    """Return the open heading: the one picked, else that of the plate's zone."""
    if state.pick or not state.zone or state.by == "muscle":
        return state.pick
    groups = content.browse(state.by)
    return next((name for name, ids in groups.items() if state.zone in ids), "")


def _zones(ids: Sequence[str], state: State) -> html.Ul:
    """Return zones as links, the gravest first."""
    index = content.zone_index()
    shown = [content.shown_zone(index[key]) for key in ids]
    rows = [
        html.Li(
            dcc.Link(
                [
                    swatch(zone.verdict, zone=zone.key),
                    html.Span(zone.label, className="atlas-name"),
                    html.Span(
                        content.span_words(index[zone.key]), className="atlas-from"
                    ),
                ],
                href=state.but(
                    zone=zone.key, region="", chart="", about="", compare=False, site=""
                ).link(),
                className="atlas-zone on" if zone.key == state.zone else "atlas-zone",
            )
        )
        for zone in sorted(shown, key=lambda z: -z.verdict.rank)
    ]
    return html.Ul(rows, className="atlas-zones")


def matches(words: str) -> list[str]:
    """Return the zones that all of some words speak of.

    Examples
    --------
    >>> matches("foot drop")[:1]
    ['common-fibular']
    >>> matches("no such thing")
    []
    """
    wanted = words.lower().split()
    found = []
    muscles: dict[str, list[str]] = {}
    for name, ids in content.muscle_zones().items():
        for key in ids:
            muscles.setdefault(key, []).append(name)
    for zone in content.zone_index().values():
        text = " ".join(
            [
                zone.id,
                zone.structure,
                zone.consequence,
                *content.regions_of(zone.id),
                *muscles.get(zone.id, ()),
            ]
        ).lower()
        if all(word in text for word in wanted):
            found.append(zone.id)
    return found
