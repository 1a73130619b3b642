"""An atlas answers by its own data, and by nothing of another's."""

from __future__ import annotations

import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import needlemap
from anatomy.errors import DataError
from anatomy.store import SHIPPED, DataFolder, current, shipped, using
from viewer.command.main import main
from zones import Atlas
from zones.check.site import data_version
from zones.sentences.texts import load_texts
from zones.versions.data_diff import data_changes

RULE = """
schema = 1

[[rule]]
id = "no-consent"
title = "no consent, as this clinic says it"
category = "absolute"
verdict = "STOP"
when = { fact = "consent_given", equals = false }
if_unknown = "CAUTION"
message = "Ask the desk."
sources = ["sa-bn121"]
read = "memory"

[[rule]]
id = "clinic-first-visit"
title = "afraid, at a first visit"
category = "precaution"
verdict = "CAUTION"
when = { fact = "needle_phobia", equals = true }
message = "Lie down first."
sources = ["sa-bn121"]
read = "memory"
"""
#: Over the radial artery, whose depth is changed.
WRIST = {"point": "LU8", "side": "left", "body": "male"}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A folder with rules of a clinic."""
    return write(tmp_path / "clinic", "rules/clinic.toml", RULE)


def says(atlas: Atlas) -> list[str]:
    """Return the messages of a check in which the rules of the clinic bear."""
    patient = {"consent_given": False, "needle_phobia": True, "sex": "male"}
    answer = atlas.check_site({"point": "LI4", "side": "left"}, {}, patient)
    assert answer.data_version == atlas.version
    return [finding.message for finding in answer.findings]


def test_the_default_atlas_is_that_of_the_functions() -> None:
    atlas = needlemap.Atlas.load()
    assert atlas.data is None
    assert repr(atlas) == f"<Atlas shipped, data {data_version()}>"
    assert {"male", "female"} == set(atlas.bodies)
    assert atlas.fields("male") is atlas.fields("male")
    assert "hayashi-2011" in atlas.sources
    assert atlas.facts["age"].unit == "years"
    with pytest.raises(AttributeError):
        atlas.folder = SHIPPED  # type: ignore[misc]
    answers = atlas.check_sites({"text": ["6 cm left of T4"]}, {"depth_mm": 30.0})
    assert list(answers["verdict"]) == ["DANGER"]


def test_own_rules_replace_and_add_and_say_so(
    clinic: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        own = Atlas.load(clinic)
        says(own)
        says(own)
    told = "clinic.toml, rule 'no-consent'"
    assert [r.getMessage() for r in caplog.records].count(
        f"data folder: {told} replaces the shipped entry."
    ) == 1
    assert own.folder.replaced == (told,)
    assert own.rules["no-consent"].message == "Ask the desk."
    assert next(iter(own.rules)) == next(iter(Atlas.load().rules))
    assert len(own.rules) == len(Atlas.load().rules) + 1
    assert own.version != Atlas.load().version
    # anatomy and fields are the shipped ones, and are not held twice
    assert own.bodies["male"] is Atlas.load().bodies["male"]


def test_two_atlases_do_not_mix(clinic: Path) -> None:
    """Interleaved and in threads, each answers by its own rules."""
    own, ship = Atlas.load(clinic), Atlas.load()
    wanted = {own: says(own), ship: says(ship)}
    assert any("sk the desk." in text for text in wanted[own])
    assert not any("sk the desk." in text for text in wanted[ship])
    many = [own, ship, ship, own] * 4
    assert [says(atlas) for atlas in many] == [wanted[atlas] for atlas in many]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(says, many)) == [wanted[atlas] for atlas in many]
    assert current() is SHIPPED


@pytest.mark.slow
def test_a_changed_depth_is_compiled_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What differs is compiled, kept for the next start, and stays in its atlas."""
    from zones.knowledge.structures.zone_files import load_zones

    text = shipped("zones/hand.toml").read_text("utf-8")
    start, end = text.index("[[zone]]"), text.index('[[zone]]\nid = "snuffbox')
    zone = text[start:end].replace('"zn-radial-artery-4cm"', '"zn-radial-artery-6cm"')
    folder = write(tmp_path / "own", "zones/wrist.toml", f"schema = 2\n\n{zone}")
    own, ship = Atlas.load(folder), Atlas.load()
    changed = [z.id for z in load_zones() if own.zones[z.id] != z]
    assert "radial-artery-wrist" in changed
    plan = {"depth_mm": 4, "length_mm": 25}

    def depths(atlas: Atlas) -> Any:
        answer = atlas.check_site(WRIST, plan)
        (found,) = [f for f in answer.findings if f.id == "radial-artery-wrist"]
        return found.p_meet

    with caplog.at_level(logging.WARNING):
        first = depths(own)
    assert f"{len(changed)} of " in caplog.text
    assert first != depths(ship)
    many = [own, ship] * 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(depths, many)) == [first, depths(ship)] * 4
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert depths(Atlas.load(folder)) == first
    assert "compiling" not in caplog.text


