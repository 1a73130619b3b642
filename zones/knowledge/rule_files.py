"""Rule files: their schema, and the loader that checks them against the rest."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from anatomy.errors import DataError
from anatomy.names import closest
from zones.contract.models import OtherView, Verdict
from zones.knowledge.conditions import Condition, check_facts
from zones.knowledge.facts import Catalogue, load_facts
from zones.knowledge.firmness import Firmness
from zones.knowledge.sources import (
    Read,
    Record,
    Slug,
    Text,
    check_schema,
    check_sources,
    load_sources,
    read_jsonl,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DATA = Path(__file__).parents[1] / "data"
RULES_FOLDER = DATA / "rules"
EVIDENCE_FILE = DATA / "rule_evidence.jsonl"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Where(_Data):
    """Where on the body a rule counts.

    ``places``: in any of the regions, zones or (when the site was named as a muscle)
    muscles. ``marked_area``: where the fact says, which is then a list of skin areas,
    regions or implants. A plain yes to a skin area means the site itself; a plain yes
    to a list of regions or implants leaves the place unknown.
    """

    scope: Literal["whole_body", "places", "marked_area"] = "whole_body"
    regions: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    muscles: tuple[str, ...] = ()
    fact: str | None = None
    #: Of a list of implants: only these kinds.
    kinds: tuple[str, ...] = ()
    #: A part of a limb stands for the whole limb.
    widen_limbs: bool = False
    #: A part of a limb stands for the quarter of the trunk that drains with it.
    with_quarter: bool = False
    #: Of a list of implants: the skin near the joint that is named, not its region.
    near_joints: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Where:
        if (self.scope == "places") != bool(self.regions or self.zones or self.muscles):
            raise ValueError("regions, zones or muscles go with scope 'places'")
        if (self.scope == "marked_area") != (self.fact is not None):
            raise ValueError("fact goes with scope 'marked_area', and must be given")
        return self


class RuleEvidence(Record):
    """One row of what guidelines, codes and studies say a rule should be.

    Attributes
    ----------
    id : str
        Slug by which rules and texts name the row.
    kind : str
        Contraindication, practice (how to go about it) or pregnancy.
    what, action, threshold : str
        The condition or custom, what is asked, and a figure where a source gives one.
    grade, scope : str
        How strict the sources are and where on the body it counts.
    sources, against : tuple of str
        Who says so, and who says otherwise.
    read : str
        How the leading source was read.
    """

    id: Slug
    kind: Literal["contraindication", "practice", "pregnancy"]
    what: Text
    action: str = ""
    threshold: str = ""
    grade: str
    scope: str
    sources: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    read: Read


class Rule(_Data):
    """One rule: when it holds, where, what it says and what that rests on."""

    id: str
    title: str
    category: Literal["absolute", "relative", "precaution"]
    verdict: Verdict
    when: Condition
    unless: Condition | None = None
    where: Where = Where()
    #: What a question left open does: hold at CAUTION, be listed only, or nothing.
    if_unknown: Literal["CAUTION", "ask", "nothing"] = "nothing"
    #: Regions in which the open question is worth listing; everywhere when empty.
    ask_in: tuple[str, ...] = ()
    #: The open question counts only when this is known to hold.
    ask_when: Condition | None = None
    message: str
    advice: tuple[str, ...] = ()
    sources: tuple[str, ...]
    #: Rows of ``rule_evidence.jsonl`` that the rule carries out.
    evidence: tuple[str, ...] = ()
    looser_view: OtherView | None = None
    #: How the rule came about: "source", or "our inference: ..." in words.
    basis: str = "source"
    #: How firm a STOP is; "never" where it says nothing, and only a STOP says it.
    firmness: Firmness | None = None
    #: How the leading source was read; never better than its record says.
    read: Read
    #: Milder rules that this one makes superfluous.
    supersedes: tuple[str, ...] = ()
    #: File that the rule stands in.
    file: str = ""

    @model_validator(mode="after")
    def _firm(self) -> Rule:
        if self.firmness is not None and self.verdict is not Verdict.STOP:
            raise ValueError("firmness goes with the verdict STOP")
        return self

    @property
    def firm(self) -> Firmness | None:
        """How firm the rule's STOP is; None for a milder rule."""
        return (self.firmness or "never") if self.verdict is Verdict.STOP else None

    def facts(self) -> frozenset[str]:
        """Return all facts that the rule looks at."""
        found = self.when.facts()
        if self.unless is not None:
            found |= self.unless.facts()
        if self.where.fact is not None:
            found |= {self.where.fact}
        return found


