"""The symptom file: what may be reported after needling, and what it means."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from anatomy.errors import DataError
from anatomy.names import closest
from zones.contract.models import Verdict
from zones.knowledge.conditions import Condition, check_facts
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import check_evidence
from zones.knowledge.sources import (
    DATA,
    Read,
    check_schema,
    check_sources,
    load_sources,
)

if TYPE_CHECKING:
    from pathlib import Path

SYMPTOMS_FILE = DATA / "symptoms.toml"


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


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Symptom(_Data):
    """Something a patient may report, with other words for it."""

    id: str
    label: str
    question: str
    aliases: tuple[str, ...] = ()
    #: A finding that reassures; it never counts against an alarm.
    reassuring: bool = False


class SymptomRule(_Data):
    """What reported symptoms mean, where, when and in whom."""

    id: str
    title: str
    urgency: Urgency
    verdict: Verdict
    any_of: tuple[str, ...]
    all_of: tuple[str, ...] = ()
    #: Regions of the site; everywhere when empty.
    regions: tuple[str, ...] = ()
    #: Holds only up to, or beyond, so many hours after the treatment.
    hours_at_most: float | None = None
    hours_above: float | None = None
    when: Condition | None = None
    #: What a patient fact that is not known does.
    if_unknown: Literal["apply", "ask"] = "ask"
    message: str
    do: tuple[str, ...]
    sources: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    read: Read
    basis: str = "source"
    #: Rules that say no more when this one holds.
    supersedes: tuple[str, ...] = ()


class SymptomBook(_Data):
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


@cache
def load_symptom_book(path: Path = SYMPTOMS_FILE) -> SymptomBook:
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
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}.") from None
    check_schema(data, path.name)
    try:
        book = SymptomBook(symptoms=data.get("symptom", ()), rules=data.get("rule", ()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        table, number, *at = first["loc"]
        entry = data[str(table).removesuffix("s")][number]
        where = ".".join(str(part) for part in at)
        raise DataError(
            f"{path.name}, {entry.get('id', number)!r}, {where}: {first['msg']}."
        ) from None
    _check(book, path.name)
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
    ids = [symptom.id for symptom in book.symptoms]
    for index, rule in enumerate(book.rules):
        entry = f"{file}, rule {rule.id!r}"
        if rule.id in {other.id for other in book.rules[:index]}:
            raise DataError(f"{entry}: duplicate id.", given=rule.id)
        places = load_facts().places()
        wanted = [(n, ids) for n in (*rule.any_of, *rule.all_of)]
        wanted += [(n, list(places)) for n in rule.regions]
        wanted += [(n, [r.id for r in book.rules]) for n in rule.supersedes]
        for name, known in wanted:
            if name not in known:
                raise DataError(
                    f"{entry}: {name!r} does not exist.",
                    given=name,
                    suggestions=closest(name, known),
                )
        for milder in (r for r in book.rules if r.id in rule.supersedes):
            if milder.urgency.rank > rule.urgency.rank:
                raise DataError(f"{entry}: supersedes the stricter {milder.id!r}.")
        if rule.when is not None:
            check_facts(rule.when, load_facts().by_name(), entry=entry)
        check_sources(rule.sources, load_sources(), entry=entry)
        check_evidence(rule.evidence, entry=entry)
