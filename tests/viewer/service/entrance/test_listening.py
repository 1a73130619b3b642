"""Listening: with encryption, start and end."""

from __future__ import annotations

import os
import ssl
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from anatomy.errors import InputError
from tests.viewer.service.entrance.callers import BEARER, PASSWORD, TOKEN, made, running
from viewer.service.access.access import Access
from viewer.service.server import serving


def test_encrypted(certificate: tuple[Path, Path]) -> None:
    """With a certificate; a caller who says nothing keeps nobody waiting."""
    import socket

    cert, key = certificate
    context = serving.read_tls(cert, key)
    server, port, thread = running(made(Access(token=TOKEN, tls=True)), context)
    try:
        with socket.create_connection(("127.0.0.1", port)):
            call = urllib.request.Request(
                f"https://localhost:{port}/api/v1/zones/pleura", headers=BEARER
            )
            trusted = ssl.create_default_context(cafile=str(cert))
            with urllib.request.urlopen(call, context=trusted, timeout=20) as answer:
                assert answer.status == 200
                assert "Server" not in answer.headers
    finally:
        server.shutdown()
        thread.join(20)
    for one, two in ((cert, None), (None, key), (key, cert), (cert, Path("none"))):
        with pytest.raises(InputError):
            serving.read_tls(one, two)


def test_encryption_needs_its_extra(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before it listens, with how to get it."""
    context = serving.read_tls(*certificate)
    # one that is there already would be found under its whole name
    for name in ("hypercorn", "hypercorn.config"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="needlemap\\[server\\]"):
        serving.listen(made(None), "127.0.0.1", 0, tls=context)


def test_the_address_is_taken() -> None:
    """A port in use is told as such, and nothing is left listening."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="cannot listen"):
            serving.listen(made(None), "127.0.0.1", port)


def test_developer_tools_stay_on_this_machine() -> None:
    """They run any code that is sent to them."""
    with pytest.raises(InputError, match="this machine only"):
        serving.check_listen(
            "0.0.0.0", Access(password=PASSWORD), None, None, debug=True
        )


def test_start_and_stop() -> None:
    """The command says where it listens, answers, and ends quietly on Ctrl+C."""
    import signal
    import socket
    import subprocess
    import sys

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "viewer.command.main", "view", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        assert "only this machine" in process.stdout.readline()
        address = f"http://127.0.0.1:{port}/api/v1/zones/pleura"
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
            assert answer.headers["Server"] is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in said
    finally:
        process.kill()
        process.communicate()


SLOW = """
import sys, time
from pathlib import Path
from viewer.service.server.serving import listen, read_tls

def app(environ, start):
    print("called", flush=True)
    time.sleep(1)
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4000000")])
    return [b"x" * 4_000_000]

tls = read_tls(*map(Path, sys.argv[1:]) if sys.argv[1:] else (None, None))
say = lambda s: print(getattr(s, "effective_port", None) or s.port, flush=True)
listen(app, "127.0.0.1", 0, tls=tls, ready=say)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process at once")
@pytest.mark.parametrize("encrypted", [False, True])
def test_who_is_being_answered_is_answered_before_the_end(
    encrypted: bool, certificate: tuple[Path, Path]
) -> None:
    """SIGTERM, as at a restart of the machine, cuts nobody's answer short."""
    import signal
    import subprocess
    import sys

    files = [str(path) for path in certificate] if encrypted else []
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *files], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        scheme = "https" if encrypted else "http"
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        got: list[int] = []

        def call() -> None:
            address = f"{scheme}://localhost:{port}/"
            with urllib.request.urlopen(address, context=trusted, timeout=30) as answer:
                got.append(len(answer.read()))

        caller = threading.Thread(target=call)
        caller.start()
        assert process.stdout.readline() == "called\n"
        process.send_signal(signal.SIGTERM)
        caller.join(30)
        assert got == [4_000_000]
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
