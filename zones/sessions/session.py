"""A session: several sites checked together, and what only the whole shows.

``check_session`` checks each site by itself and then holds the session against the
rules of ``data/rules_session.toml``: both lungs in one sitting, needles left in over
the lung, posture, the first treatment, current across the chest, the count at the end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import InputError, NeedlemapError, OutOfRangeError
from anatomy.messages import Words, plural
from anatomy.messages import message as _
from anatomy.names import unknown
from zones.contract.models import Assessment, OtherView, Verdict
from zones.contract.needle import parse_needle
from zones.contract.validation import AnswerModel
from zones.patients.patient import Patient, parse_patient
from zones.patients.rules import RuleHit, SiteContext, apply
from zones.sessions.session_rules import (
    Measure,
    SessionBook,
    SessionRule,
    load_session_book,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zones.knowledge.conditions import Facts
    from zones.knowledge.facts import Catalogue, Fact
    from zones.patients.patient import PatientLike, PractitionerLike

__all__ = [
    "SessionAssessment",
    "SessionBook",
    "SessionFinding",
    "check_session",
    "load_session_book",
    "parse_session",
]

#: Most sites that one session may hold.
MOST_SITES = 200

_ENTRY = ("site", "needle", "left_in")
_NONE = Verdict.NO_KNOWN_DANGER


class SessionFinding(AnswerModel):
    """One reason that only the whole session shows.

    ``sites`` are the places in the list of sites that it is about, from 0; empty for
    the session as such. The other fields are those of a site's finding.
    """

    id: str
    kind: Literal["session"] = "session"
    verdict: Verdict
    consequence: Words
    message: Words
    advice: tuple[Words, ...] = ()
    sites: tuple[int, ...] = ()
    sources: tuple[str, ...]
    status: Literal["known", "unknown"] = "known"
    other_views: tuple[OtherView, ...] = ()
    basis: Words | None = None


class SessionAssessment(AnswerModel):
    """The answer of a session check; ``sites`` in the order in which they were given.

    ``verdict`` is the worst of all sites and of the session's own findings.
    """

    verdict: Verdict
    headline: Words
    complete: bool
    open_questions: tuple[str, ...]
    sites: tuple[Assessment, ...]
    findings: tuple[SessionFinding, ...]
    advice: tuple[Words, ...]
    aftercare: tuple[Words, ...]
    red_flags: tuple[Words, ...]
    sources: dict[str, dict[str, Any]]
    data_version: str

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data, every key present."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class _Seen:
    """What a measure looks at of one site."""

    side: str
    region: str
    zones: frozenset[str]
    electrical: bool | None
    left_in: bool | None


def check_session(
    sites: Iterable[Mapping[str, object]],
    patient: PatientLike | None = None,
    session: Mapping[str, object] | None = None,
    *,
    practitioner: PractitionerLike | None = None,
) -> SessionAssessment:
    """Return what stands against a session of several sites.

    Parameters
    ----------
    sites : iterable of mapping
        Each with ``site`` and optionally ``needle`` (forms of the contract; mm) and
        ``left_in`` (whether the needle stays in place).
    patient : mapping or Patient, optional
        Facts known; a fact left out was not asked.
    session : mapping, optional
        Facts of the session (``data/rules_session.toml``): posture, first treatment,
        needles left in, counts.
    practitioner : mapping or Practitioner, optional
        Who needles.

    Returns
    -------
    SessionAssessment
        Each site's assessment, and the session's own findings, worst first.

    Raises
    ------
    InputError
        For no site, an entry of the wrong form, or a fact of the wrong type.
    UnknownNameError
        For a field or session fact that does not exist; the nearest are offered.
    OutOfRangeError
        For a number out of range, or more sites than a session may hold.
    NeedlemapError
        Of any other kind that a single check raises; ``field`` begins with the
        place of the site in the list, as ``sites.2.site.landmark``.

    Examples
    --------
    >>> both = [{"site": {"point": "GB21", "side": s}, "needle": {"depth_mm": 5}}
    ...         for s in ("left", "right")]
    >>> check_session(both, {"sex": "male"}).findings[0].id
    'both-sides-of-the-chest'
    """
    from zones.check.patient_findings import source_records
    from zones.check.site import check_site, data_version

    book = load_session_book()
    entries = _entries(sites)
    known = _session_facts(session, book)
    who = parse_patient(patient)
    answers: list[Assessment] = []
    seen: list[_Seen] = []
    for index, entry in enumerate(entries):
        try:
            needle = parse_needle(entry.get("needle"))
            answer = check_site(entry["site"], needle, who, practitioner)
        except NeedlemapError as error:
            raise _at(error, index) from error
        answers.append(answer)
        left = entry.get("left_in")
        seen.append(_see(answer, needle.electrical, left))
    own, asked = _session_findings(book, who, known, seen)
    worst = max([*(a.verdict for a in answers), *(f.verdict for f in own)])
    questions = _unique([*asked, *(q for a in answers for q in a.open_questions)])
    cited = [s for f in own for s in f.sources]
    cited += [s for f in own for v in f.other_views for s in v.sources]
    sources = {k: row for a in answers for k, row in a.sources.items()}
    return SessionAssessment.model_construct(
        verdict=worst,
        headline=_headline(worst, own, answers),
        complete=not questions,
        open_questions=questions,
        sites=tuple(answers),
        findings=tuple(own),
        advice=_unique(
            [
                *(t for f in own for t in f.advice),
                *(t for a in answers for t in a.advice),
            ]
        ),
        aftercare=_unique(t for a in answers for t in a.aftercare),
        red_flags=_unique(t for a in answers for t in a.red_flags),
        sources=source_records(_unique(cited)) | sources,
        data_version=data_version(),
    )


def _entries(sites: Iterable[object]) -> list[Mapping[str, Any]]:
    """Return the entries of a session after a look at their form."""
    if isinstance(sites, (str, bytes, Mapping)) or not hasattr(sites, "__iter__"):
        raise InputError(
            "sites must be a list of objects, each with a site and a needle; "
            f"got {type(sites).__name__}.",
            field="sites",
            given=sites,
        )
    entries: list[Mapping[str, Any]] = []
    for index, entry in enumerate(sites):
        field = f"sites.{index}"
        if not isinstance(entry, Mapping):
            raise InputError(
                f"{field} must be an object with a site; got {entry!r}.",
                field=field,
                given=entry,
                suggestions=_ENTRY,
            )
        for name in entry:
            if name not in _ENTRY:
                raise unknown("field", str(name), _ENTRY, field=f"{field}.{name}")
        if entry.get("site") is None:
            raise InputError(f"{field}.site must be given.", field=f"{field}.site")
        if not isinstance(entry.get("left_in"), (bool, type(None))):
            raise InputError(
                f"{field}.left_in must be true or false; got {entry['left_in']!r}.",
                field=f"{field}.left_in",
                given=entry["left_in"],
            )
        if index >= MOST_SITES:
            raise OutOfRangeError(
                f"sites must hold at most {MOST_SITES} entries; more were given.",
                field="sites",
            )
        entries.append(entry)
    if not entries:
        raise InputError("sites must hold at least one site; got none.", field="sites")
    return entries


def _at(error: NeedlemapError, index: int) -> NeedlemapError:
    """Return an error of one site with the site's place in the list put before it."""
    where = f"sites.{index}"
    error.field = where if error.field is None else f"{where}.{error.field}"
    error.message = f"{where}: {error.message}"
    return error


