"""The service: the library's answers over HTTP, and errors that are no verdicts."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from viewer.command.main import main
from viewer.service.calls import results as models
from viewer.service.calls.bodies import DEEPEST, read_json
from viewer.service.protocol import limits
from viewer.service.protocol.errors import NotJsonError
from viewer.service.protocol.limits import FHIR_JSON, LARGEST_REQUEST, MOST_REQUESTS
from zones.check.site import check_request
from zones.contract.models import Assessment

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

T4 = {"landmark": "T4 spinous process", "lateral_mm": 60, "side": "left"}
REQUEST: dict[str, Any] = {"site": T4, "needle": {"length_mm": 40, "depth_mm": 25}}
JSON = "application/json"
MARKUP = "<script>alert('x')</script><img src=x onerror=alert(1)>"
SECRET = "a fault that names /etc/passwd"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A caller on this machine."""
    from viewer.page.app import create_app

    return create_app(warm=False).server.test_client()


def post(client: FlaskClient, name: str, data: Any, **more: Any) -> Any:
    """Send a body to an address of the service."""
    body = data if isinstance(data, (bytes, str)) else json.dumps(data)
    return client.post(f"/api/v1/{name}", data=body, **{"content_type": JSON, **more})


def problem(answer: Any, status: int, code: str | None = None) -> dict[str, Any]:
    """Return the error of an answer that has no verdict in it."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == JSON
    assert list(answer.json)[:5] == ["error", "type", "title", "status", "detail"]
    assert set(answer.json) - {"instance"} == set(list(answer.json)[:5])
    assert answer.json["status"] == status
    assert answer.json["detail"] == answer.json["error"]["message"]
    found: dict[str, Any] = answer.json["error"]
    assert list(found) == ["code", "message", "field", "suggestions"]
    assert code in (None, found["code"])
    return found


def test_check_is_the_librarys_and_the_commands(
    client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One request: the same answer three ways."""
    answer = post(client, "check", REQUEST)
    assert answer.status_code == 200
    file = tmp_path / "request.json"
    file.write_text(json.dumps(REQUEST))
    assert main(["check", "--json", str(file)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert answer.json == printed == check_request(REQUEST).as_dict()
    assert answer.json["verdict"] == "DANGER"
    Assessment.model_validate_json(answer.data)


def test_errors_are_the_commands(
    client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request that cannot be checked: 422, and the command's error."""
    wrong = {"site": {"landmark": "akromyon", "side": "left"}}
    found = problem(post(client, "check", wrong), 422, "unknown_name")
    file = tmp_path / "request.json"
    file.write_text(json.dumps(wrong))
    assert main(["check", "--json", str(file)]) == 2
    assert json.loads(capsys.readouterr().out) == {"error": found}
    assert "acromion" in " ".join(found["suggestions"])


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({}, "input"),
        ([], "input"),
        (None, "input"),
        ({"site": None}, "input"),
        (7, "input"),
        ({"site": T4, "patent": {}}, "unknown_name"),
        ({"site": T4, "needle": {"depth_mm": "25"}}, "input"),
        ({"site": T4, "needle": {"depth_mm": -1}}, "out_of_range"),
        ({"site": T4, "needle": {"length_mm": 40, "depth_mm": 41}}, "out_of_range"),
        ({"site": T4, "patient": {"pregnant": "no"}}, "input"),
        ({"site": T4, "patient": {"age": 10**290}}, "out_of_range"),
        ({"site": T4, "patient": {"sex": "male", "pregnant": True}}, "contradiction"),
        ({"site": {"chart": "posterior", "x_mm": 900, "y_mm": 1300}}, "off_body"),
    ],
)
def test_what_can_not_be_checked(client: FlaskClient, request_: Any, code: str) -> None:
    """Wrong fields, types, numbers and places are told apart."""
    problem(post(client, "check", request_), 422, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"site=T4",
        b'{"site": {"text": "T4"}, "needle": {"depth_mm": NaN}}',
        b'{"site": {"text": "T4"}, "needle": {"depth_mm": Infinity}}',
        b'{"site": {"text": "T4"}, "needle": {"depth_mm": -Infinity}}',
        b'{"site": {"text": "T4"}, "needle": {"depth_mm": 1e999}}',
        b'{"site": {"text": "T4"}, "needle": {"depth_mm": 1' + b"0" * 5000 + b"}}",
        b'{"site": {"text": "T4"}, "patient": {"pregnant": true, "pregnant": false}}',
        b'{"site": {"text": "\\ud800"}}',
        b'{"site": {"text": "\xff"}}',
        b'\xef\xbb\xbf{"site": {"text": "T4"}}',
        b'{"site": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    ],
)
@pytest.mark.parametrize("name", ["check", "check-batch", "locate"])
def test_what_is_no_json(client: FlaskClient, name: str, body: bytes) -> None:
    """No JSON, and JSON that could be read in two ways, is refused with a reason."""
    found = problem(post(client, name, body), 400, "not_json")
    assert len(found["message"]) < 300
    assert "Traceback" not in found["message"]


def test_messages_name_what_was_wrong() -> None:
    """The number, the key, the place."""
    for body, words in (
        (b"[NaN]", "NaN"),
        (b'{"age": 1, "age": 2}', "'age'"),
        (b"[1e400]", "1e400"),
        (b'{"a": }', "line 1 column 7"),
    ):
        with pytest.raises(NotJsonError, match=words):
            read_json(body)
    deep: Any = 0
    for _ in range(DEEPEST):
        deep = [deep]
    assert read_json(json.dumps(deep).encode()) == deep


def test_a_batch_is_answered_in_kind_and_order(client: FlaskClient) -> None:
    """Answers in their places, errors in theirs; whatever an element is."""
    other = {**REQUEST, "needle": {"depth_mm": 5}}
    bad: list[Any] = [{"site": {"landmark": "T44"}}, {}, None, 7, "T4", [], [[REQUEST]]]
    answer = post(client, "check-batch", [REQUEST, *bad, other])
    assert answer.status_code == 200
    assert answer.json[0] == check_request(REQUEST).as_dict()
    assert answer.json[-1] == check_request(other).as_dict()
    for found in answer.json[1:-1]:
        assert list(found) == ["error"]
        assert list(found["error"]) == ["code", "message", "field", "suggestions"]
    assert post(client, "check-batch", []).json == []
    problem(post(client, "check-batch", REQUEST), 422, "input")


def test_a_batch_is_bounded(client: FlaskClient) -> None:
    """One request more than may be is refused whole."""
    many = [{}] * (MOST_REQUESTS + 1)
    problem(post(client, "check-batch", many), 413, "too_large")
    assert len(post(client, "check-batch", many[1:]).json) == MOST_REQUESTS


def test_sizes_are_bounded(client: FlaskClient) -> None:
    """The page's calls and the service's refuse endless bodies."""
    long = json.dumps({"site": {"text": "T" * LARGEST_REQUEST}})
    problem(post(client, "check", long), 413, "too_large")
    problem(post(client, "locate", long), 413, "too_large")
    padded = json.dumps(REQUEST) + " " * LARGEST_REQUEST
    problem(post(client, "check", padded), 413)
    body = b" " * (limits.LARGEST_BODY + 1)
    page = client.post("/_dash-update-component", data=body, content_type=JSON)
    assert page.status_code == 413


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "text/json"])
def test_bodies_must_be_called_json(client: FlaskClient, kind: str | None) -> None:
    """A form of another site can send text/plain unasked, but not JSON."""
    problem(post(client, "check", REQUEST, content_type=kind), 415, "content_type")
    fine = post(client, "check", REQUEST, content_type=f"{JSON}; charset=utf-8")
    assert fine.status_code == 200


