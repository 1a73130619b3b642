"""The site search: every name finds itself, slips are forgiven, sides are kept."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.body import Body, load_body
from anatomy.errors import InputError
from anatomy.muscles.catalogue import get_muscle, get_point, muscle_names, point_names
from anatomy.words.search import Hit, matching, search_sites
from anatomy.words.sites import resolve_site

BODIES = ("female", "male")
#: What people write, and the landmark, muscle, point or region they mean first.
QUERIES = {
    "tib ant": "tibialis anterior",
    "VMO": "vastus medialis",
    "vmo l": "vastus medialis",
    "rhomboid": "rhomboid major",
    "major rhomboid left": "rhomboid major",
    "rhomboyd major": "rhomboid major",
    "infraspintus": "infraspinatus",
    "upp trap": "upper trapezius",
    "glut med r": "gluteus medius",
    "ql": "quadratus lumborum",
    "gb21": "GB21",
    "gb 21 r": "GB21",
    "GB-21": "GB21",
    "jianjing": "GB21",
    "hegu": "LI4",
    "ren 12": "CV12",
    "T4": "T4 spinous process",
    "th4": "T4 spinous process",
    "L 4": "L4 spinous process",
    "acromium": "acromion",
    "lt acromion": "acromion",
    "ics 5 mcl": "intercostal space 5 at midclavicular line",
    "5th rib midaxillary left": "rib 5 at midaxillary line",
    "fibula head": "head of fibula",
    "thorax": "thorax",
    "upper back": "upper back",
}


@cache
def body(name: str = "female") -> Body:
    return load_body(name)


def meant(hit: Hit) -> str:
    """Return the name that a hit stands for."""
    for key in ("landmark", "muscle", "point"):
        if key in hit.request:
            return str(hit.request[key])
    return hit.title


def all_names() -> list[str]:
    found = [n for n in body().landmarks.names() if n in body("male").landmarks]
    return [*found, *muscle_names(), *point_names()]


@pytest.mark.parametrize(("query", "name"), QUERIES.items())
def test_what_people_write(query: str, name: str) -> None:
    hits = search_sites(query, body=body())
    assert hits, query
    assert meant(hits[0]) == name
    assert hits[0].quality == max(hit.quality for hit in hits)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(all_names()),
    st.sampled_from(BODIES),
    st.sampled_from((None, "left", "right")),
    st.booleans(),
)
def test_every_name_finds_itself(
    name: str, which: str, side: str | None, behind: bool
) -> None:
    """A landmark, muscle or point is first under its own name, on the side said."""
    query = name if side is None else f"{name} {side}" if behind else f"{side} {name}"
    hits = search_sites(query, body=body(which))
    landmark = name in body(which).landmarks
    point = None if landmark or name not in point_names() else get_point(name)
    paired = (
        body(which).landmarks.is_paired(name)
        if landmark
        else point is None or point.side == "paired"
    )
    if side is not None and not paired:
        assert all(hit.side == side for hit in hits)
        return
    assert meant(hits[0]) == name, (query, hits[:2])
    if side is not None:
        assert {hit.side for hit in hits} == {side}
    elif paired:
        assert {hit.side for hit in hits if meant(hit) == name} == {"left", "right"}


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(muscle_names()), st.integers(0, 30), st.integers(0, 2))
def test_a_slip_of_the_pen_is_forgiven(name: str, at: int, kind: int) -> None:
    """One letter left out, doubled or swapped still finds a longer name."""
    words = [i for i, c in enumerate(name) if c.isalpha()]
    at = words[at % len(words)]
    if len(name.split(maxsplit=1)[0]) < 6 or len(name) < 8:
        return
    slips = (
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :],
    )
    slip = " ".join(slips[kind].split())
    if any(len(word) < 5 for word in slip.split()):
        return
    hits = search_sites(slip, body=body(), limit=12)
    assert name in [meant(hit) for hit in hits], (slip, [h.title for h in hits])


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(["T4", "L3", "C7", "acromion", "PSIS", "umbilicus", "patela base"]),
    st.integers(1, 9),
    st.sampled_from(["left", "right", "l", "R", "lt"]),
    st.permutations(range(3)),
)
def test_a_distance_in_any_order_keeps_its_side(
    name: str, cm: int, side: str, order: list[int]
) -> None:
    parts = [name, f"{cm} cm", side]
    query = " ".join(parts[i] for i in order)
    wanted = "left" if side.startswith("l") else "right"
    for hit in search_sites(query, body=body()):
        assert hit.side == wanted, (query, hit)
        assert resolve_site(body(), hit.request).side == wanted


def test_a_distance_without_a_side_offers_both() -> None:
    for query in ("T4 6 cm", "6 cm lateral to T4"):
        hits = search_sites(query, body=body())
        assert [hit.side for hit in hits] == ["left", "right"]
        assert {hit.request["lateral_mm"] for hit in hits} == {60.0}
    assert search_sites("half way between C7 and the acromion left", body=body())


def test_a_misspelt_landmark_with_a_distance() -> None:
    hits = search_sites("6 cm below left acromoin", body=body())
    assert dict(hits[0].request) == {
        "landmark": "acromion",
        "superior_mm": -60.0,
        "side": "left",
    }


@settings(deadline=None, max_examples=120)
@given(st.text(max_size=40), st.sampled_from(("", " left", " right", " l")))
def test_any_text_gives_placeable_hits_or_none(query: str, side: str) -> None:
    """Nothing raises, what is offered can be placed, and lies on the side said."""
    for hit in search_sites(query + side, body=body(), limit=3):
        assert 0.0 <= hit.quality <= 1.0
        assert hit.chart in body().charts
        assert hit.where
        if hit.request:
            assert resolve_site(body(), hit.request).side == hit.side
        if side.strip():
            assert hit.side in ("left", "right")


def test_nothing_is_found_for_nonsense_or_two_sides() -> None:
    for query in ("", "   ", "zzzz", "left", "left right acromion"):
        assert search_sites(query, body=body()) == []


def test_a_midline_point_is_not_offered_on_a_side() -> None:
    assert search_sites("CV12 left", body=body()) == []
    assert search_sites("CV12", body=body())[0].side == "midline"


def test_the_limit_holds_and_bad_input_is_refused() -> None:
    assert len(search_sites("rib", body=body(), limit=5)) == 5
    with pytest.raises(InputError):
        search_sites("rib", body=body(), limit=0)
    with pytest.raises(InputError):
        search_sites(None, body=body())  # type: ignore[arg-type]


def test_filtering_names() -> None:
    names = [get_muscle(n).name for n in muscle_names()]
    assert matching("", names) == names
    assert matching("quad fem", names)[0] == "quadratus femoris"
    assert matching("zzzz", names) == []
