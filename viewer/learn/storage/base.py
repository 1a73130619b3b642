"""Under the store of learning: transactions, and rows read as what they mean."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from viewer.learn.errors import (
    EndedError,
    LearnError,
    NotJoinedError,
    UnknownCodeError,
)
from viewer.learn.storage.models import (
    GRACE_S,
    AnswerRow,
    CourseRow,
    Enrolment,
    Learner,
    hashed,
    read_code,
    read_place,
)
from viewer.learn.storage.tables import (
    ANSWERS,
    COURSES,
    ENROLMENTS,
    LEARNERS,
    LEARNING,
    REVISIONS,
    SHOWN,
)
from viewer.record.storage.database import Database
from zones.teaching.courses.course import Course, load_course
from zones.teaching.courses.schedule import new_state
from zones.teaching.courses.statistics import Answered
from zones.teaching.items import Item

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

#: Courses whose exercises are held in memory.
MOST_HELD = 64
_Held = tuple[Course, tuple[Item, ...]]


class LearnDatabase:
    """The database of learning, as `CourseStore` takes it.

    Parameters
    ----------
    url : URL
        From `viewer.record.storage.place.database_url`.
    busy_s : float
        Seconds to wait while another writes.
    """

    def __init__(self, url: URL, *, busy_s: float = 15.0) -> None:
        self.url = url
        self._database = Database(url, busy_s=busy_s, tables=LEARNING)
        self._busy_s = busy_s
        self._turn = threading.Lock()
        self._held: dict[tuple[str, int], _Held] = {}

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _now(self) -> datetime:
        """Return the time; unlike a record's, to the microsecond: answers are timed."""
        return self._database.now()

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[Connection]:
        """Give one transaction; what fails in the database comes out in words."""
        passing = (IntegrityError,)  # a code or a name that is taken: the caller's
        with (
            self._in_turn(write=write),
            self._database.begin(write=write, passing=passing) as link,
        ):
            yield link

    @contextmanager
    def _in_turn(self, *, write: bool) -> Iterator[None]:
        """Let the writers of this process into an SQLite file one after another.

        There they would ask again and again, with longer and longer waits: half a class
        that answers at once would wait while nobody writes.
        """
        waits = write and self.url.get_backend_name() == "sqlite"
        mine = waits and self._turn.acquire(timeout=self._busy_s)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def by_code(self, code: str) -> CourseRow:
        """Return the course of a code.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        return self._one_course(COURSES.c.code == read_code(code))

    def _one_course(self, which: Any) -> CourseRow:
        with self._begin(write=False) as link:
            row = link.execute(course_query().where(which)).one_or_none()
            if row is None:
                raise no_course()
            return self._course_row(link, row)

    def _course_row(self, link: Connection, row: Any) -> CourseRow:
        course, items = self._revision(link, row.id, row.code, row.revision)
        state: Literal["open", "ended"] = "open" if row.ended is None else "ended"
        return CourseRow(
            id=row.id,
            code=row.code,
            title=course.title,
            state=state,
            revision=row.revision,
            made=row.made,
            changed=row.changed,
            ended=row.ended,
            course=course,
            count=len(items),
            people=row.people,
        )

    def _revision(
        self, link: Connection, course_id: int, code: str, revision: int
    ) -> _Held:
        """Return a course and its exercises, read once.

        They are held by code: in an SQLite file a new course may get the number of one
        that was deleted, by another process too, but never its code.
        """
        key = (code, revision)
        held = self._held.get(key)
        if held is not None:
            return held
        row = link.execute(
            select(REVISIONS.c.yaml, REVISIONS.c.drawn).where(
                REVISIONS.c.course_id == course_id, REVISIONS.c.revision == revision
            )
        ).one_or_none()
        if row is None:
            raise no_course()
        items = tuple(Item.model_validate(one) for one in json.loads(row.drawn))
        held = (load_course(row.yaml), items)
        if len(self._held) >= MOST_HELD:
            self._held = {}
        self._held[key] = held
        return held

    def _item(self, link: Connection, mine: Enrolment, place: int) -> Item:
        items = self._revision(link, mine.course_id, mine.code, mine.revision)[1]
        return item_at(items, mine, place)

    def _enrolment(self, link: Connection, row: Any) -> Enrolment:
        course, items = self._revision(link, row.course_id, row.code, row.revision)
        count, at = len(items), self._now()
        finished, left = row.finished, None
        if course.time_limit_min is not None:
            end = row.joined + timedelta(minutes=course.time_limit_min)
            left = max(0.0, (end - at).total_seconds())
            if finished is None and at > end + timedelta(seconds=GRACE_S):
                finished = end
        score = float(row.total or 0.0) / count
        over = finished is not None or row.ended is not None
        return Enrolment(
            id=row.id,
            course_id=row.course_id,
            code=row.code,
            revision=row.revision,
            name=row.name,
            place=row.place,
            count=count,
            joined=row.joined,
            seen=row.seen,
            finished=finished,
            left_s=left,
            score=score,
            passed=course.passed(score) if over else None,
            course=course,
            ended=row.ended is not None,
            order=tuple(json.loads(row.order)),
        )

    def _fresh(self, link: Connection, enrolment_id: int) -> Enrolment:
        query = enrolment_query().where(ENROLMENTS.c.id == enrolment_id)
        row = link.execute(query).one_or_none()
        if row is None:
            raise not_joined()
        return self._enrolment(link, row)

    def _answers(self, which: Any) -> list[AnswerRow]:
        query = (
            select(
                ENROLMENTS.c.name,
                ENROLMENTS.c.revision,
                ANSWERS.c.place,
                ANSWERS.c.at,
                ANSWERS.c.seconds,
                ANSWERS.c.response,
                ANSWERS.c.answered,
            )
            .join(ENROLMENTS, ENROLMENTS.c.id == ANSWERS.c.enrolment_id)
            .where(which)
            .order_by(ANSWERS.c.at, ANSWERS.c.enrolment_id, ANSWERS.c.place)
        )
        with self._begin(write=False) as link:
            rows = link.execute(query).all()
        return [
            AnswerRow(
                learner=row.name,
                revision=row.revision,
                place=row.place,
                at=row.at,
                seconds=row.seconds,
                response=json.loads(row.response),
                answered=Answered.model_validate_json(row.answered),
            )
            for row in rows
        ]


@cache
def course_query() -> Any:
    """Return the query of courses with the number of those who take them."""
    people = (
        select(func.count())
        .where(ENROLMENTS.c.course_id == COURSES.c.id)
        .scalar_subquery()
    )
    return select(COURSES, people.label("people"))


@cache
def enrolment_query() -> Any:
    """Return the query of those who take courses, with their answers' count and sum."""
    own = ANSWERS.c.enrolment_id == ENROLMENTS.c.id
    place = select(func.count()).where(own).scalar_subquery()
    total = select(func.sum(ANSWERS.c.score)).where(own).scalar_subquery()
    return (
        select(
            ENROLMENTS,
            COURSES.c.code,
            COURSES.c.ended,
            place.label("place"),
            total.label("total"),
        )
        .join(COURSES, COURSES.c.id == ENROLMENTS.c.course_id)
        .join(LEARNERS, LEARNERS.c.id == ENROLMENTS.c.learner_id)
    )


