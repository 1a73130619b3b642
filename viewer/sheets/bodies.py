"""Whole bodies with numbered sites: for leaflets, records and small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.messages import message as _
from viewer.look.look import INK, NEEDLE
from viewer.look.palette import palette
from viewer.map.charts.chart_menu import edge_words
from viewer.map.charts.frames import LETTERS
from viewer.map.zones.zone_images import svg_path
from viewer.section.pen import stacked
from viewer.sheets.pen import FAMILIES, label
from viewer.sheets.svg import tile, whole

#: Charts of whole bodies, and how each is called.
FIGURES = {"anterior": _("Front"), "posterior": _("Back")}
SKIN = palette().tissue["skin"]
#: Radius of a number's disc, and of a site's dot, mm of paper.
DISC_MM, DOT_MM = 1.9, 0.75
#: Room for the numbers on each side of a body, mm of paper.
ASIDE_MM = 6.5


@dataclass(frozen=True)
class Spot:
    """A site on a body: what is written beside it, which body, and where (mm)."""

    text: str
    body: str
    xyz: tuple[float, float, float]


@dataclass(frozen=True)
class Figure:
    """One body seen from one side.

    Attributes
    ----------
    svg : str
        The drawing, a whole SVG document.
    title : str
        From where it is seen.
    wide, tall : float
        Its size, mm of paper.
    """

    svg: str
    title: str
    wide: float
    tall: float


def figures(
    spots: Sequence[Spot], tall: float, *, picture: bool = True
) -> list[Figure]:
    """Return the bodies that show all sites, each from the side that shows it.

    Parameters
    ----------
    spots : sequence of Spot
        What is to be shown; nothing is drawn for none.
    tall : float
        Height of each figure, mm of paper.
    picture : bool
        Whether the skin is drawn as a picture; else as an outline, which is small.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> mark = load_body("male").landmarks.get("L4 spinous process")
    >>> [f.title for f in figures([Spot("1", "male", tuple(mark.xyz))], 60.0)]
    ['Back']
    """
    shown: dict[tuple[str, str], list[Spot]] = {}
    for spot in spots:
        shown.setdefault((spot.body, seen_from(spot.body, spot.xyz)), []).append(spot)
    order = list(FIGURES)
    return [
        _figure(body, chart, found, tall, picture=picture)
        for (body, chart), found in sorted(
            shown.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
        )
    ]


def seen_from(body_name: str, xyz: Sequence[float]) -> str:
    """Return the chart of a whole body that a place on the skin faces.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> seen_from("male", load_body("male").landmarks.get("L4 spinous process").xyz)
    'posterior'
    """
    body = load_body(body_name)
    point = body.skin.nearest(np.asarray(xyz, dtype=float))
    normal = body.skin.normal(point)
    charts = body.charts
    hidden = {name: not charts[name].visible(point) for name in FIGURES}
    return min(
        FIGURES,
        key=lambda name: (hidden[name], float(normal @ np.array(charts[name].view))),
    )


def _figure(
    body: str, chart_name: str, spots: list[Spot], tall: float, *, picture: bool
) -> Figure:
    chart = load_body(body).charts[chart_name]
    left, top, size_x, size_y = whole(body, chart_name, pad=0.0)
    per_mm = tall / size_y
    broad = size_x * per_mm
    wide = broad + 2 * ASIDE_MM
    parts = [_body(body, chart_name, broad, tall, per_mm, picture=picture)]
    places = chart.to_picture(chart.project([spot.xyz for spot in spots]))
    at = [((x - left) * per_mm + ASIDE_MM, (y - top) * per_mm) for x, y in places]
    middle = wide / 2
    for x_disc, here in (
        (DISC_MM + 0.2, [i for i, (x, _y) in enumerate(at) if x < middle]),
        (wide - DISC_MM - 0.2, [i for i, (x, _y) in enumerate(at) if x >= middle]),
    ):
        parts += _numbers(x_disc, sorted(here, key=lambda i: at[i][1]), at, spots, tall)
    parts += _sides(edge_words(chart.spec), wide)
    title = FIGURES[chart_name]
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" width="{wide:.2f}mm" '
        f'height="{tall:.2f}mm" viewBox="0 0 {wide:.2f} {tall:.2f}">'
        f"{''.join(parts)}</svg>"
    )
    return Figure(drawn, title, wide, tall)


def _body(
    body: str,
    chart_name: str,
    broad: float,
    tall: float,
    per_mm: float,
    *,
    picture: bool,
) -> str:
    at = (ASIDE_MM, 0.0, broad, tall)
    if picture:
        window = whole(body, chart_name, pad=0.0)
        return tile(
            body, chart_name, (), at, window=window, frame=False, most_px=900
        ).svg
    chart = load_body(body).charts[chart_name]
    outline = svg_path(chart.outline.simplify(4.0), chart)
    return (
        f'<path transform="translate({ASIDE_MM:.2f} 0) scale({per_mm:.5f})" '
        f'd="{outline}" fill="{SKIN.fill}" fill-opacity="0.35" stroke="{SKIN.line}" '
        f'stroke-width="{0.25 / per_mm:.2f}"/>'
    )


def _numbers(
    x_disc: float,
    here: list[int],
    at: list[tuple[float, float]],
    spots: list[Spot],
    tall: float,
) -> list[str]:
    """Return dots with their numbers at one side of a body, none over another."""
    if not here:
        return []
    high = min(2 * DISC_MM + 0.3, tall / len(here))
    radius = min(DISC_MM, high / 2)
    tops = stacked([at[i][1] - high / 2 for i in here], [high] * len(here), tall)
    lines, discs = [], []
    for i, top in zip(here, tops, strict=True):
        (x, y), y_disc = at[i], top + high / 2
        lines.append(
            f'<path d="M{x:.2f} {y:.2f}L{x_disc:.2f} {y_disc:.2f}" stroke="{NEEDLE}" '
            f'stroke-width="0.22" fill="none"/><circle cx="{x:.2f}" cy="{y:.2f}" '
            f'r="{DOT_MM}" fill="{NEEDLE}" stroke="#fff" stroke-width="0.25"/>'
        )
        size = 2.5 * radius / DISC_MM * (1.0 if len(spots[i].text) < 3 else 0.75)
        discs.append(
            f'<circle cx="{x_disc:.2f}" cy="{y_disc:.2f}" r="{radius:.2f}" '
            f'fill="{NEEDLE}"/><text x="{x_disc:.2f}" y="{y_disc + 0.35 * size:.2f}" '
            f'font-size="{size:.2f}" font-weight="600" fill="#fff" '
            f'text-anchor="middle" font-family="{FAMILIES}">'
            f"{escape(spots[i].text)}</text>"
        )
    return [*lines, *discs]


def _sides(words: tuple[Any, Any], wide: float) -> list[str]:
    """Return the letters of the patient's sides at the upper edges."""
    return [
        label(x, 3.0, LETTERS.get(w, w), 3.0, weight=600, fill=INK, anchor=anchor)
        for w, x, anchor in (
            (words[0], ASIDE_MM + 1.0, "start"),
            (words[1], wide - ASIDE_MM - 1.0, "end"),
        )
    ]
