"""Answers in a course: judged, kept once, and learnt from.

Each answer is one row whose key is learner and place: sending it again changes nothing.
What counts is kept; the words that came back are found again from the exercise and the
response.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from viewer.learn.errors import OutOfTurnError, TimeUpError
from viewer.learn.storage.base import (
    ended_error,
    item_at,
    keep_state,
    kept_response,
    not_joined,
    shown_at,
)
from viewer.learn.storage.courses import TrainerStore
from viewer.learn.storage.models import (
    GRACE_S,
    AnswerRow,
    Enrolment,
    Marked,
    read_place,
)
from viewer.learn.storage.tables import ANSWERS, ENROLMENTS, LEARNERS, SHOWN
from zones.teaching.answers import Feedback, answer
from zones.teaching.courses.schedule import review
from zones.teaching.courses.statistics import Answered
from zones.teaching.items import Item

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

#: Answers that are judged side by side: more of them only hinder each other.
MOST_JUDGED = 2


class AnswerStore(TrainerStore):
    """Answers of those who take a course, in a database.

    Parameters
    ----------
    url : URL
        Of the database.
    busy_s : float
        Seconds to wait while another writes.
    """

    def __init__(self, url: URL, *, busy_s: float = 15.0) -> None:
        super().__init__(url, busy_s=busy_s)
        self._judging = threading.BoundedSemaphore(MOST_JUDGED)

    def shown(self, enrolment_id: int, place: int) -> None:
        """Start the clock of an exercise; it is started once.

        Raises
        ------
        StoreError
        """
        with self._begin(write=False) as link:
            if shown_at(link, enrolment_id, place) is not None:
                return
        row = {
            "enrolment_id": enrolment_id,
            "place": read_place(place),
            "at": self._now(),
        }
        try:
            with self._begin(write=True) as link:
                link.execute(SHOWN.insert().values(**row))
        except IntegrityError:
            return  # by the same page twice at once

    def item(self, enrolment: Enrolment, place: int) -> Item:
        """Return the exercise at a learner's place.

        Raises
        ------
        LearnError
            When there is none at this place.
        StoreError
        """
        mine = enrolment
        held = self._held.get((mine.code, mine.revision))
        if held is None:
            with self._begin(write=False) as link:
                held = self._revision(link, mine.course_id, mine.code, mine.revision)
        return item_at(held[1], enrolment, place)

    def answer(self, enrolment: Enrolment, place: int, response: object) -> Marked:
        """Judge an answer in a course and keep it; an answer that is kept stays.

        Parameters
        ----------
        enrolment : Enrolment
            From `enrolment`.
        place : int
            Of the exercise, from 0.
        response : mapping
            As for `zones.teaching.answer`; the time taken is measured here.

        Returns
        -------
        Marked
            ``repeated`` when it had been answered; the feedback is that of the answer
            that counts.

        Raises
        ------
        OutOfTurnError, TimeUpError, EndedError, NotJoinedError, StoreError
        NeedlemapError
            What is wrong with the response; nothing is kept then.
        """
        at = self._now()
        while True:
            with self._judging:
                found = self._judged(enrolment.id, place, response, at)
            if found is not None:
                return found

    def _judged(
        self, enrolment_id: int, place: int, response: object, at: datetime
    ) -> Marked | None:
        """Judge and keep an answer; None when it was just kept by another call."""
        with self._begin(write=False) as link:
            mine = self._fresh(link, enrolment_id)
            item = self._item(link, mine, place)
            kept = kept_response(link, mine.id, place)
            begun = shown_at(link, mine.id, place)
        limit = mine.course.item_limit_s
        if kept is not None:
            feedback = answer(item, json.loads(kept), time_limit_s=limit)
            return Marked(feedback, repeated=True, enrolment=mine)
        self._refuse(mine, place, at)
        given = dict(response) if isinstance(response, dict) else response
        seconds = None
        if begun is not None:
            seconds = max(0.0, (at - begun).total_seconds())
        if isinstance(given, dict):
            given["seconds"] = seconds
        feedback = answer(item, given, time_limit_s=limit)
        row = {
            "enrolment_id": mine.id,
            "place": place,
            "at": at,
            "seconds": seconds,
            "score": feedback.score,
            "response": json.dumps(given),
            "answered": Answered.of(mine.name, feedback).model_dump_json(),
        }
        last = place + 1 == mine.count
        try:
            with self._begin(write=True) as link:
                link.execute(ANSWERS.insert().values(**row))
                new = {"seen": at} | ({"finished": at} if last else {})
                mark = ENROLMENTS.update().where(ENROLMENTS.c.id == mine.id)
                if link.execute(mark.values(**new)).rowcount != 1:
                    raise not_joined()
                if not mine.course.exam:
                    self._learn(link, mine.id, [feedback])
                mine = self._fresh(link, mine.id)
        except IntegrityError:
            return None  # sent twice at once
        if last and mine.course.exam:
            mine = self._seen(mine, at)
        return Marked(feedback, repeated=False, enrolment=mine)

    def marked(self, enrolment: Enrolment, place: int) -> Marked | None:
        """Return what came of an answer that was given; None when there is none.

        Raises
        ------
        LearnError, StoreError
        """
        with self._begin(write=False) as link:
            item = self._item(link, enrolment, place)
            kept = kept_response(link, enrolment.id, place)
        if kept is None:
            return None
        limit = enrolment.course.item_limit_s
        feedback = answer(item, json.loads(kept), time_limit_s=limit)
        return Marked(feedback, repeated=True, enrolment=enrolment)

    def finish(self, enrolment: Enrolment) -> Enrolment:
        """End a course for one learner; what was not answered counts nothing.

        Raises
        ------
        NotJoinedError, StoreError
        """
        at = self._now()
        with self._begin(write=True) as link:
            link.execute(
                ENROLMENTS.update()
                .where(ENROLMENTS.c.id == enrolment.id, ENROLMENTS.c.finished.is_(None))
                .values(finished=at)
            )
            mine = self._fresh(link, enrolment.id)
        return self._seen(mine, at)

    def own_answers(self, enrolment: Enrolment) -> list[AnswerRow]:
        """Return a learner's own answers in a course.

        Raises
        ------
        StoreError
        """
        return self._answers(ENROLMENTS.c.id == enrolment.id)

    def _refuse(self, mine: Enrolment, place: int, at: datetime) -> None:
        """Raise when an answer to this exercise is not taken now."""
        if mine.ended:
            raise ended_error(mine.course.title)
        if mine.left_s is not None:
            limit = timedelta(minutes=mine.course.time_limit_min or 0)
            late = at - mine.joined - limit
            if late > timedelta(seconds=GRACE_S):
                raise TimeUpError(
                    "The time of this course is up. What you had sent counts; this "
                    "answer came too late."
                )
        if mine.finished is not None:
            raise OutOfTurnError(
                "You have finished this course; nothing more can be answered."
            )
        if place != mine.place:
            raise OutOfTurnError(
                f"Exercise {place + 1} is not the next one: it is {mine.place + 1}.",
                field="place",
                given=place,
            )

    def _seen(self, mine: Enrolment, at: datetime) -> Enrolment:
        """Write down that a learner was here; let an exam that is over be learnt."""
        own = ENROLMENTS.c.id == mine.id
        over = is_over(mine)
        found = self._exam_feedback(mine) if over and mine.course.exam else []
        values: dict[str, Any] = {"seen": at}
        with self._begin(write=True) as link:
            if mine.finished:
                values["finished"] = mine.finished
            if over:
                # whoever sets the mark lets it be learnt
                mark = ENROLMENTS.update().where(own, ENROLMENTS.c.learnt == 0)
                if link.execute(mark.values(learnt=1)).rowcount == 1:
                    self._learn(link, mine.id, found)
            link.execute(ENROLMENTS.update().where(own).values(**values))
            return self._fresh(link, mine.id)

    def _exam_feedback(self, mine: Enrolment) -> list[Feedback]:
        """Return what comes back on an exam; nothing when it was learnt already."""
        query = (
            select(ANSWERS.c.place, ANSWERS.c.response)
            .join(ENROLMENTS, ENROLMENTS.c.id == ANSWERS.c.enrolment_id)
            .where(ENROLMENTS.c.id == mine.id, ENROLMENTS.c.learnt == 0)
            .order_by(ANSWERS.c.place)
        )
        with self._begin(write=False) as link:
            rows = link.execute(query).all()
            items = [self._item(link, mine, row.place) for row in rows]
        limit = mine.course.item_limit_s
        return [
            answer(item, json.loads(row.response), time_limit_s=limit)
            for item, row in zip(items, rows, strict=True)
        ]

    def _learn(
        self, link: Connection, enrolment_id: int, found: list[Feedback]
    ) -> None:
        """Let answers in a course count in the learner's own repetition."""
        row = link.execute(
            select(LEARNERS.c.id, LEARNERS.c.state)
            .join(ENROLMENTS, ENROLMENTS.c.learner_id == LEARNERS.c.id)
            .where(ENROLMENTS.c.id == enrolment_id)
            .with_for_update(of=LEARNERS)
        ).one()
        state = json.loads(row.state)
        for feedback in found:
            state = review(state, feedback)
        keep_state(link, row.id, state)


def is_over(mine: Enrolment) -> bool:
    """Return whether nothing of a course can help others who still take it.

    An exam counts when it has ended for all: what is due again tells what was wrong.
    """
    return mine.ended or (mine.finished is not None and not mine.course.exam)
