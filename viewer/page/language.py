"""The page in the reader's language: one door through which all of its texts go.

What Dash is about to send, the layout and each callback's result, is put here into the
language of whoever asked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dash import Dash

from anatomy.messages import SOURCE
from viewer.page.script_texts import tag
from viewer.state.language import asked_language, chosen_language
from viewer.state.localised import localised


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
        language = chosen_language() or SOURCE
        # before all scripts: some of them say something as soon as they are read
        parts["css"] = tag(self, language) + parts.get("css", "")
        page: str = super().interpolate_index(**parts)
        return page.replace('<html lang="en">', f'<html lang="{language}">', 1)
