"""One request of the contract: a site, a needle, a patient, a practitioner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict

from anatomy.errors import InputError
from anatomy.names import unknown
from zones.contract.models import CONTRACT_VERSION, Assessment
from zones.contract.needle import Needle, parse_needle
from zones.contract.sites import Site, parse_site
from zones.contract.validation import StrictModel
from zones.knowledge.facts import load_facts
from zones.patients.patient import (
    Patient,
    Practitioner,
    parse_patient,
    parse_practitioner,
)


class Request(StrictModel):
    """What a check is asked, as the contract has it; used for the JSON Schema."""

    model_config = ConfigDict(title="Request")

    site: Site
    needle: Needle | None = None
    patient: Patient | None = None
    practitioner: Practitioner | None = None


_PARTS = tuple(Request.model_fields)


@dataclass(frozen=True)
class Parsed:
    """A request after its parts were read and checked."""

    site: Site
    needle: Needle
    patient: Patient
    practitioner: Practitioner


def parse_request(data: object) -> Parsed:
    """Return a request read from plain data.

    Parameters
    ----------
    data : mapping
        ``site`` and optionally ``needle``, ``patient``, ``practitioner``.

    Returns
    -------
    Parsed
        Its validated parts.

    Raises
    ------
    NeedlemapError
        Of the kind that says what was wrong; names the field.

    Examples
    --------
    >>> parse_request({"site": {"text": "6 cm left of T4"}}).needle.planned_mm
    inf
    """
    if not isinstance(data, Mapping):
        raise InputError(
            f"a request must be an object with a site; got {type(data).__name__}.",
            given=data,
            suggestions=_PARTS,
        )
    for name in data:
        if name not in _PARTS:
            raise unknown("field", str(name), _PARTS, field=str(name))
    if data.get("site") is None:
        raise InputError("site must be given.", field="site")
    return parse_parts(
        data["site"], data.get("needle"), data.get("patient"), data.get("practitioner")
    )


def parse_parts(
    site: object, needle: object, patient: object, practitioner: object
) -> Parsed:
    """Return a request from its parts, each plain data or a model already."""
    return Parsed(
        parse_site(site),
        parse_needle(needle),
        parse_patient(patient),
        parse_practitioner(practitioner),
    )


def unremarkable(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patient of whom all else was asked, and nothing stands against needling.

    Parameters
    ----------
    given : mapping
        Facts that are known; None takes a fact out again.

    Returns
    -------
    dict
        The facts given, and each other that would be asked at the answer that clears.

    Examples
    --------
    >>> unremarkable({"age": 31})["consent_given"]
    True
    """
    catalogue = load_facts()
    known = {name: value for name, value in given.items() if value is not None}
    sized = "height_cm" in known and "weight_kg" in known
    for fact in catalogue.facts:
        if fact.source != "patient" or fact.favourable is None or fact.name in given:
            continue
        follows = catalogue.complete(known)
        if fact.name in ("bmi", "height_cm", "weight_kg") and (sized or "bmi" in known):
            continue
        if catalogue.asked(fact.name, follows):
            known[fact.name] = follows.get(fact.name, fact.favourable)
    return known


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of request and response.

    Returns
    -------
    dict
        With ``request`` and ``response``, each a JSON Schema (draft 2020-12), and
        ``contract_version``, the version of the contract that they describe.

    Examples
    --------
    >>> sorted(json_schema())
    ['contract_version', 'request', 'response']
    """
    return {
        "contract_version": CONTRACT_VERSION,
        "request": Request.model_json_schema(),
        "response": Assessment.model_json_schema(mode="serialization"),
    }
