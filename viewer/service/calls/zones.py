"""Zones as they are answered: all in short, one in full, those of a chart drawn."""

from __future__ import annotations

import threading
from typing import Any

from anatomy.names import closest
from anatomy.store import cached
from viewer.service.calls.reading import json_text
from viewer.service.protocol.errors import UnknownZoneError


def zone_list() -> dict[str, Any]:
    """Return every zone in short, with the sources they cite.

    Examples
    --------
    >>> "pleura" in [zone["id"] for zone in zone_list()["zones"]]
    True
    """
    from zones.check.patient_findings import source_records, zone_sources
    from zones.check.site import data_version
    from zones.knowledge.structures.zone_files import load_zones

    cited: dict[str, None] = {}
    entries = []
    for zone in load_zones():
        sources = list(zone_sources(zone))
        cited.update(dict.fromkeys(sources))
        entries.append(
            {
                "id": zone.id,
                "structure": zone.structure,
                "consequence": zone.consequence,
                "kind": zone.kind,
                "category": zone.category,
                "side": zone.side,
                "severity": zone.severity,
                "earliest_mm": zone.least_mm,
                "codes": _codes(zone.id),
                "sources": sources,
            }
        )
    return {
        "zones": entries,
        "sources": source_records(cited),
        "data_version": data_version(),
    }


def zone_answer(name: str) -> dict[str, Any]:
    """Return one zone in full, with the sources it cites.

    Raises
    ------
    UnknownZoneError
        When there is no such zone; the nearest are named.

    Examples
    --------
    >>> answer = zone_answer("pleura")
    >>> answer["zone"]["consequence"], answer["codes"][0]["code"]
    ('pneumothorax', 'UBERON:0000977')
    """
    from zones.check.patient_findings import source_records, zone_sources
    from zones.check.site import data_version
    from zones.knowledge.structures.zone_files import load_zones

    zones = {zone.id: zone for zone in load_zones()}
    if name not in zones:
        raise UnknownZoneError(
            f"Unknown zone {name[:80]!r}.",
            field="id",
            given=name,
            suggestions=closest(name[:80], zones),
        )
    zone = zones[name]
    return {
        "zone": zone.model_dump(mode="json"),
        "codes": _codes(zone.id),
        "sources": source_records(zone_sources(zone)),
        "data_version": data_version(),
    }


def _codes(zone: str) -> list[dict[str, Any]]:
    """Return the codes of a structure, plain; none for one of an own data folder."""
    from zones.knowledge.records.codes import all_codes

    codes = all_codes("structure").get(zone, ())
    return [code.model_dump(mode="json") for code in codes]


_DRAWING = threading.Lock()


def drawn(body_name: str, chart_name: str) -> str:
    """Return the zones of a chart as GeoJSON text; traced once, by one caller."""
    with _DRAWING:
        return _traced(body_name, chart_name)


@cached(maxsize=128)
def _traced(body_name: str, chart_name: str) -> str:
    """Return the zones of a chart as GeoJSON text; takes seconds."""
    from zones.pictures.geojson import zone_geojson

    return json_text(zone_geojson(body_name, chart_name))
