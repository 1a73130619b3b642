"""The service for programs: no page in it, all that Python has, quick to stop."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from viewer.service.access.access import Access
from viewer.service.app import create_service
from viewer.service.server.settings import Settings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUEST = {
    "site": {"text": "6 cm left of T4"},
    "needle": {"length_mm": 40, "depth_mm": 25},
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A caller on this machine."""
    return create_service(warm=False).test_client()


def post(client: FlaskClient, name: str, data: Any, **more: Any) -> Any:
    """Send JSON to an address of the service."""
    return client.post(f"/api/v1/{name}", json=data, **more)


def test_nothing_of_the_page_is_loaded() -> None:
    """Not even by an answer of each kind."""
    code = (
        "import sys\n"
        "from viewer.service.app import create_service\n"
        "from viewer.service.openapi import openapi\n"
        "c = create_service(warm=False).test_client()\n"
        f"assert c.post('/api/v1/check', json={REQUEST!r}).status_code == 200\n"
        f"assert c.post('/api/v1/section', json={REQUEST!r}).status_code == 200\n"
        "picture = {'Accept': 'image/png'}\n"
        "chart = {'chart': 'left_hand_palmar'}\n"
        "a = c.post('/api/v1/depth-map', json=chart, headers=picture)\n"
        "assert a.status_code == 200, a.text\n"
        "assert c.get('/cds-services').status_code == 200\n"
        "site = [{'name': 'site', 'valueString': 'T4'}]\n"
        "sent = {'resourceType': 'Parameters', 'parameter': site}\n"
        "assert c.post('/fhir/$check', json=sent).status_code == 200\n"
        "found = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(found & {'dash', 'plotly', 'dash_mantine_components'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_there_is_no_page(client: FlaskClient) -> None:
    for path in ("/", "/login", "/session", "/learn", "/_dash-layout", "/assets/x.js"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert answer.json["error"]["code"] == "not_found"
    assert client.post("/health/live").status_code == 405


def test_health_is_open_and_nothing_else_is() -> None:
    locked = create_service(access=Access(token=TOKEN), warm=False)
    client = locked.test_client()
    assert client.get("/health/live").json == {"status": "live"}
    assert client.get("/health/ready").json == {"status": "ready"}
    locked.extensions["needlemap_health"].state = "stopping"
    assert client.get("/health/ready").status_code == 503
    opened = set()
    for rule in locked.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS"}:
            path = rule.rule.replace("<path:rest>", "x").replace("<path:name>", "x")
            answer = client.open(path.replace("<name>", "x"), method=method)
            if answer.status_code != 401:
                opened.add(rule.rule)
    assert opened == {"/health/live", "/health/ready"}
    assert client.get("/api/v1/zones", headers=BEARER).status_code == 200


def test_sources_are_told_as_wanted(client: FlaskClient) -> None:
    from zones.check.site import check_request

    whole = check_request(REQUEST).as_dict()
    ids = post(client, "check?sources=ids", REQUEST).json
    assert ids == {**whole, "sources": {name: {} for name in whole["sources"]}}
    assert post(client, "check?sources=full", REQUEST).json == whole
    many = [REQUEST, {"site": {"text": "nowhere"}}, REQUEST]
    once = post(client, "check-batch?sources=once", many)
    assert once.json["sources"] == whole["sources"]
    assert once.json["answers"][0] == once.json["answers"][2] == ids
    assert list(once.json["answers"][1]) == ["error"]
    many = [REQUEST] * 10
    once = post(client, "check-batch?sources=once", many)
    assert len(once.data) < len(post(client, "check-batch", many).data) / 2
    assert post(client, "check-batch?sources=ids", many).json[9] == ids
    assert post(client, "check-batch?sources=once", []).json == {
        "answers": [],
        "sources": {},
    }
    for query in (
        "sources=no",
        "sources=once",
        "source=ids",
        "sources=ids&sources=ids",
    ):
        assert post(client, f"check?{query}", REQUEST).status_code == 422


def test_all_that_python_has(client: FlaskClient) -> None:
    """Each answer is the library's own."""
    import zones
    from anatomy.body import load_body
    from anatomy.words.search import search_sites

    patient = {"sex": "female", "pregnant": True}
    answer = post(client, "check-patient", {"patient": patient})
    assert answer.json == zones.check_patient(patient).as_dict()
    sites = [{**REQUEST, "left_in": True}]
    answer = post(client, "check-session", {"sites": sites, "patient": patient})
    assert answer.json == zones.check_session(sites, patient).as_dict()
    answer = post(client, "check-session?sources=once", {"sites": sites}).json
    assert set(answer["sites"][0]["sources"]) <= set(answer["sources"])
    assert all(answer["sources"].values())
    asked = {"symptoms": ["breathlessness"], "region": "upper back", "hours_since": 3}
    answer = post(client, "check-symptoms", asked)
    symptoms = zones.check_symptoms(
        ["breathlessness"], region="upper back", hours_since=3
    )
    assert answer.json == json.loads(json.dumps(symptoms.as_dict()))
    who = {"jurisdiction": "US-MD", "profession": "PT", "training_hours": 60}
    answer = post(client, "check-practitioner", {"practitioner": who}).json
    found = zones.check_practitioner(who)
    assert answer["findings"] == [f.model_dump(mode="json") for f in found]
    assert answer["verdict"] == max(f.verdict for f in found).value
    # nothing said of who needles is not a yes
    none = post(client, "check-practitioner", {"practitioner": {}}).json
    assert none["verdict"] == "CAUTION"
    hits = post(client, "search", {"text": "gb 21", "limit": 2}).json["hits"]
    known = search_sites("gb 21", body=load_body("female"), limit=2)
    assert [hit["title"] for hit in hits] == [str(hit.title) for hit in known]
    assert post(client, "check", {"site": hits[0]["site"]}).status_code == 200
    picture = post(client, "section", REQUEST).json
    assert picture["assessment"] == zones.check_request(REQUEST).as_dict()
    assert picture["section"]["bands"][0]["id"] == "pleura"
    assert picture["section"]["needle"]["entry"] == [0.0, 0.0]


def test_depth_map_in_three_forms(client: FlaskClient) -> None:
    from PIL import Image

    import zones

    asked = {"chart": "left_hand_palmar", "body": "male"}
    depths = zones.chart_depths("male", "left_hand_palmar")
    headers = {"Accept": "application/octet-stream"}
    array = np.load(io.BytesIO(post(client, "depth-map", asked, headers=headers).data))
    np.testing.assert_array_equal(array, depths)
    data = post(client, "depth-map", asked).json
    rows = np.array(data["depths_mm"], dtype=float)
    np.testing.assert_array_equal(np.isnan(rows), np.isnan(depths))
    np.testing.assert_array_equal(rows == data["no_limit"], np.isinf(depths))
    limited = np.isfinite(depths)
    assert limited.any()
    assert (rows[limited] <= depths[limited]).all()
    assert data["no_limit"] < 0  # taken for a depth, it is one that is never accepted
    headers = {"Accept": "image/png"}
    picture = post(client, "depth-map", asked, headers=headers)
    assert picture.mimetype == "image/png"
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == depths.shape[::-1]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("search", {"text": 7}),
        ("search", {"text": "gb 21", "limit": 1000}),
        ("search", {"text": "gb 21", "limit": "8"}),
        ("search", {"text": "gb 21", "limit": None}),
        ("check-symptoms", {"symptoms": ["fever"], "region": ["thigh"]}),
        ("check-practitioner", {"practitioner": {}, "region": ["thigh"]}),
        ("search", {"text": "gb 21", "body": "child"}),
        ("check-session", {}),
        ("check-session", {"sites": "T4"}),
        ("check-session", {"sites": [REQUEST], "patience": {}}),
        ("check-patient", {"patient": {"age": -1}}),
        ("check-patient", []),
        ("check-practitioner", {"practitioner": {"jurisdiction": "Atlantis"}}),
        ("check-symptoms", {"symptoms": ["a strange one"]}),
        ("depth-map", {"chart": "posteriour"}),
        ("depth-map", {"chart": ["posterior"]}),
        ("section", {**REQUEST, "view": "sideways"}),
        ("section", {"needle": {}}),
    ],
)
def test_what_is_wrong_is_refused(client: FlaskClient, name: str, data: Any) -> None:
    answer = post(client, name, data)
    assert answer.status_code == 422, answer.text
    assert set(answer.json["error"]) == {"code", "message", "field", "suggestions"}


