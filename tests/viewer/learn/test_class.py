"""A class answers side by side over real HTTP: nothing lost, nothing counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.viewer.learn.classroom import Seen, differences, run
from tests.viewer.service.entrance.callers import running
from viewer.learn.storage.store import CourseStore
from zones.teaching.courses.statistics import item_statistics

COURSE = """\
title: A class
items:
- {kind: would_you, seed: 7}
- {kind: place_it, seed: 4, count: 2}
- {kind: make_acceptable, seed: 7}
- {kind: ask_right, seed: 7}
- {kind: what_went_wrong, seed: 7}
"""
NAMES = [f"Learner {number}" for number in range(10)] + ["Ana", "ANA"]


def take_together(db: str) -> None:
    """Twelve learners, six exercises, all answers at the same instant."""
    from viewer.page.app import create_app

    app = create_app(warm=False, db=db).server
    store: CourseStore = app.extensions["needlemap_courses"]
    server, port, _ = running(app)
    try:
        row = store.create(COURSE)
        items = store.items(row.id, row.revision)
        seen = run(port, row.code, items, NAMES)
        assert seen.errors == []
        assert len(seen.taken) == 1
        kept = [(a.learner, a.place, a.answered.score) for a in store.answers(row.id)]
        assert differences(kept, items, seen) == []
        assert len(kept) == 12 * 6
        people = store.people(row.id)
        assert len(people) == 12
        assert all(one.finished and one.place == 6 for one in people)
        for one in people:
            own = [score for name, _, score in kept if name == one.name]
            assert one.score == pytest.approx(sum(own) / 6)
        figures = item_statistics(store.answered(row.id))
        assert [figure.count for figure in figures] == [12] * 6
        store.delete(row.id)
    finally:
        server.close()
        store.close()


@pytest.mark.slow
def test_a_class_answers_at_once(tmp_path: Path) -> None:
    """In a file of its own."""
    take_together(f"sqlite:///{tmp_path}/class.sqlite3")


@pytest.mark.slow
def test_a_class_answers_at_once_in_postgres(postgres: str) -> None:
    """The same in PostgreSQL."""
    take_together(postgres)


def test_differences_are_found() -> None:
    """What the other tests rest on can fail: doubled, lost, strange, wrong."""
    from zones.teaching.generating import generate

    item = generate("would_you", 7)
    response = {"choices": {q.skill: q.right for q in item.questions}}
    seen = Seen(counted={("a", 0): response, ("b", 0): response})
    good = [("a", 0, 1.0), ("b", 0, 1.0)]
    assert differences(good, [item], seen) == []
    for rows, said in (
        ([*good, good[0]], "kept twice"),
        (good[:1], "lost"),
        ([*good, ("c", 0, 1.0)], "never sent"),
        ([good[0], ("b", 0, 0.5)], "not 1.0"),
    ):
        assert [said in one for one in differences(rows, [item], seen)] == [True]
