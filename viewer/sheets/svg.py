"""A piece of a chart as SVG: the body as a picture, zones as lines and marks over it.

Fills and outlines are those of `viewer.look.palette`. What is not mapped is hatched
with plain lines and not with an SVG pattern: every program shows those, at any size.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from anatomy.body import load_body
from anatomy.messages import message as _
from viewer.look.look import INK, LOOKS, NEEDLE
from viewer.look.palette import fill_of, outline, palette
from viewer.map.charts.chart_menu import edge_words, shown_side
from viewer.map.charts.chart_pictures import on_nothing, on_white
from viewer.map.charts.frames import LETTERS, area_path
from viewer.map.zones.zone_drawing import near_place, zone_fills
from viewer.map.zones.zone_images import ORDER, UNMAPPED, Shown, svg_path, zone_shape
from viewer.sheets.pen import label
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: A window, mm of the picture from its upper left: left, top, width, height.
Window = tuple[float, float, float, float]

#: Share of a zone's size that is shown round it, and the least that is shown, mm.
ROUND_SHARE, LEAST_MM = 0.22, 90.0
#: Lines of what is not mapped are so far apart, in the unit of the paper.
GAP = 1.55
#: Lengths of a scale bar, mm.
_BARS = (10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Tile:
    """A piece of a chart on a page.

    Attributes
    ----------
    svg : str
        The drawing, a nested SVG element.
    per_mm : float
        Paper over body.
    window : Window
        What is shown.
    """

    svg: str
    per_mm: float
    window: Window


def whole(body_name: str, chart_name: str, pad: float = 6.0) -> Window:
    """Return the window that shows a chart whole."""
    xmin, xmax, ymin, ymax = load_body(body_name).charts[chart_name].bounds
    return (-pad, -pad, xmax - xmin + 2 * pad, ymax - ymin + 2 * pad)


def round_shape(body_name: str, chart_name: str, key: str, aspect: float) -> Window:
    """Return the window that shows a zone on a chart with something round it.

    Parameters
    ----------
    body_name, chart_name, key : str
        Body, chart and zone; the chart must show the zone.
    aspect : float
        Width over height.
    """
    chart = load_body(body_name).charts[chart_name]
    shape = on_picture(zone_shape(body_name, chart_name, key), chart)
    left, top, right, low = shape.bounds
    size = max(right - left, low - top)
    _, _, most_wide, most_tall = whole(body_name, chart_name)
    pad = max(ROUND_SHARE * size, 12.0)
    least = min(LEAST_MM, 0.55 * max(most_wide, most_tall))
    wide = max(right - left + 2 * pad, min(least, least * aspect))
    tall = max(low - top + 2 * pad, min(least, least / aspect))
    wide, tall = max(wide, tall * aspect), max(tall, wide / aspect)
    x, y = (left + right) / 2 - wide / 2, (top + low) / 2 - tall / 2
    # rather more of the body than white paper beside it
    x = _within(x, wide, most_wide)
    y = _within(y, tall, most_tall)
    return (x, y, wide, tall)


def round_place(
    body_name: str, chart_name: str, xy: Any, size_mm: tuple[float, float]
) -> Window:
    """Return the window round a place of a chart that stays on the picture.

    Parameters
    ----------
    body_name, chart_name : str
        Body and chart.
    xy : (2,) array_like
        Place on the chart, mm.
    size_mm : (float, float)
        Width and height, mm of the body; less where the chart is smaller.
    """
    ((x, y),) = load_body(body_name).charts[chart_name].to_picture(xy).tolist()
    left, top, most_wide, most_tall = whole(body_name, chart_name)
    wide, tall = min(size_mm[0], most_wide), min(size_mm[1], most_tall)
    return (
        float(np.clip(x - wide / 2, left, left + most_wide - wide)),
        float(np.clip(y - tall / 2, top, top + most_tall - tall)),
        wide,
        tall,
    )


def fitted(
    body_name: str, charts: Sequence[str], at: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return a box no larger than needed to show each of some charts whole.

    It keeps the top and the middle of the box that is given.
    """
    left, top, wide, tall = at
    shapes = [whole(body_name, chart)[2:] for chart in charts]
    need_tall = min(tall, max(wide * b / a for a, b in shapes))
    need_wide = min(wide, max(need_tall * a / b for a, b in shapes))
    return left + (wide - need_wide) / 2, top, need_wide, need_tall


