"""What a learner knows as a map: the structures met on a body, by how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.look.palette import shade
from viewer.map.charts.frames import get_chart
from viewer.map.zones.zone_images import svg_path, zone_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Levels, the weakest first: colour, and the lines or dots that are drawn on it.
LEVELS: dict[str, tuple[str, str]] = {
    "weak": (
        shade("known-weak"),
        f'<path d="M0 {{s}}L{{s}} 0" stroke="{shade("known-weak")}" '
        'stroke-width="{w}"/>',
    ),
    "fair": (
        shade("known-fair"),
        f'<circle cx="{{h}}" cy="{{h}}" r="{{w}}" fill="{shade("known-fair-dots")}"/>',
    ),
    "well": (shade("known-well"), ""),
}
#: What each is called.
LEVEL_WORDS = {"weak": "to repeat", "fair": "half known", "well": "known well"}
#: Distance of the lines, mm of the body.
GAP_MM = 11.0
#: Charts of the map, of one body.
CHARTS = ("anterior", "posterior")
BODY = "female"


def levels(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the level of each zone: that of the skill in which it is weakest.

    Parameters
    ----------
    rows : sequence of mapping
        Of `viewer.learn.views.progress_view.progress_view`.

    Examples
    --------
    >>> rows = [{"id": "pleura", "level": "well"}, {"id": "pleura", "level": "weak"}]
    >>> levels(rows)
    {'pleura': 'weak'}
    """
    order = list(LEVELS)
    found: dict[str, str] = {}
    for row in rows:
        zone, level = str(row["id"]), str(row["level"])
        if zone not in found or order.index(level) < order.index(found[zone]):
            found[zone] = level
    return found


def known_svg(body: str, chart: str, known: Mapping[str, str]) -> str:
    """Return the zones of a learner on a chart, as an SVG of the picture's extent.

    Parameters
    ----------
    body, chart : str
        Names of the body and of one of its charts.
    known : mapping of str to str
        Level of each zone, from `levels`.

    Returns
    -------
    str
        Large zones lie under small ones; levels differ in pattern as in colour.

    Raises
    ------
    UnknownNameError
        When there is no such body or chart.

    Examples
    --------
    >>> known_svg("female", "posterior", {"kidney": "weak"}).count('class="zone"')
    1
    """
    drawn = get_chart(body, chart)
    xmin, xmax, ymin, ymax = drawn.bounds
    wide, tall = xmax - xmin, ymax - ymin
    shapes = [
        (shape, level)
        for zone, level in known.items()
        if not (shape := zone_shape(body, chart, zone)).is_empty
    ]
    shapes.sort(key=lambda pair: -pair[0].area)
    parts = [_pattern(level, colour, sign) for level, (colour, sign) in LEVELS.items()]
    for shape, level in shapes:
        parts.append(
            f'<path class="zone" d="{svg_path(shape, drawn)}" fill="url(#{level})" '
            f'fill-rule="evenodd" stroke="{LEVELS[level][0]}" stroke-width="1.2" '
            'vector-effect="non-scaling-stroke" stroke-linejoin="round"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.1f} {tall:.1f}" '
        f'width="{wide:.0f}" height="{tall:.0f}">{"".join(parts)}</svg>'
    )


def _pattern(level: str, colour: str, sign: str) -> str:
    marks = sign.format(s=f"{GAP_MM:g}", h=f"{GAP_MM / 2:g}", w=f"{GAP_MM * 0.16:g}")
    return (
        f'<pattern id="{level}" width="{GAP_MM:g}" height="{GAP_MM:g}" '
        f'patternUnits="userSpaceOnUse"><rect width="{GAP_MM:g}" height="{GAP_MM:g}" '
        f'fill="{colour}" fill-opacity="0.34"/>{marks}</pattern>'
    )
