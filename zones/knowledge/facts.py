"""The catalogue of patient facts: names, questions, ranges, what follows from what."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import ContradictionError, DataError
from anatomy.messages import DataWords
from anatomy.names import closest
from anatomy.store import cached, label, reading
from anatomy.store.references import FactName, check_known
from zones.knowledge.conditions import Condition, Facts, check_facts, evaluate
from zones.knowledge.places import PlaceNames
from zones.knowledge.records.sources import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


FactType = Literal[
    "bool", "number", "choice", "areas", "regions", "implants", "medicine"
]


class FactGroup(Record):
    """A heading under which facts are asked."""

    name: str
    title: DataWords


class Fact(Record):
    """One fact: what it is called, how it is asked and what can be answered."""

    name: str
    type: FactType
    group: str
    #: Short name for lists and messages.
    label: DataWords
    question: DataWords
    help: DataWords = ""
    #: Who gives it; a derived fact is worked out and never asked.
    source: Literal["patient", "needle", "session", "derived"] = "patient"
    unit: DataWords | None = None
    range: tuple[float, float] | None = None
    #: Another number that this one cannot be above.
    not_above: FactName | None = None
    options: tuple[str, ...] = ()
    #: The answer that clears: nothing is held against the patient.
    favourable: bool | float | str | None = None
    #: Asked only when this holds; None for always.
    asked_when: Condition | None = None
    #: Shown in the short panel; the others under "more".
    core: bool = False


class Implication(Record):
    """What known facts say about a fact that was not given."""

    when: Condition
    fact: FactName
    equals: bool
    because: str
    #: Why the opposite cannot be given; without it a given answer stands.
    against: str = ""


class Contradiction(Record):
    """Two answers that cannot both be true; braces in ``because`` hold an answer."""

    both: tuple[Condition, Condition]
    because: str

    @property
    def names(self) -> tuple[str, str]:
        """The two facts, as a message names them: one for each condition."""
        first, second = (min(part.facts()) for part in self.both)
        return first, second


class Medicine(Record):
    """A medicine that may be named in place of yes."""

    name: str
    kind: str


class Catalogue(PlaceNames):
    """Everything that the facts file says."""

    schema_version: int
    groups: tuple[FactGroup, ...]
    facts: tuple[Fact, ...]
    implications: tuple[Implication, ...]
    contradictions_told: tuple[Contradiction, ...]
    medicines: tuple[Medicine, ...]
    #: Words that mean no, or nothing, and so cannot be a medicine's name.
    not_a_name: tuple[str, ...]

    def __getitem__(self, name: str) -> Fact:
        """Return a fact by name."""
        return self._index[name]

    @cached_property
    def _index(self) -> dict[str, Fact]:
        return {fact.name: fact for fact in self.facts}

    def by_name(self) -> Mapping[str, Fact]:
        """Return the facts by name, in the order in which they are asked."""
        return self._index

    def favourable(self) -> dict[str, Any]:
        """Return the answers of a healthy adult: each fact at the one that clears.

        Facts that are only asked after another answer (weeks of pregnancy, INR) are
        left out when that answer is not given. A technique fact is among them.

        Examples
        --------
        >>> answers = load_facts().favourable()
        >>> answers["consent_given"], "gestation_weeks" in answers
        (True, False)
        """
        first = {
            fact.name: fact.favourable
            for fact in self.facts
            if fact.favourable is not None and fact.asked_when is None
        }
        later = {
            fact.name: fact.favourable
            for fact in self.facts
            if fact.favourable is not None
            and fact.name not in first
            and self.asked(fact.name, first)
        }
        return first | later

    def asked(self, name: str, facts: Facts) -> bool:
        """Return whether a fact is worth asking, given what is known."""
        condition = self[name].asked_when
        return condition is None or evaluate(condition, facts) is True

    def complete(self, facts: Facts) -> dict[str, Any]:
        """Return the known facts with all that follows from them.

        A fact that was given is never overwritten.

        Examples
        --------
        >>> load_facts().complete({"sex": "male"})["pregnant"]
        False
        """
        known = {name: value for name, value in facts.items() if value is not None}
        for _ in self.implications:
            before = len(known)
            for rule in self.implications:
                if rule.fact not in known and evaluate(rule.when, known) is True:
                    known[rule.fact] = rule.equals
            if len(known) == before:
                break
        return known

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Answers that cannot both be true, those against what follows among them."""
        against = (
            Contradiction(
                both=(Condition(fact=rule.fact, equals=not rule.equals), rule.when),
                because=rule.against,
            )
            for rule in self.implications
            if rule.against
        )
        return (*self.contradictions_told, *against)

    @cached_property
    def ladders(self) -> tuple[tuple[str, str, str | None], ...]:
        """Numbers of which the first cannot be above the second, and their unit."""
        return tuple(
            (fact.name, fact.not_above, fact.unit)
            for fact in self.facts
            if fact.not_above is not None
        )

    def check_consistent(self, facts: Facts) -> None:
        """Raise when answers that were given cannot both be true.

        Raises
        ------
        ContradictionError
            For the first two; the message names both.

        Examples
        --------
        >>> load_facts().check_consistent({"sex": "male", "pregnant": True})
        Traceback (most recent call last):
        anatomy.errors.ContradictionError: patient.pregnant and patient.sex cannot ...
        """
        for rule in self.contradictions:
            first, second = rule.both
            if (
                first.fact in facts
                and evaluate(first, facts)
                and evaluate(second, facts)
            ):
                raise contradiction(*rule.names, rule.because.format(**facts))
        for lower, upper, unit in self.ladders:
            low, high = facts.get(lower), facts.get(upper)
            if low is not None and high is not None and low > high:
                why = f"{low:g} is above {high:g} {unit}"
                raise contradiction(lower, upper, why)


