"""The leaflet: one page in each language, the clinic on it, the patient not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from anatomy.muscles.catalogue import muscle_names
from tests.viewer.record.conftest import SHALLOW, changed, new_site
from tests.viewer.record.test_export import pages
from viewer.record.clinic import Clinic, emergency_words, load_countries
from viewer.record.paper import leaflet as paper
from viewer.record.paper.leaflet import leaflet_pdf
from viewer.record.storage.clinic_store import ClinicStore
from viewer.record.storage.models import Record, now
from viewer.record.storage.store import RecordStore
from viewer.sheets import typeset
from viewer.sheets.bodies import Spot, figures
from viewer.state import page_state

CLINIC = Clinic(
    name="Practice at the bridge", phone="+43 1 234", address="Am Steg 7", country="AT"
)
ANY = {"reason": "other", "text": "for a test"}


def needled(muscles: list[str], **more: object) -> Record:
    record = Record(id="record-1", started=now(), **more)
    for number, muscle in enumerate(muscles):
        site = page_state.place("female", {"muscle": muscle, "side": "left"})
        new = new_site(f"site-{number:03d}", "", SHALLOW, site=site, override=ANY)
        record = changed(record, add_site=new)
    return record


@pytest.fixture(scope="module")
def many() -> Record:
    """Twenty muscles from head to foot, more than a session has."""
    return needled(muscle_names()[::5][:16] + muscle_names()[1:5])


@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_it_is_one_page(
    many: Record, full_record: Record, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typeset, "asked_language", lambda: language)
    for record in (Record(id="record-0", started=now()), full_record, many):
        (text,) = pages(leaflet_pdf(record, CLINIC))
        assert "Practice at the bridge" in text and "+43 1 234" in text
        assert "144" in text


def test_each_site_has_its_number_and_its_muscle(many: Record) -> None:
    (text,) = pages(leaflet_pdf(many))
    for site in many.listed:
        assert site.part in text
    for number in (1, 10, 20):
        assert str(number) in text.split()


def test_it_holds_nothing_of_the_patient_but_the_places(full_record: Record) -> None:
    (text,) = pages(leaflet_pdf(full_record, CLINIC))
    for words in ("=A-17", full_record.id, "31", "ultrasound", "second line", "DANGER"):
        assert words not in text, words


def test_the_number_to_call_is_sourced_or_left_open() -> None:
    assert emergency_words("AT") == "144"
    assert emergency_words("") == "your local emergency number"
    assert emergency_words("XX") == "your local emergency number"
    for country in load_countries().values():
        assert country.sources, country.iso


def test_a_country_without_a_number_is_refused() -> None:
    with pytest.raises(ValidationError):
        Clinic(country="XX")
    with pytest.raises(ValidationError):
        Clinic(name="x" * 81)


def test_the_clinic_is_kept_beside_the_records(
    tmp_path: Path, store: RecordStore
) -> None:
    """In a database that has records already, too."""
    store.create(Record(id="record-1", started=now()))
    clinic = ClinicStore(store.url)
    assert clinic.read() == Clinic()
    clinic.save(CLINIC)
    clinic.save(CLINIC.model_copy(update={"phone": "+43 1 999"}))
    again = ClinicStore(store.url)
    assert again.read().phone == "+43 1 999"
    assert store.read("record-1").record.id == "record-1"
    clinic.close()
    again.close()


def test_numbers_do_not_lie_on_one_another() -> None:
    """Ten needles within a hand's breadth."""
    import re

    from anatomy.body import load_body

    mark = load_body("female").landmarks.get("L4 spinous process").xyz
    spots = [
        Spot(str(n), "female", (float(mark[0]) + 4 * n, float(mark[1]), float(mark[2])))
        for n in range(1, 11)
    ]
    (figure,) = figures(spots, 66.0, picture=False)
    discs = [
        (float(x), float(y), float(r))
        for x, y, r in re.findall(
            r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)" fill="[^"]+"/>',
            figure.svg,
        )
    ]
    assert len(discs) == 10
    for i, (x, y, r) in enumerate(discs):
        assert y - r >= 0 and y + r <= figure.tall and r <= x <= figure.wide - r
        for a, b, q in discs[:i]:
            assert abs(x - a) > r + q or abs(y - b) >= r + q - 0.02
    assert len(spots) > paper.FEW_SITES
