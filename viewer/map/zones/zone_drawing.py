"""Zones drawn on a chart: tissues as fills, severities as outlines.

As an SVG of the chart's extent, or as data for a page that draws for itself; both in
the picture language of `viewer.look.palette`.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from anatomy.body import load_body
from anatomy.messages import message as _
from anatomy.messages import translate
from anatomy.store import cached
from viewer.look.look import LOOKS
from viewer.look.palette import (
    dashes,
    drawing_order,
    fill_of,
    nearness,
    outline,
    palette,
    shade,
    tissue_name,
)
from viewer.map.zones.zone_images import (
    ORDER,
    UNMAPPED,
    Shown,
    svg_path,
    zone_layer,
    zone_shape,
)
from viewer.state.language import asked_language
from zones.contract.models import Verdict
from zones.knowledge.structures.tissues import TISSUES

if TYPE_CHECKING:
    from anatomy.charts import Chart

#: Hatch lines scale with the chart: its height over this number.
HATCH_PART = 105.0
#: A chart longer than this, mm, has finer lines, but never finer than a share.
FINE_MM, LEAST_FINE = 700.0, 0.55


def zone_svg(body_name: str, chart_name: str, zones: tuple[Shown, ...]) -> str:
    """Return the drawing of zones on a chart, as an SVG with the chart's extent."""
    return _zone_svg(body_name, chart_name, zones, asked_language())


@cached(maxsize=256)
def _zone_svg(
    body_name: str, chart_name: str, zones: tuple[Shown, ...], language: str
) -> str:
    chart = load_body(body_name).charts[chart_name]
    xmin, xmax, ymin, ymax = chart.bounds
    width, height = xmax - xmin, ymax - ymin
    parts = [patterns(max(width, height) / HATCH_PART)]
    shapes = [
        (zone, zone_shape(body_name, chart_name, zone.key))
        for zone in sorted(zones, key=lambda zone: ORDER.index(zone.verdict))
    ]
    shapes = [(zone, shape) for zone, shape in shapes if not shape.is_empty]
    bare = shapely.union_all([s for zone, s in shapes if zone.group == UNMAPPED])
    if not bare.is_empty:
        fill = f"url(#{LOOKS[Verdict.NOT_ASSESSABLE].shape})"
        d = svg_path(bare, chart)
        parts.append(f'<path d="{d}" fill="{fill}" fill-rule="evenodd"/>')
    parts += zone_fills(shapes, chart)
    for number, (zone, shape) in enumerate(shapes):
        named = (
            f' data-name="{escape(translate(zone.label, language))}" data-level="'
            f'{escape(translate(_level(zone), language))}"'
        )
        d = svg_path(shape, chart)
        parts.append(
            outline(
                d,
                zone.verdict,
                known=zone.known,
                unit=fineness(chart),
                still=True,
                shared=f"z{number}",
                extra=named,
            )
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} '
        f'{height:.1f}" width="{width * 2:.0f}" height="{height * 2:.0f}" '
        f'preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def zone_fills(shapes: Iterable[tuple[Shown, BaseGeometry]], chart: Chart) -> list[str]:
    """Return the fills of zones: all of a tissue as one area, the deepest first.

    Parameters
    ----------
    shapes : iterable of (Shown, geometry)
        What counts for sure is filled, the rest is left empty.
    chart : Chart
        Where they are drawn.
    """
    alike: dict[int, list[tuple[Shown, BaseGeometry]]] = {}
    for zone, shape in shapes:
        if zone.known and zone.group != UNMAPPED:
            alike.setdefault(drawing_order(zone.key), []).append((zone, shape))
    parts = []
    for _order, some in sorted(alike.items()):
        d = svg_path(shapely.union_all([shape for _, shape in some]), chart)
        first = some[0][0]
        names = " ".join(dict.fromkeys(zone.key for zone, _ in some))
        parts.append(
            f'<path d="{d}" fill="{fill_of(first.key)}" fill-opacity="'
            f'{palette().over.opacity:g}" fill-rule="evenodd" data-tissue="'
            f'{tissue_name(first.key)}" data-zones="{escape(names)}"/>'
        )
    return parts


def near_place(
    shape: BaseGeometry, place: tuple[float, float] | None
) -> Literal["needle", "here", "far"]:
    """Return how near the needle a zone lies on a chart; all is here without one.

    Parameters
    ----------
    shape : shapely geometry
        From `zone_shape`.
    place : (float, float) or None
        The needle's place on the chart, mm.
    """
    if place is None:
        return nearness(None)
    return nearness(float(shape.distance(shapely.Point(place))))


