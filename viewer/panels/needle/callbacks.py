"""What the needle's panel offers at a place: bone expected there, structures there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anatomy.messages import changed
from anatomy.messages import message as _
from viewer.state import page_state
from viewer.state.terms import term
from zones.contract.models import Assessment
from zones.knowledge.structures.zone_files import load_zones
from zones.sentences.figures import bone_words

Data = dict[str, Any]

NO_BONE = _("No bone is expected under this place.")


def bones_offered(answer: Assessment | None, chosen: str | None) -> list[Data]:
    """Return the bones that a needle may be aimed at here: the one expected, if any."""
    here = [answer.bone.name] if answer is not None and answer.bone else []
    names = dict.fromkeys([*here, *([chosen] if chosen else [])])
    return [{"value": str(name), "label": term(name)} for name in names]


def structures_offered(answer: Assessment | None, chosen: str | None) -> list[Data]:
    """Return the structures of an answer whose depth may have been seen."""
    found = {
        finding.id: finding.structure or finding.id
        for finding in (answer.findings if answer is not None else ())
        if finding.kind == "zone" and finding.typical_mm is not None
    }
    if chosen and chosen not in found:
        names = {zone.id: zone.structure for zone in load_zones()}
        found[chosen] = names.get(chosen, chosen)
    return [
        {"value": name, "label": changed(label, "capital")}
        for name, label in found.items()
    ]


def aimed(
    site: Mapping[str, Any] | None,
    plan: Mapping[str, Any],
    patient: Mapping[str, Any],
) -> str | None:
    """Return the bone expected at a site, for a plan to bone that names none yet."""
    if plan.get("grip") != "bone" or plan.get("bone") or site is None:
        return None
    flat = {name: value for name, value in plan.items() if name != "grip"}
    answer = page_state.assess(site, flat, patient).assessment
    return answer.bone.name if answer is not None and answer.bone else None


def offered(
    outcome: page_state.Outcome,
    site: Data | None,
    needle: Mapping[str, Any],
    patient: Mapping[str, Any],
) -> Assessment | None:
    """Return the answer that says what a needle may be aimed at or has met here.

    It is that of a needle in the flat hand: a grip that lacks what belongs to it still
    has a bone to choose.
    """
    if site is None:
        return None
    flat = {k: v for k, v in needle.items() if k not in ("grip", "bone", "fold_mm")}
    if flat == dict(needle):
        return outcome.assessment
    return page_state.assess(site, flat, patient).assessment


def bone_line(answer: Assessment | None) -> str:
    """Return which bone is expected at a place, in words."""
    if answer is None:
        return ""
    if answer.bone is None:
        return NO_BONE
    return _("{bone}.", bone=changed(bone_words(answer.bone), "capital"))
