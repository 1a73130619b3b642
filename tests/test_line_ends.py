"""A checkout with CRLF line ends holds the same data."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from anatomy.store.digest import TEXT
from zones.check import site
from zones.fields import loading
from zones.knowledge.structures import zone_files

ROOT = Path(__file__).parents[1]
READ = Path.read_bytes


def as_crlf(path: Path) -> bytes:
    """Return what a checkout with CRLF would hold."""
    held = READ(path)
    return held.replace(b"\n", b"\r\n") if path.suffix in TEXT else held


def test_digests_are_those_of_lf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled fields, anchors and the version of the data fit either checkout."""
    before = loading.data_key("male"), zone_files.anchors_key()
    version = site.data_version.__wrapped__()
    monkeypatch.setattr(Path, "read_bytes", as_crlf)
    assert (loading.data_key("male"), zone_files.anchors_key()) == before
    assert site.data_version.__wrapped__() == version


@pytest.mark.parametrize("body", ["male", "female"])
def test_compiled_fields_are_used(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped file is that of the data, with CRLF too."""
    monkeypatch.setattr(Path, "read_bytes", as_crlf)
    with np.load(loading.COMPILED / f"{body}.npz") as file:
        assert str(file["key"]) == loading.data_key(body)


def test_every_file_has_its_kind() -> None:
    """Git keeps LF in all text and leaves pictures and arrays alone."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    run = [git, "ls-files", "--eol"]
    listed = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        states = line.split("\t")[0]
        index, _, attribute = states.split(maxsplit=2)
        binary = attribute.startswith("attr/-text")
        assert binary == (index == "i/-text"), line
        if not binary:
            assert "eol=lf" in attribute, line
            assert index in ("i/lf", "i/none"), line
