"""The depth map: how deep a perpendicular needle may go, over a whole chart.

The library gives the field (`zones.pictures.depth_map.chart_depths`); this module draws
it: bands of colour from dark (shallow) to pale (deep), contour lines in millimetres,
and patterns where no needle may go in or nothing is mapped. The drawing may only err to
the shallow side, so the field is lowered to the least nearby before it is smoothed.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from viewer.look.look import LOOKS, svg_uri
from viewer.map.depth.depth_scale import COLOURS, LEVELS, NOT_ACCEPTABLE
from viewer.map.depth.depth_scale import NOT_MAPPED as NOT_MAPPED_LOOK
from viewer.map.zones.zone_drawing import HATCH_PART, patterns
from viewer.map.zones.zone_images import svg_path
from zones.contract.models import Verdict

if TYPE_CHECKING:
    from anatomy.charts import Chart

Field = NDArray[np.float64]

#: How much of the body each band hides: little where a needle may go deep.
OPACITIES = (0.88, 0.84, 0.78, 0.7, 0.58, 0.4)
#: Ground below the patterns, so that they stand out from the colours.
GROUND = {
    Verdict.STOP: NOT_ACCEPTABLE[0],
    Verdict.NOT_ASSESSABLE: NOT_MAPPED_LOOK[0],
}
#: Reach of the smoothing of the drawing, mm.
SMOOTH_MM = 4.0
#: Outlines may leave the traced ones by this part of a cell.
FINE = 0.45
#: What is drawn where nothing limits, mm: past the last level, so not filled.
_BEYOND = 80.0
#: Where colour ends: deeper, or without any limit, the body is left as it is, mm.
CLEAR_FROM_MM = 70.0
#: Lines that cross such a drop within a few cells are not labelled, mm.
STEEP_MM = 9.0
#: A label for every so much of a contour line, mm on the screen's smallest chart.
LABEL_EVERY_PART = 9.0
#: Shorter contour lines are left out: the colour shows what they enclose, mm.
SHORTEST_LINE_MM = 40.0
#: Codes of the field that the page reads, in tenths of a millimetre below them.
OFF_BODY, NOT_MAPPED, NO_LIMIT = 65535, 65534, 65533


@dataclass(frozen=True)
class DepthPicture:
    """A drawn depth map.

    Attributes
    ----------
    svg : str
        The drawing, with the chart's extent.
    labels : list of dict
        ``x``, ``y`` in the chart's mm and ``short``, the depth in words, for places
        where a contour line may be labelled.
    field : dict
        The depths themselves for the read-out under the cursor: ``rows``, ``columns``,
        ``x0``, ``y0``, ``cell`` (mm) and ``data`` (deflated 16-bit tenths of a
        millimetre, rounded down, base64; row 0 at the least y).
    """

    svg: str
    labels: list[dict[str, Any]]
    field: dict[str, Any]


def depth_picture(chart: Chart, depths: Field) -> DepthPicture:
    """Return the drawing of a chart's depths.

    Parameters
    ----------
    chart : Chart
        What it is drawn for.
    depths : (R, C) array of float
        Deepest acceptable needle of each cell of the chart's raster, mm; row 0 at the
        least y. ``inf`` where nothing limits, 0 where nothing is acceptable, NaN where
        nothing is known or off the body.

    Raises
    ------
    ValueError
        When the field is not of the raster's shape.
    """
    if depths.shape != chart.depth.shape:
        raise ValueError(
            f"depths must have the chart's shape {chart.depth.shape}; "
            f"got {depths.shape}."
        )
    body = np.isfinite(chart.depth)
    known = body & ~np.isnan(depths)
    drawn = lowered(np.where(known, depths, np.nan), chart.cell_mm)
    bands, lines = _contours(chart, drawn)
    return DepthPicture(
        svg=_svg(chart, bands, lines, _areas(chart, depths, body, known)),
        labels=_labels(chart, lines, known & ~_steep(drawn)),
        field=packed(chart, depths),
    )


def lowered(depths: Field, cell_mm: float) -> Field:
    """Return a smooth field that is nowhere deeper than the one given.

    Each cell first takes the least of its neighbourhood and is then averaged over the
    same neighbourhood: every cell averaged has seen the middle one.

    Parameters
    ----------
    depths : (R, C) array of float
        Depths, mm; ``inf`` without limit, NaN unknown.
    cell_mm : float
        Size of a cell.

    Returns
    -------
    (R, C) array of float
        Finite everywhere; without limit it is some depth past the last level, and
        unknown cells take what is near them.

    Examples
    --------
    >>> float(lowered(np.array([[20.0, 8.0, 20.0]]), 4.0)[0, 0])
    8.0
    """
    reach = max(1, round(SMOOTH_MM / 2 / cell_mm))
    level = np.where(np.isnan(depths), _BEYOND, np.minimum(depths, _BEYOND))
    least = ndimage.minimum_filter(level, size=2 * reach + 1, mode="nearest")
    smooth = ndimage.uniform_filter(least, size=2 * reach + 1, mode="nearest")
    return np.asarray(np.minimum(smooth, level))


def _steep(drawn: Field) -> NDArray[np.bool_]:
    """Return where the field drops so fast that several lines run together."""
    around = 5
    highest = ndimage.maximum_filter(drawn, size=around)
    return np.asarray(highest - ndimage.minimum_filter(drawn, size=around) > STEEP_MM)


def packed(chart: Chart, depths: Field) -> dict[str, Any]:
    """Return a field of depths small enough to be sent with the picture.

    Parameters
    ----------
    chart : Chart
        Whose raster it is.
    depths : (R, C) array of float
        As for `depth_picture`.

    Returns
    -------
    dict
        See `DepthPicture`.
    """
    tenths = np.full(depths.shape, OFF_BODY, dtype="<u2")
    body = np.isfinite(chart.depth)
    tenths[body] = NOT_MAPPED
    tenths[body & np.isposinf(depths)] = NO_LIMIT
    finite = body & np.isfinite(depths)
    tenths[finite] = np.floor(np.clip(depths[finite], 0, 6000) * 10 + 1e-6)
    return {
        "rows": depths.shape[0],
        "columns": depths.shape[1],
        "x0": chart.bounds[0],
        "y0": chart.bounds[2],
        "cell": chart.cell_mm,
        "data": b64encode(zlib.compress(tenths.tobytes(), 1)).decode(),
    }


def _generator(chart: Chart, level: Field) -> Any:
    """Return what traces levels of a field on the chart's raster, in chart mm."""
    rows, columns = level.shape
    return contourpy.contour_generator(
        chart.bounds[0] + (np.arange(columns) + 0.5) * chart.cell_mm,
        chart.bounds[2] + (np.arange(rows) + 0.5) * chart.cell_mm,
        level,
        fill_type=contourpy.FillType.ChunkCombinedOffsetOffset,
        line_type=contourpy.LineType.ChunkCombinedOffset,
    )


