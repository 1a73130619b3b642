"""Links of the pages that the site does not hold; the site's own are checked by it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_readme_links_lead_somewhere() -> None:
    """Every link of the README to a file of the project."""
    text = (ROOT / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert len(links) > 20
    assert not [link for link in links if not (ROOT / link).is_file()]
