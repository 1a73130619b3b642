"""The anchors against the records that stand behind them."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from zones.knowledge.records.evidence import load_evidence
from zones.knowledge.structures.pooling import join_groups
from zones.knowledge.structures.zone_files import load_zones


def anchored() -> list[tuple[str, str]]:
    """Return zone and id of every anchor that was measured at its place."""
    return [
        (zone.id, depth.id)
        for zone in load_zones()
        for depth in zone.depth
        if depth.anchor and depth.basis == "measured"
    ]


@pytest.mark.parametrize(("zone_id", "depth_id"), anchored())
def test_every_study_lies_within_its_anchor(zone_id: str, depth_id: str) -> None:
    """The middle of each study lies between the 2.5 % and 97.5 % quantile of a new
    person; one that conflicts is named."""
    evidence = load_evidence()
    zone = next(zone for zone in load_zones() if zone.id == zone_id)
    depth = next(depth for depth in zone.depth if depth.id == depth_id)
    anchor = depth.anchor
    assert anchor is not None
    records = [evidence[name] for name in depth.records]
    for study in join_groups(records):
        share = NormalDist(anchor.mu, anchor.sigma).cdf(study.mu)
        named = set(study.records) <= set(anchor.conflicts)
        if depth.to == "surface" and not named:
            assert 0.025 <= share <= 0.975, study
    assert anchor.people == sum(record.behind or 0 for record in records)


def test_no_record_stands_behind_a_depth_of_another_kind() -> None:
    evidence = load_evidence()
    for zone in load_zones():
        for depth in zone.depth:
            kinds = {evidence[name].kind for name in depth.records}
            assert kinds <= {"depth"}, (zone.id, depth.id)
            kinds = {evidence[n].kind for layer in depth.layers for n in layer}
            assert kinds <= {"layer"}, (zone.id, depth.id)


def test_unknown_is_said_and_never_for_what_kills() -> None:
    for zone in load_zones():
        if zone.unknown:
            assert zone.severity not in ("catastrophic", "critical"), zone.id
            assert math.isclose(zone.depth[0].earliest_mm, 0.0)
