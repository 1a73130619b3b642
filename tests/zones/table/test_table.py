"""Tables of sites: the same answers as one by one, and nothing lost on the way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.errors import InputError, NeedlemapError, UnknownNameError
from tests.zones.agreement import (
    T4,
    differences,
    map_differences,
    random_rows,
)
from zones.fields.loading import body_fields
from zones.risk import slanted
from zones.risk.cells import Cells
from zones.table.charts import chart_faces
from zones.table.patients import thresholds
from zones.table.sites import check_sites, count_answers


@pytest.fixture
def by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow lines from cell to cell, as is done for many needles."""
    monkeypatch.setattr(slanted, "MANY", 0)


def test_same_as_one_by_one() -> None:
    """A few hundred random rows of all kinds are answered as single checks are."""
    wrong = differences(random_rows(300, 7))
    assert not wrong, "\n".join(wrong[:5])


def test_needles_that_differ_in_length_alone() -> None:
    """Over one search area only the longer may pass the middle of the limb."""
    site = {"muscle": "vastus lateralis", "side": "right"}
    wrong = differences([{**site, "depth_mm": 20.7}, {**site, "length_mm": 75.0}, site])
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.usefixtures("by_cells")
def test_same_as_one_by_one_on_two_thousand_rows() -> None:
    """The promise of the table; ``python -m tests.zones.agreement`` asks for more."""
    wrong = differences(random_rows(2000, 11))
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.slow
def test_map_table_and_check_have_the_same_limits() -> None:
    """At vertices of the skin the three ways of asking tell one limit."""
    wrong = map_differences(400, 12)
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.slow
@pytest.mark.usefixtures("by_cells")
def test_nearest_vertex_along_lines() -> None:
    """Going from cell to cell passes the vertices that a search finds."""
    skin = load_body("male").skin
    cells = Cells.of(skin)
    rng = np.random.default_rng(3)
    vertex = rng.integers(0, len(skin.vertices), 50)
    direction = -skin.vertex_normals[vertex]
    xyz = skin.vertices[vertex] + 0.3
    inside = np.asarray(skin.tree.query(xyz)[1], dtype=np.intp)
    for _ in range(5):
        leave, onward = cells.leave(inside, xyz, direction)
        going = np.isfinite(leave)
        after = xyz[going] + (leave[going, None] + 1e-7) * direction[going]
        away, found = skin.tree.query(after)
        gap = np.linalg.norm(skin.vertices[onward[going]] - after, axis=1)
        assert np.allclose(gap, away, atol=1e-6), found
        inside = np.where(going, onward, inside)


@pytest.mark.parametrize("fact", ["age", "gestation_weeks", "inr"])
def test_patients_kept_are_told_apart(fact: str) -> None:
    """One kind of patient kept for the next table stands for no other."""
    zones = body_fields("female").zones
    own = {**T4, "sex": "female", "depth_mm": 20.0, "pregnant": fact[0] == "g"}
    for mark in thresholds(zones)[fact]:
        for figure in (mark - 0.1, mark, mark + 0.1):
            wrong = differences([{**own, fact: figure, "anticoagulant": True}])
            assert not wrong, wrong[0]


@pytest.mark.parametrize("name", ["posterior", "left_hand_palmar", "left_foot_medial"])
def test_charts_read_for_many_places(name: str) -> None:
    """Places on a chart, many beside its outline, are where it says of each alone."""
    body = load_body("female")
    chart, rng = body.charts[name], np.random.default_rng(5)
    seen = np.flatnonzero(chart.visible_vertices)
    vertices = body.skin.vertices[rng.choice(seen, 400)]
    xy = chart.project(vertices + rng.normal(0, 2.0, vertices.shape))
    face, bary = chart_faces(chart).at(xy)
    for place, number, weights in zip(xy.tolist(), face, bary, strict=True):
        try:
            found = chart.to_skin(*place)
        except NeedlemapError:
            assert number == -1
            continue
        assert number == found.face
        assert np.allclose(weights, found.bary, atol=1e-9)


def test_single_values_give_single_answers() -> None:
    """Plain values in, plain values out."""
    answer = check_sites(T4, {"depth_mm": 30.0})
    assert answer["verdict"] == "DANGER"
    assert isinstance(answer["max_depth_mm"], float)


