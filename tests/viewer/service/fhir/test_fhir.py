"""FHIR over HTTP: the same answers as the library, in both versions; clear errors."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.viewer.service.entrance.callers import running
from tests.viewer.service.fhir.fhir_calls import (
    FHIR_JSON,
    bundle,
    condition,
    mm,
    parameters,
    person,
    typed,
    values,
)
from viewer.fhir.questionnaire import ID, URL
from viewer.fhir.responses import patient_of, response_of
from viewer.fhir.structures import structure_of
from viewer.fhir.validation import faults
from viewer.fhir.versions import Version
from viewer.service.access.access import Access
from viewer.service.app import create_service
from viewer.service.fhir.capability import OPERATION_ID
from viewer.service.fhir.reading import together
from viewer.service.hooks.facts import Known
from zones import check_site

if TYPE_CHECKING:
    from flask.testing import FlaskClient

BOTH = pytest.mark.parametrize("version", ["4.0", "5.0"])
TOKEN = "0123456789abcdef-token"
NEEDLE = [mm("length", 40), mm("depth", 25)]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A caller on this machine."""
    return create_service(warm=False).test_client()


def check(client: FlaskClient, sent: Any, version: str = "4.0") -> Any:
    """Return the answer to Parameters, which is valid."""
    found = client.post("/fhir/$check", data=json.dumps(sent), headers=typed(version))
    assert found.status_code == 200, found.text
    assert f"fhirVersion={version}" in found.headers["Content-Type"]
    assert faults(found.json, Version(version)) == []
    return found.json


def refused(
    client: FlaskClient, sent: Any, status: int, code: str, version: str = "4.0"
) -> str:
    """Return what an OperationOutcome says of a call that is refused."""
    body = sent if isinstance(sent, (str, bytes)) else json.dumps(sent)
    found = client.post("/fhir/$check", data=body, headers=typed(version))
    return outcome(found, status, code)


def outcome(found: Any, status: int, code: str) -> str:
    assert found.status_code == status, found.text
    assert found.headers["Content-Type"].startswith(FHIR_JSON)
    assert faults(found.json, Version.R4) == []
    assert faults(found.json, Version.R5) == []
    (issue,) = found.json["issue"]
    assert (issue["severity"], issue["code"]) == ("error", code), found.text
    return f"{issue['diagnostics']} {issue.get('expression', [''])[0]}"


@BOTH
def test_what_there_is(client: FlaskClient, version: str) -> None:
    accept = {"Accept": f"{FHIR_JSON}; fhirVersion={version}"}
    told = client.get("/fhir/metadata", headers=accept).json
    assert faults(told, Version(version)) == []
    assert told["fhirVersion"] == Version(version).full
    (operation,) = told["rest"][0]["operation"]
    form = client.get(f"/fhir/OperationDefinition/{OPERATION_ID}", headers=accept).json
    assert faults(form, Version(version)) == []
    assert form["url"] == operation["definition"]
    asked = client.get(f"/fhir/Questionnaire/{ID}", headers=accept).json
    assert faults(asked, Version(version)) == []
    found = client.get(f"/fhir/Questionnaire?url={URL}", headers=accept).json
    assert faults(found, Version(version)) == []
    assert found["entry"][0]["resource"] == asked
    assert (
        client.get("/fhir/Questionnaire?url=urn:x", headers=accept).json["total"] == 0
    )


def test_the_version_is_negotiated(client: FlaskClient) -> None:
    def kind(accept: str | None, path: str = "/fhir/metadata") -> str:
        headers = {} if accept is None else {"Accept": accept}
        return str(client.get(path, headers=headers).json.get("fhirVersion"))

    assert kind(None) == kind("*/*") == kind("application/json") == "4.0.1"
    assert kind(f"{FHIR_JSON};fhirVersion=5.0") == "5.0.0"
    assert kind("text/html, application/fhir+json; fhirVersion=5.0;q=0.9") == "5.0.0"
    assert kind("text/html", "/fhir/metadata?_format=json") == "4.0.1"
    for accept in ("application/fhir+xml", f"{FHIR_JSON};fhirVersion=3.0"):
        found = client.get("/fhir/metadata", headers={"Accept": accept})
        outcome(found, 406, "not-supported")
    outcome(client.get("/fhir/metadata?_format=xml"), 406, "not-supported")
    # written in one, answered in the other
    sent = json.dumps(parameters(site="6 cm left of T4"))
    headers = {**typed("4.0"), "Accept": f"{FHIR_JSON}; fhirVersion=5.0"}
    found = client.post("/fhir/$check", data=sent, headers=headers).json
    assert "includedStructure" in values(found, "site")[0]
    # no Accept: as the body
    headers = {"Content-Type": f"{FHIR_JSON}; fhirVersion=5.0"}
    found = client.post("/fhir/$check", data=sent, headers=headers).json
    assert "includedStructure" in values(found, "site")[0]


