"""CDS Hooks: what is answered is the specification's, and what it says the check's."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import healthy_patient
from tests.viewer.service.hooks import specification as spec
from viewer.service.app import create_service
from viewer.service.hooks.book import load_book
from viewer.service.hooks.facts import facts_of
from viewer.service.server.settings import Settings
from zones import check_site
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PATIENT_ID = "1288992"
ORDER, PATIENT = "dry-needling-order", "dry-needling-patient"
ICD, CPT = "http://hl7.org/fhir/sid/icd-10", "http://www.ama-assn.org/go/cpt"
TODAY = date(2026, 6, 1)
ACTIVE = {"coding": [{"code": "active"}]}
PARTS = ("resourceType", "entry", "resource", "code", "coding", "status", "type")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client on this machine, with records of its own."""
    file = tmp_path_factory.mktemp("records") / "records.sqlite3"
    return create_service(
        settings=Settings(db=f"sqlite:///{file}"), warm=False
    ).test_client()


def bundle(*resources: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def condition(code: str, system: str = ICD, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "code": {"coding": [{"system": system, "code": code}]},
        **more,
    }


def order(site: str | None = "6 cm left of T4", **plan: float) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": "order-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "code": {"coding": [{"system": CPT, "code": "20560"}]},
        "note": [{"text": "kept as it is"}],
    }
    if site is not None:
        resource["bodySite"] = [{"text": site}]
    if plan:
        parts = [{"url": n, "valueDecimal": value} for n, value in plan.items()]
        resource["extension"] = [
            {"url": "https://ehr.example.com/own", "valueString": "kept"},
            {"url": "urn:needlemap:needle", "extension": parts},
        ]
    return resource


def call(hook: str, *orders: Any, **prefetch: Any) -> dict[str, Any]:
    """A call of a hook, with a patient and nothing else on record."""
    context: dict[str, Any] = {"userId": "Practitioner/1", "patientId": PATIENT_ID}
    if hook != "patient-view":
        context["draftOrders"] = bundle(*orders)
    if hook == "order-select":
        context["selections"] = [f"ServiceRequest/{one['id']}" for one in orders]
    person = {"resourceType": "Patient", "id": PATIENT_ID, "gender": "female"}
    sent = {"patient": person, "conditions": None, "medications": None, **prefetch}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": sent,
    }


def cards(client: FlaskClient, service: str, data: Any) -> list[dict[str, Any]]:
    """Return the cards of an answer that is the specification's."""
    answer = client.post(f"/cds-services/{service}", json=data)
    assert answer.status_code == 200, answer.text
    spec.Response.model_validate(answer.json)
    found: list[dict[str, Any]] = answer.json["cards"]
    return found


def test_the_model_takes_the_specifications_examples() -> None:
    spec.Discovery.model_validate(spec.DISCOVERY)
    spec.Response.model_validate(spec.RESPONSE)
    for example in (spec.ACCEPTED, spec.OVERRIDDEN):
        spec.Feedback.model_validate(example)
    for wrong in (
        {"cards": None},
        {"cards": [{**spec.RESPONSE["cards"][0], "indicator": "hard-stop"}]},
        {"cards": [{**spec.RESPONSE["cards"][0], "summary": "x" * 140}]},
        {"cards": [{**spec.RESPONSE["cards"][0], "suggestions": [{"label": "do"}]}]},
        {"cards": [{**spec.RESPONSE["cards"][0], "links": []}]},
    ):
        with pytest.raises(ValueError, match="validation error"):
            spec.Response.model_validate(wrong)


def test_discovery(client: FlaskClient) -> None:
    found = client.get("/cds-services").json
    spec.Discovery.model_validate(found)
    assert {(s["hook"], s["id"]) for s in found["services"]} == {
        ("order-select", ORDER),
        ("order-sign", ORDER),
        ("patient-view", PATIENT),
    }
    for service in found["services"]:
        for query in service["prefetch"].values():
            # read, or search by patient, code, status and sort: the recommended subset
            kind, _, rest = query.partition("?")
            names = {part.partition("=")[0] for part in rest.split("&") if part}
            assert names <= {"patient", "code", "status", "_sort"}, query
            assert "{{context.patientId}}" in query
            assert kind.split("/")[0].isalpha()
    assert "http://loinc.org|6301-6" in found["services"][0]["prefetch"]["observations"]


