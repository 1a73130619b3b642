"""Courses: what is wrong with a file is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.teaching.courses.course import (
    Course,
    CourseError,
    Drawn,
    check_course,
    course_items,
    dump_course,
    load_course,
)
from zones.teaching.items import KINDS

GOOD = """\
schema: 1
title: Needling over the chest
description: Four steps.
pass_mark: 70 %
time_limit_min: 30
item_limit_s: 90
order: shuffled
exam: true
hide: [zones, depth]
items:
  - kind: would_you
    seed: 7
    count: 2
    zones: [pleura]
  - kind: place_it
    prompt: Where is GB21?
    site: {point: GB21, side: left}
    spread_mm: 15
  - kind: place_it
    zones: [pleura]
    side: right
  - kind: would_you
    site: {landmark: T4 spinous process, lateral_mm: 60, side: left}
    needle: {length_mm: 40, depth_mm: 30}
    patient: {sex: female, age: 31, bmi: 21}
  - kind: make_acceptable
    site: {muscle: rhomboid major, side: left}
    needle: {length_mm: 40, depth_mm: 30}
    change: [depth]
  - kind: ask_right
    site: {point: LI4, side: left}
    needle: {length_mm: 25, depth_mm: 10}
    patient: {sex: female}
    ask: [pregnant, metal_allergy, diabetes, lymph_nodes_removed]
  - kind: what_went_wrong
    case: ptx-olten-2023
