"""A patient read from the FHIR server that launched the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from anatomy.errors import InputError, NeedlemapError
from viewer.fhir import parts as fhir
from viewer.fhir.versions import Version, check_version
from viewer.service.hooks.book import load_book
from viewer.service.hooks.facts import facts_of

#: Pages of one search that are read.
MOST_PAGES = 10
#: Facts that no record may answer: they are agreed or judged on the day.
NEVER = ("consent_given", "guardian_consent", "capacity_to_consent")

Get = Callable[[str], bytes]


@dataclass(frozen=True)
class Launched:
    """What a record says of the patient that was launched with.

    Attributes
    ----------
    ehr : str
        How the record is called.
    code : str
        The patient's id in the record; no name is kept.
    facts : dict
        Facts by name; what the record does not say is not there.
    unclear : tuple of str
        What may, but need not, be a fact; in words.
    unread : tuple of str
        Kinds of resources that could not be read, or not to their end.
    """

    ehr: str
    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    unclear: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read_patient(
    get: Get, base: str, patient: str, version: Version, *, ehr: str
) -> Launched:
    """Return what a FHIR server says of a patient, as `facts_of` reads it.

    Parameters
    ----------
    get : callable
        Returns what an address of the server answers; raises OSError.
    base : str
        Address of the server.
    patient : str
        Id of the patient.
    version : Version
        Of FHIR.
    ehr : str
        How the record is called.

    Raises
    ------
    InputError
        When the patient cannot be read, or what is answered is about another.
    """
    sent: dict[str, Any] = {}
    unread: list[str] = []
    for key, query in load_book().queries().items():
        kind = query.partition("?")[0].partition("/")[0]
        found, whole = _asked(get, base, query, patient, version)
        if key == "patient" and not any(r.get("id") == patient for r in found):
            raise InputError("the patient could not be read from the record.")
        for resource in found:
            if not fhir.is_about(resource, patient):
                raise InputError("the record answered about another patient.")
        if not whole:
            unread.append(kind)
        sent[key] = {
            "resourceType": "Bundle",
            "entry": [{"resource": resource} for resource in found],
        }
    known = facts_of(sent)
    facts = {name: v for name, v in known.facts.items() if name not in NEVER}
    return Launched(
        ehr, patient, facts, tuple(known.unclear), tuple(dict.fromkeys(unread))
    )


def _asked(
    get: Get, base: str, query: str, patient: str, version: Version
) -> tuple[list[Mapping[str, Any]], bool]:
    """Return what a query of the record finds, and whether that is all.

    Some servers find a patient's resources by the bare id, some only with its type
    before it: what finds nothing one way is asked the other way too.
    """
    found: list[Mapping[str, Any]] = []
    whole = False
    name = quote(patient, safe="")
    for form in (name, f"Patient/{name}") if "?" in query else (name,):
        address = query.replace("{{context.patientId}}", form)
        try:
            found, whole = _search(get, base, f"{base}/{address}", version)
        except (OSError, ValueError, NeedlemapError):
            continue
        if found:
            break
    return found, whole


def _search(
    get: Get, base: str, address: str, version: Version
) -> tuple[list[Mapping[str, Any]], bool]:
    """Return the resources that an address answers, and whether these are all."""
    found: list[Mapping[str, Any]] = []
    for _ in range(MOST_PAGES):
        page = json.loads(get(address))
        if fhir.failed(page):
            return found, False
        check_version(page, version)
        found += _resources(page)
        following = _next(page)
        if following is None:
            return found, True
        if not following.startswith(f"{base}/") and not following.startswith(
            f"{base}?"
        ):
            break  # the token is for this server only
        address = following
    return found, False


def _resources(page: Any) -> Iterator[Mapping[str, Any]]:
    if fhir.part(page, "resourceType") != "Bundle":
        if isinstance(page, dict):
            yield page
        return
    for entry in fhir.items(page.get("entry")):
        resource = fhir.part(entry, "resource")
        if isinstance(resource, dict):
            yield resource


def _next(page: Any) -> str | None:
    """Return where a search goes on."""
    for link in fhir.items(fhir.part(page, "link")):
        if fhir.part(link, "relation") == "next":
            return fhir.text(fhir.part(link, "url")) or None
    return None
