"""Compiled zones: depths against the evidence, mirrors, cache, broken data."""

from __future__ import annotations

import functools
import logging
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from anatomy.errors import DataError, NeedlemapError
from zones.fields import loading as module
from zones.fields.areas import place_reference, skin_path
from zones.fields.compiling import ZoneField, carrying, cast_rays, compile_zone
from zones.fields.model import Floor
from zones.fields.rays import Rays
from zones.knowledge.structures.pooling import TAIL
from zones.knowledge.structures.zone_files import Zone, with_anchors
from zones.knowledge.structures.zone_models import Anchor

if TYPE_CHECKING:
    from pathlib import Path

    from zones.fields.model import BodyFields

BASIS = "inference: for a test"
WHY = "for a test"


def anchor(name: str = "all", median_mm: float = 30.0, sigma: float = 0.2) -> Anchor:
    """Return a figure of the test zone."""
    return Anchor(
        zone="test-zone",
        id=name,
        basis="measured",
        mu=float(np.log(median_mm)),
        sigma=sigma,
        mean_mm=median_mm,
        sd_mm=median_mm * sigma,
        median_mm=median_mm,
        low_mm=float(median_mm * np.exp(-1.96 * sigma)),
        high_mm=float(median_mm * np.exp(1.96 * sigma)),
        people=50,
        studies=("hayashi-2011",),
        place=0.2,
    )


@functools.cache
def rays(body: Any) -> Rays:
    """Return the rays of a body, cast once."""
    return cast_rays(body)


def depth_by(made: ZoneField, share: float = TAIL) -> Any:
    """Return the depth by which a share of all people has a structure, (K,) mm."""
    chance, mu, sigma = (
        values.astype(float) for values in (made.chance, made.mu, made.sigma)
    )
    with np.errstate(invalid="ignore"):
        deep = np.exp(mu + sigma * ndtri(np.minimum(share / chance, 1.0)))
    return np.where(share < chance, deep, np.inf)


def zone(**changes: Any) -> Zone:
    """Return a small zone on the upper back, changed as asked."""
    plain: dict[str, Any] = {
        "id": "test-zone",
        "structure": "a structure",
        "kind": "structure",
        "severity": "critical",
        "harm": "pneumothorax",
        "spread": "lung",
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
        "depth": [{"id": "all", "basis": "measured", "records": ["x"]}],
    }
    made = Zone.model_validate({**plain, **changes})
    return with_anchors([made], [anchor(depth.id) for depth in made.depth])[0]


def test_left_is_the_mirror_of_right(fields: BodyFields) -> None:
    """A paired zone covers mirrored skin on the two sides."""
    mirror = fields.body.skin.mirror
    for row in fields.rows:
        if row.mirrored:
            left = fields.mask(row.zone.id, "left")
            assert (left == fields.mask(row.zone.id, "right")[mirror]).all()


def test_every_structure_has_a_depth_where_it_is_drawn(fields: BodyFields) -> None:
    """Inside a structure's outline, or on the line of a course, its depth is finite."""
    for item in fields.zones:
        if item.kind == "structure":
            depth = fields.depth_field(item.id)
            assert np.isfinite(depth).any(), item.id
            assert (depth[np.isfinite(depth)] >= 0).all(), item.id


def test_an_anchor_holds_at_its_place(fields: BodyFields) -> None:
    """At an anchor well inside its structure the earliest depth is its 2.5 % quantile.

    Toward an edge it is later, and never sooner than a tenth before it: another
    anchor beside it may draw it a little.
    """
    compared = 0
    for row in fields.rows:
        if row.zone.kind != "structure" or (row.side == "left" and row.mirrored):
            continue
        for depth in row.zone.depth:
            if depth.at is None or depth.anchor is None:
                continue
            side = "right" if row.side == "midline" else row.side
            point = place_reference(fields.body, depth.at, side)
            corners = fields.body.skin.faces[point.face]
            early = fields.depth_field(row.zone.id, row.side)[corners].min()
            if np.isfinite(early):
                compared += 1
                assert early >= 0.7 * depth.earliest_mm, (row.zone.id, depth.id)
    assert compared > 40


