"""Sites and needles of a table: places on a body for many rows at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import BoolArray, FloatArray, IntArray
from anatomy.mesh.skin import SkinPoint
from anatomy.names import unknown
from anatomy.places.grammar import MIDLINE_MM
from anatomy.words.sites import FURTHEST_MM, OFF_SKIN_MM, Placement, resolve_site
from zones.contract.direction import direction_vector
from zones.contract.needle import parse_needle
from zones.contract.sites import parse_site
from zones.risk.cells import grouped
from zones.table.charts import chart_faces
from zones.table.columns import BETWEEN, XYZ, Columns
from zones.table.needles import Needles, figures_of
from zones.table.patients import BODIES

if TYPE_CHECKING:
    from anatomy.body import Body
    from anatomy.mesh.skin import SkinSurface


SIDES = ("midline", "left", "right")


@dataclass(eq=False)
class Spots:
    """Places of a table's rows on one body, N rows.

    Attributes
    ----------
    face : (N,) int
        Face of the skin; -1 where the row has no place on this body.
    bary : (N, 3) float64
        Place in the face.
    lead : (N,) int
        Corner of the face that has the greatest share: 0, 1 or 2.
    skin : SkinSurface
        The skin.
    side, region : (N,) int
        Place in `SIDES`, and in ``body.region_names``.
    area : (N,) int
        Place in ``areas`` of a named site's search area; -1 for none.
    areas : list of (K,) int
        Vertices of search areas.
    spread_mm : (N,) float64
        Radius of the search area.
    muscle : (N,) int
        Place in ``muscles`` of the muscle that a site was named by; -1 for none.
    muscles : list of str
        Names of muscles.
    errors : mapping of int to str
        Why a row has no place, by row.
    """

    face: IntArray
    bary: FloatArray
    lead: IntArray
    skin: SkinSurface
    side: IntArray
    region: IntArray
    area: IntArray
    areas: list[IntArray]
    spread_mm: FloatArray
    muscle: IntArray
    muscles: list[str]
    errors: dict[int, str]

    def xyz(self, rows: IntArray) -> FloatArray:
        """Return the places of some rows in the frame, (M, 3) mm."""
        corner = self.skin.vertices[self.skin.faces[self.face[rows]]]
        return np.asarray(np.einsum("ij,ijk->ik", self.bary[rows], corner))


def site_at(columns: Columns, row: int) -> dict[str, Any]:
    """Return one row's site in the form of the contract."""
    plain = {name: c.at(row) for name, c in columns.items()}
    given = {name: v for name, v in plain.items() if v is not None}
    place = [given.pop(name, None) for name in XYZ]
    if any(v is not None for v in place):
        given["xyz_mm"] = place
    pair = [given.pop(name, None) for name in BETWEEN]
    if any(v is not None for v in pair):
        given["between"] = pair
    return given


@dataclass(eq=False)
class Sites:
    """The sites of a table before they are placed on a body.

    Attributes
    ----------
    on_chart, in_space : (N,) bool
        Rows given by plain numbers: on a chart, in the frame.
    xy, xyz : (N, 2), (N, 3) float64
        Those numbers, mm.
    chart : list of str
        Names of the charts given, and
    chart_of : (N,) int
        which of them; -1 for none.
    named : list
        All other sites, each once, and
    named_of : (N,) int
        which of them; -1 for none.
    body : (N,) int
        Place in `BODIES` of the body asked for; -1 for none.
    errors : mapping of int to str
        Sites that cannot be, by row.
    """

    on_chart: BoolArray
    in_space: BoolArray
    xy: FloatArray
    xyz: FloatArray
    chart: list[str]
    chart_of: IntArray
    named: list[dict[str, Any]]
    named_of: IntArray
    body: IntArray
    errors: dict[int, str]


