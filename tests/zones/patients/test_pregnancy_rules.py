"""What the rules about pregnancy do, week by week and place by place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.zones.patients.rule_checks import (
    CATALOGUE,
    HEALTHY,
    RULES,
    THIGH,
    asked,
    ids,
    woman,
)
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.patients.rules import (
    SiteContext,
    apply,
)
from zones.sentences.texts import (
    advice,
)

POINTS = ["pregnancy-li4", "pregnancy-sp6", "pregnancy-bl60", "pregnancy-bl67",
          "pregnancy-sacral-foramina"]  # fmt: skip


@pytest.mark.parametrize("clear", [
    {"sex": "male"}, {"age": 56}, {"hysterectomy": True}, {"pregnant": False},
])  # fmt: skip
def test_no_question_where_pregnancy_cannot_be(clear: dict[str, Any]) -> None:
    outcome = apply(RULES, clear, THIGH)
    assert "pregnant" not in asked(outcome)
    assert "gestation_weeks" not in asked(outcome)


def test_pregnancy_is_asked_of_a_woman() -> None:
    outcome = woman(THIGH, "pregnant")
    assert outcome.verdict is Verdict.CAUTION
    assert asked(outcome) == ["pregnant"]
    assert outcome.questions[0].worst is Verdict.STOP


@pytest.mark.parametrize(
    ("weeks", "verdict"),
    [(0, "STOP"), (10, "STOP"), (12.9, "STOP"), (13, "CAUTION"), (36, "CAUTION"),
     (40, "CAUTION")],
)  # fmt: skip
def test_the_first_trimester_stops_everywhere(weeks: float, verdict: str) -> None:
    outcome = woman(pregnant=True, gestation_weeks=weeks)
    assert outcome.verdict == verdict
    assert len(outcome.hits) == 1
    hit = outcome.hits[0]
    assert hit.other_views
    if verdict == "STOP":
        assert "convention" in hit.message
        assert "not proven harm" in hit.message


def test_unknown_weeks_count_as_the_first_trimester() -> None:
    outcome = woman(pregnant=True)
    assert outcome.verdict is Verdict.STOP
    assert asked(outcome) == ["gestation_weeks"]
    assert outcome.questions[0].matters(Verdict.CAUTION)


@pytest.mark.parametrize("weeks", [5, 20, 36, 38, 41])
def test_the_abdomen_stops_throughout(weeks: float) -> None:
    for context in (
        SiteContext("abdomen", zones=frozenset(["pregnancy-abdomen"])),
        SiteContext("low back", zones=frozenset(["pregnancy-abdomen"])),
    ):
        outcome = woman(context, pregnant=True, gestation_weeks=weeks)
        assert outcome.verdict is Verdict.STOP
        assert "pregnancy-abdomen-excluded" in ids(outcome)


@pytest.mark.parametrize("body", ["male", "female"])
def test_the_pregnant_abdomen_ends_at_the_iliac_crest(body: str) -> None:
    """No list means the gluteal skin over the outer iliac wing; all mean the flank."""
    patient = {k: v for k, v in HEALTHY.items() if CATALOGUE[k].source == "patient"}
    patient |= {"sex": "female", "age": 31, "pregnant": True, "gestation_weeks": 20}
    wing: list[dict[str, Any]] = [
        {"landmark": "iliac crest", "side": "left", "superior_mm": -below}
        for below in (15, 30, 45, 60)
    ]
    wing += [
        {"muscle": f"gluteus {name}", "side": "left"} for name in ("medius", "minimus")
    ]
    front: list[dict[str, Any]] = [
        {
            "muscle": "external oblique",
            "side": "left",
            "site": "lateral abdominal wall",
        },
        {"landmark": "iliac crest", "side": "left", "superior_mm": 15},
        *({"point": name, "side": "left"} for name in ("ST25", "ST30", "GB26", "SP15")),
        {"point": "CV12"},
    ]
    for site in wing:
        answer = check_site({**site, "body": body}, {"depth_mm": 10}, patient)
        own = [f for f in answer.findings if f.kind == "patient"]
        assert {f.verdict for f in own} == {Verdict.CAUTION}, (site, own)
    for site in front:
        answer = check_site({**site, "body": body}, {"depth_mm": 10}, patient)
        stops = {f.id for f in answer.findings if f.verdict is Verdict.STOP}
        assert "pregnancy-abdomen-excluded" in stops, site


@pytest.mark.parametrize("zone", POINTS)
def test_listed_points_stop_until_term(zone: str) -> None:
    context = SiteContext("hand", "left", frozenset([zone]))
    for weeks, verdict in ((20, "STOP"), (36.9, "STOP"), (37, "CAUTION")):
        assert woman(context, pregnant=True, gestation_weeks=weeks).verdict == verdict


@pytest.mark.parametrize("zone", [
    "pregnancy-gb21", "pregnancy-lr3", "pregnancy-foot-points", "pregnancy-leg-points",
    "pregnancy-sacral-bl27-30", "pregnancy-lumbosacral", "pregnancy-thoracolumbar",
    "pregnancy-fibulares",
])  # fmt: skip
def test_other_pregnancy_places_are_caution(zone: str) -> None:
    context = SiteContext("leg", "left", frozenset([zone]))
    outcome = woman(context, pregnant=True, gestation_weeks=20)
    assert outcome.verdict is Verdict.CAUTION
    assert ids(outcome) != {"pregnancy-precaution"}


def test_intensity_is_minimal_in_the_advice() -> None:
    outcome = woman(pregnant=True, gestation_weeks=20)
    told = " ".join(text for hit in outcome.hits for text in hit.advice)
    assert "intensity" in told
    assert any("intensity" in t.text for t in advice("thigh", {"pregnant": True}))