@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_an_order_is_checked(client: FlaskClient, hook: str) -> None:
    (card,) = cards(client, ORDER, call(hook, order(depth_mm=30, length_mm=40)))
    needle = {"depth_mm": 30, "length_mm": 40}
    answer = check_site({"text": "6 cm left of T4"}, needle, {"sex": "female"})
    assert answer.verdict == Verdict.DANGER
    assert card["indicator"] == "critical"
    assert card["summary"].startswith("DANGER: ")
    assert "neumothorax" in card["summary"]
    assert "consent" in card["detail"]  # not known, so asked
    assert {reason["code"] for reason in card["overrideReasons"]} >= {"guided", "other"}
    first = card["suggestions"][0]
    (action,) = first["actions"]
    changed = action["resource"]
    kept = copy.deepcopy(order(depth_mm=30, length_mm=40))
    assert changed["extension"][0] == kept["extension"][0]
    assert {k: v for k, v in changed.items() if k != "extension"} == {
        k: v for k, v in kept.items() if k != "extension"
    }
    # what is suggested, taken, is milder
    again = call(hook, changed)
    (after,) = cards(client, ORDER, again)
    assert after["indicator"] == "warning"


@pytest.mark.parametrize(
    ("patient", "depth", "site", "verdict", "indicator"),
    [
        (healthy_patient(), 10, "left vastus lateralis", "NO_KNOWN_DANGER", "info"),
        ({}, 10, "left vastus lateralis", "CAUTION", "warning"),
        (healthy_patient(), 40, "6 cm left of T4", "DANGER", "critical"),
        (healthy_patient(consent_given=False), 5, "left LI4", "STOP", "critical"),
    ],
)
def test_the_indicator_is_the_verdicts(
    patient: dict[str, Any], depth: float, site: str, verdict: str, indicator: str
) -> None:
    from viewer.service.hooks.cards import site_card
    from viewer.service.hooks.facts import Known
    from viewer.service.hooks.orders import NeedlingOrder

    answer = check_site({"text": site, "body": "female"}, {"depth_mm": depth}, patient)
    assert answer.verdict == verdict
    made = site_card(NeedlingOrder(order(site), (), {}), answer, Known())
    spec.Card.model_validate(made)
    assert made["indicator"] == indicator
    assert "safe" not in json.dumps(made).lower().replace("unsafe", "").replace(
        "absence of data is not safety", ""
    )
    if verdict == "STOP":
        actions = [a for s in made["suggestions"] for a in s.get("actions", ())]
        assert {"type": "delete", "resourceId": "ServiceRequest/order-1"}.items() <= (
            actions[-1].items()
        )


def test_only_needling_counts(client: FlaskClient) -> None:
    other = order() | {"code": {"coding": [{"system": CPT, "code": "97110"}]}}
    assert cards(client, ORDER, call("order-sign", other)) == []
    # nothing is needed of the record where there is nothing to check
    bare = call("order-sign", other) | {"prefetch": {}}
    assert cards(client, ORDER, bare) == []
    chosen = call("order-select", order())
    chosen["context"]["selections"] = ["ServiceRequest/another"]
    assert cards(client, ORDER, chosen) == []


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (order(None), "names no site"),
        (order("the moon"), "could not be checked"),
        (order("left buttock"), "could not be checked"),
        (order(depth_mm=60, length_mm=40), "could not be checked"),
        (order(tilt_deg=30), "could not be checked"),
    ],
)
def test_what_cannot_be_checked_is_never_clear(
    client: FlaskClient, made: dict[str, Any], word: str
) -> None:
    (card,) = cards(client, ORDER, call("order-sign", made))
    assert card["indicator"] in ("warning", "critical")
    assert card["summary"].startswith("NOT ASSESSABLE")
    assert word in card["detail"]


def test_current_in_the_code_is_current_in_the_plan(client: FlaskClient) -> None:
    from viewer.service.hooks.orders import orders_of

    with_current = order() | {"code": {"coding": [{"system": CPT, "code": "97813"}]}}
    context = {"draftOrders": bundle(with_current)}
    assert orders_of(context, "order-sign")[0].needle == {"electrical": True}
    # one that says both says nothing
    both = order() | {
        "code": {"coding": [{"system": CPT, "code": c} for c in ("97810", "97813")]}
    }
    context = {"draftOrders": bundle(both)}
    assert "electrical" not in orders_of(context, "order-sign")[0].needle


