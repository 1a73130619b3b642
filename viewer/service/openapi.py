"""The service's own description: OpenAPI 3.1, made from the models."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from anatomy.store import cached
from viewer.service.protocol.limits import (
    API,
    DEFAULT_BODY,
    GEOJSON,
    HOOKS,
    JSON,
    LARGEST_BATCH,
    LARGEST_REQUEST,
    MOST_REQUESTS,
    NPY,
    PNG,
    PROBLEM,
)
from viewer.service.protocol.statuses import failures
from zones.contract.models import CONTRACT_VERSION

if TYPE_CHECKING:
    from pydantic import BaseModel

_REF = "#/components/schemas/{model}"
#: A request of the contract, its needle too deep for the place.
EXAMPLE = {
    "site": {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"},
    "needle": {"length_mm": 40, "depth_mm": 25},
    "patient": {"sex": "female", "age": 31, "bmi": 21.0, "pregnant": False},
}
WRONG = {"site": {"landmark": "T44 spinous process"}}
LOCATE = {"site": {"text": "6 cm left of T4"}}
SESSION = {
    "sites": [
        {"site": {"point": "GB21", "side": side}, "needle": {"depth_mm": 5}}
        for side in ("left", "right")
    ],
    "patient": {"sex": "male"},
}
PRACTITIONER = {
    "practitioner": {
        "jurisdiction": "US-MD",
        "profession": "physical therapist",
        "training_hours": 60,
    }
}
SYMPTOMS = {"symptoms": ["breathlessness"], "region": "upper back", "hours_since": 3}
HOOK = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/example", "patientId": "1288992"},
    "prefetch": {
        "patient": {
            "resourceType": "Patient",
            "id": "1288992",
            "gender": "male",
            "birthDate": "1925-12-23",
        },
        "conditions": None,
        "medications": None,
    },
}
FEEDBACK = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "overridden",
            "outcomeTimestamp": "2020-12-11T00:00:00Z",
        }
    ]
}
_BINARY = {"type": "string", "contentEncoding": "binary"}

#: Groups of addresses.
TAGS = {
    "checks": "Whether a needle may go in: one site, many, a session, a patient alone.",
    "places": "Words to places and back; zones; pictures as data.",
    "CDS Hooks": "CDS Hooks 2.0, for electronic health records.",
    "FHIR": "FHIR R4 and R5: a check as an operation, what is asked as a "
    "Questionnaire. `fhirVersion` in Content-Type and Accept says which; R4 where "
    "nothing does.",
    "service": "The service itself.",
}


@cached
def openapi() -> dict[str, Any]:
    """Return the description of the service.

    Returns
    -------
    dict
        An OpenAPI 3.1 document. Its schemas are made from the models of the library,
        its examples are answers of the library.

    Examples
    --------
    >>> openapi()["openapi"], "/api/v1/check" in openapi()["paths"]
    ('3.1.0', True)
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "needlemap",
            "summary": "What can a needle hit here, and may it go ahead?",
            "description": "Decision support and teaching for dry needling; not a "
            "medical device. Answers are those of the library and the command. The "
            "best verdict is that no danger zone is known; an error is not a verdict.",
            "version": metadata.version("needlemap"),
            "x-contract-version": CONTRACT_VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": n, "description": text} for n, text in TAGS.items()],
        # nothing on the machine itself; the token, or the page's cookie, elsewhere
        "security": [{}, {"token": []}, {"cookie": []}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "needlemap"},
            },
        },
    }


