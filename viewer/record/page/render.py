"""The record as parts of the page: findings of the session, sites, list of records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash import html

from viewer.card.card import source_list
from viewer.look import LOOKS, icon
from viewer.map.site_words import side_words
from viewer.record.page.words import moment, site_place
from viewer.record.storage.models import Override, Record, SiteEntry, now
from viewer.record.storage.store import MOST_FOUND, Summary
from zones.contract.models import Assessment, Verdict
from zones.sentences.figures import needle_words
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
        asked = " (not asked)" if finding.status == "unknown" else ""
        title = finding.consequence[:1].upper() + finding.consequence[1:]
        rows.append(
            html.Div(
                [
                    html.Div(
                        [
                            icon(finding.verdict, size=20),
                            html.Span(title + asked, className="finding-name"),
                            html.Span(look.short, className="finding-word"),
                        ],
                        className="finding-line",
                    ),
                    html.P([finding.message, f" Sites {at}." if at else ""]),
                    html.P(" ".join(finding.advice), className="advice"),
                    source_list(finding.sources, found.sources),
                ],
                className="finding",
                style={"borderLeftColor": look.line},
            )
        )
    book = load_session_book()
    left = [f.label for f in book.facts if f.name in found.open_questions]
    if left:
        rows.append(
            html.P(f"Not asked yet: {', '.join(left)}.", className="not-asked-yet")
        )
    return rows


def sites(record: Record, found: SessionAssessment | None) -> list[Any]:
    """Return the sites of a record, and those that were taken off the list."""
    shown: list[Any] = []
    answers = found.sites if found is not None else ()
    for number, site in enumerate(record.listed):
        by_now = answers[number] if number < len(answers) else None
        shown.append(_site(number + 1, site, by_now, open_=record.closed is None))
    if not shown:
        shown.append(html.P("No site yet.", className="muted"))
    gone = [site for site in record.sites if site.removed is not None]
    if gone:
        rows = [
            html.Li(
                [
                    f"{side_words(site.answer.site.side)} · {site_place(site)} "
                    f"({LOOKS[site.answer.verdict].short}) ",
                    _act("Put back", "restore", site.key),
                ]
            )
            for site in gone
        ]
        shown.append(
            html.Div(
                [html.H3("Taken off the list"), html.Ul(rows)], className="taken-off"
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
                        f" · {said.region}",
                    ],
                    className="site-where",
                ),
                _act("Remove", "remove", site.key) if open_ else None,
            ],
            className="site-line",
        ),
        html.Div(site_place(site), className="site-place"),
        html.P(said.headline, className="site-headline"),
        html.Div(
            [
                html.Span(["Depth limit ", html.B(said.limit.line)]),
                html.Span(needle_words(site.request.get("needle", {}))),
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
                    html.B(f" With what is known now: {now_look.word}. "),
                    by_now.headline,
                ],
                className="by-now",
            )
        )
    inside.append(_left_in(site, open_=open_))
    reasons = [
        html.Li(
            [
                icon(finding.verdict, size=14),
                f" {finding.title}",
                html.Span(f" {finding.depths}", className="muted"),
            ]
        )
        for finding in said.findings
        if finding.verdict != Verdict.NO_KNOWN_DANGER
    ]
    if reasons:
        inside.append(
            html.Details([html.Summary(f"Why ({len(reasons)})"), html.Ul(reasons)])
        )
    return html.Div(inside, className="site", style={"borderLeftColor": look.line})


def _left_in(site: SiteEntry, *, open_: bool) -> html.Div:
    """Return whether the needle stays in place, as three buttons."""
    options = (
        ("yes", True, "Left in"),
        ("no", False, "In and out"),
        ("", None, "Not stated"),
    )
    return html.Div(
        [
            html.Span("Needle", className="muted"),
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
        **{"aria-label": "Needle left in"},
    )


def override(kept: Override) -> html.Div:
    """Return why something was recorded against a verdict."""
    return html.Div(
        [
            html.B(f"Against {LOOKS[kept.verdict].word}: "),
            kept.label,
            html.Div(kept.text, className="reason-text") if kept.text else None,
            html.Div(" ".join(kept.over), className="muted small"),
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
        words = "No record has this reference." if searched else "No record is kept."
        return [html.P(words, className="muted")]
    found: list[Any] = [
        html.Table(
            [
                html.Thead(
                    html.Tr(
                        [
                            html.Th("Reference"),
                            html.Th("Begun"),
                            html.Th("Last changed", className="wide-only"),
                            html.Th("Sites"),
                            html.Th("State", className="wide-only"),
                            html.Th(html.Span("Actions", className="unseen")),
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
                f"The latest {MOST_FOUND} are shown; search for the others.",
                className="muted small",
            )
        )
    return found


def _line(row: Summary, open_id: str | None) -> html.Tr:
    """Return one record of the list."""
    name = row.reference or "no reference"
    here = row.id == open_id
    return html.Tr(
        [
            html.Td([html.B(name), " (shown above)" if here else ""]),
            html.Td(moment(row.started)),
            html.Td(moment(row.changed), className="wide-only"),
            html.Td(str(row.sites)),
            html.Td("closed" if row.closed else "open", className="wide-only"),
            html.Td(
                [
                    _act("Open", "open", row.id),
                    _act("Delete", "delete", row.id, name=name),
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
        return "No record is kept."
    days = max(0, (now() - oldest).days)
    many = "1 record is kept" if count == 1 else f"{count} records are kept"
    ago = "today" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"
    which = "it was last changed" if count == 1 else "the oldest was last changed"
    return f"{many}; {which} {ago} ({moment(oldest)})."


def older(days: int, count: int) -> list[Any]:
    """Return how many records are older, and the button that deletes them."""
    if not count:
        return [f"No record was left unchanged for {days} days."]
    many = "1 record" if count == 1 else f"{count} records"
    return [
        f"{many}. ",
        html.Button(
            f"Delete {many}",
            type="button",
            className="small-button danger",
            **{
                "data-record": "delete_older",
                "data-days": str(days),
                "data-expected": str(count),
            },
        ),
    ]
