"""What one body says of many rows, worked out together."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import IntArray
from anatomy.store import cached
from zones.check.draft import OTHER_SIDE, TOO_DEEP
from zones.check.engine import AREA, over_area
from zones.check.entry import bone_stop
from zones.check.patient_findings import coverage_of
from zones.check.site_kinds import kinds_of
from zones.contract.models import Verdict
from zones.fields.floor import along, floor_at, unmapped
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields
from zones.patients import rules
from zones.risk.body_build import built_rows
from zones.risk.cells import grouped
from zones.risk.meet import AWAY, NOT_SAID, Plans, meet
from zones.risk.place import entry_vertex, zones_of
from zones.risk.plans import longest_of
from zones.risk.terms import CAUTION, Terms, terms_of, together
from zones.risk.through import comes_out, through_mm
from zones.risk.verdict import NO_KEY, finding_key, limits, ranks, reached
from zones.table.needles import Needles
from zones.table.patients import Patients, asked_muscles
from zones.table.places import SIDES, Sites, Spots, directions, place_sites

if TYPE_CHECKING:
    from anatomy.body import Body

BODIES = ("male", "female")
VERDICTS = tuple(verdict.value for verdict in Verdict)
RANK = {verdict.value: verdict.rank for verdict in Verdict}


@cached
def finding_order() -> dict[str, int]:
    """Return the place of every finding's id in alphabetical order."""
    ids = {rule.id for rule in rules.load_rules()} | {
        "coverage",
        TOO_DEEP,
        OTHER_SIDE,
        AREA,
        "computation",
    }
    for name in BODIES:
        ids |= {zone.id for zone in body_fields(name).zones}
    return {name: place for place, name in enumerate(sorted(ids))}


class Draft:
    """What is known of N rows so far, the stricter of the bodies."""

    def __init__(self, count: int) -> None:
        self.done = np.zeros(count, dtype=bool)
        self.key = np.full(count, NO_KEY)
        self.limit_mm = np.full(count, np.inf)
        self.floor_mm = np.full(count, np.inf)
        self.refused = np.zeros(count, dtype=bool)
        self.complete = np.ones(count, dtype=bool)


def add_body(
    name: str,
    rows: IntArray,
    places: Sites,
    plans: Needles,
    people: Patients,
    draft: Draft,
) -> dict[int, str]:
    """Add what one body says of some rows to a draft; return why others failed."""
    fields = body_fields(name)
    body = fields.body
    spots = place_sites(body, places, rows)
    vertex = entry_vertex(body.skin, np.maximum(spots.face, 0), spots.bary)
    direction, tilt = directions(body, spots, plans, rows)
    stop = _bone_stops(fields, vertex, plans.bone, rows, spots)
    failed = {int(rows[at]): text for at, text in spots.errors.items()}
    good = np.flatnonzero(spots.face >= 0)
    if not len(good):
        return failed
    mine = rows[good]
    terms = [terms_of(fields, kind.facts) for kind in people.kinds]
    apart = list(dict.fromkeys(terms))
    same = np.array([apart.index(one) for one in terms], dtype=np.intp)
    lines = bool(direction.shape[1])
    fold = plans.fold_mm[mine]
    needles = Plans(
        vertex=vertex[good],
        depth_mm=plans.depth_mm[mine],
        length_mm=plans.length_mm[mine],
        patient=same[people.kind[mine]],
        build=people.build[mine],
        xyz=spots.xyz(good) if lines else None,
        direction=direction[good] if lines else None,
        tilt_deg=tilt[good] if lines else None,
        fold_mm=None if np.isnan(fold).all() else fold,
        stop_mm=stop[good] if plans.bone else None,
        arm=plans.arm[mine],
    )
    outcome = _outcome(fields, needles, apart, spots, good)
    depth, why = floor_at(fields, needles.vertex)
    floor_mm = np.where(np.isnan(fold), along(depth, tilt[good]), depth + fold)
    deeper = unmapped(floor_mm, why, needles.planned_mm)
    outcome.add(np.flatnonzero(deeper), RANK["NOT_ASSESSABLE"], TOO_DEEP)
    far = through_mm(fields, needles.vertex, tilt_deg=tilt[good], fold_mm=fold)
    out = comes_out(far, needles.planned_mm)
    home = ~out & comes_out(far, np.nan_to_num(needles.length_mm))
    outcome.add(np.flatnonzero(out), RANK["CAUTION"], OTHER_SIDE)
    outcome.add(np.flatnonzero(home), RANK["NO_KNOWN_DANGER"], OTHER_SIDE)
    ruled = _ruled(fields, spots, good, needles.vertex, people, mine)
    known = np.maximum(outcome.known_rank, ruled["known"])
    below = known < RANK["DANGER"]
    open_ = np.isnan(needles.depth_mm) & outcome.any_finding
    built = people.built[mine] & people.aged[mine]
    open_ |= below & (outcome.asks | (outcome.corrected & ~built))
    open_ |= ruled["asks"] > known
    draft.done[mine] = True
    draft.key[mine] = np.minimum(draft.key[mine], np.minimum(outcome.key, ruled["key"]))
    draft.limit_mm[mine] = np.minimum(draft.limit_mm[mine], outcome.limit_mm)
    draft.floor_mm[mine] = np.minimum(draft.floor_mm[mine], floor_mm)
    draft.refused[mine] |= ruled["worst"] >= RANK["DANGER"]
    draft.complete[mine] &= ~open_
    return failed


