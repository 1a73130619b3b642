"""The gate before every address: right host, no other site's page, logged in."""

from __future__ import annotations

import secrets
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from viewer.service.access import Attempts, is_local, network
from viewer.service.edge.health import OPEN as HEALTH
from viewer.service.edge.keeping import LOCKED
from viewer.service.errors import (
    ClassOnlyError,
    ForbiddenError,
    HostError,
    LoginError,
    ServiceError,
    TooManyError,
)

if TYPE_CHECKING:
    from flask import Flask

    from viewer.service.access import Access, Role

#: A session ends so many seconds after its log-in: one working day.
SESSION_S = 12 * 3600
MOST_SESSIONS = 1000
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


class Sessions:
    """Log-ins that are open, so that logging out ends one for good.

    Examples
    --------
    >>> sessions = Sessions()
    >>> name = sessions.begin("full")
    >>> sessions.role(name), sessions.end(name), sessions.role(name)
    ('full', None, None)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[float, Role]] = {}

    def begin(self, role: Role) -> str:
        """Open a session and return its name, which cannot be guessed."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._open[name] = (time.monotonic() + SESSION_S, role)
            while len(self._open) > MOST_SESSIONS:
                del self._open[next(iter(self._open))]
        return name

    def role(self, name: object) -> Role | None:
        """Return whose session it is; None for one that is not open."""
        with self._lock:
            found = self._open.get(name) if isinstance(name, str) else None
        return found[1] if found is not None and time.monotonic() < found[0] else None

    def end(self, name: object) -> None:
        """End a session."""
        with self._lock:
            if isinstance(name, str):
                self._open.pop(name, None)


def add_gate(
    server: Flask, access: Access, *, form: bool = True, cookies: str = "Strict"
) -> None:
    """Put the gate before every address of a server.

    Parameters
    ----------
    server : Flask
        The application; its own routes and those of Dash are behind the gate.
    access : Access
        What must be shown. When nothing must, only calls to a local name are
        answered: a page elsewhere can point a name of its own at this machine.
    form : bool
        Whether there is a log-in form; a server for programs has none.
    cookies : {"Strict", "Lax", "None"}
        With which calls cookies are sent: those of its own pages; also where another
        site leads here; also inside another site's frame, which needs encryption.
    """
    from flask import g, request, session
    from flask.sessions import SecureCookieSessionInterface

    class Cookies(SecureCookieSessionInterface):
        """Signed cookies, sent over encrypted connections only where there are any."""

        def get_cookie_secure(self, app: Flask) -> bool:
            return access.tls or cookies == "None" or _encrypted(request)

    sessions, attempts = Sessions(), Attempts()
    server.session_interface = Cookies()
    server.secret_key = secrets.token_bytes(32)
    server.config.update(
        SESSION_COOKIE_NAME="__Host-needlemap" if access.tls else "needlemap",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE=cookies,
        SESSION_COOKIE_PARTITIONED=cookies == "None",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )

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
                g.role = _check_login(request, session, access, sessions, attempts)
                g.caller = "token" if "Authorization" in request.headers else "page"
                if g.role == "class":
                    _check_class(request)
        except ServiceError as error:
            return _refusal(error, form=form)
        return None

    if access.required and form:
        _add_login(server, access, sessions, attempts)


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


def _check_login(
    request: Any, session: Any, access: Access, sessions: Sessions, attempts: Attempts
) -> Role:
    """Return who calls; refuse a call with neither an open session nor the token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        right = access.opens_api(given.strip())
        _count(f"token {network(request.remote_addr)}", attempts, right=right)
        if not right:
            raise LoginError("wrong token.")
        return "full"
    role = sessions.role(session.get("id"))
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
    from flask import redirect, request

    from viewer.service.replies import error_response

    reads = form and request.method == "GET"
    wants_page = reads and request.accept_mimetypes.accept_html
    inner = request.path.startswith(("/api/", "/_", "/assets/"))
    if isinstance(error, ClassOnlyError) and wants_page and not inner:
        return redirect("/learn", HTTPStatus.SEE_OTHER)
    if isinstance(error, LoginError) and wants_page and not inner:
        back = request.full_path.rstrip("?")
        where = "" if back == "/" else f"?next={quote(back, safe='')}"
        return redirect(f"/login{where}", HTTPStatus.SEE_OTHER)
    return error_response(error)


def _add_login(
    server: Flask, access: Access, sessions: Sessions, attempts: Attempts
) -> None:
    """Add the log-in form, what it sends to, and the log-out."""
    from flask import Blueprint, redirect, render_template, request, session

    gate = Blueprint("gate", __name__, template_folder="templates")

    def form(message: str = "", status: int = HTTPStatus.OK) -> Any:
        text = render_template(
            "login.html",
            message=message,
            next=_inside(request.values.get("next", "/")),
            label="Password" if access.password is not None else "Token",
            plain=not (access.tls or _encrypted(request)),
        )
        return text, status, {"Content-Security-Policy": LOGIN_POLICY}

    @gate.get("/login")
    def login() -> Any:
        if sessions.role(session.get("id")) is not None:
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
        sessions.end(session.get("id"))
        session.clear()
        session["id"] = sessions.begin(role)
        return redirect(_inside(request.form.get("next", "/")), 303)

    @gate.post("/logout")
    def logout() -> Any:
        sessions.end(session.get("id"))
        session.clear()
        return redirect("/login", HTTPStatus.SEE_OTHER)

    @gate.get("/login.css")
    def style() -> Any:
        sheet = (TEMPLATES / "login.css").read_text("utf-8")
        return sheet, HTTPStatus.OK, {"Content-Type": "text/css; charset=utf-8"}

    server.register_blueprint(gate)


def _encrypted(request: Any) -> bool:
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
