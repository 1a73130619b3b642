"""Where the muscles of the catalogue are attached, as far as drawing them needs.

``data/catalogue/attachments.toml`` gives each muscle's parts: lines of origin and
insertion as landmarks or places on bones, the layer that the part lies in, and how
thick it is where somebody measured it. What is drawn from it is a scheme.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anatomy.errors import DataError, NeedlemapError
from anatomy.muscles.catalogue import Muscle, Read, get_muscle, muscle_names
from anatomy.names import closest
from anatomy.places.offset import read_offset
from anatomy.store import cached, invalid, reading

FILE = "catalogue/attachments.toml"
#: Directions of the anatomical position; on the left, lateral is to the left.
WORDS = ("anterior", "posterior", "lateral", "medial", "superior", "inferior")

Words = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Sex = Literal["male", "female"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def direction_words(text: str) -> tuple[str, ...]:
    """Return the plain directions of a compound word.

    Raises
    ------
    ValueError
        When the word is not made of directions.

    Examples
    --------
    >>> direction_words("posterolateral"), direction_words("anterior")
    (('posterior', 'lateral'), ('anterior',))
    """
    found: list[str] = []
    rest = text.strip().lower()
    stems = {word[:-2] + "o": word for word in WORDS if word.endswith("or")}
    stems |= {"antero": "anterior", "postero": "posterior"}
    stems |= {"supero": "superior", "infero": "inferior", "medio": "medial"}
    while rest not in WORDS:
        stem = next((s for s in stems if rest.startswith(s)), None)
        if stem is None:
            raise ValueError(
                f"a direction must be made of {', '.join(WORDS)}; got {text!r}"
            )
        found.append(stems[stem])
        rest = rest.removeprefix(stem)
    return (*found, rest)


class OnBone(_Entry):
    """A place on the surface of a bone.

    Attributes
    ----------
    bone : str
        The bone, without a side.
    along : float or None
        Share of a long bone's length, 0 at its proximal end.
    lateral, anterior, superior : float or None
        Share of the bone's extent: 0 is the medial, posterior or inferior end; on a
        bone of the midline lateral counts from the midline. What is not given is the
        middle.
    facing : str
        The surface that is meant, such as ``"posterolateral"``.
    """

    bone: Words
    along: Share | None = None
    lateral: Share | None = None
    anterior: Share | None = None
    superior: Share | None = None
    facing: Words

    @model_validator(mode="after")
    def _checked(self) -> OnBone:
        direction_words(self.facing)
        box = (self.lateral, self.anterior, self.superior)
        if self.along is not None and any(s is not None for s in box):
            raise ValueError("along goes without lateral, anterior and superior")
        return self


#: A landmark's name, an offset of the landmark language, or a place on a bone.
Spot = str | OnBone | dict[str, Any]
Line = Annotated[tuple[Spot, ...], Field(min_length=1)]
Facing = Words | Annotated[tuple[Words, ...], Field(min_length=1)]


class Thickness(_Entry):
    """How thick a muscle was measured to be.

    Attributes
    ----------
    mm : float
        Mean thickness at rest, mm.
    record : str
        The evidence record that says so.
    sex : {"male", "female"} or None
        Whom it holds for; None for both.
    """

    mm: Annotated[float, Field(gt=0, le=80)]
    record: Words
    sex: Sex | None = None


class Part(_Entry):
    """A head or fibre group, from its origin to its insertion.

    Attributes
    ----------
    name : str
        Empty when the muscle has one part only.
    origin, insertion : tuple
        Places on the line of attachment, from one border of the part to the other.
    via : tuple of lines
        Lines between them that the part runs over.
    facing, facing_end : str or tuple of str
        Direction in which skin lies over the part, at the origin (and at the insertion
        when it differs); several run from the first border to the last.
    also : str or None
        Another direction from which it is reached and shown.
    layer : (int, int)
        Which layer from the skin, of how many between skin and bone.
    layer_start : (int, int) or None
        The same at its origin, where that differs, as of what comes out from under
        another muscle.
    course : {"layer", "straight"}
        Whether it follows the skin in its layer, or runs straight between its lines,
        as what lies behind a bone or within the pelvis does.
    width : float or None
        Greatest width of a spindle as a share of its length; drawn, not measured.
    fleshy : (float, float)
        Shares of its length between which it is muscle; the rest is tendon.
    thickness : tuple of Thickness
        Empty where nobody measured it.
    """

    name: str = ""
    origin: Line
    insertion: Line
    via: tuple[Line, ...] = ()
    facing: Facing
    facing_end: Facing | None = None
    also: Words | None = None
    layer: tuple[int, int] = (1, 1)
    layer_start: tuple[int, int] | None = None
    course: Literal["layer", "straight"] = "layer"
    width: Annotated[float, Field(gt=0, le=1.5)] | None = None
    fleshy: tuple[Share, Share] = (0.0, 1.0)
    thickness: tuple[Thickness, ...] = ()

    @model_validator(mode="after")
    def _checked(self) -> Part:
        for line in self.lines:
            for spot in line:
                _check_spot(spot)
        for facing in (self.facing, self.facing_end or self.facing):
            for word in (facing,) if isinstance(facing, str) else facing:
                direction_words(word)
        if self.also is not None:
            direction_words(self.also)
        for own, of in (self.layer, self.layer_start or self.layer):
            if not 1 <= own <= of <= 5:
                raise ValueError("layer must be [which from the skin, of how many]")
        if self.fleshy[0] >= self.fleshy[1]:
            raise ValueError("fleshy must be [start, end] of the muscle's length")
        if self.width is None and all(len(line) == 1 for line in self.lines):
            raise ValueError("a part from point to point must have a width")
        return self

    @property
    def lines(self) -> tuple[tuple[Spot, ...], ...]:
        """Lines of origin, passage and insertion, in their order."""
        return (self.origin, *self.via, self.insertion)

    def thickness_mm(self, sex: str) -> float | None:
        """Return the measured thickness for a sex, mm, or None."""
        for thickness in self.thickness:
            if thickness.sex in (sex, None):
                return thickness.mm
        return None


class Referral(_Entry):
    """Where pain from a muscle is felt, as one source says it in words.

    Attributes
    ----------
    areas : tuple of str
        Names of areas.
    source : str
        Id of a source.
    """

    areas: Annotated[tuple[Words, ...], Field(min_length=1)]
    source: Words


class MuscleAttachments(_Entry):
    """A muscle's parts.

    Attributes
    ----------
    name : str
        The catalogue's name.
    part : tuple of Part
    over : tuple of str
        Muscles that it covers where the two overlap.
    source : str
        Id of the source of its attachments.
    muscle_length_mm : (float, float) or None
        Published range of the muscle's length, mm, by `length_source`.
    referral : Referral or None
    note : str
        What the scheme leaves out.
    """

    name: Words
    part: Annotated[tuple[Part, ...], Field(min_length=1)]
    over: tuple[Words, ...] = ()
    source: Words
    muscle_length_mm: tuple[float, float] | None = None
    length_source: str | None = None
    referral: Referral | None = None
    note: str = ""


class AttachmentSource(_Entry):
    """A source of attachments, lengths or referral areas.

    Attributes
    ----------
    id, title : str
    read : str
        How much of it was read.
    url : str
    note : str
    """

    id: Words
    title: Words
    read: Read
    url: str = ""
    note: str = ""


def _check_spot(spot: Spot) -> None:
    if isinstance(spot, OnBone):
        return
    try:
        offset = {"landmark": spot} if isinstance(spot, str) else spot
        if read_offset(offset, field="at").side is not None:
            raise ValueError("a place must have no side")
    except NeedlemapError as error:
        raise ValueError(str(error)) from error


@cached
def _table() -> tuple[dict[str, MuscleAttachments], dict[str, AttachmentSource]]:
    with reading(FILE) as data:
        sources = {
            str(row["id"]): AttachmentSource.model_validate(row)
            for row in data["source"]
        }
        found: dict[str, MuscleAttachments] = {}
        for row in data["muscle"]:
            try:
                entry = MuscleAttachments.model_validate(row)
            except ValidationError as error:
                where = f"attachments.toml, {row.get('name')}"
                raise invalid(error, row, where) from error
            if entry.name in found:
                raise DataError(f"attachments.toml: {entry.name} is given twice.")
            used = [entry.source, entry.length_source]
            used.append(entry.referral.source if entry.referral else None)
            for name in used:
                if name is not None and name not in sources:
                    raise DataError(
                        f"attachments.toml, {entry.name}: no source {name!r}.",
                        suggestions=closest(name, list(sources)),
                    )
            found[entry.name] = entry
    return found, sources


def attachments(muscle: str | Muscle) -> MuscleAttachments:
    """Return the attachments of a muscle of the catalogue.

    Raises
    ------
    UnknownNameError
        When there is no such muscle.
    DataError
        When the file has no entry for it.

    Examples
    --------
    >>> [part.name for part in attachments("deltoid").part]
    ['anterior', 'middle', 'posterior']
    """
    name = get_muscle(muscle).name if isinstance(muscle, str) else muscle.name
    found = _table()[0].get(name)
    if found is None:
        raise DataError(f"attachments.toml has no entry for {name!r}.")
    return found


def attachment_source(source: str) -> AttachmentSource:
    """Return a source of `attachments.toml` by its id.

    Examples
    --------
    >>> attachment_source(attachments("deltoid").source).read
    'memory'
    """
    found = _table()[1].get(source)
    if found is None:
        raise DataError(f"attachments.toml has no source {source!r}.")
    return found


def check_attachments() -> list[str]:
    """Check that each muscle of the catalogue has an entry, and no other has.

    Returns
    -------
    list of str
        What is wrong; empty when all is well.

    Examples
    --------
    >>> check_attachments()
    []
    """
    have, known = _table()[0], muscle_names()
    wrong = [f"{name}: no attachments" for name in known if name not in have]
    wrong += [f"{name}: not in the catalogue" for name in have if name not in known]
    for entry in have.values():
        wrong += [
            f"{entry.name}: over unknown {other!r}"
            for other in entry.over
            if other not in known
        ]
    return wrong


__all__ = [
    "AttachmentSource",
    "MuscleAttachments",
    "OnBone",
    "Part",
    "Referral",
    "Thickness",
    "attachment_source",
    "attachments",
    "check_attachments",
    "direction_words",
]
