"""The record as parts of the page: findings of the session, sites, list of records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash import html

from anatomy.messages import changed, joined, plural
from anatomy.messages import message as _
from viewer.look.look import LOOKS, edge_style, icon
from viewer.map.site_words import side_words
from viewer.panels.card.card import source_list
from viewer.record.page.site_outcome import site_outcome
from viewer.record.page.words import moment, plan_words, site_place, stated_words
from viewer.record.storage.models import Override, Record, SiteEntry, now
from viewer.record.storage.store import MOST_FOUND, Summary
from viewer.state.terms import term
from zones.contract.models import Assessment, Verdict
from zones.sentences.presentation import present
from zones.sessions.session import SessionAssessment
from zones.sessions.session_rules import load_session_book


def findings(found: SessionAssessment | None) -> list[Any]:
    """Return what stands against the session as a whole."""
    if found is None:
        return []
    rows = []
    for finding in found.findings:
        if finding.verdict == Verdict.NO_KNOWN_DANGER:
            continue
        look = LOOKS[finding.verdict]
        at = ", ".join(str(index + 1) for index in finding.sites)
        title = changed(finding.consequence, "capital")
        if finding.status == "unknown":
            title = _("{finding} (not asked)", finding=title)
        rows.append(
            html.Div(
                [
                    html.Div(
                        [
                            icon(finding.verdict, size=20),
                            html.Span(title, className="finding-name"),
                            html.Span(look.short, className="finding-word"),
                        ],
                        className="finding-line",
                    ),
                    html.P(
                        [
                            finding.message,
                            *([" ", _("Sites {at}.", at=at)] if at else []),
                        ]
                    ),
                    html.P(joined(finding.advice), className="advice"),
                    source_list(finding.sources, found.sources),
                ],
                className="finding",
                style=edge_style(look.verdict),
            )
        )
    book = load_session_book()
    left = [f.label for f in book.facts if f.name in found.open_questions]
    if left:
        rows.append(
            html.P(
                _("Not asked yet: {left}.", left=joined(left, ", ")),
                className="not-asked-yet",
            )
        )
    return rows


def stated(record: Record) -> list[Any]:
    """Return which answers about the patient one statement gave for many."""
    words = stated_words(record)
    if not words:
        return []
    text = _("About the patient: {stated}.", stated=words)
    return [html.P(text, className="muted small stated-together")]


def sites(record: Record, found: SessionAssessment | None) -> list[Any]:
    """Return the sites of a record, and those that were taken off the list."""
    shown: list[Any] = []
    answers = found.sites if found is not None else ()
    for number, site in enumerate(record.listed):
        by_now = answers[number] if number < len(answers) else None
        shown.append(_site(number + 1, site, by_now, open_=record.closed is None))
    if not shown:
        shown.append(html.P(_("No site yet."), className="muted"))
    gone = [site for site in record.sites if site.removed is not None]
    if gone:
        rows = [
            html.Li(
                [
                    side_words(site.answer.site.side),
                    " · ",
                    site_place(site),
                    " (",
                    LOOKS[site.answer.verdict].short,
                    ") ",
                    _act(_("Put back"), "restore", site.key),
                ]
            )
            for site in gone
        ]
        shown.append(
            html.Div(
                [html.H3(_("Taken off the list")), html.Ul(rows)], className="taken-off"
            )
        )
    return shown


def _site(
    number: int, site: SiteEntry, by_now: Assessment | None, *, open_: bool
) -> html.Div:
    """Return one site: verdict, place, limit, needle, reason, what can be done."""
    answer, look = site.answer, LOOKS[site.answer.verdict]
    said = present(answer)
    inside: list[Any] = [
        html.Div(
            [
                html.Span(str(number), className="site-number"),
                html.Span(
                    [icon(answer.verdict, on_head=True, size=20), look.word],
                    className="verdict-chip",
                    style={
                        "background": look.fill,
                        "color": look.ink,
                        "borderColor": look.line,
                    },
                ),
                html.Span(
                    [
                        html.Strong(side_words(answer.site.side)),
                        " · ",
                        said.region,
                    ],
                    className="site-where",
                ),
                _act(_("Remove"), "remove", site.key) if open_ else None,
            ],
            className="site-line",
        ),
        html.Div(site_place(site), className="site-place"),
        html.P(said.headline, className="site-headline"),
        html.Div(
            [
                html.Span([_("Depth limit"), " ", html.B(said.limit.line)]),
                html.Span(plan_words(site)),
            ],
            className="site-figures",
        ),
    ]
    if said.policy:
        marked = "policy looser" if answer.policy_looser else "policy"
        inside.append(html.Div(said.policy, className=marked))
    if site.override is not None:
        inside.append(override(site.override))
    if by_now is not None and by_now.verdict != answer.verdict:
        now_look = LOOKS[by_now.verdict]
        inside.append(
            html.P(
                [
                    icon(by_now.verdict, size=16),
                    " ",
                    html.B(_("With what is known now: {word}.", word=now_look.word)),
                    " ",
                    by_now.headline,
                ],
                className="by-now",
            )
        )
    inside.append(_left_in(site, open_=open_))
    inside.append(site_outcome(number, site, open_=open_))
    reasons = [
        html.Li(
            [
                icon(finding.verdict, size=14),
                " ",
                finding.title,
                html.Span([" ", finding.depths], className="muted"),
            ]
        )
        for finding in said.findings
        if finding.verdict != Verdict.NO_KNOWN_DANGER
    ]
    if reasons:
        inside.append(
            html.Details(
                [html.Summary(_("Why ({n})", n=len(reasons))), html.Ul(reasons)]
            )
        )
    return html.Div(inside, className="site", style=edge_style(look.verdict))


def _left_in(site: SiteEntry, *, open_: bool) -> html.Div:
    """Return whether the needle stays in place, as three buttons."""
    options = (
        ("yes", True, _("Left in")),
        ("no", False, _("In and out")),
        ("", None, _("Not stated")),
    )
    return html.Div(
        [
            html.Span(_("Needle"), className="muted"),
            *(
                html.Button(
                    label,
                    type="button",
                    className="choice",
                    disabled=not open_,
                    **{
                        "aria-pressed": "true" if site.left_in is value else "false",
                        "data-record": "left_in",
                        "data-key": site.key,
                        "data-value": word,
                    },
                )
                for word, value, label in options
            ),
        ],
        className="left-in",
        role="group",
        **{"aria-label": _("Needle left in")},
    )


def override(kept: Override) -> html.Div:
    """Return why something was recorded against a verdict."""
    return html.Div(
        [
            html.B(_("Against {word}:", word=LOOKS[kept.verdict].word)),
            " ",
            term(kept.label),
            html.Div(kept.text, className="reason-text") if kept.text else None,
            html.Div(joined(kept.over), className="muted small"),
        ],
        className="override",
    )


def _act(label: str, action: str, key: str, **more: str) -> html.Button:
    """Return a small button about one thing."""
    data = {"data-record": action, "data-key": key}
    data |= {f"data-{name}": value for name, value in more.items()}
    return html.Button(label, type="button", className="small-button", **data)


def listed(rows: list[Summary], searched: str, open_id: str | None) -> list[Any]:
    """Return the records that were found."""
    if not rows:
        words = (
            _("No record has this reference.") if searched else _("No record is kept.")
        )
        return [html.P(words, className="muted")]
    found: list[Any] = [
        html.Table(
            [
                html.Thead(
                    html.Tr(
                        [
                            html.Th(_("Reference")),
                            html.Th(_("Begun")),
                            html.Th(_("Last changed"), className="wide-only"),
                            html.Th(_("Sites")),
                            html.Th(_("State"), className="wide-only"),
                            html.Th(html.Span(_("Actions"), className="unseen")),
                        ]
                    )
                ),
                html.Tbody([_line(row, open_id) for row in rows]),
            ]
        )
    ]
    if len(rows) == MOST_FOUND:
        found.append(
            html.P(
                _(
                    "The latest {most_found} are shown; search for the others.",
                    most_found=MOST_FOUND,
                ),
                className="muted small",
            )
        )
    return found


def _line(row: Summary, open_id: str | None) -> html.Tr:
    """Return one record of the list."""
    name = row.reference or _("no reference")
    here = row.id == open_id
    return html.Tr(
        [
            html.Td([html.B(name), *([" ", _("(shown above)")] if here else [])]),
            html.Td(moment(row.started)),
            html.Td(moment(row.changed), className="wide-only"),
            html.Td(str(row.sites)),
            html.Td(_("closed") if row.closed else _("open"), className="wide-only"),
            html.Td(
                [
                    _act(_("Open"), "open", row.id),
                    _act(_("Delete"), "delete", row.id, name=name),
                ],
                className="line-actions",
            ),
        ],
        className="here" if here else None,
    )


def kept(count: int, oldest: datetime | None) -> str:
    """Return how many records are kept, and since when.

    Examples
    --------
    >>> kept(0, None)
    'No record is kept.'
    """
    if not count or oldest is None:
        return _("No record is kept.")
    days = max(0, (now() - oldest).days)
    ago = _("today") if days == 0 else plural("{n} day ago", "{n} days ago", days)
    return plural(
        "{n} record is kept; it was last changed {ago} ({when}).",
        "{n} records are kept; the oldest was last changed {ago} ({when}).",
        count,
        ago=ago,
        when=moment(oldest),
    )


def older(days: int, count: int) -> list[Any]:
    """Return how many records are older, and the button that deletes them."""
    if not count:
        return [
            plural(
                "No record was left unchanged for {n} day.",
                "No record was left unchanged for {n} days.",
                days,
            )
        ]
    return [
        plural("{n} record.", "{n} records.", count),
        " ",
        html.Button(
            plural("Delete {n} record", "Delete {n} records", count),
            type="button",
            className="small-button danger",
            **{
                "data-record": "delete_older",
                "data-days": str(days),
                "data-expected": str(count),
            },
        ),
    ]
