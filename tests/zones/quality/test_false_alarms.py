"""Every alarm at the usual technique of a muscle is explained, and none is new."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest

from anatomy.errors import InputError
from anatomy.muscles.technique_models import Way
from anatomy.muscles.usual_plan import usual_plan
from zones.patients.request import unremarkable

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "docs" / "make"))

import make_false_alarms  # noqa: E402

RHOMBOID = ("rhomboid major", "between T2-T5 spinous processes and medial border")
Checked = tuple[list[make_false_alarms.Row], list[str]]


@pytest.fixture(scope="module")
def checked() -> Checked:
    return make_false_alarms.check_all()


def test_every_alarm_is_defended(checked: Checked) -> None:
    rows, left_out = checked
    assert len(rows) + len(left_out) >= 150
    notes = make_false_alarms.load_notes()
    alarms = [row for row in rows if make_false_alarms.is_alarm(row)]
    silent = [
        f"{row.muscle}: {row.site} ({row.zone})"
        for row in alarms
        if not make_false_alarms.note_of(row, notes)
    ]
    assert not silent, "docs/decisions/false_alarms.toml says nothing of: " + "; ".join(
        silent
    )


def test_few_usual_techniques_alarm(checked: Checked) -> None:
    flat = [row for row in checked[0] if not row.lifted]
    alarms = [row for row in flat if make_false_alarms.is_alarm(row)]
    assert len(alarms) <= 0.15 * len(flat)


def test_no_source_goes_deeper_into_its_needle_than_we_assume() -> None:
    assert min(make_false_alarms.short_of_needle()) >= make_false_alarms.HANDLE_MM


def test_a_tilt_without_a_way_is_answered_by_the_strictest_way() -> None:
    plan = usual_plan(*RHOMBOID)
    assert plan is not None
    found = make_false_alarms.needles_of(plan)
    assert found is not None
    needles, assumed = found
    assert "direction" in assumed
    assert {needle["direction"]["toward"] for needle in needles} == set(get_args(Way))
    place = {"muscle": RHOMBOID[0], "site": RHOMBOID[1], "side": "left"}
    patient = unremarkable({"sex": "female"})
    # the skin of the back faces backward: no needle leans that way
    alone = [
        make_false_alarms.answer_of(place, [needle], patient, bone=False)
        for needle in needles
        if needle["direction"]["toward"] not in ("anterior", "posterior")
    ]
    every = make_false_alarms.answer_of(place, needles, patient, bone=False)
    assert every.verdict.rank >= max(answer.verdict.rank for answer in alone)
    with pytest.raises(InputError):
        facing = [{**needles[0], "direction": {"tilt_deg": 60, "toward": "upward"}}]
        make_false_alarms.answer_of(place, facing, patient, bone=False)


def test_the_page_is_that_of_the_data(checked: Checked) -> None:
    page = make_false_alarms.page(*checked)
    assert make_false_alarms.PAGE.read_text("utf-8") == page, (
        "the page is older than the data: run python docs/make/make_false_alarms.py"
    )


def test_each_plan_is_that_of_the_techniques(checked: Checked) -> None:
    """A depth that no source gives is said to be assumed, one that is given is used."""
    for row in checked[0]:
        plan = usual_plan(row.muscle, row.site)
        assert plan is not None
        assert (row.technique, row.basis) == (plan.technique.id, plan.technique.basis)
        assert ("depth" in row.assumed) == (plan.depth_mm is None)
        if plan.depth_mm is not None:
            assert row.depth_mm == plan.depth_mm
        if plan.direction is None:
            assert "direction" in row.assumed


def test_a_pincer_is_no_alarm_and_is_listed_apart(checked: Checked) -> None:
    rows, _ = checked
    lifted = [row for row in rows if row.lifted]
    assert any(make_false_alarms.is_alarm(row) for row in lifted)
    page = make_false_alarms.PAGE.read_text("utf-8")
    alarms, rest = page.split("## Pincers")
    pincers = rest.split("## No alarm")[0]
    for row in lifted:
        line = f"| {row.muscle}: {row.site} |"
        assert line in pincers
        assert line not in alarms
        assert row.fold and not row.aimed_at


def test_a_needle_is_aimed_at_bone_where_the_technique_says_so(
    checked: Checked,
) -> None:
    aimed = [row for row in checked[0] if row.aimed_at]
    assert aimed
    for row in aimed:
        plan = usual_plan(row.muscle, row.site)
        assert plan is not None and make_false_alarms.aims_at_bone(plan)


def test_techniques_done_in_many_without_injury_are_listed_apart() -> None:
    lines = "\n".join(make_false_alarms.unharmed([], {"zone": {}, "site": {}}))
    assert "| pop-us2022 | popliteus | 50 of 50 people |" in lines
    assert "40 of 40 people needled, of 60 in three arms (our count)" in lines
    assert "sup-fdlp2021" not in lines  # ten limbs
