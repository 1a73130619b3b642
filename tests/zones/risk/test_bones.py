"""Gaps in bones: every bone lets some needles through, none lets all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.errors import DataError
from anatomy.words.sites import resolve_site
from zones.fields import bones, rays
from zones.fields.bones import gap_of, kind_of, load_gaps, open_at, read_gaps
from zones.risk.place import entry_vertex


def test_every_bone_of_the_bodies_has_a_gap(fields: Any) -> None:
    """No bone is taken as certain to stop a needle, and none as no hindrance."""
    for name in fields.body.bones:
        gap = gap_of(name)
        assert 0.0 < gap.gap < 1.0
        assert gap.why
        assert gap == gap_of(kind_of(name)), "both sides are alike"


def test_every_gap_belongs_to_a_bone_of_the_bodies(male: Any) -> None:
    """A name that no body has would never be read."""
    kinds = {kind_of(name) for name in male.bones}
    kinds |= {kind.split(" ")[0] for kind in kinds}  # all of a kind
    assert set(load_gaps()) <= kinds


def test_the_arm_moves_the_shoulder_blade_and_no_rib() -> None:
    assert gap_of("scapula left").moves
    assert not gap_of("rib 3 right").moves
    assert not gap_of("sternum").moves


def test_the_chance_that_bone_stops_a_needle(fields: Any) -> None:
    """It never exceeds the share that meets bone; fixed bones are some of all."""
    floor = fields.floor
    shut = floor.entry_open == 0.0  # no ray there goes in at an opening
    near = np.asarray(fields.body.skin.tree.query(fields.body.skin.vertices, k=40)[1])
    assert (floor.stop <= floor.share + 1e-3)[shut[near].all(axis=1)].all()
    assert (floor.stop_fixed <= floor.stop + 1e-6).all()
    assert (floor.stop >= 0.0).all()
    assert (floor.stop < 1.0).all()


def test_a_wrong_file_is_named(tmp_path: Any) -> None:
    path = tmp_path / "gaps.toml"
    path.write_text('schema = 1\ndefault_gap = 3\ndefault_why = "-"\nbone = []\n')
    with pytest.raises(DataError, match=r"gaps\.toml"):
        bones.read_gaps(path)


def test_an_opening_is_the_same_on_both_sides(fields: Any) -> None:
    """And belongs to a bone that the body has."""
    body = fields.body
    past = open_at(body)
    assert past.shape == (len(body.bones) + 1, len(body.skin.vertices))
    assert not past[0].any(), "where no bone is there is none to pass"
    assert (past == past[:, body.skin.mirror]).all()
    names = {kind_of(name) for name in body.bones}
    for opening in read_gaps().opening:
        assert opening.bone in names
        assert past[1 + [*map(kind_of, body.bones)].index(opening.bone)].any()


@pytest.mark.parametrize("side", ["left", "right"])
def test_no_occiput_stops_a_needle_at_gb20(fields: Any, side: str) -> None:
    """Ten of ten cadavers had the vertebral artery on the way, behind no bone."""
    skin = fields.body.skin
    point = resolve_site(fields.body, {"point": "GB20", "side": side}).point
    at = entry_vertex(skin, point.face, point.bary)
    assert fields.floor.entry_open[at] > 0.5
    assert not fields.floor.bone_mm[at] < fields.floor.mapped_mm[at]


def test_an_opening_only_takes_bone_away(male: Any) -> None:
    """Rays meet no bone sooner than without it, and elsewhere the same."""
    as_drawn = np.zeros((len(male.bones) + 1, len(male.skin.vertices)))
    one = rays.cast(male, placing_sd_mm=8.0, deeper_mm=as_drawn)
    shut = one.shut
    assert shut is not None
    assert (one.depth_mm >= shut.depth_mm).all()
    closed = ~open_at(male).any(axis=0)[one.start]
    assert (one.depth_mm == shut.depth_mm)[closed].all()
    assert (one.number == shut.number)[closed].all()
    assert (one.depth_mm > shut.depth_mm).any()


def test_a_wrong_opening_is_named(tmp_path: Any) -> None:
    path = tmp_path / "gaps.toml"
    path.write_text(
        'schema = 1\ndefault_gap = 0.01\ndefault_why = "-"\nbone = []\n'
        '[[opening]]\nbone = "skull"\nwhy = "-"\nsources = []\narea = []\n'
    )
    with pytest.raises(DataError, match=r"gaps\.toml"):
        bones.read_gaps(path)
