"""The questions of the facts file as a Questionnaire: link ids are names of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from viewer.fhir.book import UCUM, load_book
from viewer.fhir.made import ANSWER, OWN, Made, codings_of, number
from viewer.fhir.versions import Version
from zones.check.site import data_version
from zones.knowledge.conditions import Condition
from zones.knowledge.facts import Fact, load_facts
from zones.knowledge.records.codes import all_codes
from zones.versions.proof import software_version

ID = "needlemap-patient"
URL = f"{OWN}:questionnaire:patient"
GROUP = "group."
#: What is asked of each marked patch of skin, and of each implant.
AREA, ITEM = "area", "item"
_EXTENSION = "http://hl7.org/fhir/StructureDefinition"
_CONTROL = "http://hl7.org/fhir/questionnaire-item-control"

#: A question, an operator of FHIR, the answer it is held against.
_Test = tuple[str, str, Any]


def asked_facts() -> list[Fact]:
    """Return the facts that are asked of a patient, in their order."""
    return [fact for fact in load_facts().facts if fact.source == "patient"]


def questionnaire(version: Version) -> Made:
    """Return all questions about a patient as a Questionnaire.

    Nothing is required: a question without an answer was not asked.

    Parameters
    ----------
    version : Version
        Of FHIR.

    Examples
    --------
    >>> found = questionnaire(Version.R4)
    >>> found["item"][0]["item"][0]["linkId"], found["item"][0]["item"][0]["type"]
    ('sex', 'choice')
    """
    facts = asked_facts()
    groups = []
    for group in load_facts().groups:
        inside = [
            item
            for fact in facts
            if fact.group == group.name
            for item in _items(fact, version)
        ]
        if inside:
            groups.append(
                {
                    "linkId": f"{GROUP}{group.name}",
                    "text": str(group.title),
                    "type": "group",
                    "item": inside,
                }
            )
    return {
        "resourceType": "Questionnaire",
        "id": ID,
        "language": "en",
        "url": URL,
        "version": f"{software_version()}-{data_version()}",
        "name": "NeedlemapPatient",
        "title": "Before dry needling: what is known of the patient",
        "status": "active",
        "subjectType": ["Patient"],
        "publisher": "needlemap",
        "description": "What needlemap asks about a patient. A question that is not "
        "answered counts as not asked, never as no.",
        "item": groups,
    }


def answer_options(names: Iterable[str]) -> list[Made]:
    """Return answers to choose from."""
    return [{"valueCoding": answer(name)} for name in names]


def answer(name: str) -> Made:
    """Return an answer as a code of ours.

    Examples
    --------
    >>> answer("yes")
    {'system': 'urn:needlemap:answer', 'code': 'yes', 'display': 'yes'}
    """
    return {"system": ANSWER, "code": name, "display": name}


def options_of(fact: Fact) -> tuple[str, ...]:
    """Return the answers of a fact that can be chosen; none for numbers.

    Examples
    --------
    >>> options_of(load_facts()["anticoagulant"])[:3]
    ('yes', 'no', 'warfarin')
    """
    if fact.type == "choice":
        return fact.options
    if fact.type == "medicine":
        platelet = fact.name == "antiplatelet"
        return (
            "yes",
            "no",
            *(
                medicine.name
                for medicine in load_facts().medicines
                if (medicine.kind == "antiplatelet") == platelet
            ),
        )
    if fact.type == "regions":
        return ("yes", "no", *load_facts().places())
    return ()


def _items(fact: Fact, version: Version) -> list[Made]:
    """Return the question of a fact, and the list that may follow it."""
    item: Made = {
        "linkId": fact.name,
        "text": str(fact.question),
        "type": "boolean",
    }
    code = codings_of(all_codes("fact").get(fact.name, ()))
    if code:
        item["code"] = code
    if fact.type == "number":
        item |= _number(fact.unit, fact.range)
    elif options_of(fact):
        item |= _choice(options_of(fact), version, open_=fact.type != "choice")
        if fact.type == "regions":
            item["repeats"] = True
    if fact.asked_when is not None:
        item |= enable_when(fact.asked_when)
    if fact.help:
        item["item"] = [_help(fact)]
    if fact.type == "areas":
        return [item, _areas(fact)]
    return [item, _implants(fact, version)] if fact.type == "implants" else [item]


def _help(fact: Fact) -> Made:
    return {
        "extension": [
            {
                "url": f"{_EXTENSION}/questionnaire-itemControl",
                "valueCodeableConcept": {
                    "coding": [{"system": _CONTROL, "code": "help"}]
                },
            }
        ],
        "linkId": f"{fact.name}.help",
        "text": str(fact.help),
        "type": "display",
    }


def _number(unit: str | None, span: tuple[float, float] | None) -> Made:
    extensions: list[Made] = []
    if unit is not None:
        coding = {"system": UCUM, "code": load_book().units.get(unit, unit)}
        extensions.append(
            {
                "url": f"{_EXTENSION}/questionnaire-unit",
                "valueCoding": {**coding, "display": str(unit)},
            }
        )
    for name, value in zip(("minValue", "maxValue"), span or (), strict=False):
        extensions.append(
            {"url": f"{_EXTENSION}/{name}", "valueDecimal": number(value)}
        )
    return {"type": "decimal", "extension": extensions}


def _choice(names: Sequence[str], version: Version, *, open_: bool) -> Made:
    options = {"answerOption": answer_options(names)}
    if version is Version.R4:
        return {"type": "open-choice" if open_ else "choice", **options}
    limit = "optionsOrString" if open_ else "optionsOnly"
    return {"type": "coding", "answerConstraint": limit, **options}


def _listed(fact: Fact, what: str, text: str, inside: list[Made]) -> Made:
    """Return the group that is repeated for each thing in a list."""
    return {
        "linkId": f"{fact.name}.{what}",
        "text": text,
        "type": "group",
        "repeats": True,
        "enableWhen": [{"question": fact.name, "operator": "=", "answerBoolean": True}],
        "item": inside,
    }


def _areas(fact: Fact) -> Made:
    place = f"{fact.name}.{AREA}"
    site = {
        "linkId": f"{place}.site",
        "text": 'Middle of the area, such as "6 cm left of T4"',
        "type": "string",
    }
    radius = {
        "linkId": f"{place}.radius_mm",
        "text": "Radius of the area",
        **_number("mm", None),
    }
    return _listed(fact, AREA, "Area of skin", [site, radius])


def _implants(fact: Fact, version: Version) -> Made:
    place = f"{fact.name}.{ITEM}"
    kind = {
        "linkId": f"{place}.kind",
        "text": "What it is",
        **_choice(fact.options, version, open_=False),
    }
    region = {
        "linkId": f"{place}.region",
        "text": "Where it is",
        **_choice(load_facts().places(), version, open_=True),
    }
    return _listed(fact, ITEM, "Implant", [kind, region])


def enable_when(condition: Condition) -> Made:
    """Return when a question is asked, as FHIR has it; nothing when it cannot say it.

    A question whose condition FHIR cannot say is always asked.

    Examples
    --------
    >>> enable_when(Condition(fact="age", below=16))["enableWhen"]
    [{'question': 'age', 'operator': '<', 'answerDecimal': 16}]
    """
    found = _tests(condition, holds=True)
    if found is None:
        return {}
    how, tests = found
    rows = [
        {"question": fact, "operator": sign, **value} for fact, sign, value in tests
    ]
    return {
        "enableWhen": rows,
        **({"enableBehavior": how} if len(rows) > 1 else {}),
    }


_How = Literal["all", "any"]
_NEGATED = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def _tests(condition: Condition, *, holds: bool) -> tuple[_How, list[_Test]] | None:
    """Return a condition as tests that must all, or of which any must, be met."""
    if condition.not_ is not None:
        return _tests(condition.not_, holds=not holds)
    if condition.any_ is None and condition.all_ is None:
        return _test(condition, holds=holds)
    how: _How = "all" if (condition.all_ is not None) == holds else "any"
    tests: list[_Test] = []
    for part in condition.parts():
        inner = _tests(part, holds=holds)
        if inner is None or (len(inner[1]) > 1 and inner[0] != how):
            return None
        tests += inner[1]
    return how, tests


def _test(condition: Condition, *, holds: bool) -> tuple[_How, list[_Test]] | None:
    """Return the tests for one fact."""
    name = str(condition.fact)
    fact = load_facts()[name]
    if condition.given is not None:
        exists = condition.given is holds
        return "all", [(name, "exists", {"answerBoolean": exists})]
    for sign, limit in (
        ("<", condition.below),
        ("<=", condition.at_most),
        (">=", condition.at_least),
        (">", condition.above),
    ):
        if limit is not None:
            sign = sign if holds else _NEGATED[sign]  # noqa: PLW2901
            return "all", [(name, sign, {"answerDecimal": number(limit)})]
    equals = condition.equals
    if isinstance(equals, bool) and not options_of(fact):
        return "all", [(name, "=", {"answerBoolean": equals is holds})]
    if isinstance(equals, bool):
        no = {"answerCoding": answer("no")}
        if equals is not holds:
            return "all", [(name, "=", no)]
        there = (name, "exists", {"answerBoolean": True})
        return "all", [there, (name, "!=", no)]
    if isinstance(equals, str):
        return "all", [(name, "=" if holds else "!=", {"answerCoding": answer(equals)})]
    return None
