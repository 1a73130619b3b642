"""The check for programs: ``/api/v1/...``, the library's answers and no others."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from anatomy.errors import DataError, InputError, NeedlemapError
from anatomy.names import closest, unknown
from anatomy.store import cached
from viewer.service.bodies import read_json
from viewer.service.errors import (
    FAILED,
    ContentTypeError,
    FailedError,
    MethodError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    UnknownZoneError,
    shown,
    status_of,
)
from viewer.service.limits import (
    API,
    DEFAULT_BODY,
    GEOJSON,
    JSON,
    LARGEST_BATCH,
    LARGEST_BODY,
    LARGEST_REQUEST,
    MOST_REQUESTS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask, Request, Response

_LOG = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def add_api(server: Flask) -> None:
    """Add the addresses of the service to a server.

    Parameters
    ----------
    server : Flask
        The application. What goes wrong under ``/api/`` is answered as JSON.
    """
    from flask import Blueprint, request
    from werkzeug.exceptions import HTTPException

    api = Blueprint("api", __name__, url_prefix=API)

    # OPTIONS is answered with all else that is no call, by the last route
    def route(rule: str, method: str) -> Any:
        return api.route(rule, methods=[method], provide_automatic_options=False)

    @route("/check", "POST")
    def check() -> Response:
        from zones.check.site import check_request

        _no_query(request)
        return json_response(check_request(_body(request, LARGEST_REQUEST)).as_dict())

    @route("/check-batch", "POST")
    def check_batch() -> Response:
        _no_query(request)
        requests = _batch(_body(request, LARGEST_BATCH))
        return server.response_class(_answers(requests), mimetype=JSON)

    @route("/locate", "POST")
    def locate() -> Response:
        from viewer.terminal.locate import locate as places

        _no_query(request)
        return json_response(places(_site(_body(request, LARGEST_REQUEST))))

    @route("/zones", "GET")
    def zones() -> Response:
        given = _query(request, ("chart", "body"))
        if "chart" in given:
            drawn = _drawn(given.get("body", DEFAULT_BODY), given["chart"])
            return server.response_class(drawn, mimetype=GEOJSON)
        if "body" in given:
            raise InputError("body goes with chart; give both.", field="body")
        return json_response(zone_list())

    @route("/zones/<path:name>", "GET")
    def zone(name: str) -> Response:
        _no_query(request)
        return json_response(zone_answer(name))

    @route("/openapi.json", "GET")
    def description() -> Response:
        from viewer.service.openapi import openapi

        _no_query(request)
        return json_response(openapi())

    # Dash answers every other address with its page; nothing of that for programs
    @server.route("/api", methods=_METHODS)
    @server.route("/api/", methods=_METHODS)
    @server.route("/api/<path:rest>", methods=_METHODS)
    def nowhere(rest: str = "") -> Response:
        allowed = _allowed(server, request)
        if allowed and request.method == "OPTIONS":
            return server.response_class(status=204, headers={"Allow": allowed})
        if allowed:
            return _not_this_method(request, allowed)
        path = request.path[:200]
        raise NotFoundError(f"there is no {path}; see {API}/openapi.json.")

    @server.errorhandler(NeedlemapError)
    @api.errorhandler(NeedlemapError)
    def refused(error: NeedlemapError) -> Response:
        if isinstance(error, DataError):
            _LOG.error("the data are wrong: %s", error)
        return error_response(error)

    @server.errorhandler(HTTPException)
    @api.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        if not _is_api(request):
            return error
        if error.code == 405:
            return _not_this_method(request, _allowed(server, request))
        return error_response(_as_ours(error))

    @api.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        _LOG.error("a call of the service failed", exc_info=error)
        return error_response(FailedError(FAILED))

    server.register_blueprint(api)
    server.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    server.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY


def json_response(data: Any, *, status: int = 200, mimetype: str = JSON) -> Response:
    """Return data as an answer in JSON that has no NaN in it."""
    from flask import current_app

    return current_app.response_class(_text(data), status=status, mimetype=mimetype)


def error_response(error: NeedlemapError) -> Response:
    """Return an error as JSON, in the shape the command uses, with its status."""
    status = status_of(error)
    answer = json_response({"error": shown(error).as_dict()}, status=status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="needlemap"'
    if status == 429:
        answer.headers["Retry-After"] = str(error.given)
    return answer


def zone_list() -> dict[str, Any]:
    """Return every zone in short, with the sources they cite.

    Examples
    --------
    >>> "pleura" in [zone["id"] for zone in zone_list()["zones"]]
    True
    """
    from zones.check.patient_findings import source_records, zone_sources
    from zones.check.site import data_version
    from zones.knowledge.zone_files import load_zones

    cited: dict[str, None] = {}
    entries = []
    for zone in load_zones():
        sources = list(zone_sources(zone))
        cited.update(dict.fromkeys(sources))
        entries.append(
            {
                "id": zone.id,
                "structure": zone.structure,
                "consequence": zone.consequence,
                "kind": zone.kind,
                "category": zone.category,
                "side": zone.side,
                "severity": zone.severity,
                "earliest_mm": zone.least_mm,
                "codes": _codes(zone.id),
                "sources": sources,
            }
        )
    return {
        "zones": entries,
        "sources": source_records(cited),
        "data_version": data_version(),
    }


def zone_answer(name: str) -> dict[str, Any]:
    """Return one zone in full, with the sources it cites.

    Raises
    ------
    UnknownZoneError
        When there is no such zone; the nearest are named.

    Examples
    --------
    >>> answer = zone_answer("pleura")
    >>> answer["zone"]["consequence"], answer["codes"][0]["code"]
    ('pneumothorax', 'UBERON:0000977')
    """
    from zones.check.patient_findings import source_records, zone_sources
    from zones.check.site import data_version
    from zones.knowledge.zone_files import load_zones

    zones = {zone.id: zone for zone in load_zones()}
    if name not in zones:
        raise UnknownZoneError(
            f"Unknown zone {name[:80]!r}.",
            field="id",
            given=name,
            suggestions=closest(name[:80], zones),
        )
    zone = zones[name]
    return {
        "zone": zone.model_dump(mode="json"),
        "codes": _codes(zone.id),
        "sources": source_records(zone_sources(zone)),
        "data_version": data_version(),
    }


def _codes(zone: str) -> list[dict[str, Any]]:
    """Return the codes of a structure, plain; none for one of an own data folder."""
    from zones.knowledge.codes import all_codes

    codes = all_codes("structure").get(zone, ())
    return [code.model_dump(mode="json") for code in codes]


_DRAWING = threading.Lock()


def _drawn(body_name: str, chart_name: str) -> str:
    """Return the zones of a chart as GeoJSON text; traced once, by one caller."""
    with _DRAWING:
        return _traced(body_name, chart_name)


@cached(maxsize=128)
def _traced(body_name: str, chart_name: str) -> str:
    """Return the zones of a chart as GeoJSON text; takes seconds."""
    from zones.pictures.geojson import zone_geojson

    return _text(zone_geojson(body_name, chart_name))


def _answers(requests: list[Any]) -> Iterator[str]:
    """Yield the answers of a batch as the text of one array, each as it is ready.

    What fails inside fails in its place: an array that ends early is no JSON.
    """
    for number, one in enumerate(requests):
        yield ("[" if number == 0 else ",") + _text(_answer(one))
    yield "]" if requests else "[]"


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


def _text(data: Any) -> str:
    """Return data as JSON text, without NaN."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _body(request: Request, largest: int) -> Any:
    """Return what the body of a call says."""
    if request.mimetype != JSON:
        given = request.mimetype[:80] or "none"
        raise ContentTypeError(f"Content-Type must be {JSON}; got {given!r}.")
    request.max_content_length = largest
    return read_json(request.get_data(cache=False))


