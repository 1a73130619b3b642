"""Zone files: the shipped data hold together, and broken files are named exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from anatomy.errors import DataError
from zones.knowledge.records import sources
from zones.knowledge.structures.zone_files import (
    Offset,
    Zone,
    check_landmarks,
    load_coverage,
    load_zones,
)

ZONE = """schema = 2
[[zone]]
id = "lung"
structure = "lung"
kind = "structure"
severity = "critical"
harm = "pneumothorax"
spread = "lung"
consequence = "pneumothorax"
side = "paired"
sources = ["hayashi-2011"]
[[zone.area]]
kind = "polygon"
chart = "posterior"
vertices = [{ landmark = "T4 spinous process" }, { landmark = "T5 spinous process" },
  { landmark = "T5 spinous process", lateral_mm = 30 }]
basis = "inference: test"
[[zone.depth]]
at = { landmark = "T4 spinous process", lateral_cun = 3 }
id = "t4"
basis = "measured"
records = ["DT162"]
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        folder = tmp_path / f"zones{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "test.toml").write_text(text, encoding="utf-8")
        return folder

    return _write


def test_sound_file_loads(write: Write) -> None:
    (zone,) = load_zones(write(ZONE))
    assert (zone.severity, zone.harm) == ("critical", "pneumothorax")
    assert zone.depth[0].at == Offset(landmark="T4 spinous process", lateral_cun=3)


BROKEN = {
    "unknown source": ('"hayashi-2011"', '"hayashi-2012"', "unknown source id"),
    "unknown evidence": ('"DT162"', '"DT1620"', "depth 't4': unknown evidence id"),
    "carried without why": ('"measured"', '"carried"', "why must say"),
    "a guess": ('"measured"', '"guess"', "depth 1, basis"),
    "nothing behind it": ('records = ["DT162"]', "", "must name its records"),
    "unknown and critical": (
        'basis = "measured"\nrecords = ["DT162"]',
        'basis = "unknown"\nwhy = "nobody looked"',
        "unknown is not enough for a critical structure",
    ),
    "slope without range": (
        "[[zone.depth]]",
        '[[zone.build]]\nper = "bmi"\nmm_per_unit = 3.8\nrecords = ["DT002"]\n'
        "[[zone.depth]]",
        "range",
    ),
    "slope backwards": (
        "[[zone.depth]]",
        '[[zone.build]]\nper = "bmi"\nmm_per_unit = 3.8\nrecords = ["DT002"]\n'
        "range = [30, 20]\n[[zone.depth]]",
        "lowest and the highest value observed",
    ),
    "no severity": ('severity = "critical"\n', "", "severity, its harm and its spread"),
    "no harm": ('harm = "pneumothorax"\n', "", "severity, its harm and its spread"),
    "two vertices": (
        '{ landmark = "T4 spinous process" }, ',
        "",
        "area 1, polygon, vertices: ",
    ),
    "same vertices": (", lateral_mm = 30", "", "must differ"),
    "offset is NaN": ("lateral_mm = 30", "lateral_mm = nan", "vertices 3, lateral_mm"),
    "unknown field": ('id = "t4"', 'id = "t4"\nearliest_mm = 3', "earliest_mm"),
    "unknown kind": ('"polygon"', '"ploygon"', "zone 'lung', area 1"),
    "unknown side": ('"paired"', '"both"', "zone 'lung', side"),
    "no depth": (
        ZONE[ZONE.index("[[zone.depth]]") :],
        "",
        "a structure must have a depth",
    ),
    "both units": (
        "lateral_cun = 3",
        "lateral_cun = 3, lateral_mm = 60",
        "not both",
    ),
    "no schema": ("schema = 2\n", "", "schema"),
    "not TOML": ("[[zone]]", "[[zone", "not valid TOML"),
    "bad id": ('"lung"\nstructure', '"Lung!"\nstructure', "id"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_is_named(case: str, write: Write) -> None:
    old, new, says = BROKEN[case]
    text = ZONE.replace(old, new, 1)
    assert text != ZONE
    with pytest.raises(DataError) as caught:
        load_zones(write(text))
    assert "test.toml" in str(caught.value)
    assert says in str(caught.value)


def test_duplicate_id_is_named(write: Write) -> None:
    folder = write(ZONE)
    (folder / "again.toml").write_text(ZONE, encoding="utf-8")
    with pytest.raises(DataError, match=r"test\.toml, zone 'lung'.*again\.toml"):
        load_zones(folder)


def test_unknown_landmark_offers_the_nearest(write: Write) -> None:
    zones = load_zones(write(ZONE.replace("T5 spinous process", "T5 spinos process")))
    known = {"T4 spinous process", "T5 spinous process"}
    with pytest.raises(DataError, match="Nearest: T5 spinous process") as caught:
        check_landmarks(zones, known)
    assert "zone 'lung', area 1, vertices 2" in str(caught.value)


def test_exclusion_carries_no_depth(write: Write) -> None:
    text = ZONE.replace('kind = "structure"', 'kind = "exclusion"')
    with pytest.raises(DataError, match="an exclusion zone has no depth"):
        load_zones(write(text))


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no zone files"):
        load_zones(tmp_path)


def test_broken_source_line(tmp_path: Path) -> None:
    path = tmp_path / "sources.jsonl"
    good = {"id": "a-1999", "title": "T", "read": "memory"}
    path.write_text(json.dumps(good) + "\n" + json.dumps(good) + "\n")
    with pytest.raises(
        DataError, match="line 2: id 'a-1999' is already used on line 1"
    ):
        sources.load_sources(path)
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({**good, "read": "heard"}))
    with pytest.raises(DataError, match=r"other\.jsonl, line 1, read"):
        sources.load_sources(other)


# --- the shipped data


def test_every_zone_says_what_it_rests_on() -> None:
    for zone in load_zones():
        assert zone.sources, zone.id
        assert zone.why, zone.id
        for area in zone.area:
            rests = area.sources or area.records
            assert rests or area.basis.startswith("inference"), zone.id
        for depth in zone.depth:
            assert depth.evidence or depth.why, zone.id


def test_zones_that_rules_refer_to_exist() -> None:
    ids = {zone.id for zone in load_zones() if zone.kind == "exclusion"}
    assert {
        "pregnancy-abdomen",
        "pregnancy-lower-abdomen",
        "pregnancy-li4",
        "pregnancy-sp6",
        "pregnancy-bl60",
        "pregnancy-bl67",
        "pregnancy-sacral-foramina",
    } <= ids


def test_coverage_names_no_unmapped_region_as_mapped() -> None:
    coverage = load_coverage()
    assert len(coverage) >= 21
    for region in coverage.values():
        assert (region.level == "none") == (not region.mapped)


def test_zone_is_frozen() -> None:
    zone: Zone = load_zones()[0]
    with pytest.raises(ValueError, match="frozen"):
        zone.severity = "minor"
