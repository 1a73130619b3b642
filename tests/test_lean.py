"""A bare installation has library, command and service; extras bring the rest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from viewer.command.extras import EXTRAS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: Distributions that are imported under another name.
NAMES = {"pyyaml": "yaml"}
#: Runs code where some libraries are as if they were not installed.
WITHOUT = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {gone!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Gone())
"""
SERVICE = """
import json
from viewer.service.app import create_service
client = create_service(warm=False).test_client()
local = {"headers": {"Host": "localhost"}}
site = {"site": {"text": "6 cm left of T4"}, "needle": {"depth_mm": 30}}
chart = {"body": "male", "chart": "posterior"}
print(json.dumps([
    client.post("/api/v1/check", json=site, **local).json["verdict"],
    client.post("/api/v1/section", json=site, **local).status_code,
    client.post("/api/v1/depth-map", json=chart,
                headers={"Host": "localhost", "Accept": "image/png"}).mimetype,
    client.get("/api/v1/openapi.json", **local).status_code,
    client.get("/health/ready", **local).status_code,
]))
"""


def modules(requirements: list[str]) -> set[str]:
    """Return the names under which requirements are imported."""
    found = set()
    for text in requirements:
        name = re.split(r"[\[<>=;~ ]", text)[0].lower()
        found.add(NAMES.get(name, name.replace("-", "_")))
    return found - {"needlemap"}


def run(code: str, gone: set[str]) -> subprocess.CompletedProcess[str]:
    """Run code in a process in which some libraries cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(gone=gone) + code],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
    )


def command(*words: str, gone: set[str]) -> subprocess.CompletedProcess[str]:
    """Run the command so."""
    code = f"from viewer.command.main import main; sys.exit(main({list(words)!r}))"
    return run(code, gone)


def test_few_libraries_are_enough() -> None:
    assert len(PROJECT["dependencies"]) <= 14
    assert not modules(PROJECT["dependencies"]) & {*EXTRAS}


def test_each_extra_brings_what_is_said_of_it() -> None:
    extras = PROJECT["optional-dependencies"]
    for library, extra in EXTRAS.items():
        assert library in modules(extras[extra]), library


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--text", "6 cm left of T4", "--depth", "30"),
        ("locate", "6 cm left of T4"),
        ("zones", "show", "pleura"),
        ("figure", "--help"),
        ("serve", "--help"),
    ],
)
def test_commands_of_a_bare_installation(words: tuple[str, ...]) -> None:
    done = command(*words, gone={*EXTRAS})
    assert done.returncode == 0, done.stderr


def test_the_service_of_a_bare_installation() -> None:
    done = run(SERVICE, {*EXTRAS})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["DANGER", 200, "image/png", 200, 200]


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("view", "--port", "0"), "page"),
        (("record", "export", "record-1"), "records"),
        (("batch", "a.parquet", "b.parquet"), "tables"),
    ],
)
def test_what_is_missing_is_named(
    words: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    words = tuple(str(tmp_path / w) if w.endswith(".parquet") else w for w in words)
    done = command(*words, gone={*EXTRAS})
    assert done.returncode == 2
    assert f"needlemap[{extra}]" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("zone", "pleura"),
        ("view", "left_hand_palmar"),
        ("poster",),
        ("pocket", "hand"),
        ("section", "--text", "6 cm left of T4", "--depth", "25"),
    ],
)
def test_paper_needs_its_own_extra_alone(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    gone = {*EXTRAS} - modules(PROJECT["optional-dependencies"]["sheets"])
    assert "dash" in gone
    target = tmp_path / "sheet.pdf"
    done = command("figure", *words, "--out", str(target), gone=gone)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes().startswith(b"%PDF")


RECORD = """
from tests.viewer.record.conftest import SHALLOW, changed, new_site
from viewer.fhir.versions import Version
from viewer.record.fhir.bundle import session_bundle
from viewer.record.paper.pdf import record_pdf
from viewer.record.storage.models import Record, now
record = Record(id="record-1", started=now())
record = changed(record, add_site=new_site("site-one", "left soleus", SHALLOW))
print(len(session_bundle(record, Version.R4)["entry"]))
print(record_pdf(record)[:4].decode())
"""


def test_records_need_no_page() -> None:
    extras = PROJECT["optional-dependencies"]
    done = run(RECORD, {*EXTRAS} - modules(extras["records"] + extras["sheets"]))
    assert done.returncode == 0, done.stderr
    entries, paper = done.stdout.split()
    assert int(entries) > 3 and paper == "%PDF"