@dataclass(eq=False)
class _Outcome:
    """What the zones say about N needles.

    Attributes
    ----------
    key : (N,) int64
        Key of the gravest finding; `NO_KEY` for none.
    known_rank : (N,) int
        Rank of the gravest finding that no missing answer stands behind.
    limit_mm : (N,) float64
        Length of needle at which it is first refused; inf for never.
    any_finding, corrected, asks : (N,) bool
        Whether there is a finding, one that build bears on, one that asks a fact.
    """

    key: NDArray[np.int64]
    known_rank: IntArray
    limit_mm: NDArray[np.float64]
    any_finding: NDArray[np.bool_]
    corrected: NDArray[np.bool_]
    asks: NDArray[np.bool_]

    def add(self, rows: IntArray, rank: int, finding: str) -> None:
        """Add a finding to some rows, each once."""
        key = finding_key(rank, False, 0.0, finding_order()[finding])
        self.key[rows] = np.minimum(self.key[rows], key)
        self.known_rank[rows] = np.maximum(self.known_rank[rows], rank)


def _outcome(
    fields: BodyFields,
    plans: Plans,
    terms: list[Terms],
    spots: Spots,
    good: IntArray,
) -> _Outcome:
    """Return what the zones say about needles: the engine's answer, reduced."""
    count = len(plans)
    met = meet(fields, plans, terms)
    rank = ranks(met, plans)
    shown = np.flatnonzero((rank > 0) | met.over | np.isfinite(met.danger_mm))
    which, row, rank = (values[shown] for values in (met.which, met.row, rank))
    p, holds = together(tuple(terms))
    who = plans.patient[which]
    known = holds[who, row] > 0
    weight = met.p_meet[shown] / p[CAUTION, who, row]
    found = _Outcome(
        key=np.full(count, NO_KEY),
        known_rank=np.zeros(count, dtype=np.intp),
        limit_mm=limits(met, count),
        any_finding=np.zeros(count, dtype=bool),
        corrected=np.zeros(count, dtype=bool),
        asks=np.zeros(count, dtype=bool),
    )
    key = finding_key(rank, ~known, weight, _row_order(fields)[row])
    np.minimum.at(found.key, which, key)
    np.maximum.at(found.known_rank, which, np.where(known, rank, 0))
    found.any_finding[which] = True
    found.corrected[which[built_rows(fields)[row]]] = True
    found.asks[which[~known]] = True
    worst = np.zeros(count, dtype=np.intp)
    np.maximum.at(worst, which, rank)
    beside = _graver_beside(fields, plans, terms, spots, good, worst)
    found.add(beside, RANK["CAUTION"], AREA)
    found.any_finding[beside] = True
    found.asks |= _arm_asked(fields, plans, terms, worst)
    failed = np.flatnonzero(met.failed)
    found.add(failed, RANK["NOT_ASSESSABLE"], "computation")
    found.limit_mm[failed] = 0.0
    return found