def _filled(made: Any, low: float, high: float, tolerance: float) -> BaseGeometry:
    """Return where a field lies between two levels, as polygons."""
    (points,), (rings,), (outlines,) = made.filled(low, high)
    if points is None:
        return shapely.MultiPolygon()
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, points, (rings, outlines)
    )
    return shapely.simplify(
        shapely.multipolygons(polygons), tolerance, preserve_topology=False
    )


def _contours(
    chart: Chart, drawn: Field
) -> tuple[list[BaseGeometry], list[tuple[float, NDArray[np.float64]]]]:
    """Return the bands as polygons and the lines with their level, chart mm."""
    made = _generator(chart, drawn)
    edges = (-1.0, *LEVELS, CLEAR_FROM_MM)
    tolerance = chart.cell_mm * FINE
    bands = [_filled(made, low, high, tolerance) for low, high in pairwise(edges)]
    lines = []
    for level in LEVELS:
        (points,), (offsets,) = made.lines(level)
        if points is None:
            continue
        traced = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, points, (offsets,)
        )
        traced = traced[np.diff(offsets) > 3]
        kept = shapely.simplify(traced, tolerance, preserve_topology=False)
        kept = kept[shapely.length(kept) >= SHORTEST_LINE_MM]
        lines += [(level, shapely.get_coordinates(line)) for line in kept]
    return bands, lines


