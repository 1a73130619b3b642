"""What the needle's panel offers at a place: bone expected there, structures there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, no_update

from viewer.state import page_state
from zones.contract.models import Assessment
from zones.knowledge.zone_files import load_zones
from zones.sentences.presentation import present

Data = dict[str, Any]

NO_BONE = "No bone is expected under this place."


def bones_offered(answer: Assessment | None, chosen: str | None) -> list[Data]:
    """Return the bones that a needle may be aimed at here: the one expected, if any."""
    here = [answer.bone.name] if answer is not None and answer.bone else []
    names = dict.fromkeys([*here, *([chosen] if chosen else [])])
    return [{"value": name, "label": name} for name in names]


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
        {"value": name, "label": label[:1].upper() + label[1:]}
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


def register(app: Dash) -> None:
    """Add the callbacks to an application."""

    @app.callback(
        Output("seen", "data"),
        Output("bone", "data"),
        Output("bone-expected", "children"),
        Input("asked-store", "data"),
        State("seen", "value"),
        State("bone", "value"),
        State("seen", "data"),
        State("bone", "data"),
    )
    def offered(
        asked: Data | None,
        seen: str | None,
        bone: str | None,
        seen_before: Sequence[Data],
        bone_before: Sequence[Data],
    ) -> tuple[Any, Any, Any]:
        answer = None
        if asked and asked["site"] is not None:
            plan = {
                name: value
                for name, value in asked["needle"].items()
                if name not in ("grip", "bone", "fold_mm")
            }
            answer = page_state.assess(asked["site"], plan, asked["patient"]).assessment
        structures = structures_offered(answer, seen)
        bones = bones_offered(answer, bone)
        words = NO_BONE if answer is not None else ""
        if answer is not None and answer.bone is not None:
            words = present(answer).bone
        return (
            no_update if structures == seen_before else structures,
            no_update if bones == bone_before else bones,
            words,
        )
