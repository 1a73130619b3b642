"""Chances in words: never less than they are, and not much more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.sentences.frequency import LEAST, one_in


def told(text: str) -> float:
    """Return the chance that a text tells."""
    if text == "nearly all":
        return 1.0
    many, of = re.findall(r"[\d,]+", text)
    return float(many.replace(",", "")) / float(of.replace(",", ""))


@given(st.floats(0.0, 1.0))
def test_never_less_than_the_chance(chance: float) -> None:
    """Rounding goes to the side of more risk, by no more than half."""
    found = told(one_in(chance))
    assert found >= chance * (1 - 1e-9)
    assert found <= max(1.5 * chance, LEAST * 1.000001)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_greater_chance_is_never_told_as_less(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert told(one_in(low)) <= told(one_in(high)) * 1.15


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.0, "fewer than 1 in 100,000"),
        (1 / 90, "about 1 in 90"),
        (0.001, "about 1 in 1,000"),
        (0.05, "about 1 in 20"),
        (0.5, "about 50 in 100"),
        (1.0, "nearly all"),
    ],
)
def test_words(chance: float, text: str) -> None:
    assert one_in(chance) == text