def contradiction(first: str, second: str, why: str) -> ContradictionError:
    """Return the error for two facts of a patient that exclude each other."""
    return ContradictionError(
        f"patient.{first} and patient.{second} cannot both be true: {why}.",
        field=f"patient.{first}",
    )


@cached
def load_facts(path: Path | str = "facts.toml") -> Catalogue:
    """Return the catalogue of facts, validated.

    Raises
    ------
    DataError
        Naming the file and the entry that is wrong.

    Examples
    --------
    >>> load_facts()["gestation_weeks"].unit
    'weeks'
    """
    with reading(path) as raw:
        catalogue = Catalogue.model_validate(
            {
                "schema_version": raw.get("schema"),
                "groups": raw.get("group", []),
                "facts": raw.get("fact", []),
                "implications": raw.get("implies", []),
                "contradictions_told": raw.get("contradiction", []),
                "region_names": raw.get("regions", {}).get("names", []),
                "region_groups": raw.get("region_group", []),
                "joints": raw.get("joint", []),
                "medicines": raw.get("medicine", []),
                "not_a_name": raw.get("not_a_name", {}).get("words", []),
            }
        )
    check_catalogue(catalogue, label(path))
    return catalogue


def check_catalogue(catalogue: Catalogue, file: str) -> None:
    """Raise when the parts of a catalogue do not fit one another.

    Raises
    ------
    DataError
        Naming the file and the entry.
    """
    names = [fact.name for fact in catalogue.facts]
    groups = [group.name for group in catalogue.groups]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{file}: duplicate fact {name!r}.", given=name)
    for fact in catalogue.facts:
        entry = f"{file}, fact {fact.name!r}"
        if fact.group not in groups:
            raise DataError(
                f"{entry}: group {fact.group!r} is not among the groups.",
                given=fact.group,
                suggestions=closest(fact.group, groups),
            )
        if (fact.type == "number") != (fact.range is not None):
            raise DataError(f"{entry}: a number, and only that, must have a range.")
        if fact.not_above is not None:
            check_known([fact.not_above], names, "fact", entry=entry)
        if fact.type in {"choice", "implants"} and not fact.options:
            raise DataError(f"{entry}: must have options.")
        if fact.asked_when is not None:
            check_facts(fact.asked_when, names, entry=entry)
    for rule in catalogue.implications:
        entry = f"{file}, implies {rule.fact!r}"
        check_facts(rule.when, names, entry=entry)
        if rule.fact not in names:
            raise DataError(f"{entry}: is not a fact.", given=rule.fact)
    for pair in catalogue.contradictions:
        entry = f"{file}, contradiction {' and '.join(pair.names)}"
        for part in pair.both:
            check_facts(part, names, entry=entry)
    for joint in catalogue.joints:
        for place in joint.named:
            if place not in catalogue.places():
                raise DataError(
                    f"{file}, joint {joint.name!r}: {place!r} is not a region.",
                    given=place,
                    suggestions=closest(place, catalogue.places()),
                )
    for group in catalogue.region_groups:
        for region in (*group.regions, *group.quarter):
            if region not in catalogue.region_names:
                raise DataError(
                    f"{file}, region group {group.name!r}: {region!r} is not a region.",
                    given=region,
                    suggestions=closest(region, catalogue.region_names),
                )
