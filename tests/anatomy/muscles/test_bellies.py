"""Muscles as schemes: on every body, under the skin, over what they cover, on sites."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from anatomy.body import BODIES, Body, load_body
from anatomy.body.section import axial_plane, plane_through
from anatomy.errors import DataError, SideError, UnknownNameError
from anatomy.muscles import bellies as made
from anatomy.muscles.attachments import (
    Part,
    attachment_source,
    attachments,
    check_attachments,
)
from anatomy.muscles.bellies import (
    Belly,
    bellies_on,
    belly,
    cut,
    fibres,
    outline,
    solid,
)
from anatomy.muscles.belly_shape import THIN_MM, out_of_skin, sheet
from anatomy.muscles.bone_points import skeleton
from anatomy.muscles.catalogue import get_muscle, muscle_names, place_muscle

FLIP = np.array([-1.0, 1.0, 1.0])
EVIDENCE = Path(__file__).parents[3] / "zones" / "data" / "evidence"
#: Sites where the needle enters the skin beside the muscle and is led to it.
BESIDE = {
    "male": [("subscapularis", "anterior surface via posterior axillary fold")],
    "female": [
        ("subscapularis", "anterior surface via posterior axillary fold"),
        ("subscapularis", "posterior axillary approach"),
    ],
}
#: Stored to a twentieth of a millimetre.
STORED_MM = 0.06


@pytest.fixture(scope="module", params=BODIES)
def body(request: pytest.FixtureRequest) -> Body:
    return load_body(request.param)


def all_of(body: Body, side: str = "left") -> list[Belly]:
    return [belly(body, name, side) for name in muscle_names()]


def test_every_muscle_of_the_catalogue_has_attachments() -> None:
    assert check_attachments() == []


def test_a_broken_entry_is_named() -> None:
    one = dict(origin=["C7 spinous process"], insertion=["acromion"], facing="anterior")
    with pytest.raises(ValueError, match="width"):
        Part.model_validate(one)
    with pytest.raises(ValueError, match="direction"):
        Part.model_validate(one | {"width": 0.1, "facing": "upward"})
    with pytest.raises(ValueError, match="layer"):
        Part.model_validate(one | {"width": 0.1, "layer": [3, 2]})


def test_what_does_not_exist_says_so() -> None:
    body = load_body("male")
    with pytest.raises(UnknownNameError):
        belly(body, "soleous", "left")
    with pytest.raises(SideError):
        belly(body, "soleus", "midline")
    with pytest.raises(DataError):
        attachment_source("nobody")
    lost = Part(
        origin=({"bone": "wishbone", "facing": "anterior"},),
        insertion=("acromion",),
        facing="anterior",
        width=0.1,
    )
    with pytest.raises(DataError, match="wishbone"):
        sheet(body, lost)


def test_thicknesses_are_those_of_the_evidence() -> None:
    records = {}
    for path in EVIDENCE.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            records[row["id"]] = row
    for name in muscle_names():
        for part in attachments(name).part:
            for thickness in part.thickness:
                row = records[thickness.record]
                told = json.dumps(row.get("other", {}))
                assert thickness.mm == row.get("mean_mm") or str(thickness.mm) in told
                assert thickness.sex in (None, row.get("sex"))


def test_what_is_kept_is_what_the_attachments_make(body: Body) -> None:
    """The file of schemes is that of these attachments, bodies and code."""
    kept = made.compiled(body.name)
    for name in muscle_names():
        key = (name, made.scheme_key(body, attachments(name)))
        assert key in kept, "run: python -m tools.bodies.bellies"
    for name in muscle_names()[::12]:
        entry = attachments(name)
        stored = kept[name, made.scheme_key(body, entry)]
        for part, one in zip(entry.part, stored, strict=True):
            again = sheet(body, part)
            assert np.abs(again.outer - one.outer).max() < STORED_MM, name
            assert np.abs(again.inner - one.inner).max() < STORED_MM, name
            assert (again.skin == one.skin).all(), name


def test_the_right_side_mirrors_the_left(body: Body) -> None:
    for left, right in zip(all_of(body), all_of(body, "right"), strict=True):
        for one, two in zip(left.parts, right.parts, strict=True):
            assert np.allclose(one.outer * FLIP, two.outer)
            assert np.allclose(one.inner * FLIP, two.inner)
            assert np.allclose(
                body.skin.vertices[one.skin] * FLIP, body.skin.vertices[two.skin]
            )


def test_outlines_mirror_too(body: Body) -> None:
    for name in ("deltoid", "gastrocnemius", "quadratus lumborum"):
        left, right = (belly(body, name, side) for side in ("left", "right"))
        for chart, twin in (
            ("posterior", "posterior"),
            ("left_lateral", "right_lateral"),
            ("left_lower_leg_medial", "right_lower_leg_medial"),
        ):
            one, two = outline(body, left, chart), outline(body, right, twin)
            assert (one is None) == (two is None)
            if one is not None and two is not None:
                parts = [made.part_outline(body, p, twin) for p in right.parts]
                own = made._joined([p for p in parts if p is not None])
                assert own is not None
                assert own.symmetric_difference(two).area < 0.03 * two.area


@pytest.mark.slow
def test_every_muscle_is_seen_on_a_chart(body: Body) -> None:
    charts = list(body.charts)
    for muscle in all_of(body):
        assert any(outline(body, muscle, chart) for chart in charts), muscle.name


def test_no_muscle_leaves_the_skin(body: Body) -> None:
    """To a millimetre: at the eyelids the skin's mesh is open."""
    for muscle in all_of(body):
        for part in muscle.parts:
            for grid in (part.outer, part.inner):
                out = out_of_skin(body, grid.reshape(-1, 3))[0]
                assert out.max() < 1.0, (muscle.name, part.name, out.max())


