"""What a needle has to do with one structure, as a finding."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from anatomy.messages import joined
from zones.check.entry import Entry, Planned, arm_code
from zones.check.patient_findings import depth_sources, leading
from zones.check.tolerance import angle_tolerance, handling
from zones.contract.models import Finding, Nearest, OtherView, Tolerance, Verdict
from zones.contract.needle import Needle
from zones.fields.bones import kind_of
from zones.risk.measured import prior_at, readings
from zones.risk.meet import AWAY, Met, spread_of
from zones.risk.terms import CAUTION, P2
from zones.risk.verdict import reached
from zones.sentences import wording
from zones.sentences.structure_findings import (
    behind,
    depth_basis,
    interval_of,
    zone_message,
)

if TYPE_CHECKING:
    from zones.fields.model import BodyFields
    from zones.knowledge.structures.zone_models import Zone

#: The tolerance of angle is worked out for what is this near along the needle, mm.
NEAR_MM = 30.0
#: Share of needles that miss all bone under which a structure is hidden behind it.
HIDDEN = 0.1


def zone_finding(
    entry: Entry,
    plan: Planned,
    needle: Needle,
    met: Met,
    number: int,
    *,
    verdict: Verdict,
    depths: tuple[float, float, float],
    bears: Tolerance | None,
    explain: bool,
    raised: float | None,
) -> Finding:
    """Return the finding of one structure.

    ``raised`` is the chance that warns where the arm is away, and was not said to be.
    """
    fields = entry.fields
    row = int(met.row[number])
    zone = fields.rows[row].zone
    item = int(met.item[number])
    depth = leading(zone, int(fields.under.lead[item]))
    p_meet = float(met.p_meet[number])
    if p_meet >= plan.terms.p[CAUTION, row]:
        raised = None
    caution, danger = float(met.caution_mm[number]), float(met.danger_mm[number])
    at_mm = danger if verdict == Verdict.DANGER else min(caution, danger)
    low, median, sd = depths
    past = (needle.planned_mm >= danger) and verdict < Verdict.DANGER
    covered, hidden = _covered(entry, item, needle)
    message = zone_message(
        zone.structure,
        basis=depth.kind if depth else "unknown",
        behind=behind(depth),
        verdict=verdict,
        planned_mm=needle.planned_mm,
        length_only=needle.depth_mm is None,
        p_meet=p_meet,
        raised=raised,
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
        borne = wording.tolerance_words(bears, usual.compare(bears))
        message = joined([message, borne])
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
        how=depth_basis(depth) if depth else None,
        people=depth.people if depth else None,
        severity=zone.severity,
        p_meet=p_meet,
        p_meet_arm_away=raised,
        p_meet_interval=interval_of(depth, p_meet, median, sd),
        risk=float(p_meet * plan.terms.p[P2, row]),
        weight=float(p_meet / plan.terms.p[CAUTION, row]),
    )


def depth_figures(
    plan: Planned, fields: BodyFields, item: NDArray[np.intp]
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
    entry: Entry, plan: Planned, needle: Needle, at_mm: float, low_mm: float
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


def tolerances(
    entry: Entry, plan: Planned, met: Met, needle: Needle, rank: NDArray[np.intp]
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


def doubtful(entry: Entry, plan: Planned, needle: Needle) -> list[Finding]:
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
