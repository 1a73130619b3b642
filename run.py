#!/usr/bin/env python3
"""Set up and run needlemap with nothing but Python 3.11 or later on the machine.

python3 run.py page      install into .venv and start the page
python3 run.py test      install into .venv, fetch a browser and PostgreSQL, run every
                         check and test
python3 run.py -- ARGS   install into .venv and run the `needlemap` command
python3 run.py STEP      one step of what `test` sets up: programs, packages, scripts
                         or scans
"""

from __future__ import annotations

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
STAMP = HOME / "installed.txt"
#: Package whose source distribution carries the CTs (Apache-2.0).
SCANS = "totalsegmentator==2.18.0"


def call(*command: str | Path) -> None:
    """Run a command in the checkout, and end with its status when it fails."""
    print("+", *command, flush=True)
    status = subprocess.call([str(part) for part in command], cwd=ROOT)
    if status:
        sys.exit(status)


def together(*commands: tuple[str | Path, ...]) -> None:
    """Run commands beside each other, and show what each wrote when it has ended.

    All are run to their end, so that one try shows everything that is wrong; then the
    first that failed ends the whole with its status.
    """

    def run(command: tuple[str | Path, ...]) -> subprocess.CompletedProcess[str]:
        words = [str(part) for part in command]
        return subprocess.run(
            words,
            cwd=ROOT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    failed = []
    with concurrent.futures.ThreadPoolExecutor(len(commands)) as threads:
        running = {threads.submit(run, command): command for command in commands}
        for ended in concurrent.futures.as_completed(running):
            done = ended.result()
            print("+", *running[ended], flush=True)
            print(done.stdout, end="", flush=True)
            if done.returncode:
                failed.append(done.returncode)
    if failed:
        sys.exit(failed[0])


def install(extras: str) -> None:
    """Make the environment and install the checkout, once per change of pyproject."""
    if sys.version_info < (3, 11):
        found = sys.version.split()[0]
        sys.exit(f"needlemap needs Python 3.11 or later; this is {found}.")
    wanted = extras + (ROOT / "pyproject.toml").read_text()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not BIN.exists():
        print("+ making", HOME.relative_to(ROOT), flush=True)
        venv.create(HOME, with_pip=True)
    target = f".[{extras}]" if extras else "."
    call(BIN / "python", "-m", "pip", "install", "--quiet", "--editable", target)
    STAMP.write_text(wanted)


def scripts() -> None:
    """Install from npm the small Plotly of the 3D body, once per change of version."""
    wanted = (ROOT / "viewer" / "package.json").read_text()
    stamp = ROOT / "viewer" / "node_modules" / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not there: the 3D body takes 3 MB more of Plotly.", flush=True)
        return
    options = ["--prefix", "viewer", "--ignore-scripts", "--no-package-lock"]
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    print("+ npm install", *options, flush=True)
    if subprocess.call([npm, "install", *options, *quiet], cwd=ROOT):
        print("npm failed: the 3D body takes 3 MB more of Plotly.", flush=True)
    else:
        stamp.write_text(wanted)


def programs() -> None:
    """Install from Debian what the tests need and the machine has not.

    That is Chromium with its driver, PostgreSQL for the session records, and npm for
    the 3D body's small Plotly.
    """
    missing = []
    if not shutil.which("chromedriver") or not (
        shutil.which("chromium") or shutil.which("google-chrome")
    ):
        missing += ["chromium", "chromium-driver"]
    # Debian keeps initdb off the path
    servers = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if not shutil.which("initdb") and not any(servers):
        missing.append("postgresql")
    if not shutil.which("npm"):
        missing.append("npm")
    if not missing:
        return
    if not shutil.which("apt-get"):
        sys.exit(f"The tests need these programs: {', '.join(missing)}.")
    rights = [] if os.geteuid() == 0 else ["sudo"]
    call(*rights, "apt-get", "update", "-qq")
    call(*rights, "apt-get", "install", "-y", "-qq", *missing)


def fetch_scans() -> None:
    """Fetch the CTs that stated depths are held against, once; tests only read them."""
    target = HOME / "scans"
    if target.exists():
        return
    print("+ fetching the CTs of", SCANS, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        only = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
        pip = [BIN / "python", "-m", "pip", "download", "--quiet", *only]
        call(*pip, "--dest", folder, SCANS)
        archive = next(Path(folder).glob("*.tar.gz"))
        with tarfile.open(archive) as source:
            inside = f"{archive.name.removesuffix('.tar.gz')}/tests/reference_files/"
            kept = [m for m in source.getmembers() if m.name.startswith(inside)]
            for member in kept:
                member.name = member.name.removeprefix(inside)
            source.extractall(Path(folder) / "scans", members=kept, filter="data")
        shutil.move(Path(folder) / "scans", target)


def packages() -> None:
    """Make the environment with everything that the checks and tests need."""
    install("test,dev,docs")


#: This file, and what of it `test` runs beside other steps.
SELF = (sys.executable, Path(__file__).resolve())
STEPS = {
    "programs": programs,
    "packages": packages,
    "scripts": scripts,
    "scans": fetch_scans,
}


def main() -> None:
    """Run one of the three things above, or one step of the second."""
    task = sys.argv[1] if len(sys.argv) > 1 else ""
    if task == "page":
        install("page")
        scripts()
        call(BIN / "needlemap", "view", *sys.argv[2:])
    elif task == "test":
        # what was just installed may not be skipped
        os.environ["NEEDLEMAP_TEST_ALL"] = "1"
        os.environ["NO_MKDOCS_2_WARNING"] = "1"
        together((*SELF, "programs"), (*SELF, "packages"))
        together(
            (*SELF, "scripts"),
            (*SELF, "scans"),
            (BIN / "ruff", "check", "."),
            (BIN / "mypy",),
            (BIN / "lint-imports",),
            # a link that leads nowhere fails; "--quiet" would hide it from "--strict"
            (BIN / "mkdocs", "build", "--strict"),
        )
        # by file, so that what a file has prepared is prepared once; in the order of
        # tests/conftest.py, the longest first
        workers = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]
        workers += ["--no-loadscope-reorder"]
        options = ["-q", "--headless", *workers, *sys.argv[2:]]
        call(BIN / "python", "-m", "pytest", *options)
    elif task == "--":
        install("page")
        call(BIN / "needlemap", *sys.argv[2:])
    elif task in STEPS:
        STEPS[task]()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