def parse_session(data: object) -> dict[str, Any]:
    """Return the facts of a session, each held against its type and range.

    Parameters
    ----------
    data : mapping or None
        Facts of the session (``data/rules_session.toml``).

    Returns
    -------
    dict
        Only what was answered.

    Raises
    ------
    InputError, UnknownNameError, OutOfRangeError
        Naming the fact.

    Examples
    --------
    >>> parse_session({"posture": "sitting", "needles_in": None})
    {'posture': 'sitting'}
    """
    return _session_facts(data, load_session_book())


def _session_facts(data: object, book: SessionBook) -> dict[str, Any]:
    """Return the facts of a session, each held against its type and range."""
    if data is None:
        return {}
    names = [fact.name for fact in book.facts]
    if not isinstance(data, Mapping):
        raise InputError(
            f"session must be an object of facts; got {data!r}.",
            field="session",
            given=data,
            suggestions=names[:6],
        )
    known: dict[str, Any] = {}
    for name, value in data.items():
        field = f"session.{name}"
        if name not in names:
            raise unknown("session fact", str(name), names, field=field)
        if value is not None:
            known[name] = _session_fact(book.catalogue[name], value, field=field)
    return known


def _session_fact(fact: Fact, value: Any, *, field: str) -> Any:
    """Return the answer to one session fact, or raise."""
    if fact.type == "choice":
        if value not in fact.options:
            raise unknown(fact.label, str(value), fact.options, field=field)
        return value
    if fact.type == "bool":
        if not isinstance(value, bool):
            raise InputError(
                f"{field} must be true or false ({fact.label}); got {value!r}.",
                field=field,
                given=value,
            )
        return value
    value = _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(
            f"{field} must be a number ({fact.label}); got {value!r}.",
            field=field,
            given=value,
        )
    low, high = fact.range or (-math.inf, math.inf)
    if not math.isfinite(value) or not low <= value <= high or value != int(value):
        raise OutOfRangeError(
            f"{field} must be a whole number from {low:g} to {high:g} {fact.unit}; "
            f"got {value!r}.",
            field=field,
            given=value,
        )
    return int(value)


def _number(value: Any) -> Any:
    """Return a numpy scalar as the Python number it stands for."""
    convert = getattr(value, "item", None)
    return convert() if callable(convert) else value


