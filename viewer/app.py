"""The page: a Dash application on top of the library.

``serve()`` starts it on this machine; ``create_app()`` is for tests and for servers.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from dash import Dash, set_props

from anatomy.errors import NeedlemapError
from viewer import callbacks
from viewer.layout import (
    START_BODY,
    START_CHART,
    START_LAYERS,
    legend,
    out_of_order,
    page,
)
from viewer.mapview import figure, title
from viewer.state import FAILED, known_facts

_LOG = logging.getLogger(__name__)

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
#: Nothing may be loaded from anywhere but this server. Dash writes its start-up data
#: and the clientside functions into the page, hence the inline allowance.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'self'"
)


def create_app(*, warm: bool = True) -> Dash:
    """Return the page as a Dash application.

    Parameters
    ----------
    warm : bool
        Read bodies and zones in the background, so that the first answer is quick.

    Returns
    -------
    Dash
        ``app.server`` is the WSGI application.
    """
    app = Dash(
        __name__,
        title="needlemap",
        update_title=None,
        serve_locally=True,
        suppress_callback_exceptions=True,
        prevent_initial_callbacks=True,
        on_error=_failed,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": "Danger zones of dry needling"},
        ],
    )
    app.index_string = app.index_string.replace("<html>", '<html lang="en">', 1)
    app.layout = _layout
    callbacks.register(app)

    @app.server.after_request
    def _headers(response: Any) -> Any:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    if warm:
        threading.Thread(target=_warm, daemon=True).start()
    return app


def _failed(error: Exception) -> None:
    """Say on the page that a callback failed; the log keeps what it was."""
    _LOG.error("a callback of the page failed", exc_info=error)
    set_props("map-message", {"children": FAILED})


def _layout() -> Any:
    """Return a fresh page for each visit, or what is wrong with the data."""
    try:
        return _page()
    except NeedlemapError as error:
        return out_of_order(str(error))
    except Exception:
        _LOG.exception("the page could not be built")
        return out_of_order(FAILED)


def _page() -> Any:
    """Return the page with its first chart."""
    from anatomy.body import load_body
    from viewer.zone_images import on_chart, shown_zones

    zones = shown_zones(known_facts({}))
    chart = load_body(START_BODY).charts[START_CHART]
    first = figure(START_BODY, START_CHART, zones, layers=START_LAYERS)
    seen = on_chart(START_BODY, START_CHART, zones)
    return page(first, title(chart), legend(seen))


def read_all() -> None:
    """Read what the first answers need.

    Raises
    ------
    NeedlemapError
        When a data file is wrong; the message names the file and the entry.
    """
    from zones.check import check_site

    _page()
    check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})


def _warm() -> None:
    """Read what the first answers need; a failure shows when it is asked for."""
    try:
        read_all()
    except Exception:
        _LOG.exception("warming up failed")


def serve(host: str = "127.0.0.1", port: int = 8050, *, debug: bool = False) -> None:
    """Serve the page until stopped.

    Parameters
    ----------
    host : str
        Address to listen on; this machine only unless asked otherwise.
    port : int
        Port.
    debug : bool
        Dash's developer tools.

    Raises
    ------
    NeedlemapError
        When a data file is wrong, before anything is served.
    """
    if host not in LOCAL_HOSTS:
        print(
            f"needlemap: warning: listening on {host}, so other machines can reach "
            "this page. It has no log-in; what is entered about a patient travels "
            "unencrypted.",
            file=sys.stderr,
        )
    read_all()
    app = create_app(warm=False)
    print(f"needlemap: open http://{host}:{port}/ in a browser; stop with Ctrl+C")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app.run(host=host, port=port, debug=debug)
