"""A session as a transaction Bundle: sent twice, it is there once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from viewer.fhir.made import RECORD, REFERENCE, Made, identifier, reference
from viewer.fhir.provenance import provenance
from viewer.fhir.responses import response_of
from viewer.fhir.versions import Version
from viewer.record.fhir.consent import consent_of
from viewer.record.fhir.follow_up import follow_up_request
from viewer.record.fhir.site import Names, site_resources
from viewer.record.storage.models import Record, now
from zones.check.site import data_version


def session_bundle(
    record: Record,
    version: Version,
    *,
    patient: str | None = None,
    at: datetime | None = None,
) -> Made:
    """Return a session as a transaction Bundle.

    For each site a Procedure with its needle (Device), its place (BodyStructure), a
    RiskAssessment and the DetectedIssues; once the patient, the answers
    (QuestionnaireResponse), the Consent where there is one, the request to ask the
    patient again (CommunicationRequest), and the Provenance.

    Parameters
    ----------
    record : Record
        The session; sites that were taken off the list are left out.
    version : Version
        Of FHIR.
    patient : str, optional
        Address of the patient on the server, such as ``Patient/7``; else a Patient of
        code alone is made, where none has that code yet.
    at : datetime, optional
        When it was exported.

    Raises
    ------
    NeedlemapError
        When what a record of an older version says can no longer be read.

    Examples
    --------
    >>> record = Record(id="record-1", started=now(), reference="A 17")
    >>> made = session_bundle(record, Version.R5)
    >>> [entry["resource"]["resourceType"] for entry in made["entry"]]
    ['Patient', 'QuestionnaireResponse', 'Provenance']
    """
    names = Names(record)
    found: list[tuple[str, Made]] = []
    if patient is None:
        found.append((names("Patient"), _patient(record)))
    subject = reference(patient or names("Patient"))
    found += _session(record, version, subject)
    versions = [site.answer.data_version for site in record.listed]
    about = [address for address, one in found if one["resourceType"] != "Patient"]
    rests = provenance(
        about,
        versions or [data_version()],
        version,
        recorded=(at or now()).isoformat(),
        activity="export of a session record",
    )
    found.append((names("Provenance"), rests))
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(address, resource) for address, resource in found],
    }


def as_fhir(record: Record, version: Version, *, patient: str | None = None) -> str:
    """Return a session as a transaction Bundle in JSON.

    Raises
    ------
    NeedlemapError
        As `session_bundle`.
    """
    made = session_bundle(record, version, patient=patient)
    return json.dumps(made, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _patient(record: Record) -> Made:
    """Return the patient by the clinic's code, else by the record's."""
    system, value = REFERENCE, record.reference.strip()
    if not value:
        system, value = RECORD, record.id
    return {"resourceType": "Patient", "identifier": [identifier(system, value)]}


def _session(
    record: Record, version: Version, subject: Made
) -> Iterator[tuple[str, Made]]:
    """Yield the resources of a session but the patient and where they come from."""
    names = Names(record)
    answers = names("QuestionnaireResponse")
    own = names.identifier("answers")
    response = response_of(
        record.patient, version, subject=subject, authored=record.started.isoformat()
    )
    response["identifier"] = [own] if version is Version.R5 else own
    yield answers, response
    consent = consent_of(record, version, patient=subject)
    if consent is not None:
        yield names("Consent"), consent
    for entry in record.listed:
        yield from site_resources(
            record, entry, version, patient=subject, basis=[answers]
        )
    asked = follow_up_request(record, version, patient=subject)
    if asked is not None:
        yield names("CommunicationRequest"), asked


def _entry(address: str, resource: Made) -> Made:
    """Return an entry that makes a resource where none has its identifier yet."""
    kind = resource["resourceType"]
    request = {"method": "POST", "url": kind}
    own = resource.get("identifier")
    if own:
        first = own[0] if isinstance(own, list) else own
        value = quote(f"{first['system']}|{first['value']}", safe="|")
        request["ifNoneExist"] = f"identifier={value}"
    return {"fullUrl": address, "resource": resource, "request": request}
