"""The log-in: what is behind it, form and token, wrong ones slowed down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.viewer.service.entrance.callers import (
    BEARER,
    PASSWORD,
    REQUEST,
    TOKEN,
    log_in,
    made,
)
from viewer.service.access.access import Access

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def test_everything_is_behind_the_log_in(locked: FlaskClient) -> None:
    """Every route but the form, its sheet, and a leaflet by its own token."""
    opened = []
    for rule in locked.application.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = locked.open(path, method=method)
            if answer.status_code not in (401, 303, 405):
                opened.append(path)
            assert "needlemap.js" not in answer.text
            if answer.status_code == 303:
                assert answer.location.startswith("/login")
    assert set(opened) == {
        "/login", "/login.css", "/leaflet/1", "/health/live", "/health/ready",
    }  # fmt: skip
    assert locked.get("/leaflet/1").status_code == 404  # nothing without a token


def test_programs_are_told_how(locked: FlaskClient) -> None:
    """401 as JSON, with the scheme; OPTIONS and nowhere give nothing away."""
    for method, path in (
        ("POST", "/api/v1/check"),
        ("GET", "/api/v1/openapi.json"),
        ("OPTIONS", "/api/v1/check"),
        ("GET", "/api/nowhere"),
        ("POST", "/_dash-update-component"),
        ("GET", "/_dash-layout"),
        ("GET", "/assets/page/needlemap.js"),
    ):
        answer = locked.open(path, method=method)
        assert answer.status_code == 401, path
        assert answer.json["error"]["code"] == "login"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_opens_the_service(locked: FlaskClient) -> None:
    """The right one only, in the right form; the password is none."""
    answer = locked.post("/api/v1/check", json=REQUEST, headers=BEARER)
    assert answer.json["verdict"] == "DANGER"
    assert "Set-Cookie" not in answer.headers
    for given in (
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer {PASSWORD}",
        TOKEN,
    ):
        headers = {"Authorization": given}
        assert locked.get("/api/v1/zones", headers=headers).status_code in (401, 429)
    page_only = made(Access(password=PASSWORD)).test_client()
    for given in ("Bearer ", "Bearer None", f"Bearer {PASSWORD}"):
        headers = {"Authorization": given}
        assert page_only.get("/api/v1/zones", headers=headers).status_code == 401


def test_log_in_and_out(locked: FlaskClient) -> None:
    """The form, a cookie that scripts cannot read, and an end that is one."""
    answer = locked.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.location) == (303, "/login")
    form = locked.get("/login")
    assert form.status_code == 200
    assert "<script" not in form.text
    assert "default-src 'none'" in form.headers["Content-Security-Policy"]
    wrong = log_in(locked, "wrong horse battery")
    assert wrong.status_code == 401
    assert "Set-Cookie" not in wrong.headers
    assert locked.get("/_dash-layout").status_code == 401
    right = log_in(locked)
    assert (right.status_code, right.location) == (303, "/")
    cookie = right.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert PASSWORD not in cookie
    page = locked.get("/_dash-layout")
    assert page.status_code == 200
    assert "Log out" in page.text
    with locked.get("/assets/page/needlemap.css") as sheet:
        assert sheet.status_code == 200
    assert locked.post("/api/v1/check", json=REQUEST).status_code == 200
    value = cookie.split(";")[0].split("=", 1)[1]
    assert locked.post("/logout").location == "/login"
    assert locked.get("/_dash-layout").status_code == 401
    locked.set_cookie("needlemap", value)  # kept by somebody
    assert locked.get("/_dash-layout").status_code == 401


def test_a_forged_cookie_opens_nothing(locked: FlaskClient) -> None:
    """Of another service, or made up."""
    other = made(Access(password=PASSWORD)).test_client()
    cookie = log_in(other).headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
    for value in (cookie, "x", "eyJpZCI6ImEifQ.x.y"):
        locked.set_cookie("needlemap", value)
        assert locked.get("/_dash-layout").status_code == 401


def test_cookies_over_encrypted_connections() -> None:
    """Secure with our own TLS, and behind a proxy that encrypts."""
    client = made(Access(password=PASSWORD, tls=True)).test_client()
    cookie = log_in(client).headers["Set-Cookie"]
    assert cookie.startswith("__Host-needlemap=")
    assert "; Secure" in cookie
    behind = made(Access(password=PASSWORD)).test_client()
    answer = behind.post(
        "/login", data={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "; Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("given", "led"),
    [
        ("/session", "/session"),
        ("/?q=1", "/?q=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_log_in_leads_to_this_service_only(
    locked: FlaskClient, given: str, led: str
) -> None:
    """A link to the form cannot lead on to another site, or write into it."""
    assert log_in(locked, next=given).location == led


def test_the_form_shows_text_as_text(locked: FlaskClient) -> None:
    """What an address brings is written as text."""
    answer = locked.get("/login", query_string={"next": '/"><script>alert(1)</script>'})
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_wrong_passwords_are_slowed_down(locked: FlaskClient) -> None:
    """After a few the form waits, even for the right one; the open session goes on."""
    inside = locked.application.test_client()
    assert log_in(inside).status_code == 303
    statuses = [log_in(locked, f"guess {n}").status_code for n in range(8)]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    late = log_in(locked)
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) >= 1
    assert inside.get("/_dash-layout").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.9"}
    elsewhere = locked.post("/login", data={"password": PASSWORD}, environ_base=other)
    assert elsewhere.status_code == 303


def test_wrong_tokens_are_slowed_down(locked: FlaskClient) -> None:
    """The same for programs, as JSON."""
    wrong = {"Authorization": "Bearer wrong"}
    answers = [locked.get("/api/v1/zones", headers=wrong) for _ in range(8)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert answers[-1].json["error"]["code"] == "too_many"
    assert int(answers[-1].headers["Retry-After"]) >= 1
