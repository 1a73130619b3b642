"""Card, ruler, section, depth map and 3D body agree, read from what they draw."""

from __future__ import annotations

import functools
import json
import re
import xml.etree.ElementTree as ET
import zlib
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
import shapely

from anatomy.body import BODIES, load_body
from anatomy.errors import NeedlemapError
from anatomy.muscles.catalogue import muscle_names
from viewer.body3d import traces
from viewer.body3d.callbacks import drawing
from viewer.map.charts.frames import needle_mark
from viewer.map.depth.depth_layer import NO_LIMIT, NOT_MAPPED, OFF_BODY, packed
from viewer.map.layer_callbacks import held_plan
from viewer.panels.card.ruler import ruler_svg
from viewer.section.callbacks import section_of
from viewer.section.pen import LARGE, frame_data
from viewer.section.view import section_svg
from viewer.state import page_state
from zones.check.entry import Entry
from zones.fields.loading import body_fields
from zones.pictures.bands import GRID_MM
from zones.pictures.depth_map import chart_depths, entry_vertices
from zones.pictures.search_area import area_in_section
from zones.pictures.section_models import IN_PLANE_DEG
from zones.pictures.surfaces import smooth_normals
from zones.sentences.presentation import present

pytestmark = pytest.mark.slow

SITES = 200
SEED = 20261130
NEAR_MM = 1.0
#: Bone hides so far beside itself in a section: three cells of its grid, mm.
RIM_MM = 3 * GRID_MM
TOWARD = ("medial", "lateral", "cranial", "caudal", "anterior", "posterior")
#: How skin and arm are held, and patients: few, so that their depth maps are few.
HELD: tuple[dict[str, Any], ...] = (
    {}, {}, {"arm": "overhead"}, {"grip": "pincer", "fold_mm": 25.0},
)  # fmt: skip
PATIENTS: tuple[dict[str, Any], ...] = ({"age": 34, "bmi": 19.0}, {"bmi": 31.0})
CHARTS = 10


def _sites() -> list[dict[str, Any]]:
    """Return random taps with random plans on both bodies."""
    rng = np.random.default_rng(SEED)
    found: list[dict[str, Any]] = []
    shown = {
        name: rng.permutation(list(load_body(name).charts))[:CHARTS].tolist()
        for name in BODIES
    }
    while len(found) < SITES:
        name = BODIES[len(found) % 2]
        charts = load_body(name).charts
        chart = charts[shown[name][int(rng.integers(CHARTS))]]
        rows, columns = np.nonzero(np.isfinite(chart.depth))
        one = int(rng.integers(len(rows)))
        x = chart.bounds[0] + (columns[one] + 0.5) * chart.cell_mm
        y = chart.bounds[2] + (rows[one] + 0.5) * chart.cell_mm
        length = float(rng.choice([25, 40, 60, 100]))
        plan: dict[str, Any] = {
            "length_mm": length,
            "depth_mm": float(rng.integers(1, int(length) + 1)),
        }
        if rng.random() < 0.5:
            plan["tilt_deg"] = float(rng.integers(5, 60))
            plan["toward"] = str(rng.choice(TOWARD))
        plan |= HELD[int(rng.integers(len(HELD)))]
        patient = {"sex": name, **PATIENTS[int(rng.integers(len(PATIENTS)))]}
        try:
            site = page_state.place(
                name, page_state.clicked_request(name, chart.name, x, y)
            )
        except NeedlemapError:
            continue  # on the outline a tap may pass the body by
        if _between(name, chart.name, rows[one], columns[one], site):
            continue  # to 0.1 mm a tap as near to the next vertex is of either
        needle = page_state.needle_request(**plan)
        outcome = page_state.assess(site, needle, patient)
        if outcome.assessment is None:
            assert outcome.field == "needle.direction.toward"  # no lean that way here
            continue
        asked = {"site": site, "needle": needle, "patient": patient}
        found.append({"asked": asked, "plan": plan, "chart": chart.name, "xy": (x, y)})
    return found


def _between(name: str, chart: str, row: int, column: int, site: Any) -> bool:
    """Return whether the vertex of a site is another than that of its cell."""
    body = load_body(name)
    point = body.skin.nearest(np.array(site["xyz"]))
    own = Entry(body_fields(name), point, site["side"]).vertex
    return bool(own != entry_vertices(name, chart)[row, column])


