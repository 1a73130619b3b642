"""The questionnaire has all facts, and answers come back as they were given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anatomy.errors import InputError, NeedlemapError
from viewer.fhir.questionnaire import URL, asked_facts, enable_when, questionnaire
from viewer.fhir.responses import answers_of, patient_of, response_of
from viewer.fhir.validation import faults
from viewer.fhir.versions import Version
from zones.knowledge.conditions import Condition, evaluate
from zones.knowledge.facts import Fact
from zones.patients.patient import Patient, parse_patient

BOTH = pytest.mark.parametrize("version", list(Version))
ANY = st.sampled_from(list(Version))
WORDS = ("6 cm left of T4", "right acromion", "2 cm below the left PSIS")
PLACES = ("arm", "left arm", "right thigh", "neck", "whole body")


def _lists(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(one, max_size=3, unique_by=str)


def _values(fact: Fact) -> st.SearchStrategy[Any]:
    """Return all that a fact may be answered with."""
    if fact.type == "number":
        low, high = fact.range or (0, 1)
        return st.floats(low, high).map(lambda value: round(value, 2))
    if fact.type == "choice":
        return st.sampled_from(fact.options)
    if fact.type == "medicine":
        return st.booleans() | st.sampled_from(["warfarin", "aspirin", "danaparoid"])
    if fact.type == "regions":
        return st.booleans() | _lists(st.sampled_from(PLACES))
    if fact.type == "areas":
        area = st.fixed_dictionaries(
            {
                "site": st.sampled_from(WORDS).map(lambda words: {"text": words}),
                "radius_mm": st.integers(0, 400),
            }
        )
        return st.booleans() | _lists(area)
    if fact.type == "implants":
        kinds = st.sampled_from(fact.options)
        implant = st.fixed_dictionaries(
            {"kind": kinds}, optional={"region": st.sampled_from(PLACES)}
        )
        return st.booleans() | _lists(implant)
    return st.booleans()


@st.composite
def given_patients(draw: st.DrawFn) -> Patient:
    """Draw a patient of whom a few facts are known."""
    facts = draw(st.lists(st.sampled_from(asked_facts()), max_size=8, unique=True))
    try:
        return parse_patient({fact.name: draw(_values(fact)) for fact in facts})
    except NeedlemapError:
        assume(False)
        raise


def _flat(items: list[Any]) -> list[Any]:
    return [i for one in items for i in (one, *_flat(one.get("item", [])))]


@BOTH
def test_every_fact_is_asked_and_nothing_is_required(version: Version) -> None:
    form = questionnaire(version)
    assert faults(form, version) == []
    items = _flat(form["item"])
    links = [item["linkId"] for item in items]
    assert len(links) == len(set(links))
    assert {fact.name for fact in asked_facts()} <= set(links)
    assert not any("required" in item or "initial" in item for item in items)
    for item in items:
        for row in item.get("enableWhen", []):
            assert row["question"] in links


@BOTH
def test_units_and_options_are_those_of_the_facts(version: Version) -> None:
    items = {item["linkId"]: item for item in _flat(questionnaire(version)["item"])}
    for fact in asked_facts():
        item = items[fact.name]
        if fact.type == "number":
            unit, low, high = item["extension"]
            assert unit["valueCoding"]["system"] == "http://unitsofmeasure.org"
            assert (low["valueDecimal"], high["valueDecimal"]) == fact.range
        if fact.type == "choice":
            codes = [o["valueCoding"]["code"] for o in item["answerOption"]]
            assert tuple(codes) == fact.options
    assert items["systolic_mmhg"]["extension"][0]["valueCoding"]["code"] == "mm[Hg]"
    assert items["height_cm"]["code"][0]["code"] == "8302-2"


def _met(row: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Return whether a form filler asks, by one enableWhen."""
    value = facts.get(row["question"])
    if row["operator"] == "exists":
        return (value is not None) == row["answerBoolean"]
    if row["operator"] == "!=" and value is None:
        return True
    if value is None:
        return False
    wanted = next(v for n, v in row.items() if n.startswith("answer"))
    if isinstance(wanted, dict):
        wanted = {"yes": True, "no": False}.get(wanted["code"], wanted["code"])
    if row["operator"] in "<>":
        return bool(value < wanted if row["operator"] == "<" else value > wanted)
    return bool((value == wanted) == (row["operator"] == "="))


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "anticoagulant": st.sampled_from([True, False, "warfarin", "apixaban"]),
            "age": st.integers(0, 90),
            "inr": st.floats(1, 6),
            "pregnant": st.booleans(),
            "diabetes": st.booleans(),
        },
    )
)
def test_a_form_asks_exactly_what_the_facts_file_asks(facts: dict[str, Any]) -> None:
    items = {i["linkId"]: i for i in _flat(questionnaire(Version.R4)["item"])}
    for fact in asked_facts():
        if fact.asked_when is None or not fact.asked_when.facts() <= {*facts}:
            continue
        item = items[fact.name]
        join = any if item.get("enableBehavior") == "any" else all
        asked = join(_met(row, facts) for row in item["enableWhen"])
        assert asked == (evaluate(fact.asked_when, facts) is True), fact.name


