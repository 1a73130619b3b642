"""Learning that lasts: when each zone and kind of error is due again.

The scheduling is that of the ``fsrs`` package (Free Spaced Repetition Scheduler, MIT).
There is one card for each pair of zone and skill; the state is plain JSON.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fsrs import Card, Rating, Scheduler
from pydantic import Field, ValidationError

from anatomy.errors import InputError
from anatomy.names import unknown
from zones.knowledge.records.sources import Record
from zones.teaching.items import SKILLS, Kind, Skill
from zones.teaching.pool import zone_table
from zones.teaching.settings import scoring

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zones.teaching.answers import Feedback

#: Version of the state.
SCHEMA = 1

#: Kind of exercise that trains a skill.
KIND_OF: dict[Skill, Kind] = {
    "place": "place_it",
    "depth": "place_it",
    "verdict": "would_you",
    "reason": "would_you",
    "change": "make_acceptable",
    "question": "ask_right",
    "structure": "what_went_wrong",
    "prevention": "what_went_wrong",
}


class _Kept(Record):
    """One card as it is kept."""

    card: dict[str, Any]
    right: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1)]
    score: Annotated[float, Field(ge=0, le=1)]


class _State(Record):
    """All cards of a learner as they are kept."""

    version: Annotated[int, Field(ge=1, le=SCHEMA, alias="schema")]
    cards: dict[str, _Kept]


class Progress(Record):
    """How well one zone is known in one respect.

    Attributes
    ----------
    zone, skill, kind : str
        What is trained, and the kind of exercise that trains it.
    count, right : int
        Answers, and how many were right.
    last_score : float
        Score of the last answer, from 0 to 1.
    recall : float
        Chance that it would be known now, from 0 to 1, by the scheduler's model.
    due : str
        When it is due, ISO 8601 in UTC.
    is_due : bool
        Whether that is now or past.
    """

    zone: str
    skill: Skill
    kind: Kind
    count: int
    right: int
    last_score: float
    recall: float
    due: str
    is_due: bool


def new_state() -> dict[str, Any]:
    """Return the state of a learner who has answered nothing.

    Examples
    --------
    >>> new_state()
    {'schema': 1, 'cards': {}}
    """
    return {"schema": SCHEMA, "cards": {}}


def _scheduler() -> Scheduler:
    """Return the scheduler; without chance, so that the same answers give the same."""
    return Scheduler(enable_fuzzing=False)


def _read(state: Mapping[str, Any]) -> _State:
    """Return a state validated.

    Raises
    ------
    InputError
        When it is not one, or one of a newer program.
    """
    try:
        return _State.model_validate(state)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"the state of what was learnt cannot be read: {at}: {first['msg']}.",
            field=f"state.{at}",
        ) from None


def _card(kept: _Kept, key: str) -> Card:
    """Return the scheduler's card."""
    try:
        return Card.from_dict(kept.card)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the state of what was learnt cannot be read: card {key!r}: {error!r}.",
            field=f"state.cards.{key}",
        ) from None


def _moment(now: datetime | None) -> datetime:
    """Return a moment in UTC.

    Raises
    ------
    InputError
        For one without a time zone, which could be any hour.
    """
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise InputError("now must have a time zone.", field="now", given=str(now))
    return now.astimezone(UTC)


def rating_of(score: float) -> Rating:
    """Return how well something was known, by the score of an answer.

    Examples
    --------
    >>> rating_of(0.2).name, rating_of(0.7).name, rating_of(1.0).name
    ('Again', 'Hard', 'Good')
    """
    rule = scoring().review
    if score < rule.again_below:
        return Rating.Again
    return Rating.Hard if score < rule.hard_below else Rating.Good


