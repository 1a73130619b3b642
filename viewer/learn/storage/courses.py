"""The trainer's side of the store: courses made, changed, ended, read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from anatomy.errors import InputError
from viewer.learn.errors import EditedError, LearnError
from viewer.learn.storage.base import (
    LearnDatabase,
    course_query,
    enrolment_query,
    no_course,
    not_joined,
)
from viewer.learn.storage.models import (
    LONGEST_COURSE,
    AnswerRow,
    CourseRow,
    Enrolment,
    new_code,
)
from viewer.learn.storage.tables import ANSWERS, COURSES, ENROLMENTS, REVISIONS, SHOWN
from zones.teaching.courses.course import Course, check_course
from zones.teaching.courses.statistics import Answered
from zones.teaching.items import Item

if TYPE_CHECKING:
    from sqlalchemy import Connection


#: Is told how many exercises have been proven, and of how many.
Progress = Callable[[int, int], None]


class TrainerStore(LearnDatabase):
    """Courses of a trainer in a database."""

    def create(self, text: str, *, progress: Progress | None = None) -> CourseRow:
        """Make a course from YAML, all its exercises drawn and proven.

        Parameters
        ----------
        text : str
            YAML.
        progress : callable, optional
            Told how many exercises have been proven, and of how many.

        Raises
        ------
        CourseError
            Naming line by line what is wrong.
        StoreError
        """
        _, items = _proven(text, progress)
        at = self._now()
        for _ in range(20):
            code = new_code()
            try:
                with self._begin(write=True) as link:
                    row = {"code": code, "revision": 1, "made": at, "changed": at}
                    made = link.execute(COURSES.insert().values(**row))
                    key = made.inserted_primary_key
                    assert key is not None
                    _write(link, key[0], 1, at, text, items)
            except IntegrityError:
                continue  # another course has this code
            return self.course(key[0])
        raise LearnError("No free code was found; try again.")

    def change(
        self,
        course_id: int,
        text: str,
        revision: int,
        *,
        progress: Progress | None = None,
    ) -> CourseRow:
        """Write a course anew; those who began it finish what they began.

        Parameters
        ----------
        course_id : int
            Which.
        text : str
            YAML.
        revision : int
            The one that the change was made from.
        progress : callable, optional
            As for `create`.

        Raises
        ------
        EditedError
            When it was written anew meanwhile; nothing is overwritten.
        CourseError, UnknownCodeError, StoreError
        """
        before = self.course(course_id)
        if before.revision != revision:
            raise _edited(before)  # before all that work
        _, items = _proven(text, progress)
        at = self._now()
        with self._begin(write=True) as link:
            done = link.execute(
                COURSES.update()
                .where(COURSES.c.id == course_id, COURSES.c.revision == revision)
                .values(revision=revision + 1, changed=at)
            )
            if done.rowcount == 1:
                _write(link, course_id, revision + 1, at, text, items)
        if done.rowcount != 1:
            raise _edited(before)
        return self.course(course_id)

    def courses(self) -> list[CourseRow]:
        """Return all courses, the one changed last first.

        Raises
        ------
        StoreError
        """
        order = (COURSES.c.changed.desc(), COURSES.c.id.desc())
        with self._begin(write=False) as link:
            rows = link.execute(course_query().order_by(*order)).all()
            return [self._course_row(link, row) for row in rows]

    def course(self, course_id: int) -> CourseRow:
        """Return a course.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        return self._one_course(COURSES.c.id == course_id)

    def text(self, course_id: int, revision: int | None = None) -> str:
        """Return a course as it was written.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        number = revision or self.course(course_id).revision
        query = select(REVISIONS.c.yaml).where(
            REVISIONS.c.course_id == course_id, REVISIONS.c.revision == number
        )
        with self._begin(write=False) as link:
            found = link.execute(query).scalar_one_or_none()
        if found is None:
            raise no_course()
        return str(found)

    def items(self, course_id: int, revision: int) -> tuple[Item, ...]:
        """Return the exercises of a course by their number.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        query = select(COURSES.c.code).where(COURSES.c.id == course_id)
        with self._begin(write=False) as link:
            code = link.execute(query).scalar_one_or_none()
            if code is None:
                raise no_course()
            return self._revision(link, course_id, code, revision)[1]

    def end(self, course_id: int) -> CourseRow:
        """End a course: nobody joins or answers any more.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        return self._set_end(course_id, self._now())

    def reopen(self, course_id: int) -> CourseRow:
        """Open a course that has ended.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        return self._set_end(course_id, None)

    def delete(self, course_id: int) -> None:
        """Delete a course with all its answers.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        own = select(ENROLMENTS.c.id).where(ENROLMENTS.c.course_id == course_id)
        with self._begin(write=True) as link:
            for table in (ANSWERS, SHOWN):
                link.execute(table.delete().where(table.c.enrolment_id.in_(own)))
            for table in (ENROLMENTS, REVISIONS):
                link.execute(table.delete().where(table.c.course_id == course_id))
            which = COURSES.c.id == course_id
            code = link.execute(
                select(COURSES.c.code).where(which)
            ).scalar_one_or_none()
            if code is None:
                raise no_course()
            link.execute(COURSES.delete().where(which))
        self._held = {key: held for key, held in self._held.items() if key[0] != code}
        self._database.forget()

    def people(self, course_id: int) -> list[Enrolment]:
        """Return those who take a course, in the order of their joining.

        Raises
        ------
        StoreError
        """
        query = enrolment_query().where(ENROLMENTS.c.course_id == course_id)
        with self._begin(write=False) as link:
            rows = link.execute(query.order_by(ENROLMENTS.c.id)).all()
            return [self._enrolment(link, row) for row in rows]

    def remove(self, enrolment_id: int) -> None:
        """Take a learner off a course, with all answers.

        Raises
        ------
        NotJoinedError, StoreError
        """
        with self._begin(write=True) as link:
            for table in (ANSWERS, SHOWN):
                link.execute(table.delete().where(table.c.enrolment_id == enrolment_id))
            gone = ENROLMENTS.delete().where(ENROLMENTS.c.id == enrolment_id)
            if link.execute(gone).rowcount != 1:
                raise not_joined()

    def answers(self, course_id: int) -> list[AnswerRow]:
        """Return all answers of a course, in the order of their coming.

        Raises
        ------
        StoreError
        """
        return self._answers(ENROLMENTS.c.course_id == course_id)

    def answered(self, course_id: int) -> list[Answered]:
        """Return all answers of a course for `zones.teaching.courses.statistics`.

        Raises
        ------
        StoreError
        """
        return [row.answered for row in self.answers(course_id)]

    def _set_end(self, course_id: int, at: datetime | None) -> CourseRow:
        with self._begin(write=True) as link:
            mark = COURSES.update().where(COURSES.c.id == course_id).values(ended=at)
            if link.execute(mark).rowcount != 1:
                raise no_course()
        return self.course(course_id)


def _edited(row: CourseRow) -> EditedError:
    """Return the error that a course was changed meanwhile."""
    return EditedError(
        f"The course {row.title!r} was changed in another window; nothing was "
        "overwritten. Copy what you wrote, reload, and paste it in again."
    )


def _proven(text: str, progress: Progress | None) -> tuple[Course, list[Item]]:
    """Return a course and its exercises, each proven by the check."""
    if len(text) > LONGEST_COURSE:
        raise InputError(
            f"A course file holds at most {LONGEST_COURSE:,} characters; "
            f"got {len(text):,}.",
            field="course",
        )
    # a text without any line break would be taken for the name of a file
    course, rows = check_course(text + "\n", progress=progress)
    return course, [row.item for row in sorted(rows, key=lambda r: (r.entry, r.number))]


def _write(
    link: Connection,
    course_id: int,
    revision: int,
    at: datetime,
    text: str,
    items: list[Item],
) -> None:
    """Keep one revision of a course."""
    drawn = json.dumps([item.model_dump(mode="json") for item in items])
    values = {"yaml": text, "drawn": drawn, "at": at}
    key = {"course_id": course_id, "revision": revision}
    link.execute(REVISIONS.insert().values(**key, **values))
