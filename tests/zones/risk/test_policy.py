"""Policies: what refuses later is named and must be allowed, wrong files are told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import DataError, InputError
from anatomy.store import shipped
from tests.strategies import healthy_patient
from zones import check_site
from zones.pictures.depth_map import depth_map
from zones.risk.policy import (
    Row,
    chosen_policy,
    in_force,
    is_looser,
    read_policy,
    shipped_policy,
    using_policy,
)

SHIPPED = shipped("policy.toml").read_text("utf-8")
T4 = {"text": "6 cm left of T4", "body": "male"}


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """Return a copy of the shipped policy with some first places changed."""
    text = SHIPPED
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "ward.toml"
    path.write_text(text, "utf-8")
    return path


LOOSER = [
    ("danger_risk = 1e-4", "danger_risk = 2e-4"),
    ("caution_risk = 1e-5", "caution_risk = 2e-5"),
    ("caution_p_meet = 0.25", "caution_p_meet = 0.5"),
    ("p2 = 0.26", "p2 = 0.16"),
    ("danger_risk = 1e-2\n", ""),
]


@pytest.mark.parametrize("change", LOOSER, ids=lambda pair: pair[0])
def test_a_looser_policy_must_be_allowed(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    """Refusing or warning later, or less harm per touch, in any row."""
    path = changed(tmp_path, change)
    with pytest.raises(InputError, match="--allow-looser") as caught:
        chosen_policy(path)
    assert path.name in str(caught.value)
    policy = chosen_policy(path, allow_looser=True)
    assert is_looser(policy)
    with using_policy(policy):
        answer = check_site(T4, {"depth_mm": 5}, healthy_patient())
    assert answer.policy_looser


def test_a_harm_that_bleeds_no_more_is_looser(tmp_path: Path) -> None:
    """Without the mark, an anticoagulant would raise the risk no more."""
    path = changed(tmp_path, ("bleeding = true\n", ""))
    with pytest.raises(InputError, match="tamponade"):
        chosen_policy(path)


def test_a_stricter_policy_is_taken_and_said(tmp_path: Path) -> None:
    """No permission is needed to refuse sooner; every answer names the policy."""
    path = changed(
        tmp_path,
        ('name = "needlemap"', 'name = "ward 7"'),
        ("danger_risk = 1e-3", "danger_risk = 1e-4"),
    )
    policy = chosen_policy(path)
    assert not is_looser(policy)
    before = check_site(T4, {"depth_mm": 5}, healthy_patient())
    with using_policy(policy):
        assert in_force() is policy
        strict = check_site(T4, {"depth_mm": 5}, healthy_patient())
    assert in_force() is shipped_policy()
    assert (strict.policy, before.policy) == ("ward 7", "needlemap")
    assert not strict.policy_looser
    assert strict.max_depth_mm is not None
    assert before.max_depth_mm is not None
    assert strict.max_depth_mm < before.max_depth_mm


def test_the_map_follows_the_policy_in_force(tmp_path: Path) -> None:
    """A map made under one policy is not shown under another."""
    policy = chosen_policy(
        changed(tmp_path, ("danger_risk = 1e-3", "danger_risk = 1e-4"))
    )
    patient = healthy_patient(sex="male")
    usual = depth_map("male", patient)
    with using_policy(policy):
        strict = depth_map("male", patient)
    known = np.isfinite(usual)
    assert (strict[known] <= usual[known]).all()
    assert (strict[known] < usual[known]).any()
    assert np.array_equal(depth_map("male", patient), usual, equal_nan=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("caution_risk = 1e-6", "caution_risk = -1"), "'catastrophic', caution_risk"),
        (("caution_risk = 1e-6", "caution_risk = 1e-3"), "DANGER must not begin"),
        (("caution_risk = 1e-6\n", ""), "caution_risk or caution_p_meet"),
        (('severity = "catastrophic"', 'severity = "awful"'), "'awful', severity"),
        (('severity = "critical"', 'severity = "serious"'), "each severity once"),
        (("p2 = 0.26", "p2 = 26"), "harm 'pneumothorax', p2"),
        (('id = "tamponade"', 'id = "pneumothorax"'), "ids of harms must differ"),
        (("schema = 1", "schema = 9"), "schema"),
        (("schema = 1", "schema = "), "not valid TOML"),
        (("[[harm]]", "[[harms]]"), "harms"),
    ],
)
def test_a_wrong_file_is_named_with_its_entry(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    """File and entry are told, whichever part is wrong."""
    path = changed(tmp_path, change)
    with pytest.raises(DataError, match=re.escape(says)) as caught:
        chosen_policy(path)
    assert "ward.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: the file cannot be read"):
        read_policy(tmp_path / "none.toml")


def test_a_policy_without_harms_takes_the_shipped_ones(tmp_path: Path) -> None:
    """A ward that only sets thresholds need not repeat what harm follows."""
    path = tmp_path / "ward.toml"
    path.write_text(SHIPPED[: SHIPPED.index("[[harm]]")], "utf-8")
    assert chosen_policy(path).harm == shipped_policy().harm


@given(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0))
def test_more_harm_per_touch_refuses_at_a_smaller_chance(a: float, b: float) -> None:
    """By risk the thresholds of P1 fall with P2; by P1 alone they do not move."""
    low, high = sorted((a, b))
    for row in shipped_policy().matrix:
        more, less = row.thresholds(high), row.thresholds(low)
        assert all(x <= y for x, y in zip(more, less, strict=True))
        assert more[0] <= more[1]
        # nobody counted the harm: any touch is taken to do it
        assert all(x <= y for x, y in zip(row.thresholds(None), more, strict=True))


def test_thresholds_in_words_of_the_matrix() -> None:
    """A risk of 1 in 1,000 at a harm in one touch of four: P1 of 4 in 1,000."""
    row = Row(severity="critical", caution_risk=1e-5, danger_risk=1e-3, why="-")
    assert row.thresholds(0.25) == pytest.approx((4e-5, 4e-3))