def test_locate_is_the_commands(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words to a place, and the place back to words."""
    answer = post(client, "locate", {"site": {"text": "6 cm left of T4"}})
    assert main(["locate", "6 cm left of T4", "--json"]) == 0
    assert answer.json == json.loads(capsys.readouterr().out)
    for place in answer.json:
        models.Place.model_validate_json(json.dumps(place))
    xyz = {"xyz_mm": answer.json[0]["xyz_mm"], "body": answer.json[0]["body"]}
    (back,) = post(client, "locate", {"site": xyz}).json
    assert back["description"] == answer.json[0]["description"]
    problem(post(client, "locate", {}), 422, "input")
    problem(post(client, "locate", []), 422, "input")
    problem(post(client, "locate", {"sight": {}}), 422, "unknown_name")
    problem(post(client, "locate", {"site": {"text": "nowhere"}}), 422)


def test_zones(client: FlaskClient) -> None:
    """The list, one zone, the GeoJSON of a chart: the library's, with sources."""
    from zones.knowledge.records.codes import all_codes
    from zones.knowledge.structures.zone_files import load_zones
    from zones.pictures.geojson import zone_geojson

    answer = client.get("/api/v1/zones").json
    models.ZoneList.model_validate_json(json.dumps(answer))
    zones = load_zones()
    assert [entry["id"] for entry in answer["zones"]] == [zone.id for zone in zones]
    cited = {key for entry in answer["zones"] for key in entry["sources"]}
    assert cited == set(answer["sources"])
    assert all(answer["sources"].values())
    for zone in zones:
        one = client.get(f"/api/v1/zones/{zone.id}").json
        assert one["zone"] == zone.model_dump(mode="json")
        assert set(zone.sources) <= set(one["sources"])
        codes = [
            code.model_dump(mode="json") for code in all_codes("structure")[zone.id]
        ]
        assert one["codes"] == codes
        assert codes == next(e for e in answer["zones"] if e["id"] == zone.id)["codes"]
    assert any(entry["codes"] for entry in answer["zones"])
    drawn = client.get("/api/v1/zones?chart=posterior")
    assert drawn.mimetype == "application/geo+json"
    assert drawn.json == json.loads(json.dumps(zone_geojson("female", "posterior")))
    male = client.get("/api/v1/zones?chart=posterior&body=male").json
    assert male["space"]["body"] == "male"
    models.ZoneFeatures.model_validate(male)


def test_zones_that_are_not_there(client: FlaskClient) -> None:
    """Unknown zones, charts and parameters; a parameter twice."""
    found = problem(client.get("/api/v1/zones/pleur"), 404, "unknown_name")
    assert "pleura" in found["suggestions"]
    for query in (
        "chart=posteriour",
        "chart=posterior&body=child",
        "body=male",
        "chart=posterior&chart=anterior",
        "cart=posterior",
    ):
        problem(client.get(f"/api/v1/zones?{query}"), 422)
    problem(client.get("/api/v1/zones/pleura?chart=posterior"), 422, "unknown_name")
    problem(post(client, "check?debug=1", REQUEST), 422, "unknown_name")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/chek", "/api/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_addresses_that_lead_nowhere(
    client: FlaskClient, path: str, method: str
) -> None:
    """Never the page, which Dash answers everywhere else."""
    problem(client.open(path, method=method), 404, "not_found")


def test_methods(client: FlaskClient) -> None:
    """Others are refused as JSON, and the right ones named."""
    for method in ("GET", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        answer = client.open("/api/v1/check", method=method)
        problem(answer, 405, "method")
        assert answer.headers["Allow"] == "OPTIONS, POST"
    answer = client.post("/api/v1/zones")
    problem(answer, 405, "method")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    answer = client.options("/api/v1/check")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "OPTIONS, POST")
    assert client.head("/api/v1/zones").status_code == 200


def test_a_failure_inside_is_no_verdict(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No trace, no cause, no verdict; the log has what it was."""

    def broken(_: object) -> Any:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("zones.check.site.check_request", broken)
    monkeypatch.setattr("viewer.text.terminal.locate.locate", broken)
    for name, body in (("check", REQUEST), ("locate", {"site": T4})):
        answer = post(client, name, body)
        found = problem(answer, 500, "failed")
        assert "no answer" in found["message"]
        assert SECRET not in answer.text
        assert 'verdict":' not in answer.text
    answer = post(client, "check-batch", [REQUEST, REQUEST])
    assert [one["error"]["code"] for one in answer.json] == ["failed", "failed"]
    assert SECRET not in answer.text
    assert SECRET in caplog.text


def test_wrong_data_are_our_fault(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A data file that is wrong is a failure and not the caller's mistake."""
    from anatomy.errors import DataError

    def broken(_: object) -> Any:
        raise DataError(SECRET)

    monkeypatch.setattr("zones.check.site.check_request", broken)
    with caplog.at_level(logging.ERROR):
        answer = post(client, "check", REQUEST)
        problem(answer, 500, "failed")
        (one,) = post(client, "check-batch", [REQUEST]).json
    assert one["error"]["code"] == "failed"
    assert SECRET not in answer.text
    assert SECRET in caplog.text


@pytest.mark.parametrize(
    "request_",
    [
        {"site": {"text": MARKUP}},
        {"site": {"landmark": MARKUP, "side": "left"}},
        {"site": {"muscle": MARKUP, "side": "left"}},
        {"site": T4, "patient": {"anticoagulant": MARKUP}},
        {"site": T4, "patient": {"cancer_sites": [MARKUP]}},
        {"site": T4, "patient": {MARKUP: True}},
        {"site": T4, "practitioner": {"jurisdiction": MARKUP}},
        {"site": T4, "practitioner": {"profession": MARKUP}},
        {MARKUP: 1},
    ],
)
def test_texts_stay_texts(client: FlaskClient, request_: Any) -> None:
    """What a user writes comes back as JSON that no browser takes for a page."""
    for name, body in (("check", request_), ("check-batch", [request_])):
        answer = post(client, name, body)
        assert answer.mimetype == JSON
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        json.loads(answer.data)
    answer = client.get("/api/v1/zones/" + MARKUP)
    assert answer.mimetype == JSON


def test_the_page_renders_text_as_text() -> None:
    """No part of the page takes text for markup, in Python or in the browser."""
    from pathlib import Path as File

    import viewer

    for file in sorted(File(viewer.__file__).parent.rglob("*.*")):
        if file.suffix not in (".py", ".js", ".html") or "node_modules" in file.parts:
            continue
        text = file.read_text("utf-8")
        for word in (
            "dangerously_allow_html",
            "DangerouslySetInnerHTML",
            "dcc.Markdown",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "|safe",
            "Markup(",
        ):
            assert word not in text, f"{word} in {file.name}"


def test_description(client: FlaskClient) -> None:
    """Valid where it stands; each address, method and status of ours is in it."""
    found = client.get("/api/v1/openapi.json").json
    assert found["openapi"] == "3.1.0"
    described = {
        (path, method) for path, entry in found["paths"].items() for method in entry
    }
    parts = {"api": "{id}", "hooks": "{service}", "fhir": "{id}"}
    routes = {
        (re.sub("<.*>", parts[rule.endpoint.split(".")[0]], rule.rule), method.lower())
        for rule in client.application.url_map.iter_rules()
        if rule.endpoint.startswith(("api.", "hooks.", "fhir."))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes
    names = set(found["components"]["schemas"])
    used = set()
    stack = [found]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            if isinstance(here.get("$ref"), str):
                used.add(here["$ref"].rsplit("/", 1)[1])
            stack += here.values()
        elif isinstance(here, list):
            stack += here
    assert used == names
    assert {"Request", "Assessment", "ErrorAnswer", "Patient", "Zone"} <= names


def test_examples_of_the_description_are_answers(client: FlaskClient) -> None:
    """What it shows as sent is answered by what it shows as answered."""
    paths = client.get("/api/v1/openapi.json").json["paths"]
    for name in ("check", "check-batch", "locate"):
        entry = paths[f"/api/v1/{name}"]["post"]
        sent = entry["requestBody"]["content"][JSON]["example"]
        shown = entry["responses"]["200"]["content"][JSON]["example"]
        assert post(client, name, sent).json == shown
    assert client.get("/api/v1/zones/pleura").status_code == 200
    for name in ("check", "locate"):
        entry = paths[f"/api/v1/{name}"]["post"]
        assert entry["responses"]["422"]["content"][JSON]["example"]["error"]["code"]
    content = paths["/fhir/$check"]["post"]["requestBody"]["content"][FHIR_JSON]
    found = client.post("/fhir/$check", json=content["example"])
    assert found.status_code == 200, found.text


def test_no_telemetry() -> None:
    """Nothing of Dash or Plotly calls out, and nothing comes from elsewhere."""
    from viewer.body3d.page import CONFIG
    from viewer.page.app import create_app

    app = create_app(warm=False)
    assert app._enable_mcp is False
    assert not any("mcp" in rule.rule for rule in app.server.url_map.iter_rules())
    assert CONFIG["displayModeBar"] is False  # and with it, sending to a cloud
    page = app.server.test_client().get("/").text.replace("\\u002f", "/")
    # the one address in it is for asking for a newer Dash, which is switched off
    assert '"disable_version_check":true' in page
    assert '"ui":false' in page
    page = page.replace("https://dash-version.plotly.com:8080/current_version", "")
    for word in ("http://", "https://", "//cdn", "googletagmanager", "sentry"):
        assert word not in page, word
