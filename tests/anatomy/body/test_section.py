"""Slices by a plane: closed lines, known areas, planes through vertices, bodies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.body import BODIES, load_body
from anatomy.body.section import (
    area_mm2,
    axial_plane,
    body_outlines,
    closed,
    direction_word,
    level_lines,
    plane_through,
    slice_mesh,
)
from anatomy.errors import OutOfRangeError

CUBE = np.array(
    [[x, y, z] for x in (0.0, 10.0) for y in (0.0, 10.0) for z in (0.0, 10.0)]
)
CUBE_FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip


def is_closed(line: Any) -> bool:
    return bool((line[0] == line[-1]).all())


@pytest.mark.parametrize("height", [0.5, 5.0, 9.5])
def test_a_cube_is_cut_in_a_square(height: float) -> None:
    """One closed line, counter-clockwise, of the square's area."""
    plane = plane_through([5, 5, height], [0, 0, 1], [0, 1, 0])
    (line,) = slice_mesh(CUBE, CUBE_FACES, plane)
    assert is_closed(line)
    assert area_mm2([line]) == pytest.approx(100.0)
    assert np.abs(line).max() == pytest.approx(5.0)


def test_planes_through_corners_and_faces() -> None:
    """A plane on a face, along an edge, or through corners gives no hole and no NaN."""
    for origin, normal in (
        ([0, 0, 0], [0, 0, 1]),
        ([0, 0, 10], [0, 0, 1]),
        ([0, 0, 0], [1, -1, 0]),
        ([5, 5, 5], [1, 1, 1]),
    ):
        up = [0.0, 1.0, 0.3] if normal[2] else [0.0, 0.0, 1.0]
        lines = slice_mesh(CUBE, CUBE_FACES, plane_through(origin, normal, up))
        assert all(is_closed(line) for line in lines)
        assert all(np.isfinite(line).all() for line in lines)
    diagonal = plane_through([0, 0, 0], [1, -1, 0], [0, 0, 1])
    lines = slice_mesh(CUBE, CUBE_FACES, diagonal)
    assert area_mm2(lines) == pytest.approx(10 * 10 * np.sqrt(2), rel=1e-6)
    beside = plane_through([0, 0, 11], [0, 0, 1], [0, 1, 0])
    assert slice_mesh(CUBE, CUBE_FACES, beside) == []


def test_a_hollow_is_taken_off() -> None:
    """A box inside a box, faces turned in, leaves the ring between them."""
    inner = (CUBE - 5.0) * 0.4 + 5.0
    points = np.concatenate([CUBE, inner])
    faces = np.concatenate([CUBE_FACES, CUBE_FACES[:, ::-1] + len(CUBE)])
    plane = plane_through([5, 5, 5], [0, 0, 1], [0, 1, 0])
    lines = slice_mesh(points, faces, plane)
    assert len(lines) == 2
    assert area_mm2(lines) == pytest.approx(100.0 - 16.0)


def test_an_open_mesh_is_closed() -> None:
    """Without its lid and one side a cube is cut in an open line, then closed."""
    plane = plane_through([5, 5, 5], [0, 0, 1], [0, 1, 0])
    (line,) = slice_mesh(CUBE, CUBE_FACES[4:], plane)[:1]
    assert not is_closed(line)
    (ring,) = closed(slice_mesh(CUBE, CUBE_FACES[2:], plane))
    assert is_closed(ring)
    assert area_mm2([ring]) == pytest.approx(100.0)


def test_level_lines_of_a_round_hill() -> None:
    """The line of height 0 of a cone is a circle; greater values lie to its left."""
    axis = np.linspace(-10, 10, 81)
    x, y = np.meshgrid(axis, axis)
    (ring,) = level_lines(6.0 - np.hypot(x, y), axis, axis)
    assert is_closed(ring)
    assert np.hypot(*ring.T) == pytest.approx(6.0, abs=0.05)
    assert area_mm2([ring]) == pytest.approx(np.pi * 36, rel=0.01)
    half = level_lines(6.0 - np.hypot(x, y), axis, axis, where=x > 0)
    assert half
    assert not any(is_closed(line) for line in half)


@pytest.mark.parametrize("name", BODIES)
def test_random_slices_close_and_are_numbers(name: str) -> None:
    """Skin and bones close in planes of any tilt, at places all over the body."""
    body = load_body(name)
    random = np.random.default_rng(7)
    for number in range(24):
        face = int(random.integers(len(body.skin.faces)))
        point = body.skin.point_on(face, np.full(3, 1 / 3))
        plane = axial_plane(body, point)
        if number % 2:
            plane = plane_through(
                point.xyz, random.normal(size=3), random.normal(size=3)
            )
        outlines = body_outlines(body, plane, within_mm=150)
        assert outlines[0].name == "skin"
        assert outlines[0].lines
        nearest = min(np.linalg.norm(line, axis=1).min() for line in outlines[0].lines)
        assert nearest < 6.0  # its line runs by the point; corners are some mm apart
        for outline in outlines:
            for line in outline.lines:
                assert is_closed(line)
                assert np.isfinite(line).all()


@pytest.mark.parametrize("name", BODIES)
def test_sections_hold_what_an_anatomist_expects(name: str) -> None:
    """L3 with its own vertebra; mid thigh with the femur alone; sagittal symmetry."""
    body = load_body(name)
    spine = body.landmarks.get("L3 spinous process").skin
    names = {
        o.name for o in body_outlines(body, axial_plane(body, spine), within_mm=120)
    }
    assert "L3" in names
    assert not any("rib 5" in bone for bone in names)
    knee = body.landmarks.get("patella superior pole", "left").skin
    hip = body.landmarks.get("greater trochanter", "left").skin
    thigh = body.skin.nearest((knee.xyz + hip.xyz) / 2)
    found = body_outlines(body, axial_plane(body, thigh), within_mm=120)
    assert [o.name for o in found[1:] if "left" in o.name] == ["femur left"]
    umbilicus = body.landmarks.get("umbilicus").skin
    (trunk,) = [
        line
        for line in body_outlines(body, axial_plane(body, umbilicus))[0].lines
        if np.linalg.norm(line, axis=1).min() < 8.0
    ]
    assert trunk[:, 0].min() == pytest.approx(-trunk[:, 0].max(), abs=0.5)


def test_axial_planes_are_shown_as_scans_are() -> None:
    """Anterior up and the patient's left on the right; in the foot superior is up."""
    body = load_body("female")
    plane = axial_plane(body, body.landmarks.get("T4 spinous process").skin)
    assert plane.right == pytest.approx([1, 0, 0])
    assert plane.up == pytest.approx([0, -1, 0])
    toe = body.landmarks.get("metatarsal 1 head", "left").skin
    assert axial_plane(body, toe).up[2] > 0.8
    knee = body.landmarks.get("patella superior pole", "right").skin
    assert axial_plane(body, knee).right[0] > 0.9
    assert direction_word(body, knee, [1, 0, 0], side="right") == "medial (L)"
    assert direction_word(body, knee, [0, 0, 1], side="right") == "proximal"


def test_planes_that_are_none() -> None:
    """A normal without length, an up along it, a NaN: refused."""
    for origin, normal, up in (
        ([0, 0, 0], [0, 0, 0], [0, 1, 0]),
        ([0, 0, 0], [0, 1, 0], [0, 1, 0]),
        ([0, float("nan"), 0], [0, 0, 1], [0, 1, 0]),
    ):
        with pytest.raises(OutOfRangeError):
            plane_through(origin, normal, up)
