"""Areas of skin: which vertices of a body's skin a zone's pieces cover."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import DataError, NeedlemapError
from anatomy.mesh.arrays import BoolArray, FloatArray
from anatomy.names import Side, closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anatomy.body import Body
    from anatomy.charts import Chart
    from anatomy.mesh.skin import SkinPoint
    from zones.knowledge.structures.zone_files import Zone


#: Fields of a zone file's places that say where they are.
_OFFSET = (
    "between",
    "fraction",
    "tape",
    "landmark",
    "side",
    "superior_mm",
    "superior_cun",
    "anterior_mm",
    "anterior_cun",
    "lateral_mm",
    "lateral_cun",
    "chart",
    "point",
)

#: Step along a course, mm.
COURSE_STEP_MM = 2.0
#: How many side-to-side SD from a course are looked at, and what the SD is widened by
#: at most for the error of the place, mm.
SIDE_REACH_SD = 4.0
COURSE_MARGIN_MM = 12.0
#: Stretches of a course nearer than this to each other cross, mm.
LEAST_APART_MM = 3.0
#: Skin turned away from a chart's viewer by more than 30 degrees beyond its edge (the
#: sine of it) lies on the other side of the body.
FAR_SIDE = 0.5


@dataclass(frozen=True, eq=False)
class Piece:
    """What one piece of a zone's area covers on a body.

    Attributes
    ----------
    member : (V,) bool
        Vertices in the piece: of an outline, or of the band of a course that holds 95
        in 100 people.
    aside : (V,) float64 or None
        For a course: distance along the skin from its line, mm; inf far from it.
    side_sd, radius : (V,) float64 or None
        For a course: side-to-side SD and radius at the nearest place of it, mm.
    edge_sd_mm : float
        For an outline: how far people differ at its edge (SD).
    """

    member: BoolArray
    aside: FloatArray | None = None
    side_sd: FloatArray | None = None
    radius: FloatArray | None = None
    edge_sd_mm: float = 0.0


def place_reference(body: Body, reference: Any, side: Side) -> SkinPoint:
    """Return the skin point of a landmark offset or named point of a zone file.

    Parameters
    ----------
    body : Body
        The body to place it on.
    reference : model
        A landmark offset, or a named acupoint, as zone files hold them.
    side : {"left", "right", "midline"}
        Side that the zone is compiled for.

    Returns
    -------
    SkinPoint
        The place on the skin.

    Raises
    ------
    NeedlemapError
        When the body has no such landmark or the offset leaves it.
    """
    plain = {
        name: getattr(reference, name)
        for name in _OFFSET
        if getattr(reference, name, None) is not None
    }
    if "point" in plain:
        from anatomy.words.sites import resolve_site

        return resolve_site(body, plain, default_side=side).point
    from anatomy.places.grammar import place

    return place(body, plain, side)


def compile_area(body: Body, zone: Zone, side: Side) -> list[Piece]:
    """Return the pieces of a zone's area on one side of a body.

    Parameters
    ----------
    body : Body
        The body.
    zone : Zone
        A zone as loaded from its file.
    side : {"left", "right", "midline"}
        Side to compile for.

    Returns
    -------
    list of Piece
        One for each ``[[zone.area]]``; each covers at least one vertex.

    Raises
    ------
    DataError
        When a piece cannot be drawn on this body: a landmark it does not have, a
        vertex off the body, a polygon that crosses itself, an unknown chart or
        region, or a piece that covers nothing. Names the zone and the entry.
    """
    try:
        return compile_pieces(body, zone.area, side)
    except DataError as error:
        raise DataError(f"zone {zone.id!r}, {error}", field=error.field) from error


def compile_pieces(body: Body, areas: Iterable[Any], side: Side) -> list[Piece]:
    """Return the pieces of areas on one side of a body; as `compile_area`.

    Raises
    ------
    DataError
        Naming the entry.
    """
    pieces = []
    for number, area in enumerate(areas, start=1):
        entry = f"area {number} ({area.kind}) on the {body.name} body"
        try:
            piece = _PIECES[area.kind](body, area, side)
        except NeedlemapError as error:
            raise DataError(f"{entry}: {error}", field=error.field) from error
        if not piece.member.any():
            raise DataError(f"{entry} covers no skin.")
        pieces.append(piece)
    return pieces


def chart_for(body: Body, name: str, side: Side) -> Chart:
    """Return the chart that a zone file means when it is compiled for a side.

    ``"left_lateral"``, ``"right_lateral"`` and ``"lateral"`` all mean the lateral
    chart of the side that is compiled.

    Raises
    ------
    DataError
        When there is no such chart; the nearest names are offered.
    """
    tries = [name]
    if side != "midline":
        other = "left" if side == "right" else "right"
        words = name.split("_")
        own = "_".join(side if word == other else word for word in words)
        head, _, tail = name.rpartition("_")
        tries = [own, f"{side}_{name}", f"{head}_{side}_{tail}" if head else own]
    for candidate in tries:
        if candidate in body.charts:
            return body.charts[candidate]
    raise DataError(
        f"Unknown chart {name!r}.", given=name, suggestions=closest(name, body.charts)
    )


def _polygon(body: Body, area: Any, side: Side) -> Piece:
    """Cover the skin that a chart shows inside a polygon of placed vertices."""
    import shapely

    chart = chart_for(body, area.chart, side)
    points = []
    for number, vertex in enumerate(area.vertices, start=1):
        try:
            points.append(place_reference(body, vertex, side))
        except NeedlemapError as error:
            raise DataError(f"vertex {number}: {error}") from error
    corners = chart.project(np.array([point.xyz for point in points]))
    shape = shapely.Polygon(corners)
    if not shape.is_valid or shape.area <= 0:
        reason = shapely.is_valid_reason(shape)
        raise DataError(f"the polygon must not cross itself ({reason}).")
    flat = chart.project(body.skin.vertices)
    inside = shapely.intersects_xy(shape, flat[:, 0], flat[:, 1])
    member = np.asarray(inside, dtype=bool) & chart.visible_vertices
    for point in points:
        # a corner on the far side of the body, as a knuckle is for the palm, is none
        if body.skin.normal(point) @ chart.view <= FAR_SIDE:
            member[body.skin.faces[point.face]] = True
    return Piece(member, edge_sd_mm=area.edge_sd_mm)


def _course(body: Body, area: Any, side: Side) -> Piece:
    """Cover a band along the skin through the nodes of a vessel, nerve or duct."""
    points = []
    for number, node in enumerate(area.points, start=1):
        try:
            points.append(place_reference(body, node, side))
        except NeedlemapError as error:
            raise DataError(f"node {number}: {error}") from error
    corners = np.array([point.xyz for point in points])
    path, knots = skin_path(body, corners)
    _refuse_crossing(corners)
    _, faces, _, _ = body.skin.nearest_many(path)
    along = np.concatenate(
        [[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    )
    sd, radius = (np.array(values) for values in area.sides())
    most = float(np.max(radius + SIDE_REACH_SD * np.hypot(sd, COURSE_MARGIN_MM)))
    aside, nearest = near_path(body, path, faces, most)
    here = along[nearest]
    side_sd = np.interp(here, along[knots], sd)
    across = np.interp(here, along[knots], radius)
    member = aside <= across + 1.96 * side_sd
    member[body.skin.faces[faces].ravel()] = True
    return Piece(member, aside, side_sd, across)


def _refuse_crossing(corners: FloatArray) -> None:
    """Raise when a course turns back on itself, as by a node out of order.

    Two stretches of it that are no neighbours must not come nearer to each other than
    `LEAST_APART_MM` while the course between them is much longer.
    """
    ends = list(itertools.pairwise(corners))
    for i, one in enumerate(ends):
        for j in range(i + 2, len(ends)):
            between = float(
                np.linalg.norm(np.diff(corners[i + 1 : j + 1], axis=0), axis=1).sum()
            )
            if between < 3.0 * LEAST_APART_MM:
                continue
            if _apart(one, ends[j]) < LEAST_APART_MM:
                raise DataError(
                    f"the course must not cross itself: nodes {i + 1} to {i + 2} and "
                    f"{j + 1} to {j + 2} meet."
                )


def _apart(one: Any, other: Any) -> float:
    """Return the least distance of two straight stretches, by samples along both."""
    steps = np.linspace(0.0, 1.0, 25)[:, None]
    a = one[0] + steps * (one[1] - one[0])
    b = other[0] + steps * (other[1] - other[0])
    return float(np.linalg.norm(a[:, None, :] - b[None, :, :], axis=2).min())


def skin_path(body: Body, corners: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return a path on the skin through points, by halving chords onto the skin.

    Parameters
    ----------
    body : Body
        The body.
    corners : (N, 3) float64
        Points on the skin, mm, in order.

    Returns
    -------
    path : (M, 3) float64
        Points on the skin at most about 2 mm apart, the corners among them.
    knots : (N,) int
        Index of each corner in ``path``.
    """
    path = np.asarray(corners, dtype=float)
    knots = np.arange(len(path))
    for _ in range(9):
        gaps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        long = np.flatnonzero(gaps > COURSE_STEP_MM)
        if not len(long):
            break
        middles = 0.5 * (path[long] + path[long + 1])
        snapped = body.skin.nearest_many(middles)[0]
        path = np.insert(path, long + 1, snapped, axis=0)
        knots = knots + np.searchsorted(long, knots, side="left")
    return path, knots