@cached(maxsize=128)
def zone_outlines(
    body_name: str, chart_name: str, zones: tuple[Shown, ...]
) -> dict[str, Any]:
    """Return the zones on a chart as outlines, for a page that draws them itself.

    The page shows the layers that are on, names what is pointed at, and fills what is
    of one tissue as one area: rings of one polygon run against one another, so that
    outlines that overlap can be filled together by the rule of non-zero winding.

    Returns
    -------
    dict
        ``zones``, each with ``id``, ``name``, ``level`` (what it can come to, in
        words), ``layer``, ``look``, ``tissue``, ``known`` and ``d``, its outline as
        path data in mm of the picture; all that `lines` gives, and the ``patterns`` of
        what is not mapped, as SVG.
    """
    chart = load_body(body_name).charts[chart_name]
    xmin, xmax, ymin, ymax = chart.bounds
    found = []
    for zone in zones:
        shape = zone_shape(body_name, chart_name, zone.key)
        if shape.is_empty:
            continue
        turned = [orient(part) for part in shapely.get_parts(shape)]
        mapped = zone.group != UNMAPPED
        found.append(
            {
                "id": zone.key,
                "name": zone.label,
                "level": _level(zone),
                "layer": zone_layer(zone.group),
                "look": LOOKS[zone.verdict].shape,
                "tissue": tissue_name(zone.key) if mapped else UNMAPPED,
                "known": zone.known,
                "d": svg_path(shapely.multipolygons(turned), chart),
            }
        )
    return {
        "zones": found,
        **lines(),
        "patterns": patterns(max(xmax - xmin, ymax - ymin) / HATCH_PART),
    }


def fineness(chart: Chart) -> float:
    """Return a px of the palette's weights on a picture of a chart that stays as it is.

    Less where it shows much; a page that draws for itself goes by its own scale.

    Examples
    --------
    >>> charts = load_body("male").charts
    >>> fineness(charts["posterior"]) < fineness(charts["left_hand_palmar"]) == 1.0
    True
    """
    xmin, xmax, ymin, ymax = chart.bounds
    return min(1.0, max(LEAST_FINE, FINE_MM / max(xmax - xmin, ymax - ymin)))


def lines() -> dict[str, Any]:
    """Return the picture language for a page that draws for itself.

    Returns
    -------
    dict
        ``looks`` in drawing order (colour of the line, its weight over that of the
        place, its dashes in weights), ``tissues`` in drawing order with their fills,
        and the ``rule`` for weights.

    Examples
    --------
    >>> [look["strokes"] for look in lines()["looks"]]
    ['faint', 'dotted', 'full', 'double']
    """
    known = palette()
    hatch = {"id": UNMAPPED, "fill": f"url(#{LOOKS[Verdict.NOT_ASSESSABLE].shape})"}
    return {
        "looks": [
            {
                "id": LOOKS[v].shape,
                "severity": v.value,
                "line": known.severity[v].line,
                "factor": known.severity[v].factor,
                "strokes": known.severity[v].strokes,
                "dash": dashes(v),
            }
            for v in ORDER
        ],
        "tissues": [
            {**hatch, "opacity": 1.0},
            *(
                {"id": t, "fill": known.tissue[t].fill, "opacity": known.over.opacity}
                for t in ("flesh", *TISSUES)
            ),
        ],
        "rule": {
            "weight": known.weight.model_dump(),
            "near": known.near.model_dump(),
            "band": known.band.model_dump(),
            "finest": LEAST_FINE,
            "dash": dashes(Verdict.STOP, known=False),
        },
    }


def _level(zone: Shown) -> str:
    """Return what a zone can come to, in the words of the line under the map."""
    look = LOOKS[zone.verdict]
    if zone.verdict == Verdict.NOT_ASSESSABLE:
        return _("Not mapped")
    return (
        look.short
        if zone.known
        else _("{short}, may apply (not asked)", short=look.short)
    )


def patterns(gap: float) -> str:
    """Return the patterns of ground that is not mapped, and of where none may go in.

    They are of the ground and of no structure: as SVG, lines `gap` mm apart.
    """
    line, bare = gap * 0.1, palette().unmapped
    stop, grey = LOOKS[Verdict.STOP], LOOKS[Verdict.NOT_ASSESSABLE]
    crossed = "".join(
        f'<path d="M0 0{way}{gap:.2f}" stroke="{stop.line}" '
        f'stroke-width="{line:.2f}" stroke-opacity="0.62"/>'
        for way in "VH"
    )
    wide = gap * 4
    return (
        f'<defs><pattern id="{stop.shape}" width="{gap:.2f}" height="{gap:.2f}" '
        f'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect '
        f'width="{gap:.2f}" height="{gap:.2f}" fill="{stop.line}" '
        f'fill-opacity="0.2"/>{crossed}</pattern>'
        f'<pattern id="{grey.shape}" width="{wide:.2f}" height="{wide:.2f}" '
        f'patternUnits="userSpaceOnUse"><rect width="{wide:.2f}" '
        f'height="{wide:.2f}" fill="{bare.fill}" fill-opacity="{bare.opacity:g}"/>'
        f'<path d="M0 {wide:.2f}L{wide:.2f} 0M0 {wide / 2:.2f}L{wide / 2:.2f} 0M'
        f'{wide / 2:.2f} {wide:.2f}L{wide:.2f} {wide / 2:.2f}" stroke="{grey.line}" '
        f'stroke-width="{line:.2f}" stroke-opacity="0.8"/><text x="{wide / 2:.2f}" '
        f'y="{wide * 0.66:.2f}" font-size="{wide * 0.42:.2f}" font-weight="700" '
        f'text-anchor="middle" font-family="sans-serif" '
        f'fill="{shade("unmapped-query")}">?</text>'
        "</pattern></defs>"
    )
