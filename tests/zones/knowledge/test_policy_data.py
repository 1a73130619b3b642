"""The data of risk: every name in it exists, every figure is a share."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from anatomy.body import load_body
from anatomy.store import files_of, shipped
from zones.fields.bones import gap_of
from zones.risk.measured import readings

POLICY = tomllib.loads(shipped("policy.toml").read_text(encoding="utf-8"))
_GAPS = tomllib.loads(shipped("bone_gaps.toml").read_text(encoding="utf-8"))
GAPS, DEFAULT_GAP = _GAPS["bone"], _GAPS["default_gap"]
HARMS = {harm["id"]: harm for harm in POLICY["harm"]}
SOURCES = {
    json.loads(line)["id"]
    for line in shipped("sources.jsonl").read_text(encoding="utf-8").splitlines()
}
ZONES = [
    zone
    for path in files_of("zones", "*.toml")
    for zone in tomllib.loads(path.read_text(encoding="utf-8"))["zone"]
    if zone["kind"] == "structure"
]


def test_every_structure_names_a_harm_and_every_harm_is_named() -> None:
    assert {zone.get("harm") for zone in ZONES} == set(HARMS)


def test_a_harm_that_the_verdict_needs_has_its_figure() -> None:
    by_risk = {row["severity"] for row in POLICY["matrix"] if "caution_risk" in row}
    for zone in ZONES:
        if zone["severity"] in by_risk:
            assert "p2" in HARMS[zone["harm"]], zone["id"]


@pytest.mark.parametrize("harm", POLICY["harm"], ids=lambda harm: harm["id"])
def test_a_figure_lies_within_its_interval(harm: dict[str, Any]) -> None:
    if "p2" not in harm:
        assert "basis" not in harm
        return
    low, high = harm["interval"]
    assert 0 <= low <= harm["p2"] <= high <= 1
    assert harm["basis"] in ("measured", "stand-in", "bound")
    assert harm["sources"]


def test_sources_exist() -> None:
    for entry in (*POLICY["matrix"], *POLICY["harm"], *GAPS):
        assert set(entry.get("sources", ())) <= SOURCES, entry


def test_thresholds_rise_as_severity_falls() -> None:
    rows = [row for row in POLICY["matrix"] if "caution_risk" in row]
    for key in ("caution_risk", "danger_risk"):
        limits = [row[key] for row in rows]
        assert limits == sorted(limits)
    for row in rows:
        assert row["caution_risk"] < row["danger_risk"]


def test_gaps_are_of_bones_of_both_bodies() -> None:
    """A bone without a figure of its own has the default: none is ever certain."""
    gaps = [bone["name"] for bone in GAPS]
    assert len(gaps) == len(set(gaps))
    for sex in ("female", "male"):
        bones = {
            name.removesuffix(" left").removesuffix(" right")
            for name in load_body(sex).bones
        }
        assert set(gaps) <= bones | {name.split(" ")[0] for name in bones}
        for name in load_body(sex).bones:
            assert 0.0 < gap_of(name).gap < 1.0
    assert gap_of("patella left").gap == DEFAULT_GAP
    # one with the default stands there for something else that it says
    assert all(
        bone["gap"] > DEFAULT_GAP or not bone.get("aimed", True) for bone in GAPS
    )


def test_a_reading_is_less_sure_than_the_ruler_and_says_why() -> None:
    """No method reads a depth exactly; each names its people and sources."""
    for method in readings().method:
        assert 1.0 <= method.error_mm <= 10.0
        assert method.people >= 30 and set(method.sources) <= SOURCES
