"""Checks of where the pain of muscles is felt.

That muscles, regions and sources exist is checked with those of all files.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from zones.knowledge.records.sources import READ_ORDER
from zones.knowledge.referral import Place, Referral, unknown_places
from zones.quality.data_check import Note, check, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zones.quality.dataset import Dataset


@check("referral", "every pattern of pain names known places, and one source once")
def _referral(data: Dataset) -> Iterator[str]:
    places = [place.name for _, place in data.records(Place)]
    patterns = data.records(Referral)
    for name, times in Counter(places).items():
        if times > 1:
            yield f"referral.toml, place {name!r}: is given twice."
    used = {felt.place for _, pattern in patterns for felt in pattern.felt}
    for name in places:
        if name not in used:
            yield f"referral.toml, place {name!r}: no pattern names it."
    seen: set[tuple[object, ...]] = set()
    for entry, pattern in patterns:
        where = f"{entry.where}, {pattern.muscle!r}"
        for name in unknown_places(pattern, places):
            yield unknown(where, "place of pain", name, places)
        key = (pattern.muscle, pattern.part, pattern.source, pattern.who)
        if key in seen:
            yield f"{where}: {pattern.source!r} says so already."
        seen.add(key)
        source = data.sources.get(pattern.source)
        if source and READ_ORDER.index(pattern.read) < READ_ORDER.index(source.read):
            yield f"{where}: read is {pattern.read!r}, its source's {source.read!r}."
    muscles = {pattern.muscle for _, pattern in patterns}
    studied = {p.muscle for _, p in patterns if p.found != "taught"}
    yield Note(f"{len(muscles)} muscles have a pattern, {len(studied)} from a study.")
