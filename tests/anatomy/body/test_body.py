"""The reference bodies: symmetry, charts, walks, regions, and the fit report."""

from __future__ import annotations

import json

import numpy as np
import pytest

from anatomy.body import BODIES, DATA, Body, load_body
from anatomy.charts import chart_specs
from anatomy.errors import DataError, OffBodyError, OutOfRangeError, UnknownNameError

FLIP = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(params=BODIES)
def body(request: pytest.FixtureRequest) -> Body:
    return load_body(request.param)


def test_skin_is_mirror_symmetric(body: Body) -> None:
    skin = body.skin
    assert np.array_equal(skin.vertices[skin.mirror], skin.vertices * FLIP)
    labels = body.region_labels
    assert np.array_equal(labels[skin.mirror], labels)


def test_normals_point_outward(body: Body) -> None:
    back = body.landmarks.get("T6 spinous process").skin
    assert body.skin.normal(back)[1] > 0.9
    front = body.landmarks.get("umbilicus").skin
    assert body.skin.normal(front)[1] < -0.9


def test_every_chart_has_pictures_outline_and_marks(body: Body) -> None:
    for name in chart_specs():
        chart = body.charts[name]
        assert chart.picture("skin").stat().st_size > 1000
        assert chart.picture("skeleton").stat().st_size > 1000
        assert chart.outline.is_valid
        assert chart.outline.area > 1000
        assert chart.visible_vertices.any()


def test_pictures_have_the_extent_of_their_chart(body: Body) -> None:
    from PIL import Image

    for chart in body.charts.values():
        xmin, xmax, ymin, ymax = chart.bounds
        mm = chart.spec.mm_per_pixel
        for layer in ("skin", "skeleton"):
            with Image.open(chart.picture(layer)) as picture:
                assert abs(picture.width - (xmax - xmin) / mm) <= 1
                assert abs(picture.height - (ymax - ymin) / mm) <= 1


def test_whole_body_regions_are_all_somewhere(body: Body) -> None:
    shown = set()
    for name in ("anterior", "posterior", "left_lateral"):
        shown |= set(body.charts[name].regions)
    assert {"thorax", "upper back", "abdomen", "low back", "hand", "foot"} <= shown
    assert set(body.region_names[i] for i in np.unique(body.region_labels)) == set(
        body.region_names
    )


def test_chart_to_skin_and_back(body: Body) -> None:
    rng = np.random.default_rng(7)
    for name, chart in body.charts.items():
        seen = np.flatnonzero(chart.visible_vertices)
        for vertex in rng.choice(seen, 12):
            place = body.skin.vertices[vertex]
            x_mm, y_mm = chart.project(place)[0]
            try:
                point = chart.to_skin(float(x_mm), float(y_mm))
            except OffBodyError:
                continue  # a vertex on the very outline may fall beside the raster
            back = chart.project(point.xyz)[0]
            if np.linalg.norm(point.xyz - place) < 3:
                assert np.allclose(back, (x_mm, y_mm), atol=0.6), name


def test_left_stays_left(body: Body) -> None:
    posterior, anterior = body.charts["posterior"], body.charts["anterior"]
    blade = body.landmarks.get("inferior angle of scapula", "right").skin
    assert blade.xyz[0] < 0
    assert posterior.x_reversed
    assert not anterior.x_reversed
    for side, sign in (("left", 1), ("right", -1)):
        for mark in body.landmarks:
            if mark.side == side:
                assert mark.skin.xyz[0] * sign > 0, mark.name


def test_charts_of_a_pair_mirror(body: Body) -> None:
    for name, chart in body.charts.items():
        if "left_" not in name:
            continue
        other = body.charts[name.replace("left_", "right_")]
        mirrored = chart.visible_vertices[body.skin.mirror]
        assert (mirrored != other.visible_vertices).mean() < 0.002, name


def test_air_is_refused_in_words(body: Body) -> None:
    chart = body.charts["posterior"]
    with pytest.raises(OffBodyError, match="beside the body"):
        chart.to_skin(chart.bounds[0] + 1, 1500)
    with pytest.raises(OutOfRangeError, match="finite"):
        chart.to_skin(float("nan"), 1200)
    with pytest.raises(OutOfRangeError, match="finite"):
        body.skin.nearest([np.inf, 0, 0])


def test_walk_is_as_long_as_asked(body: Body) -> None:
    start = body.landmarks.get("T4 spinous process").skin
    up = np.array([0.0, 0.0, 1.0])
    left = np.array([1.0, 0.0, 0.0])
    for distance in (5.0, 60.0, 120.0):
        end = body.skin.walk(start, left, distance, up)
        assert body.skin.arc_length(start, end, up) == pytest.approx(distance, abs=0.2)
        other = body.skin.walk(start, -left, distance, up)
        assert np.allclose(other.xyz * FLIP, end.xyz, atol=0.05)
    with pytest.raises(OutOfRangeError):
        body.skin.walk(start, left, -1, up)


def test_unknown_body_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="female"):
        load_body("femal")


def test_body_of_another_schema_is_refused(tmp_path, monkeypatch) -> None:
    import shutil

    shutil.copytree(
        DATA / "male", tmp_path / "male", ignore=shutil.ignore_patterns("pictures")
    )
    meta = json.loads((tmp_path / "male/body.json").read_text())
    meta["schema"] = 99
    (tmp_path / "male/body.json").write_text(json.dumps(meta))
    with pytest.raises(DataError, match="schema 99"):
        Body(tmp_path / "male")
    with pytest.raises(DataError, match="nobody"):
        Body(tmp_path / "nobody")


@pytest.mark.parametrize("name", BODIES)
def test_fit_report_holds(name: str) -> None:
    reports = json.loads((DATA.parent / "fit_report.json").read_text())
    report = next(r for r in reports if r["body"] == name)
    assert report["inside_holds"]
    assert report["symmetry_holds"]
    for part in ("subcutaneous", "levels", "lengths"):
        missed = [row for row in report[part] if not row["holds"]]
        assert not missed, missed


def test_body_data_stay_small() -> None:
    total = sum(p.stat().st_size for p in DATA.rglob("*") if p.is_file())
    assert total < 15_000_000
