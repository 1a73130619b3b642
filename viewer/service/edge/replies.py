"""Answers and errors as JSON: the command's error, and RFC 9457 beside it."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anatomy.errors import DataError, NeedlemapError
from viewer.record.errors import StoreError
from viewer.service.calls.reading import json_text
from viewer.service.edge.calls import call_id
from viewer.service.protocol.errors import (
    FAILED,
    FailedError,
    MethodError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    shown,
    status_of,
)
from viewer.service.protocol.limits import (
    FHIR,
    FHIR_JSON,
    JSON,
    LARGEST_BATCH,
    LARGEST_REQUEST,
    PROBLEM,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint, Response

_LOG = logging.getLogger(__name__)


def json_response(data: Any, *, status: int = 200, mimetype: str = JSON) -> Response:
    """Return data as an answer in JSON that has no NaN in it."""
    from flask import current_app

    text = json_text(data)
    return current_app.response_class(text, status=status, mimetype=mimetype)


def error_response(error: NeedlemapError) -> Response:
    """Return an error as JSON, in the shape the command uses, with its status.

    Beside ``error`` stand the members of RFC 9457; who asks for
    ``application/problem+json`` gets the same body under that name. Under ``/fhir`` it
    is an OperationOutcome.
    """
    from flask import request

    status = status_of(error)
    if is_fhir(request.path):
        answer = _outcome_response(error, status)
    else:
        wanted = request.accept_mimetypes
        kind = PROBLEM if PROBLEM in wanted.values() else JSON
        answer = json_response(problem(error, status), status=status, mimetype=kind)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="needlemap"'
    if status == 429:
        answer.headers["Retry-After"] = str(error.given)
    return answer


def is_fhir(path: str) -> bool:
    """Return whether an address is one of FHIR.

    Examples
    --------
    >>> is_fhir("/fhir/$check"), is_fhir("/fhirs")
    (True, False)
    """
    return path == FHIR or path.startswith(f"{FHIR}/")


def _outcome_response(error: NeedlemapError, status: int) -> Response:
    """Return an error as FHIR has it; the same resource in every version."""
    from viewer.fhir.outcome import outcome

    return json_response(outcome(shown(error)), status=status, mimetype=FHIR_JSON)


def problem(error: NeedlemapError, status: int) -> dict[str, Any]:
    """Return an error as the command has it, with the members of RFC 9457 beside it."""
    told = shown(error)
    found = {
        "error": told.as_dict(),
        # its title says all that the status does; the code is in the error
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": told.as_dict()["message"],
    }
    if call_id():
        found["instance"] = f"urn:needlemap:call:{call_id()}"
    return found


def method_response(method: str, allowed: str) -> Response:
    """Return the answer to a method that an address does not answer."""
    answer = error_response(
        MethodError(f"{method[:20]} is not supported here; only {allowed}.")
    )
    answer.headers["Allow"] = allowed
    return answer


def answer_errors(part: Blueprint) -> None:
    """Make a part of a server answer what goes wrong as JSON, and keep what it was."""
    from werkzeug.exceptions import HTTPException

    @part.errorhandler(NeedlemapError)
    def refused(error: NeedlemapError) -> Response:
        return refusal(error)

    @part.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return error_response(as_ours(error))
        _LOG.error("a call of the service failed", exc_info=error)
        return error_response(FailedError(FAILED))


def refusal(error: NeedlemapError) -> Response:
    """Return the answer to what cannot be done; a fault of our data goes to the log."""
    if isinstance(error, DataError):
        _LOG.error("the data are wrong: %s", error)
    if isinstance(error, StoreError):
        _LOG.error("the database failed: %s", error)
    return error_response(error)


def as_ours(error: Any) -> ServiceError:
    """Return an error of the web framework as one of ours."""
    made: dict[int, Callable[[], ServiceError]] = {
        404: lambda: NotFoundError("there is nothing at this address."),
        413: lambda: TooLargeError(
            f"a body may have at most {LARGEST_REQUEST} bytes, "
            f"of a batch {LARGEST_BATCH}."
        ),
    }
    code = int(error.code or 500)
    if code in made:
        return made[code]()
    if code >= 500:
        return FailedError(FAILED)
    found = ServiceError(f"the call cannot be read ({error.name}).")
    found.status = code
    return found
