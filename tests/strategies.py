"""Hypothesis strategies for sites, needles and patients."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from hypothesis import strategies as st

from zones.knowledge.facts import load_facts
from zones.patients.request import unremarkable

BODIES = ("male", "female")
#: Chance from which a place counts as lying over a structure.
OVER_CHANCE = 0.05
#: Share of needles that must meet a bone that can be aimed at (`zones.check.engine`).
AIMED_SHARE = 0.5
MEDICINES = ("warfarin", "apixaban", "enoxaparin", "unknown")


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
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    if not in_zone:
        return np.arange(len(fields.body.skin.vertices))
    over = fields.under.chance >= OVER_CHANCE
    near = np.zeros(len(fields.body.skin.vertices), dtype=bool)
    near[fields.under.vertex[over]] = True
    return np.flatnonzero(near | near[fields.body.skin.mirror])


@st.composite
def vertices(draw: st.DrawFn, *, in_zone: bool = True) -> tuple[str, int]:
    """Draw a body and a vertex of its skin, by default over some zone."""
    body = draw(st.sampled_from(BODIES))
    pool = _vertices(body, in_zone=in_zone)
    return body, int(pool[draw(st.integers(0, len(pool) - 1))])


def site_at(body: str, vertex: int) -> dict[str, Any]:
    """Return the site at a vertex of a body's skin."""
    from anatomy.body import load_body

    xyz = load_body(body).skin.vertices[vertex]
    return {"xyz_mm": [float(v) for v in xyz], "body": body}


@st.composite
def sites(draw: st.DrawFn, *, in_zone: bool = True) -> dict[str, Any]:
    """Draw a place on the skin of one of the bodies, by default over some zone."""
    return site_at(*draw(vertices(in_zone=in_zone)))


depths = st.floats(0.0, 120.0).map(lambda depth: round(depth, 1))

tilts = st.fixed_dictionaries(
    {
        "tilt_deg": st.integers(1, 80).map(float),
        "toward": st.sampled_from(["cranial", "caudal"]),
    }
)

directions = st.one_of(st.just("perpendicular"), tilts)

folds = st.floats(10.0, 60.0).map(lambda fold: round(fold, 1))


@st.composite
def plans(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a site, and a needle of any grip, direction and position of the arm.

    The needle has no depth; the bone of its grip is one that can be aimed at there.
    """
    from zones.fields.loading import body_fields

    body, vertex = draw(vertices())
    needle: dict[str, Any] = {"direction": draw(directions)}
    needle |= draw(st.sampled_from([{}, {}, {"arm": "at side"}, {"arm": "overhead"}]))
    grip = draw(st.sampled_from(["flat", "flat", "pincer", "bone"]))
    if grip == "pincer":
        needle |= {"grip": grip, "fold_mm": draw(folds)}
    floor = body_fields(body).floor
    if grip == "bone" and floor.share[vertex] >= AIMED_SHARE:
        name = [*body_fields(body).body.bones][int(floor.bone[vertex])]
        needle |= {"grip": grip, "bone": name}
    return site_at(body, vertex), needle


@st.composite
def patients(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a patient: any build and age, some facts against needling, some unasked."""
    sized = draw(st.booleans())
    base = healthy_patient(
        sex=draw(st.sampled_from(["male", "female"])),
        age=float(draw(st.integers(12, 90))),
        bmi=round(draw(st.floats(14.0, 42.0)), 1) if sized else None,
        height_cm=None,
        weight_kg=None,
    )
    names = [name for name in flags() if base.get(name) is False]
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        if name != "pregnant":
            base[name] = True
    for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)):
        base.pop(name)
    return base
