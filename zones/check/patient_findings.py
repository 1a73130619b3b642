"""What an assessment takes from the data beside the zones: rules, texts, sources."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import DataError, NeedlemapError
from anatomy.names import closest
from anatomy.store import cached
from zones.contract.models import Coverage, Finding
from zones.knowledge.records.evidence import load_evidence
from zones.knowledge.records.sources import load_sources
from zones.knowledge.regulation import load_regulation, load_regulation_sources
from zones.knowledge.structures.zone_files import Zone, load_coverage
from zones.patients import rules
from zones.patients.patient import Patient, parse_patient
from zones.patients.rules import OpenQuestion, RuleHit, SiteContext
from zones.sentences import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from anatomy.body import Body
    from anatomy.words.sites import Placement
    from zones.knowledge.rule_files import Rule
    from zones.knowledge.structures.zone_models import Depth
    from zones.patients.frozen import Facts
    from zones.patients.rules import RuleOutcome

    _Where = tuple[str, str, frozenset[str], str | None]


@cached
def load_data() -> None:
    """Read rules, texts, coverage and sources, so that a broken file says so.

    Raises
    ------
    DataError
        Naming the file and entry that is wrong.
    """
    rules.load_rules()
    texts.load_texts()
    load_coverage()
    load_regulation()
    all_sources()


def patient_findings(
    body: Body,
    placement: Placement,
    facts: Facts,
    *,
    region: str,
    within: Iterable[str],
) -> tuple[list[Finding], tuple[OpenQuestion, ...]]:
    """Return what the rules say of a patient at a site, and what was not asked.

    Parameters
    ----------
    body : Body
        The body that the site was placed on.
    placement : Placement
        The site.
    facts : Facts
        Known facts with all that follows from them.
    region : str
        Skin region of the site.
    within : iterable of str
        Ids of the zones that the site lies in.

    Returns
    -------
    findings : list of Finding
        One for each rule that holds, or may hold for want of an answer.
    questions : tuple of OpenQuestion
        Worst possible answer first.
    """
    context = SiteContext(
        region=region,
        side=placement.side,
        zones=frozenset(within),
        in_area=_area_test(body, placement, facts),
        muscle=placement.name if placement.form == "muscle" else None,
    )
    outcome = _outcome(facts, context)
    return [rule_finding(hit) for hit in outcome.hits], outcome.questions


@cached(maxsize=4096)
def _read_patient(text: str) -> Patient | None:
    try:
        return parse_patient(json.loads(text))
    except NeedlemapError:
        return None


def known_patient(given: object) -> object:
    """Return a patient read before from the same plain facts, else what was given.

    Many sites are checked for one patient; to read it once saves a tenth of a check.
    What cannot be read is refused in its turn, after the site and the needle.
    """
    if not isinstance(given, dict):
        return given
    try:
        text = json.dumps(given, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        return given
    return _read_patient(text) or given


def _outcome(facts: Facts, context: SiteContext) -> RuleOutcome:
    """Return what the rules say, from memory where no marked area bears on it."""
    if any(isinstance(value, (list, tuple)) for value in facts.values()):
        return rules.apply(rules.load_rules(), facts, context)
    where: _Where = (context.region, context.side, context.zones, context.muscle)
    return _remembered(facts, where, id(rules.load_rules()))


@cached(maxsize=4096)
def _remembered(facts: Facts, where: _Where, loaded: int) -> RuleOutcome:
    """Return what the rules that are loaded (by identity) say at a kind of site."""
    region, side, zones, muscle = where
    context = SiteContext(region, side, zones, _nowhere, muscle)
    return rules.apply(possible_rules(facts, loaded), facts, context)


@cached(maxsize=1024)
def possible_rules(facts: Facts, loaded: int) -> tuple[Rule, ...]:
    """Return the rules, loaded of that identity, that may hold for a patient."""
    del loaded
    return rules.possible(rules.load_rules(), facts)


def _nowhere(fact: str) -> bool:
    """Say that a place lies in none of the areas that a fact marks."""
    del fact
    return False


def rule_finding(hit: RuleHit) -> Finding:
    """Return the finding of one rule that holds, or may hold."""
    rule = hit.rule
    return Finding.model_construct(
        id=rule.id,
        kind="patient",
        structure=None,
        verdict=hit.verdict,
        consequence=rule.title,
        earliest_mm=None,
        typical_mm=None,
        sd_mm=None,
        reached_at_mm=None,
        nearest=None,
        tolerance=None,
        message=hit.message,
        advice=list(hit.advice),
        sources=list(rule.sources),
        status="known" if hit.status == "yes" else "unknown",
        other_views=list(hit.other_views),
        basis=rule.basis,
        firmness=rule.firm if hit.status == "yes" else None,
    )


def _area_test(
    body: Body, placement: Placement, facts: Mapping[str, Any]
) -> Callable[[str], bool]:
    """Return the test whether the site lies in an area that a fact marks.

    Distances are straight lines, which are never longer than the way along the skin,
    so the marked patch is never taken smaller than it is; its edge counts as in.
    """
    here = np.asarray(placement.point.xyz, dtype=float)
    spread = float(placement.spread_mm)

    def test(fact: str) -> bool:
        for area in facts.get(fact) or ():
            centre = _area_centre(body.name, json.dumps(area["site"], sort_keys=True))
            away = float(np.linalg.norm(centre - here))
            if not away > area["radius_mm"] + spread:
                return True
        return False

    return test


@cached(maxsize=256)
def _area_centre(body_name: str, site: str) -> Any:
    """Return the middle of a marked area on a body, (3,) mm."""
    from anatomy.body import load_body
    from anatomy.words.sites import resolve_site

    plain = {k: v for k, v in json.loads(site).items() if k != "body"}
    placed = resolve_site(load_body(body_name), plain)  # type: ignore[arg-type,unused-ignore]
    return np.asarray(placed.point.xyz, dtype=float)


@cached
def coverage_of(region: str) -> Coverage:
    """Return what was mapped in a region of skin; none when nothing says so.

    Examples
    --------
    >>> coverage_of("no such region").level
    'none'
    """
    entry = load_coverage().get(region)
    if entry is None:
        return Coverage(level="none", mapped=[])
    return Coverage(
        level=entry.level, mapped=list(entry.mapped), mapped_to_mm=entry.mapped_to_mm
    )


def zone_sources(zone: Zone) -> tuple[str, ...]:
    """Return every source that a zone's figures rest on, its own first."""
    evidence = load_evidence()
    cited = list(zone.sources)
    for depth in zone.depth:
        cited += [evidence[name].source for name in depth.evidence]
    for area in zone.area:
        cited += area.sources
        cited += [evidence[name].source for name in area.records]
    return tuple(dict.fromkeys(cited))