def test_shape_is_kept() -> None:
    """Columns are broadcast, and the answers have their shape."""
    plan = {"depth_mm": np.array([[5.0], [30.0]]), "length_mm": np.array([40.0, 50.0])}
    answer = check_sites(T4, plan)
    assert answer["verdict"].shape == (2, 2)
    assert answer["verdict"][:, 0].tolist() == ["CAUTION", "DANGER"]


def test_no_rows() -> None:
    """An empty table has empty answers."""
    answer = check_sites({"text": []})
    assert answer["verdict"].shape == (0,)


def test_bad_rows_are_kept_and_counted() -> None:
    """Mixed types, unknown names and numbers out of range each stay in their row."""
    table = {
        "text": ["6 cm left of T4", "6 cm left of T44", None, "T4", "T4"],
        "depth_mm": [10.0, 10.0, 10.0, "ten", math.inf],
    }
    answer = check_sites(table)
    assert answer["error"][0] == ""
    assert all(answer["error"][1:])
    assert "depth_mm" in answer["error"][3]
    assert count_answers(answer)["error"] == 4
    assert answer["verdict"][1] == ""
    assert answer["verdict_code"][1] == -1


@pytest.mark.parametrize(
    ("table", "kind", "says"),
    [
        ({"landmrk": ["T4"]}, UnknownNameError, "landmark"),
        ({"text": ["T4"], "dept_mm": [1.0]}, UnknownNameError, "depth_mm"),
        ({"depth_mm": [1.0]}, InputError, "landmark"),
        ({"text": ["T4", "T5"], "depth_mm": [1.0, 2.0, 3.0]}, InputError, "length"),
        (["T4"], InputError, "table"),
    ],
)
def test_bad_tables_are_refused(table: Any, kind: Any, says: str) -> None:
    """Unknown and missing columns are named, with the nearest names."""
    with pytest.raises(kind) as caught:
        check_sites(table)
    assert says in str(caught.value)


def test_column_given_twice() -> None:
    """A column may stand with the sites or with the needles, not with both."""
    with pytest.raises(InputError, match="depth_mm"):
        check_sites({"text": ["T4"], "depth_mm": [1.0]}, {"depth_mm": [1.0]})


@pytest.mark.parametrize(
    ("columns", "unit"),
    [
        ({"depth_mm": [0.02, 0.03, 0.025, 0.01, 0.03]}, "metres"),
        ({"length_mm": [1.0, 1.5, 2.0, 1.5, 1.0]}, "inches"),
    ],
)
def test_unit_slips_are_caught(columns: dict[str, list[float]], unit: str) -> None:
    """A whole column in metres or inches is refused, row by row."""
    answer = check_sites({"text": ["6 cm left of T4"] * 5}, columns)
    assert all(unit in error for error in answer["error"])
    taken = check_sites({"text": ["6 cm left of T4"] * 5}, columns, plausible=False)
    assert not any(taken["error"])


@pytest.mark.parametrize(("factor", "unit"), [(1000.0, "metres"), (25.4, "inches")])
def test_places_in_another_unit_say_so(factor: float, unit: str) -> None:
    """Places that lie on the body only in another unit are told as such."""
    vertices = load_body("male").skin.vertices[::9000] / factor
    answer = check_sites({"xyz_mm": vertices, "body": "male"})
    lost = [error for error in answer["error"] if error]
    assert len(lost) > len(vertices) // 2
    assert all(unit in error for error in lost)


def test_record_arrays() -> None:
    """A structured array is a table."""
    rows = np.array([(0.0, 1300.0)], dtype=[("x_mm", float), ("y_mm", float)])
    answer = check_sites(
        {n: rows[n] for n in rows.dtype.names} | {"chart": "posterior"}
    )
    assert answer["error"].tolist() == [""]


def test_data_frames() -> None:
    """A data frame in gives a data frame out, with its index."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["T4", None]}, index=["a", "b"])
    answer = check_sites(frame)
    assert list(answer.index) == ["a", "b"]
    assert answer["error"]["a"] == ""


def test_arrow_tables() -> None:
    """An Arrow table in gives an Arrow table out; null is not given."""
    pyarrow = pytest.importorskip("pyarrow")
    answer = check_sites(pyarrow.table({"text": ["T4", None]}))
    assert answer.column("error").to_pylist()[0] == ""
    assert answer.column("error").to_pylist()[1] != ""
