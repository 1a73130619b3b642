"""A small health record on this machine: SMART discovery, OAuth with PKCE, searches."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.viewer.service.fhir.fhir_calls import bundle, condition, person

CLIENT, PATIENT, TOKEN = "needlemap", "7", "the-token"


class FakeEhr:
    """What the record answers, and what it was asked.

    Attributes
    ----------
    resources : dict
        What a search of a kind answers; a missing kind is refused with 403.
    asked : list of str
        Addresses of FHIR that were read with the token.
    """

    def __init__(self) -> None:
        self.resources: dict[str, Any] = {
            "Patient": person(PATIENT, birthDate="1980-01-01"),
            "Condition": bundle(condition("G40.1", PATIENT)),
            "MedicationRequest": bundle(),
            "Observation": bundle(),
            "Device": bundle(),
        }
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.configuration: dict[str, Any] = {}
        self.token_type = "Bearer"
        self.patient: str | None = PATIENT
        self.base = self.page = ""

    @property
    def iss(self) -> str:
        return f"{self.base}/fhir"

    def answer(self, method: str, path: str, query: Any, sent: Any, given: str) -> Any:
        """Return status, headers and data for a call."""
        if path == "/fhir/.well-known/smart-configuration":
            told = {
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "code_challenge_methods_supported": ["S256"],
                "capabilities": ["launch-ehr", "permission-v2"],
            }
            return 200, {}, told | self.configuration
        if path == "/start":  # a page of the record, with the launched page in a frame
            return 200, {"Content-Type": "text/html"}, self.page
        if path == "/authorize":
            return self._authorize(query)
        if path == "/token" and method == "POST":
            return self._token(sent)
        if path.startswith("/fhir/"):
            return self._fhir(path.removeprefix("/fhir/"), given)
        return 404, {}, {}

    def _authorize(self, query: dict[str, str]) -> Any:
        """Log nobody in: the launch itself says who it is."""
        right = (
            query.get("client_id") == CLIENT
            and query.get("aud") == self.iss
            and query.get("launch") == "launch-1"
            and query.get("response_type") == "code"
            and query.get("code_challenge_method") == "S256"
            and "launch" in query.get("scope", "").split()
        )
        back = {"state": query.get("state", "")}
        if right:
            code = f"code-{len(self.codes)}"
            self.codes[code] = query
            back["code"] = code
        else:
            back["error"] = "invalid_request"
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}, {}

    def _token(self, sent: dict[str, str]) -> Any:
        begun = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = (
            begun is not None
            and begun["code_challenge"] == challenge
            and begun["redirect_uri"] == sent.get("redirect_uri")
            and sent.get("client_id") == CLIENT
            and sent.get("grant_type") == "authorization_code"
        )
        if not right:
            return 400, {}, {"error": "invalid_grant"}
        told = {"access_token": TOKEN, "token_type": self.token_type, "expires_in": 300}
        return 200, {}, told | ({"patient": self.patient} if self.patient else {})

    def _fhir(self, path: str, given: str) -> Any:
        kind = path.partition("/")[0]
        if given != f"Bearer {TOKEN}":
            return 401, {}, {}
        self.asked.append(path)
        if kind not in self.resources:
            return 403, {}, {"resourceType": "OperationOutcome", "issue": []}
        return 200, {}, self.resources[kind]


@contextmanager
def fake_ehr() -> Iterator[FakeEhr]:
    """Run a record on this machine."""
    ehr = FakeEhr()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            self._do({k: v[0] for k, v in parse_qs(body).items()})

        def _do(self, sent: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            given = self.headers.get("Authorization", "")
            status, headers, data = ehr.answer(
                self.command, parts.path, query, sent, given
            )
            text = data if isinstance(data, str) else json.dumps(data)
            body = text.encode()
            self.send_response(status)
            headers = {"Content-Type": "application/json", **headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ehr.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ehr
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
