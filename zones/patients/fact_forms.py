"""The forms in which facts of a patient are answered: numbers, names, places, areas."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from anatomy.errors import InputError, NeedlemapError, OutOfRangeError
from anatomy.names import unknown
from zones.contract.sites import parse_site
from zones.contract.validation import StrictModel, parse
from zones.knowledge.facts import Fact, FactType, load_facts
from zones.knowledge.places import split_side

#: Radius that a marked area of skin may have, in mm.
LARGEST_AREA_MM = 500.0

Name = Annotated[str, Field(max_length=80)]


class Area(StrictModel):
    """A marked patch of skin: a site of the contract and a radius round it."""

    where: ClassVar[str] = "patient"

    site: dict[str, Any]
    """Middle of the patch, a site of the contract."""
    radius_mm: Annotated[float, Field(ge=0, le=LARGEST_AREA_MM)] = 20.0
    """Radius of the patch, mm."""

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, value: dict[str, Any]) -> dict[str, Any]:
        parse_site(value)
        return value


class Implant(StrictModel):
    """Something put into the body: what it is and in which region."""

    where: ClassVar[str] = "patient.implants"

    kind: Name
    """What it is; see the options of the fact."""
    region: Name | None = None
    """Region of skin over it."""

    @model_validator(mode="after")
    def _known(self) -> Implant:
        kinds = load_facts()["implants"].options
        if self.kind not in kinds:
            raise unknown(
                "kind of implant", self.kind, kinds, field="patient.implants.kind"
            )
        if self.region is not None:
            _check_place(self.region, field="patient.implants.region")
        return self


Number = Annotated[float, Field(strict=False)]
Areas = bool | tuple[Area, ...]
Regions = bool | tuple[Name, ...]
Implants = bool | tuple[Implant, ...]
Medicine = bool | Name

#: What a fact is answered with, by its type; None is always "not asked".
FORMS: dict[FactType, Any] = {
    "bool": bool,
    "number": Number,
    "choice": Name,
    "areas": Areas,
    "regions": Regions,
    "implants": Implants,
    "medicine": Medicine,
}


def tidied(name: str, value: Any) -> Any:
    """Return one answer in the form that the model keeps."""
    fact = load_facts().by_name().get(name)
    kind = fact.type if fact is not None else None
    if kind == "number" and value is not None:
        return _number(name, value)
    if isinstance(value, str):
        if kind == "regions":
            return (value,)
        return value.strip().lower() if kind == "medicine" else value
    if isinstance(value, (list, tuple)) and kind in {"areas", "implants"}:
        return tuple(_item(kind, name, i, entry) for i, entry in enumerate(value))
    return tuple(value) if isinstance(value, list) else value


def _number(name: str, value: object) -> float:
    """Return a fact's number when it is finite and inside its range, else raise."""
    fact = load_facts()[name]
    low, high = fact.range or (-math.inf, math.inf)
    field = f"patient.{name}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        convert = getattr(value, "item", None)
        if not callable(convert):
            raise InputError(
                f"{field} must be a number ({fact.label}, {fact.unit}); got {value!r}.",
                field=field,
                given=value,
            )
        return _number(name, convert())
    # the range first: a whole number may be too large to be asked if it is finite
    if not low <= value <= high or not math.isfinite(value):
        raise OutOfRangeError(
            f"{field} must be a number from {low:g} to {high:g} {fact.unit}; "
            f"got {value!r:.60}.",
            field=field,
            given=value,
        )
    return float(value)


def _item(kind: str, name: str, index: int, value: object) -> Area | Implant:
    """Return one marked area or implant of a list."""
    model: type[Area | Implant] = Area if kind == "areas" else Implant
    try:
        return parse(model, value, field=f"patient.{name}.{index}")
    except NeedlemapError as error:
        if error.field is not None and error.field.startswith("site"):
            error.field = f"patient.{name}.{index}.{error.field}"
        raise


def plain(value: Any) -> Any:
    """Return an answer with its marked areas or implants as plain data."""
    if not isinstance(value, tuple):
        return value
    return [v.model_dump() if isinstance(v, StrictModel) else v for v in value]


def check_names(fact: Fact, value: Any) -> None:
    """Raise when an answer has a name in it that nothing is called by.

    Raises
    ------
    UnknownNameError
        For an option, region or group of regions that does not exist.
    InputError
        For a medicine's name that means no or nothing.
    """
    field = f"patient.{fact.name}"
    if fact.type == "choice" and value not in fact.options:
        raise unknown(fact.label, str(value), fact.options, field=field)
    if fact.type == "regions" and not isinstance(value, bool):
        for place in value:
            _check_place(place, field=field)
    if fact.type == "medicine" and isinstance(value, str):
        _check_medicine(value, field=field)


def _check_place(place: str, *, field: str) -> None:
    """Raise when a place is not a region, a group of regions, or a side of one."""
    catalogue = load_facts()
    name = split_side(place)[1]
    if name not in catalogue.places():
        raise unknown("region", name, catalogue.places(), field=field)


def _check_medicine(name: str, *, field: str) -> None:
    """Raise when a medicine's name is a word that means no or nothing."""
    if name in load_facts().not_a_name:
        raise InputError(
            f"{field} must be true, false or the name of a medicine; got {name!r}. "
            "Leave it out when it was not asked.",
            field=field,
            given=name,
            suggestions=[m.name for m in load_facts().medicines][:6],
        )