@functools.lru_cache(maxsize=4)
def _row_order(fields: BodyFields) -> NDArray[np.int64]:
    """Return the place of each row's id in alphabetical order, (R,)."""
    return np.array(
        [finding_order()[row.zone.id] for row in fields.rows], dtype=np.int64
    )


def _graver_beside(
    fields: BodyFields,
    plans: Plans,
    terms: list[Terms],
    spots: Spots,
    good: IntArray,
    worst: IntArray,
) -> IntArray:
    """Return the rows of whose search area some place is graver than its middle."""
    area = spots.area[good]
    at = np.flatnonzero((area >= 0) & (worst < RANK["DANGER"]))
    if not len(at):
        return at
    # the longest stands for those alike in all else: it alone may pass a limb's middle
    at = at[np.argsort(-longest_of(plans)[at], kind="stable")]
    tilt = np.zeros(len(plans)) if plans.tilt_deg is None else plans.tilt_deg
    deep = plans.planned_mm[at] * np.cos(np.radians(np.minimum(tilt[at], 60.0)))
    endless = ~np.isfinite(plans.planned_mm[at])
    columns = [area[at], plans.patient[at], endless.astype(np.intp)]
    for values in (*plans.build.T, plans.fold_mm, plans.stop_mm, plans.arm):
        if values is not None:
            columns.append(np.unique(values[at], return_inverse=True)[1].ravel())
    first, which = grouped(columns, len(at))
    grave = np.empty((2, len(first)))
    for number, one in enumerate(at[first].tolist()):
        met = over_area(
            fields, spots.areas[area[one]], plans.some(np.array([one])), terms
        )
        grave[0, number] = met.caution_mm.min(initial=np.inf)
        grave[1, number] = met.danger_mm.min(initial=np.inf)
    rank = np.where(reached(grave[0][which], deep), RANK["CAUTION"], 0)
    rank[reached(grave[1][which], deep)] = RANK["DANGER"]
    return at[rank > worst[at]]


def _arm_asked(
    fields: BodyFields, plans: Plans, terms: list[Terms], worst: IntArray
) -> NDArray[np.bool_]:
    """Return where another position of the arm could hold a plan back more, (N,)."""
    found = np.zeros(len(plans), dtype=bool)
    if plans.arm is None:
        return found
    floor = fields.floor
    moves = floor.stop[plans.vertex] > floor.stop_fixed[plans.vertex] + 0.01
    moves &= worst < RANK["DANGER"]  # nothing holds back more
    at = np.flatnonzero(moves & (plans.arm == NOT_SAID))
    if not len(at):
        return found
    away = replace(plans.some(at), arm=np.full(len(at), AWAY, dtype=np.intp))
    met = meet(fields, away, terms)
    most = np.zeros(len(at), dtype=np.intp)
    np.maximum.at(most, met.which, ranks(met, away))
    found[at] = most > worst[at]
    return found


def _bone_stops(
    fields: BodyFields,
    vertex: IntArray,
    bones: Mapping[int, str],
    rows: IntArray,
    spots: Spots,
) -> NDArray[np.float64]:
    """Return the depth at which needles aimed at bone are given up, (M,) mm.

    Rows whose bone is not there get an entry in ``spots.errors``.
    """
    found = np.full(len(rows), np.inf)
    for at in np.flatnonzero(np.isin(rows, [*bones])).tolist():
        if spots.face[at] < 0:
            continue
        try:
            found[at] = bone_stop(fields, int(vertex[at]), bones[int(rows[at])])
        except NeedlemapError as error:
            spots.errors[at] = str(error)
            spots.face[at] = -1
    return found


