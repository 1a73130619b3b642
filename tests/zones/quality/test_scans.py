"""Stated depths against real CTs: the share of places within the stated quantiles."""

from __future__ import annotations

import numpy as np
import pytest

from anatomy.places.grammar import place
from tests import scans
from zones.fields.model import BodyFields
from zones.quality.calibration import stated_depth

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        scans.missing() is not None and not scans.required(),
        reason=str(scans.missing()),
    ),
]

Pairs = list[tuple[str, float, tuple[float, float, float]]]


def chest_pairs(fields: BodyFields) -> Pairs:
    """Return name, real depth of lung and the stated ones over the back of the chest.

    Levels are counted up from T12 by the height of that vertebra against the body's.
    """
    scan = scans.load(scans.CHEST)
    middle, z12, height = scans.chest_t12()
    vertices, _ = fields.body.bones["T12"]
    scale = height / float(np.ptp(np.asarray(vertices)[:, 2]))
    base = fields.body.landmarks.get("T12 spinous process").xyz[2]
    pairs = []
    for level in range(5, 12):
        name = f"T{level} spinous process"
        up = (fields.body.landmarks.get(name).xyz[2] - base) * scale
        for lateral in range(40, 100, 10):
            for side, sign in (("left", -1), ("right", 1)):
                z = round(z12 + up / scan.step)
                real = scan.back_depth(middle + sign * lateral, z, scan.lung)
                at = {"landmark": name, "lateral_mm": lateral}
                point = place(fields.body, at, side)  # type: ignore[arg-type]
                stated = stated_depth(fields, point.xyz, consequence="pneumothorax")
                if real is not None and np.isfinite(real) and stated is not None:
                    pairs.append((f"{name} {lateral} {side}", real, stated))
    return pairs


def kidney_pairs(fields: BodyFields) -> Pairs:
    """Return name, real depth of kidney and the stated ones beside L1 to L3."""
    scan, found = scans.load(scans.ABDOMEN), scans.labels()
    pairs = []
    for level in ("L1", "L2", "L3"):
        middle, z = scans.lumbar_level(level)
        for lateral in (40, 50, 60, 70, 80):
            for side, sign in (("left", -1), ("right", 1)):
                organ = found == scans.LABELS[f"kidney {side}"]
                real = scan.back_depth(middle + sign * lateral, z, organ)
                at = {"landmark": f"{level} spinous process", "lateral_mm": lateral}
                point = place(fields.body, at, side)  # type: ignore[arg-type]
                stated = stated_depth(fields, point.xyz, zone="kidney")
                if real is not None and np.isfinite(real) and stated is not None:
                    pairs.append((f"{level} {lateral} {side}", real, stated))
    return pairs


def shares(pairs: Pairs) -> tuple[float, float]:
    """Return the share of real depths below the 2.5 % and above the 97.5 % quantile."""
    below = np.mean([real < low for _, real, (low, _, _) in pairs])
    above = np.mean([real > high for _, real, (_, _, high) in pairs])
    return float(below), float(above)


def test_lung_in_a_real_chest(male_fields: BodyFields) -> None:
    """One person: nearly no place lies shallower than stated for 2.5 in 100 people."""
    pairs = chest_pairs(male_fields)
    below, above = shares(pairs)
    print(f"{len(pairs)} places, {below:.0%} below, {above:.0%} above")
    assert len(pairs) > 40
    assert below <= 0.05


def test_kidney_in_a_real_abdomen(male_fields: BodyFields) -> None:
    pairs = kidney_pairs(male_fields)
    below, above = shares(pairs)
    print(f"{len(pairs)} places, {below:.0%} below, {above:.0%} above")
    assert len(pairs) >= 8
    assert below <= 0.05
