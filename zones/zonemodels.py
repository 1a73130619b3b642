"""What a zone, its areas, its depths and the evidence behind them are, as models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from zones.conditions import Condition
from zones.sources import Read, Record, Slug, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Depth_mm = Annotated[float, Field(ge=0, le=300)]
Extent_mm = Annotated[float, Field(gt=0, le=300)]
Level = Literal["measured", "partly measured", "inferred", "convention"]


class Offset(Record):
    """A place by a landmark and how far from it, measured as a tape lies.

    The tape starts at ``landmark``, or at ``fraction`` of the straight line between
    two landmarks (``between``; of the tape between them with ``tape``).
    ``superior`` goes first, along the sagittal plane (in a
    limb along its axis, toward the trunk); then ``anterior``; then ``lateral``, in
    the transverse plane away from the midline (in a limb round it, toward the radial
    or fibular side). Lengths in mm or cun. ``side`` is left out where the zone's own
    side is meant. The meaning is that of `anatomy.language.place`.
    """

    landmark: Text | None = None
    between: tuple[Text, Text] | None = None
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    tape: bool = False
    side: Literal["left", "right"] | None = None
    superior_mm: Annotated[float, Field(ge=-600, le=600)] | None = None
    superior_cun: Annotated[float, Field(ge=-25, le=25)] | None = None
    anterior_mm: Annotated[float, Field(ge=-400, le=400)] | None = None
    anterior_cun: Annotated[float, Field(ge=-15, le=15)] | None = None
    lateral_mm: Annotated[float, Field(ge=-400, le=400)] | None = None
    lateral_cun: Annotated[float, Field(ge=-15, le=15)] | None = None
    chart: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Offset:
        if (self.landmark is None) == (self.between is None):
            raise ValueError("give a landmark, or two landmarks as between")
        if self.fraction is not None and self.between is None:
            raise ValueError("fraction goes with between")
        if self.tape and self.between is None:
            raise ValueError("tape goes with between")
        for way in ("lateral", "superior", "anterior"):
            if None not in (getattr(self, f"{way}_mm"), getattr(self, f"{way}_cun")):
                raise ValueError(f"give {way}_mm or {way}_cun, not both")
        return self

    @property
    def landmarks(self) -> tuple[str, ...]:
        """The landmarks that the place hangs on."""
        return self.between or (self.landmark or "",)

    def as_dict(self) -> dict[str, Any]:
        """Return the place alone, as plain data that `anatomy.language` reads.

        Examples
        --------
        >>> Offset(landmark="T4 spinous process", lateral_cun=3).as_dict()
        {'landmark': 'T4 spinous process', 'lateral_cun': 3.0}
        """
        values = {name: getattr(self, name) for name in Offset.model_fields}
        return {
            name: value for name, value in values.items() if value not in (None, False)
        }


class PointRef(Record):
    """A place by the name of a catalogued acupoint, such as ``{point = "LI4"}``."""

    point: Text


class CoursePoint(Offset):
    """A point on the course of a vessel or nerve, with the depth known there."""

    earliest_mm: Depth_mm | None = None
    typical_mm: Depth_mm | None = None

    @model_validator(mode="after")
    def _order(self) -> CoursePoint:
        _check_order(self.earliest_mm, self.typical_mm)
        return self


class _Area(Record):
    """What every piece of a zone's area says of itself."""

    basis: Text
    sources: tuple[Slug, ...] = ()


class PolygonArea(_Area):
    """Skin that a chart shows inside a polygon.

    ``chart`` leaves the side off where there are two: ``"lateral"``, ``"hand_palmar"``.
    """

    kind: Literal["polygon"]
    chart: Text
    vertices: Annotated[tuple[Offset, ...], Field(min_length=3)]

    @model_validator(mode="after")
    def _distinct(self) -> PolygonArea:
        if len(set(self.vertices)) != len(self.vertices):
            raise ValueError("the vertices of a polygon must differ from each other")
        return self


class CourseArea(_Area):
    """A band along the skin through points: a vessel or a nerve."""

    kind: Literal["course"]
    half_width_mm: Extent_mm
    points: Annotated[tuple[CoursePoint, ...], Field(min_length=2)]


class DiscArea(_Area):
    """Skin within a radius of a place."""

    kind: Literal["disc"]
    at: Offset | PointRef
    radius_mm: Extent_mm


class RegionArea(_Area):
    """A whole named region of skin."""

    kind: Literal["region"]
    region: Text


Area = Annotated[
    PolygonArea | CourseArea | DiscArea | RegionArea, Field(discriminator="kind")
]


class Depth(Record):
    """How deep the structure lies at a place; without ``at``, anywhere in the zone.

    Attributes
    ----------
    earliest_mm : float
        The shallowest depth to reckon with: smallest seen, or mean - 2 SD.
    typical_mm, sd_mm : float, optional
        Mean and standard deviation, shown beside the limit and never used as one.
    evidence : tuple of str
        Ids of evidence records; empty only where ``how`` says it is inference.
    how : str
        How the figure comes from the evidence.
    """

    at: Offset | PointRef | None = None
    earliest_mm: Depth_mm
    typical_mm: Depth_mm | None = None
    sd_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    evidence: tuple[str, ...] = ()
    how: Text
    note: str = ""

    @model_validator(mode="after")
    def _grounded(self) -> Depth:
        _check_order(self.earliest_mm, self.typical_mm)
        if not self.evidence and not self.how.startswith("inference"):
            raise ValueError(
                "a depth without evidence must say how it was inferred: "
                'how = "inference: ..."'
            )
        return self


