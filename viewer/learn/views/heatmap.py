"""Where a class put its needles: points and their density on the picture of a chart.

All places are brought to the picture by `viewer.sheets.svg.on_picture`, as the picture
itself is, so that what lies left of the midline never comes to lie right of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.store import cached
from anatomy.words.sites import resolve_site
from viewer.look.palette import shade
from viewer.map.charts.frames import title
from viewer.map.zones.zone_images import svg_path, zone_shape
from viewer.sheets.svg import Window, on_picture, side_mark, tile, whole

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from anatomy.charts import Chart
    from viewer.learn.storage.models import AnswerRow
    from zones.teaching.items import Item, Target

FloatArray = NDArray[np.float64]

#: Fewer needles have no density worth the name; they are drawn as points only.
LEAST_FOR_DENSITY = 4
#: Contours of the density, as shares of its peak.
LEVELS = (0.15, 0.35, 0.55, 0.75, 0.9)
#: Cells of the density along the longer side of what is shown.
CELLS = 220
#: Spread of one needle in the density: share of what is shown, at least and at most mm.
SMOOTH_SHARE, SMOOTH_MM = 0.025, (4.0, 20.0)
#: Round needles and targets so much more is shown, and never less in all, mm.
PAD_MM, LEAST_MM = 30.0, 250.0
#: Paper, mm: width, height, and most height of a whole chart.
WIDE, TALL, MOST_TALL = 180.0, 150.0, 260.0
#: Size of the letters, mm; the picture is looked at small, too.
LETTER = 6.0
#: Size of the letter of the side, mm.
SIDE_LETTER = 7.2
HEAT, MISS = shade("heat"), shade("heat-miss")
HIT, MARK = shade("heat-hit"), shade("heat-mark")


@dataclass(frozen=True)
class Needle:
    """One needle of a learner on a chart.

    Attributes
    ----------
    x_mm, y_mm : float
        On the chart.
    off_mm : float
        From where it belongs, along the skin.
    missed : bool
        Whether it lies outside the place's spread.
    item_id : str
        The exercise.
    """

    x_mm: float
    y_mm: float
    off_mm: float
    missed: bool
    item_id: str


@dataclass(frozen=True)
class NeedlePicture:
    """The needles of a class on one chart of one body.

    Attributes
    ----------
    body, chart, title : str
        What is shown, and in words.
    needles : tuple of Needle
        All of them, those that were right too.
    unseen : int
        Needles that were put where this chart does not look; they are not drawn.
    targets : mapping
        Where they belong, by exercise.
    """

    body: str
    chart: str
    title: str
    needles: tuple[Needle, ...]
    unseen: int
    targets: Mapping[str, Target] = field(default_factory=dict)

    @property
    def missed(self) -> tuple[Needle, ...]:
        """The needles that lie outside the spread of their place."""
        return tuple(needle for needle in self.needles if needle.missed)

    @property
    def words(self) -> str:
        """What is seen, in a sentence."""
        count, missed = len(self.needles), len(self.missed)
        needles = "1 needle" if count == 1 else f"{count} needles"
        said = f"{needles}, {missed} outside the place's spread"
        if self.unseen:
            said += f"; {self.unseen} more on skin that this picture does not show"
        return said


def needle_pictures(
    answers: Iterable[AnswerRow], items: Mapping[str, Item]
) -> list[NeedlePicture]:
    """Return the charts on which needles were put, the one with most misses first.

    Parameters
    ----------
    answers : iterable of AnswerRow
        All answers of a course; the first of a learner to an exercise counts.
    items : mapping
        The exercises by id; a needle whose exercise is not among them is left out.

    Returns
    -------
    list of NeedlePicture

    Examples
    --------
    >>> needle_pictures([], {})
    []
    """
    seen: set[tuple[str, str]] = set()
    found: dict[tuple[str, str], tuple[list[Needle], list[str], list[bool]]] = {}
    for row in answers:
        place, item = row.answered.misplaced, items.get(row.answered.item_id)
        key = (row.learner, row.answered.item_id)
        if place is None or item is None or item.target is None or key in seen:
            continue
        seen.add(key)
        needles, ids, unseen = found.setdefault((place.body, place.chart), ([], [], []))
        ids.append(item.id)
        if not _is_seen(place.body, place.chart, _site(row.response)):
            unseen.append(True)
            continue
        missed = "place" in row.answered.errors
        at = (place.x_mm, place.y_mm, place.distance_mm)
        needles.append(Needle(*at, missed=missed, item_id=item.id))
    pictures = []
    for (body, chart), (needles, ids, unseen) in found.items():
        targets = {name: items[name].target for name in dict.fromkeys(ids)}
        pictures.append(
            NeedlePicture(
                body=body,
                chart=chart,
                title=title(load_body(body).charts[chart]),
                needles=tuple(needles),
                unseen=len(unseen),
                targets={k: v for k, v in targets.items() if v is not None},
            )
        )
    return sorted(pictures, key=lambda p: (-len(p.missed), -len(p.needles)))


def _site(response: Mapping[str, Any]) -> str:
    """Return the site of a response as JSON."""
    site = {k: v for k, v in (response.get("site") or {}).items() if k != "body"}
    return json.dumps(site, sort_keys=True)


@cached(maxsize=4096)
def _is_seen(body: str, chart: str, site: str) -> bool:
    """Return whether a chart looks at the skin where a needle was put.

    A needle on the back must not be drawn on the front.
    """
    given = json.loads(site)
    if given.get("chart") == chart:
        return True
    try:
        there = resolve_site(load_body(body), given)
    except NeedlemapError:
        return False
    return load_body(body).charts[chart].visible(there.point)


def density(
    places: FloatArray, window: Window, *, cells: int = CELLS
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how dense places lie in a window.

    Parameters
    ----------
    places : (N, 2) float
        On the picture, mm to the right and down.
    window : tuple of float
        Left, top, width and height, mm of the picture.
    cells : int
        Cells along the longer side.

    Returns
    -------
    xs, ys : (C,), (R,) float64
        Middles of the cells, mm of the picture.
    field : (R, C) float64
        Needles for each mm2: each place spread as a Gaussian.

    Examples
    --------
    >>> xs, ys, field = density(np.array([[30.0, 50.0]]), (0.0, 0.0, 100.0, 100.0))
    >>> row, column = np.unravel_index(field.argmax(), field.shape)
    >>> bool(abs(xs[column] - 30) < 1 and abs(ys[row] - 50) < 1)
    True
    """
    from scipy import ndimage

    left, top, wide, tall = window
    cell = max(wide, tall) / cells
    columns, rows = max(2, round(wide / cell)), max(2, round(tall / cell))
    x_edges = left + np.arange(columns + 1) * cell
    y_edges = top + np.arange(rows + 1) * cell
    counts, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=[y_edges, x_edges])
    smooth = float(np.clip(SMOOTH_SHARE * max(wide, tall), *SMOOTH_MM))
    field = ndimage.gaussian_filter(counts, smooth / cell, mode="constant")
    xs = np.asarray(x_edges[:-1] + cell / 2, dtype=float)
    ys = np.asarray(y_edges[:-1] + cell / 2, dtype=float)
    return xs, ys, np.asarray(field / cell**2, dtype=float)


