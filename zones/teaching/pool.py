"""Sites, needles and patients that exercises are drawn from, and asking the check."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import (
    get_muscle,
    get_point,
    muscle_names,
    muscle_site,
    point_names,
)
from anatomy.names import unknown
from anatomy.store import cached
from zones.check.site import check_site
from zones.contract.models import Verdict
from zones.contract.needle import Arm
from zones.knowledge.conditions import undecided
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import load_rules
from zones.knowledge.zone_files import load_zones
from zones.patients.request import unremarkable
from zones.risk.place import entry_vertex
from zones.risk.policy import Policy, in_force
from zones.sentences.wording import capital
from zones.teaching.settings import drawing, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from anatomy.words.sites import Placement
    from zones.contract.models import Assessment, Finding
    from zones.knowledge.facts import Fact
    from zones.knowledge.rule_files import Rule
    from zones.knowledge.zone_models import Zone

BODIES = ("male", "female")
#: A line that starts on the skin is still at its start within this, mm.
_SKIN_MM = 0.5
#: No edge of a skin's triangles is longer than this, mm (11 on both bodies).
_EDGE_MM = 30.0

#: Verdicts with which a plan may go ahead, carefully or not.
ACCEPTABLE = frozenset({Verdict.NO_KNOWN_DANGER, Verdict.CAUTION})


@dataclass
class Draw:
    """What a maker of exercises draws from.

    Attributes
    ----------
    rng : random.Random
        Seeded by kind, seed and zones; the only chance there is.
    body : str
        The body.
    zones : tuple of str
        Only exercises about one of these; all when empty.
    """

    rng: random.Random
    body: str
    zones: tuple[str, ...] = ()
    _sites: list[dict[str, Any]] = field(default_factory=list)

    def site(self) -> dict[str, Any]:
        """Return the next site to try; every one comes once before any comes again."""
        if not self._sites:
            rows = _site_list(self.body)
            if self.zones:
                wanted = set(self.zones)
                rows = tuple(s for s in rows if wanted & set(zones_at(self.body, s)))
            muscles = [json.loads(s) for s in rows if '"muscle"' in s]
            points = [json.loads(s) for s in rows if '"point"' in s]
            self.rng.shuffle(muscles)
            self.rng.shuffle(points)
            share = drawing().sites.share_muscles
            while muscles or points:
                take = muscles if self.rng.random() < share else points
                self._sites.append((take or muscles or points).pop())
            # the mix was laid out from the front: what is left of the longer list
            # is at its end and must come last
            self._sites.reverse()
            if not self._sites:
                raise NeedlemapError(
                    f"no site on the {self.body} body lies over "
                    f"{', '.join(self.zones)}."
                )
        return self._sites.pop()

    def about(self, zones: Iterable[str]) -> bool:
        """Return whether an exercise about these zones is wanted."""
        return not self.zones or not set(self.zones).isdisjoint(zones)


def check_zones(zones: Iterable[str]) -> tuple[str, ...]:
    """Return zone ids, each known, sorted and once.

    Raises
    ------
    UnknownNameError
        For one that is not; the nearest are offered.
    """
    known = zone_table()
    for name in zones:
        if name not in known:
            raise unknown("zone", name, known, field="zones")
    return tuple(sorted(set(zones)))


@cached
def zone_table() -> Mapping[str, Zone]:
    """Return the zones by id."""
    return {zone.id: zone for zone in load_zones()}


@cached
def _site_list(body: str) -> tuple[str, ...]:
    """Return every muscle site and acupoint of a body as JSON, both sides."""
    found: list[dict[str, Any]] = []
    for name in muscle_names():
        muscle = get_muscle(name)
        for spot in muscle.site:
            for side in ("left", "right"):
                found.append({"muscle": muscle.name, "site": spot.label, "side": side})
    for code in point_names():
        point = get_point(code)
        if point.side == "midline":
            found.append({"point": point.id})
        else:
            found += [{"point": point.id, "side": side} for side in ("left", "right")]
    return tuple(json.dumps({**site, "body": body}) for site in found)


@cached(maxsize=8192)
def placed(body: str, site: str) -> Placement | None:
    """Return a site, given as JSON, on a body; None where it has no place."""
    from anatomy.body import load_body
    from anatomy.words.sites import resolve_site

    try:
        return resolve_site(load_body(body), json.loads(site))  # type: ignore[arg-type,unused-ignore]
    except NeedlemapError:
        return None


@cached(maxsize=8192)
def zones_at(body: str, site: str) -> tuple[str, ...]:
    """Return the ids of the zones under a site given as JSON, as the check sees it.

    Structures that anyone has there, and areas that rules refer to.
    """
    from zones.fields.loading import body_fields

    spot = placed(body, site)
    if spot is None:
        return ()
    fields = body_fields(body)
    vertex = entry_vertex(fields.body.skin, spot.point.face, spot.point.bary)
    _, items = fields.under.of(vertex)
    found = [fields.rows[row].zone.id for row in fields.under.row[items].tolist()]
    found += [name for name, area in _areas(body).items() if area[vertex[0]]]
    return tuple(dict.fromkeys(found))


@cached
def _areas(body: str) -> Mapping[str, NDArray[np.bool_]]:
    """Return which vertices each area that rules refer to covers, (V,) each."""
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    areas = [zone.id for zone in fields.zones if zone.kind != "structure"]
    return {name: fields.mask(name) for name in areas}


@cached
def zones_of_region(body: str, region: str) -> tuple[str, ...]:
    """Return the ids of the structures mapped somewhere in a region of skin, sorted."""
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    if region not in fields.body.region_names:
        return ()
    label = fields.body.region_names.index(region)
    here = np.asarray(fields.body.region_labels) == label
    return tuple(
        sorted(
            zone.id
            for zone in fields.zones
            if zone.kind == "structure" and bool(fields.mask(zone.id)[here].any())
        )
    )


@cached(maxsize=512)
def _asked(request: str, policy: Policy) -> Assessment | NeedlemapError:
    """Return the check's answer to a request given as JSON, or its refusal."""
    del policy  # the one in force; answers of another are not remembered as its
    data = json.loads(request)
    try:
        return check_site(data["site"], data["needle"], data["patient"])
    except NeedlemapError as error:
        return error


