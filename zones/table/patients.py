"""Patients of a table: each distinct answer of the rules is worked out once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.errors import NeedlemapError
from anatomy.mesh.arrays import FloatArray, IntArray
from anatomy.store import cached
from zones.check.patient_findings import possible_rules
from zones.knowledge.conditions import Condition
from zones.knowledge.facts import load_facts
from zones.patients import rules
from zones.patients.frozen import Facts, frozen
from zones.patients.patient import BMI_AGREES_WITHIN, parse_patient
from zones.patients.rules import SiteContext
from zones.risk.cells import grouped
from zones.table.columns import Columns

if TYPE_CHECKING:
    from zones.knowledge.structures.zone_files import Zone


BODIES = ("male", "female")
#: Ages at which the patient's own checks tell, beside those of rules.
_TELLING_AGES = (10.0,)


@dataclass(frozen=True)
class Answer:
    """What the rules say of one patient at one kind of site.

    Attributes
    ----------
    gravest : tuple or None
        Rank of the gravest finding, whether an answer is missing for it, and its id;
        of findings alike in these the first in the alphabet.
    known_rank, worst_rank : int
        Ranks of the gravest known finding and of the gravest of all.
    asks_rank : int
        The greatest rank that an open question may bring; -1 without any.
    """

    gravest: tuple[int, bool, str] | None
    known_rank: int
    worst_rank: int
    asks_rank: int


@dataclass(eq=False)
class PatientKind:
    """Patients whom no rule can tell apart.

    Attributes
    ----------
    facts : Facts
        Their facts; numbers are those of one of them.
    areas : mapping of str to list
        Marked areas of skin, by fact.
    placed : bool
        Whether a fact names parts of the body, so that sides matter.
    """

    facts: Facts
    areas: dict[str, list[dict[str, Any]]]
    placed: bool

    def at(
        self,
        region: str,
        side: str,
        zones: frozenset[str],
        inside: frozenset[str],
        muscle: str | None,
    ) -> Answer:
        """Return what the rules say at a kind of site, worked out once.

        Parameters
        ----------
        region, side : str
            Of the site.
        zones : frozenset of str
            Zones that the site lies in, as far as rules ask for them.
        inside : frozenset of str
            Facts whose marked areas the site lies in.
        muscle : str or None
            Muscle that the site was named by.
        """
        side = side if self.placed else "midline"
        loaded = id(rules.load_rules())
        return _answer(self.facts, (region, side, zones), inside, muscle, loaded)


@cached(maxsize=16_384)
def _answer(
    facts: Facts,
    where: tuple[str, str, frozenset[str]],
    inside: frozenset[str],
    muscle: str | None,
    loaded: int,
) -> Answer:
    """Return what the rules that are loaded (by identity) say."""
    context = SiteContext(*where, inside.__contains__, muscle)
    outcome = rules.apply(possible_rules(facts, loaded), facts, context)
    found = [
        (hit.verdict.rank, hit.status != "yes", hit.rule.id) for hit in outcome.hits
    ]
    open_ = [max(q.worst, q.now).rank for q in outcome.questions]
    return Answer(
        gravest=min(found, key=lambda one: (-one[0], one[1:]), default=None),
        known_rank=max((rank for rank, unknown, _ in found if not unknown), default=0),
        worst_rank=max((rank for rank, _, _ in found), default=0),
        asks_rank=max(open_, default=-1),
    )


@dataclass(eq=False)
class Patients:
    """The patients of a table, N rows.

    Attributes
    ----------
    kinds : list of PatientKind
        Patients whom no rule can tell apart.
    kind : (N,) int
        Kind of each row; -1 where the patient cannot be.
    errors : mapping of int to str
        Why, by row.
    sex : (N,) int
        Place in `BODIES`; -1 when not known.
    build : (N, 4) float64
        The figures that slopes are measured by (`zones.risk.body_build.PER`).
    built, aged : (N,) bool
        Whether body mass index and age are known.
    """

    kinds: list[PatientKind]
    kind: IntArray
    errors: dict[int, str]
    sex: IntArray
    build: FloatArray
    built: NDArray[np.bool_]
    aged: NDArray[np.bool_]


def patients_of(columns: Columns, count: int, zones: tuple[Zone, ...]) -> Patients:
    """Return the patients of a table.

    Parameters
    ----------
    columns : mapping of str to Column
        Facts by name, and ``electrical`` of the needle.
    count : int
        Rows.
    zones : tuple of Zone
        Zones whose conditions ask for facts.
    """
    numbers = {f.name for f in load_facts().facts if f.type == "number"}
    blank = np.broadcast_to(np.full(1, np.nan), count)
    figures = {
        name: columns[name].number if name in columns else blank for name in numbers
    }
    index, odd = _build(figures)
    for name in numbers & columns.keys():
        odd |= _out_of_range(name, figures[name]) | columns[name].not_number
    tell = dict(figures)
    tell["bmi"] = index
    parts = [c.codes for name, c in columns.items() if name not in numbers]
    marks = {**dict.fromkeys(numbers, ()), **thresholds(zones)}
    parts += [
        _bins(tell[name], marks[name])
        for name in sorted(numbers)
        if tell[name] is not blank and not np.isnan(tell[name]).all()
    ]
    raw = [columns[n].codes for n in numbers & columns.keys()]
    parts += [np.where(odd, codes, 0) for codes in raw]  # each odd one by itself
    first, kind = grouped([*parts, odd.astype(np.intp)], count)
    kinds: list[PatientKind] = []
    errors: dict[int, str] = {}
    at = np.full(len(first), -1, dtype=np.intp)
    sexes = np.full(len(first), -1, dtype=np.intp)
    wrong: dict[int, str] = {}
    for number, row in enumerate(first.tolist()):
        facts = {n: c.at(row) for n, c in columns.items()}
        electrical = facts.pop("electrical", None)
        given = {n: v for n, v in facts.items() if v is not None}
        try:
            known = parse_patient(given).facts()
        except NeedlemapError as error:
            wrong[number] = str(error)
            continue
        if electrical is not None:
            known["electrical"] = electrical
        at[number] = len(kinds)
        if known.get("sex") in BODIES:
            sexes[number] = BODIES.index(known["sex"])
        kinds.append(_kept_kind(known, marks))
    for number, text in wrong.items():
        errors.update(dict.fromkeys(np.flatnonzero(kind == number).tolist(), text))
    sex = sexes[kind]
    build = [index, figures["age"], figures["weight_kg"]]
    build.append(np.array([1.0, 0.0, np.nan])[sex])
    return Patients(
        kinds=kinds,
        kind=at[kind],
        errors=errors,
        sex=sex,
        build=np.stack(np.broadcast_arrays(*build), axis=1),
        built=~np.isnan(index),
        aged=~np.isnan(figures["age"]),
    )


def _build(figures: dict[str, FloatArray]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return body mass indices, (N,), and which patients need a closer look."""
    height, weight, given = (figures[n] for n in ("height_cm", "weight_kg", "bmi"))
    with np.errstate(divide="ignore", invalid="ignore"):
        reckoned = weight / (height / 100.0) ** 2
        odd = ~np.isnan(reckoned) & _out_of_range("bmi", reckoned)
        odd |= np.abs(given - reckoned) > BMI_AGREES_WITHIN
        for lower, upper, _ in load_facts().ladders:
            odd |= figures[lower] > figures[upper]
    index = np.where(np.isnan(given), reckoned, given).astype(np.float64)
    return np.round(index, 2), odd


