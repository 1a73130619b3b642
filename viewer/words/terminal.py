"""Assessments and other answers as text that reads well in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from zones.contract.models import Assessment, Finding
from zones.knowledge.facts import load_facts
from zones.sentences.figures import (
    PLAN_WORDS,
    basis_words,
    bone_words,
    depth_words,
    policy_words,
)
from zones.sentences.limits import limit_of
from zones.sentences.wording import SHAPES, not_safe_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 80
_LABEL = 10

#: Sources named beside a finding; the rest stand in the full list.
MOST_SOURCES = 5


def assessment_text(answer: Assessment, *, full: bool = False) -> str:
    """Return an assessment as text: verdict first, then the limit, then why.

    Parameters
    ----------
    answer : Assessment
        The answer of a check.
    full : bool
        Also aftercare, red flags, and the source records in full.

    Returns
    -------
    str
        Lines of at most 80 characters.
    """
    word, shape = SHAPES[answer.verdict]
    lines = [f"{shape} {word}", *_wrap(answer.headline, indent=2), ""]
    lines += _labelled("Site", f"{answer.site.description}")
    lines += _labelled("", f"{answer.site.region}, {answer.site.body} body")
    lines += _labelled("Deepest", depth_limit(answer))
    if answer.bone is not None:
        lines += _labelled("Bone", bone_words(answer.bone))
    policy = policy_words(answer.policy, looser=answer.policy_looser)
    if policy:
        lines += _labelled("Policy", policy.removeprefix("Policy: "))
    lines += _labelled("Mapped", coverage_words(answer))
    shown = [f for f in answer.findings if f.kind == "zone" or f.status == "known"]
    if shown:
        lines += ["", "Why"]
        for finding in shown:
            lines += finding_lines(finding)
    if answer.suggestions:
        lines += ["", "Instead"]
        for item in answer.suggestions:
            lines += _bullet(item.why)
    if answer.open_questions:
        names = ", ".join(question_words(q) for q in answer.open_questions)
        lines += ["", "Not asked yet, and able to change the answer"]
        lines += _wrap(names, indent=2)
    own = [text for finding in shown for text in finding.advice]
    advice = answer.advice if full else list(dict.fromkeys(own))
    if advice:
        lines += ["", "Advice"]
        for text in advice:
            lines += _bullet(text)
    if full:
        lines += _extra(answer)
    elif answer.sources:
        lines += ["", "With --full: what to tell the patient, aftercare, red flags"]
        lines += [f"and the {len(answer.sources)} sources."]
    lines += ["", *_wrap(not_safe_note(answer), indent=0)]
    return "\n".join(lines)


def depth_limit(answer: Assessment) -> str:
    """Return the deepest plan in words: the figure and what it is."""
    found = limit_of(answer)
    return f"{found.figure}: {found.note}"


def coverage_words(answer: Assessment) -> str:
    """Return what was mapped in the region, in words."""
    coverage = answer.coverage
    if coverage.level == "none":
        return "nothing in this region yet"
    what = ", ".join(coverage.mapped) or "no structure named"
    return what if coverage.level == "full" else f"in part: {what}"


def finding_lines(finding: Finding) -> list[str]:
    """Return one finding as lines."""
    word, shape = SHAPES[finding.verdict]
    what = finding.structure or finding.id.replace("_", " ").replace("-", " ")
    head = f"{shape} {word.lower()}: {what}"
    if finding.consequence:
        head += f" ({finding.consequence})"
    lines = _wrap(head, indent=2, hang=4) + _wrap(finding.message, indent=4)
    figures = [w for w in (depth_words(finding),) if w]
    if finding.how or finding.kind == "zone":
        figures.append(finding.how or basis_words(finding))
    if any(figures):
        lines += _wrap("; ".join(filter(None, figures)), indent=4)
    for view in finding.other_views:
        lines += _wrap(f"Another view: {view.text}", indent=4)
    if finding.sources:
        named = ", ".join(finding.sources[:MOST_SOURCES])
        more = len(finding.sources) - MOST_SOURCES
        lines += _wrap(f"[{named}{f', {more} more' if more > 0 else ''}]", indent=4)
    return lines


def question_words(name: str) -> str:
    """Return an open question as a few words.

    Examples
    --------
    >>> question_words("depth_mm")
    'planned depth'
    """
    if name in PLAN_WORDS:
        return PLAN_WORDS[name]
    fact = load_facts().by_name().get(name)
    return fact.label if fact else name.replace("_", " ")


def _extra(answer: Assessment) -> list[str]:
    """Return aftercare, red flags and source records as lines."""
    lines: list[str] = []
    for title, texts in (
        ("Aftercare, and what to tell the patient", answer.aftercare),
        ("Red flags", answer.red_flags),
    ):
        if texts:
            lines += ["", title]
            for text in texts:
                lines += _bullet(text)
    if answer.sources:
        lines += ["", "Sources"]
        for key, record in answer.sources.items():
            lines += _wrap(f"{key}: {source_words(record)}", indent=2, hang=4)
    lines += ["", f"Data version {answer.data_version}"]
    return lines


def source_words(record: dict[str, Any]) -> str:
    """Return a source record as one line.

    Examples
    --------
    >>> source_words({"authors": "Kim K", "year": 2002, "title": "Distance"})
    'Kim K; 2002; Distance'
    """
    parts = [
        str(record[name])
        for name in ("authors", "year", "title", "journal", "doi", "url")
        if record.get(name)
    ]
    read = record.get("read") or record.get("verified")
    if read:
        parts.append(f"read as: {read}")
    return "; ".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a table with columns as wide as they need to be.

    Examples
    --------
    >>> print(table(["id", "n"], [["a", "1"]]))
    id  n
    --  -
    a   1
    """
    body = [[str(cell) for cell in row] for row in rows]
    widths = [
        max(len(line[i]) for line in [list(head), *body]) for i in range(len(head))
    ]
    lines = [list(head), ["-" * w for w in widths], *body]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _wrap(text: str, *, indent: int, hang: int | None = None) -> list[str]:
    """Return a text as lines of at most 80 characters."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hang is None else hang),
    )


def _bullet(text: str) -> list[str]:
    """Return a text as an item of a list."""
    return textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _labelled(label: str, text: str) -> list[str]:
    """Return a text behind a label."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=label.ljust(_LABEL),
        subsequent_indent=" " * _LABEL,
    )
