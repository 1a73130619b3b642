"""P1: chances that grow with depth, limits that invert them, failures that are told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import healthy_patient
from tests.zones.risk.helpers import as_lines, over, terms, upright
from zones import check_site
from zones.contract.models import Verdict
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields
from zones.pictures import depth_map
from zones.risk import upright as column
from zones.risk.meet import AT_SIDE, AWAY, NOT_SAID, Spread, meet
from zones.risk.spread import DEEPEST_MM
from zones.risk.verdict import limits
from zones.table import sites

shares = st.floats(1e-5, 1.0)


def spread(
    median: float = 30.0,
    sigma: float = 0.25,
    *,
    shift: float = 0.0,
    bone: float = np.nan,
    behind: float = 0.0,
    anyhow: bool = False,
) -> Spread:
    """Return the distribution of one depth."""
    one = np.ones(1)
    return Spread(
        mu=one * np.log(median),
        sigma=one * sigma,
        shift=one * shift,
        anyhow=np.array([anyhow]),
        bone_mu=one * np.log(bone),
        bone_sd=one * 0.2,
        behind_mm=one * behind,
        moved_mm=one * 0.0,
    )


spreads = st.builds(
    spread,
    st.floats(3.0, 120.0),
    st.floats(0.05, 0.6),
    shift=st.sampled_from([0.0, -15.0, -4.0, 6.0]),
    bone=st.sampled_from([np.nan, 8.0, 20.0, 50.0]),
    behind=st.sampled_from([0.0, 6.0]),
)


@given(spreads, shares, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_depth_of_a_chance_inverts_it(
    one: Spread, p: float, clear: float, part: float
) -> None:
    """Never deeper than it is, and short of it by no more than 0.2 mm."""
    ways = np.array([clear]), np.array([(1.0 - clear) * part])
    deep = float(one.depth_at(np.array([p]), *ways)[0])
    met = lambda depth: float(one.met(np.array([depth]), *ways)[0])  # noqa: E731
    if np.isinf(deep):
        assert met(DEEPEST_MM) < p * (1 + 1e-9)
        return
    assert met(deep + 0.2) >= p * (1 - 1e-9)
    if deep > 1e-6:
        # a hair less deep: at the depth itself rounding may go either way
        assert met(deep - 1e-3) <= p * (1 + 1e-9)


@given(spreads, st.floats(0, 200), st.floats(0, 1), st.floats(0, 1))
def test_where_a_bone_moved_away_nothing_lies_behind_it(
    one: Spread, deep: float, clear: float, part: float
) -> None:
    """What a bone holds back is met no less often once it is away with the arm."""
    depth, ways = np.array([deep]), (np.array([clear]), np.array([(1 - clear) * part]))
    away = one.where(np.array([True]))
    assert away.behind_mm == 0.0
    assert one.where(np.array([False])).behind_mm == one.behind_mm
    assert away.met(depth, *ways) >= one.met(depth, *ways)


@given(spreads, st.floats(0, 200), st.floats(0, 200), st.floats(0, 1), st.floats(0, 1))
def test_deeper_meets_no_less(
    one: Spread, a: float, b: float, clear: float, part: float
) -> None:
    """P1 grows with depth, and is no more than the ways past the bone."""
    ways = np.array([clear]), np.array([(1.0 - clear) * part])
    low, high = (float(one.met(np.array([d]), *ways)[0]) for d in sorted((a, b)))
    assert 0.0 <= low <= high <= ways[0][0] + ways[1][0] + 1e-12


@given(spreads, st.floats(0.0, 200.0), st.floats(-30.0, 0.0))
def test_a_thinner_patient_is_met_sooner(one: Spread, deep: float, less: float) -> None:
    """Depth taken off for the build never lowers the share that is reached."""
    thin = replace(one, shift=np.minimum(one.shift, 0.0) + less)
    at = np.array([deep])
    assert thin.share(at)[0] >= one.share(at)[0] - 1e-12


def test_a_needle_through_a_gap_must_first_come_to_the_bone() -> None:
    """What lies 10 mm deep behind bone at 40 mm is met at the bone's depth."""
    one = spread(10.0, 0.1, bone=40.0)
    through = np.zeros(1), np.ones(1)
    assert one.met(np.array([20.0]), *through)[0] < 1e-3
    assert one.met(np.array([80.0]), *through)[0] > 0.99