def heatmap(
    picture: NeedlePicture,
    *,
    numbers: Mapping[str, int] | None = None,
    everything: bool = False,
) -> str:
    """Return the needles of a chart over its picture as an SVG document.

    Parameters
    ----------
    picture : NeedlePicture
        From `needle_pictures`.
    numbers : mapping, optional
        What each exercise is called on it, by id.
    everything : bool
        The whole chart and not only the piece with needles.

    Returns
    -------
    str
        SVG that holds all that it needs; R and L of the patient are printed.
    """
    chart = load_body(picture.body).charts[picture.chart]
    places = _on_picture([(n.x_mm, n.y_mm) for n in picture.needles], chart)
    areas = {
        name: target_area(target, picture.body, chart)
        for name, target in picture.targets.items()
    }
    window = (
        whole(picture.body, picture.chart)
        if everything
        else _window(places, list(areas.values()), picture)
    )
    tall = TALL
    if everything:
        tall = float(np.clip(WIDE * window[3] / window[2], TALL, MOST_TALL))
    at = (0.0, 0.0, WIDE, tall)
    drawn = tile(
        picture.body,
        picture.chart,
        (),
        at,
        window=window,
        letter=LETTER,
        most_px=1200,
        clear=True,
    )
    # marks are a little larger than on paper that is held in the hand
    unit = 1.25 / drawn.per_mm
    missed = np.array([n.missed for n in picture.needles], dtype=bool)
    marks = [
        *_heat(places[missed], drawn.window, chart),
        *(
            mark
            for name, area in areas.items()
            for mark in target_marks(picture.targets[name], area, unit)
        ),
        *(_hit(x, y, unit) for x, y in places[~missed]),
        *(_miss(x, y, unit) for x, y in places[missed]),
        *(
            target_name(area, str((numbers or {}).get(name, "")), unit)
            for name, area in areas.items()
        ),
    ]
    x, y, wide, high = drawn.window
    said = escape(f"{picture.title}: {picture.words}")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {WIDE:g} {tall:.2f}" width="{WIDE * 5:g}" '
        f'height="{tall * 5:.0f}" role="img"><title>{said}</title>'
        f'<rect width="{WIDE:g}" height="{tall:.2f}" fill="#fff"/>{drawn.svg}'
        f'<svg width="{WIDE:g}" height="{tall:.2f}" '
        f'viewBox="{x:.2f} {y:.2f} {wide:.2f} {high:.2f}">{"".join(marks)}</svg>'
        f"{side_mark(chart, WIDE, SIDE_LETTER)}</svg>"
    )


