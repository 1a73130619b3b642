"""A place is the nearest corner of its face; its mirror image has the mirrored one."""

from __future__ import annotations

import numpy as np

from zones.fields.model import BodyFields
from zones.risk.place import asked_inside, asked_within, entry_vertex, zones_of


def test_a_vertex_stands_for_itself(fields: BodyFields) -> None:
    skin = fields.body.skin
    face = np.arange(0, len(skin.faces), 97)
    for corner in range(3):
        found = entry_vertex(skin, face, np.eye(3)[np.full(len(face), corner)])
        assert np.array_equal(found, skin.faces[face, corner])


def test_the_greatest_share_decides(fields: BodyFields) -> None:
    skin = fields.body.skin
    rng = np.random.default_rng(1)
    face = rng.choice(len(skin.faces), 500)
    shares = rng.dirichlet((1, 1, 1), 500)
    found = entry_vertex(skin, face, shares)
    assert np.array_equal(found, skin.faces[face, shares.argmax(axis=1)])


def test_ties_are_mirrored(fields: BodyFields) -> None:
    """The middle of a mirrored edge has the mirrored corner."""
    skin = fields.body.skin
    rng = np.random.default_rng(2)
    face = rng.choice(len(skin.faces), 500)
    for shares in ((0.5, 0.5, 0.0), (1 / 3, 1 / 3, 1 / 3)):
        bary = np.tile(shares, (500, 1))
        here = entry_vertex(skin, face, bary)
        place = np.einsum("fc,fci->fi", bary, skin.vertices[skin.faces[face]])
        other, which, weights = skin.nearest_many(place * [-1.0, 1.0, 1.0])[:3]
        there = entry_vertex(skin, which, weights)
        exact = np.abs(other - place * [-1.0, 1.0, 1.0]).max(axis=1) < 1e-6
        assert (skin.mirror[here] == there)[exact].mean() > 0.98


def test_one_place_is_in_what_the_whole_skin_says(fields: BodyFields) -> None:
    """The zones of a single vertex are those of the map, edges counted as in."""
    asked = tuple(dict.fromkeys(row.zone.id for row in fields.rows))[::5]
    inside = asked_within(fields, asked)
    met = np.flatnonzero(inside.any(axis=1) & ~asked_inside(fields, asked).any(axis=1))
    rng = np.random.default_rng(2)
    for vertex in [*rng.choice(met, 40), *rng.integers(0, len(inside), 40)]:
        found = zones_of(fields, asked, np.array([vertex]))
        assert found == {n for n, yes in zip(asked, inside[vertex], strict=True) if yes}
