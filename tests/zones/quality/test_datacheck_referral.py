"""What is wrong with a pattern of pain is named with its file and entry."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from anatomy.store import ZONES
from anatomy.store.folder import inside
from zones.quality.data_check import run_checks

BROKEN = {
    "unknown muscle": (
        "rule-names",
        'muscle = "soleus"',
        'muscle = "soleous"',
        "unknown muscle 'soleous'. Nearest: soleus",
    ),
    "unknown region": (
        "regions",
        'regions = ["knee"]',
        'regions = ["kneee"]',
        "unknown region 'kneee'. Nearest: knee",
    ),
    "unknown source": (
        "source-ids",
        'source = "cornwall-2006"',
        'source = "cornwall-2005"',
        "unknown source id 'cornwall-2005'. Nearest: cornwall-2006",
    ),
    "nobody": ("files", "people = 297", "people = 0", "greater than 0"),
    "place outside the list": (
        "referral",
        '{ place = "shin" }',
        '{ place = "shinn" }',
        "unknown place of pain 'shinn'. Nearest: shin",
    ),
    "place that no pattern names": (
        "referral",
        '{ place = "shin" }',
        '{ place = "calf" }',
        "place 'shin': no pattern names it",
    ),
    "place given twice": (
        "referral",
        'name = "shin"',
        'name = "calf"',
        "place 'calf': is given twice",
    ),
    "read better than its source": (
        "referral",
        'source = "cornwall-2006"\nread = "abstract"',
        'source = "cornwall-2006"\nread = "fulltext"',
        "read is 'fulltext', its source's 'abstract'",
    ),
    "one source twice": (
        "referral",
        'part = "fourth dorsal interosseous"',
        'part = "third dorsal interosseous"',
        "'choi-2015-interossei' says so already",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_data_check_names_what_is_wrong(case: str, tmp_path: Path) -> None:
    check, was, now, said = BROKEN[case]
    folder = tmp_path / "data"
    shutil.copytree(ZONES, folder, ignore=shutil.ignore_patterns("locale", "*.npz"))
    path = inside(folder, "referral.toml")
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), encoding="utf-8")
    (result,) = run_checks([check], data=folder)
    assert not result.ok
    assert any("referral.toml" in p and said in p for p in result.problems)


def test_the_shipped_patterns_are_sound() -> None:
    (result,) = run_checks(["referral"])
    assert result.ok
    assert "from a study" in result.notes[0]
