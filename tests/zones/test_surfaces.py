"""Zones as surfaces: under the skin they hang from, on their side, never invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from anatomy.errors import UnknownNameError
from zones.surfaces import zone_surface

if TYPE_CHECKING:
    from zones.fields import BodyFields


def test_every_zone_is_finite_and_ordered(fields: BodyFields) -> None:
    """No surface holds a NaN; typical and far side lie no shallower than earliest."""
    for zone in fields.zones:
        early = zone_surface(fields, zone.id, None)
        assert np.isfinite(early.vertices).all(), zone.id
        assert early.unknown == 0, zone.id
        assert (early.covered > 0) == (zone.kind == "structure"), zone.id
        least = dict(zip(early.skin.tolist(), early.depth_mm.tolist(), strict=True))
        for depth in ("typical", "latest"):
            other = zone_surface(fields, zone.id, None, depth=depth)
            assert np.isfinite(other.vertices).all(), zone.id
            for skin, mm in zip(other.skin.tolist(), other.depth_mm, strict=True):
                assert mm >= least[skin] - 1e-9, (zone.id, depth)


def test_surface_hangs_under_its_skin(fields: BodyFields) -> None:
    """Each vertex lies as far from its own skin as its depth says, and inside."""
    lung = zone_surface(fields, "pleura", "left")
    skin = fields.body.skin
    way = lung.vertices - skin.vertices[lung.skin]
    assert np.allclose(np.linalg.norm(way, axis=1), lung.depth_mm)
    inward = -(way * skin.vertex_normals[lung.skin]).sum(axis=1)
    assert (inward > 0).mean() > 0.99
    assert np.allclose(lung.depth_mm, fields.depth_field("pleura", "left")[lung.skin])


def test_sides_are_the_patients(fields: BodyFields) -> None:
    """Left lies at +x; the right side is its mirror image."""
    left = zone_surface(fields, "kidney", "left")
    right = zone_surface(fields, "kidney", "right")
    assert left.vertices[:, 0].min() > -1e-6
    assert right.vertices[:, 0].max() < 1e-6
    assert len(left.faces) == len(right.faces)
    both = zone_surface(fields, "kidney", None)
    # where the soft edges of both meet in the midline they share vertices
    apart = len(left.vertices) + len(right.vertices)
    assert apart - 8 <= len(both.vertices) <= apart
    assert zone_surface(fields, "kidney", "midline").covered == 0


def test_patient_moves_the_surface_as_the_check_does(fields: BodyFields) -> None:
    """Thin lies shallower, heavy at most 5 mm deeper, a child at the skin."""
    usual = zone_surface(fields, "pleura", "left").depth_mm
    thin = zone_surface(fields, "pleura", "left", bmi=17.0).depth_mm
    heavy = zone_surface(fields, "pleura", "left", bmi=45.0).depth_mm
    assert (thin <= usual).all()
    assert (thin < usual).any()
    assert np.allclose(heavy - usual, 5.0)
    assert (zone_surface(fields, "pleura", "left", age=9).depth_mm == 0).all()
    typical = zone_surface(fields, "pleura", "left", depth="typical", bmi=17.0)
    assert (typical.depth_mm >= thin - 1e-9).all()


def test_what_is_not_known_is_left_out_and_said(fields: BodyFields) -> None:
    """No typical depth: nothing drawn, and counted; no far side: the same."""
    nerve = zone_surface(fields, "long-thoracic-nerve", "left", depth="typical")
    assert len(nerve.vertices) == 0
    assert nerve.covered == nerve.unknown > 0
    assert not nerve.complete
    lung = zone_surface(fields, "pleura", "left", depth="latest")
    assert lung.covered == lung.unknown > 0
    assert zone_surface(fields, "sciatic", "left", depth="latest").complete


def test_the_area_itself_is_smaller_than_with_its_margin(fields: BodyFields) -> None:
    """Without the margin of placement only the zone's own area is covered."""
    own = zone_surface(fields, "sciatic", "left", margin=False)
    assert own.covered == fields.mask("sciatic", "left").sum()
    assert own.covered < zone_surface(fields, "sciatic", "left").covered


def test_unknown_names(fields: BodyFields) -> None:
    """A zone or a depth that is not there is refused."""
    with pytest.raises(KeyError):
        zone_surface(fields, "no such zone", None)
    with pytest.raises(UnknownNameError):
        zone_surface(fields, "pleura", None, depth="usual")  # type: ignore[arg-type]
