"""The regions that are taught: nothing is left out, and the page says what data say."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from anatomy.body import load_body
from anatomy.errors import DataError
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.words.sites import resolve_site
from tests.viewer.atlas.test_atlas import failed, words
from viewer.atlas import link, plates, regions, touch
from viewer.page.app import create_app
from viewer.text.structures import content
from zones.knowledge.records.sources import load_sources
from zones.knowledge.referral import referral_of
from zones.quality.replay import load_cases
from zones.sentences.citations import source_row
from zones.sentences.figures import basis_words, people_words
from zones.sentences.referral import DIFFERS, referral_words

IDS = [region.id for region in regions.load_regions()]


def test_all_skin_muscles_zones_and_cases_belong_to_a_region() -> None:
    """Every region of skin to one page; muscles, zones and cases to one or more."""
    every = regions.load_regions()
    assert len(every) == 12
    skin = [name for region in every for name in region.skin]
    assert sorted(skin) == sorted(load_body("female").region_names)
    assert sorted(skin) == sorted(load_body("male").region_names)
    muscles = {name for key in IDS for name in regions.muscles_in(key)}
    assert muscles == set(muscle_names())
    zones = {name for key in IDS for name in regions.zones_in(key)}
    assert zones == set(content.zone_index())
    shown = {case["id"] for region in every for case in regions.cases_in(region)}
    shown |= {case["id"] for case in regions.placeless_cases()}
    assert shown == {c["id"] for c in load_cases() if c["kind"] == "case"}


def test_a_case_with_a_place_is_shown_where_it_lies() -> None:
    body = load_body("female")
    checked = 0
    for case in load_cases():
        if case["kind"] != "case" or case["site"] is None:
            continue
        spot = resolve_site(body, case["site"], default_side="left").point.xyz
        skin = body.region_names[body.region_labels[int(body.skin.tree.query(spot)[1])]]
        page = regions.region_of_skin(skin)
        assert case["id"] in [c["id"] for c in regions.cases_in(page)], case["id"]
        checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('skin = ["neck"]', 'skin = ["nek"]', r"unknown skin region 'nek'.*neck"),
        ('skin = ["wrist", "hand"]', 'skin = ["hand"]', "'wrist' belongs to no region"),
        ('skin = ["neck"]', 'skin = ["neck", "face"]', "'face' is given twice"),
        ('"neck_vascular", ', "", "'neck_vascular' belongs to no region"),
        ('["upper_limb_nerve"]', '["upper_limb"]', "unknown place of cases"),
        ('cases = ["nerve-wang36-gb30"]', 'cases = ["x"]', "unknown case 'x'"),
        ('id = "neck"', 'id = "head"', "'head' is given twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = regions.REGIONS_FILE.read_text("utf-8")
    assert old in text
    file = tmp_path / "regions.toml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DataError, match=said):
        regions.load_regions(file)


@pytest.mark.parametrize("key", ["shoulder", "hand"])
def test_a_page_says_what_the_data_say(key: str) -> None:
    """Depths by the card's own words, techniques, cases cited, gaps named."""
    region = regions.get_region(key)
    state, problems = link.parse(f"?region={key}&body=male")
    assert not problems
    assert link.parse(state.search())[0] == state
    shown = plates.plate(state, problems)
    assert not failed(shown)
    text = words(shown)
    for name in regions.zones_in(key):
        zone = content.get_zone(name)
        assert f"zone={name}&body=male" in text
        for row in regions.depths_in(region, zone):
            if zone.kind == "structure":
                assert basis_words(row) in text
                assert people_words(row) in text
            if row.basis == "unknown":
                assert people_words(row) == ""
    for name in regions.muscles_in(key):
        assert name in text
        assert all(site.label in text for site in get_muscle(name).site)
        assert all(referral_words(pattern) in text for pattern in referral_of(name))
    for case in regions.cases_in(region):
        assert content.citation(case) in text
    for entry in regions.coverage_in(region):
        assert all(name in text for name in entry.missing)


def test_a_pattern_of_pain_never_stands_without_its_warning() -> None:
    for key in ("hip", "abdomen"):
        text = words(plates.plate(*link.parse(f"?region={key}&body=male")))
        having = [name for name in regions.muscles_in(key) if referral_of(name)]
        assert text.count(DIFFERS) == len(having)
        assert bool(having) == (key == "hip")
        for pattern in (p for name in having for p in referral_of(name)):
            source = load_sources()[pattern.source]
            address = source_row(source.id, source.model_dump())[-1]
            assert address.startswith("http")
            assert (pattern.page or address) in text


def test_depths_of_a_page_lie_in_its_skin() -> None:
    """The pleura has other depths at the chest than at the upper back."""
    pleura = content.get_zone("pleura")
    chest, back = (
        regions.depths_in(regions.get_region(key), pleura)
        for key in ("chest", "upper-back")
    )
    assert chest
    assert back
    assert not {row.place for row in chest} & {row.place for row in back}
    assert [r.earliest_mm for r in chest] == sorted(r.earliest_mm or 0 for r in chest)


def test_the_start_leads_to_every_region_and_a_plate_back_to_its_own() -> None:
    start = words(plates.plate(link.State()))
    for key in IDS:
        assert f"/atlas?region={key}" in start
    plate = words(plates.plate(link.State(zone="kidney", body="male")))
    assert "/atlas?region=low-back&body=male" in plate
    wrong = link.parse("?region=shoudler")[1] + link.parse("?region=hand&chart=x")[1]
    assert "shoulder" in wrong[0]
    assert "left_hand_palmar" in wrong[1] or "hand_palmar" in wrong[1]


def test_areas_over_http() -> None:
    """Front and back together show every region; a region's chart shows its zones."""
    client = create_app(warm=False).server.test_client()

    def areas(query: str) -> Any:
        answer = client.get(f"{touch.AREAS}?{query}")
        assert answer.status_code == 200
        return answer.get_json()

    seen: set[str] = set()
    for chart in touch.FIGURES:
        found = areas(f"body=female&chart={chart}")
        assert found["frame"]["chart"] == chart
        seen |= {area["id"] for area in found["areas"] if area["d"].startswith("M")}
    assert seen == set(IDS)
    chart = regions.get_region("hand").charts[0]
    zones = areas(f"body=male&region=hand&chart={quote(chart)}")["areas"]
    assert len(zones) > 5
    assert {zone["id"] for zone in zones} <= set(regions.zones_in("hand"))
    for bad in ("chart=anterior&body=robot", "chart=anterior&region=hand", "chart=x"):
        assert client.get(f"{touch.AREAS}?{bad}").status_code == 422
