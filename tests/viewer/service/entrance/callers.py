"""Services with and without a log-in, and their callers, for the tests."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

from viewer.service.access.access import Access
from viewer.service.server import serving

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


PASSWORD = "correct horse battery"
TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUEST = {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 25}}


def made(access: Access | None) -> Flask:
    """Return a fresh application, without waiting for anything it reads."""
    from viewer.page.app import create_app

    return create_app(warm=False, access=access).server


def log_in(client: FlaskClient, password: str = PASSWORD, **more: Any) -> Any:
    """Fill in the form."""
    return client.post("/login", data={"password": password, **more})


def running(app: Flask, tls: ssl.SSLContext | None = None) -> tuple[Any, int, Any]:
    """Return a listening server, its port and the thread it runs in."""
    found: list[Any] = []
    ready = threading.Event()

    def keep(server: Any) -> None:
        found.append(server)
        ready.set()

    thread = threading.Thread(
        target=serving.listen,
        args=(app, "127.0.0.1", 0),
        kwargs={"tls": tls, "ready": keep},
        daemon=True,
    )
    thread.start()
    assert ready.wait(30)
    server = found[0]
    port = getattr(server, "effective_port", None) or server.port
    return server, int(port), thread
