"""The 3D body: the needle, its marks, the structures and what is sent of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

import viewer
from anatomy.body import BODIES, load_body
from anatomy.body.display import STEP_MM, display_body, source_key
from anatomy.errors import DataError
from anatomy.words.sites import resolve_site
from tests.viewer.page.test_colours import contrast
from viewer.body3d import scene, structures, traces
from viewer.body3d.callbacks import clicked_site, drawing
from viewer.body3d.closing import odd_edges, welded
from viewer.body3d.needle import Plan, plan_of, scene_words
from viewer.body3d.page import VIEWS
from viewer.body3d.views import eye_mm, frame, standard_views
from viewer.map.zones.zone_images import shown_zones
from viewer.state import page_state
from zones.check.site import check_site
from zones.contract.direction import direction_vector
from zones.contract.models import Verdict
from zones.contract.needle import parse_needle
from zones.fields.loading import body_fields
from zones.knowledge.structures.zone_files import load_zones
from zones.pictures.presence import build_key
from zones.sentences.limits import whole_mm

SITES = ("6 cm left of T4", "GB21 right", "KI3 left", "LI4 left", "C5 spinous process")
NEEDLES: tuple[dict[str, Any], ...] = (
    {"length_mm": 40, "depth_mm": 25, "direction": "perpendicular"},
    {
        "length_mm": 50,
        "depth_mm": 30,
        "direction": {"tilt_deg": 30, "toward": "caudal"},
    },
)


def asked(text: str, needle: dict[str, Any], body: str = "female") -> dict[str, Any]:
    """Return what the page asks about a named site."""
    site = page_state.place(body, {"text": text, "body": body})
    return {"site": site, "needle": needle, "patient": {"sex": body}}


def planned(question: dict[str, Any]) -> Plan:
    """Return the needle of a question."""
    outcome = page_state.assess(**question)
    assert outcome.assessment is not None, outcome.message
    plan = plan_of(question["site"], question["needle"], outcome)
    assert plan is not None
    return plan


def places(trace: dict[str, Any]) -> Any:
    """Return the places of a trace, (N, 3)."""
    read = [
        traces.unpacked(trace[axis]) if isinstance(trace[axis], dict) else trace[axis]
        for axis in "xyz"
    ]
    return np.column_stack(read).astype(float)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("text", SITES)
def test_the_tip_is_where_the_check_puts_it(
    body: str, text: str, needle: dict[str, Any]
) -> None:
    """Entry, tip and marks of the scene are those of the check, to 0.1 mm."""
    question = asked(text, needle, body)
    figure = scene.scene_figure(body, _no_structures(), planned(question))
    answer = check_site(
        {"text": text, "body": body}, needle=needle, patient={"sex": body}
    )
    there = load_body(body)
    point = there.skin.nearest(np.array(answer.site.xyz_mm))
    direction, _ = direction_vector(
        there, point, parse_needle(needle), side=answer.site.side
    )
    entry, tip = places(figure["data"][traces.ENDS])
    assert entry == pytest.approx(answer.site.xyz_mm, abs=0.1)
    expected = np.array(answer.site.xyz_mm) + needle["depth_mm"] * direction
    assert tip == pytest.approx(expected, abs=0.2)
    shaft = places(figure["data"][traces.SHAFT])
    assert shaft[1] == pytest.approx(tip)
    # the handle stands outside, on the same line
    out = entry - places(figure["data"][traces.HANDLE])[1]
    assert out @ direction == pytest.approx(np.linalg.norm(out), rel=1e-4)

    wanted = {}
    for finding in answer.findings:
        if finding.kind != "zone" or finding.verdict < Verdict.CAUTION:
            continue
        if finding.reached_at_mm is not None:
            wanted[finding.structure] = entry + finding.reached_at_mm * direction
        elif finding.nearest is not None:
            wanted[finding.structure] = np.array(finding.nearest.xyz_mm)
    marks = figure["data"][traces.MARKS]
    drawn = places(marks)
    assert len(drawn) == len(wanted)
    for name, place in wanted.items():
        at = [k for k, said in enumerate(marks["meta"]["texts"]) if str(name) in said]
        assert at, name
        assert np.linalg.norm(drawn[at] - place, axis=1).min() < 0.2


def test_marks_lie_at_the_places_of_the_findings() -> None:
    """Where the plan reaches a structure, the mark is the finding's own place."""
    question = asked("6 cm left of T4", NEEDLES[0])
    answer = page_state.assess(**question).assessment
    assert answer is not None
    reached = [f for f in answer.findings if f.kind == "zone" and f.nearest is not None]
    assert reached[0].id == "pleura"
    mark = planned(question).marks[0]
    assert mark.xyz == pytest.approx(reached[0].nearest.xyz_mm, abs=0.15)
    assert mark.depth_mm == reached[0].reached_at_mm


