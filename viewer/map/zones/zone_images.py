"""Zones as pictures: which zones a patient's map shows, and their shape on a chart.

A zone is an area of skin (a mark on each vertex of the body). A chart knows for each
cell of its raster which vertex it shows; the marks of those vertices, traced, are the
zone on that chart. So every chart shows the same area.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from anatomy.body import load_body
from anatomy.store import cached
from zones.contract.models import Verdict
from zones.fields.loading import body_fields
from zones.knowledge.conditions import evaluate
from zones.knowledge.structures.zone_files import Zone, load_coverage, load_zones
from zones.patients.rules import Rule, load_rules
from zones.risk.policy import in_force

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: Cells of the traced drawing in one cell of the chart's raster.
FINER = 2
#: Drawing order: what comes later lies on top.
ORDER = (Verdict.NOT_ASSESSABLE, Verdict.CAUTION, Verdict.DANGER, Verdict.STOP)
#: Groups of structures: their worst harm is catastrophic or critical, or less.
GRAVE, LESSER = "critical", "minor"
#: Group of the regions that are not mapped.
UNMAPPED = "unmapped"
#: Spreads of the smoothing, mm, the widest that keeps a piece of a zone is taken. Marks
#: stand on the vertices of the skin, 5 to 10 mm apart; that is what is smoothed away.
SMOOTH_MM = (6.0, 4.0, 2.4)
#: Share of the marks that smoothing may leave out of a piece.
LOST_SHARE = 0.1
#: Share of marks around from which a place is drawn; below a half, because a picture of
#: a danger is rather too large.
DRAWN_FROM = 0.42
#: Pieces of fewer cells, seen at the edge of the body, may be lost.
SPECK = 8
#: Smoothing of the body's own edge, cells: no steps along it.
EDGE_CELLS = 1.1


@dataclass(frozen=True)
class Shown:
    """One zone as a patient's map shows it.

    Attributes
    ----------
    key : str
        Id of the zone, or ``region:`` and the name of a region that is not mapped.
    label : str
        Structure or area in words.
    verdict : Verdict
        What it can come to at worst, which sets its outline.
    known : bool
        False when a fact that was not asked decides whether it counts; drawn as an
        empty dashed outline.
    group : str
        Layer of the map that it belongs to, from `group_of`.
    """

    key: str
    label: str
    verdict: Verdict
    known: bool = True
    group: str = "critical"


def group_of(zone: Zone) -> str:
    """Return the layer of a zone: how grave its worst harm is, or its other kind."""
    if zone.kind != "structure":
        return str(zone.kind)
    return GRAVE if zone.severity in ("catastrophic", "critical") else LESSER


def worst_of(zone: Zone) -> Verdict:
    """Return what a structure can come to at worst, by the policy in force.

    Examples
    --------
    >>> from zones.knowledge.structures.zone_files import load_zones
    >>> worst_of(next(z for z in load_zones() if z.id == "pleura")).value
    'DANGER'
    """
    if zone.severity is None or zone.unknown:
        return Verdict.CAUTION  # of unknown depth: never DANGER, never clear
    row = in_force().row(zone.severity)
    refuses = row.danger_risk is not None or row.danger_p_meet is not None
    return Verdict.DANGER if refuses else Verdict.CAUTION


def shown_zones(facts: Mapping[str, Any]) -> tuple[Shown, ...]:
    """Return the zones to draw for a patient, and the regions that are not mapped.

    Parameters
    ----------
    facts : mapping
        Known facts with all that follows from them.

    Returns
    -------
    tuple of Shown
        In drawing order. A zone that cannot count for this patient is left out.

    Examples
    --------
    >>> male = shown_zones({"sex": "male", "pregnant": False})
    >>> any(zone.key.startswith("pregnancy") for zone in male)
    False
    """
    found = [
        Shown(
            f"region:{entry.region}",
            entry.region,
            Verdict.NOT_ASSESSABLE,
            group=UNMAPPED,
        )
        for entry in load_coverage().values()
        if entry.level == "none"
    ]
    for zone in load_zones():
        truths = [evaluate(condition, facts) for condition in zone.applies_when]
        if False in truths:
            continue
        if zone.kind == "structure":
            known, group = None not in truths, group_of(zone)
            found.append(Shown(zone.id, zone.structure, worst_of(zone), known, group))
        else:
            found += _excluded(zone, facts)
    return tuple(sorted(found, key=lambda zone: ORDER.index(zone.verdict)))


def _excluded(zone: Zone, facts: Mapping[str, Any]) -> list[Shown]:
    """Return an area that rules refer to, at the worst that they say of it."""
    worst: dict[bool, list[Verdict]] = {True: [], False: []}
    for rule in _rules_of_zone().get(zone.id, ()):
        cleared = None if rule.unless is None else evaluate(rule.unless, facts)
        holds = evaluate(rule.when, facts)
        if holds is False or cleared is True:
            continue
        sure = holds is True and (rule.unless is None or cleared is False)
        worst[sure].append(rule.verdict)
    for known in (True, False):
        if worst[known]:
            group = group_of(zone)
            return [Shown(zone.id, zone.structure, max(worst[known]), known, group)]
    return []


@cached
def _rules_of_zone() -> dict[str, list[Rule]]:
    """Rules by the id of the zones they refer to."""
    found: dict[str, list[Rule]] = {}
    for rule in load_rules():
        for name in rule.where.zones:
            found.setdefault(name, []).append(rule)
    return found


def zone_groups() -> list[str]:
    """Return the groups of zones that the data have, those not mapped last.

    Examples
    --------
    >>> sorted(zone_groups())
    ['critical', 'exclusion', 'minor', 'unmapped']
    """
    return [*dict.fromkeys(group_of(zone) for zone in load_zones()), UNMAPPED]


def zone_layer(group: str) -> str:
    """Return the layer's value of a group of zones.

    Examples
    --------
    >>> zone_layer("critical")
    'zones:critical'
    """
    return f"zones:{group}"


def vertex_mask(body_name: str, key: str) -> NDArray[np.bool_]:
    """Return which skin vertices a zone or an unmapped region covers, (V,)."""
    if key.startswith("region:"):
        body = load_body(body_name)
        index = body.region_names.index(key.removeprefix("region:"))
        return np.asarray(body.region_labels == index)
    return body_fields(body_name).mask(key)


@cached(maxsize=4096)
def zone_shape(body_name: str, chart_name: str, key: str) -> BaseGeometry:
    """Return a zone as one chart shows it: polygons in the chart's mm.

    The outline is smoothed by a few millimetres; it is a picture, verdicts come from
    the marks themselves.
    """
    chart = load_body(body_name).charts[chart_name]
    cells = chart.raster_vertices()
    seen = cells >= 0
    here = np.zeros(cells.shape, dtype=bool)
    here[seen] = vertex_mask(body_name, key)[cells[seen]]
    return traced(here, seen, chart)


def traced(
    here: NDArray[np.bool_], seen: NDArray[np.bool_], chart: Chart
) -> BaseGeometry:
    """Return the outline of marked raster cells as smooth polygons.

    Parameters
    ----------
    here : (R, C) bool
        Marked cells.
    seen : (R, C) bool
        Cells that show the body; the outline does not leave them.
    chart : Chart
        Its bounds and cell size place the raster.

    Returns
    -------
    shapely geometry
        Empty when nothing is marked.
    """
    pieces, _ = ndimage.label(here, structure=np.ones((3, 3)))
    found = [
        _smoothed(pieces == number, window, seen, chart)
        for number, window in enumerate(ndimage.find_objects(pieces), start=1)
    ]
    whole = shapely.union_all([shapely.MultiPolygon(), *found])
    return whole.simplify(chart.cell_mm / FINER * 0.9)


def _smoothed(
    here: NDArray[np.bool_],
    window: tuple[slice, slice],
    seen: NDArray[np.bool_],
    chart: Chart,
) -> BaseGeometry:
    """Return one piece of a zone, smoothed as far as it bears; its rows as boxes."""
    rim = int(np.ceil(2 * SMOOTH_MM[0] / chart.cell_mm)) + 1
    rows, columns = window
    top, left = max(rows.start - rim, 0), max(columns.start - rim, 0)
    part = (slice(top, rows.stop + rim), slice(left, columns.stop + rim))
    marks, ground = (mask[part].astype(np.float32) for mask in (here, seen))
    fine_marks = here[part].repeat(FINER, axis=0).repeat(FINER, axis=1)
    fine_body = _finer(ndimage.gaussian_filter(ground, EDGE_CELLS)) > 0.5
    for spread in SMOOTH_MM:
        sigma = max(1.1, spread / chart.cell_mm)
        amount = ndimage.gaussian_filter(marks, sigma, truncate=2)
        share = ndimage.gaussian_filter(ground, sigma, truncate=2)
        smooth = amount / np.maximum(share, 1e-3)
        drawn = (_finer(smooth) > DRAWN_FROM) & fine_body
        lost = np.count_nonzero(fine_marks & ~drawn)
        if lost <= LOST_SHARE * np.count_nonzero(fine_marks):
            break
    else:
        if np.count_nonzero(marks) >= SPECK:
            drawn |= fine_marks
    x0 = chart.bounds[0] + left * chart.cell_mm
    y0 = chart.bounds[2] + top * chart.cell_mm
    step = chart.cell_mm / FINER
    return shapely.union_all(_runs(drawn, x0, y0, step))


def _finer(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a field on a raster that is finer by `FINER`."""
    finer = ndimage.zoom(field, FINER, order=1, grid_mode=True, mode="nearest")
    return np.asarray(finer)


