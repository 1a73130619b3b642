"""What both PDFs are made of: pages with head and foot, headings, verdict banners."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
)

from viewer.card.card import DISCLAIMER
from viewer.look import LOOKS
from viewer.record.typeface import BOLD, PLAIN, markup, register_fonts
from zones.contract.models import Verdict

INK, GREY, LINE = HexColor("#1c2733"), HexColor("#5b6770"), HexColor("#b8c4ce")
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN


def style(size: float, **more: Any) -> ParagraphStyle:
    """Return the style of a paragraph of a size in points."""
    plain = {
        "fontName": PLAIN,
        "fontSize": size,
        "leading": size * 1.32,
        "textColor": INK,
        "splitLongWords": 1,
    }
    return ParagraphStyle("", **(plain | more))


def text(words: str, size: float = 9.2, **more: Any) -> Paragraph:
    """Return a paragraph of words; whatever they hold is printed, never run."""
    return Paragraph(markup(words), style(size, **more))


def heading(words: str, size: float = 11.5) -> Paragraph:
    """Return a heading that stays with what follows."""
    return text(
        words, size, fontName=BOLD, spaceBefore=size * 0.8, spaceAfter=3, keepWithNext=1
    )


class Numbered(Canvas):
    """A canvas that knows how many pages there are."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        """Keep the page until all are known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages, each with its number."""
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont(PLAIN, 8)
            self.setFillColor(GREY)
            words = f"Page {self._pageNumber} of {len(self._pages)}"
            self.drawRightString(A4[0] - MARGIN, 10 * mm, words)
            super().showPage()
        super().save()


def written(parts: Sequence[Any], *, title: str, head: str, subject: str) -> bytes:
    """Return a PDF.

    Parameters
    ----------
    parts : sequence of Flowable
        What stands in it.
    title : str
        Title of the document.
    head : str
        Printed at the top right of every page.
    subject : str
        Subject of the document.
    """
    register_fonts()
    out = io.BytesIO()

    def furniture(pen: Any, _: Any) -> None:
        pen.saveState()
        pen.setFont(BOLD, 9)
        pen.setFillColor(INK)
        pen.drawString(MARGIN, A4[1] - 12 * mm, title)
        pen.setFont(PLAIN, 8.5)
        pen.drawRightString(A4[0] - MARGIN, A4[1] - 12 * mm, head)
        pen.setStrokeColor(LINE)
        pen.setLineWidth(0.6)
        pen.line(MARGIN, A4[1] - 14 * mm, A4[0] - MARGIN, A4[1] - 14 * mm)
        pen.line(MARGIN, 14 * mm, A4[0] - MARGIN, 14 * mm)
        pen.setFont(PLAIN, 8)
        pen.setFillColor(GREY)
        pen.drawString(MARGIN, 10 * mm, f"needlemap. {DISCLAIMER}")
        pen.restoreState()

    page = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=17 * mm,
        bottomMargin=17 * mm,
        title=title,
        subject=subject,
        author="needlemap",
        lang="en",
    )
    frame = Frame(MARGIN, 17 * mm, WIDTH, A4[1] - 34 * mm, 0, 0, 0, 0, id="page")
    page.addPageTemplates(PageTemplate("all", [frame], onPage=furniture))
    page.build(list(parts), canvasmaker=Numbered)
    return out.getvalue()


class Banner(Flowable):
    """A verdict as shape, word and colour."""

    def __init__(self, verdict: Verdict, width: float, height: float = 24) -> None:
        super().__init__()
        self.look = LOOKS[Verdict(verdict)]
        self.width, self.height = width, height

    def draw(self) -> None:
        """Draw at the present place of the canvas."""
        pen, look = self.canv, self.look
        pen.saveState()
        pen.setFillColor(HexColor(look.fill))
        pen.setStrokeColor(HexColor(look.line))
        pen.setLineWidth(1)
        pen.roundRect(0, 0, self.width, self.height, 3, stroke=1, fill=1)
        size = self.height - 9
        pen.translate(6, 4.5)
        draw_shape(pen, look.shape, size, look.ink, look.fill)
        pen.translate(size + 7, 0)
        pen.setFillColor(HexColor(look.ink))
        pen.setFont(BOLD, 12)
        pen.drawString(0, size / 2 - 4.2, look.word)
        pen.restoreState()


def draw_shape(pen: Any, shape: str, size: float, ink: str, ground: str) -> None:
    """Draw the shape of a verdict with its lower left corner at the origin.

    Parameters
    ----------
    pen : Canvas
        Where to.
    shape : str
        Name of the shape, from `viewer.look`.
    size : float
        Width and height, points.
    ink, ground : str
        Colours of the shape and of what lies under it.
    """
    unit = size / 28
    pen.saveState()
    pen.setStrokeColor(HexColor(ink))
    pen.setFillColor(HexColor(ink))
    pen.setLineJoin(1)

    def outline(points: str, *, fill: int) -> None:
        path = pen.beginPath()
        for number, pair in enumerate(points.split()):
            x, y = (float(part) * unit for part in pair.split(","))
            (path.lineTo if number else path.moveTo)(x, size - y)
        path.close()
        pen.drawPath(path, stroke=1, fill=fill)

    if shape == "octagon":
        outline(
            "9.2,2.5 18.8,2.5 25.5,9.2 25.5,18.8 18.8,25.5 9.2,25.5 2.5,18.8 2.5,9.2",
            fill=1,
        )
        pen.setStrokeColor(HexColor(ground))
        pen.setLineWidth(3.4 * unit)
        pen.line(8 * unit, 14 * unit, 20 * unit, 14 * unit)
    elif shape in ("triangle", "open-triangle"):
        full = shape == "triangle"
        pen.setLineWidth((1.6 if full else 2.6) * unit)
        outline("14,3.5 25.6,24.2 2.4,24.2", fill=int(full))
        pen.setStrokeColor(HexColor(ground if full else ink))
        pen.setLineWidth(2.4 * unit)
        pen.line(14 * unit, 17.6 * unit, 14 * unit, 11 * unit)
        pen.line(14 * unit, 8.6 * unit, 14 * unit, 6.4 * unit)
    elif shape == "circle":
        pen.setLineWidth(3 * unit)
        pen.circle(14 * unit, 14 * unit, 10 * unit, stroke=1, fill=0)
    else:
        pen.setLineWidth(1.8 * unit)
        pen.rect(2.5 * unit, 2.5 * unit, 23 * unit, 23 * unit, stroke=1, fill=0)
        pen.setFont(BOLD, 17 * unit)
        pen.drawCentredString(14 * unit, 8 * unit, "?")
    pen.restoreState()
