"""Compiling zones: from areas and anchors to a distribution at each vertex of a skin.

At each vertex a structure has a chance to lie under it at all (soft edges: people
differ, and a needle is set a little beside its mark) and a lognormal depth,
interpolated between the anchors along the skin with a spread that grows away from them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from anatomy.errors import DataError, NeedlemapError
from anatomy.mesh.arrays import FloatArray, IntArray
from anatomy.store import cached, reading
from zones.fields.areas import SIDE_REACH_SD, Piece, compile_area, place_reference
from zones.fields.bones_in_people import Deeper, deeper_under
from zones.fields.rays import Rays, cast

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.knowledge.structures.zone_files import Zone


FILE = "pooling.toml"
#: Paths along the edges of the mesh are so much longer than along the skin.
MESH_EXCESS = 1.08
#: Usual length of an edge of the mesh, mm: an outline runs between two vertices.
EDGE_STEP_MM = 5.0
#: Share of the variance between places by which an anchor's own figure may be off: two
#: anchors at one place then do not contradict.
NUGGET = 0.05
#: SD of the logarithm by which bone and a structure are told apart in depth.
BONE_ORDER_SD = 0.1
#: Chance under which a structure is not looked at, by the severity of its harm: far out
#: in the tail of its edge no figure can be relied on.
LEAST_CHANCE = {
    "catastrophic": 3e-5,
    "critical": 3e-5,
    "serious": 1e-3,
    "moderate": 1e-2,
    "minor": 1e-2,
}


@dataclass(frozen=True)
class Carrying:
    """How depths are carried to places beside those measured, and how needles are set.

    Attributes
    ----------
    placement_sd_mm : float
        Error of setting a needle, SD on each axis, mm.
    placing_mm : mapping of str to float
        The same in regions of skin where it is another.
    correlation_mm : float
        Depths a distance d apart are correlated by exp(-d / this).
    share_unknown_from : float
        Chance to meet a structure of unknown depth from which it warns.
    deeper : tuple of Deeper
        How much deeper bones lie in people than in the reference bodies.
    """

    placement_sd_mm: float
    placing_mm: Mapping[str, float]
    correlation_mm: float
    share_unknown_from: float
    deeper: tuple[Deeper, ...]


@cached
def carrying() -> Carrying:
    """Return the figures of ``data/pooling.toml`` (read once).

    Raises
    ------
    DataError
        When the file does not hold them.
    """
    with reading(FILE) as data:
        placing_mm = {
            region: float(entry["sd_mm"])
            for entry in data["placing"]
            for region in entry["regions"]
        }
        return Carrying(
            placement_sd_mm=float(data["placement_sd_mm"]),
            placing_mm=MappingProxyType(placing_mm),
            correlation_mm=float(data["correlation_mm"]),
            share_unknown_from=float(data["share_unknown_from"]),
            deeper=tuple(map(Deeper.model_validate, data["bone"])),
        )


@dataclass(frozen=True, eq=False)
class ZoneField:
    """One zone compiled on its own side of a body, as sparse arrays.

    Attributes
    ----------
    member : (M,) int32
        Vertices of the area.
    reach : (K,) int32
        Vertices under which a needle may meet it with a chance that counts.
    chance : (K,) float32
        Chance that it lies under ``reach`` at any depth.
    mu, sigma : (K,) float32
        Mean and SD of the logarithm of its depth in mm, for a new person; NaN where the
        depth is unknown.
    thick_mm : (K,) float32
        Thickness of a vessel, nerve or duct; inf for what fills the body behind it.
    clear, clear_moved : (K,) float32
        Share of needles that miss all bones in front, with the arm at the side and in a
        position that takes the bones that move with it away.
    through, through_moved : (K,) float32
        Share that meets bone in front and finds a gap in it.
    lead : (K,) int16
        Depth entry that decides at ``reach``, -1 for none.
    """

    member: NDArray[np.int32]
    reach: NDArray[np.int32]
    chance: NDArray[np.float32]
    mu: NDArray[np.float32]
    sigma: NDArray[np.float32]
    thick_mm: NDArray[np.float32]
    clear: NDArray[np.float32]
    through: NDArray[np.float32]
    clear_moved: NDArray[np.float32]
    through_moved: NDArray[np.float32]
    lead: NDArray[np.int16]


@cached(maxsize=2)
def placing(body: Body) -> FloatArray:
    """Return the error of setting a needle at each vertex of a skin, (V,) SD in mm."""
    rule = carrying()
    unknown = rule.placing_mm.keys() - set(body.region_names)
    if unknown:
        raise DataError(f"{FILE}: no region is named {sorted(unknown)[0]!r}.")
    each = [rule.placing_mm.get(n, rule.placement_sd_mm) for n in body.region_names]
    return np.array(each)[body.region_labels]


#: How bones bear on needles toward a structure, and all figures of a zone's field.
PAST = ("clear", "through", "clear_moved", "through_moved")
FIGURES = ("chance", "mu", "sigma", "thick_mm", *PAST)


def compile_zone(body: Body, zone: Zone, rays: Rays) -> ZoneField:
    """Compile one zone on a body.

    Parameters
    ----------
    body : Body
        The body.
    zone : Zone
        The zone as loaded from its file.
    rays : Rays
        What rays from every vertex meet of the bones.

    Returns
    -------
    ZoneField
        A paired zone on the right side; a midline zone on both halves; others on
        their own side.

    Raises
    ------
    DataError
        When the area or a depth point cannot be placed on this body.
    """
    side: Side = "left" if zone.side == "left" else "right"
    pieces = compile_area(body, zone, side)
    mirror = body.skin.mirror
    member = np.logical_or.reduce([piece.member for piece in pieces])
    both = zone.side == "midline"
    if both:
        member = member | member[mirror]
    if zone.kind == "exclusion":
        covered = np.flatnonzero(member).astype(np.int32)
        blank = np.zeros(0, dtype=np.float32)
        none = np.zeros(0, dtype=np.int16)
        return ZoneField(
            member=covered,
            reach=covered[:0],
            lead=none,
            **dict.fromkeys(FIGURES, blank),
        )
    margin = placing(body)
    chance, thick = _chance(body, pieces, margin, midline=both)
    exact = _chance(body, pieces, 0.0 * margin, midline=both)[0]
    people = np.maximum(exact, 1e-9 * chance)
    mu, sigma, lead = _depths(body, zone, side)
    if both:
        # the other half of the body is the image of the half that was authored
        use = chance[mirror] > chance
        # and the left half that of the right, so that both are the same to the digit
        left = body.skin.vertices[:, 0] > 0.0
        use = np.where(left, ~use[mirror], use)
        chance, people, thick, mu, sigma, lead = (
            np.where(use, values[mirror], values)
            for values in (chance, people, thick, mu, sigma, lead)
        )
    reach = np.flatnonzero(chance >= LEAST_CHANCE[zone.severity or "critical"])
    if not len(reach):
        raise DataError(f"zone {zone.id!r} is never met on the {body.name} body.")
    if not zone.unknown and not np.isfinite(mu[reach] + sigma[reach]).all():
        raise DataError(f"zone {zone.id!r} has no depth over part of its area.")
    past = ahead(rays, people, mu, sigma, reach, bones=zone.bones)
    if both:
        # cells of space are no images of each other: the graver half counts for both
        across = mirror[reach].astype(np.intp)
        other = ahead(rays, people, mu, sigma, across, bones=zone.bones)
        graver = [other[k] > past[k] for k in (0, 0, 2, 2)]
        past = [
            np.where(use_, two, one)
            for use_, one, two in zip(graver, past, other, strict=True)
        ]
    figures = {
        "chance": np.round(chance[reach], 5),
        "mu": np.round(mu[reach], 4),
        "sigma": np.round(sigma[reach], 4),
        "thick_mm": np.round(thick[reach], 1),
        **{name: np.round(values, 4) for name, values in zip(PAST, past, strict=True)},
    }
    # told to few digits, so that the file packs small
    return ZoneField(
        member=np.flatnonzero(member).astype(np.int32),
        reach=reach.astype(np.int32),
        lead=lead[reach].astype(np.int16),
        **{name: values.astype(np.float32) for name, values in figures.items()},
    )


def ahead(
    rays: Rays,
    people: FloatArray,
    mu: FloatArray,
    sigma: FloatArray,
    at: IntArray,
    *,
    bones: str,
) -> list[FloatArray]:
    """Return how bones in front of a structure bear on needles toward it.

    Parameters
    ----------
    rays : Rays
        What rays from every vertex meet of the bones.
    people : (V,) float64
        Chance that the structure lies under a vertex, needles set exactly there.
    mu, sigma : (V,) float64
        Mean and SD of the logarithm of its depth; NaN where unknown.
    at : (K,) int
        Vertices asked about.
    bones : {"in front", "by depth", "not counted"}
        Whether all bone on the way lies in front of it, whatever the depths say; the
        depths tell; or the area drawn is a gap between bones.

    Returns
    -------
    list of (K,) float64
        ``clear``, ``through``, ``clear_moved``, ``through_moved`` of `ZoneField`.

    Notes
    -----
    Each ray counts by the chance that it goes in over the structure: where bone leaves
    the way open the structure may not be, as beside the canal. Skin, fat and muscle lie
    in front of bone and structure alike, so only how rays differ tells which comes
    first.
    """
    weight = rays.weight[:, None] * (people[rays.start[:, at]] + 1e-12)
    weight /= weight.sum(axis=0)
    depth = rays.depth_mm[:, at].astype(float)
    met = np.isfinite(depth)
    # what lies deeper than the structure does in nearly everyone is behind it
    front = met & ~(np.log(np.where(met, depth, 1.0)) > mu[at] + 2.0 * sigma[at])
    front = front.astype(float) * (bones != "not counted")
    if bones == "by depth":
        with np.errstate(invalid="ignore"):
            later = (mu[at] - np.log(depth)) / BONE_ORDER_SD
        front = np.where(met & np.isfinite(later), ndtr(later), 0.0)
    found = []
    for stop in (rays.stop[:, at], rays.stop_fixed[:, at]):
        here = front * (stop > 0.0)
        clear = (weight * (1.0 - here)).sum(axis=0)
        gap = (weight * here * (1.0 - stop)).sum(axis=0)
        found += [clear, gap]
    return found


def _chance(
    body: Body, pieces: list[Piece], margin: FloatArray, *, midline: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the chance that a structure lies under a vertex, and its thickness, (V,).

    Of a course, that its middle runs no farther aside than its radius; where it is
    drawn at least that of a warning. ``margin`` is the error of placing, SD in mm (V,).
    """
    chance = np.zeros(len(body.skin.vertices))
    thick = np.full(len(chance), np.inf)
    outlines = [piece for piece in pieces if piece.aside is None]
    if outlines:
        chance = _soft_edge(body, outlines, margin, midline=midline)
    for piece in pieces:
        if piece.aside is None:
            continue
        sd = np.maximum(np.hypot(piece.side_sd, margin), 0.5)  # type: ignore[arg-type]
        near = np.isfinite(piece.aside)
        v, s, r = piece.aside[near], sd[near], piece.radius[near]  # type: ignore[index]
        under = ndtr((v + r) / s) - ndtr((v - r) / s)
        under = np.maximum(under, np.where(v <= r, carrying().share_unknown_from, 0.0))
        own = under > chance[near]
        chance[near] = np.where(own, under, chance[near])
        thick[near] = np.where(own, 2.0 * r, thick[near])
    return chance, thick


