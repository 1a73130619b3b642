"""The patient: what is refused, what follows, and agreement with the facts file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import (
    ContradictionError,
    DataError,
    InputError,
    NeedlemapError,
    OutOfRangeError,
    UnknownNameError,
)
from tools.fact_types import STUB, stub
from zones.knowledge.facts import Fact, load_facts
from zones.patients.patient import (
    Patient,
    Practitioner,
    parse_patient,
    parse_practitioner,
)

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_facts()
NUMBERS = [fact for fact in CATALOGUE.facts if fact.type == "number"]


def person(**facts: Any) -> Patient:
    """Return a patient, as keyword arguments of any type."""
    return Patient(**facts)


def by_name(fact: Fact) -> str:
    return fact.name


def test_the_model_has_the_facts_of_the_file_in_its_order() -> None:
    listed = [fact.name for fact in CATALOGUE.facts if fact.source == "patient"]
    assert listed == list(Patient.model_fields)


def test_type_checkers_know_the_facts_of_the_file() -> None:
    """Else: python -m tools.fact_types."""
    assert STUB.read_text("utf-8") == stub(CATALOGUE)


@pytest.mark.parametrize("fact", CATALOGUE.facts, ids=by_name)
def test_each_favourable_answer_is_accepted(fact: Fact) -> None:
    if fact.source == "patient" and fact.favourable is not None:
        known = person(**{fact.name: fact.favourable}).facts()
        assert known[fact.name] == fact.favourable


def test_a_healthy_adult_is_a_valid_patient() -> None:
    answers = CATALOGUE.favourable()
    answers = {k: v for k, v in answers.items() if CATALOGUE[k].source == "patient"}
    assert person(**answers).facts()["pregnant"] is False


def test_not_asked_is_absent() -> None:
    assert person().facts() == {}
    assert parse_patient(None).facts() == {}
    assert parse_patient({"epilepsy": None}).facts() == {}


@pytest.mark.parametrize("fact", NUMBERS, ids=by_name)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e9, -1e9])
def test_numbers_out_of_range_are_refused(fact: Fact, value: float) -> None:
    assert fact.range is not None
    with pytest.raises(OutOfRangeError) as caught:
        person(**{fact.name: value})
    assert caught.value.field == f"patient.{fact.name}"
    assert f"{fact.range[0]:g} to {fact.range[1]:g}" in str(caught.value)


@pytest.mark.parametrize("fact", NUMBERS, ids=by_name)
@pytest.mark.parametrize("edge", [0, 1])
def test_the_ends_of_a_range_count_as_inside(fact: Fact, edge: int) -> None:
    assert fact.range is not None
    value = fact.range[edge]
    assert getattr(person(**{fact.name: value}), fact.name) == value


@pytest.mark.parametrize("fact", NUMBERS, ids=by_name)
@pytest.mark.parametrize("value", ["31", True, [], {}])
def test_what_is_no_number_is_refused(fact: Fact, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        person(**{fact.name: value})
    assert fact.name in str(caught.value)


def test_an_unknown_fact_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_patient({"anticoagulent": True})
    assert "anticoagulant" in caught.value.suggestions
    assert caught.value.field == "patient.anticoagulent"


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ({"pregnant": True, "sex": "male"}, ("pregnant", "sex")),
        ({"gestation_weeks": 32, "sex": "male"}, ("gestation_weeks", "sex")),
        ({"gestation_weeks": 12, "pregnant": False}, ("gestation_weeks", "pregnant")),
        ({"pregnant": True, "age": 9}, ("pregnant", "age")),
        ({"pregnant": True, "hysterectomy": True}, ("pregnant", "hysterectomy")),
        ({"sex": "male", "hysterectomy": True}, ("hysterectomy", "sex")),
        ({"bmi": 21, "height_cm": 170, "weight_kg": 66}, ("bmi", "weight_kg")),
        (
            {"pacemaker": False, "implants": [{"kind": "pacemaker"}]},
            ("pacemaker", "implants"),
        ),
        ({"pacemaker": True, "implants": False}, ("pacemaker", "implants")),
        (
            {"diabetes": False, "diabetes_neuropathy": True},
            ("diabetes_neuropathy", "diabetes"),
        ),
        (
            {"systolic_mmhg": 80, "diastolic_mmhg": 120},
            ("diastolic_mmhg", "systolic_mmhg"),
        ),
        (
            {"connective_tissue_disorder": False, "vascular_ehlers_danlos": True},
            ("vascular_ehlers_danlos", "connective_tissue_disorder"),
        ),
    ],
)
def test_contradictions_name_both_facts(
    facts: dict[str, Any], names: tuple[str, str]
) -> None:
    with pytest.raises(ContradictionError) as caught:
        parse_patient(facts)
    assert all(f"patient.{name}" in str(caught.value) for name in names)


@pytest.mark.parametrize(
    "facts",
    [
        {"sex": "mael"},
        {"lymphoedema": ["left armm"]},
        {"implants": [{"kind": "pacemakr"}]},
        {"implants": [{"kind": "pacemaker", "region": "chesst"}]},
        {"implants": [{"kind": "pacemaker", "regoin": "thorax"}]},
        {"skin_damaged": [{"site": {"landmerk": "T4"}, "radius_mm": 10}]},
    ],
)
def test_unknown_names_offer_others(facts: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_patient(facts)
    assert caught.value.suggestions


@pytest.mark.parametrize(
    "facts",
    [
        {"consent_given": "yes"},
        {"consent_given": 1},
        {"sex": 1},
        {"anticoagulant": "none"},
        {"anticoagulant": ""},
        {"antiplatelet": "No"},
        {"lymphoedema": 3},
        {"implants": "pacemaker"},
        {"skin_damaged": [{"site": {}, "radius_mm": 10}]},
        {"skin_damaged": ["T4"]},
    ],
)
def test_wrong_forms_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NeedlemapError) as caught:
        parse_patient(facts)
    assert caught.value.field is not None
    assert caught.value.field.startswith("patient.")


@pytest.mark.parametrize("radius", [-1, math.nan, 1e6])
def test_a_marked_area_needs_a_sensible_radius(radius: float) -> None:
    area = {"site": {"text": "6 cm left of T4"}, "radius_mm": radius}
    with pytest.raises(OutOfRangeError):
        person(local_skin_infection=[area])


def test_marked_areas_stay_as_given() -> None:
    area = {"site": {"landmark": "T4 spinous process"}, "radius_mm": 30.0}
    assert person(skin_damaged=[area]).facts()["skin_damaged"] == [area]


def test_a_medicine_is_known_however_it_is_written() -> None:
    assert person(anticoagulant=" Apixaban ").facts()["anticoagulant"] == "apixaban"


def test_an_empty_list_is_a_no() -> None:
    known = person(skin_damaged=[], lymphoedema=[], implants=[]).facts()
    assert known["skin_damaged"] is False
    assert known["lymphoedema"] is False
    assert known["pacemaker"] is False


@pytest.mark.parametrize(
    ("facts", "pregnant"),
    [
        ({"sex": "male"}, False),
        ({"age": 56}, False),
        ({"age": 9}, False),
        ({"hysterectomy": True}, False),
        ({"gestation_weeks": 20}, True),
        ({"age": 58, "pregnant": True}, True),
        ({"sex": "female", "age": 55}, None),
        ({}, None),
    ],
)
def test_what_follows_for_pregnancy(
    facts: dict[str, Any], pregnant: bool | None
) -> None:
    assert person(**facts).facts().get("pregnant") is pregnant


def test_an_electronic_implant_follows_from_the_list() -> None:
    listed = [{"kind": "defibrillator", "region": "left thorax"}]
    assert person(implants=listed).facts()["pacemaker"] is True
    other = [{"kind": "metalwork", "region": "right ankle"}]
    assert "pacemaker" not in person(implants=other).facts()


@given(st.floats(150, 200), st.floats(50, 110))
def test_body_mass_index_is_worked_out(height: float, weight: float) -> None:
    patient = person(height_cm=height, weight_kg=weight)
    index = patient.body_mass_index
    assert index is not None
    assert index == pytest.approx(weight / (height / 100) ** 2)
    assert patient.facts()["bmi"] == pytest.approx(index, abs=0.006)
    assert person(height_cm=height, weight_kg=weight, bmi=index + 1.4).bmi is not None


def test_an_impossible_body_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="body mass index"):
        person(height_cm=200, weight_kg=20)


def test_the_patient_is_frozen() -> None:
    with pytest.raises(Exception, match="frozen"):
        person(age=3).age = 40


def test_the_schema_carries_questions_and_ranges() -> None:
    entry = Patient.model_json_schema()["properties"]["gestation_weeks"]
    assert (entry["minimum"], entry["maximum"]) == (0, 45)
    assert "weeks" in entry["description"]


def test_the_practitioner_is_carried() -> None:
    given_ = {"jurisdiction": "US-MD", "profession": "physical therapist"}
    assert parse_practitioner({**given_, "training_hours": 60}).training_hours == 60
    assert parse_practitioner(None) == Practitioner()
    with pytest.raises(OutOfRangeError):
        Practitioner(training_hours=-1)
    with pytest.raises(UnknownNameError):
        parse_practitioner({"profesion": "doctor"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[fact]]\nname = "a"\n', "fact 'a', type"),
        ("[[fact\n", "not valid TOML"),
        ('[[group]]\nname = "g"\ntitle = "G"\n[[fact]]\nname = "a"\ntype = "bool"\n'
         'group = "h"\nlabel = "a"\nquestion = "a?"\n', "group 'h'"),
        ('[[group]]\nname = "g"\ntitle = "G"\n[[fact]]\nname = "a"\ntype = "number"\n'
         'group = "g"\nlabel = "a"\nquestion = "a?"\n', "range"),
        ('[[contradiction]]\nboth = [{ fact = "a", given = true }, '
         '{ fact = "b", given = true }]\nbecause = "c"\n', "contradiction a and b"),
    ],
)  # fmt: skip
def test_a_broken_facts_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "facts.toml"
    path.write_text("schema = 1\n" + text)
    with pytest.raises(DataError) as caught:
        load_facts(path)
    assert "facts.toml" in str(caught.value)
    assert message in str(caught.value)


def test_numbers_too_large_for_a_float_are_out_of_range() -> None:
    """A whole number of any length is refused as every other that is out of range."""
    for name in ("age", "bmi", "inr", "gestation_weeks"):
        with pytest.raises(OutOfRangeError) as caught:
            parse_patient({name: 10**400})
        assert len(str(caught.value)) < 300
