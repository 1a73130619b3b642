"""Other names and pages of other sites; what a browser is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.viewer.service.entrance.callers import PASSWORD, REQUEST, made
from viewer.service.access.access import Access

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8050", "127.0.0.1:8050", "[::1]:8050"]
)
def test_local_names_are_answered(unlocked: FlaskClient, host: str) -> None:
    """Whatever the port."""
    answer = unlocked.post("/api/v1/check", json=REQUEST, headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "192.0.2.1", "[x"],
)
def test_other_names_are_not(unlocked: FlaskClient, host: str) -> None:
    """A page elsewhere that points its own name at this machine reads nothing."""
    for path in ("/", "/_dash-layout", "/api/v1/zones", "/assets/page/needlemap.js"):
        answer = unlocked.get(path, headers={"Host": host})
        assert answer.status_code in (400, 421), path
        assert "needlemap.js" not in answer.text
    named = made(Access(password=PASSWORD)).test_client()
    if not host.startswith("["):
        assert named.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ],
)
def test_pages_of_other_sites_change_nothing(
    unlocked: FlaskClient, headers: dict[str, str], passes: bool
) -> None:
    """A browser says where a call comes from; a program need not."""
    answer = unlocked.post("/api/v1/check", json=REQUEST, headers=headers)
    assert answer.status_code == (200 if passes else 403)
    page = unlocked.post("/_dash-update-component", data=b"{", headers=headers)
    assert (page.status_code == 403) is not passes


def test_headers_are_on_every_answer(unlocked: FlaskClient) -> None:
    """Page, script, answer, error."""
    for path in (
        "/",
        "/_dash-layout",
        "/assets/page/needlemap.js",
        "/api/v1/zones",
        "/api/v1/nothing",
        "/api/v1/zones/none",
    ):
        with unlocked.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        scripts = policy.split("script-src ")[1].split(";")[0]
        assert "unsafe" not in scripts
        assert "frame-ancestors 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        if path == "/api/v1/zones":
            assert headers["Cache-Control"] == "public, max-age=300"
        elif not path.startswith("/assets"):
            assert headers["Cache-Control"] == "no-store"


def test_the_policy_names_each_script_of_the_page(unlocked: FlaskClient) -> None:
    """Every script that stands in the page has its hash in the policy."""
    import base64
    import hashlib

    page = unlocked.get("/")
    shown = re.sub(r"<!--.*?-->", "", page.text, flags=re.S)
    inline = re.findall(
        r"<script(?![^>]*(?:src|json))[^>]*>(.*?)</script>", shown, re.S
    )
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]
