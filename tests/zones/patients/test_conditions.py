"""Three-valued logic: the conditions of rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from anatomy.errors import DataError
from zones.knowledge.conditions import as_condition, evaluate, undecided

TRUTHS = (True, False, None)


@pytest.mark.parametrize(("a", "b"), list(itertools.product(TRUTHS, TRUTHS)))
def test_kleene_tables(a: bool | None, b: bool | None) -> None:
    facts = {k: v for k, v in {"faints": a, "epilepsy": b}.items() if v is not None}
    first, second = ({"fact": n, "equals": True} for n in ("faints", "epilepsy"))
    both, either = (
        evaluate({"all": [first, second]}, facts),
        evaluate({"any": [first, second]}, facts),
    )
    assert both is (False if False in (a, b) else None if None in (a, b) else True)
    assert either is (True if True in (a, b) else None if None in (a, b) else False)
    assert evaluate({"not": first}, facts) is (None if a is None else not a)


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ({"below": 13}, 12.9, True),
        ({"below": 13}, 13, False),
        ({"at_least": 13}, 13, True),
        ({"above": 3}, 3, False),
        ({"at_most": 3}, 3, True),
        ({"equals": True}, "warfarin", True),
        ({"equals": False}, "warfarin", False),
        ({"equals": True}, ["left arm"], True),
        ({"equals": True}, [], False),
        ({"equals": "male"}, "male", True),
        ({"given": True}, 3, True),
        ({"given": False}, 3, False),
        ({"given": False}, None, True),
        ({"below": 13}, None, None),
        ({"below": 13}, True, None),
    ],
)
def test_tests_of_a_fact(
    condition: dict[str, Any], value: Any, holds: bool | None
) -> None:
    assert evaluate({"fact": "x", **condition}, {"x": value}) is holds


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"fact": "age"},
        {"fact": "age", "below": 3, "above": 5},
        {"any": [], "all": []},
        {"fact": "age", "belo": 3},
        {"equals": True},
        {"not": {}},
    ],
)
def test_broken_conditions_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        as_condition(bad)


def test_only_facts_that_still_matter_are_undecided() -> None:
    condition = as_condition(
        {
            "any": [
                {"all": [{"fact": "faints", "equals": True},
                         {"fact": "epilepsy", "equals": True}]},
                {"fact": "age", "below": 12},
            ]
        }
    )  # fmt: skip
    assert undecided(condition, {"faints": False}) == {"age"}
    assert undecided(condition, {"faints": False, "age": 30}) == set()
    assert undecided(condition, {}) == {"faints", "epilepsy", "age"}