def _batch(data: Any) -> list[Any]:
    """Return the requests of a batch."""
    if not isinstance(data, list):
        raise InputError(
            f"a batch must be an array of requests; got {type(data).__name__}. "
            f"For one request there is {API}/check."
        )
    if len(data) > MOST_REQUESTS:
        raise TooLargeError(
            f"a batch may have at most {MOST_REQUESTS} requests; got {len(data)}."
        )
    return data


def _site(data: Any) -> Any:
    """Return the site that a call to locate gives."""
    if not isinstance(data, dict):
        raise InputError(
            f"locate takes an object with a site; got {type(data).__name__}.",
            suggestions=("site",),
        )
    for name in data:
        if name != "site":
            raise unknown("field", name, ("site",), field=name)
    if data.get("site") is None:
        raise InputError("site must be given.", field="site")
    return data["site"]


def _query(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters of an address, each known and given once."""
    for name in request.args:
        if name not in known:
            raise unknown("parameter", name, known, field=name)
        if len(request.args.getlist(name)) > 1:
            raise InputError(f"{name} must be given once.", field=name)
    return dict(request.args.items())


def _no_query(request: Request) -> None:
    """Refuse parameters where there are none."""
    _query(request, ())


def _is_api(request: Request) -> bool:
    """Return whether a call is a program's."""
    return request.path == "/api" or request.path.startswith("/api/")


def _not_this_method(request: Request, allowed: str) -> Response:
    """Return the answer to a method that an address does not answer."""
    answer = error_response(
        MethodError(f"{request.method[:20]} is not supported here; only {allowed}.")
    )
    answer.headers["Allow"] = allowed
    return answer


def _allowed(server: Flask, request: Request) -> str:
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
        if endpoint.startswith("api."):
            found |= {method, "OPTIONS"}
    return ", ".join(sorted(found))


def _as_ours(error: Any) -> ServiceError:
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
