"""That the patient is to be asked again, as the record's reminder has it.

A CommunicationRequest has its time in the same element in R4 and R5. A Task has one in
``restriction``, which R5 allows beside a request that is fulfilled alone, or in R5's
``requestedPeriod``.
"""

from __future__ import annotations

from viewer.fhir.made import OWN, Made, concept, extension, reference
from viewer.fhir.versions import Version
from viewer.record.fhir.site import Names
from viewer.record.page.outcome import follow_up_due
from viewer.record.storage.models import Record

#: What was found when the patient was asked.
FOUND = f"{OWN}:follow-up"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
_ASK = "Ask the patient whether symptoms have appeared since the needling."


def follow_up_request(
    record: Record, version: Version, *, patient: Made
) -> Made | None:
    """Return the request to ask the patient again; None where nothing was needled.

    It is active until the patient was reached. What was found is there by the ids of
    the symptoms, without free text.

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
    >>> follow_up_request(record, Version.R4, patient={}) is None
    True
    """
    due = follow_up_due(record)
    if due is None:
        return None
    names, kept = Names(record), record.follow_up
    made: Made = {
        "resourceType": "CommunicationRequest",
        "identifier": [names.identifier("follow-up")],
        "status": "completed" if kept is not None and kept.reached else "active",
        "category": [concept("reminder", code="reminder", system=_CATEGORY)],
        "subject": patient,
        "about": [reference(names("Procedure", site.key)) for site in record.listed],
        "occurrenceDateTime": due.isoformat(),
        "authoredOn": max(site.added for site in record.listed).isoformat(),
        "recipient": [patient],
    }
    if version is Version.R4:
        made["payload"] = [{"contentString": _ASK}]
    else:
        made |= {
            "intent": "plan",
            "payload": [{"contentCodeableConcept": concept(_ASK)}],
        }
    if kept is not None:
        told = {"at": kept.at.isoformat(), "reached": kept.reached, "found": kept.found}
        made["extension"] = [extension(FOUND, told)]
    return made
