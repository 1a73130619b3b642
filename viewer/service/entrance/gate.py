"""The gate before every address: right host, no other site's page, logged in."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from viewer.service.access.access import is_local, network
from viewer.service.edge.health import OPEN as HEALTH
from viewer.service.edge.keeping import LOCKED
from viewer.service.protocol.errors import (
    ClassOnlyError,
    ForbiddenError,
    HostError,
    LoginError,
    ServiceError,
    TooManyError,
    UnavailableError,
)
from viewer.service.shared.attempts import Attempts
from viewer.service.shared.sessions import Sessions

if TYPE_CHECKING:
    from flask import Flask

    from viewer.service.access.access import Access, Role
    from viewer.service.shared.store import Shared

#: Bytes that the log-in form may send.
LARGEST_FORM = 8192

TEMPLATES = Path(__file__).parent / "templates"
#: The log-in page loads one sheet and nothing else.
LOGIN_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_READING = ("GET", "HEAD", "OPTIONS")
#: All that a learner reaches, and the pictures of the bodies; what is the trainer's
#: under the first refuses by itself.
CLASS_PATHS = ("/learn/", "/charts/")
#: Names, among a server's extensions, the blueprints and endpoints that ask for
#: credentials of their own.
OWN_TRUST = "needlemap_own_trust"
_OPEN = ("gate.login", "gate.enter", "gate.style", *HEALTH)


def add_gate(
    server: Flask,
    access: Access,
    *,
    shared: Shared | None = None,
    form: bool = True,
    cookies: str = "Strict",
) -> None:
    """Put the gate before every address of a server.

    Parameters
    ----------
    server : Flask
        The application; its own routes and those of Dash are behind the gate.
    access : Access
        What must be shown. When nothing must, only calls to a local name are
        answered: a page elsewhere can point a name of its own at this machine.
    shared : Shared, optional
        Where log-ins and wrong tries are kept; in memory by default.
    form : bool
        Whether there is a log-in form; a server for programs has none.
    cookies : {"Strict", "Lax", "None"}
        With which calls cookies are sent: those of its own pages; also where another
        site leads here; also inside another site's frame, which needs encryption.
    """
    from flask import g, request

    sessions, attempts = Sessions(access, shared), Attempts(shared)
    cookie = _cookie(access)
    server.config[LOCKED] = access.required

    @server.before_request
    def gate() -> Any:
        try:
            if not access.required:
                _check_host(request.host)
            if request.method not in _READING and not g.get("cors"):
                _check_origin(request)
            g.role, g.caller = "own", "local"
            own = server.extensions.get(OWN_TRUST, set())
            if not own.isdisjoint((request.blueprint, request.endpoint)):
                return None
            if access.required and request.endpoint not in _OPEN:
                g.role = _check_login(
                    request, request.cookies.get(cookie), access, sessions, attempts
                )
                g.caller = "token" if "Authorization" in request.headers else "page"
                if g.role == "class":
                    _check_class(request)
        except ServiceError as error:
            return _refusal(error, form=form)
        return None

    server.register_error_handler(
        UnavailableError, lambda error: _refusal(error, form=form)
    )
    if access.required and form:
        _add_login(server, access, sessions, attempts, cookies)


def _check_host(host: str) -> None:
    """Refuse a call made under a name that is not this machine's own."""
    name = urlsplit(f"//{host}").hostname if _whole(host) else None
    if name is None or not is_local(name):
        raise HostError(
            "this service answers on this machine only, under localhost, 127.0.0.1 or "
            f"[::1]; the call was for {host[:80]!r}. To be reached under another name "
            "it must be started with a password or a token."
        )


def _whole(host: str) -> bool:
    """Return whether a Host header can be taken apart."""
    try:
        return bool(urlsplit(f"//{host}").hostname)
    except ValueError:
        return False


def _check_origin(request: Any) -> None:
    """Refuse a call that changes something and was made by another site's page.

    A browser says where a call comes from; a program says nothing and may pass, since
    it cannot borrow a visitor's cookie.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    elif origin is not None:
        ours = urlsplit(origin).netloc == request.host
    else:
        ours = True
    if not ours:
        raise ForbiddenError("calls from the pages of another site are not answered.")


def _cookie(access: Access) -> str:
    """Return the name of the cookie that holds the name of a session."""
    return "__Host-needlemap" if access.tls else "needlemap"


def _check_login(
    request: Any,
    session: str | None,
    access: Access,
    sessions: Sessions,
    attempts: Attempts,
) -> Role:
    """Return who calls; refuse a call with neither an open session nor the token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        right = access.opens_api(given.strip())
        _count(f"token {network(request.remote_addr)}", attempts, right=right)
        if not right:
            raise LoginError("wrong token.")
        return "full"
    role = sessions.role(session)
    if role is None:
        raise LoginError("log in first, or send Authorization: Bearer TOKEN.")
    return role


