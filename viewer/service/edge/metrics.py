"""Figures for Prometheus: how many calls, how they ended, how long they took."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError

if TYPE_CHECKING:
    from flask import Flask, Response

#: Names the folder, empty at the start, in which several processes keep their figures.
SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def add_metrics(server: Flask) -> None:
    """Add ``/metrics``, behind the same gate as the rest.

    Parameters
    ----------
    server : Flask
        The application; its calls are counted by `viewer.service.edge.calls`.

    Raises
    ------
    InputError
        When the library for it is not installed; says which extra brings it.
    """
    try:
        import prometheus_client as prometheus
    except ModuleNotFoundError:
        raise InputError(
            "--metrics needs the extra: pip install 'needlemap[metrics]'.",
            field="--metrics",
        ) from None
    registry = prometheus.CollectorRegistry()
    prometheus.ProcessCollector(registry=registry)
    calls = prometheus.Counter(
        "needlemap_calls",
        "Calls that were answered.",
        ("method", "route", "status"),
        registry=registry,
    )
    seconds = prometheus.Histogram(
        "needlemap_call_seconds",
        "Time until the answer was ready.",
        ("route",),
        buckets=_BUCKETS,
        registry=registry,
    )

    def observe(call: dict[str, Any]) -> None:
        calls.labels(call["method"], call["route"], call["status"]).inc()
        seconds.labels(call["route"]).observe(call["ms"] / 1000)

    server.extensions.setdefault("needlemap_observers", []).append(observe)

    @server.get("/metrics")
    def metrics() -> Response:
        text = prometheus.generate_latest(_told(registry))
        kind = prometheus.CONTENT_TYPE_LATEST
        return server.response_class(text, content_type=kind)


def _told(registry: Any) -> Any:
    """Return the figures of this process; of all, where the library shares them."""
    if SHARED_FIGURES not in os.environ:
        return registry
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    every = CollectorRegistry()
    MultiProcessCollector(every)
    return every
