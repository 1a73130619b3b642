"""What is kept of learning: who practises alone, and who takes which course."""

from __future__ import annotations

import json
import random
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from viewer.learn.errors import LearnError, NameTakenError, WrongWordError
from viewer.learn.storage.answer_store import AnswerStore, is_over
from viewer.learn.storage.base import (
    ended_error,
    enrolment_query,
    keep_state,
    learner_row,
)
from viewer.learn.storage.models import (
    Enrolment,
    Learner,
    Marked,
    hashed,
    name_key,
    new_word,
    read_code,
    read_name,
    word_hash,
)
from viewer.learn.storage.tables import COURSES, ENROLMENTS, LEARNERS, PRACTICE
from zones.teaching.answers import answer
from zones.teaching.courses.schedule import new_state, review
from zones.teaching.courses.statistics import Answered
from zones.teaching.items import Item

#: Wrong words after which a name can only be taken off by the trainer.
MOST_WRONG_WORDS = 10
#: A browser that asks again within so many seconds is not written down anew.
SEEN_S = 5.0


class CourseStore(AnswerStore):
    r"""Learners, courses and answers in a database.

    Parameters
    ----------
    url : URL
        From `viewer.record.storage.place.database_url`. Nothing is opened or made
        before the first use.
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
            at = self._now()
            with self._begin(write=True) as link:
                who = learner_row(link, token, make=at)
                assert who is not None
                row = {"learner_id": who.id, "key": key, "at": at, "answered": kept}
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
        key, word, at = name_key(name), new_word(), self._now()
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
                who = learner_row(link, token, make=at)
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
        right, at = False, self._now()
        try:
            with self._begin(write=True) as link:
                found = link.execute(select(*columns).where(*place)).one_or_none()
                if found is not None and found.wrong_words < MOST_WRONG_WORDS:
                    wanted = word_hash(row.id, key, read_code(word))
                    right = found.word_hash == wanted
                    who = learner_row(link, token, make=at)
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
        at = self._now()
        stale = (at - mine.seen).total_seconds() >= SEEN_S
        if stale or (is_over(mine) and not found.learnt):
            return self._seen(mine, at)
        return mine