def test_problems_have_two_names(client: FlaskClient) -> None:
    """RFC 9457 for who asks for it, the command's error always."""
    plain = post(client, "check", {})
    asked = {"Accept": "application/problem+json"}
    named = post(client, "check", {}, headers=asked)
    assert plain.mimetype == "application/json"
    assert named.mimetype == "application/problem+json"
    for key in ("error", "type", "title", "status", "detail"):
        assert plain.json[key] == named.json[key]
    assert named.json["instance"].endswith(named.headers["X-Request-ID"])


def test_every_field_is_described(client: FlaskClient) -> None:
    found = client.get("/api/v1/openapi.json").json
    tags = {tag["name"] for tag in found["tags"]}
    assert all(tag["description"] for tag in found["tags"])
    for path, entry in found["paths"].items():
        for operation in entry.values():
            assert set(operation["tags"]) <= tags, path
            for parameter in operation.get("parameters", ()):
                assert parameter["description"], (path, parameter["name"])
    bare = [
        f"{name}.{field}"
        for name, schema in found["components"]["schemas"].items()
        for field, entry in schema.get("properties", {}).items()
        if not entry.get("description")
    ]
    assert bare == []
    verdicts = found["components"]["schemas"]["Verdict"]["enum"]
    assert "NOT_ASSESSABLE" in verdicts


