"""Codes of international terminologies for what the data name.

Each row of a file of codes was looked up in a source that says how it was read; what
has no code stands in a list beside it, with the reason. Here are the systems, the
sources, the reader, and the codes of muscles and landmarks; those of structures,
regions and facts are in `zones.knowledge.records.codes`.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from anatomy.names import unknown
from anatomy.store import cached, entries_of, read_jsonl, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
#: What may have codes.
Kind = Literal["structure", "muscle", "landmark", "region", "fact"]
#: How what a code means stands to what it is given to: the same; more, as the whole
#: nerve for the part of it that is drawn; less, as one vessel of a bundle; or partly
#: in it and partly not.
Relation = Literal["equal", "broader", "narrower", "overlaps"]
Whats = Annotated[tuple[Text, ...], Field(min_length=1)]

#: Where the codes of muscles and landmarks are.
FOLDER = "catalogue/codes"


class Record(BaseModel):
    """Base of everything read from a file of codes: frozen, no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class System(Record):
    """A system of codes.

    Attributes
    ----------
    id, title : str
        Short name, and the name in words.
    pattern : str
        Regular expression for the whole of a code.
    kinds : tuple of str
        What may have a code of this system.
    each : bool
        Whether all of these kinds have one, or stand among those without.
    ours : bool
        Whether codes of it may ship.
    uri : str, optional
        Name of the system in FHIR.
    """

    id: Slug
    title: Text
    pattern: Text
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    each: bool
    ours: bool = True
    uri: Text | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    def fits(self, code: str) -> bool:
        """Return whether a code looks like one of this system.

        Examples
        --------
        >>> systems()["loinc"].fits("8302-2"), systems()["loinc"].fits("8302")
        (True, False)
        """
        return re.fullmatch(self.pattern, code) is not None


class CodeSource(Record):
    """Where codes of a system were looked up.

    Attributes
    ----------
    id, system, title : str
        Short name, the system whose codes it gives, and what it is.
    read : str
        What was read there, and how much.
    licence : str, optional
        Licence, where one was seen stated.
    """

    id: Slug
    system: Slug
    title: Text
    read: Text
    licence: Text | None = None


class CodeRow(Record):
    """One code and all to which it stands in one relation.

    Attributes
    ----------
    what : tuple of str
        Ids or names of structures, muscles, landmarks, regions or facts.
    system, code, display : str
        The system, the code, and its text exactly as the source prints it.
    relation : str
        How the code's meaning stands to what it is given to.
    source : str
        Where it was looked up.
    """

    what: Whats
    system: Slug
    code: Text
    display: Annotated[str, StringConstraints(min_length=1)]
    relation: Relation
    source: Slug

    @property
    def id(self) -> str:
        """What tells the row from others of its file."""
        return f"{self.system} {self.code} {self.relation}"


class Without(Record):
    """What has no code, and why.

    Attributes
    ----------
    what : tuple of str
        Ids or names.
    systems : tuple of str
        The systems that have none; empty for all.
    reason : str
        Why.
    """

    what: Whats
    systems: tuple[Slug, ...] = ()
    reason: Text

    @property
    def id(self) -> str:
        """What tells the row from others of its file."""
        return f"{self.what[0]} {' '.join(self.systems)}"


class Code(Record):
    """A code of a structure, muscle, landmark, region or fact.

    Attributes
    ----------
    system : str
        Such as ``"uberon"``; see `systems`.
    uri : str, optional
        Name of the system in FHIR.
    code, display : str
        The code, and its text exactly as the source prints it.
    relation : str
        Whether the code means the same (``equal``), more (``broader``), less
        (``narrower``) or partly something else (``overlaps``).
    source : str
        Where it was looked up; see `code_sources`.
    """

    system: str
    uri: str | None
    code: str
    display: str
    relation: Relation
    source: str


@cached
def systems() -> Mapping[str, System]:
    """Return the systems of codes by id, in the order in which they are shown.

    Raises
    ------
    DataError
        Naming the entry that is wrong.

    Examples
    --------
    >>> list(systems())
    ['uberon', 'fma', 'ta2', 'icd10', 'loinc', 'atc', 'snomed']
    """
    file = f"{FOLDER}/systems.toml"
    found = entries_of(System, read_toml(file), "system", file)
    return MappingProxyType({system.id: system for system in found})


@cached
def code_sources() -> Mapping[str, CodeSource]:
    """Return where codes were looked up, by id.

    Raises
    ------
    DataError
        Naming the entry that is wrong.

    Examples
    --------
    >>> code_sources()["icd10-who-2019"].system
    'icd10'
    """
    file = f"{FOLDER}/sources.toml"
    found = entries_of(CodeSource, read_toml(file), "source", file)
    return MappingProxyType({source.id: source for source in found})


def read_codes(file: str | Path) -> tuple[CodeRow, ...]:
    """Return the rows of a file of codes.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> len(read_codes("catalogue/codes/muscles.jsonl")) > 200
    True
    """
    return read_jsonl(file, CodeRow)


def read_without(file: str | Path) -> tuple[Without, ...]:
    """Return what a file says has no code, and why.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> [row.systems for row in read_without("catalogue/codes/muscles_without.jsonl")]
    [('uberon',)]
    """
    return read_jsonl(file, Without)


def by_what(
    rows: Iterable[CodeRow], none: Iterable[Without]
) -> Mapping[str, tuple[Code, ...]]:
    """Return the codes of everything named in rows, equal ones first in each system.

    Parameters
    ----------
    rows, none : iterables
        What has codes, and what has none.

    Examples
    --------
    >>> by_what([], [Without(what=("a",), reason="none")])["a"]
    ()
    """
    known = systems()
    found: dict[str, list[Code]] = {name: [] for row in none for name in row.what}
    for row in rows:
        system = known.get(row.system)
        code = Code(
            uri=system.uri if system else None,
            **row.model_dump(include=set(Code.model_fields)),
        )
        for name in row.what:
            found.setdefault(name, []).append(code)
    order = {system: number for number, system in enumerate(known)}
    for codes in found.values():
        codes.sort(key=lambda c: (order.get(c.system, 99), c.relation != "equal"))
    return MappingProxyType({name: tuple(codes) for name, codes in found.items()})


@cached
def anatomy_codes(
    kind: Literal["muscle", "landmark"],
) -> Mapping[str, tuple[Code, ...]]:
    """Return the codes of all muscles or all landmarks, by name.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> [code.code for code in anatomy_codes("muscle")["soleus"]]
    ['UBERON:0001389', 'FMA:22542', '2660']
    """
    return by_what(
        read_codes(f"{FOLDER}/{kind}s.jsonl"),
        read_without(f"{FOLDER}/{kind}s_without.jsonl"),
    )


def codes_of(
    known: Mapping[str, tuple[Code, ...]], kind: str, what: str
) -> tuple[Code, ...]:
    """Return the codes of one entry.

    Raises
    ------
    UnknownNameError
        When there is no such entry; names the nearest.

    Examples
    --------
    >>> codes_of(anatomy_codes("landmark"), "landmark", "acromion")[0].display
    'acromion'
    """
    if what not in known:
        raise unknown(kind, what, known, field="what")
    return known[what]
