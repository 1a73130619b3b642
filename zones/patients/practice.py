"""The practitioner: whether the rules held let this profession needle here.

Verdicts
--------
``STOP`` only where needling is ruled out in so many words, for good or until further
rules are made. Everything short of that (restricted, silent, no rule held, not
confirmed, too few hours, an answer not given) is ``CAUTION``: it may be allowed, and
only the practitioner can find out. ``DANGER`` is never used, for it speaks of what the
needle can hit. A permission whose conditions are met is a finding at
``NO_KNOWN_DANGER``, so that its date and source are seen. A practitioner of whom
nothing is said makes no finding. None of this is legal advice; each finding says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import ContradictionError, DataError
from anatomy.names import unknown
from zones.contract.models import Finding, Verdict
from zones.knowledge.facts import load_facts
from zones.knowledge.places import split_side
from zones.knowledge.regulation import (
    Regulation,
    Rulebook,
    load_regulation,
    load_regulation_sources,
)
from zones.patients.patient import Practitioner, parse_practitioner
from zones.sentences.wording import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "HoursSpan",
    "Regulation",
    "Rulebook",
    "check_practitioner",
    "hours_span",
    "hours_text",
    "load_regulation",
    "load_regulation_sources",
    "practitioner_findings",
]

#: Figures within this share of the most frequent one count as usual.
USUAL_WITHIN = 0.1

_READ = {
    "fulltext": "the text itself was read",
    "excerpt": "a part of the text was read",
    "abstract": "an abstract was read",
    "secondary": "a page that repeats it was read, not the text itself",
    "memory": "no text was read",
    "inference": "our own conclusion",
}
_NO_DATE = "date not known"
_COMPLETE = "Complete what is missing, or ask the board, before needling."
_ELSEWHERE = "Choose a region that is covered, or ask the board, before needling."

Standing = Literal["known", "unknown"]


@dataclass(frozen=True)
class _Training:
    """What is known of a practitioner's training; None was not said."""

    hours: float | None
    in_person: float | None
    years: float | None
    regions: tuple[str, ...] | None


def check_practitioner(
    practitioner: object, region: str | None = None
) -> list[Finding]:
    """Return what the rules held say of who needles.

    Parameters
    ----------
    practitioner : mapping, Practitioner or None
        Jurisdiction, profession and hours of training.
    region : str, optional
        Skin region of the site; without it, limits to parts of the body are only told.

    Returns
    -------
    list of Finding
        Gravest first; empty when nothing is said of the practitioner.

    Raises
    ------
    UnknownNameError
        For a jurisdiction or profession not known, a field that does not exist, or a
        region that is none; the nearest are offered.
    OutOfRangeError, InputError
        For hours out of range or of the wrong type.
    ContradictionError
        For more hours in person than in all.

    Examples
    --------
    >>> who = {"jurisdiction": "US-MD", "profession": "PT", "training_hours": 60}
    >>> [finding.id for finding in check_practitioner(who)][0]
    'practice-hours'
    """
    return practitioner_findings(parse_practitioner(practitioner), region)


def practitioner_findings(
    practitioner: Practitioner, region: str | None = None
) -> list[Finding]:
    """Return the findings about a practitioner; see :func:`check_practitioner`.

    The ids are ``practice-scope`` (always, unless nothing is said), and
    ``practice-hours``, ``practice-experience`` and ``practice-regions`` where the rule
    asks for something that is not met or was not said.
    """
    if not practitioner.model_dump(exclude_none=True):
        return []
    book = load_regulation()
    training = _training(practitioner)
    if region is not None:
        _check_region(region, "region")
    named = (practitioner.jurisdiction or "").strip()
    called = (practitioner.profession or "").strip()
    place = book.jurisdiction(named) if named else None
    trade = book.profession(called) if called else None
    if place is None or trade is None:
        missing = _not_given(
            [
                *([] if place is not None else ["the jurisdiction"]),
                *([] if trade is not None else ["the profession"]),
            ]
        )
        text = f"Whether this practitioner may needle is not known: {missing}."
        return [_finding(book, "scope", Verdict.CAUTION, text, status="unknown")]
    where = f"{place.name} ({place.iso})"
    rule = book.rule(place.iso, trade)
    if rule is None:
        status = book.statuses["no_rule"]
        text = _sentence(
            f"{book.professions[trade]}, {where}: {status.text}", place.note
        )
        own = _advice(status.advice)
        return [_finding(book, "scope", status.verdict, text, own, status="unknown")]
    findings = [_scope(book, rule, where, training)]
    if findings[0].verdict < Verdict.STOP:
        findings += _hours(book, rule, training)
        findings += _experience(book, rule, training)
        findings += _regions(book, rule, training, region)
    return sorted(findings, key=lambda f: (-f.verdict.rank, f.status == "unknown"))


