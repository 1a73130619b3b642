"""The addresses of FHIR in the service's own description (OpenAPI)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from viewer.fhir.made import quantity
from viewer.fhir.versions import Version
from viewer.service.fhir.capability import OPERATION_ID, operation
from viewer.service.protocol.limits import FHIR, FHIR_JSON, JSON, LARGEST_BATCH
from viewer.service.protocol.statuses import failures

TAG = "FHIR"
#: A check as a FHIR client sends it: the request of the other examples.
EXAMPLE = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "site", "valueString": "6 cm left of T4"},
        {
            "name": "needle",
            "part": [
                {"name": "length", "valueQuantity": quantity(40, "mm")},
                {"name": "depth", "valueQuantity": quantity(25, "mm")},
            ],
        },
    ],
}


def fhir_schemas() -> dict[str, Any]:
    """Return the shape of what is sent and answered.

    It is no profile: FHIR's own definitions say what else a resource has.

    Examples
    --------
    >>> sorted(fhir_schemas())
    ['FhirOutcome', 'FhirParameters', 'FhirResource']
    """
    names = [p["name"] for p in operation()["parameter"] if p["use"] == "in"]
    return {
        "FhirParameters": _resource(
            "What `$check` is asked, as Parameters.",
            "Parameters",
            parameter={
                "type": "array",
                "description": "A site, and what else is known.",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {
                            "type": "string",
                            "description": "Name of the parameter.",
                            "enum": list(dict.fromkeys(names)),
                        }
                    },
                },
            },
        ),
        "FhirResource": {
            "type": "object",
            "description": "A resource of FHIR, R4 or R5.",
            "required": ["resourceType"],
            "properties": {
                "resourceType": {"type": "string", "description": "Its kind."}
            },
        },
        "FhirOutcome": _resource(
            "What went wrong; never a verdict.",
            "OperationOutcome",
            issue={
                "type": "array",
                "description": "What it was.",
                "minItems": 1,
                "items": {"type": "object", "required": ["severity", "code"]},
            },
        ),
    }


def _resource(words: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": words,
        "required": ["resourceType", *more],
        "properties": {
            "resourceType": {"const": kind, "description": "Its kind."},
            **more,
        },
    }


def fhir_paths(ref: str) -> dict[str, Any]:
    """Return the addresses of FHIR with what they take and answer.

    Parameters
    ----------
    ref : str
        How a schema is referred to; ``{model}`` stands for its name.

    Examples
    --------
    >>> list(fhir_paths("#/{model}"))[0]
    '/fhir/$check'
    """
    from viewer.fhir.questionnaire import ID

    def made(name: str, summary: str, words: str, **more: Any) -> dict[str, Any]:
        return _operation(name, summary, words, ref=ref, **more)

    return {
        f"{FHIR}/$check": {
            "post": made(
                "fhir_check",
                "Check a needle at a site, as Parameters",
                "The operation of `OperationDefinition/needlemap-check`. Verdict, "
                "limit and open questions, with a RiskAssessment, DetectedIssues, "
                "what was understood, and the Provenance. What the record does not "
                f"say is unknown, never no. At most {LARGEST_BATCH} bytes.",
                sends=True,
            )
        },
        f"{FHIR}/metadata": {
            "get": made(
                "fhir_metadata",
                "What is spoken here",
                "The CapabilityStatement, of the version that is asked for.",
                parameters=[_query("mode", "As FHIR has it; only `full` is answered.")],
            )
        },
        f"{FHIR}/Questionnaire": {
            "get": made(
                "fhir_questionnaires",
                "Find what is asked of a patient",
                "A Bundle with the Questionnaire, empty for another `url`.",
                parameters=[
                    _query("url", "Canonical address, with or without version")
                ],
            )
        },
        f"{FHIR}/Questionnaire/{{id}}": {
            "get": made(
                "fhir_questionnaire",
                "What is asked of a patient",
                "The questions, under the conditions on which the page asks them.",
                parameters=[_id(ID)],
                more=(404,),
            )
        },
        f"{FHIR}/OperationDefinition/{{id}}": {
            "get": made(
                "fhir_operation",
                "The parameters of `$check`",
                "Every parameter with its parts.",
                parameters=[_id(OPERATION_ID)],
                more=(404,),
            )
        },
    }


def _operation(
    name: str,
    summary: str,
    words: str,
    *,
    ref: str,
    sends: bool = False,
    parameters: Sequence[Any] = (),
    more: tuple[int, ...] = (),
) -> dict[str, Any]:
    """Return one operation, every status it may answer with among it."""
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [TAG],
        "summary": summary,
        "description": words,
        "parameters": [*parameters, *_shown()],
        "responses": {
            "200": {"description": "The answer.", "content": _content("Resource", ref)},
            **failures(
                lambda _: _content("Outcome", ref), sends=sends, more=(406, *more)
            ),
        },
    }
    if sends:
        content = _content("Parameters", ref, JSON)
        content[FHIR_JSON]["example"] = EXAMPLE
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _content(model: str, ref: str, *more: str) -> dict[str, Any]:
    schema = {"$ref": ref.format(model=f"Fhir{model}")}
    return {kind: {"schema": schema} for kind in (FHIR_JSON, *more)}


def _shown() -> list[dict[str, Any]]:
    """Return what every address takes, and the versions that Accept may ask for."""
    versions = ", ".join(f"`{FHIR_JSON}; fhirVersion={v.value}`" for v in Version)
    return [
        {
            **_query("_format", f"Only JSON is spoken. Accept says more: {versions}."),
            "schema": {"type": "string", "enum": ["json", FHIR_JSON]},
        },
        _query("_pretty", "Taken, and without effect."),
    ]


def _query(name: str, words: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": words,
        "schema": {"type": "string"},
    }


def _id(name: str) -> dict[str, Any]:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "Its id; there is this one.",
        "schema": {"type": "string", "enum": [name]},
        "example": name,
    }
