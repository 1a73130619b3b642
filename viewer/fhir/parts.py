"""Resources of FHIR R4 and R5 taken apart; what has a wrong form says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

Resource = Mapping[str, Any]


class Coding(NamedTuple):
    """A code, the system it is of, and its text; empty where not given."""

    system: str
    code: str
    display: str


def text(value: Any) -> str:
    """Return a text; empty for anything else.

    Examples
    --------
    >>> text(" GB21 "), text(None), text({})
    ('GB21', '', '')
    """
    return value.strip() if isinstance(value, str) else ""


def items(value: Any) -> list[Any]:
    """Return a list; empty for anything else."""
    return value if isinstance(value, list) else []


def part(value: Any, name: str) -> Any:
    """Return a part of an object; None where there is none."""
    return value.get(name) if isinstance(value, Mapping) else None


def resources(value: Any, kind: str) -> Iterator[Resource]:
    """Yield the resources of a kind in what was sent: itself, or those of a Bundle."""
    if not isinstance(value, Mapping):
        return
    if value.get("resourceType") == kind:
        yield value
    elif value.get("resourceType") == "Bundle":
        for entry in items(value.get("entry")):
            found = part(entry, "resource")
            if part(found, "resourceType") == kind:
                yield found


def failed(value: Any) -> bool:
    """Return whether what was sent says that it could not be fetched."""
    return any(True for _ in resources(value, "OperationOutcome"))


def codings(concept: Any) -> list[Coding]:
    """Return the codes of a CodeableConcept."""
    return [
        Coding(*(text(part(one, name)) for name in ("system", "code", "display")))
        for one in items(part(concept, "coding"))
    ]


def words(concept: Any) -> list[str]:
    """Return the texts of a CodeableConcept, its own first."""
    said = [text(part(concept, "text")), *(c.display for c in codings(concept))]
    return [one for one in said if one]


def status(concept: Any) -> str:
    """Return a state, given as a code or a CodeableConcept; empty for none."""
    if isinstance(concept, str):
        return concept
    return next((c.code for c in codings(concept) if c.code), "")


def medication(resource: Resource) -> Any:
    """Return the concept of a medicine, as R4 or as R5 has it; None for a reference.

    Examples
    --------
    >>> medication({"medication": {"concept": {"text": "warfarin"}}})
    {'text': 'warfarin'}
    """
    concept = resource.get("medicationCodeableConcept")
    return part(resource.get("medication"), "concept") if concept is None else concept


def device_types(resource: Resource) -> list[Any]:
    """Return the concepts of a device's type: one in R4, a list in R5.

    Examples
    --------
    >>> device_types({"type": {"text": "pacemaker"}})
    [{'text': 'pacemaker'}]
    """
    given = resource.get("type")
    return given if isinstance(given, list) else [given]


def device_names(resource: Resource) -> list[str]:
    """Return the names of a device, as R4 or as R5 has them.

    Examples
    --------
    >>> device_names({"name": [{"value": "pump"}]})
    ['pump']
    """
    names = [text(part(one, "name")) for one in items(resource.get("deviceName"))]
    return [*names, *(text(part(one, "value")) for one in items(resource.get("name")))]


def day(value: Any) -> date | None:
    """Return the day of a date or time; None when it is given less exactly.

    Examples
    --------
    >>> day("2024-02-29T10:00:00Z"), day("2024-02"), day("soon")
    (datetime.date(2024, 2, 29), None, None)
    """
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        return None


def is_about(resource: Resource, patient_id: str) -> bool:
    """Return whether a resource is about a patient; one that names nobody is.

    Examples
    --------
    >>> is_about({"subject": {"reference": "Patient/7"}}, "8")
    False
    >>> is_about({"subject": {"reference": "https://ehr.example/fhir/Patient/8"}}, "8")
    True
    """
    for name in ("subject", "patient"):
        reference = text(part(part(resource, name), "reference"))
        *_, kind, found = ["", "", *reference.split("/")]
        if kind == "Patient" and found != patient_id:
            return False
    return True