@dataclass(frozen=True)
class HoursSpan:
    """Hours that the rules ask for.

    Attributes
    ----------
    low, high : float
        Fewest and most hours.
    usual : tuple of float
        Fewest and most of the figures within a tenth of the most frequent one.
    usual_count, count, rules : int
        Rules with a usual figure, with any figure, and in all.
    """

    low: float
    high: float
    usual: tuple[float, float]
    usual_count: int
    count: int
    rules: int


def hours_span(rules: Iterable[Regulation] | None = None) -> HoursSpan:
    """Return the span of training hours in the rules held.

    Parameters
    ----------
    rules : iterable of Regulation, optional
        The rules to look at; all by default.

    Returns
    -------
    HoursSpan
        Span, usual figures and counts.

    Raises
    ------
    DataError
        When no rule has a figure.

    Notes
    -----
    Of figures equally frequent, the lower counts as the most frequent.

    Examples
    --------
    >>> span = hours_span()
    >>> span.low, span.high, span.usual
    (24.0, 325.0, (50.0, 54.0))
    """
    held = load_regulation().rules if rules is None else tuple(rules)
    figures = sorted(r.min_hours for r in held if r.min_hours is not None)
    if not figures:
        raise DataError("no rule of practice has a number of hours.")
    mode = max(Counter(figures).items(), key=lambda item: (item[1], -item[0]))[0]
    usual = [h for h in figures if abs(h - mode) <= USUAL_WITHIN * mode]
    return HoursSpan(
        low=figures[0],
        high=figures[-1],
        usual=(usual[0], usual[-1]),
        usual_count=len(usual),
        count=len(figures),
        rules=len(held),
    )


def hours_text() -> str:
    """Return what the rules ask in hours, beside what the article says, in words.

    Examples
    --------
    >>> hours_text().startswith("The rules held here ask for 24 to 325 hours")
    True
    """
    book, span = load_regulation(), hours_span()
    low, high = book.article_hours
    figures = [r.min_hours for r in book.rules if r.min_hours is not None]
    below, above = sum(h < low for h in figures), sum(h > high for h in figures)
    return (
        f"The rules held here ask for {span.low:g} to {span.high:g} hours of training, "
        f"most often {span.usual[0]:g} to {span.usual[1]:g} ({span.usual_count} of "
        f"{span.count} rules with a figure; {span.rules - span.count} more have none, "
        "or it was not read). The article that this project started from says "
        f"{low:g} to {high:g}: {below} rules ask for less, {above} for more."
    )


def _scope(
    book: Rulebook, rule: Regulation, where: str, training: _Training
) -> Finding:
    """Return the finding of what the rule says of the profession."""
    status = book.statuses[rule.status]
    verdict = status.verdict if rule.confirmed else max(status.verdict, Verdict.CAUTION)
    parts = [f"{rule.profession}, {where}: {status.text}"]
    if not rule.confirmed:
        parts.append("this is not confirmed")
    if verdict < Verdict.STOP:
        parts.append(_asked(rule, training))
    also = "; ".join(rule.requirements)
    own = [*_advice(status.advice), *([f"Also on record: {also}."] if also else [])]
    return _finding(
        book,
        "scope",
        verdict,
        _sentence("; ".join(parts), _source_words(rule)),
        own,
        rule=rule,
        status="known" if rule.confirmed else "unknown",
    )


def _asked(rule: Regulation, training: _Training) -> str:
    """Return what the rule asks in hours and practice, and what was given."""
    if rule.hours == "none":
        parts = ["no minimum of training hours is set"]
    elif rule.min_hours is None:
        parts = ["whether a minimum of training hours is set was not read"]
    else:
        given = f", {training.hours:g} given" if training.hours is not None else ""
        parts = [f"asks for {rule.min_hours:g} hours of training{given}"]
        if rule.in_person_hours is None:
            parts.append("how many of them in person was not read or is not set")
        else:
            parts.append(f"{rule.in_person_hours:g} of them in person")
    if rule.supervised_sessions is not None:
        parts.append(f"{rule.supervised_sessions} supervised sessions")
    if rule.experience is not None:
        parts.append(rule.experience.text)
    parts += [limit.text for limit in rule.regions]
    if rule.taught_regions_only:
        parts.append("only regions that the course covered")
    return ", ".join(parts)


def _hours(book: Rulebook, rule: Regulation, training: _Training) -> list[Finding]:
    """Return the finding of hours too few or not said, if any."""
    asked, live = rule.min_hours, rule.in_person_hours
    if asked is None:
        return []
    short: list[str] = []
    open_: list[str] = []
    if training.hours is None:
        open_.append(f"{asked:g} hours of training are required; none stated")
    elif training.hours < asked:
        short.append(f"{training.hours:g} hours of training stated, {asked:g} required")
    in_person = training.in_person
    if live is not None and in_person is not None and in_person < live:
        short.append(f"{in_person:g} hours in person stated, {live:g} required")
    elif live is not None and in_person is None and (training.hours or live) >= live:
        open_.append(f"{live:g} hours in person are required; none stated")
    return _unmet(book, "hours", rule, short, open_)


