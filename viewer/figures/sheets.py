"""The hand-outs: a zone, a view, a poster, a pocket sheet, a cross-section.

Each is a list of pages with title, legend, sources and date. What they say comes from
the data and from `zones.check_site`; what changes is only the paper.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from anatomy.body import load_body
from anatomy.names import unknown
from viewer.atlas import content
from viewer.chart_menu import PARTS, entries
from viewer.figures import svg as drawing
from viewer.figures.flow import Flow, Row
from viewer.figures.pen import (
    GREY,
    INK,
    LEADING,
    Page,
    high,
    icon,
    label,
    placed,
    width,
    wrap,
)
from viewer.figures.svg import swatch, tile
from viewer.layout import MEANS
from viewer.look import LOOKS
from viewer.mapview import title as chart_title
from viewer.section_pen import Size, stacked
from viewer.section_view import section_svg
from viewer.section_words import NOTE, alternative
from viewer.text_output import coverage_words, depth_limit
from viewer.zone_images import ORDER, Shown, on_chart, shown_zones, zone_shape
from zones.check import check_site, data_version
from zones.facts import load_facts
from zones.gather import zone_sources
from zones.models import Verdict
from zones.section import site_section
from zones.sectionmodels import View
from zones.wording import SHAPES

if TYPE_CHECKING:
    from zones.models import Assessment
    from zones.zonefile import Zone

#: Paper, mm: short and long side.
PAPER = {
    "A1": (594.0, 841.0),
    "A2": (420.0, 594.0),
    "A4": (210.0, 297.0),
    "A5": (148.0, 210.0),
    "A6": (105.0, 148.0),
}
MARGIN = 12.0
#: What a dashed outline means.
IF_ASKED = "counts only if a fact holds that was not asked"
#: A chart that is broader than this share of its height lies on its paper.
BROAD = 0.6
NOT_A_DEVICE = (
    "Decision support and teaching, not a medical device. What is not drawn was not "
    "mapped; that is no promise."
)
#: What a picture of the whole body says of its depths.
ABOUT = (
    "Areas of skin under which a structure can be met, drawn on an average reference "
    "body with the margin for placing by hand. How deep it lies is in each zone's own "
    "sheet; the patient at hand may differ."
)


@dataclass(frozen=True)
class Stamp:
    """What every sheet is marked with: the date, and the data it was made from."""

    date: datetime.date

    @property
    def words(self) -> str:
        """Date and data in words."""
        day = f"{self.date.day} {self.date:%B %Y}"
        return f"needlemap · data {data_version()} · {day}"


def today() -> datetime.date:
    """Return today's date in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


# ------------------------------------------------------------------------- the parts


def _head(page: Page, name: str, under: str, *, scale: float = 1.0) -> float:
    """Write title and subtitle and return where the sheet goes on."""
    edge = _edge(page)
    room = page.width - 2 * edge
    size = 6.4 * scale
    while size > 3.4 * scale and len(wrap(name, room, size, 600)) > 2:
        size *= 0.92
    y = page.paragraph(edge, edge - 0.35 * size, room, name, size, weight=600)
    if under:
        y = page.paragraph(edge, y, room, under, 3.1 * scale, fill=GREY)
    page.rule(edge, y + 1.4 * scale, room, thick=0.4 * scale)
    return y + 1.4 * scale


def _edge(page: Page) -> float:
    """Return the margin of a page."""
    return min(MARGIN * max(1.0, page.width / 420.0), 0.062 * page.width)


def _foot(page: Page, stamp: Stamp, *, number: str = "", scale: float = 1.0) -> float:
    """Write the foot of a page and return where it begins."""
    edge, size = _edge(page), 2.15 * scale
    room = page.width - 2 * edge
    lines = wrap(f"{NOT_A_DEVICE} {stamp.words}{number}", room, size)
    y = page.height - 0.55 * edge - LEADING * size * len(lines)
    page.rule(edge, y, room, thick=0.25 * scale)
    for n, line in enumerate(lines, start=1):
        page.text(edge, y + LEADING * size * n, line, size, fill=GREY)
    return y - 1.0 * scale


