"""What is said of a technique: the form of the files of techniques."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from anatomy.messages import AsMessage, DataWords
from anatomy.muscles.catalogue import Length, Read, Words

#: published: a study or registered protocol; taught: course, manual or guideline;
#: memory: from memory, no source seen; ours: assumed by us.
Basis = Literal["published", "taught", "memory", "ours"]
Grip = Literal["flat", "pincer", "bone", "tangential"]
Way = Literal["medial", "lateral", "cranial", "caudal", "anterior", "posterior"]
#: What people read, so that it can be read in another language.
Said = Annotated[Words, AsMessage]
Count = Annotated[int, Field(gt=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Direction(_Entry):
    """Which way the needle goes.

    Attributes
    ----------
    words : str
        As the source says it, in our own words.
    tilt_deg : float or None
        Tilt from the perpendicular to the skin, degrees; None when not given.
    toward : str or None
        Which way it is tilted, as in a request.
    aim : str
        What it is aimed at.
    basis : str
        What tilt and way rest on; the words are always the source's.
    """

    words: DataWords = ""
    tilt_deg: Annotated[float, Field(ge=0, lt=90)] | None = None
    toward: Way | None = None
    aim: DataWords = ""
    basis: Basis


class Needle(_Entry):
    """Shortest and longest needle, and thinnest and thickest, in millimetres."""

    length_mm: tuple[Length, Length] | None = None
    gauge_mm: tuple[Annotated[float, Field(gt=0, le=1)], ...] | None = None
    basis: Basis


class Depth(_Entry):
    """How deep.

    Attributes
    ----------
    min_mm, mean_mm, max_mm : float or None
    kind : str
        inserted: length of needle under the skin; limit: not deeper than; guide: a
        rough figure for teaching; muscle: where the muscle lies, not what is inserted.
    basis : str
    n, unit : int, str
        How many, of what; absent where the source does not say.
    """

    min_mm: Length | None = None
    mean_mm: Length | None = None
    max_mm: Length | None = None
    kind: Literal["inserted", "limit", "guide", "muscle"]
    basis: Basis
    n: Count | None = None
    unit: DataWords = ""

    @property
    def planned_mm(self) -> float | None:
        """The deepest that a plan by this figure goes; None for a muscle's depth."""
        return None if self.kind == "muscle" else (self.max_mm or self.mean_mm)


class EndPoint(_Entry):
    """Where the needle stops: at a bone (which), in the muscle, inside the fold."""

    kind: Literal["bone", "muscle", "fold", "other"]
    what: DataWords = ""
    basis: Basis


class People(_Entry):
    """How many were treated or measured, and of how many it is said: no injury."""

    n: Count
    unit: Said
    unharmed: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _checked(self) -> People:
        if (self.unharmed or 0) > self.n:
            raise ValueError("more are unharmed than were treated")
        return self


class Technique(_Entry):
    """One way to needle a muscle.

    Attributes
    ----------
    id : str
    muscles : tuple of str
        Names in the catalogue.
    sites : tuple of str
        Labels of the catalogue's sites to which it applies; empty with `everywhere`
        false: at a place of its own, see `entry`.
    everywhere : bool
        At any site of the muscle (where the trigger point is).
    of_catalogue : bool
        A reading of the catalogue's own words: sites, sources and needle are those of
        the catalogue's entry named by `record`.
    usual : bool
        Whether it is a usual way; false for a comparison, or a place to leave out.
    basis : str
        What the technique as a whole rests on.
    posture, entry, grip, fold : str
        `fold` says what is lifted; a pincer needs it.
    direction, needle, depth, end_point, people
        Each with its own basis; None where the source says nothing.
    warned_of : tuple of str
        What the source warns of.
    ours : tuple of str
        Fields that are our own assumption.
    sources : tuple of str
        Ids of sources; the catalogue's words with `of_catalogue`.
    read : str
        How they were read.
    record, note : str
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    muscles: Annotated[tuple[Words, ...], Field(min_length=1)]
    sites: tuple[Words, ...] = ()
    everywhere: bool = False
    of_catalogue: bool = False
    usual: bool = True
    basis: Literal["published", "taught", "memory"]
    posture: DataWords = ""
    entry: DataWords = ""
    grip: Grip | None = None
    fold: DataWords = ""
    direction: Direction | None = None
    needle: Needle | None = None
    depth: Depth | None = None
    end_point: EndPoint | None = None
    people: People | None = None
    warned_of: tuple[Said, ...] = ()
    ours: tuple[Words, ...] = ()
    sources: tuple[Words, ...] = ()
    read: Read = "memory"
    record: str = ""
    note: DataWords = ""

    @model_validator(mode="after")
    def _checked(self) -> Technique:
        if self.everywhere and self.sites:
            raise ValueError("everywhere and sites exclude each other")
        if not (self.sources or self.of_catalogue or self.basis == "memory"):
            raise ValueError(f"sources are missing, yet basis is {self.basis!r}")
        return self

    def applies_to(self, label: str) -> bool:
        """Return whether it is a technique for the site of that label."""
        return self.everywhere or label in self.sites


class TechniqueSource(_Entry):
    """One source of techniques; what is not known is absent."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    authors: str = ""
    year: int | None = None
    title: Words
    journal: str = ""
    doi: str | None = None
    url: str | None = None
    read: Read
