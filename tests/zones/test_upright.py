"""Upright needles worked out beforehand: never later than the line itself, mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from zones.fields import COMPILED, data_key, load_upright
from zones.habitus import effective, habitus_rule
from zones.models import parse_needle
from zones.needle import _along_line, reach
from zones.places import ground_of
from zones.rows import row_rules
from zones.steps import UPRIGHT_END_MM
from zones.upright import level_of, levels, nearest_corners, places_of, rows_of_images

if TYPE_CHECKING:
    from anatomy.skin import SkinPoint
    from zones.fields import BodyFields

PLACES = 150
#: Share of places where a line between those that were followed may meet a critical
#: structure sooner, and by how much: a step of the line.
MISSED, STEP = 0.02, 2.0


def met(
    fields: BodyFields, point: SkinPoint, bmi: float | None, **needle: float
) -> np.ndarray[Any, Any]:
    """Return where the check says that an upright needle meets each row."""
    around = np.asarray(fields.body.skin.faces[point.face], dtype=np.intp)
    plan = parse_needle(needle or {"depth_mm": 10.0})
    found = reach(fields, point, plan, side="left", around=around, bmi=bmi, age=40.0)
    return found.reached_mm


def followed(
    fields: BodyFields, point: SkinPoint, bmi: float | None
) -> np.ndarray[Any, Any]:
    """Return the same from the depth under the entry and this one needle's line."""
    floor, built = row_rules(fields)
    patient = {"bmi": bmi, "age": 40.0, "upright": True}
    corners = fields.body.skin.faces[point.face]
    early = fields.at(np.asarray(corners, dtype=np.intp)[None]).earliest[:, 0]
    column = effective(early, floor, built, **patient)
    way = -np.asarray(fields.body.skin.normal(point))
    plan = parse_needle({"depth_mm": 10.0})
    line, _ = _along_line(fields, point, way, plan, 0.0, floor, built, patient)
    return np.minimum(column, line)


@pytest.mark.parametrize("bmi", [None, 17.3, 27.5, 12.0])
def test_not_later_than_the_line_itself(fields: BodyFields, bmi: float | None) -> None:
    """What a place has is the least over it: at most a step later than any one line."""
    rng = np.random.default_rng(8)
    skin = fields.body.skin
    critical = np.array([r.zone.category == "critical" for r in fields.rows])
    late = 0
    for face in rng.integers(0, len(skin.faces), PLACES):
        point = skin.point_on(int(face), rng.dirichlet([1.0, 1.0, 1.0]))
        ours = met(fields, point, bmi)[critical].min()
        single = followed(fields, point, bmi)[critical].min()
        if ours > single + 1e-6:
            late += 1
            assert ours <= single + STEP, (face, ours, single)
    assert late <= MISSED * PLACES


def test_mirrored_places_have_mirrored_rows(fields: BodyFields) -> None:
    """The same needle on the other side meets the other side's structures there."""
    skin = fields.body.skin
    stand = places_of(skin)
    number = {(r.zone.id, r.side): i for i, r in enumerate(fields.rows)}
    swap = {"left": "right", "right": "left", "midline": ""}
    pairs = [
        (i, number[r.zone.id, swap[r.side]])
        for i, r in enumerate(fields.rows)
        if r.zone.side == "paired" and (r.zone.id, swap[r.side]) in number
    ]
    here, there = np.array(pairs).T
    rng = np.random.default_rng(9)
    compared = 0
    for face in rng.choice(np.flatnonzero(stand.mirrored), 200):
        corner = int(rng.integers(3))
        bary = np.full(3, 0.2)
        bary[corner] = 0.6
        own = stand.half[face, corner]
        other = int(own) // 3
        across = np.full(3, 0.2)
        across[int(own) % 3] = 0.6
        one = met(fields, skin.point_on(int(face), bary), None)
        two = met(fields, skin.point_on(other, across), None)
        assert np.array_equal(one[here], two[there])
        compared += int(np.isfinite(one).sum())
    assert compared > 20


def test_long_needles_are_followed_to_their_end(fields: BodyFields) -> None:
    """Up to 150 mm a longer needle meets the same, and beyond it only more."""
    rng = np.random.default_rng(10)
    skin = fields.body.skin
    for face in rng.integers(0, len(skin.faces), 60):
        point = skin.point_on(int(face), np.array([0.6, 0.3, 0.1]))
        short, long = (
            met(fields, point, None, depth_mm=depth) for depth in (150.0, 250.0)
        )
        assert (long <= short).all()
        assert (short[np.isinf(short) & np.isfinite(long)] > UPRIGHT_END_MM - 2).all()


def test_levels_stand_for_no_deeper_a_patient() -> None:
    """Every patient is read at a correction that adds no more than their own."""
    rule = habitus_rule()
    assert levels()[0] <= rule.shift(rule.warn_below_bmi)
    for bmi in np.arange(16.0, 45.0, 0.1):
        shift = rule.shift(float(bmi))
        assert levels()[int(level_of(shift, False)) - 1] <= shift + 1e-9
    assert int(level_of(0.0, True)) == 0
    assert int(level_of(-1000.0, False)) == 0


def test_edges_belong_to_both_places() -> None:
    """A point between two corners is nearest to both; the middle to all three."""
    assert nearest_corners(np.array([0.5, 0.3, 0.2])).tolist() == [True, False, False]
    assert nearest_corners(np.full(3, 1 / 3)).all()


def test_file_holds_what_is_used(fields: BodyFields) -> None:
    """The compiled file is not stale, small, and what it says is what is read."""
    path = COMPILED / f"{fields.body.name}.npz"
    found = load_upright(path, data_key(fields.body.name))
    assert found is not None, "run 'needlemap zones build'"
    assert path.stat().st_size < 3_000_000
    for name in ("size", "image", "step", "begins", "levels"):
        assert np.array_equal(getattr(found, name), getattr(fields.upright, name))
    assert int(found.size.sum()) == len(found.image) == len(found.step)


def test_ground_has_what_lies_under_faces(fields: BodyFields) -> None:
    """The packed zones of faces are those of the fields."""
    ground = ground_of(fields)
    faces = np.random.default_rng(11).integers(0, len(ground.size), 500)
    wanted = fields.at(fields.body.skin.faces[faces].astype(np.intp)).earliest
    for number, face in enumerate(faces.tolist()):
        part = slice(ground.start[face], ground.start[face] + ground.size[face])
        found = np.full(len(fields.rows), np.inf)
        found[ground.row[part]] = ground.begins[part]
        assert np.array_equal(found, wanted[:, number])
    rows = rows_of_images(fields)
    assert set(np.unique(rows[0])) - {-1} == set(range(len(fields.rows)))
