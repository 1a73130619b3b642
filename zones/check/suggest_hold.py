"""Other ways to hold muscle and needle: to bone, in a fold, the arm moved, seen first.

Each is tried by the check's own reckoning, like every suggestion.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from anatomy.errors import NeedlemapError
from zones.contract.models import Finding, Suggestion, Verdict
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


def other_holds(
    trial: Trial, findings: Sequence[Finding], what: str
) -> Iterator[Suggestion]:
    """Yield other grips, end points and looks that would make a verdict milder.

    Parameters
    ----------
    trial : Trial
        Answers what a changed plan would get.
    findings : sequence of Finding
        Findings of the assessment.
    what : str
        The structures that the plan is refused for, in words.
    """
    needle = trial.request.needle
    for change, values, why in (
        _to_bone(trial, needle),
        _in_a_fold(trial, needle, what),
        _arm_at_side(needle),
    ):
        if not values:
            continue
        verdict = _tried(trial, needle, **values)
        if verdict is not None:
            told = values["arm"] if change == "arm" else values
            yield Suggestion.model_construct(
                change=change, to=told, verdict=verdict, why=why
            )
    seen = _seen_first(trial, needle, findings)
    if seen is not None:
        yield seen


_Change = tuple[str, dict[str, object], str]


def _to_bone(trial: Trial, needle: Needle) -> _Change:
    """Return the same needle aimed at the bone that is expected here."""
    bone = trial.bone
    if bone is None or needle.grip != "flat" or not gap_of(bone.name).aimed:
        return "grip", {}, ""
    why = wording.to_bone(bone.name, bone.from_mm, bone.to_mm)
    return "grip", {"grip": "bone", "bone": bone.name}, why


def _in_a_fold(trial: Trial, needle: Needle, what: str) -> _Change:
    """Return the same needle in a lifted fold, where the muscle is needled so."""
    site = trial.request.site
    if not isinstance(site, MuscleSite) or needle.grip == "pincer":
        return "grip", {}, ""
    from anatomy.muscles.techniques import techniques_of

    lifted = any(t.grip == "pincer" for t in techniques_of(site.muscle, site.site))
    fold = math.ceil(needle.planned_mm + FOLD_SPARE_MM) if lifted else math.inf
    if not fold <= THICKEST_FOLD_MM:
        return "grip", {}, ""
    values = {"grip": "pincer", "fold_mm": float(max(fold, 15)), "bone": None}
    return "grip", values, wording.in_a_fold(float(max(fold, 15)), what)


def _arm_at_side(needle: Needle) -> _Change:
    """Return the same needle with the arm where bones lie in front."""
    if needle.arm in (None, "at side"):
        return "arm", {}, ""
    return "arm", {"arm": "at side"}, wording.ARM_AT_SIDE


def _seen_first(
    trial: Trial, needle: Needle, findings: Sequence[Finding]
) -> Suggestion | None:
    """Return at which depth a structure must be seen for the plan to go ahead."""
    worst = [f for f in findings if f.kind == "zone" and f.verdict == Verdict.DANGER]
    if len(worst) != 1 or needle.measured or not math.isfinite(needle.planned_mm):
        return None
    finding = worst[0]
    most = 2.0 * (finding.typical_mm or 0.0)  # hardly anyone has it deeper
    depths = [float(math.ceil(needle.planned_mm + more)) for more in SEEN_DEEPER_MM]
    depths = [depth for depth in depths if depth <= most]

    def refused(depth: float) -> bool:
        seen = Measured(structure=finding.id, depth_mm=depth)
        verdict = _tried(trial, needle, measured=(seen,))
        return verdict is None or verdict >= Verdict.DANGER

    # the deeper it is seen, the milder: the first depth that will do
    first = bisect_left(depths, 1, key=lambda depth: int(not refused(depth)))
    if first == len(depths):
        return None
    seen = Measured(structure=finding.id, depth_mm=depths[first])
    verdict = _tried(trial, needle, measured=(seen,))
    if verdict is None:
        return None
    return Suggestion.model_construct(
        change="measured",
        to=[seen.model_dump(mode="json", exclude_none=True)],
        verdict=verdict,
        why=wording.seen_first(finding.structure or finding.id, depths[first]),
    )


def _tried(trial: Trial, needle: Needle, **values: object) -> Verdict | None:
    """Return the verdict of a needle with some fields at other values."""
    try:
        return trial.with_needle(needle.model_copy(update=values))
    except NeedlemapError:
        return None
