"""Who gets in: this machine freely, others with a password, no strange page."""

from __future__ import annotations

import os
import re
import ssl
import sys
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from anatomy.errors import InputError
from viewer.command.main import main
from viewer.service.access.access import Access, check_reach, is_local, read_access
from viewer.service.server import serving

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PASSWORD = "correct horse battery"
TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUEST = {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 25}}


def made(access: Access | None) -> Flask:
    """Return a fresh application, without waiting for anything it reads."""
    from viewer.page.app import create_app

    return create_app(warm=False, access=access).server


@pytest.fixture
def locked() -> FlaskClient:
    """A caller of a service with password and token."""
    return made(Access(password=PASSWORD, token=TOKEN)).test_client()


@pytest.fixture(scope="module")
def unlocked() -> FlaskClient:
    """A caller of a service on this machine."""
    return made(None).test_client()


def log_in(client: FlaskClient, password: str = PASSWORD, **more: Any) -> Any:
    """Fill in the form."""
    return client.post("/login", data={"password": password, **more})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.9"]
)
def test_this_machine_needs_nothing(host: str) -> None:
    """No log-in on the machine itself."""
    check_reach(host, Access())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "clinic.example"])
def test_others_need_a_password_or_token(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with status 2 before it listens, and says how to do it."""
    for name in ("NEEDLEMAP_PASSWORD", "NEEDLEMAP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        "viewer.page.app.listen", lambda *_, **__: pytest.fail("it listened")
    )
    assert main(["view", "--host", host]) == 2
    said = capsys.readouterr().err
    for word in ("NEEDLEMAP_PASSWORD", "--password-file", "NEEDLEMAP_TOKEN"):
        assert word in said
    check_reach(host, Access(token=TOKEN))
    check_reach(host, Access(password=PASSWORD))


def test_no_secret_is_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """--password and --token do not exist, not even as shortened flags."""
    for flag in ("--password", "--token"):
        with pytest.raises(SystemExit, match="2"):
            main(["view", "--help-me", flag, PASSWORD])
        found = capsys.readouterr().err
        assert PASSWORD not in found.splitlines()[-1] or "unrecognized" in found


def test_secrets_from_files_and_environment(tmp_path: Path) -> None:
    """First line of a file; from one place; long enough; never shown."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nsecond line\n")
    file.chmod(0o600)
    found = read_access(password_file=file, environ={"NEEDLEMAP_TOKEN": TOKEN})
    assert (found.password, found.token, found.notes) == (PASSWORD, TOKEN, ())
    assert PASSWORD not in repr(found)
    assert TOKEN not in repr(found)
    file.chmod(0o644)
    assert "chmod 600" in read_access(password_file=file, environ={}).notes[0]
    for environ, given in (
        ({"NEEDLEMAP_PASSWORD": PASSWORD}, file),
        ({"NEEDLEMAP_PASSWORD": "short"}, None),
        ({"NEEDLEMAP_PASSWORD": ""}, None),
        ({"NEEDLEMAP_TOKEN": "0123456789"}, None),
        ({"NEEDLEMAP_TOKEN": "0123456789 ümläut"}, None),
        ({}, tmp_path / "missing"),
        ({}, tmp_path),
    ):
        with pytest.raises(InputError) as caught:
            read_access(password_file=given, environ=environ)
        assert "short" not in str(caught.value).replace("shortest", "")
    assert not read_access(environ={}).required


def test_what_is_said_at_the_start() -> None:
    """Where it listens, who gets in, and that nothing is encrypted."""
    text = "\n".join(serving.announcement("0.0.0.0", 8050, Access(password=PASSWORD)))
    assert "other machines can reach it" in text
    assert "asks for the password" in text
    assert "not encrypted" in text
    assert "no token was given" in text
    assert PASSWORD not in text
    quiet = "\n".join(
        serving.announcement("0.0.0.0", 8050, Access(token=TOKEN, tls=True))
    )
    assert "https://" in quiet
    assert "not encrypted" not in quiet
    assert TOKEN not in quiet


