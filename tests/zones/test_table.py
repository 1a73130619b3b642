"""Tables of sites: the same answers as one by one, and nothing lost on the way."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.errors import InputError, NeedlemapError, UnknownNameError
from tests.strategies import healthy_patient
from zones import check_site, table_space, table_zones
from zones.fields import body_fields
from zones.table import check_sites, count_answers, zone_table
from zones.table_charts import chart_faces
from zones.table_io import NEEDLE, column_of, patient_columns, site_columns
from zones.table_needles import needle_at
from zones.table_patients import thresholds
from zones.table_sites import site_at

T4 = {"landmark": "T4 spinous process", "lateral_mm": 60.0, "side": "left"}
CHARTS = ("anterior", "posterior", "left_lateral", "right_arm_medial")
TOWARD = ("medial", "lateral", "cranial", "caudal", "anterior", "posterior")

Rows = list[dict[str, Any]]


def random_site(rng: np.random.Generator) -> dict[str, Any]:
    """Return a site in one of the forms, now and then a wrong one."""
    side = str(rng.choice(["left", "right"]))
    form = rng.integers(12)
    site: dict[str, Any]
    if form < 4:
        name = str(rng.choice(["male", "female"]))
        vertices = load_body(name).skin.vertices
        place = vertices[rng.integers(len(vertices))] + rng.normal(0, 2.0, 3)
        site = dict(zip(("xyz_x_mm", "xyz_y_mm", "xyz_z_mm"), place, strict=True))
        if rng.random() < 0.8:
            site["body"] = name
    elif form < 8:
        chart = str(rng.choice(CHARTS))
        low_x, high_x, low_y, high_y = load_body("male").charts[chart].bounds
        spread = 0.35 if chart in ("anterior", "posterior") else 1.0
        site = {
            "chart": chart,
            "x_mm": float(rng.uniform(low_x, high_x) * spread),
            "y_mm": float(rng.uniform(low_y, high_y)),
        }
    elif form == 8:
        level = int(rng.integers(1, 13))
        site = {
            "landmark": f"T{level} spinous process",
            "lateral_mm": float(rng.integers(0, 12) * 10),
            "superior_mm": float(rng.integers(-2, 3) * 5),
            "side": side,
        }
    elif form == 9:
        muscle = str(rng.choice(["rhomboid major", "vastus lateralis", "piriformis"]))
        site = {"muscle": muscle, "side": side}
    elif form == 10:
        point = str(rng.choice(["GB21", "LI4", "SP6", "ST36", "GB999"]))
        site = {"point": point, "side": side}
    else:
        words = ("6 cm left of T4", "3 cm right of L3", "6 furlongs left of T4")
        site = {"text": str(rng.choice(words))}
    if rng.random() < 0.02:
        site["lateral_mm"] = 4000.0
    return site


def random_needle(rng: np.random.Generator) -> dict[str, Any]:
    """Return a needle, now and then one that can not be."""
    needle: dict[str, Any] = {}
    if rng.random() < 0.85:
        needle["depth_mm"] = float(np.round(rng.uniform(0, 60), 1))
    if rng.random() < 0.6:
        needle["length_mm"] = float(rng.choice([25.0, 40.0, 50.0, 75.0]))
    if rng.random() < 0.95 and "depth_mm" in needle and "length_mm" in needle:
        needle["depth_mm"] = min(needle["depth_mm"], needle["length_mm"])
    kind = rng.random()
    if kind < 0.3:
        needle["tilt_deg"] = float(rng.integers(0, 90))
        needle["toward"] = str(rng.choice(TOWARD))
    elif kind < 0.4:
        names = ("vector_x", "vector_y", "vector_z")
        vector = [float(v) for v in rng.normal((0.0, -0.7, 0.0), 0.7)]
        needle.update(zip(names, vector, strict=True))
    elif kind < 0.5:
        needle["direction"] = "perpendicular"
    if rng.random() < 0.3:
        needle["electrical"] = bool(rng.random() < 0.5)
    if rng.random() < 0.02:
        needle[str(rng.choice(["depth_mm", "tilt_deg", "toward"]))] = "deep"
    return needle


def random_patient(rng: np.random.Generator) -> dict[str, Any]:
    """Return a patient, from one nothing is known of to one fully answered."""
    kind = rng.random()
    if kind < 0.2:
        return {}
    patient: dict[str, Any] = {}
    if kind < 0.6:
        patient = healthy_patient(sex=str(rng.choice(["male", "female"])))
    changes: list[dict[str, Any]] = [
        {"age": float(np.round(rng.uniform(8, 90)))},
        {"bmi": float(np.round(rng.uniform(13, 45), 1))},
        {"height_cm": 170.0, "weight_kg": float(np.round(rng.uniform(40, 130)))},
        {"sex": "female", "pregnant": True, "gestation_weeks": float(rng.integers(41))},
        {"anticoagulant": "warfarin", "inr": float(np.round(rng.uniform(1, 6), 1))},
        {"implants": [{"kind": "metalwork", "region": "left thigh"}]},
        {"lymphoedema": ["left arm"]},
        {"local_skin_infection": [{"site": T4, "radius_mm": 40.0}]},
        {"consent_given": False},
        {"sex": "male"},
    ]
    for change in changes:
        if rng.random() < 0.12:
            if "bmi" in change or "height_cm" in change:
                for name in ("bmi", "height_cm", "weight_kg"):
                    patient.pop(name, None)
            patient.update(change)
    return {name: v for name, v in patient.items() if v is not None}


def as_table(rows: Rows) -> dict[str, list[Any]]:
    """Return rows as columns."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def one_by_one(row: dict[str, Any]) -> dict[str, Any]:
    """Return what `check_site` says of a row."""
    columns = {n: column_of([v]) for n, v in row.items()}
    parts = [
        {n: c for n, c in columns.items() if n in names}
        for names in (site_columns(), NEEDLE, patient_columns())
    ]
    patient = {n: c.at(0) for n, c in parts[2].items()}
    try:
        answer = check_site(site_at(parts[0], 0), needle_at(parts[1], 0), patient)
    except NeedlemapError as error:
        return {"verdict": "", "error": str(error)}
    return {
        "verdict": answer.verdict.value,
        "max_depth_mm": answer.max_depth_mm,
        "finding": answer.findings[0].id if answer.findings else "",
        "complete": answer.complete,
        "error": "",
    }


