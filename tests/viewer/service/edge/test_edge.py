"""Round every call: ids, log lines without a patient, other sites, rates, figures."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from anatomy.errors import InputError
from viewer.service.access.access import Access
from viewer.service.app import create_service
from viewer.service.edge.calls import JsonLines, log_as_json
from viewer.service.edge.rates import Rates
from viewer.service.server.settings import Settings, read_settings
from viewer.service.shared.store import Memory

TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORIGIN = "https://ehr.example.com"
SITE = "6 cm left of T4"
PATIENT = {"sex": "female", "age": 31.5, "pregnant": True, "anticoagulant": "warfarin"}
REQUEST = {"site": {"text": SITE}, "needle": {"depth_mm": 25}, "patient": PATIENT}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, with the loggers put back afterwards."""
    root, calls = logging.getLogger(), logging.getLogger("needlemap.calls")
    before = (root.handlers[:], root.level, calls.level)
    stream = io.StringIO()
    log_as_json(stream)
    yield stream
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    calls.setLevel(before[2])


def test_the_log_holds_nothing_of_a_patient(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither facts nor places, whatever is asked and however it ends."""
    client = create_service(warm=False).test_client()
    client.post("/api/v1/check", json=REQUEST)
    client.post("/api/v1/check", json={**REQUEST, "patient": {"age": 3131.5}})
    client.post("/api/v1/check", json={"site": {"text": f"{SITE} secretly"}})
    client.post(
        "/api/v1/check-batch", json=[REQUEST, {"site": {"text": "Secretville"}}]
    )
    client.post("/api/v1/check-patient", json={"patient": PATIENT})
    client.post("/api/v1/search", json={"text": SITE})
    client.get("/api/v1/zones/Secretville?name=Secretville")
    client.get("/Secretville")
    client.open("/api/v1/check", method="SECRETVILLE")
    client.post("/cds-services/dry-needling-patient", json={"hook": "Secretville"})

    def broken(*_: object, **__: object) -> Any:
        raise ValueError(f"Secretville {SITE} {PATIENT}")

    # inside the check, which says at which place it failed, and outside of it
    monkeypatch.setattr("zones.check.engine.assess_zones", broken)
    failed = client.post("/api/v1/check", json=REQUEST).json
    assert any(f["id"] == "computation" for f in failed["findings"])
    monkeypatch.setattr("zones.check.site.check_request", broken)
    assert client.post("/api/v1/check", json=REQUEST).status_code == 500
    client.post("/api/v1/check-batch", json=[REQUEST])
    text = lines.getvalue()
    found = [json.loads(line) for line in text.splitlines()]
    calls = [line for line in found if line["event"] == "call"]
    assert len(calls) == 13
    assert any(line.get("error") == "ValueError" for line in found)
    for word in (
        SITE,
        "T4",
        "31.5",
        "warfarin",
        "female",
        "Secretville",
        "SECRETVILLE",
    ):
        assert word.lower() not in text.lower(), word
    assert {line["route"] for line in calls} >= {"/api/v1/check", "none"}
    assert all(line["status"] and line["ms"] >= 0 and line["id"] for line in calls)


def test_a_failure_keeps_its_place_in_the_code() -> None:
    try:
        raise KeyError("Secretville")
    except KeyError as error:
        record = logging.LogRecord(
            "a.b", logging.ERROR, "x.py", 1, "failed for %s", ("Secretville",), None
        )
        record.exc_info = (type(error), error, error.__traceback__)
    line = json.loads(JsonLines().format(record))
    assert line["error"] == "KeyError"
    assert "test_edge.py" in line["at"][0]
    assert "Secretville" not in json.dumps(line)


def test_each_call_has_an_id() -> None:
    client = create_service(warm=False).test_client()
    given = client.get("/health/live", headers={"X-Request-ID": "abc-123"})
    assert given.headers["X-Request-ID"] == "abc-123"
    made = {client.get("/health/live").headers["X-Request-ID"] for _ in range(3)}
    assert len(made) == 3
    for wrong in ("a b", "x" * 65, "ä", '"><script>', "name=Smith"):
        answer = client.get("/health/live", headers={"X-Request-ID": wrong})
        assert answer.headers["X-Request-ID"] != wrong
    refused = client.get("/api/v1/zones", headers={"Host": "evil.example"})
    assert refused.status_code == 421
    assert refused.headers["X-Request-ID"] in refused.json["instance"]


def test_pages_of_named_sites_may_call_and_others_not() -> None:
    settings = Settings(origins=(ORIGIN,))
    access = Access(token=TOKEN)
    client = create_service(access=access, settings=settings, warm=False).test_client()
    asks = {"Access-Control-Request-Method": "POST"}
    preflight = client.options("/api/v1/check", headers={"Origin": ORIGIN, **asks})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    there = {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/api/v1/check", json=REQUEST, headers={**there, **BEARER})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in answer.headers["Vary"]
    # it still needs the token
    assert client.post("/api/v1/check", json=REQUEST, headers=there).status_code == 401
    for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
        headers = {"Origin": origin, **BEARER}
        answer = client.post("/api/v1/check", json=REQUEST, headers=headers)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
        refused = client.options("/api/v1/check", headers={"Origin": origin, **asks})
        assert "Access-Control-Allow-Origin" not in refused.headers
    with pytest.raises(InputError, match="origin"):
        Settings(origins=("*",))


def test_one_caller_does_not_crowd_out_others() -> None:
    client = create_service(settings=Settings(rate=3), warm=False).test_client()
    statuses = [client.get("/api/v1/zones/pleura").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    late = client.get("/api/v1/zones/pleura")
    assert late.json["error"]["code"] == "too_many"
    assert 1 <= int(late.headers["Retry-After"]) <= 21
    other = client.get(
        "/api/v1/zones/pleura", environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    assert other.status_code == 200
    assert client.get("/health/live").status_code == 200


def test_a_batch_costs_what_it_holds() -> None:
    client = create_service(settings=Settings(rate=10), warm=False).test_client()
    assert client.post("/api/v1/check-batch", json=[{}] * 25).status_code == 200
    late = client.get("/api/v1/zones/pleura")
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) > 60


def test_rates_fill_up_with_time() -> None:
    now = [0.0]
    rates = Rates(60, Memory(clock=lambda: now[0]))
    assert [rates.take("a") for _ in range(61)][-1] == pytest.approx(1.0)
    now[0] = 1.0
    assert rates.take("a") == 0.0
    assert rates.take("a") > 0
    now[0] = 3600.0
    assert [rates.take("a") for _ in range(61)].count(0.0) == 60


def test_figures_for_prometheus() -> None:
    pytest.importorskip("prometheus_client")
    settings = Settings(metrics=True)
    server = create_service(access=Access(token=TOKEN), settings=settings, warm=False)
    client = server.test_client()
    assert client.get("/metrics").status_code == 401
    client.get("/api/v1/zones/pleura", headers=BEARER)
    text = client.get("/metrics", headers=BEARER).text
    wanted = 'needlemap_calls_total{method="GET",route="/api/v1/zones/<path:name>",'
    assert f'{wanted}status="200"}} 1.0' in text
    assert "pleura" not in text
    plain = create_service(warm=False).test_client()
    assert plain.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "environ",
    [
        {"NEEDLEMAP_TRUST_PROXIES": "many"},
        {"NEEDLEMAP_TRUST_PROXIES": "9"},
        {"NEEDLEMAP_RATE": "-1"},
        {"NEEDLEMAP_METRICS": "perhaps"},
        {"NEEDLEMAP_BASE_PATH": "needlemap"},
        {"NEEDLEMAP_BASE_PATH": "/a/../b?"},
        {"NEEDLEMAP_CORS_ORIGINS": "https://ehr.example.com/page"},
    ],
)
def test_wrong_settings_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(InputError):
        read_settings(environ)


def test_settings_of_the_environment() -> None:
    assert read_settings({}).rate is not None
    assert read_settings({"NEEDLEMAP_RATE": "0"}).rate is None
    found = read_settings({"NEEDLEMAP_CORS_ORIGINS": f"{ORIGIN} http://localhost:3000"})
    assert found.origins == (ORIGIN, "http://localhost:3000")
