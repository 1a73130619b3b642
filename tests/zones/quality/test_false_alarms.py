"""Every alarm at the usual technique of a muscle is explained, and none is new."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from anatomy.muscles.usual_plan import usual_plan

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "docs"))

import make_false_alarms  # noqa: E402

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
    assert not silent, "docs/false_alarms.toml says nothing of: " + "; ".join(silent)


def test_the_page_is_that_of_the_data(checked: Checked) -> None:
    page = make_false_alarms.page(*checked)
    assert make_false_alarms.PAGE.read_text("utf-8") == page, (
        "the page is older than the data: run python docs/make_false_alarms.py"
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
    lines = "\n".join(make_false_alarms.unharmed([]))
    assert "| pop-us2022 | popliteus | 50 of 50 people |" in lines
    assert "40 of 40 people needled, of 60 in three arms (our count)" in lines
    assert "sup-fdlp2021" not in lines  # ten limbs
