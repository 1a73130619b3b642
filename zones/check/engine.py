"""One site on one body: what a needle meets there, as findings, and its limit."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError
from anatomy.names import unknown
from zones.check.patient_findings import depth_sources, depth_words, leading
from zones.check.tolerance import angle_tolerance, handling
from zones.contract.direction import direction_vector
from zones.contract.models import Finding, Nearest, OtherView, Tolerance, Verdict
from zones.contract.needle import Needle
from zones.fields.areas import ball
from zones.fields.bones import gap_of, kind_of
from zones.risk.body_build import build_of, built_rows
from zones.risk.measured import Reading, Seen, prior_at, readings
from zones.risk.meet import (
    AT_SIDE,
    AWAY,
    NOT_SAID,
    ComputationError,
    Met,
    Plans,
    meet,
    spread_of,
)
from zones.risk.place import entry_vertex
from zones.risk.terms import CAUTION, P2, Terms, refusing, terms_of, zone_questions
from zones.risk.verdict import finding_key, limits, ranks, reached
from zones.sentences import wording
from zones.sentences.structure_findings import behind, interval_of, zone_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anatomy.body import Body
    from anatomy.mesh.skin import SkinPoint
    from anatomy.names import Side
    from zones.fields.model import BodyFields
    from zones.knowledge.zone_models import Zone
    from zones.patients.frozen import Facts

__all__ = ["ComputationError", "Entry", "ZoneAnswer", "assess_zones", "zones_verdict"]

#: Id of the finding that a place of the search area is graver than its middle.
AREA = "search-area"
#: The tolerance of angle is worked out for what is this near along the needle, mm.
NEAR_MM = 30.0
#: Bone must be met by at least this share of needles to be aimed at.
AIMED_SHARE = 0.5
#: Share of needles that miss all bone under which a structure is hidden behind it.
HIDDEN = 0.1
#: Two-sided 95 % in SD.
NORMAL_95 = 1.96


@dataclass(frozen=True, eq=False)
class Entry:
    """Where a needle goes in on one body.

    Attributes
    ----------
    fields : BodyFields
        Compiled zones of the body.
    point : SkinPoint
        The entry.
    side : {"left", "right", "midline"}
        The patient's side.
    spread_mm : float
        Radius of the search area that the site stands for.
    """

    fields: BodyFields
    point: SkinPoint
    side: Side
    spread_mm: float = 0.0

    @functools.cached_property
    def vertex(self) -> int:
        """Vertex of the skin that stands for the entry."""
        skin = self.fields.body.skin
        return int(entry_vertex(skin, self.point.face, self.point.bary)[0])

    @functools.cached_property
    def inward(self) -> NDArray[np.float64]:
        """Inward unit normal of the skin, (3,)."""
        return -np.asarray(self.fields.body.skin.normal(self.point), dtype=float)

    @functools.cached_property
    def area(self) -> NDArray[np.intp]:
        """Vertices of the search area, the entry's own among them, (K,)."""
        if self.spread_mm <= 0.0:
            return np.array([self.vertex], dtype=np.intp)
        around = ball(self.fields.body, self.point, self.spread_mm)
        return np.union1d(around, [self.vertex]).astype(np.intp)


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


@dataclass(frozen=True, eq=False)
class _Plan:
    """One needle ready for `meet`."""

    plans: Plans
    terms: Terms
    seen: Seen | None
    direction: NDArray[np.float64]
    tilt_deg: float


def _plan(entry: Entry, needle: Needle, facts: Facts) -> _Plan:
    """Return one needle as arrays.

    Raises
    ------
    NeedlemapError
        When its direction, bone or measured depth has no meaning here.
    """
    fields = entry.fields
    direction, tilt = direction_vector(
        fields.body, entry.point, needle, side=entry.side
    )
    plans = Plans(
        vertex=np.array([entry.vertex], dtype=np.intp),
        depth_mm=np.array([_number(needle.depth_mm)]),
        length_mm=np.array([_number(needle.length_mm)]),
        patient=np.zeros(1, dtype=np.intp),
        build=build_of(facts)[None],
        xyz=np.asarray(entry.point.xyz, dtype=float)[None],
        direction=direction[None],
        tilt_deg=np.array([tilt]),
        fold_mm=np.array([_number(needle.fold_mm)]),
        stop_mm=np.array([bone_stop(fields, entry.vertex, needle.bone)]),
        arm=np.array([arm_code(needle.arm)], dtype=np.intp),
    )
    seen = seen_of(entry, needle)
    return _Plan(plans, terms_of(fields, facts), seen, direction, tilt)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def arm_code(arm: str | None) -> int:
    """Return the position of the arm as `zones.risk.meet` has it.

    Examples
    --------
    >>> arm_code(None), arm_code("at side"), arm_code("overhead")
    (2, 0, 1)
    """
    if arm is None:
        return NOT_SAID
    return AT_SIDE if arm == "at side" else AWAY


