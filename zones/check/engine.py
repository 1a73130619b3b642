"""One site on one body: what a needle meets there, as findings, and its limit."""

from __future__ import annotations

import functools
import math
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from zones.check.entry import Entry, Planned, planned
from zones.check.zone_findings import depth_figures, doubtful, tolerances, zone_finding
from zones.contract.models import Finding, Verdict
from zones.contract.needle import Needle
from zones.risk.body_build import built_rows
from zones.risk.measured import Seen
from zones.risk.meet import AWAY, ComputationError, Met, Plans, meet
from zones.risk.policy import in_force
from zones.risk.terms import CAUTION, Terms, refusing, zone_questions
from zones.risk.verdict import VERDICTS, finding_key, limits, ranks, reached
from zones.sentences import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.fields.model import BodyFields
    from zones.knowledge.structures.zone_files import Zone
    from zones.patients.frozen import Facts

#: Id of the finding that a place of the search area is graver than its middle.
AREA = "search-area"


@dataclass
class ZoneAnswer:
    """What the zones say about one needle.

    Attributes
    ----------
    findings : list of Finding
        One for each structure that the needle has to do with.
    limit_mm : float
        Length of needle at which it is first refused; inf when never.
    unknown : list of str
        Facts that decide whether a zone applies and were not given.
    corrected : bool
        Whether the patient's build or age bears on a zone here.
    tilt_deg : float
        Angle of the needle from the inward normal.
    """

    findings: list[Finding] = field(default_factory=list)
    limit_mm: float = math.inf
    unknown: list[str] = field(default_factory=list)
    corrected: bool = False
    tilt_deg: float = 0.0


def assess_zones(
    entry: Entry,
    needle: Needle,
    facts: Facts,
    *,
    explain: bool = True,
) -> ZoneAnswer:
    """Return what the zones say about a needle at an entry.

    Parameters
    ----------
    entry : Entry
        Where it goes in.
    needle : Needle
        The plan.
    facts : Facts
        What is known of the patient.
    explain : bool
        Whether the findings say where the structure is nearest and how much error
        the plan bears. Nothing else depends on it.

    Returns
    -------
    ZoneAnswer
        Findings unsorted.

    Raises
    ------
    ComputationError
        When a figure comes out as no number.
    NeedlemapError
        When the direction, bone or measured depth has no meaning here.
    """
    plan = planned(entry, needle, facts)
    asked = _Asked(entry, needle, plan, explain)
    said = _said(asked) if _can_be_kept(needle) else _said.__wrapped__(asked)
    unknown: list[str] = []
    for zone in said.doubted:
        unknown.extend(sorted(zone_questions(zone, facts)))
    if said.arm_matters:
        unknown.append("arm")
    return ZoneAnswer(
        list(said.findings), said.limit_mm, unknown, said.corrected, plan.tilt_deg
    )


@dataclass(frozen=True)
class _Asked:
    """A needle at an entry; two are equal where zones cannot tell them apart.

    Patients differ in much that only rules look at: in an answer that is asked for
    again for other facts the zones say what they said.
    """

    entry: Entry = field(compare=False)
    needle: Needle
    plan: Planned = field(compare=False)
    explain: bool
    _rest: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        entry, plan = self.entry, self.plan
        point = entry.point
        place = (point.face, np.asarray(point.xyz).tobytes(), point.bary.tobytes())
        patient = (np.asarray(plan.plans.build).tobytes(), plan.terms)
        where = (entry.fields, entry.side, entry.spread_mm)
        object.__setattr__(self, "_rest", (*where, *place, *patient, in_force()))


@dataclass(frozen=True, eq=False)
class _Said:
    """What zones say about a needle, whatever else is known of the patient."""

    findings: tuple[Finding, ...]
    limit_mm: float
    doubted: tuple[Zone, ...]
    corrected: bool
    arm_matters: bool


def _can_be_kept(needle: Needle) -> bool:
    """Return whether a needle can be looked up: not one with places seen in it."""
    return not needle.measured


@functools.lru_cache(maxsize=512)
def _said(asked: _Asked) -> _Said:
    """Return what zones say about a needle."""
    entry, needle, plan, explain = asked.entry, asked.needle, asked.plan, asked.explain
    fields = entry.fields
    met = _met(fields, plan, plan.plans)
    rank = ranks(met, plan.plans)
    away = _arm_away(entry, plan, needle, met, rank)
    raised = _warning_chances(away, plan) if away is not None else {}
    shown = (rank > 0) | met.over | np.isfinite(met.danger_mm)
    told = met.take(shown)
    rank = rank[shown]
    bears = tolerances(entry, plan, told, needle, rank) if explain else {}
    built = built_rows(fields)
    depths = depth_figures(plan, fields, told.item)
    findings: list[Finding] = []
    for number, row in enumerate(told.row.tolist()):
        findings.append(
            zone_finding(
                entry, plan, needle, told, number,
                verdict=VERDICTS[int(rank[number])],
                depths=depths[number], bears=bears.get(number), explain=explain,
                raised=raised.get(row),
            )
        )  # fmt: skip
    findings += doubtful(entry, plan, needle)
    worst_rank = int(rank.max(initial=0))
    graver = _graver_beside(entry, plan, needle, worst_rank)
    if graver is not None:
        findings.append(graver)
    rows = told.row.tolist()
    return _Said(
        tuple(findings),
        float(limits(met, 1)[0]),
        tuple(fields.rows[row].zone for row in rows if plan.terms.holds[row] < 0),
        any(bool(built[row]) for row in rows),
        away is not None and _worst(away, plan) > worst_rank,
    )


