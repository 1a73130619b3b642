"""Hand-outs of every kind open, say what they must, and are the same when remade."""

from __future__ import annotations

import datetime
import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from PIL import Image

from anatomy.errors import InputError, UnknownNameError
from viewer.command.main import main
from viewer.sheets import sheets
from viewer.sheets.export import bundled, rendered
from viewer.sheets.pen import Page, printable, width, wrap
from viewer.text.structures.content import zone_index
from zones.check.site import data_version
from zones.knowledge.structures.zone_files import load_zones

DATE = datetime.date(2026, 11, 25)
SITE, NEEDLE = {"text": "6 cm left of T4"}, {"depth_mm": 25, "length_mm": 40}
MADE = {
    "zone": lambda: sheets.zone_figure("kidney", date=DATE),
    "view": lambda: sheets.view_figure("left_hand_palmar", date=DATE),
    "poster": lambda: sheets.poster_figure(date=DATE),
    "pocket": lambda: sheets.pocket_figure("hand", date=DATE),
    "section": lambda: sheets.section_figure(SITE, NEEDLE, date=DATE),
}


@pytest.fixture(scope="module", params=list(MADE))
def made(request: pytest.FixtureRequest) -> tuple[str, list[Page]]:
    return request.param, MADE[request.param]()


def text_of(svg: str) -> str:
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}text"
    return " ".join("".join(t.itertext()) for t in root.iter(name))


def test_a_sheet_has_title_legend_sources_and_date(
    made: tuple[str, list[Page]],
) -> None:
    kind, pages = made
    texts = [text_of(page.svg()) for page in pages]
    whole = " ".join(texts)
    for text in texts:
        assert "25 November 2026" in text
        assert data_version() in text
        assert "not a medical device" in text
    assert "Sources (" in whole
    assert {
        "zone": "aap-education-kidneys",
        "view": "gold",
        "poster": "hayashi-2011",
        "pocket": "gold",
        "section": "hayashi-2011",
    }[kind] in whole
    shades = "how many people have the structure there"
    legend = shades if kind == "section" else "Danger: grave or lasting harm"
    assert legend in whole


def test_sources_can_be_read(made: tuple[str, list[Page]]) -> None:
    """At least 7 pt on A4, larger on a poster; a pocket sheet is as small as it is."""
    kind, pages = made
    point = 25.4 / 72.0
    for page in pages:
        for part in ElementTree.fromstring(page.svg()).iter():
            if part.tag.endswith("}text"):
                text = "".join(part.itertext())
                size = float(part.get("font-size", "0"))
                if text.startswith("Sources") and kind != "pocket":
                    least = 8.0 if page.width > 400 else 7.0
                    assert size >= least * point, (kind, text)


def test_pictures_in_a_sheet_can_be_read_by_other_programs(
    made: tuple[str, list[Page]],
) -> None:
    """No WebP, nothing from elsewhere, no place that is not a number."""
    for page in made[1]:
        svg = page.svg()
        assert "image/webp" not in svg
        assert 'href="http' not in svg
        for part in ElementTree.fromstring(svg).iter():
            for name in ("x", "y", "width", "height", "d", "viewBox", "cx", "cy"):
                assert "nan" not in part.get(name, "")


def test_it_opens_as_pdf_and_png(made: tuple[str, list[Page]]) -> None:
    """As many pages of the right size, text as text, and no blank picture."""
    _, pages = made
    (data,) = rendered(pages, "pdf", date=DATE)
    book = pypdfium2.PdfDocument(data)
    assert len(book) == len(pages)
    for number, page in enumerate(pages):
        wide, tall = book[number].get_size()
        assert wide == pytest.approx(page.width / 25.4 * 72, abs=0.6)
        assert tall == pytest.approx(page.height / 25.4 * 72, abs=0.6)
        found = book[number].get_textpage().get_text_range()
        assert "25 November 2026" in " ".join(found.split())
    book.close()
    pictures = rendered(pages, "png", date=DATE, dpi=50)
    assert len(pictures) == len(pages)
    with Image.open(io.BytesIO(pictures[0])) as picture:
        assert picture.size[0] == pytest.approx(pages[0].width / 25.4 * 50, abs=2)
        colours = picture.convert("RGB").getcolors(1 << 24)
        assert colours is not None
        assert len(colours) > 500


def test_the_same_data_and_date_give_the_same_bytes() -> None:
    for form in ("pdf", "svg"):
        first, second = (
            rendered(sheets.zone_figure("umbilicus", date=DATE), form, date=DATE)
            for _ in range(2)
        )
        assert first == second
    other = datetime.date(2025, 1, 2)
    later = rendered(sheets.zone_figure("umbilicus", date=other), "svg", date=other)
    now = rendered(sheets.zone_figure("umbilicus", date=DATE), "svg", date=DATE)
    assert [
        page.replace(b"2 January 2025", b"25 November 2026") for page in later
    ] == now


