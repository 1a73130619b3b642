"""What CDS Hooks services there are and how they read a record: ``data/hooks.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from anatomy.errors import DataError
from anatomy.store import cached, label, reading
from zones.knowledge.facts import load_facts
from zones.knowledge.records.codes import code_rows
from zones.knowledge.records.sources import Read, Record, Slug, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parent / "data" / "hooks.toml"

Hook = Literal["order-select", "order-sign", "patient-view"]


class Service(Record):
    """One service: for which hook, and what it says of itself."""

    id: Slug
    hook: Hook
    title: Text
    description: Text
    usage: Text


class Prefetch(Record):
    """What a client is asked to send along; without a required key there is no answer.

    ``{codes}`` in a query stands for the LOINC codes of the observations that are read.
    """

    key: Slug
    query: Text
    required: bool


class Order(Record):
    """A code by which an order is one of needling, and what it says about current."""

    system: Text
    code: Text
    electrical: bool | None = None
    source: Slug


class CodeSystem(Record):
    """How FHIR names a system of codes of ours, or a national form of it."""

    uri: Text
    reads: Literal["icd10", "loinc", "atc", "snomed"]
    whole_categories: bool = False
    source: Slug


class Observation(Record):
    """A fact that is measured: by what a unit is multiplied, how old it may be."""

    fact: Text
    units: dict[str, Annotated[float, Field(gt=0)]]
    days: Annotated[int, Field(ge=1)]


class Counts(Record):
    """What a resource may say of its state and still count."""

    clinical: tuple[str, ...]
    verification: tuple[str, ...]
    medication: tuple[str, ...]
    not_taken: tuple[str, ...]
    observation: tuple[str, ...]
    device: tuple[str, ...]


class HookSource(Record):
    """Where something of the file was read."""

    id: Slug
    title: Text
    url: Text | None = None
    read: Read


class Book(Record):
    """All of the file."""

    services: Annotated[tuple[Service, ...], Field(alias="service")]
    prefetch: tuple[Prefetch, ...]
    orders: Annotated[tuple[Order, ...], Field(alias="order")]
    systems: Annotated[tuple[CodeSystem, ...], Field(alias="system")]
    observations: Annotated[tuple[Observation, ...], Field(alias="observation")]
    counts: Counts
    sources: Annotated[tuple[HookSource, ...], Field(alias="source")]

    def loinc(self) -> dict[str, Observation]:
        """Return the observations that are read, by LOINC code."""
        wanted = {row.fact: row for row in self.observations}
        return {
            row.code: wanted[name]
            for row in code_rows("fact")
            if row.system == "loinc"
            for name in row.what
            if name in wanted
        }

    def queries(self) -> dict[str, str]:
        """Return what a client is asked to send along, by key."""
        uri = next(s.uri for s in self.systems if s.reads == "loinc")
        codes = ",".join(f"{uri}|{code}" for code in self.loinc())
        return {row.key: row.query.replace("{codes}", codes) for row in self.prefetch}


@cached
def load_book(path: Path = FILE) -> Book:
    """Return the services and how they read a record, validated.

    Raises
    ------
    DataError
        Naming the file and the entry.

    Examples
    --------
    >>> {service.hook for service in load_book().services} == {
    ...     "order-select", "order-sign", "patient-view"}
    True
    """
    with reading(path) as data:
        data.pop("schema")
        book = Book.model_validate(data)
    for fault in _faults(book):
        raise DataError(f"{label(path)}: {fault}")
    return book


def _faults(book: Book) -> Iterator[str]:
    """Yield what does not fit the rest."""
    known = {source.id for source in book.sources}
    named = [order.source for order in book.orders]
    named += [system.source for system in book.systems]
    yield from (f"there is no source {name!r}." for name in named if name not in known)
    facts = load_facts().by_name()
    coded = {row.fact for row in book.loinc().values()}
    for row in book.observations:
        if row.fact not in facts or facts[row.fact].type != "number":
            yield f"observation {row.fact!r} is no fact that is a number."
        elif row.fact not in coded:
            yield f"observation {row.fact!r} has no LOINC code."
