"""Pages as files: SVG as it is, PNG and PDF made from it.

The SVG is the master: Typst's own has outlines for text. The PDF is set by Typst, whose
converter keeps paths as paths and text as text and takes only the font that ships with
the program. The PNG is that PDF drawn by PDFium; Typst's own pictures cut off the foot
of some lines of text.
"""

from __future__ import annotations

import datetime
import io
import threading
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

from anatomy.errors import InputError
from anatomy.names import unknown
from viewer.sheets.typeset import typeset

if TYPE_CHECKING:
    from pathlib import Path

    from viewer.sheets.pen import Page

Format = Literal["pdf", "svg", "png"]
FORMATS: tuple[str, ...] = get_args(Format)
MIME = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
#: Dots per inch that may be asked for.
LEAST_DPI, MOST_DPI = 30, 600


def rendered(
    pages: Sequence[Page],
    form: str,
    *,
    date: datetime.date,
    dpi: float = 150,
) -> list[bytes]:
    """Return pages in a format.

    Parameters
    ----------
    pages : sequence of Page
        What to write.
    form : {"pdf", "svg", "png"}
        Format.
    date : date
        Goes into the properties of a PDF.
    dpi : float
        Dots per inch of a PNG, 30 to 600.

    Returns
    -------
    list of bytes
        One file for a PDF, one for each page for SVG and PNG.

    Raises
    ------
    UnknownNameError
        For another format.
    InputError
        For a resolution out of range.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS, field="--format")
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise InputError(
            f"--dpi must be {LEAST_DPI} to {MOST_DPI}; got {dpi:g}.",
            field="--dpi",
            given=dpi,
        )
    drawings = [page.svg() for page in pages]
    if form == "svg":
        return [svg.encode() for svg in drawings]
    data = {
        "title": pages[0].title,
        "pages": [
            {"width": p.width, "height": p.height, "title": p.title, "svg": svg}
            for p, svg in zip(pages, drawings, strict=True)
        ],
    }
    found = typeset("pages", data, date=date)
    return [found] if form == "pdf" else _pictures(found, dpi)


#: PDFium may be used by one thread at a time.
_ONE = threading.Lock()


def _pictures(pdf: bytes, dpi: float) -> list[bytes]:
    """Return the pages of a PDF as PNG."""
    import pypdfium2

    files = []
    with _ONE, pypdfium2.PdfDocument(pdf) as book:
        for number in range(len(book)):
            page = book[number]
            picture = page.render(scale=dpi / 72).to_pil().convert("RGB")
            page.close()
            out = io.BytesIO()
            picture.save(out, "PNG", dpi=(dpi, dpi))
            files.append(out.getvalue())
    return files


def write(files: Sequence[bytes], target: Path) -> list[Path]:
    """Write files; those after the first get the number of their page.

    Raises
    ------
    InputError
        When a file cannot be written.
    """
    paths = [
        target
        if number == 1
        else target.with_name(f"{target.stem}-{number}{target.suffix}")
        for number in range(1, len(files) + 1)
    ]
    try:
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"--out: {target} cannot be written ({error.strerror}).", field="--out"
        ) from error
    return paths


def bundled(files: Sequence[bytes], name: str, form: str) -> tuple[bytes, str, str]:
    """Return what a browser is sent: data, file name and MIME type.

    Several pages that are a file each go into one archive.

    Examples
    --------
    >>> bundled([b"x"], "zone-pleura", "svg")[1:]
    ('zone-pleura.svg', 'image/svg+xml')
    """
    if len(files) == 1:
        return files[0], f"{name}.{form}", MIME[form]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(files, start=1):
            entry = zipfile.ZipInfo(f"{name}-{number}.{form}")
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return out.getvalue(), f"{name}-{form}.zip", "application/zip"


def parse_date(text: str | None) -> datetime.date | None:
    """Return a date; None for none.

    Raises
    ------
    InputError
        When it is not a date.

    Examples
    --------
    >>> parse_date("2026-11-25")
    datetime.date(2026, 11, 25)
    """
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--date must be a day such as 2026-11-25; got {text!r}.",
            field="--date",
            given=text,
        ) from error