def _check_class(request: Any) -> None:
    """Refuse what is not for learners: records above all."""
    path = str(request.path)
    if path == "/learn" or path.startswith(CLASS_PATHS) or path == "/logout":
        return
    raise ClassOnlyError("the class password opens the pages for learners only.")


def _count(address: str, attempts: Attempts, *, right: bool) -> None:
    """Count a try; refuse it when it came too early."""
    wait = attempts.try_one(address, right=right)
    if wait > 0:
        error = TooManyError(
            f"too many failed attempts; try again in {int(wait) + 1} seconds."
        )
        error.given = int(wait) + 1
        raise error


def _refusal(error: ServiceError, *, form: bool) -> Any:
    """Return what a refused caller sees: the log-in form, or the error as JSON."""
    from flask import Response, redirect, request

    from viewer.service.edge.replies import error_response

    reads = form and request.method == "GET"
    wants_page = reads and request.accept_mimetypes.accept_html
    inner = request.path.startswith(("/api/", "/_", "/assets/"))
    if isinstance(error, ClassOnlyError) and wants_page and not inner:
        return redirect("/learn", HTTPStatus.SEE_OTHER)
    if isinstance(error, LoginError) and wants_page and not inner:
        back = request.full_path.rstrip("?")
        where = "" if back == "/" else f"?next={quote(back, safe='')}"
        return redirect(f"/login{where}", HTTPStatus.SEE_OTHER)
    if isinstance(error, UnavailableError) and wants_page and not inner:
        return Response(str(error), error.status, mimetype="text/plain")
    return error_response(error)


def _add_login(
    server: Flask,
    access: Access,
    sessions: Sessions,
    attempts: Attempts,
    cookies: str,
) -> None:
    """Add the log-in form, what it sends to, and the log-out."""
    from flask import Blueprint, redirect, render_template, request

    gate = Blueprint("gate", __name__, template_folder="templates")
    cookie = _cookie(access)

    def mine() -> str | None:
        return request.cookies.get(cookie)

    def kept() -> dict[str, Any]:
        """Return how the browser keeps a session's name: no script can read it."""
        framed = cookies == "None"
        return {
            "path": "/",
            "httponly": True,
            "samesite": cookies,
            "secure": access.tls or framed or is_encrypted(request),
            "partitioned": framed,
        }

    def form(message: str = "", status: int = HTTPStatus.OK) -> Any:
        text = render_template(
            "login.html",
            message=message,
            next=_inside(request.values.get("next", "/")),
            label="Password" if access.password is not None else "Token",
            plain=not (access.tls or is_encrypted(request)),
        )
        return text, status, {"Content-Security-Policy": LOGIN_POLICY}

    @gate.get("/login")
    def login() -> Any:
        if sessions.role(mine()) is not None:
            return redirect(_inside(request.args.get("next", "/")), 303)
        return form()

    @gate.post("/login")
    def enter() -> Any:
        request.max_content_length = LARGEST_FORM
        role = access.role_of(request.form.get("password", ""))
        try:
            address = f"form {network(request.remote_addr)}"
            _count(address, attempts, right=role is not None)
        except TooManyError as error:
            answer = form(str(error).capitalize(), error.status)
            answer[2]["Retry-After"] = str(error.given)
            return answer
        if role is None:
            return form("Wrong password or token. Try again.", HTTPStatus.UNAUTHORIZED)
        sessions.end(mine())
        inside = redirect(_inside(request.form.get("next", "/")), 303)
        inside.set_cookie(cookie, sessions.begin(role), **kept())
        return inside

    @gate.post("/logout")
    def logout() -> Any:
        sessions.end(mine())
        outside = redirect("/login", HTTPStatus.SEE_OTHER)
        outside.delete_cookie(cookie, **kept())
        return outside

    @gate.get("/login.css")
    def style() -> Any:
        sheet = (TEMPLATES / "login.css").read_text("utf-8")
        return sheet, HTTPStatus.OK, {"Content-Type": "text/css; charset=utf-8"}

    server.register_blueprint(gate)


def is_encrypted(request: Any) -> bool:
    """Return whether a proxy before this service says that it encrypts."""
    return str(request.headers.get("X-Forwarded-Proto", "")).lower() == "https"


def _inside(address: str) -> str:
    """Return an address of this service to go on to; its start for any other.

    Examples
    --------
    >>> _inside("/session?day=1"), _inside("//elsewhere.example"), _inside("x")
    ('/session?day=1', '/', '/')
    """
    plain = address.isprintable() and "\\" not in address
    if plain and address.startswith("/") and not address.startswith("//"):
        return address
    return "/"
