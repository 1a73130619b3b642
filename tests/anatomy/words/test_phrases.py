"""Everyday phrases: each means the right place on both bodies, or is refused."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.body import Body, load_body
from anatomy.errors import AmbiguousNameError, DataError, NeedlemapError
from anatomy.muscles.catalogue import get_muscle
from anatomy.store import DataFolder, using
from anatomy.words import phrases as module
from anatomy.words.phrase_models import LevelRange, Phrase, Target
from anatomy.words.phrases import check_phrases, phrases
from anatomy.words.search import Hit, search_sites
from anatomy.words.sites import resolve_site
from anatomy.words.text import parse_text
from anatomy.words.wording import written_out

BODIES = ("female", "male")
TABLE = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))
MEANS: dict[str, dict[str, Any]] = TABLE["means"]
WHICH: dict[str, list[str]] = TABLE["which"]
REFUSED: dict[str, str] = TABLE["refused"]


@cache
def body(name: str) -> Body:
    return load_body(name)


def in_mm(wanted: dict[str, Any], which: Body) -> dict[str, Any]:
    """Return what is wanted with breadths of the hand in this body's millimetres."""
    found = dict(wanted)
    for axis in ("superior", "lateral"):
        cun = found.pop(f"{axis}_cun_of_stature", None)
        if cun is not None:
            found[f"{axis}_mm"] = pytest.approx(cun * which.height_mm / 75, abs=0.51)
    return found


