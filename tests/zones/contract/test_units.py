"""Feet, inches and pounds there and back, and that nothing is lost on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import InputError
from zones.contract.units import (
    cm_from_feet,
    feet_from_cm,
    kg_from_pounds,
    pounds_from_kg,
    quantity_words,
)


@given(st.integers(0, 8), st.integers(0, 119))
def test_a_height_comes_back_as_it_was_typed(feet: int, tenths: int) -> None:
    inches = tenths / 10
    back = feet_from_cm(cm_from_feet(feet, inches))
    assert (back.feet, back.inches) == (feet, inches)


@given(st.integers(1, 9999))
def test_a_weight_comes_back_as_it_was_typed(tenths: int) -> None:
    assert pounds_from_kg(kg_from_pounds(tenths / 10)) == tenths / 10


@given(st.floats(40, 250))
def test_showing_a_height_loses_less_than_a_tenth_of_an_inch(cm: float) -> None:
    feet, inches = feet_from_cm(cm)
    assert 0 <= inches < 12
    assert abs(cm_from_feet(feet, inches) - cm) <= 0.05 * 2.54 + 1e-9


def test_known_figures() -> None:
    assert cm_from_feet(1, 0) == 30.48
    assert cm_from_feet(6, 0) == 182.88
    assert kg_from_pounds(1) == 0.45359237
    assert str(feet_from_cm(304.79)) == "10 ft 0 in"
    assert quantity_words(400, "kg", "imperial") == "881.8 lb"
    assert quantity_words(40, "cm") == "40 cm"


@pytest.mark.parametrize("bad", [math.nan, math.inf, "70", True, None])
def test_what_is_no_number_is_refused(bad: object) -> None:
    with pytest.raises(InputError):
        kg_from_pounds(bad)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        feet_from_cm(bad)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        cm_from_feet(None, None)
