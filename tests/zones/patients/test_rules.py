"""Rules: three-valued logic, what each rule does, monotonicity, the data files."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.body import load_body
from anatomy.errors import DataError
from anatomy.muscles.catalogue import muscle_names
from anatomy.store import shipped
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.knowledge.conditions import as_condition, evaluate, undecided
from zones.knowledge.facts import load_facts
from zones.knowledge.firmness import load_firmness
from zones.knowledge.records.sources import load_sources
from zones.knowledge.rule_files import load_rule_evidence
from zones.knowledge.structures.zone_files import load_zones
from zones.patients.patient import Patient
from zones.patients.rules import (
    RuleOutcome,
    SiteContext,
    apply,
    held_verdicts,
    load_rules,
)
from zones.sentences.texts import (
    advice,
    aftercare,
    load_rates,
    load_texts,
    percent,
    red_flags,
)
from zones.sessions.session_rules import load_session_book
from zones.sessions.symptom_rules import load_symptom_book

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOGUE = load_facts()
RULES = load_rules()
HEALTHY = CATALOGUE.favourable()
THIGH = SiteContext("thigh", "left")
ZONES = sorted({zone for rule in RULES for zone in rule.where.zones})
#: Places where a rule holds for everybody, whatever is answered.
EVERYBODY = {zone for rule in RULES if not rule.facts() for zone in rule.where.zones}
MUSCLES = sorted({name for rule in RULES for name in rule.where.muscles})

#: The absolute contraindications that must never be passed over, and their bad answer.
ABSOLUTE = {
    "consent_given": False,
    "capacity_to_consent": False,
    "medical_emergency": True,
    "acute_systemic_infection": True,
    "local_skin_infection": True,
    "skin_damaged": True,
}


def check(context: SiteContext = THIGH, /, *drop: str, **facts: Any) -> RuleOutcome:
    """Apply the rules to a healthy adult with some answers changed or dropped."""
    known = {k: v for k, v in (HEALTHY | facts).items() if k not in drop}
    return apply(RULES, known, context)


def woman(context: SiteContext = THIGH, /, *drop: str, **facts: Any) -> RuleOutcome:
    """Apply the rules to a healthy woman of 31."""
    return check(context, *drop, **({"sex": "female", "age": 31} | facts))


def ids(outcome: RuleOutcome, status: str = "yes") -> set[str]:
    return {hit.rule.id for hit in outcome.hits if hit.status == status}


def asked(outcome: RuleOutcome) -> list[str]:
    return [question.fact for question in outcome.questions]


# ------------------------------------------------------------ logic

TRUTHS = (True, False, None)


@pytest.mark.parametrize(("a", "b"), list(itertools.product(TRUTHS, TRUTHS)))
def test_kleene_tables(a: bool | None, b: bool | None) -> None:
    facts = {k: v for k, v in {"faints": a, "epilepsy": b}.items() if v is not None}
    first, second = ({"fact": n, "equals": True} for n in ("faints", "epilepsy"))
    both, either = (
        evaluate({"all": [first, second]}, facts),
        evaluate({"any": [first, second]}, facts),
    )
    assert both is (False if False in (a, b) else None if None in (a, b) else True)
    assert either is (True if True in (a, b) else None if None in (a, b) else False)
    assert evaluate({"not": first}, facts) is (None if a is None else not a)


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ({"below": 13}, 12.9, True),
        ({"below": 13}, 13, False),
        ({"at_least": 13}, 13, True),
        ({"above": 3}, 3, False),
        ({"at_most": 3}, 3, True),
        ({"equals": True}, "warfarin", True),
        ({"equals": False}, "warfarin", False),
        ({"equals": True}, ["left arm"], True),
        ({"equals": True}, [], False),
        ({"equals": "male"}, "male", True),
        ({"given": True}, 3, True),
        ({"given": False}, 3, False),
        ({"given": False}, None, True),
        ({"below": 13}, None, None),
        ({"below": 13}, True, None),
    ],
)
def test_tests_of_a_fact(
    condition: dict[str, Any], value: Any, holds: bool | None
) -> None:
    assert evaluate({"fact": "x", **condition}, {"x": value}) is holds


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"fact": "age"},
        {"fact": "age", "below": 3, "above": 5},
        {"any": [], "all": []},
        {"fact": "age", "belo": 3},
        {"equals": True},
        {"not": {}},
    ],
)
def test_broken_conditions_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        as_condition(bad)


def test_only_facts_that_still_matter_are_undecided() -> None:
    condition = as_condition(
        {
            "any": [
                {"all": [{"fact": "faints", "equals": True},
                         {"fact": "epilepsy", "equals": True}]},
                {"fact": "age", "below": 12},
            ]
        }
    )  # fmt: skip
    assert undecided(condition, {"faints": False}) == {"age"}
    assert undecided(condition, {"faints": False, "age": 30}) == set()
    assert undecided(condition, {}) == {"faints", "epilepsy", "age"}


# ------------------------------------------------------------ the healthy adult


@pytest.mark.parametrize("region", CATALOGUE.region_names)
def test_a_healthy_adult_has_no_finding_and_no_question(region: str) -> None:
    outcome = check(SiteContext(region, "left", frozenset(ZONES) - EVERYBODY))
    expected = {"genital-area"} if region == "perineum" else set()
    assert ids(outcome) == expected
    assert outcome.questions == ()


def test_the_short_panel_is_enough_away_from_the_chest() -> None:
    core = {f.name: HEALTHY[f.name] for f in CATALOGUE.facts
            if f.core and f.name in HEALTHY}  # fmt: skip
    assert len(core) <= 15
    assert apply(RULES, core, THIGH) == ((), ())


def test_nothing_answered_is_caution_with_a_short_list() -> None:
    outcome = apply(RULES, {}, THIGH)
    assert outcome.verdict is Verdict.CAUTION
    assert set(asked(outcome)) >= {*ABSOLUTE, "pregnant"}
    assert len(outcome.questions) <= 12
    worst = [question.worst.rank for question in outcome.questions]
    assert worst == sorted(worst, reverse=True)
    assert {hit.status for hit in outcome.hits} == {"unknown"}


@pytest.mark.parametrize(("fact", "bad"), list(ABSOLUTE.items()))
def test_absolute_contraindications(fact: str, bad: bool) -> None:
    assert check(THIGH, **{fact: bad}).verdict is Verdict.STOP
    unanswered = check(THIGH, fact)
    assert unanswered.verdict is Verdict.CAUTION
    assert asked(unanswered) == [fact]
    question = unanswered.questions[0]
    assert (question.worst, question.now) == (Verdict.STOP, Verdict.CAUTION)
    assert question.matters(Verdict.DANGER)
    assert not question.matters(Verdict.STOP)


# ------------------------------------------------------------ the skin


@pytest.mark.parametrize("fact", ["local_skin_infection", "skin_damaged"])
@pytest.mark.parametrize("inside", [True, False])
def test_marked_skin_counts_where_it_lies(fact: str, inside: bool) -> None:
    area = [{"site": {"landmark": "T4 spinous process"}, "radius_mm": 20}]
    context = SiteContext("thigh", in_area=lambda name: name == fact and inside)
    outcome = check(context, **{fact: area})
    assert outcome.verdict is (Verdict.STOP if inside else Verdict.NO_KNOWN_DANGER)
    assert outcome.questions == ()


# ------------------------------------------------------------ pregnancy

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


@pytest.mark.parametrize("site", ["distal lateral", "mid lateral"])
def test_a_replaced_knee_counts_for_the_muscle_near_it(site: str) -> None:
    """The lower end of vastus lateralis lies by the joint, its middle does not."""
    patient = {k: v for k, v in HEALTHY.items() if CATALOGUE[k].source == "patient"}
    patient["implants"] = [{"kind": "joint replacement", "region": "left knee"}]
    needle = {"depth_mm": 15}
    for side, near in (("left", site == "distal lateral"), ("right", False)):
        where = {"muscle": "vastus lateralis", "side": side, "site": site}
        found = {f.id for f in check_site(where, needle, patient).findings}
        assert ("prosthetic-joint" in found) is near


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


# ------------------------------------------------------------ blood, lymph, chest


def test_anticoagulants() -> None:
    outcome = check(anticoagulant="warfarin", inr=2.5)
    assert outcome.verdict is Verdict.CAUTION
    hit = next(h for h in outcome.hits if h.rule.id == "anticoagulant")
    assert "mcculloch2015" in hit.other_views[0].sources
    deep = SiteContext("low back", "left", muscle="quadratus lumborum")
    assert check(deep, anticoagulant=True, inr=2.5).verdict is Verdict.STOP
    region = check(SiteContext("low back"), anticoagulant=True, inr=2.5)
    assert "anticoagulant-deep-region" in ids(region)
    assert asked(check(anticoagulant=True)) == ["inr"]
    assert asked(check(anticoagulant="apixaban")) == []


@pytest.mark.parametrize(
    ("zone", "rule"),
    [
        ("brachial-median", "reduced-clotting-vessel"),
        ("dorsalis-pedis", "reduced-clotting-vessel"),
        ("gluteal-vessels-superior", "anticoagulant-deep-region"),
        ("carotid-artery", "anticoagulant-deep-region"),
    ],
)
def test_reduced_clotting_over_a_vessel(zone: str, rule: str) -> None:
    over = SiteContext("upper arm", "left", frozenset([zone]))
    beside = SiteContext("upper arm", "left")
    facts = {"anticoagulant": "apixaban"}
    assert rule in ids(check(over, **facts))
    assert rule not in ids(check(beside, **facts))
    assert rule not in ids(check(over))
    assert check(over, **facts).verdict is Verdict.CAUTION


def test_reduced_clotting_and_joints() -> None:
    knee = SiteContext("knee", "left")
    assert "reduced-clotting-joint" in ids(check(knee, anticoagulant=True, inr=2))
    agreed = {"bleeding_disorder": True, "haematologist_agrees": True}
    assert "reduced-clotting-joint" in ids(check(knee, **agreed))
    assert "reduced-clotting-joint" not in ids(check(THIGH, **agreed))


@pytest.mark.parametrize("zone", sorted(EVERYBODY))
def test_places_excluded_for_everybody(zone: str) -> None:
    outcome = check(SiteContext("abdomen", zones=frozenset([zone])))
    assert outcome.verdict is Verdict.STOP
    assert outcome.questions == ()


def test_a_scar_is_no_clear_skin() -> None:
    outcome = check(skin_lesion=True)
    assert outcome.verdict is Verdict.CAUTION
    assert "scar" in outcome.hits[0].message
    assert "sa-bn121" in outcome.hits[0].other_views[0].sources


def test_inr_above_three() -> None:
    assert check(anticoagulant=True, inr=3).verdict is Verdict.CAUTION
    unanswered = check(anticoagulant=True, inr=3.4)
    assert unanswered.verdict is Verdict.STOP
    assert asked(unanswered) == ["inr_in_range"]
    within = check(anticoagulant=True, inr=3.4, inr_in_range=True)
    assert within.verdict is Verdict.CAUTION


def test_lymphoedema_takes_the_whole_limb_of_its_side() -> None:
    where = ["left forearm"]
    left, right = SiteContext("hand", "left"), SiteContext("hand", "right")
    assert check(left, lymphoedema=where).verdict is Verdict.STOP
    assert check(right, lymphoedema=where).verdict is Verdict.NO_KNOWN_DANGER
    assert check(THIGH, lymphoedema=where).verdict is Verdict.NO_KNOWN_DANGER
    assert "lymphoedema" not in asked(check(SiteContext("face"), "lymphoedema"))


def test_the_quarter_of_the_trunk_counts_with_its_limb() -> None:
    """Chest and upper back drain with the arm, lower trunk and groin with the leg."""
    arm, leg = {"lymphoedema": ["left hand"]}, {"lymphoedema": ["left foot"]}
    for region in ("thorax", "upper back"):
        outcome = check(SiteContext(region, "left"), **arm)
        assert "lymphoedema-quarter" in ids(outcome)
        assert outcome.verdict is Verdict.CAUTION
        assert ids(check(SiteContext(region, "right"), **arm)) == set()
        assert ids(check(SiteContext(region, "left"), **leg)) == set()
    for region in ("abdomen", "perineum", "sacrum"):
        outcome = check(SiteContext(region, "left"), **leg)
        assert "lymphoedema-quarter" in ids(outcome)
        assert "lymphoedema-quarter" not in ids(
            check(SiteContext(region, "left"), **arm)
        )
    # the limb itself stays a STOP and says nothing of the quarter
    assert "lymphoedema-quarter" not in ids(check(SiteContext("hand", "left"), **arm))
    cleared = check(SiteContext("thorax", "left"), lymph_nodes_removed=["left axilla"])
    assert "lymph-nodes-removed" in ids(cleared)
    assert cleared.verdict is Verdict.CAUTION


@pytest.mark.parametrize(
    ("region", "place", "zone"),
    [
        ("left knee", "thigh", "near-knee-joint"),
        ("left lower limb", "thigh", "near-hip-joint"),
        ("left shoulder", "thorax", "near-shoulder-joint"),
        (None, "forearm", "near-wrist-joint"),
    ],
)
def test_a_replaced_joint_counts_where_a_needle_comes_near(
    region: str | None, place: str, zone: str
) -> None:
    """Also from the skin of the next region; not on the other side, nor far off."""
    given = {"kind": "joint replacement"} | ({"region": region} if region else {})
    near = SiteContext(place, "left", frozenset([zone]))
    outcome = check(near, implants=[given])
    assert "prosthetic-joint" in ids(outcome)
    assert outcome.verdict is Verdict.CAUTION
    other = SiteContext(place, "right", frozenset([zone]))
    both = region is None
    assert ("prosthetic-joint" in ids(check(other, implants=[given]))) is both
    far = SiteContext("scalp", "left", frozenset())
    assert "prosthetic-joint" not in ids(check(far, implants=[given]))
    metal = [{"kind": "metalwork", "region": region or "left forearm"}]
    assert "prosthetic-joint" not in ids(check(near, implants=metal))


def test_connective_tissue_is_caution_and_its_vascular_type_a_stop() -> None:
    some = check(connective_tissue_disorder=True, vascular_ehlers_danlos=False)
    assert ids(some) == {"connective-tissue"}
    chest = SiteContext("upper back", "left", frozenset(["pleura"]))
    over = check(chest, connective_tissue_disorder=True, vascular_ehlers_danlos=False)
    assert "connective-tissue-chest" in ids(over)
    vascular = check(vascular_ehlers_danlos=True, connective_tissue_disorder=True)
    assert vascular.verdict is Verdict.STOP
    assert "connective-tissue" not in ids(vascular)
    # the type not known: asked for, and held at caution
    open_ = check(THIGH, "vascular_ehlers_danlos", connective_tissue_disorder=True)
    assert open_.verdict is Verdict.CAUTION
    assert asked(open_) == ["vascular_ehlers_danlos"]
    # nobody is asked for the type of what was not asked
    dropped = ("connective_tissue_disorder", "vascular_ehlers_danlos")
    assert asked(check(THIGH, *dropped)) == []
    assert asked(check(chest, *dropped)) == ["connective_tissue_disorder"]


def test_a_very_short_sighted_eye_counts_at_the_eye_only() -> None:
    eye = SiteContext("face", "left", frozenset(["orbit"]))
    assert "high-myopia-orbit" in ids(check(eye, high_myopia=True))
    assert ids(check(SiteContext("face", "left"), high_myopia=True)) == set()
    assert asked(check(eye, "high_myopia")) == ["high_myopia"]
    assert asked(check(SiteContext("face"), "high_myopia")) == []


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"unstable_heart": True}, "unstable-heart"),
        ({"unexplained_syncope": True}, "unexplained-syncope"),
        ({"unstable_fracture": ["thigh"]}, "unstable-fracture"),
        ({"epilepsy": True, "epilepsy_controlled": False}, "epilepsy-uncontrolled"),
        ({"splenectomy": True, "age": 17}, "splenectomy-young"),
    ],
)
def test_what_one_page_alone_says_is_caution(facts: dict[str, Any], rule: str) -> None:
    """No refusal rests on a single page; the stricter view is named."""
    outcome = check(**facts)
    hit = next(hit for hit in outcome.hits if hit.rule.id == rule)
    assert hit.verdict is Verdict.CAUTION
    assert "tricter" in hit.other_views[0].text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("blood-pressure", "no reading at which a member must refuse"),
        ("anticoagulant", "4.95 for warfarin"),
        ("anticoagulant", "3.72 for heparin and 3.07 for direct oral anticoagulants"),
    ],
)
def test_figures_and_views_that_were_left_out_are_told(rule: str, words: str) -> None:
    found = next(r for r in RULES if r.id == rule)
    view = found.looser_view.text if found.looser_view else ""
    assert words in f"{found.message} {view}"


def test_a_convention_does_not_read_like_a_prohibition() -> None:
    """Three wordings; the verdict is the same."""
    li4 = SiteContext("hand", "left", frozenset(["pregnancy-li4"]))
    listed = woman(li4, pregnant=True, gestation_weeks=20).hits[0]
    assert listed.verdict is Verdict.STOP
    assert listed.rule.firm == "many_avoid"
    assert listed.message.startswith("Many avoid it: stricter lists avoid this point")
    current = check(THIGH, electrical=True, pacemaker=True).hits[0]
    assert current.message.startswith("Not like this: no electrical stimulation")
    refused = check(consent_given=False).hits[0]
    assert refused.rule.firm == "never"
    assert refused.message == refused.rule.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 1\n", "'never' is missing"),
        ("schema = 1\n[[firmness]]\nid = 'perhaps'\n", "firmness 'perhaps', id"),
        ("schema = [\n", "not valid TOML"),
    ],
)
def test_a_broken_firmness_file_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "firmness.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=re.escape(message)):
        load_firmness(path)


def test_a_firmness_leaves_no_reason_out(tmp_path: Path) -> None:
    path = tmp_path / "firmness.toml"
    text = shipped("firmness.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("Many avoid it: {message}", "Many avoid it."))
    with pytest.raises(DataError, match="many_avoid"):
        load_firmness(path)


@pytest.mark.parametrize(
    ("fact", "worst"),
    [("lymphoedema", "STOP"), ("cancer_sites", "STOP"), ("recent_surgery", "CAUTION"),
     ("implants", "STOP")],
)  # fmt: skip
def test_a_yes_without_its_place_is_caution_and_a_question(
    fact: str, worst: str
) -> None:
    outcome = check(THIGH, "pacemaker", **{fact: True})
    assert outcome.verdict is Verdict.CAUTION
    assert asked(outcome) == [fact]
    assert outcome.questions[0].worst == worst
    assert any("not given" in hit.message for hit in outcome.hits)


def test_neutrophils_and_platelets() -> None:
    low = check(immunocompromised=True, neutrophils_10e9_l=0.4)
    assert low.verdict is Verdict.STOP
    edge = check(immunocompromised=True, neutrophils_10e9_l=0.5)
    assert edge.verdict is Verdict.CAUTION
    assert check(platelets_10e9_l=30).verdict is Verdict.CAUTION


def test_implants_count_by_kind_and_place() -> None:
    chest, leg = SiteContext("thorax", "left"), SiteContext("leg", "left")
    soft = [{"kind": "breast implant", "region": "left breast"}]
    assert check(chest, implants=soft).verdict is Verdict.STOP
    assert check(leg, implants=soft).verdict is Verdict.NO_KNOWN_DANGER
    knee = [{"kind": "joint replacement", "region": "left lower limb"}]
    assert check(leg, implants=knee).verdict is Verdict.CAUTION
    unplaced = [{"kind": "metalwork"}]
    assert check(leg, implants=unplaced).verdict is Verdict.CAUTION


def test_current_and_electronic_implants() -> None:
    pacer = {"implants": [{"kind": "pacemaker", "region": "left thorax"}]}
    now = {"electrical": True}
    dropped = ("pacemaker",)
    assert check(THIGH, *dropped, **pacer).verdict is Verdict.NO_KNOWN_DANGER
    assert check(THIGH, *dropped, **pacer, **now).verdict is Verdict.STOP
    unanswered = check(THIGH, "pacemaker", "implants", **now)
    assert unanswered.verdict is Verdict.CAUTION
    assert "pacemaker" in asked(unanswered)
    assert check(SiteContext("neck"), **now).verdict is Verdict.STOP


@pytest.mark.parametrize(
    "fact", ["lung_disease", "thoracic_deformity", "previous_pneumothorax"]
)
def test_chest_facts_count_over_the_lung_only(fact: str) -> None:
    over = SiteContext("shoulder", "left", frozenset(["pleura"]))
    assert check(over, **{fact: True}).verdict is Verdict.CAUTION
    assert check(THIGH, **{fact: True}).verdict is Verdict.NO_KNOWN_DANGER
    assert asked(check(over, fact)) == [fact]
    assert asked(check(THIGH, fact)) == []


def test_children() -> None:
    child = check(age=11, guardian_consent=True)
    assert ids(child) == {"child-under-12"}
    alone = check(age=14)
    assert alone.verdict is Verdict.STOP
    assert asked(alone) == ["guardian_consent"]
    assert check(SiteContext("scalp"), age=1, guardian_consent=True).verdict == "STOP"


def test_fear_of_needles_that_was_talked_through_is_no_stop() -> None:
    assert check(needle_phobia=True).verdict is Verdict.STOP
    talked = check(needle_phobia=True, needle_phobia_discussed=True)
    assert talked.verdict is Verdict.CAUTION


def test_a_milder_rule_gives_way() -> None:
    outcome = woman(SiteContext("abdomen"), pregnant=True, gestation_weeks=10)
    assert "pregnancy-precaution" not in ids(outcome)


# ------------------------------------------------------------ monotone


def answers(name: str) -> st.SearchStrategy[Any]:
    """Return all that may be answered to a fact."""
    fact = CATALOGUE[name]
    place = st.sampled_from(CATALOGUE.places())
    sided = st.builds(
        lambda side, p: f"{side} {p}".strip(), st.sampled_from(["", "left", "right"]),
        place,
    )  # fmt: skip
    if fact.type == "number":
        assert fact.range is not None
        return st.floats(*fact.range)
    if fact.type == "choice":
        return st.sampled_from(fact.options)
    if fact.type == "medicine":
        return st.booleans() | st.sampled_from([m.name for m in CATALOGUE.medicines])
    if fact.type == "regions":
        return st.booleans() | st.lists(sided, min_size=1, max_size=2)
    if fact.type == "implants":
        kinds = st.sampled_from(fact.options)
        item = st.fixed_dictionaries({"kind": kinds}, optional={"region": sided})
        return st.booleans() | st.lists(item, min_size=1, max_size=2)
    if fact.type == "areas":
        area = {"site": {"landmark": "T4 spinous process"}, "radius_mm": 20.0}
        return st.booleans() | st.just([area])
    return st.booleans()


NAMES = list(CATALOGUE.by_name())
PATIENTS = st.dictionaries(st.sampled_from(NAMES), st.none(), max_size=12).flatmap(
    lambda chosen: st.fixed_dictionaries({name: answers(name) for name in chosen})
)
#: Healthy adults and nearly unknown people, with a few answers of any kind.
PEOPLE = st.builds(
    lambda base, extra: {**base, **extra}, st.sampled_from([HEALTHY, {}]), PATIENTS
)
CONTEXTS = st.builds(
    lambda region, side, zones, inside, muscle: SiteContext(
        region, side, frozenset(zones), lambda _fact: inside, muscle
    ),
    st.sampled_from(CATALOGUE.region_names),
    st.sampled_from(["left", "right", "midline"]),
    st.sets(st.sampled_from(ZONES), max_size=3),
    st.booleans(),
    st.none() | st.sampled_from(MUSCLES),
)


def verdict(facts: Mapping[str, Any], context: SiteContext) -> Verdict:
    return apply(RULES, facts, context).verdict


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(people=PEOPLE, context=CONTEXTS, data=st.data())
def test_monotone(
    name: str, people: dict[str, Any], context: SiteContext, data: st.DataObject
) -> None:
    """A fact dropped or answered badly is never milder than its clearing answer."""
    fact = CATALOGUE[name]
    others = {k: v for k, v in people.items() if k != name}
    known = CATALOGUE.complete(others)
    if fact.favourable is None or not CATALOGUE.asked(name, known):
        return
    clear = verdict(others | {name: fact.favourable}, context)
    assert verdict(others, context) >= clear
    answer = data.draw(answers(name))
    # An age can settle that there is no pregnancy; then it is no risk added.
    if name != "age" or "pregnant" in known:
        assert verdict(others | {name: answer}, context) >= clear


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, context=CONTEXTS)
def test_an_unanswered_absolute_is_never_clear(
    people: dict[str, Any], context: SiteContext
) -> None:
    for name, bad in ABSOLUTE.items():
        others = {k: v for k, v in people.items() if k != name}
        outcome = apply(RULES, others, context)
        assert outcome.verdict >= Verdict.CAUTION
        assert name in asked(outcome)
        assert verdict(others | {name: bad}, context) is Verdict.STOP


@settings(max_examples=200, deadline=None)
@given(people=PATIENTS, contexts=st.lists(CONTEXTS, max_size=4))
def test_many_sites_at_once_say_what_each_says(
    people: dict[str, Any], contexts: list[SiteContext]
) -> None:
    many = held_verdicts(RULES, people, contexts)
    for held, context in zip(many, contexts, strict=True):
        hits = apply(RULES, people, context).hits
        alone = [hit.verdict for hit in hits if hit.status == "yes"]
        assert held == max(alone, default=Verdict.NO_KNOWN_DANGER)


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, context=CONTEXTS)
def test_questions_are_open_and_each_finding_is_explained(
    people: dict[str, Any], context: SiteContext
) -> None:
    known = CATALOGUE.complete(people)
    outcome = apply(RULES, people, context)
    for question in outcome.questions:
        assert known.get(question.fact) in (None, True)
        assert CATALOGUE.asked(question.fact, known)
        assert question.worst >= question.now
    for hit in outcome.hits:
        assert hit.message
        assert hit.rule.sources
        if hit.status == "unknown":
            assert hit.verdict <= Verdict.CAUTION
            assert set(hit.questions) & set(asked(outcome))


# ------------------------------------------------------------ the data


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_can_hold_and_says_what_to_do(rule: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.verdict != "DANGER"
    assert rule.verdict != "NO_KNOWN_DANGER" or rule.category == "precaution"
    assert rule.message.endswith(".")
    assert (rule.read == "memory") == ("clinical-rule" in rule.sources)
    if "memory" in rule.read:
        assert "our inference" in rule.basis


def test_every_rule_is_reached_by_some_patient() -> None:
    reached: set[str] = set()

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(people=PATIENTS, context=CONTEXTS)
    def walk(people: dict[str, Any], context: SiteContext) -> None:
        reached.update(ids(apply(RULES, people, context)))

    walk()
    assert len(reached) > len(RULES) / 3


def test_zones_and_muscles_named_by_rules_exist() -> None:
    zones = {zone.id for zone in load_zones()}
    assert set(ZONES) <= zones
    assert set(MUSCLES) <= {name.casefold() for name in muscle_names()}


def test_regions_are_those_of_the_body() -> None:
    assert set(CATALOGUE.region_names) == set(load_body("male").region_names)


def test_sources_exist() -> None:
    cited = {s for rule in RULES for s in rule.sources}
    cited |= {s for r in RULES if r.looser_view for s in r.looser_view.sources}
    cited |= {s for text in load_texts() for s in text.sources}
    cited |= {rate.source for rate in load_rates().values()}
    assert cited <= set(load_sources())
    for source in load_sources().values():
        assert source.doi is None or source.doi.startswith("10.")


#: Rows of evidence that the document of what was left out lists.
LEFT_OUT = re.findall(
    r"^\| ([a-z]+-[a-z0-9-]+) \|",
    (Path(__file__).parents[3] / "docs" / "data" / "rules_left_out.md").read_text(
        "utf-8"
    ),
    re.MULTILINE,
)


def test_every_row_of_evidence_is_a_rule_or_left_out_with_a_reason() -> None:
    used: set[str] = set()
    books = (RULES, load_texts(), load_session_book().rules, load_symptom_book().rules)
    for book in books:
        for entry in book:
            used.update(entry.evidence)
    rows = set(load_rule_evidence())
    assert len(LEFT_OUT) == len(set(LEFT_OUT))
    assert rows == used | set(LEFT_OUT)
    assert not used & set(LEFT_OUT)


def test_rows_of_evidence_are_whole() -> None:
    rows = load_rule_evidence()
    kinds = [row.kind for row in rows.values()]
    assert {k: kinds.count(k) for k in sorted(set(kinds))} == {
        "contraindication": 126,
        "practice": 58,
        "pregnancy": 63,
    }
    assert load_rule_evidence()["bld-05"].threshold == "needle diameter 0.20 mm"


def test_a_row_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(GOOD + 'evidence = ["neu-99"]\n')
    with pytest.raises(DataError, match="neu-99") as caught:
        load_rules(tmp_path)
    assert "bad.toml" in str(caught.value)


GOOD = """
[[rule]]
id = "one"
title = "t"
category = "relative"
verdict = "CAUTION"
when = { fact = "faints", equals = true }
message = "m."
sources = ["who1999"]
read = "fulltext"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"faints"', '"fants"', "fants"),
        ('"who1999"', '"who1998"', "who1998"),
        ("equals = true", "equal = true", "equal"),
        ('"CAUTION"', '"CAREFUL"', "verdict"),
        ("title", "titel", "title"),
        ('read = "fulltext"', 'read = "fulltext"\nsupersedes = ["two"]', "two"),
        (
            'read = "fulltext"',
            'read = "fulltext"\nwhere = { scope = "places", regions = ["thig"] }',
            "thig",
        ),
        ('read = "fulltext"', 'read = "fulltext"\nwhere = { scope = "places" }', "w"),
        ('read = "fulltext"', 'read = "fulltext"' + GOOD, "duplicate id"),
        ("[[rule]]", "[[rule", "TOML"),
    ],
)
def test_broken_rules_name_file_and_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    (tmp_path / "bad.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load_rules(tmp_path)
    assert "bad.toml" in str(caught.value)
    assert message in str(caught.value)


def test_the_shipped_folder_is_all_read() -> None:
    files = {path.name for path in shipped("rules").glob("*.toml")}
    assert {rule.file for rule in RULES} == files


# ------------------------------------------------------------ what to tell


@pytest.mark.parametrize("region", CATALOGUE.region_names)
def test_figures_and_warning_signs_come_with_every_site(region: str) -> None:
    told = " ".join(item.text for item in advice(region, {}))
    assert "36.7" in told
    assert "16 %" in told
    assert "6 % to 19.2 %" in told
    assert "under 0.1 %" in told
    signs = " ".join(item.text for item in red_flags(region, {}))
    assert "emergency department" in signs
    assert "reath" in signs
    assert aftercare(region, {})
    for item in (*advice(region, {}), *aftercare(region, {}), *red_flags(region, {})):
        assert item.sources
        assert "{" not in item.text


@pytest.mark.parametrize(
    "region", ["thorax", "upper back", "neck", "shoulder", "axilla"]
)
def test_the_collapsed_lung_leads_near_the_lung(region: str) -> None:
    assert "collapsed lung" in red_flags(region, {})[0].text
    assert "two days" in " ".join(t.text for t in aftercare(region, {}))


def test_pregnancy_adds_its_own_signs_only_when_known() -> None:
    assert "contractions" in " ".join(
        t.text for t in red_flags("thigh", Patient(gestation_weeks=20).facts())
    )
    assert "contractions" not in " ".join(t.text for t in red_flags("thigh", {}))


def test_reduced_clotting_adds_aftercare() -> None:
    more = aftercare("thigh", {"anticoagulant": "warfarin"})
    assert len(more) == len(aftercare("thigh", {})) + 1


def test_rates_are_shares_with_intervals_around_them() -> None:
    for rate in load_rates().values():
        assert 0 <= rate.rate <= 1
        assert (rate.ci is None) == (rate.ci_basis is None)
        if rate.ci is not None:
            low, high = rate.ci
            assert 0 <= low <= rate.rate * 1.001
            assert rate.rate <= high * 1.001 <= 1


def test_percent() -> None:
    assert [percent(x) for x in (0.367, 0.0465, 0.0094, 0.5)] == [
        "36.7 %", "4.7 %", "0.94 %", "50 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{boyce2020-01}", "{boyce2020-99}", "boyce2020-99"),
        ("{boyce2020-01}", "{boyce2020-02 ci}", "interval"),
        ("who1999", "who1899", "who1899"),
        ("thigh", "thig", "thig"),
    ],
)
def test_broken_texts_name_file_and_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (
        '[[text]]\nid = "a"\nkind = "advice"\ntext = "{boyce2020-01}"\n'
        'sources = ["who1999"]\nregions = ["thigh"]\n'
    )
    path = tmp_path / "texts.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(DataError) as caught:
        load_texts(path)
    assert "texts.toml" in str(caught.value)
    assert message in str(caught.value)
