"""Every text of an answer can be read in another language, and can be translated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from anatomy.errors import NeedlemapError
from anatomy.messages import Message
from anatomy.muscles.catalogue import get_muscle, muscle_names
from anatomy.muscles.technique_words import plan_words, site_techniques
from anatomy.muscles.techniques import load_techniques
from anatomy.muscles.usual_plan import usual_plan
from tests.strategies import healthy_patient, patients, plans, sites
from tools.texts import has_words, wanted
from zones import check_session, check_site, check_symptoms
from zones.contract.models import Assessment
from zones.patients.practice import check_practitioner, hours_text
from zones.pictures.section import site_section
from zones.sentences.figures import bone_words, needle_words
from zones.sentences.presentation import QuestionWords, present
from zones.sentences.texts import for_patient

#: Fields that hold keys, codes and numbers of a source, not words.
KEYS = {
    *("id", "kind", "verdict", "sources", "status", "severity", "firmness", "side"),
    *("body", "chart", "level", "change", "to", "limit_set_by", "policy", "shape"),
    *("data_version", "open_questions", "urgency", "reported", "symptoms", "view"),
    *("zone_id", "lean", "read", "bone", "limit_structure", "region"),
}
#: Of these an answer says the word elsewhere: by `basis_words`, or `bone_name`.
CODES = {"measured", "pooled", "carried", "layer", "unknown", "source"}
#: Values of messages that are proper names, dates or codes in any language.
NAMES = {"studies", "source", "records", "code", "date", "vector"}
LETTER = re.compile(r"[^\W\d_]")


@cache
def known() -> frozenset[Any]:
    """Return every pattern that translators are shown."""
    return frozenset(key for texts in wanted().values() for key in texts)


def said(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of an answer with the field it stands in."""
    if isinstance(value, Message) or type(value) is str:
        yield where, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in KEYS:
                yield from said(getattr(value, name), name)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            key = field.name in KEYS | {"item"}
            if not key and (type(value), field.name) != (QuestionWords, "name"):
                yield from said(getattr(value, field.name), field.name)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from said(item, where)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from said(item, where)


def plain_values(text: Message) -> Iterator[tuple[str, str]]:
    """Yield the values of a message, and of those in it, that are plain texts."""
    for name, value in text._values.items():
        if isinstance(value, Message):
            yield from plain_values(value)
        elif isinstance(value, str):
            yield name, value


def assert_translatable(*values: Any, names: frozenset[str] = frozenset()) -> None:
    """Assert that every text is a message of patterns that translators are shown."""
    for value in values:
        for where, text in said(value):
            if not LETTER.search(text) or text in CODES | names:
                continue
            assert isinstance(text, Message), (where, text)
            for key in text.patterns():
                assert key in known() or not has_words(key), (where, key)
            for name, plain in plain_values(text):
                bare = not LETTER.search(plain) or name in NAMES or plain in names
                assert bare, (where, name, plain)


def parts_of(answer: Assessment) -> list[Any]:
    """Return what of an answer is read."""
    return [
        answer.headline,
        answer.findings,
        answer.suggestions,
        answer.coverage,
        answer.advice,
        answer.aftercare,
        answer.red_flags,
        answer.site.description,
        bone_words(answer.bone) if answer.bone else "",
    ]


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.one_of(sites(), sites(in_zone=False)), plans(), patients())
def test_an_answer_is_made_of_messages(
    site: dict[str, Any], plan: tuple[dict[str, Any], dict[str, Any]], patient: Any
) -> None:
    """Wherever, however and in whom: no text is said that nobody could translate."""
    for needle in plan:
        try:
            answer = check_site(site, needle, patient)
        except NeedlemapError:
            continue
        cited = frozenset(answer.sources)
        for register in ("professional", "plain"):
            assert_translatable(present(answer, register), names=cited)  # type: ignore[arg-type]
        assert_translatable(*parts_of(answer), names=cited)
        assert_translatable(needle_words(needle))
        section = site_section(answer, needle, patient)
        assert_translatable(section.title, section.edges, section.blank, section.notes)


@pytest.mark.parametrize(
    "given_",
    [
        ({"point": "ST36", "side": "left"}, {"length_mm": 40, "depth_mm": 25}, {}),
        ({"text": "6 cm left of T4"}, {"length_mm": 60}, {"sex": "female", "bmi": 15}),
        (
            {"muscle": "upper trapezius", "side": "right"},
            {"depth_mm": 30, "electrical": True},
            healthy_patient(pregnant=True, sex="female", gestation_weeks=10),
        ),
        ({"point": "GB20", "side": "left"}, {"depth_mm": 40, "arm": "overhead"}, {}),
        (
            {"muscle": "infraspinatus", "side": "left"},
            {"length_mm": 50, "depth_mm": 30, "grip": "bone", "bone": "scapula"},
            {"anticoagulant": "warfarin"},
        ),
    ],
)
def test_known_answers_are_made_of_messages(given_: tuple[Any, ...]) -> None:
    """A few answers with suggestions, bone, lifted folds and open questions."""
    answer = check_site(*given_)
    cited = frozenset(answer.sources)
    assert_translatable(present(answer), *parts_of(answer), names=cited)
    assert_translatable(needle_words(given_[1]))


