"""Many sites at once: `check_sites` gives for a table what `check_site` gives for one.

Rows are worked out together on each body; what does not differ between rows (a named
site, a kind of patient, a kind of place) is worked out once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError, NeedlemapError
from anatomy.store import cached
from zones.check.draft import TOO_DEEP
from zones.check.engine import AREA, over_area
from zones.check.entry import bone_stop
from zones.check.patient_findings import coverage_of, load_data
from zones.check.site_kinds import kinds_of
from zones.contract.direction import just_short_of
from zones.contract.models import Verdict
from zones.fields.floor import along, floor_at, tenths, unmapped
from zones.fields.loading import body_fields
from zones.fields.model import BodyFields
from zones.patients import rules
from zones.risk.body_build import built_rows
from zones.risk.cells import grouped
from zones.risk.meet import AWAY, NOT_SAID, Plans, meet
from zones.risk.place import entry_vertex, zones_of
from zones.risk.plans import longest_of
from zones.risk.terms import CAUTION, Terms, terms_of, together
from zones.risk.verdict import NO_KEY, finding_key, key_parts, limits, ranks, reached
from zones.sentences.notebook import answers_html
from zones.table.columns import (
    ANSWERS,
    NEEDLE,
    XYZ,
    Column,
    Columns,
    column_of,
    patient_columns,
    site_columns,
)
from zones.table.frames import Table, aligned, in_kind, own_columns, table_of
from zones.table.needles import Needles, needles_of
from zones.table.patients import Patients, asked_muscles, patients_of
from zones.table.places import SIDES, Sites, Spots, directions, place_sites, sites_of
from zones.table.plausible import slips, wrong_scale

if TYPE_CHECKING:
    from anatomy.body import Body
    from zones.knowledge.zone_files import Zone

IntArray = NDArray[np.intp]
BODIES = ("male", "female")
VERDICTS = tuple(verdict.value for verdict in Verdict)
RANK = {verdict.value: verdict.rank for verdict in Verdict}
#: Rows worked out together; memory grows with it and with nothing else.
ROWS_AT_ONCE = 50_000


class Answers(dict[str, Any]):
    """Answers by column; a dict that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return answers_html(self)


def check_sites(
    sites: Any,
    needles: Any = None,
    patients: Any = None,
    *,
    plausible: bool = True,
) -> Any:
    """Return the verdict, limit and gravest finding for every row of a table.

    Parameters
    ----------
    sites : mapping, data frame, Arrow table, relation or record array
        Columns named as the fields of a site (``landmark``, ``lateral_mm``,
        ``chart``, ``x_mm``, ``text``, ``muscle``, ``point``, ``side``, ``body`` ...);
        a place in the frame as ``xyz_x_mm``, ``xyz_y_mm``, ``xyz_z_mm`` or as
        ``xyz_mm`` of shape (..., 3). It may also hold the columns of needles and
        patients.
    needles : as `sites`, optional
        ``depth_mm``, ``length_mm``, ``electrical``, ``direction``; ``tilt_deg`` and
        ``toward``, or ``vector_x``, ``vector_y``, ``vector_z``.
    patients : as `sites`, optional
        Facts by name; a missing value was not asked.
    plausible : bool
        Whether columns that look like metres or inches are refused, row by row.

    Returns
    -------
    columns
        In the kind that `sites` came in: a data frame, Arrow table or relation with its
        own columns and these, else a dict of arrays in the shape that the columns
        broadcast to (plain values when all are single):

        ``verdict`` : name of the verdict; empty when the row could not be checked.
        ``verdict_code`` : its rank, 0 the mildest; -1 when it could not be checked.
        ``max_depth_mm`` : deepest plan below DANGER and within what is known, mm; NaN
        where nothing is mapped.
        ``finding`` : id of the gravest finding; empty when there is none.
        ``complete`` : whether no question is open that could change the verdict.
        ``error`` : why the row could not be checked; empty when it was.

    Raises
    ------
    UnknownNameError
        For a column that is not known, naming the nearest.
    InputError
        When an argument is no table, columns do not fit, or no column gives a site.

    Notes
    -----
    Each row is answered as `zones.check_site` answers it. Missing values (None, NaN,
    empty text) count as not given.

    Examples
    --------
    >>> import numpy as np
    >>> answer = check_sites(
    ...     {"text": "6 cm left of T4"}, {"depth_mm": np.array([5.0, 30.0])}
    ... )
    >>> answer["verdict"].tolist()
    ['CAUTION', 'DANGER']
    >>> check_sites({"point": "GB999"})["error"][:7]
    'Unknown'
    """
    given = table_of(sites, what="sites")
    parts, shape = _split(given, needles, patients)
    count = int(np.prod(shape, dtype=np.intp))
    whole: dict[str, list[NDArray[Any]]] = {name: [] for name in ANSWERS}
    for begin in range(0, max(count, 1), ROWS_AT_ONCE):
        rows = slice(begin, begin + ROWS_AT_ONCE)
        one, two, three = (
            {
                n: Column(c.values[rows], c.given[rows], c.single)
                for n, c in columns.items()
            }
            for columns in parts
        )
        most = min(ROWS_AT_ONCE, count - begin)
        found = _check_rows(one, two, three, most, plausible)
        for name, values in found.items():
            whole[name].append(values)
    answers = {name: np.concatenate(v).reshape(shape) for name, v in whole.items()}
    return _like(given, answers, shape)


