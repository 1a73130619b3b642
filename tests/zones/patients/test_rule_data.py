"""The data of the rules: each can hold, is explained, and rests on something."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from anatomy.body import load_body
from anatomy.errors import DataError
from anatomy.muscles.catalogue import muscle_names
from anatomy.store import shipped
from tests.zones.patients.rule_checks import CATALOGUE, MUSCLES, RULES, ZONES, ids
from tests.zones.patients.test_rules_monotone import CONTEXTS, PATIENTS
from zones.knowledge.records.sources import load_sources
from zones.knowledge.rule_files import load_rule_evidence
from zones.knowledge.structures.zone_files import load_zones
from zones.patients.rules import (
    SiteContext,
    apply,
    load_rules,
)
from zones.sentences.texts import (
    load_rates,
    load_texts,
)
from zones.sessions.session_rules import load_session_book
from zones.sessions.symptom_rules import load_symptom_book


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_can_hold_and_says_what_to_do(rule: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.verdict != "DANGER"
    assert rule.verdict != "NO_KNOWN_DANGER" or rule.category == "precaution"
    assert rule.message.endswith(".")
    assert (rule.read == "memory") == ("clinical-rule" in rule.sources)
    if "memory" in rule.read:
        assert "our inference" in rule.basis


def test_every_rule_is_reached_by_some_patient() -> None:
    reached: set[str] = set()

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(people=PATIENTS, context=CONTEXTS)
    def walk(people: dict[str, Any], context: SiteContext) -> None:
        reached.update(ids(apply(RULES, people, context)))

    walk()
    assert len(reached) > len(RULES) / 3


def test_zones_and_muscles_named_by_rules_exist() -> None:
    zones = {zone.id for zone in load_zones()}
    assert set(ZONES) <= zones
    assert set(MUSCLES) <= {name.casefold() for name in muscle_names()}


def test_regions_are_those_of_the_body() -> None:
    assert set(CATALOGUE.region_names) == set(load_body("male").region_names)


def test_sources_exist() -> None:
    cited = {s for rule in RULES for s in rule.sources}
    cited |= {s for r in RULES if r.looser_view for s in r.looser_view.sources}
    cited |= {s for text in load_texts() for s in text.sources}
    cited |= {rate.source for rate in load_rates().values()}
    assert cited <= set(load_sources())
    for source in load_sources().values():
        assert source.doi is None or source.doi.startswith("10.")


#: Rows of evidence that the document of what was left out lists.
LEFT_OUT = re.findall(
    r"^\| ([a-z]+-[a-z0-9-]+) \|",
    (Path(__file__).parents[3] / "docs" / "data" / "rules_left_out.md").read_text(
        "utf-8"
    ),
    re.MULTILINE,
)


def test_every_row_of_evidence_is_a_rule_or_left_out_with_a_reason() -> None:
    used: set[str] = set()
    books = (RULES, load_texts(), load_session_book().rules, load_symptom_book().rules)
    for book in books:
        for entry in book:
            used.update(entry.evidence)
    rows = set(load_rule_evidence())
    assert len(LEFT_OUT) == len(set(LEFT_OUT))
    assert rows == used | set(LEFT_OUT)
    assert not used & set(LEFT_OUT)


def test_rows_of_evidence_are_whole() -> None:
    rows = load_rule_evidence()
    kinds = [row.kind for row in rows.values()]
    assert {k: kinds.count(k) for k in sorted(set(kinds))} == {
        "contraindication": 126,
        "practice": 58,
        "pregnancy": 63,
    }
    assert load_rule_evidence()["bld-05"].threshold == "needle diameter 0.20 mm"


def test_a_row_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(GOOD + 'evidence = ["neu-99"]\n')
    with pytest.raises(DataError, match="neu-99") as caught:
        load_rules(tmp_path)
    assert "bad.toml" in str(caught.value)


GOOD = """
[[rule]]
id = "one"
title = "t"
category = "relative"
verdict = "CAUTION"
when = { fact = "faints", equals = true }
message = "m."
sources = ["who1999"]
read = "fulltext"
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"faints"', '"fants"', "fants"),
        ('"who1999"', '"who1998"', "who1998"),
        ("equals = true", "equal = true", "equal"),
        ('"CAUTION"', '"CAREFUL"', "verdict"),
        ("title", "titel", "title"),
        ('read = "fulltext"', 'read = "fulltext"\nsupersedes = ["two"]', "two"),
        (
            'read = "fulltext"',
            'read = "fulltext"\nwhere = { scope = "places", regions = ["thig"] }',
            "thig",
        ),
        ('read = "fulltext"', 'read = "fulltext"\nwhere = { scope = "places" }', "w"),
        ('read = "fulltext"', 'read = "fulltext"' + GOOD, "duplicate id"),
        ("[[rule]]", "[[rule", "TOML"),
    ],
)
def test_broken_rules_name_file_and_entry(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    (tmp_path / "bad.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load_rules(tmp_path)
    assert "bad.toml" in str(caught.value)
    assert message in str(caught.value)


def test_the_shipped_folder_is_all_read() -> None:
    files = {path.name for path in shipped("rules").glob("*.toml")}
    assert {rule.file for rule in RULES} == files
