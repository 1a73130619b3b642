"""The typeface of the PDFs: one that holds more than Latin when the machine has one."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

PLAIN, BOLD = "needlemap", "needlemap-bold"
#: Printed in the place of a sign that the typeface does not have.
MISSING = "□"
#: Families to look for, the one with the most signs first: plain and bold.
FAMILIES = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    # comes with reportlab: Latin only
    ("Vera.ttf", "VeraBd.ttf"),
)


def _folders() -> list[Path]:
    """Return where this platform keeps typefaces."""
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts/Supplemental"), Path("/Library/Fonts")]
    shared = Path("/usr/share/fonts/truetype")
    return [shared / name for name in ("dejavu", "noto", "liberation")]


@cache
def register_fonts() -> None:
    """Make the typeface known to reportlab, once."""
    import reportlab

    places = [*_folders(), Path(reportlab.__file__).parent / "fonts"]
    for plain, bold in FAMILIES:
        for folder in places:
            if (folder / plain).is_file() and (folder / bold).is_file():
                try:
                    pdfmetrics.registerFont(TTFont(PLAIN, folder / plain))
                    pdfmetrics.registerFont(TTFont(BOLD, folder / bold))
                except TTFError:
                    continue
                pdfmetrics.registerFontFamily(
                    PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD
                )
                return
    raise RuntimeError("reportlab came without its typeface")


def printable(text: str) -> tuple[str, bool]:
    """Return a text with each sign that can be printed, and whether any can not.

    Examples
    --------
    >>> printable("6 mm")
    ('6 mm', True)
    """
    register_fonts()
    known = pdfmetrics.getFont(PLAIN).face.charToGlyph
    square = MISSING if ord(MISSING) in known else "?"
    found = [c if c in "\n\t" or ord(c) in known else square for c in text]
    whole = "".join(found)
    return whole, whole == text


def markup(text: str) -> str:
    """Return a text as reportlab's paragraphs take it: words, never markup.

    Examples
    --------
    >>> markup("<b>1</b> & 2")
    '&lt;b&gt;1&lt;/b&gt; &amp; 2'
    """
    shown = escape(printable(text)[0])
    return shown.replace("\r\n", "\n").replace("\t", "    ").replace("\n", "<br/>")
