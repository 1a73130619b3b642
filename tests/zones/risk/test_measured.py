"""Depths seen in the patient: they move what lies near, on the same side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anatomy.errors import InputError, UnknownNameError
from tests.strategies import healthy_patient
from tests.zones.risk.helpers import over, terms, upright
from zones import check_site
from zones.contract.models import Assessment, Verdict
from zones.fields.model import BodyFields
from zones.risk.measured import Reading, Seen, prior_at, readings
from zones.risk.meet import meet

T6 = {"landmark": "T6 spinous process", "lateral_mm": 60, "side": "left"}


def checked(body: str, measured: list[dict[str, Any]], **needle: Any) -> Assessment:
    """Return the answer beside T6 with depths seen."""
    plan = {"depth_mm": 5.0, **needle, "measured": measured}
    return check_site({**T6, "body": body}, plan, healthy_patient(sex=body))


def limit(answer: Assessment) -> float:
    """Return the deepest plan, which must be there."""
    assert answer.max_depth_mm is not None
    return answer.max_depth_mm


def reading_at(fields: BodyFields, zone: str, side: str) -> Reading:
    """Return a reading of a zone where nearly everyone has it, at its usual depth."""
    row = next(
        n
        for n, one in enumerate(fields.rows)
        if one.zone.id == zone and one.side == side
    )
    own = set(fields.under.vertex[fields.items_of(row)].tolist())
    for vertex in over(fields, zone).tolist():
        if vertex not in own:
            continue
        prior = prior_at(fields, Reading(row, vertex, 1.0, 1.0))
        if prior is not None:
            return Reading(row, vertex, math.exp(prior[0]), 2.0)
    raise AssertionError(zone)


@pytest.mark.parametrize("body", ["male", "female"])
def test_a_shallow_reading_lowers_the_limit_and_a_deep_one_raises_it(body: str) -> None:
    """The lung seen nearer than usual, as usual, farther: in this order."""
    usual = limit(checked(body, []))
    # the first nearer than the limit without a reading, which one off by 7 % must lower
    depths = (10, 24, 32, 40)
    found = [
        limit(checked(body, [{"structure": "pleura", "depth_mm": depth}]))
        for depth in depths
    ]
    assert found == sorted(found)
    assert found[0] < usual < found[-1]
    # never as deep as the lung was seen, whatever bone the body has in front of it
    assert all(one < depth for one, depth in zip(found, depths, strict=True))


def test_neighbours_move_by_their_distance_and_the_other_side_not(
    fields: BodyFields,
) -> None:
    """Within 20 mm by the correlation of depths, beyond it and across nothing."""
    middle = reading_at(fields, "pleura", "left")
    skin = fields.body.skin
    away = np.linalg.norm(skin.vertices - skin.vertices[middle.vertex], axis=1)
    near = np.flatnonzero(away <= readings().carried_mm)
    beyond = np.flatnonzero((away > readings().carried_mm) & (away < 60.0))
    other = skin.mirror[near]
    mine = terms(fields)
    before, lower, higher = (
        {
            name: meet(fields, upright(at), [mine], seen=seen).danger_mm
            for name, at in (("near", near), ("beyond", beyond), ("other", other))
        }
        for seen in (
            None,
            Seen((Reading(middle.row, middle.vertex, 0.6 * middle.depth_mm, 1.0),)),
            Seen((Reading(middle.row, middle.vertex, 1.5 * middle.depth_mm, 1.0),)),
        )
    )
    for name in ("beyond", "other"):
        assert np.array_equal(before[name], lower[name])
        assert np.array_equal(before[name], higher[name])
    of = meet(fields, upright(near), [mine]).row == middle.row
    start, down, up = (lot["near"][of] for lot in (before, lower, higher))
    some = np.isfinite(start) & (start > 0.5)
    assert some.sum() > 10
    assert (up[some] > start[some]).all()
    # a shallow reading moves the middle down, though it narrows the spread as well
    at = meet(fields, upright([middle.vertex]), [mine]).row == middle.row
    one = [
        meet(fields, upright([middle.vertex]), [mine], seen=seen).danger_mm[at][0]
        for seen in (
            Seen((Reading(middle.row, middle.vertex, 0.6 * middle.depth_mm, 1.0),)),
            Seen((Reading(middle.row, middle.vertex, 1.5 * middle.depth_mm, 1.0),)),
        )
    ]
    assert one[0] < 0.6 * middle.depth_mm
    assert one[0] < one[1]
    assert (down[some] < up[some]).all()


def test_the_two_are_put_together_by_their_precision(fields: BodyFields) -> None:
    """At its own place: w = 1 / s^2 + 1 / e^2 on the log scale."""
    middle = reading_at(fields, "pleura", "left")
    prior = prior_at(fields, middle)
    assert prior is not None
    mu, sigma = prior
    read = Reading(middle.row, middle.vertex, 0.8 * middle.depth_mm, 2.5)
    error = read.error_mm / read.depth_mm
    item = [
        int(n)
        for n in fields.items_of(middle.row)
        if fields.under.vertex[n] == middle.vertex
    ]
    after = Seen((read,)).updated(
        fields,
        np.zeros(1, dtype=np.intp),
        np.array(item),
        np.array([mu]),
        np.array([sigma]),
        np.zeros(1),
    )
    weight = 1.0 / sigma**2 + 1.0 / error**2
    told = math.log(read.depth_mm)
    assert after[0][0] == pytest.approx(
        (mu / sigma**2 + told / error**2) / weight, rel=1e-5
    )
    assert after[1][0] == pytest.approx(weight**-0.5, rel=1e-4)


@pytest.mark.parametrize("body", ["male", "female"])
def test_a_reading_far_off_is_asked_for_again(body: str) -> None:
    """Three SD away from what is usual: at least CAUTION, and it says why."""
    near = checked(body, [{"structure": "pleura", "depth_mm": 25}])
    assert "measured-again" not in [f.id for f in near.findings]
    far = checked(body, [{"structure": "pleura", "depth_mm": 140}])
    found = next(f for f in far.findings if f.id == "measured-again")
    assert found.verdict is Verdict.CAUTION
    assert far.verdict >= Verdict.CAUTION
    assert "measure again" in found.message


def test_a_structure_that_is_not_there_is_refused() -> None:
    """A depth can be taken in only where the structure lies and has a depth."""
    with pytest.raises(InputError, match="kidney") as caught:
        checked("male", [{"structure": "kidney", "depth_mm": 40}])
    assert caught.value.field == "needle.measured.0.structure"
    with pytest.raises(UnknownNameError, match="pleura"):
        checked("male", [{"structure": "pleurra", "depth_mm": 40}])


def test_a_reading_of_another_place_counts_there(fields: BodyFields) -> None:
    """Its own site decides which neighbours it moves."""
    body = fields.body.name
    usual = limit(checked(body, []))
    near = {**T6, "superior_mm": 8.0}
    far = {**T6, "landmark": "T9 spinous process"}
    told = {"structure": "pleura", "depth_mm": 40.0}
    assert limit(checked(body, [{**told, "site": far}])) == usual
    beside = limit(checked(body, [{**told, "site": near}]))
    assert usual < beside < limit(checked(body, [told]))


def test_a_less_certain_reading_moves_less() -> None:
    """The error told is taken; that of the method when none is."""
    sure, unsure = (
        limit(
            checked(
                "male", [{"structure": "pleura", "depth_mm": 40, "error_mm": error}]
            )
        )
        for error in (1.0, 15.0)
    )
    assert limit(checked("male", [])) < unsure < sure