def test_everything_is_behind_the_log_in(locked: FlaskClient) -> None:
    """Every route but the form, its sheet, and a leaflet by its own token."""
    opened = []
    for rule in locked.application.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = locked.open(path, method=method)
            if answer.status_code not in (401, 303, 405):
                opened.append(path)
            assert "needlemap.js" not in answer.text
            if answer.status_code == 303:
                assert answer.location.startswith("/login")
    assert set(opened) == {
        "/login", "/login.css", "/leaflet/1", "/health/live", "/health/ready",
    }  # fmt: skip
    assert locked.get("/leaflet/1").status_code == 404  # nothing without a token


def test_programs_are_told_how(locked: FlaskClient) -> None:
    """401 as JSON, with the scheme; OPTIONS and nowhere give nothing away."""
    for method, path in (
        ("POST", "/api/v1/check"),
        ("GET", "/api/v1/openapi.json"),
        ("OPTIONS", "/api/v1/check"),
        ("GET", "/api/nowhere"),
        ("POST", "/_dash-update-component"),
        ("GET", "/_dash-layout"),
        ("GET", "/assets/page/needlemap.js"),
    ):
        answer = locked.open(path, method=method)
        assert answer.status_code == 401, path
        assert answer.json["error"]["code"] == "login"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_opens_the_service(locked: FlaskClient) -> None:
    """The right one only, in the right form; the password is none."""
    answer = locked.post("/api/v1/check", json=REQUEST, headers=BEARER)
    assert answer.json["verdict"] == "DANGER"
    assert "Set-Cookie" not in answer.headers
    for given in (
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer {PASSWORD}",
        TOKEN,
    ):
        headers = {"Authorization": given}
        assert locked.get("/api/v1/zones", headers=headers).status_code in (401, 429)
    page_only = made(Access(password=PASSWORD)).test_client()
    for given in ("Bearer ", "Bearer None", f"Bearer {PASSWORD}"):
        headers = {"Authorization": given}
        assert page_only.get("/api/v1/zones", headers=headers).status_code == 401


def test_log_in_and_out(locked: FlaskClient) -> None:
    """The form, a cookie that scripts cannot read, and an end that is one."""
    answer = locked.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.location) == (303, "/login")
    form = locked.get("/login")
    assert form.status_code == 200
    assert "<script" not in form.text
    assert "default-src 'none'" in form.headers["Content-Security-Policy"]
    wrong = log_in(locked, "wrong horse battery")
    assert wrong.status_code == 401
    assert "Set-Cookie" not in wrong.headers
    assert locked.get("/_dash-layout").status_code == 401
    right = log_in(locked)
    assert (right.status_code, right.location) == (303, "/")
    cookie = right.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert PASSWORD not in cookie
    page = locked.get("/_dash-layout")
    assert page.status_code == 200
    assert "Log out" in page.text
    with locked.get("/assets/page/needlemap.css") as sheet:
        assert sheet.status_code == 200
    assert locked.post("/api/v1/check", json=REQUEST).status_code == 200
    value = cookie.split(";")[0].split("=", 1)[1]
    assert locked.post("/logout").location == "/login"
    assert locked.get("/_dash-layout").status_code == 401
    locked.set_cookie("needlemap", value)  # kept by somebody
    assert locked.get("/_dash-layout").status_code == 401


def test_a_forged_cookie_opens_nothing(locked: FlaskClient) -> None:
    """Of another service, or made up."""
    other = made(Access(password=PASSWORD)).test_client()
    cookie = log_in(other).headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
    for value in (cookie, "x", "eyJpZCI6ImEifQ.x.y"):
        locked.set_cookie("needlemap", value)
        assert locked.get("/_dash-layout").status_code == 401


