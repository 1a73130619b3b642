"""The check for programs: ``/api/v1/...``, the library's answers and no others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError, NeedlemapError
from viewer.service.calls import requests as sent
from viewer.service.calls.reading import (
    batch_of,
    body_of,
    fields_of,
    json_text,
    no_query,
    query_of,
    text_of,
)
from viewer.service.calls.sources import (
    FULL,
    ONCE,
    sources_wanted,
    with_sources,
)
from viewer.service.edge.keeping import public
from viewer.service.edge.nowhere import add_nowhere, allowed_methods, is_api
from viewer.service.edge.rates import charge
from viewer.service.edge.replies import (
    answer_errors,
    as_ours,
    error_response,
    json_response,
    method_response,
    refusal,
)
from viewer.service.protocol.errors import FAILED, FailedError, shown
from viewer.service.protocol.limits import (
    API,
    DEFAULT_BODY,
    GEOJSON,
    JSON,
    LARGEST_BATCH,
    LARGEST_BODY,
    LARGEST_REQUEST,
    NPY,
    PNG,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask, Response

_LOG = logging.getLogger(__name__)


def add_api(server: Flask, *, programs_only: bool = False) -> None:
    """Add the addresses of the service to a server.

    Parameters
    ----------
    server : Flask
        The application. What goes wrong under ``/api/`` is answered as JSON.
    programs_only : bool
        The server has no pages: what goes wrong anywhere is answered as JSON.
    """
    from flask import Blueprint, request
    from werkzeug.exceptions import HTTPException

    api = Blueprint("api", __name__, url_prefix=API)
    _add_checks(api, server)
    _add_places(api, server)

    add_nowhere(server, "/api")
    server.register_error_handler(NeedlemapError, refusal)
    answer_errors(api)

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if not (programs_only or is_api(request)):
            return error
        if error.code == 405:
            return method_response(request.method, allowed_methods(server, request))
        return error_response(as_ours(error))

    server.register_blueprint(api)
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    server.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY


def _route(api: Any, rule: str, method: str) -> Any:
    """Add an address; OPTIONS is answered with all else that is no call."""
    return api.route(rule, methods=[method], provide_automatic_options=False)


def _sent(model: Any, what: str) -> dict[str, Any]:
    """Return the fields of the call that is being answered."""
    from flask import request

    return fields_of(body_of(request, LARGEST_REQUEST), model, what=what)


def _add_checks(api: Any, server: Flask) -> None:
    """Add the checks: of a site, many, a session, a patient, symptoms, who needles."""
    from flask import request

    @_route(api, "/check", "POST")
    def check() -> Response:
        from zones.check.site import check_request

        wanted = sources_wanted(request)
        answer = check_request(body_of(request, LARGEST_REQUEST)).as_dict()
        return json_response(with_sources(answer, wanted))

    @_route(api, "/prove", "POST")
    def prove() -> Response:
        from zones.versions.proof import prove_request

        no_query(request)
        answer = prove_request(body_of(request, LARGEST_REQUEST))
        return json_response(answer.as_dict())

    @_route(api, "/check-batch", "POST")
    def check_batch() -> Response:
        wanted = sources_wanted(request, many=True)
        requests = batch_of(body_of(request, LARGEST_BATCH))
        charge(len(requests) - 1)
        return server.response_class(_answers(requests, wanted), mimetype=JSON)

    @_route(api, "/check-session", "POST")
    def check_session() -> Response:
        from zones.sessions.session import check_session as check

        wanted = sources_wanted(request, many=True)
        body = fields_of(
            body_of(request, LARGEST_BATCH), sent.SessionRequest, what="check-session"
        )
        sites = body["sites"]
        charge(len(sites) - 1 if isinstance(sites, list) else 0)
        answer = check(
            sites,
            body.get("patient"),
            body.get("session"),
            practitioner=body.get("practitioner"),
        ).as_dict()
        kept = answer["sources"]
        with_sources(answer, wanted)
        if wanted == ONCE:
            answer["sources"] = kept
        return json_response(answer)

    @_route(api, "/check-patient", "POST")
    def check_patient() -> Response:
        from zones.check.patient_check import check_patient as check

        wanted = sources_wanted(request)
        body = _sent(sent.PatientRequest, "check-patient")
        return json_response(with_sources(check(body["patient"]).as_dict(), wanted))

    @_route(api, "/check-practitioner", "POST")
    def check_practitioner() -> Response:
        wanted = sources_wanted(request)
        body = _sent(sent.PractitionerRequest, "check-practitioner")
        return json_response(with_sources(_practitioner(body), wanted))

    @_route(api, "/check-symptoms", "POST")
    def check_symptoms() -> Response:
        from zones.sessions.symptoms import check_symptoms as check

        wanted = sources_wanted(request)
        body = _sent(sent.SymptomsRequest, "check-symptoms")
        answer = check(
            body["symptoms"],
            site=body.get("site"),
            region=text_of(body, "region", "") or None,
            hours_since=body.get("hours_since"),
            patient=body.get("patient"),
        )
        return json_response(with_sources(answer.as_dict(), wanted))


def _add_places(api: Any, server: Flask) -> None:
    """Add what is about places, and the description."""
    from flask import request

    @_route(api, "/locate", "POST")
    def locate() -> Response:
        from viewer.text.terminal.locate import locate as places

        no_query(request)
        return json_response(places(_sent(sent.LocateRequest, "locate")["site"]))

    @_route(api, "/search", "POST")
    def search() -> Response:
        from anatomy.words.search import search_sites

        no_query(request)
        body = _sent(sent.SearchRequest, "search")
        limit = body.get("limit", 8)
        if isinstance(limit, int) and limit > sent.MOST_HITS:
            raise InputError(f"limit must be at most {sent.MOST_HITS}.", field="limit")
        hits = search_sites(text_of(body, "text", ""), body=_body(body), limit=limit)
        return json_response({"hits": [_hit(hit) for hit in hits]})

    @_route(api, "/zones", "GET")
    def zones() -> Response:
        from viewer.service.calls.zones import drawn, zone_list

        given = query_of(request, ("chart", "body"))
        if "chart" in given:
            text = drawn(given.get("body", DEFAULT_BODY), given["chart"])
            return public(server.response_class(text, mimetype=GEOJSON))
        if "body" in given:
            raise InputError("body goes with chart; give both.", field="body")
        return public(json_response(zone_list()))

    @_route(api, "/zones/<path:name>", "GET")
    def zone(name: str) -> Response:
        from viewer.service.calls.zones import zone_answer

        no_query(request)
        return public(json_response(zone_answer(name)))

    @_route(api, "/depth-map", "POST")
    def depth_map() -> Response:
        from viewer.service.calls import pictures

        no_query(request)
        body = _sent(sent.DepthMapRequest, "depth-map")
        name = _body(body).name
        chart, depths = pictures.depths_of(body, name)
        kind = request.accept_mimetypes.best_match((JSON, PNG, NPY), default=JSON)
        if kind == PNG:
            picture = pictures.depth_png(chart, depths)
            return server.response_class(picture, mimetype=PNG)
        if kind == NPY:
            array = pictures.depth_npy(depths)
            return server.response_class(array, mimetype=NPY)
        return json_response(pictures.depth_data(name, chart, depths))

    @_route(api, "/section", "POST")
    def section() -> Response:
        from viewer.service.calls.pictures import section_data

        wanted = sources_wanted(request)
        body = _sent(sent.SectionRequest, "section")
        view = body.pop("view", "needle")
        answer = section_data(body, view)
        with_sources(answer["assessment"], wanted)
        return json_response(answer)

    @_route(api, "/openapi.json", "GET")
    def description() -> Response:
        from viewer.service.openapi import openapi

        no_query(request)
        servers = [{"url": request.script_root or "/"}]
        return public(json_response({**openapi(), "servers": servers}))


def _body(data: dict[str, Any]) -> Any:
    """Return the reference body that a call names."""
    from anatomy.body import load_body

    return load_body(text_of(data, "body", DEFAULT_BODY))


def _hit(hit: Any) -> dict[str, Any]:
    """Return one hit of a search as plain data."""
    return {
        "kind": hit.kind,
        "title": str(hit.title),
        "site": dict(hit.request) or None,
        "side": hit.side,
        "where": str(hit.where),
        "chart": hit.chart,
        "quality": round(float(hit.quality), 3),
    }


def _practitioner(body: dict[str, Any]) -> dict[str, Any]:
    """Return what the rules say of who needles, with the sources."""
    from zones.check.patient_findings import source_records
    from zones.check.site import data_version
    from zones.contract.models import Verdict
    from zones.patients.practice import check_practitioner

    found = check_practitioner(
        body["practitioner"], text_of(body, "region", "") or None
    )
    # nothing said of who needles is not a yes
    least = Verdict.NO_KNOWN_DANGER if found else Verdict.CAUTION
    return {
        "verdict": max([least, *(f.verdict for f in found)]).value,
        "findings": [f.model_dump(mode="json") for f in found],
        "sources": source_records(dict.fromkeys(s for f in found for s in f.sources)),
        "data_version": data_version(),
    }


def _answers(requests: list[Any], wanted: str) -> Iterator[str]:
    """Yield the answers of a batch as the text of one array, each as it is ready.

    What fails inside fails in its place: an array that ends early is no JSON. With
    ``once`` the array stands in an object, the sources behind it.
    """
    kept: dict[str, Any] = {}
    once = wanted == ONCE
    yield '{"answers":[' if once else "["
    for number, one in enumerate(requests):
        answer = _answer(one)
        if wanted != FULL:
            with_sources(answer, wanted, kept)
        yield ("," if number else "") + json_text(answer)
    yield "]"
    if once:
        yield f',"sources":{json_text(kept)}}}'


def _answer(request: Any) -> dict[str, Any]:
    """Return the answer to one request of a batch, or its error."""
    from zones.check.site import check_request

    try:
        return check_request(request).as_dict()
    except NeedlemapError as error:
        return {"error": shown(error).as_dict()}
    except Exception:
        _LOG.exception("a request of a batch failed")
        return {"error": FailedError(FAILED).as_dict()}
