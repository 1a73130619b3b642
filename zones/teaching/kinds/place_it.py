"""Place it: put the needle on a landmark, a named site, or the edge of a zone."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray
from anatomy.store import cached
from anatomy.words.sites import home_chart
from zones.contract.models import Verdict
from zones.knowledge.records.sources import load_sources
from zones.patients.request import unremarkable
from zones.teaching.items import Item, Target
from zones.teaching.needles import deepest_plan_mm, usual_longest_mm
from zones.teaching.pool import ask, draw_patient, tried, zone_table, zones_at
from zones.teaching.reasons import structure_of
from zones.teaching.score import distance_to
from zones.teaching.settings import drawing, say, scoring
from zones.teaching.words import patient_words, plain, site_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.contract.models import Assessment
    from zones.teaching.pool import Draw


#: A place in words and on the chart may differ by this for rounding, mm.
ROUNDING_MM = 0.2
#: Places beside an edge that are tried as witnesses that it is one.
WITNESSES = 12


def make(draw: Draw) -> Item | None:
    """Return an exercise, or None when none came out of the tries."""
    what = draw.rng.choice(("landmark", "site", "edge"))
    if draw.zones and what == "landmark":
        what = "edge"
    for _ in range(drawing().sites.tries):
        if what == "landmark":
            item = _landmark(draw)
        elif what == "site":
            item = _site(draw)
        else:
            item = _edge(draw)
        if item is not None:
            return item
    return None


def _landmark(draw: Draw) -> Item | None:
    """Return an exercise on a landmark."""
    from anatomy.body import load_body

    table = load_body(draw.body).landmarks
    name = draw.rng.choice(drawing().landmarks.names)
    site: dict[str, Any] = {"landmark": name, "body": draw.body}
    if name not in table:
        return None
    if table.is_paired(name):
        site["side"] = draw.rng.choice(("left", "right"))
    return build(site, draw.body)


def _site(draw: Draw) -> Item | None:
    """Return an exercise on a muscle's site or a point, at times with its depth."""
    site = draw.site()
    with_depth = draw.rng.random() < drawing().sites.share_with_depth
    patient = draw_patient(draw)
    zones = zones_at(draw.body, json.dumps(site))
    if not draw.about(zones):
        return None
    # what somebody has there need not be what the check names
    for facts in (patient, None) if with_depth else (None,):
        item = build(site, draw.body, patient=facts)
        if item is not None and draw.about(item.zones):
            return item
    return None


def plain_patient(body: str) -> dict[str, Any]:
    """Return an adult without any risk, for exercises in which the patient is none."""
    return unremarkable({"sex": body, "age": 40, "bmi": 22.0})


def _any_needle() -> dict[str, Any]:
    """Return the needle that is shown where none was asked for."""
    rule = drawing().needle
    return {"length_mm": rule.usual_length_mm, "depth_mm": rule.least_depth_mm}


