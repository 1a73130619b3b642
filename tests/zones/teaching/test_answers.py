"""What comes back on an answer."""

from __future__ import annotations

from typing import Any

import pytest

from anatomy.errors import InputError, NeedlemapError, UnknownNameError
from zones.pictures.section import site_section
from zones.teaching.answers import answer
from zones.teaching.courses.written import Written, written_item
from zones.teaching.generating import generate
from zones.teaching.items import Item


def right_response(item: Item) -> dict[str, Any]:
    """Return the answer that is right."""
    if item.kind == "place_it":
        assert item.target is not None
        found: dict[str, Any] = {"site": {"xyz_mm": list(item.target.xyz_mm)}}
        if item.target.depth_mm is not None:
            found["needle"] = {"depth_mm": item.target.depth_mm}
        return found
    if item.kind == "make_acceptable":
        assert item.solution is not None
        return {"site": item.solution.site, "needle": item.solution.needle}
    return {"choices": {q.skill: q.right for q in item.questions}}


KINDS = ("place_it", "would_you", "make_acceptable", "ask_right", "what_went_wrong")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_the_right_answer_is_right(kind: str, seed: int) -> None:
    item = generate(kind, seed)
    back = answer(item, right_response(item))
    assert back.right and back.score == 1.0 and not back.errors
    assert back.words[0] == "Right."
    assert set(back.parts) == set(item.skills)
    assert back.sources == item.sources


@pytest.mark.parametrize("kind", ["would_you", "ask_right", "what_went_wrong"])
def test_a_wrong_choice_is_wrong(kind: str) -> None:
    item = generate(kind, 3)
    wrong = {
        q.skill: next(c.id for c in q.choices if c.id != q.right)
        for q in item.questions
    }
    back = answer(item, {"choices": wrong})
    assert not back.right and back.score == 0.0
    assert set(back.errors) == set(item.skills)
    for question in item.questions:
        assert any(question.choice().text in word for word in back.words)


def test_half_right_is_half() -> None:
    item = generate("would_you", 3)
    verdict, reason = item.questions
    wrong = next(c.id for c in reason.choices if c.id != reason.right)
    back = answer(item, {"choices": {"verdict": verdict.right, "reason": wrong}})
    assert (back.score, back.right, back.errors) == (0.5, False, ("reason",))


def test_the_cross_section_can_be_drawn() -> None:
    for kind in KINDS:
        item = generate(kind, 2)
        back = answer(item, right_response(item))
        request = back.request
        cut = site_section(back.assessment, request["needle"], request["patient"])
        assert cut is not None


GB21 = Written(kind="place_it", site={"point": "GB21", "side": "left"})
GB21_DEPTH = GB21.model_copy(update={"patient": {"age": 31, "bmi": 21.0}})


def test_placement_by_chart_and_side() -> None:
    item = written_item(GB21)
    target = item.target
    assert target is not None
    there = {"chart": target.chart, "x_mm": target.x_mm, "y_mm": target.y_mm}
    back = answer(item, {"site": there})
    assert back.right
    assert back.misplaced is not None and back.misplaced.chart == item.chart
    assert back.misplaced.x_mm == pytest.approx(target.x_mm, abs=0.5)
    other = answer(item, {"site": {"point": "GB21", "side": "right"}})
    assert not other.right and other.errors == ("place",)
    assert "left and right" in other.words[1]


def test_farther_is_never_better() -> None:
    item = written_item(GB21)
    scores = [answer(item, {"site": {"point": "GB21", "side": "left"}}).score]
    assert item.target is not None
    x, y = item.target.x_mm, item.target.y_mm
    for off in (8.0, 16.0, 24.0, 32.0, 60.0):
        site = {"chart": item.chart, "x_mm": x + off, "y_mm": y}
        try:
            scores.append(answer(item, {"site": site}).score)
        except NeedlemapError:
            break
    assert len(scores) > 3
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 1.0


