"""The needle's panel: grips, posture, depths seen; their words on card and paper."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.viewer.helpers.policies import looser_policy
from viewer.command.main import main
from viewer.page import history, tap
from viewer.panels.card.card import questions, reasons, summary
from viewer.panels.needle import callbacks
from viewer.panels.needle.grip_pictures import WORDS, grip_svg
from viewer.panels.needle.panel import needle_panel
from viewer.record.page.change import apply_change
from viewer.record.paper.export import as_csv, as_json
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import Answer, Change, NewSite, Record, now
from viewer.record.storage.upgrade import read_record
from viewer.state import needle_fields, page_state, technique_fields
from viewer.state.plain import plain
from viewer.text.terminal.text import assessment_text
from zones.contract.needle import Grip
from zones.risk.policy import chosen_policy, using_policy
from zones.sentences.figures import needle_words
from zones.sentences.presentation import question_words

UPPER = {"muscle": "upper trapezius", "side": "left"}
SCAPULA = {"muscle": "infraspinatus", "side": "left"}
FEMALE = {"sex": "female", "age": 31, "bmi": 21.0}
START = {
    needle_fields.NAMES[name]: v
    for name, v in needle_fields.FIELDS.items()
    if name in needle_fields.NAMES
}


def plan(**changed: Any) -> dict[str, Any]:
    """Return the request of a panel with some fields changed."""
    return needle_fields.needle_request(**{**START, **changed})


def asked(site: dict[str, Any], **changed: Any) -> page_state.Outcome:
    """Return the answer to a panel with some fields changed."""
    return page_state.assess(page_state.place("female", site), plan(**changed), FEMALE)


# --------------------------------------------------------------------- the panel


def test_every_field_is_known_everywhere() -> None:
    """Undo, the callbacks and the page's script go over the same controls."""
    own = {
        technique_fields.CONTROL
    }  # which technique was chosen is no field of a needle
    assert set(needle_fields.NAMES) | own == set(needle_fields.CONTROLS)
    assert set(needle_fields.SHOWING) <= set(needle_fields.FIELDS)
    assert history.CONTROLS is needle_fields.CONTROLS
    panel = needle_panel()
    given = json.loads(getattr(panel, "data-start"))
    assert list(given) == list(needle_fields.FIELDS)
    ids = {getattr(part, "id", None) for part in panel._traverse()}
    assert set(needle_fields.CONTROLS) <= ids


@pytest.mark.parametrize("grip", get_args(Grip))
def test_each_grip_has_a_word_and_a_picture(grip: str) -> None:
    assert set(WORDS) == set(get_args(Grip))
    assert ET.fromstring(grip_svg(grip)).tag.endswith("svg")


def test_nothing_said_asks_for_nothing_more() -> None:
    """The panel as it begins is the needle of before: flat, nothing said."""
    assert plan() == {"length_mm": 40, "depth_mm": 25, "direction": "perpendicular"}
    # what belongs to another grip stays behind
    assert "fold_mm" not in plan(grip="flat", fold_mm=30)
    assert plan(grip="bone", fold_mm=30, bone="scapula")["bone"] == "scapula"


def test_a_pincer_asks_for_its_fold_beside_the_field() -> None:
    """No fold is guessed: the field says what is missing, nothing else is said."""
    outcome = asked(UPPER, grip="pincer")
    assert outcome.assessment is None
    assert outcome.field == "needle.fold_mm"
    shown = dict(
        zip(needle_fields.SHOWING, tap._errors(outcome, None, {}), strict=False)
    )
    assert shown["fold"] == "Enter the thickness of the lifted fold."
    assert not any(text for name, text in shown.items() if name != "fold")
    thick = asked(UPPER, grip="pincer", fold_mm=200)
    assert thick.field == "needle.fold_mm"
    assert "thickness of the fold" in thick.message
    fine = asked(UPPER, grip="pincer", fold_mm=30).assessment
    flat = asked(UPPER).assessment
    assert fine is not None
    assert flat is not None
    assert (fine.max_depth_mm or 0) > (flat.max_depth_mm or 0)


