"""Sweeps over all catalogue sites and over random places: limits that can be believed.

No limit is missing, none lies past bone, the middle of a limb or what was mapped; it
does not jump where nothing ends; left mirrors right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.zones.risk.helpers import terms, upright
from zones import check_site
from zones.check.draft import TOO_DEEP
from zones.check.patient_findings import coverage_of
from zones.contract.models import Verdict
from zones.fields.floor import along, floor_at
from zones.fields.model import BodyFields, Why
from zones.patients.request import unremarkable
from zones.quality.calibration import catalogue_sites, random_places
from zones.risk.meet import meet
from zones.risk.place import entry_vertex
from zones.table.sites import check_sites

COUNT = 2000
#: A limit may change by less than this share within 5 mm where nothing ends.
MOST_JUMP = 1.0 / 3.0


def patient(fields: BodyFields) -> dict[str, Any]:
    """Return a healthy, fully answered adult of the body's sex."""
    return unremarkable({"sex": fields.body.name, "age": 35, "bmi": 23})


def limits(fields: BodyFields, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the limits of upright needles at places of the skin, mm."""
    sites = {"xyz_mm": xyz, "body": [fields.body.name] * len(xyz)}
    answers = check_sites(sites, {"depth_mm": 5.0}, patient(fields))
    assert not any(answers["error"]), answers["error"]
    return np.asarray(answers["max_depth_mm"], dtype=float)


def vertices_at(fields: BodyFields, xyz: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the vertices that stand for places of the skin, (N,)."""
    face, bary = fields.body.skin.nearest_many(xyz)[1:3]
    return entry_vertex(fields.body.skin, face, bary)


def assessed(fields: BodyFields, vertices: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which vertices lie in regions where something is mapped."""
    body = fields.body
    mapped = np.array([coverage_of(n).level != "none" for n in body.region_names])
    return np.asarray(mapped[body.region_labels[vertices]])


def test_random_places_have_a_limit_within_what_is_known(fields: BodyFields) -> None:
    xyz = random_places(fields, COUNT, seed=10)
    vertices = vertices_at(fields, xyz)
    found, known = limits(fields, xyz), assessed(fields, vertices)
    assert known.mean() > 0.9
    assert np.isfinite(found[known]).all()
    floor, _ = floor_at(fields, vertices)
    assert (found[known] <= floor[known] + 0.1).all()


def test_limits_do_not_jump_where_nothing_ends(fields: BodyFields) -> None:
    """Five millimetres aside, with the same structure or floor setting the limit."""
    body = fields.body
    xyz = random_places(fields, COUNT, seed=11)
    here = vertices_at(fields, xyz)
    generator = np.random.default_rng(12)
    step = generator.normal(size=xyz.shape)
    normal = body.skin.vertex_normals[here]
    step -= np.einsum("ij,ij->i", step, normal)[:, None] * normal
    step *= 5.0 / np.linalg.norm(step, axis=1)[:, None]
    other = body.skin.nearest_many(xyz + step)[0]
    beside = vertices_at(fields, other)
    one, two = limits(fields, xyz), limits(fields, other)
    jump = np.abs(one - two) / np.maximum(np.minimum(one, two), 1.0)
    jumps = np.flatnonzero((jump >= MOST_JUMP) & (np.abs(one - two) > 1.0))
    wrong = []
    for n in jumps:
        if not np.isfinite([one[n], two[n]]).all():
            continue
        if setter(fields, here[n], one[n]) == setter(fields, beside[n], two[n]):
            wrong.append((xyz[n].round().tolist(), one[n], two[n]))
    assert len(wrong) <= 0.005 * COUNT, wrong[:10]


def setter(fields: BodyFields, vertex: int, limit: float) -> str:
    """Return what sets a limit: a structure, and whether at its edge, or the floor.

    Where fewer than one in two have a structure under the place, or some bone stands in
    front of it, is its edge: there the limit grows fast.
    """
    floor, why = floor_at(fields, [vertex])
    if limit >= float(floor[0]) - 0.2:
        # bone ends where another begins, and its own shape and a limb's are edges too
        edge = floor[0] if int(why[0]) == Why.MAPPED else vertex
        return f"floor {int(why[0])} {edge}"
    met = meet(fields, upright([vertex]), [terms(fields)])
    if not np.isfinite(met.danger_mm).any():
        return "beside"
    first = int(met.danger_mm.argmin())
    under, item = fields.under, int(met.item[first])
    sure = under.chance[item] >= 0.5 and under.clear[item] >= 0.5
    zone = fields.rows[int(met.row[first])].zone.id
    return zone if sure else f"{zone} edge {vertex}"


def test_left_mirrors_right(fields: BodyFields) -> None:
    """Mirrored places differ only by structures that lie on one side."""
    xyz = random_places(fields, 500, seed=13)
    one = limits(fields, xyz)
    two = limits(fields, xyz * np.array([-1.0, 1.0, 1.0]))
    odd = {row.zone.id for row in fields.rows if row.zone.side in ("left", "right")}
    both = np.isfinite(one) & np.isfinite(two)
    apart = both & (np.abs(one - two) > 0.15 * np.maximum(one, two) + 1.0)
    wrong = []
    for n in np.flatnonzero(apart):
        both = vertices_at(fields, np.stack([xyz[n], xyz[n] * [-1.0, 1.0, 1.0]]))
        setters = {
            setter(fields, v, limit)
            for v, limit in zip(both, (one[n], two[n]), strict=True)
        }
        if not any(s.split()[0] in odd for s in setters):
            wrong.append((xyz[n].round().tolist(), one[n], two[n], setters))
    assert len(wrong) <= 5, wrong


@pytest.mark.parametrize("body", ["male", "female"])
def test_every_catalogue_site_has_a_limit_within_what_is_known(body: str) -> None:
    from zones.fields.loading import body_fields

    fields = body_fields(body)
    facts = patient(fields)
    missing, past = [], []
    for site in catalogue_sites():
        answer = check_site({**site, "body": body}, {"depth_mm": 5}, facts)
        if answer.coverage.level == "none":
            continue
        if answer.max_depth_mm is None or answer.limit_set_by is None:
            missing.append(site)
            continue
        place = np.array(answer.site.xyz_mm)[None]
        floor, _ = floor_at(fields, vertices_at(fields, place))
        if answer.max_depth_mm > float(along(floor[0], 0.0)) + 0.6:
            past.append((site, answer.max_depth_mm, float(floor[0])))
    assert not missing
    # a site is told to 0.1 mm, so its vertex may be the next one
    assert len(past) <= 5, past


@pytest.mark.parametrize(
    ("site", "depth", "names"),
    [
        ({"point": "GB30", "side": "left"}, 75, "sciatic"),
        ({"muscle": "piriformis", "side": "left"}, 60, "sciatic"),
        ({"point": "ST36", "side": "left"}, 25, "fibular|tibial"),
        (
            {"landmark": "L4 spinous process", "lateral_mm": 40, "side": "left"},
            75,
            "plexus|psoas|root",
        ),
        ({"point": "SI18", "side": "left"}, 60, "maxillary|pterygo|infratemporal"),
        ({"point": "GV26"}, 30, ""),
        ({"muscle": "tibialis posterior", "side": "left"}, 60, "tibial"),
    ],
)
@pytest.mark.parametrize("body", ["male", "female"])
def test_nothing_is_silent_where_something_lies(
    site: dict[str, Any], depth: float, names: str, body: str
) -> None:
    import re

    facts = unremarkable({"sex": body, "age": 35, "bmi": 23})
    answer = check_site({**site, "body": body}, {"depth_mm": depth}, facts)
    assert answer.verdict > Verdict.NO_KNOWN_DANGER
    assert answer.max_depth_mm is not None
    # a plan that warns may lie within the limit; one that is refused does not
    assert answer.max_depth_mm < depth or answer.verdict is Verdict.CAUTION
    told = [f for f in answer.findings if f.id != TOO_DEEP or not names]
    words = " ".join(f"{f.id} {f.structure or ''}".lower() for f in told)
    assert re.search(names, words), words
