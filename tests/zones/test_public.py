"""The public names: listed once, documented, typed."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zones

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "programmers" / "api.md").read_text("utf-8")


def section(text: str, title: str) -> bool:
    """Return whether a NumPy docstring has a section."""
    return re.search(rf"^{title}\n-+$", text, re.M) is not None


@pytest.mark.parametrize("name", zones.__all__)
def test_each_name(name: str) -> None:
    """It resolves, has a NumPy docstring with an example, and is on the API page."""
    found: Any = getattr(zones, name)
    text = inspect.getdoc(found) or ""
    assert text.splitlines()[0].endswith(".")
    assert section(text, "Examples") and ">>> " in text
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert section(text, "Returns") == (signature.return_annotation != "None")
        parameters = signature.parameters
        assert section(text, "Parameters") == bool(parameters)
        for parameter in parameters:
            assert re.search(rf"^{parameter} : ", text, re.M), parameter
    assert f"::: zones.{name}\n" in API


def test_they_are_listed_once() -> None:
    """By ``__all__``, in order; ``dir`` shows them and no other of the page is."""
    assert zones.__all__ == sorted(zones.__all__)
    assert set(zones.__all__) == set(zones._HOMES)
    assert set(zones.__all__) <= set(dir(zones))
    on_page = re.findall(r"^::: zones\.(\w+)$", API, re.M)
    assert sorted(on_page) == zones.__all__


def test_names_of_anatomy_on_the_page() -> None:
    """They are where the page says."""
    import pkgutil

    listed = re.findall(r"^::: (anatomy\.[\w.]+)$", API, re.M)
    assert "anatomy.errors.NeedlemapError" in listed
    for name in listed:
        home, _, last = name.rpartition(".")
        text = inspect.getdoc(pkgutil.resolve_name(f"{home}:{last}")) or ""
        assert text.splitlines()[0].endswith(".")


#: Lines that a type checker must refuse, and what must pass.
WRONG = """\
import zones as z
z.check_site(42)
z.check_site("6 cm left of T4")
z.check_site({"text": "T4"}, 25)
z.check_site({"text": "T4"}, patient=["pregnant"])
z.check_request([])
z.check_session({"text": "T4"})
z.check_symptoms(3)
z.depth_map("male", 42)
z.Patient(aeg=31)
z.Patient(faints="yes")
z.Patient(age=31).aeg
"""
RIGHT = """\
from typing import Any
import zones
from zones import Assessment, Needle, Patient, check_requests, check_session, check_site
site: dict[str, Any] = {"text": "T4"}
needle: dict[str, float] = {"depth_mm": 25}
answer: Assessment = check_site(site, needle, {"age": 31}, None)
check_site({"point": "GB21", "side": "right"}, Needle(depth_mm=25))
check_session([{"site": site, "needle": needle}], {"sex": "male"})
check_requests([{"site": site}])
depth: float | None = answer.max_depth_mm
age: float | None = Patient(age=31, anticoagulant="warfarin").age
"""


@pytest.mark.slow
def test_a_type_checker_knows_a_plan(tmp_path: Path) -> None:
    """What can be no site, needle or patient is an error before anything runs."""
    pytest.importorskip("mypy")
    files = {"wrong.py": WRONG, "right.py": RIGHT, "slip.py": "import zones\n"}
    files["slip.py"] += "zones.chek_site({})\n"
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    run = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml"]
    names = [str(tmp_path / name) for name in files]
    found = subprocess.run(
        [*run, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    refused = re.findall(r"(\w+)\.py:(\d+): error: .*\[([\w-]+)\]", found.stdout)
    lines = {int(line) for name, line, _ in refused if name == "wrong"}
    assert lines == set(range(2, WRONG.count("\n") + 1)), found.stdout
    assert ("slip", "2", "attr-defined") in refused
    assert not [name for name, _, _ in refused if name == "right"], found.stdout
