"""How FHIR carries what is needlemap's: ``data/fhir.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from anatomy.store import cached, reading
from zones.knowledge.facts import load_facts
from zones.knowledge.records.sources import Record, Text

FILE = Path(__file__).parent / "data" / "fhir.toml"

#: The form of an element; none where a version has no such element.
Form = Literal["object", "array", "text", "none"]
Axis = Literal["superior", "anterior", "lateral", "left", "right"]
#: How FHIR names UCUM.
UCUM = "http://unitsofmeasure.org"


class Element(Record):
    """An element by which R4 and R5 can be told from each other."""

    resource: Text
    name: Text
    r4: Form
    r5: Form


class Direction(Record):
    """Words for a way along a tape."""

    axis: Axis
    sign: Literal[1, -1]
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


class FhirBook(Record):
    """All of the file."""

    units: dict[str, Text]
    lengths: dict[str, Annotated[float, Field(gt=0)]]
    elements: Annotated[tuple[Element, ...], Field(alias="element")]
    directions: Annotated[tuple[Direction, ...], Field(alias="direction")]

    @model_validator(mode="after")
    def _all_units(self) -> FhirBook:
        for fact in load_facts().facts:
            if fact.unit is not None and str(fact.unit) not in self.units:
                raise ValueError(f"the unit {fact.unit!r} has no code")
        return self

    def direction(self, word: str) -> Direction | None:
        """Return the direction that a word says; None for no such word.

        Examples
        --------
        >>> load_book().direction("Caudal").axis
        'superior'
        """
        wanted = word.casefold().strip()
        return next((d for d in self.directions if wanted in d.words), None)


@cached
def load_book(path: Path = FILE) -> FhirBook:
    """Return how FHIR carries what is needlemap's, validated.

    Raises
    ------
    DataError
        Naming the file and the entry.

    Examples
    --------
    >>> load_book().units["years"]
    'a'
    """
    with reading(path) as data:
        data.pop("schema")
        return FhirBook.model_validate(data)
