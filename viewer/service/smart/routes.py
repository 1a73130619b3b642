"""The addresses of a launch: its beginning, where it comes back to, the patient."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from anatomy.errors import NeedlemapError
from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.service.calls.reading import body_of, query_of
from viewer.service.edge.replies import answer_errors, json_response
from viewer.service.entrance.gate import TEMPLATES, is_encrypted
from viewer.service.protocol.errors import FAILED, ForbiddenError, status_of
from viewer.service.protocol.limits import LARGEST_REQUEST
from viewer.service.smart.flow import OVER, Launches
from viewer.state.language import said
from zones.knowledge.facts import load_facts

if TYPE_CHECKING:
    from flask import Flask, Response

    from viewer.service.smart.record import Launched

_LOG = logging.getLogger(__name__)
#: The page of a launch that failed loads nothing.
_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
#: Cookie that knows the browser again: the state of its launch, then the token of its
#: patient. Both are good once, and for minutes.
COOKIE, PATH = "needlemap_launch", "/launch"


def add_launch(server: Flask, launches: Launches, *, tls: bool = False) -> None:
    """Add the launch to a server that has the page; all of it is behind the gate.

    Parameters
    ----------
    server : Flask
        The application.
    launches : Launches
        Who may launch, and what has begun.
    tls : bool
        Whether the server encrypts by itself.
    """
    from flask import Blueprint, g, redirect, request

    routes = Blueprint("smart", __name__, template_folder=str(TEMPLATES))

    @routes.get("/launch")
    def launch() -> Any:
        given = query_of(request, ("iss", "launch"))
        if not given.get("iss") or not given.get("launch"):
            raise ForbiddenError("a launch names iss and launch.")
        address, state = launches.begin(given["iss"], given["launch"])
        g.launch = state
        return redirect(address, HTTPStatus.FOUND)

    @routes.get("/launch/callback")
    def callback() -> Any:
        state, g.launch = request.cookies.get(COOKIE), ""
        given = request.args
        # whoever begins a launch must also end it: another browser's state is no good
        if not state or given.get("state") != state:
            raise ForbiddenError(OVER)
        if given.get("error") or not given.get("code"):
            raise ForbiddenError("the record refused this launch.")
        g.launch = launches.finish(state, given["code"])
        return redirect(f"/?launched={g.launch}", HTTPStatus.SEE_OTHER)

    @routes.errorhandler(Exception)
    def failed(error: Exception) -> Any:
        if isinstance(error, NeedlemapError):
            return _failed(str(error), status_of(error))
        _LOG.error("a launch failed", exc_info=error)
        return _failed(FAILED, HTTPStatus.INTERNAL_SERVER_ERROR)

    patients = Blueprint("smart_patient", __name__)

    @patients.post("/launch/patient")
    def patient() -> Response:
        sent = body_of(request, LARGEST_REQUEST)
        token = sent.get("token") if isinstance(sent, dict) else None
        if not token:
            raise ForbiddenError(OVER)
        g.launch = ""
        if token != request.cookies.get(COOKIE):
            raise ForbiddenError(OVER)
        found = launches.take(token)
        return json_response(
            {
                "code": found.code,
                "facts": found.facts,
                "message": " ".join(map(said, words_of(found))),
            }
        )

    def kept(answer: Response) -> Response:
        """Let the browser be known when it comes back, or forget it."""
        name = g.get("launch")
        framed = launches.ehrs.cookies == "None"
        how: dict[str, Any] = {
            "path": PATH,
            "httponly": True,
            "samesite": launches.ehrs.cookies,
            "secure": tls or framed or is_encrypted(request),
            "partitioned": framed,
        }
        if name:
            answer.set_cookie(COOKIE, name, **how)
        elif name is not None:
            answer.delete_cookie(COOKIE, **how)
        return answer

    answer_errors(patients)
    for blueprint in (routes, patients):
        blueprint.after_request(kept)
        server.register_blueprint(blueprint)


def words_of(found: Launched) -> list[str]:
    """Return what the page says of a patient that a record launched it with.

    Examples
    --------
    >>> from viewer.service.smart.record import Launched
    >>> words_of(Launched("EHR", "7", {"epilepsy": True}))[0]
    'Filled in from EHR: epilepsy. Everything else, consent above all, is still to be \
asked.'
    """
    labels: list[str] = [load_facts()[name].label for name in found.facts]
    first = _(
        "{ehr} states nothing that needlemap asks. Everything is still to be asked.",
        ehr=found.ehr,
    )
    if labels:
        first = _(
            "Filled in from {ehr}: {facts}. Everything else, consent above all, is "
            "still to be asked.",
            ehr=found.ehr,
            facts=joined(labels, ", "),
        )
    lines: list[str] = [first]
    if found.unclear:
        perhaps = joined(found.unclear, "; ")
        lines.append(_("On record, and perhaps meant: {facts}.", facts=perhaps))
    if found.unread:
        listed = ", ".join(found.unread)
        lines.append(_("Could not be read from the record: {parts}.", parts=listed))
    return lines


def _failed(message: str, status: int) -> Any:
    """Return the page of a launch that failed."""
    from flask import render_template

    text = render_template("launch_failed.html", message=message)
    return text, status, {"Content-Security-Policy": _POLICY}
