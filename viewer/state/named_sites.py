"""Sites with a name: which muscle or acupoint it is, and what needle is usual there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from anatomy.muscles.catalogue import get_muscle, get_point, muscle_site
from anatomy.words.sites import resolve_site
from anatomy.words.text import parse_text
from viewer.state.technique_fields import usual_needle
from viewer.state.terms import term

if TYPE_CHECKING:
    from anatomy.body import Body

Data = dict[str, Any]

#: The needle that the page begins with, and a new site without a usual one.
START: Data = {"length_mm": 40, "depth_mm": 25, "tilt_deg": 0, "toward": "medial"}


def named(request: Mapping[str, Any]) -> str:
    """Return the muscle or point that a site names, and which place of it.

    Examples
    --------
    >>> named({"muscle": "soleus", "site": "mid", "side": "left"})
    'soleus (mid)'
    """
    name = str(request.get("muscle") or request.get("point") or "")
    if not name or not request.get("site"):
        return name
    return _("{name} ({place})", name=name, place=term(str(request["site"])))


def spelled_out(body: Body, request: Mapping[str, Any]) -> Data:
    """Return a site in words as the muscle or point that it names; others unchanged.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> spelled_out(load_body("male"), {"text": "left gb21"})["point"]
    'GB21'
    """
    given = dict(request)
    if "text" in given:
        try:
            read = parse_text(body, given["text"])
        except NeedlemapError:
            return given
        given = {**read, **({"side": given["side"]} if given.get("side") else {})}
    try:
        if given.get("muscle"):
            muscle = get_muscle(given["muscle"])
            given["muscle"] = muscle.name
            if len(muscle.site) > 1:  # which of them is part of the name
                given["site"] = muscle_site(muscle, given.get("site")).label
        if given.get("point"):
            given["point"] = get_point(given["point"]).id
    except NeedlemapError:
        return dict(request)
    return given


def names_of(body: Body, request: Mapping[str, Any]) -> Data:
    """Return what the page keeps of a site's name: ``name``, ``origin``, ``usual``.

    Empty for a place that was measured or clicked.
    """
    meant = spelled_out(body, request)
    name = named(meant)
    if not name:
        return {}
    origin = {
        k: v for k, v in meant.items() if k in ("muscle", "point", "site", "side")
    }
    return {"name": name, "origin": origin, "usual": usual_needle(meant)}


def moved_name(body: Body, origin: object, xyz: Any) -> Data:
    """Return the name of a site that was moved a little from where its name says.

    Parameters
    ----------
    body : Body
        The body that the site lies on.
    origin : object
        The site that was named, as `names_of` keeps it; anything else has no name.
    xyz : (3,) array_like
        Where it was moved to, mm.

    Returns
    -------
    dict
        ``name`` and ``origin``; empty outside of the named site's search area.
    """
    if not isinstance(origin, Mapping) or not named(origin):
        return {}
    try:
        there = resolve_site(body, origin)
    except NeedlemapError:
        return {}
    gap = float(np.linalg.norm(np.asarray(xyz, dtype=float) - there.point.xyz))
    if gap > there.spread_mm:
        return {}
    aside = _(", moved {gap:.0f} mm", gap=gap) if gap >= 0.5 else ""
    return {"name": joined([named(origin), aside], ""), "origin": dict(origin)}
