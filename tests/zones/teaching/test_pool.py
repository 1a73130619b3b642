"""What exercises are drawn from: muscles too, plans that someone makes, told facts."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

from anatomy.muscles.catalogue import get_muscle, muscle_site
from zones.patients.request import unremarkable
from zones.sentences.figures import needle_words
from zones.teaching.generating import problems_of
from zones.teaching.kinds import make_acceptable, place_it, would_you
from zones.teaching.kinds.what_went_wrong import build, patient_of, usable_cases
from zones.teaching.needles import (
    deepest_plan_mm,
    draw_needle,
    through_mm,
    usual_longest_mm,
    with_arm,
)
from zones.teaching.pool import BODIES, Draw
from zones.teaching.settings import drawing


@pytest.mark.parametrize("body", BODIES)
def test_muscles_are_drawn_in_their_share(body: str) -> None:
    """The first sites are mixed as the file says, muscles among them."""
    share, many = drawing().sites.share_muscles, 40
    for seed in range(5):
        draw = Draw(random.Random(seed), body)
        muscles = sum("muscle" in draw.site() for _ in range(many))
        # five standard deviations of a fair draw
        width = 5.0 * (share * (1.0 - share) / many) ** 0.5
        assert abs(muscles / many - share) < width


def test_every_site_comes_once_before_any_comes_again() -> None:
    draw = Draw(random.Random(1), "male")
    first = json.dumps(draw.site(), sort_keys=True)
    rest = [json.dumps(draw.site(), sort_keys=True) for _ in range(len(draw._sites))]
    assert first not in rest
    assert len(set(rest)) == len(rest)


def plausible(site: dict[str, Any], body: str) -> float:
    """Return the deepest plan that anyone makes there, mm."""
    return deepest_plan_mm(site, body)


@pytest.mark.parametrize("body", BODIES)
def test_nobody_plans_75_mm_at_a_thumb(body: str) -> None:
    """No plan is deeper than a usual needle or past the middle of the body part."""
    thumb = {"point": "LU11", "side": "left", "body": body}
    assert deepest_plan_mm(thumb, body) <= 10.0
    for seed in range(30):
        draw = Draw(random.Random(seed), body)
        assert draw_needle(draw, thumb)["depth_mm"] <= 10.0
        assert draw_needle(draw, thumb)["length_mm"] <= 40.0
    # and where deep needles are used, they still are
    assert deepest_plan_mm({"point": "GB30", "side": "left"}, body) >= 50.0


@pytest.mark.parametrize("body", BODIES)
def test_drawn_plans_stay_within_what_is_usual(body: str) -> None:
    draw = Draw(random.Random(4), body)
    for _ in range(60):
        site = draw.site()
        needle = draw_needle(draw, site)
        assert needle["depth_mm"] <= needle["length_mm"]
        assert needle["depth_mm"] <= plausible(site, body)
        if "muscle" in site:
            spot = muscle_site(get_muscle(site["muscle"]), site["site"])
            if spot.needle_length_mm:
                assert needle["length_mm"] == pytest.approx(
                    max(spot.needle_length_mm[1], drawing().needle.depth_step_mm)
                )
        else:
            assert needle["length_mm"] <= max(drawing().needle.lengths_mm)


@pytest.mark.parametrize("make", [would_you.make, make_acceptable.make, place_it.make])
def test_exercises_ask_for_no_plan_that_nobody_makes(make: Any) -> None:
    """Also when a plan is bent toward a verdict, and as the answer of a placement."""
    for seed in range(6):
        item = make(Draw(random.Random(seed), BODIES[seed % 2]))
        if item is None or item.site is None or item.needle is None:
            continue
        if "muscle" in item.site or "point" in item.site:
            assert item.needle["depth_mm"] <= plausible(item.site, item.body)


def test_a_plan_tells_how_it_is_held() -> None:
    """Whatever changes the answer stands in the exercise."""
    plan = {"length_mm": 40.0, "depth_mm": 25.0}
    held = [
        ({"grip": "pincer", "fold_mm": 30.0}, "fold 30 mm"),
        ({"grip": "bone", "bone": "scapula"}, "to bone (scapula)"),
        ({"arm": "behind back"}, "arm behind back"),
        ({"posture": "prone"}, "prone"),
        ({"measured": [{"structure": "pleura", "depth_mm": 31.0}]}, "seen at 31 mm"),
    ]
    for more, words in held:
        assert words in needle_words({**plan, **more})
        assert words not in needle_words(plan)


def test_the_arm_is_told_where_the_check_asks_for_it() -> None:
    """Over the shoulder blade the position of the arm is drawn, elsewhere it is not."""
    blade = {"muscle": "infraspinatus", "site": "mid fossa", "side": "left"}
    needle = {"length_mm": 40.0, "depth_mm": 25.0}
    draw = Draw(random.Random(3), "male")
    patient = unremarkable({"sex": "male", "age": 40, "bmi": 22.0})
    here = {**blade, "body": "male"}
    assert "arm" in with_arm(draw, here, dict(needle), patient)
    thigh = {"point": "ST36", "side": "left", "body": "male"}
    assert "arm" not in with_arm(draw, thigh, dict(needle), patient)


def test_usual_needles_of_points() -> None:
    """In a muscle's search area its needle is usual, elsewhere none longer."""
    usual = drawing().needle.usual_length_mm
    assert usual_longest_mm({"point": "TE20", "side": "left"}, "male") <= usual
    assert usual_longest_mm({"point": "GB30", "side": "left"}, "male") > usual


