"""A sheet of paper in millimetres: text that is measured and wrapped, lines, boxes.

Everything is drawn as SVG. Text is set in the font that ships with the program, so
that a figure comes out the same on every machine; other programs that open the SVG
fall back to a font of theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

from viewer.look.look import FONT, GREY, INK, icon_svg
from viewer.look.palette import shade
from viewer.state.language import said
from zones.contract.models import Verdict

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Source Sans Pro"
#: As an attribute: the font that ships first, then what other programs may have.
FAMILIES = f"'{FAMILY}', 'Source Sans 3', 'Segoe UI', Helvetica, Arial, sans-serif"
_FILES = {
    400: "SourceSansPro-Regular.ttf",
    600: "SourceSansPro-Semibold.ttf",
}
#: Size at which widths are measured; they grow in proportion.
_UNITS = 1000
#: Height of a line over the height of its letters.
LEADING = 1.28
#: Signs that the font has not, and what is written instead.
INSTEAD = {"‐": "-", "‑": "-", "\u2009": " ", "\u202f": " ", "\u00a0": " ", "⚠": "!"}
RULE = shade("rule")
#: Paper, mm: short and long side.
PAPER = {
    "A1": (594.0, 841.0),
    "A2": (420.0, 594.0),
    "A4": (210.0, 297.0),
    "A5": (148.0, 210.0),
    "A6": (105.0, 148.0),
}


@cache
def _face(weight: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(
        str(FONTS / _FILES[weight]), _UNITS, layout_engine=ImageFont.Layout.BASIC
    )


def width(text: str, size: float, weight: int = 400) -> float:
    """Return how wide a text is, in the unit of its size.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Height of the letters.
    weight : {400, 600}
        Regular or semibold.

    Examples
    --------
    >>> 4.0 < width("pleura", 2.0) < 6.5
    True
    """
    # in the reader's language before it is remembered
    return _measured(printable(text), size, weight)


@lru_cache(maxsize=20000)
def _measured(text: str, size: float, weight: int) -> float:
    return float(_face(weight).getlength(text)) / _UNITS * size


def printable(text: str) -> str:
    """Return a text in the reader's language, in signs that the font has.

    Examples
    --------
    >>> printable("C1‑C2")
    'C1-C2'
    """
    text = said(text)
    for sign, plain in INSTEAD.items():
        text = text.replace(sign, plain)
    return text


def wrap(text: str, room: float, size: float, weight: int = 400) -> list[str]:
    """Return a text as lines that fit; a word too long for the room is broken.

    Examples
    --------
    >>> wrap("deep in the chest", 12.0, 2.5)
    ['deep in the', 'chest']
    """
    lines: list[str] = []
    line = ""
    for word in printable(text).split():
        rest = word
        longer = f"{line} {rest}" if line else rest
        if width(longer, size, weight) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        while width(rest, size, weight) > room and len(rest) > 1:
            cut = len(rest) - 1
            while cut > 1 and width(rest[:cut], size, weight) > room:
                cut -= 1
            lines.append(rest[:cut])
            rest = rest[cut:]
        line = rest
    return [*lines, line] if line else lines


@dataclass
class Page:
    """One page.

    Attributes
    ----------
    width, height : float
        Size, mm.
    title : str
        What it shows, for the document's properties and for reading aloud.
    parts : list of str
        SVG, in drawing order.
    """

    width: float
    height: float
    title: str
    parts: list[str] = field(default_factory=list)

    def svg(self) -> str:
        """Return the page as an SVG document."""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{self.width:g}mm" height="{self.height:g}mm" '
            f'viewBox="0 0 {self.width:g} {self.height:g}">'
            f"<title>{escape(said(self.title))}</title>"
            f'<rect width="{self.width:g}" height="{self.height:g}" fill="#fff"/>'
            f"{''.join(self.parts)}</svg>"
        )

    def add(self, *parts: str) -> None:
        """Draw SVG over what is there."""
        self.parts += parts

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        weight: int = 400,
        fill: str = INK,
        anchor: str = "start",
        halo: bool = False,
    ) -> None:
        """Write one line; `y` is its foot."""
        self.add(
            label(x, y, text, size, weight=weight, fill=fill, anchor=anchor, halo=halo)
        )

    def paragraph(
        self,
        x: float,
        y: float,
        room: float,
        text: str,
        size: float,
        *,
        weight: int = 400,
        fill: str = INK,
        bullet: str = "",
    ) -> float:
        """Write a text in lines from `y` down and return where the next may begin."""
        indent = width(f"{bullet} ", size) if bullet else 0.0
        if bullet:
            self.text(x, y + 0.95 * size, bullet, size, fill=fill)
        for line in wrap(text, room - indent, size, weight):
            y += LEADING * size
            self.text(x + indent, y - 0.33 * size, line, size, weight=weight, fill=fill)
        return y

    def rule(self, x: float, y: float, room: float, *, thick: float = 0.25) -> None:
        """Draw a level line."""
        self.add(
            f'<path d="M{x:g} {y:.2f}h{room:g}" stroke="{RULE}" '
            f'stroke-width="{thick:g}" fill="none"/>'
        )


def high(text: str, room: float, size: float, weight: int = 400) -> float:
    """Return how high `Page.paragraph` makes a text."""
    return LEADING * size * len(wrap(text, room, size, weight))


def label(
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    weight: int = 400,
    fill: str = INK,
    anchor: str = "start",
    halo: bool = False,
) -> str:
    """Return one line of text as SVG."""
    ring = (
        f' paint-order="stroke" stroke="#fff" stroke-width="{0.32 * size:.2f}" '
        'stroke-linejoin="round"'
        if halo
        else ""
    )
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" font-weight="{weight}" '
        f'fill="{fill}" text-anchor="{anchor}" font-family="{FAMILIES}"{ring}>'
        f"{escape(printable(text))}</text>"
    )


def icon(verdict: Verdict, x: float, y: float, size: float) -> str:
    """Return the shape of a verdict as SVG, its upper left corner at a place."""
    key = f"icon-{verdict.value.lower()}"
    return placed(icon_svg(verdict), x, y, size, size, key=key)


_ROOT = re.compile(r"^<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>(.*)</svg>$", re.DOTALL)
_ID = re.compile(r'(id="|href="#|url\(#)([\w-]+)')


def placed(svg: str, x: float, y: float, wide: float, tall: float, *, key: str) -> str:
    """Return a drawing as part of a page.

    Parameters
    ----------
    svg : str
        An SVG document with a ``viewBox``.
    x, y, wide, tall : float
        Where it goes, mm.
    key : str
        Sets its names apart from those of other drawings on the page.

    Examples
    --------
    >>> placed('<svg viewBox="0 0 1 1"><a id="b"/></svg>', 0, 0, 9, 9, key="k")[50:]
    'viewBox="0 0 1 1"><a id="k-b"/></svg>'
    """
    match = _ROOT.match(svg)
    if match is None:
        raise ValueError("the drawing must be one SVG element with a viewBox")
    box, inner = match.groups()
    inner = _ID.sub(rf"\g<1>{key}-\g<2>", inner).replace(
        f'font-family="{FONT}"', f'font-family="{FAMILIES}"'
    )
    inner = inner.replace('font-family="sans-serif"', f'font-family="{FAMILIES}"')
    return (
        f'<svg x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{tall:.2f}" '
        f'viewBox="{box}">{inner}</svg>'
    )


__all__ = [
    "FAMILIES",
    "FAMILY",
    "FONTS",
    "GREY",
    "INK",
    "LEADING",
    "PAPER",
    "Page",
    "high",
    "icon",
    "label",
    "placed",
    "printable",
    "width",
    "wrap",
]
