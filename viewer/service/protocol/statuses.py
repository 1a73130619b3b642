"""What each status means, as the service's own description (OpenAPI) has it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

_MEANING = {
    400: "The body is not JSON, or is ambiguous JSON (duplicate key, NaN).",
    401: "Credentials are required, and were missing or wrong.",
    403: "The call was made by the page of another site.",
    404: "There is no such zone, service or resource.",
    405: "This address does not answer the method.",
    406: "The media type or version of FHIR that Accept asks for is not spoken.",
    412: "Something that is needed was not prefetched.",
    413: "The body is too large.",
    415: "The body is not declared as `application/json`, or as FHIR's JSON.",
    421: "The call was made under a name that is not this machine's own.",
    422: "The request cannot be checked; the message says why and what would do.",
    429: "Too many calls or failed attempts; `Retry-After` says when to try again.",
    500: "The service failed internally. There is no verdict.",
}
_ALWAYS = (401, 403, 405, 421, 422, 429, 500)
_SENT = (400, 413, 415)
_HEADERS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}


def failures(
    content: Callable[[int], dict[str, Any]],
    *,
    sends: bool,
    more: Collection[int] = (),
) -> dict[str, Any]:
    """Return the statuses an address may answer with that are errors.

    Parameters
    ----------
    content : callable
        Gives the content of a status, by media type.
    sends : bool
        Whether a body is sent.
    more : collection of int
        Statuses that not every address has.

    Returns
    -------
    dict
        Responses of OpenAPI, by status.

    Examples
    --------
    >>> list(failures(lambda status: {}, sends=True, more=[404]))[:4]
    ['400', '401', '403', '404']
    """
    statuses = sorted({*_ALWAYS, *more, *(_SENT if sends else ())})
    return {str(status): _failure(status, content(status)) for status in statuses}


def _failure(status: int, content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _MEANING[status], "content": content}
    header = _HEADERS.get(status)
    if header:
        found["headers"] = {header: {"schema": {"type": "string"}}}
    return found