@cache
def load_rule_evidence(path: Path = EVIDENCE_FILE) -> Mapping[str, RuleEvidence]:
    """Return the rows that rules and texts rest on, by id.

    Raises
    ------
    DataError
        Naming file and line, or the source that does not exist.

    Examples
    --------
    >>> load_rule_evidence()["bld-04"].grade
    'relative'
    """
    rows = {row.id: row for row in read_jsonl(path, RuleEvidence)}
    for row in rows.values():
        entry = f"{path.name}, {row.id!r}"
        check_sources((*row.sources, *row.against), load_sources(), entry=entry)
    return MappingProxyType(rows)


def check_evidence(ids: Iterable[str], *, entry: str) -> None:
    """Raise when a data entry names a row of evidence that does not exist.

    Raises
    ------
    DataError
        Naming the entry, and the nearest rows.
    """
    known = load_rule_evidence()
    for name in ids:
        if name not in known:
            raise DataError(
                f"{entry}: {name!r} is not in {EVIDENCE_FILE.name}.",
                given=name,
                suggestions=closest(name, known),
            )


@cache
def load_rules(folder: Path = RULES_FOLDER) -> tuple[Rule, ...]:
    """Return all rules of a folder of TOML files, validated.

    Raises
    ------
    DataError
        Naming file and entry: a broken rule, a fact, region or source that does not
        exist, an id used twice, a rule that would supersede a stricter one.

    Examples
    --------
    >>> "no-consent" in {rule.id for rule in load_rules()}
    True
    """
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.toml")):
        rules += read_rule_file(path)
    check_rules(rules, load_facts())
    return tuple(rules)


def read_rule_file(path: Path) -> list[Rule]:
    """Return the rules of one file, held against the schema only.

    Raises
    ------
    DataError
        Naming file and entry.

    Examples
    --------
    >>> read_rule_file(RULES_FOLDER / "10_consent.toml")[0].id
    'no-consent'
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}.") from None
    check_schema(data, path.name)
    entries = data.get("rule", [])
    return [_parse(entry, path.name, i) for i, entry in enumerate(entries)]


def _parse(entry: Mapping[str, Any], file: str, index: int) -> Rule:
    """Return one rule of a file, or raise naming file and entry."""
    name = entry.get("id", f"number {index + 1}")
    try:
        return Rule.model_validate({**entry, "file": file})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"{file}, rule {name!r}, {at}: {first['msg']}.", field=f"{name}.{at}"
        ) from None


def check_rules(rules: Sequence[Rule], catalogue: Catalogue) -> None:
    """Raise when rules do not fit the facts, the sources or one another.

    Raises
    ------
    DataError
        Naming file and entry.
    """
    sources = load_sources()
    by_id: dict[str, Rule] = {}
    for rule in rules:
        entry = f"{rule.file}, rule {rule.id!r}"
        if rule.id in by_id:
            raise DataError(f"{entry}: duplicate id.", given=rule.id)
        by_id[rule.id] = rule
        for condition in (rule.when, rule.unless, rule.ask_when):
            if condition is not None:
                check_facts(condition, catalogue.by_name(), entry=entry)
        if rule.where.fact is not None and rule.where.fact not in catalogue.by_name():
            raise DataError(f"{entry}: where.fact {rule.where.fact!r} is not a fact.")
        for place in (*rule.where.regions, *rule.ask_in):
            if place not in catalogue.places():
                raise DataError(
                    f"{entry}: {place!r} is not a region.",
                    given=place,
                    suggestions=closest(place, catalogue.places()),
                )
        cited = [*rule.sources]
        if rule.looser_view is not None:
            cited += rule.looser_view.sources
        check_sources(cited, sources, entry=entry)
        check_evidence(rule.evidence, entry=entry)
    for rule in rules:
        for name in rule.supersedes:
            milder = by_id.get(name)
            if milder is None or milder.verdict > rule.verdict:
                raise DataError(
                    f"{rule.file}, rule {rule.id!r}: may only supersede a rule that "
                    f"exists and is no stricter; got {name!r}.",
                    given=name,
                    suggestions=closest(name, by_id),
                )
