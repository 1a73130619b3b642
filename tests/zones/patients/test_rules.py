"""What each rule about a patient does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from anatomy.errors import DataError
from anatomy.store import shipped
from tests.zones.patients.rule_checks import (
    ABSOLUTE,
    CATALOGUE,
    EVERYBODY,
    HEALTHY,
    RULES,
    THIGH,
    ZONES,
    asked,
    check,
    ids,
    woman,
)
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.knowledge.firmness import load_firmness
from zones.patients.rules import (
    SiteContext,
    apply,
)


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


@pytest.mark.parametrize("fact", ["local_skin_infection", "skin_damaged"])
@pytest.mark.parametrize("inside", [True, False])
def test_marked_skin_counts_where_it_lies(fact: str, inside: bool) -> None:
    area = [{"site": {"landmark": "T4 spinous process"}, "radius_mm": 20}]
    context = SiteContext("thigh", in_area=lambda name: name == fact and inside)
    outcome = check(context, **{fact: area})
    assert outcome.verdict is (Verdict.STOP if inside else Verdict.NO_KNOWN_DANGER)
    assert outcome.questions == ()


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
