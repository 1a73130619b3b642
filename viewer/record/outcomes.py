"""What may be said of a needled site afterwards: reactions and results, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.store import cached, entries_of, read_toml

OUTCOMES_FILE = Path(__file__).parent / "data" / "outcomes.toml"
Kind = Literal["reaction", "result"]


class Outcome(BaseModel):
    """One entry of a short list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: DataWords


@cached
def load_outcomes(kind: Kind, path: Path = OUTCOMES_FILE) -> dict[str, Outcome]:
    """Return what may be said of a site, by id and in order.

    Raises
    ------
    DataError
        Naming file and entry.

    Examples
    --------
    >>> list(load_outcomes("result"))
    ['better', 'same', 'worse']
    """
    found: dict[str, Outcome] = {}
    for entry in entries_of(Outcome, read_toml(path), kind, path):
        if entry.id in found:
            raise DataError(f"{path.name}, {kind} {entry.id!r}: duplicate id.")
        found[entry.id] = entry
    return found


def outcome_words(kind: Kind, name: str | None) -> str:
    """Return what was said of a site in words; empty when nothing was.

    An entry that is no longer in the list is shown by its id.

    Examples
    --------
    >>> outcome_words("reaction", "bruise"), outcome_words("reaction", None)
    ('bruise', '')
    """
    if name is None:
        return ""
    entry = load_outcomes(kind).get(name)
    return entry.label if entry is not None else name
