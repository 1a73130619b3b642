"""The contract: what a check is asked and what it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from anatomy.errors import InputError, OutOfRangeError
from anatomy.messages import DataWords, Words
from anatomy.names import unknown
from anatomy.references import SourceId
from zones.contract.validation import AnswerModel, StrictModel, notebook_html, parse

#: Version of the contract: semantic versioning, as `docs/contract.md` explains.
CONTRACT_VERSION = "1.0.0"

#: Longest needle that a request may name, and so the deepest plan, in mm.
LONGEST_NEEDLE_MM = 300.0
#: Folds of skin and muscle that two fingers lift, mm.
THINNEST_FOLD_MM, THICKEST_FOLD_MM = 10.0, 120.0


class Verdict(StrEnum):
    """Answers of a check, ordered by how much they hold back.

    ``NOT_ASSESSABLE`` stands outside the four steps: it outranks ``CAUTION``,
    because "go carefully" may not be said where nothing was mapped, and it never
    hides a ``DANGER`` or a ``STOP``.

    Examples
    --------
    >>> Verdict.CAUTION < Verdict.DANGER
    True
    >>> max([Verdict.NOT_ASSESSABLE, Verdict.DANGER]).value
    'DANGER'
    """

    #: Place in the order, 0 for the mildest.
    rank: int

    NO_KNOWN_DANGER = "NO_KNOWN_DANGER"
    CAUTION = "CAUTION"
    NOT_ASSESSABLE = "NOT_ASSESSABLE"
    DANGER = "DANGER"
    STOP = "STOP"

    def __new__(cls, value: str) -> Verdict:
        """Return a verdict that ranks after those before it."""
        verdict = str.__new__(cls, value)
        verdict._value_, verdict.rank = value, len(cls.__members__)
        return verdict

    def __lt__(self, other: str) -> bool:
        """Return whether this verdict holds back less than the other."""
        return self.rank < _rank(other)

    def __le__(self, other: str) -> bool:
        """Return whether this verdict holds back no more than the other."""
        return self.rank <= _rank(other)

    def __gt__(self, other: str) -> bool:
        """Return whether this verdict holds back more than the other."""
        return self.rank > _rank(other)

    def __ge__(self, other: str) -> bool:
        """Return whether this verdict holds back no less than the other."""
        return self.rank >= _rank(other)


def _rank(verdict: str) -> int:
    """Return the rank of a verdict or of its name."""
    return (verdict if isinstance(verdict, Verdict) else Verdict(verdict)).rank


BodyName = Literal["male", "female"]
SideName = Literal["left", "right", "midline"]
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
_Offset = Annotated[float, Field(ge=-2000, le=2000)]
_Cun = Annotated[float, Field(ge=-80, le=80)]
_Place = Annotated[float, Field(ge=-3000, le=3000)]
_Text = Annotated[str, Field(min_length=1, max_length=300)]


class _Site(StrictModel):
    """What all forms of a site may carry."""

    where: ClassVar[str] = "site"

    body: BodyName | None = None


class _TapeSite(_Site):
    """What sites measured by tape may carry."""

    lateral_mm: _Offset | None = None
    superior_mm: _Offset | None = None
    anterior_mm: _Offset | None = None
    lateral_cun: _Cun | None = None
    superior_cun: _Cun | None = None
    anterior_cun: _Cun | None = None
    side: SideName | None = None
    chart: _Text | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> _TapeSite:
        for axis in ("lateral", "superior", "anterior"):
            mm, cun = getattr(self, f"{axis}_mm"), getattr(self, f"{axis}_cun")
            if mm is not None and cun is not None:
                raise InputError(
                    f"only one of {axis}_mm and {axis}_cun may be given.",
                    field=f"site.{axis}_cun",
                    given=cun,
                )
        return self


class LandmarkSite(_TapeSite):
    """A site given as a tape lies from a landmark: superior first, lateral last."""

    landmark: _Text


class BetweenSite(_TapeSite):
    """A site on the straight line between two landmarks, with offsets from there.

    With ``tape`` the fraction is of a tape on the skin instead.
    """

    between: Annotated[tuple[_Text, _Text], Field(strict=False)]
    fraction: Annotated[float, Field(ge=0, le=1)] = 0.5
    tape: bool = False


class ChartSite(_Site):
    """A site given in millimetres of a chart's plane, in the body frame."""

    chart: _Text
    x_mm: _Place
    y_mm: _Place


