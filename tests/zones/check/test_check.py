"""The check: verdicts, contract, errors."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from anatomy.errors import (
    ContradictionError,
    DataError,
    InputError,
    NeedlemapError,
    OffBodyError,
    OutOfRangeError,
    SideError,
    UnknownNameError,
)
from zones import check_request, check_requests, check_site
from zones.check import site as check
from zones.contract.models import Assessment, Coverage, Verdict
from zones.risk.policy import shipped_policy

T4 = {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"}

BENIGN = [
    {"muscle": "vastus lateralis", "site": "mid lateral", "side": "left"},
    {
        "muscle": "gluteus medius",
        "site": "50 mm below the iliac crest on the line to the greater trochanter",
        "side": "right",
    },
    {"muscle": "vastus intermedius", "side": "left"},
]
TOP_KEYS = {
    "verdict",
    "headline",
    "complete",
    "open_questions",
    "site",
    "max_depth_mm",
    "findings",
    "suggestions",
    "limit_set_by",
    "bone",
    "policy",
    "policy_looser",
    "coverage",
    "advice",
    "aftercare",
    "red_flags",
    "sources",
    "data_version",
}
#: Chance that a lung that is met collapses, as the shipped policy has it.
P2_LUNG = shipped_policy().p2_of("pneumothorax").p2
FINDING_KEYS = {
    "id",
    "kind",
    "structure",
    "verdict",
    "consequence",
    "earliest_mm",
    "typical_mm",
    "sd_mm",
    "reached_at_mm",
    "p_meet",
    "p_meet_interval",
    "risk",
    "weight",
    "nearest",
    "tolerance",
    "message",
    "advice",
    "sources",
}


def test_deep_needle_between_the_scapulae_is_danger(healthy: dict[str, Any]) -> None:
    """The question that the project was asked for: 6 cm left of T4, 25 mm deep."""
    answer = check_site(T4, {"length_mm": 40, "depth_mm": 25}, healthy)
    assert answer.verdict == Verdict.DANGER
    top = answer.findings[0]
    assert top.consequence == "pneumothorax"
    assert top.earliest_mm is not None
    assert top.earliest_mm < 25
    assert answer.max_depth_mm is not None
    assert 0 < answer.max_depth_mm < top.earliest_mm + 0.1
    assert any(s.change == "depth_mm" for s in answer.suggestions)
    assert answer.site.side == "left"
    assert answer.site.xyz_mm[0] > 0


def test_shallow_needle_there_is_clear_and_names_the_lung(
    healthy: dict[str, Any],
) -> None:
    """At 5 mm the risk is below what warns; that the lung lies deeper is told."""
    answer = check_site(T4, {"depth_mm": 5}, healthy)
    assert answer.verdict == Verdict.NO_KNOWN_DANGER
    lung = next(f for f in answer.findings if f.id == "pleura")
    assert lung.verdict == Verdict.NO_KNOWN_DANGER
    assert "deeper" in lung.message
    assert lung.reached_at_mm is not None
    assert lung.reached_at_mm > 5


def test_the_chance_and_the_risk_are_told(healthy: dict[str, Any]) -> None:
    """P1 with its interval, P1 times P2, and the policy that judged them."""
    answer = check_site(T4, {"depth_mm": 25}, healthy)
    lung = next(f for f in answer.findings if f.id == "pleura")
    assert lung.p_meet is not None
    assert lung.p_meet_interval is not None
    low, high = lung.p_meet_interval
    assert 0.0 < low <= lung.p_meet <= high < 1.0
    assert lung.risk == pytest.approx(lung.p_meet * P2_LUNG)
    assert lung.risk >= 1e-3  # from where a critical harm refuses
    assert lung.basis is not None
    assert lung.people
    assert (answer.policy, answer.policy_looser) == ("needlemap", False)
    assert answer.limit_set_by == "risk"


def test_findings_are_ordered_by_verdict_then_weight(healthy: dict[str, Any]) -> None:
    """The headline names what is farthest past its chance, not what frightens most."""
    for site in (T4, {"point": "GB21", "side": "left"}, {"text": "5 cm left of C5"}):
        answer = check_site(site, {"depth_mm": 30}, healthy)
        order = [(-f.verdict.rank, -(f.weight or 0.0)) for f in answer.findings
                 if f.status == "known"]  # fmt: skip
        assert order == sorted(order)


def test_depth_not_given_over_the_lung_is_danger(healthy: dict[str, Any]) -> None:
    """A depth that was not stated is short of nothing."""
    answer = check_site(T4, None, healthy)
    assert answer.verdict == Verdict.DANGER
    assert "depth_mm" in answer.open_questions
    assert not answer.complete


def test_needle_long_enough_to_reach_is_caution(healthy: dict[str, Any]) -> None:
    """A shallow plan with a long needle says that it could be pushed home."""
    answer = check_site(T4, {"depth_mm": 5, "length_mm": 40}, healthy)
    assert answer.verdict == Verdict.CAUTION
    assert any(s.change == "length_mm" for s in answer.suggestions)


@pytest.mark.parametrize("site", BENIGN, ids=["thigh", "hip", "front of thigh"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_benign_sites_are_quiet(site: dict[str, Any], sex: str) -> None:
    """A healthy, fully answered adult gets no alarm 15 mm deep in a big muscle."""
    from tests.strategies import healthy_patient

    answer = check_site(
        site,
        {"depth_mm": 15, "length_mm": 15, "electrical": False},
        healthy_patient(sex=sex),
    )
    assert answer.verdict == Verdict.NO_KNOWN_DANGER, answer.headline
    assert answer.complete
    assert "safe" not in answer.headline.lower()


@pytest.mark.parametrize(
    ("weeks", "site", "verdict"),
    [
        (10, T4, Verdict.STOP),
        (24, {"landmark": "umbilicus", "superior_mm": -30}, Verdict.STOP),
        (24, {"point": "LI4", "side": "right"}, Verdict.STOP),
        (24, {"point": "SP6", "side": "left"}, Verdict.STOP),
        (24, {"muscle": "vastus lateralis", "side": "left"}, Verdict.CAUTION),
    ],
)
def test_pregnancy(weeks: float, site: dict[str, Any], verdict: Verdict) -> None:
    """First trimester, abdomen and listed points stop; later it is a precaution."""
    from tests.strategies import healthy_patient

    patient = healthy_patient(
        sex="female", age=30, pregnant=True, gestation_weeks=weeks
    )
    answer = check_site(site, {"depth_mm": 5, "length_mm": 15}, patient)
    assert answer.verdict == verdict, answer.headline
    if verdict == Verdict.STOP:
        assert answer.max_depth_mm == 0


def test_infected_skin_stops_only_where_it_is_marked(healthy: dict[str, Any]) -> None:
    """A marked area of infection holds for the sites in it and no others."""
    area = {"site": T4, "radius_mm": 20}
    patient = {**healthy, "local_skin_infection": [area]}
    assert check_site(T4, {"depth_mm": 5}, patient).verdict == Verdict.STOP
    there = check_site(BENIGN[0], {"depth_mm": 10}, patient)
    assert there.verdict < Verdict.STOP


def test_unanswered_absolute_contraindication_is_not_clear() -> None:
    """With nothing asked the answer is never clear, and says what to ask."""
    answer = check_site(BENIGN[0], {"depth_mm": 10})
    assert answer.verdict >= Verdict.CAUTION
    assert not answer.complete
    assert "consent_given" in answer.open_questions


def test_unmapped_region_is_not_assessable(
    monkeypatch: pytest.MonkeyPatch, healthy: dict[str, Any]
) -> None:
    """Where nothing was mapped the answer is neither clear nor a caution."""
    nothing = Coverage(level="none")
    monkeypatch.setattr("zones.check.draft.coverage_of", lambda region: nothing)
    answer = check_site({"landmark": "vertex"}, {"depth_mm": 3}, healthy)
    assert answer.coverage.level == "none"
    assert answer.verdict == Verdict.NOT_ASSESSABLE


def test_failed_computation_is_not_assessable(
    monkeypatch: pytest.MonkeyPatch, healthy: dict[str, Any]
) -> None:
    """A computation that fails cannot come out as clear."""

    def broken(*args: object, **kwargs: object) -> None:
        raise FloatingPointError

    monkeypatch.setattr(check.engine, "assess_zones", broken)
    answer = check_site(BENIGN[0], {"depth_mm": 10}, healthy)
    assert answer.verdict == Verdict.NOT_ASSESSABLE
    assert answer.max_depth_mm == 0


def test_contract_keys_are_always_present() -> None:
    """Every key of the contract is there, whatever the answer."""
    for site in (T4, *BENIGN):
        plain = check_site(site).as_dict()
        assert set(plain) >= TOP_KEYS
        for finding in plain["findings"]:
            assert set(finding) >= FINDING_KEYS
        json.dumps(plain, allow_nan=False)
        assert set(plain["sources"]) >= {
            s for f in plain["findings"] for s in f["sources"]
        }
        Assessment.model_validate_json(json.dumps(plain))


def test_unknown_sex_answers_with_the_stricter_body(healthy: dict[str, Any]) -> None:
    """Without a sex both bodies are asked."""
    patient = {k: v for k, v in healthy.items() if k != "sex"}
    both = check_site(T4, {"depth_mm": 12}, patient)
    single = [
        check_site({**T4, "body": body}, {"depth_mm": 12}, patient)
        for body in ("male", "female")
    ]
    assert both.verdict == max(answer.verdict for answer in single)
    limits = [a.max_depth_mm for a in single if a.max_depth_mm is not None]
    assert both.max_depth_mm == min(limits)


def test_very_thin_or_young_patients_are_warned(healthy: dict[str, Any]) -> None:
    """Below what was measured, any perpendicular needle over the lung warns."""
    for change in ({"age": 9}, {"bmi": 15.0}):
        patient = {k: v for k, v in healthy.items() if not k.endswith(("_cm", "_kg"))}
        answer = check_site(T4, {"depth_mm": 2}, {**patient, **change})
        assert answer.verdict >= Verdict.DANGER
        assert answer.max_depth_mm == 0


NEEDLE = {"depth_mm": 10}
BAD: list[tuple[str, dict[str, Any], type[NeedlemapError], str]] = [
    ("landmark", {"site": {"landmark": "T4 spinus proces"}}, UnknownNameError, "T4"),
    ("muscle", {"site": {"muscle": "romboid", "side": "left"}}, UnknownNameError, ""),
    ("point", {"site": {"point": "GB999", "side": "left"}}, UnknownNameError, "GB"),
    (
        "chart",
        {"site": {"chart": "posteror", "x_mm": 0, "y_mm": 1300}},
        UnknownNameError,
        "posterior",
    ),
    (
        "field",
        {"site": {**T4, "latral_mm": 3}},
        UnknownNameError,
        "lateral_mm",
    ),
    ("side", {"site": {**T4, "side": "lef"}}, NeedlemapError, "left"),
    (
        "unit",
        {"site": {"text": "6 furlongs left of T4"}},
        NeedlemapError,
        "",
    ),
    (
        "air",
        {"site": {"chart": "posterior", "x_mm": 900, "y_mm": 1300}},
        OffBodyError,
        "",
    ),
    ("far", {"site": {"xyz_mm": [0, 2500, 1300]}}, NeedlemapError, ""),
    ("nan", {"site": {**T4, "lateral_mm": math.nan}}, OutOfRangeError, "nan"),
    ("inf", {"site": T4, "needle": {"depth_mm": math.inf}}, OutOfRangeError, "inf"),
    ("negative", {"site": T4, "needle": {"depth_mm": -3}}, OutOfRangeError, "-3"),
    ("absurd", {"site": T4, "patient": {"age": 400}}, OutOfRangeError, "400"),
    (
        "beyond length",
        {"site": T4, "needle": {"depth_mm": 41, "length_mm": 40}},
        OutOfRangeError,
        "41",
    ),
    (
        "pregnant man",
        {
            "site": T4,
            "patient": {"sex": "male", "pregnant": True, "gestation_weeks": 32},
        },
        ContradictionError,
        "",
    ),
    ("no side", {"site": {"landmark": "acromion"}}, SideError, "side"),
    ("no site", {"needle": NEEDLE}, InputError, "site"),
    ("two forms", {"site": {"text": "T4", "point": "GB21"}}, InputError, "one form"),
    ("patient field", {"site": T4, "patient": {"pregant": True}}, UnknownNameError, ""),
    ("part", {"site": T4, "neddle": NEEDLE}, UnknownNameError, "needle"),
    (
        "outward",
        {"site": T4, "needle": {"direction": {"vector": [0, 1, 0]}}},
        OutOfRangeError,
        "into the body",
    ),
    (
        "toward",
        {"site": T4, "needle": {"direction": {"tilt_deg": 30, "toward": "medal"}}},
        NeedlemapError,
        "medial",
    ),
    ("not an object", ["T4"], InputError, ""),  # type: ignore[list-item]
]


@pytest.mark.parametrize(
    ("request_", "kind", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_input_is_a_typed_error(
    request_: Any, kind: type[NeedlemapError], says: str
) -> None:
    """Each kind of bad input is named, with what would be right."""
    with pytest.raises(kind) as caught:
        check_request(request_)
    assert says in str(caught.value)
    assert not isinstance(caught.value, DataError)
    json.dumps(caught.value.as_dict())


def test_many_requests_keep_their_order() -> None:
    """A bad request stands as an error in its place."""
    answers = check_requests([{"site": T4}, {"site": {"landmark": "nowhere"}}])
    assert isinstance(answers[0], Assessment)
    assert isinstance(answers[1], UnknownNameError)


def test_verdicts_are_ordered() -> None:
    """The four steps are ordered; NOT_ASSESSABLE never hides a danger."""
    order = ["NO_KNOWN_DANGER", "CAUTION", "DANGER", "STOP"]
    assert sorted(map(Verdict, reversed(order))) == order
    assert max(Verdict.NOT_ASSESSABLE, Verdict.DANGER) == "DANGER"
    assert max(Verdict.NOT_ASSESSABLE, Verdict.CAUTION) == "NOT_ASSESSABLE"


def test_what_only_another_arm_uncovers_has_its_own_chance(
    healthy: dict[str, Any],
) -> None:
    """Over the blade, arm not given: the lung warns by its chance with the arm away."""
    site = {"muscle": "infraspinatus", "site": "mid fossa", "side": "right"}
    needle = {"depth_mm": 15, "length_mm": 25}
    lungs = [
        next(f for f in check_site(site, plan, healthy).findings if f.id == "pleura")
        for plan in (needle, needle | {"arm": "at side"}, needle | {"arm": "overhead"})
    ]
    unsaid, beside, away = lungs
    assert unsaid.verdict == Verdict.CAUTION
    assert unsaid.p_meet == pytest.approx(beside.p_meet)
    assert unsaid.p_meet_arm_away == pytest.approx(away.p_meet)
    assert "with the arm at the side" in unsaid.message
    assert beside.p_meet_arm_away is away.p_meet_arm_away is None