def _areas(
    chart: Chart,
    depths: Field,
    body: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> dict[str, BaseGeometry]:
    """Return the known part of the body, what is excluded and what is not mapped."""
    with np.errstate(invalid="ignore"):
        excluded = known & (depths <= 0)
    found = {}
    for name, mask in (
        ("known", known),
        ("excluded", excluded),
        ("unknown", body & ~known),
    ):
        if mask.any():
            level = ndimage.uniform_filter(mask.astype(np.float64), 3, mode="constant")
            made = _generator(chart, level)
            # a cell at the edge counts as inside
            found[name] = _filled(made, 0.4, 2.0, chart.cell_mm * FINE)
    return found


def _svg(
    chart: Chart,
    bands: list[BaseGeometry],
    lines: list[tuple[float, NDArray[np.float64]]],
    areas: dict[str, BaseGeometry],
) -> str:
    """Return the drawing as an SVG with the chart's extent."""
    xmin, xmax, ymin, ymax = chart.bounds
    width, height = xmax - xmin, ymax - ymin
    unit = max(width, height)
    parts = [patterns(unit / HATCH_PART)]
    clip = svg_path(areas["known"], chart) if "known" in areas else ""
    parts.append(f'<clipPath id="known"><path d="{clip}" clip-rule="evenodd"/>')
    parts.append('</clipPath><g clip-path="url(#known)">')
    for band, colour, opacity in zip(bands, COLOURS, OPACITIES, strict=True):
        if not band.is_empty:
            parts.append(
                f'<path d="{svg_path(band, chart, rounded=False)}" fill="{colour}" '
                f'fill-opacity="{opacity}" fill-rule="evenodd"/>'
            )
    for level, line in lines:
        dark = level > LEVELS[1]
        parts.append(
            f'<path d="{_line(line, chart)}" fill="none" '
            f'stroke="{COLOURS[0] if dark else "#ffffff"}" '
            f'stroke-opacity="{0.5 if dark else 0.8}" '
            'stroke-width="0.9" vector-effect="non-scaling-stroke"/>'
        )
    parts.append("</g>")
    for name, verdict in (
        ("unknown", Verdict.NOT_ASSESSABLE),
        ("excluded", Verdict.STOP),
    ):
        if name in areas:
            look = LOOKS[verdict]
            d = svg_path(areas[name], chart)
            parts.append(f'<path d="{d}" fill="{GROUND[verdict]}" fill-opacity="0.9"/>')
            parts.append(
                f'<path d="{d}" fill="url(#{look.shape})" stroke="{look.line}" '
                f'stroke-width="1.2" vector-effect="non-scaling-stroke" '
                'fill-rule="evenodd"/>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} '
        f'{height:.1f}" width="{width * 2:.0f}" height="{height * 2:.0f}" '
        f'preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def _line(xy: NDArray[np.float64], chart: Chart) -> str:
    """Return a line (N, 2) as SVG path data in picture millimetres."""
    return "M" + " ".join(f"{a:.1f} {b:.1f}" for a, b in chart.to_picture(xy).tolist())


def _labels(
    chart: Chart,
    lines: list[tuple[float, NDArray[np.float64]]],
    allowed: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """Return places where contour lines may be labelled, long lines first."""
    xmin, xmax, ymin, ymax = chart.bounds
    every = max(xmax - xmin, ymax - ymin) / LABEL_EVERY_PART
    found: list[tuple[float, dict[str, Any]]] = []
    for level, line in lines:
        step = np.hypot(*np.diff(line, axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(step)])
        count = max(1, int(along[-1] // every))
        for at in (np.arange(count) + 0.5) / count * along[-1]:
            x, y = (float(np.interp(at, along, line[:, axis])) for axis in (0, 1))
            row = int((y - ymin) // chart.cell_mm)
            column = int((x - xmin) // chart.cell_mm)
            if allowed[
                min(row, allowed.shape[0] - 1), min(column, allowed.shape[1] - 1)
            ]:
                mark = {"x": round(x, 1), "y": round(y, 1), "short": f"{level:g}"}
                found.append((float(along[-1]), mark))
    found.sort(key=lambda item: -item[0])
    return [mark for _, mark in found]


def depth_uri(picture: DepthPicture) -> str:
    """Return the drawing as a data URI."""
    # its colours are its figures, by day and by night
    return svg_uri(picture.svg, night=False)