def test_public_answers_are_kept_and_others_are_not(client: FlaskClient) -> None:
    first = client.get("/api/v1/zones/pleura")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    tag = first.headers["ETag"]
    again = client.get("/api/v1/zones/pleura", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/api/v1/zones/vertebral-artery", headers={"If-None-Match": tag})
    assert other.status_code != 304
    assert post(client, "check", REQUEST).headers["Cache-Control"] == "no-store"
    assert "ETag" not in post(client, "check", REQUEST).headers
    missing = client.get("/api/v1/zones/none")
    assert missing.headers["Cache-Control"] == "no-store"
    locked = create_service(access=Access(token=TOKEN), warm=False).test_client()
    kept = locked.get("/api/v1/zones/pleura", headers=BEARER)
    assert kept.headers["Cache-Control"] == "private, max-age=300"


def test_answers_are_compressed_on_wish(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "gzip"}
    for name, data in (("check", REQUEST), ("check-batch", [REQUEST] * 3)):
        plain = post(client, name, data)
        small = post(client, name, data, headers=packed)
        assert small.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in small.headers["Vary"]
        assert gzip.decompress(small.data) == plain.data
        assert len(small.data) < len(plain.data) / 3
        assert "Content-Encoding" not in plain.headers
    short = client.get("/health/live", headers=packed)
    assert "Content-Encoding" not in short.headers


def test_below_a_base_path() -> None:
    server = create_service(settings=Settings(base_path="/needlemap"), warm=False)
    client = server.test_client()
    assert client.get("/needlemap/api/v1/zones/pleura").status_code == 200
    for path in ("/api/v1/zones/pleura", "/needlemapx/api/v1/zones", "/", "/needle"):
        assert client.get(path).status_code == 404, path
    assert client.get("/health/live").status_code == 200
    assert client.get("/needlemap/health/live").status_code == 200
    described = client.get("/needlemap/api/v1/openapi.json").json
    assert described["servers"] == [{"url": "/needlemap"}]


def test_proxies_count_only_when_trusted() -> None:
    """Where tries are counted by address, a made-up one gets nobody round the count."""
    said = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "elsewhere.example"}
    untrusting = create_service(warm=False).test_client()
    assert untrusting.get("/api/v1/zones", headers=said).status_code == 200
    trusting = create_service(settings=Settings(proxies=1), warm=False).test_client()
    assert trusting.get("/api/v1/zones", headers=said).status_code == 421
    locked = create_service(access=Access(token=TOKEN), warm=False).test_client()
    wrong = {"Authorization": "Bearer wrong"}
    for number in range(8):
        headers = {**wrong, "X-Forwarded-For": f"192.0.2.{number}"}
        last = locked.get("/api/v1/zones", headers=headers)
    assert last.status_code == 429
    named = {"X-Forwarded-Prefix": "/clinic"}
    found = trusting.get("/api/v1/openapi.json", headers=named).json
    assert found["servers"] == [{"url": "/clinic"}]


