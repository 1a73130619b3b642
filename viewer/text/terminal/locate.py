"""Where a site is, as data and as text, for ``needlemap locate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from zones.contract.sites import parse_site

if TYPE_CHECKING:
    from collections.abc import Mapping


def locate(site: object) -> list[dict[str, Any]]:
    """Return where a site is, on each body that has it.

    Parameters
    ----------
    site : mapping
        A site of the contract; with ``body`` only that body is asked.

    Returns
    -------
    list of dict
        Keys body, side, region, segment, xyz_mm, description, offset (the site as a
        landmark offset), charts (name to x_mm, y_mm where the place is seen).

    Raises
    ------
    NeedlemapError
        When no body has the site.
    """
    from anatomy.body import load_body
    from anatomy.words.sites import resolve_site

    form = parse_site(site)
    plain = form.model_dump(exclude_none=True, exclude={"body"})
    found: list[dict[str, Any]] = []
    errors: list[NeedlemapError] = []
    for name in (form.body,) if form.body else ("male", "female"):
        body = load_body(name)
        try:
            placed = resolve_site(body, plain)
        except NeedlemapError as error:
            errors.append(error)
            continue
        found.append(_place(body, placed))
    if not found:
        raise errors[0]
    return found


def _place(body: Any, placed: Any) -> dict[str, Any]:
    """Return one place in all forms."""
    from anatomy.places.describe import describe

    point = placed.point
    words = describe(body, point)
    seen = {}
    for name, chart in body.charts.items():
        if chart.visible(point):
            x, y = chart.project(np.asarray(point.xyz)[None, :])[0]
            seen[name] = [round(float(x), 1), round(float(y), 1)]
    return {
        "body": body.name,
        "side": placed.side,
        "region": placed.region,
        "segment": placed.segment,
        "xyz_mm": [round(float(v), 1) for v in point.xyz],
        "description": words.text,
        "offset": words.offset,
        "spread_mm": float(placed.spread_mm),
        "charts": seen,
    }


def located_text(place: Mapping[str, Any]) -> str:
    """Return a place as text."""
    x, y, z = place["xyz_mm"]
    lines = [
        f"{place['description']}",
        f"  body     {place['body']} ({place['region']}, {place['segment']})",
        f"  side     {place['side']} (the patient's)",
        f"  frame    x {x:g}, y {y:g}, z {z:g} mm",
    ]
    if place["spread_mm"]:
        lines.append(f"  spread   {place['spread_mm']:g} mm (a search area)")
    for name, (across, up) in place["charts"].items():
        lines.append(f"  chart    {name} {across:g}, {up:g}")
    return "\n".join(lines)