def _ruled(
    fields: BodyFields,
    spots: Spots,
    good: IntArray,
    vertex: IntArray,
    people: Patients,
    mine: IntArray,
) -> dict[str, NDArray[Any]]:
    """Return what the rules and the coverage say of placed rows."""
    body, ground = fields.body, kinds_of(fields)
    areas = [zones_of(fields, rules.asked_zones(), one) for one in spots.areas]
    site = ground.kind[vertex] * len(body.region_names) + spots.region[good]
    area = spots.area[good]
    in_area = np.flatnonzero(area >= 0)
    # a search area counts by what lies anywhere in it, in the region of its middle
    most = len(ground.kinds) * len(body.region_names)
    site[in_area] = most + area[in_area]
    named = np.array([m or "" for m in spots.muscles], dtype=object)
    muscle = np.array(
        [i if m.casefold() in asked_muscles() else -1 for i, m in enumerate(named)],
        dtype=np.intp,
    )
    muscle_of = np.where(
        spots.muscle[good] >= 0, np.append(muscle, -1)[spots.muscle[good]], -1
    )
    marked, marks = _marked(body, spots, good, people, mine)
    columns = [people.kind[mine], site]
    if any(kind.placed for kind in people.kinds):
        columns.append(spots.side[good])
    if len(named):
        columns.append(muscle_of + 1)
    if len(marks) > 1:
        columns.append(marked)
    first, which = grouped(columns, len(good))
    out = {
        n: np.empty(len(first), dtype=np.int64)
        for n in ("key", "known", "worst", "asks")
    }
    for number, at in enumerate(first.tolist()):
        region = body.region_names[int(spots.region[good[at]])]
        within = ground.kinds[int(ground.kind[vertex[at]])][1]
        if area[at] >= 0:
            within = areas[int(area[at])]
        muscle_at = int(muscle_of[at])
        answer = people.kinds[int(people.kind[mine[at]])].at(
            region,
            SIDES[int(spots.side[good[at]])],
            within,
            marks[int(marked[at])],
            str(named[muscle_at]) if muscle_at >= 0 else None,
        )
        known, found = answer.known_rank, [answer.gravest] if answer.gravest else []
        if coverage_of(region).level == "none":
            known = max(known, RANK["NOT_ASSESSABLE"])
            found.append((RANK["NOT_ASSESSABLE"], False, "coverage"))
        keys = [finding_key(rank, open_, 0.0, finding_order()[name])
                for rank, open_, name in found]  # fmt: skip
        out["key"][number], out["known"][number] = min(keys, default=NO_KEY), known
        out["worst"][number], out["asks"][number] = answer.worst_rank, answer.asks_rank
    return {name: values[which] for name, values in out.items()}


def _marked(
    body: Body, spots: Spots, good: IntArray, people: Patients, mine: IntArray
) -> tuple[IntArray, list[frozenset[str]]]:
    """Return which marked areas of skin each row lies in: a number, and the sets."""
    facts = sorted({name for kind in people.kinds for name in kind.areas})
    bits = np.zeros(len(good), dtype=np.intp)
    if not facts:
        return bits, [frozenset()]
    from anatomy.words.sites import resolve_site

    for number, kind in enumerate(people.kinds):
        if not kind.areas:
            continue
        rows = np.flatnonzero(people.kind[mine] == number)
        here, spread = spots.xyz(good[rows]), spots.spread_mm[good[rows]]
        for name, areas in kind.areas.items():
            for area in areas:
                plain = {k: v for k, v in area["site"].items() if k != "body"}
                centre = resolve_site(body, plain).point.xyz
                away = np.linalg.norm(centre - here, axis=1)
                inside = ~(away > area["radius_mm"] + spread)
                bits[rows[inside]] |= 1 << facts.index(name)
    used, which = np.unique(bits, return_inverse=True)
    sets = [
        frozenset(name for i, name in enumerate(facts) if int(b) >> i & 1) for b in used
    ]
    return which, sets
