"""The atlas: every zone has a plate, links come back, texts are grounded."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anatomy.body import load_body
from anatomy.errors import DataError, UnknownNameError
from viewer.atlas import browser, general, link, plates, routes
from viewer.atlas.compare import answer_of
from viewer.page.app import create_app
from viewer.text.structures import content, telling
from zones.contract.models import Verdict
from zones.fields.loading import body_fields
from zones.knowledge.structures.zone_files import load_zones
from zones.risk.plans import OVER_CHANCE
from zones.sentences.limits import whole_mm
from zones.sentences.texts import load_rates

ZONES = [zone.id for zone in load_zones()]
COMPARE = "compare=yes&a=sex:female,bmi:17,depth:20&b=sex:male,bmi:30,depth:20"


def words(parts: Any) -> str:
    """All text of components, and the addresses of their pictures and links."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, (list, tuple)):
            for one in part:
                walk(one)
        elif isinstance(part, (str, int, float)):
            found.append(str(part))
        elif part is not None:
            for name in ("alt", "src", "href"):
                value = getattr(part, name, None)
                if isinstance(value, str) and not value.startswith("data:"):
                    found.append(value)
            walk(getattr(part, "children", None))

    walk(parts)
    return " ".join(found)


def failed(parts: list[Any]) -> bool:
    return any(getattr(part, "className", "") == "error" for part in parts)


@pytest.mark.parametrize("body", content.BODIES)
def test_every_zone_has_a_plate(body: str) -> None:
    """Structure, consequence, depths, picture and section or the reason for none.

    Each zone on one of the bodies, in turn; that both draw it, the navigator's tests
    say.
    """
    for key in ZONES[content.BODIES.index(body) :: len(content.BODIES)]:
        zone = content.get_zone(key)
        state, problems = link.parse(f"?zone={key}&body={body}")
        assert not problems
        shown = plates.plate(state, problems)
        text = words(shown)
        assert not failed(shown), key
        assert zone.structure in text
        assert zone.consequence in text
        assert f"zone={key}" in text
        for depth in zone.depth:
            assert f"{depth.earliest_mm:g}" in text, key
        for view in zone.disagreements:
            assert view.text in text
        if zone.kind == "structure":
            shot = telling.telling_shot(body, key, round(plates.SECTION.aspect, 3))
            if shot.finding is None:
                # a thread that a needle set anywhere near hardly ever crosses
                fields = body_fields(body)
                most = max(
                    float(fields.under.chance[fields.items_of(row)].max())
                    for row, values in enumerate(fields.rows)
                    if values.zone.id == key
                )
                assert most < OVER_CHANCE + 1e-6, key
                continue
            assert shot.answer.verdict >= Verdict.CAUTION


def test_charts_show_the_zone_and_nothing_is_left_out() -> None:
    """A chart is listed when it sees the zone; every listed one draws it."""
    for key in ("pleura", "carpal-tunnel-median", "sciatic"):
        charts = content.charts_of("female", key)
        assert charts
        for chart in charts[:3]:
            svg = routes.tile_svg("female", key, chart)
            root = ElementTree.fromstring(svg)
            assert root.get("width") == "62mm"
            assert svg.count("<path") >= 3
    # a near picture goes before the whole body, and the left before its mirror image
    found = content.charts_of("female", "carpal-tunnel-median")
    assert found[0].startswith("left_")
    assert found.index("left_hand_palmar") < found.index("right_hand_palmar")
    # what draws most of it comes first, not what is near and cuts it off
    for body in content.BODIES:
        for key in ("pleura", "thyroid", "heart"):
            assert "shoulder" not in content.charts_of(body, key)[0]
    with pytest.raises(UnknownNameError):
        routes.tile_svg("female", "sciatic", "head_neck_anterior")


@given(
    zone=st.sampled_from(["", *ZONES]),
    body=st.sampled_from(content.BODIES),
    by=st.sampled_from(content.HEADINGS),
    find=st.text(max_size=40),
    site=st.text(max_size=60),
    bmi=st.floats(10, 60).map(lambda v: round(v, 1)),
    pregnant=st.sampled_from(["yes", "no"]),
)
def test_links_come_back_as_they_went(
    zone: str, body: str, by: str, find: str, site: str, bmi: float, pregnant: str
) -> None:
    state = link.State(
        zone=zone,
        body=body,
        by=by,
        find=find,
        site=site,
        compare=True,
        a={"sex": "female", "bmi": bmi, "pregnant": pregnant},
        b={"tilt": 30.0, "toward": "medial"},
    )
    back, problems = link.parse(state.search())
    assert not problems
    assert back == state


def test_a_wrong_link_says_what_is_wrong_and_still_shows_a_page() -> None:
    state, problems = link.parse("?zone=kidny&body=robot&by=magic&a=bmi:nan&b=x:1")
    assert state == link.State(a={}, b={})
    assert len(problems) == 5
    assert "kidney" in problems[0]
    shown = plates.plate(state, problems)
    assert "Atlas of danger zones" in words(shown)


