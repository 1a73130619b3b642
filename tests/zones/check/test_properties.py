"""Properties of the check: nothing that adds risk may ever lower the verdict."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError
from tests.strategies import (
    MEDICINES,
    depths,
    flags,
    folds,
    healthy_patient,
    patients,
    plans,
    sites,
)
from zones import check_site
from zones.check.draft import OTHER_SIDE
from zones.check.engine import _said, worst
from zones.check.site import verdict_of
from zones.contract.models import Assessment, Verdict
from zones.fields.loading import body_fields
from zones.knowledge.facts import load_facts
from zones.risk.policy import Policy, shipped_policy, using_policy

CHART_POINTS = 500

#: A needle without its depth, and the site that it is meant for.
Plan = tuple[dict[str, Any], dict[str, Any]]


def limit_of(answer: Assessment) -> float:
    """Return the deepest plan below DANGER, inf when nothing limits it."""
    return math.inf if answer.max_depth_mm is None else answer.max_depth_mm


def check(site: Any, needle: Any, patient: Any) -> Assessment:
    """Check, leaving out directions and patients that cannot be."""
    try:
        return check_site(site, needle, patient)
    except NeedlemapError as error:
        field = error.field or ""
        assume(not field.startswith(("needle.direction", "needle.bone", "patient")))
        raise


def with_site_body(site: dict[str, Any], patient: dict[str, Any]) -> dict[str, Any]:
    """Return a patient of the sex of a site's body."""
    return {**patient, "sex": site["body"]}


#: Facts that zones look at, one by one.
OTHERWISE = (
    {"anticoagulant": True},
    {"anticoagulant": "heparin"},
    {"anticoagulant": None},
    {"sex": "female", "pregnant": True, "gestation_weeks": 30},
    {"bmi": 41.0},
    {"bmi": None},
    {"age": 1.0},
    {"implants": [{"kind": "joint replacement", "region": "thigh"}]},
)