def review(
    state: Mapping[str, Any],
    parts: Mapping[str, float] | Feedback,
    *,
    zones: Iterable[str] | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Return the state after an answer; the one given stays as it is.

    Parameters
    ----------
    state : mapping
        Of `new_state` or an earlier call.
    parts : Feedback, or mapping of str to float
        The feedback on an answer; or the score, from 0 to 1, of each skill.
    zones : iterable of str, optional
        With a mapping: the zones that the exercise was about.
    now : datetime, optional
        With a time zone; this moment by default.

    Returns
    -------
    dict
        Plain JSON.

    Raises
    ------
    InputError
        For a state that cannot be read or a moment without time zone.
    UnknownNameError
        For a zone or skill that is not known.

    Examples
    --------
    >>> after = review(new_state(), {"verdict": 1.0}, zones=["pleura"])
    >>> list(after["cards"])
    ['pleura|verdict']
    """
    moment, kept = _moment(now), _read(state)
    scores: Mapping[str, float]
    if isinstance(parts, dict):
        scores, about = parts, tuple(zones or ())
    else:
        scores = parts.parts  # type: ignore[union-attr]
        about = tuple(zones) if zones is not None else parts.zones  # type: ignore[union-attr]
    for zone in about:
        if zone not in zone_table():
            raise unknown("zone", zone, zone_table(), field="zones")
    scheduler = _scheduler()
    cards = {key: card.model_dump(mode="json") for key, card in kept.cards.items()}
    for skill, score in scores.items():
        if skill not in SKILLS:
            raise unknown("skill", skill, SKILLS, field="parts")
        if not 0.0 <= score <= 1.0:
            raise InputError(
                f"a score must be from 0 to 1; got {score!r}.", field=f"parts.{skill}"
            )
        for zone in dict.fromkeys(about):
            key = f"{zone}|{skill}"
            old = kept.cards.get(key)
            # numbered by its key's place: what the scheduler would take is a clock
            card = _card(old, key) if old else Card(card_id=len(cards) + 1, due=moment)
            # an answer that comes late from a phone may be older than the last one
            last = card.last_review
            at = moment if last is None else max(moment, last)
            card, _ = scheduler.review_card(card, rating_of(score), at)
            good = score >= scoring().review.hard_below
            cards[key] = {
                "card": dict(card.to_dict()),
                "right": (old.right if old else 0) + int(good),
                "count": (old.count if old else 0) + 1,
                "score": float(score),
            }
    return {"schema": SCHEMA, "cards": cards}


def progress(
    state: Mapping[str, Any], *, now: datetime | None = None
) -> list[Progress]:
    """Return how well each zone is known in each respect, the weakest first.

    Parameters
    ----------
    state : mapping
        Of `new_state` or `review`.
    now : datetime, optional
        With a time zone; this moment by default.

    Returns
    -------
    list of Progress
        By the share of right answers, one right and one wrong added so that a single
        answer does not decide, times the chance of recall now.
    """
    moment, kept = _moment(now), _read(state)
    scheduler = _scheduler()
    rows: list[tuple[float, Progress]] = []
    for key, row in kept.cards.items():
        zone, _, name = key.partition("|")
        skill = next((s for s in SKILLS if s == name), None)
        if skill is None or zone not in zone_table():
            continue  # learnt with data that have changed since
        card = _card(row, key)
        recall = float(scheduler.get_card_retrievability(card, moment))
        known = (row.right + 1) / (row.count + 2)
        rows.append(
            (
                known * recall,
                Progress(
                    zone=zone,
                    skill=skill,
                    kind=KIND_OF[skill],
                    count=row.count,
                    right=row.right,
                    last_score=row.score,
                    recall=recall,
                    due=card.due.astimezone(UTC).isoformat(),
                    is_due=card.due <= moment,
                ),
            )
        )
    rows.sort(key=lambda pair: (pair[0], pair[1].zone, pair[1].skill))
    return [row for _, row in rows]


def due(state: Mapping[str, Any], *, now: datetime | None = None) -> list[Progress]:
    """Return what is due, the weakest first.

    Parameters
    ----------
    state, now
        As for `progress`.

    Examples
    --------
    >>> due(new_state())
    []
    """
    return [row for row in progress(state, now=now) if row.is_due]


def next_exercise(
    state: Mapping[str, Any], *, now: datetime | None = None
) -> tuple[Kind, tuple[str, ...]] | None:
    """Return kind and zones of the exercise to set next; None when nothing is due.

    Examples
    --------
    >>> next_exercise(new_state()) is None
    True
    """
    waiting = due(state, now=now)
    return (waiting[0].kind, (waiting[0].zone,)) if waiting else None
