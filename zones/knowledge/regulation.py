"""Who may needle where: the rules held, and the names by which they are found.

The rules stand in ``regulation.jsonl`` (only those in force: no bills, petitions,
repealed or disputed texts), their sources in ``regulation_sources.jsonl``, names
and verdicts in ``data/practice.toml``. A figure that is absent was not read or not set;
it is never zero.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from anatomy.errors import DataError, UnknownNameError
from anatomy.messages import DataWords
from anatomy.names import closest, unknown
from anatomy.store import cached, label, read_jsonl, reading
from zones.contract.models import Verdict
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import (
    Read,
    Record,
    Slug,
    Source,
    SourceSlug,
    Text,
    TextWords,
    check_sources,
)
from zones.knowledge.records.sources import load_sources as read_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

RULES = "regulation.jsonl"
SOURCES = "regulation_sources.jsonl"
NAMES = "practice.toml"

Status = Literal["permitted", "restricted", "silent", "not_yet", "prohibited"]
Iso = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
Hours = Annotated[float, Field(gt=0, le=20000)]


class Experience(Record):
    """Practice that a rule asks for before needling."""

    years: Annotated[float, Field(gt=0, le=50)]
    text: TextWords


class RegionLimit(Record):
    """A part of the body that a rule treats on its own.

    ``only``: nowhere else; ``more_training``: asks for more there; ``insurance``: the
    usual cover leaves it out.
    """

    kind: Literal["only", "more_training", "insurance"]
    regions: Annotated[tuple[Text, ...], Field(min_length=1)]
    text: TextWords


class Regulation(Record):
    """What one jurisdiction asks of one profession.

    Attributes
    ----------
    id : str
        Slug.
    jurisdiction, iso : str
        Name and ISO 3166 code.
    profession : str
        As the jurisdiction calls it; resolved by ``practice.toml``.
    status : str
        permitted, restricted, silent, not_yet (allowed, but barred until further
        rules are made) or prohibited.
    min_hours, in_person_hours : float or None
        Hours of training asked, and how many of them in person. None was not read or
        is not set.
    hours : str
        ``set`` when ``min_hours`` is given, ``none`` when the text sets no minimum,
        ``not_read`` otherwise.
    supervised_sessions : int or None
        Supervised treatments asked.
    experience : Experience or None
        Practice asked; None was not read or is not set.
    regions : tuple of RegionLimit
        Parts of the body treated on their own.
    taught_regions_only : bool
        Whether only regions that the course covered may be needled.
    requirements : tuple of str
        What else is on record, in our own words.
    legal_reference : str
        The law, rule or opinion; empty when none was named.
    as_of : str or None
        Year, month or day that the text stands for.
    source : str
        Id in ``regulation_sources.jsonl``.
    read : str
        How it was read.
    confirmed : bool
        False when nothing was read, or sources disagree, or it was said in passing.
    note : str
        What a reader should mind.
    """

    id: Slug
    jurisdiction: Text
    iso: Iso
    profession: TextWords
    status: Status
    min_hours: Hours | None
    in_person_hours: Hours | None
    hours: Literal["set", "none", "not_read"]
    supervised_sessions: Annotated[int, Field(gt=0)] | None = None
    experience: Experience | None = None
    regions: tuple[RegionLimit, ...] = ()
    taught_regions_only: bool = False
    requirements: tuple[TextWords, ...] = ()
    legal_reference: str = ""
    as_of: Day | None
    source: SourceSlug
    read: Read
    confirmed: bool = True
    note: DataWords = ""

    @model_validator(mode="after")
    def _fits(self) -> Regulation:
        if (self.hours == "set") != (self.min_hours is not None):
            raise ValueError("hours is 'set' exactly when min_hours is given")
        if self.in_person_hours is not None and (
            self.min_hours is None or self.in_person_hours > self.min_hours
        ):
            raise ValueError("in_person_hours must not be more than min_hours")
        if self.read == "memory" and self.confirmed:
            raise ValueError("what was not read cannot be confirmed")
        return self


class _Names(Record):
    """A profession of ``practice.toml``."""

    id: Slug
    name: TextWords
    aliases: tuple[Text, ...] = ()


class Jurisdiction(Record):
    """A jurisdiction: its code, its name and what else it is called."""

    iso: Iso
    name: str = ""
    aliases: tuple[Text, ...] = ()
    #: Its states or provinces make the rules, not the country.
    made_by_parts: bool = False
    note: DataWords = ""


class StatusText(Record):
    """What a status means: the verdict, and how findings put it."""

    id: Status | Literal["no_rule"]
    verdict: Verdict
    text: TextWords
    advice: DataWords = ""


class _Article(Record):
    low_hours: Hours
    high_hours: Hours


class _File(Record):
    schema_: Literal[1] = Field(alias="schema")
    disclaimer: TextWords
    article: _Article
    status: tuple[StatusText, ...]
    profession: tuple[_Names, ...]
    jurisdiction: tuple[Jurisdiction, ...]


@dataclass(frozen=True)
class Rulebook:
    """All rules, with the names by which they are found.

    Attributes
    ----------
    rules : tuple of Regulation
        In file order.
    jurisdictions : mapping of str to Jurisdiction
        By ISO code; those without a rule as well.
    professions : mapping of str to str
        Id to the name that findings use.
    statuses : mapping of str to StatusText
        What each status means.
    """

    rules: tuple[Regulation, ...]
    jurisdictions: Mapping[str, Jurisdiction]
    professions: Mapping[str, str]
    statuses: Mapping[str, StatusText]
    disclaimer: str
    article_hours: tuple[float, float]
    _by_pair: Mapping[tuple[str, str], Regulation]
    _places: Mapping[str, str]
    _trades: Mapping[str, str]
    _trade_names: tuple[str, ...]

    def jurisdiction(self, name: str) -> Jurisdiction:
        """Return the jurisdiction of a name or ISO code.

        A bare state code such as ``MD`` is refused, for it is another country's code
        as well.

        Raises
        ------
        UnknownNameError
            For a name not known, or a country whose parts make the rules; the nearest
            are offered.

        Examples
        --------
        >>> load_regulation().jurisdiction("maryland").iso
        'US-MD'
        """
        field = "practitioner.jurisdiction"
        iso = self._places.get(_key(name))
        if iso is None:
            names = [j.name for j in self.jurisdictions.values()]
            kind = "jurisdiction"
            raise unknown(kind, name, [*names, *self.jurisdictions], field=field)
        found = self.jurisdictions[iso]
        if found.made_by_parts:
            same = [code for code in self.jurisdictions if code.endswith(f"-{iso}")]
            parts = sorted(c for c in self.jurisdictions if c.startswith(f"{iso}-"))
            raise UnknownNameError(
                f"{field} must be a state or province where these make the rules, as "
                f"in {found.name}; got {name!r}.",
                field=field,
                given=name,
                suggestions=[*same, *parts][:6],
            )
        return found

    def profession(self, name: str) -> str:
        """Return the id of a profession.

        Raises
        ------
        UnknownNameError
            For a name not known; the nearest are offered.

        Examples
        --------
        >>> load_regulation().profession("Physio")
        'physical-therapist'
        """
        trade = self._trades.get(_key(name))
        if trade is None:
            field = "practitioner.profession"
            raise unknown("profession", name, self._trade_names, field=field)
        return trade

    def rule(self, iso: str, profession: str) -> Regulation | None:
        """Return the rule for a jurisdiction and a profession's id; None without one.

        Examples
        --------
        >>> load_regulation().rule("US-MD", "physical-therapist").min_hours
        80.0
        """
        return self._by_pair.get((iso, profession))


@cached
def load_regulation(
    rules: Path | str = RULES, names: Path | str = NAMES, sources: Path | str = SOURCES
) -> Rulebook:
    """Return all rules of practice, validated against names, regions and sources.

    Parameters
    ----------
    rules, names, sources : Path or str
        Files in the form of ``regulation.jsonl``, ``practice.toml`` and
        ``regulation_sources.jsonl``.

    Returns
    -------
    Rulebook
        Rules and names.

    Raises
    ------
    DataError
        Naming file and entry: a broken line, an unknown profession, region or source,
        two rules for one profession in one jurisdiction, a name with two meanings.

    Examples
    --------
    >>> len(load_regulation().rules) > 100
    True
    """
    words = _read_names(names)
    entries = read_jsonl(rules, Regulation)
    trades = _index(((_key(n), p.id) for p in words.profession for n in _all(p)), names)
    places = _jurisdictions(entries, words, rules)
    known_sources = load_regulation_sources(sources)
    regions = load_facts().places()
    by_pair: dict[tuple[str, str], Regulation] = {}
    for rule in entries:
        entry = f"{label(rules)}, {rule.id!r}"
        check_sources([rule.source], known_sources, entry=entry)
        for region in (name for limit in rule.regions for name in limit.regions):
            _must_be(region, regions, "region", entry)
        _must_be(_key(rule.profession), trades, "profession", entry)
        pair = (rule.iso, trades[_key(rule.profession)])
        if pair in by_pair:
            raise DataError(f"{entry}: {by_pair[pair].id!r} already says this.")
        by_pair[pair] = rule
    return Rulebook(
        rules=entries,
        jurisdictions=MappingProxyType(places),
        professions=MappingProxyType({p.id: p.name for p in words.profession}),
        statuses=MappingProxyType({s.id: s for s in words.status}),
        disclaimer=words.disclaimer,
        article_hours=(words.article.low_hours, words.article.high_hours),
        _by_pair=MappingProxyType(by_pair),
        _places=MappingProxyType(_index(_place_names(places), names)),
        _trades=MappingProxyType(trades),
        _trade_names=tuple(n for p in words.profession for n in _all(p)),
    )


def load_regulation_sources(path: Path | str = SOURCES) -> Mapping[str, Source]:
    """Return the sources of the rules of practice by id.

    Raises
    ------
    DataError
        Naming file and line.

    Examples
    --------
    >>> load_regulation_sources()["law-us-md-pt"].read
    'fulltext'
    """
    return read_sources(path)


def _read_names(path: Path | str) -> _File:
    """Return the names file, validated; each status stands in it once."""
    with reading(path) as data:
        words = _File.model_validate(data)
    wanted = ["no_rule", "not_yet", "permitted", "prohibited", "restricted", "silent"]
    if sorted(s.id for s in words.status) != wanted:
        raise DataError(f"{label(path)}: status must be each of {', '.join(wanted)}.")
    return words


def _jurisdictions(
    rules: Iterable[Regulation], words: _File, path: Path | str
) -> dict[str, Jurisdiction]:
    """Return all jurisdictions by code, named by the rules or the names file."""
    found = {entry.iso: entry for entry in words.jurisdiction}
    for rule in rules:
        here = found.get(rule.iso, Jurisdiction(iso=rule.iso))
        if here.made_by_parts or here.name not in ("", rule.jurisdiction):
            raise DataError(
                f"{label(path)}, {rule.id!r}: {rule.iso} is not called "
                f"{rule.jurisdiction!r}, or makes no rules of its own."
            )
        found[rule.iso] = here.model_copy(update={"name": rule.jurisdiction})
    for entry in found.values():
        if not entry.name:
            raise DataError(f"{NAMES}: jurisdiction {entry.iso} has no name.")
    return found


def _place_names(places: Mapping[str, Jurisdiction]) -> Iterable[tuple[str, str]]:
    """Yield each name that a jurisdiction goes by, as a key, with its code."""
    for iso, place in places.items():
        names = (place.name, *place.aliases)
        whole = places.get(iso.partition("-")[0]) if "-" in iso else None
        for name in (iso, *names):
            yield _key(name), iso
        for name in names if whole else ():
            for country in (whole.name, *whole.aliases) if whole else ():
                yield _key(f"{name} {country}"), iso


def _index(pairs: Iterable[tuple[str, str]], path: Path | str) -> dict[str, str]:
    """Return what each name means, or raise when one means two things."""
    found: dict[str, str] = {}
    for name, meaning in pairs:
        if found.setdefault(name, meaning) != meaning:
            raise DataError(
                f"{label(path)}: {name!r} stands for {found[name]} and {meaning}."
            )
    return found


def _all(entry: _Names) -> tuple[str, ...]:
    """Return all names of a profession."""
    return (entry.name, *entry.aliases)


def _must_be(name: str, known: Iterable[str], kind: str, entry: str) -> None:
    """Raise when a data entry names what does not exist."""
    names = list(known)
    if name not in names:
        raise DataError(
            f"{entry}: {name!r} is not a {kind}.",
            given=name,
            suggestions=closest(name, names),
        )


def _key(name: str) -> str:
    """Return a name without case, accents, full stops and punctuation.

    Examples
    --------
    >>> _key(" L.Ac. "), _key("Québec"), _key("US_MD")
    ('lac', 'quebec', 'us md')
    """
    plain = unicodedata.normalize("NFKD", name.casefold().replace(".", ""))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))
