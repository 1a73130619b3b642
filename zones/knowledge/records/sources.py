"""Sources: the studies, guidelines and pages that every number rests on."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
)

from anatomy.messages import AsMessage
from anatomy.store import cached, read_jsonl
from anatomy.store.references import Ref, check_known

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
#: Id of a source, as another entry names it.
SourceSlug = Annotated[Slug, Ref("source id")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
#: A text that people read, so that it can be read in another language.
TextWords = Annotated[Text, AsMessage]
#: How a record was read, from the whole work down to our own conclusion, best first.
Read = Literal["fulltext", "excerpt", "abstract", "secondary", "memory", "inference"]
READ_ORDER: tuple[Read, ...] = get_args(Read)
#: What a source is. Of these, the first two may carry a STOP alone.
Kind = Literal[
    "guideline",
    "law",
    "society",
    "review",
    "study",
    "case report",
    "textbook",
    "course",
    "clinic",
    "web",
]
#: A rule or standard of a public or professional body.
BINDING: frozenset[Kind] = frozenset({"guideline", "law"})
#: Pages that anybody can put up; two of them together are no second opinion.
PAGES: frozenset[Kind] = frozenset({"course", "clinic", "web"})


class Record(BaseModel):
    """Base of everything read from a data file: frozen, no unknown field, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def brief_name(authors: str, title: str, year: int | None) -> str:
    """Return a source by authors and year; by its title when it has no authors.

    Examples
    --------
    >>> brief_name("Miri M, Bayat A, Smith J", "On needles", 2020)
    'Miri M et al. 2020'
    """
    who = authors or title
    names = who.split(",")
    if authors and len(names) > 2:
        who = f"{names[0]} et al."
    return f"{who} {year}" if year else who


class Source(Record):
    """One source.

    Attributes
    ----------
    id : str
        Slug by which data files name it, such as ``"hayashi-2011"``.
    authors, year, title, journal, doi, pmid, url
        Bibliography; what is not known is absent, never guessed.
    read : str
        How it was read: fulltext (the whole of it), excerpt (a part: a table, a
        section, the first pages), abstract, secondary (a page that repeats it),
        memory (not seen), inference (our own conclusion, not a publication).
    note : str
        What a reader should mind.
    kind : str, optional
        What it is, from a guideline down to a page on the web; absent where nobody
        looked. A source that a STOP rests on must say it.
    repeats : str, optional
        The work whose list it passes on: two sources that repeat the same one count
        once. The id of a record where there is one.
    """

    id: Slug
    authors: str = ""
    year: int | None = None
    title: Text
    journal: str = ""
    doi: str | None = None
    pmid: Annotated[str, StringConstraints(pattern=r"^\d{4,9}$")] | None = None
    url: str | None = None
    read: Read
    note: str = ""
    kind: Kind | None = None
    repeats: Slug | None = None

    @property
    def origin(self) -> str:
        """Whose word it is: the work that it repeats, or itself.

        Examples
        --------
        >>> Source(id="a", title="T", read="memory", repeats="b-1999").origin
        'b-1999'
        """
        return self.repeats or self.id

    @property
    def short(self) -> str:
        """Authors and year, as a finding shows them.

        Examples
        --------
        >>> Source(id="a-1999", authors="A", year=1999, title="T", read="memory").short
        'A 1999'
        """
        return brief_name(self.authors, self.title, self.year)


@cached
def load_sources(path: Path | str = "sources.jsonl") -> MappingProxyType[str, Source]:
    """Return all sources by id.

    Parameters
    ----------
    path : Path or str
        A ``sources.jsonl`` file; by name in the data folder.

    Returns
    -------
    mapping of str to Source
        Read only, in file order.

    Raises
    ------
    DataError
        For a broken file or an id used twice; names the file and the line.

    Examples
    --------
    >>> load_sources()["hayashi-2011"].year
    2011
    """
    return MappingProxyType({s.id: s for s in read_jsonl(path, Source)})


def check_sources(ids: Iterable[str], known: Iterable[str], *, entry: str) -> None:
    """Raise when a data entry names a source that is not in the list.

    Parameters
    ----------
    ids : iterable of str
        Source ids that the entry names.
    known : iterable of str
        Ids that exist.
    entry : str
        Which entry, for the message (``"pleura.toml, zone 'pleura'"``).

    Raises
    ------
    DataError
        For the first id that is not known; the nearest are offered.
    """
    check_known(ids, known, "source id", entry=entry)