def test_to_bone_takes_the_bone_that_is_expected() -> None:
    site = page_state.place("female", SCAPULA)
    bone = callbacks.aimed(site, plan(grip="bone"), FEMALE)
    assert bone == "scapula"
    assert callbacks.aimed(site, plan(grip="bone", bone="rib 3"), FEMALE) is None
    assert callbacks.aimed(None, plan(grip="bone"), FEMALE) is None
    answer = asked(SCAPULA, grip="bone", bone=bone).assessment
    assert answer is not None
    offered = callbacks.bones_offered(answer, None)
    assert [item["value"] for item in offered] == ["scapula"]
    wrong = asked(SCAPULA, grip="bone", bone="femur")
    assert wrong.field == "needle.bone"


def test_half_a_reading_does_not_count_and_says_so() -> None:
    """A structure without its depth, or a depth without structure, moves nothing."""
    assert "measured" not in plan(seen="pleura")
    assert "measured" not in plan(seen_mm=24)
    for given, control in (
        ({"seen": "pleura"}, "seen-depth"),
        ({"seen_mm": 9}, "seen"),
    ):
        missing = needle_fields.missing_half({**START, **given})
        assert list(missing) == [control]
        outcome = asked(SCAPULA, **given)
        told = tap._errors(outcome, None, missing)
        assert told[needle_fields.SHOWING.index(control)] == missing[control]
        # once it is put right the message goes
        after = tap._errors(outcome, told[-1], {})
        assert after[needle_fields.SHOWING.index(control)] == ""


def test_a_depth_seen_moves_the_limit() -> None:
    site = {"text": "4 cm left of T6"}
    before = asked(site).assessment
    assert before is not None
    names = [i["value"] for i in callbacks.structures_offered(before, None)]
    assert "pleura" in names
    deep = asked(site, seen="pleura", seen_mm=40).assessment
    shallow = asked(site, seen="pleura", seen_mm=16).assessment
    assert deep is not None
    assert shallow is not None
    limits = [answer.max_depth_mm or 0.0 for answer in (shallow, before, deep)]
    assert limits[0] < limits[2]
    assert limits[1] < limits[2]
    gone = asked(site, seen="popliteal-vessels", seen_mm=40)
    assert gone.assessment is None
    assert needle_fields.ERRORS[gone.field or ""] == "seen"
    # what was chosen stays on offer
    kept = callbacks.structures_offered(before, "popliteal-vessels")
    assert kept[-1]["value"] == "popliteal-vessels"


# --------------------------------------------------------------------- the card


def test_the_arm_is_asked_for_and_answered_by_buttons() -> None:
    outcome = asked(SCAPULA)
    assert outcome.assessment is not None
    assert "arm" in outcome.assessment.open_questions
    parts = questions(outcome, FEMALE)
    found = [
        json.loads(value)
        for part in parts
        for item in part._traverse()
        if (value := getattr(item, "data-apply", None)) is not None
    ]
    assert found == [
        {"change": "arm", "to": way} for way in ("at side", "overhead", "behind back")
    ]
    assert "position of the arm" in question_words("arm").label
    said = asked(SCAPULA, arm="at side").assessment
    assert said is not None
    assert "arm" not in said.open_questions


def test_card_names_bone_chance_and_people() -> None:
    outcome = asked(SCAPULA)
    assert outcome.assessment is not None
    assert "policy" not in plain(summary(outcome, plan()))
    why = plain(reasons(outcome, plan()))
    for words in (
        "Scapula expected at ",
        "Reached by ",
        " people",
        "95 % interval",
        " in half",
    ):
        assert words in why