class MuscleSite(_Site):
    """A site given as a muscle, optionally one of its named needling sites."""

    muscle: _Text
    side: SideName | None = None
    site: _Text | None = None


class PointSite(_Site):
    """A site given as an acupoint code."""

    point: _Text
    side: SideName | None = None


class XyzSite(_Site):
    """A site given as a place in the body frame; the nearest skin is taken."""

    xyz_mm: Annotated[
        tuple[_Place, _Place, _Place], Field(strict=False, description="mm, LPS")
    ]


class TextSite(_Site):
    """A site in words, such as ``6 cm left of T4``."""

    text: _Text


Site = (
    LandmarkSite | ChartSite | MuscleSite | PointSite | XyzSite | TextSite | BetweenSite
)

#: What a function takes as a site: a model, or a mapping in a form of the contract.
SiteLike = Site | Mapping[str, object]

_FORMS: dict[str, type[_Site]] = {
    "landmark": LandmarkSite,
    "muscle": MuscleSite,
    "point": PointSite,
    "xyz_mm": XyzSite,
    "text": TextSite,
    "between": BetweenSite,
    "chart": ChartSite,
}


def parse_site(data: object, *, field: str = "site") -> Site:
    """Return the site form that a mapping describes.

    Parameters
    ----------
    data : mapping or Site
        One of the forms of the contract.
    field : str
        Where it stands in the request, used in messages.

    Returns
    -------
    Site
        The validated form.

    Raises
    ------
    InputError, UnknownNameError, OutOfRangeError
        When no form or more than one is given, or a field is wrong.

    Examples
    --------
    >>> parse_site({"point": "GB21", "side": "right"}).point
    'GB21'
    """
    if isinstance(data, _Site):
        return data  # type: ignore[return-value]
    if not isinstance(data, Mapping):
        raise InputError(
            f"{field} must be an object such as {{'landmark': ..., 'side': ...}}; "
            f"got {data!r}.",
            field=field,
            given=data,
        )
    given = [key for key in _FORMS if data.get(key) is not None]
    if "chart" in given and len(given) > 1:
        given.remove("chart")
    if len(given) != 1:
        known = {name for form in _FORMS.values() for name in form.model_fields}
        for key in data:
            if key not in known:
                raise unknown("field", str(key), sorted(known), field=f"{field}.{key}")
        what = "none" if not given else " and ".join(given)
        raise InputError(
            f"{field} must be given in exactly one form: by {', '.join(_FORMS)}; "
            f"got {what}.",
            field=field,
            given=dict(data),
        )
    form = _FORMS[given[0]]
    plain = {key: _plain(value) for key, value in data.items()}
    return parse(form, plain, field=field)  # type: ignore[return-value]


def _plain(value: object) -> object:
    """Return numpy scalars and arrays as Python numbers and lists."""
    convert = getattr(value, "tolist", None)
    return convert() if callable(convert) else value


class Tilt(StrictModel):
    """A needle leaning from the skin's normal toward a direction of the patient."""

    where: ClassVar[str] = "needle.direction"

    tilt_deg: Annotated[float, Field(ge=0, le=90)]
    toward: Toward


