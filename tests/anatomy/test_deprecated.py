"""Names that have moved still work for one version, and say so."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from anatomy.deprecated import lazy_names

PACKAGE = '''
"""A package."""
from anatomy.deprecated import lazy_names

__all__ = ["sqrt"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"sqrt": "math:sqrt"},
    moved={"root": "math:sqrt", "maths": "math"},
    removed_in="0.2",
)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a package with public and deprecated names."""
    name = "moved_package"
    (tmp_path / f"{name}.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_a_moved_name_warns_at_the_line_that_uses_it(package: str) -> None:
    """It is the same object, from whichever way it is asked for."""
    import math

    module = importlib.import_module(package)
    with pytest.warns(DeprecationWarning, match=r"0\.2; use math\.sqrt\.") as seen:
        assert module.root is math.sqrt
    assert seen[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"use math\."):
        assert module.maths is math
    with pytest.warns(DeprecationWarning):
        exec(f"from {package} import root")
    with pytest.warns(DeprecationWarning):  # each time anew
        assert module.root(4.0) == 2.0


def test_public_names_do_not_warn(package: str) -> None:
    """They are listed; what is deprecated is not."""
    module = importlib.import_module(package)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert module.sqrt(4.0) == 2.0
    assert "sqrt" in dir(module) and "__name__" in dir(module)
    assert not {"root", "maths"} & set(dir(module))
    with pytest.raises(AttributeError, match="has no attribute 'rot'"):
        _ = module.rot
    with pytest.raises(ImportError, match="rot"):
        exec(f"from {package} import rot")


def test_an_import_of_the_new_home_that_fails_is_not_hidden() -> None:
    """A wrong home is an error of import, not a name that does not exist."""
    get, _ = lazy_names("needles", {"gone": "anatomy.nowhere:gone"})
    with pytest.raises(ModuleNotFoundError, match=r"anatomy\.nowhere"):
        get("gone")


@pytest.mark.parametrize(
    ("homes", "moved", "version", "what"),
    [
        ({}, {"root": "math:sqrt"}, "", "removed_in"),
        ({"root": "math:sqrt"}, {"root": "math:sqrt"}, "0.2", "both public and moved"),
    ],
)
def test_what_cannot_be_meant(homes, moved, version, what) -> None:  # type: ignore[no-untyped-def]
    """No name is deprecated without an end, or twice."""
    with pytest.raises(ValueError, match=what):
        lazy_names("needles", homes, moved=moved, removed_in=version)


def test_importing_is_quick() -> None:
    """The packages load none of their modules until a name is used."""
    code = "import sys, zones, anatomy; print('zones.check.site' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"