def agrees(request: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Say whether a site is the one that is wanted; a site label may be begun."""
    label = str(wanted.get("site", ""))
    first = dict(request)
    muscle = first.get("muscle")
    if muscle is not None:  # no site said is the first
        given = str(first.pop("site", get_muscle(muscle).site[0].label))
        if not given.startswith(label):
            return False
    return first == {k: v for k, v in wanted.items() if k != "site"}


def named(hit: Hit) -> str:
    for key in ("muscle", "point", "landmark"):
        if key in hit.request:
            return str(hit.request[key])
    return "between" if hit.request else f"region {hit.title.split(' ', 1)[-1]}"


def test_there_are_enough_of_them() -> None:
    assert len(MEANS) + len(WHICH) >= 150
    assert len(REFUSED) >= 20


@pytest.mark.parametrize("which", BODIES)
@pytest.mark.parametrize("said", MEANS)
def test_a_phrase_with_one_meaning(said: str, which: str) -> None:
    """The text form and the first hit of the search are that very place."""
    wanted = in_mm(MEANS[said], body(which))
    read = parse_text(body(which), said)
    assert agrees(read, wanted), read
    placed = resolve_site(body(which), {"text": said})
    assert placed.side == wanted.get("side", "midline")
    hits = search_sites(said, body=body(which))
    assert hits, said
    found = resolve_site(body(which), hits[0].request)
    assert found.point.xyz == pytest.approx(placed.point.xyz, abs=0.1), hits[0]
    assert hits[0].side == placed.side
    assert hits[0].quality >= 0.98  # another name of it counts a little less


@pytest.mark.parametrize("which", BODIES)
@pytest.mark.parametrize("said", WHICH)
def test_a_phrase_with_several_meanings(said: str, which: str) -> None:
    """The text form names them, each can be typed back; the search lists them."""
    with pytest.raises(NeedlemapError) as caught:
        parse_text(body(which), said)
    side = written_out(said)[1]
    hits = search_sites(said, body=body(which), limit=12)
    names = list(dict.fromkeys(map(named, hits)))
    order = [names.index(name) for name in WHICH[said]]  # all are there
    assert order == sorted(order)
    assert order[0] == 0
    assert {hit.quality for hit in hits} == {1.0}
    if side in ("left", "right"):
        assert {hit.side for hit in hits} <= {side, "midline"}
        assert isinstance(caught.value, AmbiguousNameError)
        assert "Which of: " in str(caught.value)
        for each in caught.value.suggestions:
            spot = resolve_site(body(which), {"text": each})
            assert spot.side in (side, "midline")


@pytest.mark.parametrize("which", BODIES)
@pytest.mark.parametrize("said", REFUSED)
def test_what_must_not_be_guessed(said: str, which: str) -> None:
    with pytest.raises(NeedlemapError) as caught:
        resolve_site(body(which), {"text": said})
    assert REFUSED[said] in str(caught.value)
    hits = search_sites(said, body=body(which))
    if hits and hits[0].quality >= 0.9:  # the page would place a lone one unasked
        assert len([h for h in hits if h.quality > hits[0].quality - 0.005]) > 1
    if not REFUSED[said]:
        assert caught.value.suggestions or "Try " in str(caught.value)


@pytest.mark.parametrize("which", BODIES)
def test_every_target_is_on_the_body(which: str) -> None:
    """Every phrase of the file leads to its places, in the text form and by name."""
    assert check_phrases(body(which)) == []
    for entry in phrases().phrase:
        for target in entry.targets:
            if target.region is not None:
                continue
            spoken = target.spoken()
            try:
                placed = resolve_site(body(which), {"text": target.spoken("left")})
            except NeedlemapError:
                placed = resolve_site(body(which), {"text": spoken})
            request = target.request()
            if placed.side != "midline":
                request["side"] = "left"
            same = resolve_site(body(which), request)
            assert placed.point.xyz == pytest.approx(same.point.xyz, abs=0.1), spoken


@pytest.mark.parametrize("said", ["left ear", "rib 5 left", "left gastro"])
def test_a_part_of_a_name_is_never_sure(said: str) -> None:
    """No lone place that fits a part of its name comes so near that it is taken."""
    for hit in search_sites(said, body=body("female")):
        assert hit.quality < 0.9


def test_a_breadth_is_the_hand_not_the_stretch_of_body() -> None:
    """Two fingers are as long on the back as on the leg."""
    back = parse_text(body("male"), "two fingers lateral to T6 on the left")
    leg = parse_text(body("male"), "two fingers above the left medial malleolus")
    assert back["lateral_mm"] == leg["superior_mm"]
    assert 25 < back["lateral_mm"] < 45
    one, four = (
        parse_text(body("male"), f"{n} finger breadths lateral to T6 left")[
            "lateral_mm"
        ]
        for n in (1, 4)
    )
    assert four == pytest.approx(4 * one, abs=2)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([said for e in phrases().phrase for said in e.say]),
    st.sampled_from(
        [
            ("L {}", "left"),
            ("lt {}", "left"),
            ("left-sided {}", "left"),
            ("{} (R)", "right"),
            ("{} rt", "right"),
            ("the {} on the right", "right"),
        ]
    ),
    st.sampled_from(BODIES),
)
def test_a_side_is_kept_however_it_is_said(
    said: str, written: tuple[str, str], which: str
) -> None:
    text, side = written[0].format(said), written[1]
    for hit in search_sites(text, body=body(which)):
        assert hit.side in (side, "midline"), (text, hit)
    try:
        read = parse_text(body(which), text)
    except NeedlemapError:
        return
    assert read["side"] == side


def test_broken_entries_are_named(tmp_path: Path) -> None:
    for wrong in (
        {"muscle": "soleus", "point": "LI4"},
        {},
        {"point": "x", "site": "y"},
    ):
        with pytest.raises(ValueError, match=r"one of|belongs to"):
            Target.model_validate(wrong)
    with pytest.raises(ValueError, match="either"):
        Phrase.model_validate({"say": ["a"]})
    with pytest.raises(ValueError, match="no place"):
        Phrase.model_validate({"say": ["a"], "means": {"region": "knee"}})
    with pytest.raises(ValueError, match="levels"):
        LevelRange.model_validate({"levels": ["T1", "T13"], "lateral_cun": 1})
    bad = '[[phrase]]\nsay = ["a"]\nwhich = [{ musle = "b" }]\n'
    (tmp_path / "phrases.toml").write_text(bad, "utf-8")
    with (
        using(DataFolder(tmp_path)),
        pytest.raises(DataError, match=r"phrases.toml, phrase \d+, which 1"),
    ):
        module.phrases()


@pytest.mark.parametrize("which", BODIES)
def test_extra_points_lie_where_they_are_described(which: str) -> None:
    """The brow above the eye and facing forward, the inner eye of the knee, EX-B2."""
    yuyao = resolve_site(body(which), {"point": "EX-HN4", "side": "left"}).point
    pupil = body(which).landmarks.get("pupil", "left").xyz
    assert abs(yuyao.xyz[0] - pupil[0]) < 4
    assert 12 < yuyao.xyz[2] - pupil[2] < 30
    assert body(which).skin.normal(yuyao)[1] < -0.7  # not in the fold of the lid
    knee = body(which).landmarks.get("apex of patella", "left").xyz
    inner = resolve_site(body(which), {"point": "EX-LE4", "side": "left"}).point
    assert inner.xyz[0] < knee[0] - 10
    for level in ("T1", "T6", "L5"):
        beside = resolve_site(body(which), {"text": f"jiaji {level} left"}).point
        spine = body(which).landmarks.get(level).xyz
        assert 5 < beside.xyz[0] < 20
        assert beside.xyz[2] < spine[2]
