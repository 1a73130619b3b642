"""Areas on the skin: what a zone's file says, and no skin on the other side."""

from __future__ import annotations

from typing import Literal

import pytest

from anatomy.body import load_body
from zones.fields.areas import chart_for, compile_area
from zones.knowledge.structures.zone_files import load_zones


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["female", "male"])
def test_a_polygon_marks_no_skin_on_the_far_side(
    name: str, side: Literal["left", "right"]
) -> None:
    """A knuckle that bounds an area of the palm is not part of it.

    The corners lie on landmarks, which may be on the back of a hand or foot; only the
    skin that the area's chart shows, up to its edge, can be meant.
    """
    body = load_body(name)
    looked_at = 0
    for zone in load_zones():
        own = side if zone.side in ("paired", "midline") else zone.side
        pieces = compile_area(body, zone, own)
        for area, piece in zip(zone.area, pieces, strict=True):
            if area.kind != "polygon":
                continue
            chart = chart_for(body, area.chart, own)
            away = body.skin.vertex_normals[piece.member] @ chart.view
            assert away.max() < 0.8, (zone.id, float(away.max()))
            looked_at += 1
    assert looked_at > 20