def near_path(
    body: Body, path: FloatArray, faces: NDArray[Any], radius_mm: float
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return how far vertices lie from a path on the same face of the body.

    Parameters
    ----------
    body : Body
        The body.
    path : (M, 3) float64
        Places on the skin.
    faces : (M,) int
        The face of the skin that each lies on.
    radius_mm : float
        Farther than this (and 12 mm more) is inf.

    Returns
    -------
    aside : (V,) float64
        Distance to the path, mm; inf where it is farther or on another face.
    nearest : (V,) int
        Index of the nearest place of the path; 0 where there is none.
    """
    from scipy.spatial import cKDTree

    skin, most = body.skin, radius_mm + 12.0
    low, high = path.min(axis=0) - most, path.max(axis=0) + most
    inside = ((skin.vertices >= low) & (skin.vertices <= high)).all(axis=1)
    distance = np.full(len(skin.vertices), np.inf)
    nearest = np.zeros(len(skin.vertices), dtype=np.intp)
    near = np.flatnonzero(inside)
    distance[near], nearest[near] = cKDTree(path).query(
        skin.vertices[near], distance_upper_bound=most
    )
    nearest[~np.isfinite(distance)] = 0
    normals = skin.vertex_normals[skin.faces[faces, 0]]
    facing = np.einsum("ij,ij->i", skin.vertex_normals, normals[nearest]) >= 0.0
    return np.where(facing, distance, np.inf), nearest


def _disc(body: Body, area: Any, side: Side) -> Piece:
    """Cover the skin within a radius of a place, on the same face of the body."""
    point = place_reference(body, area.at, side)
    member = disc_members(body, point, area.radius_mm)
    return Piece(member, edge_sd_mm=area.edge_sd_mm)


def disc_members(body: Body, point: SkinPoint, radius_mm: float) -> BoolArray:
    """Return the vertices within a radius of a skin point, (V,) bool.

    Only skin that faces the same way within 90 degrees counts, so that a disc on the
    back of a hand does not reach through to the palm.
    """
    skin = body.skin
    member = np.zeros(len(skin.vertices), dtype=bool)
    member[ball(body, point, radius_mm)] = True
    return member


def ball(body: Body, point: SkinPoint, radius_mm: float) -> NDArray[np.intp]:
    """Return the vertices of a disc and of the face in its middle, (K,) int."""
    skin = body.skin
    found = np.asarray(skin.tree.query_ball_point(point.xyz, radius_mm), dtype=np.intp)
    if len(found):
        found = found[skin.vertex_normals[found] @ skin.normal(point) >= 0.0]
    return np.union1d(found, skin.faces[point.face]).astype(np.intp)


def _region(body: Body, area: Any, side: Side) -> Piece:
    """Cover a named region of skin, on the side that is compiled."""
    if area.region not in body.region_names:
        raise DataError(
            f"Unknown region {area.region!r}.",
            given=area.region,
            suggestions=closest(area.region, body.region_names),
        )
    label = body.region_names.index(area.region)
    member = (body.region_labels == label) & _half(body, side)
    return Piece(member, edge_sd_mm=area.edge_sd_mm)


def _half(body: Body, side: Side) -> BoolArray:
    """Return the vertices on one side of the body, the midline included."""
    x = body.skin.vertices[:, 0]
    if side == "midline":
        return np.ones(len(x), dtype=bool)
    return np.asarray(x >= -1.0 if side == "left" else x <= 1.0, dtype=bool)


_PIECES = {"polygon": _polygon, "course": _course, "disc": _disc, "region": _region}
