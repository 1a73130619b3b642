"""The panel of the clinic's own verdicts and overrides of the last days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from anatomy.messages import joined, plural
from anatomy.messages import message as _
from viewer.look.look import LOOKS, icon
from viewer.record.storage.store import RecordStore
from viewer.record.tally import (
    COUNTS_FILE,
    DAYS,
    ReasonCount,
    Tally,
    VerdictCount,
    last_days,
    tally_words,
)
from viewer.state.terms import term

NOT_COUNTED = _(
    "Counted from the records kept on this machine; deleted records do not count. A "
    "site that was left out because of its verdict is in no record, so this does not "
    "say how often a verdict was followed."
)


def panel() -> html.Section:
    """Return the panel; the records are read when it is opened."""
    title = _("The last {n} days", n=DAYS)
    return html.Section(
        html.Details(
            [
                html.Summary(html.H2(title), id="records-last-days-head", n_clicks=0),
                html.Div(id="records-last-days", role="status"),
                html.P(NOT_COUNTED, className="muted small"),
                html.Button(
                    _("Counts (CSV)"),
                    type="button",
                    className="quiet",
                    **{"data-record": "counts", "data-file": COUNTS_FILE},
                ),
            ]
        ),
        className="panel record-past last-days",
        **{"aria-label": title},
    )


def read(store: RecordStore) -> list[Any]:
    """Return the counts of the last days as parts of the page.

    Raises
    ------
    StoreError
        When the records cannot be read.
    """
    found, unread = last_days(store)
    return [*counts(found), *_unread(unread)]


def counts(found: Tally) -> list[Any]:
    """Return the counts as a sentence and two tables; without any, the sentence."""
    parts: list[Any] = [html.P(tally_words(found))]
    if found.verdicts:
        heads = [
            _("Verdict"),
            _("Sites recorded"),
            _("Against the verdict"),
            _("Taken off again"),
        ]
        parts.append(_table(heads, [_verdict(row) for row in found.verdicts]))
    if found.reasons:
        heads = [_("Reason for going on"), _("Times given"), _("Against")]
        parts.append(_table(heads, [_reason(row) for row in found.reasons]))
    return parts


def _table(heads: Sequence[str], rows: list[html.Tr]) -> html.Table:
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in heads]))
    return html.Table([head, html.Tbody(rows)])


def _verdict(row: VerdictCount) -> html.Tr:
    look = LOOKS[row.verdict]
    against = (
        _("{n} of {every}", n=row.against, every=row.recorded) if row.against else "–"
    )
    return html.Tr(
        [
            html.Td([icon(row.verdict, size=16), " ", look.word]),
            html.Td(str(row.recorded)),
            html.Td(against),
            html.Td(str(row.taken_off) if row.taken_off else "–"),
        ]
    )


def _reason(row: ReasonCount) -> html.Tr:
    by_verdict = [
        joined([LOOKS[verdict].short, f"{times}"], ": ")
        for verdict, times in sorted(row.times.items(), reverse=True)
    ]
    return html.Tr(
        [
            html.Td(term(row.label)),
            html.Td(str(row.total)),
            html.Td(joined(by_verdict, ", ")),
        ]
    )


def _unread(count: int) -> list[Any]:
    """Return that some records could not be read; nothing when all were."""
    if not count:
        return []
    words = plural(
        "{n} record could not be read and is not counted.",
        "{n} records could not be read and are not counted.",
        count,
    )
    return [html.P(words, className="error")]