def test_the_stricter_body_is_named() -> None:
    """Marks of the other body's answer lie on this body's needle, and it is said."""
    site = page_state.place("female", {"text": "BL40 left"})
    question = {"site": site, "needle": NEEDLES[0], "patient": {}}
    outcome = page_state.assess(**question)
    assert outcome.assessment is not None
    assert outcome.assessment.site.body == "male"
    plan = plan_of(question["site"], question["needle"], outcome)
    assert plan is not None
    assert "male body is stricter" in plan.note
    assert plan.marks
    for mark in plan.marks:
        away = np.subtract(mark.xyz, plan.entry)
        assert away == pytest.approx(mark.depth_mm * np.array(plan.direction), abs=0.01)


def test_needles_that_can_not_be_read_are_drawn_without_depth() -> None:
    """A needle longer than itself, or none: the entry and no tip, never a guess."""
    site = page_state.place("female", {"text": "6 cm left of T4"})
    for needle in ({"length_mm": 20, "depth_mm": 40}, {"length_mm": "long"}):
        plan = plan_of(site, needle, page_state.assess(site, needle, {}))
        assert plan is not None
        assert plan.tip is None
        assert plan.note
        assert not plan.marks
    plan = plan_of(site, {}, page_state.assess(site, {}, {}))
    assert plan is not None
    assert plan.depth_mm is None
    assert "No depth planned" in scene_words(site, plan, "here")
    assert plan_of(None, {}, page_state.Outcome()) is None


