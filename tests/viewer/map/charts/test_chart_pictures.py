"""Pictures of charts come the right way round, from one place only."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from anatomy.body import load_body
from viewer.map.charts import chart_pictures

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    "name", ["shoulder_anterior", "abdomen_lateral", "thigh_medial"]
)
def test_the_right_is_the_left_turned(name: str) -> None:
    charts = load_body("female").charts
    pair = (charts[f"left_{name}"], charts[f"right_{name}"])
    left, right = (np.asarray(chart_pictures.opened(c, "skin")) for c in pair)
    assert not np.array_equal(left, right)
    assert np.array_equal(left[:, ::-1], right)
    left, right = (np.asarray(chart_pictures.on_white("female", c.name)) for c in pair)
    assert np.array_equal(left[:, ::-1], right)


def test_nobody_else_opens_the_files() -> None:
    """Whoever does has to remember which ones are mirror images."""
    found = []
    for folder in ("viewer", "docs", "benchmarks", "zones"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called.endswith(".picture") and called != "pictures.picture":
                    found.append(file.name)
    assert set(found) == {"chart_pictures.py"}


def test_a_picture_lies_as_its_raster_does() -> None:
    """Skin is drawn where the chart has skin: no left limb under the right's zones."""
    charts = load_body("male").charts
    assert any(chart.mirrored for chart in charts.values())
    for name, chart in charts.items():
        if chart.spec.side is None:  # alike on both sides
            continue
        drawn = np.asarray(chart_pictures.on_white("male", name).convert("L")) < 250
        seen = np.isfinite(chart.depth)
        seen = seen if chart.y_reversed else seen[::-1]
        seen = seen[:, ::-1] if chart.x_reversed else seen
        rows = np.arange(drawn.shape[0]) * seen.shape[0] // drawn.shape[0]
        columns = np.arange(drawn.shape[1]) * seen.shape[1] // drawn.shape[1]
        there = seen[rows][:, columns]
        apart, flipped = (drawn ^ there).sum(), (drawn[:, ::-1] ^ there).sum()
        assert apart < flipped, name