class Vector(StrictModel):
    """A needle along a vector of the body frame, from the skin into the body."""

    where: ClassVar[str] = "needle.direction"

    vector: Annotated[
        tuple[_Place, _Place, _Place], Field(strict=False, description="LPS")
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

    structure: _Text
    depth_mm: Annotated[float, Field(gt=0, le=LONGEST_NEEDLE_MM)]
    method: Literal["ultrasound", "CT", "MRI"] = "ultrasound"
    error_mm: Annotated[float, Field(gt=0, le=20)] | None = None
    site: dict[str, Any] | None = None


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

    model_config = ConfigDict(use_attribute_docstrings=True)
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
    bone: _Text | None = None
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
            plain = {key: _plain(item) for key, item in value.items()}
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
        data = {key: _plain(value) for key, value in data.items() if value is not None}
    return parse(Needle, data, field="needle")


class Nearest(AnswerModel):
    """The place of the structure nearest to the tip as planned, and how far it is.

    Where the plan reaches the structure, the place on the needle where it meets it.
    """

    xyz_mm: tuple[float, float, float]
    distance_mm: float


class Tolerance(AnswerModel):
    """How much error the plan bears before the structure is reached.

    ``mm`` is error of depth along the needle, null when no depth along it reaches the
    structure. ``deg`` is error of tilt in any direction at the planned depth, looked
    at up to 45; null when it was not worked out, as for what lies far off.
    """

    mm: float | None
    deg: float | None


class OtherView(AnswerModel):
    """What another source says that was not followed."""

    text: DataWords
    sources: list[SourceId]


class Finding(AnswerModel):
    """One reason for a verdict.

    Examples
    --------
    >>> from zones import check_site
    >>> finding = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30}).findings[0]
    >>> finding.id, finding.consequence, finding.basis
    ('pleura', 'pneumothorax', 'pooled')
    """

    id: str
    """Id of the zone or rule."""
    kind: Literal["zone", "patient", "region", "practitioner"]
    """What it is about."""
    structure: Words | None = None
    """Name of the structure; null for a rule."""
    verdict: Verdict
    """Verdict of this finding alone."""
    consequence: Words | None = None
    """What follows when the structure is injured."""
    earliest_mm: float | None = None
    """Depth by which 1 in 40 people like this one have the structure, mm."""
    typical_mm: float | None = None
    """Depth by which half of people like this one have it, mm."""
    sd_mm: float | None = None
    """How far people differ, SD in mm."""
    reached_at_mm: float | None = None
    """Length of needle in the body from which the plan warns or refuses, mm."""
    nearest: Nearest | None = None
    """Where the plan comes nearest to the structure, or meets it."""
    tolerance: Tolerance | None = None
    """How much error the plan bears."""
    message: Words
    """What the finding says, in one or two sentences."""
    advice: list[Words] = Field(default_factory=list)
    """What to do about it."""
    sources: list[str] = Field(default_factory=list)
    """Ids of the sources, which `Assessment.sources` holds in full."""
    status: Literal["known", "unknown"] = "known"
    """``"unknown"`` when the finding rests on a fact that was not asked."""
    other_views: list[OtherView] = Field(default_factory=list)
    """Sources that disagree; the stricter one drives the verdict."""
    basis: Words | None = None
    """What a depth rests on: ``"measured"``, ``"pooled"`` (several studies),
    ``"carried"`` (from another place), ``"layer"`` (what lies in front of it) or
    ``"unknown"``; for a rule, its basis in words.
    """
    how: Words | None = None
    """How the figure came about, in words."""
    people: int | None = None
    """Number of people behind the depth."""
    severity: str | None = None
    """Worst credible harm: catastrophic, critical, serious, moderate or minor."""
    p_meet: float | None = None
    """Chance that the needle as planned meets the structure (P1)."""
    p_meet_interval: tuple[float, float] | None = None
    """95 % interval of `p_meet`, from the number of people behind the depth."""
    risk: float | None = None
    """P1 times the chance of harm once the structure is met (P2)."""
    weight: float | None = None
    """P1 over the chance from which the policy warns: 1 is just a CAUTION."""
    firmness: Literal["never", "not_like_this", "many_avoid"] | None = None
    """How firm the STOP of a rule is: never, not like this, or many avoid it."""

    def __repr__(self) -> str:
        """Verdict, id and message."""
        return f"<Finding {self.verdict} {self.id}: {self.message}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return notebook_html("finding_html", self)


class Suggestion(AnswerModel):
    """One change that would make the verdict milder.

    ``change`` names the field of the plan (depth_mm, length_mm, direction, electrical,
    site, arm, measured) and ``to`` the value to put there; for ``grip`` it holds all
    fields of the needle that go with it; null where there is no single value, as for
    another site of the practitioner's choice. ``verdict`` is that of the plan so
    changed.
    """

    change: str
    to: bool | float | str | dict[str, Any] | list[dict[str, Any]] | None = None
    verdict: Verdict
    why: Words


class Coverage(AnswerModel):
    """What was mapped in the region of the site."""

    level: Literal["full", "partial", "none"]
    mapped: list[Words] = Field(default_factory=list)
    mapped_to_mm: float | None = None
    """How deep under the skin of the region structures were mapped, mm."""


class BoneAhead(AnswerModel):
    """A bone on the needle's way: how often it is met, and when."""

    name: Words
    share: float
    """Share of needles set here that meet it."""
    from_mm: float
    """Depths under the skin between which it is met in 95 of 100 people, mm."""
    to_mm: float


class SiteAnswer(AnswerModel):
    """Where the site is, in every form."""

    chart: str
    x_mm: float
    y_mm: float
    xyz_mm: tuple[float, float, float]
    region: str
    description: Words
    body: BodyName
    side: SideName
    spread_mm: float = 0.0
    """Radius of the search area that a muscle or point stands for, in mm."""


class Assessment(AnswerModel):
    """The answer of a check.

    Examples
    --------
    >>> from zones import check_site
    >>> answer = check_site({"text": "6 cm left of T4"}, {"depth_mm": 30})
    >>> answer.verdict.value, answer.complete, answer.site.region
    ('DANGER', False, 'upper back')
    """

    verdict: Verdict
    """The gravest of all findings. The mildest only says that no danger is known."""
    headline: Words
    """The verdict's main reason, in one sentence."""
    complete: bool
    """Whether no open question could change the verdict."""
    open_questions: list[str]
    """Facts that were not given and could change the verdict, the weightiest first."""
    site: SiteAnswer
    """Where the site is."""
    max_depth_mm: float | None
    """Deepest plan that stays below DANGER and within what is mapped, mm; 0 when none
    does, null where nothing is mapped.
    """
    limit_set_by: Literal["risk", "bone", "middle", "mapped"] | None = None
    """What sets the limit: the risk of a structure, bone that is nearly always met, the
    middle of a limb, or the depth to which the place was mapped.
    """
    limit_structure: Words | None = None
    """The bone that sets it."""
    bone: BoneAhead | None = None
    """The bone that is expected under the site, if any."""
    policy: str = "needlemap"
    """Name of the policy by which risk became a verdict."""
    policy_looser: bool = False
    """Whether that policy warns or refuses later than the shipped one."""
    findings: list[Finding]
    """All reasons, the gravest first."""
    suggestions: list[Suggestion]
    """Changes of the plan that would make the verdict milder."""
    coverage: Coverage
    """What was mapped in the region of the site."""
    advice: list[Words]
    """What the practitioner should do."""
    aftercare: list[Words]
    """What the patient should do afterwards, and be told."""
    red_flags: list[Words]
    """Warning signs after the treatment."""
    sources: dict[str, dict[str, Any]]
    """Records of all sources that the answer cites, by id."""
    data_version: str
    """Version of the data behind the answer."""

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data, every key of the contract present."""
        return self.model_dump(mode="json")

    def __repr__(self) -> str:
        """Verdict, deepest plan below DANGER and headline."""
        return f"<Assessment {self.verdict}, {self.max_depth_mm} mm: {self.headline}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return notebook_html("assessment_html", self)
