"""The cross-section at a site: agrees with the check, holds no NaN, is never clear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.errors import NeedlemapError, UnknownNameError
from zones import check_site
from zones.check.chances import chances_along
from zones.contract.models import Verdict
from zones.fields.loading import body_fields
from zones.pictures.bone_fronts import filled
from zones.pictures.section import site_section
from zones.pictures.section_models import IN_PLANE_DEG, SHARES, Band, Section

T4 = {"text": "6 cm left of T4"}
NEEDLE = {"length_mm": 40, "depth_mm": 25}
WOMAN = {"sex": "female"}


def section(site: Any, needle: Any, patient: Any = WOMAN, **options: Any) -> Section:
    return site_section(check_site(site, needle, patient), needle, patient, **options)


def assert_numbers(picture: Section) -> None:
    """Fail when anything that is drawn is no number."""
    assert np.isfinite(picture.window).all()
    assert picture.window[0] < picture.window[1]
    assert picture.window[2] < picture.window[3]
    for outline in picture.outlines:
        for line in outline.lines:
            assert np.isfinite(line).all()
            assert (line[0] == line[-1]).all()
    for band in picture.bands:
        assert band.region or band.contours[0].front
        shares = [contour.share for contour in band.contours]
        assert shares == list(SHARES[: len(shares)])
        for contour in band.contours:
            for line in (*contour.region, *contour.front):
                assert np.isfinite(line).all(), band.zone_id
            for line in contour.region:
                assert (line[0] == line[-1]).all(), band.zone_id
        assert np.isfinite(band.label).all()
    assert np.isfinite(picture.needle.way).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["male", "female"])
def test_no_nan_over_any_zone(name: str) -> None:
    """Over the middle of every zone the picture is numbers, and shows the zone.

    Every second zone along the needle, the others across the body, and the other way
    round on the other body: each is seen both ways.
    """
    body, fields = load_body(name), body_fields(name)
    missed = []
    for number, row in enumerate(fields.rows):
        view: Any = ("needle", "axial")[(number // 2 + (name == "female")) % 2]
        if row.zone.kind != "structure" or row.side == "left":
            continue
        member = np.flatnonzero(fields.mask(row.zone.id, row.side))
        middle = body.skin.vertices[member].mean(axis=0)
        place = body.skin.vertices[
            member[np.linalg.norm(body.skin.vertices[member] - middle, axis=1).argmin()]
        ]
        site = {"xyz_mm": place.tolist()}
        picture = section(
            site, {"length_mm": 60, "depth_mm": 10}, {"sex": name}, view=view
        )
        assert_numbers(picture)
        shown = {band.zone_id for band in picture.bands}
        seen = row.zone.id in shown or picture.left_out
        # a needle that leaves the plane leaves a narrow course in it behind
        if not seen and picture.needle.off_plane_deg < 15:
            missed.append(row.zone.id)
    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["male", "female"])
def test_no_nan_anywhere(name: str) -> None:
    """Random places, tilts and builds: numbers only, and never a crash."""
    body = load_body(name)
    random = np.random.default_rng(3)
    ways = ["medial", "lateral", "cranial", "caudal", "anterior", "posterior"]
    drawn = 0
    for number in range(60):
        face = int(random.integers(len(body.skin.faces)))
        site = {"xyz_mm": body.skin.point_on(face, np.full(3, 1 / 3)).xyz.tolist()}
        needle: dict[str, Any] = {"length_mm": 50, "depth_mm": float(number % 50)}
        if number % 3:
            tilt = float(random.uniform(0, 85))
            needle["direction"] = {"tilt_deg": tilt, "toward": ways[number % 6]}
        patient = {"sex": name, "bmi": float(random.uniform(15, 40))}
        try:
            answer = check_site(site, needle, patient)
        except NeedlemapError:
            continue
        for view in ("needle", "axial"):
            assert_numbers(site_section(answer, needle, patient, view=view))  # type: ignore[arg-type]
        drawn += 1
    assert drawn > 40


@pytest.mark.parametrize("tilt", [0, 25, 50])
def test_the_needle_meets_where_the_check_says(tilt: int) -> None:
    """The first meeting lies on the needle, `reached_at_mm` from the entry."""
    needle = {**NEEDLE, "direction": {"tilt_deg": tilt, "toward": "lateral"}}
    answer = check_site(T4, needle, WOMAN)
    picture = site_section(answer, needle, WOMAN)
    assert picture.meetings
    met = {f.id: f for f in answer.findings}
    for meeting in picture.meetings:
        reached = met[meeting.finding.id].reached_at_mm
        assert reached is not None
        assert np.linalg.norm(meeting.uv) == pytest.approx(reached, abs=1e-6)
        assert meeting.verdict >= Verdict.CAUTION
        nearest = meeting.finding.nearest
        if nearest is not None and meeting.finding.verdict == Verdict.DANGER:
            there = picture.plane.project(nearest.xyz_mm)
            assert there == pytest.approx(meeting.uv, abs=0.3)
            assert abs(picture.plane.distance(nearest.xyz_mm)) < 0.3
    assert picture.limit_mm == answer.max_depth_mm


def value_at(picture: Section, band: Band, uv: Any) -> float:
    """Return the greatest share whose contour holds a place of the picture."""
    from shapely import Point, Polygon

    held = 0.0
    for contour in band.contours:
        inside = sum(
            Polygon(line).contains(Point(uv))
            for line in contour.region
            if len(line) > 3
        )
        held = max(held, contour.share * (inside % 2))
    return held


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize(
    "text",
    ["8 cm left of umbilicus", "8 cm right of umbilicus", "3 cm left of umbilicus"],
)
def test_picture_and_chance_agree(text: str, sex: str) -> None:
    """Where no bone lies in front, half the people mean half the needles, to 2.5 mm."""
    plan, patient = {"length_mm": 80, "depth_mm": 10}, {"sex": sex}
    picture = section({"text": text}, plan, patient)
    lengths = np.arange(1.0, 76.0)
    chances = chances_along(picture.assessment, plan, patient, lengths_mm=lengths)
    bowel = next(b for b in picture.bands if b.zone_id == "peritoneum")
    held = np.array(
        [value_at(picture, bowel, picture.needle.at(float(mm))) for mm in lengths]
    )
    met = chances["peritoneum"]
    for share in (0.1, 0.5):
        drawn, reckoned = (
            float(lengths[int((values >= share).argmax())]) for values in (held, met)
        )
        assert drawn == pytest.approx(reckoned, abs=2.5), share
        # a tip inside the contour meets it in at least half as many
        assert (met[held >= share] >= 0.5 * share).all()


@pytest.mark.parametrize("name", ["male", "female"])
@pytest.mark.parametrize("view", ["needle", "axial"])
def test_lung_is_never_in_front_of_the_blade(name: str, view: str) -> None:
    """At infraspinatus no contour of the lung holds a place between skin and blade."""
    body = load_body(name)
    names = [*body.bones]
    fields = body_fields(name)
    blade = [names[b].startswith("scapula") if b >= 0 else False
             for b in fields.floor.bone.tolist()]  # fmt: skip
    sure = np.flatnonzero(np.array(blade) & (fields.floor.share > 0.97))
    places = [
        {"muscle": "infraspinatus", "side": "left"},
        {"muscle": "infraspinatus", "side": "right"},
        *(
            {"xyz_mm": body.skin.vertices[v].tolist()}
            for v in sure[:: max(1, len(sure) // 5)]
        ),
    ]
    seen = 0
    for site in places:
        picture = section(site, NEEDLE, {"sex": name}, view=view)
        outline = [o for o in picture.outlines if o.name.startswith("scapula")]
        lung = [band for band in picture.bands if band.zone_id == "pleura"]
        for line in (line for o in outline for line in o.lines):
            inward = picture.inward_uv / np.linalg.norm(picture.inward_uv)
            spots = line[np.abs(line @ [inward[1], -inward[0]]) < 25.0]
            for spot in spots:
                # just in front of the bone, on the way in from the skin
                before = spot - 1.0 * inward
                if _inside_any(outline, before):
                    continue
                if any(_inside_any(outline, before + s * inward) for s in (3.0, 5.0)):
                    seen += 1
                    for band in lung:
                        assert value_at(picture, band, before) == 0.0, (site, spot)
    assert seen > 40


def _inside_any(outlines: Any, uv: Any) -> bool:
    at = np.asarray(uv)
    return any(bool(filled(o.lines, at[:1], at[1:])[0, 0]) for o in outlines)


def test_lung_lies_behind_the_blade_and_bone_is_told() -> None:
    """The lung is in the picture, deeper than people's blade, which is announced."""
    picture = section({"muscle": "infraspinatus", "side": "right"}, NEEDLE)
    (lung,) = [band for band in picture.bands if band.zone_id == "pleura"]
    assert picture.bone is not None
    assert picture.bone.name == "scapula"
    half = next(c for c in lung.contours if c.share == 0.5)
    near = np.concatenate(half.region)
    near = near[np.abs(near[:, 0]) < 3.0]
    assert -near[:, 1].max() >= picture.bone.from_mm