def sites_of(columns: Columns, count: int) -> Sites:
    """Return the sites of a table; rows that cannot be are named, not raised.

    Parameters
    ----------
    columns : mapping of str to Column
        Site columns by name.
    count : int
        Rows.
    """
    given = {name: c.given for name, c in columns.items()}
    none = np.zeros(count, dtype=bool)
    xy, flat = _figures(columns, ("x_mm", "y_mm"), count)
    xyz, solid = _figures(columns, XYZ, count)
    body = np.full(count, -1, dtype=np.intp)
    known = np.ones(count, dtype=bool)
    if "body" in columns:
        column = columns["body"]
        first, which = grouped([column.codes], count)
        names = [column.at(int(row)) for row in first]
        known = np.array([n is None or n in BODIES for n in names], dtype=bool)[which]
        code = [BODIES.index(n) if n in BODIES else -1 for n in names]
        body = np.array(code, dtype=np.intp)[which]

    def only(*names: str) -> BoolArray:
        """Rows with all of these columns and no others."""
        fits = known.copy()
        for name in columns:
            if name != "body":
                fits &= given[name] == (name in names)
        return fits if set(names) <= columns.keys() else none

    on_chart = only("chart", "x_mm", "y_mm") & flat
    in_space = only(*XYZ) & solid
    charts: list[str] = []
    chart_of = np.full(count, -1, dtype=np.intp)
    if on_chart.any():
        rows = np.flatnonzero(on_chart)
        first, which = grouped([columns["chart"].codes[rows]], len(rows))
        charts = [columns["chart"].at(int(rows[f])) for f in first]
        chart_of[rows] = which
    rest = np.flatnonzero(~on_chart & ~in_space)
    named_of = np.full(count, -1, dtype=np.intp)
    parts = []
    if len(rest):
        told = [c for n, c in columns.items() if n != "body" or not known.all()]
        parts = [column.codes[rest] for column in told]
    first, which = grouped(parts, len(rest))
    sites = Sites(on_chart, in_space, xy, xyz, charts, chart_of, [], named_of, body, {})
    number = np.full(len(first), -1, dtype=np.intp)
    for group, at in enumerate(first.tolist()):
        plain = site_at(columns, int(rest[at]))
        try:
            parsed = parse_site(plain)
        except NeedlemapError as error:
            bad = rest[which == group].tolist()
            sites.errors.update(dict.fromkeys(bad, str(error)))
            continue
        number[group] = len(sites.named)
        sites.named.append(parsed.model_dump(exclude_none=True, exclude={"body"}))
    named_of[rest] = number[which] if len(rest) else -1
    return sites


def _figures(
    columns: Columns, names: tuple[str, ...], count: int
) -> tuple[FloatArray, BoolArray]:
    """Return columns of a place side by side, and where all may be a place's, (N,)."""
    if not columns.keys() & set(names):
        none = np.broadcast_to(np.nan, (count, len(names)))
        return none, np.broadcast_to(np.False_, count)
    parts = [figures_of(columns, name, count) for name in names]
    fits = np.ones(count, dtype=bool)
    for part in parts:
        fits &= np.abs(part) <= FURTHEST_MM  # what is not a number is not either
    return np.stack(parts, axis=1), fits


def place_sites(body: Body, sites: Sites, rows: IntArray) -> Spots:
    """Return where rows of a table lie on a body.

    Parameters
    ----------
    body : Body
        The body.
    sites : Sites
        The sites of the whole table.
    rows : (M,) int
        Rows that mean this body.

    Returns
    -------
    Spots
        M rows, in the order of ``rows``; the keys of ``errors`` count in it too.
    """
    count = len(rows)
    spots = Spots(
        face=np.full(count, -1, dtype=np.intp),
        bary=np.zeros((count, 3)),
        lead=np.zeros(count, dtype=np.intp),
        skin=body.skin,
        side=np.zeros(count, dtype=np.intp),
        region=np.zeros(count, dtype=np.intp),
        area=np.full(count, -1, dtype=np.intp),
        areas=[],
        spread_mm=np.zeros(count),
        muscle=np.full(count, -1, dtype=np.intp),
        muscles=[],
        errors={},
    )
    _place_in_space(body, sites, rows, spots)
    for number, name in enumerate(sites.chart):
        mine = np.flatnonzero(sites.chart_of[rows] == number)
        _place_on_chart(body, name, sites.xy[rows[mine]], mine, spots)
    used = np.zeros(0, dtype=np.intp)
    if sites.named:
        used, which = np.unique(sites.named_of[rows], return_inverse=True)
    for number, name_ in enumerate(used.tolist()):
        if name_ >= 0:
            mine = np.flatnonzero(which == number)
            _place_named(body, sites.named[name_], mine, spots)
    good = spots.face >= 0
    at: Any = slice(None) if good.all() else np.flatnonzero(good)
    corner = body.skin.faces.take(spots.face[at], axis=0)
    one, two, three = spots.bary[at].T
    lead = (two > one).astype(np.intp)
    lead[three > np.maximum(one, two)] = 2
    vertex = np.where(
        lead == 2, corner[:, 2], np.where(lead, corner[:, 1], corner[:, 0])
    )
    across = body.skin.vertices[:, 0]
    x = one * across[corner[:, 0]]
    x += two * across[corner[:, 1]]
    x += three * across[corner[:, 2]]
    spots.lead[at], spots.region[at] = lead, body.region_labels[vertex]
    spots.side[at] = np.where(np.abs(x) <= MIDLINE_MM, 0, np.where(x > 0, 1, 2))
    return spots


