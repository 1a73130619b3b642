"""Which tissue a structure is, which decides how pictures fill it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from anatomy.errors import DataError
from anatomy.store import cached, entries_of, label, read_toml
from anatomy.store.references import RecordId, ZoneId
from zones.knowledge.records.evidence import Evidence, load_evidence
from zones.knowledge.records.sources import Record, Text, TextWords

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "tissues.toml"
#: In drawing order, the deepest first: what comes later lies over what comes before.
Tissue = Literal[
    "skin",
    "muscle",
    "bone",
    "lung",
    "bowel",
    "organ",
    "gland",
    "airway",
    "joint",
    "heart",
    "eye",
    "cord",
    "vein",
    "artery",
    "nerve",
]
TISSUES: tuple[Tissue, ...] = get_args(Tissue)


class TissueWord(Record):
    """What a tissue is called in a legend."""

    id: Tissue
    word: TextWords


class HollowBone(Record):
    """A bone round a space that the reference bodies have as a solid.

    Attributes
    ----------
    bone : str
        Its name in the bodies.
    wall : str
        Evidence of how thick it is: pictures draw its mean, and no depth rests on it.
    holds : str
        Tissue that the space is drawn as.
    note : str
        What is said beside the picture.
    """

    bone: Text
    wall: RecordId
    holds: Tissue
    note: TextWords

    @property
    def record(self) -> Evidence:
        """The evidence of its thickness."""
        return load_evidence()[self.wall]


class StructureTissue(Record):
    """The tissue of one structure, or of an area that a rule keeps free.

    Attributes
    ----------
    id : str
        Id of the zone.
    tissue : str
        What it is made of; of a bundle, what its name begins with.
    """

    id: ZoneId
    tissue: Tissue


@cached
def load_tissues(path: Path | str = FILE) -> Mapping[str, Tissue]:
    """Return the tissue of every structure, by id of its zone.

    Raises
    ------
    DataError
        Naming file and entry: not readable, a tissue that is not one, an id twice.

    Examples
    --------
    >>> load_tissues()["pleura"], load_tissues()["femoral-vein"]
    ('lung', 'vein')
    """
    found: dict[str, Tissue] = {}
    for row in entries_of(StructureTissue, read_toml(path), "structure", path):
        if row.id in found:
            raise DataError(f"{label(path)}, structure {row.id!r}: duplicate id.")
        found[row.id] = row.tissue
    return MappingProxyType(found)


@cached
def tissue_words(path: Path | str = FILE) -> Mapping[Tissue, TissueWord]:
    """Return what tissues are called, by id.

    Raises
    ------
    DataError
        Naming the file and a tissue that has no word.

    Examples
    --------
    >>> str(tissue_words()["organ"].word)
    'solid organ'
    """
    rows = entries_of(TissueWord, read_toml(path), "tissue", path)
    found = {row.id: row for row in rows}
    for name in TISSUES:
        if name not in found:
            raise DataError(f"{label(path)}: tissue {name!r} is missing.", given=name)
    return MappingProxyType({name: found[name] for name in TISSUES})


@cached
def hollow_bones(path: Path | str = FILE) -> Mapping[str, HollowBone]:
    """Return the bones that pictures draw as a wall, by name.

    Raises
    ------
    DataError
        Naming the file and the entry: not readable, or a wall without a mean.

    Examples
    --------
    >>> hollow_bones()["skull"].record.n
    281
    """
    rows = entries_of(HollowBone, read_toml(path), "hollow", path)
    for row in rows:
        known = load_evidence().get(row.wall)
        if known is None or known.mean_mm is None or known.n is None:
            raise DataError(
                f"{label(path)}, hollow {row.bone!r}: wall must be evidence with a "
                f"mean and a number of people, not {row.wall!r}.",
                given=row.wall,
            )
    return MappingProxyType({row.bone: row for row in rows})


def tissue_of(zone_id: str) -> Tissue | None:
    """Return the tissue of a structure; None for what a folder of one's own leaves out.

    Examples
    --------
    >>> tissue_of("sciatic")
    'nerve'
    """
    return load_tissues().get(zone_id)
