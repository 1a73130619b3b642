"""Checks of the data of risk: harms, bones, and depths seen in the patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from anatomy.store.references import references
from zones.fields.bones import kind_of
from zones.quality.data_check import Note, check, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zones.quality.dataset import Dataset


@check("harms", "every structure's harm is in the policy, with the figure it needs")
def _harms(data: Dataset) -> Iterator[str]:
    if data.policy is None:
        yield "policy.toml: could not be read."
        return
    harms = {harm.id: harm for harm in data.policy.harm}
    used = set()
    for file, zone in data.zones:
        if zone.kind != "structure" or zone.harm is None or zone.severity is None:
            continue
        where = f"{file}, zone {zone.id!r}"
        used.add(zone.harm)
        harm = harms.get(zone.harm)
        if harm is None:
            yield unknown(where, "harm", zone.harm, harms)
        elif (
            harm.p2 is None and data.policy.row(zone.severity).caution_risk is not None
        ):
            yield (
                f"{where}: {zone.severity} harm is judged by risk, and harm "
                f"{harm.id!r} in policy.toml has no p2."
            )
    for name in harms:
        if name not in used:
            yield f"policy.toml, harm {name!r}: no structure has it."


@check("policy", "every chance of harm stands on something and lies in its interval")
def _policy(data: Dataset) -> Iterator[str]:
    if data.policy is None:
        yield "policy.toml: could not be read."
        return
    for harm in data.policy.harm:
        where = f"policy.toml, harm {harm.id!r}"
        if harm.p2 is None:
            if harm.interval is not None or harm.basis is not None:
                yield f"{where}: interval or basis is given, and no p2."
            continue
        if harm.basis is None or not harm.sources:
            yield f"{where}: p2 needs a basis and a source."
        if harm.interval is None:
            yield f"{where}: p2 needs an interval."
        elif not harm.interval[0] <= harm.p2 <= harm.interval[1]:
            low, high = harm.interval
            yield f"{where}: p2 {harm.p2:g} is outside {low:g} to {high:g}."
    bounds = sum(harm.basis not in (None, "measured") for harm in data.policy.harm)
    yield Note(f"{bounds} of {len(data.policy.harm)} harms rest on no thin needle.")


@check("bone-gaps", "every bone with a gap of its own exists on both bodies, once")
def _bone_gaps(data: Dataset) -> Iterator[str]:
    from anatomy.body import load_body

    if data.gaps is None:
        yield "bone_gaps.toml: could not be read."
        return
    names = [bone.name for bone in data.gaps.bone]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"bone_gaps.toml: duplicate bone {name!r}."
    for body in ("male", "female"):
        bones = {kind_of(bone) for bone in load_body(body).bones}  # type: ignore[arg-type,unused-ignore]
        kinds = {bone.split(" ")[0] for bone in bones}
        for name in names:
            if name not in bones | kinds:
                found = unknown("bone_gaps.toml", "bone", name, bones)
                yield f"{found} ({body} body)"
        for opening in data.gaps.opening:
            if opening.bone not in bones:
                found = unknown("bone_gaps.toml", "opening", opening.bone, bones)
                yield f"{found} ({body} body)"
        own = {bone for bone in bones if {bone, bone.split(" ")[0]} & set(names)}
        yield Note(f"{len(bones - own)} bones of the {body} body have none.")
    for bone in data.gaps.bone:
        if not bone.sources:
            yield f"bone_gaps.toml, bone {bone.name!r}: names no source."
    for opening in data.gaps.opening:
        where = f"bone_gaps.toml, opening past {opening.bone!r}"
        for _, kind, name in references(opening):
            if kind == "evidence id" and name not in data.evidence:
                yield f"{where}: there is no record {name!r}."


@check("readings", "every way to see a depth has its error, and no other stands there")
def _readings(data: Dataset) -> Iterator[str]:
    from zones.contract.needle import Measured

    if data.readings is None:
        yield "readings.toml: could not be read."
        return
    asked = get_args(Measured.model_fields["method"].annotation)
    given = [method.name for method in data.readings.method]
    for name in asked:
        if given.count(name) != 1:
            yield f"readings.toml: method {name!r} must stand there once."
    for name in given:
        if name not in asked:
            yield unknown("readings.toml", "method", name, asked)
