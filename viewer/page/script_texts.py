"""What the page's scripts say, in the visitor's language: one small script of texts.

A text is marked in a script with ``__("...")`` (``assets/_texts.js``). The pages of
other languages load their texts before all other scripts; English needs none.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from dash import Dash

from anatomy.messages import SOURCE, message
from anatomy.store import cached
from viewer.state.language import QUERY, asked_language
from viewer.state.terms import TERMS

ASSETS = Path(__file__).parents[1] / "assets"
PATH = "/_texts.js"


@cached
def marked() -> tuple[str, ...]:
    """Return the texts that are marked in the scripts, and the words they look up.

    Examples
    --------
    >>> "Yes" in marked(), "prone" in marked()
    (True, True)
    """
    from babel.messages.extract import extract

    found: dict[str, None] = dict.fromkeys(TERMS)
    for path in sorted(ASSETS.rglob("*.js")):
        with path.open("rb") as source:
            for _line, text, _comments, _context in extract(
                "javascript", source, keywords={"__": None}
            ):
                if isinstance(text, str) and text:
                    found[text] = None
    return tuple(found)


def script(language: str) -> str:
    """Return the script that tells the others their texts; empty for English.

    Examples
    --------
    >>> script("en")
    ''
    """
    if language == SOURCE:
        return ""
    known = {text: message(text).in_language(language) for text in marked()}
    told = {text: said for text, said in known.items() if said != text}
    # no end of a script element and no line that an old browser would not read
    plain = json.dumps(told, ensure_ascii=True, sort_keys=True).replace("<", "\\u003c")
    return f"window.needlemapTexts = {plain};\n"


def tag(app: Dash, language: str) -> str:
    """Return the element that loads a language's texts; empty for English."""
    text = script(language)
    if not text:
        return ""
    version = sha256(text.encode()).hexdigest()[:12]
    address = app.get_relative_path(PATH)
    return f'<script src="{address}?{QUERY}={language}&amp;v={version}"></script>'


def add_texts(app: Dash) -> None:
    """Add the address of the texts to an application."""
    from flask import Response

    def texts() -> Any:
        answer = Response(script(asked_language()), mimetype="text/javascript")
        # the address has the version in it, and cookies choose where it has none
        answer.headers["Cache-Control"] = "private, max-age=86400"
        answer.headers["Vary"] = "Cookie"
        return answer

    app.server.add_url_rule(app.get_relative_path(PATH), "script_texts", texts)
