"""Files of a record: JSON comes back whole, no table runs, PDFs can be read."""

from __future__ import annotations

import csv
import io
import json

import pypdfium2
import pytest

from anatomy.body import load_body
from anatomy.errors import InputError
from anatomy.muscles.catalogue import get_muscle, muscle_site
from tests.viewer.panels.card.test_page_card import text_of
from tests.viewer.record.conftest import DANGER, SCRIPT, SHALLOW, changed, new_site
from viewer.record.errors import NewerError
from viewer.record.page.render import sites
from viewer.record.paper.export import as_csv, as_json, cell, from_json
from viewer.record.paper.leaflet import leaflet_pdf
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import LONGEST_NOTES, LONGEST_REASON, Record, now
from viewer.sheets.typeset import MISSING
from viewer.state import page_state


def pages(content: bytes) -> list[str]:
    """Return the text of each page."""
    document = pypdfium2.PdfDocument(content)
    found = [
        " ".join(page.get_textpage().get_text_bounded().split()) for page in document
    ]
    document.close()
    return found


def test_json_comes_back_whole(full_record: Record) -> None:
    text = as_json(full_record)
    assert from_json(text) == full_record
    assert "not a medical device" in json.loads(text)["note"]
    with pytest.raises(InputError, match="must be JSON"):
        from_json("{")
    with pytest.raises(InputError, match="needlemap session record"):
        from_json("{}")
    newer = json.loads(text)
    newer["record"]["schema"] = 9
    with pytest.raises(NewerError):
        from_json(json.dumps(newer))


def test_csv_has_a_row_a_site_and_no_formula(full_record: Record) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(full_record))))
    assert [row["site"] for row in rows] == ["1", "2"], (
        "what was taken off is not there"
    )
    first = rows[0]
    assert first["reference"] == "'=A-17" and first["notes"].startswith("'+1 ")
    assert SCRIPT in first["notes"] and "second line" in first["notes"]
    assert first["verdict"] == "DANGER" and first["side"] == "left"
    assert first["override_text"] == f"ultrasound {SCRIPT}"
    for row in rows:
        for value in row.values():
            number = value.replace(".", "").replace("-", "", 1).isdigit()
            assert number or not value.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1", "＝1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_an_empty_record_can_be_had_in_every_form() -> None:
    record = Record(id="record-1", started=now())
    assert len(as_csv(record).splitlines()) == 2
    assert from_json(as_json(record)) == record
    assert "no reference" in pages(record_pdf(record))[0]
    assert "Get help if you notice" in pages(leaflet_pdf(record))[0]


def test_the_record_on_paper(full_record: Record) -> None:
    content = record_pdf(full_record)
    found = pages(content)
    whole = " ".join(found)
    for number, page in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in page
        assert "not a medical device" in page
        assert "=A-17" in page, "the reference stands on each page"
        assert len(page) > 200
    for words in (
        "DANGER",
        "Patient's LEFT",
        "Depth limit",
        "pleura and lung",
        "Another reason (please state).",
        f"ultrasound {SCRIPT}",
        "1 needle is not accounted for: 3 put in, 2 taken out.",
        f"+1 {SCRIPT} second line",
        "Informed that the site is near the lung",
        "Not ticked.",
        "Practitioner",
        "Patient or guardian",
        "Hayashi",
        "posture: lying face down",
    ):
        assert words in whole, words
    assert "Site 3" not in whole, "what was taken off is not printed"


