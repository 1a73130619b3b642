"""Depth limits in words: whole, rounded down, nothing where nothing is mapped."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.contract.models import Coverage, Verdict
from zones.sentences.limits import limit_of, limit_words, nearest_mm, whole_mm


@given(st.floats(min_value=0.0, max_value=300.0))
def test_a_limit_is_never_rounded_up(value: float) -> None:
    shown = whole_mm(value)
    if shown == "less than 1 mm":
        assert 0.0 < value < 1.0
    else:
        number = float(shown.removesuffix(" mm"))
        assert number <= value + 1e-5
        assert value - number < 1.0
    assert limit_words(value).figure in (shown, "none")


def test_the_worst_case_of_the_issue() -> None:
    assert whole_mm(9.9) == "9 mm"
    assert nearest_mm(9.9) == "10 mm"
    # a figure that is whole but for the machine's arithmetic stays what it is
    assert whole_mm(9.0 - 1e-9) == "9 mm"


def kept(limit: float | None, **more: Any) -> Any:
    """Return the parts of an answer that its limit is worded from."""
    fields = {
        "max_depth_mm": limit,
        "verdict": Verdict.CAUTION,
        "coverage": Coverage(level="partial"),
    }
    return SimpleNamespace(**(fields | more))


def test_unmapped_skin_has_no_limit_and_says_so() -> None:
    """Nothing mapped: no figure, and no structure is claimed to be mapped."""
    unmapped = {"coverage": Coverage(level="none"), "verdict": Verdict.NOT_ASSESSABLE}
    for limit in (None, 31.0):
        found = limit_of(kept(limit, **unmapped))
        assert "nothing has been mapped here" in found.sentence
        assert not re.search(r"\d", found.figure + found.note + found.sentence)
        assert "structure" not in found.sentence
    assert limit_of(kept(0.0, **unmapped)).figure == "none"


@pytest.mark.parametrize(
    ("set_by", "structure", "wanted"),
    [
        (None, None, "Deepest plan below danger: 31 mm."),
        ("risk", None, "Deepest plan below danger: 31 mm."),
        ("bone", "ilium", "Deepest plan: 31 mm; bone (ilium) is expected by then."),
        ("bone", None, "Deepest plan: 31 mm; bone is expected by then."),
        ("mapped", None, "Deepest plan: 31 mm; deeper has not been mapped."),
    ],
)
def test_what_set_the_limit_is_said(
    set_by: str | None, structure: str | None, wanted: str
) -> None:
    answer = kept(31.9, limit_set_by=set_by, limit_structure=structure)
    assert limit_of(answer).sentence == wanted
    assert limit_of(kept(31.9)).sentence == "Deepest plan below danger: 31 mm."
