"""What is wrong with a technique is named with its file and entry."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from anatomy.store import ANATOMY
from zones.quality.data_check import run_checks

BROKEN = {
    "unknown muscle": (
        "forearm_hand.toml",
        "sup-fdlp2021",
        '"supinator"',
        '"supinater"',
        "unknown muscle 'supinater'",
    ),
    "depth longer than its needle": (
        "forearm_hand.toml",
        "sup-fdlp2021",
        "length_mm = [30, 30]",
        "length_mm = [13, 13]",
        "depth 16.4 mm is more than the longest needle, 13 mm",
    ),
    "pincer without a fold": (
        "head_neck.toml",
        "ut-nct03375229",
        "fold = ",
        "entry2 = ",
        "entry2",
    ),
    "pincer whose fold says nothing": (
        "head_neck.toml",
        "ut-nct03375229",
        'fold = "free border of upper trapezius held in the grip;'
        ' height of the fold not given"',
        'fold = ""',
        "grip is pincer, yet fold does not say what is lifted",
    ),
    "unknown source": (
        "head_neck.toml",
        "ut-nct03375229",
        '"nct03375229"',
        '"nct03375228"',
        "unknown source 'nct03375228'. Nearest: nct03375229",
    ),
    "depths that do not rise": (
        "head_neck.toml",
        "ut-nct03375229",
        "min_mm = 10",
        "min_mm = 20",
        "depth must rise",
    ),
}


@pytest.fixture
def anatomy(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(
        ANATOMY, copy, ignore=shutil.ignore_patterns("bodies", "display", "*.npz")
    )
    return copy


@pytest.mark.parametrize("case", BROKEN)
def test_broken_technique_is_named(case: str, anatomy: Path) -> None:
    file, entry, old, new, told = BROKEN[case]
    path = anatomy / "catalogue" / "techniques" / file
    text = path.read_text("utf-8")
    at = text.index(f'\nid = "{entry}"')
    assert old in text[at:]
    path.write_text(text[:at] + text[at:].replace(old, new, 1), "utf-8")
    [result] = run_checks(["techniques"], anatomy=anatomy)
    assert not result.ok
    [problem] = [p for p in result.problems if told in p]
    assert problem.startswith(f"{file}, technique '{entry}': ")


def test_one_work_twice_and_a_taken_id(anatomy: Path) -> None:
    path = anatomy / "catalogue" / "techniques" / "sources.toml"
    path.write_text(
        path.read_text("utf-8")
        + '\n[[source]]\nid = "twice"\ntitle = "T"\nread = "memory"\n'
        'doi = "10.1089/ACU.2022.0076"\n'
        '\n[[source]]\nid = "hayashi-2011"\ntitle = "T"\nread = "memory"\n'
    )
    [result] = run_checks(["techniques"], anatomy=anatomy)
    assert result.problems == (
        "sources.toml, source 'twice': duplicate DOI, that of 'temel-2023'.",
        "sources.toml, source 'hayashi-2011': the id is taken in sources.jsonl.",
    )


def test_what_ships_is_in_order() -> None:
    [result] = run_checks(["techniques"])
    assert result.ok, result.problems
