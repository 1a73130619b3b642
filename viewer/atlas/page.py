"""The frame of the atlas page: empty until its address is first opened."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from anatomy.messages import message as _
from viewer.atlas.routes import FIGURE


def atlas_page() -> html.Main:
    """Return the page's frame; `viewer.atlas.callbacks` fills it when it is seen."""
    return html.Main(
        [
            dcc.Store(id="atlas-want"),
            dcc.Store(id="atlas-shown"),
            html.Aside(
                [
                    html.Label(
                        _("Find a zone"), htmlFor="atlas-find", className="unseen"
                    ),
                    dcc.Input(
                        id="atlas-find",
                        type="search",
                        value="",
                        placeholder=_("Find: kidney, wrist, foot drop …"),
                        debounce=0.4,
                        maxLength=80,
                        autoComplete="off",
                        className="site-text atlas-find",
                    ),
                    html.Div(id="atlas-list"),
                ],
                className="panel atlas-side",
                **{"aria-label": _("Zones")},
            ),
            html.Section(
                html.P(_("Opening the atlas …"), className="muted"),
                id="atlas-plate",
                className="panel atlas-plate",
                tabIndex="-1",
                **{"aria-live": "polite", "aria-label": _("Plate")},
            ),
        ],
        id="atlas-page",
        className="atlas",
    )


def link_row(children: list[Any], label: str) -> html.Div:
    """Return a row of choices that are links."""
    return html.Div(
        children, className="atlas-chips", role="group", **{"aria-label": label}
    )


def chip(text: str, href: str, *, on: bool = False) -> dcc.Link:
    """Return one choice of a row; the chosen one is marked in words as well."""
    marked = {"aria-current": "true"} if on else {}
    name = "atlas-chip on" if on else "atlas-chip"
    if on:
        marked["title"] = _("chosen")
    return dcc.Link(text, href=href, className=name, title=marked.get("title", ""))


def downloads(**query: str) -> html.Span:
    """Return the links that fetch a hand-out in each format."""
    return html.Span(
        [
            html.A(
                form.upper(),
                href=f"{FIGURE}?{urlencode({**query, 'format': form})}",
                download="",
                className="atlas-file",
                # Dash's router is not asked
                target="_blank",
            )
            for form in ("pdf", "svg", "png")
        ],
        className="atlas-files",
    )
