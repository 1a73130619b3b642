"""Every record of a data file that holds texts for people, for those who translate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from anatomy.body.section import DIRECTION_WORDS
from anatomy.charts import chart_specs
from anatomy.messages import named
from anatomy.muscles.catalogue import (
    get_muscle,
    get_point,
    muscle_names,
    point_names,
)
from anatomy.muscles.techniques import load_techniques
from anatomy.places.said import sayings
from anatomy.words.hits import ways
from zones.check.tolerance import handling
from zones.contract.needle import Arm, Measured, Posture, Toward
from zones.contract.sites import SideName
from zones.knowledge.facts import load_facts
from zones.knowledge.firmness import load_firmness
from zones.knowledge.habitus import habitus_rule
from zones.knowledge.referral import load_referral, load_referral_places
from zones.knowledge.regulation import load_regulation
from zones.knowledge.rule_files import load_rules
from zones.knowledge.structures.tissues import hollow_bones, tissue_words
from zones.knowledge.structures.zone_files import load_coverage, load_zones
from zones.patients.presets import load_presets
from zones.sentences.texts import load_texts
from zones.sentences.words import load_words
from zones.sessions.consent import load_consent
from zones.sessions.leaflet import load_leaflet
from zones.sessions.session_rules import load_session_book
from zones.sessions.symptom_rules import load_symptom_book


def records() -> Iterator[Any]:
    """Yield the records whose texts stand on the page, the card or a leaflet."""
    yield load_words()
    yield load_facts()
    yield load_rules()
    yield load_texts()
    yield tissue_words()
    yield hollow_bones()
    yield load_firmness()
    yield habitus_rule()
    yield handling()
    yield load_zones()
    yield load_coverage()
    yield load_regulation()
    yield load_session_book()
    yield load_symptom_book()
    yield load_consent()
    yield load_leaflet()
    yield load_presets()
    yield chart_specs()
    yield [get_muscle(name) for name in muscle_names()]
    yield [get_point(name) for name in point_names()]
    yield load_techniques()
    yield load_referral()
    yield list(load_referral_places().values())
    yield sayings()
    yield ways()
    yield map(named, names())


def names() -> Iterator[str]:
    """Yield the names that data files keep plain, because they are keys."""
    yield from (*get_args(Toward), *get_args(SideName), *DIRECTION_WORDS)
    yield from ("perpendicular", *get_args(Posture), *get_args(Arm))
    yield from get_args(Measured.model_fields["method"].annotation)
    facts = load_facts()
    for fact in load_session_book().catalogue.facts:
        yield from (option.replace("_", " ") for option in fact.options)
    yield from facts.places()
    for joint in facts.joints:
        yield joint.name
    for name in muscle_names():
        yield name
        yield from (site.label for site in get_muscle(name).site)
        yield get_muscle(name).region
    for entry in load_regulation().jurisdictions.values():
        yield entry.name