def ask(
    site: Mapping[str, Any], needle: Mapping[str, Any], patient: Mapping[str, Any]
) -> Assessment:
    """Return the check's answer, from memory when the same was asked just before.

    Raises
    ------
    NeedlemapError
        As `zones.check.site.check_site`.
    """
    request = {"site": site, "needle": needle, "patient": patient}
    answer = _asked(json.dumps(request, sort_keys=True), in_force())
    if isinstance(answer, NeedlemapError):
        raise answer
    return answer


def tried(
    site: Mapping[str, Any], needle: Mapping[str, Any], patient: Mapping[str, Any]
) -> Assessment | None:
    """Return the check's answer; None when the request has no meaning."""
    try:
        return ask(site, needle, patient)
    except NeedlemapError:
        return None


@cached
def _usual_needles(body: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the catalogue has a usual needle, (N, 3) mm, both sides of a body.

    With it the radius of the search area and the longest usual needle there, (N, 2) mm.
    """
    places, usual = [], []
    for text in _site_list(body):
        site = json.loads(text)
        if "muscle" not in site:
            continue
        lengths = muscle_site(get_muscle(site["muscle"]), site["site"]).needle_length_mm
        spot = placed(body, text)
        if lengths is not None and spot is not None:
            places.append(spot.point.xyz)
            usual.append((spot.spread_mm, lengths[1]))
    return np.array(places), np.array(usual)


@cached(maxsize=8192)
def _thickness_mm(body: str, site: str) -> float:
    """Return how thick the body is straight under a site given as JSON, mm."""
    from anatomy.body import load_body

    spot = placed(body, site)
    if spot is None:
        return 0.0
    skin = load_body(body).skin
    way = -skin.normal(spot.point)
    return through_mm(skin.vertices, skin.faces, spot.point.xyz, way)


def through_mm(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
    start: NDArray[np.float64],
    way: NDArray[np.float64],
) -> float:
    """Return how far a straight line runs from a skin to where it leaves it again.

    Parameters
    ----------
    vertices : (V, 3) array
        Points of a closed surface, mm.
    faces : (F, 3) array of int
        Its triangles.
    start, way : (3,) array
        Where the line begins, mm, and its direction, of length 1.

    Returns
    -------
    float
        Length, mm; infinite when it never leaves.

    Notes
    -----
    Intersection of line and triangle after Moller and Trumbore (1997).
    """
    # only triangles with a corner near the line can be met by it
    offsets = vertices - start
    beside = np.einsum("ij,ij->i", offsets, offsets) - (offsets @ way) ** 2
    faces = faces[(beside < _EDGE_MM**2)[faces].any(axis=1)]
    first = vertices[faces[:, 0]]
    one, two = vertices[faces[:, 1]] - first, vertices[faces[:, 2]] - first
    turned = np.cross(way, two)
    scale = np.einsum("ij,ij->i", one, turned)
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = start - first
        u = np.einsum("ij,ij->i", offset, turned) / scale
        across = np.cross(offset, one)
        v = across @ way / scale
        far = np.einsum("ij,ij->i", two, across) / scale
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (far > _SKIN_MM)
    return float(far[met].min()) if met.any() else math.inf


def deepest_plan_mm(site: Mapping[str, Any], body: str) -> float:
    """Return how deep anyone would plan at a site, mm, in whole steps; at least one.

    No deeper than the longest usual needle, and not past the middle of the body under
    the site.

    Parameters
    ----------
    site : mapping
        A muscle site or an acupoint.
    body : {"male", "female"}
        The body.
    """
    step = drawing().needle.depth_step_mm
    half = _thickness_mm(body, _on_body(site, body)) / 2.0
    deepest = min(usual_longest_mm(site, body), half)
    return max(step, step * math.floor(deepest / step))


def usual_longest_mm(site: Mapping[str, Any], body: str) -> float:
    """Return the longest needle that is usual at a site, mm.

    That of the muscle site, or of the one in whose search area an acupoint lies; else
    the usual length of all, or that of the nearest muscle site where it is less.

    Parameters
    ----------
    site : mapping
        A site of the contract.
    body : {"male", "female"}
        The body.
    """
    if "muscle" in site:
        spot = muscle_site(get_muscle(site["muscle"]), site.get("site"))
        if spot.needle_length_mm:
            return spot.needle_length_mm[1]
    there = placed(body, _on_body(site, body))
    if there is None:
        return drawing().needle.usual_length_mm
    places, usual = _usual_needles(body)
    away = np.linalg.norm(places - there.point.xyz, axis=1)
    nearest = int(np.argmin(away))
    spread, longest = usual[nearest].tolist()
    if away[nearest] <= spread:
        return float(min(longest, max(drawing().needle.lengths_mm)))
    return float(min(longest, drawing().needle.usual_length_mm))


def _on_body(site: Mapping[str, Any], body: str) -> str:
    return json.dumps({**site, "body": body})


def draw_needle(draw: Draw, site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a needle and a plan that someone might think of at a site."""
    rule = drawing().needle
    usual, deepest = usual_longest_mm(site, draw.body), deepest_plan_mm(site, draw.body)
    # of those on sale the ones in use there; where all are longer, the shortest
    on_sale = [v for v in rule.lengths_mm if deepest <= v <= usual]
    choices = on_sale if on_sale and "muscle" not in site else [max(usual, deepest)]
    length = draw.rng.choice(choices)
    depth = rule.depth_step_mm * draw.rng.randint(1, int(deepest // rule.depth_step_mm))
    needle: dict[str, Any] = {"length_mm": float(length), "depth_mm": float(depth)}
    if draw.rng.random() < rule.share_tilted:
        needle["direction"] = {
            "tilt_deg": draw.rng.choice(rule.tilts_deg),
            "toward": draw.rng.choice(("cranial", "caudal", "medial", "lateral")),
        }
    return needle


def with_arm(
    draw: Draw,
    site: Mapping[str, Any],
    needle: dict[str, Any],
    patient: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a needle with a position of the arm where the check asks for nothing else.

    Parameters
    ----------
    draw : Draw
        Draws the position.
    site, needle, patient : mapping
        The request (mm).
    """
    answer = tried(site, needle, patient)
    if answer is None or answer.open_questions != ["arm"]:
        return needle
    return {**needle, "arm": draw.rng.choice(get_args(Arm))}


def draw_patient(draw: Draw, *, risk: str | None = None) -> dict[str, Any]:
    """Return an adult of whom all was asked, at will with one risk."""
    rule = drawing().patient
    given: dict[str, Any] = {
        "sex": draw.body,
        "age": draw.rng.choice(rule.ages),
        "bmi": draw.rng.choice(rule.bmis),
    }
    if risk is not None:
        fact = load_facts()[risk]
        given[risk] = not fact.favourable
    return unremarkable(given)


@cached
def askable() -> tuple[Fact, ...]:
    """Return the facts of a patient that are answered by yes or no."""
    return tuple(
        fact
        for fact in load_facts().facts
        if fact.source == "patient" and isinstance(fact.favourable, bool)
    )


def risks_of(draw: Draw) -> tuple[str, ...]:
    """Return the facts that an adult with this body can answer unfavourably."""
    base = {"sex": draw.body, "age": 40}
    known = load_facts().complete(base)
    return tuple(
        fact.name
        for fact in askable()
        if fact.name not in known and load_facts().asked(fact.name, base)
    )


@cached
def rule_facts(rule_id: str) -> frozenset[str]:
    """Return the facts that a rule looks at."""
    rule = rule_table()[rule_id]
    return frozenset(undecided(rule.when, {}))


@cached
def rule_table() -> Mapping[str, Rule]:
    """Return the rules by id."""
    return {rule.id: rule for rule in load_rules()}


def stopping(draw: Draw) -> tuple[str, ...]:
    """Return the facts whose unfavourable answer some rule answers with STOP."""
    found: set[str] = set()
    for rule in rule_table().values():
        if rule.verdict == Verdict.STOP:
            found |= rule_facts(rule.id)
    return tuple(name for name in risks_of(draw) if name in found)


def top_findings(answer: Assessment) -> list[Finding]:
    """Return the findings that carry the verdict, in the check's order."""
    return [f for f in answer.findings if f.verdict == answer.verdict]


def patient_words(
    patient: Mapping[str, Any],
    *,
    body: str | None = None,
    missing: Sequence[str] = (),
) -> str:
    """Return a patient in words: who, what stands against needling, what is unasked.

    Examples
    --------
    >>> patient_words(unremarkable({"sex": "male", "age": 40, "bmi": 22.0}))[:37]
    'A man of 40, body mass index 22. Aske'
    """
    facts = load_facts()
    who = say("body", patient.get("sex") or body or BODIES[0])
    if patient.get("bmi") is None:
        first = say("words", "patient_unasked", body=who, age=patient["age"])
    else:
        values = {"age": patient["age"], "bmi": patient["bmi"]}
        first = say("words", "patient", body=who, **values)
    risks = [
        say("words", "yes" if value else "no", label=facts[name].label)
        for name, value in patient.items()
        if isinstance(value, bool)
        and isinstance(facts[name].favourable, bool)
        and value != facts[name].favourable
    ]
    labels = ", ".join(facts[name].label for name in missing)
    rest = []
    if missing:
        if risks:
            rest.append("; ".join(risks) + ".")
        rest.append(say("words", "not_asked", facts=labels))
    elif risks:
        rest.append(say("words", "some_else", risks=capital("; ".join(risks))))
    else:
        rest.append(say("words", "nothing_else"))
    return " ".join([first, *rest])


def site_words(site: Mapping[str, Any]) -> str:
    """Return a site in words.

    Examples
    --------
    >>> site_words({"landmark": "acromion", "side": "left"})
    'acromion, left'
    """
    if "text" in site:
        return str(site["text"])
    side = site.get("side") or say("words", "midline")
    if "muscle" in site:
        muscle = get_muscle(site["muscle"])
        label = muscle_site(muscle, site.get("site")).label
        return say("words", "muscle", muscle=muscle.name, label=label, side=side)
    if "point" in site:
        point = get_point(site["point"])
        return say("words", "point", point=point.id, name=point.name, side=side)
    if "landmark" in site and not any(key.endswith(("_mm", "_cun")) for key in site):
        return say("words", "at_landmark", landmark=site["landmark"], side=side)
    return ask(site, {"length_mm": 1.0, "depth_mm": 0.0}, {}).site.description


def plain(site: Mapping[str, Any]) -> dict[str, Any]:
    """Return a site with its fields in a fixed order, empty ones left out."""
    return {key: site[key] for key in sorted(site) if site[key] is not None}
