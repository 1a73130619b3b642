"""Ids of the questions' controls, shared by the panel, the card and their callbacks."""

from __future__ import annotations

#: Wait for the rest of a number before it is read, ms.
TYPING_MS = 350


def fact_id(name: str, at: str = "panel") -> dict[str, str]:
    """Return the id of a fact's control: in the panel, in the card, or among the open.

    Examples
    --------
    >>> fact_id("pregnant")
    {'type': 'fact', 'name': 'pregnant', 'at': 'panel'}
    """
    return {"type": "fact", "name": name, "at": at}
