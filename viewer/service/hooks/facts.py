"""The facts of a patient that a record states; what it does not say stays unknown.

A code that means the same as a fact, or less, says yes. One that means more, or partly
something else, is only pointed out. Nothing ever says no.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from anatomy.errors import ContradictionError, NeedlemapError
from anatomy.messages import message as _
from anatomy.store import cached
from viewer.fhir import parts as fhir
from viewer.service.hooks.book import load_book
from zones.knowledge.facts import load_facts
from zones.knowledge.records.codes import code_rows
from zones.patients.patient import parse_patient

#: FHIR's words for the sexes, in ours.
_SEX = {"male": "male", "female": "female", "M": "male", "F": "female"}
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
#: A date without its year, for ages.
_BIRTHDAY = "%m%d"


@dataclass
class Known:
    """What a record states of a patient.

    Attributes
    ----------
    facts : dict
        Facts by name, free of contradictions.
    unclear : list of str
        What stands in the record and may, but need not, state a fact; in words.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)


def facts_of(prefetch: Mapping[str, Any], *, today: date | None = None) -> Known:
    """Return the facts that prefetched resources state.

    Parameters
    ----------
    prefetch : mapping
        By the keys of ``data/hooks.toml``; null or missing ones state nothing.
    today : date, optional
        For ages and for how old a measurement is.

    Examples
    --------
    >>> patient = {"resourceType": "Patient", "gender": "female"}
    >>> facts_of({"patient": patient}).facts
    {'sex': 'female'}
    """
    on = today or date.today()
    stated: list[tuple[str, Any]] = []
    unclear: dict[str, None] = {}
    for sayings in (
        _conditions(prefetch.get("conditions")),
        _medicines(prefetch),
        _devices(prefetch.get("devices")),
        _observations(prefetch.get("observations"), on),
        _person(prefetch.get("patient"), on),
    ):
        for name, value, words in sayings:
            if name and value is not None:
                stated.append((name, value))
            elif words:
                unclear[words] = None
    return _consistent(stated, list(unclear))


#: A fact with its value, or the words of what may be one.
_Said = tuple[str, Any, str]


def _consistent(stated: list[tuple[str, Any]], unclear: list[str]) -> Known:
    """Return facts without those that contradict one told before; these are unclear.

    Conditions come first, so that a pregnancy on record stands against a sex.
    """
    known = Known(unclear=unclear)
    for name, value in stated:
        if name in known.facts:
            value = both(known.facts[name], value)  # noqa: PLW2901
        try:
            parse_patient({**known.facts, name: value})
        except ContradictionError:
            known.unclear.append(
                _("contradicts the rest of the record: {fact}", fact=_label(name))
            )
        except NeedlemapError:
            known.unclear.append(_("cannot be read: {fact}", fact=_label(name)))
        else:
            known.facts[name] = value
    return known


def both(one: Any, two: Any) -> Any:
    """Return what two statements of a fact say together; lists are put together."""
    if isinstance(one, list) and isinstance(two, list):
        return [*one, *(item for item in two if item not in one)]
    if isinstance(one, bool):  # a name or a list says more than yes
        return two
    return one


def _label(name: str) -> str:
    return load_facts()[name].label


def _person(value: Any, today: date) -> Iterator[_Said]:
    """Yield sex and age. Where sex at birth is on record too, both must agree."""
    for patient in fhir.resources(value, "Patient"):
        said = {_SEX.get(fhir.text(patient.get("gender")))}
        for extension in fhir.items(patient.get("extension")):
            if fhir.part(extension, "url") == BIRTH_SEX:
                said.add(_SEX.get(fhir.text(fhir.part(extension, "valueCode"))))
        if len(said) == 1:
            yield "sex", said.pop(), ""
        born = fhir.day(patient.get("birthDate"))
        if born is not None and born <= today:
            before = today.strftime(_BIRTHDAY) < born.strftime(_BIRTHDAY)
            yield "age", float(today.year - born.year - before), ""


def _conditions(value: Any) -> Iterator[_Said]:
    """Yield what diagnoses state."""
    counts = load_book().counts
    for condition in fhir.resources(value, "Condition"):
        checked = fhir.status(condition.get("verificationStatus"))
        if checked in ("refuted", "entered-in-error"):
            continue
        clinical = fhir.status(condition.get("clinicalStatus"))
        if not clinical and any(name.startswith("abatement") for name in condition):
            clinical = "resolved"
        counted = (not clinical or clinical in counts.clinical) and (
            not checked or checked in counts.verification
        )
        for coding in fhir.codings(condition.get("code")):
            yield from _coded(coding, sure=counted)