def test_cookies_over_encrypted_connections() -> None:
    """Secure with our own TLS, and behind a proxy that encrypts."""
    client = made(Access(password=PASSWORD, tls=True)).test_client()
    cookie = log_in(client).headers["Set-Cookie"]
    assert cookie.startswith("__Host-needlemap=")
    assert "; Secure" in cookie
    behind = made(Access(password=PASSWORD)).test_client()
    answer = behind.post(
        "/login", data={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "; Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("given", "led"),
    [
        ("/session", "/session"),
        ("/?q=1", "/?q=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_log_in_leads_to_this_service_only(
    locked: FlaskClient, given: str, led: str
) -> None:
    """A link to the form cannot lead on to another site, or write into it."""
    assert log_in(locked, next=given).location == led


def test_the_form_shows_text_as_text(locked: FlaskClient) -> None:
    """What an address brings is written as text."""
    answer = locked.get("/login", query_string={"next": '/"><script>alert(1)</script>'})
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_wrong_passwords_are_slowed_down(locked: FlaskClient) -> None:
    """After a few the form waits, even for the right one; the open session goes on."""
    inside = locked.application.test_client()
    assert log_in(inside).status_code == 303
    statuses = [log_in(locked, f"guess {n}").status_code for n in range(8)]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    late = log_in(locked)
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) >= 1
    assert inside.get("/_dash-layout").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.9"}
    elsewhere = locked.post("/login", data={"password": PASSWORD}, environ_base=other)
    assert elsewhere.status_code == 303


def test_wrong_tokens_are_slowed_down(locked: FlaskClient) -> None:
    """The same for programs, as JSON."""
    wrong = {"Authorization": "Bearer wrong"}
    answers = [locked.get("/api/v1/zones", headers=wrong) for _ in range(8)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert answers[-1].json["error"]["code"] == "too_many"
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8050", "127.0.0.1:8050", "[::1]:8050"]
)
def test_local_names_are_answered(unlocked: FlaskClient, host: str) -> None:
    """Whatever the port."""
    answer = unlocked.post("/api/v1/check", json=REQUEST, headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "192.0.2.1", "[x"],
)
def test_other_names_are_not(unlocked: FlaskClient, host: str) -> None:
    """A page elsewhere that points its own name at this machine reads nothing."""
    for path in ("/", "/_dash-layout", "/api/v1/zones", "/assets/page/needlemap.js"):
        answer = unlocked.get(path, headers={"Host": host})
        assert answer.status_code in (400, 421), path
        assert "needlemap.js" not in answer.text
    named = made(Access(password=PASSWORD)).test_client()
    if not host.startswith("["):
        assert named.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ],
)
def test_pages_of_other_sites_change_nothing(
    unlocked: FlaskClient, headers: dict[str, str], passes: bool
) -> None:
    """A browser says where a call comes from; a program need not."""
    answer = unlocked.post("/api/v1/check", json=REQUEST, headers=headers)
    assert answer.status_code == (200 if passes else 403)
    page = unlocked.post("/_dash-update-component", data=b"{", headers=headers)
    assert (page.status_code == 403) is not passes


def test_headers_are_on_every_answer(unlocked: FlaskClient) -> None:
    """Page, script, answer, error."""
    for path in (
        "/",
        "/_dash-layout",
        "/assets/page/needlemap.js",
        "/api/v1/zones",
        "/api/v1/nothing",
        "/api/v1/zones/none",
    ):
        with unlocked.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        scripts = policy.split("script-src ")[1].split(";")[0]
        assert "unsafe" not in scripts
        assert "frame-ancestors 'self'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        if path == "/api/v1/zones":
            assert headers["Cache-Control"] == "public, max-age=300"
        elif not path.startswith("/assets"):
            assert headers["Cache-Control"] == "no-store"


def test_the_policy_names_each_script_of_the_page(unlocked: FlaskClient) -> None:
    """Every script that stands in the page has its hash in the policy."""
    import base64
    import hashlib
    import re

    page = unlocked.get("/")
    shown = re.sub(r"<!--.*?-->", "", page.text, flags=re.S)
    inline = re.findall(
        r"<script(?![^>]*(?:src|json))[^>]*>(.*?)</script>", shown, re.S
    )
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def test_only_names_of_this_machine_are_local() -> None:
    """A name that only looks local is not."""
    for host in ("localhost.evil.example", "127.0.0.1.nip.example", "0", "127.1 "):
        assert not is_local(host)


