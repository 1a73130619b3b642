"""What is due again, and when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import InputError, UnknownNameError
from zones.teaching.answers import answer
from zones.teaching.courses.schedule import (
    KIND_OF,
    due,
    new_state,
    next_exercise,
    progress,
    review,
)
from zones.teaching.generating import generate
from zones.teaching.items import SKILLS

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def learnt(scores: list[float], zone: str = "pleura") -> dict[str, object]:
    """Return the state after one answer a day."""
    state = new_state()
    for day, score in enumerate(scores):
        state = review(
            state, {"verdict": score}, zones=[zone], now=START + timedelta(days=day)
        )
    return state


def test_right_answers_come_back_later() -> None:
    right = progress(learnt([1.0, 1.0, 1.0]), now=START + timedelta(days=2))[0]
    wrong = progress(learnt([0.0, 0.0, 0.0]), now=START + timedelta(days=2))[0]
    assert right.due > wrong.due
    assert (right.right, right.count) == (3, 3)
    assert (wrong.right, wrong.count) == (0, 3)


def test_what_is_not_due_is_not_asked() -> None:
    state = learnt([1.0, 1.0, 1.0])
    assert due(state, now=START + timedelta(days=2)) == []
    later = due(state, now=START + timedelta(days=400))
    assert [r.zone for r in later] == ["pleura"]
    assert later[0].recall < 0.95
    assert next_exercise(state, now=START + timedelta(days=400)) == (
        "would_you",
        ("pleura",),
    )


def test_the_weakest_come_first() -> None:
    state = new_state()
    for zone, score in (("heart", 1.0), ("kidney", 0.0), ("pleura", 0.6)):
        for day in range(3):
            now = START + timedelta(days=day)
            state = review(state, {"reason": score}, zones=[zone], now=now)
    rows = progress(state, now=START + timedelta(days=30))
    assert [r.zone for r in rows] == ["kidney", "pleura", "heart"]


def test_the_state_is_plain_and_not_changed_in_place() -> None:
    before = learnt([1.0])
    text = json.dumps(before)
    after = review(before, {"verdict": 0.0}, zones=["pleura"], now=START)
    assert json.dumps(before) == text != json.dumps(after)
    assert json.loads(json.dumps(after)) == after


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_same_answers_same_state(scores: list[float]) -> None:
    first, second = learnt(scores), learnt(scores)
    assert first == second
    row = progress(first, now=START + timedelta(days=40))[0]
    assert 0.0 <= row.recall <= 1.0 and row.count == len(scores)


def test_a_late_answer_is_counted() -> None:
    state = review(new_state(), {"question": 1.0}, zones=["heart"], now=START)
    earlier = START - timedelta(hours=3)
    again = review(state, {"question": 1.0}, zones=["heart"], now=earlier)
    assert progress(again, now=START)[0].count == 2


def test_feedback_is_taken_as_it_is() -> None:
    item = generate("would_you", 2, zones=["pleura"])
    right = {q.skill: q.right for q in item.questions}
    state = review(new_state(), answer(item, {"choices": right}), now=START)
    keys = {f"{zone}|{skill}" for zone in item.zones for skill in item.skills}
    assert set(state["cards"]) == keys


def test_every_skill_has_a_kind() -> None:
    assert set(KIND_OF) == set(SKILLS)


def test_bad_input() -> None:
    with pytest.raises(UnknownNameError, match="pleura"):
        review(new_state(), {"verdict": 1.0}, zones=["plura"])
    with pytest.raises(UnknownNameError, match="verdict"):
        review(new_state(), {"verdct": 1.0}, zones=["pleura"])
    with pytest.raises(InputError, match="from 0 to 1"):
        review(new_state(), {"verdict": 1.5}, zones=["pleura"])
    with pytest.raises(InputError, match="from 0 to 1"):
        review(new_state(), {"verdict": float("nan")}, zones=["pleura"])
    with pytest.raises(InputError, match="time zone"):
        due(new_state(), now=datetime(2026, 3, 1))
    for state in ({}, {"schema": 9, "cards": {}}, {"schema": 1, "cards": {"a": 1}}):
        with pytest.raises(InputError, match="cannot be read"):
            progress(state)
    broken = {"card": {}, "right": 0, "count": 1, "score": 0.0}
    with pytest.raises(InputError, match="cannot be read"):
        progress({"schema": 1, "cards": {"pleura|verdict": broken}})
