"""Many sites at once: `check_sites` gives for a table what `check_site` gives for one.

Rows are worked out together on each body; what does not differ between rows (a named
site, a kind of patient, a kind of place) is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import InputError, NeedlemapError
from zones.check.patient_findings import load_data
from zones.contract.direction import just_short_of
from zones.fields.floor import tenths
from zones.fields.loading import body_fields
from zones.risk.verdict import NO_KEY, key_parts
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
from zones.table.needles import needles_of
from zones.table.on_body import BODIES, RANK, VERDICTS, Draft, add_body, finding_order
from zones.table.patients import Patients, patients_of
from zones.table.places import sites_of
from zones.table.plausible import slips, wrong_scale

if TYPE_CHECKING:
    from zones.knowledge.structures.zone_files import Zone

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
    draft = Draft(count)
    missed: dict[int, str] = {}
    for name in BODIES:
        other = 1 - BODIES.index(name)
        asked = np.where(places.body < 0, people.sex, places.body)
        rows = np.flatnonzero(~wrong & (asked != other))
        if len(rows):
            failed = add_body(name, rows, places, plans, people, draft)
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


def _columns(draft: Draft, errors: dict[int, str]) -> dict[str, NDArray[Any]]:
    """Return the answers as columns."""
    count = len(draft.done)
    names = np.array(
        [*sorted(finding_order(), key=finding_order().__getitem__), ""], dtype=object
    )
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


__all__ = ["NeedlemapError", "check_sites", "count_answers"]