def _place_in_space(body: Body, sites: Sites, rows: IntArray, spots: Spots) -> None:
    """Place the sites given in the frame."""
    mine = np.flatnonzero(sites.in_space[rows])
    if not len(mine):
        return
    places = sites.xyz[rows[mine]]
    _, face, bary, away = body.skin.nearest_many(places)
    on = away <= OFF_SKIN_MM
    spots.face[mine[on]], spots.bary[mine[on]] = face[on], bary[on]
    for row, gap, place in zip(mine[~on], away[~on], places[~on], strict=True):
        del place
        spots.errors[int(row)] = (
            f"site.xyz_mm must be within {OFF_SKIN_MM:g} mm of the skin; it is "
            f"{gap:.0f} mm off."
        )


def _place_on_chart(
    body: Body, name: str, xy: FloatArray, mine: IntArray, spots: Spots
) -> None:
    """Place the sites given on one chart."""
    chart = body.charts.get(name)
    if chart is None:
        text = str(unknown("chart", name, body.charts, field="site.chart"))
        spots.errors.update(dict.fromkeys(mine.tolist(), text))
        return
    face, bary = chart_faces(chart).at(xy)
    spots.face[mine], spots.bary[mine] = face, bary
    for i in np.flatnonzero(face < 0).tolist():
        try:
            chart.to_skin(float(xy[i, 0]), float(xy[i, 1]))
        except NeedlemapError as error:
            spots.errors[int(mine[i])] = str(error)


def _place_named(
    body: Body, site: dict[str, Any], mine: IntArray, spots: Spots
) -> None:
    """Place all rows of one named site."""
    try:
        placed = resolve_site(body, site)
    except NeedlemapError as error:
        spots.errors.update(dict.fromkeys(mine.tolist(), str(error)))
        return
    spots.face[mine], spots.bary[mine] = placed.point.face, placed.point.bary
    spots.spread_mm[mine] = placed.spread_mm
    if placed.form == "muscle":
        spots.muscle[mine] = len(spots.muscles)
        spots.muscles.append(str(placed.name))
    if placed.spread_mm > 0:
        spots.area[mine] = len(spots.areas)
        spots.areas.append(_search_area(body, placed))


def _search_area(body: Body, placed: Placement) -> IntArray:
    """Return the vertices of a named site's search area."""
    from zones.check.entry import Entry
    from zones.fields.loading import body_fields

    fields = body_fields(body.name)
    return Entry(fields, placed.point, placed.side, float(placed.spread_mm)).area