def test_edges_are_soft(male: Any) -> None:
    """From the middle of an outline outward the earliest depth only grows."""
    made = compile_zone(male, zone(), rays(male))
    skin = male.skin
    middle = place_reference(male, _at("T5 spinous process", lateral_mm=45), "right")
    offset = skin.vertices[made.reach] - middle.xyz
    away = np.linalg.norm(offset, axis=1)
    level = np.abs(offset[:, 2]) < 20
    lateral = np.abs(offset[:, 0])
    early = depth_by(made)
    near, far = early[away < 8], early[level & (lateral > 30)]
    assert near == pytest.approx(anchor().low_mm, rel=0.05)
    assert len(far) > 20
    assert far.min() > 1.05 * near.max()
    # half have it at the edge, and past two SD of the placing error hardly anyone
    edge = np.abs(lateral - 25) < 4
    assert np.median(made.chance[level & edge]) == pytest.approx(0.5, abs=0.2)
    beyond = lateral > 25 + 2.5 * carrying().placement_sd_mm
    assert (made.chance[level & beyond] < TAIL).all()


def test_a_course_is_met_beside_its_line(male: Any) -> None:
    """On the line the 2.5 % quantile, two SD beside it never, later in between."""
    course = {
        "kind": "course",
        "basis": BASIS,
        "side_sd_mm": 6,
        "diameter_mm": 4,
        "points": [
            {"landmark": "T3 spinous process", "lateral_mm": 45},
            {"landmark": "T7 spinous process", "lateral_mm": 45},
        ],
    }
    made = compile_zone(male, zone(area=[course]), rays(male))
    ends = [
        place_reference(male, _at(**node), "right").xyz for node in course["points"]
    ]
    z = male.skin.vertices[made.reach, 2]
    level = (z < ends[0][2] - 15) & (z > ends[1][2] + 15)
    x = -male.skin.vertices[made.reach[level], 0]
    line = np.median(x)
    early = depth_by(made)[level]
    on, beside = np.abs(x - line) < 3, np.abs(x - line) > 12
    # as many of all people as have it there at all: within its radius of the line
    spread = np.hypot(6, carrying().placement_sd_mm)
    there = 2.0 * ndtr(2.0 / spread) - 1.0
    assert made.chance[level][on].max() == pytest.approx(there, rel=0.05)
    wanted = 30.0 * np.exp(0.2 * ndtri(TAIL / there))
    assert early[on].min() == pytest.approx(wanted, rel=0.05)
    assert early[beside].min() > 1.04 * early[on].min()
    farther = np.abs(x - line) > 18
    assert early[farther].min() > 1.1 * early[on].min()
    # exp(-v^2 / 2s^2) = TAIL: where the chance falls to that, it is met no more
    far = np.abs(x - line) > spread * np.sqrt(-2 * np.log(TAIL)) + 8
    assert np.isinf(early[far]).all()
    # no thicker than the course: 4 mm
    assert (made.thick_mm == 4.0).all()


def test_an_unknown_depth_has_no_figure(male: Any) -> None:
    """Nobody measured it: any depth may reach it, and no median is shown."""
    unknown = {"id": "all", "basis": "unknown", "why": WHY}
    made = compile_zone(
        male, zone(severity="serious", harm="motor-nerve", depth=[unknown]), rays(male)
    )
    assert len(made.reach) > 20
    assert np.isnan(made.mu).all()
    assert np.isnan(made.sigma).all()


def test_the_spread_grows_away_from_the_anchor(male: Any) -> None:
    """Far from where it was measured the same depth is less certain."""
    at = {"landmark": "T3 spinous process", "lateral_mm": 45}
    depth = {"id": "all", "basis": "measured", "records": ["x"], "at": at}
    made = compile_zone(male, zone(depth=[depth]), rays(male))
    point = place_reference(male, _at(**at), "right")  # type: ignore[arg-type]
    away = np.linalg.norm(male.skin.vertices[made.reach] - point.xyz, axis=1)
    near, far = made.sigma[away < 8].mean(), made.sigma[away > 60].mean()
    assert far > 1.1 * near