def test_a_muscle_by_its_code(client: FlaskClient) -> None:
    coded = order(None) | {
        "bodySite": [{"coding": [{"system": "urn:any", "code": "FMA:22542"}]}]
    }
    (card,) = cards(client, ORDER, call("order-sign", coded))
    assert card["summary"]


def test_the_patient_alone(client: FlaskClient) -> None:
    (open_,) = cards(client, PATIENT, call("patient-view"))
    assert open_["indicator"] == "info"  # no needle has been ordered
    pregnant = bundle(condition("Z33"))
    (card,) = cards(client, PATIENT, call("patient-view", conditions=pregnant))
    assert card["indicator"] == "critical"
    assert "first trimester" in card["detail"]
    assert "At certain sites" in card["detail"]


@pytest.mark.parametrize("lacking", ["patient", "conditions", "medications"])
def test_missing_prefetch_is_412(client: FlaskClient, lacking: str) -> None:
    for sent in (
        {},
        {lacking: {"resourceType": "OperationOutcome"}},
        {lacking: bundle({"resourceType": "OperationOutcome"})},
    ):
        asked = call("patient-view")
        asked["prefetch"] = {
            k: v for k, v in asked["prefetch"].items() if k != lacking
        } | sent
        answer = client.post(f"/cds-services/{PATIENT}", json=asked)
        assert answer.status_code == 412
        assert answer.json["error"]["code"] == "precondition"
        assert lacking in answer.json["error"]["message"]
    example = client.post(f"/cds-services/{PATIENT}", json=spec.REQUEST)
    assert example.status_code == 412  # it prefetches for another service


def test_another_patients_record_is_refused(client: FlaskClient) -> None:
    theirs = condition("G40") | {"subject": {"reference": "Patient/other"}}
    asked = [
        call("patient-view", conditions=bundle(theirs)),
        call("patient-view", patient={"resourceType": "Patient", "id": "other"}),
    ]
    foreign = order() | {"subject": {"reference": "https://ehr.example/Patient/other"}}
    for service, data in (
        *((PATIENT, data) for data in asked),
        (ORDER, call("order-sign", foreign)),
    ):
        answer = client.post(f"/cds-services/{service}", json=data)
        assert answer.status_code == 422
        assert "another patient" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"hook": "order-sign"}, 422),
        ({"hook": None}, 422),
        ({"hookInstance": "no-uuid"}, 422),
        ({"context": {"userId": "Practitioner/1"}}, 422),
        ({"context": []}, 422),
        ({"prefetch": []}, 422),
    ],
)
def test_calls_of_another_form_are_refused(
    client: FlaskClient, change: dict[str, Any], status: int
) -> None:
    answer = client.post(f"/cds-services/{PATIENT}", json=call("patient-view") | change)
    assert answer.status_code == status
    assert set(answer.json["error"]) == {"code", "message", "field", "suggestions"}


def test_addresses(client: FlaskClient) -> None:
    assert client.post("/cds-services/nothing", json={}).status_code == 404
    assert client.get(f"/cds-services/{PATIENT}").status_code == 405
    assert client.post("/cds-services", json={}).status_code == 405
    assert client.post("/cds-services/nothing/feedback", json={}).status_code == 404


def test_feedback_is_kept(client: FlaskClient, tmp_path: Path) -> None:
    from sqlalchemy import make_url, select

    from viewer.record.storage.feedback import FEEDBACK, FeedbackStore

    url = f"sqlite:///{tmp_path}/records.sqlite3"
    own = create_service(settings=Settings(db=url), warm=False).test_client()
    address = f"/cds-services/{ORDER}/feedback"
    for example in (spec.ACCEPTED, spec.OVERRIDDEN):
        assert own.post(address, json=example).json == {"kept": 1}
    store = FeedbackStore(make_url(url))
    assert store.count() == 2
    with store._database.engine().connect() as link:
        accepted, overridden = link.execute(select(FEEDBACK)).all()
    store.close()
    assert accepted.suggestions == "e56e1945-20b3-4393-8503-a1a20fd73152"
    assert accepted.at.isoformat() == "2021-12-11T10:05:31+00:00"
    assert overridden.reason.endswith("|d7ecf885")
    assert overridden.comment == "A comment entered by the clinician."
    assert overridden.service == ORDER
    entry = spec.ACCEPTED["feedback"][0]
    for wrong in (
        {},
        {"feedback": []},
        {"feedback": [{**entry, "outcome": "ignored"}]},
        {"feedback": [{**entry, "acceptedSuggestions": []}]},
        {"feedback": [{**entry, "outcomeTimestamp": "2021-12-11T10:05:31"}]},
        {"feedback": [{**entry, "card": "x" * 81}]},
    ):
        assert own.post(address, json=wrong).status_code == 422, wrong


