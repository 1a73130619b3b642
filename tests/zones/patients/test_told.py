"""What is told with an answer: figures, advice, aftercare, warning signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from anatomy.errors import DataError
from tests.zones.patients.rule_checks import CATALOGUE
from zones.patients.patient import Patient
from zones.sentences.texts import (
    advice,
    aftercare,
    load_rates,
    load_texts,
    percent,
    red_flags,
)


@pytest.mark.parametrize("region", CATALOGUE.region_names)
def test_figures_and_warning_signs_come_with_every_site(region: str) -> None:
    told = " ".join(item.text for item in advice(region, {}))
    assert "36.7" in told
    assert "16 %" in told
    assert "6 % to 19.2 %" in told
    assert "under 0.1 %" in told
    signs = " ".join(item.text for item in red_flags(region, {}))
    assert "emergency department" in signs
    assert "reath" in signs
    assert aftercare(region, {})
    for item in (*advice(region, {}), *aftercare(region, {}), *red_flags(region, {})):
        assert item.sources
        assert "{" not in item.text


@pytest.mark.parametrize(
    "region", ["thorax", "upper back", "neck", "shoulder", "axilla"]
)
def test_the_collapsed_lung_leads_near_the_lung(region: str) -> None:
    assert "collapsed lung" in red_flags(region, {})[0].text
    assert "two days" in " ".join(t.text for t in aftercare(region, {}))


def test_pregnancy_adds_its_own_signs_only_when_known() -> None:
    assert "contractions" in " ".join(
        t.text for t in red_flags("thigh", Patient(gestation_weeks=20).facts())
    )
    assert "contractions" not in " ".join(t.text for t in red_flags("thigh", {}))


def test_reduced_clotting_adds_aftercare() -> None:
    more = aftercare("thigh", {"anticoagulant": "warfarin"})
    assert len(more) == len(aftercare("thigh", {})) + 1


def test_rates_are_shares_with_intervals_around_them() -> None:
    for rate in load_rates().values():
        assert 0 <= rate.rate <= 1
        assert (rate.ci is None) == (rate.ci_basis is None)
        if rate.ci is not None:
            low, high = rate.ci
            assert 0 <= low <= rate.rate * 1.001
            assert rate.rate <= high * 1.001 <= 1


def test_percent() -> None:
    assert [percent(x) for x in (0.367, 0.0465, 0.0094, 0.5)] == [
        "36.7 %", "4.7 %", "0.94 %", "50 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{boyce2020-01}", "{boyce2020-99}", "boyce2020-99"),
        ("{boyce2020-01}", "{boyce2020-02 ci}", "interval"),
        ("who1999", "who1899", "who1899"),
        ("thigh", "thig", "thig"),
    ],
)
def test_broken_texts_name_file_and_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = (
        '[[text]]\nid = "a"\nkind = "advice"\ntext = "{boyce2020-01}"\n'
        'sources = ["who1999"]\nregions = ["thigh"]\n'
    )
    path = tmp_path / "texts.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(DataError) as caught:
        load_texts(path)
    assert "texts.toml" in str(caught.value)
    assert message in str(caught.value)