def _runs(mask: NDArray[np.bool_], x0: float, y0: float, step: float) -> Any:
    """Return the marked runs of each row as boxes."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    return shapely.box(
        x0 + start * step, y0 + row * step, x0 + end * step, y0 + (row + 1) * step
    )


def on_chart(
    body_name: str, chart_name: str, zones: Iterable[Shown]
) -> tuple[Shown, ...]:
    """Return the zones of which a chart shows anything."""
    return tuple(
        zone
        for zone in zones
        if not zone_shape(body_name, chart_name, zone.key).is_empty
    )


def svg_path(shape: BaseGeometry, chart: Chart, *, rounded: bool = True) -> str:
    """Return a geometry as SVG path data in picture millimetres from the top left."""
    pieces = []
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(ring)[:-1]
            if rounded:
                xy = _rounded(xy)
            places = chart.to_picture(xy).tolist()
            pieces.append(f"M{' '.join(f'{x:.1f} {y:.1f}' for x, y in places)}Z")
    return "".join(pieces)


def _rounded(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a closed ring (N, 2) with each corner cut once."""
    following = np.roll(xy, -1, axis=0)
    cut = np.stack([0.75 * xy + 0.25 * following, 0.25 * xy + 0.75 * following], axis=1)
    return np.asarray(cut.reshape(-1, 2))