def nothing() -> Floor:
    """Return a floor that is nowhere."""
    none = np.full(3, np.inf, dtype=np.float32)
    whole = {item.name: none for item in dataclass_fields(Floor)}
    number = np.full(3, -1, dtype=np.int32)
    return Floor(**{**whole, "far": number, "bone": number.astype(np.int16)})


def test_depths_of_a_row_are_quantiles_of_all_people(fields: BodyFields) -> None:
    """A share that fewer have than asked for is never reached; more is deeper."""
    row = next(n for n, one in enumerate(fields.rows) if one.zone.id == "pleura")
    early, middle = fields.depths(row), fields.depths(row, 0.5)
    item = fields.items_of(row)
    at, chance = fields.under.vertex[item], fields.under.chance[item]
    assert np.isinf(early[at[chance < 0.9 * TAIL]]).all()
    assert np.isfinite(early[at[chance > 1.1 * TAIL]]).all()
    assert (middle[at] >= early[at]).all()
    sure = chance > 0.99999
    median = np.exp(fields.under.mu[item[sure]].astype(float))
    assert middle[at[sure]] == pytest.approx(median, rel=1e-3)
    outside = np.setdiff1d(np.arange(len(early)), at)
    assert np.isinf(early[outside]).all()


def test_shares_past_bone_are_shares(fields: BodyFields) -> None:
    """What misses bone and what finds a gap are no more than all, in any position."""
    under = fields.under
    sides = np.array([row.side for row in fields.rows])
    paired = sides[under.row] != "midline"
    for clear, through in (
        (under.clear, under.through),
        (under.clear_moved, under.through_moved),
    ):
        assert (clear >= 0.0).all()
        assert (through >= 0.0).all()
        assert (under.chance * (clear + through) <= 1.001).all()
        # of a structure of the midline the graver half counts for both, part by part
        assert (clear + through)[paired] == pytest.approx(
            np.minimum(clear + through, 1.0)[paired], abs=1e-3
        )
    # with bones moved away more needles miss all of them
    assert (under.clear_moved >= under.clear - 1e-3).all()


def test_same_bytes_for_the_same_zones(male: Any, tmp_path: Path) -> None:
    """Compiling twice writes the same file, and what is read is what was written."""
    names = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for name in names:
        module.save(name, "key", [compile_zone(male, zone(), rays(male))], nothing())
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
    monkeypatch.setattr(module, "kept_file", tmp_path.joinpath)
    monkeypatch.setattr(
        "zones.knowledge.structures.zone_files.load_zones", lambda: (zone(),)
    )
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
    from zones.knowledge.structures.zone_files import Offset

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
                "kind": "course",
                "side_sd_mm": 5,
                "diameter_mm": 4,
                "points": [
                    {"landmark": "T3 spinous process", "lateral_mm": 20},
                    {"landmark": "T7 spinous process", "lateral_mm": 60},
                    {"landmark": "T3 spinous process", "lateral_mm": 60},
                    {"landmark": "T7 spinous process", "lateral_mm": 20},
                ],
            },
            "cross itself: nodes 1 to 2 and 3 to 4",
        ),
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
    """What cannot be drawn is refused, naming zone, entry and body."""
    with pytest.raises(DataError) as caught:
        compile_zone(male, zone(area=[{**area, "basis": BASIS}]), rays(male))
    text = str(caught.value)
    assert "test-zone" in text
    assert "area 1" in text
    assert says in text


def test_broken_depth_names_its_entry(male: Any) -> None:
    """An anchor at a landmark that the body does not have is refused."""
    depth = {
        "id": "a",
        "at": {"landmark": "T44"},
        "basis": "measured",
        "records": ["x"],
    }
    with pytest.raises(NeedlemapError, match="depth 'a'"):
        compile_zone(male, zone(depth=[depth]), rays(male))
