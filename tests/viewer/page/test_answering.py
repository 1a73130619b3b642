"""Answers in one round trip: which move counts, what changes, plain parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dash import Patch, dcc, html, no_update

from viewer.page import tap as answering
from viewer.panels.card.card import questions, summary
from viewer.panels.patient import callbacks
from viewer.panels.patient.questions import question_row
from viewer.state import page_state
from viewer.state.plain import plain
from zones.knowledge.facts import load_facts

NEEDLE = {"length_mm": 40, "depth_mm": 25, "direction": "perpendicular"}


def fact(name: str, value: Any, at: str = "panel", **more: Any) -> dict[str, Any]:
    return {"type": "fact", "name": name, "at": at, "value": value, **more}


# ------------------------------------------------------------------- moves


def test_a_move_counts_once_and_the_last_one_wins() -> None:
    tap, nudge = {"at": 5}, {"at": 9}
    moves = {"tap": tap, "nudge": nudge}
    assert answering.fresh_move(moves, None, ["tap"]) == "nudge"
    assert answering.fresh_move(moves, {"nudge": 9}, ["units"]) == "tap"
    assert answering.fresh_move(moves, {"tap": 5, "nudge": 9}, ["tap"]) is None
    # a site that came by name afterwards outranks what was not answered
    assert answering.fresh_move(moves, None, ["site-store", "patient-store"]) is None
    assert answering.fresh_move({"tap": None, "nudge": None}, None, ["tap"]) is None


def test_while_marking_a_tap_moves_nothing() -> None:
    now = {"body": "female", "chart": "posterior"}
    tap = {"x": -60.0, "y": 1250.0, "view": "female/posterior", "at": 1}
    moves: dict[str, Any] = {"tap": tap, "nudge": None}
    site, words = answering._moved("tap", moves, now, None, {"fact": None})
    assert site is not None
    assert words == ""
    marking = {"fact": "skin_damaged"}
    assert answering._moved("tap", moves, now, None, marking) == (None, None)
    beside = {**moves, "tap": {**tap, "x": 390.0, "y": 1690.0}}
    site, words = answering._moved("tap", beside, now, site, None)
    assert site is None
    assert "stays where it was" in str(words)


def test_the_answer_is_about_the_body_of_the_patients_sex() -> None:
    site = page_state.place("female", {"text": "6 cm left of T4"})
    shown = {"body": "female", "chart": "posterior"}
    other = {**shown, "body": "male"}
    moved, gone = answering._on_shown_body(site, {"sex": "male"}, shown)
    assert moved is not None
    assert (moved["body"], moved["side"], gone) == ("male", "left", "")
    # the map follows a moment later
    assert answering._on_shown_body(site, {"sex": "female"}, other) == (site, "")
    # of a patient whose sex was not asked it is the body that is shown
    assert answering._on_shown_body(site, {}, shown) == (site, "")
    assert answering._on_shown_body(site, {}, other) == (moved, "")
    assert answering._on_shown_body(None, {}, other) == (None, "")


# ------------------------------------------------------------------- answers


def test_answers_are_taken_in_their_order() -> None:
    items = [
        fact("anticoagulant", "yes", detail="warfarin"),
        fact("faints", "yes", "card"),
        fact("faints", "unknown", "open"),
        fact("pregnant", "no"),
        {"type": "detail", "name": "anticoagulant", "value": "apixaban"},
        fact("no such fact", "yes"),
    ]
    new = callbacks.taken({"age": 31}, items, None)
    assert new == {"age": 31, "anticoagulant": "apixaban", "pregnant": False}
    # a row of the card that was only drawn answers nothing
    drawn = [fact("pregnant", "unknown", "card")]
    assert callbacks.taken(new, drawn, None) == new
    assert callbacks.taken(new, [{"type": "clear-patient"}], None) == {}
    found = callbacks.taken({}, [{"type": "nothing-found"}], None)
    assert found["bleeding_disorder"] is False


def test_an_answer_is_heard_once() -> None:
    """A response that was dropped: its answers are taken up with the next request."""
    items = [
        {**fact("faints", "yes", "open"), "seq": 1},
        {**fact("pregnant", "no", "open"), "seq": 2},
    ]
    assert callbacks.heard({}, None, 0, None, None) == ({}, 0)
    found = {"faints": True, "pregnant": False}
    assert callbacks.heard({}, items, 0, None, None) == (found, 2)
    # told again after the first was heard, while another has changed it since
    assert callbacks.heard({"faints": False}, items, 1, None, None) == (
        {"faints": False, "pregnant": False},
        2,
    )
    assert callbacks.heard({"age": 31}, items, 2, None, None) == ({"age": 31}, 2)


def test_a_mark_needs_a_needle() -> None:
    mark = [{"type": "mark", "name": "skin_damaged", "value": True}]
    assert callbacks.taken({}, mark, None) == {}
    site = page_state.place("female", {"text": "6 cm left of T4"})
    assert len(callbacks.taken({}, mark, site)["skin_damaged"]) == 1


def test_a_response_names_only_what_it_changes() -> None:
    old = {"age": 31, "faints": True, "pregnant": False}
    assert callbacks.changes(old, dict(old)) is no_update
    assert callbacks.changes(old, {}) == {}
    patch = callbacks.changes(old, {"age": 31, "pregnant": True, "bmi": 20.0})
    assert isinstance(patch, Patch)
    done = {
        (step["operation"], step["location"][0])
        for step in patch.to_plotly_json()["operations"]
    }
    assert done == {("Delete", "faints"), ("Assign", "pregnant"), ("Assign", "bmi")}
    # False and 0 are not the same answer as none
    assert callbacks.changes({}, {"faints": False}) is not no_update


def test_rows_say_what_is_hidden_counted_and_marked() -> None:
    area = {"site": {"text": "T4"}, "radius_mm": 20.0}
    shown = callbacks.row_states({"pregnant": True, "skin_damaged": [area]})
    assert "gestation_weeks" not in shown["hidden"]
    assert shown["marked"] == {"skin_damaged": " 1 marked on the body"}
    assert set(shown["counts"]) == {g.name for g in load_facts().groups}
    assert any(text.startswith("1 of ") for text in shown["counts"].values())


# ------------------------------------------------------------------- plain parts


def test_the_card_is_plain() -> None:
    """Verdict, changes and reasons need no component of their own on the page."""
    site = page_state.place("female", {"text": "6 cm left of T4"})
    outcome = page_state.assess(site, NEEDLE, {})
    text = plain(summary(outcome, NEEDLE))
    assert "DANGER" in text
    assert "pneumothorax" in text
    with pytest.raises(TypeError, match="must be an element"):
        plain(questions(outcome, {}))  # its questions are controls


def test_plain_parts_carry_texts_and_attributes_only() -> None:
    part = html.P(
        ["a <b>", 3, None, html.B("c", id="word"), False],
        className="x",
        title=None,
        style={"color": "red"},
        **{"data-to": "here", "aria-hidden": "true"},
    )
    assert json.loads(plain([part, "end"])) == [
        [
            "p",
            {
                "class": "x",
                "style": {"color": "red"},
                "data-to": "here",
                "aria-hidden": "true",
            },
            ["a <b>", "3", ["b", {"id": "word"}, ["c"]]],
        ],
        "end",
    ]
    for wrong in (
        dcc.Store(id="s"),
        html.Script("alert(1)"),
        html.B(id={"type": "x"}),
        question_row(load_facts()["pregnant"]),
    ):
        with pytest.raises(TypeError):
            plain(wrong)