def _soft_edge(
    body: Body, pieces: list[Piece], margin: FloatArray, *, midline: bool
) -> FloatArray:
    """Return the chance that outlines hold each vertex, (V,): half at their edge.

    Seams between pieces are no edges. Where two pieces share an edge the SD of the
    nearer one counts.
    """
    from scipy.sparse.csgraph import dijkstra

    count = len(body.skin.vertices)
    member = np.zeros(count, dtype=bool)
    sd = np.zeros(count)
    for piece in pieces:
        inside = (
            piece.member | piece.member[body.skin.mirror] if midline else piece.member
        )
        sd[inside] = np.maximum(sd[inside], piece.edge_sd_mm)
        member |= inside
    graph = _edge_graph(body)
    reach = SIDE_REACH_SD * float(np.hypot(sd[member].max(), margin.max()))
    reach += EDGE_STEP_MM
    away = np.full(count, np.inf)
    source = np.arange(count)
    for side in (True, False):
        # from each side the nearest vertex of the other side
        rim = _rim(graph, member, side)
        if not len(rim):
            continue
        steps, _, first = dijkstra(
            graph,
            directed=False,
            indices=rim,
            min_only=True,
            limit=reach,
            return_predecessors=True,
        )
        here = member != side
        away[here] = steps[here] / MESH_EXCESS - 0.5 * EDGE_STEP_MM
        if side:
            found = here & (first >= 0)
            source[found] = first[found]
    spread = np.maximum(np.hypot(sd[source], margin), 0.5)
    return np.asarray(ndtr(np.where(member, away, -away) / spread))


