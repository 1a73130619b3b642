"""The Parameters of ``$check`` taken apart: site, needle, answers and record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from anatomy.errors import InputError, UnknownNameError
from anatomy.muscles.technique_choices import technique_choices
from anatomy.names import unknown
from viewer.fhir import parts as fhir
from viewer.fhir.made import millimetres
from viewer.fhir.needle import with_direction
from viewer.fhir.responses import answers_of
from viewer.fhir.structures import site_of
from viewer.fhir.versions import Version, check_version
from viewer.service.hooks.book import load_book
from viewer.service.hooks.facts import Known, both, facts_of
from zones.contract.sites import parse_site
from zones.knowledge.facts import load_facts
from zones.patients.patient import Practitioner

#: Parameters, and how often each may be given; 0 for any number.
NAMES = {"site": 1, "needle": 1, "practitioner": 1, "answers": 1, "record": 0}
#: Parts of a needle that are lengths, each with the field of the contract.
_LENGTHS = {
    "length": "length_mm",
    "depth": "depth_mm",
    "fold": "fold_mm",
    "diameter": "diameter_mm",
}
_WORDS = ("toward", "grip", "bone", "posture", "arm")
#: What of a record is read.
_KINDS = {
    "Patient",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Device",
}


@dataclass(frozen=True)
class Asked:
    """What a check is asked.

    Attributes
    ----------
    site, needle, practitioner, patient : dict
        As the contract has them.
    unclear : tuple of str
        What stands in the record and may, but need not, be a fact; in words.
    passed_over : tuple of str
        Kinds of resources that were sent and are not read.
    subject : dict
        Reference to the patient, by address or code.
    """

    site: dict[str, Any]
    needle: dict[str, Any]
    practitioner: dict[str, Any]
    patient: dict[str, Any]
    unclear: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    subject: dict[str, Any] = field(default_factory=dict)


def read_parameters(sent: Any, version: Version) -> Asked:
    """Return what the Parameters of a check ask.

    Parameters
    ----------
    sent : mapping
        The resource.
    version : Version
        What it is written in.

    Raises
    ------
    NeedlemapError
        Naming the parameter that is wrong.

    Examples
    --------
    >>> site = {"name": "site", "valueString": "6 cm left of T4"}
    >>> asked = read_parameters(
    ...     {"resourceType": "Parameters", "parameter": [site]}, Version.R4)
    >>> asked.site, asked.patient
    ({'text': '6 cm left of T4'}, {})
    """
    if fhir.part(sent, "resourceType") != "Parameters":
        given = fhir.text(fhir.part(sent, "resourceType"))[:40] or "none"
        raise InputError(
            f"a check takes Parameters; got resourceType {given!r}.",
            field="resourceType",
        )
    check_version(sent, version)
    found = _by_name(sent)
    if "site" not in found:
        raise InputError("the parameter site must be given.", field="Parameters.site")
    site, holder = _site(found["site"][0], version)
    answers = [_resource(one, "answers") for one in found.get("answers", [])]
    sent_record = [_resource(one, "record") for one in found.get("record", [])]
    record = [inner for one in sent_record for inner in _each(one)]
    subject = _subject(holder, answers, record)
    known = facts_of(
        {row.key: _bundle(record) for row in load_book().prefetch},
    )
    said = [answers_of(one, version, field="answers") for one in answers]
    facts, unclear = together(known, said[0] if said else {})
    kinds = [fhir.text(fhir.part(one, "resourceType")) for one in record]
    return Asked(
        site=site,
        needle=_needle(found["needle"][0], site) if "needle" in found else {},
        practitioner=(
            _practitioner(found["practitioner"][0]) if "practitioner" in found else {}
        ),
        patient=facts,
        unclear=tuple(unclear),
        passed_over=tuple(
            dict.fromkeys(k for k in kinds if k not in {*_KINDS, "OperationOutcome"})
        ),
        subject=subject,
    )


def _by_name(sent: Any) -> dict[str, list[Any]]:
    """Return the parameters by name.

    Raises
    ------
    UnknownNameError, InputError
        For one that does not exist, or is given too often.
    """
    found: dict[str, list[Any]] = {}
    for number, one in enumerate(fhir.items(fhir.part(sent, "parameter"))):
        name = fhir.text(fhir.part(one, "name"))
        where = f"Parameters.parameter[{number}]"
        if name not in NAMES:
            raise unknown("parameter", name[:40], NAMES, field=f"{where}.name")
        found.setdefault(name, []).append(one)
        if 0 < NAMES[name] < len(found[name]):
            raise InputError(f"{name} must be given once.", field=where)
    return found


def _resource(one: Any, name: str) -> Any:
    found = fhir.part(one, "resource")
    if not isinstance(found, Mapping):
        raise InputError(f"{name} must be a resource.", field=f"Parameters.{name}")
    return found


def _site(one: Any, version: Version) -> tuple[dict[str, Any], Any]:
    """Return the site, and the BodyStructure that it came from."""
    said = fhir.text(fhir.part(one, "valueString"))
    if said:
        return {"text": said}, None
    found = _resource(one, "site")
    return site_of(found, version), found


def _each(resource: Any) -> Iterator[fhir.Resource]:
    """Yield a resource, or those in a Bundle."""
    if fhir.part(resource, "resourceType") == "Bundle":
        for entry in fhir.items(resource.get("entry")):
            yield from _each(fhir.part(entry, "resource"))
    elif isinstance(resource, Mapping):
        yield resource


def _bundle(record: list[fhir.Resource]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in record]}


def _subject(
    holder: Any, answers: list[Any], record: list[fhir.Resource]
) -> dict[str, Any]:
    """Return whom all of it is about, without a name.

    Raises
    ------
    InputError
        When it is about more than one patient.
    """
    people = [one for one in record if one.get("resourceType") == "Patient"]
    if len(people) > 1:
        raise InputError("record must be about one patient.", field="Parameters.record")
    about = [
        reference
        for one in [holder, *answers, *record]
        for name in ("patient", "subject")
        if isinstance(reference := fhir.part(one, name), Mapping)
    ]
    ids = {fhir.text(one.get("id")) for one in people} - {""}
    for reference in about:
        *_, kind, found = ["", "", *fhir.text(reference.get("reference")).split("/")]
        if kind == "Patient":
            ids.add(found)
    if len(ids) > 1:
        raise InputError(
            "site, answers and record must be about one patient.",
            field="Parameters.parameter",
        )
    if ids:
        return {"reference": f"Patient/{ids.pop()}"}
    for reference in about:
        plain = {n: reference[n] for n in ("reference", "identifier") if n in reference}
        if plain:
            return plain
    return {"display": "not named"}


def together(known: Known, said: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return facts of a record and answers to questions, together.

    Where they differ the answer that clears does not count, whichever it is, and a
    number that was answered counts; both are pointed out.

    Parameters
    ----------
    known : Known
        What the record states.
    said : mapping
        What was answered.

    Examples
    --------
    >>> facts, unclear = together(Known({"epilepsy": True}), {"epilepsy": False})
    >>> facts, len(unclear)
    ({'epilepsy': True}, 1)
    """
    from anatomy.messages import message as _

    facts, unclear = dict(known.facts), list(known.unclear)
    for name, value in said.items():
        fact = load_facts()[name]
        before = facts.get(name)
        if before is not None and before != value:
            says = _("the record and the answers differ: {fact}", fact=fact.label)
            unclear.append(says)
            if fact.type != "number":
                clears = value in (fact.favourable, [])
                facts[name] = before if clears else both(before, value)
                continue
        facts[name] = value
    return facts, unclear


