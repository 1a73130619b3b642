"""What is kept of learning: nothing twice, nothing lost, nobody else's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anatomy.errors import InputError, NeedlemapError
from tests.viewer.learn.conftest import COURSE, right, wrong
from viewer.learn.errors import (
    EditedError,
    EndedError,
    LearnError,
    NameTakenError,
    NotJoinedError,
    OutOfTurnError,
    TimeUpError,
    UnknownCodeError,
    WrongWordError,
)
from viewer.learn.storage.models import CODE_LENGTH, GRACE_S, SIGNS, hashed
from viewer.learn.storage.store import MOST_WRONG_WORDS, CourseStore
from viewer.record.errors import BusyError, NewerError, StoreError
from viewer.record.storage.database import Database
from viewer.record.storage.models import Record
from viewer.record.storage.models import now as record_now
from viewer.record.storage.place import database_url
from viewer.record.storage.store import RecordStore
from zones.teaching.answers import answer
from zones.teaching.courses.course import CourseError
from zones.teaching.courses.schedule import progress

SHORT = "title: Short\nitems:\n- {kind: would_you, seed: 7, count: 3}\n"
EXAM = SHORT.replace("Short", "Exam\nexam: true")
TIMED = SHORT.replace("Short", "Timed\ntime_limit_min: 10")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the store's clock on, by minutes."""
    start, off = datetime.now(UTC), [timedelta()]
    monkeypatch.setattr(Database, "now", lambda _: start + off[0])

    def move(minutes: float) -> None:
        off[0] += timedelta(minutes=minutes)

    return move


def take(store: CourseStore, code: str, token: str, name: str = "Ana") -> float:
    """Answer a whole course rightly; return the score."""
    mine = store.join(code, name, token)
    for place in range(mine.count):
        store.answer(mine, place, right(store.item(mine, place)))
    found = store.enrolment(code, token)
    assert found is not None
    return found.score


def test_a_course_from_the_making_to_the_end(courses: CourseStore) -> None:
    """One exercise of each kind, right or wrong, as `answer` itself says."""
    made = courses.create(COURSE)
    assert (made.state, made.revision, made.count, made.people) == ("open", 1, 5, 0)
    assert len(made.code) == CODE_LENGTH
    assert set(made.code) <= set(SIGNS)
    mine = courses.join(made.code.lower(), " Ana  B. ", "token-of-ana")
    assert (mine.name, mine.place, mine.passed, len(mine.word)) == (
        "Ana B.",
        0,
        None,
        4,
    )
    total = 0.0
    for place in range(5):
        item = courses.item(mine, place)
        response = wrong(item) if place % 2 else right(item)
        marked = courses.answer(mine, place, response)
        assert marked.feedback.score == answer(item, response).score
        assert not marked.repeated
        total += marked.feedback.score
        assert marked.enrolment is not None
        assert marked.enrolment.place == place + 1
    done = courses.enrolment(made.code, "token-of-ana")
    assert done is not None
    assert done.finished is not None
    assert done.score == pytest.approx(total / 5)
    assert done.passed == made.course.passed(total / 5)
    assert [row.learner for row in courses.answers(made.id)] == ["Ana B."] * 5
    assert courses.course(made.id).people == 1


def test_an_answer_never_counts_twice(courses: CourseStore) -> None:
    """The first one counts, whatever is sent after it; its words come back."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    item = courses.item(mine, 0)
    first = courses.answer(mine, 0, wrong(item))
    again = courses.answer(mine, 0, right(item))
    assert again.repeated
    assert again.feedback == first.feedback
    assert len(courses.answers(made.id)) == 1
    state = courses.learner("token-of-ana").state
    assert {row.count for row in progress(state)} == {1}


def test_an_answer_sent_from_many_threads_counts_once(courses: CourseStore) -> None:
    """As from a phone that sends again and again."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    response, found = right(courses.item(mine, 0)), []

    def send() -> None:
        found.append(courses.answer(mine, 0, response).repeated)

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] + [True] * 11
    assert len(courses.answers(made.id)) == 1


