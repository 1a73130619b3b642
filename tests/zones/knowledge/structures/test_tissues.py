"""Which tissue a structure is: every one has one, and what a name means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anatomy.errors import DataError
from zones.knowledge.structures.tissues import TISSUES, load_tissues, tissue_words
from zones.knowledge.structures.zone_files import load_zones

if TYPE_CHECKING:
    from pathlib import Path

#: A word at the beginning of a name, and the only tissues that it can be.
BEGINS = {
    "nerve": {"nerve"},
    "nerves": {"nerve"},
    "artery": {"artery"},
    "arteries": {"artery"},
    "vein": {"vein"},
    "veins": {"vein"},
    "vessels": {"artery", "vein"},
    "arch": {"artery", "vein"},
    "joint": {"joint"},
    "gland": {"gland"},
}


def test_every_structure_has_a_tissue() -> None:
    """Each zone has one, no zone is named that is none, and each tissue has a word."""
    assert set(load_tissues()) == {zone.id for zone in load_zones()}
    assert list(tissue_words()) == list(TISSUES)
    assert all(str(row.word) for row in tissue_words().values())


def test_tissues_are_what_the_names_say() -> None:
    """The first of the words nerve, artery, vein, joint in a name is its tissue."""
    seen = 0
    for zone in load_zones():
        if zone.kind != "structure":
            continue
        words = str(zone.structure).replace(",", " ").split()
        first = next((word for word in words if word in BEGINS), None)
        # of an organ "with" a vessel, "the floor of the mouth with" say, the organ
        if first is None or "with" in words[: words.index(first)]:
            continue
        if zone.id in ("orbit-deep", "recurrent-laryngeal-oesophagus"):
            continue
        assert load_tissues()[zone.id] in BEGINS[first], zone.id
        seen += 1
    assert seen > 80


def test_a_structure_stands_in_the_file_once(tmp_path: Path) -> None:
    """Two tissues of one structure are refused, with the entry."""
    file = tmp_path / "tissues.toml"
    row = '{ id = "sciatic", tissue = "nerve" }, '
    file.write_text(f"schema = 1\nstructure = [{row * 2}]\n", "utf-8")
    with pytest.raises(DataError, match="'sciatic': duplicate id"):
        load_tissues(file)
    file.write_text(f"schema = 1\nstructure = [{row}]\n", "utf-8")
    assert dict(load_tissues(file)) == {"sciatic": "nerve"}
    with pytest.raises(DataError, match="tissue 'skin' is missing"):
        tissue_words(file)
