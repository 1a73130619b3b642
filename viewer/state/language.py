"""The reader's language: which it is, and what is sent put into it.

The parts of the page are made of messages (`anatomy.messages`) and know no language.
What leaves the program, components, pictures and paper, asks here.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import dash
from dash import Patch
from dash.development.base_component import Component
from flask import has_request_context, request

from anatomy.messages import LANGUAGES, SOURCE, reviewer, translate, translated
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


def localised(value: Any, language: str) -> Any:
    """Return what a callback sends, with every message in it in a language.

    Parameters
    ----------
    value : component, Patch, dict, list, tuple or anything else
        It is not changed: what holds a message is copied.
    language : str
        A name of `LANGUAGES`.

    Examples
    --------
    >>> from dash import html
    >>> from anatomy.messages import message
    >>> localised(html.P(message("{x:g} mm", x=1.5)), "de").children
    '1,5 mm'
    """
    if language == SOURCE:
        return value
    if isinstance(value, Component):
        return _component(value, language)
    if isinstance(value, Patch):
        made = copy.copy(value)
        made._operations = localised(value._operations, language)
        return made
    if isinstance(value, Mapping):
        return {key: localised(item, language) for key, item in value.items()}
    if isinstance(value, list) or type(value) is tuple:
        return type(value)(localised(item, language) for item in value)
    return translated(value, language)


def _component(component: Component, language: str) -> Component:
    """Return a component in a language; itself when it holds no message."""
    changed = {}
    for name in component._prop_names:
        value = getattr(component, name, None)
        if value is not None and (new := localised(value, language)) is not value:
            changed[name] = new
    for name, value in vars(component).items():
        # aria- and data- properties are not among the named ones
        if name.startswith(("aria-", "data-")):
            changed[name] = localised(value, language)
    if not changed:
        return component
    made = copy.copy(component)
    for name, new in changed.items():
        setattr(made, name, new)
    return made


def set_props(component_id: str | dict[str, Any], props: dict[str, Any]) -> None:
    """Set properties beside a callback's result, as `dash.set_props` does.

    Dash sends these without asking the application, which would translate them.
    """
    dash.set_props(component_id, localised(props, asked_language()))