def _met(fields: BodyFields, plan: Planned, plans: Plans) -> Met:
    """Return what needles of a plan meet; no answer where that cannot be worked out."""
    met = meet(fields, plans, [plan.terms], seen=plan.seen)
    if met.failed.any():
        raise ComputationError("what the needle meets could not be worked out")
    return met


def zones_verdicts(
    entry: Entry, needles: Sequence[Needle], facts: Facts
) -> list[Verdict | None]:
    """Return the worst verdict of `assess_zones` for several needles, much faster.

    Parameters
    ----------
    entry : Entry
        Where they go in.
    needles : sequence of Needle
        N plans.
    facts : Facts
        What is known of the patient.

    Returns
    -------
    list of Verdict or None
        N verdicts; None where a direction, bone or measured depth has no meaning here.
    """
    found: list[Verdict | None] = [None] * len(needles)
    plans: dict[int, Planned] = {}
    for number, needle in enumerate(needles):
        with suppress(NeedlemapError):
            plans[number] = planned(entry, needle, facts)
    if not plans:
        return found
    lot = [*plans.values()]
    many = Plans.each([plan.plans for plan in lot])
    met = meet(entry.fields, many, [lot[0].terms], seen=_seen_by_each(lot))
    if met.failed.any():  # each by itself, so that none bears on another
        if len(needles) == 1:
            return [Verdict.NOT_ASSESSABLE]
        return [zones_verdicts(entry, [needle], facts)[0] for needle in needles]
    ranked = np.zeros(len(lot), dtype=np.intp)
    np.maximum.at(ranked, met.which, ranks(met, many))
    for (number, plan), rank in zip(plans.items(), ranked.tolist(), strict=True):
        needle = needles[number]
        beside = _graver_beside(entry, plan, needle, rank)
        others = [*doubtful(entry, plan, needle), *([beside] if beside else [])]
        found[number] = max([VERDICTS[rank], *(finding.verdict for finding in others)])
    return found


def _seen_by_each(lot: Sequence[Planned]) -> Seen | None:
    """Return the depths that each needle of a lot is planned with."""
    readings = [
        replace(reading, needle=number)
        for number, plan in enumerate(lot)
        if plan.seen is not None
        for reading in plan.seen.readings
    ]
    return Seen(tuple(readings)) if readings else None


def chances_at(
    entry: Entry, needle: Needle, facts: Facts, depths_mm: NDArray[np.float64]
) -> dict[int, NDArray[np.float64]]:
    """Return the chance that a needle meets each structure at other depths.

    Parameters
    ----------
    entry : Entry
        Where it goes in.
    needle : Needle
        What is planned but its depth.
    facts : Facts
        What is known of the patient.
    depths_mm : (D,) float64
        Lengths of needle in the body.

    Returns
    -------
    dict of int to (D,) float64
        By row of the body's fields; P1 at each depth.

    Raises
    ------
    ComputationError
        When a figure comes out as no number.
    """
    plan = planned(entry, needle, facts)
    many = plan.plans.pushed(depths_mm)
    met = _met(entry.fields, plan, many)
    found: dict[int, NDArray[np.float64]] = {}
    for row in np.unique(met.row).tolist():
        mine = met.row == row
        found[row] = np.zeros(len(depths_mm))
        found[row][met.which[mine]] = met.p_meet[mine]
    return found


def refused_at(
    entry: Entry,
    needle: Needle,
    facts: Facts,
    directions: NDArray[np.float64],
    *,
    end_mm: float,
) -> NDArray[np.float64]:
    """Return the length at which needles in many directions are refused, (D,) mm.

    Parameters
    ----------
    entry : Entry
        Where they go in.
    needle : Needle
        What is planned but its direction.
    facts : Facts
        What is known of the patient.
    directions : (D, 3) float64
        Unit vectors into the body.
    end_mm : float
        How far they are followed.
    """
    plan = planned(entry, needle, facts)
    many = plan.plans.leant(directions)
    terms = refusing(plan.terms)
    met = meet(entry.fields, many, [terms], seen=plan.seen, end_mm=end_mm, warns=False)
    return limits(met, len(directions))


