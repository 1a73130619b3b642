"""Listening: waitress without encryption, hypercorn with it."""

from __future__ import annotations

import _thread
import gc
import json
import logging
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError
from viewer.service.access.access import Access, check_reach, is_local
from viewer.service.edge.replies import is_fhir
from viewer.service.protocol.errors import TooLargeError
from viewer.service.protocol.limits import FHIR_JSON, LARGEST_BATCH, LARGEST_BODY

if TYPE_CHECKING:
    from flask import Flask

#: Calls answered side by side.
THREADS = 8
#: Seconds that a connection may stay silent.
PATIENCE_S = 60
#: Seconds that a stop by SIGTERM waits for calls that are being answered.
DRAIN_S = 20
#: The status of a body that is too large.
TOO_LARGE = TooLargeError.status
#: Bytes kept in memory; more would be written to a file, and it is about patients.
_KEPT = 64 * 1024 * 1024


@contextmanager
def for_good() -> Iterator[None]:
    """Read what stays as long as the process: no garbage is looked for in it.

    Neither while it is read nor afterwards, when each search would make callers wait;
    and workers that are forked later share its memory.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def read_tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return what is needed to encrypt; None when neither file is given.

    Raises
    ------
    InputError
        When only one is given, or they cannot be read or do not fit.
    """
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise InputError("--cert and --key must be given together.", field="--cert")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # an empty password: a locked key must fail, not ask at the terminal
        context.load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:
        raise InputError(
            f"--cert and --key cannot be used ({error}).", field="--cert"
        ) from None
    return context


def check_listen(
    host: str, access: Access, cert: Path | None, key: Path | None, *, debug: bool
) -> ssl.SSLContext | None:
    """Return what encrypts; refuse what would open the service to strangers.

    Raises
    ------
    InputError
        Beyond this machine without a password or token, or with developer tools, which
        run any code that is sent to them.
    """
    check_reach(host, access)
    if debug and not is_local(host):
        raise InputError("--debug works on this machine only.", field="--debug")
    return read_tls(cert, key)


def announcement(
    host: str, port: int, access: Access, *, page: bool = True
) -> list[str]:
    """Return what is said at the start: where it listens, and who gets in.

    Parameters
    ----------
    host, port : str, int
        Where it listens.
    access : Access
        What must be shown.
    page : bool
        Whether there is a page, or programs only.

    Examples
    --------
    >>> announcement("127.0.0.1", 8050, Access())[1]
    'only this machine can reach it; no log-in'
    """
    scheme = "https" if access.tls else "http"
    named = f"[{host}]" if ":" in host else host
    if host in ("0.0.0.0", "::"):
        named = socket.gethostname()
    lines = [f"open {scheme}://{named}:{port}/ in a browser; stop with Ctrl+C"]
    if not page:
        lines = [f"answering programs at {scheme}://{named}:{port}; stop with Ctrl+C"]
    if is_local(host):
        who = "only this machine can reach it"
    else:
        who = f"listening on {host}, so other machines can reach it"
    if not access.required:
        return [*lines, f"{who}; no log-in"]
    form = "password" if access.password is not None else "token"
    lines.append(f"{who}; the page asks for the {form}" if page else who)
    if access.class_password is not None:
        lines.append("learners enter the class password and reach /learn only")
    if access.token is not None:
        lines.append("programs send the token (Authorization: Bearer)")
    else:
        lines.append("no token was given, so programs cannot call /api/v1")
    if not access.tls and not is_local(host):
        lines.append(
            "warning: what is sent is not encrypted; give --cert and --key, or put a "
            "proxy that encrypts before it"
        )
    return [*lines, *(f"warning: {note}" for note in access.notes)]


def listen(
    server: Flask,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[Any], None] | None = None,
    stopping: Callable[[], None] | None = None,
) -> None:
    """Answer calls until stopped: at once by Ctrl+C, by SIGTERM when all are answered.

    Parameters
    ----------
    server : Flask
        The application.
    host, port : str, int
        Where to listen.
    tls : ssl.SSLContext, optional
        Encrypts when given.
    ready : callable, optional
        Called with the listening server (``effective_port`` or ``port`` is where),
        before the first call is answered.
    stopping : callable, optional
        Called when SIGTERM came, before calls that have begun are waited for.

    Raises
    ------
    InputError
        When the address cannot be listened on, as when it is taken.
    """
    sockets = _bound(host, port)
    if tls is not None:
        found: Any = Encrypted(server, sockets, tls)
        stop = found.shutdown
    else:
        found, busy = _plain(server, sockets)
        stop = partial(_stop_when_idle, busy)

    def term(*_: object) -> None:
        # whom a shell without jobs began in the background ignores interrupts
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if stopping is not None:
            stopping()
        stop()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, term)
    try:
        if ready is not None:
            ready(found)  # whoever hears of it may stop it at once
        found.run()
    except KeyboardInterrupt:
        pass
    finally:
        found.close()


