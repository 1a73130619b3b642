"""Zones as text, for ``needlemap zones``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from anatomy.codes import systems
from viewer.text.terminal.text import WIDTH, bullet, source_words, table
from zones.check.patient_findings import all_sources, zone_sources
from zones.knowledge.records.codes import all_codes
from zones.sentences.limits import given_mm
from zones.sentences.structure_findings import depth_basis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zones.knowledge.structures.zone_files import Zone


def zone_table(zones: Iterable[Zone]) -> str:
    """Return all zones as a table: id, severity, side, earliest depth, consequence."""
    rows = []
    for zone in zones:
        kind = zone.severity or zone.kind
        least = "-" if zone.least_mm is None else given_mm(zone.least_mm)
        rows.append([zone.id, kind, zone.side, least, zone.consequence[:40]])
    return table(["id", "severity", "side", "from", "consequence"], rows)


def zone_text(zone: Zone) -> str:
    """Return one zone in full: why, where, how deep, who says so."""
    lines = [f"{zone.id}: {zone.structure}", f"  consequence  {zone.consequence}"]
    harm = f", {zone.severity}" if zone.severity else ""
    lines.append(f"  kind         {zone.kind}{harm}, {zone.side}")
    for text in (zone.summary, zone.why):
        if text:
            lines += ["", *textwrap.wrap(text, WIDTH)]
    lines += ["", "Area"]
    for area in zone.area:
        lines += bullet(f"{_area_words(area)}. {area.basis}")
    if zone.depth:
        lines += ["", "Depth"]
    for depth in zone.depth:
        where = offset_words(depth.at) if depth.at is not None else "anywhere in it"
        usual = f", usually {given_mm(depth.typical_mm)}" if depth.typical_mm else ""
        spread = f" (SD {given_mm(depth.sd_mm)})" if depth.sd_mm else ""
        least = (
            f"from {given_mm(depth.earliest_mm)}" if depth.anchor else "depth unknown"
        )
        cited = f" [{', '.join(depth.evidence)}]" if depth.evidence else ""
        lines += bullet(f"{where}: {least}{usual}{spread}; {depth_basis(depth)}{cited}")
    if zone.advice:
        lines += ["", "Advice"]
        for text in zone.advice:
            lines += bullet(text)
    for view in zone.disagreements:
        lines += ["", *textwrap.wrap(f"Another view: {view.text}", WIDTH)]
    given = all_codes("structure").get(zone.id, ())
    if given:
        lines += ["", "Codes"]
    for code in given:
        title = systems()[code.system].title.partition(" (")[0]
        named = code.code if code.code.startswith(title) else f"{title} {code.code}"
        lines += bullet(f"{named}: {code.display} ({code.relation})")
    records = all_sources()
    lines += ["", "Sources"]
    for key in zone_sources(zone):
        lines += bullet(f"{key}: {source_words(records.get(key, {}))}")
    return "\n".join(lines)


def offset_words(place: Any) -> str:
    """Return a place of a zone file in words."""
    point = getattr(place, "point", None)
    if point is not None:
        return str(point)
    between = getattr(place, "between", None)
    words = f"between {' and '.join(between)}" if between else str(place.landmark)
    if between and place.fraction is not None:
        words += f" at {place.fraction:g} of the {'tape' if place.tape else 'way'}"
    for axis in ("superior", "anterior", "lateral"):
        for unit in ("mm", "cun"):
            value = getattr(place, f"{axis}_{unit}", None)
            if value:
                words += f", {axis} {value:g} {unit}"
    return words


def _area_words(area: Any) -> str:
    """Return what kind of area it is, in words."""
    if area.kind == "polygon":
        return f"polygon of {len(area.vertices)} vertices on the {area.chart} chart"
    if area.kind == "course":
        return (
            f"course through {len(area.points)} places, side to side SD "
            f"{given_mm(area.side_sd_mm)}, {given_mm(area.diameter_mm)} thick"
        )
    if area.kind == "disc":
        return f"disc of {given_mm(area.radius_mm)} round {offset_words(area.at)}"
    return f"region {area.region}"
