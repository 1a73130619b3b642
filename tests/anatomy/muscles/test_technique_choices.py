"""Techniques as choices: what a record gives is set, what it does not is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import anatomy
from anatomy.errors import DataError
from anatomy.muscles import needle_sizes
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.muscles.needle_sizes import load_needle_sizes, needle_lengths
from anatomy.muscles.technique_choices import (
    KIND_WORDS,
    Choice,
    asked_words,
    choice_words,
    technique_choices,
    usual_choice,
)
from anatomy.muscles.usual_plan import usual_plan

SITES = [(name, s.label) for name in muscle_names() for s in get_muscle(name).site]
EVERY: list[Choice] = [c for site in SITES for c in technique_choices(*site)]


def test_every_figure_is_the_records_or_asked_for() -> None:
    """Nothing is filled in: a figure is there, or the practitioner is asked for it."""
    assert len(EVERY) > 400
    for choice in EVERY:
        given = {
            "length": choice.length_mm,
            "depth": choice.depth_mm,
            "tilt": choice.tilt_deg,
            "grip": choice.grip,
        }
        for name, value in given.items():
            assert (name in choice.asked) == (value is None), choice.technique.id
        record = choice.technique
        depth = record.depth.planned_mm if record.depth else None
        assert choice.depth_mm == depth
        if choice.tilt_deg is not None:
            assert record.direction is not None
            assert record.direction.tilt_deg == choice.tilt_deg
        if choice.length_mm is not None and not choice.site_length:
            assert record.needle is not None
            assert choice.length_mm in (record.needle.length_mm or ())


def test_our_own_reading_of_a_tilt_is_no_figure_of_the_source() -> None:
    for choice in EVERY:
        way = choice.technique.direction
        if way is None or way.basis != "ours":
            continue
        if choice.tilt_deg is not None:
            assert choice.tilt_deg == 0
            assert way.words.startswith(("perpendicular", "straight"))
        assert choice.toward is None


def test_a_pincer_always_asks_for_its_fold() -> None:
    held = [c for c in EVERY if c.grip == "pincer"]
    assert held
    assert all("fold" in c.asked and c.kind == "pincer" for c in held)
    assert all("fold" not in c.asked for c in EVERY if c.grip != "pincer")


def test_a_lean_without_a_direction_asks_which_way() -> None:
    leaning = [c for c in EVERY if c.tilt_deg]
    assert {"toward" in c.asked for c in leaning} == {True, False}
    for choice in leaning:
        assert ("toward" in choice.asked) == (choice.toward is None)


def test_to_bone_is_what_the_source_ends_at_bone() -> None:
    for choice in EVERY:
        end = choice.technique.end_point
        if choice.grip == "bone":
            assert end is not None
            assert end.kind == "bone"
            assert end.basis != "ours"


def test_the_usual_choice_is_the_usual_plan() -> None:
    for site in SITES:
        plan, choice = usual_plan(*site), usual_choice(*site)
        assert (plan is None) == (choice is None)
        if plan is not None and choice is not None:
            assert choice.technique == plan.technique
            assert choice == technique_choices(*site)[0]


def test_words_name_every_kind_and_every_gap() -> None:
    assert {c.kind for c in EVERY} == {*KIND_WORDS, None}
    for choice in EVERY:
        assert bool(asked_words(choice)) == bool(choice.asked)
        if choice.depth_mm is not None:
            assert f"{choice.depth_mm:g} mm deep" in choice_words(choice)


# ------------------------------------------------------------------ the drawer


def test_every_size_has_its_source_and_the_shortest_comes_first() -> None:
    sizes = load_needle_sizes()
    assert all(size.sources or size.techniques for size in sizes)
    lengths = [length for length, _ in needle_lengths()]
    assert lengths == sorted(set(lengths))
    # what techniques are done with is in the drawer
    common = {c.length_mm for c in EVERY if c.technique.needle and c.length_mm}
    assert {25.0, 30.0, 40.0, 50.0, 60.0} <= common & set(lengths)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('sources = ["huanqiu-shop"]', 'sources = ["nobody"]', "unknown source"),
        ('["mf-wangprice2022"]', '["no-such-technique"]', "no technique"),
        ("length_mm = 100", "length_mm = 33", "names that length"),
        (
            "needle_diameter_mm = 0.12",
            "needle_diameter_mm = 0.13",
            "does not name that diameter",
        ),
    ],
)
def test_a_size_that_nobody_names_is_refused(
    old: str, new: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Path(anatomy.__file__).parent / "data" / needle_sizes.FILE
    text = shipped.read_text("utf-8").replace(old, new, 1)

    @contextmanager
    def changed(_file: str) -> Iterator[dict[str, Any]]:
        yield tomllib.loads(text)

    monkeypatch.setattr(needle_sizes, "reading", changed)
    load_needle_sizes.cache_clear()
    try:
        with pytest.raises(DataError, match=says):
            load_needle_sizes()
    finally:
        load_needle_sizes.cache_clear()