def depth_sources(zone: Zone, lead: int) -> tuple[str, ...]:
    """Return the sources of the depth that decides at a site, then the zone's own.

    Parameters
    ----------
    zone : Zone
        The zone.
    lead : int
        Index of the depth entry that decides; -1 when the area itself holds it.
    """
    depth = leading(zone, lead)
    if depth is None:
        return tuple(zone.sources)
    evidence = load_evidence()
    cited = [evidence[name].source for name in depth.evidence]
    return tuple(dict.fromkeys([*cited, *zone.sources]))


def leading(zone: Zone, lead: int) -> Depth | None:
    """Return the depth entry that decides at a site; None when there is none."""
    return zone.depth[lead] if 0 <= lead < len(zone.depth) else None


@dataclass(frozen=True)
class GeneralTexts:
    """Sentences that go with a verdict whatever the findings, and their sources."""

    advice: list[str]
    aftercare: list[str]
    red_flags: list[str]
    sources: list[str]


def general_texts(
    region: str, facts: Facts, findings: Sequence[Finding]
) -> GeneralTexts:
    """Return advice, aftercare and warning signs for a region and a patient.

    The advice of the findings comes first, then what goes with every needling.
    """
    general = _texts_for(region, facts)
    first = [text for finding in findings for text in finding.advice]
    return GeneralTexts(
        advice=list(dict.fromkeys([*first, *general.advice])),
        aftercare=list(general.aftercare),
        red_flags=list(general.red_flags),
        sources=list(general.sources),
    )


@cached(maxsize=1024)
def _texts_for(region: str, facts: Facts) -> GeneralTexts:
    """Return what goes with every finding."""
    parts = [f(region, facts) for f in (texts.advice, texts.aftercare, texts.red_flags)]
    lists = [list(dict.fromkeys(item.text for item in part)) for part in parts]
    return GeneralTexts(
        advice=lists[0],
        aftercare=lists[1],
        red_flags=lists[2],
        sources=[s for part in parts for item in part for s in item.sources],
    )


@cached
def all_sources() -> Mapping[str, dict[str, Any]]:
    """Return the full record of every source of zones, rules and laws, by id."""
    rows = {**load_sources(), **load_regulation_sources()}
    return {key: row.model_dump(mode="json") for key, row in rows.items()}


def source_records(ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the records of the sources cited.

    Raises
    ------
    DataError
        When an id has no record.
    """
    known = all_sources()
    records = {}
    for key in ids:
        if key not in known:
            raise DataError(
                f"source {key!r} is cited but has no record.",
                given=key,
                suggestions=closest(key, known),
            )
        records[key] = known[key]
    return records
