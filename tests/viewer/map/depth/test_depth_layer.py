"""The depth map's drawing: the right way round, never deeper than the field."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zlib
from base64 import b64decode
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.body import load_body
from viewer.look.look import LOOKS
from viewer.map import layer_callbacks
from viewer.map.depth import depth_layer
from viewer.map.depth.depth_layer import depth_picture, lowered, packed
from viewer.map.depth.depth_scale import COLOURS, LEVELS
from viewer.state import page_state
from zones.contract.models import Verdict
from zones.pictures.depth_map import chart_depths

BODY = "male"


def field_of(chart_name: str, value: Any) -> np.ndarray:
    """Return a field over a chart from a function of the skin's places (V, 3)."""
    body = load_body(BODY)
    cells = body.charts[chart_name].raster_vertices()
    return np.where(cells >= 0, value(body.skin.vertices)[cells], np.nan)


def paths(svg: str, **wanted: str) -> list[Any]:
    """Return the SVG's paths with some attributes, as polygons of picture mm."""
    found = []
    for element in ET.fromstring(svg).iter():
        if element.tag.endswith("path") and all(
            element.get(key) == value for key, value in wanted.items()
        ):
            for ring in element.get("d", "").split("M")[1:]:
                numbers = np.array(ring.rstrip("Z").split(), dtype=float)
                if len(numbers) >= 6:
                    found.append(shapely.Polygon(numbers.reshape(-1, 2)).buffer(0))
    return found


@pytest.mark.parametrize(
    ("chart_name", "left_of_patient"), [("anterior", "right"), ("posterior", "left")]
)
def test_the_picture_is_the_right_way_round(
    chart_name: str, left_of_patient: str
) -> None:
    """What is excluded on the patient's left only is drawn on the patient's left.

    Seen from the front the patient's left is at the picture's right, from behind at
    its left; the head is on top in both.
    """
    chart = load_body(BODY).charts[chart_name]
    top = float(load_body(BODY).skin.vertices[:, 2].max())

    def left_shoulder(places: np.ndarray) -> np.ndarray:
        there = (places[:, 0] > 60) & (places[:, 2] > top - 500)
        return np.where(there, 0.0, 25.0)

    drawn = depth_picture(chart, field_of(chart_name, left_shoulder))
    stop = LOOKS[Verdict.STOP]
    areas = paths(drawn.svg, fill=f"url(#{stop.shape})")
    assert areas
    xmin, xmax, ymin, ymax = chart.bounds
    for area in areas:
        x, y = area.centroid.x / (xmax - xmin), area.centroid.y / (ymax - ymin)
        assert (x > 0.5) is (left_of_patient == "right")
        assert y < 0.35
    # the field for the read-out: row 0 at the least y, larger x at the patient's left
    values = unpacked(drawn.field)
    rows, columns = np.nonzero(values == 0)
    assert (chart.bounds[0] + columns * chart.cell_mm).min() > 50
    assert (chart.bounds[2] + rows * chart.cell_mm).min() > top - 510


def unpacked(field: dict[str, Any]) -> np.ndarray:
    """Return the codes of a packed field as the page reads them."""
    raw = zlib.decompress(b64decode(field["data"]))
    return np.frombuffer(raw, dtype="<u2").reshape(field["rows"], field["columns"])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 14),
    st.integers(2, 14),
    st.sampled_from([0.6, 1.0, 2.0]),
    st.randoms(use_true_random=False),
)
def test_the_drawing_is_nowhere_deeper_than_the_field(
    rows: int, columns: int, cell_mm: float, random: Any
) -> None:
    """Smoothing for the eye can only take depth away."""
    choices = [0.0, 3.0, 9.4, 12.0, 39.0, 61.0, float("inf")]
    field = np.array(
        [[random.choice(choices) for _ in range(columns)] for _ in range(rows)]
    )
    drawn = lowered(field, cell_mm)
    assert np.isfinite(drawn).all()
    assert (drawn <= field + 1e-9).all()


def test_not_known_lends_no_depth_to_its_neighbours() -> None:
    """A cell that is not mapped neither raises nor hides what is beside it."""
    field = np.array([[np.nan, 7.0, np.nan], [np.nan, np.nan, np.nan]])
    assert lowered(field, 2.0)[0, 1] == pytest.approx(7.0)


def test_packed_depths_are_rounded_down_and_keep_what_is_no_number() -> None:
    """No limit, not mapped and off the body are told apart from every depth."""
    chart = load_body(BODY).charts["left_hand_palmar"]
    body = np.isfinite(chart.depth)
    field = np.full(chart.depth.shape, np.nan)
    field[body] = 9.19
    inside = np.argwhere(body)
    field[tuple(inside[0])] = np.inf
    field[tuple(inside[1])] = np.nan
    field[tuple(inside[2])] = 0.0
    codes = unpacked(packed(chart, field))
    assert codes[tuple(inside[0])] == depth_layer.NO_LIMIT
    assert codes[tuple(inside[1])] == depth_layer.NOT_MAPPED
    assert codes[tuple(inside[2])] == 0
    assert codes[tuple(inside[3])] == 91
    assert (codes[~body] == depth_layer.OFF_BODY).all()


def test_each_depth_has_its_own_picture() -> None:
    """Bands by level; nothing where there is no limit; a pattern where unknown."""
    chart = load_body(BODY).charts["posterior"]
    free = depth_picture(chart, field_of("posterior", lambda p: 0 * p[:, 0] + np.inf))
    assert not any(paths(free.svg, fill=colour) for colour in COLOURS)
    assert free.labels == []
    for depth, colour in ((3.0, COLOURS[0]), (17.0, COLOURS[2]), (60.0, COLOURS[-1])):
        flat = depth_picture(
            chart, field_of("posterior", lambda p, d=depth: 0 * p[:, 0] + d)
        )
        drawn = {c for c in COLOURS if paths(flat.svg, fill=c)}
        assert colour in drawn
        # what is shallower is drawn nowhere
        assert not drawn & set(COLOURS[: COLOURS.index(colour)])
    unknown = depth_picture(chart, np.full(chart.depth.shape, np.nan))
    grey = LOOKS[Verdict.NOT_ASSESSABLE]
    assert paths(unknown.svg, fill=f"url(#{grey.shape})")
    assert unknown.labels == []


