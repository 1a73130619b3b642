"""Compiled zones: depths against the evidence, mirrors, cache, broken data."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from anatomy.errors import DataError, NeedlemapError
from zones import fields as module
from zones.areas import place_reference, skin_path
from zones.compiling import SLOPE, compile_zone
from zones.evidence import Evidence, load_evidence
from zones.zonefile import Zone

if TYPE_CHECKING:
    from pathlib import Path

    from zones.fields import BodyFields

BASIS = "inference: for a test"
HOW = "inference: for a test"


def zone(**changes: Any) -> Zone:
    """Return a small zone on the upper back, changed as asked."""
    plain: dict[str, Any] = {
        "id": "test-zone",
        "structure": "a structure",
        "kind": "structure",
        "consequence": "harm",
        "side": "paired",
        "area": [
            {
                "kind": "polygon",
                "chart": "posterior",
                "basis": BASIS,
                "vertices": [
                    {"landmark": "T3 spinous process", "lateral_mm": 20},
                    {"landmark": "T3 spinous process", "lateral_mm": 70},
                    {"landmark": "T7 spinous process", "lateral_mm": 70},
                    {"landmark": "T7 spinous process", "lateral_mm": 20},
                ],
            }
        ],
        "depth": [{"earliest_mm": 15, "typical_mm": 30, "how": HOW}],
    }
    return Zone.model_validate({**plain, **changes})


def test_left_is_the_mirror_of_right(fields: BodyFields) -> None:
    """A paired zone covers mirrored skin on the two sides."""
    mirror = fields.body.skin.mirror
    for row in fields.rows:
        if row.mirrored:
            left = fields.mask(row.zone.id, "left")
            assert (left == fields.mask(row.zone.id, "right")[mirror]).all()


def test_dilation_never_deepens(fields: BodyFields) -> None:
    """Where a zone is, its depth is finite, and its rim lies within the tolerance."""
    for item in fields.zones:
        if item.kind == "structure":
            inside = fields.mask(item.id)
            assert np.isfinite(fields.depth_field(item.id)[inside]).all(), item.id


def test_depth_points_hold(fields: BodyFields) -> None:
    """At each depth point of each zone the depth is not deeper than it says."""
    for row in fields.rows:
        if row.zone.kind != "structure" or (row.side == "left" and row.mirrored):
            continue
        for depth in row.zone.depth:
            if depth.at is None:
                continue
            side = "right" if row.side == "midline" else row.side
            point = place_reference(fields.body, depth.at, side)
            corners = fields.body.skin.faces[point.face]
            early = fields.depth_field(row.zone.id, row.side)[corners].min()
            if np.isfinite(early):
                assert early <= depth.earliest_mm + 1e-3, (row.zone.id, depth)


def pleural_records() -> list[Evidence]:
    """Return the pleural records with a place and (least or mean and sd)."""
    return [
        record
        for record in load_evidence().values()
        if record.quantity == "skin_to_pleura_or_lung"
        and record.at is not None
        and (
            record.min_mm is not None
            or (record.mean_mm is not None and record.sd_mm is not None)
        )
    ]


def bound_of(record: Evidence) -> float:
    """Return the smaller of the least depth seen and mean - 2 SD, mm."""
    bounds = [] if record.min_mm is None else [record.min_mm]
    if record.mean_mm is not None and record.sd_mm is not None:
        bounds.append(record.mean_mm - 2 * record.sd_mm)
    return min(bounds)


def _pleural(item: Zone) -> bool:
    return item.consequence == "pneumothorax"


def pleura_at(fields: BodyFields, record: Evidence, side: str) -> float:
    """Return the least critical depth, of whatever gives a pneumothorax, at a place."""
    point = place_reference(fields.body, record.at, side)  # type: ignore[arg-type]
    found = fields.at(fields.body.skin.faces[point.face][None, :])
    rows = [r for r, row in enumerate(fields.rows) if _pleural(row.zone)]
    return float(found.earliest[rows, 0].min())


def test_depth_records(fields: BodyFields, capsys: pytest.CaptureFixture[str]) -> None:
    """Each published depth: not deeper than its least, not under a third of its mean.

    A depth under a third of a recorded mean is right when another record beside it
    asks for it: its own least, plus a fifth of the distance beyond the tolerance.
    Records whose place is a line (the angles of the ribs) stand in the zone file at
    several places of it.
    """
    records = pleural_records()
    assert len(records) > 10
    lines, wrong = [], []
    at = {
        record.id: place_reference(fields.body, record.at, "left").xyz
        for record in records
    }
    beside = [(bound_of(record), at[record.id]) for record in records]
    for depth in (d for z in fields.zones for d in z.depth if _pleural(z)):
        if depth.at is not None and depth.evidence:
            xyz = place_reference(fields.body, depth.at, "left").xyz
            beside.append((depth.earliest_mm, xyz))
    for record in records:
        sides = [record.side] if record.side else ["left", "right"]
        early = max(pleura_at(fields, record, side) for side in sides)
        bound = bound_of(record)
        least = min(pleura_at(fields, record, side) for side in sides)
        asked = min(
            figure + SLOPE * max(0.0, np.linalg.norm(xyz - at[record.id]) - 10)
            for figure, xyz in beside
        )
        deep = early > bound + 0.05
        shallow = least < (record.mean_mm or 0.0) / 3 and least < asked - 1.0
        flag = "DEEP" if deep else "SHALLOW" if shallow else ""
        lines.append(
            f"{record.id:8} {str(record.place)[:42]:42} mean {record.mean_mm or 0:5.1f}"
            f" bound {bound:5.1f} ours {early:5.1f} {flag}"
        )
        if flag:
            wrong.append(lines[-1])
    with capsys.disabled():
        print(f"\npleural depth records on the {fields.body.name} body, mm")
        print("\n".join(lines))
    assert not wrong


def test_same_bytes_for_the_same_zones(male: Any, tmp_path: Path) -> None:
    """Compiling twice writes the same file, and what is read is what was written."""
    names = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for name in names:
        module.save(name, "key", [compile_zone(male, zone())])
    assert names[0].read_bytes() == names[1].read_bytes()
    read = module.load(names[0], "key")
    assert read is not None
    assert len(read[0].member) > 20
    assert module.load(names[0], "another key") is None


def test_stale_fields_are_compiled_afresh_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Fields that rest on other data are not used."""
    monkeypatch.setattr(module, "COMPILED", tmp_path)
    monkeypatch.setattr("zones.zonefile.load_zones", lambda: (zone(),))
    with caplog.at_level(logging.WARNING):
        fresh = module.body_fields.__wrapped__("male")
    assert [z.id for z in fresh.zones] == ["test-zone"]
    assert "do not match" in caplog.text


