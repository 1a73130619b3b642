"""The needle and the plan: how long, how deep, which way, how held, what was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from anatomy.errors import InputError, OutOfRangeError
from zones.contract.sites import PlaceMm, ShortText, plain_value
from zones.contract.validation import StrictModel, notebook_html, parse

#: Longest needle that a request may name, and so the deepest plan, in mm.
LONGEST_NEEDLE_MM = 300.0
#: Thickest needle, mm; a gauge typed in its place is refused.
THICKEST_NEEDLE_MM = 1.0
#: Folds of skin and muscle that two fingers lift, mm.
THINNEST_FOLD_MM, THICKEST_FOLD_MM = 10.0, 120.0
Toward = Literal[
    "medial",
    "lateral",
    "cranial",
    "caudal",
    "anterior",
    "posterior",
    "proximal",
    "distal",
]


class Tilt(StrictModel):
    """A needle leaning from the skin's normal toward a direction of the patient."""

    where: ClassVar[str] = "needle.direction"

    tilt_deg: Annotated[float, Field(ge=0, le=90)]
    """Angle from the skin's normal, degrees."""
    toward: Toward
    """The direction it leans toward."""


class Vector(StrictModel):
    """A needle along a vector of the body frame, from the skin into the body."""

    where: ClassVar[str] = "needle.direction"

    vector: Annotated[
        tuple[PlaceMm, PlaceMm, PlaceMm], Field(strict=False, description="LPS")
    ]

    @model_validator(mode="after")
    def _has_length(self) -> Vector:
        if math.hypot(*self.vector) < 1e-6:
            raise OutOfRangeError(
                "needle.direction.vector must have a length; got zero.",
                field="needle.direction.vector",
                given=self.vector,
            )
        return self


def _or_null(schema: dict[str, Any]) -> None:
    """Say that null may be given for what was not asked, as `parse_needle` reads it."""
    if "anyOf" not in schema:
        outer = {"title", "default"} & schema.keys()
        inner = {key: schema.pop(key) for key in list(schema) if key not in outer}
        schema["anyOf"] = [inner]
    schema["anyOf"].append({"type": "null"})


Grip = Literal["flat", "pincer", "bone"]
Posture = Literal["prone", "supine", "side-lying", "sitting"]
Arm = Literal["at side", "overhead", "behind back"]


class Measured(StrictModel):
    """A depth seen in this patient, by ultrasound or on a scan.

    ``structure`` is the id of a zone; the place is the site's own when none is given,
    and the error (SD) that of the method.
    """

    where: ClassVar[str] = "needle.measured"

    structure: ShortText
    """Id of the zone."""
    depth_mm: Annotated[float, Field(gt=0, le=LONGEST_NEEDLE_MM)]
    """How deep it was seen, mm."""
    method: Literal["ultrasound", "CT", "MRI"] = "ultrasound"
    """How it was seen."""
    error_mm: Annotated[float, Field(gt=0, le=20)] | None = None
    """SD of the measurement, mm; that of the method when left out."""
    site: dict[str, Any] | None = None
    """Where it was seen; the request's own site when left out."""