def _parts(one: Any, name: str, known: tuple[str, ...]) -> dict[str, Any]:
    """Return the parts of a parameter by name, each given once."""
    found: dict[str, Any] = {}
    for part in fhir.items(fhir.part(one, "part")):
        inner = fhir.text(fhir.part(part, "name"))
        if inner not in known:
            raise unknown("part", inner[:40], known, field=f"Parameters.{name}.{inner}")
        if inner in found:
            raise InputError(f"{name}.{inner} must be given once.", field=name)
        found[inner] = part
    return found


def _needle(one: Any, site: Mapping[str, Any]) -> dict[str, Any]:
    """Return the needle of a check as the contract has it.

    Raises
    ------
    NeedlemapError
        For a part that does not exist or has another type.
    """
    known = (*_LENGTHS, "tilt", *_WORDS, "electrical", "technique")
    found = _parts(one, "needle", known)
    plan: dict[str, Any] = {}
    for name, part in found.items():
        where = f"Parameters.needle.{name}"
        if name in _LENGTHS:
            plan[_LENGTHS[name]] = _length(part, where)
        elif name == "tilt":
            plan["tilt_deg"] = _degrees(part, where)
        elif name == "electrical":
            value = fhir.part(part, "valueBoolean")
            if not isinstance(value, bool):
                raise InputError(f"{where} must be a valueBoolean.", field=where)
            plan[name] = value
        elif name in _WORDS:
            plan[name] = _word(part, where)
    if "technique" in found:
        word = _word(found["technique"], "Parameters.needle.technique")
        plan = _by_technique(word, site) | plan | {"technique": word}
    return with_direction(plan)


