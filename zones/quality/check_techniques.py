"""Checks of the techniques of muscles, and of their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anatomy.muscles.techniques import SOURCES, read_techniques
from anatomy.names import closest
from anatomy.store import using
from zones.quality.data_check import Note, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anatomy.muscles.technique_models import Technique
    from zones.quality.dataset import Dataset


@check("techniques", "every technique can be done as written and names its source")
def _techniques(data: Dataset) -> Iterator[str]:
    with using(data.folder):
        found, own, problems = read_techniques()
    yield from problems
    if not found and not problems:
        yield "techniques: no technique is there."
    known = {*own, *data.sources}
    for file, techniques in found.items():
        for technique in techniques:
            for wrong in _wrong(technique, known):
                yield f"{file}, technique {technique.id!r}: {wrong}"
    dois = {s.doi.lower(): s.id for s in data.sources.values() if s.doi}
    seen: dict[str, str] = {}
    for source in own.values():
        where = f"{SOURCES}, source {source.id!r}"
        if source.id in data.sources:
            yield f"{where}: the id is taken in sources.jsonl."
        doi = (source.doi or "").lower()
        if not doi:
            continue
        if doi in seen:
            yield f"{where}: duplicate DOI, that of {seen[doi]!r}."
        seen[doi] = source.id
        if doi in dois:
            yield Note(f"{where}: sources.jsonl has the DOI as {dois[doi]!r}.")


def _wrong(technique: Technique, known: set[str]) -> Iterator[str]:
    if technique.grip == "pincer" and not technique.fold:
        yield "grip is pincer, yet fold does not say what is lifted."
    if technique.fold and technique.grip != "pincer":
        yield "fold is given, yet grip is not pincer."
    depth, needle = technique.depth, technique.needle
    deepest = depth.planned_mm if depth else None
    if deepest and needle and needle.length_mm and deepest > max(needle.length_mm):
        yield (
            f"depth {deepest:g} mm is more than the longest needle, "
            f"{max(needle.length_mm):g} mm."
        )
    if depth:
        steps = [depth.min_mm, depth.mean_mm, depth.max_mm]
        given = [step for step in steps if step is not None]
        if not given:
            yield "depth has no figure."
        if given != sorted(given):
            yield "depth must rise from min_mm over mean_mm to max_mm."
    if needle and needle.length_mm and needle.length_mm[0] > needle.length_mm[1]:
        yield "needle.length_mm must be shortest, then longest."
    if technique.of_catalogue:
        return
    for source in technique.sources:
        if source not in known:
            near = closest(source, sorted(known))
            hint = f" Nearest: {', '.join(near)}." if near else ""
            yield f"unknown source {source!r}.{hint}"