def count_answers(answers: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows have each verdict, and how many could not be checked.

    Examples
    --------
    >>> count_answers(check_sites({"text": ["T4", "nowhere"]}))["error"]
    1
    """
    codes = np.atleast_1d(np.asarray(answers["verdict_code"])).ravel()
    found = {name: int((codes == RANK[name]).sum()) for name in reversed(VERDICTS)}
    return {**found, "error": int((codes < 0).sum())}


def _split(
    sites: Table, needles: Any, patients: Any
) -> tuple[tuple[Columns, Columns, Columns], tuple[int, ...]]:
    """Return the three tables as columns of one length, and the shape of them."""
    places, plans = site_columns(), NEEDLE
    facts = patient_columns()
    items = sites.columns
    own_columns(list(items), [*places, *plans, *facts], what="sites")
    groups = [
        {n: v for n, v in items.items() if n in places},
        {n: v for n, v in items.items() if n in plans},
        {n: v for n, v in items.items() if n in facts},
    ]
    for number, (data, what, known) in enumerate(
        ((needles, "needles", plans), (patients, "patients", facts)), start=1
    ):
        more = aligned(table_of(data, what=what), sites, what=what).columns
        own_columns(list(more), known, what=what)
        twice = sorted((groups[number].keys() & more.keys()) & set(known))
        if twice:
            raise InputError(
                f"column {twice[0]!r} is given with the sites and with the {what}.",
                field=twice[0],
            )
        groups[number].update({n: v for n, v in more.items() if n in known})
    if not groups[0].keys() - {"body", "side"}:
        raise InputError(
            "sites must have columns that give a place: landmark, text, point, "
            f"muscle, chart with x_mm and y_mm, or {', '.join(XYZ)}.",
            field="sites",
        )
    if "xyz_mm" in groups[0]:
        triple = np.asarray(groups[0].pop("xyz_mm"), dtype=float)
        if triple.shape[-1:] != (3,):
            raise InputError(
                f"xyz_mm must have the shape (..., 3); got {triple.shape}.",
                field="xyz_mm",
            )
        groups[0].update({n: triple[..., k] for k, n in enumerate(XYZ)})
    shapes = [_shape(v) for group in groups for v in group.values()]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        named = {
            n: s
            for g in groups
            for n, s in zip(g, map(_shape, g.values()), strict=True)
        }
        told = ", ".join(f"{n} {s}" for n, s in named.items() if s)
        raise InputError(f"columns must have one length; given are {told}.") from None
    columns = [{n: _column(v, shape) for n, v in g.items()} for g in groups]
    return (columns[0], columns[1], columns[2]), shape


def _shape(values: Any) -> tuple[int, ...]:
    """Return the shape of a column; () for a single value."""
    if values is None or isinstance(values, (str, bytes, Mapping)):
        return ()
    if isinstance(values, (list, tuple)):
        return (len(values),)
    shape = getattr(values, "shape", None)
    if shape is not None:
        return tuple(shape)
    return (len(values),) if hasattr(values, "__len__") else ()


def _column(values: Any, shape: tuple[int, ...]) -> Column:
    """Return a column broadcast to a shape, laid out in one line."""
    own = _shape(values)
    if own == ():
        holder = np.empty(1, dtype=object)
        holder[0] = values.item() if isinstance(values, np.generic) else values
        single = column_of(holder)
        count = int(np.prod(shape, dtype=np.intp))
        values, given = (
            np.broadcast_to(v, count) for v in (single.values, single.given)
        )
        return Column(values, given, single=True)
    if own == shape and len(own) == 1:
        return column_of(values)
    return column_of(np.broadcast_to(np.asarray(values), shape).ravel())


def _like(
    sites: Table, answers: dict[str, NDArray[Any]], shape: tuple[int, ...]
) -> Any:
    """Return answers as the same kind of table as the sites came in."""
    if sites.frame is not None:
        return in_kind(sites, answers)
    known = {*site_columns(), *NEEDLE, *patient_columns()}
    own = {n: v for n, v in sites.columns.items() if n not in known}
    clash = sorted(own.keys() & answers.keys())
    if clash:
        raise InputError(
            f"column {clash[0]!r} of sites has the name of an answer; rename it.",
            field=clash[0],
        )
    if shape == ():
        answers = {name: values.item() for name, values in answers.items()}
    return Answers({**own, **answers})


@cached
def _order() -> dict[str, int]:
    """Return the place of every finding's id in alphabetical order."""
    ids = {rule.id for rule in rules.load_rules()} | {
        "coverage",
        TOO_DEEP,
        AREA,
        "computation",
    }
    for name in BODIES:
        ids |= {zone.id for zone in body_fields(name).zones}
    return {name: place for place, name in enumerate(sorted(ids))}


def _check_rows(
    sites: Columns, needles: Columns, patients: Columns, count: int, plausible: bool
) -> dict[str, NDArray[Any]]:
    """Return the answers of N rows."""
    load_data()
    places = sites_of(sites, count)
    plans = needles_of(needles, count)
    facts = dict(patients)
    if "electrical" in needles:
        facts["electrical"] = needles["electrical"]
    zones = body_fields("male").zones
    people = _patients_of(facts, count, zones)
    errors = {**people.errors, **plans.errors, **places.errors}
    if plausible:
        errors.update(slips({**sites, **needles}, count))
    wrong = np.zeros(count, dtype=bool)
    wrong[list(errors)] = True
    draft = _Draft(count)
    missed: dict[int, str] = {}
    for name in BODIES:
        other = 1 - BODIES.index(name)
        asked = np.where(places.body < 0, people.sex, places.body)
        rows = np.flatnonzero(~wrong & (asked != other))
        if len(rows):
            failed = _on_body(name, rows, places, plans, people, draft)
            missed = {**failed, **missed}
    lost = {row: text for row, text in missed.items() if not draft.done[row]}
    if plausible and lost:
        lost = wrong_scale(places, lost)
    errors.update(lost)
    return _columns(draft, errors)


def _patients_of(columns: Columns, count: int, zones: tuple[Zone, ...]) -> Patients:
    """Return the patients of N rows; one patient for all of them is read once."""
    if count < 2 or not all(column.single for column in columns.values()):
        return patients_of(columns, count, zones)
    one = patients_of({n: c.first for n, c in columns.items()}, 1, zones)
    errors = dict.fromkeys(range(count), one.errors[0]) if one.errors else {}
    return replace(
        one,
        errors=errors,
        kind=np.broadcast_to(one.kind, count),
        sex=np.broadcast_to(one.sex, count),
        build=np.broadcast_to(one.build, (count, 4)),
        built=np.broadcast_to(one.built, count),
        aged=np.broadcast_to(one.aged, count),
    )


class _Draft:
    """What is known of N rows so far, the stricter of the bodies."""

    def __init__(self, count: int) -> None:
        self.done = np.zeros(count, dtype=bool)
        self.key = np.full(count, NO_KEY)
        self.limit_mm = np.full(count, np.inf)
        self.floor_mm = np.full(count, np.inf)
        self.refused = np.zeros(count, dtype=bool)
        self.complete = np.ones(count, dtype=bool)


def _columns(draft: _Draft, errors: dict[int, str]) -> dict[str, NDArray[Any]]:
    """Return the answers as columns."""
    count = len(draft.done)
    names = np.array([*sorted(_order(), key=_order().__getitem__), ""], dtype=object)
    words = np.array([*VERDICTS, ""], dtype=object)
    error = np.full(count, "", dtype=object)
    for row, text in errors.items():
        error[row] = text
    rank, place = key_parts(draft.key)
    found = draft.key != NO_KEY
    rank = np.where(found, rank, 0)
    rank = np.where(draft.done, rank, -1)
    limit = np.fmin(just_short_of(draft.limit_mm), _finite(tenths(draft.floor_mm)))
    limit = np.where(draft.refused, 0.0, limit)
    return {
        "verdict": words[rank],
        "verdict_code": rank.astype(np.int8),
        "max_depth_mm": np.where(draft.done, limit, np.nan),
        "finding": names[np.where(found & draft.done, place, len(names) - 1)],
        "complete": draft.done & draft.complete,
        "error": error,
    }


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return figures with NaN for those that are not finite."""
    return np.where(np.isfinite(values), values, np.nan)


def _on_body(
    name: str,
    rows: IntArray,
    places: Sites,
    plans: Needles,
    people: Patients,
    draft: _Draft,
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
        key = finding_key(rank, False, 0.0, _order()[finding])
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
    return np.array([_order()[row.zone.id] for row in fields.rows], dtype=np.int64)


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
        keys = [finding_key(rank, open_, 0.0, _order()[name])
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


__all__ = ["NeedlemapError", "check_sites", "count_answers"]
