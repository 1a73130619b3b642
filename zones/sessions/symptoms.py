"""After the treatment: what a reported symptom means, and where to go with it.

``check_symptoms`` is a check of its own. It can only raise the alarm: a symptom more,
a site or a time that is not known, or normal vital signs never make an answer milder.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError, OutOfRangeError
from anatomy.messages import Words, joined
from anatomy.messages import message as _
from anatomy.names import unknown
from zones.contract.models import Verdict
from zones.contract.sites import parse_site
from zones.contract.validation import AnswerModel
from zones.knowledge.conditions import evaluate, undecided
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import load_sources
from zones.patients.patient import parse_patient
from zones.sessions.symptom_rules import (
    SymptomBook,
    SymptomRule,
    Urgency,
    load_symptom_book,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from zones.contract.sites import SiteLike
    from zones.knowledge.conditions import Facts
    from zones.patients.patient import PatientLike

__all__ = [
    "SymptomAnswer",
    "SymptomBook",
    "SymptomFinding",
    "Urgency",
    "check_symptoms",
    "load_symptom_book",
]

#: Longest time after a treatment that is taken, in hours (one year).
LONGEST_HOURS = 8766.0

NOT_ON_A_LIST = _(
    "Reported, and not on any list of warning signs or expected effects: have the "
    "practitioner look at it."
)
NOTHING = _(
    "Nothing reported. New chest pain, breathlessness, weakness, fever, bleeding or "
    "fast swelling in the next few days: report at once."
)


class SymptomFinding(AnswerModel):
    """One thing that reported symptoms may mean."""

    id: str
    title: Words
    urgency: Urgency
    verdict: Verdict
    symptoms: tuple[str, ...]
    message: Words
    do: tuple[Words, ...] = ()
    sources: tuple[str, ...] = ()
    basis: Words = "source"


class SymptomAnswer(AnswerModel):
    """The answer of a symptom check, findings gravest first.

    ``verdict`` is STOP when no further needle may go in; CAUTION while a warning sign
    was not asked for. ``open_questions`` names the symptoms and facts whose
    answer could raise the urgency or change what to do.
    """

    urgency: Urgency
    verdict: Verdict
    headline: Words
    complete: bool
    open_questions: tuple[str, ...]
    reported: tuple[str, ...]
    findings: tuple[SymptomFinding, ...]
    do: tuple[Words, ...]
    sources: dict[str, dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data, every key present."""
        return self.model_dump(mode="json")


def check_symptoms(
    symptoms: str | Iterable[str] | Mapping[str, bool | None],
    *,
    site: SiteLike | None = None,
    region: str | None = None,
    hours_since: float | None = None,
    patient: PatientLike | None = None,
) -> SymptomAnswer:
    """Return what symptoms after (or during) a treatment mean, and what to do.

    Parameters
    ----------
    symptoms : str, iterable of str, or mapping of str to bool or None
        Reported symptoms by id or common word; a mapping also says what was asked and
        denied (False) or not asked (None).
    site : mapping or Site, optional
        Where needles were used, in a form of the contract.
    region : str, optional
        The same as a region's name; not with ``site``. With neither, the strictest
        place counts.
    hours_since : float, optional
        Hours since the treatment, from 0.
    patient : mapping or Patient, optional
        Facts known.

    Returns
    -------
    SymptomAnswer
        Never says "safe"; the mildest answer says what to watch for.

    Raises
    ------
    UnknownNameError
        For a symptom, region or patient fact that does not exist; the nearest names
        are offered.
    InputError, OutOfRangeError
        For an argument of the wrong type, or hours that cannot be.
    NeedlemapError
        Of the kinds that reading a site raises.

    Examples
    --------
    >>> answer = check_symptoms(["chest pain"], region="upper back", hours_since=20)
    >>> answer.urgency.value, answer.verdict.value
    ('emergency', 'STOP')
    >>> check_symptoms(["soreness"], region="thigh", hours_since=20).urgency.value
    'expected'
    """
    book = load_symptom_book()
    given = _reported(symptoms, book)
    places = _places(site, region)
    hours = _hours(hours_since)
    facts = parse_patient(patient).facts()
    present = {name for name, value in given.items() if value}
    held: list[SymptomRule] = []
    questions: list[str] = []
    for rule in book.rules:
        reported = [name for name in rule.any_of if name in present]
        if not reported or not present.issuperset(rule.all_of):
            continue
        if rule.hours_at_most is not None and hours is None:
            questions.append("hours_since")
        if not _in_place(rule, places) or not _in_time(rule, hours):
            continue
        truth = True if rule.when is None else evaluate(rule.when, facts)
        if truth is None:
            open_facts = undecided(rule.when, facts) if rule.when is not None else ()
            catalogue = load_facts()
            questions += [n for n in sorted(open_facts) if catalogue.asked(n, facts)]
        if truth or (truth is None and rule.if_unknown == "apply"):
            held.append(rule)
    silent = {name for rule in held for name in rule.supersedes}
    found = [_finding(rule, present) for rule in held if rule.id not in silent]
    explained = {name for finding in found for name in finding.symptoms}
    reassuring = {s.id for s in book.symptoms if s.reassuring}
    rest = [n for n in given if n in present - explained - reassuring]
    if rest:
        found.append(_not_on_a_list(rest))
    found.sort(key=lambda f: -f.urgency.rank)
    asked = [*_unasked(book, given, places, facts, found), *questions]
    return _answer(found, [n for n in given if n in present], asked)


