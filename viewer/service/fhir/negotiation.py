"""Which version of FHIR a call is written in, and in which it is to be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.fhir.versions import Version, WrongVersionError, parse_version
from viewer.service.calls.bodies import read_json
from viewer.service.calls.reading import query_of
from viewer.service.protocol.errors import ContentTypeError, NotAcceptableError
from viewer.service.protocol.limits import FHIR_JSON, JSON, LARGEST_BATCH

if TYPE_CHECKING:
    from flask import Request, Response

#: Said in a media type, after FHIR's "fhirVersion".
PARAMETER = "fhirversion"
_TAKEN = (FHIR_JSON, JSON, "text/json")
_ANY = ("*/*", "application/*")
#: What ``_format`` may ask for.
_FORMATS = ("json", *_TAKEN)


def sent_version(request: Request) -> Version:
    """Return the version that a call's body is written in; R4 where nothing says it.

    Raises
    ------
    ContentTypeError
        For a body that is not FHIR's JSON, or a version that is not spoken.
    """
    if request.mimetype not in _TAKEN:
        given = request.mimetype[:80] or "none"
        raise ContentTypeError(f"Content-Type must be {FHIR_JSON}; got {given!r}.")
    return _said(request) or _asked(request) or Version.R4


def wanted_version(request: Request) -> Version:
    """Return the version to answer in: what Accept says, else that of the body.

    Raises
    ------
    NotAcceptableError
        When neither FHIR's JSON nor a version that is spoken is accepted.
    """
    return _asked(request) or _said(request) or Version.R4


def _said(request: Request) -> Version | None:
    """Return the version that Content-Type names; None where it names none."""
    told = _told(request.mimetype_params)
    try:
        return None if told is None else parse_version(told)
    except WrongVersionError as error:
        raise ContentTypeError(f"Content-Type: {error}") from None


def _asked(request: Request) -> Version | None:
    """Return the version that Accept asks for; None where it asks for none."""
    from werkzeug.http import parse_options_header

    formats = request.args.get("_format")
    if formats is not None and formats.split(";")[0].strip() not in _FORMATS:
        raise NotAcceptableError(f"_format must be {FHIR_JSON}; got {formats[:40]!r}.")
    header = request.headers.get("Accept", "")
    if not header.strip() or formats is not None:
        return None
    fits, wrong = False, None
    for entry in header.split(","):
        kind, options = parse_options_header(entry)
        if kind.lower() not in (*_TAKEN, *_ANY) or options.get("q") in ("0", "0.0"):
            continue
        told = _told(options)
        if told is None:
            fits = True
            continue
        try:
            return parse_version(told)
        except WrongVersionError as error:
            wrong = error
    if fits:
        return None
    raise NotAcceptableError(
        f"Accept: {wrong}" if wrong else f"only {FHIR_JSON} is answered."
    )


def _told(options: Any) -> str | None:
    """Return the version that the parameters of a media type name."""
    return next((v for k, v in options.items() if k.lower() == PARAMETER), None)


def resource_of(request: Request) -> Any:
    """Return the resource that a call sends.

    Raises
    ------
    ServiceError
        When it is too large, or no JSON.
    """
    query_of(request, ("_format", "_pretty"))
    request.max_content_length = LARGEST_BATCH
    return read_json(request.get_data(cache=False))


def fhir_response(
    resource: dict[str, Any], version: Version, *, status: int = 200
) -> Response:
    """Return a resource as an answer."""
    from viewer.service.edge.replies import json_response

    kind = f"{FHIR_JSON}; fhirVersion={version.value}; charset=utf-8"
    answer = json_response(resource, status=status)
    answer.headers["Content-Type"] = kind
    answer.vary.add("Accept")
    return answer