@BOTH
def test_a_check_is_the_librarys(client: FlaskClient, version: str) -> None:
    facts = {"sex": "female", "age": 31, "pregnant": False, "consent_given": True}
    site = {"text": "6 cm left of T4"}
    needle = {"length_mm": 40, "depth_mm": 25}
    expected = check_site(site, needle, facts)
    subject = {"reference": "Patient/7"}
    structure = structure_of(site, expected.site, Version(version), patient=subject)
    answers = response_of(facts, Version(version), subject=subject)
    found = check(
        client, parameters(site=structure, needle=NEEDLE, answers=answers), version
    )
    assert values(found, "verdict") == [expected.verdict.value]
    assert values(found, "complete") == [expected.complete]
    assert values(found, "openQuestion") == expected.open_questions
    (limit,) = values(found, "maxDepth")
    assert limit["value"] == expected.max_depth_mm
    (risk,) = values(found, "risk")
    lung = next(f for f in expected.findings if f.id == "pleura")
    predicted = [
        row
        for row in risk["prediction"]
        if row.get("extension", [{}])[0].get("extension", [{}])[0].get("valueString")
        == "pleura"
    ]
    assert lung.p_meet is not None
    assert predicted[0]["probabilityDecimal"] == pytest.approx(100 * lung.p_meet)
    ids = {f.id for f in expected.findings if f.kind != "zone" or f.p_meet is None}
    issues = values(found, "issue")
    told = {one["extension"][0]["extension"][0]["valueString"] for one in issues}
    assert told == ids
    (rests,) = values(found, "provenance")
    what = rests["entity"][0]["what"]["identifier"]["value"]
    assert what == expected.data_version
    assert patient_of(values(found, "answers")[0], Version(version)).given() == facts
    assert risk["subject"] == subject


def test_a_record_is_read_as_cds_hooks_reads_it(client: FlaskClient) -> None:
    warfarin = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": "Patient/7"},
        "medicationCodeableConcept": {"text": "Warfarin 5 mg"},
    }
    other = {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": "Patient/7"},
    }
    record = bundle(person(), condition("G40.1"), warfarin, other)
    found = check(client, parameters(site="6 cm left of T4", record=record))
    facts = patient_of(values(found, "answers")[0], Version.R4).given()
    assert facts == {"sex": "female", "epilepsy": True, "anticoagulant": "warfarin"}
    assert "consent_given" in values(found, "openQuestion")
    assert values(found, "passedOver") == ["AllergyIntolerance"]
    assert "Mustermann" not in json.dumps(found)


def test_medicines_of_r5(client: FlaskClient) -> None:
    def taken(**more: Any) -> dict[str, Any]:
        statement = {
            "resourceType": "MedicationStatement",
            "status": "recorded",
            "subject": {"reference": "Patient/7"},
            "medication": {"concept": {"text": "Warfarin 5 mg"}},
            **more,
        }
        device = {"resourceType": "Device", "name": [{"value": "a pacemaker"}]}
        sent = parameters(site="6 cm left of T4", record=(statement, device))
        found = check(client, sent, "5.0")
        return patient_of(values(found, "answers")[0], Version.R5).given()

    facts = taken()
    assert facts["anticoagulant"] == "warfarin"
    assert facts["implants"] == [{"kind": "pacemaker"}]
    stopped = {"code": {"coding": [{"code": "stopped"}]}}
    assert "anticoagulant" not in taken(adherence=stopped)
    held = {"code": {"coding": [{"code": "on-hold"}]}}
    assert taken(adherence=held)["anticoagulant"] == "warfarin"


def test_a_record_and_answers_that_differ() -> None:
    """The graver one counts, and it is pointed out."""
    record = Known(
        {
            "epilepsy": True,
            "weight_kg": 70.0,
            "anticoagulant": True,
            "implants": [{"kind": "pacemaker"}],
        }
    )
    facts, unclear = together(
        record,
        {
            "epilepsy": False,
            "weight_kg": 72.0,
            "anticoagulant": "warfarin",
            "implants": [{"kind": "metalwork"}],
            "diabetes": False,
        },
    )
    assert facts == {
        "epilepsy": True,
        "weight_kg": 72.0,
        "anticoagulant": "warfarin",
        "implants": [{"kind": "pacemaker"}, {"kind": "metalwork"}],
        "diabetes": False,
    }
    assert len(unclear) == 4


def test_a_record_never_makes_an_answer_milder(client: FlaskClient) -> None:
    no = response_of({"epilepsy": False, "pregnant": False}, Version.R4)
    sent = parameters(site="left soleus", answers=no, record=condition("G40.1"))
    found = check(client, sent)
    facts = patient_of(values(found, "answers")[0], Version.R4).given()
    assert facts["epilepsy"] is True
    assert "epilepsy" in values(found, "unclear")[0].lower()


