"""What a class gets wrong: difficulty, discrimination, zones that fail, needles astray.

No figure is given on too few answers; then ``note`` says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from zones.knowledge.records.sources import Record, Text
from zones.quality.replay import wilson
from zones.teaching.answers import Feedback, Misplaced
from zones.teaching.settings import say, scoring

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Answered(Record):
    """One answer of one learner, as it is kept.

    Attributes
    ----------
    learner, item_id, kind : str
        Who, on what.
    score : float
        From 0 to 1.
    right : bool
        Whether all of it was right.
    zones, errors : tuple of str
        Zones that the exercise is about and skills in which it failed.
    misplaced : Misplaced or None
        Where a needle was put, mm.
    """

    learner: Text
    item_id: Text
    kind: Text
    score: Annotated[float, Field(ge=0, le=1)]
    right: bool
    zones: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    misplaced: Misplaced | None = None

    @classmethod
    def of(cls, learner: str, feedback: Feedback) -> Answered:
        """Return what is kept of the feedback to a learner."""
        return cls(
            learner=learner,
            item_id=feedback.item_id,
            kind=feedback.kind,
            score=feedback.score,
            right=feedback.right,
            zones=feedback.zones,
            errors=feedback.errors,
            misplaced=feedback.misplaced,
        )


class Discrimination(Record):
    """How well an exercise tells strong learners from weak ones.

    ``value`` is from -1 to 1, None where it cannot be given (``note`` says why).
    ``method``: ``point_biserial`` correlates right or wrong with the learner's mean
    score on the other exercises; ``upper_lower_27`` is the share right among the
    strongest 27 % of the learners less that among the weakest 27 %.
    """

    method: Literal["point_biserial", "upper_lower_27"]
    value: float | None
    note: str = ""


class ItemStatistics(Record):
    """What a class did with one exercise.

    ``difficulty`` is the share that answered it right (so that high is easy) and
    ``low``, ``high`` its 95 % Wilson interval; None on too few answers.
    """

    item_id: str
    kind: str
    count: int
    mean_score: float | None
    difficulty: float | None
    low: float
    high: float
    discrimination: tuple[Discrimination, Discrimination]
    note: str = ""


class ZoneStatistics(Record):
    """How often answers about a zone were wrong, with a 95 % Wilson interval."""

    zone: str
    count: int
    wrong: int
    share: float | None
    low: float
    high: float
    note: str = ""


class ErrorStatistics(Record):
    """How often answers failed in a skill that was asked, with a 95 % Wilson interval.

    ``share`` is None on too few answers.
    """

    skill: str
    count: int
    wrong: int
    share: float | None
    low: float
    high: float
    note: str = ""


def first_answers(answers: Iterable[Answered]) -> list[Answered]:
    """Return the first answer of each learner to each exercise, in their order.

    What was learnt between two tries says nothing of the exercise, and an answer that
    was sent twice must not count twice.
    """
    seen: set[tuple[str, str]] = set()
    kept: list[Answered] = []
    for row in answers:
        key = (row.learner, row.item_id)
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def item_statistics(answers: Iterable[Answered]) -> list[ItemStatistics]:
    """Return what a class did with each exercise, in the order of first answers.

    Parameters
    ----------
    answers : iterable of Answered
        All answers; only the first of a learner to an exercise counts.

    Returns
    -------
    list of ItemStatistics
        Figures are None, with a note, below the least number of answers
        (``data/teaching/scoring.toml``).

    Examples
    --------
    >>> row = Answered(learner="a", item_id="x", kind="k", score=1.0, right=True)
    >>> item_statistics([row])[0].note
    'too few answers (1; at least 10 are needed)'
    """
    rows = first_answers(answers)
    least = scoring().statistics.least_answers
    totals: dict[str, list[float]] = {}
    for row in rows:
        totals.setdefault(row.learner, []).append(row.score)
    by_item: dict[str, list[Answered]] = {}
    for row in rows:
        by_item.setdefault(row.item_id, []).append(row)
    found = []
    for item_id, own in by_item.items():
        count, hits = len(own), sum(row.right for row in own)
        few = count < least
        low, high = wilson(hits, count)
        found.append(
            ItemStatistics(
                item_id=item_id,
                kind=own[0].kind,
                count=count,
                mean_score=None if few else sum(r.score for r in own) / count,
                difficulty=None if few else hits / count,
                low=low,
                high=high,
                discrimination=_discrimination(own, totals),
                note=_few(count) if few else "",
            )
        )
    return found


def _few(count: int) -> str:
    """Return that there are too few answers, in words."""
    least = scoring().statistics.least_answers
    return say("statistics", "too_few", count=count, least=least)


def _discrimination(
    own: Sequence[Answered], totals: dict[str, list[float]]
) -> tuple[Discrimination, Discrimination]:
    """Return both measures of one exercise."""
    rest, right = [], []
    for row in own:
        scores = totals[row.learner]
        if len(scores) < 2:
            continue  # nothing else to compare with
        rest.append((math.fsum(scores) - row.score) / (len(scores) - 1))
        right.append(1.0 if row.right else 0.0)
    if len(rest) < scoring().statistics.least_answers:
        note = _few(len(rest))
        return (
            Discrimination(method="point_biserial", value=None, note=note),
            Discrimination(method="upper_lower_27", value=None, note=note),
        )
    return (
        _named("point_biserial", point_biserial(right, rest)),
        _named("upper_lower_27", upper_lower(right, rest)),
    )


def _named(
    method: Literal["point_biserial", "upper_lower_27"], value: float | None
) -> Discrimination:
    """Return a measure, or that it cannot be given."""
    note = say("statistics", "same") if value is None else ""
    return Discrimination(method=method, value=value, note=note)


def point_biserial(right: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return the correlation of right or wrong with the rest of the test.

    Parameters
    ----------
    right : (N,) float
        1 for right, 0 for wrong.
    rest : (N,) float
        Mean score of the same learners on the other exercises.

    Returns
    -------
    float or None
        From -1 to 1; None when either does not vary.

    Examples
    --------
    >>> round(point_biserial([1, 1, 0, 0], [4, 3, 2, 1]), 4)
    0.8944
    """
    one, two = np.asarray(right, dtype=float), np.asarray(rest, dtype=float)
    one, two = one - one.mean(), two - two.mean()
    size = float(np.sqrt((one @ one) * (two @ two)))
    # what varies by rounding alone does not vary
    if not size > 1e-12 * len(one):
        return None
    return float(np.clip(one @ two / size, -1.0, 1.0))


