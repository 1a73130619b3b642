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
from anatomy.messages import changed, joined, named
from anatomy.messages import message as _
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
    "fulltext": _("the text itself was read"),
    "excerpt": _("a part of the text was read"),
    "abstract": _("an abstract was read"),
    "secondary": _("a page that repeats it was read, not the text itself"),
    "memory": _("no text was read"),
    "inference": _("our own conclusion"),
}
_NO_DATE = _("date not known")
_COMPLETE = _("Complete what is missing, or ask the board, before needling.")
_ELSEWHERE = _("Choose a region that is covered, or ask the board, before needling.")

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
    where = (practitioner.jurisdiction or "").strip()
    called = (practitioner.profession or "").strip()
    place = book.jurisdiction(where) if where else None
    trade = book.profession(called) if called else None
    if place is None or trade is None:
        text = _not_said(place=place is not None, trade=trade is not None)
        return [_finding(book, "scope", Verdict.CAUTION, text, status="unknown")]
    where = _("{place} ({code})", place=named(place.name), code=place.iso)
    rule = book.rule(place.iso, trade)
    if rule is None:
        status = book.statuses["no_rule"]
        text = _sentence(
            _standing(book.professions[trade], where, status.text), place.note
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
    return _(
        "The rules held here ask for {low:g} to {high:g} hours of training, most often "
        "{usual_low:g} to {usual_high:g} ({usual:d} of {count:d} rules with a figure; "
        "{without:d} more have none, or it was not read). The article that this "
        "project started from says {article_low:g} to {article_high:g}: {below:d} "
        "rules ask for less, {above:d} for more.",
        low=span.low,
        high=span.high,
        usual_low=span.usual[0],
        usual_high=span.usual[1],
        usual=span.usual_count,
        count=span.count,
        without=span.rules - span.count,
        article_low=low,
        article_high=high,
        below=below,
        above=above,
    )


def _scope(
    book: Rulebook, rule: Regulation, where: str, training: _Training
) -> Finding:
    """Return the finding of what the rule says of the profession."""
    status = book.statuses[rule.status]
    verdict = status.verdict if rule.confirmed else max(status.verdict, Verdict.CAUTION)
    parts = [_standing(rule.profession, where, status.text)]
    if not rule.confirmed:
        parts.append(_("this is not confirmed"))
    if verdict < Verdict.STOP:
        parts.append(_asked(rule, training))
    own = _advice(status.advice)
    if rule.requirements:
        also = joined(rule.requirements, "; ")
        own.append(_("Also on record: {requirements}.", requirements=also))
    return _finding(
        book,
        "scope",
        verdict,
        _sentence(joined(parts, "; "), _source_words(rule)),
        own,
        rule=rule,
        status="known" if rule.confirmed else "unknown",
    )


def _standing(profession: str, where: str, status: str) -> str:
    """Return how a profession stands somewhere."""
    return _(
        "{profession}, {place}: {status}",
        profession=profession,
        place=where,
        status=status,
    )


def _asked(rule: Regulation, training: _Training) -> str:
    """Return what the rule asks in hours and practice, and what was given."""
    if rule.hours == "none":
        parts: list[str] = [_("no minimum of training hours is set")]
    elif rule.min_hours is None:
        parts = [_("whether a minimum of training hours is set was not read")]
    else:
        parts = [_("asks for {hours:g} hours of training", hours=rule.min_hours)]
        if training.hours is not None:
            parts.append(_("{hours:g} given", hours=training.hours))
        if rule.in_person_hours is None:
            parts.append(_("how many of them in person was not read or is not set"))
        else:
            parts.append(_("{hours:g} of them in person", hours=rule.in_person_hours))
    if rule.supervised_sessions is not None:
        sessions = rule.supervised_sessions
        parts.append(_("{n:d} supervised sessions", n=sessions))
    if rule.experience is not None:
        parts.append(rule.experience.text)
    parts += [limit.text for limit in rule.regions]
    if rule.taught_regions_only:
        parts.append(_("only regions that the course covered"))
    return joined(parts, ", ")


def _hours(book: Rulebook, rule: Regulation, training: _Training) -> list[Finding]:
    """Return the finding of hours too few or not said, if any."""
    asked, live = rule.min_hours, rule.in_person_hours
    if asked is None:
        return []
    short: list[str] = []
    open_: list[str] = []
    if training.hours is None:
        open_.append(
            _("{hours:g} hours of training are required; none stated", hours=asked)
        )
    elif training.hours < asked:
        short.append(
            _(
                "{stated:g} hours of training stated, {required:g} required",
                stated=training.hours,
                required=asked,
            )
        )
    in_person = training.in_person
    if live is not None and in_person is not None and in_person < live:
        short.append(
            _(
                "{stated:g} hours in person stated, {required:g} required",
                stated=in_person,
                required=live,
            )
        )
    elif live is not None and in_person is None and (training.hours or live) >= live:
        open_.append(
            _("{hours:g} hours in person are required; none stated", hours=live)
        )
    return _unmet(book, "hours", rule, short, open_)


def _experience(book: Rulebook, rule: Regulation, training: _Training) -> list[Finding]:
    """Return the finding of practice too short or not said, if any."""
    if rule.experience is None:
        return []
    text = rule.experience.text
    if training.years is None:
        open_ = _("{practice} required; none stated", practice=text)
        return _unmet(book, "experience", rule, [], [open_])
    if training.years >= rule.experience.years:
        return []
    short = _(
        "{years:g} years of practice stated; required: {practice}",
        years=training.years,
        practice=text,
    )
    return _unmet(book, "experience", rule, [short], [])


def _regions(
    book: Rulebook, rule: Regulation, training: _Training, region: str | None
) -> list[Finding]:
    """Return the finding of a region that the rule leaves out or treats on its own."""
    if region is None:
        return []
    taught = None if training.regions is None else _covers(training.regions, region)
    short: list[str] = []
    open_: list[str] = []
    here = named(region)
    for limit in rule.regions:
        inside = _covers(limit.regions, region)
        if limit.kind == "only" and not inside:
            short.append(
                _(
                    "this is the {region}; the rule allows {limit}",
                    region=here,
                    limit=limit.text,
                )
            )
            continue
        text = _("this is the {region}; {limit}", region=here, limit=limit.text)
        if limit.kind == "insurance" and inside:
            short.append(text)
        elif limit.kind == "more_training" and inside and not taught:
            (open_ if taught is None else short).append(text)
    if rule.taught_regions_only and not taught:
        if taught is None:
            open_.append(
                _(
                    "only regions that the course covered may be needled, and which "
                    "these are was not stated"
                )
            )
        else:
            short.append(
                _(
                    "only regions that the course covered may be needled; the {region} "
                    "is not among those stated",
                    region=here,
                )
            )
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
    text = _sentence(joined([*short, *open_], "; "), _source_words(rule))
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
    reference = rule.legal_reference or source.title
    as_of = _("as of {date}", date=rule.as_of) if rule.as_of else _NO_DATE
    return joined([reference, as_of, _READ[rule.read]], "; ")


def _sentence(text: str, behind: str) -> str:
    """Return a sentence with a capital, and what stands behind it as another."""
    parts = [changed(part, "capital") for part in (text, behind) if part]
    return joined([p if p.endswith(".") else joined([p, "."], "") for p in parts])


def _advice(text: str) -> list[str]:
    """Return advice as a list, empty without any."""
    return [text] if text else []


def _not_said(*, place: bool, trade: bool) -> str:
    """Return that it is not known who needles where."""
    if place:
        return _(
            "Whether this practitioner may needle is not known: the profession was not "
            "stated."
        )
    if trade:
        return _(
            "Whether this practitioner may needle is not known: the jurisdiction was "
            "not stated."
        )
    return _(
        "Whether this practitioner may needle is not known: the jurisdiction and the "
        "profession were not stated."
    )


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