def _within(start: float, size: float, most: float) -> float:
    """Return a start that keeps a window on the picture, or centres it."""
    if size >= most:
        return (most - size) / 2
    return min(max(start, -6.0), most - size)


def on_picture(shape: BaseGeometry, chart: Chart) -> BaseGeometry:
    """Return a shape in mm of the picture, from its upper left."""
    return shapely.transform(shape, chart.to_picture)


@lru_cache(maxsize=256)
def _crop(
    body_name: str,
    chart_name: str,
    window: Window,
    most: int,
    least: int,
    clear: bool,
) -> str:
    """Return a window of a chart's picture in a data URI.

    As JPEG on white, because many programs do not read WebP within SVG; as WebP
    without a ground for browsers. Its longer side has at least and at most so many
    pixels.
    """
    from PIL import Image

    chart = load_body(body_name).charts[chart_name]
    picture = (on_nothing if clear else on_white)(body_name, chart_name)
    per_mm = picture.size[0] / (chart.bounds[1] - chart.bounds[0])
    x, y, wide, tall = window
    box = [round(v * per_mm) for v in (x, y, x + wide, y + tall)]
    size = (box[2] - box[0], box[3] - box[1])
    white = (255, 255, 255)
    ground = Image.new("RGBA", size) if clear else Image.new("RGB", size, white)
    ground.paste(picture, (-box[0], -box[1]))
    if max(ground.size) > most:
        ground.thumbnail((most, most), Image.Resampling.LANCZOS)
    elif max(ground.size) < least:
        more = least / max(ground.size)
        larger = (round(ground.width * more), round(ground.height * more))
        ground = ground.resize(larger, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    if clear:
        ground.save(out, "WEBP", quality=88, method=2)
        return "data:image/webp;base64," + b64encode(out.getvalue()).decode()
    ground.save(out, "JPEG", quality=88, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + b64encode(out.getvalue()).decode()


def tile(
    body_name: str,
    chart_name: str,
    zones: Sequence[Shown],
    at: tuple[float, float, float, float],
    *,
    window: Window | None = None,
    most_px: int = 1700,
    least_px: int = 0,
    frame: bool = True,
    letter: float = 2.6,
    needle: Any | None = None,
    spread_mm: float = 0.0,
    clear: bool = False,
) -> Tile:
    """Return a piece of a chart with zones on it.

    Parameters
    ----------
    body_name, chart_name : str
        What is shown.
    zones : sequence of Shown
        Zones to draw, in drawing order.
    at : tuple of float
        Left, top, width and height on the page, mm of paper.
    window : Window, optional
        Piece of the chart; all of it by default. It is fitted into `at`.
    most_px, least_px : int
        Longer side of the picture, pixels; a coarse one is smoothed up to the least.
    frame : bool
        Whether to frame it and to print the patient's sides and a scale.
    letter : float
        Size of those letters, mm of paper.
    needle : (3,) array, optional
        Place of a needle, mm of the body.
    spread_mm : float
        Radius of the search area, or by which the needle's place can be missed, mm.
    clear : bool
        Whether the body stands on no ground of its own: for browsers, where the ground
        can be dark.

    Returns
    -------
    Tile
    """
    chart = load_body(body_name).charts[chart_name]
    x, y, wide, tall = window or whole(body_name, chart_name)
    left, top, room_x, room_y = at
    per_mm = min(room_x / wide, room_y / tall)
    # what is left of the room shows more of the chart
    wide_all, tall_all = room_x / per_mm, room_y / per_mm
    shown = (x - (wide_all - wide) / 2, y - (tall_all - tall) / 2, wide_all, tall_all)
    x, y, wide, tall = shown
    part = (round(x, 2), round(y, 2), round(wide, 2), round(tall, 2))
    picture = _crop(body_name, chart_name, part, most_px, least_px, clear)
    parts = [
        f'<image x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{tall:.2f}" '
        f'preserveAspectRatio="none" xlink:href="{picture}" href="{picture}"/>'
    ]
    place: tuple[float, float] | None = None
    if needle is not None:
        x_mm, y_mm = chart.project(needle)[0].tolist()
        place = (x_mm, y_mm)
    parts += zone_marks(
        body_name, chart_name, zones, shown, unit=1.0 / per_mm, place=place
    )
    if place is not None:
        ((u, v),) = chart.to_picture(place).tolist()
        if spread_mm:
            spot = tuple(float(v) for v in needle)  # type: ignore[union-attr]
            area = area_path(body_name, chart_name, spot, float(spread_mm))
            parts.append(_disc(u, v, spread_mm, 1.0 / per_mm, area))
        parts.append(
            f'<circle cx="{u:.2f}" cy="{v:.2f}" r="{1.1 / per_mm:.2f}" '
            f'fill="{NEEDLE}" stroke="#fff" stroke-width="{0.45 / per_mm:.2f}"/>'
        )
    inner = (
        f'<svg x="{left:.2f}" y="{top:.2f}" width="{room_x:.2f}" '
        f'height="{room_y:.2f}" viewBox="{x:.2f} {y:.2f} {wide:.2f} {tall:.2f}">'
        f"{''.join(parts)}</svg>"
    )
    if frame:
        inner += "".join(_frame(chart, at, per_mm, letter))
    return Tile(inner, per_mm, shown)


def _disc(x: float, y: float, radius: float, unit: float, area: str) -> str:
    """Return the skin round a place with four lines that point at its middle."""
    far = radius + 3.2 * unit
    ends = ((1, 0), (-1, 0), (0, 1), (0, -1))
    lines = "".join(
        f"M{x + dx * radius:.2f} {y + dy * radius:.2f}"
        f"L{x + dx * far:.2f} {y + dy * far:.2f}"
        for dx, dy in ends
    )
    return (
        f'<path d="{area}" class="needle-area" fill="{NEEDLE}" '
        f'fill-opacity="0.18" stroke="{NEEDLE}" stroke-width="{0.35 * unit:.2f}" '
        f'stroke-dasharray="{1.05 * unit:.2f} {0.7 * unit:.2f}"/>'
        f'<path d="{lines}" stroke="{NEEDLE}" stroke-width="{0.35 * unit:.2f}"/>'
    )


def zone_marks(
    body_name: str,
    chart_name: str,
    zones: Iterable[Shown],
    window: Window,
    *,
    unit: float,
    place: tuple[float, float] | None = None,
) -> list[str]:
    """Return zones as SVG in mm of the picture.

    Parameters
    ----------
    window : Window
        Nothing outside it is drawn.
    unit : float
        A millimetre of the paper in mm of the picture.
    place : (float, float), optional
        Where a needle is on the chart, mm; lines far from it are lighter.
    """
    chart = load_body(body_name).charts[chart_name]
    x, y, wide, tall = window
    seen = shapely.box(x, y, x + wide, y + tall)
    shapes = [
        (zone, zone_shape(body_name, chart_name, zone.key))
        for zone in sorted(zones, key=lambda zone: ORDER.index(zone.verdict))
    ]
    # the box of nothing meets nothing
    shapes = [
        (zone, shape)
        for zone, shape in shapes
        if seen.intersects(on_picture(shape.envelope, chart))
    ]
    bare = shapely.union_all([s for zone, s in shapes if zone.group == UNMAPPED])
    bare = shapely.intersection(on_picture(bare, chart), seen)
    parts = [_unmapped(bare, unit), *zone_fills(shapes, chart)]
    for zone, shape in shapes:
        parts.append(
            outline(
                svg_path(shape, chart),
                zone.verdict,
                near=near_place(shape, place),
                known=zone.known,
                unit=palette().paper.mm * unit,
            )
        )
    return [part for part in parts if part]


def _unmapped(shape: BaseGeometry, unit: float) -> str:
    """Return ground that is not mapped: grey with slanted lines."""
    if shape.is_empty:
        return ""
    rings = "".join(
        "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in shapely.get_coordinates(ring))
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    )
    grey, bare = LOOKS[Verdict.NOT_ASSESSABLE].line, palette().unmapped
    return (
        f'<path d="{rings}" fill="{bare.fill}" fill-opacity="{bare.opacity:g}" '
        f'fill-rule="evenodd"/>'
        f'<path d="{_hatch(shape, GAP * unit, -45.0)}" fill="none" stroke="{grey}" '
        f'stroke-width="{0.16 * unit:.3f}" stroke-opacity="0.62"/>'
    )


def _hatch(shape: BaseGeometry, gap: float, turn: float) -> str:
    """Return parallel lines inside a shape as path data."""
    way = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    aside = np.array([-way[1], way[0]])
    left, top, right, low = shape.bounds
    corners = np.array([[left, top], [right, top], [right, low], [left, low]])
    far = corners @ aside
    reach = corners @ way
    # lines lie on a grid of the picture, so that neighbours fit together
    steps = np.arange(np.ceil(far.min() / gap), far.max() / gap) * gap
    if not len(steps):
        return ""
    ends = np.stack(
        [
            steps[:, None] * aside + reach.min() * way,
            steps[:, None] * aside + reach.max() * way,
        ],
        axis=1,
    )
    cut = shapely.intersection(shapely.linestrings(ends), shape)
    text = []
    for line in shapely.get_parts(cut):
        xy = shapely.get_coordinates(line)
        if len(xy) == 2:
            (a, b), (c, d) = xy
            text.append(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}")
    return "".join(text)


def _frame(
    chart: Chart, at: tuple[float, float, float, float], per_mm: float, letter: float
) -> list[str]:
    """Return frame, the patient's sides and a scale bar."""
    left, top, wide, tall = at
    words = edge_words(chart.spec)
    size = letter
    parts = [
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{wide:.2f}" height="{tall:.2f}" '
        f'fill="none" stroke="{palette().tissue["air"].line}" stroke-width="0.2"/>'
    ]
    for word, x, anchor in (
        (words[0], left + 0.5 * size, "start"),
        (words[1], left + wide - 0.5 * size, "end"),
    ):
        big = 1.25 * size if word in ("L", "R") else size
        parts.append(
            label(
                x,
                top + 1.25 * size,
                LETTERS.get(word, word),
                big,
                weight=600,
                anchor=anchor,
                halo=True,
            )
        )
    bar = max([b for b in _BARS if b * per_mm <= 0.3 * wide] or [_BARS[0]])
    y = top + tall - 0.6 * size
    x = left + 0.6 * size
    parts.append(
        f'<path d="M{x:.2f} {y - 0.7:.2f}v0.7h{bar * per_mm:.2f}v-0.7" fill="none" '
        f'stroke="{INK}" stroke-width="0.25"/>'
    )
    parts.append(
        label(
            x + bar * per_mm + 0.8,
            y,
            _("{bar} cm", bar=bar // 10),
            0.8 * size,
            halo=True,
        )
    )
    return parts


def side_mark(chart: Chart, wide: float, size: float) -> str:
    """Return the letter of the side that a chart shows whose edges are front and back.

    Parameters
    ----------
    chart : Chart
        The chart.
    wide : float
        Width of the paper, mm; the letter stands in the middle.
    size : float
        Size of the letter.

    Examples
    --------
    >>> chart = load_body("male").charts["right_lateral"]
    >>> ">R<" in side_mark(chart, 100.0, 4.0)
    True
    """
    if chart.axes[0] == 0:
        return ""  # the edges say L and R
    seen = "right" if chart.view[0] > 0 else "left"
    word = (shown_side(chart.spec) or seen)[0].upper()
    return label(
        wide / 2, size, LETTERS[word], size, weight=600, anchor="middle", halo=True
    )


def swatch(
    verdict: Verdict,
    x: float,
    y: float,
    size: float,
    *,
    known: bool = True,
    zone: str = "",
) -> str:
    """Return the outline of a verdict as a small square.

    Parameters
    ----------
    verdict : Verdict
        Which outline.
    x, y, size : float
        Its upper left corner and its side.
    known : bool
        False for what may not apply.
    zone : str
        Id of the structure in whose colour it is filled; an empty square by default.
    """
    d = f"M{x:.2f} {y:.2f}h{size:.2f}v{size:.2f}h{-size:.2f}Z"
    ground = f'<path d="{d}" fill="{fill_of(zone) if zone and known else "#fff"}"/>'
    if verdict == Verdict.NOT_ASSESSABLE:
        ground += _unmapped(shapely.box(x, y, x + size, y + size), size / 4.4)
    unit = palette().paper.mm * size / 3.4
    return ground + outline(d, verdict, known=known, unit=unit)


def tissue_swatch(tissue: str, x: float, y: float, size: float) -> str:
    """Return the fill of a tissue as a small square."""
    look = palette().tissue[tissue]
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{size:g}" height="{size:g}" '
        f'fill="{look.fill}" stroke="{INK}" stroke-width="{0.05 * size:.2f}" '
        f'data-tissue="{tissue}"/>'
    )
