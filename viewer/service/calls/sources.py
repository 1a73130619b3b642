"""Bibliography in an answer: in full, by its ids only, or once for a whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anatomy.names import unknown
from viewer.service.calls.reading import query_of

if TYPE_CHECKING:
    from flask import Request

FULL, IDS, ONCE = "full", "ids", "once"
NAME = "sources"


def sources_wanted(request: Request, *, many: bool = False) -> str:
    """Return how a call wants its sources; ``once`` only where there are many answers.

    Raises
    ------
    UnknownNameError
        For another parameter or value.
    """
    known = (FULL, IDS, ONCE) if many else (FULL, IDS)
    wanted = query_of(request, (NAME,)).get(NAME, FULL)
    if wanted not in known:
        raise unknown(NAME, wanted, known, field=NAME)
    return wanted


def with_sources(
    answer: dict[str, Any], wanted: str, kept: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return an answer with its sources as they are wanted.

    Parameters
    ----------
    answer : dict
        Of the library; it is changed.
    wanted : str
        ``full`` leaves it as it is; else each record is emptied, its id stays.
    kept : dict, optional
        Takes the records that were emptied.

    Examples
    --------
    >>> with_sources({"sources": {"hayashi-2011": {"year": 2011}}}, "ids")
    {'sources': {'hayashi-2011': {}}}
    """
    if wanted == FULL or not isinstance(answer.get("sources"), dict):
        return answer
    if kept is not None:
        kept.update(answer["sources"])
    answer["sources"] = {name: {} for name in answer["sources"]}
    for site in answer.get("sites", ()):
        with_sources(site, wanted)
    return answer
