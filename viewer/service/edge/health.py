"""Whether the service runs and can answer: open to all, and it tells no more."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, jsonify

from viewer.service.protocol.errors import UnavailableError

if TYPE_CHECKING:
    from flask import Flask

    from viewer.service.shared.store import Shared

#: Endpoints of these addresses, which the gate lets through.
OPEN = ("health.live", "health.ready")


@dataclass
class Health:
    """How far the service is."""

    state: Literal["starting", "ready", "stopping"] = "starting"


def add_health(server: Flask, shared: Shared | None = None) -> Health:
    """Add ``/health/live`` and ``/health/ready``; return what says how far it is.

    Parameters
    ----------
    server : Flask
        The application.
    shared : Shared, optional
        Without it nothing can be answered, so it has to be reached.
    """
    health = Health()
    pages = Blueprint("health", __name__, url_prefix="/health")

    @pages.get("/live")
    def live() -> Any:
        return jsonify(status="live")

    @pages.get("/ready")
    def ready() -> Any:
        state: str = health.state
        if state == "ready" and shared is not None:
            try:
                shared.check()
            except UnavailableError:
                state = "waiting for the database"
        if state == "ready":
            return jsonify(status=state)
        return jsonify(status=state), HTTPStatus.SERVICE_UNAVAILABLE

    server.register_blueprint(pages)
    return health
