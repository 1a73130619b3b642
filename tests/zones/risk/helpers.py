"""Needles and patients for tests of the engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.strategies import healthy_patient
from zones.fields.model import BodyFields
from zones.patients.frozen import frozen
from zones.risk.body_build import build_of
from zones.risk.meet import Plans
from zones.risk.terms import Terms, terms_of


def terms(fields: BodyFields, **changes: Any) -> Terms:
    """Return the terms of a healthy adult, changed as asked."""
    patient = healthy_patient(sex=fields.body.name, **changes)
    return terms_of(fields, frozen(patient))


def upright(
    vertices: Any, depth_mm: Any = np.nan, *, facts: Any = None, **more: Any
) -> Plans:
    """Return upright needles at vertices of the skin.

    Parameters
    ----------
    vertices : (N,) int
        Where they go in.
    depth_mm : float or (N,) float64
        How deep; NaN for no stated depth.
    facts : mapping, optional
        What is known of the patient's build.
    more : (N,) array or value
        Other parts of the plans.
    """
    at = np.atleast_1d(np.asarray(vertices, dtype=np.intp))
    whole = {
        name: np.broadcast_to(np.asarray(value), at.shape)
        for name, value in more.items()
    }
    return Plans(
        vertex=at,
        depth_mm=np.broadcast_to(np.asarray(depth_mm, dtype=float), at.shape),
        length_mm=np.full(len(at), np.nan),
        patient=np.zeros(len(at), dtype=np.intp),
        build=np.broadcast_to(build_of(facts or {"bmi": 22.0}), (len(at), 4)),
        **whole,
    )


def as_lines(fields: BodyFields, plans: Plans, lean_deg: float) -> Plans:
    """Return the same needles leant by an angle, each followed as a line."""
    skin = fields.body.skin
    inward = -skin.vertex_normals[plans.vertex]
    other = np.where(np.abs(inward[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]])
    side = np.cross(inward, other)
    side /= np.linalg.norm(side, axis=1)[:, None]
    angle = np.radians(lean_deg)
    way = np.cos(angle) * inward + np.sin(angle) * side
    told = dict(vars(plans))
    told |= {
        "xyz": skin.vertices[plans.vertex],
        "direction": way,
        "tilt_deg": np.full(len(plans), lean_deg),
    }
    return Plans(**told)


def over(fields: BodyFields, zone: str, *, chance: float = 0.9) -> Any:
    """Return the vertices under which a zone lies in nearly everyone, (K,) int."""
    found = []
    for number, row in enumerate(fields.rows):
        if row.zone.id == zone:
            item = fields.items_of(number)
            found.append(fields.under.vertex[item[fields.under.chance[item] > chance]])
    return np.unique(np.concatenate(found))
