"""Figures of a class on answers whose figures are known."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.quality.replay import wilson
from zones.teaching.answers import Misplaced
from zones.teaching.courses.statistics import (
    Answered,
    error_statistics,
    first_answers,
    item_statistics,
    misplaced_needles,
    point_biserial,
    upper_lower,
    zone_statistics,
)


def row(learner: int, item: str, right: bool, **more: object) -> Answered:
    """Return an answer."""
    return Answered.model_validate(
        {
            "learner": f"learner {learner:03}",
            "item_id": item,
            "kind": "would_you",
            "score": 1.0 if right else 0.0,
            "right": right,
            "zones": ("pleura",),
            **more,
        }
    )


def class_of_twenty() -> list[Answered]:
    """Return answers of 20 learners: on "easy" all are right, "sharp" parts them."""
    rows = []
    for who in range(20):
        strong = who >= 10
        rows += [
            row(who, "easy", True),
            row(who, "sharp", strong),
            row(who, "like", strong),
            row(who, "alike", strong),
            row(who, "other", who >= 5, zones=("kidney",)),
            row(who, "odd", not strong, zones=("kidney", "pleura")),
        ]
    return rows


def test_difficulty_is_the_share_right() -> None:
    found = {r.item_id: r for r in item_statistics(class_of_twenty())}
    assert found["easy"].difficulty == 1.0
    assert found["sharp"].difficulty == 0.5
    assert found["other"].difficulty == 0.75
    assert found["other"].low < 0.75 < found["other"].high


def test_discrimination_parts_strong_from_weak() -> None:
    found = {r.item_id: r for r in item_statistics(class_of_twenty())}
    sharp = {d.method: d.value for d in found["sharp"].discrimination}
    odd = {d.method: d.value for d in found["odd"].discrimination}
    assert sharp["point_biserial"] is not None and sharp["point_biserial"] > 0.5
    assert sharp["upper_lower_27"] == 1.0
    assert odd["point_biserial"] is not None and odd["point_biserial"] < -0.5
    assert odd["upper_lower_27"] == -1.0
    easy = found["easy"].discrimination[0]
    assert easy.value is None and "the same" in easy.note


def test_point_biserial_against_a_known_value() -> None:
    # mean of the right 7, of the wrong 4, standard deviation (N) 2, half right
    rest = [5.0, 9.0, 7.0, 7.0, 2.0, 6.0, 4.0, 4.0]
    right = [1, 1, 1, 1, 0, 0, 0, 0]
    spread = float(np.std(rest))
    expected = (7.0 - 4.0) / spread * 0.5
    assert point_biserial(right, rest) == pytest.approx(expected)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40))
def test_both_measures_stay_within_bounds(pairs: list[tuple[bool, float]]) -> None:
    right = [float(a) for a, _ in pairs]
    rest = [b for _, b in pairs]
    for measure in (point_biserial, upper_lower):
        value = measure(right, rest)
        assert value is None or -1.0 <= value <= 1.0
        shuffled = list(zip(right, rest, strict=True))
        random.Random(1).shuffle(shuffled)
        again = measure([a for a, _ in shuffled], [b for _, b in shuffled])
        assert (again is None) == (value is None)
        if value is not None:
            assert again == pytest.approx(value)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_too_few_answers_give_no_figure(count: int) -> None:
    rows = [row(who, item, True) for who in range(count) for item in ("a", "b")]
    for found in item_statistics(rows):
        assert found.difficulty is None and "too few" in found.note
        assert all(d.value is None and d.note for d in found.discrimination)
    zone = zone_statistics([row(who, "a", False) for who in range(count)])[0]
    assert zone.share is None and "too few" in zone.note


def test_nothing_at_all() -> None:
    assert item_statistics([]) == [] and zone_statistics([]) == []
    assert misplaced_needles([]) == []


def test_an_answer_counts_once() -> None:
    rows = [row(1, "a", False), row(1, "a", True), row(2, "a", True)]
    assert [r.right for r in first_answers(rows)] == [False, True]
    twice = class_of_twenty() + class_of_twenty()
    assert item_statistics(twice) == item_statistics(class_of_twenty())


def test_the_zone_that_fails_most_comes_first() -> None:
    rows = [row(who, "a", who >= 9, zones=("pleura",)) for who in range(10)]
    rows += [row(who, "b", who >= 4, zones=("kidney",)) for who in range(10)]
    rows += [row(1, "c", False, zones=("heart",))]
    found = zone_statistics(rows)
    assert [r.zone for r in found] == ["pleura", "heart", "kidney"]
    assert found[0].share == 0.9 and found[2].share == 0.4
    assert found[1].share is None


def test_misplaced_needles_by_picture() -> None:
    def at(chart: str, x: float, off: float) -> dict[str, object]:
        spot = Misplaced(body="male", chart=chart, x_mm=x, y_mm=1.0, distance_mm=off)
        errors = ("place",) if off > 10 else ()
        return {"misplaced": spot, "errors": errors, "kind": "place_it"}

    rows = [
        row(1, "a", False, **at("posterior", 5.0, 20.0)),
        row(2, "a", True, **at("posterior", 6.0, 2.0)),
        row(3, "b", False, **at("anterior", 7.0, 30.0)),
        row(4, "c", False),
    ]
    assert [m.x_mm for m in misplaced_needles(rows)] == [5.0, 7.0]
    assert [m.x_mm for m in misplaced_needles(rows, chart="posterior")] == [5.0]
    every = misplaced_needles(rows, wrong_only=False, body="male")
    assert [m.x_mm for m in every] == [5.0, 6.0, 7.0]
    assert misplaced_needles(rows, body="female") == []


def test_kinds_of_error_count_where_they_were_asked() -> None:
    """Of the answers that could fail in a skill, how many did; the first ones only."""
    skills = {"x": ("verdict", "reason"), "y": ("place",)}

    rows = [row(n, "x", False, errors=("reason",)) for n in range(8)]
    rows += [row(n, "x", True) for n in range(8, 12)]
    rows += [
        row(0, "y", False, errors=("place",)),
        row(0, "x", True),
        row(1, "z", False, errors=("depth",)),
    ]
    found = {one.skill: one for one in error_statistics(rows, skills)}
    assert (found["reason"].wrong, found["reason"].count) == (8, 12)
    assert found["reason"].share == pytest.approx(8 / 12)
    assert (found["reason"].low, found["reason"].high) == wilson(8, 12)
    assert (found["verdict"].wrong, found["verdict"].count) == (0, 12)
    assert found["place"].share is None
    assert "too few" in found["place"].note
    assert (found["depth"].wrong, found["depth"].count) == (1, 1)
    order = [one.low for one in error_statistics(rows, skills)]
    assert order == sorted(order, reverse=True)
