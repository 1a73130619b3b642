"""The sheet of one view, and the poster of the whole body."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from anatomy.body import load_body
from anatomy.messages import message as _
from anatomy.names import unknown
from viewer.look.look import LOOKS
from viewer.map.charts.frames import title as chart_title
from viewer.map.zones.zone_images import Shown, on_chart, shown_zones, zone_shape
from viewer.section.pen import uncrossed
from viewer.sheets import svg as drawing
from viewer.sheets.paper import (
    ABOUT,
    BROAD,
    LEAST_MM,
    MARGIN,
    SOURCES_MM,
    Stamp,
    legend_high,
    page_edge,
    page_foot,
    page_head,
    page_legend,
    sources_line,
    today,
)
from viewer.sheets.pen import GREY, LEADING, PAPER, Page, width, wrap
from viewer.sheets.svg import swatch, tile
from viewer.state.terms import term
from viewer.text.structures import content
from zones.knowledge.facts import load_facts

if TYPE_CHECKING:
    pass


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
    _x, _y, across, along = drawing.whole(body, chart)
    short, long = PAPER["A4"]
    paper = (long, short) if across > BROAD * along else (short, long)
    page = Page(*paper, _("{name}, {body} body", name=name, body=term(body)))
    zones = on_chart(body, chart, shown_zones(load_facts().complete({})))
    y = page_head(
        page, name, _("Zones of dry needling · {body} reference body", body=term(body))
    )
    low = page_foot(page, stamp)
    sources, more = sources_line(page, zones, low, LEAST_MM, stamp)
    room = page.width - 2 * MARGIN
    legend = sources - 1.5 - legend_high(zones, room, 2.7)
    about = page.paragraph
    _labelled_chart(
        page,
        body,
        chart,
        zones,
        (MARGIN, y + 3, page.width - 2 * MARGIN, legend - y - 12),
    )
    about(MARGIN, legend - 8.2, page.width - 2 * MARGIN, ABOUT, 2.3, fill=GREY)
    page_legend(page, zones, MARGIN, legend - 0.6, room, 2.7)
    return [page, *more]


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
    edge = inner[0] + inner[2] + 0.2 * size if right else inner[0] - 0.2 * size
    laid = uncrossed(
        [np.array([m.x, m.y - top]) for m in marks],
        highs,
        tall,
        lambda n, own: np.array([edge, own + highs[n] / 2 - 0.15 * size]),
    )
    for number, own in laid:
        mark, text, height = marks[number], lines[number], highs[number]
        y = top + own
        longest = max(width(line, size) for line in text)
        # names of the left column end at the picture
        x = first if right else first + room - longest
        look = LOOKS[mark.zone.verdict]
        middle = y + height / 2 - 0.15 * size
        page.add(
            swatch(
                mark.zone.verdict,
                x,
                y + 0.1 * size,
                1.05 * size,
                known=mark.zone.known,
                zone=mark.zone.key,
            )
        )
        for n, line in enumerate(text, start=1):
            page.text(x + 1.6 * size, y + LEADING * size * n - 0.36 * size, line, size)
        start = x - 0.2 * size if right else x + 1.6 * size + longest + 0.2 * size
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
    page = Page(
        long, short, _("Danger zones of dry needling, {body} body", body=term(body))
    )
    edge = page_edge(page)
    every = shown_zones(load_facts().complete({}))
    y = page_head(
        page,
        _("Danger zones of dry needling"),
        _(
            "What lies under the skin, where a needle may reach it, and "
            "what must not be needled · {body} reference body",
            body=term(body),
        ),
        scale=2.0 * scale,
    )
    low = page_foot(page, stamp, scale=1.5 * scale)
    low, more = sources_line(page, every, low, SOURCES_MM * scale, stamp)
    room = long - 2 * edge
    legend = low - 1.5 * scale - legend_high(every, 0.52 * room, 3.0 * scale)
    inset = 66 * scale
    tall = legend - y - inset - 14 * scale
    shares = []
    for chart in _POSTER:
        _x, _y, wide, high_mm = drawing.whole(body, chart)
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
    page_legend(page, every, edge, legend, 0.52 * room, 3.0 * scale)
    page.paragraph(
        edge + 0.55 * room,
        legend - 1.4 * scale,
        0.45 * room,
        ABOUT,
        2.9 * scale,
        fill=GREY,
    )
    return [page, *more]


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
