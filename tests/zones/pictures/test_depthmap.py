"""The map of depths: the same answers as the check, for the whole skin at once."""

from __future__ import annotations

import itertools
import math
import time
from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.errors import NeedlemapError, UnknownNameError
from anatomy.words.sites import resolve_site
from tests.strategies import healthy_patient
from zones import check_site
from zones.pictures.depth_map import (
    _depth_map,
    chart_depths,
    depth_map,
    entry_vertices,
)

T4 = {"landmark": "T4 spinous process", "lateral_mm": 60.0, "side": "left"}
PATIENTS: dict[str, dict[str, Any]] = {
    "healthy": healthy_patient(),
    "nothing known": {},
    "thin": healthy_patient(bmi=17.2, height_cm=None, weight_kg=None),
    "heavy": healthy_patient(bmi=27.5, height_cm=None, weight_kg=None),
    "child": healthy_patient(age=9.0),
    "early pregnancy": healthy_patient(
        sex="female", pregnant=True, gestation_weeks=8.0
    ),
    "late pregnancy": healthy_patient(
        sex="female", pregnant=True, gestation_weeks=24.0
    ),
    "no consent": healthy_patient(consent_given=False),
    "broken skin": healthy_patient(skin_damaged=[{"site": T4, "radius_mm": 60.0}]),
    "swollen arm": healthy_patient(lymphoedema=["left arm"]),
    "plate": healthy_patient(implants=[{"kind": "metalwork", "region": "left thigh"}]),
}


def checked(body: str, vertex: int, patient: dict[str, Any]) -> float:
    """Return what the check says at a vertex, NaN where nothing is mapped."""
    place = load_body(body).skin.vertices[vertex]
    site = {"xyz_mm": [float(v) for v in place], "body": body}
    answer = check_site(site, None, patient)
    if any(f.id == "coverage" for f in answer.findings):
        return math.nan
    return math.inf if answer.max_depth_mm is None else answer.max_depth_mm


@pytest.mark.parametrize("name", PATIENTS)
@pytest.mark.parametrize("body", ["male", "female"])
def test_the_limit_of_the_check_at_every_vertex(body: str, name: str) -> None:
    """At vertices all over the skin the map tells what the check tells there."""
    patient = PATIENTS[name]
    if "pregnancy" in name and body == "male":
        pytest.skip("facts that contradict each other")
    depths = depth_map(body, patient)
    rng = np.random.default_rng(sorted(PATIENTS).index(name))
    skin = load_body(body).skin
    middle = resolve_site(load_body(body), T4).point.xyz
    near = np.linalg.norm(skin.vertices - middle, axis=1)
    vertices = np.concatenate(
        [
            rng.choice(len(depths), 40, replace=False),
            rng.choice(np.flatnonzero(near < 150), 20, replace=False),
        ]
    )
    for vertex in vertices.tolist():
        wanted, found = checked(body, vertex, patient), float(depths[vertex])
        assert found == wanted or (math.isnan(wanted) and math.isnan(found)), vertex


def test_refused_and_unlimited_places() -> None:
    """Without consent nothing will do; nowhere is there no limit at all."""
    refused = depth_map("female", PATIENTS["no consent"])
    assert set(np.unique(refused[~np.isnan(refused)])) == {0.0}
    healthy = depth_map("female", PATIENTS["healthy"])
    known = healthy[~np.isnan(healthy)]
    assert np.isfinite(known).all()
    assert known.max() > 60


def test_thinner_is_never_deeper() -> None:
    """The map of a thinner patient is nowhere deeper."""
    maps = [
        depth_map("male", healthy_patient(bmi=bmi, height_cm=None, weight_kg=None))
        for bmi in (15.0, 16.3, 17.9, 18.4, 22.0, 25.4, 27.0, 31.0, 45.0)
    ]
    for thin, heavy in itertools.pairwise(maps):
        assert (np.nan_to_num(thin) <= np.nan_to_num(heavy)).all()


def test_a_changed_patient_is_quick() -> None:
    """A patient not seen before is mapped well within the time of a redrawn page."""
    depth_map("female", {"sex": "female"})
    seconds = []
    for age in (41.0, 42.0, 43.0):
        patient = healthy_patient(age=age)
        start = time.process_time()
        depth_map("female", patient)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.2


def test_chart_shows_the_map() -> None:
    """Each cell has the depth at the vertex of a tap in it; the air has none."""
    chart = load_body("male").charts["posterior"]
    picture = chart_depths("male", "posterior", {})
    depths = depth_map("male", {})
    vertices = entry_vertices("male", "posterior")
    assert np.array_equal(vertices < 0, np.isnan(chart.depth))
    assert np.isnan(picture[vertices < 0]).all()
    assert np.array_equal(
        picture[vertices >= 0], depths[vertices[vertices >= 0]], equal_nan=True
    )


def test_mirror_image() -> None:
    """Where zones are on both sides, the two halves of the map are alike."""
    skin = load_body("female").skin
    depths = depth_map("female", {})
    differ = ~((depths == depths[skin.mirror]) | (np.isnan(depths)))
    # the organs of one side lie in the trunk
    assert (skin.vertices[differ, 2] > 700).all()
    assert 0 < differ.mean() < 0.2


def test_kept_and_not_to_be_written() -> None:
    """The same patient's map is made once, and nobody changes it by accident."""
    one = depth_map("male", {"age": 50.0})
    assert one is depth_map("male", {"age": 50.0})
    with pytest.raises(ValueError, match="read-only"):
        one[0] = 1.0
    assert _depth_map.cache_info().maxsize


def test_wrong_names_are_told() -> None:
    """Unknown bodies, charts and facts are refused with the nearest name."""
    with pytest.raises(UnknownNameError, match="female"):
        depth_map("femal")
    with pytest.raises(UnknownNameError, match="posterior"):
        chart_depths("male", "posteror")
    with pytest.raises(NeedlemapError, match="pregnant"):
        depth_map("male", {"pregnat": True})
