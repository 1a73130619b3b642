"""Calls from the pages of other sites: those of named sites, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anatomy.errors import InputError
from viewer.service.edge.calls import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask, Response

_METHODS = "GET, HEAD, POST"
_HEADERS = f"Authorization, Content-Type, If-None-Match, {HEADER}"
_EXPOSED = f"{HEADER}, ETag, Retry-After"


def check_origins(given: Iterable[str]) -> tuple[str, ...]:
    """Return the origins whose pages may call.

    Raises
    ------
    InputError
        For what is no origin; a wildcard is none.

    Examples
    --------
    >>> check_origins(["https://ehr.example.com"])
    ('https://ehr.example.com',)
    >>> check_origins(["*"])
    Traceback (most recent call last):
    anatomy.errors.InputError: an origin must be such as https://ehr.example.com; got \
'*'.
    """
    found = []
    for origin in given:
        parts = urlsplit(origin)
        plain = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in ("http", "https") or origin != plain or not parts.netloc:
            raise InputError(
                f"an origin must be such as https://ehr.example.com; got {origin!r}.",
                field="--cors-origin",
            )
        found.append(origin)
    return tuple(found)


def add_cors(server: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of the origins named call: without cookies, answers for them to read.

    Parameters
    ----------
    server : Flask
        The application; to be called before the gate is added, which refuses the
        pages of all others.
    origins : tuple of str
        From `check_origins`.
    """
    from flask import g, request

    @server.before_request
    def preflight() -> Response | None:
        origin = request.headers.get("Origin")
        if origin not in origins:
            return None
        g.cors = origin
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method != "OPTIONS" or asked is None:
            return None
        return server.response_class(
            status=204,
            headers={
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _HEADERS,
                "Access-Control-Max-Age": "600",
            },
        )

    @server.after_request
    def allow(response: Response) -> Response:
        if origins:
            response.vary.add("Origin")
        if g.get("cors"):
            response.headers["Access-Control-Allow-Origin"] = g.cors
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response