def test_the_picture_stands_still_while_the_needle_moves() -> None:
    """Neither depth nor tilt within the plane moves the window or the bands."""
    first = section(T4, NEEDLE)
    for depth, tilt in ((5, 0), (35, 0), (25, 40)):
        needle: dict[str, Any] = {"length_mm": 40, "depth_mm": depth}
        needle["direction"] = {"tilt_deg": tilt, "toward": "medial"}
        other = section(T4, needle)
        assert other.window == first.window
        assert other.plane.right == pytest.approx(first.plane.right)
        assert other.needle.off_plane_deg < IN_PLANE_DEG
        assert other.turns
        assert np.linalg.norm(other.needle.tip) == pytest.approx(depth)


def test_sides_and_directions_of_the_picture() -> None:
    """The patient's right is on the left; a tilt toward `lean` goes its way."""
    for text, right in (
        ("6 cm left of T4", "lateral (L)"),
        ("6 cm right of T4", "medial (L)"),
    ):
        for view in ("needle", "axial"):
            picture = section({"text": text}, NEEDLE, view=view)
            assert picture.plane.right[0] > 0.8
            assert picture.edges[1] == right
    assert section(T4, NEEDLE).edges[3] == "posterior"
    assert section(T4, NEEDLE, view="axial").edges[3] == "anterior"
    tilted = {**NEEDLE, "direction": {"tilt_deg": 30, "toward": "cranial"}}
    picture = section(T4, tilted)
    assert picture.lean == "cranial"
    assert picture.needle.way @ picture.lean_uv == pytest.approx(0.5, abs=1e-6)
    assert picture.needle.way @ picture.inward_uv == pytest.approx(
        np.sqrt(0.75), abs=1e-6
    )
    shadow = section(T4, tilted, view="axial")
    assert shadow.needle.off_plane_deg == pytest.approx(30, abs=8)


