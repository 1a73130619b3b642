"""Documents: read aloud, the same bytes each time, no text lost, none run."""

from __future__ import annotations

import datetime
import json

import pypdfium2
import pytest

from viewer.look.look import LOOKS
from viewer.sheets import typeset as setting
from viewer.sheets.typeset import MISSING, TEMPLATES, typeset

SHEET = {
    "title": "Title",
    "subject": "Subject",
    "head": "head",
    "foot": "foot",
    "page": "Page {n} of {m}",
    "heading": "Heading",
    "when": "today",
    "blue": "#123f63",
    "figures": [],
    "sites": {"heading": "Sites", "rows": [], "many": False},
    "signs": {"heading": "Signs", "call": "112", "rows": []},
    "after": {"heading": "After", "rows": ["two"]},
    "contact": {"heading": "Contact", "rows": [{"name": "telephone", "value": ""}]},
    "link": None,
}


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, white space as single spaces."""
    with pypdfium2.PdfDocument(pdf) as book:
        pages = [page.get_textpage().get_text_bounded() for page in book]
    return " ".join(" ".join(pages).split())


def sheet(words: str, *, typed: bool = True) -> bytes:
    """Return a document with a text in it."""
    return typeset("leaflet", {**SHEET, "when": words}, typed=typed)


def test_a_document_can_be_read_aloud() -> None:
    """PDF/UA-1 asks for tags, a title and a language, and for words to each picture."""
    with pypdfium2.PdfDocument(sheet("x")) as book:
        assert book.get_metadata_dict()["Title"] == "Title"
        assert book.get_metadata_dict()["Subject"] == "Subject"
        raw = pypdfium2.raw
        assert raw.FPDFCatalog_IsTagged(book.raw)
        page = book[0]
        tree = raw.FPDF_StructTree_GetForPage(page.raw)
        assert raw.FPDF_StructTree_CountChildren(tree) > 0
        raw.FPDF_StructTree_Close(tree)
        page.close()
    assert b"pdfuaid:part" in sheet("x")


def test_the_same_data_give_the_same_bytes() -> None:
    assert sheet("x") == sheet("x") != sheet("y")
    day = datetime.date(2026, 11, 25)
    dated = typeset("pages", {"title": "t", "pages": []}, date=day)
    assert dated == typeset("pages", {"title": "t", "pages": []}, date=day)


@pytest.mark.parametrize(
    "words",
    [
        '#import "x" $a$ *b* _c_ @ref <lab> // no `raw` \\ [x] {y} = z',
        "\\u0001 \\n \\u{1} \"quoted\" 'single' {n} {m}",
        "Šárka Ωmega Иванова Zażółć ≥ 5 mm → left",
    ],
)
def test_a_text_is_printed_as_it_is(words: str) -> None:
    assert words in text_of(sheet(words, typed=False))


def test_what_no_font_has_is_marked() -> None:
    """No sign is left out in silence, and no other one with it."""
    found = text_of(sheet("a\u0378b\x01c\x7fd"))
    assert f"a{MISSING}b{MISSING}c{MISSING}d" in found
    # a mark that no font has takes its letter with it, whatever that is
    for letter in "x\"\\'":
        assert MISSING in text_of(sheet(f"a{letter}\U0001e8d0b"))
    assert "C1-C2" in text_of(sheet("C1\u2011C2", typed=False))


def test_only_the_shipped_font_where_nobody_types() -> None:
    found = text_of(sheet("患者", typed=False))
    assert MISSING * 2 in found
    fonts = setting._fonts(machine=False)
    assert fonts.families() == ["Source Sans Pro"]


def test_a_mistake_of_a_template_is_an_error() -> None:
    import typst

    with pytest.raises(typst.TypstError):
        typeset("leaflet", {"title": "no more"})


def test_templates_take_colours_and_shapes_from_the_page() -> None:
    house = json.loads(setting._house("en"))
    for verdict, look in LOOKS.items():
        assert house["looks"][verdict.value]["fill"] == look.fill
        assert look.line in house["looks"][verdict.value]["icon"]
    for file in TEMPLATES.glob("*.typ"):
        assert 'rgb("' not in file.read_text(encoding="utf-8"), file.name
