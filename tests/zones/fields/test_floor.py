"""How deep a place is known: mapped depth, bone, the middle of a limb."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.words.sites import resolve_site
from zones import check_site
from zones.check.draft import TOO_DEEP
from zones.contract.models import Verdict
from zones.fields.floor import along, floor_at, unmapped
from zones.fields.model import BodyFields, Why
from zones.risk.place import entry_vertex
from zones.table.sites import check_sites

CALM = {"sex": "male", "age": 35, "bmi": 23}


def why_at(fields: BodyFields, text: str) -> tuple[float, Why, str]:
    """Return depth, what ends it and the bone there."""
    body = fields.body
    point = resolve_site(body, {"text": text}).point
    vertex = entry_vertex(body.skin, point.face, point.bary)
    depth, why = floor_at(fields, vertex)
    number = int(fields.floor.bone[vertex[0]])
    return float(depth[0]), Why(int(why[0])), [*body.bones, "none"][number]


@pytest.mark.parametrize(
    ("text", "bone"),
    [("T6 spinous process", "T6"), ("left tibial tuberosity", "tibia left")],
)
def test_bone_under_the_skin_ends_the_needle(
    fields: BodyFields, text: str, bone: str
) -> None:
    depth, why, name = why_at(fields, text)
    assert why is Why.BONE
    assert name == bone
    assert depth < fields.floor.mapped_mm.max()


def test_the_shoulder_blade_lies_where_it_is_measured(fields: BodyFields) -> None:
    """Behind skin, fat and 16 mm of infraspinatus, not where the model has it."""
    body = fields.body
    site = {"muscle": "infraspinatus", "side": "left"}
    point = resolve_site(body, site).point
    depth, why = floor_at(fields, entry_vertex(body.skin, point.face, point.bary))
    assert Why(int(why[0])) is Why.BONE
    assert 20 < float(depth[0]) < 65


def test_the_middle_of_a_limb_ends_what_is_known(fields: BodyFields) -> None:
    floor, skin = fields.floor, fields.body.skin
    thigh = fields.body.segment_labels == fields.body.segment_names.index("left_thigh")
    middle = floor.middle_mm[thigh]
    assert np.isfinite(middle).mean() > 0.9
    assert 40 < np.median(middle) < 110
    trunk = fields.body.segment_labels == fields.body.segment_names.index("trunk")
    assert np.isinf(floor.middle_mm[trunk]).all()
    assert len(skin.vertices) == len(middle := floor.middle_mm)
    assert (middle > 2).all()


def test_mirrored_places_are_known_to_the_same_depth(fields: BodyFields) -> None:
    mirror = fields.body.skin.mirror
    for values in (fields.floor.mapped_mm, fields.floor.middle_mm):
        both = np.isfinite(values) & np.isfinite(values[mirror])
        assert np.median(np.abs(values[both] - values[mirror][both])) < 1.5
    share = fields.floor.share
    assert np.mean(np.abs(share - share[mirror])) < 0.05


def test_a_plan_deeper_than_mapped_is_not_assessable() -> None:
    site = {"text": "10 cm left of L3"}
    near = check_site(site, {"depth_mm": 5}, CALM)
    known = near.coverage.mapped_to_mm
    assert known is not None
    deep = check_site(site, {"depth_mm": known + 20}, CALM)
    assert TOO_DEEP not in [f.id for f in near.findings]
    found = next(f for f in deep.findings if f.id == TOO_DEEP)
    assert found.verdict is Verdict.NOT_ASSESSABLE
    assert deep.verdict >= Verdict.NOT_ASSESSABLE


def test_table_and_check_end_at_the_same_depth() -> None:
    texts = [
        "10 cm left of L3",
        "6 cm left of T4",
        "left tibial tuberosity",
        "left deltoid",
    ]
    needles = {"depth_mm": [15.0, 150.0, 8.0, 60.0]}
    table = check_sites({"text": texts}, needles, CALM)
    for n, text in enumerate(texts):
        one = check_site({"text": text}, {"depth_mm": needles["depth_mm"][n]}, CALM)
        assert table["verdict"][n] == one.verdict.value
        assert table["max_depth_mm"][n] == one.max_depth_mm


def test_the_limit_says_what_sets_it() -> None:
    lung = check_site({"text": "6 cm left of T4"}, {"depth_mm": 5}, CALM)
    bone = check_site({"text": "left tibial tuberosity"}, {"depth_mm": 5}, CALM)
    assert lung.limit_set_by == "risk"
    assert bone.limit_set_by == "bone"
    assert bone.max_depth_mm is not None


@given(st.floats(1, 150), st.floats(0, 89), st.floats(0, 89))
def test_a_leant_needle_is_never_known_to_less(
    a: float, one: float, two: float
) -> None:
    less, more = sorted((one, two))
    assert float(along(a, less)) <= float(along(a, more))
    assert float(along(a, 89.0)) <= 2.0001 * a


@given(st.floats(1, 150), st.floats(1, 300), st.floats(0, 100))
def test_deeper_is_never_better_mapped(floor: float, depth: float, more: float) -> None:
    one, other = (bool(unmapped(floor, Why.MAPPED, d)) for d in (depth, depth + more))
    assert other >= one
    assert not unmapped(floor, Why.BONE, depth)
    assert not unmapped(floor, Why.MAPPED, math.inf)
