"""Gates: a no answers what it showed, nothing else; the file is held to the facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import DataError
from anatomy.store import shipped
from zones.knowledge.facts import load_facts
from zones.patients.gates import (
    found_facts,
    gate_state,
    load_gates,
    nothing_found,
    open_behind,
)

YES_NO = [fact.name for fact in found_facts() if fact.type == "bool"]


@given(
    patient=st.dictionaries(st.sampled_from(YES_NO), st.booleans(), max_size=6),
    number=st.integers(0, len(load_gates()) - 1),
)
def test_a_no_answers_what_it_showed(patient: dict[str, bool], number: int) -> None:
    gate = load_gates()[number]
    shown = {fact.name for fact in open_behind(gate, patient)}
    after = nothing_found(patient, [gate])
    assert set(after) - set(patient) == shown
    assert all(after[name] is False for name in shown)
    assert all(after[name] == value for name, value in patient.items())
    assert gate_state(gate, after) != "open"


def test_no_gate_states_consent() -> None:
    """What is never found by not finding anything stays open behind all of them."""
    after = nothing_found({})
    catalogue = load_facts()
    assert all(catalogue[name].favourable is False for name in after)
    assert {"consent_given", "capacity_to_consent"}.isdisjoint(after)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('groups = ["blood"]', 'groups = ["bloods"]', "'bloods' does not exist"),
        ('groups = ["blood"]', 'groups = ["blood", "skin"]', "behind"),
        ('groups = ["infection", "skin"]', 'groups = ["infection"]', "skin"),
    ],
)
def test_a_wrong_file_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    text = shipped("gates.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / "gates.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=says):
        load_gates(path)