def running(app: Flask, tls: ssl.SSLContext | None = None) -> tuple[Any, int, Any]:
    """Return a listening server, its port and the thread it runs in."""
    found: list[Any] = []
    ready = threading.Event()

    def keep(server: Any) -> None:
        found.append(server)
        ready.set()

    thread = threading.Thread(
        target=serving.listen,
        args=(app, "127.0.0.1", 0),
        kwargs={"tls": tls, "ready": keep},
        daemon=True,
    )
    thread.start()
    assert ready.wait(30)
    server = found[0]
    port = getattr(server, "effective_port", None) or server.port
    return server, int(port), thread


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


CLASS = "needles"


@pytest.fixture
def classroom() -> Flask:
    """A service with a password for the trainer and one for the class."""
    return made(Access(password=PASSWORD, token=TOKEN, class_password=CLASS))


def test_a_class_password_opens_the_learners_pages_only(classroom: Flask) -> None:
    """Neither records nor the check nor the trainer's pages: a class is in the room."""
    client = classroom.test_client()
    assert log_in(client, CLASS).status_code == 303
    assert client.get("/learn").status_code == 200
    page = {"Accept": "text/html"}
    for path in ("/", "/session", "/atlas"):
        there = client.get(path, headers=page)
        assert (there.status_code, there.headers["Location"]) == (303, "/learn"), path
    for path in (
        "/records/ping",
        "/records/record-1/record.json",
        "/api/v1/zones",
        "/_dash-layout",
        "/assets/record/record.js",
        "/learnt",
    ):
        assert client.get(path).status_code == 403, path
    assert client.post("/_dash-update-component", json={}).status_code == 403
    assert client.post("/api/v1/check", json=REQUEST).status_code == 403
    teach = client.get("/learn/teach")
    assert teach.status_code == 403
    assert b"trainer" in teach.data
    assert b"/learn/teach" not in client.get("/learn").data


def test_the_password_opens_everything_beside_a_class(classroom: Flask) -> None:
    """The trainer may sit anywhere once the class has a password of its own."""
    client = classroom.test_client()
    assert log_in(client).status_code == 303
    away = {"REMOTE_ADDR": "192.0.2.7"}
    for path in ("/", "/learn", "/learn/teach", "/records/ping"):
        assert client.get(path, environ_base=away).status_code == 200, path


def test_without_a_class_password_only_the_machine_itself_teaches() -> None:
    """Where all share one password, who is not at the machine may be a learner."""
    client = made(Access(password=PASSWORD)).test_client()
    log_in(client)
    assert client.get("/learn/teach").status_code == 200
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/learn/teach", environ_base=away).status_code == 403
    passed_on = {"X-Forwarded-For": "192.0.2.7"}
    assert client.get("/learn/teach", headers=passed_on).status_code == 403


def test_a_class_password_is_another_and_not_alone() -> None:
    """It would else open nothing, or everything."""
    names = {"NEEDLEMAP_CLASS_PASSWORD": CLASS}
    with pytest.raises(InputError, match="beside it"):
        read_access(environ=names)
    with pytest.raises(InputError, match="another"):
        read_access(
            environ={
                "NEEDLEMAP_PASSWORD": PASSWORD,
                "NEEDLEMAP_CLASS_PASSWORD": PASSWORD,
            }
        )
    with pytest.raises(InputError, match="6 characters"):
        read_access(
            environ={"NEEDLEMAP_PASSWORD": PASSWORD, "NEEDLEMAP_CLASS_PASSWORD": "a"}
        )
    found = read_access(environ={"NEEDLEMAP_PASSWORD": PASSWORD, **names})
    assert found.role_of(CLASS) == "class"
    assert found.role_of(PASSWORD) == "full"
    assert found.role_of("") is None
    assert not found.opens_api(CLASS)