def _out_of_range(name: str, values: FloatArray) -> NDArray[np.bool_]:
    """Return which numbers a fact cannot have, (N,)."""
    low, high = load_facts()[name].range or (-np.inf, np.inf)
    return np.asarray((values < low) | (values > high))


def _bins(values: FloatArray, marks: tuple[float, ...]) -> IntArray:
    """Return a code that tells values apart no more than the marks do, (N,)."""
    edges = np.array(marks, dtype=float)
    low = np.searchsorted(edges, values, side="left")
    high = np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), 0, 1 + low + high).astype(np.intp)


@dataclass(frozen=True)
class _Told:
    """Facts, told apart no more than any rule tells them."""

    text: str
    facts: Mapping[str, Any] = field(compare=False)


def _kept_kind(
    facts: Mapping[str, Any], marks: Mapping[str, tuple[float, ...]]
) -> PatientKind:
    """Return `kind_of_facts`, from memory where such facts were met before.

    Numbers that lie between the same marks are the same to every rule.
    """
    told = dict(facts)
    for name, value in facts.items():
        if name in marks and isinstance(value, (int, float)):
            told[name] = [int(_bins(np.array([float(value)]), marks[name])[0])]
    text = json.dumps(told, sort_keys=True, default=repr)
    return _kind(_Told(text, facts), id(rules.load_rules()))


@cached(maxsize=1024)
def _kind(told: _Told, loaded: int) -> PatientKind:
    """Return the kind of some facts under the rules that are loaded (by identity)."""
    del loaded
    return kind_of_facts(told.facts)


def kind_of_facts(facts: Mapping[str, Any]) -> PatientKind:
    """Return what zones and rules tell apart of a patient.

    Parameters
    ----------
    facts : mapping
        Known facts with all that follows from them.
    """
    types = {f.name: f.type for f in load_facts().facts}
    lists = {n: v for n, v in facts.items() if isinstance(v, (list, tuple))}
    areas = {n: list(v) for n, v in lists.items() if types.get(n) == "areas"}
    return PatientKind(frozen(facts), areas, placed=len(lists) > len(areas))


def thresholds(zones: Iterable[Zone]) -> dict[str, tuple[float, ...]]:
    """Return the figures at which any condition of the data tells numbers apart.

    Parameters
    ----------
    zones : iterable of Zone
        Zones whose conditions count, beside those of rules and facts.

    Examples
    --------
    >>> 13.0 in thresholds(())["gestation_weeks"]
    True
    """
    found: dict[str, set[float]] = {"age": set(_TELLING_AGES)}
    for condition in _conditions(zones):
        for node in _nodes(condition):
            marks = (node.below, node.at_most, node.at_least, node.above)
            known = {mark for mark in marks if mark is not None}
            if node.fact is not None and known:
                found.setdefault(node.fact, set()).update(known)
    return {name: tuple(sorted(marks)) for name, marks in found.items()}


def _conditions(zones: Iterable[Zone]) -> Iterator[Condition]:
    """Return every condition of rules, zones and facts."""
    for rule in rules.load_rules():
        yield from (c for c in (rule.when, rule.unless, rule.ask_when) if c is not None)
    for zone in zones:
        yield from zone.applies_when
    catalogue = load_facts()
    for fact in catalogue.facts:
        if fact.asked_when is not None:
            yield fact.asked_when
    for implied in catalogue.implications:
        yield implied.when
    for pair in catalogue.contradictions:
        yield from pair.both


def _nodes(condition: Condition) -> Iterator[Condition]:
    """Return a condition and all its parts."""
    yield condition
    for part in condition.parts():
        yield from _nodes(part)


@cached
def asked_muscles() -> frozenset[str]:
    """Return the muscles that rules ask for."""
    return frozenset(m for rule in rules.load_rules() for m in rule.where.muscles)