SERVE = [sys.executable, "-m", "viewer.command.main", "serve", "--port"]


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process at once")
@pytest.mark.parametrize("encrypted", [False, True])
def test_the_command_serves_and_stops_when_answered(
    encrypted: bool, certificate: tuple[Path, Path]
) -> None:
    """Started, asked, told to stop while an answer is under way: it is finished.

    Callers who say half of what they want keep nobody waiting.
    """
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    cert, key = map(str, certificate)
    tls = ["--cert", cert, "--key", key] if encrypted else []
    trusted = ssl.create_default_context(cafile=cert) if encrypted else None
    process = subprocess.Popen(
        [*SERVE, str(port), *tls],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    half: list[socket.socket] = []
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        scheme = "https" if encrypted else "http"
        address = f"{scheme}://127.0.0.1:{port}"
        assert f"programs at {address}" in process.stdout.readline()
        for number in range(24):
            line = socket.create_connection(("127.0.0.1", port), timeout=30)
            half.append(line)
            if trusted is not None and number % 2:
                line = trusted.wrap_socket(line, server_hostname="localhost")
                half[-1] = line
            if trusted is None or number % 2:
                line.sendall(b"POST /api/v1/check HTTP/1.1\r\nHost: localhost\r\n")
        with urllib.request.urlopen(
            f"{address}/health/ready", timeout=30, context=trusted
        ) as answer:
            assert answer.status == 200
        body = json.dumps([REQUEST] * 40).encode()
        call = urllib.request.Request(
            f"{address}/api/v1/check-batch",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        got: list[int] = []

        def ask() -> None:
            with urllib.request.urlopen(call, timeout=60, context=trusted) as answer:
                answer.read(1)
                begun.set()
                got.append(len(json.loads(b"[" + answer.read())))

        begun = threading.Event()
        caller = threading.Thread(target=ask)
        caller.start()
        assert begun.wait(30)
        for line in half:
            line.close()
        process.send_signal(signal.SIGTERM)
        caller.join(30)
        assert got == [40]
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        lines = [json.loads(line) for line in said.splitlines()]
        routes = [line.get("route") for line in lines]
        assert routes == ["/health/ready", "/api/v1/check-batch"]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process at once")
def test_the_command_stops_where_interrupts_are_ignored() -> None:
    """As in the background of a shell's script."""
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *SERVE, "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "programs at" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_stranger_is_not_served(capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with status 2 before it listens where it would be open."""
    from viewer.command.main import main

    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--token-file" in capsys.readouterr().err
    for wrong in (
        ["--base-path", "no"],
        ["--cors-origin", "*"],
        ["--trust-proxies", "9"],
        ["--rate", "0"],
        ["--hooks", "/no/such/file.toml"],
    ):
        assert main(["serve", *wrong]) == 2, wrong


def test_the_wsgi_object(tmp_path: Path) -> None:
    """Made from the environment, for a server of one's own."""
    code = (
        "from viewer.service.wsgi import application\n"
        "c = application.test_client()\n"
        "print(c.get('/clinic/health/ready').status_code,"
        " c.get('/clinic/api/v1/zones').status_code)\n"
    )
    environ = {
        **os.environ,
        "NEEDLEMAP_TOKEN": TOKEN,
        "NEEDLEMAP_BASE_PATH": "/clinic",
        "NEEDLEMAP_METRICS": "no",
        "NEEDLEMAP_DB": f"sqlite:///{tmp_path}/records.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )
    assert done.stdout.split() == ["200", "401"]
