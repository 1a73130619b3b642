"""The place that tells most of a zone, and the check and cross-section there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.body import load_body
from anatomy.errors import DataError, NeedlemapError
from anatomy.mesh.line import line_meets, middles_of, near_line
from anatomy.places.grammar import place
from anatomy.places.relations import rib_under
from anatomy.store import cached
from anatomy.words.sites import resolve_site
from viewer.map.zones.zone_images import vertex_mask
from viewer.text.structures.content import get_zone, needed_facts
from zones.check.site import check_site
from zones.contract.models import Assessment
from zones.fields.loading import body_fields
from zones.knowledge.records.offset import Offset
from zones.pictures.drawn_bones import drawn_bones
from zones.pictures.section import site_section
from zones.risk.plans import OVER_CHANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from anatomy.mesh.arrays import FloatArray
    from zones.contract.models import Finding
    from zones.fields.model import BodyFields
    from zones.pictures.section_models import Section

#: Lengths of needle in the pictures, mm, and what a length has beyond the depth.
STEP_MM, SPARE_MM = 10.0, 10.0
#: Depth and length where a zone has no depth, mm.
PLAIN_MM = (15.0, 40.0)
#: A place tells of a structure from this share of its greatest chance on.
LIKELY = 0.6
#: So far from it a place between bones is looked for, mm.
BETWEEN_MM = 25.0


def _chances(fields: BodyFields, zone_id: str) -> FloatArray:
    """Return the chance that a structure lies under each vertex of the skin, (V,)."""
    found = np.zeros(len(fields.body.skin.vertices))
    for row, values in enumerate(fields.rows):
        if values.zone.id == zone_id:
            item = fields.items_of(row)
            np.maximum.at(found, fields.under.vertex[item], fields.under.chance[item])
    return found


@cached(maxsize=512)
def telling_site(body_name: str, zone_id: str) -> tuple[float, float, float]:
    """Return the place where a cross-section tells most of a zone, mm of the body.

    The shallowest of its depths that were measured; then of those that were inferred;
    else the middle of where it lies shallowest. Only a place in the zone itself, under
    which it is about as likely as anywhere; of what lies behind bones the nearest such
    place where a needle passes between them.
    """
    found, mask = _telling(body_name, zone_id)
    if get_zone(zone_id).bones != "in front":
        return _place(found)
    skin = load_body(body_name).skin
    near = np.array(skin.tree.query_ball_point(found, BETWEEN_MM), dtype=int)
    near = near[mask[near]]
    away = np.linalg.norm(skin.vertices[near] - found, axis=1)
    spots = (found, *skin.vertices[near[np.argsort(away)]])
    free = (spot for spot in spots if _between_bones(body_name, zone_id, spot))
    first = next(free, found)
    # rather one that is called after a space than after a rib
    for spot in (first, *free) if _on_rib(body_name, first) else ():
        if not _on_rib(body_name, spot):
            return _place(spot)
    return _place(first)


def _on_rib(body_name: str, spot: Any) -> bool:
    """Return whether a place is said to lie over a rib."""
    body = load_body(body_name)
    point = body.skin.nearest(spot)
    return (rib_under(body, point, str(body.region_at(point))) or "").startswith("rib")


def _between_bones(body_name: str, zone_id: str, spot: Any) -> bool:
    """Return whether a perpendicular needle reaches a zone without a drawn bone."""
    fields, skin = body_fields(body_name), load_body(body_name).skin
    items = fields.under.of(np.array([skin.tree.query(spot)[1]]))[1]
    rows = [fields.rows[row].zone.id == zone_id for row in fields.under.row[items]]
    deep = np.exp(fields.under.mu[items[rows]])
    if not len(deep) or not np.isfinite(deep).all():
        return True  # nobody knows how far the way goes
    point = skin.nearest(spot)
    at, way = np.asarray(point.xyz, dtype=float), -np.asarray(skin.normal(point))
    # the depth of the needle is a whole number
    reach = float(deep.max()) + 1.0
    corners, middles = _bone_triangles(body_name)
    found = line_meets(at, way, corners[near_line(middles, at, way)])
    return not (found.met & (found.along > 0.0) & (found.along < reach)).any()


@cached(maxsize=2)
def _bone_triangles(body_name: str) -> tuple[FloatArray, FloatArray]:
    """Return the bones that pictures draw and those that a site's words name.

    Returns
    -------
    corners, middles : (N, 3, 3), (4, N) float64
        As `anatomy.mesh.line` takes them.
    """
    both = (drawn_bones(body_name).meshes, load_body(body_name).bones)
    corners = np.concatenate(
        [
            np.asarray(vertices, dtype=float)[faces]
            for meshes in both
            for vertices, faces in meshes.values()
        ]
    )
    return corners, middles_of(corners)


def _telling(body_name: str, zone_id: str) -> tuple[Any, NDArray[np.bool_]]:
    """Return the place that tells most before bones are thought of, and the zone."""
    body, zone, fields = load_body(body_name), get_zone(zone_id), body_fields(body_name)
    side = "left" if zone.side == "paired" else zone.side
    mask = vertex_mask(body_name, zone_id)
    if zone.kind == "structure":
        chance = _chances(fields, zone_id)
        most = float(chance[mask].max(initial=0.0))
        # the check names it where at least so many have it
        mask = mask & (chance >= max(LIKELY * most, min(OVER_CHANCE, most)))
    depths = [d for d in zone.depth if d.at is not None]
    depths.sort(key=lambda d: (d.basis != "measured", d.earliest_mm))
    spots: list[Any] = [depth.at for depth in depths]
    for spot in spots:
        try:
            if isinstance(spot, Offset):
                point = place(body, spot.as_dict(), side)
            else:
                named = {"point": spot.point, "side": side}
                point = resolve_site(body, named).point
        except NeedlemapError:
            continue
        if mask[int(body.skin.tree.query(point.xyz)[1])]:
            return np.asarray(point.xyz, dtype=float), mask
    where = np.flatnonzero(mask)
    if not len(where):
        raise DataError(f"zone {zone_id!r} covers no skin of the {body_name} body.")
    if zone.side in ("paired", "left"):
        left = where[body.skin.vertices[where, 0] >= 0]
        where = left if len(left) else where
    if zone.kind == "structure":
        depth = fields.depth_field(zone_id)[where]
        where = where[depth <= np.nanmin(depth) + 1e-6]
    spot_xyz = body.skin.vertices[where]
    middle = np.linalg.norm(spot_xyz - spot_xyz.mean(axis=0), axis=1).argmin()
    return np.asarray(spot_xyz[int(middle)], dtype=float), mask


def _place(xyz: Any) -> tuple[float, float, float]:
    x, y, z = (round(float(v), 1) for v in xyz)
    return (x, y, z)


@dataclass(frozen=True)
class Shot:
    """A check at the place that tells most of a zone.

    Attributes
    ----------
    answer : Assessment
        What the check says there.
    section : Section
        The cross-section.
    finding : Finding or None
        What it says of the zone itself.
    needle, patient : dict
        What was asked.
    """

    answer: Assessment
    section: Section
    finding: Finding | None
    needle: dict[str, Any]
    patient: dict[str, Any]


@cached(maxsize=256)
def telling_shot(body_name: str, zone_id: str, aspect: float) -> Shot:
    """Return check and cross-section at the place that tells most of a zone.

    The needle is perpendicular and as deep as the structure typically lies, or as its
    earliest depth where no typical depth is known.
    """
    zone = get_zone(zone_id)
    site = {"xyz_mm": list(telling_site(body_name, zone_id)), "body": body_name}
    patient = needed_facts(zone)
    first = check_site(site, {"depth_mm": 1.0}, patient)
    finding = next((f for f in first.findings if f.id == zone_id), None)
    depth = PLAIN_MM[0]
    if finding is not None and finding.earliest_mm is not None:
        depth = float(round(finding.typical_mm or finding.earliest_mm)) or 1.0
    length = max(PLAIN_MM[1], STEP_MM * np.ceil((depth + SPARE_MM) / STEP_MM))
    needle = {"depth_mm": depth, "length_mm": float(length)}
    answer = check_site(site, needle, patient)
    finding = next((f for f in answer.findings if f.id == zone_id), None)
    section = site_section(answer, needle, patient, aspect=aspect)
    return Shot(answer, section, finding, needle, patient)
