"""The wheel holds the data, every licence, and works where it is put."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOUND = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
PACKAGES = tuple(name.removesuffix("*") for name in FOUND)
NEEDED = ("pyproject.toml", "README.md", "NOTICE.md", "LICENSE", "LICENSES")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, made from a copy so that nothing is left in the checkout."""
    pytest.importorskip("setuptools", minversion="77")
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    left_out = shutil.ignore_patterns("__pycache__")
    for name in (*PACKAGES, *NEEDED):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    offline = ["--no-build-isolation", "--no-index", "--wheel-dir", str(made), "."]
    subprocess.run([*pip, *offline], cwd=source, check=True)
    return zipfile.ZipFile(next(made.glob("*.whl")))


@pytest.fixture(scope="module")
def about(wheel: zipfile.ZipFile) -> Message:
    """The metadata of the wheel."""
    name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_every_licence_is_inside(wheel: zipfile.ZipFile, about: Message) -> None:
    """The texts as they are here; NOTICE names no text that is missing."""
    held = {
        name.partition(".dist-info/licenses/")[2]: wheel.read(name)
        for name in wheel.namelist()
        if ".dist-info/licenses/" in name
    }
    texts = [ROOT / "LICENSE", ROOT / "NOTICE.md", *(ROOT / "LICENSES").iterdir()]
    wanted = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in texts}
    assert held == wanted
    notice = wanted["NOTICE.md"].decode()
    named = re.findall(r"`(LICENSES?/?[\w./-]*\.\w+)`", notice)
    assert len(named) >= 4 and set(named) <= held.keys()
    expression = about["License-Expression"]
    for text in (ROOT / "LICENSES").iterdir():
        assert text.stem in expression, text.name
    assert set(about.get_all("License-File") or ()) == wanted.keys()


def test_parts_under_other_licences_are_named(wheel: zipfile.ZipFile) -> None:
    """Fonts and scripts of others are in NOTICE, with their licence in the wheel."""
    notice = (ROOT / "NOTICE.md").read_text("utf-8")
    held = wheel.namelist()
    for name in held:
        if name.endswith((".ttf", ".otf", ".woff", ".woff2")):
            assert str(Path(name).parent) in notice, name
    carried = {n.split("/")[2] for n in held if n.startswith("viewer/node_modules/")}
    for package in carried:
        assert package in notice
        assert f"viewer/node_modules/{package}/LICENSE" in held


def test_every_file_is_inside(wheel: zipfile.ZipFile) -> None:
    """Data, templates, scripts and pictures; no tests, no documents."""
    held = set(wheel.namelist())
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*"):
            name = file.relative_to(ROOT).as_posix()
            if file.is_dir() or "__pycache__" in name or "node_modules" in name:
                continue
            assert name in held or name == "viewer/package.json", name
    tops = {name.split("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_it_works_from_elsewhere(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """A check needs nothing but the wheel; its compiled fields fit its data."""
    wheel.extractall(tmp_path)
    code = (
        "import zones; answer = zones.check_site({'text': '6 cm left of T4'}, "
        "{'depth_mm': 30}); print(zones.__file__, answer.verdict.value)"
    )
    run = [sys.executable, "-W", "error", "-c", code]
    found = subprocess.run(
        run, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in found.stdout and "DANGER" in found.stdout
    assert not found.stderr
