"""The site in words, the side always named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from anatomy.body import load_body
from anatomy.messages import message as _
from anatomy.places.describe import describe
from viewer.map.charts.frames import PLACEMENT_MM
from viewer.state.terms import term
from zones.contract.models import Assessment


def side_words(side: str) -> str:
    """Return a side as the page prints it: the patient's, in capitals.

    Examples
    --------
    >>> side_words("left"), side_words("midline")
    ("Patient's LEFT", 'MIDLINE')
    """
    return {
        "left": _("Patient's LEFT"),
        "right": _("Patient's RIGHT"),
        "midline": _("MIDLINE"),
    }[side]


def site_text(site: Mapping[str, Any] | None, answer: Assessment | None) -> str:
    """Return the place of a site in words, empty without one."""
    if site is None:
        return ""
    if answer is not None and answer.site.body == site["body"]:
        return answer.site.description
    body = load_body(site["body"])
    return describe(body, body.skin.nearest(np.array(site["xyz"]))).text


def site_words(site: Mapping[str, Any] | None, answer: Assessment | None) -> list[Any]:
    """Return the line below the map: side, region, place, size of the disc."""
    from dash import html

    if site is None:
        return [_("No needle placed.")]
    if answer is not None and answer.site.body == site["body"]:
        text, region = answer.site.description, answer.site.region
    else:
        body = load_body(site["body"])
        point = body.skin.nearest(np.array(site["xyz"]))
        text, region = describe(body, point).text, str(body.region_at(point))
    spread = float(site["spread_mm"])
    disc = (
        _("search area {spread:g} mm", spread=spread)
        if spread > 0.0
        else _("disc: {placement_mm:g} mm placing error", placement_mm=PLACEMENT_MM)
    )
    name = site.get("name")
    return [
        html.Strong(side_words(site["side"])),
        *([" · ", html.B(name)] if name else []),
        " · ",
        term(region),
        " · ",
        text,
        html.Span([" · ", disc], className="muted"),
    ]
