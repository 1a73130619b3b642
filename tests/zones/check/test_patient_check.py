"""A patient alone: never graver than a site of the same patient, none milder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import flags, healthy_patient
from zones import check_patient, check_site
from zones.contract.models import Verdict
from zones.sentences.short import LONGEST, short

SITES = ("6 cm left of T4", "left LI4", "2 cm below the navel")


def test_nothing_asked_is_not_clear() -> None:
    answer = check_patient()
    assert answer.verdict == Verdict.CAUTION
    assert not answer.complete
    assert "consent_given" in answer.open_questions
    assert {f.status for f in answer.findings} == {"unknown"}
    assert answer.at_places == []


def test_all_asked_and_nothing_found() -> None:
    answer = check_patient(healthy_patient())
    assert (answer.verdict, answer.complete) == (Verdict.NO_KNOWN_DANGER, True)
    assert "site still has to be checked" in answer.headline
    assert "safe" not in str(answer.as_dict()["headline"]).lower()


def test_places_are_told_and_do_not_count() -> None:
    pregnant = healthy_patient(sex="female", pregnant=True, gestation_weeks=20)
    answer = check_patient(pregnant)
    places = {place.finding.id: place for place in answer.at_places}
    assert places["pregnancy-abdomen-excluded"].finding.verdict == Verdict.STOP
    assert "pregnancy-abdomen" in places["pregnancy-abdomen-excluded"].zones
    assert answer.verdict < Verdict.STOP
    assert set(answer.sources) >= set(
        places["pregnancy-abdomen-excluded"].finding.sources
    )


@settings(max_examples=25)
@given(
    facts=st.dictionaries(st.sampled_from(flags()), st.booleans(), max_size=8),
    healthy=st.booleans(),
    site=st.sampled_from(SITES),
)
def test_no_site_is_milder(facts: dict[str, Any], healthy: bool, site: str) -> None:
    from anatomy.errors import NeedlemapError

    patient = healthy_patient() | facts if healthy else facts
    try:
        alone = check_patient(patient)
    except NeedlemapError:
        return  # facts that contradict each other are refused everywhere
    there = check_site({"text": site, "body": "female"}, {"depth_mm": 2}, patient)
    assert there.verdict >= alone.verdict
    ids = {f.id for f in there.findings}
    known = {f.id for f in alone.findings if f.status == "known"}
    assert known <= ids or there.verdict > alone.verdict


@settings(max_examples=25)
@given(facts=st.dictionaries(st.sampled_from(flags()), st.booleans(), max_size=8))
def test_an_answer_left_out_never_helps(facts: dict[str, Any]) -> None:
    """A patient of whom a bad fact is known is never better off than one without."""
    from anatomy.errors import NeedlemapError

    try:
        more = check_patient(facts)
    except NeedlemapError:
        return
    for name, value in facts.items():
        if value is True and name not in ("consent_given", "capacity_to_consent"):
            less = {k: v for k, v in facts.items() if k != name}
            try:
                fewer = check_patient(less)
            except NeedlemapError:
                continue
            known = [f for f in fewer.findings if f.status == "known"]
            worst = max((f.verdict for f in known), default=Verdict.NO_KNOWN_DANGER)
            assert more.verdict >= worst or _clears(name)


def _clears(fact: str) -> bool:
    """Return whether a yes is the answer that clears."""
    from zones.knowledge.facts import load_facts

    return load_facts()[fact].favourable is True


@pytest.mark.parametrize("depth", [2, 25, 60])
def test_short_fits_a_card(depth: float) -> None:
    for site in SITES:
        answer = check_site({"text": site}, {"depth_mm": depth})
        line = short(answer)
        assert len(line) <= LONGEST
        assert line.startswith(answer.verdict.value.replace("_", " "))
        cut = short(answer, longest=40)
        assert len(cut) <= 40
        assert cut.split(":")[0].rstrip("…") == line.split(":")[0]
