"""The skin as a surface: one way of asking answers as the other does."""

from __future__ import annotations

import numpy as np
import pytest

from anatomy.body import Body, load_body
from anatomy.mesh.triangle import closest_in_triangle, closest_in_triangles


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    return load_body(request.param)


@pytest.mark.parametrize("off_mm", [0.0, 1e-9, 0.01, 1.0, 60.0])
def test_nearest_of_one_place_is_nearest_of_many(body: Body, off_mm: float) -> None:
    skin, rng = body.skin, np.random.default_rng(5)
    places = skin.vertices[rng.integers(0, len(skin.vertices), 300)]
    places = places + off_mm * rng.normal(size=places.shape)
    points, faces, weights, _ = skin.nearest_many(places)
    for number, place in enumerate(places):
        one = skin.nearest(place)
        assert one.face == faces[number]
        np.testing.assert_array_equal(one.xyz, points[number])
        np.testing.assert_array_equal(one.bary, weights[number])


def test_closest_of_one_triangle_is_closest_of_many() -> None:
    rng = np.random.default_rng(6)
    place, *corners = rng.normal(size=(4, 3, 2000))
    corners[2][:, :200] = corners[1][:, :200]  # no area
    many = closest_in_triangles(place, *corners)
    for number in range(place.shape[1]):
        p, a, b, c = (part[:, number].tolist() for part in (place, *corners))
        assert closest_in_triangle(p, a, b, c) == tuple(many[:, number].tolist())


def test_a_tape_is_the_same_laid_in_one_go_or_in_parts(body: Body) -> None:
    skin = body.skin
    start = body.landmarks.get("T4").skin
    level, left = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    parts = [skin.walk(start, left, mm, level).xyz for mm in (20.0, 90.0, 200.0)]
    corners = skin.path(start, left, 200.0, level)
    np.testing.assert_allclose(corners[-1], parts[-1], atol=1e-9)
    assert np.linalg.norm(np.diff(corners, axis=0), axis=1).sum() == pytest.approx(200)
    np.testing.assert_allclose(corners[:, 2], start.xyz[2], atol=1e-3)
    assert parts[0][0] < parts[1][0]


def test_deep_places_have_the_nearest_of_all_faces(body: Body) -> None:
    """Held against every face of the skin, which is far too slow to be used."""
    skin = body.skin
    rng = np.random.default_rng(7)
    vertex = rng.integers(0, len(skin.vertices), 40)
    deep = rng.uniform(2.0, 80.0, (40, 1))
    places = skin.vertices[vertex] - deep * skin.vertex_normals[vertex]
    points, _, _, away = skin.nearest_many(places)
    corners = skin.corners(np.arange(len(skin.faces)))
    for place, point, found in zip(places, points, away, strict=True):
        many = np.repeat(place[:, None], len(skin.faces), axis=1)
        weight = closest_in_triangles(many, *corners)
        on = sum(weight[k] * corners[k] for k in range(3))
        least = float(np.sqrt(((on - place[:, None]) ** 2).sum(axis=0)).min())
        assert found == pytest.approx(least, abs=1e-9)
        assert np.linalg.norm(point - place) == pytest.approx(least, abs=1e-9)