class Needle(StrictModel):
    """The needle and the plan: how long, how deep, in which direction.

    Examples
    --------
    >>> Needle(length_mm=40, depth_mm=25)
    Needle(length_mm=40.0, depth_mm=25.0)
    >>> Needle(length_mm=25, depth_mm=40)
    Traceback (most recent call last):
    anatomy.errors.OutOfRangeError: needle.depth_mm must not be more than ...
    """

    where: ClassVar[str] = "needle"

    length_mm: Annotated[float, Field(ge=1, le=LONGEST_NEEDLE_MM)] | None = None
    """Length of the needle, mm."""
    depth_mm: Annotated[float, Field(ge=0, le=LONGEST_NEEDLE_MM)] | None = None
    """Planned length of needle in the body, mm; the needle's length when not given."""
    direction: Annotated[
        Literal["perpendicular"] | Tilt | Vector, Field(json_schema_extra=_or_null)
    ] = "perpendicular"
    """Perpendicular to the skin, tilted toward a side of the patient, or a vector."""
    electrical: bool | None = None
    """Whether current will pass through the needle."""
    grip: Annotated[Grip, Field(json_schema_extra=_or_null)] = "flat"
    """How the muscle is held: flat, in a pincer grip (lifted in a fold), or aimed at a
    bone that is felt.
    """
    fold_mm: (
        Annotated[float, Field(ge=THINNEST_FOLD_MM, le=THICKEST_FOLD_MM)] | None
    ) = None
    """Thickness of the lifted fold, mm; only with the pincer grip."""
    bone: ShortText | None = None
    """The bone that is aimed at; only with the grip to bone."""
    posture: Posture | None = None
    """Posture of the patient while needling."""
    arm: Arm | None = None
    """Position of the patient's arm while needling."""
    measured: Annotated[
        tuple[Measured, ...],
        Field(strict=False, max_length=8, json_schema_extra=_or_null),
    ] = ()
    """Depths seen in this patient."""
    diameter_mm: Annotated[float, Field(gt=0, le=THICKEST_NEEDLE_MM)] | None = None
    """Diameter of the needle, mm; noted, and no part of the answer depends on it."""
    technique: ShortText | None = None
    """The technique that the plan follows: the id of one on record, or words; noted,
    and no part of the answer depends on it.
    """

    @field_validator("measured", mode="before")
    @classmethod
    def _each_read(cls, value: object) -> object:
        if not isinstance(value, (list, tuple)):
            return value
        return tuple(
            parse(Measured, item, field=f"needle.measured.{number}")
            if isinstance(item, Mapping)
            else item
            for number, item in enumerate(value)
        )

    @field_validator("direction", mode="before")
    @classmethod
    def _one_form(cls, value: object) -> object:
        if isinstance(value, Mapping):
            form: type[StrictModel] = Vector if "vector" in value else Tilt
            plain = {key: plain_value(item) for key, item in value.items()}
            return parse(form, plain, field="needle.direction")
        if isinstance(value, (Tilt, Vector)) or value == "perpendicular":
            return value
        raise InputError(
            "needle.direction must be 'perpendicular', "
            "{'tilt_deg': ..., 'toward': ...} or {'vector': [x, y, z]}; "
            f"got {value!r}.",
            field="needle.direction",
            given=value,
        )

    @model_validator(mode="after")
    def _fits(self) -> Needle:
        if (
            self.length_mm is not None
            and self.depth_mm is not None
            and self.depth_mm > self.length_mm
        ):
            raise OutOfRangeError(
                "needle.depth_mm must not be more than needle.length_mm; "
                f"got {self.depth_mm:g} mm deep with a needle "
                f"{self.length_mm:g} mm long.",
                field="needle.depth_mm",
                given=self.depth_mm,
            )
        return self

    @model_validator(mode="after")
    def _grip_says_what(self) -> Needle:
        for grip, field, what in (
            ("pincer", "fold_mm", "how thick the lifted fold is"),
            ("bone", "bone", "which bone is aimed at"),
        ):
            given = getattr(self, field)
            if self.grip == grip and given is None:
                raise InputError(
                    f"needle.{field} must say {what} when needle.grip is {grip!r}.",
                    field=f"needle.{field}",
                )
            if self.grip != grip and given is not None:
                raise InputError(
                    f"needle.{field} goes with needle.grip {grip!r} only; "
                    f"the grip given is {self.grip!r}.",
                    field=f"needle.{field}",
                    given=given,
                )
        return self

    @property
    def planned_mm(self) -> float:
        """Depth the check reckons with: as planned, else the length, else endless."""
        if self.depth_mm is not None:
            return self.depth_mm
        return self.length_mm if self.length_mm is not None else math.inf

    def _repr_html_(self) -> str:
        return notebook_html("needle_html", self)


#: What a function takes as a needle.
NeedleLike = Needle | Mapping[str, object]


def parse_needle(data: object) -> Needle:
    """Return the needle of a request; ``None`` is a needle nothing is known of.

    Raises
    ------
    InputError, UnknownNameError, OutOfRangeError
        When a field is unknown, of the wrong type, or out of range.

    Examples
    --------
    >>> parse_needle({"length_mm": 40, "depth_mm": 25}).planned_mm
    25.0
    """
    if data is None:
        return Needle()
    if isinstance(data, Needle):
        return data
    if isinstance(data, Mapping):
        data = {
            key: plain_value(value) for key, value in data.items() if value is not None
        }
    return parse(Needle, data, field="needle")
