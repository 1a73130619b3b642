"""Write the tables of ``docs/data/codes.md``: how many codes, FHIR resources, sources.

Run ``python docs/make/make_codes.py`` from the checkout after codes have changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from anatomy.codes import code_sources, systems  # noqa: E402
from zones.knowledge.records.codes import counts, fact_resources  # noqa: E402

PAGE = ROOT / "docs" / "data" / "codes.md"
END = "<!-- end -->"


def _count_table() -> str:
    """Return the table of how many of each kind each system covers."""
    known = systems()
    lines = [
        "| what | system | equal | broader | narrower | overlaps | without |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (kind, system), tally in counts().items():
        title = known[system].title.partition(" (")[0]
        numbers = " | ".join(str(number) for number in tally.values())
        lines.append(f"| {kind}s | {title} | {numbers} |")
    return "\n".join(lines)


def _resource_table() -> str:
    """Return the table of elements of FHIR and the facts they state."""
    lines = ["| element | facts |", "| --- | --- |"]
    for row in dict.fromkeys(fact_resources().values()):
        facts = ", ".join(f"`{name}`" for name in row.what)
        lines.append(f"| `{row.element}` | {facts} |")
    return "\n".join(lines)


def _source_list() -> str:
    """Return the sources, how they were read, and licences that were seen."""
    lines = []
    for source in code_sources().values():
        licence = f" Licence: {source.licence}." if source.licence else ""
        lines.append(f"- `{source.id}`: {source.title}. {source.read}{licence}")
    return "\n".join(lines)


def page() -> str:
    """Return the page with what the data say between its marks."""
    text = PAGE.read_text("utf-8")
    made = {
        "counts": _count_table(),
        "resources": _resource_table(),
        "sources": _source_list(),
    }
    for name, part in made.items():
        before, mark, rest = text.partition(f"<!-- made: {name} -->\n")
        text = f"{before}{mark}\n{part}\n\n{END}{rest.partition(END)[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