def _schemas() -> dict[str, Any]:
    """Return the schemas of all that is sent and answered."""
    from viewer.service.calls import requests, results
    from viewer.service.calls.describing import schemas_of
    from viewer.service.fhir.described import fhir_schemas
    from viewer.service.hooks import models as hooks
    from zones.check.patient_check import PatientAssessment
    from zones.contract.models import Assessment
    from zones.patients.request import Request
    from zones.sessions.session import SessionAssessment
    from zones.sessions.symptoms import SymptomAnswer

    sent = (
        Request,
        requests.LocateRequest,
        requests.SearchRequest,
        requests.PatientRequest,
        requests.PractitionerRequest,
        requests.SessionRequest,
        requests.SymptomsRequest,
        requests.DepthMapRequest,
        requests.SectionRequest,
        hooks.HookRequest,
        hooks.FeedbackRequest,
    )
    answered = (
        Assessment,
        SessionAssessment,
        PatientAssessment,
        SymptomAnswer,
        results.ErrorAnswer,
        results.Place,
        results.ZoneList,
        results.ZoneAnswer,
        results.ZoneFeatures,
        results.SearchAnswer,
        results.PractitionerAnswer,
        results.DepthMap,
        results.SectionAnswer,
        results.BatchAnswer,
        results.Discovery,
        results.Cards,
        results.FeedbackKept,
    )
    given: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((model, "validation") for model in sent),
        *((model, "serialization") for model in answered),
    ]
    return schemas_of(given, _REF) | fhir_schemas()


