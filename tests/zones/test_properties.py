"""Properties of the check: nothing that adds risk may ever lower the verdict."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError
from tests.strategies import depths, directions, flags, healthy_patient, sites
from zones import check_site
from zones.fields import body_fields
from zones.models import Assessment, Verdict

CHART_POINTS = 500


def limit_of(answer: Assessment) -> float:
    """Return the deepest plan below DANGER, inf when nothing limits it."""
    return math.inf if answer.max_depth_mm is None else answer.max_depth_mm


def check(site: Any, needle: Any, patient: Any) -> Assessment:
    """Check, leaving out directions that have no meaning at the site."""
    try:
        return check_site(site, needle, patient)
    except NeedlemapError as error:
        assume(not (error.field or "").startswith("needle.direction"))
        raise


@given(sites(), st.tuples(depths, depths), directions)
def test_deeper_is_never_milder(
    site: dict[str, Any], pair: tuple[float, float], direction: Any
) -> None:
    """A deeper plan has at least the verdict of a shallower one."""
    patient = healthy_patient()
    shallow, deep = (
        check(site, {"depth_mm": depth, "direction": direction}, patient)
        for depth in sorted(pair)
    )
    assert deep.verdict >= shallow.verdict


@given(sites(), st.tuples(*[st.floats(13, 45)] * 2), depths, directions)
def test_thinner_is_never_milder(
    site: dict[str, Any], pair: tuple[float, float], depth: float, direction: Any
) -> None:
    """A thinner patient has at least the verdict of a heavier one."""
    thin, heavy = (
        check(
            site,
            {"depth_mm": depth, "direction": direction},
            healthy_patient(bmi=bmi, height_cm=None, weight_kg=None),
        )
        for bmi in sorted(pair)
    )
    assert thin.verdict >= heavy.verdict
    assert limit_of(thin) <= limit_of(heavy)


@given(sites(), st.sampled_from(flags()), depths, st.sampled_from(["male", "female"]))
def test_one_more_risk_is_never_milder(
    site: dict[str, Any], fact: str, depth: float, sex: str
) -> None:
    """A patient with one more risk factor has at least the verdict without it."""
    base = healthy_patient(sex=sex)
    assume(fact in base)
    try:
        worse = check_site(site, {"depth_mm": depth}, {**base, fact: not base[fact]})
    except NeedlemapError:
        assume(False)
    assert worse.verdict >= check_site(site, {"depth_mm": depth}, base).verdict


@given(sites(in_zone=False), st.data(), depths)
def test_unasked_is_never_milder(
    site: dict[str, Any], data: st.DataObject, depth: float
) -> None:
    """Leaving a fact unanswered has at least the verdict of its best answer."""
    full = healthy_patient()
    fact = data.draw(st.sampled_from(sorted(full)))
    less = {name: value for name, value in full.items() if name != fact}
    needle = {"depth_mm": depth}
    assert check_site(site, needle, less).verdict >= (
        check_site(site, needle, full).verdict
    )


@given(sites(), depths)
def test_nothing_known_is_never_milder(site: dict[str, Any], depth: float) -> None:
    """A patient of whom nothing is known has at least the healthy one's verdict."""
    known = check_site(site, {"depth_mm": depth}, healthy_patient())
    assert check_site(site, {"depth_mm": depth}).verdict >= known.verdict
    assert check_site(site, None, healthy_patient()).verdict >= known.verdict or (
        known.max_depth_mm is not None and depth > known.max_depth_mm
    )


@given(sites(), depths, directions)
def test_mirrored_site_has_the_mirrored_answer(
    site: dict[str, Any], depth: float, direction: Any
) -> None:
    """What holds on one side holds on the other, for zones that are on both."""
    patient, needle = healthy_patient(), {"depth_mm": depth, "direction": direction}
    x, y, z = site["xyz_mm"]
    other = {**site, "xyz_mm": [-x, y, z]}
    one, two = check(site, needle, patient), check(other, needle, patient)
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


@given(sites(), directions, st.one_of(st.none(), st.floats(15, 40)))
def test_max_depth_is_just_under_danger(
    site: dict[str, Any], direction: Any, bmi: float | None
) -> None:
    """At the deepest plan the verdict is below DANGER; past a risk it is DANGER."""
    patient = healthy_patient(bmi=bmi, height_cm=None, weight_kg=None)
    answer = check(site, {"direction": direction}, patient)
    assume(answer.max_depth_mm is not None)
    assert answer.max_depth_mm is not None
    if answer.verdict == Verdict.STOP:
        assert answer.max_depth_mm == 0
        return
    at, over = (
        check(site, {"depth_mm": depth, "direction": direction}, patient)
        for depth in (answer.max_depth_mm, answer.max_depth_mm + 1.0)
    )
    assert at.max_depth_mm == over.max_depth_mm == answer.max_depth_mm
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
        point = skin.point_on(int(face), np.full(3, 1 / 3))
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
