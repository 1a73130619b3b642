"""One site on one body: the findings of zones, region and patient, and the limit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zones import needle as needles
from zones import wording
from zones.areas import ball
from zones.gather import depth_sources, depth_words, leading
from zones.habitus import habitus_rule
from zones.models import Finding, Nearest, Needle, OtherView, Tolerance, Verdict
from zones.sources import load_sources
from zones.tolerance import NEAR_MM, Place, angle_tolerance, handling, nearest_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from anatomy.names import Side
    from anatomy.skin import SkinPoint
    from zones.fields import BodyFields, Row
    from zones.zonemodels import Depth

#: Needle reckoned with for what lies off the site when neither its length nor its
#: depth is stated, mm: up to the first it counts as reached, up to the second as near.
UNSTATED_REACHES_MM = 50.0
UNSTATED_NEARS_MM = 100.0


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

    @property
    def extra_mm(self) -> float:
        """How far from the point the needle may go in, mm."""
        return self.spread_mm

    def around(self) -> NDArray[np.intp]:
        """Return the vertices that stand for the entry, (K,) int.

        The soft edges of the fields hold the error of placing, not the search area.
        """
        body = self.fields.body
        extra = self.extra_mm
        if extra <= 0.0:
            return np.asarray(body.skin.faces[self.point.face], dtype=np.intp)
        return ball(body, self.point, extra)


@dataclass
class ZoneAnswer:
    """What the zones say about one needle.

    Attributes
    ----------
    findings : list of Finding
        One for each zone met, near or under the site.
    limit_mm : float
        Length of needle at which the first critical structure is met; inf when none.
    within : set of str
        Ids of the zones that the site lies in, exclusions included.
    unknown : list of str
        Facts that decide whether a zone applies and were not given.
    corrected : bool
        Whether the patient's build or age bears on a zone here.
    """

    findings: list[Finding] = field(default_factory=list)
    limit_mm: float = math.inf
    within: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    corrected: bool = False
    reach: needles.Reach | None = None


class ComputationError(ArithmeticError):
    """Raised when a figure that must be a number is not."""


def assess_zones(
    entry: Entry,
    needle: Needle,
    applies: Mapping[str, bool | None],
    questions: Mapping[str, Sequence[str]],
    *,
    bmi: float | None,
    age: float | None,
    explain: bool = True,
    met: needles.Reach | None = None,
) -> ZoneAnswer:
    """Return what the zones say about a needle at an entry.

    Parameters
    ----------
    entry : Entry
        Where it goes in.
    needle : Needle
        The plan.
    applies : mapping of str to bool or None
        For zones with a condition: whether it holds; None when a fact is missing.
    questions : mapping of str to sequence of str
        For zones with a condition: the facts that it asks for.
    bmi, age : float or None
        The patient's, when known.
    explain : bool
        Whether the findings say where the structure is nearest and how much error
        the plan bears. Nothing else depends on it.
    met : Reach, optional
        Where the needle meets the zones, when it is known already.

    Returns
    -------
    ZoneAnswer
        Findings unsorted.

    Raises
    ------
    ComputationError
        When a depth comes out as no number.
    NeedlemapError
        When the direction has no meaning here.
    """
    answer = ZoneAnswer()
    around = entry.around()
    met = met or _reach(entry, needle, around, bmi=bmi, age=age)
    answer.reach = met
    rows = entry.fields.rows
    answer.within = {rows[r].zone.id for r in np.flatnonzero(met.inside)}
    answer.within |= {rows[r].zone.id for r in np.flatnonzero(met.entry_mm < math.inf)}
    concerns = []
    for r in np.flatnonzero(np.isfinite(met.reached_mm) | np.isfinite(met.entry_mm)):
        zone = rows[r].zone
        holds = applies.get(zone.id, True)
        if holds is False:
            continue
        if holds is True and zone.category == "critical":
            answer.limit_mm = min(answer.limit_mm, float(met.reached_mm[r]))
        concern = _concern(int(r), met, needle, known=holds is True)
        if concern is None:
            continue
        concerns.append(concern)
        answer.corrected |= bool(zone.bmi_rule)
        if holds is None:
            answer.unknown.extend(questions.get(zone.id, ()))
    place = Place(entry.fields, entry.point, around, bmi, age, entry.extra_mm)
    near: dict[int, Nearest] = {}
    bears: dict[int, Tolerance] = {}
    if explain:
        near = _nearest(place, met, needle.planned_mm, concerns)
        bears = _tolerances(place, met, needle.planned_mm, concerns)
    for concern in concerns:
        nearest, bear = near.get(concern.row), bears.get(concern.row)
        row = rows[concern.row]
        answer.findings.append(_zone_finding(row, concern, met, needle, nearest, bear))
    return answer


def zones_verdict(
    entry: Entry,
    needle: Needle,
    applies: Mapping[str, bool | None],
    *,
    bmi: float | None,
    age: float | None,
    met: needles.Reach | None = None,
) -> Verdict:
    """Return the worst verdict of `assess_zones`, several times faster.

    Parameters and errors as there. A line is followed no deeper than the needle goes:
    what lies past it bears on no verdict.
    """
    if met is None:
        end_mm = math.inf
        if math.isfinite(needle.planned_mm):
            end_mm = max(needle.planned_mm, needle.length_mm or 0.0)
        met = _reach(entry, needle, entry.around(), bmi=bmi, age=age, end_mm=end_mm)
    found = Verdict.NO_KNOWN_DANGER
    rows = entry.fields.rows
    for r in np.flatnonzero(np.isfinite(met.reached_mm) | np.isfinite(met.entry_mm)):
        zone = rows[r].zone
        holds = applies.get(zone.id, True)
        if holds is False:
            continue
        concern = _concern(int(r), met, needle, known=holds is True)
        if concern is not None:
            found = max(found, _verdict(zone.category, concern))
    return found


def _reach(
    entry: Entry,
    needle: Needle,
    around: NDArray[np.intp],
    *,
    bmi: float | None,
    age: float | None,
    end_mm: float = math.inf,
) -> needles.Reach:
    """Return where a needle meets the zones.

    Raises
    ------
    ComputationError
        When a depth comes out as no number.
    """
    met = needles.reach(
        entry.fields,
        entry.point,
        needle,
        side=entry.side,
        around=around,
        extra_mm=entry.extra_mm,
        bmi=bmi,
        age=age,
        end_mm=end_mm,
    )
    if np.isnan(met.entry_mm).any() or np.isnan(met.reached_mm).any():
        raise ComputationError("a depth came out as no number")
    return met


@dataclass(frozen=True)
class _Concern:
    """One zone that a needle has to do with.

    ``near_by`` says whether it lies under the search area, ``over`` whether it lies
    under the entry itself, ``by_length`` whether the needle is long enough to reach it.
    """

    row: int
    reached_mm: float
    known: bool
    reached: bool
    near_by: bool
    over: bool
    by_length: bool


def _concern(
    r: int, met: needles.Reach, needle: Needle, *, known: bool
) -> _Concern | None:
    """Return what a needle has to do with a zone, or None when nothing."""
    reached_mm = float(met.reached_mm[r])
    over = bool(met.over[r])
    near_by = bool(np.isfinite(met.entry_mm[r]))
    planned = needle.planned_mm
    near = False
    if not math.isfinite(planned) and not near_by:
        reached = reached_mm <= UNSTATED_REACHES_MM
        near = reached_mm <= UNSTATED_NEARS_MM
    elif not math.isfinite(planned):
        reached = True
    else:
        reached = math.isfinite(reached_mm) and needles.is_reached(reached_mm, planned)
    by_length = needle.length_mm is not None and reached_mm <= needle.length_mm
    if not (reached or over or by_length or near):
        return None
    return _Concern(
        r, reached_mm, known, reached, near_by, over, by_length and not reached
    )


def _zone_finding(
    row: Row,
    concern: _Concern,
    met: needles.Reach,
    needle: Needle,
    nearest: Nearest | None,
    bears: Tolerance | None,
) -> Finding:
    """Return the finding of one zone."""
    zone, r = row.zone, concern.row
    verdict = _verdict(zone.category, concern)
    reached_mm = _tenth(concern.reached_mm)
    earliest = float((met.entry_mm if concern.near_by else met.met_earliest)[r])
    depth = leading(zone, int(met.lead[r]))
    message = wording.depth_message(
        zone.structure,
        basis=depth.kind if depth else "unknown",
        behind=_behind(depth),
        reached_mm=math.inf if reached_mm is None else reached_mm,
        earliest_mm=_tenth(earliest) or 0.0,
        plan=wording.plan_words(needle.planned_mm, length_only=needle.depth_mm is None),
        reached=concern.reached,
        tilted=met.tilt_deg > 0 or not concern.near_by,
        by_length=concern.by_length,
        over=concern.over,
        place=wording.place_words(over=concern.over, near_by=concern.near_by),
    )
    sources = list(depth_sources(zone, int(met.lead[r])))
    told = zone.category == "critical" and concern.known and not concern.reached
    if told and bears is not None and bears.deg is not None:
        usual = handling()
        message += " " + wording.tolerance_words(bears, usual.compare(bears))
        sources += [name for name in usual.sources if name not in sources]
    return Finding.model_construct(
        id=zone.id,
        kind="zone",
        structure=zone.structure,
        verdict=verdict,
        consequence=zone.consequence,
        earliest_mm=_tenth(earliest),
        typical_mm=_tenth(float(met.typical[r])),
        sd_mm=_tenth(float(met.sd[r])),
        reached_at_mm=reached_mm,
        nearest=nearest,
        tolerance=bears,
        message=message,
        advice=list(zone.advice),
        sources=sources,
        status="known" if concern.known else "unknown",
        other_views=[
            OtherView.model_construct(text=view.text, sources=list(view.sources))
            for view in zone.disagreements
        ],
        basis=depth.kind if depth else None,
        how=depth_words(depth) if depth else None,
        people=depth.people if depth else None,
        severity=zone.severity,
    )


def _behind(depth: Depth | None) -> str:
    """Return the people and the largest study behind a depth, as a headline has it.

    Examples
    --------
    >>> _behind(None)
    ''
    """
    anchor = depth.anchor if depth else None
    if anchor is None:
        return ""
    known = load_sources()
    people = "1 person" if anchor.people == 1 else f"{anchor.people} people"
    first = known[anchor.studies[0]].short
    more = len(anchor.studies) - 1
    return f"{people}, {first}" + (f" and {more} more" if more else "")


def zone_verdict(category: str, *, reached: bool) -> Verdict:
    """Return the verdict of a zone under or on the way of a needle.

    Examples
    --------
    >>> zone_verdict("critical", reached=True).value
    'DANGER'
    >>> zone_verdict("minor", reached=False).value
    'NO_KNOWN_DANGER'
    """
    if category == "critical":
        return Verdict.DANGER if reached else Verdict.CAUTION
    return Verdict.CAUTION if reached else Verdict.NO_KNOWN_DANGER


def _verdict(category: str, concern: _Concern) -> Verdict:
    """Return the verdict of a zone that a needle has to do with."""
    verdict = zone_verdict(category, reached=concern.reached)
    return verdict if concern.known else min(verdict, Verdict.CAUTION)


def _nearest(
    place: Place, met: needles.Reach, planned: float, concerns: Sequence[_Concern]
) -> dict[int, Nearest]:
    """Return, by row, the place of each structure nearest to the tip."""
    found: dict[int, Nearest] = {}
    short = [c for c in concerns if not c.reached and math.isfinite(planned)]
    for concern in concerns:
        if math.isfinite(concern.reached_mm):
            on_line = place.point.xyz + concern.reached_mm * met.direction
            left = 0.0 if concern.reached else max(0.0, concern.reached_mm - planned)
            found[concern.row] = _as_nearest(
                on_line, left if math.isfinite(planned) else 0.0
            )
    if short:
        rows = np.array([c.row for c in short], dtype=np.intp)
        upright = met.tilt_deg < habitus_rule().warn_within_deg
        tops, away = nearest_places(place, met.direction, planned, rows, upright)
        for concern, top, left in zip(short, tops, away.tolist(), strict=True):
            known = found.get(concern.row)
            if math.isfinite(left) and (known is None or left < known.distance_mm):
                found[concern.row] = _as_nearest(top, left)
    return found


def _as_nearest(xyz: NDArray[np.float64], away_mm: float) -> Nearest:
    """Return a place and its distance as the contract has them, rounded down."""
    return Nearest.model_construct(
        xyz_mm=tuple(round(float(v), 1) for v in xyz),
        distance_mm=_tenth(away_mm) or 0.0,
    )


def _tolerances(
    place: Place, met: needles.Reach, planned: float, concerns: Sequence[_Concern]
) -> dict[int, Tolerance]:
    """Return, by row, how much error the plan bears before the structure is reached."""
    found: dict[int, Tolerance] = {}
    looked: list[int] = []
    for concern in concerns:
        left = concern.reached_mm - planned
        if concern.reached or not left >= 0.0:
            found[concern.row] = Tolerance.model_construct(mm=0.0, deg=0.0)
            continue
        mm = _tenth(left)
        found[concern.row] = Tolerance.model_construct(mm=mm, deg=None)
        zone = place.fields.rows[concern.row].zone
        close = min(concern.reached_mm, float(met.entry_mm[concern.row]))
        if zone.category == "critical" and close <= planned + NEAR_MM:
            looked.append(concern.row)
    if looked:
        rows = np.array(looked, dtype=np.intp)
        degrees = angle_tolerance(place, met.direction, planned, rows)
        for r, deg in zip(looked, degrees.tolist(), strict=True):
            found[r] = Tolerance.model_construct(mm=found[r].mm, deg=float(deg))
    return found


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
    """Return findings, gravest first; known before unknown, zones by depth."""
    return sorted(
        findings,
        key=lambda f: (
            -f.verdict.rank,
            f.status == "unknown",
            f.reached_at_mm if f.reached_at_mm is not None else math.inf,
            f.id,
        ),
    )


def merge_rows(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with one for each id: of the two sides the graver is kept."""
    kept: dict[tuple[str, Any], Finding] = {}
    for finding in sort_findings(findings):
        kept.setdefault((finding.id, finding.kind), finding)
    return list(kept.values())
