"""The reader's language: which it is, and what is sent put into it.

The parts of the page are made of messages (`anatomy.messages`) and know no language.
What leaves the program, components, pictures and paper, asks here.
"""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from anatomy.messages import LANGUAGES, SOURCE, reviewer, translate
from anatomy.messages import message as _

#: Cookie that keeps the choice; the browser's own wish is only offered, not followed,
#: as long as no clinician has read the translations.
COOKIE = "needlemap-language"
#: Part of an address that asks for a language, whatever was chosen.
QUERY = "lang"
#: Not translated yet: half of a lesson in another language would be worse than none.
ENGLISH = ("/learn",)
UNREAD = _(
    "Translated by a machine; no clinician has read this translation yet. The English "
    "text is the one that counts."
)


def asked_language() -> str:
    """Return the language that the address or the visitor's choice asks for."""
    if has_request_context():
        if request.path.startswith(ENGLISH):
            return SOURCE
        wanted = request.args.get(QUERY)
        if wanted in LANGUAGES:
            return wanted
    return chosen_language() or SOURCE


def chosen_language() -> str:
    """Return the language that the visitor chose; empty without a choice."""
    chosen = request.cookies.get(COOKIE, "") if has_request_context() else ""
    return chosen if chosen in LANGUAGES else ""


def wished_language() -> str:
    """Return the language that the browser asks for first; empty if it is not there."""
    if not has_request_context():
        return ""
    first = next(iter(request.accept_languages.values()), "")
    wished = first.split("-")[0].split("_")[0].lower()
    return wished if wished in LANGUAGES else ""


def notice() -> str:
    """Return what a translation that no clinician has read says of itself.

    Examples
    --------
    >>> notice()
    ''
    """
    return "" if reviewer(asked_language()) else UNREAD


def said(text: str) -> str:
    """Return a text in the visitor's language, for what is drawn or measured.

    Examples
    --------
    >>> said("T4")
    'T4'
    """
    return str(translate(text, asked_language()))


def number_signs() -> dict[str, Any]:
    """Return how a field takes decimals: as the language writes them, and as a point.

    Examples
    --------
    >>> number_signs()
    {}
    """
    language = asked_language()
    if language == SOURCE:
        return {}
    from babel.numbers import get_decimal_symbol

    return {
        "decimalSeparator": get_decimal_symbol(language),
        "allowedDecimalSeparators": [".", ","],
    }
