"""Sources: the studies, guidelines and pages that every number rests on."""

from __future__ import annotations

import functools
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from anatomy.errors import DataError
from anatomy.names import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = Path(__file__).parents[1] / "data"
SOURCES_FILE = DATA / "sources.jsonl"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
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

_Entry = TypeVar("_Entry", bound=BaseModel)


class Record(BaseModel):
    """Base of everything read from a data file: frozen, no unknown field, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
        who = self.authors or self.title
        names = who.split(",")
        if self.authors and len(names) > 2:
            who = f"{names[0]} et al."
        return f"{who} {self.year}" if self.year else who


def read_jsonl(path: Path, model: type[_Entry]) -> tuple[_Entry, ...]:
    """Return the validated entries of a JSON Lines file, in file order.

    Parameters
    ----------
    path : Path
        The file: one JSON object a line, empty lines allowed.
    model : type
        The model of an entry.

    Returns
    -------
    tuple
        The entries.

    Raises
    ------
    DataError
        For a file that is not there, a line that does not fit the model, or an id
        used twice; names the file and the line.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataError(f"{path.name}: the file cannot be read ({error}).") from error
    adapter = TypeAdapter(model)
    entries: list[_Entry] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = adapter.validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"{path.name}, line {number}: {where or 'entry'}: {first['msg']}; "
                f"got {str(first['input'])[:60]!r}."
            ) from error
        key = str(getattr(entry, "id", number))
        if key in seen:
            raise DataError(
                f"{path.name}, line {number}: id {key!r} is already used on line "
                f"{seen[key]}."
            )
        seen[key] = number
        entries.append(entry)
    return tuple(entries)


@functools.cache
def load_sources(path: Path = SOURCES_FILE) -> MappingProxyType[str, Source]:
    """Return all sources by id.

    Parameters
    ----------
    path : Path
        A ``sources.jsonl`` file.

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


def check_schema(data: Mapping[str, Any], file: str, *, reads: int = 1) -> None:
    """Raise when a data file was written for a newer program than this.

    Parameters
    ----------
    data : mapping
        The file as parsed.
    file : str
        Its name, for the message.
    reads : int
        The version that is read.

    Raises
    ------
    DataError
        Naming the file and both versions.

    Examples
    --------
    >>> check_schema({"schema": 2}, "pleura.toml")
    Traceback (most recent call last):
    anatomy.errors.DataError: pleura.toml: schema must be at most 1; 2 given. ...
    """
    given = data.get("schema", reads)
    if isinstance(given, int) and given > reads:
        raise DataError(
            f"{file}: schema must be at most {reads}; got {given}. The file is newer "
            "than this program: update needlemap.",
            given=str(given),
        )


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
    names = known if isinstance(known, (set, frozenset, dict)) else set(known)
    for source in ids:
        if source not in names:
            raise DataError(
                f"{entry}: unknown source id {source!r}.",
                given=source,
                suggestions=closest(source, names),
            )
