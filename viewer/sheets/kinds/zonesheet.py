"""The sheets of one zone: plate, depths, injuries, sources."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from anatomy.body import load_body
from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS
from viewer.map.charts.frames import title as chart_title
from viewer.map.zones.zone_images import Shown
from viewer.section.pen import Size
from viewer.section.view import section_svg
from viewer.section.words import NOTE
from viewer.sheets import svg as drawing
from viewer.sheets.flow import Flow, Row
from viewer.sheets.paper import (
    LEAST_MM,
    MARGIN,
    Stamp,
    page_foot,
    page_head,
    page_heading,
    page_legend,
    today,
)
from viewer.sheets.pen import GREY, PAPER, Page, placed, wrap
from viewer.sheets.svg import tile
from viewer.state.terms import term
from viewer.text.structures import content, telling
from zones.check.patient_findings import zone_sources
from zones.sentences.limits import limit_of, nearest_mm, whole_mm

if TYPE_CHECKING:
    from zones.knowledge.structures.zone_files import Zone


def zone_figure(
    zone_id: str, *, body: str = "female", date: datetime.date | None = None
) -> list[Page]:
    """Return the sheets of one zone.

    Parameters
    ----------
    zone_id : str
        Which zone.
    body : {"female", "male"}
        Reference body.
    date : date, optional
        Date on the sheet; today by default.

    Returns
    -------
    list of Page
        A4: the plate, then depths, injuries and sources in full.

    Raises
    ------
    UnknownNameError
        When there is no such zone or body.

    Examples
    --------
    >>> pages = zone_figure("kidney")
    >>> pages[0].title, pages[0].width
    ('kidney, female body', 210.0)
    """
    zone, body = content.get_zone(zone_id), content.parse_body(body)
    stamp = Stamp(date or today())
    page = Page(
        *PAPER["A4"],
        _("{structure}, {body} body", structure=zone.structure, body=term(body)),
    )
    shown = content.shown_zone(zone)
    y = page_head(page, zone.structure, _under(zone, shown, body))
    low = page_foot(page, stamp)
    y = _zone_charts(page, zone, shown, body, y + 3.0)
    y = page_legend(page, [shown], MARGIN, y + 2.2, page.width - 2 * MARGIN, 2.7)
    y = _zone_section(page, zone, body, y + 1.2)
    left = _zone_texts(page, zone, y + 1.0, low)
    return [page, *_zone_tables(zone, body, stamp, left)]


def _under(zone: Zone, shown: Shown, body: str) -> str:
    """Return the line under a zone's title."""
    where = content.side_words(zone.side)
    word = LOOKS[shown.verdict].word
    return _(
        "{word} if reached: {consequence} · {where} · {depth} under "
        "the skin · {body} reference body · zone {id}",
        word=word,
        consequence=zone.consequence,
        where=where,
        depth=content.span_words(zone),
        body=term(body),
        id=zone.id,
    )


def _zone_charts(page: Page, zone: Zone, shown: Shown, body: str, y: float) -> float:
    """Draw the charts that show a zone: one large, four small."""
    charts = list(content.charts_of(body, zone.id))[:5]
    room = page.width - 2 * MARGIN
    if not charts:
        page.text(
            MARGIN,
            y + 4,
            _("Not seen on any chart of the {body} body.", body=term(body)),
            3,
        )
        return y + 6
    gap, tall = 3.0, 96.0
    one = len(charts) == 1
    wide = room if one else 0.52 * room
    boxes = [(MARGIN, y, wide, tall)]
    small = (room - wide - 2 * gap) / 2
    rows = 2 if len(charts) > 3 else 1
    for number in range(len(charts) - 1):
        row, column = divmod(number, 2)
        across = small if len(charts) > 2 else 2 * small + gap
        boxes.append(
            (
                MARGIN + wide + gap + column * (small + gap),
                y + row * (tall / rows + gap / 2),
                across,
                tall / rows - (gap / 2 if rows == 2 else 0),
            )
        )
    for chart, at in zip(charts, boxes, strict=False):
        name = chart_title(load_body(body).charts[chart])
        lines = wrap(name, at[2], 2.3)[:2]
        caption = 3.1 * len(lines)
        inner = (at[0], at[1], at[2], at[3] - caption)
        window = drawing.round_shape(body, chart, zone.id, inner[2] / inner[3])
        most = 1400 if at is boxes[0] else 700
        piece = tile(body, chart, [shown], inner, window=window, most_px=most)
        page.add(piece.svg)
        for n, line in enumerate(lines, start=1):
            foot = at[1] + at[3] - caption + 3.0 * n - 0.4
            page.text(at[0], foot, line, 2.3, fill=GREY)
    return y + tall