def test_where_no_depth_holds_any_needle_meets_it() -> None:
    """Unknown is not no; a needle not inserted meets nothing all the same."""
    one = spread(anyhow=True)
    assert one.share(np.array([0.5]))[0] == 1.0
    assert one.share(np.array([0.0]))[0] == 0.0
    assert one.depth(np.array([0.3]))[0] == 0.0


def test_upright_needles_refuse_where_their_chance_says(fields: BodyFields) -> None:
    """At the length that refuses, P1 is the threshold of the terms, for any needle."""
    mine = terms(fields)
    rng = np.random.default_rng(3)
    at = rng.choice(len(fields.body.skin.vertices), 400, replace=False)
    first = meet(fields, upright(at), [mine])
    some = np.flatnonzero(np.isfinite(first.danger_mm) & (first.danger_mm > 0.5))
    # a tenth past it each needle meets its structure with at least that chance
    needles = upright(at[first.which[some]], first.danger_mm[some] + 0.2)
    again = meet(fields, needles, [mine])
    row = first.row[some]
    own = again.row == row[again.which]
    assert own.sum() == len(some)
    wanted = mine.p[1][again.row[own]]
    assert (again.p_meet[own] >= wanted * (1 - 1e-6)).all()


def test_a_larger_fold_keeps_bodies_farther_away(fields: BodyFields) -> None:
    """What fills the body behind a fold is met only when the needle has left it."""
    at = over(fields, "pleura")[::40]
    mine = terms(fields)
    found = {}
    for fold in (np.nan, 10.0, 25.0, 60.0):
        met = meet(fields, upright(at, 40.0, fold_mm=fold), [mine])
        body = np.isinf(fields.under.thick_mm[met.item])
        found[fold] = (met.danger_mm[body], met.p_meet[body], met.caution_mm[body])
    lots = list(found.values())
    for less, more in itertools.pairwise(lots):
        assert (more[0] >= less[0]).all()
        assert (more[1] <= less[1]).all()
        assert (more[2] >= less[2]).all()


def test_a_fold_takes_along_what_lies_in_its_own_half(fields: BodyFields) -> None:
    """Vessels and nerves nearer than half its thickness are in it, others under it."""
    rng = np.random.default_rng(5)
    at = rng.choice(len(fields.body.skin.vertices), 400, replace=False)
    mine = terms(fields)
    # a short needle: one of unknown length is also followed to the far side of a limb
    flat = meet(fields, upright(at, 5.0), [mine])
    held = meet(fields, upright(at, 5.0, fold_mm=30.0), [mine])
    assert np.array_equal(flat.row, held.row)
    thin = np.isfinite(fields.under.thick_mm[flat.item])
    # what a cavity holds stays where it is
    thin &= np.array([fields.rows[r].zone.bones != "in front" for r in flat.row])
    inside = thin & (flat.danger_mm <= 15.0)
    assert inside.any()
    assert (held.danger_mm[inside] == flat.danger_mm[inside]).all()
    under = np.isfinite(flat.danger_mm) & ~inside
    assert held.danger_mm[under] == pytest.approx(flat.danger_mm[under] + 30.0)


def test_the_arm_that_moves_a_bone_away(fields: BodyFields) -> None:
    """With the arm overhead more is met than at the side; unsaid warns for both."""
    floor = fields.floor
    at = np.flatnonzero(floor.stop > floor.stop_fixed + 0.3)[::15]
    assert len(at) > 20
    mine = terms(fields)
    side, away, unsaid = (
        meet(fields, upright(at, 30.0, arm=arm), [mine])
        for arm in (AT_SIDE, AWAY, NOT_SAID)
    )
    assert (away.p_meet >= side.p_meet - 1e-9).all()
    assert (away.p_meet > side.p_meet + 1e-6).any()
    assert np.array_equal(unsaid.danger_mm, side.danger_mm)
    near = 0.2  # mm, to which depths are found
    assert (unsaid.caution_mm <= side.caution_mm + near).all()
    assert (unsaid.caution_mm <= away.caution_mm + near).all()