def test_a_wrong_response_is_not_kept(courses: CourseStore) -> None:
    """What cannot be judged is said and may be sent anew."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    for bad in ({}, {"choices": {"verdict": "nonsense"}}, [], None, "x", {"what": 1}):
        with pytest.raises(NeedlemapError):
            courses.answer(mine, 0, bad)
    assert courses.answers(made.id) == []
    assert courses.marked(mine, 0) is None
    assert not courses.answer(mine, 0, right(courses.item(mine, 0))).repeated
    marked = courses.marked(mine, 0)
    assert marked is not None
    assert marked.feedback.right


def test_exercises_are_answered_in_their_order(courses: CourseStore) -> None:
    """Nothing is skipped, nothing invented."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    with pytest.raises(OutOfTurnError, match="it is 1"):
        courses.answer(mine, 1, right(courses.item(mine, 1)))
    for place in (3, -1, True, "1", None):
        with pytest.raises(LearnError):
            courses.answer(mine, place, {})  # type: ignore[arg-type]


def test_two_learners_of_one_name(courses: CourseStore) -> None:
    """The second is told, also when the name only looks the same."""
    made = courses.create(SHORT)
    courses.join(made.code, "Ana B.", "token-of-ana")
    for same in ("Ana B.", "ANA b.", " ana  B. "):
        with pytest.raises(NameTakenError, match="word"):
            courses.join(made.code, same, "another-token")
    assert courses.enrolment(made.code, "another-token") is None
    # the same browser gets its place back, under the name it has
    assert courses.join(made.code, "Somebody", "token-of-ana").name == "Ana B."
    # and in another course the name is free
    other = courses.create(SHORT)
    assert courses.join(other.code, "Ana B.", "another-token").name == "Ana B."


