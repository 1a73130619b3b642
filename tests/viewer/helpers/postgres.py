"""A PostgreSQL server for tests, in a folder of its own; loaded as a plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where Debian puts the programs of a server, one folder a version.
FOLDERS = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Return the folder with initdb and pg_ctl, the newest version first."""
    found = sorted(FOLDERS.glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def as_server(*command: str | Path) -> None:
    """Run a program of the server; it refuses to run as root."""
    rights = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*rights, *(str(part) for part in command)]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd="/", timeout=120, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


class Server:
    """A PostgreSQL server in a folder of its own that can be stopped and started."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.url = f"postgresql://nurse@/postgres?host={folder}"
        self._control = home / "pg_ctl"
        self._data, self._log = folder / "data", folder / "log"
        # no network: a socket in the folder only
        self._options = (
            f"-c listen_addresses='' -k {folder} -c timezone='Pacific/Auckland'"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        with_ = ("-D", self._data, "-o", self._options, "-l", self._log)
        as_server(self._control, *with_, "-w", "start")

    def stop(self) -> None:
        """Stop it at once, as a machine that fails does."""
        as_server(self._control, "-D", self._data, "-m", "immediate", "-w", "stop")


@contextmanager
def server() -> Iterator[Server]:
    """Give a PostgreSQL server that runs."""
    home = programs()
    if home is None:
        if os.environ.get("CI") or os.environ.get("NEEDLEMAP_TEST_ALL"):
            pytest.fail("PostgreSQL must be installed where every test is run")
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    # short: the name of a socket may have about 100 signs
    folder = Path(tempfile.mkdtemp(prefix="nm-pg-", dir="/tmp"))
    made = ("-U", "nurse", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale")
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        as_server(home / "initdb", "-D", folder / "data", *made)
        found = Server(home, folder)
        found.start()
        try:
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that ends with the tests."""
    with server() as found:
        yield found.url
