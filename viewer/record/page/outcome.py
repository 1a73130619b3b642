"""Changes of what is said of a site afterwards, and of the follow-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from anatomy.errors import InputError
from anatomy.messages import message as _
from anatomy.names import unknown
from viewer.record.outcomes import Kind, load_outcomes
from viewer.record.reasons import check_length
from viewer.record.storage.models import (
    LONGEST_REASON,
    LONGEST_TECHNIQUE,
    FollowUp,
    GivenFollowUp,
    Record,
    now,
)
from zones.sessions.session import parse_session
from zones.sessions.symptom_rules import load_symptom_book
from zones.sessions.symptoms import SymptomAnswer, check_symptoms

#: A patient is asked again so long after the last needle: some cases of a collapsed
#: lung became apparent only then (text "chest-follow-up").
FOLLOW_UP_AFTER = timedelta(hours=48)


def _truth(name: str, value: Any) -> bool | None:
    if not isinstance(value, (bool, type(None))):
        raise InputError(f"{name} must be true, false or null.", field=name)
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text.", field=name)
    check_length(value, LONGEST_TECHNIQUE, what="the technique")
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _one_of(kind: Kind) -> Callable[[str, Any], str | None]:
    def checked(name: str, value: Any) -> str | None:
        options = load_outcomes(kind)
        if value is not None and value not in options:
            raise unknown(kind, str(value), options, field=name)
        return None if value is None else str(value)

    return checked


def _count(name: str, value: Any) -> int | None:
    """Return a count of needles, held to what a session's count is held to."""
    try:
        found = parse_session({"needles_in": value}).get("needles_in")
    except InputError as error:
        error.field = name
        raise
    return None if found is None else int(found)


#: What may be changed of a site: attribute, and what looks at the value.
SITE_FIELDS: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
    "left_in": ("left_in", _truth),
    "twitch": ("twitch", _truth),
    "technique": ("technique", _text),
    "reaction": ("reaction", _one_of("reaction")),
    "result": ("result", _one_of("result")),
    "site_in": ("needles_in", _count),
    "site_out": ("needles_out", _count),
}


def with_site_field(record: Record, field: str, key: str, value: Any) -> Record:
    """Return a record with something said of one of its sites.

    Raises
    ------
    NeedlemapError
        For a site that is not there, or a value that cannot be.
    """
    attribute, check = SITE_FIELDS[field]
    name = f"{field}.{key}"
    checked = check(name, value)
    if key not in {site.key for site in record.sites}:
        raise InputError(_("This session has no such site."), field=name)
    sites = tuple(
        site.model_copy(update={attribute: checked}) if site.key == key else site
        for site in record.sites
    )
    return record.model_copy(update={"sites": sites})


def followed(
    record: Record, given: GivenFollowUp
) -> tuple[Record, str, dict[str, Any]]:
    """Return a record with what was found two days later, also a closed one.

    Raises
    ------
    NeedlemapError
        For a symptom that is not on the list, a text that is too long, or symptoms of
        a patient who was not reached.
    """
    known = [symptom.id for symptom in load_symptom_book().symptoms]
    for name in given.found:
        if name not in known:
            raise unknown("symptom", name, known, field="follow_up.found")
    if given.found and not given.reached:
        raise InputError(
            _("Symptoms can only be entered when the patient was reached."),
            field="follow_up.reached",
        )
    check_length(given.text, LONGEST_REASON, what="the words beside the follow-up")
    entry = FollowUp(at=now(), **given.model_dump())
    after = record.model_copy(update={"follow_up": entry})
    detail = {"reached": given.reached, "found": list(given.found)}
    return after, "follow-up entered", detail


def follow_up_due(record: Record) -> datetime | None:
    """Return when the patient is to be asked again; None where nothing was needled.

    Examples
    --------
    >>> follow_up_due(Record(id="record-1", started=now())) is None
    True
    """
    times = [site.added for site in record.listed]
    return max(times) + FOLLOW_UP_AFTER if times else None


def still_due(record: Record, at: datetime) -> bool:
    """Return whether a follow-up is due; who was not reached is still to be asked."""
    due = follow_up_due(record)
    done = record.follow_up is not None and record.follow_up.reached
    return due is not None and due <= at and not done


def follow_up_answer(record: Record) -> SymptomAnswer | None:
    """Return what the symptoms of a follow-up mean; None without any.

    The regions of all sites count: the gravest answer is given.
    """
    kept = record.follow_up
    if kept is None or not kept.found:
        return None
    hours = None
    times = [site.added for site in record.listed]
    if times:
        hours = max(0.0, (kept.at - max(times)).total_seconds() / 3600)
    regions: list[str | None] = [*{s.answer.site.region: 0 for s in record.listed}]
    found = [
        check_symptoms(
            kept.found, region=region, hours_since=hours, patient=record.patient
        )
        for region in regions or [None]
    ]
    return max(found, key=lambda answer: (answer.urgency.rank, answer.verdict))
