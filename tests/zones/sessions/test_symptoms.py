"""After the treatment: which symptom sends where, what is refused, monotonicity."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.errors import (
    DataError,
    InputError,
    NeedlemapError,
    OutOfRangeError,
    UnknownNameError,
)
from anatomy.store import shipped
from zones.contract.models import Verdict
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import load_rule_evidence
from zones.sessions.symptom_rules import Urgency, load_symptom_book
from zones.sessions.symptoms import check_symptoms

if TYPE_CHECKING:
    from pathlib import Path

    from zones.sessions.symptoms import SymptomAnswer

BOOK = load_symptom_book()
IDS = [symptom.id for symptom in BOOK.symptoms]
REGIONS = load_facts().region_names
NEAR_LUNG = ("thorax", "upper back", "axilla", "shoulder", "neck")
LUNG = ("chest_pain", "breathlessness", "pain_on_breathing_in", "no_deep_breath",
        "coughing_blood")  # fmt: skip


def ids(answer: SymptomAnswer) -> set[str]:
    return {finding.id for finding in answer.findings}


# ------------------------------------------------------------ the lung


@pytest.mark.parametrize("region", NEAR_LUNG)
@pytest.mark.parametrize("symptom", LUNG)
def test_lung_symptoms_near_the_lung(region: str, symptom: str) -> None:
    answer = check_symptoms([symptom], region=region)
    assert answer.urgency is Urgency.EMERGENCY
    assert answer.verdict is Verdict.STOP
    assert answer.findings[0].id == "collapsed-lung"
    told = " ".join(answer.do)
    assert "mergency department" in told
    assert "Do not send the patient home to rest" in told
    assert "thng2022" in answer.sources
    assert json.loads(json.dumps(answer.as_dict()))["urgency"] == "emergency"


@pytest.mark.parametrize("region", REGIONS)
def test_chest_symptoms_are_an_emergency_wherever_the_needle_was(region: str) -> None:
    for symptom in LUNG:
        answer = check_symptoms([symptom], region=region, hours_since=30)
        assert answer.urgency is Urgency.EMERGENCY


def test_normal_vital_signs_do_not_rule_out() -> None:
    reassured = check_symptoms(["chest pain", "normal SpO2"], region="shoulder")
    assert reassured.urgency is Urgency.EMERGENCY
    assert "vital-signs-do-not-rule-out" in ids(reassured)
    alone = check_symptoms(["normal_vital_signs"])
    assert alone.findings == ()
    assert alone.verdict is Verdict.CAUTION


@pytest.mark.parametrize("hours", [4, 24, 48, 100])
def test_a_late_start_counts(hours: float) -> None:
    answer = check_symptoms(["breathless"], region="upper back", hours_since=hours)
    assert "collapsed-lung-late" in ids(answer)
    assert answer.urgency is Urgency.EMERGENCY


def test_breathing_device() -> None:
    said = {"positive_airway_pressure": True}
    answer = check_symptoms(["chest_pain"], region="neck", patient=said)
    assert "collapsed-lung-breathing-device" in ids(answer)
    unsaid = check_symptoms(["chest_pain"], region="neck")
    assert "positive_airway_pressure" in unsaid.open_questions


def test_a_site_stands_for_its_region() -> None:
    answer = check_symptoms(["cough"], site={"point": "GB21", "side": "left"})
    assert "collapsed-lung" in ids(answer)
    away = check_symptoms(
        ["cough"], site={"muscle": "vastus lateralis", "side": "left"}
    )
    assert ids(away) == {"not-on-a-list"}


# ------------------------------------------------------------ the others


@pytest.mark.parametrize(
    ("symptom", "region", "urgency", "rule"),
    [
        ("rapid swelling", "leg", "emergency", "compartment"),
        ("tight limb", "forearm", "emergency", "compartment"),
        ("numbness", "hand", "same_day", "numb-limb"),
        ("foot drop", "leg", "emergency", "neurological"),
        ("loss of bladder control", "low back", "emergency", "neurological"),
        ("severe headache", "neck", "emergency", "neurological"),
        ("spreading redness", "thigh", "same_day", "infection"),
        ("fever", "foot", "same_day", "infection"),
        ("bleeding_not_stopping", "thigh", "same_day", "bleeding"),
        ("abdominal pain", "abdomen", "emergency", "abdomen"),
        ("seizure", "thigh", "emergency", "collapse"),
        ("dizziness", "shoulder", "contact", "faintness"),
        ("electric shock", "thigh", "contact", "burning-or-shooting"),
        ("flare", "thigh", "contact", "worse"),
        ("needlestick", "thigh", "same_day", "needle-stick"),
        ("bruise", "thigh", "expected", "bruise"),
        ("drowsy", "thigh", "expected", "drowsiness"),
    ],
)
def test_where_each_symptom_sends(
    symptom: str, region: str, urgency: str, rule: str
) -> None:
    male = {"sex": "male"}
    answer = check_symptoms([symptom], region=region, patient=male)
    assert answer.urgency == urgency
    assert answer.findings[0].id == rule
    assert answer.do
    assert (answer.urgency.rank >= Urgency.SAME_DAY.rank) <= (
        answer.verdict is Verdict.STOP
    )


@pytest.mark.parametrize(
    ("hours", "urgency"),
    [(0, "expected"), (48, "expected"), (48.5, "contact"), (None, "contact")],
)
def test_soreness_is_expected_for_two_days(hours: float | None, urgency: str) -> None:
    answer = check_symptoms(["sore"], region="thigh", hours_since=hours)
    assert answer.urgency == urgency
    assert ("hours_since" in answer.open_questions) == (hours is None)


def test_bleeding_with_reduced_clotting_cannot_wait() -> None:
    taken = {"anticoagulant": "apixaban"}
    answer = check_symptoms(["haematoma"], region="thigh", patient=taken)
    assert answer.urgency is Urgency.EMERGENCY
    assert ids(answer) == {"bleeding-reduced-clotting"}
    unsaid = check_symptoms(["haematoma"], region="thigh")
    assert unsaid.urgency is Urgency.SAME_DAY
    assert "anticoagulant" in unsaid.open_questions


@pytest.mark.parametrize("symptom", ["vaginal_bleeding", "contractions", "belly_pain"])
def test_pregnancy(symptom: str) -> None:
    for patient in ({"pregnant": True}, {}, {"sex": "female", "age": 30}):
        answer = check_symptoms([symptom], region="thigh", patient=patient)
        assert "pregnancy" in ids(answer)
        assert answer.urgency is Urgency.EMERGENCY
    man = check_symptoms([symptom], region="thigh", patient={"sex": "male"})
    assert "pregnancy" not in ids(man)
    assert man.findings


def test_warning_signs_not_asked_for_keep_it_from_being_clear() -> None:
    vague = check_symptoms({}, region="upper back")
    assert vague.verdict is Verdict.CAUTION
    assert vague.urgency is Urgency.NONE
    assert vague.open_questions[:2] == ("chest_pain", "breathlessness")
    denied = check_symptoms(dict.fromkeys(IDS, False), region="upper back")
    assert denied.verdict is Verdict.NO_KNOWN_DANGER
    assert denied.complete
    assert "report at once" in denied.headline
    for answer in (vague, denied):
        assert "safe" not in answer.headline


def test_words_are_understood() -> None:
    for word in ("Chest-Pain", "chest pain", "CHEST_PAIN", "  pleuritic   pain "):
        assert check_symptoms(word).reported == ("chest_pain",)
    assert check_symptoms({"chest pain": False, "chest_pain": True}).reported


# ------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("symptoms", "more", "error", "field"),
    [
        (["chest pian"], {}, UnknownNameError, "symptoms"),
        ([7], {}, UnknownNameError, "symptoms"),
        (7, {}, InputError, "symptoms"),
        (None, {}, InputError, "symptoms"),
        (b"fever", {}, InputError, "symptoms"),
        ({"fever": 1}, {}, InputError, "symptoms.fever"),
        (["fever"], {"region": "thig"}, UnknownNameError, "region"),
        (["fever"], {"region": "hand", "site": {"point": "LI4"}}, InputError, "region"),
        (["fever"], {"hours_since": -1}, OutOfRangeError, "hours_since"),
        (["fever"], {"hours_since": math.nan}, OutOfRangeError, "hours_since"),
        (["fever"], {"hours_since": True}, InputError, "hours_since"),
        (["fever"], {"hours_since": "2"}, InputError, "hours_since"),
        (["fever"], {"patient": {"agee": 3}}, UnknownNameError, "patient.agee"),
    ],
)  # fmt: skip
def test_bad_input(
    symptoms: Any, more: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as caught:
        check_symptoms(symptoms, **more)
    assert isinstance(caught.value, NeedlemapError)
    assert caught.value.field == field


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(UnknownNameError) as caught:
        check_symptoms(["brethlessness"])
    assert "breathlessness" in caught.value.suggestions


# ------------------------------------------------------------ monotone

GIVEN = st.dictionaries(st.sampled_from(IDS), st.sampled_from([True, False, None]))
PLACES = st.none() | st.sampled_from(REGIONS)
HOURS = st.none() | st.floats(0, 200)
PEOPLE = st.sampled_from(
    [{}, {"sex": "male"}, {"pregnant": True}, {"anticoagulant": True}]
)


@settings(max_examples=120, deadline=None)
@given(
    given_=GIVEN, more=st.sampled_from(IDS), region=PLACES, hours=HOURS, patient=PEOPLE
)
def test_monotone(
    given_: dict[str, Any],
    more: str,
    region: str | None,
    hours: float | None,
    patient: dict[str, Any],
) -> None:
    """A symptom more, or a place or time not known, is never milder."""

    def answer(symptoms: dict[str, Any], **known: Any) -> SymptomAnswer:
        return check_symptoms(symptoms, patient=patient, **known)

    here = answer(given_, region=region, hours_since=hours)
    added = answer(given_ | {more: True}, region=region, hours_since=hours)
    assert added.urgency.rank >= here.urgency.rank
    if here.complete or added.verdict is not Verdict.NO_KNOWN_DANGER:
        assert added.verdict >= max(
            [f.verdict for f in here.findings], default=Verdict.NO_KNOWN_DANGER
        )
    nowhere = answer(given_, region=None, hours_since=hours)
    assert nowhere.urgency.rank >= here.urgency.rank
    timeless = answer(given_, region=region, hours_since=None)
    assert timeless.urgency.rank >= here.urgency.rank
    open_ = answer({k: v for k, v in given_.items() if v}, region=region)
    assert open_.verdict >= max(
        [f.verdict for f in here.findings], default=Verdict.NO_KNOWN_DANGER
    )
    soothed = answer(given_ | {"normal_vital_signs": True}, region=region)
    assert soothed.urgency.rank >= here.urgency.rank


# ------------------------------------------------------------ the data


def test_every_red_flag_of_the_evidence_is_a_rule() -> None:
    flags = {name for name in load_rule_evidence() if name.startswith("rf-")}
    assert flags <= {name for rule in BOOK.rules for name in rule.evidence}


def test_every_symptom_leads_somewhere() -> None:
    named = {n for rule in BOOK.rules for n in (*rule.any_of, *rule.all_of)}
    assert named == set(IDS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('any_of = ["collapse", "fit"]', 'any_of = ["colapse"]', "colapse"),
        ('regions = ["trunk"]', 'regions = ["trunc"]', "trunc"),
        ('aliases = ["seizure", "convulsion"]', 'aliases = ["fever"]', "fever"),
        ('sources = ["uhb-midwife"]', 'sources = ["uhb-midwif"]', "uhb-midwif"),
        ('fact = "pregnant"', 'fact = "pregnan"', "pregnan"),
        ('urgency = "emergency"', 'urgency = "urgent"', "urgency"),
        ('id = "numb-limb"', 'id = "compartment"', "duplicate"),
        ('supersedes = ["bleeding"]', 'supersedes = ["bleedin"]', "bleedin"),
        ('evidence = ["rf-10"]', 'evidence = ["rf-99"]', "rf-99"),
        ("[[rule]]", "[[rule", "TOML"),
        ("schema = 1", "schema = 2", "schema"),
    ],
)
def test_a_broken_file_names_the_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = shipped("symptoms.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_symptom_book(path)
    assert "bad.toml" in str(caught.value)
    assert message in str(caught.value)