def _paths() -> dict[str, Any]:
    """Return every address with what it takes and answers."""
    from viewer.service.fhir.described import fhir_paths
    from viewer.text.terminal.locate import locate
    from zones.check.site import check_request

    answer = check_request(EXAMPLE).as_dict()
    wrong = _error(lambda: check_request(WRONG))
    lost = _error(lambda: locate(WRONG["site"]))
    batch = {
        "type": "array",
        "maxItems": MOST_REQUESTS,
        "items": _ref("Request"),
    }
    array = {
        "type": "array",
        "items": {"anyOf": [_ref("Assessment"), _ref("ErrorAnswer")]},
    }
    answers = {"anyOf": [array, _ref("BatchAnswer")]}
    return {
        **_hook_paths(),
        **fhir_paths(_REF),
        f"{API}/check": {
            "post": _operation(
                "check",
                "Check a needle at a site",
                "The answer of `needlemap check --json`. A fact left out was not "
                f"asked, which is not no. At most {LARGEST_REQUEST} bytes.",
                sends=(_ref("Request"), EXAMPLE),
                answers={JSON: (_ref("Assessment"), answer)},
                parameters=[_sources()],
                wrong=wrong,
            )
        },
        f"{API}/prove": {
            "post": _operation(
                "prove",
                "Check a needle at a site, with a proof",
                "As `check`; `proof` holds the request, when it was asked, the "
                "versions of software, data, policy and contract, and a SHA-256 over "
                "all of the answer as canonical JSON (RFC 8785). Kept as it was sent, "
                "it can be shown to be unchanged and asked again (`needlemap verify`).",
                sends=(_ref("Request"), EXAMPLE),
                answers={JSON: (_ref("Assessment"), answer)},
                wrong=wrong,
            )
        },
        f"{API}/check-session": {
            "post": _operation(
                "check_session",
                "Check several sites of one sitting",
                "Each site's assessment, and what only the whole session shows.",
                sends=(_ref("SessionRequest"), SESSION),
                answers={JSON: (_ref("SessionAssessment"), None)},
                parameters=[_sources(many=True)],
            )
        },
        f"{API}/check-patient": {
            "post": _operation(
                "check_patient",
                "Check a patient before a site is chosen",
                "What stands against needling wherever the needle goes in, and what "
                "counts at certain places. It says nothing of what lies under the "
                "skin.",
                sends=(_ref("PatientRequest"), {"patient": EXAMPLE["patient"]}),
                answers={JSON: (_ref("PatientAssessment"), None)},
                parameters=[_sources()],
            )
        },
        f"{API}/check-practitioner": {
            "post": _operation(
                "check_practitioner",
                "Check who needles",
                "What the laws and rules held say of a profession in a jurisdiction.",
                sends=(_ref("PractitionerRequest"), PRACTITIONER),
                answers={JSON: (_ref("PractitionerAnswer"), None)},
                parameters=[_sources()],
            )
        },
        f"{API}/check-symptoms": {
            "post": _operation(
                "check_symptoms",
                "Check symptoms after a treatment",
                "What they may mean, and where to go with them.",
                sends=(_ref("SymptomsRequest"), SYMPTOMS),
                answers={JSON: (_ref("SymptomAnswer"), None)},
                parameters=[_sources()],
            )
        },
        f"{API}/search": {
            "post": _operation(
                "search",
                "Find sites by a few words",
                "Each hit has the site to send back. The words stand in the body, so "
                "that no log of addresses keeps them.",
                tag="places",
                sends=(_ref("SearchRequest"), {"text": "gb 21", "limit": 2}),
                answers={JSON: (_ref("SearchAnswer"), None)},
            )
        },
        f"{API}/depth-map": {
            "post": _operation(
                "depth_map",
                "How deep a perpendicular needle may go, all over a chart",
                "As JSON, as a picture or as an array of NumPy, by `Accept`. Figures "
                "are those of `check` at the same places.",
                tag="places",
                sends=(_ref("DepthMapRequest"), {"chart": "left_hand_palmar"}),
                answers={
                    JSON: (_ref("DepthMap"), None),
                    PNG: (_BINARY, None),
                    NPY: (_BINARY, None),
                },
            )
        },
        f"{API}/section": {
            "post": _operation(
                "section",
                "The cross-section of a site",
                "The assessment, and the picture as figures: outlines, structures, "
                "needle.",
                tag="places",
                sends=(_ref("SectionRequest"), EXAMPLE),
                answers={JSON: (_ref("SectionAnswer"), None)},
                parameters=[_sources()],
            )
        },
        f"{API}/check-batch": {
            "post": _operation(
                "check_batch",
                "Check many needles",
                "An array of requests is answered by an array in their order. A "
                "request that cannot be checked becomes its error, in its place; the "
                f"others are answered. At most {MOST_REQUESTS} requests and "
                f"{LARGEST_BATCH} bytes.",
                sends=(batch, [EXAMPLE, WRONG]),
                answers={JSON: (answers, [answer, wrong])},
                parameters=[_sources(many=True)],
            )
        },
        f"{API}/locate": {
            "post": _operation(
                "locate",
                "Turn words into a place, and a place into words",
                "The answer of `needlemap locate --json`: the place on each body that "
                "has it.",
                tag="places",
                sends=(_ref("LocateRequest"), LOCATE),
                answers={
                    JSON: (
                        {"type": "array", "minItems": 1, "items": _ref("Place")},
                        locate(LOCATE["site"]),
                    )
                },
                wrong=lost,
            )
        },
        f"{API}/zones": {
            "get": _operation(
                "zones",
                "List the zones, or draw those of a chart",
                "Without a chart every zone in short with its sources; with one, what "
                "the chart shows as GeoJSON in mm of the chart.",
                tag="places",
                answers={
                    JSON: (_ref("ZoneList"), None),
                    GEOJSON: (_ref("ZoneFeatures"), None),
                },
                parameters=_zone_parameters(),
            )
        },
        f"{API}/zones/{{id}}": {
            "get": _operation(
                "zone",
                "One zone in full",
                "As its file has it, with the records of the sources it cites.",
                tag="places",
                answers={JSON: (_ref("ZoneAnswer"), None)},
                parameters=[
                    {
                        "name": "id",
                        "description": "Id of the zone.",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "minLength": 1},
                        "example": "pleura",
                    }
                ],
                more=(404,),
            )
        },
        f"{API}/openapi.json": {
            "get": _operation(
                "openapi",
                "This description",
                "Made from the models of the library.",
                tag="service",
                answers={JSON: ({"type": "object"}, None)},
            )
        },
    }


