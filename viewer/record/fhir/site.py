"""One site of a session: a Procedure with its needle, place and risks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from viewer.fhir.made import (
    OWN,
    RECORD,
    Made,
    concept,
    extension,
    identifier,
    name_of,
    reference,
)
from viewer.fhir.needle import needle_device, plan_extension
from viewer.fhir.risk import detected_issues, risk_assessment
from viewer.fhir.structures import structure_of
from viewer.fhir.versions import Version
from viewer.record.outcomes import outcome_words
from viewer.record.storage.models import Record, SiteEntry

#: HL7's extension of a Procedure that names its BodyStructure.
TARGET = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"
#: What else a record keeps of a site, and why it was needled against a verdict.
KEPT, OVERRIDE = f"{OWN}:session-site", f"{OWN}:override"
#: Said of a site that nothing happened at.
_NONE = "none"


class Names:
    """Addresses of the resources of a session inside its bundle.

    Parameters
    ----------
    record : Record
        The session.

    Examples
    --------
    >>> from viewer.record.storage.models import now
    >>> names = Names(Record(id="record-1", started=now()))
    >>> names("Procedure", "site-1") == names("Procedure", "site-1")
    True
    """

    def __init__(self, record: Record) -> None:
        self.record = record.id

    def __call__(self, kind: str, key: str = "") -> str:
        """Return the address of a resource."""
        return name_of(self.record, kind, key)

    def identifier(self, key: str) -> Made:
        """Return the identifier of a resource, the same in every export."""
        return identifier(RECORD, f"{self.record}/{key}")


def site_resources(
    record: Record,
    entry: SiteEntry,
    version: Version,
    *,
    patient: Made,
    basis: list[str],
) -> Iterator[tuple[str, Made]]:
    """Yield the resources of one site, each with its address.

    Parameters
    ----------
    record : Record
        The session.
    entry : SiteEntry
        The site.
    version : Version
        Of FHIR.
    patient : dict
        Reference to the patient.
    basis : list of str
        Addresses of what else the risk rests on.
    """
    names = Names(record)
    key, when = entry.key, entry.added.isoformat()
    asked, needle = entry.request["site"], entry.request.get("needle") or {}
    place = names("BodyStructure", key)
    structure = structure_of(asked, entry.answer.site, version, patient=patient)
    yield place, structure | {"identifier": [names.identifier(f"{key}/site")]}
    device = needle_device(needle, version, key=f"{record.id}/{key}/needle")
    yield names("Device", key), device
    procedure = names("Procedure", key)
    yield procedure, _procedure(record, entry, version, patient=patient)
    risk = names("RiskAssessment", key)
    yield (
        risk,
        risk_assessment(
            entry.answer,
            version,
            subject=patient,
            when=when,
            basis=[place, *basis],
            key=(RECORD, f"{record.id}/{key}/risk"),
        ),
    )
    issues = detected_issues(
        entry.answer,
        version,
        subject=patient,
        when=when,
        implicated=[procedure],
        key=(RECORD, f"{record.id}/{key}/issue"),
    )
    for number, issue in enumerate(issues):
        yield names("DetectedIssue", f"{key}/{number}"), issue


def _procedure(
    record: Record, entry: SiteEntry, version: Version, *, patient: Made
) -> Made:
    """Return the needling of one site."""
    names, key = Names(record), entry.key
    needle = entry.request.get("needle") or {}
    place = reference(names("BodyStructure", key))
    device = reference(names("Device", key))
    extensions = [
        {"url": TARGET, "valueReference": place},
        plan_extension(needle),
        _kept(entry),
        _override(entry),
    ]
    made: Made = {
        "resourceType": "Procedure",
        "extension": [one for one in extensions if one is not None],
        "identifier": [names.identifier(key)],
        # an open session may still be changed
        "status": "completed" if record.closed is not None else "in-progress",
        "code": concept("dry needling"),
        "subject": patient,
        "bodySite": [concept(str(entry.answer.site.description))],
    }
    happened = outcome_words("reaction", entry.reaction)
    if version is Version.R4:
        made |= {
            "performedDateTime": entry.added.isoformat(),
            "usedReference": [device],
        }
    else:
        made |= {
            "occurrenceDateTime": entry.added.isoformat(),
            "used": [{"reference": device}],
        }
    if happened and entry.reaction != _NONE:
        what = concept(str(happened))
        made["complication"] = [what if version is Version.R4 else {"concept": what}]
    if entry.result is not None:
        made["outcome"] = concept(str(outcome_words("result", entry.result)))
    return made


def _kept(entry: SiteEntry) -> Made | None:
    """Return what was said of a site; None where nothing was."""
    values: dict[str, Any] = {
        "technique": entry.technique or None,
        "planned_technique": entry.followed.name if entry.followed else None,
        "left_in": entry.left_in,
        "twitch": entry.twitch,
        "reaction": entry.reaction,
        "needles_in": entry.needles_in,
        "needles_out": entry.needles_out,
    }
    if all(value is None for value in values.values()):
        return None
    return extension(KEPT, values)


def _override(entry: SiteEntry) -> Made | None:
    """Return against which verdict a site was recorded, and the reason of the list."""
    if entry.override is None:
        return None
    given = entry.override
    return extension(
        OVERRIDE,
        {
            "verdict": given.verdict.value,
            "reason": given.reason,
            "at": given.at.isoformat(),
        },
    )