def test_no_muscle_crosses_the_midline(body: Body) -> None:
    for muscle in all_of(body):
        for part in muscle.parts:
            assert part.middle[..., 0].min() > -3.0, (muscle.name, part.name)


def test_the_fleshy_middle_keeps_out_of_bone(body: Body) -> None:
    """As far as the meshes tell: that of the skull is open and has no inside."""
    bones = skeleton(body)
    for muscle in all_of(body):
        if get_muscle(muscle.name).region == "face":
            continue
        for part in muscle.parts:
            middle = part.middle[:, 5:12].reshape(-1, 3)
            share = bones.inside(middle).mean()
            assert share < 0.2, (muscle.name, part.name, share)


def site_gaps(body: Body, name: str) -> dict[str, tuple[float, float]]:
    """Return how far each site lies from the belly's outline, and its search radius."""
    muscle = belly(body, name, "left")
    found = {}
    for site in get_muscle(name).site:
        point = place_muscle(body, name, "left", site=site.label)
        best = np.inf
        for chart in body.charts.values():
            if chart.visible(point):
                shape = outline(body, muscle, chart.name)
                if shape is not None:
                    spot = shapely.Point(chart.project(point.xyz[None])[0])
                    best = min(best, shape.distance(spot))
        found[site.label] = (float(best), site.spread_mm)
    return found


@pytest.mark.slow
def test_every_needling_site_lies_on_its_muscle(body: Body) -> None:
    wrong = [
        (name, label, gap)
        for name in muscle_names()
        for label, (gap, spread) in site_gaps(body, name).items()
        if gap > spread and (name, label) not in BESIDE[body.name]
    ]
    assert wrong == []
    for name, label in BESIDE[body.name]:
        gap, spread = site_gaps(body, name)[label]
        assert gap > spread, "it lies on the muscle now: take it off the list"


def depths_on(body: Body, muscle: Belly, chart: str) -> tuple[np.ndarray, np.ndarray]:
    """Return chart places of a muscle's fleshy middle and how deep they lie there."""
    seen = body.charts[chart]
    places, depths = [], []
    for part in muscle.parts:
        shown = made._shown(seen, part)[:, 4:13]
        middle = part.middle[:, 4:13][shown]
        if len(middle):
            places.append(seen.project(middle))
            depths.append(middle[:, seen.axes[2]] * np.sign(seen.view[seen.axes[2]]))
    if not places:
        return np.empty((0, 2)), np.empty(0)
    return np.concatenate(places), np.concatenate(depths)


@pytest.mark.slow
def test_what_covers_another_lies_nearer_to_the_viewer(body: Body) -> None:
    """Where the two overlap on a chart, at the median of the places they share."""
    pairs = [(n, other) for n in muscle_names() for other in attachments(n).over]
    assert len(pairs) > 40
    wrong, tried = [], 0
    for name, other in pairs:
        met = 0
        above = []
        for chart in body.charts:
            seen = body.charts[chart].spec
            if seen.enlargement or ("lateral" not in chart and "terior" not in chart):
                continue
            upper = depths_on(body, belly(body, name, "left"), chart)
            lower = depths_on(body, belly(body, other, "left"), chart)
            if not len(upper[0]) or not len(lower[0]):
                continue
            gap = np.linalg.norm(upper[0][:, None] - lower[0][None], axis=2)
            one, two = np.nonzero(gap < 6.0)
            met += len(one)
            above += (lower[1][two] - upper[1][one]).tolist()
        tried += met >= 10
        if met >= 10 and np.median(above) < 0:
            wrong.append((name, other, round(float(np.median(above)), 1)))
    assert wrong == []
    assert tried > 30


def test_a_measured_thickness_is_never_drawn_greater(body: Body) -> None:
    for muscle in all_of(body):
        for part in muscle.parts:
            thick = np.linalg.norm(part.outer - part.inner, axis=2)
            most = THIN_MM if part.thickness_mm is None else part.thickness_mm
            assert thick[:, 3:14].max() < most + 1.0, (muscle.name, part.name)


