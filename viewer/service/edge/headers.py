"""What a browser is told with every answer: what it may load, show, keep and send."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask, Response

#: Answers under these may be kept: the page's own scripts and pictures, no patient's.
STATIC = (
    "/assets/",
    "/_texts.js",
    "/_dash-component-suites/",
    "/_favicon.ico",
    "/plotly/",
    "/learn/static/",
    "/learn/picture/",
    "/charts/",
)

#: Seconds after which to ask again what cannot be answered now.
AGAIN_S = 5

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    # "same-origin" and not "no-referrer": with that, a form of our own would be sent
    # with "Origin: null" and could not be told from another site's
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
        "midi=(), display-capture=(), browsing-topics=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page_policy(script_hashes: Sequence[str]) -> str:
    """Return the page's content security policy.

    Scripts come from this server, or are one of the few that Dash writes into the page
    and whose hashes are given; no text is run as a script. Styles may stand in the
    page, because Mantine and Plotly write theirs there.

    Parameters
    ----------
    script_hashes : sequence of str
        As ``Dash.csp_hashes()`` gives them.

    Examples
    --------
    >>> "unsafe-eval" in page_policy(["'sha256-AAAA'"])
    False
    """
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def framed(policy: str, frames: Sequence[str]) -> str:
    """Return a policy that lets pages of named origins show this one in a frame.

    Examples
    --------
    >>> framed("base-uri 'none'; frame-ancestors 'none'", ["https://ehr.example"])
    "base-uri 'none'; frame-ancestors 'self' https://ehr.example"
    """
    return re.sub(
        r"frame-ancestors [^;]*", " ".join(["frame-ancestors 'self'", *frames]), policy
    )


def add_headers(server: Flask, policy: str, *, frames: Sequence[str] = ()) -> None:
    """Set the headers on every answer of a server.

    Parameters
    ----------
    server : Flask
        The application.
    policy : str
        Content security policy of answers that have none of their own.
    frames : sequence of str
        Origins whose pages may show this one in a frame; by default no other site may.
    """
    from flask import g, request

    @server.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if frames:
            own = response.headers["Content-Security-Policy"]
            response.headers["Content-Security-Policy"] = framed(own, frames)
            # it cannot name an origin, and says less than the policy
            del response.headers["X-Frame-Options"]
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers.setdefault("Retry-After", str(AGAIN_S))
        static = request.path.startswith(STATIC) and response.status_code < 400
        kept = static or g.get("kept", False)
        if not kept:
            response.headers["Cache-Control"] = "no-store"
        return response
