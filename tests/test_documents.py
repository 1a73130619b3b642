"""What the documents show can be run, and links of the README lead somewhere.

Links of the other pages are checked when the site is built.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_readme_links_lead_somewhere() -> None:
    """Every link of the README to a file of the project."""
    text = (ROOT / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert len(links) > 20
    assert not [link for link in links if not (ROOT / link).is_file()]


@pytest.mark.parametrize("name", ["README.md", "docs/programmers/index.md"])
def test_examples_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block of Python, with a table where it speaks of one."""
    text = (ROOT / name).read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert blocks
    for block in blocks:
        exec(block, {"frame": {"text": ["6 cm left of T4"], "depth_mm": [30.0]}})
    assert capsys.readouterr().out.startswith("DANGER ")