def _keys(zones: Iterable[Shown]) -> list[tuple[Verdict, bool, str]]:
    """Return the patterns that zones need, with what they mean."""
    found: dict[tuple[Verdict, bool], str] = {}
    for verdict in reversed(ORDER):
        for known in (True, False):
            if any(z.verdict == verdict and z.known is known for z in zones):
                word = LOOKS[verdict].short
                means = MEANS[verdict] if known else IF_ASKED
                plain = not known or verdict == Verdict.NOT_ASSESSABLE
                text = means if plain else f"{word}: {means}"
                if text not in found.values():
                    found[verdict, known] = text
    return [(verdict, known, text) for (verdict, known), text in found.items()]


def _legend(
    page: Page, zones: Sequence[Shown], x: float, y: float, room: float, size: float
) -> float:
    """Draw the patterns with their meaning in a row and return its foot."""
    at = x
    for verdict, known, text in _keys(zones):
        wide = 1.5 * size + width(text, size) + 2.2 * size
        if at + wide > x + room and at > x:
            at, y = x, y + 1.9 * size
        page.add(swatch(verdict, at, y, 1.25 * size, known=known))
        page.text(at + 1.75 * size, y + 1.02 * size, text, size)
        at += wide
    return y + 1.9 * size


def _heading(page: Page, x: float, y: float, text: str, size: float = 3.3) -> float:
    """Write the heading of a part."""
    page.text(x, y + size, text, size, weight=600)
    return y + 1.35 * size


# ------------------------------------------------------------------------- one zone


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
    page = Page(*PAPER["A4"], f"{zone.structure}, {body} body")
    shown = content.shown_zone(zone)
    y = _head(page, zone.structure, _under(zone, shown, body))
    low = _foot(page, stamp, number="")
    y = _zone_charts(page, zone, shown, body, y + 3.0)
    y = _legend(page, [shown], MARGIN, y + 2.2, page.width - 2 * MARGIN, 2.7)
    y = _zone_section(page, zone, body, y + 1.2)
    left = _zone_texts(page, zone, y + 1.0, low)
    return [page, *_zone_tables(zone, body, stamp, left)]


def _under(zone: Zone, shown: Shown, body: str) -> str:
    """Return the line under a zone's title."""
    side = {"paired": "both sides", "midline": "in the midline"}
    where = side.get(zone.side, f"the patient's {zone.side} only")
    word = LOOKS[shown.verdict].word
    return (
        f"{word} if reached: {zone.consequence} · {where} · {content.span_words(zone)} "
        f"under the skin · {body} reference body · zone {zone.id}"
    )


