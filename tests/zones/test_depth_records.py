"""Published depths of all structures against the zones, where they were measured."""

from __future__ import annotations

import pytest

from anatomy.body import load_body
from anatomy.names import Side
from zones.areas import place_reference
from zones.datacheck_records import _is_depth
from zones.fields import BodyFields, body_fields
from zones.evidence import Evidence, load_evidence
from zones.zonefile import load_zones


def placed() -> list[Evidence]:
    """Return depth records but the pleural, with a place and least or mean and sd."""
    return [
        record
        for record in load_evidence().values()
        if _is_depth(record.quantity)
        and record.quantity != "skin_to_pleura_or_lung"
        and record.at is not None
        and (
            record.min_mm is not None
            or (record.mean_mm is not None and record.sd_mm is not None)
        )
    ]


def bound_of(record: Evidence) -> float:
    """Return the smaller of the least depth seen and mean - 2 SD, mm."""
    bounds = [] if record.min_mm is None else [record.min_mm]
    if record.mean_mm is not None and record.sd_mm is not None:
        bounds.append(record.mean_mm - 2 * record.sd_mm)
    return min(bounds)


def citing(record: Evidence) -> set[str]:
    """Return the ids of the zones whose depths rest on a record."""
    return {
        zone.id
        for zone in load_zones()
        for depth in zone.depth
        if record.id in depth.evidence
    }


def least_at(fields: BodyFields, record: Evidence, zones: set[str]) -> float:
    """Return the least depth of zones at the place of a record, on its worse side."""
    sides: list[Side] = [record.side] if record.side else ["left", "right"]
    found = []
    for side in sides:
        point = place_reference(fields.body, record.at, side)
        depths = fields.at(fields.body.skin.faces[point.face][None, :])
        rows = [r for r, row in enumerate(fields.rows) if row.zone.id in zones]
        found.append(float(depths.earliest[rows, 0].min()))
    # a zone on one side only (heart, liver, spleen) is asked on that side
    return min(found) if record.side is None else found[0]


@pytest.mark.parametrize("body", ["male", "female"])
def test_depth_records_of_all_structures(
    body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a depth was measured, the zones that cite it begin no deeper than it."""
    assert load_body(body)
    fields = body_fields(body)
    records = placed()
    assert len(records) > 30
    lines, wrong, uncited = [], [], []
    for record in records:
        zones = citing(record)
        if not zones:
            uncited.append(record.id)
            continue
        ours, bound = least_at(fields, record, zones), bound_of(record)
        deep = ours > bound + 0.05
        lines.append(
            f"{record.id:32} {'/'.join(sorted(zones))[:40]:40} mean"
            f" {record.mean_mm or 0:5.1f} bound {bound:5.1f} ours {ours:5.1f}"
            f" {'DEEP' if deep else ''}"
        )
        if deep:
            wrong.append(lines[-1])
    with capsys.disabled():
        print(f"\n{body}: {len(lines)} records compared, {len(uncited)} not cited")
        print("\n".join(lines))
        print("not cited:", ", ".join(uncited))
    assert not wrong, "\n".join(wrong)
