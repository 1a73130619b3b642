"""Zones as GeoJSON."""

from __future__ import annotations

import json

import pytest
from shapely.geometry import Point, shape

from anatomy.body import load_body
from anatomy.errors import UnknownNameError
from zones.pictures.geojson import zone_geojson


def test_export_says_its_space_and_holds_the_lung() -> None:
    found = zone_geojson("male", "posterior")
    assert found["space"]["units"] == "mm"
    by_id = {f["id"]: f for f in found["features"]}
    lung = shape(by_id["pleura"]["geometry"])
    assert lung.is_valid
    blade = load_body("male").landmarks.get("inferior angle of scapula", "right").skin
    assert lung.contains(Point(blade.xyz[0], blade.xyz[2]))
    told = by_id["pleura"]["properties"]
    assert (told["severity"], told["harm"]) == ("critical", "pneumothorax")
    json.dumps(found, allow_nan=False)


def test_unknown_chart_is_named() -> None:
    with pytest.raises(UnknownNameError, match="posterior"):
        zone_geojson("male", "posteriour")
