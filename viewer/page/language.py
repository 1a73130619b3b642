"""The page in the reader's language: one door through which all of its texts go.

The parts of the page are made of messages (`anatomy.messages`) and know no language.
What Dash is about to send, the layout and each callback's result, is put here into the
language of whoever asked.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from typing import Any

from dash import Dash, Patch
from dash.development.base_component import Component
from flask import has_request_context, request

from anatomy.messages import LANGUAGES, SOURCE, translated

#: Cookie that keeps the choice; the browser's own wish is only offered, not followed,
#: as long as no clinician has read the translations.
COOKIE = "needlemap-language"


def asked_language() -> str:
    """Return the language that the visitor chose; English without a choice."""
    chosen = request.cookies.get(COOKIE, SOURCE) if has_request_context() else SOURCE
    return chosen if chosen in LANGUAGES else SOURCE


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


class LocalisedDash(Dash):
    """A Dash application that answers each visitor in the language they chose."""

    def callback(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Add a callback; its result is put into the visitor's language."""
        add = super().callback(*args, **kwargs)

        def adding(function: Callable[..., Any]) -> Any:
            @functools.wraps(function)
            def answering(*given: Any, **named: Any) -> Any:
                return localised(function(*given, **named), asked_language())

            return add(answering)

        return adding

    def interpolate_index(self, **parts: Any) -> str:
        """Return the frame of the page, with its language."""
        page: str = super().interpolate_index(**parts)
        return page.replace('<html lang="en">', f'<html lang="{asked_language()}">', 1)