def _zone_section(page: Page, zone: Zone, body: str, y: float) -> float:
    """Draw the cross-section that tells most, with what it shows in words."""
    if zone.kind != "structure":
        return y
    size = Size(560, 330, 150, 12.0)
    shot = telling.telling_shot(body, zone.id, round(size.aspect, 3))
    wide = 118.0
    tall = wide * size.height / size.width
    y = page_heading(
        page,
        MARGIN,
        y,
        _("In section, {description}", description=shot.answer.site.description),
    )
    page.add(placed(section_svg(shot.section, size), MARGIN, y, wide, tall, key="s"))
    x, room = MARGIN + wide + 4, page.width - 2 * MARGIN - wide - 4
    at = page.paragraph(x, y - 1, room, shot.section.title, 2.5, fill=GREY) + 1.0
    found = shot.finding
    if found is not None and found.earliest_mm is not None:
        rows = [(_("Earliest"), whole_mm(found.earliest_mm))]
        if found.typical_mm is not None:
            typical = nearest_mm(found.typical_mm)
            if found.sd_mm:
                sd = nearest_mm(found.sd_mm)
                typical = _("{depth} (SD {sd})", depth=typical, sd=sd)
            rows.append((_("Typical"), typical))
        rows.append((_("Deepest plan"), limit_of(shot.answer).figure))
        for name, figure in rows:
            page.text(x, at + 3.4, name, 2.7, fill=GREY)
            page.text(x + 21, at + 3.4, figure, 3.2, weight=600)
            at += 4.6
    needle = shot.needle
    said = _(
        "Needle drawn: {length_mm:g} mm long, {depth_mm:g} mm deep, "
        "perpendicular. {note}",
        length_mm=needle["length_mm"],
        depth_mm=needle["depth_mm"],
        note=NOTE,
    )
    end = page.paragraph(x, at + 1, room, said, 2.2, fill=GREY)
    return max(y + tall, end)


def _zone_texts(page: Page, zone: Zone, y: float, low: float) -> list[Row]:
    """Write why it matters and what to do; return what found no room."""
    rows = texts_of(zone)
    room = (page.width - 2 * MARGIN - 6) / 2
    columns = [(MARGIN, room), (MARGIN + room + 6, room)]
    flow = Flow(y + 1.5, low, columns)
    highs = [flow.height(row) for row in rows]
    # both columns end at about the same height where all fits on the page
    even = y + 1.5 + 0.5 * sum(highs) + max(highs)
    flow = Flow(y + 1.5, min(low, even), columns)
    rest: list[Row] = []
    for row in rows:
        if rest or not flow.fits(row):
            rest.append(row)
            continue
        flow.write(page, row)
    return rest


def texts_of(zone: Zone) -> list[Row]:
    """Return what is said of a zone in words: why, what to do, who disagrees."""
    rows: list[Row] = []
    why = [text for text in (zone.summary, zone.why) if text]
    if not why:
        why = [_("Reaching it means: {consequence}.", consequence=zone.consequence)]
    rows += [Row(_("Why it matters"), heading=True), *map(Row, why)]
    rules = content.rule_views(zone)
    if rules:
        rows += [Row(_("What the rules say"), heading=True)]
        rows += [Row(text, bullet="•") for text in rules]
    if zone.advice:
        rows += [Row(_("What to do"), heading=True)]
        rows += [Row(text, bullet="•") for text in zone.advice]
    if zone.disagreements:
        rows += [Row(_("Where sources disagree"), heading=True)]
        rows += [
            Row(joined([view.text, f"[{', '.join(view.sources)}]"]), bullet="•")
            for view in zone.disagreements
        ]
    return rows


def _zone_tables(
    zone: Zone, body: str, stamp: Stamp, rest: Sequence[Row]
) -> list[Page]:
    """Return the pages of depths, injuries and sources."""
    rows: list[Row] = list(rest)
    depths = content.depth_rows(zone)
    if depths:
        rows += [Row(_("Depths under the skin, mm"), heading=True)]
        rows += [_depth_row(row) for row in depths]
    cases = content.cases_of(zone)
    if cases:
        rows += [Row(_("Published injuries ({n})", n=len(cases)), heading=True)]
        for case in cases:
            record = case.record
            rows.append(
                Row(
                    _(
                        "{event}. {case} {source} Read: {read}.",
                        event=term(record["event"]),
                        case=content.case_words(record),
                        source=content.citation(record),
                        read=term(record["read"]),
                    ),
                    bullet="•",
                )
            )
    cited = [s for view in zone.disagreements for s in view.sources]
    sources = content.source_rows([*zone_sources(zone), *cited])
    rows += [Row(_("Sources ({n})", n=len(sources)), heading=True)]
    rows += [
        Row(_("{key}: {words} Read: {read}.", key=key, words=words, read=term(read)))
        for key, words, read, _address in sources
    ]
    if not sources:
        rows += [Row(_("None: our own inference."))]
    return _flowed(
        rows,
        zone.structure,
        _("Depths and sources · {body} body", body=term(body)),
        stamp,
    )


def _depth_row(row: content.DepthRow) -> Row:
    """Return one line of the depth table in words."""
    figures = [
        _("from {depth:g}", depth=row.earliest_mm)
        if row.earliest_mm is not None
        else "-"
    ]
    if row.typical_mm is not None:
        figures.append(_("typically {depth:g}", depth=row.typical_mm))
    if row.sd_mm is not None:
        figures.append(_("SD {sd:g}", sd=row.sd_mm))
    read = content.read_sources(row.sources)
    words = joined([row.place, ": ", row.how, " [", read, "]"], "")
    return Row(words, lead=joined(figures, ", "))


def _flowed(rows: Sequence[Row], name: str, under: str, stamp: Stamp) -> list[Page]:
    """Return rows set in two columns over as many A4 pages as they need."""
    pages: list[Page] = []
    flow: Flow | None = None
    page: Page | None = None
    for row in rows:
        if flow is None or page is None or not flow.fits(row):
            page = Page(*PAPER["A4"], joined([name, under], ": "))
            pages.append(page)
            y = page_head(
                page,
                name,
                _("{under} · sheet {pages}", under=under, pages=len(pages) + 1),
                scale=0.8,
            )
            low = page_foot(page, stamp)
            room = (page.width - 2 * MARGIN - 6) / 2
            columns = [(MARGIN, room), (MARGIN + room + 6, room)]
            flow = Flow(y + 2, low, columns, size=LEAST_MM)
        flow.write(page, row)
    return pages