def test_the_map_is_on_the_paper(full_record: Record) -> None:
    """The first site's picture: skin, and the needle's blue, and the zone's red."""
    document = pypdfium2.PdfDocument(record_pdf(full_record))
    images = [
        item
        for item in document[0].get_objects()
        if item.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    ]
    assert images
    picture = document[0].render(scale=1).to_pil().convert("RGB")
    colours = {
        tuple(part // 32 for part in colour)
        for _, colour in picture.getcolors(10**6) or ()
    }
    document.close()
    for name, colour in {"needle": (18, 63, 99), "danger": (210, 68, 10)}.items():
        assert tuple(part // 32 for part in colour) in colours, name


def test_the_sheet_for_the_patient(full_record: Record) -> None:
    found = pages(leaflet_pdf(full_record))
    whole = " ".join(found)
    assert "collapsed lung" in whole and "Call an ambulance" in whole
    assert "Upper back, your left" in whole and "Thigh, your left" in whole
    assert len(found) == 1 and "A-17" not in whole, "one page, without the reference"
    assert "not a medical device" in whole
    for words in ("count the needles", "DANGER", "bottom", SCRIPT):
        assert words not in whole, "no word that is not for the patient"


def test_the_longest_notes_are_printed_to_the_end() -> None:
    notes = "quux " * (LONGEST_NOTES // 5 - 2) + "the end"
    record = changed(Record(id="record-1", started=now()), fields={"notes": notes})
    whole = " ".join(pages(record_pdf(record)))
    assert "the end" in whole and whole.count("quux") == notes.count("quux")


def test_one_word_as_long_as_notes_can_be() -> None:
    notes = "x" * LONGEST_NOTES
    record = changed(Record(id="record-1", started=now()), fields={"notes": notes})
    whole = "".join(pages(record_pdf(record))).replace(" ", "")
    assert whole.count("x") >= LONGEST_NOTES


def test_a_site_keeps_the_name_that_it_was_chosen_by() -> None:
    """Muscle and point stand in list, table, JSON and PDF; a moved one says so."""
    body = load_body("female")
    record = Record(id="record-1", started=now())
    soleus = {"muscle": "soleus", "side": "left"}
    label = muscle_site(get_muscle("soleus"), None).label
    first = new_site("site-one", "", SHALLOW, site=page_state.place("female", soleus))
    point = new_site("site-two", "left ST36", SHALLOW)
    # a step by the arrow keys: a place on the chart that came from the muscle
    there = page_state.place("female", soleus)
    chart = body.charts[there["chart"]]
    x, y = (float(v) for v in chart.project(there["xyz"])[0])
    click = page_state.clicked_request("female", there["chart"], x, y + 5.0)
    near = page_state.with_origin(page_state.place("female", click), there["origin"])
    far_click = page_state.clicked_request("female", there["chart"], x, y + 90.0)
    far = page_state.with_origin(page_state.place("female", far_click), there["origin"])
    for key, site in (("site-three", near), ("site-four", far)):
        point_site = new_site(key, "x", SHALLOW, site=site)
        record = changed(record, add_site=point_site)
    for site in (first, point):
        record = changed(record, add_site=site)
    names = [site.name for site in record.listed]
    soleus_name = (
        f"soleus ({label})" if len(get_muscle("soleus").site) > 1 else "soleus"
    )
    assert names[0].startswith(f"{soleus_name}, moved ")
    assert names[1:] == ["", soleus_name, "ST36"]
    shown = text_of(sites(record, None))
    rows = list(csv.DictReader(io.StringIO(as_csv(record))))
    again = from_json(as_json(record))
    paper = " ".join(pages(record_pdf(record)))
    assert [site.name for site in again.listed] == names
    assert [row["name"] for row in rows] == names
    for name in names:
        assert name in shown
        assert name[:1].upper() + name[1:] in paper


def test_a_name_is_worked_out_and_not_believed() -> None:
    """What the page sends as a name is none, when the site is another place."""
    elsewhere = page_state.place("female", {"text": "6 cm left of T4"})
    forged = {**elsewhere, "name": "soleus", "origin": {"muscle": "soleus"}}
    guided = {"reason": "other", "text": "ultrasound"}
    site = new_site("site-one", "x", SHALLOW, site=forged, override=guided)
    record = changed(Record(id="record-1", started=now()), add_site=site)
    assert record.listed[0].name == ""


def test_a_reason_as_long_as_it_may_be_is_printed_to_the_end() -> None:
    """It goes on over the pages in its frame, whatever it is made of."""
    record = Record(id="record-1", started=now())
    for key, reason in (
        ("site-one", "line\n" * (LONGEST_REASON // 5 - 2) + "last"),
        ("site-two", "W" * (LONGEST_REASON - 1)),
    ):
        override = {"reason": "other", "text": reason}
        site = new_site(key, "6 cm left of T4", DANGER, override=override)
        record = changed(record, add_site=site)
    whole = " ".join(pages(record_pdf(record)))
    assert whole.count("line ") >= LONGEST_REASON // 5 - 2 and "last" in whole
    assert whole.count("W") >= LONGEST_REASON - 1


def test_signs_that_cannot_be_printed_are_said_to_be_missing() -> None:
    record = Record(id="record-1", started=now())
    for notes, whole in (("Иванова, ≥ 5 mm", True), ("a\u0378b", False)):
        found = pages(record_pdf(changed(record, fields={"notes": notes})))[0]
        assert ("cannot be printed" in found) is not whole
        assert notes.replace("\u0378", MISSING) in found


def test_the_same_record_gives_the_same_bytes(full_record: Record) -> None:
    assert record_pdf(full_record) == record_pdf(full_record)
    assert leaflet_pdf(full_record) == leaflet_pdf(full_record)