@pytest.fixture(scope="module")
def sites() -> list[dict[str, Any]]:
    """Return the sites with what each picture shows there."""
    found = _sites()
    for one in found:
        one |= {
            "answer": page_state.assess(**one["asked"]).assessment,
            "ruler": ruler_reads(one),
            "section": section_reads(one),
            "scene": scene_reads(one),
        }
    return found


def _numbers(path: str) -> list[float]:
    return [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", path)]


def _named(svg: str, name: str) -> list[ET.Element]:
    root = ET.fromstring(svg)
    return [e for e in root.iter() if e.get("class") == name]


def ruler_reads(one: dict[str, Any]) -> dict[str, Any]:
    """Return what the ruler shows in mm, by its own ticks."""
    asked = one["asked"]
    answer = page_state.assess(**asked).assessment
    assert answer is not None
    svg = ruler_svg(answer, asked["needle"], asked["patient"])
    ticks = {
        float(t.get("data-mm", "")): _numbers(t.get("d", ""))[0]
        for t in _named(svg, "tick")
    }
    low, high = min(ticks), max(ticks)
    per_mm = (ticks[high] - ticks[low]) / (high - low)

    def mm(x: float) -> float:
        return (x - ticks[low]) / per_mm

    def first(name: str) -> float | None:
        marks = _named(svg, name)
        return mm(_numbers(marks[0].get("d", ""))[0]) if marks else None

    shares = {
        float(e.get("data-share", "")): mm(float(e.get("x", "")))
        for e in _named(svg, "share")
    }
    met = {
        str(e.get("data-zone")): mm(_numbers(e.get("d", ""))[0])
        for e in _named(svg, "meeting")
    }
    return {
        "limit": first("limit"), "tip": first("tip"), "met": met, "shares": shares,
        "end": high,
    }  # fmt: skip


def section_reads(one: dict[str, Any]) -> dict[str, Any]:
    """Return what the drawn section shows: lengths of needle, mm, and places."""
    section, message = section_of(
        one["asked"], "needle", one["plan"].get("toward"), LARGE
    )
    assert section is not None, message
    svg = section_svg(section, LARGE)
    (line,) = _named(svg, "line")
    ax, ay, bx, by = _numbers(line.get("d", ""))
    entry, end = np.array([ax, ay]), np.array([bx, by])
    # the dashed line is the needle to its length
    per_mm = np.linalg.norm(end - entry) / one["plan"]["length_mm"]

    def along(x: float, y: float) -> float:
        return float(np.linalg.norm(np.array([x, y]) - entry) / per_mm)

    limits = []
    way = (end - entry) / np.linalg.norm(end - entry)
    for mark in _named(svg, "limit"):
        a = np.array(_numbers(mark.get("d", ""))[:2])
        limits.append(float((a - entry) @ way / per_mm))
    (tip,) = _named(svg, "tip")
    spot = float(tip.get("cx", "")), float(tip.get("cy", ""))
    frame = frame_data(section, LARGE)
    origin = frame["entry"] - section.needle.entry * [1, -1] * frame["per_mm"]

    def place(xy: Any) -> Any:
        return section.plane.lift(
            (np.asarray(xy) - origin) / frame["per_mm"] * [1.0, -1.0]
        )

    met = {}
    for mark in _named(svg, "meeting"):
        x, y, half = _numbers(mark.get("d", ""))[:3]
        met[str(mark.get("data-zone"))] = along(x, y + half)
    return {
        "limit": limits[0] if limits else None, "tip": along(*spot), "met": met,
        "entry_xyz": place(entry), "tip_xyz": place(spot), "section": section,
    }  # fmt: skip


def scene_reads(one: dict[str, Any]) -> dict[str, Any]:
    """Return what the 3D scene draws, from the coordinates of its traces."""
    figure, _ = drawing(one["asked"], one["asked"]["site"]["body"], [], None, "glass")

    def places(number: int) -> Any:
        trace = figure["data"][number]
        return np.stack([np.asarray(trace[axis], float) for axis in "xyz"], axis=1)

    ends, marks = places(traces.ENDS), places(traces.MARKS)
    ring = places(traces.LIMIT)
    middle = ring[:-1].mean(axis=0) if len(ring) else None
    symbols = figure["data"][traces.MARKS]["marker"]["symbol"]
    return {
        "entry_xyz": ends[0],
        "tip_xyz": ends[-1],
        "tip": float(np.linalg.norm(ends[-1] - ends[0])),
        "limit": None if middle is None else float(np.linalg.norm(middle - ends[0])),
        "met": [
            float(np.linalg.norm(spot - ends[0]))
            for spot, symbol in zip(marks, symbols, strict=True)
            if symbol == "diamond"
        ],
        "meshes": [figure["data"][number] for number in traces.STRUCTURES],
    }


def map_reads(one: dict[str, Any]) -> float | str:
    """Return the depth that the map reads out under the needle, as the page does."""
    asked, plan = one["asked"], one["plan"]
    held = {
        "grip": plan.get("grip"),
        "fold": plan.get("fold_mm"),
        "arm": plan.get("arm"),
    }
    name = asked["site"]["body"]
    plan_held = held_plan(held, asked["site"], asked["patient"])
    depths = chart_depths(name, one["chart"], asked["patient"], plan_held)
    field = packed(load_body(name).charts[one["chart"]], depths)
    raw = zlib.decompress(b64decode(field["data"]))
    values = np.frombuffer(raw, "<u2").reshape(field["rows"], field["columns"])
    x, y = one["xy"]
    row = int((y - field["y0"]) // field["cell"])
    column = int((x - field["x0"]) // field["cell"])
    value = int(values[row, column])
    words = {OFF_BODY: "off", NOT_MAPPED: "not mapped", NO_LIMIT: "none"}
    return words.get(value, value / 10.0)


def test_limit_tip_and_marks(sites: list[dict[str, Any]]) -> None:
    """Every picture has the same limit, the same tip and the same depths met."""
    seen = dict.fromkeys(("limit", "met", "3d met", "map", "tilted", "folded"), 0)
    for one in sites:
        answer = one["answer"]
        ruler, section, scene = one["ruler"], one["section"], one["scene"]
        planned = one["plan"]["depth_mm"]
        where = json.dumps(one["asked"])
        for picture in (ruler, section, scene):
            assert picture["tip"] == pytest.approx(planned, abs=NEAR_MM), where
        limit = answer.max_depth_mm
        assert limit is not None
        if limit > 0:
            written = re.search(r"\d+", str(present(answer).limit.sentence))
            assert written is not None, present(answer).limit.sentence
            assert float(written[0]) == pytest.approx(limit, abs=NEAR_MM), where
        assert ruler["limit"] == pytest.approx(limit, abs=NEAR_MM), where
        assert scene["limit"] == pytest.approx(limit, abs=NEAR_MM), where
        if section["limit"] is None:  # past the end of the needle it is not drawn
            assert limit > one["plan"]["length_mm"], where
        else:
            assert section["limit"] == pytest.approx(limit, abs=NEAR_MM), where
            seen["limit"] += 1
        depths = {f.id: f.reached_at_mm for f in answer.findings if f.kind == "zone"}
        for zone, mm in [*ruler["met"].items(), *section["met"].items()]:
            assert mm == pytest.approx(
                min(depths[zone] or 0, ruler["end"] * 2), abs=1.0
            )
            seen["met"] += 1
        reached = [v for v in depths.values() if v is not None]
        shown = [
            f.reached_at_mm
            for f in answer.findings
            if f.kind == "zone"
            and f.reached_at_mm is not None
            and f.verdict >= "CAUTION"
        ]
        assert len(scene["met"]) == len(shown) <= len(reached)
        assert scene["met"] == pytest.approx(shown, abs=NEAR_MM), where
        seen["3d met"] += len(shown)
        seen["tilted"] += "tilt_deg" in one["plan"]
        seen["folded"] += "fold_mm" in one["plan"]
    assert min(seen[n] for n in ("limit", "met", "3d met", "tilted", "folded")) > 30, (
        seen
    )


def test_depth_map_under_the_needle(sites: list[dict[str, Any]]) -> None:
    """What is read off the map is the limit that a perpendicular needle has there."""
    compared = 0
    for one in sites:
        asked = one["asked"]
        upright = {k: v for k, v in asked["needle"].items() if k != "direction"}
        answer = page_state.assess(**{**asked, "needle": upright}).assessment
        assert answer is not None
        found, where = map_reads(one), json.dumps(asked)
        if answer.coverage.level == "none":
            assert found == "not mapped", where
            continue
        assert isinstance(found, float), (found, where)
        assert found == pytest.approx(answer.max_depth_mm, abs=NEAR_MM), where
        compared += 1
    assert compared > SITES * 0.8


def test_entry_and_tip_are_one_place(sites: list[dict[str, Any]]) -> None:
    """The needle of the section, of the map and of the 3D body is in the same place."""
    for one in sites:
        section, scene, where = one["section"], one["scene"], one["asked"]
        assert np.linalg.norm(section["entry_xyz"] - scene["entry_xyz"]) < NEAR_MM, (
            where
        )
        if section["section"].needle.off_plane_deg < IN_PLANE_DEG:
            assert np.linalg.norm(section["tip_xyz"] - scene["tip_xyz"]) < NEAR_MM, (
                where
            )
        if "fold_mm" in one["plan"]:
            continue
        site = one["asked"]["site"]
        mark = needle_mark(site["body"], one["chart"], site)["needle"]
        assert mark is not None, where
        chart = load_body(site["body"]).charts[one["chart"]]
        flat = chart.project(scene["entry_xyz"])[0]
        assert np.linalg.norm(flat - [mark["x"], mark["y"]]) < NEAR_MM, where


def _crossing(lines: Any, way: Any) -> float | None:
    """Return how deep the line straight under the entry first meets a closed shape."""
    ray = shapely.LineString([0.05 * way, 160.0 * way])
    depths = []
    inside = False
    for line in lines:
        polygon = shapely.Polygon(line).buffer(0)
        inside ^= polygon.contains(shapely.Point(0.05 * way))
        cut = polygon.boundary.intersection(ray)
        if not cut.is_empty:
            depths.append(np.linalg.norm(shapely.get_coordinates(cut), axis=1).min())
    if inside:
        return 0.0
    return float(min(depths)) if depths else None


def _scene_depths(scene: dict[str, Any], name: str, vertex: int) -> dict[str, float]:
    """Return how deep each mesh of the scene lies under a vertex of the skin."""
    body = load_body(name)
    spot, inward = body.skin.vertices[vertex], -smooth_normals(body)[vertex]
    found: dict[str, float] = {}
    for trace in scene["meshes"]:
        if not trace["meta"]["names"]:
            continue
        points = np.stack([traces.unpacked(trace[axis]) for axis in "xyz"], axis=1)
        starts = [*trace["meta"]["starts"], len(points)]
        for title, a, b in zip(
            trace["meta"]["names"], starts[:-1], starts[1:], strict=True
        ):
            away = points[a:b].astype(float) - spot
            deep = away @ inward
            aside = np.linalg.norm(away - deep[:, None] * inward, axis=1)
            on = np.flatnonzero(aside < 0.02)
            if len(on):
                found[title] = float(deep[on].min())
    return found


def test_structures_lie_at_one_depth(sites: list[dict[str, Any]]) -> None:
    """Section, 3D body, card and ruler have a structure at the same depths.

    Straight under the entry. What the section hides in front of a bone that it draws
    is not compared: people have it behind.
    """
    seen = dict.fromkeys(("3d", "card"), 0)
    for one in sites:
        answer = one["answer"]
        name, side = answer.site.body, answer.site.side
        body, fields = load_body(name), body_fields(name)
        point = body.skin.nearest(answer.site.xyz_mm)
        vertex = Entry(fields, point, side).vertex
        section = one["section"]["section"]
        way = section.inward_uv / np.linalg.norm(section.inward_uv)
        if np.linalg.norm(section.inward_uv) < 0.999:
            continue  # the normal leaves the plane
        scene = _scene_depths(one["scene"], name, vertex)
        # bone beside the line hides as well: by the rim that it is drawn with
        across = np.array([way[1], -way[0]])
        bones = [
            d
            for o in section.outlines[1:]
            for aside in (-RIM_MM, 0.0, RIM_MM)
            if (d := _crossing([n - aside * across for n in o.lines], way)) is not None
        ]
        first_bone = min(bones, default=np.inf)
        for band in section.bands:
            if not band.region:
                continue
            depths = {c.share: _crossing(c.region, way) for c in band.contours}
            first = depths[0.025]
            meshes = [mm for title, mm in scene.items() if _is(title, band)]
            if first is None or first > first_bone - RIM_MM:
                continue
            if band.depth_known and len(meshes) == 1:
                assert meshes[0] == pytest.approx(first, abs=NEAR_MM), (band, one)
                seen["3d"] += 1
            if band.finding is None or not _whole(fields, vertex, band):
                continue
            usual = band.finding.typical_mm
            assert band.finding.earliest_mm == pytest.approx(first, abs=NEAR_MM), one
            if (
                usual is not None
                and depths.get(0.5)
                and depths[0.5] < first_bone - RIM_MM
            ):
                assert usual == pytest.approx(depths[0.5], abs=NEAR_MM), one
                seen["card"] += 1
    assert seen["3d"] > 60 and seen["card"] >= 3, seen


def _is(title: str, band: Any) -> bool:
    """Return whether a mesh's title is of a band."""
    sides = {"left": "left", "right": "right", "midline": ""}
    return band.structure in title and sides[band.side] in title.lower()


def _whole(fields: Any, vertex: int, band: Any) -> bool:
    """Return whether everybody has a structure under a vertex, with no bone before."""
    _, items = fields.under.of(np.array([vertex]))
    for item in items.tolist():
        row = fields.rows[fields.under.row[item]]
        if row.zone.id == band.zone_id and row.side == band.side:
            under = fields.under
            return bool(
                under.chance[item] > 0.999
                and under.clear_moved[item] > 0.999
                and under.clear[item] > 0.999
            )
    return False


@functools.cache
def _named_sites() -> list[tuple[str, dict[str, Any]]]:
    rng = np.random.default_rng(SEED)
    names = list(rng.permutation(muscle_names()))[:20]
    return [
        (BODIES[n % 2], {"muscle": str(m), "side": ("left", "right")[n // 2 % 2]})
        for n, m in enumerate(names)
    ]


def test_tested_area_is_the_drawn_one() -> None:
    """On map and section the search area is the skin whose vertices the check asks."""
    lines_seen = 0
    for name, request in _named_sites():
        body = load_body(name)
        site = page_state.place(name, request)
        chart = body.charts[site["chart"]]
        point = body.skin.nearest(np.array(site["xyz"]))
        spread = site["spread_mm"]
        entry = Entry(body_fields(name), point, site["side"], spread)
        mark = needle_mark(name, chart.name, site)["needle"]
        rings = [
            np.array(_numbers(ring)).reshape(-1, 2) for ring in mark["area"].split("Z")
        ]
        drawn = shapely.unary_union(
            [shapely.Polygon(ring).buffer(0) for ring in rings if len(ring) > 2]
        )
        tested = entry.area[chart.visible_vertices[entry.area]]
        places = chart.to_picture(chart.project(body.skin.vertices[tested]))
        outside = [
            p for p in places if drawn.distance(shapely.Point(p)) > 2.5 * chart.cell_mm
        ]
        # a vertex behind the rim of what is seen may fall beside it
        assert len(outside) <= 0.03 * len(places), (name, request, len(outside))
        rim = shapely.get_coordinates(drawn.boundary)
        middle = chart.to_picture([[mark["x"], mark["y"]]])[0]
        far = np.linalg.norm(rim - middle, axis=1).max()
        assert far <= spread + 2.0 * chart.cell_mm, (name, request, far)
        asked = {"site": site, "needle": {"length_mm": 40, "depth_mm": 20}}
        section, message = section_of(
            {**asked, "patient": {"sex": name}}, "needle", None, LARGE
        )
        assert section is not None, message
        assert section.area, (name, request)
        lines = shapely.MultiLineString(list(section.area))
        skin = shapely.MultiLineString(list(section.outlines[0].lines))
        ends = shapely.get_coordinates(lines)
        assert shapely.distance(shapely.points(ends), skin).max() < 0.1
        assert np.linalg.norm(ends, axis=1).max() <= spread + 1e-6
        flat = section.plane.project(body.skin.vertices[entry.area])
        near = np.abs(section.plane.distance(body.skin.vertices[entry.area])) < 0.8
        for spot in flat[near]:
            assert lines.distance(shapely.Point(spot)) < NEAR_MM, (name, request)
            lines_seen += 1
        again = area_in_section(
            body, point, spread / 2, plane=section.plane,
            skin=section.outlines[0].lines,
        )  # fmt: skip
        assert shapely.MultiLineString(list(again)).length < lines.length
    assert lines_seen > 20