def test_the_records_and_the_feedback_share_a_database(tmp_path: Path) -> None:
    """A database of records made before there was feedback takes it."""
    from sqlalchemy import make_url

    from viewer.record.storage.models import Record, now
    from viewer.record.storage.store import RecordStore

    url = make_url(f"sqlite:///{tmp_path}/records.sqlite3")
    records = RecordStore(url)
    records.create(Record(id="record-1", started=now()))
    own = create_service(
        settings=Settings(db=url.render_as_string()), warm=False
    ).test_client()
    answer = own.post(f"/cds-services/{ORDER}/feedback", json=spec.ACCEPTED)
    assert answer.status_code == 200
    assert records.read("record-1").record.id == "record-1"
    records.close()


# ------------------------------------------------------------------ facts of a record


@pytest.mark.parametrize(
    ("made", "fact"),
    [
        (condition("G40"), "epilepsy"),
        (condition("G40.9"), "epilepsy"),
        (condition("G40.909", "http://hl7.org/fhir/sid/icd-10-cm"), "epilepsy"),
        (condition("E11.4"), "diabetes"),
        (condition("B24"), "immunocompromised"),
        (condition("Z95.0"), "pacemaker"),
        (
            condition("C50", clinicalStatus={"coding": [{"code": "active"}]}),
            "cancer_sites",
        ),
    ],
)
def test_diagnoses_that_say_yes(made: dict[str, Any], fact: str) -> None:
    known = facts_of({"conditions": bundle(made)}, today=TODAY)
    assert known.facts[fact] is True


@pytest.mark.parametrize(
    "made",
    [
        condition("D66"),  # D65-D69 means more than a bleeding disorder
        condition("H52.1"),
        condition("G40", clinicalStatus={"coding": [{"code": "resolved"}]}),
        condition("G40", abatementDateTime="2020-01-01"),
        condition("G40", verificationStatus={"coding": [{"code": "provisional"}]}),
    ],
)
def test_diagnoses_that_have_to_be_clarified(made: dict[str, Any]) -> None:
    known = facts_of({"conditions": bundle(made)}, today=TODAY)
    assert known.facts == {}
    assert len(known.unclear) == 1


@pytest.mark.parametrize(
    "made",
    [
        condition("A00"),
        condition("G40", "urn:another-system"),
        condition("Z92.1", "http://hl7.org/fhir/sid/icd-10-cm"),
        condition("G40", verificationStatus={"coding": [{"code": "refuted"}]}),
        condition("G40", verificationStatus={"coding": [{"code": "entered-in-error"}]}),
        {"resourceType": "Condition"},
        {"resourceType": "Condition", "code": "G40"},
        None,
        7,
    ],
)
def test_what_says_nothing(made: Any) -> None:
    known = facts_of({"conditions": bundle(made)}, today=TODAY)
    assert (known.facts, known.unclear) == ({}, [])


def medicine(**more: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "status": "active", **more}


def test_medicines() -> None:
    atc = {"coding": [{"system": "http://www.whocc.no/atc", "code": "B01AF02"}]}
    named = {"text": "Warfarin sodium 5 mg tablet"}
    other = {"text": "Paracetamol"}

    def known(*resources: Any) -> dict[str, Any]:
        return facts_of({"medications": bundle(*resources)}, today=TODAY).facts

    assert known(medicine(medicationCodeableConcept=atc)) == {"anticoagulant": True}
    assert known(medicine(medicationCodeableConcept=named)) == {
        "anticoagulant": "warfarin"
    }
    assert known(medicine(medicationCodeableConcept={"text": "Aspirin 75 mg"})) == {
        "antiplatelet": "aspirin"
    }
    # without any, nothing is known: that none is taken is never said
    assert known(medicine(medicationCodeableConcept=other)) == {}
    assert known(medicine(medicationCodeableConcept=named, status="stopped")) == {}
    assert known(medicine(medicationCodeableConcept=named, doNotPerform=True)) == {}