def _zone_charts(page: Page, zone: Zone, shown: Shown, body: str, y: float) -> float:
    """Draw the charts that show a zone: one large, four small."""
    charts = list(content.charts_of(body, zone.id))[:5]
    room = page.width - 2 * MARGIN
    if not charts:
        page.text(MARGIN, y + 4, f"Not seen on any chart of the {body} body.", 3)
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
    shot = content.telling_shot(body, zone.id, round(size.aspect, 3))
    wide = 118.0
    tall = wide * size.height / size.width
    y = _heading(page, MARGIN, y, f"In section, {shot.answer.site.description}")
    page.add(placed(section_svg(shot.section, size), MARGIN, y, wide, tall, key="s"))
    x, room = MARGIN + wide + 4, page.width - 2 * MARGIN - wide - 4
    at = page.paragraph(x, y - 1, room, shot.section.title, 2.5, fill=GREY) + 1.0
    found = shot.finding
    if found is not None and found.earliest_mm is not None:
        rows = [("Earliest", f"{found.earliest_mm:g} mm")]
        if found.typical_mm is not None:
            sd = f" (SD {found.sd_mm:g})" if found.sd_mm else ""
            rows.append(("Typical", f"{found.typical_mm:g} mm{sd}"))
        limit = shot.answer.max_depth_mm
        if limit is not None:
            rows.append(("Deepest plan", f"{limit:g} mm" if limit else "no depth"))
        for name, figure in rows:
            page.text(x, at + 3.4, name, 2.7, fill=GREY)
            page.text(x + 21, at + 3.4, figure, 3.2, weight=600)
            at += 4.6
    needle = shot.needle
    said = (
        f"Needle drawn: {needle['length_mm']:g} mm long, {needle['depth_mm']:g} mm "
        f"deep, perpendicular. {NOTE}"
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
        why = [f"Reaching it means: {zone.consequence}."]
    rows += [Row("Why it matters", heading=True), *map(Row, why)]
    rules = content.rule_views(zone)
    if rules:
        rows += [Row("What the rules say", heading=True)]
        rows += [Row(text, bullet="•") for text in rules]
    if zone.advice:
        rows += [Row("What to do", heading=True)]
        rows += [Row(text, bullet="•") for text in zone.advice]
    if zone.disagreements:
        rows += [Row("Where sources disagree", heading=True)]
        rows += [
            Row(f"{view.text} [{', '.join(view.sources)}]", bullet="•")
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
        rows += [Row("Depths under the skin, mm", heading=True)]
        rows += [_depth_row(row) for row in depths]
    cases = content.cases_of(zone)
    if cases:
        rows += [Row(f"Published injuries ({len(cases)})", heading=True)]
        for case in cases:
            record = case.record
            rows.append(
                Row(
                    f"{record['event']}. {content.case_words(record)} "
                    f"{content.citation(record)} Read: {record['read']}.",
                    bullet="•",
                )
            )
    cited = [s for view in zone.disagreements for s in view.sources]
    sources = content.worded_sources([*zone_sources(zone), *cited])
    rows += [Row(f"Sources ({len(sources)})", heading=True)]
    rows += [Row(f"{key}: {words} Read: {read}.") for key, words, read, _ in sources]
    if not sources:
        rows += [Row("None: our own inference.")]
    return _flowed(rows, zone.structure, f"Depths and sources · {body} body", stamp)


def _depth_row(row: content.DepthRow) -> Row:
    """Return one line of the depth table in words."""
    figure = f"from {row.earliest_mm:g}" if row.earliest_mm is not None else "-"
    if row.typical_mm is not None:
        figure += f", typically {row.typical_mm:g}"
    if row.sd_mm is not None:
        figure += f", SD {row.sd_mm:g}"
    read = "; ".join(f"{key} ({how})" for key, how in row.sources)
    return Row(f"{row.place}: {row.how} [{read or 'our inference'}]", lead=figure)


def _flowed(rows: Sequence[Row], name: str, under: str, stamp: Stamp) -> list[Page]:
    """Return rows set in two columns over as many A4 pages as they need."""
    pages: list[Page] = []
    flow: Flow | None = None
    page: Page | None = None
    for row in rows:
        if flow is None or page is None or not flow.fits(row):
            page = Page(*PAPER["A4"], f"{name}: {under}")
            pages.append(page)
            y = _head(page, name, f"{under} · sheet {len(pages) + 1}", scale=0.8)
            low = _foot(page, stamp)
            room = (page.width - 2 * MARGIN - 6) / 2
            columns = [(MARGIN, room), (MARGIN + room + 6, room)]
            flow = Flow(y + 2, low, columns, size=2.35)
        flow.write(page, row)
    return pages


# ------------------------------------------------------------------------- one view


def view_figure(
    chart: str, *, body: str = "female", date: datetime.date | None = None
) -> list[Page]:
    """Return the sheet of one chart with all its zones named.

    Parameters
    ----------
    chart : str
        Name of a chart, such as ``"posterior"``.
    body, date
        As for `zone_figure`.

    Raises
    ------
    UnknownNameError
        When there is no such chart or body.

    Examples
    --------
    >>> view_figure("left_hand_palmar")[0].title
    'Palm of the LEFT hand, female body'
    """
    body = content.parse_body(body)
    charts = load_body(body).charts
    if chart not in charts:
        raise unknown("chart", chart, charts, field="chart")
    stamp = Stamp(date or today())
    name = chart_title(charts[chart])
    _, _, across, along = drawing.whole(body, chart)
    short, long = PAPER["A4"]
    paper = (long, short) if across > BROAD * along else (short, long)
    page = Page(*paper, f"{name}, {body} body")
    zones = on_chart(body, chart, shown_zones(load_facts().complete({})))
    y = _head(page, name, f"Zones of dry needling · {body} reference body")
    low = _foot(page, stamp)
    sources = _sources_line(page, zones, low, 1.75)
    legend = sources - 7.0 - 5.0 * (len(_keys(zones)) > 3)
    about = page.paragraph
    _labelled_chart(
        page,
        body,
        chart,
        zones,
        (MARGIN, y + 3, page.width - 2 * MARGIN, legend - y - 12),
    )
    about(MARGIN, legend - 8.2, page.width - 2 * MARGIN, ABOUT, 2.3, fill=GREY)
    _legend(page, zones, MARGIN, legend - 0.6, page.width - 2 * MARGIN, 2.7)
    return [page]


def _sources_line(
    page: Page, zones: Iterable[Shown], low: float, size: float, *, lines: int = 9
) -> float:
    """Write the ids of the sources at the foot and return where they begin."""
    index = content.zone_index()
    ids = [s for z in zones if z.key in index for s in zone_sources(index[z.key])]
    unique = sorted(dict.fromkeys(ids))
    text = f"Sources ({len(unique)}): {', '.join(unique)}."
    edge = _edge(page)
    room = page.width - 2 * edge
    wrapped = wrap(text, room, size)
    while len(wrapped) > lines and size > 1.2:
        size *= 0.95
        wrapped = wrap(text, room, size)
    y = low - LEADING * size * len(wrapped)
    page.paragraph(edge, y, room, text, size, fill=GREY)
    return y


def _labelled_chart(
    page: Page,
    body: str,
    chart: str,
    zones: Sequence[Shown],
    at: tuple[float, float, float, float],
    *,
    letter: float = 2.35,
    most_px: int = 2200,
) -> None:
    """Draw a chart with the names of its zones beside it on leader lines."""
    left, top, wide, tall = at
    column = min(0.2 * wide, 46.0 * letter / 2.35)
    inner = drawing.fitted(body, [chart], (left + column, top, wide - 2 * column, tall))
    piece = tile(body, chart, zones, inner, most_px=most_px, letter=1.3 * letter)
    page.add(piece.svg)
    sides = _anchors(body, chart, zones, piece, inner)
    for side, marks in enumerate(sides):
        _names(page, marks, at, inner, letter, right=side == 1)


@dataclass(frozen=True)
class _Mark:
    """A zone's name and the place on the page that it points at."""

    zone: Shown
    x: float
    y: float


def _anchors(
    body: str,
    chart: str,
    zones: Sequence[Shown],
    piece: drawing.Tile,
    inner: tuple[float, float, float, float],
) -> tuple[list[_Mark], list[_Mark]]:
    """Return the marks of the left and of the right column."""
    picture = load_body(body).charts[chart]
    x0, y0, _, _ = piece.window
    found: tuple[list[_Mark], list[_Mark]] = ([], [])
    middle = inner[0] + inner[2] / 2
    seen: set[str] = set()
    for zone in reversed(list(zones)):
        if zone.label in seen:
            continue
        seen.add(zone.label)
        shape = drawing.on_picture(zone_shape(body, chart, zone.key), picture)
        spots = []
        parts = sorted(shapely.get_parts(shape), key=lambda p: -p.area)[:2]
        for part in parts:
            spot = part.representative_point()
            x = inner[0] + (spot.x - x0) * piece.per_mm
            y = inner[1] + (spot.y - y0) * piece.per_mm
            spots.append((x, y, part.area))
        # of a pair the side with fewer names gets this one
        sides = {int(x >= middle): (x, y) for x, y, area in spots}
        side = min(sides, key=lambda s: (len(found[s]), s))
        found[side].append(_Mark(zone, *sides[side]))
    for marks in found:
        marks.sort(key=lambda m: m.y)
    return found


def _names(
    page: Page,
    marks: Sequence[_Mark],
    at: tuple[float, float, float, float],
    inner: tuple[float, float, float, float],
    letter: float,
    *,
    right: bool,
) -> None:
    """Write names in a column beside a picture, each with a line to its place."""
    if not marks:
        return
    left, top, wide, tall = at
    size, gap = letter, 1.5 * letter
    first = inner[0] + inner[2] + gap if right else left
    room = (left + wide - first if right else inner[0] - gap - left) - 1.6 * size
    while True:
        lines = [wrap(m.zone.label, room, size) for m in marks]
        highs = [LEADING * size * max(1, len(text)) + 0.35 * size for text in lines]
        if sum(highs) <= tall or size < 0.55 * letter:
            break
        size *= 0.95
    tops = stacked(
        [max(0.0, m.y - top - h / 2) for m, h in zip(marks, highs, strict=True)],
        highs,
        tall,
    )
    for mark, own, text, height in zip(marks, tops, lines, highs, strict=True):
        y = top + own
        longest = max(width(line, size) for line in text)
        # names of the left column end at the picture
        x = first if right else first + room - longest
        look = LOOKS[mark.zone.verdict]
        middle = y + height / 2 - 0.15 * size
        page.add(
            swatch(
                mark.zone.verdict, x, y + 0.1 * size, 1.05 * size, known=mark.zone.known
            )
        )
        for n, line in enumerate(text, start=1):
            page.text(x + 1.6 * size, y + LEADING * size * n - 0.36 * size, line, size)
        start = x - 0.2 * size if right else x + 1.6 * size + longest + 0.2 * size
        edge = inner[0] + inner[2] + 0.2 * size if right else inner[0] - 0.2 * size
        page.add(
            f'<path d="M{start:.2f} {middle:.2f}L{edge:.2f} {middle:.2f}'
            f'L{mark.x:.2f} {mark.y:.2f}" fill="none" stroke="#fff" '
            f'stroke-width="{0.26 * size:.2f}" stroke-opacity="0.7"/>'
            f'<path d="M{start:.2f} {middle:.2f}L{edge:.2f} {middle:.2f}'
            f'L{mark.x:.2f} {mark.y:.2f}" fill="none" stroke="{look.line}" '
            f'stroke-width="{0.075 * size:.2f}"/>'
            f'<circle cx="{mark.x:.2f}" cy="{mark.y:.2f}" r="{0.2 * size:.2f}" '
            f'fill="{look.line}" stroke="#fff" stroke-width="{0.08 * size:.2f}"/>'
        )


# ------------------------------------------------------------------------- the poster


#: Views of the poster, with their share of the width.
_POSTER = ("anterior", "posterior", "left_lateral")
_INSETS = (
    "left_hand_palmar",
    "left_hand_dorsal",
    "left_foot_dorsal",
    "left_foot_plantar",
    "head_neck_left_lateral",
)


def poster_figure(
    *, body: str = "female", size: str = "A2", date: datetime.date | None = None
) -> list[Page]:
    """Return the poster of the whole body, landscape.

    Parameters
    ----------
    body : {"female", "male"}
        Reference body.
    size : {"A2", "A1"}
        Paper.
    date : date, optional
        Date on the sheet.

    Raises
    ------
    UnknownNameError
        When there is no such body or paper.
    """
    body = content.parse_body(body)
    if size not in ("A1", "A2"):
        raise unknown("paper", size, ("A1", "A2"), field="--size")
    stamp = Stamp(date or today())
    short, long = PAPER[size]
    scale = long / PAPER["A2"][1]
    page = Page(long, short, f"Danger zones of dry needling, {body} body")
    edge = _edge(page)
    every = shown_zones(load_facts().complete({}))
    y = _head(
        page,
        "Danger zones of dry needling",
        "What lies under the skin, where a needle may reach it, and what must not be "
        f"needled · {body} reference body",
        scale=2.0 * scale,
    )
    low = _foot(page, stamp, scale=1.5 * scale)
    low = _sources_line(page, every, low, 1.9 * scale, lines=7)
    legend = low - 8 * scale
    inset = 66 * scale
    tall = legend - y - inset - 14 * scale
    room = long - 2 * edge
    shares = []
    for chart in _POSTER:
        _, _, wide, high_mm = drawing.whole(body, chart)
        shares.append(tall * wide / high_mm)
    names = (room - sum(shares) - 2 * 4 * scale) / 6
    x = edge
    for chart, share in zip(_POSTER, shares, strict=True):
        zones = on_chart(body, chart, every)
        wide = share + 2 * names
        box = (x, y + 7 * scale, wide, tall)
        _labelled_poster(page, body, chart, zones, box, names, 2.5 * scale)
        x += wide + 4 * scale
    _insets(page, body, every, (edge, legend - inset - 3 * scale, room, inset), scale)
    _legend(page, every, edge, legend, 0.45 * room, 3.6 * scale)
    page.paragraph(
        edge + 0.55 * room,
        legend - 1.4 * scale,
        0.45 * room,
        ABOUT,
        2.9 * scale,
        fill=GREY,
    )
    return [page]


def _labelled_poster(
    page: Page,
    body: str,
    chart: str,
    zones: Sequence[Shown],
    box: tuple[float, float, float, float],
    names: float,
    letter: float,
) -> None:
    """Draw one view of the poster with its title."""
    left, top, wide, tall = box
    inner = (left + names, top, wide - 2 * names, tall)
    piece = tile(body, chart, zones, inner, most_px=2400, letter=1.6 * letter)
    page.add(piece.svg)
    name = chart_title(load_body(body).charts[chart])
    page.text(
        left + wide / 2,
        top - 0.8 * letter,
        name,
        1.7 * letter,
        weight=600,
        anchor="middle",
    )
    for side, marks in enumerate(_anchors(body, chart, zones, piece, inner)):
        _names(page, marks, box, inner, letter, right=side == 1)


def _insets(
    page: Page,
    body: str,
    every: Sequence[Shown],
    at: tuple[float, float, float, float],
    scale: float,
) -> None:
    """Draw the enlargements in a row, each with its names."""
    left, top, wide, tall = at
    each = (wide - (len(_INSETS) - 1) * 5 * scale) / len(_INSETS)
    for number, chart in enumerate(_INSETS):
        zones = on_chart(body, chart, every)
        x = left + number * (each + 5 * scale)
        box = (x, top + 5 * scale, each, tall - 7 * scale)
        name = chart_title(load_body(body).charts[chart])
        page.text(
            x + each / 2,
            top + 3.4 * scale,
            name,
            3.2 * scale,
            weight=600,
            anchor="middle",
        )
        _labelled_chart(page, body, chart, zones, box, letter=1.75 * scale, most_px=900)


# ------------------------------------------------------------------------- the pocket


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
        Two views, then what lies there and from which depth, the gravest first.

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
    for row in [_pocket_row(zone) for zone in zones]:
        if not flow.fits(row):
            page = Page(*PAPER[size], f"{names[part]}: what lies there")
            pages.append(page)
            under = "what lies there, and from which depth, continued"
            y = _head(page, names[part], under, scale=0.62 * scale)
            flow = _pocket_flow(page, zones, y, stamp, scale)
        flow.write(page, row)
    return pages


def _pocket_flow(
    page: Page, zones: Sequence[Shown], y: float, stamp: Stamp, scale: float
) -> Flow:
    """Return the columns of a pocket sheet below a line, with its foot written."""
    low = _foot(page, stamp, scale=0.72 * scale)
    low = _sources_line(page, zones, low, 1.1 * scale, lines=10)
    edge, gap = _edge(page), 3.0 * scale
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
        return Row(f"{zone.label}: not mapped", verdict=zone.verdict, known=zone.known)
    when = "" if zone.known else " (if a fact holds that was not asked)"
    return Row(
        f"{own.structure}{when}: {own.consequence}",
        lead=content.span_words(own),
        verdict=zone.verdict,
        known=zone.known,
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
    page = Page(*PAPER[size], f"{name}: danger zones of dry needling, {body} body")
    edge = _edge(page)
    room = page.width - 2 * edge
    y = _head(
        page,
        name,
        f"Danger zones of dry needling · {body} reference body · "
        "the right side is the mirror image",
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
    y = _legend(page, own, edge, foot + 1.6 * scale, room, 1.9 * scale)
    return page, _pocket_flow(page, own, y, stamp, scale)


# ------------------------------------------------------------------------- a section


def section_figure(
    site: Any,
    needle: Any = None,
    patient: Any = None,
    *,
    view: View = "needle",
    date: datetime.date | None = None,
) -> list[Page]:
    """Return the sheet of a cross-section: a check at a site, drawn and in words.

    Parameters
    ----------
    site, needle, patient
        As for `zones.check_site`.
    view : {"needle", "axial"}
        Plane, as for `zones.section.site_section`.
    date : date, optional
        Date on the sheet.

    Raises
    ------
    NeedlemapError
        When the request can not be answered.

    Examples
    --------
    >>> section_figure({"text": "6 cm left of T4"}, {"depth_mm": 25})[0].width
    297.0
    """
    size = Size(1020, 740, 230, 16.0)
    answer = check_site(site, needle, patient)
    section = site_section(
        answer,
        needle,
        patient,
        view=view,
        aspect=size.aspect,
    )
    stamp = Stamp(date or today())
    short, long = PAPER["A4"]
    page = Page(long, short, f"Cross-section, {answer.site.description}")
    y = _head(
        page,
        answer.site.description[:1].upper() + answer.site.description[1:],
        f"{section.title} · {_asked(needle, patient)} · "
        f"{answer.site.body} reference body",
        scale=0.85,
    )
    low = _foot(page, stamp)
    room = long - 2 * MARGIN
    cited = [s for f in answer.findings for s in f.sources]
    unique = list(dict.fromkeys(cited))
    text = f"Sources ({len(unique)}): {', '.join(unique) or 'none cited'}."
    sources = low - high(text, room, 1.8)
    page.paragraph(MARGIN, sources, room, text, 1.8, fill=GREY)
    tall = min(sources - y - 11, 0.72 * room * size.height / size.width)
    wide = tall * size.width / size.height
    page.add(placed(section_svg(section, size), MARGIN, y + 3, wide, tall, key="s"))
    note_y = y + 3 + tall
    if sources - note_y > 7:
        page.paragraph(MARGIN, note_y + 0.5, wide, NOTE, 2.0, fill=GREY)
    x, rest = MARGIN + wide + 6, room - wide - 6
    _answer(page, answer, alternative(section), (x, y + 3, rest, sources - y - 4))
    return [page]


def _asked(needle: Any, patient: Any) -> str:
    """Return needle and patient in words."""
    from zones.models import parse_needle

    plan = parse_needle(needle)
    parts = []
    if plan.depth_mm is not None:
        parts.append(f"{plan.depth_mm:g} mm deep")
    if plan.length_mm is not None:
        parts.append(f"{plan.length_mm:g} mm long")
    words = f"needle {', '.join(parts)}" if parts else "depth of the needle not given"
    facts = dict(patient or {})
    told = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items())
    return f"{words} · patient: {told or 'nothing asked'}"


def _answer(
    page: Page,
    answer: Assessment,
    said: str,
    at: tuple[float, float, float, float],
) -> None:
    """Write the verdict, the limit and the reasons beside a picture."""
    x, y, room, tall = at
    look = LOOKS[answer.verdict]
    page.add(
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{room:.2f}" height="11" rx="1" '
        f'fill="{look.fill}"/>',
        icon(answer.verdict, x + 1.8, y + 1.8, 7.4),
    )
    word = SHAPES[answer.verdict][0]
    size = 5.0
    while width(word, size, 600) > room - 13:
        size *= 0.95
    page.text(x + 11, y + 7.3, word, size, weight=600, fill=look.ink)
    flow = Flow(y + 12, y + tall, [(x, room)], size=2.5)
    rows = [
        Row(answer.headline),
        Row(f"Deepest: {depth_limit(answer)}."),
        Row("Why", heading=True),
    ]
    for finding in answer.findings:
        if finding.kind != "zone" and finding.status != "known":
            continue
        figure = ""
        if finding.earliest_mm is not None:
            figure = f"from {finding.earliest_mm:g} mm"
            if finding.typical_mm is not None:
                figure += f", typically {finding.typical_mm:g}"
                figure += f" (SD {finding.sd_mm:g})" if finding.sd_mm else ""
        name = finding.structure or finding.message
        rows.append(
            Row(
                f"{name}: {finding.consequence}" if finding.structure else name,
                lead=figure,
                verdict=finding.verdict,
            )
        )
    if answer.open_questions:
        rows += [
            Row("Not asked, and able to change the answer", heading=True),
            Row(", ".join(q.replace("_", " ") for q in answer.open_questions)),
        ]
    rows += [Row("In the picture", heading=True), Row(said)]
    rows += [Row(f"Mapped: {coverage_words(answer)}.")]
    for row in rows:
        if not flow.fits(row):
            page.text(x, y + tall - 0.4, "… more in the full answer", 2.2, fill=GREY)
            break
        flow.write(page, row)


__all__ = [
    "INK",
    "PAPER",
    "label",
    "pocket_figure",
    "pocket_names",
    "poster_figure",
    "section_figure",
    "view_figure",
    "zone_figure",
]
