"""How well stated depths hold: studies left out, sweeps, and depths seen elsewhere.

What is measured here goes into ``docs/decisions/calibration.md``; nothing in the data
is fitted to it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray
from zones.fields.areas import place_reference
from zones.fields.compiling import carried, skin_distance
from zones.knowledge.structures.pooling import (
    TAIL,
    anchor_of,
    join_groups,
    lend,
    spread_of,
)
from zones.risk.place import entry_vertex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from anatomy.body import Body
    from zones.fields.model import BodyFields
    from zones.knowledge.records.evidence import Evidence
    from zones.knowledge.structures.zone_models import Anchor, Zone


_NORMAL = NormalDist()
#: Quantiles that a study left out is held against.
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


@dataclass(frozen=True)
class LeftOut:
    """One study at one place against the model fitted without it.

    Attributes
    ----------
    zone, depth, source : str
        Where, and the study left out.
    group : str
        Class of the structure (its ``spread``).
    people : int
        People of the study.
    shares : dict of float to float
        Share of its people that lie below each stated quantile.
    """

    zone: str
    depth: str
    source: str
    group: str
    people: int
    shares: Mapping[float, float]


def leave_one_out(
    zones: Sequence[Zone], evidence: Mapping[str, Evidence], body: Body
) -> list[LeftOut]:
    """Return every depth study against what the others say of its place.

    Parameters
    ----------
    zones : sequence of Zone
        All zones.
    evidence : mapping of str to Evidence
        All records.
    body : Body
        Body on which distances between places are measured.

    Returns
    -------
    list of LeftOut
        One for each study and anchor of basis ``measured`` for which something is left
        to predict from: another study of the place, or another place of the structure.

    Notes
    -----
    The people of a study are taken as a lognormal with its mean and SD; a study that
    prints no spread is given that of its class.
    """
    lent = lend(zones, evidence)
    found = []
    for zone in zones:
        measured = [d for d in zone.depth if d.basis == "measured"]
        sources = {evidence[name].source for d in measured for name in d.records}
        for source in sorted(sources):
            rest = _without(zone, evidence, source)
            if rest is None:
                continue
            known = {
                depth.id: anchor
                for depth in rest.depth
                if (anchor := anchor_of(rest, depth, evidence, lent))
            }
            for depth in measured:
                mine = [n for n in depth.records if evidence[n].source == source]
                if not mine:
                    continue
                stated = _stated(body, zone, depth.id, known)
                if stated is None:
                    continue
                study = join_groups([evidence[name] for name in mine])[0]
                people = NormalDist(study.mu, study.sigma or spread_of(zone, lent))
                shares = {
                    q: people.cdf(stated[0] + stated[1] * _NORMAL.inv_cdf(q))
                    for q in QUANTILES
                }
                found.append(
                    LeftOut(
                        zone.id,
                        depth.id,
                        source,
                        zone.spread or "",
                        study.people,
                        shares,
                    )
                )
    return found


#: Id of a zone without one of its studies.
OUT = "left-out"


def _without(zone: Zone, evidence: Mapping[str, Evidence], source: str) -> Zone | None:
    """Return a zone whose measured depths lack a study; None when nothing is left."""
    depths = []
    for depth in zone.depth:
        if depth.basis != "measured":
            continue
        names = tuple(n for n in depth.records if evidence[n].source != source)
        if names:
            depths.append(depth.model_copy(update={"records": names, "anchor": None}))
    if not depths:
        return None
    return zone.model_copy(update={"id": OUT, "depth": tuple(depths)})


def _stated(
    body: Body, zone: Zone, name: str, known: Mapping[str, Anchor]
) -> tuple[float, float] | None:
    """Return mean and SD of the log depth that anchors give at the place of a depth."""
    by_id = {depth.id: depth for depth in zone.depth}
    places = {n: by_id[n].at for n in {*known, name}}
    if any(at is None for at in places.values()):
        return (known[name].mu, known[name].sigma) if name in known else None
    side: Any = "left" if zone.side == "left" else "right"
    try:
        point = place_reference(body, places[name], side)
        others = [place_reference(body, places[n], side) for n in known]
    except NeedlemapError:
        return None
    corner = body.skin.faces[point.face]
    far = skin_distance(body, others)
    away = far[:, corner].min(axis=1)[:, None]
    corners = [body.skin.faces[other.face] for other in others]
    apart = np.stack([far[:, own].min(axis=1) for own in corners], axis=1)
    mus = np.array([a.mu for a in known.values()])
    variances = np.array([a.sigma**2 for a in known.values()])
    place = next(iter(known.values())).place
    mu, sigma = carried(mus, variances, place, apart, away)
    return float(mu[0]), float(sigma[0])


@dataclass(frozen=True)
class Reliability:
    """Shares of people below the stated quantiles, over the studies of a group."""

    group: str
    studies: int
    people: int
    shares: Mapping[float, float]


def reliability(found: Sequence[LeftOut]) -> list[Reliability]:
    """Return the reliability of each group and of all, weighted by people.

    One study counts once a place, and no study for more than 200 people: a register of
    thousands is one kind of people.
    """
    groups: dict[str, list[LeftOut]] = defaultdict(list)
    for item in found:
        groups[item.group].append(item)
        groups["all"].append(item)
    rows = []
    for group, items in sorted(
        groups.items(), key=lambda pair: (pair[0] == "all", pair)
    ):
        weight = np.array([min(item.people, 200) for item in items], dtype=float)
        shares = {
            q: float(weight @ [item.shares[q] for item in items] / weight.sum())
            for q in QUANTILES
        }
        rows.append(
            Reliability(
                group,
                len({item.source for item in items}),
                sum(item.people for item in items),
                shares,
            )
        )
    return rows


def stated_depth(
    fields: BodyFields, xyz: Any, *, consequence: str | None = None, zone: str = ""
) -> tuple[float, float, float] | None:
    """Return the 2.5 %, 50 % and 97.5 % depth stated under a place of the skin, mm.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    xyz : (3,) float
        Place on the skin.
    consequence, zone : str
        Of which structures; the shallowest counts.

    Returns
    -------
    tuple of float or None
        None where fewer than 1 in 40 have such a structure, or no depth is known.

    Notes
    -----
    Of the people who have it there: a depth that was seen is one of theirs. Where
    several such structures lie, the one that 1 in 40 of all people has first.
    """
    skin, under = fields.body.skin, fields.under
    point = skin.nearest(xyz)
    _, items = under.of(entry_vertex(skin, point.face, point.bary))
    first: tuple[float, float, float] | None = None
    for item in items.tolist():
        own = fields.rows[int(under.row[item])].zone
        if own.consequence != consequence and own.id != zone:
            continue
        chance = float(under.chance[item])
        mu, sigma = float(under.mu[item]), float(under.sigma[item])
        if chance <= TAIL or math.isnan(mu):
            continue
        reached = mu + sigma * _NORMAL.inv_cdf(TAIL / chance)
        if first is None or reached < first[0]:
            first = (reached, mu, sigma)
    if first is None:
        return None
    _, mu, sigma = first
    tail = _NORMAL.inv_cdf(1.0 - TAIL) * sigma
    return math.exp(mu - tail), math.exp(mu), math.exp(mu + tail)


def random_places(fields: BodyFields, count: int, seed: int) -> FloatArray:
    """Return places spread evenly over a body's skin, (count, 3) mm."""
    skin = fields.body.skin
    corners = skin.vertices[skin.faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(cross, axis=1)
    generator = np.random.default_rng(seed)
    face = generator.choice(len(size), count, p=size / size.sum())
    weight = generator.dirichlet((1.0, 1.0, 1.0), count)
    return np.asarray(np.einsum("nk,nkd->nd", weight, corners[face]))


def catalogue_sites() -> Iterator[dict[str, Any]]:
    """Yield a request of every muscle site and acupoint, right or midline."""
    from anatomy.muscles.catalogue import (
        get_muscle,
        get_point,
        muscle_names,
        point_names,
    )

    for name in muscle_names():
        for site in get_muscle(name).site:
            yield {"muscle": name, "site": site.label, "side": "right"}
    for name in point_names():
        midline = get_point(name).side == "midline"
        yield {"point": name, **({} if midline else {"side": "right"})}
