"""Build, age, sex: depth is taken off without end, and added no further than seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.fields.loading import body_fields
from zones.knowledge.habitus import habitus_rule
from zones.risk.body_build import PER, build_of, built_rows, shift_of, slopes_of

BMI = PER.index("bmi")


def shifts(**facts: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what build adds to the depth of every row of the male body, mm."""
    fields = body_fields("male")
    rows = np.arange(len(fields.rows))
    build = np.broadcast_to(build_of(facts), (len(rows), len(PER)))
    return shift_of(fields, rows, build)[0]


def test_nothing_known_of_the_build_moves_nothing() -> None:
    """Without figures the spread of the population is in the SD."""
    assert (shifts() == 0.0).all()
    assert (shifts(bmi=22.0, age=40.0) == 0.0).all()


def test_slopes_follow_the_figures_of_the_data() -> None:
    """So much a unit, from the end of what is ordinary."""
    fields = body_fields("male")
    slope, _, high = slopes_of(fields)
    row = int(np.flatnonzero(slope[BMI] > 0.0)[0])
    ordinary = habitus_rule().ordinary["bmi"]
    by = slope[BMI, row]
    assert shifts(bmi=ordinary[0] - 1.5)[row] == pytest.approx(-1.5 * by)
    over = min(ordinary[1] + 1.0, high[BMI, row])
    assert shifts(bmi=over)[row] == pytest.approx((over - ordinary[1]) * by)


def test_slopes_are_one_sided() -> None:
    """Past the range observed depth is taken off as before, and added no more."""
    fields = body_fields("male")
    slope, _, high = slopes_of(fields)
    deeper = slope[BMI] > 0.0
    assert deeper.any()
    most = high[BMI, deeper].max()
    assert np.array_equal(shifts(bmi=most), shifts(bmi=most + 30.0))
    thin, thinner = shifts(bmi=17.0)[deeper], shifts(bmi=13.0)[deeper]
    assert (thinner < thin).all()


@given(st.floats(10, 60), st.floats(10, 60))
def test_a_thinner_patient_has_no_structure_deeper(a: float, b: float) -> None:
    """Where depth grows with body mass it does so everywhere."""
    thin, heavy = sorted((a, b))
    grows = slopes_of(body_fields("male"))[0][BMI] >= 0.0
    assert (shifts(bmi=thin)[grows] <= shifts(bmi=heavy)[grows]).all()


@pytest.mark.parametrize(
    ("facts", "warned"),
    [({"age": 9.0}, True), ({"bmi": 14.0}, True), ({"bmi": 22.0, "age": 40.0}, False)],
)
def test_below_those_measured_no_depth_holds(
    facts: dict[str, float], warned: bool
) -> None:
    """Children and the very thin: only of structures whose depth build bears on."""
    fields = body_fields("male")
    rows = np.arange(len(fields.rows))
    build = np.broadcast_to(build_of(facts), (len(rows), len(PER)))
    found = shift_of(fields, rows, build)[1]
    assert np.array_equal(found, built_rows(fields) & warned)


def test_booleans_are_no_figures() -> None:
    """What is no number of a patient is not known."""
    assert np.isnan(build_of({"bmi": "22", "age": None, "sex": "other"})).all()
