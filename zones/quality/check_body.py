"""Checks of the data on the reference bodies: places, areas, sides, mirrors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import Acupoint, Muscle
from anatomy.places.grammar import place
from zones.fields.areas import chart_for, compile_area, place_reference
from zones.knowledge.rule_files import Rule
from zones.knowledge.structures.zone_models import RegionCoverage
from zones.quality.data_check import Note, check, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anatomy.body import Body
    from anatomy.names import Side
    from zones.knowledge.structures.zone_models import Zone
    from zones.quality.dataset import Dataset

BODIES = ("male", "female")
#: How far a corner may stand outside the outline of its chart, mm.
OUTLINE_MM = 2.0
#: Share of a polygon that may lie in the air beside the body.
MOST_AIR = 0.15
#: How far from its mirror image a vertex at the edge of a zone may be, mm.
EDGE_MM = 12.0
#: Share of an area avoided in pregnancy that rules must flag.
ALL_FLAGGED = 0.99


def _bodies() -> Iterator[Body]:
    from anatomy.body import load_body

    for name in BODIES:
        yield load_body(name)  # type: ignore[arg-type,unused-ignore]


def _pieces(data: Dataset, body: Body, zone: Zone, side: Side) -> NDArray[np.bool_]:
    """Return the vertices that a zone covers when compiled for a side, (V,)."""
    key = (body.name, id(zone), side)
    if key not in data.memory:
        parts = [piece.member for piece in compile_area(body, zone, side)]
        data.memory[key] = np.logical_or.reduce(parts)
    members: NDArray[np.bool_] = data.memory[key]
    return members


def _sides(zone: Zone) -> tuple[Side, ...]:
    """Return the sides for which a zone is compiled."""
    if zone.side == "left":
        return ("left",)
    if zone.side == "right":
        return ("right",)
    return ("left", "right")


def _landmarks(data: Any) -> Iterator[str]:
    """Yield the landmarks that an entry depends on."""
    if isinstance(data, dict):
        if isinstance(data.get("landmark"), str):
            yield data["landmark"]
        between = data.get("between")
        if isinstance(between, list):
            yield from (name for name in between if isinstance(name, str))
        for value in data.values():
            yield from _landmarks(value)
    elif isinstance(data, list):
        for value in data:
            yield from _landmarks(value)


@check("landmarks", "every landmark that is named exists on both bodies")
def _landmarks_exist(data: Dataset) -> Iterator[str]:
    named: dict[str, str] = {}
    for entry in data.entries:
        for name in _landmarks(entry.data):
            named.setdefault(name, entry.where)
    for entry in data.of("cun.toml"):
        for key in ("from", "to"):
            value = entry.data.get(key)
            if isinstance(value, str) and value != "midline":
                named.setdefault(value, entry.where)
    for body in _bodies():
        known = set(body.landmarks.names())
        for name, where in named.items():
            if name not in known:
                yield f"{unknown(where, 'landmark', name, known)} ({body.name} body)"


@check("regions", "every region that is named exists; every region says what is mapped")
def _regions(data: Dataset) -> Iterator[str]:
    if data.facts is None:
        yield "facts.toml: could not be read."
        return
    places = data.facts.places()
    for entry in data.entries:
        plain = entry.data.get("regions", ()) if entry.file == "pooling.toml" else ()
        for name in (*entry.named("region"), *plain):
            if name not in places:
                yield unknown(entry.where, "region", name, places)
    mapped = {entry.region for _, entry in data.records(RegionCoverage)}
    for body in _bodies():
        names = set(body.region_names)
        for name in data.facts.region_names:
            if name not in names:
                yield unknown("facts.toml, regions", "region", name, names)
        for name in names - mapped:
            yield f"coverage.toml: nothing is said of region {name!r}."
        for name in mapped - names:
            yield unknown("coverage.toml", "region", name, names)
        for file, zone in data.zones:
            for area in zone.area:
                if area.kind == "region" and area.region not in names:
                    yield unknown(
                        f"{file}, zone {zone.id!r}", "region", area.region, names
                    )


@check("areas", "every area and every depth point can be placed on both bodies")
def _areas(data: Dataset) -> Iterator[str]:
    for body in _bodies():
        for file, zone in data.zones:
            for side in _sides(zone):
                try:
                    _pieces(data, body, zone, side)
                except NeedlemapError as error:
                    yield f"{file}: {error}"
                for number, depth in enumerate(zone.depth, start=1):
                    if depth.at is None:
                        continue
                    try:
                        place_reference(body, depth.at, side)
                    except NeedlemapError as error:
                        yield (
                            f"{file}, zone {zone.id!r}, depth {number} on the "
                            f"{body.name} body: {error}"
                        )


@check("polygons", "polygons are closed, simple, and lie on the body on their chart")
def _polygons(data: Dataset) -> Iterator[str]:
    import shapely

    for body in _bodies():
        for file, zone in data.zones:
            side: Side = "left" if zone.side == "left" else "right"
            for number, area in enumerate(zone.area, start=1):
                if area.kind != "polygon":
                    continue
                where = f"{file}, zone {zone.id!r}, area {number}, {body.name} body"
                try:
                    chart = chart_for(body, area.chart, side)
                    points = [place_reference(body, v, side) for v in area.vertices]
                except NeedlemapError as error:
                    yield f"{where}: {error}"
                    continue
                corners = chart.project(np.array([point.xyz for point in points]))
                ring = shapely.LinearRing(corners)
                shape = shapely.Polygon(ring)
                if not ring.is_closed or not ring.is_simple or not shape.is_valid:
                    yield f"{where}: {shapely.is_valid_reason(shape)}."
                    continue
                near = chart.outline.buffer(OUTLINE_MM)
                for index, corner in enumerate(corners, start=1):
                    if not near.covers(shapely.Point(corner)):
                        away = chart.outline.distance(shapely.Point(corner))
                        yield f"{where}: vertex {index} is {away:.0f} mm off the body."
                air = shape.difference(near).area / shape.area
                if air > MOST_AIR:
                    yield f"{where}: {100 * air:.0f} % of it lies beside the body."


@check("mirror", "paired zones compile to mirror images")
def _mirror(data: Dataset) -> Iterator[str]:
    from scipy.spatial import cKDTree

    for body in _bodies():
        mirror = body.skin.mirror
        for file, zone in data.zones:
            if zone.side not in {"paired", "midline"}:
                continue
            left, right = (_pieces(data, body, zone, s) for s in ("left", "right"))
            there = left[mirror]
            odd = there != right
            if not odd.any():
                continue
            where = f"{file}, zone {zone.id!r}, {body.name} body"
            # skin of the odd vertices to the nearest that both have: an edge, or a gap
            tree = cKDTree(body.skin.vertices[there & right])
            gap = float(tree.query(body.skin.vertices[odd])[0].max())
            text = f"{where}: {int(odd.sum())} of {int(right.sum())} vertices differ"
            if gap > EDGE_MM:
                yield f"{text}, up to {gap:.0f} mm from its mirror image."
            else:
                yield Note(f"{text} at its edge.")


@check("sides", "structures of one side of the body lie on that side")
def _expected_sides(data: Dataset) -> Iterator[str]:
    for entry in data.of("expected_sides.toml"):
        word, side = str(entry.data.get("word")), str(entry.data.get("side"))
        found = [(f, z) for f, z in data.zones if word in z.structure.lower().split()]
        if not any(z.kind == "structure" for _, z in found):
            yield f"{entry.where}: no zone's structure holds the word {word!r}."
        for file, zone in found:
            if zone.side == "midline":
                yield Note(f"{file}, zone {zone.id!r}: {word} through the midline.")
                continue
            if zone.side != side:
                yield f"{file}, zone {zone.id!r}: side must be {side}, not {zone.side}."
                continue
            for body in _bodies():
                x = body.skin.vertices[_pieces(data, body, zone, _sides(zone)[0]), 0]
                middle = float(np.median(x))
                if (middle > 0) != (side == "left"):
                    yield (
                        f"{file}, zone {zone.id!r}: lies on the wrong side of the "
                        f"{body.name} body (middle at x = {middle:.0f} mm)."
                    )


@check("catalogue", "muscles and acupoints can be placed on both bodies")
def _catalogue(data: Dataset) -> Iterator[str]:
    ats: list[tuple[str, dict[str, Any], tuple[Side | None, ...]]] = []
    for _, muscle in data.records(Muscle):
        for site in muscle.site:
            where = f"muscles.toml, muscle {muscle.name!r}, {site.label}"
            ats.append((where, site.at, ("left", "right")))
    for _, point in data.records(Acupoint):
        sides: tuple[Side | None, ...] = ("left", "right")
        if point.side == "midline":
            sides = (None,)
        ats.append((f"acupoints.toml, point {point.id!r}", point.at, sides))
    for body in _bodies():
        for where, at, wanted in ats:
            for side in wanted:
                try:
                    place(body, at, side)
                except NeedlemapError as error:
                    yield f"{where}, {side or 'midline'}, {body.name} body: {error}"


@check("case-places", "published cases that have a place can be placed")
def _case_places(data: Dataset) -> Iterator[str]:
    from anatomy.words.sites import resolve_site

    for body in _bodies():
        for entry in data.of("cases.jsonl"):
            site, side = entry.data.get("site"), entry.data.get("side")
            if site is None:
                continue
            wanted = ("left", "right") if side == "either" else (side,)
            for one in wanted:
                full = site if one in {"midline", None} else {**site, "side": one}
                try:
                    resolve_site(body, full)
                except NeedlemapError as error:
                    yield f"{entry.where}, {body.name} body: {error}"


@check("pregnancy", "every point and area avoided in pregnancy is flagged by a rule")
def _pregnancy(data: Dataset) -> Iterator[str]:
    points = {point.id: point for _, point in data.records(Acupoint)}
    for body in _bodies():
        flagged = _flagged(data, body)
        for file, zone in data.zones:
            facts = {fact for c in zone.applies_when for fact in c.facts()}
            if "pregnant" not in facts or zone.kind != "exclusion":
                continue
            members = [_pieces(data, body, zone, side) for side in _sides(zone)]
            share = float(flagged[np.logical_or.reduce(members)].mean())
            if share < ALL_FLAGGED:
                yield (
                    f"{file}, zone {zone.id!r}: rules of pregnancy flag only "
                    f"{100 * share:.0f} % of it on the {body.name} body."
                )
        for entry in data.of("pregnancy_points.toml"):
            for name in entry.data.get("points", ()):
                point = points.get(name)
                if point is None:
                    yield Note(f"{entry.where}: {name} is not in the catalogue.")
                    continue
                pair: tuple[Side, ...] = ("left", "right")
                for side in (None,) if point.side == "midline" else pair:
                    spot = place(body, point.at, side)
                    if not flagged[body.skin.faces[spot.face]].any():
                        yield (
                            f"{entry.where}: no rule of pregnancy flags {name} "
                            f"({side or 'midline'}, {body.name} body)."
                        )


def _flagged(data: Dataset, body: Body) -> NDArray[np.bool_]:
    """Return the vertices where a rule of pregnancy with places counts, (V,)."""
    flagged = np.zeros(len(body.skin.vertices), dtype=bool)
    if data.facts is None:
        return flagged
    zones = {zone.id: zone for _, zone in data.zones}
    for _, rule in data.records(Rule):
        if rule.where.scope != "places" or "pregnant" not in rule.when.facts():
            continue
        for name in rule.where.zones:
            if name in zones:
                for side in _sides(zones[name]):
                    flagged |= _pieces(data, body, zones[name], side)
        for name in rule.where.regions:
            for label, region in enumerate(body.region_names):
                if data.facts.covers(name, region, "midline"):
                    flagged |= body.region_labels == label
    return flagged
