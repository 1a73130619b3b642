"""Other ways to hold muscle and needle: to bone, in a fold, the arm moved, seen first.

Each is tried by the check's own reckoning, like every suggestion.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zones.check.trying import Change
from zones.contract.models import Finding, Verdict
from zones.contract.needle import THICKEST_FOLD_MM, Measured, Needle
from zones.contract.sites import MuscleSite
from zones.fields.bones import gap_of
from zones.sentences import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zones.check.trying import Trial

#: How much deeper than planned a structure is supposed to be seen, mm, the least first.
SEEN_DEEPER_MM = (5.0, 10.0, 15.0, 20.0, 30.0, 40.0)
#: A fold is lifted so much thicker than the needle goes deep, mm.
FOLD_SPARE_MM = 5.0


def other_holds(trial: Trial, what: str) -> list[Change]:
    """Return other grips and end points that may make a verdict milder.

    Parameters
    ----------
    trial : Trial
        Answers what a changed plan would get.
    what : str
        The structures that the plan is refused for, in words.
    """
    needle = trial.request.needle
    return [
        *_to_bone(trial, needle),
        *_in_a_fold(trial, needle, what),
        *_arm_at_side(needle),
    ]


def _to_bone(trial: Trial, needle: Needle) -> list[Change]:
    """Return the same needle aimed at the bone that is expected here."""
    bone = trial.bone
    if bone is None or needle.grip != "flat" or not gap_of(bone.name).aimed:
        return []
    why = wording.to_bone(bone.name, bone.from_mm, bone.to_mm)
    return [_held("grip", needle, {"grip": "bone", "bone": bone.name}, why)]


def _in_a_fold(trial: Trial, needle: Needle, what: str) -> list[Change]:
    """Return the same needle in a lifted fold, where the muscle is needled so."""
    site = trial.request.site
    if not isinstance(site, MuscleSite) or needle.grip == "pincer":
        return []
    from anatomy.muscles.techniques import techniques_of

    lifted = any(t.grip == "pincer" for t in techniques_of(site.muscle, site.site))
    fold = math.ceil(needle.planned_mm + FOLD_SPARE_MM) if lifted else math.inf
    if not fold <= THICKEST_FOLD_MM:
        return []
    values = {"grip": "pincer", "fold_mm": float(max(fold, 15)), "bone": None}
    why = wording.in_a_fold(float(max(fold, 15)), what)
    return [_held("grip", needle, values, why)]


def _arm_at_side(needle: Needle) -> list[Change]:
    """Return the same needle with the arm where bones lie in front."""
    if needle.arm in (None, "at side"):
        return []
    lowered = needle.model_copy(update={"arm": "at side"})
    return [Change("arm", "at side", wording.ARM_AT_SIDE, lowered)]


def _held(change: str, needle: Needle, values: dict[str, object], why: str) -> Change:
    """Return a needle with some fields at other values, all of which are named."""
    return Change(change, values, why, needle.model_copy(update=values))


def seen_first(trial: Trial, findings: Sequence[Finding]) -> list[Change]:
    """Return at which depths a structure may be seen for the plan to go ahead.

    Parameters
    ----------
    trial : Trial
        Holds the plan.
    findings : sequence of Finding
        What the plan is refused for: only one structure can be looked for.

    Returns
    -------
    list of Change
        The least depth first: the deeper it is seen, the milder.
    """
    needle = trial.request.needle
    worst = [f for f in findings if f.kind == "zone" and f.verdict == Verdict.DANGER]
    if len(worst) != 1 or needle.measured or not math.isfinite(needle.planned_mm):
        return []
    finding = worst[0]
    most = 2.0 * (finding.typical_mm or 0.0)  # hardly anyone has it deeper
    depths = [float(math.ceil(needle.planned_mm + more)) for more in SEEN_DEEPER_MM]
    found = []
    for depth in depths:
        if depth > most:
            break
        seen = Measured(structure=finding.id, depth_mm=depth)
        told = [seen.model_dump(mode="json", exclude_none=True)]
        why = wording.seen_first(finding.structure or finding.id, depth)
        measured = needle.model_copy(update={"measured": (seen,)})
        found.append(Change("measured", told, why, measured))
    return found
