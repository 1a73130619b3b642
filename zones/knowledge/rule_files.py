"""Rule files: their schema, and the loader that checks them against the rest."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.names import closest
from anatomy.store import (
    Entries,
    cached,
    entries_of,
    files_of,
    label,
    read_jsonl,
    read_toml,
)
from anatomy.store.references import (
    FactName,
    MuscleName,
    RegionName,
    RowId,
    RuleId,
    SourceId,
    ZoneId,
    check_references,
)
from zones.contract.models import OtherView, Verdict
from zones.knowledge.conditions import Condition
from zones.knowledge.facts import Catalogue, load_facts
from zones.knowledge.firmness import Firmness
from zones.knowledge.records.sources import Read, Record, Slug, Text, load_sources

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

EVIDENCE_FILE = "rule_evidence.jsonl"


class Where(Record):
    """Where on the body a rule counts.

    ``places``: in any of the regions, zones or (when the site was named as a muscle)
    muscles. ``marked_area``: where the fact says, which is then a list of skin areas,
    regions or implants. A plain yes to a skin area means the site itself; a plain yes
    to a list of regions or implants leaves the place unknown.
    """

    scope: Literal["whole_body", "places", "marked_area"] = "whole_body"
    regions: tuple[RegionName, ...] = ()
    zones: tuple[ZoneId, ...] = ()
    muscles: tuple[MuscleName, ...] = ()
    fact: FactName | None = None
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
    sources: tuple[SourceId, ...] = ()
    against: tuple[SourceId, ...] = ()
    read: Read


class Rule(Record):
    """One rule: when it holds, where, what it says and what that rests on."""

    id: str
    title: DataWords
    category: Literal["absolute", "relative", "precaution"]
    verdict: Verdict
    when: Condition
    unless: Condition | None = None
    where: Where = Where()
    #: What a question left open does: hold at CAUTION, be listed only, or nothing.
    if_unknown: Literal["CAUTION", "ask", "nothing"] = "nothing"
    #: Regions in which the open question is worth listing; everywhere when empty.
    ask_in: tuple[RegionName, ...] = ()
    #: The open question counts only when this is known to hold.
    ask_when: Condition | None = None
    message: DataWords
    advice: tuple[DataWords, ...] = ()
    sources: tuple[SourceId, ...]
    #: Rows of ``rule_evidence.jsonl`` that the rule carries out.
    evidence: tuple[RowId, ...] = ()
    looser_view: OtherView | None = None
    #: How the rule came about: "source", or "our inference: ..." in words.
    basis: DataWords = "source"
    #: How firm a STOP is; "never" where it says nothing, and only a STOP says it.
    firmness: Firmness | None = None
    #: How the leading source was read; never better than its record says.
    read: Read
    #: Milder rules that this one makes superfluous.
    supersedes: tuple[RuleId, ...] = ()
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


@cached
def load_rule_evidence(path: Path | str = EVIDENCE_FILE) -> Mapping[str, RuleEvidence]:
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
        entry = f"{label(path)}, {row.id!r}"
        check_references(row, {"source id": load_sources()}, entry=entry)
    return MappingProxyType(rows)


def known_names(catalogue: Catalogue) -> dict[str, Collection[str]]:
    """Return what a rule or text may name, by kind, for `check_references`."""
    return {
        "source id": load_sources(),
        "row of evidence": load_rule_evidence(),
        "fact": catalogue.by_name(),
        "region": catalogue.places(),
    }


@cached
def load_rules(folder: Path | str = "rules") -> tuple[Rule, ...]:
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
    found = Entries[Rule]("rule")
    for path in files_of(folder, "*.toml"):
        for rule in read_rule_file(path):
            found.add(path, rule.id, rule)
    rules = tuple(found.by_id().values())
    check_rules(rules, load_facts())
    return rules


def read_rule_file(path: Path) -> list[Rule]:
    """Return the rules of one file, held against the schema only.

    Raises
    ------
    DataError
        Naming file and entry.

    Examples
    --------
    >>> from anatomy.store import shipped
    >>> read_rule_file(shipped("rules/10_consent.toml"))[0].id
    'no-consent'
    """
    data = read_toml(path)
    for row in data.get("rule", []):
        row["file"] = path.name
    return entries_of(Rule, data, "rule", path)


def check_rules(rules: Sequence[Rule], catalogue: Catalogue) -> None:
    """Raise when rules do not fit the facts, the sources or one another.

    Raises
    ------
    DataError
        Naming file and entry.
    """
    known = known_names(catalogue)
    by_id: dict[str, Rule] = {}
    for rule in rules:
        entry = f"{rule.file}, rule {rule.id!r}"
        if rule.id in by_id:
            raise DataError(f"{entry}: duplicate id.", given=rule.id)
        by_id[rule.id] = rule
        check_references(rule, known, entry=entry)
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
