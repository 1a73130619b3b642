"""The cross-section at a site: agrees with the check, holds no NaN, is never clear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anatomy.body import load_body
from anatomy.errors import NeedlemapError, UnknownNameError
from zones import check_site
from zones.fields import body_fields
from zones.models import Verdict
from zones.section import site_section
from zones.sectionmodels import IN_PLANE_DEG, SHARES, Band, Section

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
@pytest.mark.parametrize("view", ["needle", "axial"])
@pytest.mark.parametrize("name", ["male", "female"])
def test_no_nan_over_any_zone(name: str, view: str) -> None:
    """Over the middle of every zone the picture is numbers, and shows the zone."""
    body, fields = load_body(name), body_fields(name)
    missed = []
    for row in fields.rows:
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
        if not seen and picture.needle.off_plane_deg < 20:
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
        nearest = meeting.finding.nearest
        if nearest is not None and meeting.finding.verdict == Verdict.DANGER:
            there = picture.plane.project(nearest.xyz_mm)
            assert there == pytest.approx(meeting.uv, abs=0.3)
            assert abs(picture.plane.distance(nearest.xyz_mm)) < 0.3
    assert picture.limit_mm == answer.max_depth_mm


@pytest.mark.parametrize("toward", ["lateral", "medial", "cranial", "caudal"])
@pytest.mark.parametrize("site", [T4, {"text": "6 cm left of L2"}])
def test_the_band_begins_where_the_needle_meets_it(site: Any, toward: str) -> None:
    """Picture and verdict agree: the earliest line crosses the needle there."""
    from shapely import LineString, Point

    for tilt in (0, 20, 40):
        needle = {"length_mm": 60, "direction": {"tilt_deg": tilt, "toward": toward}}
        picture = section(site, needle)
        band = picture.bands[0]
        assert band.finding is not None
        assert band.finding.reached_at_mm is not None
        uv = picture.needle.at(band.finding.reached_at_mm)
        away = min(LineString(line).distance(Point(uv)) for line in band.earliest)
        found = band.finding
        assert found.earliest_mm is not None
        # in the soft edge the depth rises so steeply that the grid blurs it; what is
        # met from other skin has no figures of this entry
        usual = (found.typical_mm or 0.0) - (found.sd_mm or 0.0)
        edge = found.earliest_mm > usual
        most = 8.0 if edge else max(3.0, 0.25 * found.reached_at_mm)
        assert away < most, (band.zone_id, tilt)


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
        return float(line[np.abs(line[:, 0]) < 3][:, 1].max())

    assert (
        top({"sex": "female", "bmi": 17.0}) > top({"sex": "female", "bmi": 22.0}) + 2.0
    )
    assert top({"sex": "female", "age": 8}) > -3.0


def test_an_unknown_typical_depth_is_not_invented() -> None:
    """Nobody measured the long thoracic nerve: no line, and it is said."""
    name = "long-thoracic-nerve"
    body, fields = load_body("male"), body_fields("male")
    member = fields.mask(name, "left")
    place = body.skin.nearest(body.skin.vertices[member].mean(axis=0)).xyz
    picture = section({"xyz_mm": place.tolist()}, {"length_mm": 60}, {"sex": "male"})
    (nerve,) = [band for band in picture.bands if band.zone_id == name]
    assert not nerve.typical_known
    assert nerve.typical == nerve.beyond == ()


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
