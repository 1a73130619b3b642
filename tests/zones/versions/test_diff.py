"""What differs between two versions of the data, and which answers change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from anatomy.errors import DataError, InputError
from anatomy.store import ANATOMY, ZONES, shipped
from zones.versions.answer_diff import answer_changes, answers_of
from zones.versions.data_diff import Version, data_changes, open_version

#: The shipped policy by another name.
NAME = "Ward 7"
REQUESTS = [
    {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 30}},
    {"site": {"point": "LI4", "side": "left"}, "needle": {"depth_mm": 10}},
    {"site": {"text": "no such place"}},
]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of own data: another name of the policy, and a source more."""
    folder = tmp_path / "own"
    folder.mkdir()
    text = shipped("policy.toml").read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("name = "))
    (folder / "policy.toml").write_text(text.replace(old, f'name = "{NAME}"'), "utf-8")
    return folder


def test_own_data_are_named_entry_by_entry(own: Path) -> None:
    before, after = open_version("shipped"), open_version(str(own))
    (change,) = data_changes(before.folder, after.folder)
    assert (change.file, change.entry, change.kind) == (
        "policy.toml",
        "name",
        "changed",
    )
    assert change.after == NAME and change.before != NAME
    (back,) = data_changes(after.folder, before.folder)
    assert (back.before, back.after) == (change.after, change.before)


def tree_of(folder: Path) -> Path:
    """A checkout's data, of which the texts alone are there."""
    for part, source in (("anatomy/data", ANATOMY), ("zones/data", ZONES)):
        (folder / part).mkdir(parents=True)
        for path in source.glob("*.toml"):
            shutil.copy(path, folder / part)
        for name in ("zones", "catalogue"):
            if (source / name).is_dir():
                shutil.copytree(source / name, folder / part / name)
    return folder


def test_a_depth_that_was_corrected_is_named(tmp_path: Path) -> None:
    """Zone, field, before and after; a key that is new."""
    trees = [tree_of(tmp_path / name) for name in ("one", "two")]
    file = trees[1] / "zones/data/zones/pleura.toml"
    text = file.read_text("utf-8")
    line = next(row for row in text.splitlines() if row.startswith("consequence = "))
    file.write_text(text.replace(line, 'consequence = "another"', 1), "utf-8")
    cun = trees[1] / "anatomy/data/cun.toml"
    cun.write_text(cun.read_text("utf-8") + "\nnew_key = 1\n", "utf-8")
    versions = [open_version(str(tree)) for tree in trees]
    assert all(version.tree is not None for version in versions)
    found = data_changes(*(version.folder for version in versions))
    added, changed = found
    assert (added.file, added.kind, added.after) == ("cun.toml", "added", 1)
    assert (changed.file, changed.field) == ("zones", "consequence")
    assert changed.entry.startswith("zone ") and changed.after == "another"
    assert changed.before == line.partition(" = ")[2].strip('"')
    whole = data_changes(versions[0].folder, open_version("shipped").folder)
    assert all(c.kind == "added" for c in whole), "what ships has more files"


def test_changed_answers_are_named(own: Path) -> None:
    """Each version answers by itself; the same request refused twice is no change."""
    shipped, other = open_version("shipped"), open_version(str(own))
    before, after = answers_of(shipped, REQUESTS), answers_of(other, REQUESTS)
    assert [a.get("verdict") for a in before[:2]] == ["DANGER", "CAUTION"]
    assert "error" in before[2]
    found = answer_changes(before, after)
    assert [change.number for change in found] == [1, 2]
    for change in found:
        assert change.differences == {"policy": ("needlemap", NAME)}


def test_a_reason_that_comes_or_goes_is_a_change() -> None:
    lung = {"id": "pleura", "verdict": "DANGER"}
    was = {"verdict": "DANGER", "findings": [lung]}
    now = {"verdict": "NO_KNOWN_DANGER", "findings": []}
    (change,) = answer_changes([was], [now])
    assert change.differences["finding pleura"] == ("DANGER", None)
    (back,) = answer_changes([{"error": {"code": "input"}}], [now])
    assert back.differences["error"] == ("input", None)


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        open_version(str(tmp_path / "nowhere"))
    broken = tmp_path / "tree"
    for part in ("anatomy/data", "zones/data"):
        (broken / part).mkdir(parents=True)
    (broken / "zones/data/policy.toml").write_text("name = ", "utf-8")
    version = open_version(str(broken))
    with pytest.raises(DataError, match=r"policy\.toml"):
        data_changes(version.folder, version.folder)
    (broken / "needlemap").mkdir()
    (broken / "needlemap/__main__.py").write_text("raise SystemExit('broken')", "utf-8")
    with pytest.raises(InputError, match="does not answer"):
        answers_of(Version("old", version.folder, broken), REQUESTS[:1])