def test_lengths_are_as_published(body: Body) -> None:
    tried = 0
    for muscle in all_of(body):
        entry = attachments(muscle.name)
        for part in muscle.parts:
            if entry.muscle_length_mm is not None:
                low, high = entry.muscle_length_mm
                assert low <= part.length_mm <= high, (muscle.name, part.length_mm)
                tried += 1
            assert 20 < part.length_mm < 620, (muscle.name, part.name)
    assert tried


def extent(body: Body, name: str) -> np.ndarray:
    return np.concatenate(
        [p.middle.reshape(-1, 3) for p in belly(body, name, "left").parts]
    )


def test_muscles_run_where_anatomists_know_them(body: Body) -> None:
    spine = body.landmarks.get("spine of scapula midpoint", "left").bone_xyz
    root = body.landmarks.get("medial border of scapula at spine", "left").bone_xyz
    assert spine is not None and root is not None
    # in the fossae, away from the tendons on the humerus
    supra, infra = (
        belly(body, n, "left").parts[0].middle[:, 2:9]
        for n in ("supraspinatus", "infraspinatus")
    )
    level = np.interp(infra[..., 0], [root[0], spine[0]], [root[2], spine[2]])
    assert (infra[..., 2] < level + 3).all()
    level = np.interp(supra[..., 0], [root[0], spine[0]], [root[2], spine[2]])
    assert (supra[..., 2] > level - 8).all()
    # the rhomboids end at the medial border of the scapula, not beyond
    assert extent(body, "rhomboid major")[:, 0].max() < root[0] + 25
    # latissimus reaches the humerus and the iliac crest
    crest = body.landmarks.get("iliac crest", "left").xyz
    lats = extent(body, "latissimus dorsi")
    assert lats[:, 2].min() < crest[2] + 30
    head = body.segments["left_upper_arm"].proximal
    assert np.linalg.norm(lats - head, axis=1).min() < 70


NEIGHBOURS = [
    ("rhomboid major", "middle trapezius"),
    ("gluteus medius", "gluteus minimus"),
    ("gluteus maximus", "gluteus medius"),
    ("deltoid", "upper trapezius"),
    ("gastrocnemius", "soleus"),
    ("rectus femoris", "vastus intermedius"),
    ("vastus medialis", "rectus femoris"),
    ("vastus lateralis", "rectus femoris"),
    ("pectoralis major", "deltoid"),
    ("infraspinatus", "teres minor"),
    ("teres minor", "teres major"),
    ("biceps brachii", "brachialis"),
    ("tibialis anterior", "extensor digitorum longus"),
    ("fibularis longus", "fibularis brevis"),
    ("lumbar multifidus", "lumbar erector spinae"),
    ("masseter", "temporalis"),
]


@pytest.mark.parametrize(("one", "two"), NEIGHBOURS)
def test_neighbours_touch(body: Body, one: str, two: str) -> None:
    """On some chart their outlines meet or overlap, to a finger's breadth."""
    gaps = []
    for chart in body.charts:
        shapes = [outline(body, belly(body, n, "left"), chart) for n in (one, two)]
        if shapes[0] is not None and shapes[1] is not None:
            gaps.append(shapes[0].distance(shapes[1]))
    assert min(gaps) < 12.0


def test_a_mesh_is_closed_and_faces_out(body: Body) -> None:
    mesh = solid(belly(body, "infraspinatus", "left"))
    edges = np.sort(
        np.concatenate(
            [mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]
        ),
        axis=1,
    )
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 2).all()
    a, b, c = (mesh.points[mesh.faces[:, k]].astype(float) for k in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0


def test_a_cut_lies_in_the_skin_and_has_the_thickness(body: Body) -> None:
    trapezius = belly(body, "middle trapezius", "left")
    upright = plane_through(
        trapezius.parts[0].middle[4, 8], np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    )
    bands = cut(trapezius, upright)
    assert bands
    area = sum(shapely.Polygon(band).area for band in bands)
    tall = max(np.ptp(band[:, 1]) for band in bands)
    known = trapezius.parts[0].thickness_mm
    assert known is not None
    assert 0.4 * known < area / tall < 2.5 * known
    far = axial_plane(body, body.landmarks.get("medial malleolus", "left").skin)
    assert cut(trapezius, far) == []


def test_fibres_lie_in_their_outline(body: Body) -> None:
    muscle = belly(body, "gluteus maximus", "left")
    shape = outline(body, muscle, "posterior")
    assert shape is not None
    lines = fibres(body, muscle, "posterior")
    assert len(lines) >= 3
    for line in lines:
        assert shape.buffer(3).contains(shapely.LineString(line))


def test_a_chart_shows_the_deepest_first(body: Body) -> None:
    found = list(bellies_on(body, "posterior").values())
    depths = [muscle.depth for muscle, _ in found]
    assert depths == sorted(depths, reverse=True)
    assert len(found) > 40