@pytest.mark.parametrize("name", ["male", "female"])
def test_the_compiled_fields_rest_on_the_data_that_is_here(name: str) -> None:
    """Nobody waits for zones to be compiled: ``needlemap zones build`` was run."""
    read = module.load(module.COMPILED / f"{name}.npz", module.data_key(name))
    assert read is not None, "run 'needlemap zones build'"


def test_a_course_follows_the_skin(male: Any) -> None:
    """The path between two places stays on the skin in steps of about 2 mm."""
    ends = [
        place_reference(male, item, "right")
        for item in (
            _at("T3 spinous process"),
            _at("T7 spinous process", lateral_mm=50),
        )
    ]
    path, knots = skin_path(male, np.array([end.xyz for end in ends]))
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 4.0
    assert male.skin.nearest_many(path)[3].max() < 0.01
    assert knots.tolist() == [0, len(path) - 1]


def _at(landmark: str, **offsets: float) -> Any:
    from zones.zonefile import Offset

    return Offset.model_validate({"landmark": landmark, **offsets})


CROSSED = [
    {"landmark": "T3 spinous process", "lateral_mm": 20},
    {"landmark": "T7 spinous process", "lateral_mm": 70},
    {"landmark": "T3 spinous process", "lateral_mm": 70},
    {"landmark": "T7 spinous process", "lateral_mm": 20},
]


@pytest.mark.parametrize(
    ("area", "says"),
    [
        ({"kind": "polygon", "chart": "posterior", "vertices": CROSSED}, "cross"),
        (
            {
                "kind": "polygon",
                "chart": "posterior",
                "vertices": [*CROSSED[:2], {"landmark": "T33 spinous process"}],
            },
            "vertex 3",
        ),
        ({"kind": "polygon", "chart": "posteror", "vertices": CROSSED}, "posterior"),
        ({"kind": "region", "region": "uper back"}, "upper back"),
        (
            {
                "kind": "disc",
                "at": {"landmark": "acromion", "lateral_mm": 390},
                "radius_mm": 5,
            },
            "area 1",
        ),
    ],
)
def test_broken_areas_name_zone_and_entry(
    male: Any, area: dict[str, Any], says: str
) -> None:
    """What can not be drawn is refused, naming zone, entry and body."""
    with pytest.raises(DataError) as caught:
        compile_zone(male, zone(area=[{**area, "basis": BASIS}]))
    text = str(caught.value)
    assert "test-zone" in text
    assert "area 1" in text
    assert says in text


def test_broken_depth_names_its_entry(male: Any) -> None:
    """A depth point at a landmark that the body does not have is refused."""
    depth = {"at": {"landmark": "T44"}, "earliest_mm": 9, "how": HOW}
    with pytest.raises(NeedlemapError, match="depth 1"):
        compile_zone(male, zone(depth=[depth]))
