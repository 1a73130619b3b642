"""The bodies' bones against published depths and a real chest."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from anatomy.places.grammar import place
from tests import scans
from zones.fields.model import BodyFields
from zones.quality.calibration_bones import BoneCheck, bone_checks
from zones.risk.place import entry_vertex


@pytest.mark.parametrize(
    "check", bone_checks(), ids=lambda check: f"{check.record}-{check.body}"
)
def test_bone_lies_where_it_was_measured(check: BoneCheck) -> None:
    """Within two SD of the published depth, or the file says why not."""
    assert check.within == (not check.off), check


@pytest.mark.slow
@pytest.mark.skipif(
    scans.missing() is not None and not scans.required(), reason=str(scans.missing())
)
def test_bone_is_met_before_lung_as_often_as_in_a_real_chest(
    male_fields: BodyFields,
) -> None:
    """Over the back of one chest: the share of needles that bone stops before lung."""
    scan = scans.load(scans.CHEST)
    middle, z12, height = scans.chest_t12()
    # bone with its marrow: what is dense, and what it encloses in a slice
    bone = ndimage.binary_closing(scan.ct > 200, iterations=1) & scan.body
    for k in range(bone.shape[2]):
        bone[:, :, k] = ndimage.binary_fill_holes(bone[:, :, k])
    body, under = male_fields.body, male_fields.under
    vertices, _ = body.bones["T12"]
    scale = height / float(np.ptp(np.asarray(vertices)[:, 2]))
    base = body.landmarks.get("T12 spinous process").xyz[2]
    real, ours = [], []
    for level in range(4, 12):
        name = f"T{level} spinous process"
        up = (body.landmarks.get(name).xyz[2] - base) * scale
        z = round(z12 + up / scan.step)
        for lateral in range(30, 110, 10):
            for side, sign in (("left", -1), ("right", 1)):
                lung = scan.back_depth(middle + sign * lateral, z, scan.lung)
                first = scan.back_depth(middle + sign * lateral, z, bone)
                if lung is None or first is None or not np.isfinite(lung):
                    continue
                at = {"landmark": name, "lateral_mm": lateral}
                point = place(body, at, side)  # type: ignore[arg-type]
                spot = body.skin.nearest(point.xyz)
                vertex = entry_vertex(body.skin, spot.face, spot.bary)
                for item in under.of(vertex)[1].tolist():
                    row = male_fields.rows[under.row[item]]
                    if row.zone.id == "pleura" and row.side == side:
                        real.append(first < lung)
                        ours.append(1.0 - float(under.clear[item]))
    assert len(real) > 80
    print(
        f"{len(real)} places: {np.mean(real):.0%} in the CT, {np.mean(ours):.0%} ours"
    )
    # one person of 100 places that are alike: as far off as 1 in 10
    assert abs(float(np.mean(real)) - float(np.mean(ours))) < 0.1
