"""The gates of the patient: short questions that stand for many.

A no is an answer to every question behind a gate, so whoever gives it is shown them
first; a yes answers nothing, it only opens them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from anatomy.errors import DataError
from anatomy.names import closest
from anatomy.store import cached, entries_of, label, read_toml
from zones.knowledge.facts import Fact, load_facts
from zones.knowledge.records.sources import Record, Slug, TextWords

if TYPE_CHECKING:
    from pathlib import Path

#: What is known behind a gate: something was found, nothing was, or it is still open.
GateState = Literal["yes", "no", "open"]


class Gate(Record):
    """One gate.

    Attributes
    ----------
    id : str
        Slug.
    question : str
        How it is asked.
    groups : tuple of str
        Groups of facts behind it.
    """

    id: Slug
    question: TextWords
    groups: tuple[str, ...]

    def facts(self, patient: Mapping[str, Any]) -> list[Fact]:
        """Return the questions behind the gate that are asked of a patient."""
        known = load_facts().complete(patient)
        return [
            fact
            for fact in found_facts()
            if fact.group in self.groups and load_facts().asked(fact.name, known)
        ]


def found_facts() -> list[Fact]:
    """Return the facts that are answered by finding nothing: a no clears them."""
    return [
        fact
        for fact in load_facts().facts
        if fact.source == "patient" and fact.favourable is False
    ]


@cached
def load_gates(path: Path | str = "gates.toml") -> tuple[Gate, ...]:
    """Return the gates in their order.

    Raises
    ------
    DataError
        When a group does not exist, or a question is behind no gate or behind two.

    Examples
    --------
    >>> [gate.id for gate in load_gates()]
    ['blood', 'pregnancy', 'infection', 'body', 'today']
    """
    gates = tuple(entries_of(Gate, read_toml(path), "gate", path))
    groups = {group.name for group in load_facts().groups}
    behind: dict[str, str] = {}
    for gate in gates:
        entry = f"{label(path)}, gate {gate.id!r}"
        for name in gate.groups:
            if name not in groups:
                raise DataError(
                    f"{entry}: group {name!r} does not exist.",
                    given=name,
                    suggestions=closest(name, groups),
                )
            if name in behind:
                raise DataError(f"{entry}: {name!r} is behind {behind[name]!r}, too.")
            behind[name] = gate.id
    without = sorted({f.group for f in found_facts()} - set(behind))
    if without:
        raise DataError(f"{label(path)}: behind no gate: {', '.join(without)}.")
    return gates


def nothing_found(
    patient: Mapping[str, Any], gates: Iterable[Gate] | None = None
) -> dict[str, Any]:
    """Return a patient in whom nothing was found behind some gates.

    Parameters
    ----------
    patient : mapping
        The facts so far; what was answered stays.
    gates : iterable of Gate, optional
        All of them if not given.

    Returns
    -------
    dict
        The facts, with a no for every open question behind the gates. Consent,
        capacity, and that something was talked over or agreed with a colleague are
        never found by not finding anything: they stay open.

    Examples
    --------
    >>> answers = nothing_found({"sex": "male"})
    >>> answers["bleeding_disorder"], "consent_given" in answers
    (False, False)
    """
    found = dict(patient)
    catalogue = load_facts()
    for gate in load_gates() if gates is None else gates:
        for fact in gate.facts(found):
            if fact.name not in catalogue.complete(found):
                found[fact.name] = False
    return found


def open_behind(gate: Gate, patient: Mapping[str, Any]) -> list[Fact]:
    """Return the questions that a no to a gate would answer.

    Examples
    --------
    >>> blood = load_gates()[0]
    >>> [f.name for f in open_behind(blood, nothing_found({}, [blood]))]
    []
    """
    stated = nothing_found(patient, [gate])
    return [
        fact
        for fact in gate.facts(stated)
        if fact.name not in patient and stated.get(fact.name) is False
    ]


def gate_state(gate: Gate, patient: Mapping[str, Any]) -> GateState:
    """Return what is known behind a gate.

    Examples
    --------
    >>> blood = load_gates()[0]
    >>> gate_state(blood, {}), gate_state(blood, {"anticoagulant": "warfarin"})
    ('open', 'yes')
    >>> gate_state(blood, nothing_found({}, [blood]))
    'no'
    """
    facts = gate.facts(patient)
    known = load_facts().complete(patient)
    if any(known.get(fact.name) not in (None, False) for fact in facts):
        return "yes"
    return "open" if any(fact.name not in known for fact in facts) else "no"
