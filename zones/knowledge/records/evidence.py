"""Evidence: what studies measured, one record a line, each of one kind.

Only depths straight in from the skin to a structure are pooled into the depths of the
zones (`zones.knowledge.structures.pooling`); advice, bone, slanted paths and
thicknesses are kept apart by ``kind``, so that a safe depth cannot pass for a mean, nor
bone for dura.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from anatomy.errors import DataError
from anatomy.store import Entries, cached, files_of, label, read_jsonl
from anatomy.store.references import check_references
from zones.knowledge.records.offset import Offset
from zones.knowledge.records.sources import (
    Read,
    Record,
    SourceSlug,
    Text,
    load_sources,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


Kind = Literal[
    "depth",
    "advice",
    "bone",
    "path",
    "layer",
    "size",
    "position",
    "extent",
    "contact",
    "variant",
    "gap",
]
#: What each kind of record is, for messages and pages.
KINDS: dict[str, str] = {
    "depth": "skin straight in to the structure",
    "advice": "a depth that a source advises",
    "bone": "skin to bone, or the reach of a bone",
    "path": "length along a slanted needle",
    "layer": "thickness of a layer",
    "size": "diameter of the structure",
    "position": "where it lies, side to side or along",
    "extent": "its borders",
    "contact": "needles that touched or spared it",
    "variant": "how often it is there or otherwise",
    "gap": "distance between two structures",
}

Figure = Annotated[float, Field(ge=-200, le=600)]
Pair = tuple[float, float]


class Slope(Record):
    """A measured change of a figure with build, age or sex.

    ``per`` is the unit (one BMI unit, one year, one kg, or being male rather than
    female) and ``range`` the values observed: past it the slope says nothing.
    """

    per: Literal["bmi", "age", "weight_kg", "sex_male"]
    mm_per_unit: Annotated[float, Field(ge=-50, le=50)]
    range: Pair

    @model_validator(mode="after")
    def _ordered(self) -> Slope:
        if not self.range[0] < self.range[1]:
            raise ValueError("range must be the lowest and the highest value observed")
        return self


class Evidence(Record):
    """One published measurement, in our own words.

    Attributes
    ----------
    kind : str
        What was measured; see `KINDS`.
    at : Offset or None
        Its place, when it can be placed; paired landmarks without side.
    mean_mm, sd_mm, min_mm, max_mm, median_mm, ci95_mm, iqr_mm, percentiles
        Figures in mm as printed; a field is absent when it was not read. ``ci95_mm``
        is the interval of the mean; ``percentiles`` are by name, such as ``"5"``.
    n, n_unit, people : int, str, int
        How many were measured, of what, and how many people they belong to when that
        is known and differs.
    sex, age, bmi, bmi_mean, population, posture, respiration, method
        Whom and how; absent when the source does not say.
    slope : Slope, optional
        How the figure changes with build, age or sex, when that was measured.
    other : dict
        Further figures of the record, as gathered.
    read : str
        How the record was read.
    """

    id: Text
    kind: Kind
    structure: Text
    place: str = ""
    at: Offset | None = None
    side: Literal["left", "right"] | None = None
    measure: str = ""
    mean_mm: Figure | None = None
    sd_mm: Annotated[float, Field(ge=0, le=200)] | None = None
    min_mm: Figure | None = None
    max_mm: Figure | None = None
    median_mm: Figure | None = None
    ci95_mm: Pair | None = None
    iqr_mm: Pair | None = None
    percentiles: dict[str, float] = Field(default_factory=dict)
    n: Annotated[int, Field(ge=1)] | None = None
    n_unit: str = "people"
    people: Annotated[int, Field(ge=1)] | None = None
    sex: Literal["male", "female", "both"] | None = None
    age: str | None = None
    bmi: str | None = None
    bmi_mean: float | None = None
    population: str = ""
    posture: str | None = None
    respiration: str | None = None
    method: str | None = None
    slope: Slope | None = None
    other: dict[str, Any] = Field(default_factory=dict)
    source: SourceSlug
    read: Read
    note: str = ""

    @property
    def behind(self) -> int | None:
        """How many people stand behind the record; None when nothing says so.

        Examples
        --------
        >>> load_evidence()["DT164"].behind
        187
        """
        return self.people or self.n

    @property
    def has_figure(self) -> bool:
        """Whether the middle of the distribution can be read off the record."""
        middle = self.mean_mm is not None or self.median_mm is not None
        return middle or None not in (self.min_mm, self.max_mm)


@cached
def load_evidence(
    folder: Path | str = "evidence",
) -> MappingProxyType[str, Evidence]:
    """Return all evidence records by id, checked against the sources.

    Parameters
    ----------
    folder : Path
        Folder of ``*.jsonl`` files, read in the order of their names.

    Raises
    ------
    DataError
        For a broken line, a record without kind, an id used twice or an unknown
        source; names the file and the line or the record.

    Examples
    --------
    >>> load_evidence()["DT164"].min_mm
    9.4
    """
    known = load_sources()
    found = Entries[Evidence]("record")
    for path, record in read_evidence(folder):
        entry = f"{path.name}, {record.id!r}"
        check_references(record, {"source id": known}, entry=entry)
        found.add(path, record.id, record)
    return MappingProxyType(found.by_id())


def read_evidence(folder: Path | str) -> Iterator[tuple[Path, Evidence]]:
    """Yield file and record of every line of a folder, held to the schema only.

    Raises
    ------
    DataError
        For a folder without files or a line that does not fit.
    """
    files = files_of(folder, "*.jsonl")
    if not files:
        raise DataError(f"no evidence files (*.jsonl) in {label(folder)!r}.")
    for file in files:
        for record in read_jsonl(file, Evidence):
            yield file, record