def test_every_zone_with_a_depth_has_a_surface_on_its_own_side() -> None:
    """Left structures lie at x > 0, right ones at x < 0; none is empty."""
    zones = {zone.id: zone for zone in load_zones()}
    for body in BODIES:
        for zone_id, side in structures.zone_sides(body):
            points, faces = structures.structure(body, zone_id, side)
            if zones[zone_id].unknown and not len(faces):
                continue  # a thread of skin nerve at no known depth has no sheet
            assert len(faces), (body, zone_id, side)
            assert faces.max() < len(points)
            # a structure may overhang the midline, its middle may not
            middle = float(points[:, 0].mean())
            if side == "left":
                assert middle > 0, zone_id
            elif side == "right":
                assert middle < 0, zone_id
            coarse, few = structures.structure(body, zone_id, side, coarse=True)
            assert len(few) <= len(faces)
            solid = len(few) and not len(odd_edges(few))
            # of a closed body the near side comes first; the far one fans out
            coarse = coarse[: len(coarse) // 2] if solid else coarse
            away, _ = cKDTree(points).query(coarse) if len(few) else (np.zeros(1), 0)
            assert away.max() < 1.8 * structures.COARSE_MM


def test_no_body_is_open() -> None:
    """Near and far, each edge of a drawn structure belongs to faces on both sides."""
    closed = 0
    for body in BODIES:
        for zone_id, side in structures.zone_sides(body):
            for coarse in (False, True):
                near, faces = structures.structure(body, zone_id, side, coarse=coarse)
                far, more = structures.far_side(body, zone_id, side, coarse=coarse)
                closed += bool(len(far))
                points = np.concatenate([near, far])
                whole = np.concatenate([faces, more + len(near)])
                left = odd_edges(welded(points, whole)) if len(whole) else []
                assert not len(left), (body, zone_id, side, coarse)
                assert np.isfinite(points).all()
    assert closed > 100


def test_only_what_nobody_measured_is_drawn_for_the_eye() -> None:
    """A vessel has its own far side, an organ a membrane behind its near side."""
    assert not len(structures.far_side("male", "femoral-vein", "left")[0])
    near, _ = structures.structure("male", "pleura", "left")
    far, _ = structures.far_side("male", "pleura", "left")
    assert len(far)
    # between front and back of the chest, on its own side, and within the body
    assert near[:, 1].min() <= far[:, 1].min()
    assert far[:, 1].max() <= near[:, 1].max()
    assert far[:, 0].mean() > 0
    skin = load_body("male").skin.tree
    assert skin.query(far)[0].mean() > skin.query(near)[0].mean() + 5.0


def test_what_is_drawn_for_the_eye_is_paler_and_says_so() -> None:
    """Its points have a paler colour of the same tissue, and a name of their own."""
    shown = [("pleura", "left", True)]
    mesh = structures.structure_meshes("male", shown, shown_zones({}))[traces.DANGER]
    names, starts = _names(mesh), mesh["meta"]["starts"]
    assert len(names) == 2 and str(structures.CLOSED) in names[1]
    fills = traces.unpacked(mesh["intensity"])
    assert fills[0] + traces.PALE == fills[starts[1]]
    scale = dict(map(tuple, traces.tissue_scale()))
    own, pale = (scale[int(f) / traces.LAST_FILL] for f in (fills[0], fills[-1]))
    assert contrast(pale, "#ffffff") < contrast(own, "#ffffff")


def test_the_rim_moves_and_the_sheet_stays() -> None:
    """Smoothing the rim leaves what is inside alone and pulls no point far."""
    from zones.pictures.surfaces import zone_surface

    own = zone_surface(body_fields("female"), "pleura", "left")
    smooth = structures.smooth_rim(own.vertices, own.faces)
    moved = np.linalg.norm(smooth - own.vertices, axis=1)
    assert 0.5 < (moved == 0).mean() < 1.0
    # at its soft edge a sheet is steep: no point moves farther than it lies deep
    assert moved.max() < own.depth_mm.max()
    assert np.median(moved[moved > 0]) < 8.0


def test_levels_and_hover_names() -> None:
    """Critical structures are in one mesh, the others in another; each has its name."""
    question = asked("6 cm left of T4", NEEDLES[0])
    zones = shown_zones(page_state.known_facts({}))
    shown = structures.shown_structures("female", question["site"]["xyz"], zones)
    assert ("pleura", "left", True) in shown
    assert not any(zone_id == "popliteal-fossa" for zone_id, _, _ in shown)
    meshes = structures.structure_meshes("female", shown, zones)
    danger = meshes[traces.DANGER]
    assert "Danger: pleura and lung, LEFT" in danger["meta"]["names"]
    at = danger["meta"]["names"].index("Danger: pleura and lung, LEFT")
    starts = [*danger["meta"]["starts"], len(places(danger))]
    own = places(danger)[starts[at] : starts[at + 1]]
    assert own[:, 0].mean() > 0
    assert all(name.startswith("Caution") for name in _names(meshes[traces.CAUTION]))
    assert structures.shown_structures("female", None, zones) == ()
    every = structures.shown_structures("female", None, zones, everything=True)
    assert len(every) > 100
    assert set(shown) != set(every)


def test_a_thin_patient_brings_the_lung_nearer() -> None:
    """The surface is drawn for the patient asked about, as the check reckons."""
    usual, _ = structures.structure("female", "pleura", "left")
    thin, _ = structures.structure(
        "female",
        "pleura",
        "left",
        structures.Person(build_key({"bmi": 17.0, "age": 30.0})),
    )
    skin = load_body("female").skin.tree
    assert skin.query(thin)[0].mean() < skin.query(usual)[0].mean() - 1.0


@pytest.mark.parametrize("body", BODIES)
def test_size_of_what_is_sent(body: str) -> None:
    """The first scene and the scene of all structures stay under their budgets."""
    question = asked("6 cm left of T4", NEEDLES[0], body)
    figure, now = drawing(question, body, ["skeleton"], None, "glass")
    assert len(json.dumps(figure)) < 1_800_000
    whole, _ = drawing(question, body, ["skeleton", "all"], None, "glass")
    # twice as many structures as when 2.5 MB were set, and each a closed body
    assert len(json.dumps(whole)) < 5_000_000
    faces = traces.unpacked(figure["data"][traces.SKIN]["i"])
    assert 15_000 <= len(faces) <= 25_000

    deeper = question | {"needle": NEEDLES[0] | {"depth_mm": 12}}
    patch, then = drawing(deeper, body, ["skeleton"], now, "glass")
    assert then == now
    said = json.dumps(patch.to_plotly_json())
    assert len(said) < 12_000
    assert "bdata" not in said
    moved = {tuple(change["location"][:2]) for change in _changes(patch)}
    assert ("data", traces.SHAFT) in moved
    assert ("data", traces.DANGER) not in moved
    assert not any(
        change["location"] == ["layout", "scene", "uirevision"]
        for change in _changes(patch)
    )


def test_another_place_reframes_and_another_patient_redraws_structures() -> None:
    """The camera follows the place; meshes come again only when they changed."""
    question = asked("6 cm left of T4", NEEDLES[0])
    _, now = drawing(question, "female", ["skeleton"], None, "glass")
    elsewhere = asked("LI4 left", NEEDLES[0])
    patch, then = drawing(elsewhere, "female", ["skeleton"], now, "glass")
    places_changed = [change["location"] for change in _changes(patch)]
    assert ["layout", "scene", "uirevision"] in places_changed
    assert ["data", traces.DANGER, "x"] in places_changed
    assert then != now
    thin = question | {"patient": {"sex": "female", "bmi": 17.0, "age": 30}}
    patch, _ = drawing(thin, "female", ["skeleton"], now, "glass")
    assert ["data", traces.DANGER, "x"] in [c["location"] for c in _changes(patch)]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("text", SITES)
def test_views(body: str, text: str) -> None:
    """Each button has its view; the eye stands outside on the right side."""
    plan = planned(asked(text, NEEDLES[0], body))
    views = standard_views(body, plan)
    assert set(views) == {name for name, _, _ in VIEWS}
    low, high = (
        load_body(body).skin.vertices.min(0),
        load_body(body).skin.vertices.max(0),
    )
    assert eye_mm(body, views["front"])[1] < low[1]
    assert eye_mm(body, views["back"])[1] > high[1]
    assert eye_mm(body, views["left"])[0] > high[0]
    assert eye_mm(body, views["right"])[0] < low[0]
    assert eye_mm(body, views["above"])[2] > high[2]
    for name in ("site", "needle"):
        toward = eye_mm(body, views[name]) - np.array(plan.entry)
        assert toward @ np.array(plan.normal) > 0
    without = standard_views(body, None)
    assert set(without) == set(views) - {"site", "needle"}
    box = frame(body)
    for place in (plan.handle, plan.tip):
        assert (np.array(place) > box[0]).all()
        assert (np.array(place) < box[1]).all()


@pytest.mark.parametrize("body", BODIES)
def test_thinned_meshes_are_of_these_bodies(body: str) -> None:
    """Made from the files as committed, all bones there, skin within 3 mm."""
    drawn = display_body(body)
    there = load_body(body)
    assert drawn.key == source_key(body), "run: python -m tools.bodies.display"
    assert set(drawn.bone_names) == set(there.bones)
    for mesh in (drawn.skin, drawn.bones):
        assert mesh.faces.min() >= 0
        assert mesh.faces.max() < len(mesh.points)
    rng = np.random.default_rng(5)
    corners = drawn.skin.points[
        drawn.skin.faces[rng.choice(len(drawn.skin.faces), 400)]
    ]
    for place in corners.mean(axis=1).astype(float):
        assert np.linalg.norm(there.skin.nearest(place).xyz - place) < 3.0
    left = drawn.bone_names.index("femur left")
    start, end = drawn.bone_starts[left], drawn.bone_starts[left + 1]
    assert (drawn.bones.points[start:end, 0] > 0).all()


@pytest.mark.parametrize("body", BODIES)
def test_a_drawn_bone_is_where_the_bone_is(body: str) -> None:
    """Of each bone's vertices 99 in 100 are within a millimetre of what is drawn."""
    drawn = display_body(body)
    ends = [*drawn.bone_starts[1:], len(drawn.bones.points)]
    grid = np.array([(a, b, 8 - a - b) for a in range(9) for b in range(9 - a)]) / 8
    off = {}
    for name, start, end in zip(drawn.bone_names, drawn.bone_starts, ends, strict=True):
        first = drawn.bones.faces[:, 0]
        corners = drawn.bones.points[
            drawn.bones.faces[(first >= start) & (first < end)]
        ]
        places = np.einsum("kw,nwd->nkd", grid, corners).reshape(-1, 3)
        away, _ = cKDTree(places).query(load_body(body).bones[name][0])
        off[name] = float(np.quantile(away, 0.99))
    # places are kept in steps
    assert max(off.values()) <= 1.0 + STEP_MM, max(off, key=lambda name: off[name])


def test_a_missing_display_file_is_named(tmp_path: Any) -> None:
    """A lost file says which and how to make it again."""
    with pytest.raises(DataError, match=r"male body.*tools\.bodies\.display"):
        display_body("male", tmp_path)


def test_the_scene_in_words() -> None:
    """Side, depth and what is first met where, for those who do not see it."""
    question = asked("6 cm left of T4", NEEDLES[1])
    outcome = page_state.assess(**question)
    words = scene_words(question["site"], planned(question), "60 mm left of T4")
    assert "LEFT" in words
    assert "30 mm deep, tilted 30 degrees" in words
    assert outcome.assessment is not None
    lung = next(f for f in outcome.assessment.findings if f.id == "pleura")
    assert f"pleura and lung from {whole_mm(lung.reached_at_mm or 0.0)}" in words


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("text", SITES)
def test_a_click_is_a_click_on_the_map(body: str, text: str) -> None:
    """A place near the skin becomes the chart's place there, to 1 mm."""
    there = load_body(body)
    point = resolve_site(there, {"text": text}).point
    beside = np.asarray(point.xyz) + 0.4 * there.skin.normal(point)
    site = clicked_site(body, beside.tolist())
    assert site["xyz"] == pytest.approx(point.xyz, abs=1.0)
    assert set(site["request"]) == {"chart", "x_mm", "y_mm", "body"}
    assert page_state.assess(site, NEEDLES[0], {}).assessment is not None
    # the camera does not fly off under the cursor
    question = {"site": site, "needle": NEEDLES[0], "patient": {"sex": body}}
    elsewhere = asked("left infraspinatus", NEEDLES[0], body)
    _, now = drawing(elsewhere, body, ["skeleton"], None, "glass")
    patch, _ = drawing(question, body, ["skeleton"], now, "glass")
    moved = [change["location"] for change in _changes(patch)]
    assert ["layout", "scene", "uirevision"] not in moved


def test_the_browser_knows_the_same_traces() -> None:
    """Numbers that stand in the script are those of the figure."""
    script = (
        Path(viewer.__file__).parent / "assets" / "body3d" / "body3d.js"
    ).read_text()
    skin, bones = traces.SKIN, traces.BONES
    through = [traces.BEYOND, traces.ENDS, traces.MARKS, traces.LIMIT, traces.FOLD]
    through += [n for (_, near), n in traces.OUTLINES.items() if near != "far"]
    assert f"SKIN = {skin}, BONES = {bones}, THROUGH = {through}" in script
    for name, value in scene.SKIN_OPACITY.items():
        assert re.search(rf"\b{name}: {value:g}\b", script)
    figure = scene.scene_figure("female", _no_structures(), None)
    kinds = [trace["type"] for trace in figure["data"]]
    assert (
        kinds == ["mesh3d"] * 4 + ["scatter3d"] * 8 + ["mesh3d"] * 2 + ["scatter3d"] * 6
    )


def _no_structures() -> dict[int, dict[str, Any]]:
    return structures.structure_meshes("female", (), ())


def _names(mesh: dict[str, Any]) -> list[str]:
    return list(mesh["meta"]["names"])


def _changes(patch: Any) -> list[dict[str, Any]]:
    return list(patch.to_plotly_json()["operations"])
