"""Parts of the page that are only read: sent as data, written by the browser itself.

Dash goes over every component of the page each time anything changes, and over all of
them once more for each component that is new: a card of three hundred took it most of
a second. What needs no callback therefore travels as one attribute, and
``assets/plain.js`` writes it: elements and texts only, never markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dash.development.base_component import Component

#: Elements that may be written.
TAGS = frozenset(
    {"a", "b", "br", "button", "details", "div", "em", "h2", "h3", "h4", "i", "img"}
    | {"li", "ol", "p", "small", "span", "strong", "summary", "sup", "ul"}
)
#: Names that the components have for attributes of elements.
ATTRIBUTES = {"className": "class", "tabIndex": "tabindex"}


def plain(parts: Any) -> str:
    """Return components that are only read as JSON for the attribute ``data-plain``.

    Parameters
    ----------
    parts : component, str, number, None or nested list of them
        Components of ``dash.html``; their ids must be texts.

    Raises
    ------
    TypeError
        When a part is no such element: it would need Dash to work.

    Examples
    --------
    >>> from dash import html
    >>> plain([html.B("STOP", className="word"), None, " here"])
    '[["b",{"class":"word"},["STOP"]]," here"]'
    """
    return json.dumps(list(_nodes(parts)), separators=(",", ":"), ensure_ascii=False)


def _nodes(part: Any) -> Iterable[Any]:
    """Return the nodes of a part: texts, and elements as name, attributes, content."""
    if part is None or isinstance(part, bool):
        return
    if isinstance(part, (str, int, float)):
        yield str(part)
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from _nodes(item)
    else:
        yield _element(part)


def _element(part: Any) -> list[Any]:
    tag = type(part).__name__.lower()
    own = isinstance(part, Component) and part._namespace == "dash_html_components"
    if not own or tag not in TAGS:
        raise TypeError(f"a plain part must be an element of {sorted(TAGS)}; {tag}.")
    props = dict(part.to_plotly_json()["props"])
    inside = list(_nodes(props.pop("children", None)))
    if not isinstance(props.get("id", ""), str):
        raise TypeError(f"an id of a plain part must be a text; got {props['id']!r}.")
    named = {
        ATTRIBUTES.get(name, name): value
        for name, value in props.items()
        if value is not None and value is not False
    }
    return [tag, named, inside]