def _hook_paths() -> dict[str, Any]:
    """Return the addresses of CDS Hooks, which ``needlemap serve`` has."""
    from viewer.service.hooks.book import load_book

    ids = list(dict.fromkeys(service.id for service in load_book().services))
    service = {
        "name": "service",
        "in": "path",
        "required": True,
        "description": "Id of the service.",
        "schema": {"type": "string", "enum": ids},
        "example": "dry-needling-patient",
    }
    return {
        HOOKS: {
            "get": _operation(
                "cds_services",
                "Discovery",
                "The services, and what is to be prefetched for them.",
                answers={JSON: (_ref("Discovery"), None)},
                tag="CDS Hooks",
            )
        },
        f"{HOOKS}/{{service}}": {
            "post": _operation(
                "cds_service",
                "Call a service",
                "Cards for orders of needling, or for a patient. What the prefetch "
                "does not say is unknown, never no.",
                sends=(_ref("HookRequest"), HOOK),
                answers={JSON: (_ref("Cards"), None)},
                parameters=[service],
                more=(404, 412),
                tag="CDS Hooks",
            )
        },
        f"{HOOKS}/{{service}}/feedback": {
            "post": _operation(
                "cds_feedback",
                "Tell what users made of cards",
                "It is kept in the records' database.",
                sends=(_ref("FeedbackRequest"), FEEDBACK),
                answers={JSON: (_ref("FeedbackKept"), None)},
                parameters=[service],
                more=(404,),
                tag="CDS Hooks",
            )
        },
    }


def _sources(*, many: bool = False) -> dict[str, Any]:
    """Return the parameter that leaves bibliography out."""
    from viewer.service.calls.sources import FULL, IDS, NAME, ONCE

    once = ", `once` for the whole answer" if many else ""
    return {
        "name": NAME,
        "in": "query",
        "required": False,
        "description": f"Records of sources: in `{FULL}`, `{IDS}` alone{once}.",
        "schema": {
            "type": "string",
            "enum": [FULL, IDS, *([ONCE] if many else [])],
            "default": FULL,
        },
    }


def _zone_parameters() -> list[dict[str, Any]]:
    """Return the parameters of the list of zones."""
    from anatomy.body import BODIES, load_body

    return [
        {
            "name": "chart",
            "in": "query",
            "required": False,
            "description": "Draws the zones of this chart.",
            "schema": {"type": "string", "enum": list(load_body(DEFAULT_BODY).charts)},
        },
        {
            "name": "body",
            "in": "query",
            "required": False,
            "description": "Only with a chart.",
            "schema": {"type": "string", "enum": list(BODIES), "default": DEFAULT_BODY},
        },
    ]


def _operation(
    name: str,
    summary: str,
    description: str,
    *,
    answers: dict[str, tuple[dict[str, Any], Any]],
    sends: tuple[dict[str, Any], Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    wrong: Any = None,
    more: tuple[int, ...] = (),
    tag: str = "checks",
) -> dict[str, Any]:
    """Return one operation, every status it may answer with among it."""
    content = {
        kind: {"schema": schema, **({} if example is None else {"example": example})}
        for kind, (schema, example) in answers.items()
    }
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "description": description,
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **failures(
                lambda status: _failure(wrong if status == 422 else None),
                sends=sends is not None,
                more=more,
            ),
        },
    }
    if sends is not None:
        schema, example = sends
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schema, "example": example}},
        }
    if parameters:
        operation["parameters"] = parameters
    return operation


def _failure(example: Any) -> dict[str, Any]:
    """Return the content of a status that is an error."""
    shown = {} if example is None else {"example": example}
    return {
        JSON: {"schema": _ref("ErrorAnswer"), **shown},
        PROBLEM: {"schema": _ref("ErrorAnswer")},
    }


def _error(call: Any) -> dict[str, Any]:
    """Return the error that a call of the library ends in, as it is answered."""
    from anatomy.errors import NeedlemapError

    try:
        call()
    except NeedlemapError as error:
        return {"error": error.as_dict()}
    raise AssertionError("the example of an error is none")


def _ref(model: str) -> dict[str, str]:
    """Return a reference to a schema."""
    return {"$ref": _REF.format(model=model)}
