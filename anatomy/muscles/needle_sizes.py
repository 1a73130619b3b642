"""Needles as they are sold or were used, ``data/needle_sizes.toml``."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anatomy.errors import DataError
from anatomy.muscles.catalogue import Length, Read, Words
from anatomy.muscles.techniques import load_techniques
from anatomy.store import cached, invalid, reading

FILE = "needle_sizes.toml"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SizeSource(_Entry):
    """Where sizes are on sale, or shown."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Words
    url: Words
    read: Read


class NeedleSize(_Entry):
    """One size of needle.

    Attributes
    ----------
    length_mm : float
        Length of the shaft.
    needle_diameter_mm : float or None
        None where the source gives none.
    sources : tuple of str
        Ids of `SizeSource`.
    techniques : tuple of str
        Ids of techniques whose record names the size.
    """

    length_mm: Length
    needle_diameter_mm: Annotated[float, Field(gt=0, le=1)] | None = None
    sources: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sourced(self) -> NeedleSize:
        if not (self.sources or self.techniques):
            raise ValueError("a size must name a source or a technique")
        return self


class NeedleLength(NamedTuple):
    """A length, mm, and the diameters, mm, in which a source names it."""

    length_mm: float
    diameters_mm: tuple[float, ...]


class _File(_Entry):
    # `schema` would hide a method of pydantic's
    version: Annotated[int, Field(alias="schema")]
    source: tuple[SizeSource, ...]
    size: Annotated[tuple[NeedleSize, ...], Field(min_length=1)]


@cached
def load_needle_sizes() -> tuple[NeedleSize, ...]:
    """Return every size, the shortest first, then the thinnest.

    Raises
    ------
    DataError
        When the file is wrong; names what is.

    Examples
    --------
    >>> load_needle_sizes()[0].length_mm
    7.0
    """
    with reading(FILE) as data:
        try:
            file = _File.model_validate(data)
        except ValidationError as error:
            raise invalid(error, data, FILE) from error
    sources = {source.id for source in file.source}
    techniques = {technique.id: technique for technique in load_techniques()}
    seen: set[tuple[float, float | None]] = set()
    for size in file.size:
        where = f"{FILE}: size {size.needle_diameter_mm} x {size.length_mm:g} mm"
        if (size.length_mm, size.needle_diameter_mm) in seen:
            raise DataError(f"{where} is there twice.")
        seen.add((size.length_mm, size.needle_diameter_mm))
        for name in set(size.sources) - sources:
            raise DataError(f"{where}: unknown source {name!r}.")
        for name in size.techniques:
            needle = techniques[name].needle if name in techniques else None
            lengths = needle.length_mm if needle else None
            if lengths is None or size.length_mm not in lengths:
                raise DataError(f"{where}: no technique {name!r} names that length.")
            gauges = needle.gauge_mm or () if needle else ()
            if (
                size.needle_diameter_mm is not None
                and size.needle_diameter_mm not in gauges
            ):
                raise DataError(f"{where}: {name!r} does not name that diameter.")
    order = sorted(file.size, key=lambda s: (s.length_mm, s.needle_diameter_mm or 0.0))
    return tuple(order)


def needle_lengths() -> tuple[NeedleLength, ...]:
    """Return the lengths that there are, the shortest first, each with its diameters.

    Examples
    --------
    >>> {n.length_mm: n.diameters_mm for n in needle_lengths()}[60.0]
    (0.3,)
    """
    found: dict[float, list[float]] = {}
    for size in load_needle_sizes():
        mine = found.setdefault(size.length_mm, [])
        if size.needle_diameter_mm is not None:
            mine.append(size.needle_diameter_mm)
    return tuple(NeedleLength(mm, tuple(thick)) for mm, thick in found.items())
