"""Write ``practitioners/techniques.md``: how muscles are needled, what that rests on.

Run ``python docs/make/make_techniques.py`` from the checkout.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from anatomy.muscles.technique_models import Technique

PAGE = ROOT / "docs" / "practitioners" / "techniques.md"


def page() -> str:
    """Return the page as Markdown."""
    from anatomy.muscles.catalogue import get_muscle, muscle_names
    from anatomy.muscles.technique_words import plan_words
    from anatomy.muscles.techniques import load_techniques, techniques_of
    from anatomy.muscles.usual_plan import usual_plan

    every = load_techniques()
    count = Counter(technique.basis for technique in every)
    depths = [t for t in every if t.depth and t.depth.kind == "inserted"]
    lines = [
        "# How muscles are needled",
        "",
        "Written by `docs/make/make_techniques.py` from"
        " `anatomy/data/catalogue/techniques/`. Taken from studies, registered"
        " protocols, courses and guidelines, in our own words. It describes what others"
        " do; it does not say that it is safe.",
        "",
        f"{len(every)} techniques: {count['published']} published, {count['taught']}"
        f" taught, {count['memory']} from memory (no source seen). {len(depths)} give"
        " an inserted depth. A needle's length is no depth.",
        "",
        "*Usual plan* is the one technique by which a site is checked when a muscle is"
        " chosen; what no source gives stays unknown there.",
    ]
    for name in muscle_names():
        lines += ["", f"## {name}", ""]
        for site in get_muscle(name).site:
            plan = usual_plan(name, site.label)
            told = f"{plan_words(plan)} (`{plan.technique.id}`)" if plan else "none"
            lines.append(f"- Usual plan, {site.label}: {told}")
        lines.append("")
        for technique in techniques_of(name):
            lines.append(entry(technique, name))
    return "\n".join(lines) + "\n"


def entry(technique: Technique, muscle: str) -> str:
    """Return one technique as an item of a list."""
    from anatomy.muscles.technique_words import BASIS_WORDS, technique_parts
    from zones.knowledge.records.cited import cited

    usual = "" if technique.usual else ", not a usual technique"
    others = len(technique.muscles) - 1
    also = f", one way for {others} more" if others else ""
    where = "; ".join(technique.sites) or (
        "any site" if technique.everywhere else "a place of its own"
    )
    whole = BASIS_WORDS[technique.basis]
    told = [
        f"{name}: {value}" + (f" [{basis}]" if basis not in ("", whole) else "")
        for name, value, basis in technique_parts(technique, cited)
        if value != "not given" or name == "Depth"
    ]
    return (
        f"- `{technique.id}` **{whole}**{usual}{also}. At: {where}. "
        + ". ".join(told)
        + "."
    )


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
