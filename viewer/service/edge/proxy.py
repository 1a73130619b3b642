"""Where the service stands: under a base path, behind proxies that are trusted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

#: Most proxies in a row.
MOST_PROXIES = 5
#: Leads nowhere, so that a call outside the base path is answered like any other.
_NOWHERE = "/-outside-the-base-path"


def check_base_path(path: str) -> str:
    """Return a base path; empty for none.

    Raises
    ------
    InputError
        For what is no path.

    Examples
    --------
    >>> check_base_path("/needlemap/"), check_base_path("/"), check_base_path("")
    ('/needlemap', '', '')
    """
    plain = path.rstrip("/")
    if plain and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", plain):
        raise InputError(
            f"the base path must be such as /needlemap; got {path!r}.",
            field="--base-path",
        )
    return plain


def add_proxy(server: Flask, *, base_path: str, proxies: int) -> None:
    """Make a server answer under a base path, and believe the proxies before it.

    Parameters
    ----------
    server : Flask
        The application.
    base_path : str
        From `check_base_path`. Health is answered without it too.
    proxies : int
        How many proxies, counted from this service, are trusted to say in
        ``X-Forwarded-For``, ``-Proto``, ``-Host`` and ``-Prefix`` who called and how;
        with 0 these headers count for nothing.
    """
    if proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        n = proxies
        server.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            server.wsgi_app, x_for=n, x_proto=n, x_host=n, x_prefix=n
        )
    if base_path:
        server.wsgi_app = _below(server.wsgi_app, base_path)  # type: ignore[method-assign]


def _below(application: Any, base: str) -> Any:
    """Return an application that answers below a path."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == base or path.startswith(f"{base}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + base
            environ["PATH_INFO"] = path[len(base) :] or "/"
        elif not path.startswith("/health/"):
            environ["PATH_INFO"] = _NOWHERE
        found: Iterable[bytes] = application(environ, start_response)
        return found

    return answer
