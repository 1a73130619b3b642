"""The consent of a session: each element with the time at which it was ticked."""

from __future__ import annotations

from viewer.fhir.made import OWN, Made, concept
from viewer.fhir.versions import Version
from viewer.record.fhir.site import Names
from viewer.record.page.change import consent_elements
from viewer.record.storage.models import Record

#: One element that was told and agreed.
ELEMENT = f"{OWN}:consent-element"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
#: LOINC's code for a document of consent, as FHIR's value set of categories has it.
_CATEGORY = {"system": "http://loinc.org", "code": "59284-0"}
#: What a session says of consent, by version: draft, given, refused.
_STATUS = {
    Version.R4: ("draft", "active", "rejected"),
    Version.R5: ("draft", "active", "inactive"),
}


def consent_of(record: Record, version: Version, *, patient: Made) -> Made | None:
    """Return the consent that a session records; None where it says nothing of it.

    It is active when every element that belongs to the session was ticked and nothing
    says otherwise, a draft while some were not.

    Parameters
    ----------
    record : Record
        The session.
    version : Version
        Of FHIR.
    patient : dict
        Reference to the patient.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> record = Record(id="record-1", started=now())
    >>> consent_of(record, Version.R4, patient={}) is None
    True
    """
    said = record.patient.get("consent_given")
    if not record.consent and said is None:
        return None
    draft, active, refused = _STATUS[version]
    wanted = [element.id for element in consent_elements(record)]
    whole = bool(wanted) and all(name in record.consent for name in wanted)
    status = refused if said is False else active if whole else draft
    last = max(record.consent.values(), default=record.started)
    made: Made = {
        "resourceType": "Consent",
        "extension": [
            {
                "url": ELEMENT,
                "extension": [
                    {"url": "id", "valueCode": name},
                    {"url": "at", "valueDateTime": at.isoformat()},
                ],
            }
            for name, at in record.consent.items()
        ],
        "identifier": [Names(record).identifier("consent")],
        "status": status,
        "category": [{"coding": [_CATEGORY]}],
    }
    if not made["extension"]:
        del made["extension"]
    if version is Version.R4:
        made |= {
            "scope": concept("treatment", code="treatment", system=_SCOPE),
            "patient": patient,
            "dateTime": last.isoformat(),
            "policyRule": concept("consent to this treatment on this day"),
        }
    else:
        made |= {
            "subject": patient,
            "date": last.date().isoformat(),
            "decision": "deny" if said is False else "permit",
        }
        if status == draft:
            del made["decision"]
    if record.signature is not None and not record.signed_before:
        at = record.signature.at.isoformat()
        seen: Made = {"verified": True}
        seen["verificationDate"] = at if version is Version.R4 else [at]
        made["verification"] = [seen]
    return made
