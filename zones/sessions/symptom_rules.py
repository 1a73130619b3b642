"""The symptom file: what may be reported after needling, and what it means."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.store import cached, label, reading
from anatomy.store.references import (
    Ref,
    RegionName,
    RowId,
    RuleId,
    SourceId,
    check_references,
)
from zones.contract.models import Verdict
from zones.knowledge.conditions import Condition
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import Read, Record
from zones.knowledge.rule_files import known_names

if TYPE_CHECKING:
    from pathlib import Path


SymptomId = Annotated[str, Ref("symptom")]


class Urgency(StrEnum):
    """How soon somebody must act, from nothing reported to an emergency.

    Examples
    --------
    >>> Urgency.EMERGENCY.rank > Urgency.SAME_DAY.rank
    True
    """

    NONE = "none"
    EXPECTED = "expected"
    CONTACT = "contact"
    SAME_DAY = "same_day"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for the mildest."""
        return list(Urgency).index(self)


class Symptom(Record):
    """Something a patient may report, with other words for it."""

    id: str
    label: DataWords
    question: DataWords
    aliases: tuple[str, ...] = ()
    #: A finding that reassures; it never counts against an alarm.
    reassuring: bool = False


class SymptomRule(Record):
    """What reported symptoms mean, where, when and in whom."""

    id: str
    title: DataWords
    urgency: Urgency
    verdict: Verdict
    any_of: tuple[SymptomId, ...]
    all_of: tuple[SymptomId, ...] = ()
    #: Regions of the site; everywhere when empty.
    regions: tuple[RegionName, ...] = ()
    #: Holds only up to, or beyond, so many hours after the treatment.
    hours_at_most: float | None = None
    hours_above: float | None = None
    when: Condition | None = None
    #: What a patient fact that is not known does.
    if_unknown: Literal["apply", "ask"] = "ask"
    message: DataWords
    do: tuple[DataWords, ...]
    sources: tuple[SourceId, ...]
    evidence: tuple[RowId, ...] = ()
    read: Read
    basis: DataWords = "source"
    #: Rules that say no more when this one holds.
    supersedes: tuple[RuleId, ...] = ()


class SymptomBook(Record):
    """All symptoms and rules of the file."""

    symptoms: tuple[Symptom, ...]
    rules: tuple[SymptomRule, ...]

    def names(self) -> dict[str, str]:
        """Return every accepted word for a symptom, with the symptom's id."""
        found: dict[str, str] = {}
        for symptom in self.symptoms:
            for word in (symptom.id, symptom.label, *symptom.aliases):
                found[plain(word)] = symptom.id
        return found


def plain(word: str) -> str:
    """Return a word as it is compared: small letters, no underscores or hyphens."""
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


@cached
def load_symptom_book(path: Path | str = "symptoms.toml") -> SymptomBook:
    """Return all symptoms and what they mean, validated.

    Raises
    ------
    DataError
        Naming file and entry: a broken entry, a symptom, region, fact, source or row
        of evidence that does not exist, an id or word used twice.

    Examples
    --------
    >>> len(load_symptom_book().rules) > 10
    True
    """
    with reading(path) as data:
        book = SymptomBook(symptoms=data.get("symptom", ()), rules=data.get("rule", ()))
    _check(book, label(path))
    return book


def _check(book: SymptomBook, file: str) -> None:
    """Raise when symptoms and rules do not fit one another or the rest of the data."""
    owner: dict[str, str] = {}
    for symptom in book.symptoms:
        for word in {plain(w) for w in (symptom.id, symptom.label, *symptom.aliases)}:
            if owner.setdefault(word, symptom.id) != symptom.id:
                raise DataError(
                    f"{file}, symptom {symptom.id!r}: {word!r} already means "
                    f"{owner[word]!r}.",
                    given=word,
                )
    known = known_names(load_facts()) | {
        "symptom": [symptom.id for symptom in book.symptoms],
        "rule": [rule.id for rule in book.rules],
    }
    for index, rule in enumerate(book.rules):
        entry = f"{file}, rule {rule.id!r}"
        if rule.id in {other.id for other in book.rules[:index]}:
            raise DataError(f"{entry}: duplicate id {rule.id!r}.", given=rule.id)
        check_references(rule, known, entry=entry)
        for milder in (r for r in book.rules if r.id in rule.supersedes):
            if milder.urgency.rank > rule.urgency.rank:
                raise DataError(f"{entry}: supersedes the stricter {milder.id!r}.")