def observation(code: str, value: float, unit: str, on: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "effectiveDateTime": on,
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": {
            "value": value,
            "code": unit,
            "system": "http://unitsofmeasure.org",
        },
    }


def test_observations() -> None:
    def known(*resources: Any) -> Any:
        return facts_of({"observations": bundle(*resources)}, today=TODAY)

    height = observation("8302-2", 1.8, "m", "2026-05-01")
    assert known(height).facts == {"height_cm": 180.0}
    weight = observation("29463-7", 154.0, "[lb_av]", "2026-05-01")
    assert known(weight).facts == {"weight_kg": 69.853}
    old = observation("6301-6", 2.5, "{INR}", "2026-01-01")
    assert known(old).facts == {}
    assert "INR" in known(old).unclear[0]
    new = observation("6301-6", 4.5, "{INR}", "2026-05-30T08:00:00+02:00")
    assert known(new, old).facts == {"inr": 4.5}
    for wrong in (
        observation("6301-6", 2.5, "%", "2026-05-30"),
        observation("6301-6", 2.5, "{INR}", "2026-06-30"),
        observation("6301-6", 2.5, "{INR}", "2026"),
        observation("6301-6", 2.5, "{INR}", "2026-05-30") | {"status": "cancelled"},
        observation("6301-6", True, "{INR}", "2026-05-30"),
    ):
        assert known(wrong).facts == {}
    pressure = observation("85354-9", 0, "", "2026-06-01") | {
        "component": [
            observation("8480-6", 190, "mm[Hg]", ""),
            observation("8462-4", 110, "mm[Hg]", ""),
        ]
    }
    assert known(pressure).facts == {"systolic_mmhg": 190, "diastolic_mmhg": 110}
    # out of all range: not read, and never taken for normal
    assert known(observation("6301-6", 900, "{INR}", "2026-05-30")).facts == {}


def test_devices_and_the_person() -> None:
    device = {"resourceType": "Device", "type": {"text": "Cardiac pacemaker, dual"}}
    known = facts_of({"devices": bundle(device)}, today=TODAY)
    assert known.facts["implants"] == [{"kind": "pacemaker"}]
    gone = {**device, "status": "entered-in-error"}
    assert facts_of({"devices": bundle(gone)}, today=TODAY).facts == {}

    def person(**more: Any) -> dict[str, Any]:
        made = {"resourceType": "Patient", **more}
        return facts_of({"patient": made}, today=TODAY).facts

    assert person(gender="female", birthDate="1990-06-02") == {
        "sex": "female",
        "age": 35,
    }
    assert person(birthDate="1990-06-01") == {"age": 36}
    assert person(gender="other", birthDate="1990") == {}
    birth = {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
        "valueCode": "F",
    }
    assert person(gender="male", extension=[birth]) == {}


def test_a_record_that_contradicts_itself_takes_the_graver_side() -> None:
    """A man on record who is pregnant on record is pregnant."""
    known = facts_of(
        {
            "patient": {"resourceType": "Patient", "gender": "male"},
            "conditions": bundle(condition("Z33")),
        },
        today=TODAY,
    )
    assert known.facts == {"pregnant": True}
    assert any("contradicts" in str(words) for words in known.unclear)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "entry",
                    "resource",
                    "code",
                    "coding",
                    "status",
                    "type",
                ]
            ),
            inner | st.sampled_from(["Bundle", "Condition", "Patient", "Device"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=20)
@given(
    prefetch=st.dictionaries(
        st.sampled_from([row.key for row in load_book().prefetch]), _json
    )
)
def test_nothing_made_up_fails_or_says_no(prefetch: dict[str, Any]) -> None:
    known = facts_of(prefetch, today=TODAY)
    assert all(value is not False for value in known.facts.values())


def test_nothing_of_a_record_is_a_no() -> None:
    """The fullest record says yes, a figure, a name or a list; the rest is unknown."""
    everything = [
        condition(code) for code in ("G40", "E11", "Z33", "I21", "J45", "R55")
    ]
    known = facts_of({"conditions": bundle(*everything)}, today=TODAY)
    assert len(known.facts) == 6
    assert set(known.facts.values()) == {True}
