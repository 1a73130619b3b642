"""Techniques on the page: what a choice sets, what it asks for, how far it was left."""

from __future__ import annotations

import json
from typing import Any

from anatomy.muscles.technique_choices import technique_choices, usual_choice
from tests.viewer.atlas.test_atlas import words
from viewer.panels.needle.drawer import drawer
from viewer.panels.needle.technique_row import technique_row
from viewer.state import needle_fields, page_state, technique_fields
from viewer.state.plain import plain

TRAPEZIUS = {"muscle": "upper trapezius", "side": "left"}
SCAPULA = {"muscle": "infraspinatus", "side": "left"}


def site(request: dict[str, Any]) -> dict[str, Any]:
    """Return a site as the page keeps it."""
    return page_state.place("female", request)


def sent(parts: Any) -> list[dict[str, Any]]:
    """Return what the buttons of techniques set."""
    return [
        json.loads(value)
        for part in parts
        for item in [part, *part._traverse()]
        if (value := getattr(item, "data-technique", None)) is not None
    ]


def request_of(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the needle of the request that fields stand for."""
    return needle_fields.needle_request(
        **{
            name: fields.get(control)
            for control, name in needle_fields.NAMES.items()
            if control != "electrical"
        }
    )


def test_a_muscle_begins_with_its_usual_technique() -> None:
    placed = site(SCAPULA)
    assert placed["usual"]["technique"] == "infra-aap"
    assert placed["usual"]["depth"] == 15
    assert set(placed["usual"]) <= set(needle_fields.FIELDS)
    # a place that was measured, and one to leave out, have none
    assert "usual" not in site({"text": "6 cm left of T4"})
    assert site({"muscle": "intercostals", "side": "left"})["usual"] == {}


def test_what_is_not_given_is_empty_and_never_assumed() -> None:
    for choice in technique_choices("infraspinatus"):
        fields = technique_fields.choice_fields(choice)
        for name in choice.asked:
            assert fields.get(name) in (None, "")
        asked = request_of(fields)
        assert ("depth_mm" in asked) == ("depth" not in choice.asked)
        assert ("length_mm" in asked) == ("length" not in choice.asked)


def test_a_pincer_without_its_fold_has_no_answer() -> None:
    choice = usual_choice("upper trapezius")
    assert choice is not None
    fields = technique_fields.choice_fields(choice)
    placed = site(TRAPEZIUS)
    outcome = page_state.assess(placed, request_of(fields), {})
    assert (outcome.assessment, outcome.field) == (None, "needle.fold_mm")
    given = page_state.assess(placed, request_of({**fields, "fold": 30}), {})
    assert given.assessment is not None


def test_a_lean_without_a_direction_has_no_answer() -> None:
    outcome = page_state.assess(
        site(SCAPULA), needle_fields.needle_request(
            length_mm=40, depth_mm=20, tilt_deg=30, toward=None
        ), {},
    )  # fmt: skip
    assert outcome.field == "needle.direction.toward"
    assert outcome.message == "Choose which way the needle leans."


def test_the_row_shows_the_choice_and_what_is_open() -> None:
    placed = site(TRAPEZIUS)
    fields = placed["usual"]
    row = technique_row(placed, fields, fields["technique"])
    text = plain(row)
    assert "How: upper trapezius" in text
    assert "Pincer, in a fold" in text
    assert "60 people" in text
    assert "Not given by this source" in text
    assert "The thickness of the fold" in text
    assert '"aria-pressed":"true"' in text
    # every record is there by its source
    every = {c.technique.id for c in technique_choices("upper trapezius")}
    assert {s["technique"] for s in sent(row)} == every


def test_a_place_to_leave_out_is_said_and_cannot_be_pressed() -> None:
    label = "12th rib insertion"
    placed = site({"muscle": "quadratus lumborum", "side": "left", "site": label})
    left_out = [
        c for c in technique_choices("quadratus lumborum", label)
        if not c.technique.usual
    ]  # fmt: skip
    row = technique_row(placed, placed["usual"], None)
    assert left_out
    assert "Not a usual technique" in plain(row)
    pressed = {s["technique"] for s in sent(row)}
    assert not pressed & {c.technique.id for c in left_out}


def test_a_change_by_hand_is_said_and_taken_back() -> None:
    placed = site(SCAPULA)
    fields = placed["usual"]
    same = plain(technique_row(placed, fields, fields["technique"]))
    assert "Changed from" not in same
    row = technique_row(placed, {**fields, "depth": 22}, fields["technique"])
    assert "Changed from AAP Education 2015" in plain(row)
    assert "the depth" in plain(row)
    # a figure that was asked for is entered, not changed
    soleus = site({"muscle": "soleus", "side": "left"})
    own = soleus["usual"]
    text = plain(technique_row(soleus, {**own, "depth": 20}, own["technique"]))
    assert "Changed from" not in text


def test_no_muscle_no_choice() -> None:
    assert technique_row(None, {}, None) == []
    measured = technique_row(site({"text": "6 cm left of T4"}), {}, "infra-aap")
    assert sent(measured) == []
    assert "Name a muscle" in plain(measured)
    # the technique of another muscle counts as none
    other = plain(technique_row(site(TRAPEZIUS), {}, "infra-aap"))
    assert "No technique chosen" in other


def test_the_drawer_has_lengths_and_diameters() -> None:
    buttons = [item for item in drawer()._traverse() if hasattr(item, "data-length")]
    lengths = [float(getattr(b, "data-length")) for b in buttons]
    assert lengths == sorted(lengths)
    assert {25.0, 40.0, 75.0} <= set(lengths)
    assert "0.25 · 0.30 · 0.32" in str(drawer())


def told(parts: Any) -> list[str]:
    """Return the lines that say where a muscle's pain is felt."""
    lines = [p for p in parts if "referral" in getattr(p, "className", "")]
    return [" ".join(words(p).split()).replace(" .", ".") for p in lines]


def test_one_line_says_where_the_pain_of_the_muscle_is_felt() -> None:
    (line,) = told(technique_row(site(SCAPULA), {}, None))
    assert line.startswith("Pain felt: lateral upper arm (trigger points")
    assert "297 patients; Kwon J et al. 2017" in line
    assert "Patterns differ between people. 3 more patterns are on record" in line
    (line,) = told(technique_row(site({"muscle": "soleus", "side": "left"}), {}, None))
    assert "taught, not a study" in line
    assert line.endswith("Patterns differ between people.")


def test_a_muscle_without_a_pattern_has_no_line() -> None:
    """Nothing that was read says anything of it: not even that nothing is felt."""
    row = technique_row(site({"muscle": "supinator", "side": "left"}), {}, None)
    assert row
    assert told(row) == []
    assert told(technique_row(site({"text": "6 cm left of T4"}), {}, None)) == []