def _answer(
    found: Sequence[SymptomFinding], reported: Sequence[str], asked: Sequence[str]
) -> SymptomAnswer:
    """Put findings and open questions into an answer."""
    urgency = found[0].urgency if found else Urgency.NONE
    verdict = max((f.verdict for f in found), default=Verdict.NO_KNOWN_DANGER)
    if asked:
        verdict = max(verdict, Verdict.CAUTION)
    cited = dict.fromkeys(s for finding in found for s in finding.sources)
    known = load_sources()
    return SymptomAnswer(
        urgency=urgency,
        verdict=verdict,
        headline=_headline(found),
        complete=not asked,
        open_questions=tuple(dict.fromkeys(asked)),
        reported=tuple(reported),
        findings=tuple(found),
        do=tuple(dict.fromkeys(text for finding in found for text in finding.do)),
        sources={name: known[name].model_dump(mode="json") for name in cited},
    )


def _headline(found: Sequence[SymptomFinding]) -> str:
    """Return the one sentence that a reader sees first."""
    if not found:
        return NOTHING
    top = found[0]
    if top.urgency is Urgency.EMERGENCY:
        how = _("Emergency: {what}.", what=top.title)
    elif top.urgency is Urgency.SAME_DAY:
        how = _("See a doctor the same day: {what}.", what=top.title)
    else:
        return top.message
    return joined([how, top.message])


def _reported(data: object, book: SymptomBook) -> dict[str, bool | None]:
    """Return which symptoms were reported, denied or left open, by id."""
    if isinstance(data, str):
        data = [data]
    if isinstance(data, Mapping):
        items = list(data.items())
    elif isinstance(data, Iterable) and not isinstance(data, bytes):
        items = [(name, True) for name in data]
    else:
        raise InputError(
            "symptoms must be a list of names, or names with true or false; "
            f"got {data!r}.",
            field="symptoms",
            given=data,
            suggestions=[s.id for s in book.symptoms][:6],
        )
    names = book.names()
    found: dict[str, bool | None] = {}
    for name, value in items:
        key = names.get(plain(name)) if isinstance(name, str) else None
        if key is None:
            words = [*(s.id for s in book.symptoms), *names]
            raise unknown("symptom", str(name), words, field="symptoms")
        if value is not None and not isinstance(value, bool):
            raise InputError(
                f"symptoms.{name} must be true, false or null; got {value!r}.",
                field=f"symptoms.{name}",
                given=value,
            )
        found[key] = value if found.get(key) is None else found[key] or value
    return found


