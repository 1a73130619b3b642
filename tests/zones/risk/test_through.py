"""A needle that comes out on the other side: of a fold, of a limb; never unsaid."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.strategies import healthy_patient
from zones import check_site
from zones.check.draft import OTHER_SIDE
from zones.contract.models import Assessment, Finding, Verdict
from zones.fields.loading import body_fields
from zones.risk.through import comes_out, through_mm
from zones.table.sites import check_sites

PATIENT = healthy_patient(sex="female")
WEB = {"point": "LI4", "side": "left", "body": "female"}
TRAPEZIUS = {"muscle": "upper trapezius", "side": "left", "body": "female"}


def told(answer: Assessment) -> Finding | None:
    """Return the finding of the other side, if it is there."""
    return next((f for f in answer.findings if f.id == OTHER_SIDE), None)


def test_a_hand_is_thin_and_a_trunk_has_no_thickness() -> None:
    fields = body_fields("female")
    segment = np.array(fields.body.segment_names)[fields.body.segment_labels]
    none = np.full(len(segment), np.nan)
    upright = np.zeros(len(segment))
    every = np.arange(len(segment))
    far = through_mm(fields, every, tilt_deg=upright, fold_mm=none)
    assert np.isinf(far[np.isin(segment, ["trunk", "neck", "head"])]).all()
    assert np.isfinite(far).any()
    # a needle that leans has farther to go, never less far
    leant = through_mm(fields, every, tilt_deg=upright + 30.0, fold_mm=none)
    assert (leant >= far).all()


@pytest.mark.parametrize("far", [12.0, 30.0, 90.0])
def test_edge_counts_as_out_and_unknown_depth_too(far: float) -> None:
    below = np.nextafter(far, 0.0)
    assert comes_out([far] * 3, [below, far, math.inf]).tolist() == [False, True, True]


def test_a_needle_through_the_hand_is_said() -> None:
    """Short of it nothing; long enough: said; planned so: a CAUTION of its own."""
    short = check_site(WEB, {"length_mm": 13, "depth_mm": 10}, PATIENT)
    assert told(short) is None
    home = told(check_site(WEB, {"length_mm": 40, "depth_mm": 10}, PATIENT))
    assert home is not None
    assert home.verdict is Verdict.NO_KNOWN_DANGER
    assert home.message.startswith("Pushed home, a needle of 40 mm comes out")
    deep = told(check_site(WEB, {"length_mm": 50, "depth_mm": 45}, PATIENT))
    assert deep is not None
    assert deep.verdict is Verdict.CAUTION
    assert "45 mm deep, the needle comes out on the other side." in deep.message
    assert "limb is about" in deep.message


def test_a_fold_is_as_thick_as_it_was_entered() -> None:
    held = {"grip": "pincer", "fold_mm": 30, "length_mm": 40}
    inside = check_site(TRAPEZIUS, {**held, "depth_mm": 20}, PATIENT)
    home = told(inside)
    assert home is not None
    assert home.verdict is Verdict.NO_KNOWN_DANGER
    out = told(check_site(TRAPEZIUS, {**held, "depth_mm": 30}, PATIENT))
    assert out is not None
    assert out.verdict is Verdict.CAUTION
    assert "The fold is 30 mm thick" in out.message
    # flat on the trunk there is no other side to tell of
    flat = check_site(TRAPEZIUS, {"length_mm": 40, "depth_mm": 40}, PATIENT)
    assert told(flat) is None


def test_going_deeper_or_saying_less_never_lowers_the_verdict() -> None:
    answers = [
        check_site(WEB, {"depth_mm": depth}, PATIENT).verdict
        for depth in (5, 15, 25, 29, 31, 60, None)
    ]
    assert answers == sorted(answers)


def test_the_table_says_the_same() -> None:
    needles = {
        "depth_mm": [10.0, 45.0, 20.0, 30.0],
        "length_mm": [40.0, 50.0, 40.0, 40.0],
        "grip": ["flat", "flat", "pincer", "pincer"],
        "fold_mm": [math.nan, math.nan, 30.0, 30.0],
    }
    sites = {
        "point": ["LI4", "LI4", None, None],
        "muscle": [None, None, "upper trapezius", "upper trapezius"],
        "side": ["left"] * 4,
    }
    table = check_sites(sites, needles, PATIENT)
    for row in range(4):
        needle = {
            name: values[row]
            for name, values in needles.items()
            if not (isinstance(values[row], float) and math.isnan(values[row]))
        }
        site = {n: v[row] for n, v in sites.items() if v[row] is not None}
        assert table["verdict"][row] == check_site(site, needle, PATIENT).verdict.value