def test_comparison_gives_the_check_s_own_answers() -> None:
    """A thin patient's limit is never deeper; each column carries its own verdict."""
    state, problems = link.parse(f"?zone=pleura&{COMPARE}")
    assert not problems
    thin, _, patient = answer_of(state, state.a)
    stout, _, _ = answer_of(state, state.b)
    assert patient["bmi"] == 17.0
    own = [
        next(f for f in answer.findings if f.id == "pleura") for answer in (thin, stout)
    ]
    assert own[0].earliest_mm < own[1].earliest_mm
    assert thin.max_depth_mm <= stout.max_depth_mm
    text = words(plates.plate(state))
    assert "woman, BMI 17" in text
    assert "man, BMI 30" in text
    assert whole_mm(thin.max_depth_mm or 0.0) in text
    pregnant, _ = link.parse(
        "?zone=pregnancy-li4&compare=yes&a=pregnant:yes&b=pregnant:no"
    )
    yes, _, _ = answer_of(pregnant, pregnant.a)
    no, _, _ = answer_of(pregnant, pregnant.b)
    assert yes.verdict == Verdict.STOP
    assert no.verdict < Verdict.STOP


@pytest.mark.parametrize("number", range(len(link.presets())))
def test_presets_are_answered(number: int) -> None:
    _, a, b = link.presets()[number]
    state = link.State(zone="kidney", compare=True, a=a, b=b)
    assert not failed(plates.plate(state))
    assert "error" not in str(plates.plate(state))


def test_a_comparison_at_an_unknown_place_says_so() -> None:
    state, _ = link.parse(f"?zone=pleura&site=nowhere+at+all&{COMPARE}")
    assert "className='error'" in str(plates.plate(state))


@pytest.mark.parametrize("by", content.HEADINGS)
def test_browsing_leads_to_every_zone(by: str) -> None:
    groups = content.browse(by)
    reached = {key for ids in groups.values() for key in ids}
    if by != "muscle":
        assert reached == set(ZONES)
    name = next(iter(groups))
    text = words(browser.zone_list(link.State(by=by, pick=name)))
    for key in groups[name]:
        assert f"zone={key}" in text


def test_muscles_lead_to_what_lies_under_them() -> None:
    zones = content.muscle_zones()
    assert "pleura" in zones["rhomboid major"]
    assert "pleura" not in zones["gastrocnemius"]


def test_cases_are_injuries_with_a_citation() -> None:
    cases = content.cases_of(content.get_zone("pleura"))
    assert any(case.placed for case in cases)
    assert any(not case.placed for case in cases)
    for key in ZONES:
        for case in content.cases_of(content.get_zone(key)):
            assert case.record["kind"] == "case"
            assert len(content.citation(case.record)) > 8


def test_general_texts_rest_on_sources() -> None:
    """Every sentence with a figure names sources, every source and rate is held."""
    topics = general.load_topics()
    assert {"what", "acupuncture", "twitch", "minor", "major", "who"} <= {
        topic.id for topic in topics
    }
    for topic in topics:
        for text in topic.text:
            for source in text.sources:
                assert source in general.known_sources()
            if re.search(r"\d", re.sub(r"\b[A-Z]{2}\d+\b", "", text.text)):
                assert text.sources
        for risk in topic.risk:
            rows = general.spread(risk).rows
            assert all(row.source in general.known_sources() for row in rows)
            assert all(load_rates()[row.id] == row for row in rows)
        shown = plates.topic_plate(topic, link.State(about=topic.id))
        assert topic.title in words(shown)
    who = words(plates.plate(link.State(about="who")))
    assert general.hours_text() in who
    assert "27 to 80" in who


def test_a_text_with_a_figure_and_no_source_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "general.toml"
    file.write_text(
        '[[topic]]\nid = "x"\ntitle = "X"\n[[topic.text]]\n'
        'text = "About 5 in 100."\nsources = []\n'
    )
    with pytest.raises(DataError, match=r"topic 'x'.*name its sources"):
        general.load_topics(file)


def test_pictures_and_hand_outs_over_http() -> None:
    client = create_app(warm=False).server.test_client()
    tile = client.get("/_atlas/tile.svg?body=male&zone=kidney&chart=posterior")
    assert tile.status_code == 200
    assert tile.mimetype == "image/svg+xml"
    ElementTree.fromstring(tile.data)
    sheet = client.get("/_atlas/figure?kind=zone&zone=kidney&format=pdf")
    assert sheet.data[:5] == b"%PDF-"
    assert "needlemap-zone-kidney.pdf" in sheet.headers["Content-Disposition"]
    for bad in ("zone=kidny&chart=posterior", "zone=kidney&chart=left_foot_dorsal"):
        answer = client.get(f"/_atlas/tile.svg?{bad}")
        assert answer.status_code == 422
    wrong = client.get("/_atlas/figure?kind=zone&zone=kidney&format=docx")
    assert wrong.status_code == 422
    assert "svg" in wrong.get_data(as_text=True)


def test_telling_place_lies_in_the_zone() -> None:
    for body in content.BODIES:
        skin = load_body(body).skin
        for key in ("pleura", "heart", "sciatic", "fontanelle", "umbilicus"):
            place = telling.telling_site(body, key)
            vertex = int(skin.tree.query(place)[1])
            assert content.vertex_mask(body, key)[vertex]


def test_what_lies_behind_ribs_is_shown_between_them() -> None:
    """The needle of the telling section passes between ribs, and its words say so."""
    for body in content.BODIES:
        for key in ("pleura", "liver", "spleen", "heart"):
            shot = telling.telling_shot(body, key, round(plates.SECTION.aspect, 3))
            assert shot.section.drawn_bone_mm is None, (body, key)
            assert "over rib" not in str(shot.answer.site.description), (body, key)
