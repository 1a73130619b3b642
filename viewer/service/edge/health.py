"""Whether the service runs and can answer: open to all, and it tells no more."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, jsonify

if TYPE_CHECKING:
    from flask import Flask

#: Endpoints of these addresses, which the gate lets through.
OPEN = ("health.live", "health.ready")


@dataclass
class Health:
    """How far the service is."""

    state: Literal["starting", "ready", "stopping"] = "starting"


def add_health(server: Flask) -> Health:
    """Add ``/health/live`` and ``/health/ready``; return what says how far it is.

    Parameters
    ----------
    server : Flask
        The application.
    """
    health = Health()
    pages = Blueprint("health", __name__, url_prefix="/health")

    @pages.get("/live")
    def live() -> Any:
        return jsonify(status="live")

    @pages.get("/ready")
    def ready() -> Any:
        if health.state == "ready":
            return jsonify(status="ready")
        return jsonify(status=health.state), HTTPStatus.SERVICE_UNAVAILABLE

    server.register_blueprint(pages)
    return health