def _see(answer: Assessment, electrical: bool | None, left_in: bool | None) -> _Seen:
    """Return what the measures look at of one checked site."""
    zones = frozenset(f.id for f in answer.findings if f.kind == "zone")
    return _Seen(answer.site.side, answer.site.region, zones, electrical, left_in)


def measured(
    answers: Iterable[Assessment], entries: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Return the counts over the sites of a session that its questions depend on.

    Parameters
    ----------
    answers : iterable of Assessment
        The assessment of each site.
    entries : iterable of mapping
        ``needle`` and ``left_in`` of each site, in the same order.

    Examples
    --------
    >>> from zones.check.site import check_site
    >>> measured([check_site({"text": "6 cm left of T4"})], [{}])["lung_sites"]
    1
    """
    book = load_session_book()
    seen = [
        _see(answer, parse_needle(entry.get("needle")).electrical, entry.get("left_in"))
        for answer, entry in zip(answers, entries, strict=True)
    ]
    return _measures(book, seen)


def _measures(book: SessionBook, seen: Sequence[_Seen]) -> dict[str, int]:
    """Return what each measure comes to."""
    found = {}
    for measure in book.measures:
        at = _members(measure, seen, book.catalogue)
        sides = _sides([seen[i].side for i in at])
        found[measure.name] = len(at) if measure.what == "sites" else sides
    return found


def _session_findings(
    book: SessionBook, patient: Patient, known: Facts, seen: Sequence[_Seen]
) -> tuple[list[SessionFinding], list[str]]:
    """Return the session's own findings, worst first, and what was not asked."""
    members = {m.name: _members(m, seen, book.catalogue) for m in book.measures}
    facts: dict[str, Any] = {**patient.facts(), **known}
    if any(s.electrical is not None for s in seen):
        facts["electrical"] = any(s.electrical for s in seen)
    facts |= _measures(book, seen)
    for gap in book.differences:
        if gap.of in facts and gap.less in facts:
            facts[gap.name] = facts[gap.of] - facts[gap.less]
    outcome = apply(book.rules, facts, SiteContext(""), catalogue=book.catalogue)
    found = [_finding(hit, members) for hit in outcome.hits]
    askable = {fact.name for fact in book.facts}
    asked = [q.fact for q in outcome.questions if q.fact in askable]
    return found, asked


def _measure(hit: RuleHit) -> str | None:
    """Return the measure whose sites a hit is about."""
    return hit.rule.sites if isinstance(hit.rule, SessionRule) else None


def _members(
    measure: Measure, seen: Sequence[_Seen], catalogue: Catalogue
) -> list[int]:
    """Return which sites count, by their place in the list."""
    return [i for i, site in enumerate(seen) if _counts(measure, site, catalogue)]


def _counts(measure: Measure, site: _Seen, catalogue: Catalogue) -> bool:
    """Return whether a site counts for a measure."""
    if measure.electrical is not None and site.electrical is not measure.electrical:
        return False
    if measure.left_in is not None:
        wanted = True if measure.left_in == "yes" else None
        if site.left_in is not wanted:
            return False
    if not measure.zones and not measure.regions:
        return True
    return not site.zones.isdisjoint(measure.zones) or any(
        catalogue.covers(place, site.region, site.side) for place in measure.regions
    )


def _sides(sides: Sequence[str]) -> int:
    """Return on how many sides of the body sites lie, as gravely as it may be.

    Examples
    --------
    >>> _sides(["left", "left"]), _sides(["left", "midline"]), _sides(["midline"])
    (1, 2, 1)
    """
    return min(2, len(set(sides)))


def _finding(hit: RuleHit, members: Mapping[str, Sequence[int]]) -> SessionFinding:
    """Return the finding of one rule of the session."""
    name = _measure(hit)
    at: Sequence[int] = ()
    if name is not None:
        at = members[name] or members.get(f"{name}_unknown", ())
    return SessionFinding(
        id=hit.rule.id,
        verdict=hit.verdict,
        consequence=hit.rule.title,
        message=hit.message,
        advice=hit.advice,
        sites=tuple(at),
        sources=hit.rule.sources,
        status="known" if hit.status == "yes" else "unknown",
        other_views=hit.other_views,
        basis=hit.rule.basis,
    )


def _headline(
    worst: Verdict, own: Sequence[SessionFinding], answers: Sequence[Assessment]
) -> str:
    """Return the one sentence that a reader sees first."""
    top = next((f for f in own if f.verdict == worst), None)
    if top is not None and worst > _NONE:
        return top.message
    number = next(i for i, a in enumerate(answers) if a.verdict == worst)
    if worst == _NONE:
        return plural(
            "No known danger zone at the depths planned ({n} site).",
            "No known danger zone at the depths planned ({n} sites).",
            len(answers),
        )
    answer = answers[number]
    return _(
        "Site {number:d} ({place}): {headline}",
        number=number + 1,
        place=answer.site.description,
        headline=answer.headline,
    )


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    """Return items without repeats, in their order."""
    return tuple(dict.fromkeys(items))
