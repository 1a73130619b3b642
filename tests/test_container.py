"""The image and its compose file: built and started where a container engine works.

Elsewhere what they say is held against what it must be, and the image's own command is
checked with the gunicorn that is installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PASSWORD, TOKEN = "correct horse battery", "0123456789abcdef-token"


def instructions() -> list[tuple[str, str]]:
    """Return the lines of the Dockerfile, continued ones as one, without comments."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    return [(word, rest.strip()) for word, _, rest in (x.partition(" ") for x in lines)]


def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def command() -> list[str]:
    """The command of the image."""
    (found,) = (rest for word, rest in instructions() if word == "CMD")
    made: list[str] = json.loads(found)
    return made


def no_engine() -> str:
    """Why no container can be started here; empty where one can."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    for words, why in (
        (["docker", "info"], "no container engine answers"),
        (["docker", "compose", "version"], "docker compose is not installed"),
    ):
        done = subprocess.run(words, capture_output=True, timeout=30, check=False)
        if done.returncode:
            return why
    return ""


def test_the_image_is_small_and_not_run_by_root() -> None:
    lines = instructions()
    stages = [rest for word, rest in lines if word == "FROM"]
    assert len(stages) == 2 and all("-slim" in stage for stage in stages)
    last = lines[max(n for n, (word, _) in enumerate(lines) if word == "FROM") :]
    # nothing is built, fetched or copied from here into what runs
    assert {word for word, _ in last} <= {
        "FROM", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL",
        "HEALTHCHECK", "CMD",
    }  # fmt: skip
    assert [rest for word, rest in last if word == "COPY"] == [
        "--from=build /opt/needlemap /opt/needlemap"
    ]
    (user,) = (rest for word, rest in last if word == "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert any(word == "HEALTHCHECK" and "/health/ready" in rest for word, rest in last)
    text = (ROOT / "Dockerfile").read_text("utf-8").lower()
    assert "password" not in text and "token" not in text and "secret" not in text


def test_what_is_copied_is_what_is_installed() -> None:
    """Neither secrets nor tests nor the history get near the image."""
    copied = {
        name
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert copied == allowed
    assert (ROOT / ".dockerignore").read_text().splitlines()[0] == "*"
    assert all((ROOT / name).exists() for name in copied)


def test_compose_gives_as_few_rights_as_it_can() -> None:
    found = compose()
    page, db = found["services"]["needlemap"], found["services"]["db"]
    assert page["user"] == next(r for w, r in instructions() if w == "USER")
    assert page["cap_drop"] == ["ALL"]
    for service in (page, db):
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["healthcheck"]["test"][0] == "CMD"
    assert "/health/ready" in str(page["healthcheck"]["test"])
    assert page["depends_on"]["db"]["condition"] == "service_healthy"
    # only this machine reaches it, and the database nobody but it
    assert all(port.startswith("127.0.0.1:") for port in page["ports"])
    assert "ports" not in db and db["networks"] == ["inside"]
    assert found["networks"]["inside"]["internal"] is True


def test_compose_holds_no_secret() -> None:
    found = compose()
    for service in found["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name or "TOKEN" in name:
                assert name.endswith("_FILE") and value.startswith("/run/secrets/")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    files = {entry["file"] for entry in found["secrets"].values()}
    assert all(file.startswith("./secrets/") for file in files)
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    url = found["services"]["needlemap"]["environment"]["NEEDLEMAP_DB"]
    assert re.fullmatch(r"postgresql://\w+@\w+/\w+", url), "no password in it"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="gunicorn")
def test_the_command_of_the_image_is_one(tmp_path: Path) -> None:
    """The application loads with the settings of the image, the secrets from files."""
    for name, text in (("password", PASSWORD), ("token", TOKEN), ("db", "unused")):
        (tmp_path / name).write_text(f"{text}\n")
    first, *rest = command()
    assert first == "gunicorn"
    environ = {
        "NEEDLEMAP_DB": "postgresql://needlemap@db/needlemap",
        "NEEDLEMAP_DB_PASSWORD_FILE": str(tmp_path / "db"),
        "NEEDLEMAP_PASSWORD_FILE": str(tmp_path / "password"),
        "NEEDLEMAP_TOKEN_FILE": str(tmp_path / "token"),
    }
    for gone, status in ((False, 0), (True, 1)):
        if gone:
            (tmp_path / "password").unlink()
        done = subprocess.run(
            [sys.executable, "-m", "gunicorn", "--check-config", *rest],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert ("NEEDLEMAP_PASSWORD_FILE" in done.stderr) is gone


@pytest.mark.slow
def test_built_and_started(tmp_path: Path) -> None:
    """In containers: ready, and nothing can be written but in the database."""
    why = no_engine()
    if why:
        pytest.skip(f"{why}: image and compose file were only linted, not built")
    for part in ("Dockerfile", ".dockerignore", "compose.yaml"):
        shutil.copy(ROOT / part, tmp_path / part)
    for part in ("pyproject.toml", "README.md", "LICENSE", "NOTICE.md"):
        shutil.copy(ROOT / part, tmp_path / part)
    for part in ("LICENSES", "anatomy", "zones", "viewer", "needlemap"):
        shutil.copytree(ROOT / part, tmp_path / part)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, text in (("password", PASSWORD), ("token", TOKEN), ("db_password", "x9")):
        (secrets / name).write_text(f"{text}\n")
        (secrets / name).chmod(0o644)
    run = ["docker", "compose", "--project-name", "needlemap-test"]
    try:
        subprocess.run([*run, "up", "--build", "--detach"], cwd=tmp_path, check=True)
        latest = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:8050/health/ready", timeout=5)
                break
            except OSError:
                assert time.monotonic() < latest, "it was never ready"
                time.sleep(1)
        call = urllib.request.Request(
            "http://127.0.0.1:8050/api/v1/zones/pleura",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        with urllib.request.urlopen(call, timeout=10) as answer:
            assert answer.status == 200
        told = subprocess.run(
            [*run, "exec", "-T", "needlemap", "python", "-c", WHO],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        assert told.stdout.split() == ["10001", "refused"]
    finally:
        down = [*run, "down", "--volumes", "--rmi", "local"]
        subprocess.run(down, cwd=tmp_path, check=False)


WHO = """
import os
try:
    open("/opt/needlemap/x", "w")
    tried = "written"
except OSError:
    tried = "refused"
print(os.getuid(), tried)
"""
