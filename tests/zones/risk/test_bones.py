"""Gaps in bones: every bone lets some needles through, none lets all."""

from __future__ import annotations

from typing import Any

import pytest

from anatomy.errors import DataError
from zones.fields import bones
from zones.fields.bones import gap_of, kind_of, load_gaps


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
    assert (floor.stop <= floor.share + 1e-3).all()
    assert (floor.stop_fixed <= floor.stop + 1e-6).all()
    assert (floor.stop >= 0.0).all()
    assert (floor.stop < 1.0).all()


def test_a_wrong_file_is_named(tmp_path: Any) -> None:
    path = tmp_path / "gaps.toml"
    path.write_text('schema = 1\ndefault_gap = 3\ndefault_why = "-"\nbone = []\n')
    with pytest.raises(DataError, match=r"gaps\.toml"):
        bones.read_gaps(path)
