"""The choice of the page's language, and what a translation says of itself.

A language is changed by a cookie and a reload (``assets/page/language.js``): what was
entered is kept for the tab anyway. The page stays English until somebody chooses; a
browser that asks for another of its languages is offered it once.
"""

from __future__ import annotations

from typing import Any

from dash import html

from anatomy.messages import LANGUAGES, SOURCE, translate
from anatomy.messages import message as _
from viewer.state.language import (
    asked_language,
    chosen_language,
    notice,
    wished_language,
)

KEEP = _("Stay with English")


def menu() -> html.Details:
    """Return the menu of languages, each by its own name."""
    now = asked_language()
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(_("Language:"), className="unseen"),
                    " ",
                    html.Span(LANGUAGES[now], lang=now),
                ]
            ),
            html.Div(
                [
                    _choice(code, LANGUAGES[code], current=code == now)
                    for code in LANGUAGES
                ],
                className="languages",
                role="group",
                **{"aria-label": _("Language")},
            ),
        ],
        id="language-menu",
    )


def lines() -> list[Any]:
    """Return the line of a translation that nobody has read, and the offer of one."""
    found: list[Any] = []
    unread = notice()
    if unread:
        found.append(
            html.Div(
                [
                    html.Span(unread),
                    " ",
                    _choice(SOURCE, LANGUAGES[SOURCE], className="link"),
                ],
                id="language-notice",
                role="note",
            )
        )
    wished = wished_language()
    if not chosen_language() and wished not in ("", asked_language()):
        found.append(_offer(wished))
    return found


def _offer(wished: str) -> html.Div:
    """Return the offer of a language, in that language."""
    name = LANGUAGES[wished]
    offer = _("This page can also be read in {language}.", language=name)
    return html.Div(
        [
            html.Span(translate(offer, wished), lang=wished),
            " ",
            _choice(wished, name, className="link"),
            _choice(SOURCE, translate(KEEP, wished), lang=wished, className="link"),
        ],
        id="language-offer",
        role="status",
    )


def _choice(
    code: str,
    name: str,
    *,
    current: bool = False,
    lang: str = "",
    className: str = "",
) -> html.Button:
    named = {"data-language": code}
    if current:
        named["aria-current"] = "true"
    return html.Button(
        name, type="button", lang=lang or code, className=className, **named
    )
