"""The addresses of FHIR: metadata, the Questionnaire, ``$check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer.service.calls.reading import query_of
from viewer.service.edge.keeping import LOCKED, public
from viewer.service.edge.nowhere import add_nowhere
from viewer.service.edge.replies import answer_errors
from viewer.service.fhir.negotiation import (
    fhir_response,
    resource_of,
    sent_version,
    wanted_version,
)
from viewer.service.protocol.errors import NotFoundError
from viewer.service.protocol.limits import FHIR

if TYPE_CHECKING:
    from flask import Flask, Response

_SHOWN = ("_format", "_pretty")


def add_fhir(server: Flask) -> None:
    """Add FHIR to a server, behind its gate.

    Parameters
    ----------
    server : Flask
        The application.
    """
    from flask import Blueprint, current_app, request

    routes = Blueprint("fhir", __name__, url_prefix=FHIR)

    def get(rule: str) -> Any:
        return routes.route(rule, methods=["GET"], provide_automatic_options=False)

    @get("/metadata")
    def metadata() -> Response:
        from viewer.service.fhir.capability import capability

        version = wanted_version(request)
        query_of(request, (*_SHOWN, "mode"))
        base = request.url_root.rstrip("/") + FHIR
        locked = bool(current_app.config.get(LOCKED))
        return public(fhir_response(capability(version, base, locked=locked), version))

    @get("/Questionnaire")
    def questionnaires() -> Response:
        from viewer.fhir.questionnaire import ID, URL, questionnaire

        version = wanted_version(request)
        given = query_of(request, (*_SHOWN, "url"))
        fits = given.get("url", URL).partition("|")[0] == URL
        entry = {
            "fullUrl": f"{request.url_root.rstrip('/')}{FHIR}/Questionnaire/{ID}",
            "resource": questionnaire(version),
            "search": {"mode": "match"},
        }
        found: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": int(fits),
            **({"entry": [entry]} if fits else {}),
        }
        return public(fhir_response(found, version))

    @get("/Questionnaire/<name>")
    def one_questionnaire(name: str) -> Response:
        from viewer.fhir.questionnaire import ID, questionnaire

        version = wanted_version(request)
        query_of(request, _SHOWN)
        if name != ID:
            raise NotFoundError(f"there is no such Questionnaire; see {ID}.")
        return public(fhir_response(questionnaire(version), version))

    @get("/OperationDefinition/<name>")
    def one_operation(name: str) -> Response:
        from viewer.service.fhir.capability import OPERATION_ID, operation

        version = wanted_version(request)
        query_of(request, _SHOWN)
        if name != OPERATION_ID:
            raise NotFoundError(f"there is no such operation; see {OPERATION_ID}.")
        return public(fhir_response(operation(), version))

    @routes.route("/$check", methods=["POST"], provide_automatic_options=False)
    def check() -> Response:
        from viewer.service.fhir.check import answer

        wanted = wanted_version(request)
        version = sent_version(request)
        found = answer(resource_of(request), version, wanted)
        return fhir_response(found, wanted)

    answer_errors(routes)
    server.register_blueprint(routes)
    add_nowhere(server, FHIR)
