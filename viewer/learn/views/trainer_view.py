"""What the trainer's pages show of a course: people, what fails, files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from viewer.learn.views.exercise_view import KIND_WORDS
from viewer.record.paper.export import cell
from zones.teaching.courses.statistics import (
    error_statistics,
    item_statistics,
    zone_statistics,
)
from zones.teaching.items import Item, Kind
from zones.teaching.pool import zone_table
from zones.teaching.settings import scoring, texts
from zones.teaching.words import site_words

if TYPE_CHECKING:
    from viewer.learn.storage.courses import TrainerStore
    from viewer.learn.storage.models import AnswerRow, CourseRow, Enrolment

#: A learner who has not been heard of for so many seconds may have dropped out.
SILENT_S = 120
#: Zones that are shown, the worst first.
MOST_ZONES = 10
#: What a kind of exercise is called.
KIND_NAMES: Mapping[Kind, str] = {k: words for k, (words, _) in KIND_WORDS.items()}
COLUMNS = (
    "learner",
    "place",
    "exercise",
    "version",
    "item_id",
    "kind",
    "score",
    "right",
    "errors",
    "seconds",
    "time",
    "zones",
)


@dataclass(frozen=True)
class Exercises:
    """The exercises of a course, those of earlier versions too.

    Attributes
    ----------
    by_id : mapping
        Each exercise by its id.
    numbers : mapping
        Number of each, from 1, by version and id.
    newest : int
        The version that is in force.
    """

    by_id: Mapping[str, Item]
    numbers: Mapping[tuple[int, str], int]
    newest: int

    def number(self, item_id: str) -> int | None:
        """Return the number of an exercise now; None when it is there no more."""
        return self.numbers.get((self.newest, item_id))

    @property
    def newest_numbers(self) -> dict[str, int]:
        """Numbers of the exercises of the newest version by id."""
        return {name: n for (at, name), n in self.numbers.items() if at == self.newest}

    def name(self, item_id: str) -> str:
        """Return an exercise in few words."""
        item = self.by_id.get(item_id)
        return "" if item is None else item_name(item)


def exercises(
    store: TrainerStore, course: CourseRow, answers: Iterable[AnswerRow]
) -> Exercises:
    """Return the exercises of a course and of the versions that were answered."""
    by_id: dict[str, Item] = {}
    numbers: dict[tuple[int, str], int] = {}
    for revision in sorted({*(row.revision for row in answers), course.revision}):
        for number, item in enumerate(store.items(course.id, revision), start=1):
            by_id[item.id], numbers[revision, item.id] = item, number
    return Exercises(by_id, numbers, course.revision)


def item_name(item: Item) -> str:
    """Return what an exercise is about in few words.

    Examples
    --------
    >>> from zones.teaching.generating import generate
    >>> item_name(generate("place_it", 4))
    'BL23 Shenshu, right'
    """
    if item.target is not None:
        return item.target.name
    if item.case is not None:
        return f"case {item.case.id}"
    return site_words(item.site) if item.site is not None else item.kind


def when(at: datetime | None) -> str:
    """Return a time as the pages carry it."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def person(row: Enrolment, newest: int) -> dict[str, Any]:
    """Return where a learner is.

    ``score`` is the mean of what was answered, in percent; None before the first
    answer. ``older`` is the version that the learner began, when there is a newer one.
    """
    answered = row.score * row.count / row.place if row.place else None
    final = row.passed is not None
    score = row.score if final else answered
    return {
        "id": row.id,
        "name": row.name,
        "place": row.place,
        "count": row.count,
        # never rounded up to a pass mark that was not reached
        "score": None if score is None else math.floor(100 * score + 1e-6),
        "seen": when(row.seen),
        "joined": when(row.joined),
        "finished": when(row.finished),
        "passed": row.passed,
        "older": row.revision if row.revision < newest else None,
    }


def live(
    store: TrainerStore, course: CourseRow, since: str | None = None
) -> dict[str, Any]:
    """Return who is where, or that nothing changed since a mark.

    Parameters
    ----------
    store : TrainerStore
        Where courses are.
    course : CourseRow
        The course.
    since : str, optional
        ``mark`` of an earlier answer.

    Returns
    -------
    dict
        ``now`` and ``mark``; with ``people``, ``state``, ``answers`` and ``revision``
        when something changed.
    """
    people = [person(row, course.revision) for row in store.people(course.id)]
    found = {
        "state": course.state,
        "revision": course.revision,
        "answers": sum(row["place"] for row in people),
        "people": people,
    }
    mark = hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]
    common = {"now": when(datetime.now(UTC)), "mark": mark}
    return common if since == mark else common | found


def findings(answers: Sequence[AnswerRow], known: Exercises) -> dict[str, Any]:
    """Return what a class gets wrong: exercises, zones and kinds of error.

    Parameters
    ----------
    answers : sequence of AnswerRow
        All answers of the course.
    known : Exercises
        Its exercises.

    Returns
    -------
    dict
        ``items`` in their order, ``zones`` and ``errors`` the worst first; shares and
        bounds in percent, None on too few answers.
    """
    rows = [row.answered for row in answers]
    skills = {name: item.skills for name, item in known.by_id.items()}
    zones = zone_table()
    items = [
        {
            "number": known.number(one.item_id),
            "kind": _kind(one.kind),
            "name": known.name(one.item_id),
            "count": one.count,
            "right": _percent(one.difficulty),
            "low": _percent(one.low),
            "high": _percent(one.high),
            "mean": _percent(one.mean_score),
            "measures": [
                {"value": m.value, "note": m.note} for m in one.discrimination
            ],
            "note": one.note,
        }
        for one in item_statistics(rows)
    ]
    return {
        "count": len(rows),
        "least": scoring().statistics.least_answers,
        "items": sorted(items, key=lambda row: row["number"] or math.inf),
        "zones": [
            _share(one, zones[one.zone].structure if one.zone in zones else one.zone)
            for one in zone_statistics(rows)
            if one.wrong
        ][:MOST_ZONES],
        "errors": [
            _share(one, texts().skills.get(one.skill, one.skill))
            for one in error_statistics(rows, skills)
        ],
    }


def _share(one: Any, name: str) -> dict[str, Any]:
    """Return a share of wrong answers as the page shows it."""
    return {
        "name": name,
        "count": one.count,
        "wrong": one.wrong,
        "share": _percent(one.share),
        "low": _percent(one.low),
        "high": _percent(one.high),
        "note": one.note,
    }


def _percent(value: float | None) -> int | None:
    return None if value is None else round(100 * value)


def _kind(kind: str) -> str:
    return next((words for name, words in KIND_NAMES.items() if name == kind), kind)


def results_csv(answers: Iterable[AnswerRow], known: Exercises) -> str:
    """Return a table with a row for each answer, for a spreadsheet.

    No cell begins as a formula does.
    """
    out = io.StringIO()
    # spreadsheets take a file without this mark for one in the machine's own letters
    out.write("\ufeff")
    table = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    for row in answers:
        one = row.answered
        values = {
            "learner": row.learner,
            "place": row.place + 1,
            "exercise": known.numbers.get((row.revision, one.item_id)),
            "version": row.revision,
            "item_id": one.item_id,
            "kind": one.kind,
            "score": round(one.score, 4),
            "right": "yes" if one.right else "no",
            "errors": "; ".join(one.errors),
            "seconds": None if row.seconds is None else round(row.seconds, 1),
            "time": when(row.at),
            "zones": "; ".join(one.zones),
        }
        table.writerow({name: cell(value) for name, value in values.items()})
    return out.getvalue()
