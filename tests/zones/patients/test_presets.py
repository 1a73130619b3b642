"""Patients for teaching fit the catalogue of facts and show what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from anatomy.errors import DataError, UnknownNameError
from anatomy.store import shipped
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.patients.presets import load_presets, preset

ARM = {"muscle": "biceps brachii", "side": "left"}
T4 = {"text": "6 cm left of T4"}
# the arm is a fact of the needling, not of the patient that a preset describes
NEEDLE = {"length_mm": 40, "depth_mm": 10, "electrical": False, "arm": "at side"}


@pytest.mark.parametrize("item", load_presets(), ids=lambda p: p.id)
def test_every_preset_can_be_checked(item: object) -> None:
    """The patient is accepted; one with rest = clear leaves only what it keeps open."""
    from zones.patients.presets import NOT_ASKED, Preset

    assert isinstance(item, Preset)
    answer = check_site(T4, NEEDLE, item.patient())
    kept = {name for name, value in item.facts.items() if value == NOT_ASKED}
    if item.rest == "clear":
        assert set(answer.open_questions) <= kept
    else:
        assert answer.open_questions


def test_presets_show_what_they_say() -> None:
    def limit(name: str) -> float:
        return check_site(T4, NEEDLE, preset(name).patient()).max_depth_mm or 0.0

    def verdict(name: str, site: dict[str, str]) -> Verdict:
        return check_site(site, NEEDLE, preset(name).patient()).verdict

    assert limit("thin-woman") < limit("healthy-woman")
    right = {**ARM, "side": "right"}
    assert verdict("lymphoedema-left-arm", ARM) > verdict("lymphoedema-left-arm", right)
    assert verdict("pregnant-10-weeks", ARM) == Verdict.STOP
    assert verdict("healthy-man", ARM) < Verdict.STOP
    asked = check_site(ARM, NEEDLE, preset("warfarin-inr-unknown").patient())
    assert "inr" in asked.open_questions


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = shipped("presets.toml").read_text("utf-8")
    for wrong, says in (
        (text.replace("bmi = 17 }", "bmi = 700 }", 1), "thin-woman"),
        (text.replace("bmi = 17 }", "bmj = 17 }", 1), "bmj"),
        (text.replace('}\nrest = "clear"', '}\nrest = "maybe"', 1), "rest"),
        (text.replace('id = "copd"', 'id = "doac"'), "duplicate"),
    ):
        path = tmp_path / "presets.toml"
        path.write_text(wrong, "utf-8")
        load_presets.cache_clear()
        with pytest.raises(DataError, match=says):
            load_presets(path)
    load_presets.cache_clear()
    with pytest.raises(UnknownNameError, match="thin-woman"):
        preset("thin-women")
