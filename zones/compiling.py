"""Compiling zones: from areas and depth points to a depth at each vertex of a skin.

For each vertex of a zone's area the earliest depth is interpolated from the depth
points beside it (inverse distance squared, along the skin), held down by each point's
own figure plus a fifth of the distance to it, and then lowered to the least within the
placement tolerance, so that a needle set down a little beside its mark is covered.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError, NeedlemapError
from zones.areas import Piece, compile_area, place_reference

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.names import Side
    from zones.zonefile import Zone

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: How much deeper than a depth point its neighbourhood may be, mm per mm of skin.
SLOPE = 0.2


@dataclass(frozen=True, eq=False)
class ZoneField:
    """One zone compiled on its own side of a body, as sparse arrays.

    Attributes
    ----------
    member : (M,) int32
        Vertices of the area.
    reach : (K,) int32
        Vertices from which the area lies within the placement tolerance.
    earliest, typical, sd : (K,) float32
        Figures at ``reach``, mm; all NaN for a zone without depth.
    lead : (K,) int16
        Depth entry that decides at ``reach``, -1 for none.
    """

    member: NDArray[np.int32]
    reach: NDArray[np.int32]
    earliest: NDArray[np.float32]
    typical: NDArray[np.float32]
    sd: NDArray[np.float32]
    lead: NDArray[np.int16]


def compile_zone(body: Body, zone: Zone) -> ZoneField:
    """Compile one zone on a body.

    Parameters
    ----------
    body : Body
        The body.
    zone : Zone
        The zone as loaded from its file.

    Returns
    -------
    ZoneField
        A paired zone on the right side; a midline zone on both halves; others on
        their own side.

    Raises
    ------
    DataError
        When the area or a depth point can not be placed on this body.
    """
    side: Side = "left" if zone.side == "left" else "right"
    pieces = compile_area(body, zone, side)
    mirror = body.skin.mirror
    member = np.logical_or.reduce([piece.member for piece in pieces])
    own_half = member
    if zone.side == "midline":
        member = member | member[mirror]
    if zone.kind == "exclusion":
        covered = np.flatnonzero(member).astype(np.int32)
        blank = np.zeros(0, dtype=np.float32)
        none = np.zeros(0, dtype=np.int16)
        return ZoneField(covered, covered[:0], blank, blank, blank, none)
    early, typical, sd, lead = _depths(body, zone, side, pieces)
    if zone.side == "midline":
        use = member & ~own_half
        early = np.where(use, early[mirror], early)
        typical = np.where(use, typical[mirror], typical)
        sd = np.where(use, sd[mirror], sd)
        lead = np.where(use, lead[mirror], lead)
    index = np.flatnonzero(member)
    if not np.isfinite(early[index]).all():
        raise DataError(f"zone {zone.id!r} has no depth over part of its area.")
    reach, source = _spread(body, index, early[index], float(zone.placement_mm))
    # just outside the area the depth points beside it still hold the depth down
    source = np.where(early[reach] < early[source], reach, source)
    return ZoneField(
        index.astype(np.int32),
        reach.astype(np.int32),
        early[source].astype(np.float32),
        typical[source].astype(np.float32),
        sd[source].astype(np.float32),
        lead[source].astype(np.int16),
    )


def _depths(
    body: Body, zone: Zone, side: Side, pieces: list[Piece]
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Return earliest, typical, sd and deciding entry at each vertex, (V,)."""
    count = len(body.skin.vertices)
    early = np.full(count, np.inf)
    typical = np.full(count, np.nan)
    sd = np.full(count, np.nan)
    lead = np.full(count, -1, dtype=np.intp)
    placed = []
    for number, depth in enumerate(zone.depth, start=1):
        if depth.at is None:
            continue
        try:
            point = place_reference(body, depth.at, side)
        except NeedlemapError as error:
            raise DataError(
                f"zone {zone.id!r}, depth {number} on the {body.name} body: {error}"
            ) from error
        placed.append((number - 1, depth, point))
    if placed:
        away = _skin_distance(body, [point for _, _, point in placed])
        rows = [depth for _, depth, _ in placed]
        numbers = np.array([number for number, _, _ in placed])
        early = _inverse_distance(away, [d.earliest_mm for d in rows])
        cap = np.array([d.earliest_mm for d in rows])[:, None] + SLOPE * away
        held = cap.min(axis=0) < early
        early = np.minimum(early, cap.min(axis=0))
        lead = numbers[np.where(held, cap.argmin(axis=0), away.argmin(axis=0))]
        typical = _inverse_distance(away, [d.typical_mm for d in rows])
        sd = _inverse_distance(away, [d.sd_mm for d in rows])
    anywhere = [(i, d) for i, d in enumerate(zone.depth) if d.at is None]
    for number, depth in sorted(anywhere, key=lambda item: -item[1].earliest_mm):
        less = depth.earliest_mm < early
        early = np.where(less, depth.earliest_mm, early)
        lead[less] = number
        for values, figure in ((typical, depth.typical_mm), (sd, depth.sd_mm)):
            if figure is not None:
                values[less] = figure
            elif not placed:
                values[less] = np.nan
    for piece in pieces:
        if piece.earliest is None:
            continue
        known = piece.member & np.isfinite(piece.earliest)
        less = known & (piece.earliest < early)
        early[less] = piece.earliest[less]
        lead[less] = -1
        if piece.typical is not None:
            typical[less] = piece.typical[less]
            sd[less] = np.nan
    return early, typical, sd, lead


