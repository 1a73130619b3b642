"""The session file: measures over the sites of a session, its facts and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.names import closest
from anatomy.store import cached, entries_of, label, read_toml
from anatomy.store.references import RegionName, ZoneId
from zones.knowledge.facts import (
    Catalogue,
    Fact,
    FactGroup,
    check_catalogue,
    load_facts,
)
from zones.knowledge.records.sources import Record
from zones.knowledge.rule_files import Rule, check_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Measure(Record):
    """A count over the sites of a session.

    A site counts when it lies in one of the zones or regions (any site, when neither
    is named) and fits what is asked of current and of needles left in. ``sides``
    counts the sides of the body that such sites lie on; a midline site over a paired
    structure belongs to the side opposite to any other.
    """

    name: str
    label: DataWords
    what: Literal["sites", "sides"]
    zones: tuple[ZoneId, ...] = ()
    regions: tuple[RegionName, ...] = ()
    electrical: bool | None = None
    left_in: Literal["yes", "unknown"] | None = None


class Difference(Record):
    """One number less another; known when both are."""

    name: str
    label: DataWords
    of: str
    less: str


class SessionRule(Rule):
    """A rule of the whole session, with the measure whose sites it is about."""

    sites: str | None = None


@dataclass(frozen=True)
class SessionBook:
    """Everything that the session file says.

    Attributes
    ----------
    facts : tuple of Fact
        Facts of the session that may be asked, in order.
    measures, differences : tuple
        What is worked out from the sites and the facts.
    rules : tuple of SessionRule
        The rules.
    catalogue : Catalogue
        Patient, needle, session and derived facts together.
    """

    facts: tuple[Fact, ...]
    measures: tuple[Measure, ...]
    differences: tuple[Difference, ...]
    rules: tuple[SessionRule, ...]
    catalogue: Catalogue

    def favourable(self) -> dict[str, Any]:
        """Return the answers of a session against which nothing stands.

        Examples
        --------
        >>> load_session_book().favourable()["first_treatment"]
        False
        """
        return {fact.name: fact.favourable for fact in self.facts}


@cached
def load_session_book(path: Path | str = "rules_session.toml") -> SessionBook:
    """Return the rules of a session with their facts and measures, validated.

    Raises
    ------
    DataError
        Naming file and entry: a broken entry, a fact, region, measure, row of
        evidence or source that does not exist, a name used twice.

    Examples
    --------
    >>> "needle-count" in {rule.id for rule in load_session_book().rules}
    True
    """
    file, data = label(path), read_toml(path)
    facts = entries_of(Fact, data, "fact", path)
    measures = entries_of(Measure, data, "measure", path)
    differences = entries_of(Difference, data, "difference", path)
    for rule in data.get("rule", []):
        rule["file"] = file
    rules = entries_of(SessionRule, data, "rule", path)
    groups = entries_of(FactGroup, data, "group", path)
    catalogue = _catalogue(groups, facts, [*measures, *differences])
    check_catalogue(catalogue, file)
    check_rules(rules, catalogue)
    _check(file, rules, measures, differences, catalogue)
    return SessionBook(
        tuple(facts), tuple(measures), tuple(differences), tuple(rules), catalogue
    )


def _catalogue(
    groups: Sequence[FactGroup],
    facts: Sequence[Fact],
    derived: Sequence[Measure | Difference],
) -> Catalogue:
    """Return the facts of patients with those of a session behind them."""
    base = load_facts()
    group = groups[0].name if groups else base.groups[0].name
    worked_out = [
        Fact(
            name=item.name,
            type="number",
            group=group,
            label=item.label,
            question="",
            source="derived",
            unit="needles" if isinstance(item, Difference) else item.what,
            range=(-10000, 10000),
        )
        for item in derived
    ]
    parts = {name: getattr(base, name) for name in Catalogue.model_fields}
    parts["groups"] = (*base.groups, *groups)
    parts["facts"] = (*base.facts, *facts, *worked_out)
    return Catalogue(**parts)


def _check(
    file: str,
    rules: Sequence[SessionRule],
    measures: Sequence[Measure],
    differences: Sequence[Difference],
    catalogue: Catalogue,
) -> None:
    """Raise for a measure, place or fact that does not exist."""
    names = [measure.name for measure in measures]
    numbers = [fact.name for fact in catalogue.facts if fact.type == "number"]
    wanted = [(f"rule {r.id!r}", r.sites, names) for r in rules if r.sites is not None]
    for measure in measures:
        entry = f"measure {measure.name!r}"
        wanted += [(entry, p, list(catalogue.places())) for p in measure.regions]
    for gap in differences:
        entry = f"difference {gap.name!r}"
        wanted += [(entry, name, numbers) for name in (gap.of, gap.less)]
    for entry, name, known in wanted:
        if name not in known:
            raise DataError(
                f"{file}, {entry}: {name!r} does not exist.",
                given=name,
                suggestions=closest(name, known),
            )
