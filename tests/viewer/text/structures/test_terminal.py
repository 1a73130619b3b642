"""A structure as text tells its codes, and how they stand to it."""

from __future__ import annotations

from viewer.text.structures.terminal import zone_text
from zones.knowledge.structures.zone_files import load_zones


def test_codes_are_told_with_their_relation() -> None:
    zones = {zone.id: zone for zone in load_zones()}
    words = " ".join(zone_text(zones["carpal-tunnel-median"]).split())
    assert "- UBERON:0001148: median nerve (broader)" in words
    assert "TA2 6459: Median nerve (broader)" in words
    assert "Codes" not in zone_text(zones["near-knee-joint"])


def test_zone_of_an_own_folder_needs_no_codes() -> None:
    zone = next(zone for zone in load_zones() if zone.id == "sciatic")
    assert "Codes" in zone_text(zone)
    assert "Codes" not in zone_text(zone.model_copy(update={"id": "mine"}))
