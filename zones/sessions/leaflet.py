"""What a patient takes home in writing: warning signs by structure, what is normal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import model_validator

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.store import cached, label, reading
from anatomy.store.references import Ref, RuleId, TextId, check_references
from zones.knowledge.records.sources import Record, Slug
from zones.knowledge.structures.zone_files import load_zones
from zones.sentences.texts import load_texts, patient_texts
from zones.sessions.symptom_rules import load_symptom_book

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from zones.knowledge.conditions import Facts

HarmId = Annotated[str, Ref("harm")]


class Watch(Record):
    """Warning signs of one structure, and what brings them onto a leaflet."""

    id: Slug
    about: DataWords
    harms: tuple[HarmId, ...] = ()
    texts: tuple[TextId, ...] = ()
    plain: DataWords | None = None
    #: Rules of the symptom file that ``plain`` puts into a patient's words.
    rules: tuple[RuleId, ...] = ()
    #: Another entry that says it more sternly; this one is then left out.
    unless: str | None = None

    @model_validator(mode="after")
    def _rests_on_something(self) -> Watch:
        if bool(self.plain) != bool(self.rules):
            raise ValueError("plain and rules must be given together")
        if not self.texts and not self.plain:
            raise ValueError("texts or plain must be given")
        return self


class Expected(Record):
    """One thing that is normal, in a patient's words, with the rules behind it."""

    id: Slug
    plain: DataWords
    rules: tuple[RuleId, ...]


class LeafletBook(Record):
    """All of the file."""

    watch: tuple[Watch, ...]
    expect: tuple[Expected, ...]


@dataclass(frozen=True)
class Needled:
    """A site as a leaflet looks at it.

    Attributes
    ----------
    region : str
        Skin region of the site.
    structures : frozenset of str
        Ids or names of the structures that the check found there, reached or not.
    """

    region: str
    structures: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Watched:
    """Warning signs of one structure, as a patient reads them.

    Attributes
    ----------
    id : str
        Entry of ``leaflet.toml``.
    about : str
        What they are about, such as the lungs.
    texts : tuple of str
        Signs, and where to go with them.
    sites : tuple of int
        Sites that they are for, from 0; empty for all of them.
    sources : tuple of str
        Ids of the sources behind them.
    """

    id: str
    about: str
    texts: tuple[str, ...]
    sites: tuple[int, ...]
    sources: tuple[str, ...]


@cached
def load_leaflet(path: Path | str = "leaflet.toml") -> LeafletBook:
    """Return what leaflets are made of, validated.

    Raises
    ------
    DataError
        Naming file and entry: a text, rule or harm that does not exist, an id used
        twice, or a warning sign for patients that belongs to no entry or to several.

    Examples
    --------
    >>> [entry.id for entry in load_leaflet().watch][:2]
    ['lungs', 'pregnancy']
    """
    with reading(path) as data:
        book = LeafletBook(watch=data.get("watch", ()), expect=data.get("expect", ()))
    _check(book, label(path))
    return book