def _arm_away(
    entry: Entry, plan: Planned, needle: Needle, met: Met, rank: NDArray[np.intp]
) -> Met | None:
    """Return what the plan meets with the arm away; None where that tells no more.

    It does where the position of the arm was not given, and either a bone that moves
    with it lies here or the plan is deep enough for a warning that its chance with the
    arm at the side does not explain.
    """
    floor, vertex = entry.fields.floor, entry.vertex
    if needle.arm is not None:
        return None
    warned = reached(met.caution_mm, plan.plans.planned_mm[met.which])
    warned &= met.p_meet < plan.terms.p[CAUTION, met.row]
    moves = floor.stop[vertex] > floor.stop_fixed[vertex] + 0.01
    if not warned.any() and (not moves or rank.max(initial=0) >= Verdict.DANGER.rank):
        return None
    away = replace(plan.plans, arm=np.array([AWAY], dtype=np.intp))
    return _met(entry.fields, plan, away)


def _warning_chances(met: Met, plan: Planned) -> dict[int, float]:
    """Return the chances of a plan that are enough to warn, by row."""
    warns = met.p_meet >= plan.terms.p[CAUTION, met.row]
    pairs = zip(met.row[warns].tolist(), met.p_meet[warns].tolist(), strict=True)
    return dict(pairs)


def _worst(met: Met, plan: Planned) -> int:
    """Return the rank of what a plan meets."""
    return int(ranks(met, plan.plans).max(initial=0))


def over_area(
    fields: BodyFields,
    area: NDArray[np.intp],
    plans: Plans,
    terms: Sequence[Terms],
    *,
    seen: Seen | None = None,
) -> Met:
    """Return what upright needles like one plan meet from every place of an area.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    area : (K,) int
        Vertices of a search area.
    plans : Plans
        One needle.
    terms : sequence of Terms
        Of its kind of patient.
    seen : Seen, optional
        Depths seen in the patient.
    """
    return meet(fields, plans.repeated(area), terms, seen=seen)


def _graver_beside(
    entry: Entry, plan: Planned, needle: Needle, worst: int
) -> Finding | None:
    """Return the finding that a place of the search area is graver than its middle."""
    if len(entry.area) < 2 or worst >= Verdict.DANGER.rank:
        return None
    met = over_area(entry.fields, entry.area, plan.plans, [plan.terms], seen=plan.seen)
    deep = needle.planned_mm * math.cos(math.radians(min(plan.tilt_deg, 60.0)))
    rank = np.where(reached(met.caution_mm, deep), Verdict.CAUTION.rank, 0)
    rank[reached(met.danger_mm, deep)] = Verdict.DANGER.rank
    if int(rank.max(initial=0)) <= worst:
        return None
    fields = entry.fields
    grave = np.flatnonzero(rank == rank.max())
    spots = fields.body.skin.vertices[entry.area[met.which[grave]]]
    away = np.linalg.norm(spots - entry.point.xyz, axis=1)
    first = int(away.argmin())
    zone = fields.rows[int(met.row[grave[first]])].zone
    text = wording.beside(
        away_mm=float(away[first]),
        toward=_toward(entry, spots[first]),
        verdict=VERDICTS[int(rank.max())],
        structure=zone.structure,
    )
    return Finding(
        id=AREA,
        kind="region",
        verdict=Verdict.CAUTION,
        structure=zone.structure,
        message=text,
        sources=list(zone.sources),
        severity=zone.severity,
    )


def _toward(entry: Entry, spot: NDArray[np.float64]) -> str:
    """Return in which direction a place lies from the entry, in words."""
    from anatomy.body.section import direction_word

    way = spot - np.asarray(entry.point.xyz, dtype=float)
    return direction_word(entry.fields.body, entry.point, way, side=entry.side)


def worst(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict of a set of findings: the one that holds back most."""
    return max((f.verdict for f in findings), default=Verdict.NO_KNOWN_DANGER)


def sort_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings, gravest first, then by how far past what warns."""
    if len(findings) < 2:
        return [*findings]
    keys = finding_key(
        [f.verdict.rank for f in findings],
        [f.status == "unknown" for f in findings],
        [f.weight or 0.0 for f in findings],
        0,
    ).tolist()
    # of two sides alike the one that is come to first
    first = [math.inf if f.reached_at_mm is None else f.reached_at_mm for f in findings]
    order = sorted(
        range(len(findings)), key=lambda n: (keys[n], findings[n].id, first[n])
    )
    return [findings[n] for n in order]


def merge_rows(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with one for each id: of the two sides the graver is kept."""
    kept: dict[tuple[str, Any], Finding] = {}
    for finding in sort_findings(findings):
        kept.setdefault((finding.id, finding.kind), finding)
    return list(kept.values())