def _bound(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address that a host's name stands for."""
    found: list[socket.socket] = []
    try:
        every = socket.getaddrinfo(
            host.strip("[]") or None,
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        for family, _, _, _, address in dict.fromkeys(every):
            found.append(socket.create_server(address[:2], family=family))
    except (OSError, OverflowError, UnicodeError) as error:
        for one in found:
            one.close()
        raise InputError(
            f"cannot listen on {host}, port {port} ({error}); another --port may do.",
            field="--port",
        ) from None
    return found


def _stop_when_idle(busy: Callable[[], bool]) -> None:
    """Interrupt the listening thread once nobody waits for an answer."""

    def wait() -> None:
        latest = time.monotonic() + DRAIN_S
        while busy() and time.monotonic() < latest:
            time.sleep(0.05)
        _thread.interrupt_main()

    threading.Thread(target=wait, daemon=True).start()


def _plain(
    server: Flask, sockets: list[socket.socket]
) -> tuple[Any, Callable[[], bool]]:
    """Return a server without encryption, and what says whether it answers a call."""
    from waitress.channel import HTTPChannel
    from waitress.server import create_server

    open_ones: dict[int, Any] = {}

    def busy() -> bool:
        callers = [c for c in open_ones.copy().values() if isinstance(c, HTTPChannel)]
        return any(c.requests or c.total_outbufs_len for c in callers)

    # at times 20 people click at once; a short queue is no cause for a warning
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    found = create_server(
        server,
        map=open_ones,
        sockets=sockets,
        threads=THREADS,
        ident=None,
        connection_limit=500,
        channel_timeout=PATIENCE_S,
        max_request_header_size=32_768,
        max_request_body_size=LARGEST_BODY,
        inbuf_overflow=_KEPT,
        outbuf_overflow=_KEPT,
        clear_untrusted_proxy_headers=False,
    )
    _refusing(found, open_ones)
    return found, busy


def _refusing(found: Any, open_ones: dict[int, Any]) -> None:
    """Let what waitress refuses by itself be FHIR's own error under FHIR's address.

    Nothing that is too large is read to its end.
    """
    from waitress.channel import HTTPChannel
    from waitress.task import ErrorTask

    from viewer.fhir.outcome import outcome

    class Refusal(ErrorTask):
        def execute(self) -> None:
            error = self.request.error
            if not is_fhir(str(self.request.path)) or error.code != TOO_LARGE:
                super().execute()
                return
            told = TooLargeError(f"a body may have at most {LARGEST_BATCH} bytes.")
            body = json.dumps(outcome(told)).encode()
            self.status = f"{error.code} {error.reason}"
            self.response_headers.append(("Content-Type", FHIR_JSON))
            self.set_close_on_finish()
            self.content_length = len(body)
            self.write(body)

    class Channel(HTTPChannel):
        error_task_class = Refusal

    for one in (found, *open_ones.values()):
        if hasattr(one, "channel_class"):
            one.channel_class = Channel


class Encrypted:
    """A server that encrypts: hypercorn, which waits for slow callers in one thread.

    Parameters
    ----------
    server : Flask
        The application.
    sockets : list of socket
        Where it listens.
    context : ssl.SSLContext
        Encrypts.

    Raises
    ------
    InputError
        When hypercorn is not installed; says which extra brings it.
    """

    def __init__(
        self, server: Flask, sockets: list[socket.socket], context: ssl.SSLContext
    ) -> None:
        try:
            from hypercorn.config import Config
        except ModuleNotFoundError:
            for one in sockets:
                one.close()
            raise InputError(
                "--cert needs the extra: pip install 'needlemap[server]'.",
                field="--cert",
            ) from None

        class Settings(Config):
            ssl_enabled = True

            def create_ssl_context(self) -> ssl.SSLContext:
                return context

        context.set_alpn_protocols(["http/1.1"])
        self.port = int(sockets[0].getsockname()[1])
        self._server, self._settings = server, Settings()
        self._settings.bind = [f"fd://{one.detach()}" for one in sockets]
        self._settings.errorlog = None  # addresses of callers stay out of the terminal
        self._settings.include_server_header = False
        self._settings.graceful_timeout = DRAIN_S
        self._settings.read_timeout = PATIENCE_S
        self._settings.ssl_handshake_timeout = PATIENCE_S
        self._settings.wsgi_max_body_size = LARGEST_BODY
        self._over = threading.Event()

    def run(self) -> None:
        """Answer calls until told to stop, and then those that have begun."""
        import asyncio

        asyncio.run(self._run())

    def shutdown(self) -> None:
        """Stop when the calls that have begun are answered."""
        self._over.set()

    def close(self) -> None:
        """Do nothing: its sockets are closed with its run."""

    async def _run(self) -> None:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        from hypercorn.asyncio import serve

        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS))
        # a caller who breaks off is no news, and whose address is nobody's business
        loop.set_exception_handler(lambda *_: None)

        async def over() -> None:
            while not self._over.is_set():
                await asyncio.sleep(0.05)

        await serve(self._server, self._settings, shutdown_trigger=over, mode="wsgi")