def _medicines(prefetch: Mapping[str, Any]) -> Iterator[_Said]:
    """Yield what medicines state: by code, and by the names of the facts file."""
    taken = load_book().counts.medication
    kinds = {"medications": "MedicationRequest", "statements": "MedicationStatement"}
    for key, kind in kinds.items():
        for medicine in fhir.resources(prefetch.get(key), kind):
            said = fhir.status(medicine.get("status"))
            if (said and said not in taken) or medicine.get("doNotPerform") is True:
                continue
            # R5 says of a statement apart from its status whether it is still taken
            kept_to = fhir.status(fhir.part(medicine.get("adherence"), "code"))
            if kept_to in load_book().counts.not_taken:
                continue
            concept = fhir.medication(medicine)
            for coding in fhir.codings(concept):
                yield from _coded(coding, sure=True)
            for name, fact in _named_medicines().items():
                if any(_says(word, name) for word in fhir.words(concept)):
                    yield fact, name, ""


@cached
def _named_medicines() -> dict[str, str]:
    """Return the medicines that have a name, each with the fact that it states."""
    return {
        medicine.name: "antiplatelet"
        if medicine.kind == "antiplatelet"
        else "anticoagulant"
        for medicine in load_facts().medicines
    }


def _says(words: str, name: str) -> bool:
    """Return whether words hold a name as a whole word."""
    return re.search(rf"\b{re.escape(name)}\b", words, re.IGNORECASE) is not None


def _devices(value: Any) -> Iterator[_Said]:
    """Yield what devices state: by code, and by the kinds of implants."""
    for device in fhir.resources(value, "Device"):
        said = fhir.status(device.get("status"))
        if said and said not in load_book().counts.device:
            continue
        types = fhir.device_types(device)
        for coding in (c for one in types for c in fhir.codings(one)):
            yield from _coded(coding, sure=True)
        said_types = [word for one in types for word in fhir.words(one)]
        words = [*said_types, *fhir.device_names(device)]
        for kind in load_facts()["implants"].options:
            if kind != "other" and any(_says(word, kind) for word in words):
                yield "implants", [{"kind": kind}], ""


def _observations(value: Any, today: date) -> Iterator[_Said]:
    """Yield the latest measurement of each fact, in its unit."""
    book = load_book()
    loinc = book.loinc()
    uri = next(system.uri for system in book.systems if system.reads == "loinc")
    latest: dict[str, tuple[date, float]] = {}
    for observation in fhir.resources(value, "Observation"):
        said = fhir.status(observation.get("status"))
        taken = fhir.day(observation.get("effectiveDateTime"))
        if taken is None or taken > today or said not in book.counts.observation:
            continue
        for source in (observation, *fhir.items(observation.get("component"))):
            for coding in fhir.codings(fhir.part(source, "code")):
                row = loinc.get(coding.code) if coding.system == uri else None
                number = _number(fhir.part(source, "valueQuantity"), row)
                if row is None or number is None:
                    continue
                if (today - taken).days > row.days:
                    words = _("{fact} was measured too long ago", fact=_label(row.fact))
                    yield "", None, words
                elif row.fact not in latest or taken >= latest[row.fact][0]:
                    latest[row.fact] = (taken, number)
    for fact, (_day, number) in latest.items():
        yield fact, number, ""


def _number(quantity: Any, row: Any) -> float | None:
    """Return a quantity in the unit of a fact; None for another unit or a bound."""
    value, unit = fhir.part(quantity, "value"), fhir.text(fhir.part(quantity, "code"))
    if row is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if fhir.text(fhir.part(quantity, "comparator")) or unit not in row.units:
        return None
    number = float(value) * row.units[unit]
    return round(number, 3) if math.isfinite(number) else None


def _coded(coding: fhir.Coding, *, sure: bool) -> Iterator[_Said]:
    """Yield what a code states, or may state."""
    for system in load_book().systems:
        if system.uri != coding.system or not coding.code:
            continue
        for row in code_rows("fact"):
            if row.system != system.reads:
                continue
            whole = system.whole_categories
            if not _within(coding.code, row.code, row.system, whole=whole):
                continue
            for name in row.what:
                if load_facts()[name].type in ("number", "choice"):
                    continue
                if sure and row.relation in ("equal", "narrower"):
                    yield name, True, ""
                else:
                    fact = _label(name)
                    yield "", None, _("{code}: {fact}", code=coding.code, fact=fact)


def _within(code: str, row: str, system: str, *, whole: bool) -> bool:
    """Return whether a code on record is one of ours or lies below it.

    Examples
    --------
    >>> _within("B20.1", "B20-B24", "icd10", whole=False)
    True
    >>> _within("L23.0", "L23.0", "icd10", whole=True)
    False
    >>> _within("B01AA03", "B01AA", "atc", whole=False)
    True
    """
    if system != "icd10":
        return code == row or (system == "atc" and code.startswith(row))
    first, _, last = row.partition("-")
    if last:
        return first <= code[: len(first)] <= last
    if whole and "." in row:
        return False
    return code == row or code.startswith(row if "." in row else f"{row}.")