class Disagreement(Record):
    """What other sources say, shown beside the stricter view that drives."""

    text: Text
    sources: tuple[Slug, ...] = ()


class Zone(Record):
    """A dangerous structure under an area of skin, or an area that a rule refers to.

    Attributes
    ----------
    kind : {"structure", "exclusion"}
        An exclusion has no depth: rules refer to it by id.
    category : {"critical", "minor"}
        Reaching a critical structure is DANGER, a minor one CAUTION.
    side : {"paired", "midline", "left", "right"}
        Paired: authored once, compiled for both sides. Midline: authored on one side
        of the midline and mirrored.
    placement_mm : float
        How far off its mark a needle is reckoned to be set.
    floor_mm : float
        No correction takes the earliest depth below this.
    bmi_rule : bool
        Whether a thin or obese body corrects the depth.
    level : {"measured", "partly measured", "inferred", "convention"}
        What its depths rest on: all on measurements, some, none (our inference);
        a convention for an exclusion. `zones.datacheck` holds it to the depths.
    applies_when : tuple of Condition
        The zone exists only in patients for whom all of these hold.
    """

    id: Slug
    structure: Text
    kind: Literal["structure", "exclusion"]
    category: Literal["critical", "minor"] = "critical"
    consequence: Text
    side: Literal["paired", "midline", "left", "right"]
    placement_mm: Annotated[float, Field(ge=0, le=50)] = 10.0
    floor_mm: Annotated[float, Field(ge=0, le=50)] = 5.0
    bmi_rule: bool = False
    wraps: bool = False
    xref: dict[str, str] = Field(default_factory=dict)
    level: Level | None = None
    version: Annotated[int, Field(ge=1)] = 1
    summary: str = ""
    why: str = ""
    advice: tuple[Text, ...] = ()
    sources: tuple[Slug, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    applies_when: tuple[Condition, ...] = ()
    area: Annotated[tuple[Area, ...], Field(min_length=1)]
    depth: tuple[Depth, ...] = ()

    @model_validator(mode="after")
    def _depth_where_needed(self) -> Zone:
        if self.kind == "exclusion":
            if self.depth:
                raise ValueError("an exclusion zone has no depth")
            return self
        if self.depth:
            return self
        for number, area in enumerate(self.area, start=1):
            if not isinstance(area, CourseArea) or all(
                point.earliest_mm is None for point in area.points
            ):
                raise ValueError(
                    f"area {number} has no depth: give [[zone.depth]], or earliest_mm "
                    "on the points of a course"
                )
        return self

    def offsets(self) -> Iterable[tuple[str, Offset]]:
        """Yield every landmark offset with the entry it stands in."""
        for number, area in enumerate(self.area, start=1):
            places: Sequence[Offset | PointRef] = ()
            if isinstance(area, PolygonArea):
                places = area.vertices
            elif isinstance(area, CourseArea):
                places = area.points
            elif isinstance(area, DiscArea):
                places = (area.at,)
            for index, place in enumerate(places, start=1):
                if isinstance(place, Offset):
                    yield f"area {number}, place {index}", place
        for number, depth in enumerate(self.depth, start=1):
            if isinstance(depth.at, Offset):
                yield f"depth {number}", depth.at


class Evidence(Record):
    """One published measurement, in our own words.

    Attributes
    ----------
    quantity : str
        What was measured, such as ``"skin_to_pleura_or_lung"``.
    at : Offset or None
        Its place, when it can be placed; paired landmarks without side.
    mean_mm, sd_mm, min_mm, max_mm, median_mm, ci95_mm, iqr_mm
        Figures in mm as printed; a field is absent when it was not read.
    other : dict
        Further figures of the record, as gathered.
    read : str
        How the record was read.
    """

    id: Text
    quantity: Text
    structure: Text
    place: str = ""
    at: Offset | None = None
    side: Literal["left", "right"] | None = None
    measure: str = ""
    mean_mm: float | None = None
    sd_mm: float | None = None
    min_mm: float | None = None
    max_mm: float | None = None
    median_mm: float | None = None
    ci95_mm: tuple[float, float] | None = None
    iqr_mm: tuple[float, float] | None = None
    other: dict[str, Any] = Field(default_factory=dict)
    n: int | None = None
    sex: Literal["male", "female", "both"] | None = None
    bmi_mean: float | None = None
    population: str = ""
    source: Slug
    read: Read
    note: str = ""


class RegionCoverage(Record):
    """What has been mapped under a region of skin.

    Attributes
    ----------
    level : {"full", "partial", "none"}
        ``none`` means that a site there is not assessable.
    mapped : tuple of str
        Structures that were looked at there.
    missing : tuple of str
        What is known not to be mapped.
    """

    region: Text
    level: Literal["full", "partial", "none"]
    mapped: tuple[Text, ...] = ()
    missing: tuple[Text, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _says_what(self) -> RegionCoverage:
        if (self.level == "none") == bool(self.mapped):
            raise ValueError(
                "mapped must list structures, and be empty where the level is none"
            )
        return self


def _check_order(earliest: float | None, typical: float | None) -> None:
    """Raise when the earliest depth is deeper than the typical one."""
    if None not in (earliest, typical) and earliest > typical:  # type: ignore[operator]
        raise ValueError(
            f"earliest_mm must not exceed typical_mm; {earliest:g} and {typical:g} "
            "given"
        )
