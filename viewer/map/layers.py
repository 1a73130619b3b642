"""The layers of the map: what can be switched on, and the places that they mark.

Zones come apart by what their data say that they are (`Shown.group`). Muscles and
acupoints are the catalogue's search areas, each drawn at the middle of its own and
with the request that places the needle there by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely
from numpy.typing import NDArray

from anatomy.body import load_body
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.catalogue import (
    get_muscle,
    get_point,
    muscle_names,
    place_muscle,
    place_point,
    point_names,
)
from anatomy.store import cached
from viewer.look.look import SIGNS
from viewer.map.area_marks import sees
from viewer.map.bellies import belly_shapes
from viewer.map.charts.frames import landmark_points, view_name
from viewer.map.zones.zone_images import (
    GRAVE,
    LESSER,
    UNMAPPED,
    Shown,
    zone_groups,
    zone_layer,
    zone_shape,
)
from viewer.state.terms import SIDES, term

#: Values of the layers in the control.
SKELETON, ZONE_LABELS, DEPTH = "skeleton", "zone-labels", "depth"
MUSCLES, POINTS, LANDMARKS = "muscles", "points", "landmarks"
#: Words for the groups of zones; a group that is new here shows its own name.
GROUP_WORDS = {
    GRAVE: _("Outlines: catastrophic, critical"),
    LESSER: _("Outlines: serious to minor"),
    "exclusion": _("Rules and pregnancy"),
    UNMAPPED: _("Not mapped"),
}
#: Words for the other layers, in the control's order.
WORDS = {
    ZONE_LABELS: _("Names of zones"),
    DEPTH: _("Depth limit"),
    MUSCLES: _("Muscles (schematic)"),
    POINTS: _("Acupoints"),
    LANDMARKS: _("Landmarks"),
}


def start_layers() -> list[str]:
    """Return the layers that are on at first: limits, with outlines only on wish."""
    return [SKELETON, DEPTH]


def layer_options() -> list[dict[str, str]]:
    """Return the layers as options of a control.

    Examples
    --------
    >>> [option["label"] for option in layer_options()][-3:]
    ['Muscles (schematic)', 'Acupoints', 'Landmarks']
    """
    zones = [
        {"value": zone_layer(g), "label": GROUP_WORDS.get(g, g.capitalize())}
        for g in zone_groups()
    ]
    others = [{"value": v, "label": word} for v, word in WORDS.items()]
    return [{"value": SKELETON, "label": _("Skeleton")}, *zones, *others]


@dataclass(frozen=True, eq=False)
class NamedSite:
    """A muscle's or an acupoint's search area on a body.

    Attributes
    ----------
    layer : str
        ``"muscles"`` or ``"points"``.
    short : str
        What is written beside it on the map.
    title : str
        Name, side and, for a muscle, which of its sites.
    request : dict
        The site of the contract that names it.
    side : {"left", "right", "midline"}
        The patient's.
    xyz : (3,) array
        Its middle on the skin, mm.
    spread_mm : float
        Radius of the search area.
    """

    layer: str
    short: str
    title: str
    request: dict[str, str]
    side: str
    xyz: NDArray[Any]
    spread_mm: float


@cached(maxsize=8)
def named_sites(body_name: str) -> tuple[NamedSite, ...]:
    """Return every muscle site and acupoint of both sides of a body.

    Examples
    --------
    >>> sites = named_sites("male")
    >>> all(site.xyz[0] > 0 for site in sites if site.side == "left")
    True
    """
    body = load_body(body_name)
    found: list[NamedSite] = []
    for name in muscle_names():
        muscle = get_muscle(name)
        for spot in muscle.site:
            for side in ("left", "right"):
                request = {"muscle": muscle.name, "side": side, "site": spot.label}
                at = place_muscle(body, muscle.name, side, site=spot.label)
                title = _(
                    "{muscle}, {side}: {place}",
                    muscle=term(muscle.name),
                    side=SIDES[side],
                    place=term(spot.label),
                )
                spread = float(spot.spread_mm)
                found.append(
                    NamedSite(
                        MUSCLES, muscle.name, title, request, side, at.xyz, spread
                    )
                )
    for code in point_names():
        point = get_point(code)
        for side in ("left", "right") if point.side == "paired" else ("midline",):
            request = {"point": point.id, "side": side}
            if side == "midline":
                del request["side"]
            at = place_point(body, point.id, request.get("side"))
            words = [point.id, point.name] if point.name else [point.id]
            title = joined([" ".join(words), SIDES[side]], ", ")
            spread = float(point.spread_mm)
            found.append(
                NamedSite(POINTS, point.id, title, request, side, at.xyz, spread)
            )
    return tuple(found)


@cached(maxsize=64)
def sites_on(body_name: str, chart_name: str, layer: str) -> tuple[NamedSite, ...]:
    """Return the named sites of a layer that a chart shows."""
    chart = load_body(body_name).charts[chart_name]
    return tuple(
        site
        for site in named_sites(body_name)
        if site.layer == layer and sees(chart, site.xyz)
    )


@cached(maxsize=64)
def site_marks(body_name: str, chart_name: str, layer: str) -> list[dict[str, Any]]:
    """Return what the page draws of a layer of named sites.

    Returns
    -------
    list of dict
        ``x``, ``y``, ``r`` in the chart's mm, ``short``, ``title``, ``request``.
    """
    chart = load_body(body_name).charts[chart_name]
    found = []
    for site in sites_on(body_name, chart_name, layer):
        x, y = (round(float(v), 1) for v in chart.project(site.xyz)[0])
        found.append(
            {
                "x": x,
                "y": y,
                "r": site.spread_mm,
                "short": site.short,
                "title": site.title,
                "request": site.request,
            }
        )
    return found


def zone_marks(
    body_name: str, chart_name: str, zones: Iterable[Shown]
) -> list[dict[str, Any]]:
    """Return where the names of zones are written on a chart.

    Each piece of a zone that the chart shows gets its name once, well inside it, with
    the piece's own size, so that small pieces are named only when there is room.

    Returns
    -------
    list of dict
        ``x``, ``y``, ``size`` in the chart's mm, ``sign`` (what reaching it can come
        to), ``short``, ``layer``; larger first.
    """
    found = []
    for zone in zones:
        for x, y, size in _label_places(body_name, chart_name, zone.key):
            found.append(
                {
                    "x": x,
                    "y": y,
                    "size": size,
                    "sign": SIGNS[zone.verdict],
                    "short": zone.label,
                    "layer": zone_layer(zone.group),
                }
            )
    return sorted(found, key=lambda mark: -mark["size"])


@cached(maxsize=4096)
def _label_places(
    body_name: str, chart_name: str, key: str
) -> list[tuple[float, float, float]]:
    """Return a place well inside each piece of a zone, and the piece's size, mm."""
    places = []
    for part in shapely.get_parts(zone_shape(body_name, chart_name, key)):
        if part.is_empty or part.area < 1.0:
            continue
        at = part.representative_point()
        size = round(float(part.area) ** 0.5, 1)
        places.append((round(float(at.x), 1), round(float(at.y), 1), size))
    return places


def atlas(
    body_name: str, chart_name: str, zones: Iterable[Shown], layers: Iterable[str]
) -> dict[str, Any]:
    """Return the marks of the layers that are on, for the page to draw.

    Returns
    -------
    dict
        ``view``, the drawing that they belong to, and a list for each layer.
    """
    on = set(layers)
    found: dict[str, Any] = {"view": view_name(body_name, chart_name)}
    for layer in (MUSCLES, POINTS):
        if layer in on:
            found[layer] = site_marks(body_name, chart_name, layer)
    if MUSCLES in on:
        found["bellies"] = belly_shapes(body_name, chart_name)
    if LANDMARKS in on:
        found[LANDMARKS] = [
            {"x": x, "y": y, "short": name, "title": name}
            for x, y, name in zip(*landmark_points(body_name, chart_name), strict=True)
        ]
    if ZONE_LABELS in on:
        found[ZONE_LABELS] = zone_marks(body_name, chart_name, zones)
    return found
