"""A patient as a QuestionnaireResponse and back: what is not answered stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from anatomy.errors import ContradictionError, InputError
from anatomy.names import unknown
from viewer.fhir.book import load_book
from viewer.fhir.made import Made, millimetres, number
from viewer.fhir.parts import items, part, text
from viewer.fhir.questionnaire import (
    AREA,
    GROUP,
    ITEM,
    URL,
    answer,
    asked_facts,
    options_of,
)
from viewer.fhir.site_parts import read_site, site_extension, words_of
from viewer.fhir.versions import Version, check_version
from zones.check.site import data_version
from zones.knowledge.facts import Fact, load_facts
from zones.patients.patient import Patient, PatientLike, parse_patient
from zones.versions.proof import software_version

KIND = "QuestionnaireResponse"
_YES_NO = {"yes": True, "no": False}
#: Why a response is not read, by its status.
_REFUSED = ("entered-in-error",)


def response_of(
    patient: PatientLike,
    version: Version,
    *,
    subject: Made | None = None,
    authored: str | None = None,
) -> Made:
    """Return what is known of a patient as answers; what is not is left out.

    Parameters
    ----------
    patient : Patient or mapping
        The patient.
    version : Version
        Of FHIR.
    subject : dict, optional
        Reference to the patient.
    authored : str, optional
        When it was answered.

    Examples
    --------
    >>> found = response_of({"pregnant": False}, Version.R5)
    >>> found["item"][0]["item"]
    [{'linkId': 'pregnant', 'answer': [{'valueBoolean': False}]}]
    """
    known = parse_patient(patient).given()
    groups = []
    for group in load_facts().groups:
        inside = [
            item
            for fact in asked_facts()
            if fact.group == group.name and fact.name in known
            for item in _written(fact, known[fact.name])
        ]
        if inside:
            groups.append({"linkId": f"{GROUP}{group.name}", "item": inside})
    made: Made = {
        "resourceType": KIND,
        "questionnaire": f"{URL}|{software_version()}-{data_version()}",
        "status": "completed",
    }
    if subject is not None:
        made["subject"] = subject
    if authored is not None:
        made["authored"] = authored
    return made | ({"item": groups} if groups else {})


def _written(fact: Fact, value: Any) -> Iterator[Made]:
    """Yield a fact's answer as items."""
    if isinstance(value, list) and not value:
        value = False
    if fact.type in ("areas", "implants"):
        listed = value if isinstance(value, list) else []
        yield _answered(fact.name, [{"valueBoolean": bool(value)}])
        writer = _area if fact.type == "areas" else _implant
        for one in listed:
            yield writer(fact.name, one)
    elif fact.type == "number":
        yield _answered(fact.name, [{"valueDecimal": number(value)}])
    elif fact.type == "bool":
        yield _answered(fact.name, [{"valueBoolean": value}])
    else:
        several = value if isinstance(value, list) else [value]
        known = options_of(fact)
        yield _answered(fact.name, [_chosen(one, known) for one in several])


def _answered(link: str, answers: list[Made]) -> Made:
    return {"linkId": link, "answer": answers}


def _chosen(value: Any, known: Sequence[str]) -> Made:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return {"valueCoding": answer(value)} if value in known else {"valueString": value}


def _area(name: str, one: Mapping[str, Any]) -> Made:
    place = f"{name}.{AREA}"
    site = one["site"]
    where: Made = {"valueString": words_of(site)}
    exact = site_extension(site)
    if exact is not None:
        where["extension"] = [exact]
    radius = {"valueDecimal": number(one["radius_mm"])}
    return {
        "linkId": place,
        "item": [
            _answered(f"{place}.site", [where]),
            _answered(f"{place}.radius_mm", [radius]),
        ],
    }


def _implant(name: str, one: Mapping[str, Any]) -> Made:
    place = f"{name}.{ITEM}"
    inside = [_answered(f"{place}.kind", [{"valueCoding": answer(one["kind"])}])]
    if one.get("region") is not None:
        region = _chosen(one["region"], load_facts().places())
        inside.append(_answered(f"{place}.region", [region]))
    return {"linkId": place, "item": inside}


def patient_of(resource: Any, version: Version, *, field: str = KIND) -> Patient:
    """Return the patient that answers tell of.

    Parameters
    ----------
    resource : mapping
        A QuestionnaireResponse to the questionnaire of `questionnaire`.
    version : Version
        Of FHIR.
    field : str
        Where it stands, for messages.

    Raises
    ------
    NeedlemapError
        For another resource or questionnaire, one entered in error, a question that
        does not exist, an answer of the wrong kind; and as `parse_patient`.

    Examples
    --------
    >>> sent = response_of({"lymphoedema": ["left arm"]}, Version.R4)
    >>> patient_of(sent, Version.R4).lymphoedema
    ('left arm',)
    """
    return parse_patient(answers_of(resource, version, field=field))


def answers_of(resource: Any, version: Version, *, field: str = KIND) -> dict[str, Any]:
    """Return the facts that answers tell of, by name; as `patient_of`, not checked.

    Raises
    ------
    NeedlemapError
        As `patient_of`.
    """
    if part(resource, "resourceType") != KIND:
        raise InputError(f"{field} must be a {KIND}.", field=field)
    check_version(resource, version, field=field)
    if text(resource.get("status")) in _REFUSED:
        raise InputError(f"{field}.status is {resource['status']}.", field=field)
    form = text(resource.get("questionnaire")).partition("|")[0]
    if form not in ("", URL):
        raise InputError(
            f"{field}.questionnaire must be {URL}; got {form[:120]!r}.",
            field=f"{field}.questionnaire",
        )
    found: dict[str, list[Any]] = {}
    for link, item in _each(resource, field):
        found.setdefault(link, []).append(item)
    facts: dict[str, Any] = {}
    for fact in asked_facts():
        value = _read(fact, found, field)
        if value is not None:
            facts[fact.name] = value
    return facts


