"""What is wrong with a code is named with its file and entry.

The data are read once for all that is broken, since a check reads them whole.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anatomy.store import ZONES, DataFolder, using
from zones.quality.data_check import run_checks

Rows = list[dict[str, Any]]


def _row(rows: Rows, code: str) -> dict[str, Any]:
    [row] = [row for row in rows if row.get("code") == code]
    return row


def _set(of: str, /, **new: object) -> Callable[[Rows], None]:
    return lambda rows: _row(rows, of).update(new)


def _drop(code: str) -> Callable[[Rows], None]:
    return lambda rows: rows.remove(_row(rows, code))


def _add(**row: object) -> Callable[[Rows], None]:
    return lambda rows: rows.append(row)


STRUCTURES = "structures.jsonl"
WITHOUT = "structures_without.jsonl"
RESOURCES = "fact_resources.jsonl"
#: By check: file, what is broken in it, and what is told.
BROKEN: dict[str, list[tuple[str, Callable[[Rows], None], str]]] = {
    "codes": [
        (
            STRUCTURES,
            _set("UBERON:0002110", code="UBERON:2110"),
            "'UBERON:2110' is no code of UBERON",
        ),
        (
            STRUCTURES,
            _set("UBERON:0000056", system="ubaron"),
            "unknown system 'ubaron'. Nearest: uberon",
        ),
        (
            STRUCTURES,
            _set("UBERON:0002106", source="memory"),
            "unknown source of codes 'memory'",
        ),
        (
            STRUCTURES,
            _set("UBERON:0002113", source="bodyparts3d"),
            "source 'bodyparts3d' gives codes of 'fma'",
        ),
        (
            STRUCTURES,
            _set("UBERON:0002046", what=["thyroyd"]),
            "unknown structure 'thyroyd'. Nearest: thyroid",
        ),
        (
            STRUCTURES,
            _set("3023", what=["liver", "liver"]),
            "'liver' has the code twice",
        ),
        (
            STRUCTURES,
            _set("UBERON:0000160", system="snomed", code="1234567", source="own"),
            "codes of SNOMED CT are those of one's own folder alone",
        ),
        (
            "facts.jsonl",
            _set("8302-2", system="ta2", code="1", source="z-anatomy-ta2"),
            "has no codes for a fact",
        ),
        (
            "regions.jsonl",
            _set("140", display="Armpit", code="261"),
            "elsewhere its display is 'Umbilicus'",
        ),
    ],
    "codes-complete": [
        (
            STRUCTURES,
            _drop("UBERON:0002107"),
            "'liver': no code and no reason for UBERON",
        ),
        (
            WITHOUT,
            _add(what=["spleen"], systems=["uberon"], reason="none"),
            "'spleen': a code and a reason for UBERON",
        ),
        (WITHOUT, _add(what=["kidney"], reason="none"), "'kidney': it has a code"),
        (
            WITHOUT,
            _add(what=["stomac"], reason="none"),
            "unknown structure 'stomac'. Nearest: stomach",
        ),
        (
            WITHOUT,
            _add(what=["ureter"], systems=["fmaa"], reason="none"),
            "unknown system 'fmaa'. Nearest: fma",
        ),
        ("facts.jsonl", _drop("39156-5"), "'bmi': it has no code and no reason"),
        (RESOURCES, lambda rows: rows.pop(0).clear(), "'sex' has no resource"),
        (
            RESOURCES,
            lambda rows: rows[0].update(element="Observation.code"),
            "'Observation.code' is not of Patient",
        ),
    ],
}


@pytest.mark.parametrize("check", BROKEN)
def test_broken_codes_are_named(check: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(
        ZONES, data, ignore=shutil.ignore_patterns("compiled", "locale", "*.npz")
    )
    changes = defaultdict(list)
    for file, change, _ in BROKEN[check]:
        changes[file].append(change)
    for file, several in changes.items():
        path = data / "codes" / file
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for change in several:
            change(rows)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    [result] = run_checks([check], data=data)
    for file, _, told in BROKEN[check]:
        found = [problem for problem in result.problems if told in problem]
        assert found, (file, told, result.problems)


def test_zone_that_an_own_folder_adds_may_go_without(tmp_path: Path) -> None:
    head, first, *_ = (
        (ZONES / "zones" / "near_joints.toml").read_text("utf-8").split("[[zone]]\n")
    )
    zone = first.replace('id = "near-knee-joint"', 'id = "near-my-joint"')
    assert zone != first
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "clinic.toml").write_text(f"{head}[[zone]]\n{zone}", "utf-8")
    with using(DataFolder(tmp_path)):
        [result] = run_checks(["codes-complete"])
    assert result.ok, result.problems
    [note] = result.notes
    assert note.endswith("'near-my-joint': it has no code and no reason.")
