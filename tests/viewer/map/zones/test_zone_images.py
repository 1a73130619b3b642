"""The drawn outlines: smooth as in an atlas, and no danger smoothed away."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy import ndimage

from anatomy.body import load_body
from viewer.map.zones.zone_images import (
    LOST_SHARE,
    SPECK,
    on_chart,
    shown_zones,
    traced,
    vertex_mask,
    zone_shape,
)


@pytest.mark.parametrize("body", ["female", "male"])
@pytest.mark.parametrize("name", ["posterior", "right_hand_dorsal", "left_lateral"])
def test_no_piece_of_a_zone_is_smoothed_away(body: str, name: str) -> None:
    """Of every piece that is more than a speck nearly all is drawn."""
    chart = load_body(body).charts[name]
    cells = chart.raster_vertices()
    seen = cells >= 0
    looked_at = 0
    for zone in on_chart(body, name, shown_zones({})):
        here = np.zeros(cells.shape, dtype=bool)
        here[seen] = vertex_mask(body, zone.key)[cells[seen]]
        shape = zone_shape(body, name, zone.key).buffer(chart.cell_mm)
        shapely.prepare(shape)
        pieces, count = ndimage.label(here, structure=np.ones((3, 3)))
        for number in range(1, count + 1):
            row, column = np.nonzero(pieces == number)
            if len(row) < SPECK:
                continue
            x = chart.bounds[0] + (column + 0.5) * chart.cell_mm
            y = chart.bounds[2] + (row + 0.5) * chart.cell_mm
            drawn = shapely.intersects_xy(shape, x, y).mean()
            assert drawn > 1 - LOST_SHARE, (zone.key, number, len(row))
            looked_at += 1
    assert looked_at > 5


def test_nothing_marked_is_nothing_drawn() -> None:
    """And what is drawn stays on the body."""
    chart = load_body("male").charts["posterior"]
    seen = chart.raster_vertices() >= 0
    assert traced(np.zeros_like(seen), seen, chart).is_empty
    whole = traced(seen, seen, chart)
    assert whole.area == pytest.approx(seen.sum() * chart.cell_mm**2, rel=0.01)