def test_a_condition_that_fhir_cannot_say_is_always_asked() -> None:
    mixed = Condition.model_validate(
        {
            "any": [
                {"fact": "diabetes", "equals": True},
                {
                    "all": [
                        {"fact": "age", "above": 3},
                        {"fact": "pregnant", "equals": True},
                    ]
                },
            ]
        }
    )
    assert enable_when(mixed) == {}


@settings(max_examples=150, deadline=None)
@given(patient=given_patients(), version=ANY)
def test_answers_come_back(patient: Patient, version: Version) -> None:
    """What was given comes back, what was not stays unknown, and nothing else."""
    sent = response_of(patient, version)
    back = patient_of(sent, version)
    assert back.facts() == patient.facts()
    assert {*back.given()} == {*patient.given()}


@settings(max_examples=15, deadline=None)
@given(patient=given_patients(), version=ANY)
def test_responses_are_valid(patient: Patient, version: Version) -> None:
    subject = {"reference": "Patient/7"}
    assert faults(response_of(patient, version, subject=subject), version) == []


@BOTH
def test_nothing_answered_is_nothing_known(version: Version) -> None:
    empty = {"resourceType": "QuestionnaireResponse", "status": "in-progress"}
    assert answers_of(empty, version) == {}
    groups = questionnaire(version)["item"]
    blank = [
        {"linkId": g["linkId"], "item": [{"linkId": "epilepsy", "answer": []}]}
        for g in groups
    ]
    assert answers_of({**empty, "item": blank}, version) == {}
    reason = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}
    absent = [{"linkId": "epilepsy", "answer": [{"extension": [reason]}]}]
    assert answers_of({**empty, "item": absent}, version) == {}


def _answered(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "item": [*items],
        **more,
    }


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        (_answered({"linkId": "epilepsie"}), "epilepsy"),
        (_answered(questionnaire="urn:other"), URL),
        (_answered(status="entered-in-error"), "entered-in-error"),
        ({"resourceType": "Patient"}, "must be a QuestionnaireResponse"),
        (
            _answered({"linkId": "epilepsy", "answer": [{"valueString": "perhaps"}]}),
            "valueBoolean",
        ),
        (
            _answered(
                {
                    "linkId": "height_cm",
                    "answer": [{"valueQuantity": {"value": 70, "code": "[in_i]"}}],
                }
            ),
            "valueQuantity in cm",
        ),
        (
            _answered({"linkId": "age", "answer": [{"valueDecimal": 900}]}),
            "0 to 120",
        ),
        (
            _answered(
                {"linkId": "epilepsy", "answer": [{"valueBoolean": True}]},
                {"linkId": "epilepsy", "answer": [{"valueBoolean": False}]},
            ),
            "answered twice",
        ),
        (
            _answered(
                {"linkId": "implants", "answer": [{"valueBoolean": False}]},
                {
                    "linkId": "implants.item",
                    "item": [
                        {
                            "linkId": "implants.item.kind",
                            "answer": [{"valueString": "pacemaker"}],
                        }
                    ],
                },
            ),
            "answered with no",
        ),
        (
            _answered(
                {
                    "linkId": "lymphoedema",
                    "answer": [{"valueString": "no"}, {"valueString": "left arm"}],
                }
            ),
            "answered with no",
        ),
        (
            _answered(
                {"linkId": "anticoagulant", "answer": [{"valueString": "unknown"}]}
            ),
            "anticoagulant",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(sent: dict[str, Any], what: str) -> None:
    with pytest.raises(NeedlemapError, match=what):
        patient_of(sent, Version.R4)


def test_a_form_of_the_other_version_is_refused() -> None:
    sent = _answered(identifier=[{"value": "1"}])
    assert patient_of(sent, Version.R5) == Patient()
    with pytest.raises(InputError, match="FHIR R5"):
        patient_of(sent, Version.R4)


def test_two_places_for_one_area_are_refused() -> None:
    area = {"site": {"point": "GB21", "side": "left"}, "radius_mm": 10.0}
    sent = response_of({"skin_damaged": [area]}, Version.R4)
    (group,) = sent["item"]
    site = group["item"][1]["item"][0]["answer"][0]
    assert patient_of(sent, Version.R4).skin_damaged[0].site == area["site"]  # type: ignore[index,union-attr]
    site["valueString"] = "6 cm left of T4"
    with pytest.raises(InputError, match="two places"):
        patient_of(sent, Version.R4)