def _rim(graph: Any, member: NDArray[np.bool_], side: bool) -> IntArray:
    """Return the vertices of one side that have a neighbour on the other."""
    coo = graph.tocoo()
    crossing = member[coo.row] != member[coo.col]
    ends = np.unique(np.concatenate([coo.row[crossing], coo.col[crossing]]))
    return np.asarray(ends[member[ends] == side], dtype=np.intp)


def _depths(
    body: Body, zone: Zone, side: Side
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return mean and SD of the log depth and the nearest anchor at each vertex, (V,).

    See `carried`: depths under two places of one person are the less alike the farther
    they lie apart.
    """
    count = len(body.skin.vertices)
    if zone.unknown:
        nothing = np.full(count, np.nan)
        return nothing, nothing, np.zeros(count, dtype=np.intp)
    anchors = [depth.anchor for depth in zone.depth]
    if None in anchors:
        raise DataError(f"zone {zone.id!r}: its depths have not been pooled.")
    mus = np.array([a.mu for a in anchors])  # type: ignore[union-attr]
    variances = np.array([a.sigma**2 for a in anchors])  # type: ignore[union-attr]
    if zone.depth[0].at is None:
        everywhere = np.ones(count)
        sigma = np.sqrt(variances[0]) * everywhere
        return mus[0] * everywhere, sigma, np.zeros(count, dtype=np.intp)
    points = []
    for depth in zone.depth:
        try:
            points.append(place_reference(body, depth.at, side))
        except NeedlemapError as error:
            raise DataError(
                f"zone {zone.id!r}, depth {depth.id!r} on the {body.name} body: {error}"
            ) from error
    away = skin_distance(body, points)
    corners = [body.skin.faces[point.face] for point in points]
    apart = np.stack([away[:, corner].min(axis=1) for corner in corners], axis=1)
    place = anchors[0].place  # type: ignore[union-attr]
    mu, sigma = carried(mus, variances, place, apart, away)
    return mu, sigma, away.argmin(axis=0)


def carried(
    mus: FloatArray,
    variances: FloatArray,
    place: float,
    apart: FloatArray,
    away: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the log depth at places beside anchors: its mean and SD for a new person.

    Parameters
    ----------
    mus, variances : (A,) float64
        Mean and variance of the log depth at each anchor.
    place : float
        SD of the log depth between places of one structure.
    apart : (A, A) float64
        Distance between anchors along the skin, mm.
    away : (A, V) float64
        Distance of places from the anchors along the skin, mm.

    Returns
    -------
    mu, sigma : (V,) float64
        The mean by ordinary kriging with the correlation by distance of
        ``data/pooling.toml`` (never outside the anchors' own means); the SD grows with
        the distance from the nearest anchor.
    """
    length = carrying().correlation_mm
    own = np.exp(-0.5 * (apart + apart.T) / length) + NUGGET * np.eye(len(mus))
    beside = np.exp(-away / length)
    inverse = np.linalg.inv(own)
    ones = np.ones(len(mus))
    middle = float(ones @ inverse @ mus / (ones @ inverse @ ones))
    mu = middle + (inverse @ (mus - middle)) @ beside
    mu = np.clip(mu, mus.min(), mus.max())
    weight = np.exp(-4.0 * (away - away.min(axis=0)) / length)
    weight /= weight.sum(axis=0)
    alike = beside.max(axis=0)
    return mu, np.sqrt(variances @ weight + place**2 * (1.0 - alike**2))


def skin_distance(body: Body, points: list[Any]) -> FloatArray:
    """Return the distance along the skin from points to every vertex, (P, V), mm.

    Paths follow the edges of the mesh, which run about a twentieth longer than the
    skin itself; the excess is taken off, so that a point never counts as farther
    away than it is. The vertices of a point's own face count as the point.
    """
    from scipy.sparse.csgraph import dijkstra

    skin = body.skin
    count = len(skin.vertices)
    graph = _edge_graph(body)
    distances = np.empty((len(points), count))
    for i, point in enumerate(points):
        face = skin.faces[point.face]
        steps = dijkstra(graph, directed=False, indices=face, min_only=True)
        straight = np.linalg.norm(skin.vertices - np.asarray(point.xyz), axis=1)
        along = np.where(np.isfinite(steps), steps / MESH_EXCESS, 10.0 * straight)
        distances[i] = np.maximum(along, straight)
        distances[i, face] = 0.0
    return distances


@functools.lru_cache(maxsize=2)
def _edge_graph(body: Body) -> Any:
    """Return the edges of a skin with their lengths, a sparse (V, V) matrix."""
    from scipy.sparse import coo_matrix

    skin, count = body.skin, len(body.skin.vertices)
    ends = [skin.faces[:, [0, 1]], skin.faces[:, [1, 2]], skin.faces[:, [2, 0]]]
    pairs = np.unique(np.sort(np.concatenate(ends), axis=1), axis=0)
    length = np.linalg.norm(
        skin.vertices[pairs[:, 0]] - skin.vertices[pairs[:, 1]], axis=1
    )
    matrix = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return matrix.tocsr()


def cast_rays(body: Body) -> Rays:
    """Cast the rays that tell what needles meet of a body's bones (some seconds)."""
    rule = carrying()
    deeper = deeper_under(body, rule.deeper)
    return cast(body, placing_sd_mm=rule.placement_sd_mm, deeper_mm=deeper)


def compile_body(body: Body, zones: tuple[Zone, ...], rays: Rays) -> list[ZoneField]:
    """Compile every zone on a body; raises DataError for the first that cannot be."""
    return [compile_zone(body, zone, rays) for zone in zones]
