"""Courses, those who take them and what came of an answer, as the pages see them."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import InputError
from viewer.learn.errors import LearnError

if TYPE_CHECKING:
    from zones.teaching.answers import Feedback
    from zones.teaching.courses.course import Course

#: Signs of codes and words: none that is read as another, no vowels, so no words.
SIGNS = "23456789BCDFGHJKMNPQRTVWXZ"
CODE_LENGTH, WORD_LENGTH = 6, 4
LONGEST_NAME = 40
#: Seconds that an answer may take to arrive after the time is up.
GRACE_S = 20.0
#: Longest course file, characters.
LONGEST_COURSE = 200_000


@dataclass(frozen=True)
class Learner:
    """A browser that learns; its state is kept by `zones.teaching.courses.schedule`."""

    id: int
    state: dict[str, Any]


@dataclass(frozen=True)
class CourseRow:
    """A course as it is now.

    Attributes
    ----------
    id, code, title : int, str, str
        Which.
    state : {"open", "ended"}
        Whether learners may join and answer.
    revision : int
        Counts how often it was written.
    made, changed, ended : datetime
        When; ``ended`` is None while it is open.
    course : Course
        As it is written now.
    count, people : int
        Exercises, and learners who joined.
    """

    id: int
    code: str
    title: str
    state: Literal["open", "ended"]
    revision: int
    made: datetime
    changed: datetime
    ended: datetime | None
    course: Course
    count: int
    people: int


@dataclass(frozen=True)
class Enrolment:
    """A learner in a course.

    Attributes
    ----------
    id, course_id, code, revision : int, int, str, int
        Which; the revision is the one that the learner began.
    name : str
        The learner's.
    place, count : int
        Exercises that were answered (so the next one's place), and all.
    joined, seen, finished : datetime
        When; ``finished`` is None for one who is still at it.
    left_s : float or None
        Seconds left, None without a time limit.
    score : float
        Mean over all exercises, from 0 to 1; one without answer counts 0.
    passed : bool or None
        None before the end.
    course : Course
        As the learner began it.
    ended : bool
        Whether the trainer has ended the course.
    order : tuple of int
        Number of the exercise at each place.
    word : str
        To come back with; only with the joining itself, else empty.
    """

    id: int
    course_id: int
    code: str
    revision: int
    name: str
    place: int
    count: int
    joined: datetime
    seen: datetime
    finished: datetime | None
    left_s: float | None
    score: float
    passed: bool | None
    course: Course
    ended: bool
    order: tuple[int, ...] = ()
    word: str = ""


@dataclass(frozen=True)
class Marked:
    """What came of an answer.

    Attributes
    ----------
    feedback : Feedback
        What comes back. In an exam it must not be sent before the end.
    repeated : bool
        Whether it had been answered before; then nothing was counted.
    state : dict or None
        The learner's state after it, for one who practises alone.
    enrolment : Enrolment or None
        The learner in the course after it.
    """

    feedback: Feedback
    repeated: bool
    state: dict[str, Any] | None = None
    enrolment: Enrolment | None = None


@dataclass(frozen=True)
class AnswerRow:
    """One answer in a course as it is kept; ``answered`` is its statistics' row."""

    learner: str
    revision: int
    place: int
    at: datetime
    seconds: float | None
    response: dict[str, Any]
    answered: Any


def new_token() -> str:
    """Return the secret by which a browser is known again."""
    return secrets.token_urlsafe(24)


def new_code() -> str:
    """Return a code for a course."""
    return "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))


def new_word() -> str:
    """Return a word to come back with."""
    return "".join(secrets.choice(SIGNS) for _ in range(WORD_LENGTH))


def hashed(secret: str) -> str:
    """Return what is kept of a secret that cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def word_hash(course_id: int, name_key: str, word: str) -> str:
    """Return what is kept of a word; the same word of two learners is kept unlike."""
    return hashed(f"{course_id}:{name_key}:{word}")


def read_code(given: object) -> str:
    """Return a code or word as it is kept: without blanks and dashes, in capitals.

    Examples
    --------
    >>> read_code(" k7q-x4m ")
    'K7QX4M'
    """
    kept = (sign for sign in str(given or "") if sign.isalnum())
    return "".join(kept).upper()[:64]


def read_name(given: object) -> str:
    """Return the name of a learner.

    Raises
    ------
    InputError
        When it is empty or too long.

    Examples
    --------
    >>> read_name("  Ana   B. ")
    'Ana B.'
    """
    text = unicodedata.normalize("NFKC", str(given or ""))
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name or len(name) > LONGEST_NAME:
        raise InputError(
            f"The name must have 1 to {LONGEST_NAME} characters; got {len(name)}.",
            field="name",
        )
    return name


def name_key(name: str) -> str:
    """Return what two names that are the same to the eye have in common.

    Examples
    --------
    >>> name_key("Ana B."), name_key("ANA b.")
    ('ana b.', 'ana b.')
    """
    return name.casefold()


def read_place(given: object) -> int:
    """Return the place of an exercise in a course, from 0 on."""
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise LearnError(
            f"place must be a whole number from 0; got {given!r}.", field="place"
        )
    return given
