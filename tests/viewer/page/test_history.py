"""What a tab kept is read like any other input: placed anew, nothing believed."""

from __future__ import annotations

from typing import Any

import pytest

from viewer.page import history
from viewer.panels.patient import callbacks
from viewer.state import page_state

NOW = {"body": "female", "chart": "posterior"}


def test_a_kept_site_is_placed_anew() -> None:
    """Only the request counts; a place that was changed or is out of date goes."""
    site = page_state.place("female", {"text": "6 cm left of T4"})
    forged = {**site, "xyz": [0.0, 0.0, 0.0], "side": "right", "spread_mm": 99.0}
    again, problem = history._placed(forged, "female")
    assert again == site
    assert problem == ""


def test_a_kept_site_goes_to_the_body_that_is_shown() -> None:
    """The same anatomical place on the other body, on the same side."""
    site = page_state.place("female", {"point": "GB21", "side": "left"})
    other, problem = history._placed(site, "male")
    assert problem == ""
    assert other is not None
    assert other["body"] == "male"
    assert other["side"] == "left"
    assert other["xyz"][0] > 0


@pytest.mark.parametrize(
    "kept",
    [
        {"request": {"muscle": "no such muscle", "side": "left"}, "body": "male"},
        {"request": {"chart": "posterior", "x_mm": 9999.0, "y_mm": 0.0}},
        {"request": {"chart": "posterior", "x_mm": "x"}, "body": "elephant"},
    ],
)
def test_a_site_that_no_longer_exists_is_said_to_be_gone(kept: Any) -> None:
    """No needle, and a sentence; never a needle somewhere else."""
    site, problem = history._placed(kept, "male")
    assert site is None
    assert problem.startswith(history.GONE)


@pytest.mark.parametrize("kept", [None, {}, "text", {"request": 3}, [1]])
def test_no_kept_site_is_no_needle(kept: Any) -> None:
    """Nothing kept, or nothing that can be read: no needle and no complaint."""
    assert history._placed(kept, "male") == (None, "")


@pytest.mark.parametrize(
    "view", [None, {}, "anterior", {"body": "x", "chart": "anterior"}, {"body": "male"}]
)
def test_a_view_that_does_not_exist_changes_nothing(view: Any) -> None:
    """The page stays at the chart that it shows."""
    assert history.wanted_view(view, NOW) == ("female", "posterior")


def test_only_facts_of_the_catalogue_come_back() -> None:
    """Names that are not asked for, and empty answers, are left out."""
    kept = {"pregnant": False, "age": 31, "robot": True, "bmi": None}
    assert callbacks.known_answers(kept) == {"pregnant": False, "age": 31}
    assert callbacks.known_answers([1]) == {}