def test_past_the_limit_is_wrong_however_near() -> None:
    item = written_item(GB21_DEPTH)
    assert item.target is not None and item.target.depth_mm is not None
    site = {"point": "GB21", "side": "left"}
    limit = item.target.depth_mm
    at = answer(item, {"site": site, "needle": {"depth_mm": limit}})
    past = answer(item, {"site": site, "needle": {"depth_mm": limit + 1.0}})
    assert at.right and not past.right
    assert past.errors == ("depth",) and past.parts["depth"] == 0.0
    assert past.assessment.verdict >= "DANGER"
    tilted = answer(
        item,
        {
            "site": site,
            "needle": {
                "depth_mm": limit,
                "direction": {"tilt_deg": 40.0, "toward": "lateral"},
            },
        },
    )
    assert tilted.parts["depth"] < 0.5 and tilted.score < at.score


def test_depth_must_be_given_where_it_is_asked() -> None:
    item = written_item(GB21_DEPTH)
    with pytest.raises(InputError, match="how deep"):
        answer(item, {"site": {"point": "GB21", "side": "left"}})


def test_time_takes_part_when_there_is_a_limit() -> None:
    item = written_item(GB21)
    there = {"site": {"point": "GB21", "side": "left"}, "seconds": 90.0}
    assert answer(item, there, time_limit_s=60.0).score < 1.0
    assert answer(item, there).score == 1.0


PLAN = Written(
    kind="make_acceptable",
    site={"point": "GB21", "side": "left"},
    needle={"length_mm": 40.0, "depth_mm": 30.0},
    change=("depth",),
)


def test_only_what_is_permitted_may_be_changed() -> None:
    item = written_item(PLAN)
    far = answer(item, {"site": {"point": "ST36", "side": "left"}})
    assert not far.right and "site must not be changed" in far.words[1]
    lean = {"direction": {"tilt_deg": 30.0, "toward": "lateral"}}
    assert "direction must not" in " ".join(answer(item, {"needle": lean}).words)
    shallow = answer(item, {"needle": {"depth_mm": 1.0}})
    assert not shallow.right and "too shallow" in shallow.words[1]
    same = answer(item, {"needle": {"depth_mm": 30.0}})
    assert not same.right and same.errors == ("change",)
    assert answer(item, {"needle": {"depth_mm": 5.0}}).right


def test_a_grip_or_a_reading_is_no_way_out_that_was_not_given() -> None:
    """The learner may change what the exercise names, and no fact of the needling."""
    item = written_item(PLAN)
    for more in (
        {"grip": "pincer", "fold_mm": 40.0},
        {"measured": [{"structure": "pleura-dome", "depth_mm": 60.0}]},
        {"arm": "at side"},
    ):
        back = answer(item, {"needle": {"depth_mm": 5.0, **more}})
        assert not back.right and "must not be changed" in back.words[1]


def test_another_site_must_be_near() -> None:
    item = written_item(PLAN.model_copy(update={"change": ("depth", "site")}))
    far = answer(item, {"site": {"point": "ST36", "side": "left"}})
    assert not far.right and "mm away" in far.words[1]


def test_bad_answers_say_what_is_wrong() -> None:
    item = generate("would_you", 1)
    with pytest.raises(InputError, match=r"response\.choices\.verdict must be"):
        answer(item, {})
    with pytest.raises(UnknownNameError, match="choice"):
        answer(item, {"choices": {"verdict": "DANGR", "reason": "r1"}})
    with pytest.raises(UnknownNameError, match="question"):
        answer(item, {"choices": {"verdct": "DANGER"}})
    with pytest.raises(UnknownNameError, match="choices"):
        answer(item, {"choice": {}})
    with pytest.raises(InputError, match="site must say"):
        answer(written_item(GB21), {})
    with pytest.raises(NeedlemapError):
        answer(written_item(GB21), {"site": {"chart": "anterior", "x_mm": 0.0}})
    with pytest.raises(InputError, match="must change something"):
        answer(written_item(PLAN), {})
