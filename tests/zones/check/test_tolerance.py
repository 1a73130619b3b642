"""How much error a plan bears: never negative, and true when it is tried."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anatomy.errors import NeedlemapError, OutOfRangeError
from anatomy.words.sites import resolve_site
from tests.strategies import depths, directions, healthy_patient, sites
from zones import check_site
from zones.check.tolerance import AZIMUTHS, fan, handling
from zones.check.zone_findings import NEAR_MM
from zones.contract.direction import direction_vector, is_reached
from zones.contract.models import Assessment, Finding, Tolerance, Verdict
from zones.contract.needle import parse_needle
from zones.fields.loading import body_fields
from zones.knowledge.records.sources import load_sources
from zones.sentences.wording import MOST_DEG, first_sentence

T4 = {"text": "6 cm left of T4", "body": "male"}


def check(site: Any, needle: Any, patient: Any) -> Assessment:
    """Check, leaving out directions that have no meaning at the site."""
    try:
        return check_site(site, needle, patient)
    except NeedlemapError as error:
        assume(not (error.field or "").startswith("needle.direction"))
        raise


def zoned(answer: Assessment) -> dict[str, Finding]:
    """Return the zone findings of an answer by id."""
    return {f.id: f for f in answer.findings if f.kind == "zone"}


def bears(finding: Finding) -> Tolerance:
    """Return the tolerance of a finding, which must be there."""
    assert finding.tolerance is not None
    return finding.tolerance


def test_usual_error_has_a_source() -> None:
    """The hand's error comes from the data file, and its source has a record."""
    usual = handling()
    assert usual.untrained_mm > usual.trained_mm > 0
    assert usual.untrained_deg > usual.trained_deg > 0
    assert set(usual.sources) <= set(load_sources())


@pytest.mark.parametrize(
    ("mm", "deg", "says"),
    [
        (10.0, 30.0, "in the first session"),
        (10.0, 20.0, "but not"),
        (4.0, 45.0, "but not"),
        (2.0, 45.0, "less than"),
        (None, 10.0, "less than"),
    ],
)
def test_comparison_takes_the_worse_of_both(
    mm: float | None, deg: float, says: str
) -> None:
    """A plan is as good as the error that it bears least of."""
    said = handling().compare(Tolerance(mm=mm, deg=deg))
    assert says in said
    # the figures are those of ten people on a virtual patient, and it says so
    assert "simulator" in said
    assert "ten people" in said
    assert "trained hand" not in said


def test_message_says_what_the_plan_bears(healthy: dict[str, Any]) -> None:
    """Where it warns, the finding says how much is left before it is refused."""
    clear = check_site(T4, {"depth_mm": 2}, healthy)
    warns = zoned(clear)["pleura"].reached_at_mm
    assert warns is not None
    depth = warns + 1.0
    answer = check_site(T4, {"depth_mm": depth}, healthy)
    finding = zoned(answer)["pleura"]
    assert finding.verdict == Verdict.CAUTION
    assert answer.limit_set_by == "risk"
    assert answer.max_depth_mm is not None
    # the lung sets the limit here, which is told just short of what is refused
    assert bears(finding).mm == pytest.approx(answer.max_depth_mm - depth, abs=0.21)
    assert bears(finding).deg is not None
    assert "tolerates an error of" in finding.message
    assert set(handling().sources) <= set(finding.sources) & set(answer.sources)
    assert answer.headline == first_sentence(finding.message)


def test_what_is_reached_bears_nothing(healthy: dict[str, Any]) -> None:
    """At or past the structure there is no error left, and no sentence about it."""
    for needle in ({"depth_mm": 40}, None):
        finding = zoned(check_site(T4, needle, healthy))["pleura"]
        assert bears(finding) == Tolerance(mm=0.0, deg=0.0)
        assert "tolerates" not in finding.message


@given(sites(), depths, directions)
@settings(max_examples=80)
def test_figures_agree(site: dict[str, Any], depth: float, direction: Any) -> None:
    """Never negative; nothing left when reached; the tip is not farther than that."""
    needle = {"depth_mm": depth, "direction": direction}
    answer = check(site, needle, healthy_patient())
    origin = np.array(answer.site.xyz_mm)
    for finding in zoned(answer).values():
        found = bears(finding)
        reached = finding.reached_at_mm is not None and is_reached(
            finding.reached_at_mm, depth
        )
        assert found.mm is None or found.mm >= 0.0
        assert found.deg is None or 0.0 <= found.deg <= MOST_DEG
        if finding.verdict == Verdict.DANGER:
            assert found == Tolerance(mm=0.0, deg=0.0)
        if finding.nearest is not None:
            assert finding.nearest.distance_mm >= 0.0
            if found.mm is not None:
                assert finding.nearest.distance_mm <= found.mm
            away = np.linalg.norm(np.array(finding.nearest.xyz_mm) - origin)
            if not reached:
                assert away <= depth + finding.nearest.distance_mm + 0.5
        if reached:
            assert finding.nearest is not None
            assert finding.nearest.distance_mm == 0.0


