"""One patient over time: earlier sessions in small pictures, and who is to be asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash import html

from anatomy.messages import joined
from anatomy.messages import message as _
from viewer.look.look import LOOKS, edge_style, svg_uri
from viewer.record.numbered import record_figures
from viewer.record.outcomes import outcome_words
from viewer.record.page.outcome import follow_up_answer, follow_up_due, still_due
from viewer.record.page.repeat import earlier_records
from viewer.record.page.words import follow_up_words, moment, signed_words
from viewer.record.storage.models import LONGEST_REASON, Record, SiteEntry, now
from viewer.record.storage.store import RecordStore
from viewer.state.terms import term
from zones.sessions.symptom_rules import load_symptom_book

#: Earlier sessions that are shown, and the height of their pictures, mm.
MOST_SHOWN, SMALL_MM = 8, 30.0
#: A follow-up that nobody entered is asked for so long.
ASKED_FOR = timedelta(days=30)


def history(store: RecordStore, record: Record) -> list[Any]:
    """Return the earlier sessions with the same reference, the latest first.

    Raises
    ------
    StoreError
    """
    found = earlier_records(store, record, most=MOST_SHOWN)
    if not found:
        return []
    return [html.H3(_("Earlier sessions")), *(_session(past) for past in found)]


def _session(past: Record) -> html.Div:
    pictures = [
        html.Img(
            src=svg_uri(figure.svg),
            alt=_("Numbered sites: {title}", title=figure.title),
            style={"height": f"{SMALL_MM}mm"},
        )
        for figure in record_figures(past, SMALL_MM, picture=False)
    ]
    sites = [html.Li(_site(site)) for site in past.listed]
    after = follow_up_words(past)
    return html.Div(
        [
            html.Div(pictures, className="past-pictures"),
            html.Div(
                [
                    html.B(moment(past.started)),
                    html.Ol(sites),
                    html.P(after, className="muted small") if after else None,
                ]
            ),
        ],
        className="past-session",
    )


def _site(site: SiteEntry) -> Any:
    name = term(site.part) if site.part else site.answer.site.description
    said = [
        LOOKS[site.answer.verdict].short,
        site.technique,
        outcome_words("reaction", site.reaction),
        outcome_words("result", site.result),
    ]
    return joined([name, *filter(None, said)], " · ")


def due(store: RecordStore, at: datetime) -> list[Any]:
    """Return the sessions whose follow-up is due, the longest waiting first.

    Raises
    ------
    StoreError
    """
    records, unread = store.changed_since(at - ASKED_FOR)
    waiting = sorted(
        (when, record.id, record)
        for record in records
        if still_due(record, at) and (when := follow_up_due(record)) is not None
    )
    if not waiting and not unread:
        return []
    rows = [
        html.Li(
            [
                html.B(record.reference or _("no reference")),
                " ",
                _("begun {when}", when=moment(record.started)),
                " ",
                html.Button(
                    _("Open"),
                    type="button",
                    className="small-button",
                    **{"data-record": "open", "data-key": record.id},
                ),
            ]
        )
        for when, _id, record in waiting
    ]
    return [
        html.H3(_("Due for follow-up (two days)")),
        html.Ul(rows),
        html.P(_("{n} records could not be read.", n=unread)) if unread else None,
    ]


def follow_up_form(record: Record) -> list[Any]:
    """Return when a follow-up is due, what was found, and the fields to enter it."""
    when = follow_up_due(record)
    if when is None:
        return [html.P(_("No site yet."), className="muted")]
    kept = record.follow_up
    shown: list[Any] = [
        html.P(
            follow_up_words(record)
            if kept is not None
            else _("Due {when}.", when=moment(when))
        )
    ]
    answer = follow_up_answer(record)
    if answer is not None:
        look = LOOKS[answer.verdict]
        shown.append(
            html.Div(
                [html.B(answer.headline), html.Ul([html.Li(t) for t in answer.do])],
                className="finding",
                style=edge_style(look.verdict),
            )
        )
    chosen = kept.found if kept is not None else ()
    boxes = [
        html.Option(
            symptom.label,
            value=symptom.id,
            selected="selected" if symptom.id in chosen else None,
        )
        for symptom in load_symptom_book().symptoms
        if not symptom.reassuring
    ]
    shown += [
        html.Label(_("Reported, if anything"), htmlFor="follow-up-found"),
        html.Select(boxes, id="follow-up-found", multiple=True, size=6),
        html.Label(_("In words"), htmlFor="follow-up-text"),
        html.Textarea(
            kept.text if kept is not None else "",
            id="follow-up-text",
            rows=2,
            maxLength=LONGEST_REASON,
        ),
        html.Div(
            [
                _button(_("Nothing reported"), "nothing"),
                _button(_("Enter what was reported"), "found"),
                _button(_("Not reached"), "missed"),
            ],
            className="record-actions",
        ),
    ]
    return shown


def _button(label: str, what: str) -> html.Button:
    data = {"data-record": "follow_up", "data-what": what}
    return html.Button(label, type="button", className="quiet", **data)


def due_now(store: RecordStore) -> list[Any]:
    """Return what is due at this moment; see `due`."""
    return due(store, now())


def signature_state(record: Record) -> str:
    """Return what is said beside the signature."""
    return signed_words(record) or _("Not signed.")
