"""Checks of the codes: each looked up, each fits its system, and none is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.body import BODIES, load_body
from anatomy.codes import Kind, code_sources, systems
from anatomy.muscles.catalogue import Muscle
from anatomy.store import using
from zones.knowledge.records.codes import (
    KINDS,
    code_rows,
    fact_resources,
    snomed_rows,
    without_rows,
)
from zones.quality.data_check import Note, check, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anatomy.codes import CodeRow, CodeSource, System, Without
    from zones.quality.dataset import Dataset


#: What is said of codes that must not ship.
_ALONE = "are those of one's own folder alone."


def _names(data: Dataset) -> dict[Kind, list[str]]:
    """Return what there is of each kind, in the order of its files."""
    landmarks = (name for body in BODIES for name in load_body(body).landmarks.names())
    return {
        "structure": [zone.id for _, zone in data.zones],
        "muscle": [muscle.name for _, muscle in data.records(Muscle)],
        "landmark": list(dict.fromkeys(landmarks)),
        "region": list(data.facts.region_names) if data.facts else [],
        "fact": [fact.name for fact in data.facts.facts] if data.facts else [],
    }


@check(
    "codes", "every code was looked up, fits its system and is of something there is"
)
def _codes(data: Dataset) -> Iterator[str]:
    names = _names(data)
    with using(data.folder):
        known, sources = systems(), code_sources()
        for source in sources.values():
            if source.system not in known:
                where = f"codes/sources.toml, source {source.id!r}"
                yield unknown(where, "system", source.system, known)
        displays: dict[tuple[str, str, str], str] = {}
        for kind in KINDS:
            given: dict[tuple[str, str, str], str] = {}
            own = {row.row() for row in snomed_rows() if row.kind == kind}
            for row in code_rows(kind):
                where = f"{kind}s.jsonl, {row.id!r}"
                yield from _misfits(where, kind, row, known, sources)
                system = known.get(row.system)
                if system and system.ours == (row in own):
                    yield f"{where}: codes of {system.title} {_ALONE}"
                key = (row.system, row.code, row.source)
                if displays.setdefault(key, row.display) != row.display:
                    yield f"{where}: elsewhere its display is {displays[key]!r}."
                for name in row.what:
                    if name not in names[kind]:
                        yield unknown(where, kind, name, names[kind])
                    before = given.setdefault((name, row.system, row.code), row.id)
                    if before != row.id or row.what.count(name) > 1:
                        yield f"{where}: {name!r} has the code twice."


def _misfits(
    where: str,
    kind: Kind,
    row: CodeRow,
    known: Mapping[str, System],
    sources: Mapping[str, CodeSource],
) -> Iterator[str]:
    """Yield what is wrong with a row in itself."""
    system, source = known.get(row.system), sources.get(row.source)
    if system is None:
        yield unknown(where, "system", row.system, known)
        return
    if kind not in system.kinds:
        yield f"{where}: {system.title} has no codes for a {kind}."
    if not system.fits(row.code):
        yield f"{where}: {row.code!r} is no code of {system.title} ({system.pattern})."
    if source is None:
        yield unknown(where, "source of codes", row.source, sources)
    elif source.system != row.system:
        yield f"{where}: source {source.id!r} gives codes of {source.system!r}."
    if not row.display.strip():
        yield f"{where}: display is empty."


@check("codes-complete", "what has no code says why, and FHIR's resource is known")
def _complete(data: Dataset) -> Iterator[str]:
    names = _names(data)
    with using(data.folder):
        known = systems()
        for kind in KINDS:
            without = without_rows(kind)
            rows = code_rows(kind)
            yield from _lists(kind, names[kind], without, known)
            coded = {(name, row.system) for row in rows for name in row.what}
            anything = {name for name, _ in coded}
            wanted = [s for s in known.values() if s.each and kind in s.kinds]
            for name in names[kind]:
                where = f"{kind}s_without.jsonl, {name!r}"
                told = [row for row in without if name in row.what]
                if any(not row.systems for row in told):
                    if name in anything:
                        yield f"{where}: it has a code."
                    continue
                if not told and name not in anything:
                    problem = f"{where}: it has no code and no reason."
                    yield Note(problem) if _added(data, kind, name) else problem
                    continue
                for system in wanted:
                    said = any(system.id in row.systems for row in told)
                    if said == ((name, system.id) in coded):
                        has = "a code and a reason" if said else "no code and no reason"
                        yield f"{where}: {has} for {system.title}."
        yield from _resources(data)


def _added(data: Dataset, kind: Kind, name: str) -> bool:
    """Return whether a data folder of one's own adds an entry."""
    word = "zone" if kind == "structure" else kind
    return any(entry.endswith(f", {word} {name!r}") for entry in data.added)


def _lists(
    kind: Kind,
    names: list[str],
    without: tuple[Without, ...],
    known: Mapping[str, System],
) -> Iterator[str]:
    """Yield what the list of those without a code names that there is not."""
    where = f"{kind}s_without.jsonl"
    for row in without:
        for name in row.what:
            if name not in names:
                yield unknown(where, kind, name, names)
        for system in row.systems:
            if system not in known:
                yield unknown(where, "system", system, known)


def _resources(data: Dataset) -> Iterator[str]:
    """Yield facts of a patient without a FHIR resource, and resources of no fact."""
    where = "fact_resources.jsonl"
    facts = {fact.name: fact for fact in data.facts.facts} if data.facts else {}
    stated = fact_resources()
    for name, row in stated.items():
        if name not in facts:
            yield unknown(where, "fact", name, facts)
        if not row.element.startswith(f"{row.resource}."):
            yield f"{where}, {name!r}: {row.element!r} is not of {row.resource}."
    for name, fact in facts.items():
        if (name in stated) != (fact.source == "patient"):
            said = "is not of the patient" if name in stated else "has no resource"
            yield f"{where}: {name!r} {said}."