def test_plain_data_of_an_answer_are_plain_texts() -> None:
    """JSON and `as_dict` hold no messages: only who shows a text needs them."""
    answer = check_site({"text": "6 cm left of T4"}, {"length_mm": 40, "depth_mm": 25})
    data = answer.as_dict()
    assert not [text for _, text in _strings(data) if type(text) is not str]
    assert json.loads(answer.model_dump_json()) == data
    again = Assessment.model_validate(data)
    assert again.as_dict() == data


def _strings(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _strings(item, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item, where)


def test_an_answer_reads_otherwise_in_another_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pattern is turned round as a whole, and numbers are written anew."""
    from anatomy import messages

    class Translations:
        def ugettext(self, text: str) -> str:
            return f"[{text}]"

        def ungettext(self, one: str, many: str, n: int) -> str:
            return f"[{one if n == 1 else many}]"

    monkeypatch.setattr(messages, "catalogue", lambda _language: Translations())
    answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 25.5})
    told = present(answer)
    assert isinstance(told.headline, Message)
    there = told.headline.in_language("de")
    assert there.startswith("[Risk of [") and "25,5 mm" in there
    assert "25.5 mm" in told.headline and "[" not in told.headline


def test_what_patients_are_told_is_made_of_messages() -> None:
    """The leaflet's texts, wherever and in whomever."""
    facts = {"pregnant": True, "diabetes": True, "positive_airway_pressure": True}
    for kind in ("advice", "aftercare", "red_flag"):
        for region in ("thorax", "thigh", "abdomen", "face", "forearm"):
            told = for_patient(kind, [region], facts)  # type: ignore[arg-type]
            assert told
            assert_translatable([text.patient for text in told])


def test_sessions_and_symptoms_are_made_of_messages() -> None:
    """What only a session shows, and what a patient reports."""
    both = [
        {"site": {"point": "GB21", "side": side}, "needle": {"depth_mm": 5}}
        for side in ("left", "right")
    ]
    session = check_session(both, {"sex": "male"}, {"posture": "sitting"})
    cited = frozenset(session.sources)
    assert_translatable(session.headline, session.findings, names=cited)
    assert_translatable(session.advice, session.aftercare, session.red_flags)
    calm = [{"site": {"point": "ST36", "side": "left"}, "needle": {"depth_mm": 5}}]
    assert_translatable(check_session(calm, healthy_patient()).headline)
    for names in (["chest pain"], ["soreness"], ["fever"], [], ["numb limb"]):
        answer = check_symptoms(names, hours_since=20.0)
        assert_translatable(answer.headline, answer.findings, answer.do)


def test_who_may_needle_is_made_of_messages() -> None:
    """Permitted, too few hours, silent, nothing said."""
    asked: list[dict[str, Any]] = [
        {"jurisdiction": "US-MD", "profession": "PT", "training_hours": 60},
        {"jurisdiction": "US-MD", "profession": "PT", "in_person_hours": 10},
        {"jurisdiction": "US-CA", "profession": "PT"},
        {"jurisdiction": "AU", "profession": "chiropractor"},
        {"profession": "PT"},
        {"jurisdiction": "US-MD"},
        {"training_hours": 20},
    ]
    for practitioner in asked:
        for finding in check_practitioner(practitioner, "thorax"):
            assert_translatable(finding, names=_references())
    assert_translatable(hours_text())


def _references() -> frozenset[str]:
    """Return the names of laws, which stay in their own language."""
    from zones.knowledge.regulation import load_regulation, load_regulation_sources

    laws = {rule.legal_reference for rule in load_regulation().rules}
    return frozenset(laws | {row.title for row in load_regulation_sources().values()})


def test_how_muscles_are_needled_is_made_of_messages() -> None:
    """Every technique of every muscle, and the usual plan."""
    cited = {part[1] for part in _source_parts()}
    cited |= {technique.id for technique in load_techniques()}
    for name in muscle_names():
        for site in get_muscle(name).site:
            plan = usual_plan(name, site.label)
            assert_translatable(plan_words(plan) if plan else "")
            told = site_techniques(name, site.label)
            assert_translatable(told, names=frozenset(cited))


def _source_parts() -> Iterator[tuple[str, str, str]]:
    for name in muscle_names():
        for site in get_muscle(name).site:
            for _heading, parts in site_techniques(name, site.label):
                yield from (part for part in parts if part[0].startswith("Source"))