def test_own_texts_records_and_names(tmp_path: Path) -> None:
    """Texts, sources and names of one's own stand beside the shipped ones."""
    texts = shipped("texts.toml").read_text("utf-8")
    first = "[[text]]" + texts.split("[[text]]")[1].replace('id = "', 'id = "own-')
    write(tmp_path, "texts.toml", first)
    source = {"id": "own-2026", "title": "Our audit", "read": "fulltext"}
    write(tmp_path, "sources.jsonl", json.dumps(source) + "\n")
    write(tmp_path, "aliases.toml", '[names]\n"clinic knob" = "suprasternal notch"\n')
    own = Atlas.load(tmp_path)
    assert "own-2026" in own.sources and "own-2026" not in Atlas.load().sources
    with own.using():
        ids = [text.id for text in load_texts()]
    assert set(ids) > {text.id for text in load_texts()}
    assert "clinic knob" in own.bodies["male"].landmarks
    assert "clinic knob" not in Atlas.load().bodies["male"].landmarks
    assert own.folder.replaced == ()


def test_what_nothing_would_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        Atlas.load(tmp_path / "none")
    with pytest.raises(DataError, match=r"rule/a\.toml") as told:
        Atlas.load(write(tmp_path / "a", "rule/a.toml", ""))
    assert told.value.given == "rule/a.toml"
    with pytest.raises(DataError, match=r"clinic\.toml, rule 'b', title"):
        Atlas.load(write(tmp_path / "b", "rules/clinic.toml", '[[rule]]\nid = "b"\n'))


def test_a_file_is_known_by_its_name(tmp_path: Path) -> None:
    """It may lie in its room of the shipped data or beside the others, but once."""
    source = json.dumps({"id": "own-2026", "title": "Our audit", "read": "fulltext"})
    flat = write(tmp_path / "flat", "sources.jsonl", source + "\n")
    roomed = write(tmp_path / "roomed", "sources/sources.jsonl", source + "\n")
    assert "own-2026" in Atlas.load(flat).sources
    assert Atlas.load(flat).sources == Atlas.load(roomed).sources
    assert data_changes(DataFolder(flat), DataFolder(roomed)) == []
    with pytest.raises(DataError, match=r"'sources\.jsonl' is there twice"):
        Atlas.load(write(roomed, "sources.jsonl", source + "\n"))
    with pytest.raises(DataError, match=r"risk/sources\.jsonl"):
        Atlas.load(write(tmp_path / "wrong", "risk/sources.jsonl", source + "\n"))


def test_a_looser_policy_must_be_named(tmp_path: Path) -> None:
    """A data folder does not loosen the verdicts in silence."""
    text = shipped("policy.toml").read_text("utf-8")
    looser = text.replace("danger_risk = 1e-3", "danger_risk = 1e-2", 1)
    assert looser != text
    with pytest.raises(DataError, match="allow-looser"):
        Atlas.load(write(tmp_path, "policy.toml", looser))


def test_the_command_and_the_variable_read_a_folder(
    clinic: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/correcting_data.md tells it."""
    ask = ["--point", "LI4", "--side", "left", "--fact", "consent_given=no"]
    assert main(["check", *ask]) == 0
    assert "Ask the desk." not in capsys.readouterr().out
    chosen = ["--data", str(clinic)]
    for words in ([*chosen, "check", *ask], ["check", *ask, *chosen]):
        assert main(words) == 0
        assert "sk the desk." in capsys.readouterr().out
    assert current() is SHIPPED
    main(["--data", str(clinic), "data", "check", "own-data"])
    told = " ".join(capsys.readouterr().out.split())
    assert "clinic.toml, rule 'no-consent': replaces the shipped entry." in told
    assert "clinic.toml, rule 'clinic-first-visit': is added to what ships." in told
    assert main(["--data", str(clinic / "none"), "schema"]) == 2
    monkeypatch.setenv("NEEDLEMAP_DATA", str(clinic))
    monkeypatch.setattr("anatomy.store.folder._PROCESS", [])
    assert any("sk the desk." in text for text in says(Atlas.load()))


def test_a_whole_copy_that_is_unchanged_changes_nothing(tmp_path: Path) -> None:
    """Copying everything and changing one file is allowed, too."""
    for name in ("zones", "rules", "evidence", "texts.toml", "sources.jsonl"):
        path = shipped(name)
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / name)
    folder = DataFolder(tmp_path)
    with using(folder):
        own = Atlas.load()
        assert own.zones == Atlas(SHIPPED).zones
        assert own.rules == Atlas(SHIPPED).rules
    assert folder.replaced == ()