def test_a_technique_fills_in_what_is_not_given(client: FlaskClient) -> None:
    site = {"muscle": "supinator", "side": "left"}
    needle = [{"name": "technique", "valueCode": "sup-fdlp2021"}]
    asked = check_site(site).site
    muscle = structure_of(site, asked, Version.R4, patient={"display": "x"})
    found = check(client, parameters(site=muscle, needle=needle))
    plan = {"length_mm": 30.0, "depth_mm": 16.4}
    assert values(found, "verdict") == [check_site(site, plan).verdict.value]
    wrong = [{"name": "technique", "valueCode": "sup-fdlp2022"}]
    said = refused(client, parameters(site=muscle, needle=wrong), 422, "code-invalid")
    assert "sup-fdlp2021" in said


R5_SITE = {
    "resourceType": "BodyStructure",
    "includedStructure": [{"structure": {"text": "left soleus"}}],
}


@pytest.mark.parametrize(
    ("sent", "status", "code", "says"),
    [
        (parameters(site=R5_SITE), 422, "not-supported", "is of FHIR R5"),
        (
            parameters(
                site={"resourceType": "BodyStructure", "description": "left akromyon"}
            ),
            422,
            "code-invalid",
            "acromion",
        ),
        (
            parameters(
                site={
                    "resourceType": "BodyStructure",
                    "location": {"text": "organ of X"},
                }
            ),
            422,
            "code-invalid",
            "BodyStructure.location",
        ),
        (
            parameters(
                site="T4", record={**condition("G40.1"), "clinicalStatus": "active"}
            ),
            422,
            "not-supported",
            "another version of FHIR",
        ),
        (parameters(needle=NEEDLE), 422, "invalid", "Parameters.site"),
        (parameters(site="T4", nedle=NEEDLE), 422, "code-invalid", "needle"),
        (parameters(site=("T4", "T5")), 422, "invalid", "once"),
        (parameters(site="T4", needle=[mm("depht", 3)]), 422, "code-invalid", "depth"),
        (
            parameters(site="T4", needle=[mm("depth", 900)]),
            422,
            "value",
            "needle.depth_mm",
        ),
        (
            parameters(
                site="T4",
                needle=[{"name": "depth", "valueQuantity": {"value": 3, "code": "kg"}}],
            ),
            422,
            "invalid",
            "mm",
        ),
        (
            parameters(site="T4", record=(person(), condition("G40.1", "8"))),
            422,
            "invalid",
            "one patient",
        ),
        (
            parameters(site="T4", record=(person("7"), person("8"))),
            422,
            "invalid",
            "one",
        ),
        (person(), 422, "invalid", "Patient"),
        ("{", 400, "structure", "JSON"),
        (
            '{"resourceType": "Parameters", "resourceType": "x"}',
            400,
            "structure",
            "dupl",
        ),
    ],
)
def test_what_is_refused(
    client: FlaskClient, sent: Any, status: int, code: str, says: str
) -> None:
    assert says in refused(client, sent, status, code)


def test_other_calls_are_refused_as_fhir(client: FlaskClient) -> None:
    outcome(client.get("/fhir/Patient/7"), 404, "not-found")
    outcome(client.get("/fhir/Questionnaire/x"), 404, "not-found")
    outcome(client.get("/fhir/$check"), 405, "not-supported")
    outcome(client.post("/fhir"), 404, "not-found")
    kind = {"Content-Type": "application/fhir+xml"}
    found = client.post("/fhir/$check", data="<x/>", headers=kind)
    outcome(found, 415, "not-supported")
    kind = {"Content-Type": f"{FHIR_JSON}; fhirVersion=3.0"}
    found = client.post("/fhir/$check", data="{}", headers=kind)
    outcome(found, 415, "not-supported")
    elsewhere = {"Host": "needlemap.example"}
    outcome(client.get("/fhir/metadata", headers=elsewhere), 421, "security")


def test_without_the_token_nobody_gets_in() -> None:
    locked = create_service(access=Access(token=TOKEN), warm=False).test_client()
    outcome(locked.get("/fhir/metadata"), 401, "login")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    told = locked.get("/fhir/metadata", headers=bearer).json
    assert "Bearer" in told["rest"][0]["security"]["description"]


def test_a_bundle_of_50_mb(client: FlaskClient) -> None:
    """Refused by its length, before it is read, by the service and where it listens."""
    huge = 50 * 1024 * 1024
    found = client.post(
        "/fhir/$check",
        headers=typed("4.0"),
        environ_overrides={"CONTENT_LENGTH": str(huge), "wsgi.input": _Unread()},
    )
    assert "2000000" in outcome(found, 413, "too-long").replace(" ", "")
    status, body = _posted(huge)
    assert status == 413
    assert body["issue"][0]["code"] == "too-long"


class _Unread:
    """A body that must not be read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("it was read")

    readinto = readline = read


def _posted(length: int) -> tuple[int, Any]:
    """Say that so many bytes will follow, send a few, and return what is answered."""
    _server, port, _thread = running(create_service(warm=False))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        head = (
            "POST /fhir/$check HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: {FHIR_JSON}\r\nContent-Length: {length}\r\n\r\n"
        )
        link.sendall(head.encode())
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    first, _, body = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(body)