def _length(part: Any, where: str) -> float:
    found = millimetres(fhir.part(part, "valueQuantity"))
    if found is None:
        raise InputError(f"{where} must be a valueQuantity in mm or cm.", field=where)
    return found


def _degrees(part: Any, where: str) -> float:
    quantity = fhir.part(part, "valueQuantity")
    value = fhir.part(quantity, "value")
    unit = fhir.text(fhir.part(quantity, "code")) or "deg"
    if quantity is None:
        value, unit = fhir.part(part, "valueDecimal"), "deg"
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not plain or unit != "deg":
        raise InputError(f"{where} must be a valueQuantity in deg.", field=where)
    return float(value)


def _word(part: Any, where: str) -> str:
    for name in ("valueCode", "valueString"):
        found = fhir.text(fhir.part(part, name))
        if found:
            return found
    raise InputError(f"{where} must be a valueCode.", field=where)


def _by_technique(word: str, site: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a technique on record for the site's muscle says of the needle.

    Raises
    ------
    UnknownNameError
        When the site names no muscle, or the muscle has no such technique.
    """
    where = "Parameters.needle.technique"
    if "muscle" not in site:
        raise UnknownNameError(
            f"{where}: a technique goes with a site that is given as a muscle.",
            field=where,
        )
    parse_site(site)
    choices = technique_choices(str(site["muscle"]), site.get("site"))
    for choice in choices:
        if choice.technique.id == word:
            names = ("length_mm", "depth_mm", "tilt_deg", "toward", "grip")
            found = {name: getattr(choice, name) for name in names}
            if not found["tilt_deg"]:
                found |= {"tilt_deg": None, "toward": None}
            return {name: value for name, value in found.items() if value is not None}
    ids = [choice.technique.id for choice in choices]
    raise unknown("technique", word[:60], ids, field=where)


def _practitioner(one: Any) -> dict[str, Any]:
    """Return who needles, as the contract has it."""
    found = _parts(one, "practitioner", tuple(Practitioner.model_fields))
    said: dict[str, Any] = {}
    for name, part in found.items():
        number = fhir.part(part, "valueDecimal")
        where = f"Parameters.practitioner.{name}"
        said[name] = _word(part, where) if number is None else number
    if isinstance(said.get("regions_trained"), str):
        said["regions_trained"] = [said["regions_trained"]]
    return said
