"""The pocket sheet of a part of the body."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from anatomy.body import load_body
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.names import unknown
from viewer.map.charts.chart_menu import PARTS, entries
from viewer.map.charts.frames import title as chart_title
from viewer.map.zones.zone_images import ORDER, Shown, on_chart, shown_zones
from viewer.sheets import svg as drawing
from viewer.sheets.flow import Flow, Row
from viewer.sheets.paper import (
    Stamp,
    page_edge,
    page_foot,
    page_head,
    page_legend,
    sources_words,
    today,
)
from viewer.sheets.pen import GREY, PAPER, Page, wrap
from viewer.sheets.svg import tile
from viewer.state.terms import term
from viewer.text.structures import content
from zones.knowledge.facts import load_facts

#: Height of the letters of the sources on A6, mm.
SOURCES = 1.45


def pocket_names() -> dict[str, str]:
    """Return the parts of the body that have a pocket sheet, by their name.

    Examples
    --------
    >>> pocket_names()["hand"], pocket_names()["chest-back"]
    ('Hand', 'Chest & back')
    """
    return {
        name.lower().replace(" & ", "-").replace(" ", "-"): name
        for name, prefixes in PARTS
        if any(prefixes)
    }


def pocket_figure(
    part: str,
    *,
    body: str = "female",
    size: str = "A6",
    date: datetime.date | None = None,
) -> list[Page]:
    """Return the pocket sheet of a part of the body.

    Parameters
    ----------
    part : str
        Such as ``"hand"``; see `pocket_names`.
    body : {"female", "male"}
        Reference body.
    size : {"A6", "A5"}
        Paper.
    date : date, optional
        Date on the sheet.

    Returns
    -------
    list of Page
        Its views, then what lies there and from which depth, the gravest first, and
        the sources.

    Raises
    ------
    UnknownNameError
        When there is no such part, body or paper.
    """
    body = content.parse_body(body)
    names = pocket_names()
    if part not in names:
        raise unknown("part of the body", part, names, field="part")
    if size not in ("A5", "A6"):
        raise unknown("paper", size, ("A5", "A6"), field="--size")
    stamp = Stamp(date or today())
    scale = PAPER[size][0] / PAPER["A6"][0]
    charts = [
        e.chart
        for e in entries().values()
        if e.part == names[part] and "right" not in e.chart
    ]
    every = shown_zones(load_facts().complete({}))
    zones = list(
        dict.fromkeys(z for c in charts for z in reversed(on_chart(body, c, every)))
    )
    zones.sort(key=lambda z: (-ORDER.index(z.verdict), _least(z)))
    page, flow = _pocket_first(
        names[part], charts[:4], body, (every, zones), size, stamp, scale
    )
    pages = [page]

    def go_on() -> Flow:
        page = Page(*PAPER[size], _("{part}: what lies there", part=term(names[part])))
        pages.append(page)
        under = _("what lies there, and from which depth, continued")
        y = page_head(page, term(names[part]), under, scale=0.62 * scale)
        return _pocket_flow(page, y, stamp, scale)

    for row in [_pocket_row(zone) for zone in zones]:
        # below the pictures there may be no room for any
        if not flow.fits(row) or (len(pages) == 1 and not flow.holds(row)):
            flow = go_on()
        flow.write(pages[-1], row)
    small = SOURCES * scale
    lines: Sequence[str] = wrap(sources_words(zones), flow.room, small)
    while lines := flow.write_lines(pages[-1], lines, small):
        flow = go_on()
    return pages


def _pocket_flow(page: Page, y: float, stamp: Stamp, scale: float) -> Flow:
    """Return the columns of a pocket sheet below a line, with its foot written."""
    low = page_foot(page, stamp, scale=0.72 * scale)
    edge, gap = page_edge(page), 3.0 * scale
    room = (page.width - 2 * edge - gap) / 2
    columns = [(edge, room), (edge + room + gap, room)]
    return Flow(y + 1.0 * scale, low - 0.6 * scale, columns, size=1.75 * scale)


def _least(zone: Shown) -> float:
    """Return the least earliest depth of a zone, for sorting."""
    own = content.zone_index().get(zone.key)
    span = content.depth_span(own) if own is not None else None
    return span[0] if span else 0.0


def _pocket_row(zone: Shown) -> Row:
    """Return a zone as a line of the pocket sheet."""
    own = content.zone_index().get(zone.key)
    if own is None:
        return Row(
            _("{label}: not mapped", label=zone.label),
            verdict=zone.verdict,
            known=zone.known,
        )
    name = (
        own.structure
        if zone.known
        else _("{zone} (if something that was not asked is true)", zone=own.structure)
    )
    return Row(
        joined([name, own.consequence], ": "),
        lead=content.span_words(own),
        verdict=zone.verdict,
        known=zone.known,
        zone=zone.key,
    )


def _pocket_first(
    name: str,
    charts: Sequence[str],
    body: str,
    zones: tuple[Sequence[Shown], Sequence[Shown]],
    size: str,
    stamp: Stamp,
    scale: float,
) -> tuple[Page, Flow]:
    """Return the page of pictures and where its rows go; `zones` are all, and its."""
    every, own = zones
    page = Page(
        *PAPER[size],
        _(
            "{name}: danger zones of dry needling, {body} body",
            name=term(name),
            body=term(body),
        ),
    )
    edge = page_edge(page)
    room = page.width - 2 * edge
    y = page_head(
        page,
        term(name),
        _(
            "Danger zones of dry needling · {body} reference body · the "
            "right side is the mirror image",
            body=term(body),
        ),
        scale=0.62 * scale,
    )
    gap, top, foot = 2.0 * scale, y + 1.6 * scale, y
    most = 0.46 * page.height
    under = 4.6 * scale

    def laid(rows: int) -> tuple[float, float, int]:
        """Return width and height of a picture in so many rows, and how many a row."""
        across = -(-len(charts) // rows)
        wide = (room - (across - 1) * gap) / across
        box = (0.0, 0.0, wide, most / rows - under)
        return wide, drawing.fitted(body, charts, box)[3], across

    # as many rows as make the pictures largest
    wide, tall, across = max((laid(n) for n in (1, 2)), key=lambda k: min(k[0], k[1]))
    for number, chart in enumerate(charts):
        row, column = divmod(number, across)
        at = (edge + column * (wide + gap), top + row * (tall + under), wide, tall)
        marks = on_chart(body, chart, every)
        piece = tile(body, chart, marks, at, most_px=900, letter=1.9 * scale)
        page.add(piece.svg)
        title = chart_title(load_body(body).charts[chart])
        lines = wrap(title, wide, 1.7 * scale)[:2]
        for n, line in enumerate(lines, start=1):
            y = at[1] + at[3] + 2.1 * scale * n
            page.text(at[0], y, line, 1.7 * scale, fill=GREY)
            foot = max(foot, y)
    y = page_legend(page, own, edge, foot + 1.6 * scale, room, 1.9 * scale)
    return page, _pocket_flow(page, y, stamp, scale)
