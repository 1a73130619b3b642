"""What was done at a site and what came of it, as a row of small controls."""

from __future__ import annotations

from typing import Any

from dash import html

from anatomy.messages import message as _
from viewer.record.outcomes import Kind, load_outcomes
from viewer.record.storage.models import LONGEST_TECHNIQUE, SiteEntry

#: Most needles that the list of a site offers; a session's count takes more.
MOST_AT_A_SITE = 20


def site_outcome(number: int, site: SiteEntry, *, open_: bool) -> html.Div:
    """Return the controls of one site; ``assets/record/record.js`` saves choices."""
    truth: list[tuple[str, str]] = [("true", _("yes")), ("false", _("no"))]
    counts = [(str(n), str(n)) for n in range(MOST_AT_A_SITE + 1)]
    for count in (site.needles_in, site.needles_out):
        if count is not None and count > MOST_AT_A_SITE:
            counts.append((str(count), str(count)))
    twitch = {True: "true", False: "false", None: ""}[site.twitch]
    reactions: list[tuple[str, str]] = [
        (o.id, o.label) for o in load_outcomes("reaction").values()
    ]
    results: list[tuple[str, str]] = [
        (o.id, o.label) for o in load_outcomes("result").values()
    ]
    rows: list[tuple[str, str, list[tuple[str, str]], str]] = [
        ("site_in", _("Needles in"), counts, _shown(site.needles_in)),
        ("site_out", _("Needles out"), counts, _shown(site.needles_out)),
        ("twitch", _("Twitch"), truth, twitch),
        ("reaction", _("Reaction"), reactions, site.reaction or ""),
        ("result", _("Result"), results, site.result or ""),
    ]
    return html.Div(
        [
            html.Label(
                [
                    html.Span(_("Technique"), className="muted"),
                    html.Textarea(
                        site.technique,
                        rows=1,
                        maxLength=LONGEST_TECHNIQUE,
                        disabled=not open_,
                        **_data("technique", site, number, _("Technique")),
                    ),
                ],
                className="technique",
            ),
            *(
                html.Label(
                    [
                        html.Span(label, className="muted"),
                        _select(name, label, options, value, number, site, open_=open_),
                    ]
                )
                for name, label, options, value in rows
            ),
        ],
        className="site-outcome",
    )


def _outcomes(kind: Kind) -> list[tuple[str, str]]:
    return [(entry.id, entry.label) for entry in load_outcomes(kind).values()]


def _shown(count: int | None) -> str:
    return "" if count is None else str(count)


def _data(name: str, site: SiteEntry, number: int, label: str) -> dict[str, Any]:
    return {
        "data-site-field": name,
        "data-key": site.key,
        "aria-label": _("{label}, site {number}", label=label, number=number),
    }


def _select(
    name: str,
    label: str,
    options: list[tuple[str, str]],
    value: str,
    number: int,
    site: SiteEntry,
    *,
    open_: bool,
) -> html.Select:
    """Return a list to choose from; it begins with nothing stated."""
    return html.Select(
        [
            html.Option(text, value=key, selected="selected" if key == value else None)
            for key, text in [("", _("Not stated")), *options]
        ],
        key=f"{site.key}-{name}-{value}",
        disabled=not open_,
        **_data(name, site, number, label),
    )
