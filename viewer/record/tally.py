"""The clinic's own verdicts and overrides of the last days, from its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from anatomy.messages import joined, plural
from anatomy.messages import message as _
from viewer.record.reasons import load_reasons
from viewer.record.storage.models import Override, Record, SiteEntry, now
from viewer.record.storage.store import RecordStore
from zones.contract.models import Verdict

#: How far back the page counts.
DAYS = 30
COUNTS_FILE = f"last-{DAYS}-days.csv"


@dataclass(frozen=True)
class VerdictCount:
    """Sites with one verdict.

    Attributes
    ----------
    verdict : Verdict
        The worse of the site's own and of what the session with it was found to be.
    recorded : int
        Sites recorded with it, without those that were taken off again.
    against : int
        Of these, how many were recorded with a reason for going on.
    taken_off : int
        Sites recorded with it and taken off the list again.
    """

    verdict: Verdict
    recorded: int
    against: int
    taken_off: int


@dataclass(frozen=True)
class ReasonCount:
    """One reason for going against a verdict: its words, and how often by verdict."""

    reason: str
    label: str
    times: dict[Verdict, int]

    @property
    def total(self) -> int:
        """How often it was given."""
        return sum(self.times.values())


@dataclass(frozen=True)
class Tally:
    """What was recorded in a span of time.

    Attributes
    ----------
    since, until : datetime
        The span.
    sessions : int
        Records with a site added, or closed, in it.
    verdicts : tuple of VerdictCount
        The worst first; only those that there were.
    reasons : tuple of ReasonCount
        The most frequent first.
    closed, closed_against : int
        Sessions closed, and how many of these against what stood against the session.
    """

    since: datetime
    until: datetime
    sessions: int
    verdicts: tuple[VerdictCount, ...]
    reasons: tuple[ReasonCount, ...]
    closed: int
    closed_against: int

    @property
    def sites(self) -> int:
        """Sites recorded and not taken off again."""
        return sum(row.recorded for row in self.verdicts)

    @property
    def against(self) -> int:
        """Sites recorded against the verdict."""
        return sum(row.against for row in self.verdicts)


def site_verdict(site: SiteEntry) -> Verdict:
    """Return what a site was recorded with: its verdict, or what the session added."""
    if site.override is None:
        return site.answer.verdict
    return max(site.answer.verdict, site.override.verdict)


def tally(records: Iterable[Record], since: datetime, until: datetime) -> Tally:
    """Count verdicts and overrides of a span of time.

    A site counts by the time it was added, the end of a session by the time it was
    closed. A site that was not recorded because of its verdict is in no record and is
    not counted: a share of alarms that were overridden cannot be told from records.

    Parameters
    ----------
    records : iterable of Record
        Those that are kept; what was deleted is not among them.
    since, until : datetime
        The span; both ends belong to it.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> tally([Record(id="record-1", started=now())], now(), now()).sites
    0
    """
    recorded: Counter[Verdict] = Counter()
    against: Counter[Verdict] = Counter()
    taken_off: Counter[Verdict] = Counter()
    given: list[Override] = []
    sessions = closed = closed_against = 0
    for record in records:
        added = [site for site in record.sites if since <= site.added <= until]
        ended = record.closed is not None and since <= record.closed <= until
        sessions += bool(added or ended)
        for site in added:
            verdict = site_verdict(site)
            if site.removed is not None:
                taken_off[verdict] += 1
                continue
            recorded[verdict] += 1
            if site.override is not None:
                against[verdict] += 1
                given.append(site.override)
        closed += ended
        if ended and record.closed_over is not None:
            closed_against += 1
            given.append(record.closed_over)
    return Tally(
        since=since,
        until=until,
        sessions=sessions,
        verdicts=tuple(
            VerdictCount(v, recorded[v], against[v], taken_off[v])
            for v in sorted(recorded.keys() | taken_off.keys(), reverse=True)
        ),
        reasons=_reasons(given),
        closed=closed,
        closed_against=closed_against,
    )


def last_days(store: RecordStore, days: int = DAYS) -> tuple[Tally, int]:
    """Return the counts of the last days, and how many records could not be read.

    Raises
    ------
    StoreError
        When the database cannot be read.
    """
    until = now()
    since = until - timedelta(days=days)
    records, unread = store.changed_since(since)
    return tally(records, since, until), unread


def _reasons(given: list[Override]) -> tuple[ReasonCount, ...]:
    """Return the reasons given; the words are those of today's list where it has it."""
    labels = {kept.reason: kept.label for kept in given}
    labels |= {r.id: r.label for r in load_reasons() if r.id in labels}
    times: dict[str, Counter[Verdict]] = {name: Counter() for name in labels}
    for kept in given:
        times[kept.reason][kept.verdict] += 1
    rows = [ReasonCount(name, labels[name], dict(times[name])) for name in labels]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.label)))


def tally_words(found: Tally) -> str:
    """Return in a sentence how often a site was recorded against its verdict.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> tally_words(tally([], now(), now()))
    'No site was recorded.'
    """
    if not found.sites:
        return _("No site was recorded.")
    sessions = plural("{n} session", "{n} sessions", found.sessions)
    first = plural(
        "{n} site was recorded in {sessions}; {against} of {n} against the verdict.",
        "{n} sites were recorded in {sessions}; {against} of {n} against the verdict.",
        found.sites,
        sessions=sessions,
        against=found.against,
    )
    if not found.closed:
        return first
    last = plural(
        "{n} session was closed; {against} of {n} against a finding on the session.",
        "{n} sessions were closed; {against} of {n} against a finding on the session.",
        found.closed,
        against=found.closed_against,
    )
    return joined([first, last])
