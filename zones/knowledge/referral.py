"""Where the pain of a muscle is felt: what studies found, and what is taught.

``data/referral.toml`` has the places, a closed list of words with the regions of skin
that they lie in, and the patterns. A muscle without a pattern is one of which no source
that was read says anything: that is unknown, not "felt nowhere else".
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from anatomy.errors import DataError
from anatomy.messages import DataWords
from anatomy.muscles.catalogue import get_muscle
from anatomy.names import closest
from anatomy.store import cached, label, reading
from anatomy.store.references import MuscleName, Ref, RegionName, SourceId
from zones.knowledge.records.sources import Read, Record, Text, TextWords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "referral.toml"
#: How a pattern was found. saline: hypertonic saline injected into the muscle; trigger
#: points: pressed or needled; pressure: on the muscle, wherever; taught: a textbook or
#: course, without a study of its own.
Found = Literal["saline", "trigger points", "pressure", "taught"]
Who = Literal["healthy", "patients"]
Count = Annotated[int, Field(gt=0)]


class Place(Record):
    """A place where pain is felt.

    Attributes
    ----------
    name : str
        As it is said.
    regions : tuple of str
        Regions of skin that it lies in.
    """

    name: TextWords
    regions: Annotated[tuple[RegionName, ...], Field(min_length=1)]


class Felt(Record):
    """One place of a pattern, and how many felt pain there where a source says so."""

    place: Annotated[Text, Ref("place of pain")]
    people: Count | None = None


class Referral(Record):
    """Where pain from a muscle was felt, by one source.

    Attributes
    ----------
    muscle : str
        Name in the catalogue of muscles.
    part : str
        Part of it, when the source looked at one only.
    felt : tuple of Felt
        The places, in the order of the source.
    found : str
        saline, trigger points, pressure or taught.
    who : str or None
        healthy or patients; None for what is taught.
    people : int or None
        In how many; None for what is taught.
    words : str
        The words of the source that it rests on.
    source : str
        Id in ``sources.jsonl``.
    read : str
        How the source was read.
    page : str or None
        Where the words stand, when that is not the source's own address.
    """

    muscle: MuscleName
    part: DataWords = ""
    felt: Annotated[tuple[Felt, ...], Field(min_length=1)]
    found: Found
    who: Who | None = None
    people: Count | None = None
    words: Text
    source: SourceId
    read: Read
    page: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None

    @model_validator(mode="after")
    def _checked(self) -> Referral:
        taught = self.found == "taught"
        if taught != (self.people is None) or taught != (self.who is None):
            raise ValueError("a study has who and people; what is taught has neither")
        names = [felt.place for felt in self.felt]
        if len(set(names)) < len(names):
            raise ValueError("a place is given twice")
        if any((felt.people or 0) > (self.people or 0) for felt in self.felt):
            raise ValueError("more felt pain at a place than were looked at")
        return self


class _File(Record):
    schema_: Literal[1] = Field(alias="schema")
    place: tuple[Place, ...]
    pattern: tuple[Referral, ...]


@cached
def _file(path: Path | str = FILE) -> _File:
    with reading(path) as data:
        found = _File.model_validate(data)
    places = [place.name for place in found.place]
    for pattern in found.pattern:
        for name in unknown_places(pattern, places):
            raise DataError(
                f"{label(path)}, {pattern.muscle!r}: unknown place {name!r}.",
                given=name,
                suggestions=closest(name, places),
            )
    return found


def unknown_places(pattern: Referral, places: list[str]) -> Iterator[str]:
    """Yield the places of a pattern that are not in the list of places."""
    for felt in pattern.felt:
        if felt.place not in places:
            yield felt.place


def load_referral_places() -> Mapping[str, Place]:
    """Return the places where pain is felt, by name.

    Examples
    --------
    >>> load_referral_places()["calf"].regions
    ('leg',)
    """
    return MappingProxyType({place.name: place for place in _file().place})


def load_referral() -> tuple[Referral, ...]:
    """Return every pattern, in the order of the file.

    Raises
    ------
    DataError
        For a broken file, or a place that is not in its list.

    Examples
    --------
    >>> {pattern.found for pattern in load_referral()} >= {"saline", "taught"}
    True
    """
    return _file().pattern


def referral_of(muscle: str) -> tuple[Referral, ...]:
    """Return where the pain of a muscle's trigger points is felt, by each source.

    Parameters
    ----------
    muscle : str
        Name or alias in the catalogue of muscles.

    Returns
    -------
    tuple of Referral
        Studies first, those in most people before others, then what is taught. Empty
        when no source that was read says anything: unknown, not "nowhere". Patterns
        differ between people; none of them tells which muscle a pain comes from.

    Raises
    ------
    UnknownNameError
        With the nearest names.

    Examples
    --------
    >>> first = referral_of("lumbar multifidus")[0]
    >>> [(felt.place, felt.people) for felt in first.felt]
    [('back of the thigh', 8), ('front of the thigh', 5)]
    >>> first.found, first.people, first.source
    ('saline', 15, 'cornwall-2006')
    """
    name = get_muscle(muscle, field="muscle").name
    mine = (pattern for pattern in load_referral() if pattern.muscle == name)
    return tuple(sorted(mine, key=lambda p: (p.found == "taught", -(p.people or 0))))
