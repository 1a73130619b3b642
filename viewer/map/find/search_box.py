"""The search field: suggestions while typing, choices beside an error.

The field is a combobox (``assets/search/search.js``): arrow keys and enter choose,
escape closes, and what was typed can be placed as it stands.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from anatomy.body import load_body
from anatomy.errors import NeedlemapError
from anatomy.messages import message as _
from anatomy.messages import plural
from anatomy.words.search import Hit, search_sites
from viewer.state import page_state
from viewer.state.terms import term

_LOG = logging.getLogger(__name__)

Data = dict[str, Any]

PLACEHOLDER = _("T4 6 cm left · rhomboid · GB21 right")
#: Suggestions shown while typing, and beside an error.
MOST, MOST_CHOICES = 8, 4
#: A query that fits so well, and one place only, is taken as that place.
SURE = 0.9
NAME_A_SITE = _("Name a site, such as “6 cm left of T4”.")
KINDS = {
    "landmark": _("landmark"),
    "muscle": _("muscle"),
    "point": _("acupoint"),
    "region": _("region"),
    "text": _("measured"),
}


def search_field() -> list[Any]:
    """Return the field, its list of suggestions and the place of its error."""
    return [
        html.Label(_("Search a site"), htmlFor="site-text", className="unseen"),
        html.Div(
            [
                html.Div(
                    [
                        # dcc.Input sends its text together with the enter key
                        dcc.Input(
                            id="site-text",
                            placeholder=PLACEHOLDER,
                            value="",
                            type="text",
                            className="site-text",
                            maxLength=300,
                            autoComplete="off",
                            spellCheck=False,
                            debounce=False,
                        ),
                        html.Div(
                            id="site-options",
                            role="listbox",
                            hidden=True,
                            **{"aria-label": _("Matching sites")},
                        ),
                    ],
                    className="combobox",
                ),
                html.Button(_("Place"), id="site-go", className="primary"),
                html.Button(
                    _("Muscles, points"),
                    id="picker-open",
                    className="quiet",
                    title=_("Browse muscles and acupoints with their usual technique"),
                    **{"aria-haspopup": "dialog"},
                ),
            ],
            className="site-row",
            role="search",
        ),
        dcc.Store(id="site-query"),
        dcc.Store(id="site-pick"),
        html.Div(id="site-found", className="unseen", role="status"),
        html.Div(id="site-error", className="error", role="alert"),
    ]


def register(app: Dash) -> None:
    """Add the suggestions to an application."""

    @app.callback(
        Output("site-options", "children"),
        Output("site-found", "children"),
        Input("site-query", "data"),
        State("view-store", "data"),
    )
    def suggest(query: Data | None, now: Data) -> tuple[list[Any], str]:
        text = str((query or {}).get("text") or "")
        if not text.strip():
            return [], ""
        hits = found(text, now["body"], MOST)
        rows = [_option(hit, number, text) for number, hit in enumerate(hits)]
        if not rows:
            none = _("Nothing has that name. Press Enter to place the text as typed.")
            return [html.Div(none, className="none", **{"data-query": text})], none
        many = plural(
            "{n} suggestion; arrow down to choose",
            "{n} suggestions; arrow down to choose",
            len(rows),
        )
        return rows, many


def found(text: str, body: str, limit: int) -> list[Hit]:
    """Return what a text may mean; nothing when the search itself fails."""
    try:
        return search_sites(text, body=load_body(body), limit=limit)
    except NeedlemapError:
        return []
    except Exception:
        _LOG.exception("the search for %r failed", text)
        return []


def chosen(hit: Hit) -> str:
    """Return what a suggestion stands for, as the browser sends it back."""
    what = {"request": dict(hit.request)} if hit.request else {"chart": hit.chart}
    return json.dumps(what)


def _option(hit: Hit, number: int, query: str) -> html.Div:
    """Return one suggestion: side and name, kind, and where it lies."""
    return html.Div(
        [
            html.Span(term(hit.title), className="option-name"),
            html.Span(KINDS[hit.kind], className="option-kind"),
            html.Span(term(hit.where), className="option-where"),
        ],
        id=f"site-option-{number}",
        role="option",
        className="option",
        **{
            "aria-selected": "false",
            "data-query": query,
            "data-pick": chosen(hit),
        },
    )


def choices(message: str, hits: Sequence[Hit]) -> list[Any]:
    """Return an error with the nearest sites as buttons."""
    rows = [
        html.Button(
            [term(hit.title), html.Span([" · ", term(hit.where)], className="muted")],
            className="choice",
            **{"data-pick": chosen(hit)},
        )
        for hit in hits
    ]
    shown: list[Any] = [html.Span(message)]
    if rows:
        shown.append(html.Div(rows, className="choices"))
    return shown


def asked_place(
    text: str | None, pick: Mapping[str, Any] | None, body: str
) -> tuple[Data | None, Any]:
    """Return the site that was named or chosen, placed, or else what to say.

    Parameters
    ----------
    text : str or None
        What stands in the field.
    pick : mapping or None
        A suggestion that was chosen: its ``request``.
    body : str
        Body that the map shows.

    Returns
    -------
    dict or None
        The site as the page keeps it.
    list or str
        What to show beside the field when there is none.
    """
    words = (text or "").strip()
    if not pick and not words:
        return None, NAME_A_SITE
    request = dict(pick["request"]) if pick else {"text": words}
    try:
        return page_state.place(body, request), ""
    except NeedlemapError as error:
        if pick:
            return None, page_state.error_words(error)
        return _nearest(words, error, body)
    except Exception:
        _LOG.exception("the site %r failed", request)
        return None, page_state.FAILED


def _nearest(words: str, error: NeedlemapError, body: str) -> tuple[Data | None, Any]:
    """Return the one place that a text can only mean, or the nearest as choices."""
    hits = [hit for hit in found(words, body, MOST) if hit.request]
    if hits and hits[0].quality >= SURE:
        rivals = [h for h in hits[1:] if h.quality > hits[0].quality - 0.005]
        if not rivals:
            try:
                return page_state.place(body, hits[0].request), ""
            except NeedlemapError:
                hits = hits[1:]
    for name in error.suggestions if not hits else ():
        # two names may be those of one muscle: each site is offered once
        offered = [dict(h.request) for h in hits]
        found_now = found(str(name), body, 2)
        hits += [h for h in found_now if h.request and dict(h.request) not in offered]
    return None, choices(page_state.error_words(error), hits[:MOST_CHOICES])
