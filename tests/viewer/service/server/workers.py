"""Gunicorn with several workers, for tests: who answered, who is there, one killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

#: Seconds to wait for a start on a busy machine.
START_S = 120.0
ROOT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Gunicorn:
    """One application in several processes."""

    def __init__(
        self,
        application: str,
        environ: Mapping[str, str],
        *options: str,
        workers: int = 4,
    ) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory(prefix="nm-gunicorn-")
        self.calls = Path(self.folder.name) / "calls"
        self.workers = workers
        self._errors = (Path(self.folder.name) / "errors").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "--preload",
                "--workers", str(workers), "--threads", "4",
                "--bind", f"127.0.0.1:{self.port}", "--no-control-socket",
                # the process that answered
                "--access-logfile", str(self.calls), "--access-logformat", "%(p)s",
                *options, application,
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )  # fmt: skip

    @property
    def said(self) -> str:
        """What it wrote to standard error."""
        return (Path(self.folder.name) / "errors").read_text()

    def ready(self) -> None:
        """Wait until it answers."""
        until(lambda: self.ask("GET", "/health/ready").status == 200, START_S, self)

    def stop(self) -> None:
        """Tell it to end."""
        self.process.terminate()

    def close(self) -> None:
        """End it."""
        self.stop()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._errors.close()
        self.folder.cleanup()

    def pids(self) -> set[int]:
        """The workers that are there."""
        task = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return {int(pid) for pid in Path(task).read_text().split()}

    def answered(self) -> set[int]:
        """The workers that have answered a call."""
        found = self.calls.read_text().split() if self.calls.exists() else []
        return {int(word.strip("<>")) for word in found}

    def ask(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one call on a connection of its own, so that any worker may take it."""
        given = dict(headers or {})
        body = None
        if data is not None:
            body, given["Content-Type"] = json.dumps(data), "application/json"
        if form is not None:
            body = urlencode(form)
            given["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request(method, path, body, {**given, "Connection": "close"})
            answer = line.getresponse()
            found = {k.lower(): v for k, v in answer.getheaders()}
            return Answer(answer.status, answer.read().decode(), found)
        finally:
            line.close()

    def log_in(self, password: str, **headers: str) -> dict[str, str]:
        """Log in and return the headers of a browser that is logged in."""
        answer = self.ask(
            "POST", "/login", form={"password": password}, headers=headers
        )
        assert answer.status == 303, answer.text
        return {"Cookie": answer.headers["set-cookie"].split(";")[0]}

    def kill(self, pid: int) -> None:
        """End a worker at once, as a lack of memory does."""
        os.kill(pid, signal.SIGKILL)


def until(true: Callable[[], bool], seconds: float, server: Gunicorn) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except OSError:
            pass
        if server.process.poll() is not None or time.monotonic() > latest:
            raise AssertionError(f"it did not come about: {server.said[-3000:]}")
        time.sleep(0.05)