def watch_for(sites: Sequence[Needled], facts: Facts) -> list[Watched]:
    """Return the warning signs of a session, the gravest first.

    Every sign that belongs to a needled region is there; a structure that the check
    found near a needle can only add to them.

    Parameters
    ----------
    sites : sequence of Needled
        What was needled; none for what is true of every place.
    facts : mapping
        Known facts of the patient.

    Examples
    --------
    >>> [row.id for row in watch_for([Needled("thigh")], {})]
    ['arms-and-legs', 'bleeding', 'infection', 'chest-elsewhere', 'collapse']
    >>> near = Needled("shoulder", frozenset({"pleura"}))
    >>> watch_for([Needled("thigh"), near], {})[0].sites
    (1,)
    """
    book = load_leaflet()
    hit = {
        entry.id: [i for i, s in enumerate(sites) if _near(entry, s.structures)]
        for entry in book.watch
    }
    also = [text for entry in book.watch if hit[entry.id] for text in entry.texts]
    regions = [site.region for site in sites]
    chosen = {t.id: t for t in patient_texts("red_flag", regions, facts, also=also)}
    alone = [
        {t.id for t in patient_texts("red_flag", [r], facts)} - _everywhere()
        for r in regions
    ]
    found: list[Watched] = []
    for entry in book.watch:
        texts = [chosen[name] for name in entry.texts if name in chosen]
        words = [text.patient for text in texts]
        if entry.plain and hit[entry.id]:
            words.append(entry.plain)
        if not words:
            continue
        cited = [source for text in texts for source in text.sources]
        own = [i for i, names in enumerate(alone) if names.intersection(entry.texts)]
        at = {*own, *hit[entry.id]}
        sterner = [i for i, row in enumerate(found) if row.id == entry.unless]
        for row in sterner:  # it says this as well, so it is for these sites too
            both = at.union(found[row].sites) if at and found[row].sites else ()
            found[row] = replace(found[row], sites=_all_or_some({*both}, len(sites)))
        if sterner:
            continue
        found.append(
            Watched(
                entry.id,
                entry.about,
                tuple(words),
                _all_or_some(at, len(sites)),
                tuple(dict.fromkeys([*cited, *_sources(entry.rules)])),
            )
        )
    return found


def expected(sites: Iterable[Needled], facts: Facts) -> list[str]:
    """Return what is normal afterwards and what to mind, as a patient reads it.

    Parameters and order as in `watch_for`.

    Examples
    --------
    >>> expected([Needled("thigh")], {})[0].startswith("Soreness")
    True
    """
    regions = [site.region for site in sites]
    texts = [t.patient for t in patient_texts("aftercare", regions, facts)]
    return [*texts, *(entry.plain for entry in load_leaflet().expect)]


def _near(entry: Watch, structures: Collection[str]) -> bool:
    """Return whether a structure of an entry was found at a site."""
    return any(
        zone.harm in entry.harms
        for zone in load_zones()
        if zone.harm and (zone.id in structures or zone.structure in structures)
    )


def _everywhere() -> set[str]:
    """Return the signs that are told wherever the needles were."""
    return {t.id for t in load_texts() if t.kind == "red_flag" and not t.regions}


def _all_or_some(at: set[int], count: int) -> tuple[int, ...]:
    return () if len(at) == count else tuple(sorted(at))


def _sources(rules: Collection[str]) -> list[str]:
    book = load_symptom_book().rules
    return [source for rule in book if rule.id in rules for source in rule.sources]


def _check(book: LeafletBook, file: str) -> None:
    """Raise when the entries do not fit one another or the rest of the data."""
    signs = {t.id: t for t in load_texts() if t.kind == "red_flag" and t.patient}
    known: dict[str, Collection[str]] = {
        "text": signs,
        "rule": [rule.id for rule in load_symptom_book().rules],
        "harm": {zone.harm for zone in load_zones() if zone.harm},
    }
    entries: list[Watch | Expected] = [*book.watch, *book.expect]
    for index, entry in enumerate(entries):
        name = f"{file}, entry {entry.id!r}"
        check_references(entry, known, entry=name)
        if entry.id in {other.id for other in entries[:index]}:
            raise DataError(f"{name}: duplicate id.", given=entry.id)
    told = [text for entry in book.watch for text in entry.texts]
    for text in signs:
        if told.count(text) != 1:
            raise DataError(
                f"{file}: the warning sign {text!r} must belong to one entry; "
                f"it belongs to {told.count(text)}.",
                given=text,
            )
    for number, entry in enumerate(book.watch):
        before = [other.id for other in book.watch[:number]]
        if entry.unless is not None and entry.unless not in before:
            raise DataError(
                f"{file}, entry {entry.id!r}: unless must name an earlier entry.",
                given=entry.unless,
            )