def test_a_looser_policy_is_marked_wherever_the_answer_stands(tmp_path: Path) -> None:
    """Card, terminal and record say whose policy it was, and that it is looser."""
    policy = chosen_policy(looser_policy(tmp_path), allow_looser=True)
    with using_policy(policy):
        outcome = asked({"text": "6 cm left of T4"})
    answer = outcome.assessment
    assert answer is not None
    marked = plain(summary(outcome, plan()))
    assert "policy looser" in marked
    assert "LOOSER than the shipped one" in marked
    assert f"Policy    {policy.name}. LOOSER" in assessment_text(answer)
    kept = Answer.of(answer)
    assert (kept.policy, kept.policy_looser) == (policy.name, True)
    # and not with the shipped one
    assert "LOOSER" not in plain(summary(asked(UPPER), plan()))


# --------------------------------------------------------------------- the record


def test_record_keeps_and_exports_the_whole_plan() -> None:
    needle = plan(
        grip="pincer",
        fold_mm=30,
        arm="at side",
        posture="prone",
        seen="pleura-dome",
        seen_mm=45,
    )
    site = page_state.place("female", UPPER)
    new = NewSite(key="site-0001", site=site, needle=needle, patient=FEMALE)
    record = Record(id="record-1", started=now())
    record, _, _ = apply_change(record, Change(add_site=new))
    words = needle_words(record.sites[0].request["needle"])
    for part in (
        "pincer grip, fold 30 mm",
        "arm at side",
        "prone",
        "pleural dome and lung apex seen at 45 mm by ultrasound",
    ):
        assert part in words
    again, note = read_record(json.dumps(record.as_dict()))
    assert (again, note) == (record, "")
    assert '"fold_mm": 30' in as_json(record)
    head, row = as_csv(record).splitlines()[:2]
    for column in ("grip", "fold_mm", "bone", "posture", "arm", "policy_looser"):
        assert column in head.split(",")
    assert ",pincer,30," in row
    assert record_pdf(record).startswith(b"%PDF")


def test_records_from_before_still_open() -> None:
    """An answer kept without the new figures reads as the shipped policy's."""
    answer = asked(UPPER).assessment
    assert answer is not None
    kept = Answer.of(answer).model_dump(mode="json")
    for name in ("bone", "policy", "policy_looser"):
        del kept[name]
    for finding in kept["findings"]:
        for name in (
            "p_meet",
            "p_meet_interval",
            "risk",
            "severity",
            "basis",
            "people",
        ):
            del finding[name]
    old = Answer.model_validate(kept)
    assert (old.policy, old.bone) == ("needlemap", None)


# --------------------------------------------------------------------- the command


def test_command_takes_grip_and_measured(capsys: pytest.CaptureFixture[str]) -> None:
    base = ["check", "--muscle", "upper trapezius", "--side", "left", "--depth", "10"]
    assert main([*base, "--grip", "pincer"]) == 2
    assert "needle.fold_mm" in capsys.readouterr().err
    assert main([*base, "--grip", "pincer", "--fold", "30", "--arm", "at side"]) == 0
    assert "Deepest" in capsys.readouterr().out
    assert main([*base, "--measured", "pleura-dome"]) == 2
    assert "STRUCTURE=MM" in capsys.readouterr().err
    assert main([*base, "--measured", "pleura-dome=45", "--posture", "prone"]) == 0


def test_command_refuses_a_looser_policy_unless_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(looser_policy(tmp_path))
    base = ["check", "--text", "6 cm left of T4", "--depth", "30"]
    assert main([*base, "--policy", path]) == 2
    assert "--allow-looser" in capsys.readouterr().err
    assert main([*base, "--allow-looser"]) == 2
    assert "--policy" in capsys.readouterr().err
    assert main([*base, "--policy", path, "--allow-looser"]) == 0
    assert "LOOSER than the shipped one" in " ".join(capsys.readouterr().out.split())
    # the next answer is by the shipped one again
    assert main(base) == 0
    assert "LOOSER" not in capsys.readouterr().out
