"""Parts of the page that are only read: sent as data, written by the browser itself.

Dash goes over every component of the page each time anything changes, and over all of
them once more for each component that is new: a card of three hundred took it most of
a second. What needs no callback therefore travels as one attribute (``data-plain`` of
the place itself, ``data-parts`` for several places), and ``assets/page/plain.js``
writes it: elements and texts only, never markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dash.development.base_component import Component

from anatomy.messages import translated
from viewer.state.language import asked_language

#: Elements that may be written.
TAGS = frozenset(
    {"a", "b", "br", "button", "details", "div", "em", "h2", "h3", "h4", "i", "img"}
    | {"li", "ol", "p", "small", "span", "strong", "summary", "sup", "ul"}
)
#: Names that the components have for attributes of elements.
ATTRIBUTES = {"className": "class", "tabIndex": "tabindex"}
#: Beginnings of names of attributes that every element may have.
WILDCARDS = ("data-", "aria-")


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
    return _json(nodes(parts))


def shown(parts: Mapping[str, list[Any]]) -> str:
    """Return what several places of the page show, as JSON for ``data-parts``.

    One attribute carries them all: each property of a component that changes costs the
    page a pass over all its components.

    Parameters
    ----------
    parts : mapping
        From `nodes`, by the id of the place that shows them.

    Examples
    --------
    >>> shown({"progress": nodes("2 of 3"), "site-words": nodes(None)})
    '{"progress":["2 of 3"],"site-words":[]}'
    """
    return _json(parts)


def nodes(parts: Any) -> list[Any]:
    """Return components that are only read as what the browser writes; see `plain`.

    Raises
    ------
    TypeError
        As `plain`.
    """
    return list(_nodes(parts))


def _json(value: object) -> str:
    said = translated(value, asked_language())
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def _nodes(part: Any) -> Iterable[Any]:
    """Return the nodes of a part: texts, and elements as name, attributes, content."""
    if part is None or isinstance(part, bool):
        return
    if isinstance(part, str):
        yield part  # a message stays one until it is written
    elif isinstance(part, (int, float)):
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
    named = {}
    # read as they were set: to_plotly_json() looks for every attribute there might be
    # and takes most of the time of a card
    for name, value in vars(part).items():
        if value is None or value is False or name == "children":
            continue
        if name in part._prop_names or name.startswith(WILDCARDS):
            named[ATTRIBUTES.get(name, name)] = value
    if not isinstance(named.get("id", ""), str):
        raise TypeError(f"an id of a plain part must be a text; {named['id']!r} given.")
    return [tag, named, list(_nodes(getattr(part, "children", None)))]