def test_a_line_through_a_box() -> None:
    """The way out of a box 10 by 20 by 30 mm, straight and slanted."""
    x, y, z = (np.array(v) for v in np.meshgrid([0, 10], [0, 20], [0, 30]))
    corners = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(float)
    find = {tuple(c): i for i, c in enumerate(corners)}
    quads = []
    for axis, size in enumerate((10, 20, 30)):
        other = [a for a in range(3) if a != axis]
        spans = [(0, (10, 20, 30)[a]) for a in other]
        for level in (0, size):
            quad = []
            for one, two in ((0, 0), (1, 0), (1, 1), (0, 1)):
                place = [0.0, 0.0, 0.0]
                place[axis] = float(level)
                place[other[0]], place[other[1]] = spans[0][one], spans[1][two]
                quad.append(find[tuple(place)])
            quads.append(quad)
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    start = np.array([4.0, 0.0, 7.0])
    assert through_mm(corners[faces], start, np.array([0.0, 1.0, 0.0])) == 20.0
    slant = np.array([1.0, 1.0, 0.0]) / 2**0.5
    assert through_mm(corners[faces], start, slant) == pytest.approx(6.0 * 2**0.5)
    assert through_mm(corners[faces], start, np.array([0.0, -1.0, 0.0])) == np.inf


# --------------------------------------------------------------- published injuries


def test_what_the_record_holds_of_a_patient_is_told() -> None:
    """Sex, age, build and conditions: each is told where it was published."""
    for case in usable_cases():
        told, words = case["patient"], patient_of(case)
        assert ("sex was not published" in words) == (told["sex"] is None)
        unknown = told["age"] is None and not told["age_text"]
        assert ("age not published" in words) == unknown
        for name in ("age", "bmi", "age_text", "habitus", "conditions"):
            if told[name] is not None:
                value = told[name]
                shown = f"{value:g}" if isinstance(value, (int, float)) else value
                assert shown in words, (case["id"], name)


def test_a_patient_of_whom_only_the_sex_is_known() -> None:
    case = {"patient": {"sex": "female", "age": None, "habitus": "slender"}}
    assert patient_of(case) == ("A woman, age not published. Also published: slender.")
    assert patient_of({"patient": {"sex": None, "age": 40}}) == (
        "A patient whose sex was not published, 40 years old."
    )


def test_a_depth_in_words_is_not_called_unstated() -> None:
    """The source's own words of the depth are told with what is taken instead."""
    worded = [case for case in usable_cases() if case["needle"].get("depth_text")]
    assert worded
    for case in worded:
        rng = random.Random(2)
        made = next((i for b in BODIES if (i := build(rng, case, b))), None)
        if made is None:
            continue
        assert made.case is not None
        told = " ".join(made.case.estimates)
        assert case["needle"]["depth_text"] in told
        assert "states no depth" not in told
        return
    pytest.fail("no case with a depth in words makes an exercise")


def test_a_muscle_to_be_found_makes_a_fair_exercise() -> None:
    """Works that the catalogue cites in words only are no sources of an exercise."""
    made = 0
    for seed in range(40):
        draw = Draw(random.Random(seed), BODIES[seed % 2])
        item = place_it.make(draw)
        if item is None or item.target is None or "muscle" not in (item.site or {}):
            continue
        problems = problems_of(item)
        assert problems == (), problems
        made += 1
        if made == 4:
            return
    pytest.fail("no muscle was to be found in forty exercises")