def differences(rows: Rows) -> list[str]:
    """Return the rows of which the table says something else than the check."""
    table = check_sites(as_table(rows), plausible=False)
    found = []
    for i, row in enumerate(rows):
        single = one_by_one(row)
        for name, wanted in list(single.items()):
            got = table[name][i]
            if name == "max_depth_mm" and isinstance(got, float) and math.isnan(got):
                got = None
            if name == "error" and got != wanted and got and wanted:
                # of a row with two faults either may be named
                facts = patient_columns()
                rest = {n: v for n, v in row.items() if n not in facts}
                single["error"] = one_by_one(rest)["error"]
            if got != single[name]:
                told = json.dumps(row, default=str)
                found.append(f"{name}: {got!r}, not {wanted!r}: {told}")
    return found


def random_rows(count: int, seed: int) -> Rows:
    """Return random rows."""
    rng = np.random.default_rng(seed)
    return [
        {**random_site(rng), **random_needle(rng), **random_patient(rng)}
        for _ in range(count)
    ]


@pytest.fixture
def by_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow lines from cell to cell, as is done for many needles."""
    monkeypatch.setattr(table_zones, "MANY_NEEDLES", 0)


def test_same_as_one_by_one() -> None:
    """A few hundred random rows of all kinds are answered as single checks are."""
    wrong = differences(random_rows(300, 7))
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.slow
@pytest.mark.usefixtures("by_cells")
def test_same_as_one_by_one_on_ten_thousand_rows() -> None:
    """The promise of the table, on ten thousand random rows."""
    wrong = differences(random_rows(10_000, 11))
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.slow
@pytest.mark.usefixtures("by_cells")
def test_nearest_vertex_along_lines() -> None:
    """Going from cell to cell passes the vertices that a search finds."""
    skin = load_body("male").skin
    cells = table_space.Cells.of(skin)
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


def test_needles_of_all_parts_of_a_table_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are worked out once enough needles came, in however many parts."""
    monkeypatch.setattr(table_zones, "MANY_NEEDLES", 30)
    monkeypatch.setattr(table_zones.Cells, "of", lambda skin: ("cells of", skin))
    table = replace(zone_table("male"), cells=[], followed=[])
    assert table.cells_for(20) is None
    assert table.cells_for(9) is None
    assert table.cells_for(1) == ("cells of", table.fields.body.skin)


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