def test_a_needle_aimed_at_bone_stops_there(fields: BodyFields) -> None:
    """Nothing behind the depth at which it is given up is met."""
    at = over(fields, "pleura")[::60]
    met = meet(fields, upright(at, 80.0, stop_mm=6.0), [terms(fields)])
    alike = meet(fields, upright(at, 6.0), [terms(fields)])
    assert np.array_equal(met.p_meet, alike.p_meet)
    assert (~np.isfinite(met.danger_mm) | (met.danger_mm <= 6.0)).all()


def test_together_as_alone(fields: BodyFields) -> None:
    """What a needle meets does not depend on the others that are asked with it."""
    rng = np.random.default_rng(8)
    at = rng.choice(len(fields.body.skin.vertices), 60, replace=False)
    plans = upright(at, rng.choice([5.0, 20.0, 90.0, np.nan], 60))
    for many in (plans, as_lines(fields, plans, 35.0)):
        whole = meet(fields, many, [terms(fields)])
        limit = limits(whole, len(many))
        for number in range(len(many)):
            one = meet(fields, many.some(np.array([number])), [terms(fields)])
            assert limits(one, 1)[0] == limit[number]
            kept = whole.which == number
            both = dict(zip(whole.row[kept], whole.p_meet[kept], strict=True))
            for row, chance in zip(one.row, one.p_meet, strict=True):
                assert both.get(row, 0.0) == pytest.approx(chance, abs=1e-12)


SITE = {"text": "6 cm left of T4", "body": "male"}


@pytest.fixture(params=["nan", "exception"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the chances of the male body come out as no number, or nothing at all."""
    male = body_fields("male")
    if request.param == "nan":
        chance = np.full_like(male.under.chance, np.nan)
        wrong = replace(male, under=replace(male.under, chance=chance))

        def fields_of(name: str) -> BodyFields:
            return wrong if name == "male" else body_fields(name)

        for where in (
            "zones.check.draft",
            "zones.table.on_body",
            "zones.pictures.depth_map",
        ):
            monkeypatch.setattr(f"{where}.body_fields", fields_of)
    else:

        def fails(*args: Any, **kwargs: Any) -> Any:
            raise FloatingPointError("injected")

        for where in (
            "zones.risk.upright",
            "zones.risk.slanted",
            "zones.check.zone_findings",
        ):
            monkeypatch.setattr(f"{where}.spread_of", fails)
    depth_map._depth_map.cache_clear()
    request.addfinalizer(depth_map._depth_map.cache_clear)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("direction", [{}, {"tilt_deg": 30.0, "toward": "caudal"}])
def test_a_figure_that_fails_is_never_clear(direction: dict[str, Any]) -> None:
    """NOT_ASSESSABLE and no depth, from the check and from the table."""
    patient = healthy_patient()
    needle = {"depth_mm": 2.0}
    answer = check_site(
        SITE, {**needle, **({"direction": direction} if direction else {})}, patient
    )
    assert answer.verdict >= Verdict.NOT_ASSESSABLE
    assert answer.max_depth_mm == 0.0
    rows = sites.check_sites(
        {name: [value] * 3 for name, value in {**SITE, **needle, **direction}.items()},
        None,
        patient,
    )
    assert set(rows["verdict"]) == {"NOT_ASSESSABLE"}
    assert set(rows["max_depth_mm"]) == {0.0}


@pytest.mark.usefixtures("broken")
def test_a_map_that_fails_lets_no_needle_in() -> None:
    """0 wherever something is mapped to lie."""
    found = depth_map.depth_map("male", healthy_patient())
    under = body_fields("male").under
    there = np.diff(under.start) > 0
    assert there.mean() > 0.5
    assert set(np.unique(found[there & ~np.isnan(found)])) == {0.0}


def test_one_that_fails_leaves_the_others_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the needle that cannot be worked out is not assessable."""
    fields = body_fields("male")
    at = over(fields, "pleura")[:5]
    usual = limits(meet(fields, upright(at, 10.0), [terms(fields)]), 5)
    real = column.spread_of

    def at_times(fields: Any, plans: Any, needle: Any, item: Any, seen: Any) -> Any:
        if at[2] in plans.vertex[needle]:
            raise ZeroDivisionError("injected")
        return real(fields, plans, needle, item, seen)

    monkeypatch.setattr(column, "spread_of", at_times)
    met = meet(fields, upright(at, 10.0), [terms(fields)])
    assert met.failed.tolist() == [False, False, True, False, False]
    found = limits(met, 5)
    assert np.array_equal(found[~met.failed], usual[~met.failed])
