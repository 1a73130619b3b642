"""What is spoken under ``/fhir``: CapabilityStatement and OperationDefinition."""

from __future__ import annotations

from typing import Any

from viewer.fhir.made import OWN, Made
from viewer.fhir.versions import Version
from zones.versions.proof import software_version

OPERATION_ID = "needlemap-check"
OPERATION_URL = f"{OWN}:operation:check"
#: When these descriptions were last changed.
DATED = "2026-11-30"
_ANY = "*"

#: Parameters of the operation: name, least, most, type, what it is.
_IN = (
    ("site", 1, "1", "Any", "BodyStructure, or the site in words (string)."),
    ("needle", 0, "1", None, "Length, depth and way of the needle."),
    ("practitioner", 0, "1", None, "Who needles."),
    ("answers", 0, "1", "QuestionnaireResponse", "Answers about the patient."),
    ("record", 0, _ANY, "Resource", "Resources of the record, or Bundles of them."),
)
_NEEDLE = (
    ("length", "Quantity", "Length of the needle."),
    ("depth", "Quantity", "How deep it is to go."),
    ("fold", "Quantity", "Thickness of the lifted fold."),
    ("diameter", "Quantity", "Diameter of the needle; noted only."),
    ("tilt", "Quantity", "Angle from the skin's normal."),
    ("toward", "code", "The direction it leans toward."),
    ("grip", "code", "flat, pincer or bone."),
    ("bone", "string", "The bone that is aimed at."),
    ("posture", "code", "Posture of the patient."),
    ("arm", "code", "Position of the arm."),
    ("electrical", "boolean", "Whether current will pass through it."),
    ("technique", "code", "A technique on record, for what is not given."),
)
_PRACTITIONER = (
    ("jurisdiction", "code", "State or country."),
    ("profession", "string", "The profession."),
    ("training_hours", "decimal", "Hours of training in needling."),
    ("in_person_hours", "decimal", "Of these, hours in person."),
    ("years_in_practice", "decimal", "Years in practice."),
    ("regions_trained", "string", "A region that the training covered."),
)
_OUT = (
    ("verdict", 1, "1", "code", "The gravest of all findings."),
    ("headline", 1, "1", "string", "Its main reason."),
    ("complete", 1, "1", "boolean", "Whether no open question could change it."),
    ("openQuestion", 0, _ANY, "code", "A fact that is not known and could."),
    ("maxDepth", 0, "1", "Quantity", "Deepest plan below DANGER."),
    ("unclear", 0, _ANY, "string", "What in the record may be a fact."),
    ("passedOver", 0, _ANY, "code", "A kind of resource that is not read."),
    ("risk", 1, "1", "RiskAssessment", "Verdict, and the chance of each structure."),
    ("issue", 0, _ANY, "DetectedIssue", "What stands against it in this patient."),
    ("site", 1, "1", "BodyStructure", "Where the site is."),
    ("answers", 1, "1", "QuestionnaireResponse", "What is known of the patient."),
    ("provenance", 1, "1", "Provenance", "Versions of program and data."),
    ("note", 1, "1", "string", "What the answer is not."),
)


def capability(version: Version, base: str, *, locked: bool) -> Made:
    """Return the CapabilityStatement.

    Parameters
    ----------
    version : Version
        Of FHIR.
    base : str
        Address below which all of it is.
    locked : bool
        Whether credentials are asked for.

    Examples
    --------
    >>> capability(Version.R5, "http://localhost/fhir", locked=False)["fhirVersion"]
    '5.0.0'
    """
    rest: Made = {
        "mode": "server",
        "documentation": "One operation; nothing that is sent is kept.",
        "resource": [
            {
                "type": "Questionnaire",
                "interaction": [{"code": "read"}, {"code": "search-type"}],
                "searchParam": [{"name": "url", "type": "uri"}],
            },
            {"type": "OperationDefinition", "interaction": [{"code": "read"}]},
        ],
        "operation": [{"name": "check", "definition": OPERATION_URL}],
    }
    if locked:
        rest["security"] = {"description": "Authorization: Bearer TOKEN"}
    return {
        "resourceType": "CapabilityStatement",
        "name": "Needlemap",
        "title": "needlemap",
        "status": "active",
        "date": DATED,
        "publisher": "needlemap",
        "description": "What can a dry needle hit here, this deep, this way, in this "
        "patient? Decision support and teaching; not a medical device.",
        "kind": "instance",
        "software": {"name": "needlemap", "version": software_version()},
        "implementation": {"description": "needlemap", "url": base},
        "fhirVersion": version.full,
        "format": ["application/fhir+json", "json"],
        "rest": [rest],
    }


def operation() -> Made:
    """Return the OperationDefinition of ``$check``; the same in R4 and R5.

    Examples
    --------
    >>> operation()["code"]
    'check'
    """
    return {
        "resourceType": "OperationDefinition",
        "id": OPERATION_ID,
        "url": OPERATION_URL,
        "version": software_version(),
        "name": "NeedlemapCheck",
        "title": "Check of a needle at a site",
        "status": "active",
        "kind": "operation",
        "date": DATED,
        "publisher": "needlemap",
        "affectsState": False,
        "code": "check",
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            *(_parameter("in", *row) for row in _IN),
            *(_parameter("out", *row) for row in _OUT),
        ],
    }


def _parameter(
    use: str,
    name: str,
    least: int,
    most: str,
    kind: str | None,
    words: str,
) -> Made:
    made: Made = {
        "name": name,
        "use": use,
        "min": least,
        "max": most,
        "documentation": words,
    }
    if kind is not None:
        return made | {"type": kind}
    inside = _NEEDLE if name == "needle" else _PRACTITIONER
    many: dict[str, Any] = {"min": 0, "max": "1", "use": use}
    return made | {
        "part": [
            {"name": inner, **many, "type": type_, "documentation": text}
            for inner, type_, text in inside
        ]
    }
