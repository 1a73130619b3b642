"""Published injuries, depth studies and questions: the answer that each must get."""

from __future__ import annotations

import pytest

from zones.field_cases import FieldCase, answer_case, complaints, load_field_cases


@pytest.mark.parametrize("case", load_field_cases(), ids=lambda case: case.id)
def test_field_case(case: FieldCase) -> None:
    found = list(complaints(case.expected, answer_case(case)))
    assert not found, f"{case.facts} {found}"
