"""Hypothesis strategies for sites, needles and patients."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from hypothesis import strategies as st

from zones.facts import load_facts
from zones.request import unremarkable

BODIES = ("male", "female")


def healthy_patient(**changes: Any) -> dict[str, Any]:
    """Return a fully answered adult without any risk; a change to None unasks."""
    return unremarkable(changes)


def flags() -> list[str]:
    """Return the facts of a patient that are answered by yes or no."""
    return [
        fact.name
        for fact in load_facts().facts
        if fact.source == "patient"
        and fact.type != "number"
        and isinstance(fact.favourable, bool)
    ]


@functools.cache
def _vertices(body: str, *, in_zone: bool) -> Any:
    """Return the vertices to draw sites from, (K,) int."""
    from zones.fields import body_fields

    fields = body_fields(body)
    if not in_zone:
        return np.arange(len(fields.body.skin.vertices))
    near = fields.slot > 0
    return np.flatnonzero(near | near[fields.body.skin.mirror])


@st.composite
def sites(draw: st.DrawFn, *, in_zone: bool = True) -> dict[str, Any]:
    """Draw a place on the skin of one of the bodies, by default over some zone."""
    from anatomy.body import load_body

    body = draw(st.sampled_from(BODIES))
    pool = _vertices(body, in_zone=in_zone)
    vertex = int(pool[draw(st.integers(0, len(pool) - 1))])
    xyz = load_body(body).skin.vertices[vertex]
    return {"xyz_mm": [float(v) for v in xyz], "body": body}


depths = st.floats(0.0, 120.0).map(lambda depth: round(depth, 1))

tilts = st.fixed_dictionaries(
    {
        "tilt_deg": st.integers(1, 80).map(float),
        "toward": st.sampled_from(["cranial", "caudal"]),
    }
)

directions = st.one_of(st.just("perpendicular"), tilts)
