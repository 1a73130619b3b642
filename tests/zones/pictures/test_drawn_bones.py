"""Bones are drawn as deep as the check says that needles meet them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from zones.fields.compiling import cast_rays
from zones.pictures.drawn_bones import drawn_bones

#: Places that are tried for each bone, and how far picture and word may be apart, mm.
PLACES, APART_MM = 80, 2.0


def first_met(mesh: Any, start: Any, way: Any) -> float:
    """Return how far along a ray a surface lies, mm; NaN where it is missed."""
    corners = np.asarray(mesh[0], dtype=float)[mesh[1]]
    a, one, two = corners[:, 0], corners[:, 1], corners[:, 2]
    one, two, off = one - a, two - a, start - a
    across, along = np.cross(way, two), np.cross(off, one)
    turn = (one * across).sum(axis=1)
    turn[turn == 0.0] = np.inf  # seen from its edge it is not met
    u, v = (off * across).sum(axis=1) / turn, (along @ way) / turn
    far = (two * along).sum(axis=1) / turn
    met = far[(u >= 0) & (v >= 0) & (u + v <= 1) & (far > 0)]
    return float(met.min()) if met.size else float("nan")


@pytest.mark.parametrize("sex", ["male", "female"])
def test_drawn_where_it_is_said(sex: str) -> None:
    """Straight under places of the skin bones are drawn where needles meet them."""
    body, bones, rays = (
        load_body(sex),
        drawn_bones(sex).meshes,
        cast_rays(load_body(sex)),
    )
    back = body.region_labels == body.region_names.index("upper back")
    named = np.array(["", *body.bones])[rays.number[0]]
    for kind, among in (("scapula", back), ("rib", back), ("sternum", ~back)):
        own = np.char.startswith(named, kind) & among
        chosen = np.random.default_rng(8).permutation(np.flatnonzero(own))[:PLACES]
        drawn = np.array(
            [
                first_met(
                    bones[named[v]], body.skin.vertices[v], -body.skin.vertex_normals[v]
                )
                for v in chosen.tolist()
            ]
        )
        apart = np.abs(drawn - rays.depth_mm[0][chosen])
        # the rest passes beside a bone that needles meet in cells of 2 mm
        assert np.isfinite(drawn).mean() > 0.6, kind
        assert np.nanmedian(apart) < APART_MM, kind


def test_only_what_lies_otherwise_in_people_is_moved() -> None:
    """Shoulder blades go in, ribs of the back come out, all else stays."""
    for sex in ("male", "female"):
        body, bones = load_body(sex), drawn_bones(sex).meshes
        assert list(bones) == list(body.bones)
        for name, (vertices, faces) in bones.items():
            own = body.bones[name]
            assert faces is own[1]
            moved = np.linalg.norm(np.asarray(vertices) - own[0], axis=1).max() > 0.5
            assert not moved or name.startswith(("scapula", "rib")), name