"""


def lines_of(text: str) -> dict[int, str]:
    """Return what is wrong by line."""
    with pytest.raises(CourseError) as caught:
        check_course(text)
    return {p.line or 0: p.words("course") for p in caught.value.problems}


def test_a_good_course() -> None:
    course, items = check_course(GOOD)
    assert course.pass_mark == 70.0 and course.exam and course.count == 8
    assert len(items) == 8
    assert {row.entry for row in items} == set(range(7))
    assert {row.item.kind for row in items} == set(KINDS)
    asked = next(r.item for r in items if r.item.kind == "ask_right")
    assert asked.questions[0].right == "pregnant"
    own = next(r.item for r in items if r.item.prompt == "Where is GB21?")
    assert own.target is not None and own.target.spread_mm == 15.0


def test_a_shuffled_course_keeps_each_learner_in_an_order() -> None:
    course = Course(
        title="A", order="shuffled", items=(Drawn(kind="what_went_wrong", count=8),)
    )
    ann, ann_again, bea = (
        [row.item.seed for row in course_items(course, learner=name)]
        for name in ("Ann", "Ann", "Bea")
    )
    assert ann == ann_again != bea
    assert sorted(str(s) for s in ann) == sorted(str(s) for s in bea)


def test_a_file_and_back(tmp_path: Path) -> None:
    file = tmp_path / "chest.yaml"
    file.write_text(GOOD, "utf-8")
    course = load_course(file)
    assert load_course(str(file)) == course
    assert load_course(dump_course(course)) == course
    file.write_text(GOOD.replace("70 %", "130 %"), "utf-8")
    with pytest.raises(CourseError, match=r"chest\.yaml, line 4, pass_mark: .*100"):
        load_course(file)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("pass_mark: 70 %", "pass_mark: 130 %", 4, "100"),
        ("pass_mark: 70 %", "pass_mark: -1", 4, "0"),
        ("pass_mark: 70 %", "pass_mark: 0.7", 4, "write 70"),
        ("pass_mark: 70 %", "pass_mark: most", 4, "percentage"),
        ("pass_mark: 70 %", "pass_mark: yes", 4, "percentage"),
        ("pass_mark: 70 %", "pass_mark: .nan", 4, "finite"),
        ("time_limit_min: 30", "time_limit_min: 0", 5, "greater than 0"),
        ("time_limit_min: 30", "time_limit_min: soon", 5, "number"),
        ("order: shuffled", "order: random", 7, "shuffled"),
        ("hide: [zones, depth]", "hide: [zons]", 9, "Nearest: zones"),
        ("exam: true", "examm: true", 8, "exam"),
        ("- kind: would_you\n    seed", "- kind: would_yu\n    seed", 11, "would_you"),
        ("seed: 7", "seed: seven", 12, "integer"),
        ("count: 2", "count: 0", 13, "greater than or equal to 1"),
        ("count: 2", "count: 5000", 13, "500"),
        ("zones: [pleura]", "zones: [plura]", 14, "Nearest: pleura"),
        ("point: GB21", "point: GB211", 17, "GB21"),
        ("side: left}\n    spread", "side: lft}\n    spread", 17, "left"),
        ("T4 spinous process", "T4 spinos process", 23, "T4 spinous process"),
        ("bmi: 21", "bmmi: 21", 25, "bmi"),
        ("rhomboid major", "rhomboid mayor", 27, "rhomboid major"),
        ("change: [depth]", "change: [depht]", 29, "depth"),
        ("[pregnant, metal", "[pregnnt, metal", 34, "pregnant"),
        ("ptx-olten-2023", "ptx-olten-2032", 36, "ptx-olten-2023"),
        ("depth_mm: 10}", "depth_mm: 10, dept: 3}", 32, "dept"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    found = lines_of(GOOD.replace(old, new, 1))
    # an entry that is a line of its own may be named by the line it begins on
    at = [n for n in (line, line - 2, line - 1) if n in found]
    assert at, found
    assert said in found[at[0]]
    assert len(found) == 1


def test_all_that_is_wrong_is_named_at_once() -> None:
    text = (
        "title: A\npass_mark: 130\nhide: [zons]\nitems:\n- kind: would_yu\n- {}\n- 3\n"
    )
    assert sorted(lines_of(text)) == [2, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("title: A\nitems: [\n", 3, "not valid YAML"),
        ("title: A\ntitle: B\nitems: [{kind: would_you}]\n", 2, "duplicate"),
        ("- a\n- b: c\n", 1, "mapping"),
        ("title: A\nitems: []\n", 2, "at least 1"),
        ("title: A\nitems: 3\n", 2, "must be"),
        ("items: [{kind: would_you}]\n# no: title\n", 1, "title"),
        ("a: &x [1]\nb: *x\n", 2, "aliases"),
        ("a: !!python/object:os.system {}\nb: 1\n", 1, "course"),
        ("title: A\nschema: 2\nitems: [{kind: would_you}]\n", 2, "1"),
    ],
)
def test_files_that_are_no_course(text: str, line: int, said: str) -> None:
    found = lines_of(text)
    assert said in found[line], found


def test_unfair_exercises_are_named() -> None:
    # nothing to make acceptable: the plan is not at DANGER
    found = lines_of(
        GOOD.replace(
            "side: left}\n    needle: {length_mm: 40, depth_mm: 30}\n    change",
            "side: left}\n    needle: {length_mm: 40, depth_mm: 2}\n    change",
        )
    )
    assert "DANGER" in found[26]
    # two questions that can change the verdict
    found = lines_of(
        GOOD.replace("[pregnant, metal_allergy", "[pregnant, consent_given")
    )
    assert "exactly one" in found[30]


def test_a_missing_file() -> None:
    with pytest.raises(CourseError, match=r"none\.yaml: cannot be read"):
        load_course(Path("none.yaml"))


@given(st.text(max_size=200))
def test_any_text_is_a_course_or_said_to_be_none(text: str) -> None:
    try:
        load_course(f"title: A\n{text}\n")
    except CourseError as error:
        assert error.problems and str(error)


@given(
    st.lists(
        st.builds(
            Drawn,
            kind=st.sampled_from(KINDS),
            seed=st.integers(0, 10**6),
            count=st.integers(1, 20),
            zones=st.lists(st.sampled_from(["pleura", "heart"]), max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=5,
    ),
    st.floats(1.0, 100.0),
    st.text(min_size=1, max_size=40).filter(
        lambda t: t.strip() == t and t.isprintable()
    ),
)
def test_any_course_survives_yaml(items: list[Drawn], mark: float, title: str) -> None:
    course = Course(title=title, pass_mark=mark, items=tuple(items))
    assert load_course(dump_course(course)) == course


def test_progress_is_told_after_each_exercise() -> None:
    """In order, up to the whole; an unfair entry tells of its fair ones only."""
    told: list[tuple[int, int]] = []
    text = "title: A\norder: shuffled\nitems:\n- {kind: place_it, count: 3}\n"
    course, rows = check_course(text, progress=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert rows == course_items(course)


@pytest.mark.parametrize("nest", ["[]", "{}"])
def test_nesting_has_an_end(nest: str) -> None:
    """Far below what would exhaust the reader."""
    start = "[" if nest == "[]" else "{a: "
    text = f"title: A\nitems: {start * 2000}{nest[1] * 2000}\n"
    assert "deep" in lines_of(text)[2]
