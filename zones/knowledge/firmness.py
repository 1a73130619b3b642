"""How firm a STOP is: never, not like this, or many avoid it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from anatomy.errors import DataError
from anatomy.messages import changed, message
from anatomy.store import cached, entries_of, label, read_toml
from zones.knowledge.records.sources import Record, TextWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: The firmest first.
Firmness = Literal["never", "not_like_this", "many_avoid"]
FIRMNESSES: tuple[Firmness, ...] = get_args(Firmness)

_MESSAGE = "{message}"


class Wording(Record):
    """The sentences of one firmness.

    Attributes
    ----------
    id : str
        Which firmness.
    word : str
        What it is called.
    said : str
        What a finding says; ``{message}`` stands for the rule's own text.
    instead : str
        What is left to do.
    """

    id: Firmness
    word: TextWords
    said: TextWords
    instead: TextWords


@cached
def load_firmness(path: Path | str = "firmness.toml") -> Mapping[Firmness, Wording]:
    """Return the sentences of each firmness.

    Raises
    ------
    DataError
        Naming the file: not readable, an unknown or missing firmness, a sentence
        that leaves the rule's text out.

    Examples
    --------
    >>> load_firmness()["many_avoid"].word
    'many avoid it'
    """
    rows = entries_of(Wording, read_toml(path), "firmness", path)
    found = {wording.id: wording for wording in rows}
    for name in FIRMNESSES:
        if name not in found:
            raise DataError(f"{label(path)}: {name!r} is missing.", given=name)
        if _MESSAGE not in found[name].said:
            raise DataError(f"{label(path)}, {name!r}: said must hold {_MESSAGE}.")
    return MappingProxyType(found)


def stop_words(firmness: Firmness | None, text: str) -> str:
    """Return what a finding says, so that a convention does not read like a ban.

    Examples
    --------
    >>> stop_words("many_avoid", "Stricter lists avoid this place.")
    'Many avoid it: stricter lists avoid this place.'
    >>> stop_words(None, "Measure again.")
    'Measure again.'
    """
    if firmness is None:
        return text
    frame = load_firmness()[firmness].said
    if frame == _MESSAGE:
        return text
    if not frame.startswith(_MESSAGE) and text[1:2].islower():
        text = changed(text, "lower first")
    return message(str(frame), message=text)


def firmest(given: Iterable[Firmness | None]) -> Firmness:
    """Return the firmest of several; what says nothing is never.

    Examples
    --------
    >>> firmest(["many_avoid", "not_like_this"])
    'not_like_this'
    """
    return min((f or "never" for f in given), key=FIRMNESSES.index, default="never")
