"""Suggestions: each has the verdict that the changed plan really gets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import get_muscle, muscle_names
from tests.strategies import depths, healthy_patient, sites
from zones import check_site
from zones.check import site as check
from zones.check.draft import drafts_of
from zones.check.engine import zones_verdicts
from zones.contract.models import Assessment, Suggestion, Verdict
from zones.contract.needle import Needle
from zones.patients.frozen import frozen
from zones.patients.request import parse_request

T4 = {"text": "6 cm left of T4"}


def applied(
    change: Suggestion, site: dict[str, Any], needle: dict[str, Any], patient: Any
) -> Assessment:
    """Return the answer to a plan with a suggestion put into it."""
    if change.change == "site":
        assert isinstance(change.to, dict)
        return check_site(change.to, needle, patient)
    if change.change == "grip":  # with the fields that go with it
        assert isinstance(change.to, dict)
        return check_site(site, {**needle, **change.to}, patient)
    return check_site(site, {**needle, change.change: change.to}, patient)


def prove(answer: Assessment, site: Any, needle: Any, patient: Any) -> set[str]:
    """Check every suggestion that has a value; return what was suggested."""
    kinds = set()
    for change in answer.suggestions:
        if change.to is None:
            continue
        tried = applied(change, site, needle, patient)
        assert tried.verdict == change.verdict, (change, tried.headline)
        assert change.verdict < Verdict.DANGER
        kinds.add(change.change)
    return kinds


@given(
    sites(),
    depths,
    st.sampled_from(["perpendicular", {"tilt_deg": 20.0, "toward": "cranial"}]),
    st.sampled_from([{}, {"bmi": 17.0}, {"age": 9.0}, {"bleeding_disorder": True}]),
)
@settings(max_examples=120)
def test_suggestions_are_true(
    site: dict[str, Any], depth: float, direction: Any, change: dict[str, Any]
) -> None:
    """Applying a suggestion gives the verdict that stands beside it."""
    needle = {"depth_mm": depth, "length_mm": 150.0, "direction": direction}
    if "bmi" in change:
        change = {**change, "height_cm": None, "weight_kg": None}
    patient = healthy_patient(**change)
    try:
        answer = check_site(site, needle, patient)
    except NeedlemapError:
        return
    kinds = prove(answer, site, needle, patient)
    if answer.verdict >= Verdict.DANGER:
        assert answer.suggestions
        assert answer.suggestions[-1].to is None
    else:
        assert kinds <= {"length_mm"}


@given(sites(), depths)
@settings(max_examples=25)
def test_suggestions_hold_on_both_bodies(site: dict[str, Any], depth: float) -> None:
    """Without a sex the verdict beside a suggestion is that of both bodies."""
    patient = {k: v for k, v in healthy_patient().items() if k != "sex"}
    place = {"xyz_mm": site["xyz_mm"]}
    try:
        answer = check_site(place, {"depth_mm": depth}, patient)
    except NeedlemapError:
        return
    prove(answer, place, {"depth_mm": depth}, patient)


def test_depth_and_direction_over_the_lung(healthy: dict[str, Any]) -> None:
    """25 mm at T4: shallower, or leant along the chest wall."""
    needle = {"depth_mm": 25}
    answer = check_site(T4, needle, healthy)
    assert answer.verdict == Verdict.DANGER
    assert prove(answer, T4, needle, healthy) >= {"depth_mm", "direction"}


def test_least_lean_comes_first(healthy: dict[str, Any]) -> None:
    """A plan that only just reaches needs less of a lean than one far past."""
    leans = []
    for more in (1.0, 25.0):
        limit = check_site(T4, {"depth_mm": 1}, healthy).max_depth_mm
        assert limit is not None
        answer = check_site(T4, {"depth_mm": limit + more}, healthy)
        ways = [s.to for s in answer.suggestions if s.change == "direction"]
        leans += [w["tilt_deg"] for w in ways if isinstance(w, dict) and "toward" in w]
    assert leans == sorted(leans)


@pytest.mark.parametrize("depth", [25.0, 40.0])
def test_another_site_of_the_muscle(healthy: dict[str, Any], depth: float) -> None:
    """Where a muscle has a site that stays below danger, it is offered."""
    needle = {"depth_mm": depth}
    offered = missed = 0
    for name in [n for n in muscle_names() if len(get_muscle(n).site) > 1]:
        for spot in get_muscle(name).site[:2]:
            site = {"muscle": name, "site": spot.label, "side": "left"}
            answer = check_site(site, needle, healthy)
            if answer.verdict != Verdict.DANGER:
                continue
            kinds = prove(answer, site, needle, healthy)
            others = [s.label for s in get_muscle(name).site if s != spot][:4]
            below = any(
                check_site({**site, "site": o}, needle, healthy).verdict
                < Verdict.DANGER
                for o in others
            )
            offered += "site" in kinds
            missed += below != ("site" in kinds)
    assert offered > 0
    assert missed == 0


def test_stop_offers_only_to_refer() -> None:
    """Where the patient may not be needled, no other depth or direction is offered."""
    patient = healthy_patient(sex="female", age=30, pregnant=True, gestation_weeks=10.0)
    answer = check_site(T4, {"depth_mm": 25, "length_mm": 40}, patient)
    assert answer.verdict == Verdict.STOP
    assert [s.to for s in answer.suggestions] == [None]


def test_patient_in_danger_gets_no_other_plan() -> None:
    """A danger that lies in the patient is not mended by another depth."""
    for fact in ("bleeding_disorder", "previous_pneumothorax"):
        patient = healthy_patient(**{fact: True})
        answer = check_site(T4, {"depth_mm": 25}, patient)
        prove(answer, T4, {"depth_mm": 25}, patient)


def test_failing_suggestions_leave_the_answer(
    monkeypatch: pytest.MonkeyPatch, healthy: dict[str, Any]
) -> None:
    """What goes wrong there neither hides nor changes the verdict."""

    def broken(*args: object) -> None:
        raise FloatingPointError

    monkeypatch.setattr(check, "suggest", broken)
    answer = check_site(T4, {"depth_mm": 25}, healthy)
    assert answer.verdict == Verdict.DANGER
    assert answer.suggestions == []


@pytest.mark.parametrize(
    ("fact", "rule"),
    [("pacemaker", "electrical-implant"), ("epilepsy", "electrical-epilepsy")],
)
def test_where_only_the_current_is_refused_the_needle_by_hand_is_offered(
    fact: str, rule: str
) -> None:
    """The refusal is of the current; without it the same needle has its own verdict."""
    site = {"muscle": "vastus lateralis", "side": "left", "site": "mid lateral"}
    needle = {"depth_mm": 15.0, "electrical": True}
    patient = healthy_patient(**{fact: True, "epilepsy_controlled": False})
    if fact == "pacemaker":
        patient = healthy_patient(pacemaker=True, implants=None)
    answer = check_site(site, needle, patient)
    assert answer.verdict == Verdict.STOP
    assert rule in {f.id for f in answer.findings}
    assert answer.headline.startswith("Not like this: no electrical stimulation")
    assert [s.change for s in answer.suggestions] == ["electrical", "site"]
    assert prove(answer, site, needle, patient) == {"electrical"}
    by_hand = check_site(site, {**needle, "electrical": False}, patient)
    assert by_hand.verdict < Verdict.DANGER
    assert "Do not needle here" not in answer.suggestions[-1].why


def test_without_current_is_not_offered_where_it_changes_nothing() -> None:
    """No consent is none, with current or by hand; and it leads as the firmest."""
    needle = {"depth_mm": 15.0, "electrical": True}
    site = {"text": "6 cm left of T4"}
    patient = healthy_patient(pacemaker=True, implants=None, consent_given=False)
    answer = check_site(site, needle, patient)
    assert answer.verdict == Verdict.STOP
    assert [s.change for s in answer.suggestions] == ["site"]
    assert "consent" in answer.headline
    assert answer.suggestions[-1].why.startswith("Do not needle here")
    plain = check_site(site, {"depth_mm": 25.0}, healthy_patient())
    assert "electrical" not in {s.change for s in plain.suggestions}


def test_a_point_that_many_avoid_is_not_refused_like_an_absolute() -> None:
    """LI4 in pregnancy: a STOP by convention, in the headline and in what is left."""
    patient = healthy_patient(sex="female", age=30, pregnant=True, gestation_weeks=20.0)
    answer = check_site({"point": "LI4", "side": "left"}, {"depth_mm": 10}, patient)
    assert answer.verdict == Verdict.STOP
    assert answer.headline.startswith("Many avoid it: ")
    assert answer.suggestions[-1].why.startswith("By convention")
    assert {f.firmness for f in answer.findings if f.verdict == Verdict.STOP} == {
        "many_avoid"
    }


#: Plans unlike each other in all that a needle says, one of them without a meaning.
SEVERAL = (
    {"depth_mm": 8.0, "length_mm": 40.0},
    {"depth_mm": 34.0, "length_mm": 40.0},
    {"length_mm": 75.0, "direction": {"tilt_deg": 45.0, "toward": "caudal"}},
    {"depth_mm": 20.0, "grip": "pincer", "fold_mm": 30.0},
    {"depth_mm": 25.0, "grip": "bone", "bone": "patella"},
    {"depth_mm": 25.0, "arm": "overhead"},
    {"depth_mm": 25.0, "measured": [{"structure": "pleura", "depth_mm": 31.0}]},
    {"depth_mm": 25.0, "measured": [{"structure": "pleura", "depth_mm": 52.0}]},
    {"depth_mm": 3.0, "direction": {"tilt_deg": 3.0, "toward": "cranial"}},
)


@pytest.mark.parametrize("site", [T4, {"text": "4 cm right of T9"}, {"point": "GB21"}])
def test_needles_tried_together_answer_as_each_alone(site: dict[str, Any]) -> None:
    """None bears on another, not even one whose depth was seen or that cannot be."""
    site = {"side": "right", **site} if "point" in site else site
    facts = frozen({"sex": "female", "bmi": 20.0, "age": 40.0})
    placed = drafts_of(parse_request({"site": {**site, "body": "female"}}), facts)[0]
    assert placed.entry is not None
    needles = [Needle.model_validate(plan) for plan in SEVERAL]
    alone = [zones_verdicts(placed.entry, [needle], facts)[0] for needle in needles]
    assert zones_verdicts(placed.entry, needles, facts) == alone
    assert alone[4] is None
    assert len({*alone}) > 2
