"""Rows of text that flow through the columns of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.sheets.pen import GREY, LEADING, high, width
from viewer.sheets.svg import swatch

if TYPE_CHECKING:
    from viewer.sheets.pen import Page
    from zones.contract.models import Verdict


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes
    ----------
    text : str
        What it says.
    heading : bool
        Whether it begins a part.
    bullet : str
        Sign before it.
    lead : str
        Figure that stands before the text, in bold on its own line.
    verdict : Verdict or None
        Whose pattern stands before it.
    known : bool
        False for the pattern of what was not asked.
    zone : str
        Id of the structure whose tissue fills the pattern; empty for none.
    """

    text: str
    heading: bool = False
    bullet: str = ""
    lead: str = ""
    verdict: Verdict | None = None
    known: bool = True
    zone: str = ""


class Flow:
    """Columns of a page that are filled one after the other.

    Parameters
    ----------
    top, low : float
        Where the columns begin and end, mm.
    columns : sequence of (float, float)
        Left edge and width of each, mm.
    size : float
        Height of the letters, mm.
    """

    def __init__(
        self,
        top: float,
        low: float,
        columns: Sequence[tuple[float, float]],
        *,
        size: float = 2.6,
    ) -> None:
        self.top, self.low, self.size = top, low, size
        self._columns = list(columns)
        self._at = 0
        self._y = top

    def height(self, row: Row) -> float:
        """Return how high a row is, mm."""
        _, room = self._columns[min(self._at, len(self._columns) - 1)]
        size = self.size
        if row.heading:
            # a heading is not left alone at the foot of a column
            return 3.4 * size + LEADING * size
        if row.verdict is not None:
            room -= 1.9 * size
        if row.bullet:
            room -= width(f"{row.bullet} ", size)
        tall = high(row.text, room, size) + 0.45 * size
        return tall + (high(row.lead, room, size, 600) if row.lead else 0.0)

    def holds(self, row: Row) -> bool:
        """Return whether a column is high enough for a row at all."""
        return self.top + self.height(row) <= self.low

    def fits(self, row: Row) -> bool:
        """Return whether a row still has room on this page."""
        if self._y + self.height(row) <= self.low:
            return True
        return (
            self._at + 1 < len(self._columns)
            and self.top + self.height(row) <= self.low
        ) or (self._at == 0 and self._y == self.top)

    @property
    def room(self) -> float:
        """How wide the column is in which is written, mm."""
        return self._columns[self._at][1]

    def write_lines(
        self, page: Page, lines: Sequence[str], size: float
    ) -> Sequence[str]:
        """Write small print from column to column; return what has no room left."""
        while True:
            x, _ = self._columns[self._at]
            n = max(0, int((self.low - self._y) / (LEADING * size)))
            for line in lines[:n]:
                self._y += LEADING * size
                page.text(x, self._y - 0.33 * size, line, size, fill=GREY)
            lines = lines[n:]
            if not lines or self._at + 1 == len(self._columns):
                return lines
            self._at, self._y = self._at + 1, self.top

    def write(self, page: Page, row: Row) -> None:
        """Write a row where the next one goes."""
        if (
            self._y + self.height(row) > self.low
            and self._at + 1 < len(self._columns)
            and self._y > self.top
        ):
            self._at += 1
            self._y = self.top
        x, room = self._columns[self._at]
        size, y = self.size, self._y
        if row.heading:
            gap = 0.0 if y == self.top else 0.8 * size
            page.text(x, y + gap + 1.2 * size, row.text, 1.2 * size, weight=600)
            self._y = y + gap + 1.75 * size
            return
        if row.verdict is not None:
            page.add(
                swatch(
                    row.verdict,
                    x,
                    y + 0.15 * size,
                    1.1 * size,
                    known=row.known,
                    zone=row.zone,
                )
            )
            x, room = x + 1.9 * size, room - 1.9 * size
        if row.lead:
            y = page.paragraph(x, y, room, row.lead, size, weight=600)
        y = page.paragraph(
            x,
            y,
            room,
            row.text,
            size,
            bullet=row.bullet,
            fill=GREY if row.lead else "#26323d",
        )
        self._y = y + 0.45 * size
