"""What is kept of learning: who practises, courses, who takes them, every answer.

Each answer is one row whose key is learner and place: sending it again changes nothing.
What counts is kept; the words that came back are found again from the exercise and the
response.
"""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from viewer.learn.base import (
    ended_error,
    enrolment_query,
    item_at,
    keep_state,
    kept_response,
    learner_row,
    not_joined,
    now,
    shown_at,
)
from viewer.learn.courses import TrainerStore
from viewer.learn.errors import (
    LearnError,
    NameTakenError,
    OutOfTurnError,
    TimeUpError,
    WrongWordError,
)
from viewer.learn.models import (
    GRACE_S,
    AnswerRow,
    Enrolment,
    Learner,
    Marked,
    hashed,
    name_key,
    new_word,
    read_code,
    read_name,
    read_place,
    word_hash,
)
from viewer.learn.tables import ANSWERS, COURSES, ENROLMENTS, LEARNERS, PRACTICE, SHOWN
from zones.teaching.answers import Feedback, answer
from zones.teaching.courses.schedule import new_state, review
from zones.teaching.courses.statistics import Answered
from zones.teaching.items import Item

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

#: Wrong words after which a name can only be taken off by the trainer.
MOST_WRONG_WORDS = 10
#: Answers that are judged side by side: more of them only hinder each other.
MOST_JUDGED = 2
#: A browser that asks again within so many seconds is not written down anew.
SEEN_S = 5.0