def _skin_distance(body: Body, points: list[Any]) -> FloatArray:
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
        along = np.where(np.isfinite(steps), steps / 1.08, 10.0 * straight)
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


def _inverse_distance(away: FloatArray, figures: list[float | None]) -> FloatArray:
    """Interpolate figures by inverse distance squared, (V,); NaN when none is known."""
    known = [i for i, figure in enumerate(figures) if figure is not None]
    if not known:
        return np.full(away.shape[1], np.nan)
    values = np.array([figures[i] for i in known], dtype=float)
    weight = 1.0 / np.maximum(away[known], 1e-3) ** 2
    return np.asarray((values[:, None] * weight).sum(axis=0) / weight.sum(axis=0))


def _spread(
    body: Body, index: IntArray, early: FloatArray, radius_mm: float
) -> tuple[IntArray, IntArray]:
    """Return the vertices within reach of an area and the least place within reach.

    Parameters
    ----------
    body : Body
        The body.
    index : (M,) int
        Vertices of the area.
    early : (M,) float64
        Depth at each.
    radius_mm : float
        Placement tolerance; only skin facing the same way within 90 degrees counts.

    Returns
    -------
    reach : (K,) int
        Vertices within the radius of the area, the area included.
    source : (K,) int
        For each, the vertex of the area with the least depth within the radius.
    """
    from scipy.spatial import cKDTree

    skin = body.skin
    tree = cKDTree(skin.vertices[index])
    near = np.flatnonzero(
        tree.query(skin.vertices, distance_upper_bound=radius_mm + 1e-9)[0] < np.inf
    )
    pairs = cKDTree(skin.vertices[near]).sparse_distance_matrix(
        tree, radius_mm + 1e-9, output_type="ndarray"
    )
    here, there = near[pairs["i"]], pairs["j"].astype(np.intp)
    facing = (
        np.einsum(
            "ij,ij->i", skin.vertex_normals[here], skin.vertex_normals[index[there]]
        )
        >= 0.0
    ) | (here == index[there])
    here, there = here[facing], there[facing]
    order = np.lexsort((index[there], early[there], here))
    here, there = here[order], there[order]
    first = np.concatenate([[True], here[1:] != here[:-1]])
    return here[first], index[there[first]]


def compile_body(body: Body, zones: tuple[Zone, ...]) -> list[ZoneField]:
    """Compile every zone on a body; raises DataError for the first that can not be."""
    return [compile_zone(body, zone) for zone in zones]
