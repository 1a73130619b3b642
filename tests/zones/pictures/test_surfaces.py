"""Zones as surfaces: under the skin they hang from, on their side, never invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from anatomy.errors import OutOfRangeError
from zones.pictures.presence import build_key, presence_of
from zones.pictures.surfaces import zone_surface

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.pictures.surfaces import Surface


def depths(surface: Surface) -> dict[int, float]:
    """Return the depth under each vertex of the skin."""
    return dict(zip(surface.skin.tolist(), surface.depth_mm.tolist(), strict=True))


def test_every_zone_is_finite_and_ordered(fields: BodyFields) -> None:
    """No surface holds a NaN; where half of people have it is no shallower."""
    for zone in fields.zones:
        early = zone_surface(fields, zone.id, None)
        assert np.isfinite(early.vertices).all(), zone.id
        assert (early.depth_mm >= 0.0).all(), zone.id
        assert early.unknown <= early.covered, zone.id
        assert (early.covered > 0) == (zone.kind == "structure"), zone.id
        least = depths(early)
        for skin, mm in depths(zone_surface(fields, zone.id, None, share=0.5)).items():
            assert mm >= least[skin] - 1e-6, zone.id


def test_surface_hangs_under_its_skin(fields: BodyFields) -> None:
    """Each vertex lies as far from its own skin as its depth says, and inside."""
    lung = zone_surface(fields, "pleura", "left")
    skin = fields.body.skin
    way = lung.vertices - skin.vertices[lung.skin]
    assert np.allclose(np.linalg.norm(way, axis=1), lung.depth_mm)
    inward = -(way * skin.vertex_normals[lung.skin]).sum(axis=1)
    assert (inward > 0).mean() > 0.99


def test_depths_are_those_of_the_fields_but_behind_bone(fields: BodyFields) -> None:
    """Never nearer than the fields say but for rounding; the same without bone."""
    lung = zone_surface(fields, "pleura", "left")
    known = fields.depth_field("pleura", "left")[lung.skin]
    # depths behind bone are found by halving, to some
    # hundredths, and rounded to the safe side
    assert (lung.depth_mm >= 0.96 * known - 0.1).all()
    row = next(
        n
        for n, row in enumerate(fields.rows)
        if row.zone.id == "pleura" and row.side == "left"
    )
    item = fields.items_of(row)
    clear = np.zeros(len(fields.body.skin.vertices))
    clear[fields.under.vertex[item]] = fields.under.clear[item]
    bare = clear[lung.skin] > 0.999
    assert np.allclose(lung.depth_mm[bare], known[bare], atol=0.2)
    # behind the blade it is as deep as people's blade, not as the reference body's
    covered = clear[lung.skin] < 0.02
    bone = np.exp(fields.floor.bone_log[lung.skin].astype(float))
    covered &= bone > known + 2.0
    assert covered.sum() > 20
    assert (lung.depth_mm[covered] > known[covered] + 1.0).mean() > 0.5


def test_share_and_depth_are_inverse(fields: BodyFields) -> None:
    """At the depth by which a share has it, so many have it."""
    for name in ("pleura", "kidney", "peritoneum"):
        row = [r.zone.id for r in fields.rows].index(name)
        people = presence_of(fields, fields.items_of(row))
        for share in (0.025, 0.5):
            deep = people.depth(share)
            there = np.isfinite(deep) & np.isinf(people.thick_mm)
            found = people.share(np.where(there, deep, 1.0))[there]
            assert (found <= share + 1e-6).all()
            more = people.share(np.where(there, 1.04 * deep + 0.3, 1.0))[there]
            assert (more >= 0.97 * share).all()


def test_sides_are_the_patients(fields: BodyFields) -> None:
    """Left lies at +x; the right side is its mirror image."""
    left = zone_surface(fields, "kidney", "left")
    right = zone_surface(fields, "kidney", "right")
    assert left.vertices[:, 0].mean() > 0
    assert right.vertices[:, 0].mean() < 0
    assert len(left.faces) == len(right.faces)
    both = zone_surface(fields, "kidney", None)
    # where the soft edges of both meet in the midline they share vertices
    apart = len(left.vertices) + len(right.vertices)
    assert max(len(left.vertices), len(right.vertices)) < len(both.vertices) <= apart
    assert zone_surface(fields, "kidney", "midline").covered == 0


def test_patient_moves_the_surface_as_the_check_does(fields: BodyFields) -> None:
    """Thin lies shallower, heavy deeper no further than was measured, a child at 0."""
    usual = depths(zone_surface(fields, "peritoneum", None))
    thin, heavy, heavier, child = (
        depths(zone_surface(fields, "peritoneum", None, build=build_key(facts)))
        for facts in ({"bmi": 17.0}, {"bmi": 45.0}, {"bmi": 60.0}, {"age": 9})
    )
    assert all(mm <= usual[v] + 1e-6 for v, mm in thin.items())
    assert all(mm >= usual[v] - 1e-6 for v, mm in heavy.items())
    assert sum(thin.values()) < sum(usual.values()) < sum(heavy.values())
    assert heavier == heavy
    assert np.median(list(child.values())) == 0.0


def test_what_is_not_known_is_left_out_and_said(fields: BodyFields) -> None:
    """No depth known: nothing drawn, and counted."""
    nerve = zone_surface(fields, "long-thoracic-nerve", "left")
    assert len(nerve.vertices) == 0
    assert nerve.covered == nerve.unknown > 0
    assert not nerve.complete
    assert zone_surface(fields, "sciatic", "left").complete


def test_fewer_people_reach_farther(fields: BodyFields) -> None:
    """The surface of 1 in 40 covers more skin than that of 1 in 10."""
    wide = zone_surface(fields, "sciatic", "left")
    assert zone_surface(fields, "sciatic", "left", share=0.1).covered < wide.covered


def test_unknown_names(fields: BodyFields) -> None:
    """A zone that is not there or a share that is none is refused."""
    with pytest.raises(KeyError):
        zone_surface(fields, "no such zone", None)
    with pytest.raises(OutOfRangeError):
        zone_surface(fields, "pleura", None, share=1.0)
