"""Codes of structures, muscles, landmarks, regions and facts, and FHIR's resources.

The codes of muscles and landmarks are anatomy's; SNOMED CT may be added by whoever
holds a licence, in a data folder of their own (``codes/snomed.jsonl``).
"""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import StringConstraints

from anatomy import codes as anatomy
from anatomy.codes import Code, CodeRow, Kind, Relation, Text, Whats, Without
from anatomy.errors import InputError
from anatomy.names import closest
from anatomy.store import cached, read_jsonl
from zones.knowledge.records.sources import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where the codes of structures, regions and facts are.
FOLDER = "codes"
#: The kinds of anatomy's own files.
ANATOMY: tuple[Kind, ...] = ("muscle", "landmark")
KINDS: tuple[Kind, ...] = get_args(Kind)


class SnomedRow(Record):
    """A line of ``codes/snomed.jsonl``, which ships empty.

    Attributes
    ----------
    kind : str
        What is coded: structure, muscle, landmark, region or fact.
    what : tuple of str
        Its ids or names.
    code, display : str
        Concept id and term.
    relation : str
        How the code's meaning stands to what it is given to.
    """

    kind: Kind
    what: Whats
    code: Text
    display: Text
    relation: Relation

    @property
    def id(self) -> str:
        """What tells the row from others of the file."""
        return f"{self.kind} {self.code} {self.relation}"

    def row(self) -> CodeRow:
        """Return it as a row of any file of codes."""
        return CodeRow(
            system="snomed", source="own", **self.model_dump(exclude={"kind"})
        )


class FactResource(Record):
    """Where FHIR states a fact of a patient.

    Attributes
    ----------
    what : tuple of str
        Names of facts.
    resource : str
        The resource, such as ``"Condition"``.
    element : str
        The element of it, as FHIR R4 writes its path.
    """

    what: Whats
    resource: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]+$")]
    element: Annotated[
        str, StringConstraints(pattern=r"^[A-Z][A-Za-z]+(\.[\w\[\]]+)+$")
    ]

    @property
    def id(self) -> str:
        """What tells the row from others of the file."""
        return self.element


def snomed_rows() -> tuple[SnomedRow, ...]:
    """Return the SNOMED CT codes of the data folder in use; none ship.

    Raises
    ------
    DataError
        Naming the line that is wrong.

    Examples
    --------
    >>> snomed_rows()
    ()
    """
    return read_jsonl(f"{FOLDER}/snomed.jsonl", SnomedRow)


def code_rows(kind: Kind) -> tuple[CodeRow, ...]:
    """Return all rows of codes of a kind.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> {row.system for row in code_rows("region")} == {"uberon", "fma", "ta2"}
    True
    """
    own = (row.row() for row in snomed_rows() if row.kind == kind)
    return (*anatomy.read_codes(f"{_folder(kind)}/{kind}s.jsonl"), *own)


def without_rows(kind: Kind) -> tuple[Without, ...]:
    """Return what of a kind has no code, and why.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> "sex" in without_rows("fact")[0].what
    True
    """
    return anatomy.read_without(f"{_folder(kind)}/{kind}s_without.jsonl")


def _folder(kind: Kind) -> str:
    return anatomy.FOLDER if kind in ANATOMY else FOLDER


@cached
def all_codes(kind: Kind) -> Mapping[str, tuple[Code, ...]]:
    """Return the codes of all of a kind, by id or name.

    Raises
    ------
    DataError
        Naming the file and the line that is wrong.

    Examples
    --------
    >>> [code.code for code in all_codes("fact")["bmi"]]
    ['39156-5']
    """
    return anatomy.by_what(code_rows(kind), without_rows(kind))


def codes(kind: Kind, what: str) -> tuple[Code, ...]:
    """Return the codes of a structure, muscle, landmark, region or fact.

    Parameters
    ----------
    kind : str
        ``"structure"``, ``"muscle"``, ``"landmark"``, ``"region"`` or ``"fact"``.
    what : str
        Id of the structure or fact, name of the muscle, landmark or region.

    Returns
    -------
    tuple of Code
        By system; empty for what has none.

    Raises
    ------
    InputError
        For another kind.
    UnknownNameError
        When there is no such entry; names the nearest.

    Examples
    --------
    >>> for code in codes("structure", "sciatic"):
    ...     print(code.system, code.code, code.display, code.relation)
    uberon UBERON:0001322 sciatic nerve equal
    fma FMA:19034 sciatic nerve (post-embryonic human) equal
    ta2 6569 Sciatic nerve equal
    """
    if kind not in KINDS:
        raise InputError(
            f"kind must be one of {', '.join(KINDS)}; got {str(kind)[:40]!r}.",
            field="kind",
            given=kind,
            suggestions=closest(str(kind)[:40], KINDS),
        )
    return anatomy.codes_of(all_codes(kind), kind, what)


@cached
def fact_resources() -> Mapping[str, FactResource]:
    """Return where FHIR R4 states each fact of a patient, by fact.

    Raises
    ------
    DataError
        Naming the line that is wrong.

    Examples
    --------
    >>> fact_resources()["diabetes"].element
    'Condition.code'
    """
    rows = read_jsonl(f"{FOLDER}/fact_resources.jsonl", FactResource)
    return MappingProxyType({name: row for row in rows for name in row.what})


#: Whether a count of `counts` is of codes or of what has none.
Count = Literal["equal", "broader", "narrower", "overlaps", "without"]


def counts() -> dict[tuple[Kind, str], dict[Count, int]]:
    """Return how many of each kind each system covers, each by its best relation.

    Returns
    -------
    dict
        By kind and system: how many have an equal code, else a broader one, else one
        that is narrower, else one that overlaps; and how many have none.

    Examples
    --------
    >>> counts()["region", "uberon"]["equal"]
    19
    """
    found: dict[tuple[Kind, str], dict[Count, int]] = {}
    names: tuple[Count, ...] = get_args(Count)
    for kind, system in product(KINDS, anatomy.systems().values()):
        if kind not in system.kinds or not system.ours:
            continue
        tally = dict.fromkeys(names, 0)
        for given in all_codes(kind).values():
            relations = {code.relation for code in given if code.system == system.id}
            tally[next((n for n in names if n in relations), "without")] += 1
        found[kind, system.id] = tally
    return found
