"""The service's own description: OpenAPI 3.1, made from the models."""

from __future__ import annotations

from importlib import metadata
from typing import Any, Literal

from anatomy.store import cached
from viewer.service.limits import (
    API,
    DEFAULT_BODY,
    GEOJSON,
    JSON,
    LARGEST_BATCH,
    LARGEST_REQUEST,
    MOST_REQUESTS,
)
from zones.contract.models import CONTRACT_VERSION

_REF = "#/components/schemas/{model}"
#: A request of the contract, its needle too deep for the place.
EXAMPLE = {
    "site": {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"},
    "needle": {"length_mm": 40, "depth_mm": 25},
    "patient": {"sex": "female", "age": 31, "bmi": 21.0, "pregnant": False},
}
WRONG = {"site": {"landmark": "T44 spinous process"}}
LOCATE = {"site": {"text": "6 cm left of T4"}}

_MEANING = {
    400: "The body is not JSON, or is ambiguous JSON (duplicate key, NaN).",
    401: "Credentials are required, and were missing or wrong.",
    403: "The call was made by the page of another site.",
    404: "There is no such zone.",
    405: "This address does not answer the method.",
    413: "The body is too large.",
    415: "The body is not declared as `application/json`.",
    421: "The call was made under a name that is not this machine's own.",
    422: "The request cannot be checked; the message says why and what would do.",
    429: "Too many failed attempts; `Retry-After` says when to try again.",
    500: "The service failed internally. There is no verdict.",
}
_ALWAYS = (401, 403, 405, 421, 422, 429, 500)
_SENT = (400, 413, 415)


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
    from pydantic import BaseModel
    from pydantic.json_schema import models_json_schema

    from viewer.service import models
    from zones.contract.models import Assessment
    from zones.patients.request import Request

    given: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        (Request, "validation"),
        (models.LocateRequest, "validation"),
        (Assessment, "serialization"),
        (models.ErrorAnswer, "serialization"),
        (models.Place, "serialization"),
        (models.ZoneList, "serialization"),
        (models.ZoneAnswer, "serialization"),
        (models.ZoneFeatures, "serialization"),
    ]
    _, made = models_json_schema(given, ref_template=_REF)
    found: dict[str, Any] = made["$defs"]
    return found


def _paths() -> dict[str, Any]:
    """Return every address with what it takes and answers."""
    from viewer.terminal.locate import locate
    from zones.check.site import check_request

    answer = check_request(EXAMPLE).as_dict()
    wrong = _error(lambda: check_request(WRONG))
    lost = _error(lambda: locate(WRONG["site"]))
    batch = {
        "type": "array",
        "maxItems": MOST_REQUESTS,
        "items": _ref("Request"),
    }
    answers = {
        "type": "array",
        "items": {"anyOf": [_ref("Assessment"), _ref("ErrorAnswer")]},
    }
    return {
        f"{API}/check": {
            "post": _operation(
                "check",
                "Check a needle at a site",
                "The answer of `needlemap check --json`. A fact left out was not "
                f"asked, which is not no. At most {LARGEST_REQUEST} bytes.",
                sends=(_ref("Request"), EXAMPLE),
                answers={JSON: (_ref("Assessment"), answer)},
                wrong=wrong,
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
            )
        },
        f"{API}/locate": {
            "post": _operation(
                "locate",
                "Turn words into a place, and a place into words",
                "The answer of `needlemap locate --json`: the place on each body that "
                "has it.",
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
                answers={JSON: (_ref("ZoneAnswer"), None)},
                parameters=[
                    {
                        "name": "id",
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
                answers={JSON: ({"type": "object"}, None)},
            )
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
) -> dict[str, Any]:
    """Return one operation, every status it may answer with among it."""
    content = {
        kind: {"schema": schema, **({} if example is None else {"example": example})}
        for kind, (schema, example) in answers.items()
    }
    statuses = sorted({*_ALWAYS, *more, *(_SENT if sends else ())})
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": description,
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **{str(s): _failure(s, wrong if s == 422 else None) for s in statuses},
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


def _failure(status: int, example: Any) -> dict[str, Any]:
    """Return the description of a status that is an error."""
    shown = {} if example is None else {"example": example}
    found: dict[str, Any] = {
        "description": _MEANING[status],
        "content": {JSON: {"schema": _ref("ErrorAnswer"), **shown}},
    }
    header = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}.get(status)
    if header:
        found["headers"] = {header: {"schema": {"type": "string"}}}
    return found


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
