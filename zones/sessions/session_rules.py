"""The session file: measures over the sites of a session, its facts and its rules."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from anatomy.errors import DataError
from anatomy.names import closest
from zones.knowledge.facts import (
    Catalogue,
    Fact,
    FactGroup,
    check_catalogue,
    load_facts,
)
from zones.knowledge.rule_files import Rule, check_rules
from zones.knowledge.sources import DATA, check_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SESSION_FILE = DATA / "rules_session.toml"

_Model = TypeVar("_Model", bound=BaseModel)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Data):
    """A count over the sites of a session.

    A site counts when it lies in one of the zones or regions (any site, when neither
    is named) and fits what is asked of current and of needles left in. ``sides``
    counts the sides of the body that such sites lie on; a midline site over a paired
    structure belongs to the side opposite to any other.
    """

    name: str
    label: str
    what: Literal["sites", "sides"]
    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    electrical: bool | None = None
    left_in: Literal["yes", "unknown"] | None = None


class Difference(_Data):
    """One number less another; known when both are."""

    name: str
    label: str
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


@cache
def load_session_book(path: Path = SESSION_FILE) -> SessionBook:
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
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}.") from None
    check_schema(data, path.name)
    facts = _read(Fact, data, "fact", path.name)
    measures = _read(Measure, data, "measure", path.name)
    differences = _read(Difference, data, "difference", path.name)
    for rule in data.get("rule", []):
        rule["file"] = path.name
    rules = _read(SessionRule, data, "rule", path.name)
    groups = _read(FactGroup, data, "group", path.name)
    catalogue = _catalogue(groups, facts, [*measures, *differences])
    check_catalogue(catalogue, path.name)
    check_rules(rules, catalogue)
    _check(path.name, rules, measures, differences, catalogue)
    return SessionBook(
        tuple(facts), tuple(measures), tuple(differences), tuple(rules), catalogue
    )


def _read(
    model: type[_Model], data: Mapping[str, Any], key: str, file: str
) -> list[_Model]:
    """Return the entries of one table of the file."""
    found: list[_Model] = []
    for number, entry in enumerate(data.get(key, []), start=1):
        name = entry.get("id", entry.get("name", number))
        try:
            found.append(model.model_validate(entry))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            at = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"{file}, {key} {name!r}, {at}: {first['msg']}.", field=f"{name}.{at}"
            ) from None
    return found


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
