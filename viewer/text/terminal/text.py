"""Assessments and other answers as text that reads well in a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from anatomy.messages import message as _
from zones.sentences.citations import read_words
from zones.sentences.presentation import FindingWords, present
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zones.contract.models import Assessment

WIDTH = 80
_LABEL = 10

#: Sources named beside a finding; the rest are in the full list.
MOST_SOURCES = 5
ASKED = _("Not asked, and able to change the answer")


def assessment_text(answer: Assessment, *, full: bool = False) -> str:
    """Return an assessment as text: verdict first, then the limit, then why.

    Parameters
    ----------
    answer : Assessment
        The answer of a check.
    full : bool
        Also aftercare, warning signs, and the source records in full.

    Returns
    -------
    str
        Lines of at most 80 characters.
    """
    said = present(answer)
    lines = [f"{said.shape} {said.word}", *_wrap(said.headline, indent=2), ""]
    lines += _labelled("Site", said.place)
    lines += _labelled("", f"{said.region}, {said.body}")
    lines += _labelled("Deepest", said.limit.line)
    lines += _labelled("Bone", said.bone)
    lines += _labelled("Policy", said.policy.removeprefix("Policy: "))
    lines += _labelled("", said.mapped)
    shown = [f for f in said.findings if f.kind == "zone" or f.asked]
    if shown:
        lines += ["", "Why"]
        for finding in shown:
            lines += finding_lines(finding)
    if said.suggestions:
        lines += ["", "What could be done instead"]
        for item in said.suggestions:
            lines += bullet(item.why)
    if said.questions:
        names = ", ".join(question.label for question in said.questions)
        lines += ["", ASKED]
        lines += _wrap(names, indent=2)
    own = [text for finding in shown for text in finding.advice]
    advice = answer.advice if full else list(dict.fromkeys(own))
    if advice:
        lines += ["", "Advice"]
        for text in advice:
            lines += bullet(text)
    if full:
        lines += _extra(answer)
    elif answer.sources:
        lines += ["", "With --full: what to tell the patient, aftercare, warning signs"]
        lines += [f"and the {len(answer.sources)} sources."]
    lines += ["", *_wrap(said.note, indent=0)]
    return "\n".join(lines)


def finding_lines(said: FindingWords) -> list[str]:
    """Return one finding as lines."""
    shape = load_words().verdict[said.verdict].shape
    head = f"{shape} {said.word}: {said.title}"
    if said.consequence:
        head += f" ({said.consequence})"
    lines = _wrap(head, indent=2, hang=4) + _wrap(said.message, indent=4)
    figures = [said.depths, said.chance, said.how or said.basis]
    if any(figures):
        lines += _wrap("; ".join(filter(None, figures)), indent=4)
    for view in said.other_views:
        lines += _wrap(f"Another view: {view}", indent=4)
    if said.sources:
        named = ", ".join(said.sources[:MOST_SOURCES])
        more = len(said.sources) - MOST_SOURCES
        lines += _wrap(f"[{named}{f', {more} more' if more > 0 else ''}]", indent=4)
    return lines


def _extra(answer: Assessment) -> list[str]:
    """Return aftercare, red flags and source records as lines."""
    lines: list[str] = []
    for title, texts in (
        ("After the treatment", answer.aftercare),
        ("Warning signs", answer.red_flags),
    ):
        if texts:
            lines += ["", title]
            for text in texts:
                lines += bullet(text)
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
    if record.get("read"):
        parts.append(read_words(record["read"]))
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


def bullet(text: str) -> list[str]:
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
