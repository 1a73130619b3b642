"""Muscles and acupoints: the data, and where it lies on the bodies."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from anatomy.body import Body, load_body
from anatomy.errors import DataError, SideError, UnknownNameError
from anatomy.muscles import catalogue
from anatomy.muscles.catalogue import (
    Acupoint,
    MuscleSite,
    check_catalogue,
    find_muscle,
    find_point,
    get_muscle,
    get_point,
    muscle_names,
    muscle_site,
    place_muscle,
    place_point,
    point_names,
)

MIDDLE = {
    "id": "CV8",
    "at": {"landmark": "umbilicus"},
    "location": "navel",
    "basis": "derived",
    "sources": ["x"],
    "read": "memory",
}


@pytest.fixture(scope="module", params=["male", "female"])
def body(request: pytest.FixtureRequest) -> Body:
    """Return each reference body."""
    return load_body(request.param)


def test_every_entry_is_valid_and_lies_on_the_body(body: Body) -> None:
    assert check_catalogue(body) == []


def test_the_points_that_the_evidence_names_are_there() -> None:
    wanted = ["GB21", "LI4", "LI10", "SP6", "BL52", "BL60", "BL62", "BL67", "LR3"]
    wanted += ["SP1", "SP2", "SP5", "KI1", "KI3", "ST36", "ST12", "GB24", "LR14"]
    wanted += [f"BL{n}" for n in (*range(11, 36), *range(40, 55))]
    wanted += [f"CV{n}" for n in range(2, 23)] + [f"ST{n}" for n in range(9, 31)]
    wanted += [f"KI{n}" for n in range(11, 28)] + [f"SP{n}" for n in range(12, 22)]
    assert [w for w in wanted if w not in point_names()] == []
    assert len(point_names()) >= 300
    assert len(muscle_names()) >= 85


def test_every_record_of_a_source_and_how_it_was_read_is_kept() -> None:
    for name in muscle_names():
        for site in get_muscle(name).site:
            assert site.sources
            assert site.record.startswith("mus-")
            lengths = site.needle_length_mm
            assert lengths is None or 10 <= lengths[0] <= lengths[1] <= 150


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("GB21", "shoulder"),
        ("BL13", "upper back"),
        ("BL23", "low back"),
        ("BL32", "sacrum"),
        ("ST25", "abdomen"),
        ("ST16", "thorax"),
        ("LI4", "hand"),
        ("KI1", "foot"),
        ("LR3", "foot"),
        ("SP6", "leg"),
        ("ST36", "leg"),
        ("PC6", "forearm"),
        ("KI22", "thorax"),
        ("SP21", "thorax"),
        ("ST9", "neck"),
        ("GB30", "buttock"),
        ("BL60", "ankle"),
        ("CV17", "thorax"),
        ("CV4", "abdomen"),
    ],
)
def test_points_lie_in_their_region(body: Body, code: str, region: str) -> None:
    side = None if get_point(code).side == "midline" else "left"
    assert body.region_at(place_point(body, code, side)) == region


def test_points_lie_in_their_order(body: Body) -> None:
    for codes in (
        [f"BL{n}" for n in range(11, 31)],
        [f"BL{n}" for n in range(41, 55)],
        [f"ST{n}" for n in (*range(13, 17), *range(18, 31))],
        ["BL40", "BL55", "BL56", "BL57", "BL60"],
        ["ST36", "ST37", "ST38", "ST39", "ST41"],
        ["SP10", "SP9", "SP8", "SP7", "SP6", "SP5"],
    ):
        heights = [place_point(body, c, "right").xyz[2] for c in codes]
        assert heights == sorted(heights, reverse=True), codes
    front = [place_point(body, f"CV{n}").xyz[2] for n in range(2, 24)]
    assert front == sorted(front)
    inner, outer = (place_point(body, c, "left").xyz[0] for c in ("BL13", "BL42"))
    assert 0 < inner < outer


@pytest.mark.parametrize(
    ("code", "axis", "sign"),
    [
        ("KI1", 2, -1),
        ("LR3", 2, 1),
        ("ST43", 2, 1),
        ("LI4", 1, 1),
        ("PC8", 1, -1),
        ("PC6", 1, -1),
        ("TE5", 1, 1),
        ("SP6", 0, -1),
        ("GB39", 0, 1),
        ("BL57", 1, 1),
        ("ST36", 1, -1),
        ("GB26", 0, 1),
        ("GB30", 1, 1),
        ("SI11", 1, 1),
    ],
)
def test_points_face_the_right_way(body: Body, code: str, axis: int, sign: int) -> None:
    """A left-sided point lies on the sole, the back of the hand and so on."""
    assert sign * body.skin.normal(place_point(body, code, "left"))[axis] > 0.4


def test_left_and_right_mirror(body: Body) -> None:
    for code in ("GB21", "LI4", "SP6", "KI1", "PC6", "BL43"):
        left, right = (place_point(body, code, s).xyz for s in ("left", "right"))
        assert left * np.array([-1, 1, 1]) == pytest.approx(right, abs=0.6)


def test_names_are_found_in_many_spellings() -> None:
    for said in ("gb21", "GB 21", "gb-21", "Jianjing"):
        point = find_point(said)
        assert point is not None
        assert point.id == "GB21"
    for said in ("Rhomboideus major", "rhomboids", "m. rhomboid major"):
        muscle = find_muscle(said)
        assert muscle is not None
        assert muscle.name == "rhomboid major"
    assert find_muscle("T4") is None
    assert find_point("T4") is None


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="rhomboid major"):
        get_muscle("romboid major")
    with pytest.raises(UnknownNameError, match="GB2"):
        get_point("GB210")
    with pytest.raises(UnknownNameError, match="medial head mid calf"):
        muscle_site(get_muscle("gastrocnemius"), "medial hed mid calf")


def test_a_site_of_a_muscle_is_picked_by_its_label(body: Body) -> None:
    muscle = get_muscle("gastrocnemius")
    assert muscle_site(muscle) is muscle.site[0]
    assert muscle_site(muscle, "lateral head").label == "lateral head mid calf"
    inner = place_muscle(body, "gastrocnemius", "left", site="medial head mid calf")
    outer = place_muscle(body, "gastrocnemius", "left", site="lateral head mid calf")
    assert inner.xyz[0] < outer.xyz[0]


def test_sides_are_needed(body: Body) -> None:
    with pytest.raises(SideError, match="both sides"):
        place_point(body, "GB21")
    with pytest.raises(SideError, match="not on the midline"):
        place_muscle(body, "soleus", "midline")


def test_broken_entries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="Unknown field"):
        Acupoint.model_validate(MIDDLE | {"at": {"landmark": "T4", "latral_mm": 3}})
    with pytest.raises(ValidationError, match="no side"):
        Acupoint.model_validate(MIDDLE | {"at": {"landmark": "T4", "side": "left"}})
    with pytest.raises(ValidationError, match="shortest"):
        MuscleSite.model_validate(
            {
                "label": "a",
                "at": {"landmark": "T4"},
                "spread_mm": 20,
                "basis": "memory",
                "needle_length_mm": [40, 25],
                "sources": ["x"],
                "read": "memory",
                "record": "mus-x",
            }
        )
    broken = {"CV8": MIDDLE | {"spread_mm": -1}}
    monkeypatch.setattr(catalogue, "_table", lambda kind: (broken, {"cv8": "CV8"}))
    catalogue._entry.cache_clear()
    try:
        with pytest.raises(DataError, match=r"acupoints.toml, CV8, spread_mm"):
            find_point("CV8")
    finally:
        catalogue._entry.cache_clear()