def bone_depths(
    fields: BodyFields, vertex: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return between which depths bone is met in 95 of 100 people, mm; NaN for none.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    vertex : (N,) int
        Vertices of the skin.
    """
    log = fields.floor.bone_log[vertex].astype(float)
    sd = NORMAL_95 * fields.floor.bone_sd[vertex].astype(float)
    return np.exp(log - sd), np.exp(log + sd)


def bone_stop(fields: BodyFields, vertex: int, bone: str | None) -> float:
    """Return the depth at which a needle aimed at bone is given up, mm; inf for none.

    Raises
    ------
    InputError
        When that bone is not under the vertex, or too seldom to be aimed at.
    """
    if bone is None:
        return math.inf
    share = float(fields.floor.share[vertex])
    number = int(fields.floor.bone[vertex])
    names = [*fields.body.bones]
    here = names[number] if number >= 0 else None
    if here is None or bone.casefold() not in here.casefold():
        raise InputError(
            f"needle.bone must be a bone under the site; {bone!r} given, "
            + (f"{here} is expected here." if here else "no bone is expected here."),
            field="needle.bone",
            given=bone,
            suggestions=[here] if here else [],
        )
    if not gap_of(here).aimed:
        raise InputError(
            f"needle.bone: a {here} is too narrow to aim at; what lies beside it "
            "is lung.",
            field="needle.bone",
            given=bone,
        )
    if share < AIMED_SHARE:
        raise InputError(
            f"needle.bone: only {share:.0%} of needles set here meet the {here}; it "
            "cannot be relied on to stop one.",
            field="needle.bone",
            given=bone,
        )
    return float(bone_depths(fields, vertex)[1])


@functools.lru_cache(maxsize=8)
def rows_by_id(fields: BodyFields) -> dict[str, list[int]]:
    """Return the rows of each zone."""
    found: dict[str, list[int]] = {}
    for number, row in enumerate(fields.rows):
        found.setdefault(row.zone.id, []).append(number)
    return found


def seen_of(entry: Entry, needle: Needle) -> Seen | None:
    """Return the depths seen in the patient, as far as they count here.

    Raises
    ------
    InputError
        For a structure that is not there.
    """
    return seen_in(entry.fields, needle, entry.vertex)


def seen_in(
    fields: BodyFields, needle: Needle, own_vertex: int | None = None
) -> Seen | None:
    """Return the depths seen in the patient.

    Parameters
    ----------
    fields : BodyFields
        Of the body.
    needle : Needle
        The plan that holds them.
    own_vertex : int, optional
        Where those were seen that name no site; without it each has to name one.

    Raises
    ------
    InputError
        For a structure that is not there, or a place that is not said.
    """
    if not needle.measured:
        return None
    found: list[Reading] = []
    ids = rows_by_id(fields)
    for number, told in enumerate(needle.measured):
        where = f"needle.measured.{number}.structure"
        if told.structure not in ids:
            raise unknown("structure", told.structure, ids, field=where)
        vertex = _measured_at(fields.body, told.site, own_vertex)
        error = told.error_mm or readings().error_of(told.method, told.depth_mm)
        here = [
            Reading(number, vertex, told.depth_mm, error)
            for number in ids[told.structure]
        ]
        here = [reading for reading in here if prior_at(fields, reading) is not None]
        if not here:
            raise InputError(
                f"needle.measured: no depth of {told.structure!r} is known at that "
                "place, so one seen there cannot be used.",
                field=where,
                given=told.structure,
            )
        found += here
    return Seen(tuple(found))


def _measured_at(
    body: Body, site: Mapping[str, Any] | None, own_vertex: int | None
) -> int:
    """Return the vertex where a depth was seen."""
    if site is None:
        if own_vertex is None:
            raise InputError(
                "needle.measured: say at which site the depth was seen.",
                field="needle.measured.0.site",
            )
        return own_vertex
    from anatomy.words.sites import resolve_site

    placed = resolve_site(body, {k: v for k, v in site.items() if k != "body"})
    return int(entry_vertex(body.skin, placed.point.face, placed.point.bary)[0])


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
    plan = _plan(entry, needle, facts)
    fields = entry.fields
    met = meet(fields, plan.plans, [plan.terms], seen=plan.seen)
    if met.failed.any():
        raise ComputationError("what the needle meets could not be worked out")
    answer = ZoneAnswer(tilt_deg=plan.tilt_deg)
    answer.limit_mm = float(limits(met, 1)[0])
    rank = ranks(met, plan.plans)
    shown = (rank > 0) | met.over | np.isfinite(met.danger_mm)
    told = met.take(shown)
    rank = rank[shown]
    bears = _tolerances(entry, plan, told, needle, rank) if explain else {}
    built = built_rows(fields)
    depths = depth_figures(plan, fields, told.item)
    for number, row in enumerate(told.row.tolist()):
        zone = fields.rows[row].zone
        holds = int(plan.terms.holds[row])
        answer.corrected |= bool(built[row])
        if holds < 0:
            answer.unknown.extend(sorted(zone_questions(zone, facts)))
        answer.findings.append(
            _finding(
                entry, plan, needle, told, number,
                verdict=list(Verdict)[int(rank[number])],
                depths=depths[number], bears=bears.get(number), explain=explain,
            )
        )  # fmt: skip
    answer.findings += _doubtful(entry, plan, needle)
    graver = _graver_beside(entry, plan, needle, int(rank.max(initial=0)))
    if graver is not None:
        answer.findings.append(graver)
    if needle.arm is None and _arm_matters(entry, plan, int(rank.max(initial=0))):
        answer.unknown.append("arm")
    return answer


def zones_verdict(entry: Entry, needle: Needle, facts: Facts) -> Verdict:
    """Return the worst verdict of `assess_zones`, several times faster.

    Parameters and errors as there.
    """
    plan = _plan(entry, needle, facts)
    met = meet(entry.fields, plan.plans, [plan.terms], seen=plan.seen)
    if met.failed.any():
        return Verdict.NOT_ASSESSABLE
    worst = int(ranks(met, plan.plans).max(initial=0))
    beside = _graver_beside(entry, plan, needle, worst)
    others = [*_doubtful(entry, plan, needle), *([beside] if beside else [])]
    return max([list(Verdict)[worst], *(finding.verdict for finding in others)])


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
    plan = _plan(entry, needle, facts)
    many = plan.plans.pushed(depths_mm)
    met = meet(entry.fields, many, [plan.terms], seen=plan.seen)
    if met.failed.any():
        raise ComputationError("what the needle meets could not be worked out")
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
    plan = _plan(entry, needle, facts)
    many = plan.plans.leant(directions)
    terms = refusing(plan.terms)
    met = meet(entry.fields, many, [terms], seen=plan.seen, end_mm=end_mm)
    return limits(met, len(directions))


def _arm_matters(entry: Entry, plan: _Plan, worst: int) -> bool:
    """Return whether another position of the arm could hold the plan back more."""
    floor, vertex = entry.fields.floor, entry.vertex
    if worst >= Verdict.DANGER.rank:  # nothing holds back more
        return False
    if not floor.stop[vertex] > floor.stop_fixed[vertex] + 0.01:
        return False
    away = replace(plan.plans, arm=np.array([AWAY], dtype=np.intp))
    met = meet(entry.fields, away, [plan.terms], seen=plan.seen)
    return bool(ranks(met, away).max(initial=0) > worst)


def _finding(
    entry: Entry,
    plan: _Plan,
    needle: Needle,
    met: Met,
    number: int,
    *,
    verdict: Verdict,
    depths: tuple[float, float, float],
    bears: Tolerance | None,
    explain: bool,
) -> Finding:
    """Return the finding of one structure."""
    fields = entry.fields
    row = int(met.row[number])
    zone = fields.rows[row].zone
    item = int(met.item[number])
    depth = leading(zone, int(fields.under.lead[item]))
    p_meet = float(met.p_meet[number])
    caution, danger = float(met.caution_mm[number]), float(met.danger_mm[number])
    at_mm = danger if verdict == Verdict.DANGER else min(caution, danger)
    low, median, sd = depths
    past = (_planned(needle) >= danger) and verdict < Verdict.DANGER
    covered, hidden = _covered(entry, item, needle)
    message = zone_message(
        zone.structure,
        basis=depth.kind if depth else "unknown",
        behind=behind(depth),
        verdict=verdict,
        planned_mm=needle.planned_mm,
        length_only=needle.depth_mm is None,
        p_meet=p_meet,
        at_mm=at_mm,
        low_mm=low,
        median_mm=median,
        over=bool(met.over[number]),
        by_length=bool(
            needle.length_mm is not None
            and reached(danger, needle.length_mm)
            and not reached(danger, needle.planned_mm)
        ),
        covered=covered,
        hidden=hidden,
        past=past,
    )
    sources = list(depth_sources(zone, int(fields.under.lead[item])))
    if bears is not None and bears.deg is not None and verdict < Verdict.DANGER:
        usual = handling()
        message += " " + wording.tolerance_words(bears, usual.compare(bears))
        sources += [name for name in usual.sources if name not in sources]
    known = int(plan.terms.holds[row]) > 0
    return Finding.model_construct(
        id=zone.id,
        kind="zone",
        structure=zone.structure,
        verdict=verdict,
        consequence=zone.consequence,
        earliest_mm=_tenth(low),
        typical_mm=_tenth(median),
        sd_mm=_tenth(sd),
        reached_at_mm=_tenth(at_mm),
        nearest=_nearest(entry, plan, needle, at_mm, low) if explain else None,
        tolerance=bears,
        message=message,
        advice=list(zone.advice),
        sources=sources,
        status="known" if known else "unknown",
        other_views=[
            OtherView.model_construct(text=view.text, sources=list(view.sources))
            for view in zone.disagreements
        ],
        basis=depth.kind if depth else None,
        how=depth_words(depth) if depth else None,
        people=depth.people if depth else None,
        severity=zone.severity,
        p_meet=p_meet,
        p_meet_interval=interval_of(depth, p_meet, median, sd),
        risk=float(p_meet * plan.terms.p[P2, row]),
        weight=float(p_meet / plan.terms.p[CAUTION, row]),
    )


def _planned(needle: Needle) -> float:
    return needle.planned_mm


def depth_figures(
    plan: _Plan, fields: BodyFields, item: NDArray[np.intp]
) -> list[tuple[float, float, float]]:
    """Return 2.5 % quantile, median and SD of depths in a patient, mm; NaN unknown."""
    none = np.zeros(len(item), dtype=np.intp)
    spread = spread_of(fields, plan.plans, none, item, plan.seen)
    low, median = (spread.depth(np.full(len(item), q)).tolist() for q in (0.025, 0.5))
    parts = zip(spread.mu.tolist(), spread.sigma.tolist(), strict=True)
    found = []
    for number, (mu, sigma) in enumerate(parts):
        if math.isnan(mu):
            found.append((0.0, math.nan, math.nan))
            continue
        sd = math.exp(mu + 0.5 * sigma**2) * math.sqrt(math.expm1(sigma**2))
        found.append((low[number], median[number], sd))
    return found


def _covered(entry: Entry, item: int, needle: Needle) -> tuple[str, bool]:
    """Return the bone that stops most needles before a structure, and if nearly all.

    The name is empty for none.
    """
    under, floor = entry.fields.under, entry.fields.floor
    clear = under.clear_moved if arm_code(needle.arm) == AWAY else under.clear
    number = int(floor.bone[entry.vertex])
    if float(clear[item]) > 0.5 or number < 0:
        return "", False
    name = kind_of([*entry.fields.body.bones][number])
    return name, float(clear[item]) < HIDDEN


def _nearest(
    entry: Entry, plan: _Plan, needle: Needle, at_mm: float, low_mm: float
) -> Nearest | None:
    """Return where along the needle, or under the entry, a structure comes nearest."""
    planned = needle.planned_mm
    inward = entry.inward
    start = np.asarray(entry.point.xyz, dtype=float)
    if math.isfinite(at_mm):
        place = start + at_mm * plan.direction
    elif math.isfinite(low_mm):
        place = start + low_mm * inward
    else:
        return None
    away = 0.0
    if math.isfinite(planned) and not reached(at_mm, planned):
        away = float(np.linalg.norm(start + planned * plan.direction - place))
    return Nearest.model_construct(
        xyz_mm=tuple(round(float(v), 1) for v in place), distance_mm=_tenth(away) or 0.0
    )


def _tolerances(
    entry: Entry, plan: _Plan, met: Met, needle: Needle, rank: NDArray[np.intp]
) -> dict[int, Tolerance]:
    """Return, by place, how much error a plan bears before it is refused."""
    found: dict[int, Tolerance] = {}
    planned = needle.planned_mm
    looked = []
    for number, danger in enumerate(met.danger_mm.tolist()):
        if reached(danger, planned) or not math.isfinite(planned):
            found[number] = Tolerance.model_construct(mm=0.0, deg=0.0)
            continue
        left = _tenth(danger - planned)
        found[number] = Tolerance.model_construct(mm=left, deg=None)
        if danger - planned <= NEAR_MM and planned > 0.0:
            looked.append(number)
    if looked:
        rows = met.row[looked]
        degrees = angle_tolerance(
            entry.fields, plan.plans, plan.terms, planned, rows, seen=plan.seen
        )
        for number, deg in zip(looked, degrees.tolist(), strict=True):
            found[number] = Tolerance.model_construct(
                mm=found[number].mm, deg=float(deg)
            )
    return found


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
    entry: Entry, plan: _Plan, needle: Needle, worst: int
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
        verdict=list(Verdict)[int(rank.max())],
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
    from anatomy.section import direction_word

    way = spot - np.asarray(entry.point.xyz, dtype=float)
    return direction_word(entry.fields.body, entry.point, way, side=entry.side)


def _doubtful(entry: Entry, plan: _Plan, needle: Needle) -> list[Finding]:
    """Return the findings that a depth seen in the patient should be seen again."""
    if plan.seen is None:
        return []
    found = []
    for reading in plan.seen.readings:
        prior = prior_at(entry.fields, reading)
        if prior is None:
            continue
        error = reading.error_mm / reading.depth_mm
        off = abs(math.log(reading.depth_mm) - prior[0]) / math.hypot(prior[1], error)
        if off <= readings().again_sd:
            continue
        zone: Zone = entry.fields.rows[reading.row].zone
        found.append(
            Finding(
                id="measured-again",
                kind="region",
                verdict=Verdict.CAUTION,
                structure=zone.structure,
                message=wording.measure_again(
                    zone.structure, reading.depth_mm, math.exp(prior[0])
                ),
            )
        )
    return found[:1]


def _tenth(value: float) -> float | None:
    """Return a figure to 0.1 mm, rounded down; None when it is no number.

    Rounding down keeps a limit a limit.
    """
    if not math.isfinite(value):
        return None
    return math.floor(value * 10.0 + 1e-6) / 10.0


def worst(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict of a set of findings: the one that holds back most."""
    return max((f.verdict for f in findings), default=Verdict.NO_KNOWN_DANGER)


def sort_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings, gravest first, then by how far past what warns."""
    return sorted(
        findings,
        key=lambda f: (
            int(finding_key(f.verdict.rank, f.status == "unknown", f.weight or 0.0, 0)),
            f.id,
            # of two sides alike the one that is come to first
            math.inf if f.reached_at_mm is None else f.reached_at_mm,
        ),
    )


def merge_rows(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with one for each id: of the two sides the graver is kept."""
    kept: dict[tuple[str, Any], Finding] = {}
    for finding in sort_findings(findings):
        kept.setdefault((finding.id, finding.kind), finding)
    return list(kept.values())
