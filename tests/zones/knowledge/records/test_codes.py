"""Codes of all kinds, SNOMED CT of one's own, and where FHIR states a fact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import needlemap
import zones
from anatomy.errors import DataError, InputError, UnknownNameError
from anatomy.store import DataFolder, using
from docs.make import make_codes
from zones.knowledge.facts import load_facts
from zones.knowledge.records.codes import (
    KINDS,
    all_codes,
    codes,
    counts,
    fact_resources,
    snomed_rows,
)

SNOMED = {
    "kind": "structure",
    "what": ["pleura"],
    # no code of SNOMED CT ships, so this one is made up
    "code": "1234567",
    "display": "made up",
    "relation": "equal",
}


def own_folder(path: Path, *rows: dict[str, object]) -> DataFolder:
    """Return a data folder that holds SNOMED rows."""
    (path / "codes").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (path / "codes" / "snomed.jsonl").write_text(text, "utf-8")
    return DataFolder(path)


def test_names_are_public() -> None:
    assert zones.codes is needlemap.codes is codes


def test_bundle_has_its_parts_as_narrower_codes() -> None:
    given = {c.display: c.relation for c in codes("structure", "subclavian-vessels")}
    assert given["subclavian artery"] == given["subclavian vein"] == "narrower"


def test_stretch_of_skin_under_a_rule_has_no_code() -> None:
    assert codes("structure", "near-knee-joint") == ()


def test_nothing_of_snomed_ships() -> None:
    assert snomed_rows() == ()
    given = [
        code for kind in KINDS for found in all_codes(kind).values() for code in found
    ]
    assert given
    assert not [code for code in given if code.system == "snomed"]


def test_hospital_adds_snomed_in_a_folder_of_its_own(tmp_path: Path) -> None:
    shipped = codes("structure", "pleura")
    with using(own_folder(tmp_path, SNOMED)):
        added = [c for c in codes("structure", "pleura") if c not in shipped]
    assert [(c.system, c.code, c.source) for c in added] == [
        ("snomed", "1234567", "own")
    ]
    assert added[0].uri == "http://snomed.info/sct"
    assert codes("structure", "pleura") == shipped


def test_snomed_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    with (
        using(own_folder(tmp_path, SNOMED | {"kind": "organ"})),
        pytest.raises(DataError, match=r"snomed\.jsonl, line 1"),
    ):
        codes("structure", "pleura")


def test_unknown_kind_and_name_tell_what_there_is() -> None:
    with pytest.raises(InputError, match="kind must be one of structure"):
        codes("zone", "pleura")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="pleura"):
        codes("structure", "plura")


def test_every_fact_of_a_patient_has_a_resource() -> None:
    asked = {fact.name for fact in load_facts().facts if fact.source == "patient"}
    assert asked == set(fact_resources())
    assert fact_resources()["anticoagulant"].resource == "MedicationStatement"
    assert fact_resources()["platelets_10e9_l"].resource == "Observation"


def test_counts_add_up_to_what_there_is() -> None:
    for (kind, _), tally in counts().items():
        assert sum(tally.values()) == len(all_codes(kind))


def test_page_of_codes_is_up_to_date() -> None:
    assert make_codes.PAGE.read_text("utf-8") == make_codes.page(), (
        "run python docs/make/make_codes.py"
    )
