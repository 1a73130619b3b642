"""From which chance each structure warns and refuses, for one patient."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anatomy.mesh.arrays import FloatArray
from zones.fields.compiling import carrying
from zones.knowledge.conditions import evaluate, undecided
from zones.risk.policy import Policy, in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zones.fields.model import BodyFields
    from zones.knowledge.structures.zone_files import Zone
    from zones.patients.frozen import Facts


#: Lines of the arrays of `Terms`, which are stacked so that they are looked up at once.
CAUTION, DANGER, P2 = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Terms:
    """What one patient and one policy make of the rows of a body.

    Attributes
    ----------
    holds : (R,) int8
        Whether the row's structure counts for the patient: 1 yes, 0 no, -1 not known.
    p : (3, R) float64
        Chance to meet it (P1) from which it warns and from which it refuses, inf for
        never; and the chance of harm, given that it is met (P2).
    unknown : (R,) bool
        Whether its depth is not known at all.
    """

    holds: NDArray[np.int8]
    p: FloatArray
    unknown: NDArray[np.bool_]

    def only(self, rows: NDArray[np.bool_]) -> Terms:
        """Return the same as if some rows, (R,), were all that counts."""
        return replace(self, holds=np.where(rows, self.holds, np.int8(0)))


def zone_applies(zone: Zone, facts: Mapping[str, Any]) -> bool | None:
    """Return whether all conditions of a zone hold; None when a fact is missing."""
    truths = [evaluate(condition, facts) for condition in zone.applies_when]
    if False in truths:
        return False
    return None if None in truths else True


def zone_questions(zone: Zone, facts: Mapping[str, Any]) -> set[str]:
    """Return the facts that would decide whether a zone applies."""
    found: set[str] = set()
    for condition in zone.applies_when:
        found |= undecided(condition, facts)
    return found


def terms_of(fields: BodyFields, facts: Facts) -> Terms:
    """Return from which chance each row of a body warns and refuses for a patient.

    Parameters
    ----------
    fields : BodyFields
        Compiled zones of the body.
    facts : Facts
        Known facts of the patient.

    Notes
    -----
    By the policy in force. Where it is not known whether a structure counts, it warns
    where it would refuse.
    One of unknown depth never refuses (risk model, section 6).
    """
    return _terms(fields, facts, in_force())


@functools.lru_cache(maxsize=2048)
def _terms(fields: BodyFields, facts: Facts, policy: Policy) -> Terms:
    base, unknown = _rows(fields, policy)
    holds = np.ones(len(fields.rows), dtype=np.int8)
    for zone, rows in _conditional(fields):
        state = zone_applies(zone, facts)
        holds[rows] = -1 if state is None else int(state)
    p = base.copy()
    open_ = holds < 0
    p[CAUTION, open_] = np.minimum(p[CAUTION, open_], p[DANGER, open_])
    p[DANGER, open_] = np.inf
    p[:2, holds == 0] = np.inf
    bleeds = _more_bleeding(facts, policy)
    if bleeds > 1.0:
        more = _bleeding(fields, policy)
        risen = np.where(more, np.minimum(bleeds, 1.0 / p[P2]), 1.0)
        p[P2] *= risen
        by_risk = _by_risk(fields, policy)
        p[:2] /= np.where(by_risk, risen, 1.0)
    return _same(holds.tobytes(), p.tobytes(), unknown.tobytes())


@functools.lru_cache(maxsize=256)
def _same(holds: bytes, p: bytes, unknown: bytes) -> Terms:
    """Return terms of some figures: one object, whichever patients they are of."""
    return Terms(
        np.frombuffer(holds, dtype=np.int8),
        np.frombuffer(p).reshape(3, -1),
        np.frombuffer(unknown, dtype=bool),
    )


@functools.lru_cache(maxsize=64)
def refusing(terms: Terms) -> Terms:
    """Return terms of what may refuse a needle, for where no more is asked."""
    return terms.only(np.isfinite(terms.p[DANGER]))


@functools.lru_cache(maxsize=64)
def together(terms: tuple[Terms, ...]) -> tuple[FloatArray, NDArray[np.int8]]:
    """Return the chances, (3, P, R), and what holds, (P, R), of several terms."""
    return np.stack([one.p for one in terms], 1), np.stack([one.holds for one in terms])


@functools.lru_cache(maxsize=8)
def _conditional(fields: BodyFields) -> list[tuple[Zone, list[int]]]:
    """Return the zones that count for some patients alone, each with its rows."""
    found: dict[str, tuple[Zone, list[int]]] = {}
    for number, row in enumerate(fields.rows):
        if row.zone.applies_when:
            found.setdefault(row.zone.id, (row.zone, []))[1].append(number)
    return list(found.values())


@functools.lru_cache(maxsize=8)
def _rows(fields: BodyFields, policy: Policy) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return thresholds and P2 of every row, (3, R), and whether its depth is known."""
    p = np.full((3, len(fields.rows)), np.inf)
    unknown = np.zeros(len(fields.rows), dtype=bool)
    least = carrying().share_unknown_from
    for number, row in enumerate(fields.rows):
        zone = row.zone
        if zone.kind == "exclusion":
            p[P2, number] = 1.0
            continue
        harm = policy.p2_of(zone.harm or "")
        line = policy.row(zone.severity or "")
        p[:2, number] = line.thresholds(harm.p2)
        p[P2, number] = 1.0 if harm.p2 is None else harm.p2
        if zone.unknown:
            unknown[number] = True
            p[DANGER, number] = np.inf
            p[CAUTION, number] = max(least, line.caution_p_meet or 0.0)
    return p, unknown


@functools.lru_cache(maxsize=8)
def _bleeding(fields: BodyFields, policy: Policy) -> NDArray[np.bool_]:
    """Return which rows' harm is a bleeding, (R,)."""
    harms = {harm.id: harm.bleeding for harm in policy.harm}
    return np.array([harms.get(row.zone.harm or "", False) for row in fields.rows])


@functools.lru_cache(maxsize=8)
def _by_risk(fields: BodyFields, policy: Policy) -> NDArray[np.bool_]:
    """Return which rows are judged by risk rather than by the chance to meet, (R,)."""
    return np.array(
        [
            row.zone.severity is not None
            and policy.row(row.zone.severity).caution_risk is not None
            for row in fields.rows
        ],
        dtype=bool,
    )


def _more_bleeding(facts: Mapping[str, Any], policy: Policy) -> float:
    """Return by how much bleeding is likelier in a patient, an odds ratio."""
    found = 1.0
    for entry in policy.bleeding:
        if evaluate(entry.when, facts):
            found = max(found, entry.ratio)
    return found