@given(plans(), depths, patients(), st.permutations(OTHERWISE))
def test_who_was_asked_about_before_bears_on_no_answer(
    plan: Plan, depth: float, patient: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    """What zones say is kept for the next patient only where it is the same."""
    site, needle = plan
    needle = {**needle, "depth_mm": depth}
    last, *before = (with_site_body(site, patient) | other for other in others)
    _said.cache_clear()
    alone = check(site, needle, last)
    _said.cache_clear()
    for one in before:
        check(site, needle, one)
    assert check(site, needle, last) == alone


@given(plans(), patients(), st.tuples(depths, depths))
def test_deeper_is_never_milder(
    plan: Plan, patient: dict[str, Any], pair: tuple[float, float]
) -> None:
    """A deeper plan has at least the verdict of a shallower one."""
    site, needle = plan
    shallow, deep = (
        check(site, {**needle, "depth_mm": depth}, patient) for depth in sorted(pair)
    )
    assert deep.verdict >= shallow.verdict
    assert deep.max_depth_mm == shallow.max_depth_mm


@given(plans(), patients(), depths, st.floats(0.0, 60.0))
def test_longer_needle_is_never_milder(
    plan: Plan, patient: dict[str, Any], depth: float, more: float
) -> None:
    """A needle that can be pushed deeper has at least the verdict of a shorter one."""
    site, needle = plan
    depth = max(depth, 1.0)
    short, long = (
        check(site, {**needle, "depth_mm": depth, "length_mm": length}, patient)
        for length in (depth, min(depth + more, 300.0))
    )
    assert long.verdict >= short.verdict


@given(plans(), patients(), st.tuples(*[st.floats(13, 45)] * 2), depths)
def test_thinner_is_never_milder(
    plan: Plan, patient: dict[str, Any], pair: tuple[float, float], depth: float
) -> None:
    """A thinner patient has at least the verdict of a heavier one."""
    site, needle = plan
    thin, heavy = (
        check(site, {**needle, "depth_mm": depth}, {**patient, "bmi": round(bmi, 1)})
        for bmi in sorted(pair)
    )
    assert thin.verdict >= heavy.verdict
    assert limit_of(thin) <= limit_of(heavy)


@given(plans(), patients(), st.sampled_from(flags()), depths)
def test_one_more_risk_is_never_milder(
    plan: Plan, patient: dict[str, Any], fact: str, depth: float
) -> None:
    """A fact turned to its unfavourable value never gives a lower verdict."""
    site, needle = plan
    favourable = load_facts()[fact].favourable
    base = {**patient, fact: favourable}
    needle = {**needle, "depth_mm": depth}
    assume(load_facts().asked(fact, base))
    worse = check(site, needle, {**base, fact: not favourable})
    assert worse.verdict >= check(site, needle, base).verdict


@given(plans(), patients(), st.sampled_from(MEDICINES), depths)
def test_an_anticoagulant_is_never_milder(
    plan: Plan, patient: dict[str, Any], medicine: str, depth: float
) -> None:
    """Bleeding harms are likelier with it: the limit is never deeper."""
    site, needle = plan
    base = {**patient, "anticoagulant": False}
    taken: Any = True if medicine == "unknown" else medicine
    needle = {**needle, "depth_mm": depth}
    with_it = check(site, needle, {**base, "anticoagulant": taken})
    without = check(site, needle, base)
    assert with_it.verdict >= without.verdict
    assert limit_of(with_it) <= limit_of(without)


@given(plans(), patients(), st.data(), depths)
def test_unasked_is_never_milder(
    plan: Plan, patient: dict[str, Any], data: st.DataObject, depth: float
) -> None:
    """Leaving a fact unanswered has at least the verdict of its best answer."""
    site, needle = plan
    clear = {
        fact.name: fact.favourable
        for fact in load_facts().facts
        if fact.source == "patient" and fact.favourable is not None
    }
    fact = data.draw(st.sampled_from(sorted(clear)))
    full = {**patient, fact: clear[fact]}
    assume(load_facts().asked(fact, full))
    less = {name: value for name, value in full.items() if name != fact}
    needle = {**needle, "depth_mm": depth}
    assert check(site, needle, less).verdict >= check(site, needle, full).verdict


@given(plans(), depths)
def test_the_arm_not_spoken_of_is_never_milder(plan: Plan, depth: float) -> None:
    """Where a bone moves with the arm, saying that it is at the side may only help."""
    site, needle = plan
    bare = {n: v for n, v in needle.items() if n != "arm"} | {"depth_mm": depth}
    patient = healthy_patient(sex=site["body"])
    said, unsaid = (
        check(site, one, patient) for one in ({**bare, "arm": "at side"}, bare)
    )
    assert unsaid.verdict >= said.verdict
    assert limit_of(unsaid) <= limit_of(said)


@given(sites(), depths)
def test_nothing_known_is_never_milder(site: dict[str, Any], depth: float) -> None:
    """A patient of whom nothing is known has at least the healthy one's verdict."""
    known = check_site(site, {"depth_mm": depth}, healthy_patient())
    assert check_site(site, {"depth_mm": depth}).verdict >= known.verdict
    assert check_site(site, None, healthy_patient()).verdict >= known.verdict or (
        known.max_depth_mm is not None and depth > known.max_depth_mm
    )


@given(plans(), folds, depths)
def test_a_fold_is_never_graver_than_flat(
    plan: Plan, fold: float, depth: float
) -> None:
    """What lies under a lifted fold is met only when the needle leaves it.

    That it then comes out toward the hand that holds the fold is the fold's own danger.
    """
    site, needle = plan
    patient = healthy_patient(sex=site["body"])
    base = {"depth_mm": depth, **{n: v for n, v in needle.items() if n == "arm"}}
    flat = check(site, base, patient)
    held = check(site, {**base, "grip": "pincer", "fold_mm": fold}, patient)
    inside = [f for f in held.findings if f.id != OTHER_SIDE]
    assert worst(inside) <= flat.verdict
    assert limit_of(held) >= limit_of(flat)


def stricter(factor: float) -> Policy:
    """Return a policy that warns and refuses from a share of the shipped chances."""
    shipped = shipped_policy()
    figures = ("caution_risk", "danger_risk", "caution_p_meet", "danger_p_meet")
    rows = tuple(
        row.model_copy(
            update={
                name: value * factor
                for name in figures
                if (value := getattr(row, name)) is not None
            }
        )
        for row in shipped.matrix
    )
    return shipped.model_copy(update={"matrix": rows, "name": f"times {factor:g}"})


STRICT = (stricter(0.5), stricter(0.02))


@given(plans(), patients(), st.sampled_from(STRICT), depths)
def test_a_stricter_policy_is_never_milder(
    plan: Plan, patient: dict[str, Any], policy: Policy, depth: float
) -> None:
    """A policy that refuses sooner never lowers a verdict nor deepens a limit."""
    site, needle = plan
    needle = {**needle, "depth_mm": depth}
    shipped = check(site, needle, patient)
    with using_policy(policy):
        strict = check(site, needle, patient)
    assert strict.verdict >= shipped.verdict
    assert limit_of(strict) <= limit_of(shipped)
    assert strict.policy == policy.name
    assert not strict.policy_looser


@given(plans(), patients(), depths)
def test_mirrored_site_has_the_mirrored_answer(
    plan: Plan, patient: dict[str, Any], depth: float
) -> None:
    """What holds on one side holds on the other, for zones that are on both."""
    site, needle = plan
    needle = {**needle, "depth_mm": depth}
    x, y, z = site["xyz_mm"]
    other = {**site, "xyz_mm": [-x, y, z]}
    swapped = dict(needle)
    if "bone" in needle:
        bone = needle["bone"].replace(" left", " ?").replace(" right", " left")
        swapped["bone"] = bone.replace(" ?", " right")
    one, two = check(site, needle, patient), check(other, swapped, patient)
    single = {z.id for z in body_fields(site["body"]).zones if z.side in _ONE_SIDED}
    found = [
        {
            (f.id, f.verdict.value, f.earliest_mm, f.reached_at_mm)
            for f in answer.findings
            if f.id not in single
        }
        for answer in (one, two)
    ]
    assert found[0] == found[1]
    if not single & {f.id for f in (*one.findings, *two.findings)}:
        assert one.verdict == two.verdict
        assert one.max_depth_mm == two.max_depth_mm
    if abs(x) > 2:
        assert {one.site.side, two.site.side} == {"left", "right"}


_ONE_SIDED = ("left", "right")


@given(plans(), patients())
def test_max_depth_is_just_under_danger(plan: Plan, patient: dict[str, Any]) -> None:
    """At the deepest plan the verdict is below DANGER; past a risk it is DANGER."""
    site, needle = plan
    answer = check(site, needle, patient)
    assume(answer.max_depth_mm is not None)
    assert answer.max_depth_mm is not None
    if answer.verdict == Verdict.STOP:
        assert answer.max_depth_mm == 0
        return
    at, over = (
        check(site, {**needle, "depth_mm": depth}, patient)
        for depth in (answer.max_depth_mm, answer.max_depth_mm + 1.0)
    )
    assert at.max_depth_mm == over.max_depth_mm == answer.max_depth_mm
    if answer.max_depth_mm > 0.0:
        assert at.verdict < Verdict.DANGER
    if answer.limit_set_by == "risk":
        assert over.verdict >= Verdict.DANGER


@pytest.mark.parametrize("body", ["male", "female"])
def test_every_chart_gives_the_same_findings(body: str) -> None:
    """A skin point has the same findings from every chart that shows it."""
    fields = body_fields(body)
    skin, patient = fields.body.skin, healthy_patient()
    rng = np.random.default_rng(2)
    faces = rng.choice(len(skin.faces), size=CHART_POINTS // 2, replace=False)
    compared = 0
    for face in faces:
        # clearly nearest to one corner, which stands for the place
        point = skin.point_on(int(face), np.array([0.6, 0.25, 0.15]))
        direct = check_site(
            {"xyz_mm": point.xyz.tolist(), "body": body}, {"depth_mm": 12}, patient
        )
        for name, chart in fields.body.charts.items():
            if not chart.visible(point):
                continue
            x, y = chart.project(point.xyz[None, :])[0]
            site = {"chart": name, "x_mm": float(x), "y_mm": float(y), "body": body}
            seen = check_site(site, {"depth_mm": 12}, patient)
            away = np.linalg.norm(np.array(seen.site.xyz_mm) - point.xyz)
            if away > 1.0:
                continue
            compared += 1
            assert seen.verdict == direct.verdict, (name, site)
            assert _ids(seen) == _ids(direct), (name, site)
    assert compared > CHART_POINTS // 2


def _ids(answer: Assessment) -> set[tuple[str, str]]:
    return {(f.id, f.verdict.value) for f in answer.findings}


@given(plans(), patients(), depths)
def test_the_verdict_alone_is_that_of_the_answer(
    plan: Plan, patient: dict[str, Any], depth: float
) -> None:
    """What exercises and searches ask for many times is what the check says."""
    site, needle = plan[0], {**plan[1], "depth_mm": depth}
    answer = check(site, needle, patient)
    assert verdict_of(site, needle, patient) == answer.verdict
