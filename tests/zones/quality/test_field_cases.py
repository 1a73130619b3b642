"""Published injuries, depth studies and questions: the answer that each must get."""

from __future__ import annotations

import pytest

from zones.quality.field_cases import (
    FieldCase,
    answer_case,
    complaints,
    load_field_cases,
)


def cases() -> list[object]:
    """Return all cases; one that is open must fail, so that it is noticed when not."""
    return [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(strict=True, reason=case.expected.open)]
            if case.expected.open
            else [],
        )
        for case in load_field_cases()
    ]


@pytest.mark.parametrize("case", cases())
def test_field_case(case: FieldCase) -> None:
    found = list(complaints(case.expected, answer_case(case)))
    assert not found, f"{case.facts} {found}"


def test_no_injury_is_left_open() -> None:
    """What hurt somebody is answered right; only false alarms may wait."""
    open_ = [c.id for c in load_field_cases() if c.expected.open and c.kind == "injury"]
    assert not open_
