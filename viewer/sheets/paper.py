"""What every sheet has: paper, title, foot, legend, sources."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS, MEANS
from viewer.look.palette import tissues_of
from viewer.map.zones.zone_images import ORDER, UNMAPPED, Shown
from viewer.sheets.pen import GREY, LEADING, PAPER, Page, high, width, wrap
from viewer.sheets.svg import swatch, tissue_swatch
from viewer.state.language import notice
from viewer.state.terms import day_words
from viewer.text.structures import content
from zones.check.patient_findings import zone_sources
from zones.check.site import data_version
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import tissue_words

#: A key of a legend: how far right, what draws its sample, and its words.
_Key = tuple[float, Callable[..., str], str]
#: Height of a row of a legend over that of its letters.
_LEGEND_ROW = 1.9
MARGIN = 12.0
#: Height of the least letters of sources on A4, 7 pt, and of those where there is room
#: or that are read from farther away, mm.
LEAST_MM, SOURCES_MM = 2.47, 2.9
#: More lines of sources than this go on a sheet of their own.
MOST_LINES = 6
#: What a dashed outline means.
IF_ASKED = _("counts only if something that was not asked is true")
#: A chart that is broader than this share of its height lies on its paper.
BROAD = 0.6
NOT_A_DEVICE = _(
    "Decision support and teaching; not a medical device. What is not drawn was not "
    "mapped; that is not a promise."
)
#: What a picture of the whole body says of its depths.
ABOUT = _(
    "Areas of skin under which a structure can be met, drawn on an average reference "
    "body with the margin for placing by hand. How deep it lies is in each zone's own "
    "sheet; your patient may differ."
)


@dataclass(frozen=True)
class Stamp:
    """What every sheet is marked with: the date, and the data it was made from."""

    date: datetime.date

    @property
    def words(self) -> str:
        """Date and data in words."""
        return _(
            "needlemap · data {version} · {day}",
            version=data_version(),
            day=day_words(self.date),
        )


def today() -> datetime.date:
    """Return today's date in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def page_head(page: Page, name: str, under: str, *, scale: float = 1.0) -> float:
    """Write title and subtitle and return where the sheet goes on."""
    edge = page_edge(page)
    room = page.width - 2 * edge
    size = 6.4 * scale
    while size > 3.4 * scale and len(wrap(name, room, size, 600)) > 2:
        size *= 0.92
    y = page.paragraph(edge, edge - 0.35 * size, room, name, size, weight=600)
    if under:
        y = page.paragraph(edge, y, room, under, 3.1 * scale, fill=GREY)
    page.rule(edge, y + 1.4 * scale, room, thick=0.4 * scale)
    return y + 1.4 * scale


def page_edge(page: Page) -> float:
    """Return the margin of a page."""
    return min(MARGIN * max(1.0, page.width / 420.0), 0.062 * page.width)


def page_foot(page: Page, stamp: Stamp, *, scale: float = 1.0) -> float:
    """Write the foot of a page and return where it begins."""
    edge, size = page_edge(page), 2.15 * scale
    room = page.width - 2 * edge
    lines = wrap(
        joined(filter(None, [NOT_A_DEVICE, stamp.words, notice()])), room, size
    )
    y = page.height - 0.55 * edge - LEADING * size * len(lines)
    page.rule(edge, y, room, thick=0.25 * scale)
    for n, line in enumerate(lines, start=1):
        page.text(edge, y + LEADING * size * n, line, size, fill=GREY)
    return y - 1.0 * scale


def legend_keys(zones: Iterable[Shown]) -> list[tuple[Verdict, bool, str]]:
    """Return the outlines that zones need, with what they mean."""
    found: dict[tuple[Verdict, bool], str] = {}
    for verdict in reversed(ORDER):
        for known in (True, False):
            if any(z.verdict == verdict and z.known is known for z in zones):
                word = LOOKS[verdict].short
                means = MEANS[verdict] if known else IF_ASKED
                plain = not known or verdict == Verdict.NOT_ASSESSABLE
                text = means if plain else joined([word, means], ": ")
                if text not in found.values():
                    found[verdict, known] = text
    return [(verdict, known, text) for (verdict, known), text in found.items()]


