"""The pages of the application: one document, one of them shown at a time.

All pages stay in the document and only their being seen changes with the address, so
that going to another page and back loses nothing that was entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from anatomy.messages import message as _

NOT_FOUND = _("Page not found.")


@dataclass(frozen=True)
class PageEntry:
    """One page.

    Attributes
    ----------
    path : str
        Address, such as ``"/"``.
    name : str
        What the header calls it.
    content : object
        The page's own component; it is wrapped in the element that is shown or not.
    """

    path: str
    name: str
    content: Any


def navigation(
    pages: Sequence[PageEntry], *, apart: Sequence[tuple[str, str]] = ()
) -> html.Nav:
    """Return the links of the header; the browser marks the one that is open.

    Parameters
    ----------
    pages : sequence of PageEntry
        Pages of this document.
    apart : sequence of (str, str)
        Address and name of pages that are documents of their own; they open in a
        window of their own, so that nothing entered here is lost.
    """
    return html.Nav(
        [
            *(
                dcc.Link(page.name, href=page.path, className="nav-link")
                for page in pages
            ),
            *(
                html.A(name, href=path, className="nav-link", target=path.strip("/"))
                for path, name in apart
            ),
        ],
        id="navigation",
        **{"aria-label": _("Pages")},
    )


def shown_pages(pages: Sequence[PageEntry]) -> list[Any]:
    """Return the pages; ``assets/page/pages.js`` shows and hides their elements.

    The first is seen until the address was read.
    """
    found: list[Any] = [
        html.Div(
            page.content,
            className="app-page",
            hidden=number > 0,
            **{"data-path": page.path},
        )
        for number, page in enumerate(pages)
    ]
    missing = html.Main(
        [html.P(NOT_FOUND), dcc.Link(_("To the body map"), href="/")],
        className="not-found",
    )
    found.append(
        html.Div(missing, className="app-page", hidden=True, **{"data-path": "*"})
    )
    return found
