"""Every record of a data file that holds texts for people, for those who translate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zones.sentences.words import load_words


def records() -> Iterator[Any]:
    """Yield the records whose texts stand on the page, the card or a leaflet."""
    yield load_words()
