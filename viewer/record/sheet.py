"""The after-care sheet for the patient: large, plain, warning signs first."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer, Table

from viewer.map.site_words import side_words
from viewer.record.change import known_facts
from viewer.record.models import Record
from viewer.record.paper import GREY, WIDTH, draw_shape, heading, text, written
from viewer.record.typeface import BOLD, printable
from viewer.record.words import moment
from zones.sentences import texts

SIZE = 13.0
_RED = HexColor("#8b1220")


def aftercare_pdf(record: Record) -> bytes:
    """Return the sheet that the patient takes home, as a PDF.

    It names what to look out for and where to go with it for the places that were
    needled, what is normal, and what to leave for a while. Without a site it holds
    what is true of every place.

    Examples
    --------
    >>> from viewer.record.models import now
    >>> aftercare_pdf(Record(id="record-1", started=now()))[:5]
    b'%PDF-'
    """
    regions = [site.answer.site.region for site in record.listed]
    facts = known_facts(record)
    signs = texts.for_patient("red_flag", regions, facts)
    after = texts.for_patient("aftercare", regions, facts)
    parts: list[Any] = [
        text("After your dry needling", 24, fontName=BOLD, leading=30, spaceAfter=4),
        text(_when(record), SIZE - 1, textColor=GREY, spaceAfter=8),
        _warning([sign.text for sign in signs]),
        heading("What is normal, and what to mind", 15),
        *(_point(said.text) for said in after),
        KeepTogether([Spacer(1, 6 * mm), _contact()]),
    ]
    head = f"{record.reference or 'no reference'} · {moment(record.started)}"
    return written(
        parts,
        title="After-care sheet",
        head=printable(head)[0],
        subject="Warning signs and what to mind after dry needling",
    )


def _when(record: Record) -> str:
    """Return when and where the needles were."""
    places = dict.fromkeys(
        f"{site.answer.site.region}, {side_words(site.answer.site.side)}"
        for site in record.listed
    )
    words = f"Treated on {moment(record.started)}."
    if places:
        words += f" Needles at: {'; '.join(places)}."
    return (
        words.replace("Patient's ", "your ")
        .replace("LEFT", "left")
        .replace("RIGHT", "right")
        .replace("MIDLINE", "in the middle")
    )


def _point(words: str) -> Table:
    """Return one point of a list."""
    return Table(
        [[text("•", SIZE), text(words, SIZE)]],
        colWidths=[6 * mm, WIDTH - 6 * mm],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )


class _Sign(Spacer):
    """The warning triangle."""

    def draw(self) -> None:
        """Draw at the present place of the canvas."""
        draw_shape(self.canv, "triangle", self.width, "#8b1220", "#ffffff")


def _warning(signs: list[str]) -> Table:
    """Return the warning signs in a frame."""
    title = text(
        "Get help if you notice", 17, fontName=BOLD, textColor=_RED, leading=22
    )
    rows: list[list[Any]] = [[_Sign(24, 24), title]]
    rows += [["", text(sign, SIZE)] for sign in signs]
    return Table(
        rows,
        colWidths=[13 * mm, WIDTH - 13 * mm],
        style=[
            ("BOX", (0, 0), (-1, -1), 1.8, _RED),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
            ("LINEABOVE", (1, 2), (1, -1), 0.4, HexColor("#d9b3b8")),
            ("LEFTPADDING", (0, 0), (0, -1), 8),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ],
    )


def _contact() -> Table:
    """Return the lines for telephone numbers, to be written in."""
    rows = [
        [text("Where I was treated (telephone)", SIZE - 1), ""],
        [text("In an emergency (telephone)", SIZE - 1), ""],
    ]
    first = 78 * mm
    return Table(
        rows,
        colWidths=[first, WIDTH - first],
        rowHeights=[12 * mm] * 2,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            ("LINEBELOW", (1, 0), (1, -1), 0.8, HexColor("#1c2733")),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ],
    )
