"""Addresses of programs that lead nowhere, and methods that one does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer.service.edge.replies import method_response
from viewer.service.protocol.errors import NotFoundError
from viewer.service.protocol.limits import API, FHIR, HOOKS

if TYPE_CHECKING:
    from flask import Flask, Request, Response

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
#: Below these all is a program's.
PARTS = ("/api", HOOKS, FHIR)


def add_nowhere(server: Flask, part: str, *, but: tuple[str, ...] = ()) -> None:
    """Answer all that leads nowhere below an address.

    Dash answers every other address with its page; nothing of that for programs.

    Parameters
    ----------
    server : Flask
        The application.
    part : str
        The address, such as ``/api``.
    but : tuple of str
        Methods that the address itself takes.
    """
    from flask import request

    def nowhere(rest: str = "") -> Response:
        allowed = allowed_methods(server, request)
        if allowed and request.method == "OPTIONS":
            return server.response_class(status=204, headers={"Allow": allowed})
        if allowed:
            return method_response(request.method, allowed)
        path = request.path[:200]
        raise NotFoundError(f"there is no {path}; see {API}/openapi.json.")

    name = f"nowhere_{part.strip('/')}"
    own = [method for method in _METHODS if method not in but]
    server.add_url_rule(
        part, name, nowhere, methods=own, provide_automatic_options=False
    )
    for below in (f"{part}/", f"{part}/<path:rest>"):
        server.add_url_rule(
            below, name, nowhere, methods=_METHODS, provide_automatic_options=False
        )


def is_api(request: Request) -> bool:
    """Return whether a call is a program's."""
    path = request.path
    return any(path == part or path.startswith(f"{part}/") for part in PARTS)


def allowed_methods(server: Flask, request: Request) -> str:
    """Return the methods that an address of the service answers, as Allow has them."""
    from werkzeug.exceptions import HTTPException
    from werkzeug.routing import RequestRedirect

    adapter = server.url_map.bind("")
    found: set[str] = set()
    for method in _METHODS:
        try:
            endpoint, _ = adapter.match(request.path, method=method)
        except (HTTPException, RequestRedirect):
            continue
        if endpoint.partition(".")[0] in server.blueprints:
            found |= {method, "OPTIONS"}
    return ", ".join(sorted(found))
