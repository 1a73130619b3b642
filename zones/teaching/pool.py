"""Sites, needles and patients that exercises are drawn from, and asking the check."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import get_muscle, get_point, muscle_names, point_names
from anatomy.names import unknown
from anatomy.store import cached
from zones.check.site import check_site, verdict_of
from zones.contract.models import Verdict
from zones.knowledge.conditions import undecided
from zones.knowledge.facts import load_facts
from zones.knowledge.rule_files import load_rules
from zones.knowledge.structures.zone_files import load_zones
from zones.patients.request import unremarkable
from zones.risk.place import entry_vertex
from zones.risk.policy import Policy, in_force
from zones.teaching.settings import drawing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from anatomy.words.sites import Placement
    from zones.contract.models import Assessment, Finding
    from zones.knowledge.facts import Fact
    from zones.knowledge.rule_files import Rule
    from zones.knowledge.structures.zone_models import Zone

BODIES = ("male", "female")

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
            rows = site_list(self.body)
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
def site_list(body: str) -> tuple[str, ...]:
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


@cached(maxsize=512)
def _verdict(request: str, policy: Policy) -> Verdict | None:
    """Return the verdict of a request given as JSON; None when it has no meaning."""
    del policy  # as above
    data = json.loads(request)
    try:
        return verdict_of(data["site"], data["needle"], data["patient"])
    except NeedlemapError:
        return None


def verdict_tried(
    site: Mapping[str, Any], needle: Mapping[str, Any], patient: Mapping[str, Any]
) -> Verdict | None:
    """Return the verdict of `tried`, where no more is asked; quicker."""
    request = {"site": site, "needle": needle, "patient": patient}
    return _verdict(json.dumps(request, sort_keys=True), in_force())


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
