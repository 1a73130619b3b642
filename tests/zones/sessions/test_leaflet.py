"""What patients take home: no region's sign is ever lost, structures only add."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anatomy.errors import DataError
from anatomy.store import shipped
from zones.knowledge.facts import load_facts
from zones.knowledge.structures.zone_files import load_zones
from zones.sentences.texts import for_patient
from zones.sessions.leaflet import Needled, expected, load_leaflet, watch_for
from zones.sessions.symptom_rules import Urgency, load_symptom_book

REGIONS = sorted(load_facts().region_names)
ZONES = [zone.id for zone in load_zones()]
needled = st.builds(
    Needled,
    region=st.sampled_from(REGIONS),
    structures=st.frozensets(st.sampled_from(ZONES), max_size=4),
)


@given(st.lists(needled, max_size=5), st.sampled_from([None, True, False]))
@settings(max_examples=60, deadline=None)
def test_every_sign_of_a_needled_region_is_told(
    sites: list[Needled], pregnant: bool | None
) -> None:
    facts = {"pregnant": pregnant}
    told = [text for row in watch_for(sites, facts) for text in row.texts]
    regions = [site.region for site in sites]
    wanted = {t.patient for t in for_patient("red_flag", regions, facts)}
    missing = wanted.difference(told)
    # one about the chest in general may give way to the sterner one about the lungs
    assert not missing or (
        all("Any sudden chest pain" in text for text in missing)
        and any("collapsed lung" in text for text in told)
    )
    assert len(told) == len(set(told)), "nothing is said twice"


@given(needled, st.sampled_from(ZONES))
@settings(max_examples=60, deadline=None)
def test_a_structure_never_takes_a_warning_away(site: Needled, zone: str) -> None:
    urgent = ("emergency", "ambulance")
    more = Needled(site.region, site.structures | {zone})

    def stern(one: Needled) -> int:
        texts = [t for row in watch_for([one], {}) for t in row.texts]
        return sum(any(word in text for word in urgent) for text in texts)

    assert stern(more) >= stern(site)


def test_a_lung_near_the_needle_warns_whatever_the_region() -> None:
    (first, *_) = watch_for([Needled("upper arm", frozenset({"pleura"}))], {})
    assert first.id == "lungs" and "collapsed lung" in first.texts[0]
    rows = {r.id for r in watch_for([Needled("upper arm")], {})}
    assert "lungs" not in rows and "chest-elsewhere" in rows


def test_each_line_says_which_sites_it_is_for() -> None:
    sites = [Needled("thigh"), Needled("upper back")]
    rows = {row.id: row.sites for row in watch_for(sites, {})}
    assert rows["lungs"] == (1,) and rows["arms-and-legs"] == (0,)
    assert rows["bleeding"] == (), "wherever the needles were"


def test_a_patient_reads_nothing_that_no_source_says() -> None:
    rules = {rule.id: rule for rule in load_symptom_book().rules}
    for entry in load_leaflet().watch:
        for name in entry.rules:
            assert rules[name].sources
            stern = rules[name].urgency is Urgency.EMERGENCY
            assert not stern or "emergency department at once" in str(entry.plain)
    for row in watch_for([Needled(region) for region in REGIONS], {"pregnant": True}):
        assert row.sources, row.id


def test_what_is_normal_is_not_for_practitioners() -> None:
    told = " ".join(expected([Needled("thorax")], {}))
    assert "Soreness" in told and "Bruises" in told
    assert "count the needles" not in told


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ('texts = ["compartment"]', 'texts = ["neurological"]', "must belong to one"),
        ('rules = ["bruise"]', 'rules = ["bruises"]', "bruises"),
        ('harms = ["pneumothorax"]', 'harms = ["collapse"]', "harm"),
        ('unless = "lungs"', 'unless = "collapse"', "earlier entry"),
        ('rules = ["numb-limb"]\n', "", "given together"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, find: str, put: str, said: str) -> None:
    text = (shipped("leaflet.toml")).read_text("utf-8")
    assert find in text
    file = tmp_path / "leaflet.toml"
    file.write_text(text.replace(find, put), "utf-8")
    with pytest.raises(DataError, match=said):
        load_leaflet(file)