@given(sites(), depths, directions)
@settings(max_examples=60)
def test_depth_error_is_borne(
    site: dict[str, Any], depth: float, direction: Any
) -> None:
    """Deeper by less than the error the structure is not met; by more it is."""
    patient = healthy_patient()
    answer = check(site, {"depth_mm": depth, "direction": direction}, patient)
    # on the midline one finding stands for the structures of both sides
    assume(answer.site.side != "midline")
    for name, finding in zoned(answer).items():
        left = bears(finding).mm
        if left is None or not 0.2 < left < 150.0 or depth + left > 149.0:
            continue
        if finding.verdict != Verdict.CAUTION or finding.earliest_mm is None:
            continue
        for extra, over in ((left - 0.1, False), (left + 0.2, True)):
            plan = {"depth_mm": depth + extra, "direction": direction}
            tried = zoned(check(site, plan, patient)).get(name)
            assert tried is not None
            assert (bears(tried) == Tolerance(mm=0.0, deg=0.0)) == over


@given(sites(), st.floats(2.0, 70.0), directions)
@settings(max_examples=60)
def test_angle_error_is_borne(
    site: dict[str, Any], depth: float, direction: Any
) -> None:
    """Leant by half a degree less than the error, every way, it stays short."""
    patient = healthy_patient()
    needle = {"depth_mm": depth, "direction": direction}
    answer = check(site, needle, patient)
    body = body_fields(site["body"]).body
    placed = resolve_site(body, {"xyz_mm": site["xyz_mm"]})
    planned, _ = direction_vector(
        body, placed.point, parse_needle(needle), side=placed.side
    )
    for name, finding in zoned(answer).items():
        deg = bears(finding).deg
        if not deg or finding.verdict == Verdict.DANGER:
            continue
        for degrees in {deg, deg - 0.5, deg / 2.0}:
            for way in fan(planned, np.array([degrees]))[0]:
                plan = {"depth_mm": depth, "direction": {"vector": way.tolist()}}
                try:
                    tried = zoned(check_site(site, plan, patient))
                except OutOfRangeError:
                    continue
                if name in tried:
                    assert tried[name].verdict < Verdict.DANGER, (name, degrees, way)


@given(sites(), st.tuples(depths, depths), directions)
@settings(max_examples=50)
def test_deeper_bears_no_more(
    site: dict[str, Any], pair: tuple[float, float], direction: Any
) -> None:
    """A deeper plan bears at most the errors of a shallower one."""
    patient = healthy_patient()
    shallow, deep = (
        zoned(check(site, {"depth_mm": depth, "direction": direction}, patient))
        for depth in sorted(pair)
    )
    for name in shallow.keys() & deep.keys():
        one, two = bears(shallow[name]), bears(deep[name])
        assert (two.mm is None) or one.mm is None or two.mm <= one.mm + 0.1
        if one.deg is not None and two.deg is not None:
            assert two.deg <= one.deg + 1.0


@given(sites(), depths)
@settings(max_examples=30)
def test_mirrored_plans_bear_the_same(site: dict[str, Any], depth: float) -> None:
    """What a plan bears is the same on the other side."""
    x, y, z = site["xyz_mm"]
    single = {z.id for z in body_fields(site["body"]).zones if z.side != "paired"}
    one, two = (
        zoned(check(place, {"depth_mm": depth}, healthy_patient()))
        for place in (site, {**site, "xyz_mm": [-x, y, z]})
    )
    for name in (one.keys() & two.keys()) - single:
        assert bears(one[name]) == bears(two[name])


def test_fan_is_mirrored() -> None:
    """The directions of a mirrored plan are the mirrored directions."""
    flip = np.array([-1.0, 1.0, 1.0])
    way = np.array([0.3, -0.8, 0.2])
    way /= np.linalg.norm(way)
    one = fan(way, np.array([20.0]))[0] * flip
    two = fan(way * flip, np.array([20.0]))[0]
    assert len(two) == AZIMUTHS
    gaps = np.linalg.norm(one[:, None] - two[None], axis=2).min(axis=1)
    assert gaps.max() < 1e-12
    assert np.degrees(np.arccos(fan(way, np.array([20.0]))[0] @ way)) == pytest.approx(
        20.0
    )


def test_far_structures_have_no_angle(healthy: dict[str, Any]) -> None:
    """The error of angle is worked out only where it matters."""
    answer = check_site(T4, {"depth_mm": 1, "length_mm": 300}, healthy)
    for finding in zoned(answer).values():
        left = bears(finding).mm
        if left is not None and left > NEAR_MM + 40 and bears(finding).deg is not None:
            assert finding.earliest_mm is not None
            assert finding.earliest_mm <= 1 + NEAR_MM
    assert math.isfinite(answer.max_depth_mm or 0.0)
