"""The places on a body that a name, a phrase or a request means, as hits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.messages import joined, message, named
from anatomy.messages import message as _
from anatomy.muscles.catalogue import get_muscle, get_point
from anatomy.names import Side
from anatomy.places.describe import describe
from anatomy.places.said import sided
from anatomy.words.known_names import Name
from anatomy.words.likeness import BY_BEGINNING
from anatomy.words.phrase_models import Phrase
from anatomy.words.phrases import find_phrase
from anatomy.words.sites import home_chart, resolve_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anatomy.body import Body

#: Words for a positive and a negative offset.
_WAYS = {"lateral": ("lateral to", "medial to"), "superior": ("above", "below")}

Kind = Literal["landmark", "muscle", "point", "region", "text"]


@dataclass(frozen=True)
class Hit:
    """One site that a query may mean.

    Attributes
    ----------
    kind : {"landmark", "muscle", "point", "region", "text"}
        What was found; a region is something to look at, not a place for a needle.
    title : str
        Its name with the side in front, and for a muscle the site.
    request : mapping
        The site of the contract; empty for a region.
    side : {"left", "right", "midline"}
        The patient's side.
    where : str
        Where it lies, in words.
    chart : str
        The chart that shows it best.
    quality : float
        How well the query fits, 0 to 1; 1 is the name itself.
    """

    kind: Kind
    title: str
    request: Mapping[str, Any]
    side: Side
    where: str
    chart: str
    quality: float


def name_hits(body: Body, found: Name, side: str | None, quality: float) -> list[Hit]:
    """Return the places of a name: on the side that was said, or on both."""
    if found.kind == "landmark":
        return _landmark_hits(body, found, side, quality)
    if found.kind == "muscle":
        return _muscle_hits(body, found, side, quality)
    if found.kind == "point":
        return _point_hits(body, found, side, quality)
    if found.kind == "phrase":
        phrase = find_phrase(found.name)
        return [] if phrase is None else phrase_hits(body, phrase, side, quality)
    return _region_hits(body, found, side, quality)


def phrase_hits(
    body: Body, phrase: Phrase, side: str | None, quality: float
) -> list[Hit]:
    """Return the places of a phrase; those of a list are equally good."""
    if len(phrase.which) == 1:
        quality = min(quality, BY_BEGINNING)  # near it, not it
    hits: list[Hit] = []
    for target in phrase.targets:
        if target.region is not None:
            name = Name("region", target.region, ())
            hits += _region_hits(body, name, side, quality)
        elif target.muscle is not None and target.site is None and phrase.means:
            hits += _muscle_hits(body, Name("muscle", target.muscle, ()), side, quality)
        else:
            hits += request_hits(body, target.request(), side, quality)
    return hits


def request_hits(
    body: Body,
    request: dict[str, Any],
    side: str | None,
    quality: float,
    *,
    title: str | None = None,
) -> list[Hit]:
    """Return the hits of one site, on the side that was said or on both."""
    if "point" in request:
        return _point_hits(body, Name("point", request["point"], ()), side, quality)
    if "muscle" in request:
        name = Name("muscle", request["muscle"], ())
        label = request.get("site", get_muscle(request["muscle"]).site[0].label)
        return _muscle_hits(body, name, side, quality, only=label)
    if set(request) == {"landmark"}:
        name = Name("landmark", request["landmark"], ())
        return _landmark_hits(body, name, side, quality)
    hits: list[Hit] = []
    seen: set[str] = set()
    for way in (side,) if side else ("left", "right"):
        try:
            hit = placed_hit(body, "text", request | {"side": way}, side, quality, seen)
        except NeedlemapError:
            continue
        if hit is not None and title is not None:
            shown = re.sub(r"\b[ctls]\d+\b|^\w{2,3}\b", lambda w: w[0].upper(), title)
            where = _offset_title(request)
            hit = replace(hit, title=sided(way, shown), where=where)
        hits += [] if hit is None else [hit]
    return hits


def _landmark_hits(
    body: Body, found: Name, side: str | None, quality: float
) -> list[Hit]:
    hits = []
    paired = body.landmarks.is_paired(found.name)
    if not paired and side is not None:
        return []
    for way in _both(side) if paired else ("midline",):
        request = {"landmark": found.name}
        if way != "midline":
            request["side"] = way
        try:
            mark = body.landmarks.get(found.name, request.get("side"))
        except NeedlemapError:
            continue
        hits.append(
            Hit(
                "landmark",
                sided(mark.side, named(mark.name)),
                MappingProxyType(request),
                way,
                named(body.region_at(mark.skin)),
                mark.home_chart,
                quality,
            )
        )
    return hits


def _muscle_hits(
    body: Body,
    found: Name,
    side: str | None,
    quality: float,
    *,
    only: str | None = None,
) -> list[Hit]:
    muscle = get_muscle(found.name)
    hits = []
    spots = [s for s in muscle.site if only is None or s.label == only]
    for number, spot in enumerate(spots):
        for way in _both(side):
            request = {"muscle": muscle.name, "site": spot.label, "side": way}
            try:
                placed = resolve_site(body, request)
            except NeedlemapError:
                continue
            hits.append(
                Hit(
                    "muscle",
                    sided(way, named(muscle.name)),
                    MappingProxyType(request),
                    way,
                    named(spot.label),
                    placed.chart,
                    max(quality - 0.01 * number, 0.0),
                )
            )
    return hits


def _point_hits(body: Body, found: Name, side: str | None, quality: float) -> list[Hit]:
    point = get_point(found.name)
    if point.side == "midline" and side is not None:
        return []
    hits = []
    for way in _both(side) if point.side == "paired" else ("midline",):
        request = {"point": point.id} | ({} if way == "midline" else {"side": way})
        try:
            placed = resolve_site(body, request)
        except NeedlemapError:
            continue
        hits.append(
            Hit(
                "point",
                sided(way, f"{point.id} {point.name}".strip()),
                MappingProxyType(request),
                placed.side,
                point.location,
                placed.chart,
                quality,
            )
        )
    return hits


def _region_hits(
    body: Body, found: Name, side: str | None, quality: float
) -> list[Hit]:
    """Return a region as something to look at, on the side that was said."""
    number = body.region_names.index(found.name)
    members = np.flatnonzero(body.region_labels == number)
    if not len(members):
        return []
    hits = []
    for way in _both(side):
        own = body.skin.vertices[members]
        own = own[own[:, 0] > 0] if way == "left" else own[own[:, 0] < 0]
        if not len(own):
            continue
        middle = own[np.argmin(np.linalg.norm(own - own.mean(axis=0), axis=1))]
        chart = home_chart(body, body.skin.nearest(middle))
        hits.append(
            Hit(
                "region",
                sided(way, named(found.name)),
                MappingProxyType({}),
                way,
                _("show this region; place the needle there by hand"),
                chart,
                quality,
            )
        )
    same = len({h.chart for h in hits}) == 1 and side is None
    if same and hits:
        first = hits[0]
        hits = [
            Hit(
                "region",
                named(found.name),
                first.request,
                "midline",
                first.where,
                first.chart,
                quality,
            )
        ]
    return hits


def placed_hit(
    body: Body,
    kind: Kind,
    request: Mapping[str, Any],
    side: str | None,
    quality: float,
    seen: set[str],
) -> Hit | None:
    """Return a place as a hit; None when it is on another side, or was there."""
    placed = resolve_site(body, request)
    wrong = side is not None and placed.side != side
    if wrong or repr(placed.point.xyz) in seen:
        return None
    seen.add(repr(placed.point.xyz))
    site = dict(request)
    if placed.side == "midline":
        site.pop("side", None)
    words = describe(body, placed.point).text
    return Hit(
        kind,
        _offset_title(site),
        MappingProxyType(site),
        placed.side,
        joined([named(placed.region), words], ": "),
        placed.chart,
        quality,
    )


def _both(side: str | None) -> tuple[Side, ...]:
    if side is None:
        return ("left", "right")
    return ("left",) if side == "left" else ("right",)


def _offset_title(site: Mapping[str, Any]) -> str:
    """Return a landmark offset in words, its side in front.

    Examples
    --------
    >>> _offset_title({"landmark": "acromion", "superior_mm": -40.0, "side": "left"})
    'left, 4 cm below the acromion'
    """
    found: list[tuple[str, str]] = []
    for axis in ("lateral", "superior"):
        for unit, per in (("mm", 10.0), ("cun", 1.0)):
            value = site.get(f"{axis}_{unit}")
            if value:
                amount = _amount(abs(value) / per, unit)
                found.append((_WAYS[axis][value < 0], amount))
    text = _start(site)
    if not found and "between" in site:
        share = site.get("fraction", 0.5)
        text = _("{share:.0%} of {way}", share=share, way=text)
    if found:
        *first, (way, amount) = found
        text = message(f"{{amount}} {way} {{place}}", amount=amount, place=text)
        for way, amount in reversed(first):
            text = _(
                "{first} and {second}",
                first=message(f"{{amount}} {way}", amount=amount),
                second=text,
            )
    side = site.get("side")
    return joined([named(side), text], ", ") if side else text


def _amount(size: float, unit: str) -> str:
    if unit == "cun":
        return _("{size:g} cun", size=size)
    return _("{size:g} cm", size=size)


def _start(site: Mapping[str, Any]) -> str:
    """Return from where an offset runs."""
    if "between" in site:
        first, second = map(named, site["between"])
        if site.get("tape"):
            return _("the tape from {first} to {second}", first=first, second=second)
        return _("the line from {first} to {second}", first=first, second=second)
    name = str(site["landmark"])
    if re.match(r"[A-Z]+\d|rib|intercostal", name):
        return named(name)
    return _("the {landmark}", landmark=named(name))


def ways() -> Iterator[str]:
    """Yield one text of each pattern for an offset, for those who translate."""
    for pair in _WAYS.values():
        for way in pair:
            yield message(f"{{amount}} {way} {{place}}", amount="", place="")
            yield message(f"{{amount}} {way}", amount="")
