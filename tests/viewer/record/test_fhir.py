"""A session as a FHIR Bundle: valid, whole, without names, the same twice."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.viewer.record.conftest import (
    DANGER,
    PATIENT,
    SCRIPT,
    SHALLOW,
    changed,
    new_site,
    open_store,
)
from viewer.command.main import main
from viewer.fhir.made import read_extension
from viewer.fhir.needle import plan_of
from viewer.fhir.responses import patient_of
from viewer.fhir.risk import ANSWER
from viewer.fhir.structures import site_of
from viewer.fhir.validation import faults
from viewer.fhir.versions import Version
from viewer.record.fhir.bundle import session_bundle
from viewer.record.fhir.consent import consent_of
from viewer.record.fhir.follow_up import FOUND
from viewer.record.page.change import consent_elements
from viewer.record.storage.models import Record, now
from zones import check_site
from zones.sessions.symptom_rules import load_symptom_book

BOTH = pytest.mark.parametrize("version", list(Version))


def of(made: Any, kind: str) -> list[dict[str, Any]]:
    """Return the resources of a kind."""
    found = [entry["resource"] for entry in made["entry"]]
    return [one for one in found if one["resourceType"] == kind]


def references(value: Any) -> list[str]:
    """Return all addresses that are referred to."""
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [r for inner in value.values() for r in references(inner)]
    if isinstance(value, list):
        return [r for inner in value for r in references(inner)]
    return []


@BOTH
def test_a_session_is_a_valid_transaction(
    full_record: Record, version: Version
) -> None:
    made = session_bundle(full_record, version)
    assert faults(made, version) == []
    for entry in made["entry"]:
        assert faults(entry["resource"], version) == [], entry["resource"]
        kind = entry["resource"]["resourceType"]
        assert entry["request"]["method"] == "POST"
        assert entry["request"]["url"] == kind
        assert ("ifNoneExist" in entry["request"]) == (kind != "Provenance")
    there = [entry["fullUrl"] for entry in made["entry"]]
    assert len(there) == len(set(there))
    assert all(re.fullmatch("urn:uuid:[0-9a-f-]{36}", url) for url in there)
    assert {r for r in references(made) if r != "#software"} <= {*there}


@BOTH
def test_each_site_has_its_parts(full_record: Record, version: Version) -> None:
    made = session_bundle(full_record, version)
    sites = full_record.listed
    for kind in ("Procedure", "Device", "BodyStructure", "RiskAssessment"):
        assert len(of(made, kind)) == len(sites) == 2, kind
    for site, structure, procedure, risk in zip(
        sites,
        of(made, "BodyStructure"),
        of(made, "Procedure"),
        of(made, "RiskAssessment"),
        strict=True,
    ):
        back = check_site(site_of(structure, version), None, PATIENT).site
        assert back.xyz_mm == pytest.approx(site.answer.site.xyz_mm, abs=1)
        needle = site.request["needle"]
        assert plan_of(procedure) == {n: float(v) for n, v in needle.items()}
        told = read_extension(risk, ANSWER)
        assert told is not None
        assert told["verdict"] == [site.answer.verdict.value]
        assert told["complete"] == [site.answer.complete]
    (answers,) = of(made, "QuestionnaireResponse")
    assert patient_of(answers, version).given() == PATIENT
    (rests,) = of(made, "Provenance")
    versions = {one["what"]["identifier"]["value"] for one in rests["entity"]}
    assert versions == {site.answer.data_version for site in sites}
    assert rests["contained"][0]["version"][0]["value"]
    targets = {one["reference"] for one in rests["target"]}
    whole = {entry["fullUrl"] for entry in made["entry"]}
    assert len(whole - targets) == 2, "all but the patient and itself"


@BOTH
def test_no_name_and_no_free_text(full_record: Record, version: Version) -> None:
    made = session_bundle(full_record, version)
    text = json.dumps(made)
    assert SCRIPT not in text and "second line" not in text and "ultrasound" not in text
    (patient,) = of(made, "Patient")
    assert set(patient) == {"resourceType", "identifier"}
    assert patient["identifier"][0]["value"] == "=A-17"
    # the reason is there by its id
    assert '"urn:needlemap:override"' in text
    named = session_bundle(full_record, version, patient="Patient/7")
    assert of(named, "Patient") == []
    assert of(named, "Procedure")[0]["subject"] == {"reference": "Patient/7"}


def test_an_export_again_is_the_same_session(full_record: Record) -> None:
    one, two = (session_bundle(full_record, Version.R4) for _ in range(2))
    for entry in (*one["entry"], *two["entry"]):
        entry["resource"].pop("recorded", None)
    assert one == two


@BOTH
def test_consent_is_never_made_up(version: Version) -> None:
    def state(record: Record) -> str | None:
        made = consent_of(record, version, patient={"display": "x"})
        if made is None:
            return None
        assert faults(made, version) == []
        return str(made["status"])

    record = Record(id="record-1", started=now())
    record = changed(record, add_site=new_site("site-one", "left soleus", SHALLOW))
    assert state(record) is None
    ticked = changed(record, fields={"consent.explained": True})
    assert state(ticked) == "draft"
    names = [element.id for element in consent_elements(record)]
    whole = changed(record, fields={f"consent.{name}": True for name in names})
    assert state(whole) == "active"
    refusing = whole.model_copy(update={"patient": {"consent_given": False}})
    assert state(refusing) == ("rejected" if version is Version.R4 else "inactive")
    made = consent_of(whole, version, patient={})
    assert made is not None
    told = {one["extension"][0]["valueCode"] for one in made["extension"]}
    assert told == {*names}


@BOTH
def test_what_happened_at_a_site(version: Version) -> None:
    record = Record(id="record-1", started=now())
    why = {"reason": "measured", "text": ""}
    site = new_site("site-one", "6 cm left of T4", DANGER, override=why)
    record = changed(record, add_site=site)
    (made,) = of(session_bundle(record, version), "Procedure")
    assert made["status"] == "in-progress" and "complication" not in made
    after = changed(
        record,
        fields={
            "reaction.site-one": "bruise",
            "result.site-one": "better",
            "twitch.site-one": True,
            "site_in.site-one": 2,
        },
    )
    after = after.model_copy(update={"closed": now()})
    bundle = session_bundle(after, version)
    assert faults(bundle, version) == []
    (made,) = of(bundle, "Procedure")
    assert made["status"] == "completed"
    assert "bruise" in json.dumps(made["complication"])
    none = changed(record, fields={"reaction.site-one": "none"})
    (made,) = of(session_bundle(none, version), "Procedure")
    assert "complication" not in made


@BOTH
def test_the_patient_is_to_be_asked_again(version: Version) -> None:
    """48 hours after the last needle, until the patient was reached."""
    record = Record(id="record-1", started=now())
    assert of(session_bundle(record, version), "CommunicationRequest") == []
    for key in ("site-one", "site-two"):
        record = changed(record, add_site=new_site(key, "left soleus", SHALLOW))
    late = record.sites[1].added + timedelta(hours=1)
    sites = (record.sites[0], record.sites[1].model_copy(update={"added": late}))
    record = record.model_copy(update={"sites": sites})

    def asked(record: Record) -> dict[str, Any]:
        bundle = session_bundle(record, version)
        (made,) = of(bundle, "CommunicationRequest")
        assert faults(made, version) == []
        there = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
        about = [there[one["reference"]] for one in made["about"]]
        assert about == of(bundle, "Procedure")
        assert there[made["recipient"][0]["reference"]] == of(bundle, "Patient")[0]
        return made

    made = asked(record)
    assert made["status"] == "active" and "extension" not in made
    assert datetime.fromisoformat(made["occurrenceDateTime"]) == late + timedelta(
        hours=48
    )
    assert len(made["about"]) == 2
    missed = changed(record, follow_up={"reached": False, "text": SCRIPT})
    made = asked(missed)
    assert made["status"] == "active" and SCRIPT not in json.dumps(made)
    symptoms = [symptom.id for symptom in load_symptom_book().symptoms][:2]
    done = changed(
        record, follow_up={"reached": True, "found": symptoms, "text": SCRIPT}
    )
    made = asked(done)
    assert made["status"] == "completed" and SCRIPT not in json.dumps(made)
    told = read_extension(made, FOUND)
    assert told is not None and told["found"] == symptoms and told["reached"] == [True]
    fewer = changed(record, remove_site="site-two")
    assert len(asked(fewer)["about"]) == 1


def test_the_command(
    full_record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "records.sqlite3"
    store = open_store(file)
    store.create(full_record)
    store.create(Record(id="record-two", started=now(), reference="B 2"))
    store.create(Record(id="record-three", started=now(), reference="B 2"))
    store.close()

    def run(*more: str) -> tuple[int, str, str]:
        status = main(["record", "export", *more, "--db", f"sqlite:///{file}"])
        said = capsys.readouterr()
        return status, said.out, said.err

    status, out, _ = run("record-full", "--fhir", "--fhir-version", "R5", "--validate")
    assert status == 0
    assert faults(json.loads(out), Version.R5) == []
    status, out, _ = run("=a-17", "--fhir", "--patient", "Patient/7")
    assert status == 0 and "Patient/7" in out
    status, out, _ = run("record-full")
    assert json.loads(out)["format"] == "needlemap session record"
    target = tmp_path / "out.json"
    assert run("record-full", "--fhir", "--out", str(target))[0] == 0
    assert json.loads(target.read_text("utf-8"))["type"] == "transaction"
    for wrong, says in (
        (("record-none",), "no record"),
        (("B 2",), "record-three"),
        (("record-full", "--validate"), "--fhir only"),
        (("record-full", "--fhir", "--fhir-version", "R3"), "R4"),
        (("record-full", "--out", str(tmp_path)), "cannot be written"),
    ):
        status, out, error = run(*wrong)
        assert status == 2 and not out and says in error, error