def test_coming_back_in_another_browser(courses: CourseStore) -> None:
    """By name and word, where it was left; the old browser has no part in it then."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "old-phone")
    courses.answer(mine, 0, right(courses.item(mine, 0)))
    for name, word in (("Ana", "ZZZZ"), ("Bo", mine.word), ("Ana", "")):
        with pytest.raises(WrongWordError):
            courses.come_back(made.code, name, word, "new-phone")
    back = courses.come_back(made.code, "ana", f" {mine.word.lower()} ", "new-phone")
    assert (back.name, back.place) == ("Ana", 1)
    assert courses.enrolment(made.code, "old-phone") is None
    assert not courses.answer(back, 1, right(courses.item(back, 1))).repeated


def test_words_can_not_be_tried_out(courses: CourseStore) -> None:
    """After some wrong ones even the right one does not open the name."""
    made = courses.create(SHORT)
    word = courses.join(made.code, "Ana", "old-phone").word
    for _ in range(MOST_WRONG_WORDS):
        with pytest.raises(WrongWordError):
            courses.come_back(made.code, "Ana", "ZZZZZ", "thief")
    with pytest.raises(WrongWordError):
        courses.come_back(made.code, "Ana", word, "thief")
    assert courses.enrolment(made.code, "old-phone") is not None


def test_codes_that_do_not_exist_or_have_ended(courses: CourseStore) -> None:
    """Each in words; an answer to a course that has ended is not taken."""
    for code in ("", "ZZZZZZ", "'; drop table courses; --", "0" * 500):
        with pytest.raises(UnknownCodeError):
            courses.join(code, "Ana", "token-of-ana")
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    assert courses.end(made.id).state == "ended"
    with pytest.raises(EndedError, match="Short"):
        courses.join(made.code, "Bo", "token-of-bo")
    with pytest.raises(EndedError):
        courses.answer(mine, 0, right(courses.item(mine, 0)))
    seen = courses.enrolment(made.code, "token-of-ana")
    assert seen is not None
    assert seen.ended
    assert seen.passed is False
    assert courses.reopen(made.id).state == "open"
    assert not courses.answer(mine, 0, right(courses.item(mine, 0))).repeated


@pytest.mark.parametrize("name", ["", "   ", "\n\t", "x" * 41])
def test_names_that_are_none(courses: CourseStore, name: str) -> None:
    """Said before anything is kept."""
    made = courses.create(SHORT)
    with pytest.raises(InputError, match="1 to 40"):
        courses.join(made.code, name, "token-of-ana")
    assert courses.people(made.id) == []


def test_a_course_edited_while_it_runs(courses: CourseStore) -> None:
    """Who began it finishes what they began; who joins later gets the new one."""
    made = courses.create(SHORT)
    early = courses.join(made.code, "Ana", "token-of-ana")
    before = courses.item(early, 1)
    courses.answer(early, 0, right(courses.item(early, 0)))
    new = SHORT.replace("seed: 7, count: 3", "seed: 90, count: 2")
    assert courses.change(made.id, new, 1).revision == 2
    with pytest.raises(EditedError, match="nothing was overwritten"):
        courses.change(made.id, SHORT, 1)
    with pytest.raises(CourseError):
        courses.change(made.id, "title: A\nitems: []\n", 2)
    assert courses.text(made.id) == new
    assert courses.text(made.id, 1) == SHORT
    late = courses.join(made.code, "Bo", "token-of-bo")
    assert (early.count, late.count) == (3, 2)
    assert courses.item(early, 1) == before
    assert courses.item(late, 0).seed == 90
    assert not courses.answer(early, 1, right(before)).repeated
    assert len(courses.answers(made.id)) == 2


def test_a_shuffled_course_is_another_for_each_and_the_same_again(
    courses: CourseStore,
) -> None:
    """All exercises, each once."""
    text = SHORT.replace("count: 3", "count: 12").replace(
        "title", "order: shuffled\ntitle"
    )
    made = courses.create(text)
    orders = []
    for name in ("Ana", "Bo", "Cy"):
        mine = courses.join(made.code, name, f"token-of-{name}")
        order = [courses.item(mine, place).seed for place in range(12)]
        assert order == [courses.item(mine, place).seed for place in range(12)]
        assert sorted(order) == list(range(7, 19))  # type: ignore[type-var]
        orders.append(tuple(order))
    assert len(set(orders)) == 3


def test_the_time_of_a_course(
    courses: CourseStore, later: Callable[[float], None]
) -> None:
    """It runs from the joining; what was sent in time counts."""
    made = courses.create(TIMED)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    assert mine.left_s == 600
    courses.answer(mine, 0, right(courses.item(mine, 0)))
    later(10 + 0.5 * GRACE_S / 60)
    assert not courses.answer(mine, 1, right(courses.item(mine, 1))).repeated
    later(GRACE_S / 60)
    with pytest.raises(TimeUpError, match="counts"):
        courses.answer(mine, 2, right(courses.item(mine, 2)))
    # sending again what was taken still gets its words
    assert courses.answer(mine, 1, {}).repeated
    seen = courses.enrolment(made.code, "token-of-ana")
    assert seen is not None
    assert seen.left_s == 0
    assert seen.finished is not None
    assert seen.score == pytest.approx(2 / 3)
    assert seen.passed is False


def test_an_exercise_is_timed_from_its_first_sight(
    courses: CourseStore, later: Callable[[float], None]
) -> None:
    """A phone that drops out and returns does not get its time anew."""
    made = courses.create(SHORT)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    courses.shown(mine.id, 0)
    later(1)
    courses.shown(mine.id, 0)
    later(0.5)
    courses.answer(mine, 0, right(courses.item(mine, 0)) | {"seconds": 1})
    assert courses.answers(made.id)[0].seconds == pytest.approx(90)


def test_an_exam_is_learnt_from_at_its_end(courses: CourseStore) -> None:
    """The repetition would else tell which answers were right."""
    made = courses.create(EXAM)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    courses.answer(mine, 0, right(courses.item(mine, 0)))
    assert courses.learner("token-of-ana").state["cards"] == {}
    done = courses.finish(mine)
    assert done.finished is not None
    courses.enrolment(made.code, "token-of-ana")
    assert courses.learner("token-of-ana").state["cards"] == {}  # others still take it
    with pytest.raises(OutOfTurnError, match="finished"):
        courses.answer(mine, 1, right(courses.item(mine, 1)))
    courses.end(made.id)
    once = courses.learner("token-of-ana").state
    assert once["cards"]
    courses.enrolment(made.code, "token-of-ana")
    courses.reopen(made.id)
    courses.end(made.id)
    assert courses.learner("token-of-ana").state == once


def test_an_exam_that_was_ended_under_a_learner_is_learnt_from(
    courses: CourseStore,
) -> None:
    """Also by the course's own page, and by whoever had not finished."""
    made = courses.create(EXAM)
    mine = courses.join(made.code, "Ana", "token-of-ana")
    courses.answer(mine, 0, right(courses.item(mine, 0)))
    courses.end(made.id)
    courses.enrolment(made.code, "token-of-ana")
    assert courses.learner("token-of-ana").state["cards"]