def page_legend(
    page: Page, zones: Sequence[Shown], x: float, y: float, room: float, size: float
) -> float:
    """Draw what outlines and fills mean in rows and return their foot."""
    rows = _legend_rows(zones, room, size)
    for row in rows:
        for at, drawn, text in row:
            page.add(drawn(x=x + at, y=y, size=1.25 * size))
            page.text(x + at + 1.75 * size, y + 1.02 * size, text, size)
        y += _LEGEND_ROW * size
    return y


def legend_high(zones: Sequence[Shown], room: float, size: float) -> float:
    """Return how high `page_legend` is."""
    return len(_legend_rows(zones, room, size)) * _LEGEND_ROW * size


def _legend_rows(zones: Sequence[Shown], room: float, size: float) -> list[list[_Key]]:
    """Return the keys of a legend in rows: outlines first, then tissues."""
    filled = [zone.key for zone in zones if zone.known and zone.group != UNMAPPED]
    words = tissue_words()
    keys: list[tuple[Callable[..., str], str]] = [
        (partial(swatch, verdict, known=known), text)
        for verdict, known, text in legend_keys(zones)
    ]
    keys += [(partial(tissue_swatch, t), words[t].word) for t in tissues_of(filled)]
    rows: list[list[_Key]] = [[]]
    at = 0.0
    for drawn, text in keys:
        wide = 1.5 * size + width(text, size) + 2.2 * size
        if at + wide > room and rows[-1]:
            rows.append([])
            at = 0.0
        rows[-1].append((at, drawn, text))
        at += wide
    return rows


def page_heading(page: Page, x: float, y: float, text: str, size: float = 3.3) -> float:
    """Write the heading of a part."""
    page.text(x, y + size, text, size, weight=600)
    return y + 1.35 * size


def sources_words(zones: Iterable[Shown]) -> str:
    """Return the ids of the sources of zones, as a sentence."""
    index = content.zone_index()
    ids = [s for z in zones if z.key in index for s in zone_sources(index[z.key])]
    unique = sorted(dict.fromkeys(ids))
    return _("Sources ({n}): {unique}.", n=len(unique), unique=", ".join(unique))


def sources_line(
    page: Page, zones: Iterable[Shown], low: float, size: float, stamp: Stamp
) -> tuple[float, list[Page]]:
    """Write the ids of the sources at the foot, or on a sheet of their own.

    Parameters
    ----------
    page : Page
        Where they are cited.
    zones : iterable of Shown
        What they are of.
    low : float
        Where the foot begins, mm.
    size : float
        Height of the letters, mm, not less than `LEAST_MM`: many sources are not
        written smaller, they go on the next sheet.
    stamp : Stamp
        Of that sheet.

    Returns
    -------
    float
        Where the line at the foot begins, mm.
    list of Page
        The sheet of the sources; none where they are at the foot.
    """
    text = sources_words(zones)
    edge = page_edge(page)
    room = page.width - 2 * edge
    lines, more = wrap(text, room, size), []
    if len(lines) > MOST_LINES:
        more = _sources_sheet(text, page.title, stamp)
        text = _("Sources: on the sheet that follows.")
        lines = [text]
    y = low - LEADING * size * len(lines)
    page.paragraph(edge, y, room, text, size, fill=GREY)
    return y, more


def _sources_sheet(text: str, of: str, stamp: Stamp) -> list[Page]:
    """Return the sources of another sheet, on A4."""
    page = Page(*PAPER["A4"], joined([of, _("sources")], ": "))
    y = page_head(page, _("Sources"), of)
    room = page.width - 2 * MARGIN
    low, size = page_foot(page, stamp), SOURCES_MM
    while size > LEAST_MM and y + 3 + high(text, room, size) > low:
        size = max(LEAST_MM, 0.95 * size)
    page.paragraph(MARGIN, y + 3, room, text, size)
    return [page]
