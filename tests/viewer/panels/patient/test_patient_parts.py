"""Parts of the page: search answers, open questions, marks, units, examples, picker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dash import no_update

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import get_muscle, muscle_names, point_names
from anatomy.muscles.technique_labels import technique_tags
from tests.viewer.panels.card.test_page_card import text_of, walk
from viewer.map.area_marks import area_marks
from viewer.map.find import muscle_picker
from viewer.map.find.search_box import asked_place
from viewer.panels.card.card import instead, reasons
from viewer.panels.patient import examples, open_questions, painting
from viewer.panels.patient.units_control import fitted, index_words, read, unread
from viewer.state import page_state
from viewer.state.named_sites import spelled_out
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.knowledge.facts import load_facts
from zones.patients.patient import parse_patient
from zones.patients.presets import load_presets

NEEDLE = {"length_mm": 40, "depth_mm": 5, "electrical": False}


def placed(text: str, body: str = "female") -> dict[str, Any]:
    return page_state.place(body, {"text": text})


# ------------------------------------------------------------------- search


def test_a_text_that_can_mean_one_place_only_is_placed() -> None:
    site, error = asked_place("gb 21 r", None, "female")
    assert site is not None
    assert error == ""
    named = spelled_out(load_body("female"), site["request"])
    assert (named["point"], site["side"]) == ("GB21", "right")
    site, error = asked_place("", {"request": {"point": "LI4", "side": "left"}}, "male")
    assert site is not None
    assert site["side"] == "left"


def test_a_text_without_a_side_offers_both_and_places_nothing() -> None:
    for words in ("gb 21", "4 cm below the acromon"):
        site, error = asked_place(words, None, "female")
        assert site is None
        buttons = [c for c in walk(error) if getattr(c, "className", "") == "choice"]
        shown = text_of(buttons)
        assert "left" in shown
        assert "right" in shown
    site, error = asked_place("  ", None, "female")
    assert site is None
    assert "Name a site" in error


def test_a_site_is_offered_once() -> None:
    """Two of the nearest names may be those of one muscle."""
    _, error = asked_place("right infraspinatus6 cm left of T4", None, "female")
    picks = [getattr(c, "data-pick", "") for c in walk(error)]
    offered = [pick for pick in picks if pick]
    assert offered
    assert len(offered) == len(set(offered))


# ------------------------------------------------------------------- questions


def test_an_answered_question_stays_until_the_needle_moves() -> None:
    here, there = placed("6 cm left of T4"), placed("6 cm right of T4")
    first = open_questions.listed(None, here, ["pregnant", "inr"], {})
    later = open_questions.listed(first, here, ["faints"], {"pregnant": False})
    assert later["names"] == ["pregnant", "faints"]  # inr is open no more, not answered
    moved = open_questions.listed(later, there, ["faints"], {"pregnant": False})
    assert moved["names"] == ["faints"]


def test_open_questions_are_rows_that_can_be_answered() -> None:
    names = ["pregnant", "age", "anticoagulant"]
    shown = open_questions.rows(names, {"pregnant": True}, names)
    ids = [
        c.id
        for c in walk(shown)
        if isinstance(getattr(c, "id", None), dict) and c.id["type"] == "fact"
    ]
    assert [(i["name"], i["at"]) for i in ids] == [
        ("pregnant", "open"),
        ("anticoagulant", "open"),
    ]
    assert "age" in text_of(shown)
    assert open_questions.ALL_ANSWERED in text_of(open_questions.rows([], {}, []))


def test_a_figure_that_was_given_is_not_called_open() -> None:
    """Rows of answered questions stay, but "also open" names none of them."""
    names = ["pregnant", "age", "bmi"]
    for given, left in (
        ({"age": 31}, ""),
        ({"age": 31, "height_cm": 170, "weight_kg": 65}, ""),
        ({"height_cm": 170, "weight_kg": 65}, "age"),
        ({"bmi": 21.0}, "age"),
    ):
        site = placed("6 cm left of T4")
        answer = page_state.assess(site, {"depth_mm": 25.0, "length_mm": 40.0}, given)
        assert answer.assessment is not None
        still = answer.assessment.open_questions
        text = text_of(open_questions.rows(names, given, still))
        assert ("Also open" in text) == bool(left)
        for label in ("age", "body mass index"):
            assert (f"above: {label}." in text) == (label == left)


# ------------------------------------------------------------------- marks


def test_a_mark_stops_there_on_both_bodies_and_not_beside() -> None:
    chart = page_state.load_body("female").charts["posterior"]
    spot = placed("6 cm left of T8")
    x, y = (float(v) for v in chart.project(np.array(spot["xyz"]))[0])
    clicked = page_state.place(
        "female", page_state.clicked_request("female", "posterior", x, y)
    )
    patient = painting.marked({}, "local_skin_infection", clicked, 20)
    assert "body" not in patient["local_skin_infection"][0]["site"]
    for sex in ("female", "male"):
        facts = {**patient, "sex": sex}
        needle = page_state.moved_to(sex, clicked)
        there = page_state.assess(needle, NEEDLE, facts).assessment
        beside = check_site({"text": "6 cm left of L4"}, NEEDLE, facts)
        assert there is not None
        assert there.verdict == Verdict.STOP, sex
        assert beside.verdict < Verdict.STOP, sex


@pytest.mark.parametrize("fact", painting.kinds(), ids=lambda f: f.name)
def test_every_kind_can_be_marked_drawn_and_taken_away(fact: Any) -> None:
    spot = placed("left biceps brachii")
    patient = painting.marked({}, fact.name, spot, 25)
    parse_patient(patient)
    areas = page_state.marked_areas("female", patient)
    assert len(areas) == 1
    chart = page_state.load_body("female").charts["anterior"]
    (mark,) = area_marks(chart, areas)
    assert mark["label"] == fact.label
    if fact.type == "areas":
        x, y = (float(v) for v in chart.project(spot["xyz"])[0])
        assert (mark["x"], mark["y"], mark["r"]) == pytest.approx((x, y, 25.0), abs=0.1)
    else:
        assert len(mark["strokes"]) > 3
    assert len(painting.rows(patient, "female")) == 1
    assert painting.without(patient, fact.name, 0) == {}
    assert painting.without(patient, fact.name, 5) == patient
    # a part of the body is marked once only
    again = painting.marked(patient, fact.name, spot, 25)
    assert len(again[fact.name]) == (1 if fact.type == "regions" else 2)


def test_a_marked_part_lies_on_its_own_side() -> None:
    chart = page_state.load_body("female").charts["anterior"]
    (left,) = area_marks(chart, [("left arm", 0.0, "swelling")])
    assert min(mark["x"] for mark in left["strokes"]) > 0
    (right,) = area_marks(chart, [("right arm", 0.0, "swelling")])
    assert max(mark["x"] for mark in right["strokes"]) < 0


def test_a_radius_stays_within_what_is_allowed() -> None:
    spot = placed("left biceps brachii")
    patient = painting.marked({}, "skin_damaged", spot, painting.LEAST_MM)
    same = painting.resized(patient, "skin_damaged", 0, -painting.STEP_MM)
    assert same["skin_damaged"][0]["radius_mm"] == painting.LEAST_MM
    more = painting.resized(patient, "skin_damaged", 0, painting.STEP_MM)
    assert more["skin_damaged"][0]["radius_mm"] > painting.LEAST_MM
    assert painting.resized({}, "skin_damaged", 0, 5) == {}


# ------------------------------------------------------------------- units


def test_what_is_typed_is_not_written_back() -> None:
    patient = read({}, 5, 9, "", {"height-ft", "height-in"})
    assert patient == {"height_cm": 175.26}
    assert fitted(patient, 5, 9, "") == ((no_update, no_update), no_update)
    assert fitted({}, 5, 9, "")[0] == ("", "")
    assert read(patient, "", "", 150, {"weight-lb"})["height_cm"] == 175.26
    assert read(patient, "", "", "", {"height-ft"}) == {}


def test_a_figure_that_was_not_read_is_read_with_the_next() -> None:
    assert unread({}, {}, 5, 9, 150) == {"height-ft", "height-in", "weight-lb"}
    # changed in another field since: what stands here is older
    assert unread({"height_cm": 180.0}, {"height_cm": 175.26}, 5, 9, "") == set()
    assert unread({}, {}, "", "", "") == set()


def test_the_index_of_height_and_weight_is_shown() -> None:
    assert "22.2" in index_words(read({}, 5, 9, 150, {"height-ft", "weight-lb"}))
    assert index_words({"height_cm": 900, "weight_kg": 70}) == ""


def test_bounds_are_said_in_the_units_shown() -> None:
    site = placed("6 cm left of T4")
    wrong = {"height_cm": 388.6}
    metric = page_state.assess(site, NEEDLE, wrong)
    feet = page_state.assess(site, NEEDLE, wrong, units="imperial")
    assert "250 cm" in metric.message
    assert "8 ft 2.4 in" in feet.message
    assert "cm" not in feet.message
    assert metric.field == feet.field == "patient.height_cm"
    pounds = page_state.assess(site, NEEDLE, {"weight_kg": 500}, units="imperial")
    assert "881.8 lb" in pounds.message
    other = page_state.assess(site, NEEDLE, {"age": 500}, units="imperial")
    assert "120 years" in other.message


# ------------------------------------------------------------------- examples


def test_every_example_has_a_banner_that_says_what_it_is() -> None:
    offered = [item["value"] for item in examples.menu().data]
    assert offered == [item.id for item in load_presets()]
    for item in load_presets():
        shown = text_of(
            examples.words({"id": item.id, "title": item.title, "shows": item.shows})
        )
        assert "not a patient" in shown
        assert item.title in shown
    assert examples.words(None) == []


# ------------------------------------------------------------------- picker


def test_the_picker_lists_every_muscle_and_point_once() -> None:
    for kind, known in (("muscle", muscle_names()), ("point", point_names())):
        listed = [name for _, rows in muscle_picker.names(kind, "") for name, _ in rows]
        assert sorted(listed) == sorted(known)
    assert muscle_picker.names("muscle", "vmo")[0][1][0][0] == "vastus medialis"
    assert muscle_picker.names("muscle", "zzzz") == []


@pytest.mark.parametrize(
    "name", ["rhomboid major", "soleus", "obliquus capitis superior"]
)
def test_a_muscle_says_what_each_part_rests_on(name: str) -> None:
    shown = muscle_picker.detail("muscle", name, {})
    words = text_of(shown)
    muscle = get_muscle(name)
    for spot in muscle.site:
        assert spot.label in words
        assert spot.technique in words
        assert muscle_picker.BASIS[spot.basis] in words
        assert spot.sources[0] in words
    places = [c for c in walk(shown) if getattr(c, "data-place", None)]
    assert len(places) == 2 * len(muscle.site)
    assert "What the check says about" in words


def test_a_muscle_that_is_not_needled_says_so() -> None:
    assert "not to be needled" in text_of(
        muscle_picker.detail("muscle", "obliquus capitis superior", {})
    )
    assert technique_tags("study needle, not a recommended technique").warning
    assert technique_tags("pincer of each head").grip == ("pincer grip",)


def test_a_site_shows_its_techniques_and_what_they_rest_on() -> None:
    words = text_of(muscle_picker.detail("muscle", "levator scapulae", {}))
    assert "Published: levator-authorea" in words
    assert "Taught (course, manual or guideline): levator-slide-sup" in words
    assert "From memory, no source seen: mus-levator-2" in words
    assert "assumed by us" in words
    left_out = text_of(muscle_picker.techniques("intercostals", "do not needle"))
    assert "none; this site is not usually needled" in left_out
    assert "No technique is on record" in text_of(
        muscle_picker.techniques("supinator", "30-40 mm distal")
    )


def test_the_dangers_are_those_of_the_check_and_of_the_patient() -> None:
    request, lengths = {"muscle": "biceps brachii"}, (25.0, 25.0)
    facts = {"lymphoedema": ["left arm"], "sex": "female"}
    shown = text_of(muscle_picker.dangers(request, lengths, facts, None))
    assert "LEFT: Stop" in shown
    assert "RIGHT:" in shown
    midline = text_of(muscle_picker.detail("point", "CV12", {}))
    assert "Place here" in midline
    with pytest.raises(NeedlemapError):
        muscle_picker.detail("muscle", "soleous", {})


# ------------------------------------------------------------------- card


def test_another_site_of_the_muscle_is_a_button_that_places_it() -> None:
    """Where the check offers another site, the card's button carries its request."""
    found = 0
    for name in muscle_names():
        site = page_state.place("female", {"muscle": name, "side": "left"})
        outcome = page_state.assess(site, {"length_mm": 30, "depth_mm": 25}, {})
        answer = outcome.assessment
        if answer is None or not any(
            s.change == "site" and isinstance(s.to, dict) for s in answer.suggestions
        ):
            continue
        buttons = [c for c in walk(instead(outcome)) if getattr(c, "data-pick", None)]
        assert len(buttons) == 1
        found += 1
        if found >= 2:
            break
    assert found


def test_sources_that_disagree_are_named_on_the_finding() -> None:
    outcome = page_state.assess(placed("6 cm left of T4"), NEEDLE, {"pregnant": True})
    assert outcome.assessment is not None
    views = [v for f in outcome.assessment.findings for v in f.other_views]
    shown = text_of(reasons(outcome, NEEDLE))
    assert views
    assert "sources disagree" in shown
    assert views[0].text in shown
    assert load_facts()["pregnant"].question