def _on_picture(places: Sequence[tuple[float, float]], chart: Chart) -> FloatArray:
    """Return places of a chart on its picture, (N, 2), mm."""
    if not places:
        return np.zeros((0, 2))
    points = on_picture(shapely.multipoints(np.asarray(places, dtype=float)), chart)
    return np.asarray(shapely.get_coordinates(points), dtype=float)


def target_area(target: Target, body: str, chart: Chart) -> BaseGeometry:
    """Return where a needle is right, on the picture: a disc, or a line for an edge.

    Parameters
    ----------
    target : Target
        The place.
    body : str
        The body.
    chart : Chart
        The chart; the shape is in mm of its picture.
    """
    if target.what != "edge" or target.zone is None:
        spot = shapely.points(target.x_mm, target.y_mm)
        return on_picture(spot.buffer(target.spread_mm), chart)
    line = zone_shape(body, chart.name, target.zone).boundary
    if chart.axes[0] == 0 and target.side in ("left", "right"):
        # the frame's x grows to the patient's left
        xmin, xmax, ymin, ymax = chart.bounds
        sides = {"left": (0.0, xmax), "right": (xmin, 0.0)}[target.side]
        line = shapely.intersection(line, shapely.box(sides[0], ymin, sides[1], ymax))
    return on_picture(line, chart)


def _window(
    places: FloatArray, areas: Sequence[BaseGeometry], picture: NeedlePicture
) -> Window:
    """Return the piece of the picture that shows all needles and their targets."""
    _, _, most_wide, most_tall = whole(picture.body, picture.chart)
    kept = [area for area in areas if not area.is_empty]
    shapes = [shapely.multipoints(places), *kept]
    left, top, right, low = shapely.total_bounds(shapely.geometrycollections(shapes))
    if not np.isfinite([left, top, right, low]).all():
        return whole(picture.body, picture.chart)
    wide = max(right - left + 2 * PAD_MM, LEAST_MM)
    tall = low - top + 2 * PAD_MM
    wide, tall = max(wide, tall * WIDE / TALL), max(tall, wide * TALL / WIDE)
    x = _within((left + right - wide) / 2, wide, most_wide)
    y = _within((top + low - tall) / 2, tall, most_tall)
    return (x, y, wide, tall)


def _within(start: float, size: float, most: float) -> float:
    """Return a start that keeps a window on the picture, or centres it."""
    margin = 6.0
    if size >= most:
        return (most - size) / 2 - margin
    return float(min(max(start, -margin), most - margin - size))


