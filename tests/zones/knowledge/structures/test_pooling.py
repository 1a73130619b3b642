"""Pooling: what records come to, what may not be pooled, the same file twice."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.errors import DataError
from zones.knowledge.records.evidence import Evidence, load_evidence
from zones.knowledge.structures import zone_files
from zones.knowledge.structures.pooling import (
    anchors,
    lend,
    log_spread,
    printed_spread,
    random_effects,
)
from zones.knowledge.structures.zone_files import Zone, load_zones


def record(name: str, mean: float, **more: Any) -> Evidence:
    """Return a depth record of fifty people, changed as asked."""
    plain = {
        "id": name,
        "kind": "depth",
        "structure": "lung",
        "mean_mm": mean,
        "sd_mm": 0.2 * mean,
        "n": 50,
        "source": name,
        "read": "abstract",
    }
    return Evidence.model_validate({**plain, **more})


def zone(*names: str, **depth: Any) -> Zone:
    """Return a structure with one depth that rests on records."""
    area = {"kind": "region", "region": "thorax", "basis": "inference: for a test"}
    return Zone.model_validate(
        {
            "id": "lung",
            "structure": "lung",
            "kind": "structure",
            "severity": "critical",
            "harm": "pneumothorax",
            "spread": "lung",
            "consequence": "harm",
            "side": "paired",
            "area": [area],
            "depth": [{"id": "a", "basis": "measured", "records": names, **depth}],
        }
    )


def pooled(*records: Evidence, **depth: Any) -> Any:
    """Return the anchor that records come to."""
    known = {item.id: item for item in records}
    return anchors([zone(*known, **depth)], known)[0]


def test_one_study_with_its_own_spread() -> None:
    found = pooled(record("a-1999", 30.0, sd_mm=6.0))
    assert found.basis == "measured"
    assert found.people == 50
    assert found.mean_mm == pytest.approx(30.0, abs=0.05)
    # the error of the mean widens it a little
    assert 6.0 < found.sd_mm < 6.3
    assert found.low_mm < found.median_mm < found.mean_mm < found.high_mm


def test_two_studies_are_pooled_and_their_difference_is_in_the_spread() -> None:
    alike = pooled(record("a-1999", 30.0), record("b-2001", 30.5))
    apart = pooled(record("a-1999", 22.0), record("b-2001", 40.0))
    assert alike.basis == apart.basis == "pooled"
    assert apart.people == 100
    assert apart.sd_mm > 1.5 * alike.sd_mm
    assert apart.low_mm < alike.low_mm
    # it does not become the limit on its own
    assert apart.median_mm > 24


def test_a_conflict_is_named() -> None:
    many = [record(f"s-{year}", 55.0, n=200) for year in range(2001, 2005)]
    found = pooled(*many, record("odd-2018", 15.0, n=60))
    assert found.conflicts == ("odd-2018",)
    assert found.median_mm > 35


def test_groups_of_one_study_are_one_study() -> None:
    men = record("men", 34.0, source="a-1999")
    women = record("women", 26.0, source="a-1999")
    found = pooled(men, women)
    assert found.basis == "measured"
    assert found.people == 100
    assert found.mean_mm == pytest.approx(30.0, rel=0.02)
    assert found.sd_mm > 0.2 * 30.0


def test_random_effects_as_published() -> None:
    """Worked by hand from the formulas of DerSimonian and Laird for three studies."""
    mus, sigmas, people = [1.0, 1.3, 1.9], [0.5, 0.4, 0.6], [25, 40, 36]
    w = np.array([n / s**2 for n, s in zip(people, sigmas, strict=True)])
    fixed = float((w * mus).sum() / w.sum())
    q = float((w * (np.array(mus) - fixed) ** 2).sum())
    tau2 = (q - 2) / float(w.sum() - (w**2).sum() / w.sum())
    star = 1.0 / (1.0 / w + tau2)
    found = random_effects(mus, sigmas, people)
    assert found.between == pytest.approx(math.sqrt(tau2))
    assert found.mu == pytest.approx(float((star * mus).sum() / star.sum()))
    assert found.error == pytest.approx(float(star.sum() ** -0.5))


@given(
    mean=st.floats(5, 120),
    cv=st.floats(0.05, 0.6),
    n=st.integers(30, 400),
    shift=st.floats(1.0, 2.5),
)
def test_a_shallower_study_never_deepens_the_limit(
    mean: float, cv: float, n: int, shift: float
) -> None:
    one = record("a-1999", mean, sd_mm=cv * mean, n=n)
    other = record("b-2001", mean / shift, sd_mm=cv * mean / shift, n=n)
    assert pooled(one, other).low_mm <= pooled(one).low_mm * 1.02


@given(st.floats(5, 120), st.floats(0.05, 0.5), st.integers(20, 300))
def test_what_is_printed_in_other_ways_comes_to_the_same(
    mean: float, cv: float, n: int
) -> None:
    sd = cv * mean
    half = 1.959964 * sd / math.sqrt(n)
    ci = record("a-1999", mean, sd_mm=None, n=n, ci95_mm=(mean - half, mean + half))
    assert printed_spread(ci) == pytest.approx(sd, rel=1e-3)
    z = 1.6448536
    shares = {"5": mean - z * sd, "95": mean + z * sd}
    tails = record("a-1999", mean, sd_mm=None, n=n, percentiles=shares)
    assert printed_spread(tails) == pytest.approx(sd, rel=1e-3)


def test_a_spread_that_no_study_prints_is_borrowed_and_said() -> None:
    known = {
        r.id: r
        for r in (
            record("a-1999", 30.0, sd_mm=9.0),
            record("b-2001", 40.0, sd_mm=None),
        )
    }
    bare = zone("b-2001").model_copy(update={"id": "bare"})
    found = {a.zone: a for a in anchors([zone("a-1999"), bare], known)}
    assert "spread" in found["bare"].borrowed
    assert "spread" not in found["lung"].borrowed
    assert found["bare"].sigma == pytest.approx(log_spread(30.0, 9.0), rel=0.05)


def test_carried_is_wider_than_measured() -> None:
    one, other = record("a-1999", 30.0), record("b-2001", 45.0)
    measured = zone("a-1999")
    second = {"id": "b", "basis": "measured", "records": ["b-2001"]}
    at = {"landmark": "T4 spinous process"}
    two = Zone.model_validate(
        {
            **measured.model_dump(),
            "depth": [
                {**measured.depth[0].model_dump(exclude={"anchor"}), "at": at},
                {**second, "at": {"landmark": "T5 spinous process"}},
            ],
        }
    )
    known = {"a-1999": one, "b-2001": other}
    carried = zone("a-1999", basis="carried", why="for a test").model_copy(
        update={"id": "carried"}
    )
    found = {(a.zone, a.id): a for a in anchors([two, carried], known)}
    assert found["carried", "a"].basis == "carried"
    assert found["carried", "a"].sigma > found["lung", "a"].sigma
    assert "place" in found["carried", "a"].borrowed


def test_layers_are_summed() -> None:
    fat = record("fat-1999", 12.0, sd_mm=5.0, kind="layer")
    muscle = record("muscle-2001", 20.0, sd_mm=4.0, kind="layer")
    depth = record("a-1999", 30.0)
    known = {r.id: r for r in (fat, muscle, depth)}
    layered = zone(
        basis="layer",
        layers=[["fat-1999"], ["muscle-2001"]],
        records=[],
        why="fat and muscle lie in front of it",
    ).model_copy(update={"id": "layered"})
    found = {a.zone: a for a in anchors([zone("a-1999"), layered], known)}["layered"]
    assert found.basis == "layer"
    assert found.mean_mm == pytest.approx(32.0, rel=0.01)
    assert found.sd_mm >= math.hypot(5.0, 4.0)
    assert found.people == 50


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"kind": "advice"}, "is of kind 'advice'"),
        ({"kind": "bone"}, "is of kind 'bone'"),
        ({"kind": "layer"}, "is of kind 'layer'"),
        ({"n": None}, "how many people stand behind it"),
        ({"mean_mm": None}, "prints no figure to pool"),
    ],
)
def test_what_may_not_be_pooled_is_named(more: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match="zone 'lung', depth 'a': 'a-1999'") as caught:
        pooled(record("a-1999", 30.0, **more))
    assert says in str(caught.value)


def test_a_record_without_kind_is_named(tmp_path: Path) -> None:
    plain = record("a-1999", 30.0, source="hayashi-2011").model_dump(mode="json")
    del plain["kind"]
    (tmp_path / "lung.jsonl").write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(DataError, match=r"lung\.jsonl, line 1, kind"):
        load_evidence(tmp_path)


def test_the_written_anchors_are_what_the_evidence_comes_to(tmp_path: Path) -> None:
    """A second run writes the same file, and it is the one that ships."""
    for name in ("one", "two"):
        zone_files.pool(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").read_bytes() == zone_files.ANCHORS_FILE.read_bytes()


def test_a_record_corrected_by_hand_changes_the_anchor() -> None:
    evidence = dict(load_evidence())
    name, owner = next(
        (depth.records[0], zone)
        for zone in load_zones()
        for depth in zone.depth
        if depth.basis == "measured" and len(depth.records) == 1
    )
    before = {(a.zone, a.id): a.low_mm for a in anchors(load_zones(), evidence)}
    halved = {
        key: value / 2
        for key in ("mean_mm", "median_mm", "min_mm", "max_mm", "sd_mm")
        if (value := getattr(evidence[name], key)) is not None
    }
    evidence[name] = evidence[name].model_copy(update=halved)
    after = {(a.zone, a.id): a.low_mm for a in anchors(load_zones(), evidence)}
    of_it = [key for key in before if key[0] == owner.id]
    assert any(after[key] < 0.9 * before[key] for key in of_it)


def test_what_is_lent_is_measured() -> None:
    lent = lend(load_zones(), load_evidence())
    assert 0.05 < lent.spread["all"] < 0.6
    assert lent.between["all"] > 0
    assert lent.place > 0