def test_the_ramp_runs_from_dark_to_pale_and_is_not_green() -> None:
    """Lightness alone tells the order; no colour says go."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            ((p + 0.055) / 1.055) ** 2.4 if p > 0.04 else p / 12.92 for p in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    values = [light(colour) for colour in COLOURS]
    assert len(COLOURS) == len(LEVELS) + 1
    assert values == sorted(values)
    for below, above in pairwise(values):
        assert (above + 0.05) / (below + 0.05) > 1.2
    for colour in COLOURS:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert green <= max(red, blue)


def test_a_wrong_shape_is_refused() -> None:
    """A field of another chart is never drawn."""
    chart = load_body(BODY).charts["posterior"]
    with pytest.raises(ValueError, match="shape"):
        depth_picture(chart, np.zeros((3, 4)))


@pytest.mark.parametrize("chart_name", ["posterior", "thorax_anterior"])
def test_the_map_agrees_with_the_card(chart_name: str) -> None:
    """At the middle of cells the card allows what the map shows, or more."""
    patient = {"sex": "female", "age": 31, "bmi": 21.0}
    chart = load_body("female").charts[chart_name]
    depths = chart_depths("female", chart_name, patient)
    inside = np.argwhere(~np.isnan(depths))
    picked = inside[np.random.default_rng(4).choice(len(inside), 40, replace=False)]
    deeper = []
    for row, column in picked:
        x = chart.bounds[0] + (column + 0.5) * chart.cell_mm
        y = chart.bounds[2] + (row + 0.5) * chart.cell_mm
        request = page_state.clicked_request("female", chart_name, x, y)
        needle = {"length_mm": 40, "depth_mm": 5, "direction": "perpendicular"}
        outcome = page_state.assess(
            page_state.place("female", request), needle, patient
        )
        assert outcome.assessment is not None, outcome.message
        limit = outcome.assessment.max_depth_mm
        card = np.inf if limit is None else limit
        if depths[row, column] > card + 2.0:
            deeper.append((float(depths[row, column]), card))
    # a cell shows its nearest vertex, so at a border one may lie across it
    assert len(deeper) <= 2, deeper


def test_the_map_follows_the_patient_and_fails_in_words(monkeypatch: Any) -> None:
    """Another patient is another picture; what cannot be computed is no picture."""
    plain = layer_callbacks.depth_data("female", "anterior", {"sex": "female"})
    pregnant = {"sex": "female", "pregnant": True, "gestation_weeks": 30}
    other = layer_callbacks.depth_data("female", "anterior", pregnant)
    assert plain["view"] == other["view"] == "female/anterior"
    assert plain["image"] != other["image"]
    assert (unpacked(other["field"]) == 0).sum() > (unpacked(plain["field"]) == 0).sum()
    assert plain["note"] == ""
    assert "female body" in layer_callbacks.depth_data("female", "anterior", {})["note"]

    open_fold = layer_callbacks.depth_data("female", "anterior", {}, {"grip": "pincer"})
    assert "image" not in open_fold
    assert open_fold["problem"] == "Enter the thickness of the lifted fold."

    def broken(*_: Any) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(layer_callbacks, "chart_depths", broken)
    failed = layer_callbacks.depth_data("female", "anterior", {"age": 77})
    assert "image" not in failed
    assert "could not be computed" in failed["problem"]


def test_the_picture_lies_on_the_chart() -> None:
    """Image and chart have the same corners, in the chart's millimetres."""
    chart = load_body("female").charts["posterior"]
    data = layer_callbacks.depth_data("female", "posterior", {"sex": "female"})
    svg = b64decode(data["image"].split(",")[1]).decode()
    root = ET.fromstring(svg)
    xmin, xmax, ymin, ymax = chart.bounds
    assert root.get("preserveAspectRatio") == "none"
    box = [float(v) for v in root.get("viewBox", "").split()]
    assert box == pytest.approx([0.0, 0.0, xmax - xmin, ymax - ymin], abs=0.06)


def test_the_map_is_held_as_the_plan_is() -> None:
    """A fold deepens it by itself; a lung that was seen near its site lowers it."""
    patient = {"sex": "female", "age": 31, "bmi": 21.0}
    site = {
        "request": {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"},
        "body": "female",
    }
    flat = layer_callbacks.held_plan({"grip": "flat", "seen": None}, site, patient)
    assert flat == {}
    fold = layer_callbacks.held_plan({"grip": "pincer", "fold": 20}, site, patient)
    values = {"grip": "flat", "seen": "pleura", "seen-depth": 15}
    seen = layer_callbacks.held_plan(values, site, patient)
    assert seen["measured"][0]["site"] == site["request"]
    usual, folded, shallow = (
        chart_depths("female", "posterior", patient, held)
        for held in (flat, fold, seen)
    )
    known = np.isfinite(usual) & (usual > 0)
    near = 0.2  # mm, to which depths are found
    assert (folded[known] >= usual[known] - near).all()
    assert (folded[known] > usual[known] + 5.0).any()
    assert (shallow[known] < usual[known]).any()
    drawn = [
        layer_callbacks.depth_data("female", "posterior", patient, held)
        for held in (flat, fold)
    ]
    assert drawn[0]["image"] != drawn[1]["image"]
