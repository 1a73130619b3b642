"""What tests of FHIR send: parameters, sites, records."""

from __future__ import annotations

from typing import Any

ICD = "http://hl7.org/fhir/sid/icd-10"
FHIR_JSON = "application/fhir+json"


def typed(version: str) -> dict[str, str]:
    """Return the headers of a call that is written and answered in a version."""
    kind = f"{FHIR_JSON}; fhirVersion={version}"
    return {"Content-Type": kind, "Accept": kind}


def parameters(**given: Any) -> dict[str, Any]:
    """Return Parameters: a resource, a list of parts, or words for each name."""
    rows = []
    for name, value in given.items():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str):
                rows.append({"name": name, "valueString": one})
            elif isinstance(one, list):
                rows.append({"name": name, "part": one})
            else:
                rows.append({"name": name, "resource": one})
    return {"resourceType": "Parameters", "parameter": rows}


def mm(name: str, value: float) -> dict[str, Any]:
    """Return a part of a needle that is a length."""
    return {
        "name": name,
        "valueQuantity": {
            "value": value,
            "unit": "mm",
            "system": "http://unitsofmeasure.org",
            "code": "mm",
        },
    }


def bundle(*resources: Any) -> dict[str, Any]:
    """Return what a search of a record answers."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def condition(code: str, patient: str = "7") -> dict[str, Any]:
    """Return a diagnosis on record."""
    return {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": ICD, "code": code}]},
    }


def person(patient: str = "7", **more: Any) -> dict[str, Any]:
    """Return a patient on record, with a name that must go nowhere."""
    return {
        "resourceType": "Patient",
        "id": patient,
        "name": [{"family": "Mustermann", "given": ["Erika"]}],
        "gender": "female",
        **more,
    }


def values(answer: Any, name: str) -> list[Any]:
    """Return what an answer says under a name."""
    return [
        next(v for n, v in row.items() if n != "name")
        for row in answer["parameter"]
        if row["name"] == name
    ]
