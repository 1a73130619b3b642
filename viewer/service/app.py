"""The service without the page: for programs, quick to start, nothing of Dash in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.service.access.access import Access
from viewer.service.api import add_api
from viewer.service.edge.calls import add_calls, log_as_json
from viewer.service.edge.cors import add_cors
from viewer.service.edge.headers import add_headers
from viewer.service.edge.health import add_health
from viewer.service.edge.packing import add_packing
from viewer.service.edge.proxy import add_proxy
from viewer.service.edge.rates import add_rates
from viewer.service.entrance.gate import add_gate
from viewer.service.fhir.routes import add_fhir
from viewer.service.hooks.routes import add_hooks
from viewer.service.server.serving import announcement, check_listen, for_good, listen
from viewer.service.server.settings import Settings
from viewer.service.shared.choice import shared_for

if TYPE_CHECKING:
    from flask import Flask

    from viewer.service.shared.store import Shared

#: Nothing that is answered is a page.
POLICY = "default-src 'none'; frame-ancestors 'none'"
_HEALTH = "needlemap_health"


def create_service(
    *,
    access: Access | None = None,
    settings: Settings | None = None,
    shared: Shared | None = None,
    warm: bool = True,
) -> Flask:
    """Return the service for programs as a WSGI application.

    Parameters
    ----------
    access : Access, optional
        What must be shown to get in. Without it only calls to a name of this machine
        are answered.
    settings : Settings, optional
        How it is run.
    shared : Shared, optional
        What all processes must agree on; as `shared_for` has it by default.
    warm : bool
        Read bodies, zones and rules first, so that the first answer is quick.

    Raises
    ------
    NeedlemapError
        When a data file or a setting is wrong.

    Examples
    --------
    >>> service = create_service(warm=False)
    >>> service.test_client().get("/health/live").json
    {'status': 'live'}
    """
    from flask import Flask

    access, settings = access or Access(), settings or Settings()
    shared = shared or shared_for(settings.db)
    server = Flask("needlemap", static_folder=None)
    # in this order: a call gets its id first, and what is added last sees an answer
    # first
    add_calls(server)
    add_packing(server)
    add_cors(server, settings.origins)
    add_gate(server, access, shared=shared, form=False)
    health = add_health(server, shared)
    server.extensions[_HEALTH] = health
    add_hooks(server, settings, shared)
    add_fhir(server)
    add_rates(server, settings.rate, shared)
    add_api(server, programs_only=True)
    if settings.metrics:
        from viewer.service.edge.metrics import add_metrics

        add_metrics(server)
    add_headers(server, POLICY)
    add_proxy(server, base_path=settings.base_path, proxies=settings.proxies)
    if warm:
        read_all()
    health.state = "ready"
    return server


def read_all() -> None:
    """Read what the first answers need.

    Raises
    ------
    NeedlemapError
        When a data file is wrong; the message names the file and the entry.
    """
    from zones.check.patient_check import check_patient
    from zones.check.site import check_site

    check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
    check_patient()


def serve_programs(
    host: str,
    port: int,
    *,
    access: Access | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    settings: Settings | None = None,
) -> None:
    """Serve programs until stopped; log lines go to standard error as JSON.

    Parameters
    ----------
    host, port : str, int
        Where to listen.
    access : Access, optional
        What must be shown to get in; needed where other machines can reach it.
    cert, key : Path, optional
        PEM files; with them what is sent is encrypted.
    settings : Settings, optional
        How it is run.

    Raises
    ------
    NeedlemapError
        When a data file or a setting is wrong, when other machines could reach it
        without a password or token, or when the address is taken; before anything is
        served.
    """
    access = replace(access or Access(), tls=cert is not None)
    tls = check_listen(host, access, cert, key, debug=False)
    with for_good():
        server = create_service(access=access, settings=settings)
    log_as_json()

    def say(_: object = None) -> None:
        for line in announcement(host, port, access, page=False):
            print(f"needlemap: {line}", flush=True)

    def stopping() -> None:
        server.extensions[_HEALTH].state = "stopping"

    listen(server, host, port, tls=tls, ready=say, stopping=stopping)
