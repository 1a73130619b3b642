"""Elements of consent: from their file, each with what to tell, nothing made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from anatomy.errors import DataError
from anatomy.store import shipped
from zones.sentences.texts import for_patient, load_rates, load_texts
from zones.sessions.consent import load_consent
from zones.sessions.session_rules import load_session_book


def test_the_figures_are_told() -> None:
    """The common and the rare events are told with rates, and with their sources."""
    elements = {element.id: element for element in load_consent()}
    common = " ".join(said.text for said in elements["minor-events"].tell())
    assert f"{load_rates()['boyce2020-02'].rate:.0%}".replace("%", " %") in common
    rare = " ".join(said.text for said in elements["serious-events"].tell())
    assert "1 in 1 000" in rare
    for element in elements.values():
        assert element.evidence and element.sources
        assert all(said.sources for said in element.tell())


def test_ticks_answer_facts_of_the_session_with_yes_as_the_good_answer() -> None:
    facts = {fact.name: fact for fact in load_session_book().facts}
    answered = [element.answers for element in load_consent() if element.answers]
    assert len(answered) == len(set(answered)) >= 4
    for name in answered:
        assert facts[name].type == "bool" and facts[name].favourable is True


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"major-events"', '"major-event"', "unknown text 'major-event'"),
        ('"axilla"', '"axila"', "unknown region 'axila'"),
        ('"told_of_lung_risk"', '"told"', "unknown fact of a session"),
        ('"pr-08"', '"pr-88"', "pr-88"),
        ('"hdc15"', '"hdc99"', "hdc99"),
        ('id = "lung"', 'id = "explained"', "duplicate id"),
        ("schema = 1", "schema = 2", "schema"),
        ('label = "Informed about drow', 'lable = "Informed about drow', "drowsiness"),
    ],
)
def test_a_broken_file_names_the_entry(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = shipped("consent.toml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "consent.toml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=words):
        load_consent(broken)


def test_the_patient_s_sheet_has_no_word_for_the_practitioner() -> None:
    """Each warning sign reaches the patient; orders to the practitioner do not."""
    entries = load_texts()
    regions = sorted({region for entry in entries for region in entry.regions})
    signs = [said.text for said in for_patient("red_flag", regions, {})]
    after = [said.text for said in for_patient("aftercare", regions, {})]
    assert len(signs) == len(set(signs)) >= 7
    assert "pneumothorax" in signs[0]
    for words in (
        "remove the needles",
        "count the needles",
        "Never send the patient home",
    ):
        assert not any(words in text for text in (*signs, *after))
    assert all(e.to == "patient" for e in entries if e.kind == "red_flag")
    for region in regions:
        shown = {said.text for said in for_patient("red_flag", [region], {})}
        assert shown <= set(signs) | {s.text for s in for_patient("red_flag", [], {})}