def _experience(book: Rulebook, rule: Regulation, training: _Training) -> list[Finding]:
    """Return the finding of practice too short or not said, if any."""
    if rule.experience is None:
        return []
    text = rule.experience.text
    if training.years is None:
        return _unmet(book, "experience", rule, [], [f"{text} required; none stated"])
    if training.years >= rule.experience.years:
        return []
    given = f"{training.years:g} years of practice stated"
    return _unmet(book, "experience", rule, [f"{given}; required: {text}"], [])


def _regions(
    book: Rulebook, rule: Regulation, training: _Training, region: str | None
) -> list[Finding]:
    """Return the finding of a region that the rule leaves out or treats on its own."""
    if region is None:
        return []
    taught = None if training.regions is None else _covers(training.regions, region)
    short: list[str] = []
    open_: list[str] = []
    for limit in rule.regions:
        inside = _covers(limit.regions, region)
        if limit.kind == "only" and not inside:
            short.append(f"this is the {region}; the rule allows {limit.text}")
        elif limit.kind == "insurance" and inside:
            short.append(f"this is the {region}; {limit.text}")
        elif limit.kind == "more_training" and inside and not taught:
            (open_ if taught is None else short).append(
                f"this is the {region}; {limit.text}"
            )
    if rule.taught_regions_only and not taught:
        text = "only regions that the course covered may be needled"
        if taught is None:
            open_.append(f"{text}, and which these are was not stated")
        else:
            short.append(f"{text}; the {region} is not among those stated")
    return _unmet(book, "regions", rule, short, open_, advice=_ELSEWHERE)


def _unmet(
    book: Rulebook,
    name: str,
    rule: Regulation,
    short: Sequence[str],
    open_: Sequence[str],
    *,
    advice: str = _COMPLETE,
) -> list[Finding]:
    """Return one finding for what is not met and what was not said."""
    if not short and not open_:
        return []
    text = _sentence("; ".join([*short, *open_]), _source_words(rule))
    standing: Standing = "known" if short else "unknown"
    return [
        _finding(
            book, name, Verdict.CAUTION, text, [advice], rule=rule, status=standing
        )
    ]


def _finding(
    book: Rulebook,
    name: str,
    verdict: Verdict,
    message: str,
    advice: Sequence[str] = (),
    *,
    rule: Regulation | None = None,
    status: Standing = "known",
) -> Finding:
    """Return a finding about the practitioner; the disclaimer closes its advice."""
    return Finding(
        id=f"practice-{name}",
        kind="practitioner",
        verdict=verdict,
        message=message,
        advice=[*advice, book.disclaimer],
        sources=[rule.source] if rule is not None else [],
        status=status,
        basis=(rule.note or None) if rule is not None else None,
    )


def _source_words(rule: Regulation) -> str:
    """Return reference, date and how the rule was read, in words."""
    source = load_regulation_sources()[rule.source]
    named = rule.legal_reference or source.title
    as_of = f"as of {rule.as_of}" if rule.as_of else _NO_DATE
    return f"{named}; {as_of}; {_READ[rule.read]}"


def _sentence(text: str, behind: str) -> str:
    """Return a sentence with a capital, and what stands behind it as another."""
    parts = [f"{part[:1].upper()}{part[1:]}" for part in (text, behind) if part]
    return " ".join(f"{part.rstrip('.')}." for part in parts)


def _advice(text: str) -> list[str]:
    """Return advice as a list, empty without any."""
    return [text] if text else []


def _not_given(names: Sequence[str]) -> str:
    """Return which fields were not given."""
    return f"{join_words(names)} {'was' if len(names) == 1 else 'were'} not stated"


def _training(practitioner: Practitioner) -> _Training:
    """Return what was said of training, checked for what cannot be."""
    regions: Any = getattr(practitioner, "regions_trained", None)
    found = _Training(
        hours=practitioner.training_hours,
        in_person=getattr(practitioner, "in_person_hours", None),
        years=getattr(practitioner, "years_in_practice", None),
        regions=None if regions is None else tuple(regions),
    )
    if (
        found.hours is not None
        and found.in_person is not None
        and found.in_person > found.hours
    ):
        raise ContradictionError(
            "practitioner.in_person_hours and practitioner.training_hours cannot "
            f"both be true: {found.in_person:g} hours in person of {found.hours:g}.",
            field="practitioner.in_person_hours",
        )
    for name in found.regions or ():
        _check_region(split_side(name)[1], "practitioner.regions_trained")
    return found


def _check_region(name: str, field: str) -> None:
    """Raise when a name is no region and no group of regions."""
    places = load_facts().places()
    if name not in places:
        raise unknown("region", name, places, field=field)


def _covers(places: Sequence[str], region: str) -> bool:
    """Return whether any of the places takes in a region of either side."""
    facts = load_facts()
    return any(facts.covers(place, region, "midline") for place in places)