def _places(site: object, region: str | None) -> tuple[tuple[str, str], ...] | None:
    """Return region and side of the site on each body it may mean, if given."""
    if site is not None and region is not None:
        raise InputError("only one of site and region may be given.", field="region")
    catalogue = load_facts()
    if region is not None:
        if region in catalogue.region_names:
            return ((region, "midline"),)
        groups = {g.name: g.regions for g in catalogue.region_groups}
        if region not in groups:
            raise unknown("region", str(region), catalogue.places(), field="region")
        return tuple((name, "midline") for name in groups[region])
    if site is None:
        return None
    from anatomy.body import load_body
    from anatomy.errors import NeedlemapError
    from anatomy.words.sites import resolve_site

    form = parse_site(site)
    data = form.model_dump(mode="json", exclude_none=True, exclude={"body"})
    found: list[tuple[str, str]] = []
    errors: list[NeedlemapError] = []
    for name in (form.body,) if form.body else ("male", "female"):
        try:
            placed = resolve_site(load_body(name), data)
        except NeedlemapError as error:
            errors.append(error)
            continue
        found.append((placed.region, placed.side))
    if not found:
        raise errors[0]
    return tuple(found)


def _hours(value: object) -> float | None:
    """Return the hours since the treatment, or raise."""
    if value is None:
        return None
    convert = getattr(value, "item", None)
    value = convert() if callable(convert) else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(
            f"hours_since must be a number of hours; got {value!r}.",
            field="hours_since",
            given=value,
        )
    if not math.isfinite(value) or not 0 <= value <= LONGEST_HOURS:
        raise OutOfRangeError(
            f"hours_since must be from 0 to {LONGEST_HOURS:g} hours; got {value!r}.",
            field="hours_since",
            given=value,
        )
    return float(value)


def _in_place(rule: SymptomRule, places: Sequence[tuple[str, str]] | None) -> bool:
    """Return whether the site lies where a rule counts, or may."""
    if places is None or not rule.regions:
        return True
    covers = load_facts().covers
    return any(
        covers(place, region, side) for place in rule.regions for region, side in places
    )


def _in_time(rule: SymptomRule, hours: float | None) -> bool:
    """Return whether the time fits; a time not known never fits what would soothe."""
    if rule.hours_at_most is not None:
        return hours is not None and hours <= rule.hours_at_most
    return rule.hours_above is None or hours is None or hours > rule.hours_above


def _finding(rule: SymptomRule, present: AbstractSet[str]) -> SymptomFinding:
    """Return what a rule says."""
    return SymptomFinding(
        id=rule.id,
        title=rule.title,
        urgency=rule.urgency,
        verdict=rule.verdict,
        symptoms=tuple(n for n in (*rule.any_of, *rule.all_of) if n in present),
        message=rule.message,
        do=rule.do,
        sources=rule.sources,
        basis=rule.basis,
    )


def _not_on_a_list(reported: Sequence[str]) -> SymptomFinding:
    """Return the finding for what no rule explains."""
    return SymptomFinding(
        id="not-on-a-list",
        title=_("reported, not on a list"),
        urgency=Urgency.CONTACT,
        verdict=Verdict.CAUTION,
        symptoms=tuple(reported),
        message=NOT_ON_A_LIST,
        do=(_("Tell the practitioner now; a doctor if it gets worse."),),
        basis=_("our inference"),
    )


def _unasked(
    book: SymptomBook,
    given: Facts,
    places: Sequence[tuple[str, str]] | None,
    facts: Facts,
    found: Sequence[SymptomFinding],
) -> list[str]:
    """Return the warning signs of this place that were not asked for.

    Nothing is asked once it is an emergency: then nothing can raise the urgency.
    """
    now = found[0].urgency.rank if found else 0
    if now >= Urgency.EMERGENCY.rank:
        return []
    return list(
        dict.fromkeys(
            name
            for rule in book.rules
            if rule.urgency is Urgency.EMERGENCY
            and (rule.when is None or evaluate(rule.when, facts) is True)
            and _in_place(rule, places)
            for name in rule.any_of
            if given.get(name) is None
        )
    )
