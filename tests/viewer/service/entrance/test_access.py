"""Who gets in: this machine freely, others with a password; classes apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from anatomy.errors import InputError
from tests.viewer.service.entrance.callers import PASSWORD, REQUEST, TOKEN, log_in, made
from viewer.command.main import main
from viewer.service.access.access import Access, check_reach, is_local, read_access
from viewer.service.server import serving

if TYPE_CHECKING:
    from flask import Flask


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


def test_only_names_of_this_machine_are_local() -> None:
    """A name that only looks local is not."""
    for host in ("localhost.evil.example", "127.0.0.1.nip.example", "0", "127.1 "):
        assert not is_local(host)


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