def test_a_thin_patient_has_the_lung_nearer() -> None:
    """The band moves with the patient's build, as the check's depth does."""

    def top(patient: Any) -> float:
        band = next(b for b in section(T4, NEEDLE, patient).bands if b.side == "left")
        line = np.concatenate(band.region)
        # beside the rib that lies in front of it straight under the entry
        return float(line[np.abs(line[:, 0]) < 30][:, 1].max())

    assert (
        top({"sex": "female", "bmi": 17.0}) > top({"sex": "female", "bmi": 22.0}) + 2.0
    )
    # below the age from which depths hold, it counts from the skin on
    child = {"sex": "female", "age": 8}
    bowel = section({"text": "8 cm left of umbilicus"}, NEEDLE, child)
    (band,) = [b for b in bowel.bands if b.zone_id == "peritoneum"]
    line = np.concatenate(band.region)
    assert line[np.abs(line[:, 0]) < 3][:, 1].max() > -3.0


def test_an_unknown_typical_depth_is_not_invented() -> None:
    """Nobody measured the long thoracic nerve: no line, and it is said."""
    name = "long-thoracic-nerve"
    body, fields = load_body("male"), body_fields("male")
    member = fields.mask(name, "left")
    place = body.skin.nearest(body.skin.vertices[member].mean(axis=0)).xyz
    picture = section({"xyz_mm": place.tolist()}, {"length_mm": 60}, {"sex": "male"})
    (nerve,) = [band for band in picture.bands if band.zone_id == name]
    assert not nerve.depth_known
    assert nerve.finding is None or nerve.finding.typical_mm is None


def test_no_picture_reads_as_clear() -> None:
    """Excluded, not mapped or empty: the picture says so."""
    patient = {"sex": "female", "pregnant": True, "gestation_weeks": 20}
    stopped = section({"text": "5 cm left of umbilicus"}, NEEDLE, patient)
    assert stopped.blank.startswith("STOP")
    thigh = section({"muscle": "vastus lateralis", "side": "left"}, {"depth_mm": 5})
    assert thigh.bands or "not a promise" in thigh.blank


def test_a_needle_of_which_nothing_is_known() -> None:
    """Neither length nor depth: a line without a tip."""
    picture = section(T4, None)
    assert picture.needle.tip is None
    assert np.linalg.norm(picture.needle.end) > 10
    assert_numbers(picture)


def test_unknown_view() -> None:
    """A view that there is not is refused."""
    with pytest.raises(UnknownNameError):
        section(T4, NEEDLE, view="coronal")