class CourseStore(TrainerStore):
    r"""Learners, courses and answers in a database.

    Parameters
    ----------
    url : URL
        From `viewer.record.place.database_url`. Nothing is opened or made before the
        first use.
    busy_s : float
        Seconds to wait while another writes; a whole class may.

    Examples
    --------
    >>> import tempfile
    >>> from sqlalchemy import make_url
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = CourseStore(make_url(f"sqlite:///{folder.name}/records.sqlite3"))
    >>> course = store.create("title: A\nitems:\n- {kind: would_you, seed: 7}\n")
    >>> store.join(course.code, "Ana", "token of a browser").count
    1
    >>> store.close(); folder.cleanup()
    """

    def __init__(self, url: URL, *, busy_s: float = 15.0) -> None:
        super().__init__(url, busy_s=busy_s)
        self._judging = threading.BoundedSemaphore(MOST_JUDGED)

    # practising alone

    def learner(self, token: str) -> Learner:
        """Return the learner of a browser; one not seen before has learnt nothing.

        Exams that have ended since the learner was last here count from now on.

        Raises
        ------
        StoreError
        """
        waiting = enrolment_query().where(
            LEARNERS.c.token_hash == hashed(token),
            ENROLMENTS.c.learnt == 0,
            COURSES.c.ended.is_not(None),
        )
        with self._begin(write=False) as link:
            ended = [self._enrolment(link, row) for row in link.execute(waiting)]
        for mine in ended:
            self._seen(mine, mine.seen)
        with self._begin(write=False) as link:
            found = learner_row(link, token)
        return found or Learner(0, new_state())

    def practise(self, token: str, key: str, item: Item, response: object) -> Marked:
        """Judge an answer of one who practises alone, and remember it.

        Parameters
        ----------
        token : str
            The browser's.
        key : str
            The page's name of this try; the same key never counts twice.
        item : Item
            The exercise.
        response : mapping
            As for `zones.teaching.answer`.

        Raises
        ------
        NeedlemapError
            What is wrong with the response; nothing is kept then.
        StoreError
        """
        if not 1 <= len(key) <= 64:
            raise LearnError("key must have 1 to 64 characters.", field="key")
        feedback = answer(item, response)
        kept = Answered.of("practice", feedback).model_dump_json()
        try:
            with self._begin(write=True) as link:
                who = learner_row(link, token, make=True)
                assert who is not None
                row = {"learner_id": who.id, "key": key, "at": now(), "answered": kept}
                link.execute(PRACTICE.insert().values(**row))
                state = review(who.state, feedback)
                keep_state(link, who.id, state)
        except IntegrityError:
            found = self.learner(token)
            if self._practised(found.id, key):
                return Marked(feedback, repeated=True, state=found.state)
            # two first answers of one browser met
            return self.practise(token, key, item, response)
        return Marked(feedback, repeated=False, state=state)

    def _practised(self, learner_id: int, key: str) -> bool:
        """Return whether a try was kept."""
        query = select(PRACTICE.c.id).where(
            PRACTICE.c.learner_id == learner_id, PRACTICE.c.key == key
        )
        with self._begin(write=False) as link:
            return link.execute(query).one_or_none() is not None

    def practice_answers(self, token: str) -> list[Answered]:
        """Return what a browser answered alone, oldest first.

        Raises
        ------
        StoreError
        """
        query = (
            select(PRACTICE.c.answered)
            .join(LEARNERS, LEARNERS.c.id == PRACTICE.c.learner_id)
            .where(LEARNERS.c.token_hash == hashed(token))
            .order_by(PRACTICE.c.id)
        )
        with self._begin(write=False) as link:
            rows = link.execute(query).scalars().all()
        return [Answered.model_validate_json(row) for row in rows]

    # the learner's in a course

    def join(self, code: str, name: str, token: str) -> Enrolment:
        """Let a learner take a course; one who has joined gets their place back.

        Parameters
        ----------
        code, name : str
            Of the course, and of the learner's choice.
        token : str
            The browser's.

        Returns
        -------
        Enrolment
            With the ``word`` to come back with when it is new.

        Raises
        ------
        UnknownCodeError, EndedError, NameTakenError, InputError, StoreError
        """
        row, known = self.by_code(code), self.enrolment(code, token)
        if known is not None:
            return known
        name = read_name(name)
        if row.state == "ended":
            raise ended_error(row.title)
        key, word, at = name_key(name), new_word(), now()
        numbers = list(range(row.count))
        if row.course.order == "shuffled":
            random.Random(f"{row.code}:{key}").shuffle(numbers)
        values = {
            "course_id": row.id,
            "revision": row.revision,
            "name": name,
            "name_key": key,
            "word_hash": word_hash(row.id, key, word),
            "wrong_words": 0,
            "order": json.dumps(numbers),
            "joined": at,
            "seen": at,
            "learnt": 0,
        }
        try:
            with self._begin(write=True) as link:
                who = learner_row(link, token, make=True)
                assert who is not None
                link.execute(ENROLMENTS.insert().values(learner_id=who.id, **values))
        except IntegrityError:
            known = self.enrolment(code, token)
            if known is not None:  # the same browser, twice at once
                return known
            raise NameTakenError(
                f"Somebody in this course is called {name!r} already. Choose another "
                "name; or, if that is you, come back with the word that you were "
                "given on joining.",
                field="name",
            ) from None
        found = self.enrolment(code, token)
        assert found is not None
        return replace(found, word=word)

    def come_back(self, code: str, name: str, word: str, token: str) -> Enrolment:
        """Let a learner go on in another browser.

        Raises
        ------
        WrongWordError
            When name and word do not belong together; which of them is not told.
        UnknownCodeError, StoreError
        """
        row = self.by_code(code)
        key = name_key(read_name(name))
        place = (ENROLMENTS.c.course_id == row.id, ENROLMENTS.c.name_key == key)
        columns = (ENROLMENTS.c.id, ENROLMENTS.c.word_hash, ENROLMENTS.c.wrong_words)
        right = False
        try:
            with self._begin(write=True) as link:
                found = link.execute(select(*columns).where(*place)).one_or_none()
                if found is not None and found.wrong_words < MOST_WRONG_WORDS:
                    wanted = word_hash(row.id, key, read_code(word))
                    right = found.word_hash == wanted
                    who = learner_row(link, token, make=True)
                    assert who is not None
                    new = {"learner_id": who.id, "wrong_words": 0}
                    wrong = {"wrong_words": found.wrong_words + 1}
                    link.execute(
                        ENROLMENTS.update()
                        .where(*place)
                        .values(**(new if right else wrong))
                    )
        except IntegrityError:
            raise NameTakenError(
                "This browser is taking the course under another name; come back in "
                "your own browser."
            ) from None
        if not right:
            raise WrongWordError(
                "Name and word do not match in this course. Ask your trainer, who "
                "can take the name off the list.",
                field="word",
            )
        back = self.enrolment(code, token)
        assert back is not None
        return back

    def enrolment(self, code: str, token: str) -> Enrolment | None:
        """Return a browser's place in a course; None when it has not joined.

        Raises
        ------
        UnknownCodeError, StoreError
        """
        query = enrolment_query().where(
            COURSES.c.code == read_code(code), LEARNERS.c.token_hash == hashed(token)
        )
        with self._begin(write=False) as link:
            found = link.execute(query).one_or_none()
            mine = None if found is None else self._enrolment(link, found)
        if found is None or mine is None:
            self.by_code(code)  # says so when there is no such course
            return None
        at = now()
        stale = (at - mine.seen).total_seconds() >= SEEN_S
        if stale or (_is_over(mine) and not found.learnt):
            return self._seen(mine, at)
        return mine

    def shown(self, enrolment_id: int, place: int) -> None:
        """Start the clock of an exercise; it is started once.

        Raises
        ------
        StoreError
        """
        with self._begin(write=False) as link:
            if shown_at(link, enrolment_id, place) is not None:
                return
        row = {"enrolment_id": enrolment_id, "place": read_place(place), "at": now()}
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
        key = (enrolment.course_id, enrolment.revision)
        held = self._held.get(key)
        if held is None:
            with self._begin(write=False) as link:
                held = self._revision(link, *key)
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
        at = now()
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
        at = now()
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
                    "Time is up for this course. What you had sent counts; this "
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
        over = _is_over(mine)
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


def _is_over(mine: Enrolment) -> bool:
    """Return whether nothing of a course can help others who still take it.

    An exam counts when it has ended for all: what is due again tells what was wrong.
    """
    return mine.ended or (mine.finished is not None and not mine.course.exam)