def _heat(places: FloatArray, window: Window, chart: Chart) -> list[str]:
    """Return the density as filled contours, cut to the body."""
    if len(places) < LEAST_FOR_DENSITY:
        return []
    from contourpy import FillType, contour_generator

    xs, ys, field = density(places, window)
    peak = float(field.max())
    if not peak > 0.0:
        return []
    lines = contour_generator(xs, ys, field, fill_type=FillType.OuterOffset)
    parts = [f'<clipPath id="body"><path d="{svg_path(chart.outline, chart)}"/>']
    parts.append('</clipPath><g clip-path="url(#body)">')
    for level in LEVELS:
        path = ""
        for points, offsets in zip(
            *lines.filled(level * peak, 2.0 * peak), strict=True
        ):
            for start, end in pairwise(offsets):
                ring = "L".join(f"{x:.1f} {y:.1f}" for x, y in points[start:end])
                path += f"M{ring}Z"
        parts.append(
            f'<path d="{path}" fill="{HEAT}" fill-opacity="0.14" fill-rule="evenodd"/>'
        )
    return [*parts, "</g>"]


def target_marks(target: Target, area: BaseGeometry, unit: float) -> list[str]:
    """Return where a needle belongs as SVG in mm of the picture.

    Parameters
    ----------
    target : Target
        The place.
    area : geometry
        From `target_area`.
    unit : float
        A millimetre of the paper in mm of the picture.
    """
    if area.is_empty:
        return []
    edge = target.what == "edge"
    path = "".join(_path(ring) for ring in _lines(area))
    parts = [
        f'<path d="{path}" fill="none" stroke="#fff" '
        f'stroke-width="{1.6 * unit:.2f}" stroke-opacity="0.85"/>',
        f'<path class="target" d="{path}" fill="none" stroke="{MARK}" '
        f'stroke-width="{(0.9 if edge else 0.6) * unit:.2f}" '
        f'stroke-dasharray="{2 * unit:.2f} {unit:.2f}"/>',
    ]
    if not edge:
        spot, arm = area.centroid, 2.4 * unit
        parts.append(
            f'<path d="M{spot.x - arm:.2f} {spot.y:.2f}h{2 * arm:.2f}'
            f'M{spot.x:.2f} {spot.y - arm:.2f}v{2 * arm:.2f}" stroke="{MARK}" '
            f'stroke-width="{0.5 * unit:.2f}"/>'
        )
    return parts


def target_name(area: BaseGeometry, name: str, unit: float) -> str:
    """Return what a place is called as SVG above it; it lies over all other marks.

    Parameters
    ----------
    area : geometry
        From `target_area`.
    name : str
        Nothing is drawn when it is empty.
    unit : float
        A millimetre of the paper in mm of the picture.
    """
    if area.is_empty or not name:
        return ""
    line = shapely.get_coordinates(area)
    x, top = line[line[:, 1].argmin()]
    return (
        f'<text x="{x:.2f}" y="{top - 1.2 * unit:.2f}" font-size="{4.6 * unit:.2f}" '
        f'font-weight="700" text-anchor="middle" font-family="sans-serif" '
        f'fill="{MARK}" stroke="#fff" stroke-width="{1.1 * unit:.2f}" '
        f'paint-order="stroke">{escape(name)}</text>'
    )


def _lines(area: BaseGeometry) -> list[FloatArray]:
    """Return the lines of a shape, each (N, 2)."""
    edge = area.boundary if area.geom_type.endswith("Polygon") else area
    found = [shapely.get_coordinates(part) for part in shapely.get_parts(edge)]
    return [line for line in found if len(line) > 1]


def _path(line: FloatArray) -> str:
    """Return a line as path data."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line)


def _miss(x: float, y: float, unit: float) -> str:
    """Return the mark of a needle that missed: a cross."""
    arm = 1.5 * unit
    path = (
        f"M{x - arm:.2f} {y - arm:.2f}l{2 * arm:.2f} {2 * arm:.2f}"
        f"M{x - arm:.2f} {y + arm:.2f}l{2 * arm:.2f} {-2 * arm:.2f}"
    )
    return (
        f'<path class="miss" d="{path}" stroke="#fff" stroke-width="{1.5 * unit:.2f}" '
        f'stroke-linecap="round"/><path d="{path}" stroke="{MISS}" '
        f'stroke-width="{0.75 * unit:.2f}" stroke-linecap="round"/>'
    )


def _hit(x: float, y: float, unit: float) -> str:
    """Return the mark of a needle that was right: an open circle."""
    return (
        f'<circle class="hit" cx="{x:.2f}" cy="{y:.2f}" r="{1.5 * unit:.2f}" '
        f'fill="#fff" fill-opacity="0.75" stroke="{HIT}" '
        f'stroke-width="{0.65 * unit:.2f}"/>'
    )