def test_an_exam_that_ran_out_of_time_is_learnt_from(
    courses: CourseStore, later: Callable[[float], None]
) -> None:
    """When it has ended for all."""
    made = courses.create(TIMED.replace("Timed", "Timed\nexam: true"))
    mine = courses.join(made.code, "Ana", "token-of-ana")
    courses.answer(mine, 0, right(courses.item(mine, 0)))
    later(30)
    courses.enrolment(made.code, "token-of-ana")
    assert courses.learner("token-of-ana").state["cards"] == {}
    courses.end(made.id)
    assert courses.learner("token-of-ana").state["cards"]


def test_practising_alone(courses: CourseStore) -> None:
    """Each try counts once; nobody sees another's."""
    item = courses.items(courses.create(SHORT).id, 1)[0]
    first = courses.practise("token-of-ana", "try-1", item, right(item))
    again = courses.practise("token-of-ana", "try-1", item, right(item))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.state == first.state
    courses.practise("token-of-ana", "try-2", item, wrong(item))
    mine = courses.practice_answers("token-of-ana")
    assert [row.right for row in mine] == [True, False]
    assert courses.practice_answers("token-of-bo") == []
    assert courses.learner("token-of-bo").state["cards"] == {}
    with pytest.raises(NeedlemapError):
        courses.practise("token-of-ana", "try-3", item, {})
    with pytest.raises(LearnError):
        courses.practise("token-of-ana", "", item, right(item))
    assert len(courses.practice_answers("token-of-ana")) == 2


