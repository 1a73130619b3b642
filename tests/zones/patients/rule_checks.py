"""A healthy adult and the rules over some changed answers, for the tests of rules."""

from __future__ import annotations

from typing import Any

from zones.knowledge.facts import load_facts
from zones.patients.rules import (
    RuleOutcome,
    SiteContext,
    apply,
    load_rules,
)

CATALOGUE = load_facts()
RULES = load_rules()
HEALTHY = CATALOGUE.favourable()
THIGH = SiteContext("thigh", "left")
ZONES = sorted({zone for rule in RULES for zone in rule.where.zones})
#: Places where a rule holds for everybody, whatever is answered.
EVERYBODY = {zone for rule in RULES if not rule.facts() for zone in rule.where.zones}
MUSCLES = sorted({name for rule in RULES for name in rule.where.muscles})

#: The absolute contraindications that must never be passed over, and their bad answer.
ABSOLUTE = {
    "consent_given": False,
    "capacity_to_consent": False,
    "medical_emergency": True,
    "acute_systemic_infection": True,
    "local_skin_infection": True,
    "skin_damaged": True,
}


def check(context: SiteContext = THIGH, /, *drop: str, **facts: Any) -> RuleOutcome:
    """Apply the rules to a healthy adult with some answers changed or dropped."""
    known = {k: v for k, v in (HEALTHY | facts).items() if k not in drop}
    return apply(RULES, known, context)


def woman(context: SiteContext = THIGH, /, *drop: str, **facts: Any) -> RuleOutcome:
    """Apply the rules to a healthy woman of 31."""
    return check(context, *drop, **({"sex": "female", "age": 31} | facts))


def ids(outcome: RuleOutcome, status: str = "yes") -> set[str]:
    return {hit.rule.id for hit in outcome.hits if hit.status == status}


def asked(outcome: RuleOutcome) -> list[str]:
    return [question.fact for question in outcome.questions]