def upper_lower(right: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return the share right of the strongest 27 % less that of the weakest.

    Parameters
    ----------
    right, rest : (N,) float
        As for `point_biserial`.

    Returns
    -------
    float or None
        From -1 to 1; None when all learners are equally strong. Learners as strong as
        the last of a group all belong to it, so that the order of answers does not
        matter.

    Examples
    --------
    >>> upper_lower([1, 1, 1, 0, 0, 0], [6, 5, 4, 3, 2, 1])
    1.0
    """
    one, two = np.asarray(right, dtype=float), np.asarray(rest, dtype=float)
    size = max(1, round(scoring().statistics.share_group * len(two)))
    order = np.sort(two)
    low, high = order[size - 1], order[-size]
    if not high > low:
        return None
    return float(one[two >= high].mean() - one[two <= low].mean())


def zone_statistics(answers: Iterable[Answered]) -> list[ZoneStatistics]:
    """Return how often answers about each zone were wrong, the worst first.

    Parameters
    ----------
    answers : iterable of Answered
        All answers; only the first of a learner to an exercise counts.

    Returns
    -------
    list of ZoneStatistics
        By the lower bound of the share, so that one wrong answer of one does not come
        before nine of ten. An answer counts for each zone that its exercise is about.
    """
    counts: dict[str, list[bool]] = {}
    for row in first_answers(answers):
        for zone in dict.fromkeys(row.zones):
            counts.setdefault(zone, []).append(not row.right)
    found = [
        ZoneStatistics(zone=zone, **_share(wrongs)) for zone, wrongs in counts.items()
    ]
    return sorted(found, key=lambda row: (-row.low, -row.wrong, row.zone))


def _share(wrongs: Sequence[bool]) -> dict[str, Any]:
    """Return how many answers were wrong and the share with its interval."""
    count, wrong = len(wrongs), sum(wrongs)
    low, high = wilson(wrong, count)
    few = count < scoring().statistics.least_answers
    return {
        "count": count,
        "wrong": wrong,
        "share": None if few else wrong / count,
        "low": low,
        "high": high,
        "note": _few(count) if few else "",
    }


def error_statistics(
    answers: Iterable[Answered], skills: Mapping[str, Sequence[str]]
) -> list[ErrorStatistics]:
    """Return how often answers failed in each skill that was asked, the worst first.

    Parameters
    ----------
    answers : iterable of Answered
        All answers; only the first of a learner to an exercise counts.
    skills : mapping
        Skills that each exercise trains, by its id. An answer to an exercise that is
        not among them counts for the skills in which it failed only.

    Returns
    -------
    list of ErrorStatistics
        By the lower bound of the share, as `zone_statistics` does.

    Examples
    --------
    >>> row = Answered(learner="a", item_id="x", kind="k", score=0.0, right=False,
    ...                errors=("reason",))
    >>> found = error_statistics([row], {"x": ("verdict", "reason")})
    >>> [(one.skill, one.wrong, one.count) for one in found]
    [('reason', 1, 1), ('verdict', 0, 1)]
    """
    counts: dict[str, list[bool]] = {}
    for row in first_answers(answers):
        for skill in dict.fromkeys([*skills.get(row.item_id, ()), *row.errors]):
            counts.setdefault(skill, []).append(skill in row.errors)
    found = [
        ErrorStatistics(skill=skill, **_share(wrongs))
        for skill, wrongs in counts.items()
    ]
    return sorted(found, key=lambda row: (-row.low, -row.wrong, row.skill))


def misplaced_needles(
    answers: Iterable[Answered],
    *,
    body: str | None = None,
    chart: str | None = None,
    wrong_only: bool = True,
) -> list[Misplaced]:
    """Return where needles were put, for a heat map on a chart.

    Parameters
    ----------
    answers : iterable of Answered
        All answers.
    body, chart : str, optional
        Only those on this picture; mm of its plane.
    wrong_only : bool
        Leave out those that were within the place's spread.

    Returns
    -------
    list of Misplaced
        In the order of the answers.
    """
    return [
        row.misplaced
        for row in first_answers(answers)
        if row.misplaced is not None
        and body in (None, row.misplaced.body)
        and chart in (None, row.misplaced.chart)
        and not (wrong_only and "place" not in row.errors)
    ]
