"""Answers as HTML for notebooks: the sentences of the check, escaped, nothing added."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zones.contract.models import Assessment, Finding, Verdict
from zones.contract.needle import Needle
from zones.sentences.presentation import FindingWords, finding_words, present
from zones.sentences.wording import capital, plan_words
from zones.sentences.words import load_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Rows of a table of answers that are shown.
MOST_ROWS = 20


def assessment_html(answer: Assessment) -> str:
    """Return an assessment: verdict first, then the limit, why, and what is open.

    Examples
    --------
    >>> from zones import check_site
    >>> text = assessment_html(check_site({"text": "6 cm left of T4"}))
    >>> text.index("DANGER") < text.index("Deepest plan") < text.index("<table")
    True
    """
    said = present(answer)
    parts = [
        f"<p>{_verdict(said.verdict)}<br>{_text(said.headline)}</p>",
        f"<p>{_text(said.limit.sentence)}</p>",
        f"<p>{_text(said.place)} ({_text(said.region)}, {_text(said.body)})</p>",
        f"<p>{_text(said.bone)}</p>" if said.bone else "",
    ]
    if said.findings:
        parts.append(_findings(said.findings))
    if said.suggestions:
        parts.append(
            "<p>What could be done instead:</p>"
            + _list(s.why for s in said.suggestions)
        )
    if said.questions:
        asked = ", ".join(_text(question.label) for question in said.questions)
        parts.append(f"<p>Not asked, and able to change the answer: {asked}</p>")
    parts.append(f"<p>{_text(said.mapped)}</p>")
    parts.append(f"<p><em>{_text(said.note)}</em></p>")
    return _block(parts)


def finding_html(finding: Finding) -> str:
    """Return one finding as a table of one row.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"})
    >>> "DANGER" in finding_html(answer.findings[0])
    True
    """
    return _block([_findings([finding_words(finding)])])


def needle_html(needle: Needle) -> str:
    """Return a needle: the plan in words, then the fields that were given.

    Examples
    --------
    >>> "A needle 25 mm deep" in needle_html(Needle(depth_mm=25))
    True
    """
    plan = plan_words(needle.planned_mm, length_only=needle.depth_mm is None)
    rows = [(name, _plain(value)) for name, value in needle.__repr_args__()]
    return _block(
        [
            f"<p>{_text(capital(plan))}</p>",
            _table(("field", "value"), rows) if rows else "",
        ]
    )


def answers_html(answers: Mapping[str, Any]) -> str:
    """Return the answers of a table: how many rows each verdict has, then the rows.

    Parameters
    ----------
    answers : mapping of str to array
        As `zones.check_sites` returns them, the verdicts among them.

    Notes
    -----
    The verdict is the first column. At most `MOST_ROWS` rows are shown, and it says
    how many there are.

    Examples
    --------
    >>> from zones import check_sites
    >>> text = answers_html(check_sites({"text": ["6 cm left of T4", "nowhere"]}))
    >>> "1 of 2 rows could not be checked" in text
    True
    """
    verdicts = np.atleast_1d(np.asarray(answers["verdict"]))
    count = verdicts.size
    parts = [_summary(verdicts.ravel())]
    names = ["verdict", *(n for n in answers if n not in ("verdict", "verdict_code"))]
    columns = []
    for name in names:
        values = np.asarray(answers[name])
        if values.size not in (1, count):
            continue
        columns.append((name, np.broadcast_to(values.ravel(), (count,))[:MOST_ROWS]))
    rows = list(zip(*(values for _, values in columns), strict=True))
    parts.append(_table([name for name, _ in columns], rows, word_first=True))
    if count > MOST_ROWS:
        parts.append(f"<p>{MOST_ROWS} of {count} rows are shown.</p>")
    return _block(parts)


def _summary(verdicts: NDArray[Any]) -> str:
    """Return how many rows have each verdict, the gravest first."""
    count = len(verdicts)
    lines = []
    for verdict in sorted(Verdict, reverse=True):
        if many := int((verdicts == verdict.value).sum()):
            lines.append(f"{_verdict(verdict)}: {many} of {count} rows")
    if wrong := int((verdicts == "").sum()):
        lines.append(f"{wrong} of {count} rows could not be checked")
    return f"<p>{'<br>'.join(lines)}</p>"


def _findings(findings: Sequence[FindingWords]) -> str:
    """Return findings as a table."""
    rows = [
        (f.verdict.value, f.title, f.message, ", ".join(f.sources)) for f in findings
    ]
    return _table(("verdict", "what", "why", "sources"), rows, word_first=True)


def _table(
    head: Sequence[str], rows: Iterable[Sequence[Any]], *, word_first: bool = False
) -> str:
    """Return a table; with ``word_first`` its first column holds verdicts."""
    cells = "".join(f"<th scope='col'>{_text(name)}</th>" for name in head)
    lines = [f"<thead><tr>{cells}</tr></thead><tbody>"]
    for row in rows:
        first = _verdict(row[0]) if word_first and row[0] else _text(_plain(row[0]))
        rest = "".join(f"<td>{_text(_plain(value))}</td>" for value in row[1:])
        lines.append(f"<tr><td>{first}</td>{rest}</tr>")
    return f"<table style='text-align:left'>{''.join(lines)}</tbody></table>"


def _verdict(verdict: str) -> str:
    """Return the word and the shape of a verdict."""
    said = load_words().verdict[Verdict(verdict)]
    return (
        "<span style='white-space:nowrap'>"
        f"<strong>{_text(said.word)}</strong> "
        f"<span aria-hidden='true'>{said.shape}</span></span>"
    )


def _list(texts: Iterable[str]) -> str:
    """Return sentences as a list."""
    return f"<ul>{''.join(f'<li>{_text(text)}</li>' for text in texts)}</ul>"


def _block(parts: Iterable[str]) -> str:
    """Return parts as one block."""
    return f"<div>{''.join(parts)}</div>"


def _plain(value: Any) -> str:
    """Return a value as text, nothing for what is missing."""
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{float(value):g}"
    return "" if value is None else str(value)


def _text(text: str) -> str:
    """Return text that is no markup."""
    return html.escape(text)
