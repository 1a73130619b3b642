"""Where the pain of muscles is felt: every pattern is sound, and none is made up."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import needlemap
from anatomy.body import load_body
from anatomy.errors import UnknownNameError
from anatomy.muscles.catalogue import muscle_names
from zones.knowledge.records.sources import READ_ORDER, load_sources
from zones.knowledge.referral import (
    Referral,
    load_referral,
    load_referral_places,
    referral_of,
)

STUDY = {
    "muscle": "supinator",
    "felt": [{"place": "elbow", "people": 3}],
    "found": "saline",
    "who": "healthy",
    "people": 12,
    "words": "said so",
    "source": "cornwall-2006",
    "read": "abstract",
}


@pytest.mark.parametrize(
    "pattern", load_referral(), ids=lambda p: f"{p.muscle}-{p.source}"
)
def test_every_pattern_rests_on_words_of_a_source_that_exists(
    pattern: Referral,
) -> None:
    assert pattern.muscle in muscle_names()
    source = load_sources()[pattern.source]
    assert source.doi or source.url
    assert READ_ORDER.index(pattern.read) >= READ_ORDER.index(source.read)
    assert pattern.read not in ("memory", "inference")
    assert len(pattern.words.split()) >= 4


def test_places_are_a_closed_list_on_the_bodies() -> None:
    places = load_referral_places()
    skin = set(load_body("female").region_names)
    assert all(set(place.regions) <= skin for place in places.values())
    named = {felt.place for p in load_referral() for felt in p.felt}
    assert named == set(places)


def test_studies_come_first_and_those_in_most_people_before_others() -> None:
    for name in muscle_names():
        found = referral_of(name)
        assert found == tuple(
            sorted(found, key=lambda p: (p.found == "taught", -(p.people or 0)))
        )
        assert {p.muscle for p in found} <= {name}
    assert [p.people for p in referral_of("infraspinatus")] == [297, 12, 11, None]


def test_what_no_source_says_is_empty_and_an_alias_finds_its_muscle() -> None:
    assert referral_of("sartorius") == ()
    assert needlemap.referral_of("SCM") == referral_of("sternocleidomastoid") != ()
    with pytest.raises(UnknownNameError, match="soleus"):
        referral_of("soleous")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"people": 0}, "greater than 0"),
        ({"people": None}, "a study has who and people"),
        ({"found": "taught"}, "what is taught has neither"),
        ({"people": 2}, "more felt pain at a place"),
        ({"felt": []}, "at least 1"),
        ({"felt": [{"place": "elbow"}, {"place": "elbow"}]}, "given twice"),
        ({"found": "guessed"}, "saline"),
        ({"words": ""}, "at least 1"),
        ({"page": "a page"}, "should match"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(
    change: dict[str, object], said: str
) -> None:
    assert Referral.model_validate(STUDY).people == 12
    with pytest.raises(ValidationError, match=said):
        Referral.model_validate(STUDY | change)
