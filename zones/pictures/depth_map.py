"""How deep a perpendicular needle may go at every place of the skin, for one patient.

The figures are those of `zones.check_site` at the same places: the same engine is asked
for the whole skin at once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.charts.cells import cell_points
from anatomy.mesh.arrays import BoolArray, FloatArray
from anatomy.names import unknown
from anatomy.places.grammar import MIDLINE_MM
from anatomy.store import cached
from zones.check.entry import arm_code, seen_in
from zones.check.patient_findings import coverage_of
from zones.check.site_kinds import kinds_of
from zones.contract.direction import just_short_of
from zones.contract.models import Verdict
from zones.contract.needle import Needle, parse_needle
from zones.fields.floor import floor_at, tenths
from zones.fields.loading import body_fields
from zones.patients import rules
from zones.patients.frozen import Facts, frozen
from zones.patients.patient import Patient, parse_patient
from zones.patients.rules import SiteContext
from zones.risk.body_build import build_of
from zones.risk.meet import Plans, meet
from zones.risk.place import entry_vertex
from zones.risk.policy import in_force
from zones.risk.terms import terms_of
from zones.risk.verdict import limits
from zones.table.patients import kind_of_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zones.contract.needle import NeedleLike
    from zones.fields.model import BodyFields
    from zones.patients.patient import PatientLike
    from zones.risk.policy import Policy
    from zones.table.patients import PatientKind


SIDES = ("midline", "left", "right")


def depth_map(
    body: str, patient: PatientLike | None = None, needle: NeedleLike | None = None
) -> FloatArray:
    """Return the deepest perpendicular needle below DANGER at every vertex of a skin.

    Parameters
    ----------
    body : str
        The reference body, ``"male"`` or ``"female"``.
    patient : mapping or Patient, optional
        Facts known, as `zones.check_site` takes them.
    needle : mapping or Needle, optional
        The plan, of which a pincer with its fold, the arm and depths seen in the
        patient (each with its site) count everywhere. Depth, direction and a bone that
        is aimed at belong to one site and do not.

    Returns
    -------
    (V,) float64
        Depth in mm, not to be written to: inf where nothing limits it, 0 where no
        needle is acceptable, NaN where nothing has been mapped.

    Raises
    ------
    NeedlemapError
        When there is no such body, or the patient's facts or the plan are not valid.

    Notes
    -----
    At a vertex, what ``check_site(...).max_depth_mm`` answers there: one engine.

    Examples
    --------
    >>> depths = depth_map("female", {"sex": "female", "age": 31})
    >>> bool((depths[depths < float("inf")] >= 0).all())
    True
    """
    return _depth_map(_known(body), _as_text(patient), _held(needle), in_force())


def chart_depths(
    body: str,
    chart: str,
    patient: PatientLike | None = None,
    needle: NeedleLike | None = None,
) -> FloatArray:
    """Return `depth_map` as a picture of one chart.

    Parameters
    ----------
    body : str
        The reference body, ``"male"`` or ``"female"``.
    chart : str
        Name of one of the body's charts.
    patient : mapping or Patient, optional
        Facts known.
    needle : mapping or Needle, optional
        The plan, as for `depth_map`.

    Returns
    -------
    (H, W) float64
        On the grid of ``Chart.depth``, not to be written to: mm as the check answers
        for a tap in the middle of each cell; inf where nothing limits the depth, NaN
        off the body and where nothing has been mapped.

    Raises
    ------
    NeedlemapError
        When there is no such body or chart, or the patient's facts or the plan are not
        valid.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> picture = chart_depths("male", "posterior")
    >>> picture.shape == load_body("male").charts["posterior"].depth.shape
    True
    """
    charts = body_fields(_known(body)).body.charts
    if chart not in charts:
        raise unknown("chart", chart, charts, field="chart")
    return _chart_depths(body, chart, _as_text(patient), _held(needle), in_force())


def _known(body: str) -> str:
    names = ("male", "female")
    if body not in names:
        raise unknown("body", body, names, field="body")
    return body


def _as_text(patient: object) -> str:
    """Return the facts of a patient as text that is the same for the same facts."""
    known = patient if isinstance(patient, Patient) else parse_patient(patient or {})
    return json.dumps(known.facts(), sort_keys=True, default=str)


def _held(needle: NeedleLike | None) -> str:
    """Return what of a plan counts all over the skin, as text."""
    plan = parse_needle(needle)
    held = Needle(
        grip="pincer" if plan.grip == "pincer" else "flat",
        fold_mm=plan.fold_mm,
        arm=plan.arm,
        measured=plan.measured,
    )
    return held.model_dump_json(exclude_none=True)


@cached(maxsize=16)
def _chart_depths(
    body: str, chart: str, patient: str, held: str, policy: Policy
) -> FloatArray:
    vertices = entry_vertices(body, chart)
    picture = np.where(
        vertices >= 0, _depth_map(body, patient, held, policy)[vertices], np.nan
    )
    picture.flags.writeable = False
    return picture


@cached(maxsize=24)
def entry_vertices(body: str, chart: str) -> NDArray[np.intp]:
    """Return the vertex that stands for a needle at the middle of each cell, (R, C).

    The one that the check takes for a tap there; -1 in the air.

    Parameters
    ----------
    body : str
        The reference body.
    chart : str
        Name of one of its charts.

    Examples
    --------
    >>> from anatomy.body import load_body
    >>> vertices = entry_vertices("male", "posterior")
    >>> air = np.isnan(load_body("male").charts["posterior"].depth)
    >>> bool((vertices[air] < 0).all())
    True
    """
    shown = body_fields(body).body
    face, bary = cell_points(shown.charts[chart])
    vertices = np.full(face.shape, -1, dtype=np.intp)
    seen = face >= 0
    vertices[seen] = entry_vertex(shown.skin, face[seen], bary[seen])
    vertices.flags.writeable = False
    return vertices


@cached(maxsize=16)
def _depth_map(body: str, patient: str, held: str, policy: Policy) -> FloatArray:
    """Return the map under the policy in force, by which maps are kept apart."""
    del policy
    facts = frozen(json.loads(patient))
    fields = body_fields(body)
    kind = kind_of_facts(facts)
    needle = parse_needle(json.loads(held))
    limit = just_short_of(vertex_limits(fields, facts, needle))
    limit[np.isnan(limit)] = np.inf
    known, _ = floor_at(fields, np.arange(len(limit)))
    # what lies under a fold begins past it
    known = known + (needle.fold_mm or 0.0)
    least = np.minimum(limit, tenths(known))
    least[_refused(fields, kind)] = 0.0
    least[_marked(fields, kind)] = 0.0
    mapped = [coverage_of(name).level != "none" for name in fields.body.region_names]
    least[~np.array(mapped)[fields.body.region_labels]] = np.nan
    least.flags.writeable = False
    return least


def vertex_limits(
    fields: BodyFields, facts: Facts, needle: Needle | None = None
) -> FloatArray:
    """Return where upright needles are first refused by what they meet, (V,) mm.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of a body.
    facts : Facts
        What is known of the patient.
    needle : Needle, optional
        How skin and arm are held, and depths seen.

    Returns
    -------
    (V,) float64
        inf where they never are; 0 where it could not be worked out.
    """
    count = len(fields.body.skin.vertices)
    nothing = np.full(count, np.nan)
    needle = needle or Needle()
    fold = None if needle.fold_mm is None else np.full(count, needle.fold_mm)
    plans = Plans(
        vertex=np.arange(count),
        depth_mm=nothing,
        length_mm=nothing,
        patient=np.zeros(count, dtype=np.intp),
        build=np.broadcast_to(build_of(facts), (count, 4)),
        fold_mm=fold,
        arm=np.full(count, arm_code(needle.arm), dtype=np.intp),
    )
    seen = seen_in(fields, needle)
    met = meet(fields, plans, [terms_of(fields, facts)], seen=seen)
    limit = limits(met, count)
    limit[met.failed] = 0.0
    return limit


def _refused(fields: BodyFields, kind: PatientKind) -> BoolArray:
    """Return at which vertices a rule lets no needle go in, (V,)."""
    grave = _grave_rules(kind.facts)
    ground = kinds_of(fields)
    sides = SIDES if kind.placed else SIDES[:1]
    found = np.zeros((len(sides), len(ground.kinds)), dtype=bool)
    if grave:
        for side, name in enumerate(sides):
            places = [
                SiteContext(region, name, zones, _nowhere, None)
                for region, zones in ground.kinds
            ]
            verdicts = rules.held_verdicts(grave, kind.facts, places)
            found[side] = [verdict >= Verdict.DANGER for verdict in verdicts]
    if not kind.placed:
        return np.asarray(found[0, ground.kind])
    x = fields.body.skin.vertices[:, 0]
    side_of = np.where(np.abs(x) <= MIDLINE_MM, 0, np.where(x > 0, 1, 2))
    return np.asarray(found[side_of, ground.kind])


def _nowhere(fact: str) -> bool:
    """Say that a place lies in none of the areas that a fact marks."""
    del fact
    return False


def _grave_rules(facts: Mapping[str, Any]) -> list[rules.Rule]:
    """Return the rules that may refuse a needle, or override one that does, anywhere.

    What a rule asks of the patient alone is worked out once for all places.
    """
    kept = [
        rule
        for rule in rules.possible(rules.load_rules(), facts)
        if rule.verdict >= Verdict.DANGER or rule.supersedes
    ]
    worst = max((r.verdict for r in kept), default=Verdict.NO_KNOWN_DANGER)
    return kept if worst >= Verdict.DANGER else []


def _marked(fields: BodyFields, kind: PatientKind) -> BoolArray:
    """Return which vertices lie in areas that let no needle go in, (V,)."""
    vertices = fields.body.skin.vertices
    marked = np.zeros(len(vertices), dtype=bool)
    ground = kinds_of(fields)
    for fact, areas in kind.areas.items():
        inside = np.zeros(len(vertices), dtype=bool)
        for area in areas:
            inside |= _within(fields, area)
        if not inside.any():
            continue
        refused = np.zeros(len(ground.kinds), dtype=bool)
        for number in np.unique(ground.kind[inside]).tolist():
            refused[number] = _refuses_at(kind, fact, *ground.kinds[number])
        marked |= inside & refused[ground.kind]
    return marked


def _refuses_at(
    kind: PatientKind, fact: str, region: str, zones: Iterable[str]
) -> bool:
    """Return whether a place in an area that a fact marks lets no needle go in."""
    where = SiteContext(region, "midline", frozenset(zones), fact.__eq__, None)
    outcome = rules.apply(_grave_rules(kind.facts), kind.facts, where)
    return outcome.verdict >= Verdict.DANGER


def _within(fields: BodyFields, area: Mapping[str, Any]) -> BoolArray:
    """Return which vertices lie in a marked area, (V,), edges included."""
    from anatomy.words.sites import resolve_site

    plain = {k: v for k, v in area["site"].items() if k != "body"}
    centre = resolve_site(fields.body, plain).point.xyz
    away = np.linalg.norm(fields.body.skin.vertices - centre, axis=1)
    return np.asarray(~(away > area["radius_mm"]))