def directions(
    body: Body, spots: Spots, needles: Needles, rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the needles' unit vectors into a body and their tilts.

    Parameters
    ----------
    body : Body
        The body.
    spots : Spots
        Places of the rows on it, M rows.
    needles : Needles
        Those of the whole table.
    rows : (M,) int
        Rows that mean this body.

    Returns
    -------
    direction : (M, 3) float64
        Of shape (M, 0) when no needle has to be followed as a line.
    tilt_deg : (M,) float64
        As `zones.contract.direction.direction_vector`. Rows whose direction has no
        meaning get an entry in ``spots.errors``.
    """
    wanted = np.nan_to_num(needles.tilt_deg[rows])
    vector = needles.vector[rows] if needles.has_vector else np.empty((0, 3))
    leant = needles.has_vector or bool((wanted > 0).any())
    if not leant:
        return np.empty((len(rows), 0)), np.zeros(len(rows))
    skin = body.skin
    face = np.maximum(spots.face, 0)
    mixed = np.einsum("ij,ijk->ik", spots.bary, skin.vertex_normals[skin.faces[face]])
    length = np.linalg.norm(mixed, axis=1)
    flat = length < 1e-6
    inward = -np.where(
        flat[:, None],
        skin.face_normals[face],
        mixed / np.maximum(length, 1e-9)[:, None],
    )
    direction, tilt = inward.copy(), np.zeros(len(rows))
    lean = needles.toward[rows]
    bad = np.zeros(len(rows), dtype=bool)
    for number, name in enumerate(needles.names):
        mine = np.flatnonzero((lean == number) & (wanted > 0) & (spots.face >= 0))
        if len(mine):
            way, lost = _toward(body, spots, name, mine)
            way -= np.einsum("ij,ij->i", way, inward[mine])[:, None] * inward[mine]
            size = np.linalg.norm(way, axis=1)
            lost |= size < 0.1
            bad[mine] = lost
            angle = np.radians(wanted[mine])
            way /= np.maximum(size, 1e-9)[:, None]
            direction[mine] = (
                inward[mine] * np.cos(angle)[:, None] + way * np.sin(angle)[:, None]
            )
            tilt[mine] = wanted[mine]
    if needles.has_vector:
        mine = np.flatnonzero(~np.isnan(vector).any(axis=1) & (spots.face >= 0))
        unit = vector[mine] / np.linalg.norm(vector[mine], axis=1)[:, None]
        cosine = np.einsum("ij,ij->i", unit, inward[mine])
        direction[mine] = unit
        tilt[mine] = np.degrees(np.arccos(np.clip(cosine, 0.0, 1.0)))
        bad[mine] |= cosine < -0.02
    for row in np.flatnonzero(bad).tolist():
        try:
            _single_direction(body, spots, needles, row, int(rows[row]))
        except NeedlemapError as error:
            spots.errors[row] = str(error)
            spots.face[row] = -1
    return direction, tilt


def _toward(
    body: Body, spots: Spots, name: str, mine: IntArray
) -> tuple[FloatArray, BoolArray]:
    """Return named directions as unit vectors, and where they have no meaning."""
    way = np.zeros((len(mine), 3))
    lost = np.zeros(len(mine), dtype=bool)
    if name in ("anterior", "posterior"):
        way[:, 1] = -1.0 if name == "anterior" else 1.0
    elif name in ("medial", "lateral"):
        side = spots.side[mine]
        lost = side == SIDES.index("midline")
        outward = np.where(side == SIDES.index("left"), 1.0, -1.0)
        way[:, 0] = outward if name == "lateral" else -outward
    else:
        corner = body.skin.faces[spots.face[mine]]
        lead = corner[np.arange(len(mine)), spots.lead[mine]]
        axes = np.tile([0.0, 0.0, 1.0], (len(body.segment_names), 1))
        for number, part in enumerate(body.segment_names):
            if part in body.segments and part not in ("trunk", "head", "neck"):
                axes[number] = body.segments[part].axis
        way = axes[body.segment_labels[lead]]
        if name not in ("cranial", "proximal"):
            way = -way
    return way, lost


def _single_direction(
    body: Body, spots: Spots, needles: Needles, at: int, row: int
) -> None:
    """Raise what the check of one site says of a direction."""
    plan: dict[str, Any] = {"vector": needles.vector[row].tolist()}
    if math.isnan(needles.vector[row, 0]):
        name = needles.names[needles.toward[row]]
        plan = {"tilt_deg": float(needles.tilt_deg[row]), "toward": name}
    xyz = spots.xyz(np.array([at]))[0]
    point = SkinPoint(xyz, int(spots.face[at]), spots.bary[at])
    side: Any = SIDES[spots.side[at]]
    direction_vector(body, point, parse_needle({"direction": plan}), side=side)
