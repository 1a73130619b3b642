"""Needles followed as lines: hardly leant ones agree with those that stand upright."""

from __future__ import annotations

import numpy as np
import pytest

from anatomy.words.sites import resolve_site
from tests.zones.risk.helpers import as_lines, over, terms, upright
from zones.fields.floor import floor_at
from zones.fields.model import BodyFields
from zones.risk.lines import FAR_MM, STEP_MM, follow, line_steps
from zones.risk.meet import meet
from zones.risk.place import entry_vertex
from zones.risk.verdict import limits


@pytest.mark.parametrize("end", [0.5, 2.0, 17.3, 60.0, 61.0, 133.0])
def test_steps_reach_the_end(end: float) -> None:
    """Even steps, doubled far from the skin, the last no more than one short of it."""
    steps = line_steps(end)
    size = np.diff(steps, prepend=0.0)
    assert set(size.tolist()) <= {STEP_MM, 2.0 * STEP_MM}
    assert (size[steps <= FAR_MM] == STEP_MM).all()
    last = steps[-1] if len(steps) else 0.0
    assert last <= end + 1e-9
    assert end - last < 2.0 * STEP_MM


@pytest.mark.parametrize("zone", ["pleura", "kidney", "peritoneum"])
def test_hardly_leant_needles_agree_with_columns(fields: BodyFields, zone: str) -> None:
    """A needle leant by a hundredth of a degree is refused where an upright one is.

    Within two steps: the skin is not flat, so that the nearest of it is nearer to the
    needle's tip than its entry, or a neighbour's structure lies less deep.
    """
    rng = np.random.default_rng(4)
    inner = over(fields, zone)
    at = rng.choice(inner, min(150, len(inner)), replace=False)
    mine = terms(fields)
    columns = limits(meet(fields, upright(at), [mine]), len(at))
    lines = meet(fields, as_lines(fields, upright(at), 0.01), [mine])
    # no limit lies deeper than is known, and lines are followed no further
    known, _ = floor_at(fields, at)
    apart = np.minimum(limits(lines, len(at)), known) - np.minimum(columns, known)
    assert np.quantile(np.abs(apart), 0.75) <= 2.0 * STEP_MM
    assert np.median(np.abs(apart)) <= STEP_MM
    # and they are not let deeper but by what lies beside the entry
    assert np.quantile(apart, 0.95) <= 3.0 * STEP_MM


@pytest.mark.slow
def test_cells_find_the_skin_that_a_search_finds(fields: BodyFields) -> None:
    """For very many needles the nearest skin is found from cell to cell: the same."""
    rng = np.random.default_rng(6)
    at = rng.choice(len(fields.body.skin.vertices), 300, replace=False)
    plans = as_lines(fields, upright(at), 40.0)
    assert plans.xyz is not None
    assert plans.direction is not None
    searched, by_cells = (
        follow(fields, plans.xyz, plans.direction, 70.0, by_cells=by)
        for by in (False, True)
    )
    same = searched.vertex == by_cells.vertex
    assert same.mean() > 0.999
    kept = same & ~np.isnan(searched.under_mm)
    assert np.array_equal(searched.under_mm[kept], by_cells.under_mm[kept])


def test_no_place_lies_deeper_than_the_needle_is_long(fields: BodyFields) -> None:
    """Depth under the nearest skin is at most the way from the entry."""
    rng = np.random.default_rng(7)
    at = rng.choice(len(fields.body.skin.vertices), 300, replace=False)
    plans = as_lines(fields, upright(at), 50.0)
    assert plans.xyz is not None
    assert plans.direction is not None
    lines = follow(fields, plans.xyz, plans.direction, 60.0)
    deep = np.nan_to_num(lines.under_mm)
    assert (deep <= lines.along[None, :] + 1e-6).all()


def test_the_lining_of_the_mouth_hides_no_needle(fields: BodyFields) -> None:
    """From the nape toward an eye the skin of the nape covers a needle all the way."""
    body = fields.body
    start = resolve_site(body, {"point": "GB20", "side": "left"}).point
    entry = entry_vertex(body.skin, start.face, start.bary)
    eye = next(
        mark for mark in body.landmarks if (mark.name, mark.side) == ("pupil", "right")
    )
    way = np.asarray(eye.xyz) - np.asarray(start.xyz)
    way /= np.linalg.norm(way)
    lines = follow(fields, np.array([start.xyz]), way[None], 45.0, entry=entry)
    assert np.isfinite(lines.under_mm).all()


def test_bones_only_close_the_way(fields: BodyFields) -> None:
    """The share that no bone has stopped only falls, and less where bones are away."""
    rng = np.random.default_rng(9)
    at = rng.choice(len(fields.body.skin.vertices), 300, replace=False)
    plans = as_lines(fields, upright(at), 20.0)
    assert plans.xyz is not None
    assert plans.direction is not None
    lines = follow(fields, plans.xyz, plans.direction, 60.0)
    here, gone = (
        lines.open(fields, np.full(len(at), moved))[0] for moved in (False, True)
    )
    for open_ in (here, gone):
        assert (np.diff(open_, axis=1) <= 0.0).all()
        assert (open_ >= 0.0).all()
    assert (gone >= here - 1e-6).all()


def test_the_chance_grows_along_a_line(fields: BodyFields) -> None:
    """Deeper meets no less, and the length that refuses is the same for every plan."""
    rng = np.random.default_rng(10)
    at = rng.choice(len(fields.body.skin.vertices), 200, replace=False)
    mine = terms(fields)
    found = [
        meet(fields, as_lines(fields, upright(at, depth), 45.0), [mine])
        for depth in (5.0, 20.0, 50.0)
    ]
    most = np.zeros((len(found), len(at), len(fields.rows)))
    for number, met in enumerate(found):
        most[number, met.which, met.row] = met.p_meet
    assert (np.diff(most, axis=0) >= -1e-12).all()
    one, two, _ = (limits(met, len(at)) for met in found)
    assert np.array_equal(one[one <= 5.0], two[one <= 5.0])