def _each(holder: Any, field: str) -> Iterator[tuple[str, Any]]:
    """Yield the items of a response that have answers or lists, by link id."""
    known = _links()
    for item in items(part(holder, "item")):
        link = text(part(item, "linkId"))
        if link.startswith(GROUP):
            yield from _each(item, field)
        elif link not in known:
            raise unknown("question", link[:80], known, field=f"{field}.item.linkId")
        else:
            yield link, item


def _links() -> tuple[str, ...]:
    """Return the link ids at which something may be answered."""
    found = []
    for fact in asked_facts():
        found.append(fact.name)
        if fact.type in ("areas", "implants"):
            found.append(f"{fact.name}.{AREA if fact.type == 'areas' else ITEM}")
    return tuple(found)


def _read(fact: Fact, found: Mapping[str, list[Any]], field: str) -> Any:
    """Return the answer to one fact; None when it was not answered."""
    where = f"{field}.item.{fact.name}"
    given = [a for item in found.get(fact.name, []) for a in _answers(item)]
    if fact.type in ("areas", "implants"):
        name = AREA if fact.type == "areas" else ITEM
        reader = _read_area if fact.type == "areas" else _read_implant
        listed = [
            reader(item, f"{fact.name}.{name}", where)
            for item in found.get(f"{fact.name}.{name}", [])
        ]
        said = _one(given, _yes_no, where)
        if listed and said is False:
            raise ContradictionError(
                f"{where}: answered with no, and with a list.", field=where
            )
        return listed or said
    if fact.type == "regions":
        return _regions([_name(a, where) for a in given], where)
    readers: dict[str, Callable[[Any, str], Any]] = {
        "bool": _yes_no,
        "number": lambda one, place: _number(one, fact, place),
        "choice": _name,
        "medicine": _medicine,
    }
    return _one(given, readers[fact.type], where)


def _answers(item: Any) -> list[Any]:
    """Return the answers of an item that hold a value."""
    return [
        one
        for one in items(part(item, "answer"))
        if isinstance(one, Mapping) and any(n.startswith("value") for n in one)
    ]


def _one(given: Sequence[Any], read: Callable[[Any, str], Any], where: str) -> Any:
    """Return the only answer; None without one."""
    if not given:
        return None
    found = [read(one, where) for one in given]
    if any(one != found[0] for one in found):
        raise ContradictionError(f"{where}: answered twice, differently.", field=where)
    return found[0]


def _yes_no(one: Any, where: str) -> bool:
    value = part(one, "valueBoolean")
    if isinstance(value, bool):
        return value
    code = text(part(part(one, "valueCoding"), "code"))
    if code in _YES_NO:
        return _YES_NO[code]
    raise _wrong(where, "valueBoolean")


def _name(one: Any, where: str) -> str:
    """Return an answer that was chosen or written."""
    value = part(one, "valueBoolean")
    if isinstance(value, bool):
        return "yes" if value else "no"
    found = text(part(part(one, "valueCoding"), "code")) or text(
        part(one, "valueString")
    )
    if not found:
        raise _wrong(where, "valueCoding or valueString")
    return found


def _medicine(one: Any, where: str) -> bool | str:
    name = _name(one, where)
    return _YES_NO.get(name, name)


def _number(one: Any, fact: Fact, where: str) -> float:
    for name in ("valueDecimal", "valueInteger"):
        value = part(one, name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    given = part(one, "valueQuantity")
    unit = load_book().units[str(fact.unit)]
    value = part(given, "value")
    said = text(part(given, "code")) or text(part(given, "unit"))
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if plain and said == unit and not text(part(given, "comparator")):
        return float(value)
    raise _wrong(where, f"valueDecimal, or valueQuantity in {unit}")


def _regions(given: Sequence[str], where: str) -> bool | list[str] | None:
    names = [one for one in dict.fromkeys(given) if one not in _YES_NO]
    if "no" in given and (names or "yes" in given):
        raise ContradictionError(
            f"{where}: answered with no, and with something else.", field=where
        )
    if not given:
        return None
    return names or "yes" in given


def _inside(item: Any, place: str, where: str) -> dict[str, Any]:
    """Return the answers of a listed thing by the last part of their link ids."""
    found = {}
    for inner in items(part(item, "item")):
        link = text(part(inner, "linkId"))
        name = link.removeprefix(f"{place}.")
        if name == link:
            raise InputError(f"{where}: unknown question {link[:80]!r}.", field=where)
        for one in _answers(inner):
            found[name] = one
    return found


def _read_area(item: Any, place: str, where: str) -> Made:
    found = _inside(item, place, where)
    if "site" not in found:
        raise InputError(f"{place}.site must say where the area is.", field=where)
    area: Made = {"site": read_site(found["site"], _name(found["site"], where), where)}
    if "radius_mm" in found:
        one = found["radius_mm"]
        value = part(one, "valueDecimal")
        value = millimetres(part(one, "valueQuantity")) if value is None else value
        if value is None:
            raise _wrong(f"{place}.radius_mm", "valueDecimal in mm")
        area["radius_mm"] = value
    return area


def _read_implant(item: Any, place: str, where: str) -> Made:
    found = _inside(item, place, where)
    if "kind" not in found:
        raise InputError(f"{place}.kind must say what it is.", field=where)
    return {name: _name(one, where) for name, one in found.items()}


def _wrong(where: str, what: str) -> InputError:
    return InputError(f"{where} must be answered with {what}.", field=where)