def learner_row(
    link: Connection, token: str, *, make: datetime | None = None
) -> Learner | None:
    """Return the learner of a browser; with a time, to be written, and made then."""
    mark = hashed(token)
    query = select(LEARNERS.c.id, LEARNERS.c.state).where(LEARNERS.c.token_hash == mark)
    row = link.execute(
        query.with_for_update() if make is not None else query
    ).one_or_none()
    if row is not None:
        return Learner(row.id, json.loads(row.state))
    if make is None:
        return None
    state = new_state()
    values = {"token_hash": mark, "made": make, "state": json.dumps(state)}
    key = link.execute(LEARNERS.insert().values(**values)).inserted_primary_key
    assert key is not None
    return Learner(key[0], state)


def keep_state(link: Connection, learner_id: int, state: dict[str, Any]) -> None:
    """Keep what a learner has learnt."""
    mark = LEARNERS.update().where(LEARNERS.c.id == learner_id)
    link.execute(mark.values(state=json.dumps(state)))


def item_at(items: Sequence[Item], mine: Enrolment, place: int) -> Item:
    """Return the exercise at a learner's place.

    Raises
    ------
    LearnError
        When there is none at this place.
    """
    if read_place(place) >= len(mine.order):
        raise LearnError(
            f"The course has {len(mine.order)} exercises; there is none at place "
            f"{place + 1}.",
            field="place",
        )
    return items[mine.order[place]]


def shown_at(link: Connection, enrolment_id: int, place: int) -> datetime | None:
    """Return when an exercise was first seen."""
    query = select(SHOWN.c.at).where(
        SHOWN.c.enrolment_id == enrolment_id, SHOWN.c.place == place
    )
    return link.execute(query).scalar_one_or_none()


def kept_response(link: Connection, enrolment_id: int, place: int) -> str | None:
    """Return the response that counts."""
    query = select(ANSWERS.c.response).where(
        ANSWERS.c.enrolment_id == enrolment_id, ANSWERS.c.place == place
    )
    return link.execute(query).scalar_one_or_none()


def no_course() -> UnknownCodeError:
    """Return the error that there is no such course."""
    return UnknownCodeError(
        "There is no course with this code. Check it: codes have no vowels and none "
        "of 0, 1, L or S.",
        field="code",
    )


def ended_error(title: str) -> EndedError:
    """Return the error that a course has ended."""
    return EndedError(
        f"The course {title!r} has ended; your trainer can open it again. What was "
        "answered before is kept."
    )


def not_joined() -> NotJoinedError:
    """Return the error that a learner is not in a course."""
    return NotJoinedError(
        "You are not in this course, or your trainer has taken you off it. Join it "
        "with its code."
    )
