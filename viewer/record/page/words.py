"""Parts of a record in words, for page and paper alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from anatomy.messages import joined, plural
from anatomy.messages import message as _
from viewer.record.storage.models import Record, SiteEntry
from viewer.state.technique_fields import followed_words
from viewer.state.terms import side_place, term
from zones.knowledge.facts import load_facts
from zones.sentences.figures import needle_words
from zones.sessions.session_rules import load_session_book
from zones.sessions.symptom_rules import load_symptom_book


def moment(at: datetime) -> str:
    """Return a time as this machine's clock shows it.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> len(moment(now()))
    16
    """
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def site_place(site: SiteEntry) -> str:
    """Return where a site is: its name, if it has one, and the place in words."""
    name, place = site.name, site.answer.site.description
    return joined([name, place], ": ") if name else place


def plan_words(site: SiteEntry, needle: Mapping[str, Any] | None = None) -> str:
    """Return needle, plan and the technique that it follows, in words.

    Parameters
    ----------
    site : SiteEntry
    needle : mapping, optional
        What is told of the needle, where it is not all that was recorded.
    """
    told = site.request.get("needle", {}) if needle is None else needle
    parts = [needle_words(told), followed_words(site.followed)]
    return joined(filter(None, parts), ", ")


def left_in_words(site: SiteEntry) -> str:
    """Return whether the needle stays in place, in words."""
    return {True: _("left in"), False: _("in and out")}.get(
        site.left_in,  # type: ignore[arg-type]
        _("not stated whether left in"),
    )


def facts_words(facts: Mapping[str, Any]) -> list[str]:
    """Return facts of a patient or a session in words, as they were answered.

    Examples
    --------
    >>> facts_words({"age": 31, "pregnant": False})
    ['age: 31 years', 'pregnancy: no']
    """
    book = load_session_book()
    known = {**load_facts().by_name(), **book.catalogue.by_name()}
    found: list[str] = []
    for name, value in facts.items():
        if value is None:
            continue
        fact = known.get(name)
        label = fact.label if fact is not None else name
        parts = [label, ": ", _value(value)]
        if fact is not None and fact.unit and _number(value):
            parts += [" ", term(fact.unit)]
        found.append(joined(parts, ""))
    return found


def answered_words(record: Record) -> list[str]:
    """Return the answers about the patient that were given one by one, in words."""
    return facts_words(
        {k: v for k, v in record.patient.items() if k not in record.stated}
    )


def stated_words(record: Record) -> str:
    """Return which answers one statement gave for many; empty without any.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> stated_words(Record(id="record-1", started=now()))
    ''
    """
    facts = {name: record.patient.get(name) for name in record.stated}
    words = facts_words(facts)
    if not words:
        return ""
    return plural(
        "stated together, {n} question: {answers}",
        "stated together, {n} questions: {answers}",
        len(words),
        answers=joined(words, "; "),
    )


def count_words(record: Record) -> str:
    """Return the count of needles in words.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> count_words(Record(id="record-1", started=now(), needles_in=4, needles_out=2))
    '2 needles are not accounted for: 4 put in, 2 taken out.'
    """
    put, out = record.counted
    uneven = record.uneven
    if uneven and put == out:
        at = ", ".join(map(str, uneven))
        return _("The needles in and out differ at site {at}: count again.", at=at)
    return _total_words(put, out)


def miscounted(record: Record) -> bool:
    """Return whether needles are not accounted for, in all or at a site."""
    put, out = record.counted
    return bool(record.uneven) or (None not in (put, out) and put != out)


def signed_words(record: Record) -> str:
    """Return when the patient signed, and what changed since; empty without.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> signed_words(Record(id="record-1", started=now()))
    ''
    """
    if record.signature is None:
        return ""
    when = moment(record.signature.at)
    if record.signed_before:
        return _("Signed {when}; sites or consent changed after that.", when=when)
    return _("Signed {when}.", when=when)


def follow_up_words(record: Record) -> str:
    """Return what was found at the follow-up; empty when none was entered.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> follow_up_words(Record(id="record-1", started=now()))
    ''
    """
    kept = record.follow_up
    if kept is None:
        return ""
    labels = {symptom.id: symptom.label for symptom in load_symptom_book().symptoms}
    if not kept.reached:
        said = _("Follow-up {when}: not reached.", when=moment(kept.at))
    elif kept.found:
        found = joined([labels.get(name, name) for name in kept.found], ", ")
        said = _("Follow-up {when}: {found}.", when=moment(kept.at), found=found)
    else:
        said = _("Follow-up {when}: nothing reported.", when=moment(kept.at))
    return joined([said, kept.text]) if kept.text else said


def _total_words(put: int | None, out: int | None) -> str:
    if put is None and out is None:
        return _("The needles were not counted.")
    if put is None:
        return _("{out} taken out; how many were put in was not entered.", out=out)
    if out is None:
        return _("{put} put in; how many were taken out was not entered.", put=put)
    if put == out:
        return _("{put} put in, {out} taken out: all accounted for.", put=put, out=out)
    if out > put:
        return _(
            "{out} taken out, but only {put} put in: count again.", out=out, put=put
        )
    gap = put - out
    return plural(
        "{n} needle is not accounted for: {put} put in, {out} taken out.",
        "{n} needles are not accounted for: {put} put in, {out} taken out.",
        gap,
        put=put,
        out=out,
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value(value: Any) -> str:
    """Return the answer to a question in words."""
    if isinstance(value, bool):
        return term("yes" if value else "no")
    if _number(value):
        return _("{value:g}", value=value)
    if isinstance(value, list):
        kinds = [
            term(str(item["kind"]))
            if isinstance(item, Mapping) and "kind" in item
            else _("marked area")
            if isinstance(item, Mapping)
            else side_place(str(item))
            for item in value
        ]
        return joined(kinds, ", ")
    return term(str(value))