def build(
    site: Mapping[str, Any],
    body: str,
    *,
    patient: Mapping[str, Any] | None = None,
    spread_mm: float | None = None,
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise to place the needle at a site.

    Parameters
    ----------
    site : mapping
        A landmark, muscle site or point of the contract.
    body : str
        The body.
    patient : mapping, optional
        When given, the deepest plan below DANGER in this patient is asked too.
    spread_mm : float, optional
        Radius within which it is right; by default the site's own.
    prompt : str, optional
        What is asked; made from the site by default.

    Returns
    -------
    Item or None
        None when the site has no place, or (with a patient) no depth that is limited
        and deep enough to treat.
    """
    facts = dict(patient) if patient is not None else plain_patient(body)
    answer = tried(site, _any_needle(), facts)
    if answer is None:
        return None
    depth, sd = None, None
    needle = _any_needle()
    if patient is not None:
        found = _deepest(site, facts)
        if found is None:
            return None
        depth, sd, needle = found
    rule = scoring().placement
    own = answer.site.spread_mm
    basis = "the site's own search area" if own else rule.landmark_basis
    if spread_mm is not None:
        basis = "set for this exercise"
    named = "landmark" if "landmark" in site else "site"
    words = site_words(site)
    told = {"target": words, "own": _own(answer.site.side)}
    if depth is not None:
        said = say("prompts", "place_depth", **told, patient=patient_words(facts))
    else:
        said = say("prompts", f"place_{named}", **told)
    here = [f for f in answer.findings if f.kind == "zone"]
    return Item(
        id="drawn",
        kind="place_it",
        body=answer.site.body,
        chart=answer.site.chart,
        prompt=prompt or said,
        site=plain({**site, "body": body}),
        needle=needle,
        patient=facts,
        target=Target(
            what="landmark" if named == "landmark" else "site",
            name=words,
            side=answer.site.side,
            chart=answer.site.chart,
            x_mm=answer.site.x_mm,
            y_mm=answer.site.y_mm,
            xyz_mm=answer.site.xyz_mm,
            spread_mm=spread_mm or own or rule.landmark_spread_mm,
            basis=basis,
            depth_mm=depth,
            depth_sd_mm=sd,
        ),
        reason=answer.site.description,
        sources=_sources(site, answer),
        zones=tuple(dict.fromkeys(f.id for f in here)),
        skills=("place",) if depth is None else ("place", "depth"),
        hide=("landmarks", "points", "muscles", "zones", "zone-labels", "limit"),
        data_version=answer.data_version,
    )


def _sources(site: Mapping[str, Any], answer: Assessment) -> tuple[str, ...]:
    """Return what the place rests on, then what the zones there do."""
    from anatomy.muscles.catalogue import get_muscle, get_point, muscle_site

    own: tuple[str, ...] = ()
    if "muscle" in site:
        own = muscle_site(get_muscle(site["muscle"]), site.get("site")).sources
    elif "point" in site:
        own = get_point(site["point"]).sources
    # the catalogue cites some works in words only: an exercise names those on record
    own = tuple(name for name in own if name in load_sources())
    zoned = [s for f in answer.findings if f.kind == "zone" for s in f.sources]
    body = () if own else scoring().placement.sources
    return tuple(dict.fromkeys([*own, *body, *zoned]))


def _deepest(
    site: Mapping[str, Any], patient: Mapping[str, Any]
) -> tuple[float, float | None, dict[str, Any]] | None:
    """Return the deepest plan below DANGER, its spread between people, and the plan."""
    rule = drawing().needle
    length = max(rule.lengths_mm)
    deep = tried(site, {"length_mm": length, "depth_mm": length}, patient)
    if deep is None or deep.verdict != Verdict.DANGER or deep.max_depth_mm is None:
        return None
    if deep.limit_set_by != "risk":
        return None  # bone or the end of what is mapped: deeper is not DANGER
    limit = deep.max_depth_mm
    if not rule.least_depth_mm <= limit <= deepest_plan_mm(site, site["body"]):
        return None  # nobody would plan as deep there
    usual = usual_longest_mm(site, site["body"])
    needle = {"length_mm": max(usual, limit), "depth_mm": limit}
    after = tried(site, needle, patient)
    if after is None or after.verdict >= Verdict.DANGER:
        return None
    reached = [f for f in deep.findings if f.kind == "zone" and f.reached_at_mm]
    graver = [f for f in reached if f.verdict == Verdict.DANGER]
    led = min(graver, key=lambda f: f.reached_at_mm or 0.0, default=None)
    return limit, led.sd_mm if led else None, needle


@cached(maxsize=64)
def edge_points(body: str, zone_id: str, side: str) -> FloatArray:
    """Return places on the edge of a zone's area of skin.

    Parameters
    ----------
    body, zone_id : str
        Body and zone.
    side : {"left", "right", "midline"}
        For a paired zone: the half of the body. Where left and right meet there is
        no edge.

    Returns
    -------
    (N, 3) float64
        Middles of the edges of the skin's mesh that cross it, mm.

    Examples
    --------
    >>> edge_points("male", "pleura", "left").shape[1]
    3
    """
    ends = _crossing(body, zone_id, side)
    from anatomy.body import load_body

    vertices = load_body(body).skin.vertices
    return np.asarray(vertices[ends].mean(axis=1), dtype=float)


@cached(maxsize=64)
def _crossing(body: str, zone_id: str, side: str) -> NDArray[np.intp]:
    """Return the mesh edges from inside to outside of a zone, (N, 2), inside first."""
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    skin = fields.body.skin
    mask = fields.mask(zone_id)
    pairs = np.concatenate([skin.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    pairs = pairs[mask[pairs[:, 0]] & ~mask[pairs[:, 1]]]
    pairs = np.unique(pairs, axis=0)
    if zone_table()[zone_id].side == "paired":
        x = skin.vertices[pairs].mean(axis=1)[:, 0]
        pairs = pairs[x > 0 if side == "left" else x < 0]
    return np.asarray(pairs, dtype=np.intp)


@cached(maxsize=64)
def _out_of_reach(body: str, zone_id: str) -> NDArray[np.intp]:
    """Return the vertices of faces under which nobody has a zone."""
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    near = fields.mask(zone_id)
    for number, row in enumerate(fields.rows):
        if row.zone.id == zone_id:
            near[fields.under.vertex[fields.items_of(number)]] = True
    faces = fields.body.skin.faces
    touched = np.zeros(len(near), dtype=bool)
    touched[faces[near[faces].any(axis=1)]] = True
    return np.flatnonzero(~touched)


def _edge(draw: Draw) -> Item | None:
    """Return an exercise on the edge of a zone."""
    names = [
        zone.id
        for zone in zone_table().values()
        if zone.kind == "structure" and not zone.applies_when
    ]
    if draw.zones:
        names = [name for name in names if name in draw.zones]
    if not names:
        return None
    zone = zone_table()[draw.rng.choice(sorted(names))]
    side = draw.rng.choice(("left", "right")) if zone.side == "paired" else zone.side
    return build_edge(draw.rng, zone.id, side, draw.body)


def build_edge(
    rng: random.Random,
    zone_id: str,
    side: str,
    body: str,
    *,
    prompt: str | None = None,
) -> Item | None:
    """Return the exercise to find the edge of a zone.

    Parameters
    ----------
    rng : random.Random
        Draws the part of the edge, and with it the chart.
    zone_id, side, body : str
        Zone, side and body.
    prompt : str, optional
        What is asked; made from the zone by default.

    Returns
    -------
    Item or None
        None when no chart shows enough of the edge, or the check does not tell the
        skin on its one side from that on the other.
    """
    from anatomy.body import load_body

    pairs = _crossing(body, zone_id, side)
    if not len(pairs):
        return None
    skin = load_body(body).skin
    middle = skin.nearest(edge_points(body, zone_id, side)[rng.randrange(len(pairs))])
    chart = load_body(body).charts[home_chart(load_body(body), middle)]
    seen = chart.visible_vertices[pairs].all(axis=1)
    if seen.sum() < drawing().sites.least_edge_points:
        return None
    witnesses = _witnesses(body, zone_id, middle.xyz, pairs)
    if witnesses is None:
        return None
    inside, outside, answer = witnesses
    x_mm, y_mm = (round(float(v), 1) for v in chart.project(middle.xyz[None])[0])
    zone = zone_table()[zone_id]
    spread = scoring().placement.edge_mm
    name = say("words", "edge", structure=structure_of(zone_id), side=side)
    return Item(
        id="drawn",
        kind="place_it",
        body=answer.site.body,
        chart=chart.name,
        prompt=prompt or say("prompts", "place_edge", target=name, own=_own(side)),
        site=inside,
        needle=_any_needle(),
        patient=plain_patient(body),
        target=Target.model_validate(
            {
                "what": "edge",
                "name": name,
                "side": side,
                "chart": chart.name,
                "x_mm": x_mm,
                "y_mm": y_mm,
                "xyz_mm": tuple(round(float(v), 1) for v in middle.xyz),
                "spread_mm": spread,
                "basis": scoring().placement.edge_basis,
                "zone": zone_id,
                "outside": outside,
            }
        ),
        reason=zone.summary or zone.why or zone.structure,
        sources=tuple(zone.sources),
        zones=(zone_id,),
        skills=("place",),
        hide=("zones", "depth", "zone-labels", "section", "limit"),
        data_version=answer.data_version,
    )


def _witnesses(
    body: str, zone_id: str, middle: FloatArray, pairs: NDArray[np.intp]
) -> tuple[dict[str, Any], dict[str, Any], Assessment] | None:
    """Return a place on either side of the edge that the check tells apart."""
    from anatomy.body import load_body

    skin = load_body(body).skin

    def nearest(vertices: NDArray[np.intp]) -> list[dict[str, Any]]:
        away = np.linalg.norm(skin.vertices[vertices] - middle, axis=1)
        best = vertices[np.argsort(away, kind="stable")[:WITNESSES]]
        rows = np.round(skin.vertices[best].astype(float), 1).tolist()
        return [{"xyz_mm": row, "body": body} for row in rows]

    outer = _out_of_reach(body, zone_id)
    if not len(outer):
        return None
    for inside in nearest(np.unique(pairs[:, 0]))[:3]:
        answer = _names(inside, zone_id)
        if answer is None:
            continue
        for outside in nearest(outer)[:3]:
            if _names(outside, zone_id) is None:
                return inside, outside, answer
    return None


def _names(site: Mapping[str, Any], zone_id: str) -> Assessment | None:
    """Return the check's answer at a site when it names a zone there."""
    answer = tried(site, _any_needle(), plain_patient(site["body"]))
    if answer is None or all(f.id != zone_id for f in answer.findings):
        return None
    return answer


def distance_off(item: Item, xyz: FloatArray) -> float:
    """Return how far a place is from where the needle belongs, mm.

    Parameters
    ----------
    item : Item
        An exercise of kind ``place_it``.
    xyz : (3,) float64
        The place, mm in the body's frame.

    Returns
    -------
    float
        Straight distance, which is never more than the way along the skin; for an edge
        to the nearest part of it.
    """
    target = item.target
    assert target is not None  # the item's own model sees to it
    if target.what == "edge" and target.zone is not None:
        return distance_to(edge_points(item.body, target.zone, target.side), xyz)
    return distance_to([target.xyz_mm], xyz)


def problems(item: Item) -> list[str]:
    """Return what is wrong with an exercise by the check; empty when it is fair."""
    target = item.target
    if target is None or item.site is None or item.needle is None:
        return ["nowhere to put the needle"]
    found: list[str] = []
    off = distance_off(item, np.array(target.xyz_mm))
    if off > ROUNDING_MM:
        found.append(f"the target is {off:.1f} mm from itself")
    if target.what == "edge":
        if target.zone is None or _names(item.site, target.zone) is None:
            found.append("the check does not name the zone inside its edge")
        elif target.outside is None or _names(target.outside, target.zone) is not None:
            found.append("the check names the zone outside its edge")
        return found
    answer = ask(item.site, item.needle, item.patient)
    off = distance_to([target.xyz_mm], answer.site.xyz_mm)
    if off > ROUNDING_MM:
        found.append(f"the check places the site {off:.1f} mm off")
    if target.depth_mm is not None:
        if answer.verdict >= Verdict.DANGER:
            found.append("the depth is not below DANGER")
        if answer.max_depth_mm != target.depth_mm:
            found.append(f"the check's limit is {answer.max_depth_mm} mm")
    return found


def _own(side: str) -> str:
    """Return whose left and right are meant; nothing at the midline."""
    return "" if side == "midline" else f" {say('words', 'own_side')}"
