"""More risk never lowers a verdict, and unknown is not no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zones.patients.rule_checks import (
    ABSOLUTE,
    CATALOGUE,
    HEALTHY,
    MUSCLES,
    RULES,
    ZONES,
    asked,
)
from zones.contract.models import Verdict
from zones.patients.rules import (
    SiteContext,
    apply,
    held_verdicts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def answers(name: str) -> st.SearchStrategy[Any]:
    """Return all that may be answered to a fact."""
    fact = CATALOGUE[name]
    place = st.sampled_from(CATALOGUE.places())
    sided = st.builds(
        lambda side, p: f"{side} {p}".strip(), st.sampled_from(["", "left", "right"]),
        place,
    )  # fmt: skip
    if fact.type == "number":
        assert fact.range is not None
        return st.floats(*fact.range)
    if fact.type == "choice":
        return st.sampled_from(fact.options)
    if fact.type == "medicine":
        return st.booleans() | st.sampled_from([m.name for m in CATALOGUE.medicines])
    if fact.type == "regions":
        return st.booleans() | st.lists(sided, min_size=1, max_size=2)
    if fact.type == "implants":
        kinds = st.sampled_from(fact.options)
        item = st.fixed_dictionaries({"kind": kinds}, optional={"region": sided})
        return st.booleans() | st.lists(item, min_size=1, max_size=2)
    if fact.type == "areas":
        area = {"site": {"landmark": "T4 spinous process"}, "radius_mm": 20.0}
        return st.booleans() | st.just([area])
    return st.booleans()


NAMES = list(CATALOGUE.by_name())
PATIENTS = st.dictionaries(st.sampled_from(NAMES), st.none(), max_size=12).flatmap(
    lambda chosen: st.fixed_dictionaries({name: answers(name) for name in chosen})
)
#: Healthy adults and nearly unknown people, with a few answers of any kind.
PEOPLE = st.builds(
    lambda base, extra: {**base, **extra}, st.sampled_from([HEALTHY, {}]), PATIENTS
)
CONTEXTS = st.builds(
    lambda region, side, zones, inside, muscle: SiteContext(
        region, side, frozenset(zones), lambda _fact: inside, muscle
    ),
    st.sampled_from(CATALOGUE.region_names),
    st.sampled_from(["left", "right", "midline"]),
    st.sets(st.sampled_from(ZONES), max_size=3),
    st.booleans(),
    st.none() | st.sampled_from(MUSCLES),
)


def verdict(facts: Mapping[str, Any], context: SiteContext) -> Verdict:
    return apply(RULES, facts, context).verdict


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(people=PEOPLE, context=CONTEXTS, data=st.data())
def test_monotone(
    name: str, people: dict[str, Any], context: SiteContext, data: st.DataObject
) -> None:
    """A fact dropped or answered badly is never milder than its clearing answer."""
    fact = CATALOGUE[name]
    others = {k: v for k, v in people.items() if k != name}
    known = CATALOGUE.complete(others)
    if fact.favourable is None or not CATALOGUE.asked(name, known):
        return
    clear = verdict(others | {name: fact.favourable}, context)
    assert verdict(others, context) >= clear
    answer = data.draw(answers(name))
    # An age can settle that there is no pregnancy; then it is no risk added.
    if name != "age" or "pregnant" in known:
        assert verdict(others | {name: answer}, context) >= clear


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, context=CONTEXTS)
def test_an_unanswered_absolute_is_never_clear(
    people: dict[str, Any], context: SiteContext
) -> None:
    for name, bad in ABSOLUTE.items():
        others = {k: v for k, v in people.items() if k != name}
        outcome = apply(RULES, others, context)
        assert outcome.verdict >= Verdict.CAUTION
        assert name in asked(outcome)
        assert verdict(others | {name: bad}, context) is Verdict.STOP


@settings(max_examples=200, deadline=None)
@given(people=PATIENTS, contexts=st.lists(CONTEXTS, max_size=4))
def test_many_sites_at_once_say_what_each_says(
    people: dict[str, Any], contexts: list[SiteContext]
) -> None:
    many = held_verdicts(RULES, people, contexts)
    for held, context in zip(many, contexts, strict=True):
        hits = apply(RULES, people, context).hits
        alone = [hit.verdict for hit in hits if hit.status == "yes"]
        assert held == max(alone, default=Verdict.NO_KNOWN_DANGER)


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, context=CONTEXTS)
def test_questions_are_open_and_each_finding_is_explained(
    people: dict[str, Any], context: SiteContext
) -> None:
    known = CATALOGUE.complete(people)
    outcome = apply(RULES, people, context)
    for question in outcome.questions:
        assert known.get(question.fact) in (None, True)
        assert CATALOGUE.asked(question.fact, known)
        assert question.worst >= question.now
    for hit in outcome.hits:
        assert hit.message
        assert hit.rule.sources
        if hit.status == "unknown":
            assert hit.verdict <= Verdict.CAUTION
            assert set(hit.questions) & set(asked(outcome))
