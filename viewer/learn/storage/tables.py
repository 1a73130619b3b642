"""The tables of learning: courses, who takes them, what was answered.

They lie in the database of the session records but share nothing with them.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from viewer.record.storage.database import Tables, Time, number_column, version_table

_META = MetaData()


#: Browsers that learn. The token itself is never kept, only its hash.
LEARNERS = Table(
    "learners",
    _META,
    number_column(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("made", Time, nullable=False),
    # what was learnt, as `zones.teaching.courses.schedule` keeps it
    Column("state", Text, nullable=False),
)
#: Answers of those who practise alone; ``key`` is the page's name of one try.
PRACTICE = Table(
    "learner_practice",
    _META,
    number_column(),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("key", String(64), nullable=False),
    Column("at", Time, nullable=False),
    Column("answered", Text, nullable=False),
    UniqueConstraint("learner_id", "key"),
)
COURSES = Table(
    "courses",
    _META,
    number_column(),
    Column("code", String(12), nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("made", Time, nullable=False),
    Column("changed", Time, nullable=False),
    Column("ended", Time, nullable=True),
)
#: A course as it was written, and the exercises that were drawn and proven for it.
REVISIONS = Table(
    "course_revisions",
    _META,
    Column("course_id", ForeignKey("courses.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    Column("yaml", Text, nullable=False),
    Column("drawn", Text, nullable=False),
)
#: Who takes a course. ``name_key`` is the name without case and blanks.
ENROLMENTS = Table(
    "course_enrolments",
    _META,
    number_column(),
    Column("course_id", ForeignKey("courses.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("learner_id", ForeignKey("learners.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", String(120), nullable=False),
    Column("word_hash", String(64), nullable=False),
    Column("wrong_words", Integer, nullable=False),
    # number of the exercise at each place
    Column("order", Text, nullable=False),
    Column("joined", Time, nullable=False),
    Column("seen", Time, nullable=False),
    Column("finished", Time, nullable=True),
    # whether the answers have gone into the learner's state
    Column("learnt", Integer, nullable=False),
    UniqueConstraint("course_id", "name_key"),
    UniqueConstraint("course_id", "learner_id"),
)
#: When an exercise was first seen; its clock starts then.
SHOWN = Table(
    "course_shown",
    _META,
    Column("enrolment_id", ForeignKey("course_enrolments.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
)
#: One answer for each place, so that none counts twice. What came back on it is not
#: kept but found again from exercise and response; ``answered`` is what counts.
ANSWERS = Table(
    "course_answers",
    _META,
    Column("enrolment_id", ForeignKey("course_enrolments.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    Column("seconds", Float, nullable=True),
    Column("score", Float, nullable=False),
    Column("response", Text, nullable=False),
    Column("answered", Text, nullable=False),
)

LEARNING = Tables(
    _META,
    version_table("needlemap_learning_version", _META),
    1,
    "courses and answers",
)