def test_first_tries_of_one_browser_that_meet(courses: CourseStore) -> None:
    """Two windows open at once: both count."""
    item = courses.items(courses.create(SHORT).id, 1)[0]
    found = []

    def one(key: str) -> None:
        found.append(courses.practise("token-of-ana", key, item, right(item)).repeated)

    threads = [threading.Thread(target=one, args=(f"try-{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [False] * 6
    counts = {r.count for r in progress(courses.learner("token-of-ana").state)}
    assert counts == {6}


def test_taking_a_learner_off_and_deleting_a_course(courses: CourseStore) -> None:
    """Nothing of it remains, and nothing of others goes."""
    made, other = courses.create(SHORT), courses.create(SHORT)
    assert take(courses, made.code, "token-of-ana") == 1.0
    assert take(courses, other.code, "token-of-ana") == 1.0
    mine = courses.join(made.code, "Bo", "token-of-bo")
    courses.remove(mine.id)
    with pytest.raises(NotJoinedError):
        courses.answer(mine, 0, {})
    with pytest.raises(NotJoinedError):
        courses.remove(mine.id)
    assert [row.name for row in courses.people(made.id)] == ["Ana"]
    courses.delete(made.id)
    with pytest.raises(UnknownCodeError):
        courses.course(made.id)
    with pytest.raises(UnknownCodeError):
        courses.delete(made.id)
    with pytest.raises(NeedlemapError):
        courses.item(mine, 0)
    assert [row.id for row in courses.courses()] == [other.id]
    assert len(courses.answers(other.id)) == 3


def test_secrets_are_not_kept(courses: CourseStore, tmp_path: Path) -> None:
    """Neither tokens nor words stand in the file."""
    made = courses.create(SHORT)
    word = courses.join(made.code, "Ana", "token-of-ana-very-secret").word
    courses.close()
    with sqlite3.connect(tmp_path / "learning.sqlite3") as link:
        text = "\n".join(link.iterdump())
    assert "token-of-ana-very-secret" not in text
    assert hashed("token-of-ana-very-secret") in text
    assert f"'{word}'" not in text


def test_bad_course_files_name_their_lines(courses: CourseStore) -> None:
    """And nothing is made."""
    for text, words in (
        ("title: A\npass_mark: 130 %\nitems:\n- {kind: would_you}\n", "line 2"),
        ("title: A\nitems:\n- {kind: would_you}\n- {kind: wuold_you}\n", "line 4"),
        ("title: A\nitems:\n- {kind: would_you, zones: [plura]}\n", "line 3"),
        ("x", "mapping"),
        ("/etc/passwd", "mapping"),
        ("", "empty"),
    ):
        with pytest.raises(CourseError, match=words):
            courses.create(text)
    with pytest.raises(InputError, match="characters"):
        courses.create("title: A\n" + "# " * 200_000)
    assert courses.courses() == []


def test_beside_the_records_in_one_file(tmp_path: Path) -> None:
    """Either may make its tables first; each has a version of its own."""
    url = database_url(f"sqlite:///{tmp_path}/both.sqlite3")
    records, courses = RecordStore(url), CourseStore(url)
    records.create(Record(id="record-1", started=record_now()))
    made = courses.create(SHORT)
    assert records.read("record-1").record.id == "record-1"
    courses.close()
    with sqlite3.connect(tmp_path / "both.sqlite3") as link:
        link.execute("update needlemap_learning_version set tables = 99")
    with pytest.raises(NewerError, match="courses and answers"):
        CourseStore(url).course(made.id)
    assert records.read("record-1").record.id == "record-1"
    records.close()


def test_a_locked_and_a_read_only_file(tmp_path: Path) -> None:
    """In the words that the records have for it; nothing is counted."""
    url = database_url(f"sqlite:///{tmp_path}/busy.sqlite3")
    store = CourseStore(url, busy_s=0.1)
    made = store.create(SHORT)
    mine = store.join(made.code, "Ana", "token-of-ana")
    response = right(store.item(mine, 0))
    with sqlite3.connect(tmp_path / "busy.sqlite3", isolation_level=None) as link:
        link.execute("begin immediate")
        with pytest.raises(BusyError):
            store.answer(mine, 0, response)
        link.execute("rollback")
    assert store.answers(made.id) == []
    assert not store.answer(mine, 0, response).repeated
    store.close()
    read_only = CourseStore(
        database_url(f"sqlite:///file:{tmp_path}/busy.sqlite3?mode=ro&uri=true")
    )
    assert len(read_only.answers(made.id)) == 1
    with pytest.raises(StoreError):
        read_only.answer(mine, 1, response)
    read_only.close()


@pytest.mark.slow
def test_a_class_in_postgres(postgres: str) -> None:
    """The same store on a server: no answer lost, none doubled."""
    store = CourseStore(database_url(postgres))
    made = store.create(COURSE)
    failed: list[BaseException] = []

    def learn(number: int) -> None:
        token = f"token-{number}"
        try:
            mine = store.join(made.code, f"Learner {number}", token)
            for place in range(mine.count):
                store.shown(mine.id, place)
                item = store.item(mine, place)
                response = right(item) if number % 2 else wrong(item)
                sent = [store.answer(mine, place, response) for _ in range(2)]
                assert [m.repeated for m in sent] == [False, True]
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=learn, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    rows = store.answers(made.id)
    assert len({(row.learner, row.place) for row in rows}) == len(rows) == 40
    for person in store.people(made.id):
        odd = int(person.name.split()[1]) % 2
        assert (person.score == 1.0) == bool(odd)
        with pytest.raises(NameTakenError):
            store.join(made.code, person.name.upper(), "another-token")
    with pytest.raises(EditedError):
        store.change(made.id, SHORT, 7)
    store.delete(made.id)
    assert store.courses() == []
    store.close()


def test_a_number_that_is_used_again_brings_no_old_course(tmp_path: Path) -> None:
    """Two processes with one file, which numbers a new course as a deleted one."""
    url = database_url(f"sqlite:///{tmp_path}/learning.sqlite3")
    one, other = CourseStore(url), CourseStore(url)
    old = one.create(SHORT)
    assert len(other.items(old.id, 1)) == 3
    one.delete(old.id)
    new = one.create(SHORT.replace("count: 3", "count: 2"))
    assert new.id == old.id
    assert other.course(new.id).count == len(other.items(new.id, 1)) == 2
    one.close()
    other.close()


@pytest.mark.slow
def test_an_exam_goes_by_the_database_s_clock(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock is an hour off gives nobody more time, nor less."""
    store = CourseStore(database_url(postgres))
    made = store.create(TIMED)
    for hours in (0, 1, -1):

        class Off(datetime):
            @classmethod
            def now(cls, tz: Any = None, by: int = hours) -> Any:
                return datetime.now(tz) + timedelta(hours=by)

        monkeypatch.setattr("viewer.record.storage.database.datetime", Off)
        mine = store.join(made.code, f"Learner {hours}", f"token-of-{hours}")
        again = CourseStore(store.url).enrolment(made.code, f"token-of-{hours}")
        assert again is not None
        for told in (mine, again):
            assert told.left_s is not None and 590 < told.left_s <= 600
            assert abs((told.joined - datetime.now(UTC)).total_seconds()) < 60
    store.delete(made.id)
    store.close()
