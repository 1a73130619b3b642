"""What Dash is about to send, put into the reader's language."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import dash
from dash import Patch
from dash.development.base_component import Component

from anatomy.messages import SOURCE, translated
from viewer.state.language import asked_language


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