def assert_on_paper(page: Page) -> None:
    """No line begins or ends outside the paper."""
    root = ElementTree.fromstring(page.svg())
    for text in root.findall("{http://www.w3.org/2000/svg}text"):
        x, y = float(text.get("x", "nan")), float(text.get("y", "nan"))
        assert 0 <= x <= page.width
        assert 0 <= y <= page.height
        if text.get("text-anchor") == "start":
            size, bold = float(text.get("font-size", "0")), text.get("font-weight")
            end = x + width(text.text or "", size, int(bold or 400))
            assert end <= page.width - 4, text.text


@pytest.mark.parametrize("key", [zone.id for zone in load_zones()][::9])
def test_zones_have_sheets_whose_text_stays_on_the_paper(key: str) -> None:
    for page in sheets.zone_figure(key, body="male", date=DATE):
        assert_on_paper(page)


@pytest.mark.parametrize("part", sheets.pocket_names())
def test_a_pocket_sheet_names_what_its_pictures_show(part: str) -> None:
    """Each in its tissue's colour, on as many pages as it takes; then the sources."""
    pages = sheets.pocket_figure(part, date=DATE)
    whole = " ".join(text_of(page.svg()) for page in pages)
    fills = re.findall('data-zones="([^"]+)"', pages[0].svg())
    drawn = {key for zones in fills for key in zones.split()}
    assert drawn
    for key in drawn:
        assert zone_index()[key].structure in whole, key
    for page in pages:
        assert page.width == 105
        assert_on_paper(page)
    sources = ["Sources (" in text_of(page.svg()) for page in pages]
    assert sum(sources) == 1


def test_every_sign_of_the_data_is_in_the_font() -> None:
    """A sign that the font has not would be left out without a word."""
    from viewer.sheets.pen import _face
    from viewer.text.structures import content

    none = bytes(_face(400).getmask("\uffff"))
    assert bytes(_face(400).getmask("a")) != none
    known: dict[str, bool] = {}
    missing: dict[str, str] = {}
    for zone in load_zones():
        texts = [row.text for row in sheets.texts_of(zone)]
        texts += [f"{row.place} {row.how}" for row in content.depth_rows(zone)]
        for case in content.cases_of(zone):
            texts += [content.case_words(case.record), content.citation(case.record)]
        for text in texts:
            for sign in printable(text):
                if sign not in known:
                    known[sign] = bytes(_face(400).getmask(sign)) != none
                if not known[sign]:
                    missing[sign] = text
    assert not missing


def test_lines_are_no_wider_than_their_room() -> None:
    text = "a needle of forty millimetres " * 6 + "x" * 80
    for line in wrap(text, 30.0, 2.5):
        assert width(line, 2.5) <= 30.0
    assert "".join("".join(wrap(text, 30.0, 2.5)).split()) == "".join(text.split())


def test_command_writes_the_files_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cut.pdf"
    flags = ["--text", "6 cm left of T4", "--depth", "25", "--date", "2026-11-25"]
    assert main(["figure", "section", *flags, "--out", str(out)]) == 0
    assert out.read_bytes()[:5] == b"%PDF-"
    png = tmp_path / "hand.png"
    small = ["--dpi", "40", "--out", str(png)]
    assert main(["figure", "pocket", "hand", *small]) == 0
    printed = capsys.readouterr().out.split()
    assert [Path(name).exists() for name in printed] == [True] * len(printed)
    assert str(png) in printed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["zone", "kidny"], "kidney"),
        (["view", "posterio"], "posterior"),
        (["poster", "--size", "A9"], "A2"),
        (["pocket", "hnd"], "hand"),
        (["zone", "kidney", "--format", "docx"], "pdf"),
        (["zone", "kidney", "--date", "today"], "2026-11-25"),
        (["zone", "kidney", "--format", "png", "--dpi", "9000"], "600"),
        (["zone", "kidney", "--body", "robot"], "female"),
        (["section"], "site"),
    ],
)
def test_bad_input_is_said_in_words(
    words: list[str], says: str, capsys: Any, tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "x.pdf")] if "--format" not in words else []
    assert main(["figure", *words, *out]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    flags = ["--out", str(tmp_path / "no" / "x.svg")]
    assert main(["figure", "zone", "kidney", *flags]) == 2


def test_export_refuses_what_it_can_not_do() -> None:
    page = Page(20, 20, "nothing")
    with pytest.raises(UnknownNameError):
        rendered([page], "gif", date=DATE)
    with pytest.raises(InputError):
        rendered([page], "png", date=DATE, dpi=1)
    data, name, mime = bundled([b"a", b"b"], "zone-x", "png")
    assert (name, mime) == ("zone-x-png.zip", "application/zip")
    assert data[:2] == b"PK"
