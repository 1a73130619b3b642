"""What a zone, its areas and its depths are, as models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from anatomy.messages import DataWords
from anatomy.store.references import RecordId
from zones.knowledge.conditions import Condition
from zones.knowledge.records.evidence import Slope
from zones.knowledge.records.offset import Offset
from zones.knowledge.records.sources import Record, Slug, SourceSlug, Text, TextWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Extent_mm = Annotated[float, Field(gt=0, le=300)]
Spread_mm = Annotated[float, Field(ge=0, le=80)]
Level = Literal["measured", "partly measured", "inferred", "unknown", "convention"]
#: What a depth rests on, as its author says it; the pooling script makes ``pooled`` of
#: ``measured`` where several studies stand behind it.
Basis = Literal["measured", "carried", "layer", "unknown"]
#: The worst credible harm: death, paralysis or loss of sight; hospital; lasting loss;
#: passing symptoms or a haematoma; a bruise.
Severity = Literal["catastrophic", "critical", "serious", "moderate", "minor"]

#: No correction for a thin body takes a depth that build bears on below this, mm.
THIN_FLOOR_MM = 5.0


class PointRef(Record):
    """A place by the name of a catalogued acupoint, such as ``{point = "LI4"}``."""

    point: Text


class CourseNode(Offset):
    """A place that a vessel, nerve or duct passes.

    Attributes
    ----------
    side_sd_mm : float, optional
        How far people differ side to side here (SD, mm); the area's when left out.
    diameter_mm : float, optional
        Its diameter here, mm; the area's when left out.
    """

    side_sd_mm: Spread_mm | None = None
    diameter_mm: Extent_mm | None = None


class _Area(Record):
    """What every piece of a zone's area says of itself."""

    basis: Text
    records: tuple[RecordId, ...] = ()
    sources: tuple[SourceSlug, ...] = ()


class _Outline(_Area):
    """An outline on the skin; ``edge_sd_mm`` is how far people differ at its edge."""

    edge_sd_mm: Spread_mm = 0.0


class PolygonArea(_Outline):
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
    """A vessel, nerve or duct: nodes from its origin to its end.

    ``side_sd_mm`` and ``diameter_mm`` hold for every node that does not state its own.
    """

    kind: Literal["course"]
    side_sd_mm: Spread_mm
    diameter_mm: Extent_mm
    points: Annotated[tuple[CourseNode, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _distinct(self) -> CourseArea:
        places = [tuple(node.as_dict().items()) for node in self.points]
        if len(set(places)) != len(places):
            raise ValueError("the nodes of a course must differ from each other")
        return self

    def sides(self) -> tuple[list[float], list[float]]:
        """Return the side-to-side SD and the radius at each node, mm."""
        sd = [self.side_sd_mm if p.side_sd_mm is None else p.side_sd_mm
              for p in self.points]  # fmt: skip
        across = [p.diameter_mm or self.diameter_mm for p in self.points]
        return sd, [0.5 * size for size in across]

    @property
    def half_width_mm(self) -> float:
        """Half the width of the band that holds 95 in 100 people at its widest, mm."""
        sd, radius = self.sides()
        return max(r + 1.96 * s for s, r in zip(sd, radius, strict=True))


class DiscArea(_Outline):
    """Skin within a radius of a place."""

    kind: Literal["disc"]
    at: Offset | PointRef
    radius_mm: Extent_mm


class RegionArea(_Outline):
    """A whole named region of skin."""

    kind: Literal["region"]
    region: Text


Area = Annotated[
    PolygonArea | CourseArea | DiscArea | RegionArea, Field(discriminator="kind")
]


class Anchor(Record):
    """What the records behind one depth come to: a lognormal over people.

    Attributes
    ----------
    zone, id : str
        Zone and depth that it belongs to.
    basis : str
        The depth's basis; ``pooled`` where several studies stand behind it.
    mu, sigma : float
        Mean and SD of the logarithm of the depth in mm, for a new person.
    mean_mm, sd_mm, median_mm, low_mm, high_mm : float
        The same in mm: mean, SD, median, 2.5 % and 97.5 % quantile.
    people : int
        People behind it, over all studies.
    studies : tuple of str
        Source ids, the largest first.
    between : float
        SD of the logarithm between studies that is part of ``sigma``.
    place : float
        SD of the logarithm between places of one structure, by which the SD grows away
        from the anchor.
    conflicts : tuple of str
        Records whose study lies more than two SD from the pooled figure.
    borrowed : tuple of str
        Which parts no record prints: ``"spread"``, ``"between studies"``, ``"place"``.
    """

    zone: str
    id: str
    basis: Literal["measured", "pooled", "carried", "layer"]
    mu: float
    sigma: Annotated[float, Field(gt=0, le=2)]
    mean_mm: float
    sd_mm: float
    median_mm: float
    low_mm: float
    high_mm: float
    people: Annotated[int, Field(ge=1)]
    studies: Annotated[tuple[Slug, ...], Field(min_length=1)]
    between: float = 0.0
    place: float = 0.0
    conflicts: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()


class Depth(Record):
    """How deep the structure lies at a place; without ``at``, all over the zone.

    Attributes
    ----------
    id : str
        Name of the anchor in its zone.
    at : Offset or PointRef, optional
        The place.
    basis : {"measured", "carried", "layer", "unknown"}
        Measured here; measured elsewhere on the same structure (``why`` says why it
        may be carried); summed up from what lies in front of it; or not known.
    records : tuple of str
        Ids of the records of kind ``depth`` that are pooled.
    layers : tuple of tuple of str
        For ``layer``: from the skin inward, the records of kind ``layer`` of each.
    to : {"surface", "centre"}
        What the records measure to.
    anchor : Anchor or None
        What they come to, added at load; None where the depth is unknown.
    """

    id: Slug
    at: Offset | PointRef | None = None
    basis: Basis
    records: tuple[RecordId, ...] = ()
    layers: tuple[tuple[RecordId, ...], ...] = ()
    to: Literal["surface", "centre"] = "surface"
    why: DataWords = ""
    note: str = ""
    anchor: Anchor | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _grounded(self) -> Depth:
        if self.basis in ("measured", "carried") and not self.records:
            raise ValueError(f"a {self.basis} depth must name its records")
        if (self.basis == "layer") != bool(self.layers):
            raise ValueError("layers go with basis layer, and only with it")
        if self.basis == "unknown" and (self.records or self.layers):
            raise ValueError("an unknown depth has no records")
        if any(not layer for layer in self.layers):
            raise ValueError("each layer must name its records")
        if self.basis != "measured" and not self.why:
            raise ValueError(f"why must say what a {self.basis} depth rests on")
        return self

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of every record that the depth rests on."""
        return self.records + tuple(name for layer in self.layers for name in layer)

    @property
    def kind(self) -> str:
        """The basis with what pooling made of it.

        ``measured``, ``pooled``, ``carried``, ``layer`` or ``unknown``.
        """
        return self.anchor.basis if self.anchor else self.basis

    @property
    def earliest_mm(self) -> float:
        """2.5 % quantile for a new person, mm; 0 where the depth is unknown."""
        return self.anchor.low_mm if self.anchor else 0.0

    @property
    def typical_mm(self) -> float | None:
        """Median, mm; None where unknown."""
        return self.anchor.median_mm if self.anchor else None

    @property
    def sd_mm(self) -> float | None:
        """SD for a new person, mm; None where unknown."""
        return self.anchor.sd_mm if self.anchor else None

    @property
    def people(self) -> int:
        """How many people stand behind the figure."""
        return self.anchor.people if self.anchor else 0


class Build(Slope):
    """How the depths of a zone change with build, age or sex, as measured."""

    records: Annotated[tuple[RecordId, ...], Field(min_length=1)]
    note: str = ""


class Disagreement(Record):
    """What other sources say, shown beside the stricter view that drives."""

    text: TextWords
    sources: tuple[SourceSlug, ...] = ()


class Zone(Record):
    """A dangerous structure under an area of skin, or an area that a rule refers to.

    Attributes
    ----------
    kind : {"structure", "exclusion"}
        An exclusion has no depth: rules refer to it by id.
    severity : str, optional
        The worst credible harm of a structure.
    harm : str, optional
        Entry of the policy that says how often it follows when the structure is met.
    spread : str, optional
        Class of structures from which a spread is borrowed that a study does not
        print (``data/pooling.toml``).
    side : {"paired", "midline", "left", "right"}
        Paired: authored once, compiled for both sides. Midline: authored on one side
        of the midline and mirrored.
    bones : {"in front", "by depth", "not counted"}
        Whether all bone on a needle's way lies in front of it, as of what the chest,
        the spine or the pelvis holds; the depths tell which comes first; or the area
        drawn is a gap between bones.
    build : tuple of Build
        Measured slopes of its depths.
    applies_when : tuple of Condition
        The zone exists only in patients for whom all of these hold.
    """

    id: Slug
    structure: TextWords
    kind: Literal["structure", "exclusion"]
    severity: Severity | None = None
    harm: Slug | None = None
    spread: Slug | None = None
    consequence: TextWords
    side: Literal["paired", "midline", "left", "right"]
    bones: Literal["in front", "by depth", "not counted"] = "by depth"
    wraps: bool = False
    xref: dict[str, str] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=1)] = 1
    summary: DataWords = ""
    why: DataWords = ""
    advice: tuple[TextWords, ...] = ()
    sources: tuple[SourceSlug, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    applies_when: tuple[Condition, ...] = ()
    area: Annotated[tuple[Area, ...], Field(min_length=1)]
    depth: tuple[Depth, ...] = ()
    build: tuple[Build, ...] = ()

    @model_validator(mode="after")
    def _depth_where_needed(self) -> Zone:
        if self.kind == "exclusion":
            if self.depth or self.build or self.severity or self.harm:
                raise ValueError(
                    "an exclusion zone has no depth, build, severity or harm"
                )
            return self
        if self.severity is None or self.spread is None or self.harm is None:
            raise ValueError(
                "a structure must state its severity, its harm and its spread"
            )
        if not self.depth:
            raise ValueError(
                "a structure must have a depth; one that nobody measured is "
                'basis = "unknown", with why'
            )
        names = [depth.id for depth in self.depth]
        if len(set(names)) != len(names):
            raise ValueError(f"the ids of depths must differ; {sorted(names)} given")
        unknown = [depth.basis == "unknown" for depth in self.depth]
        if any(unknown) and len(self.depth) > 1:
            raise ValueError(
                "an unknown depth stands alone: where one depth is known, the others "
                "are carried from it"
            )
        if all(unknown) and self.severity in ("catastrophic", "critical"):
            raise ValueError(
                f"unknown is not enough for a {self.severity} structure: give a layer "
                "or carried depth"
            )
        if len(self.depth) > 1 and any(depth.at is None for depth in self.depth):
            raise ValueError("of several depths each must say at which place")
        return self

    @property
    def unknown(self) -> bool:
        """Whether nobody measured how deep the structure lies."""
        return any(depth.basis == "unknown" for depth in self.depth)

    @property
    def category(self) -> Literal["critical", "minor"]:
        """What reaching it amounts to: DANGER when critical, CAUTION when minor."""
        if self.unknown or self.severity in ("moderate", "minor"):
            return "minor"
        return "critical"

    @property
    def least_mm(self) -> float | None:
        """Least earliest depth of its anchors, mm; None where nothing was measured."""
        known = [depth.earliest_mm for depth in self.depth if depth.anchor]
        return min(known, default=None)

    @property
    def bmi_rule(self) -> bool:
        """Whether body mass was measured to change its depths."""
        return any(entry.per == "bmi" for entry in self.build)

    @property
    def level(self) -> Level:
        """What its depths rest on, all together."""
        if self.kind == "exclusion":
            return "convention"
        if self.unknown:
            return "unknown"
        measured = [depth.basis == "measured" for depth in self.depth]
        if all(measured):
            return "measured"
        return "partly measured" if any(measured) else "inferred"

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


class RegionCoverage(Record):
    """What has been mapped under a region of skin.

    Attributes
    ----------
    level : {"full", "partial", "none"}
        ``none`` means that a site there is not assessable; ``full`` that every
        structure of ``atlas`` is mapped.
    mapped_to_mm : float, optional
        How deep under the skin; what lies deeper was not looked at.
    atlas : tuple of str
        What a cross-section atlas shows down to that depth.
    mapped : tuple of str
        Structures that were looked at there.
    missing : tuple of str
        What is known not to be mapped.
    """

    region: Text
    level: Literal["full", "partial", "none"]
    mapped_to_mm: Annotated[float, Field(gt=0, le=300)] | None = None
    atlas: tuple[Text, ...] = ()
    mapped: tuple[TextWords, ...] = ()
    missing: tuple[Text, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _says_what(self) -> RegionCoverage:
        if (self.level == "none") == bool(self.mapped):
            raise ValueError(
                "mapped must list structures, and be empty where the level is none"
            )
        if (self.level == "none") != (self.mapped_to_mm is None):
            raise ValueError("mapped_to_mm must say how deep, where anything is mapped")
        lacking = sorted(set(self.atlas) - set(self.mapped))
        if self.level == "full" and (lacking or not self.atlas):
            raise ValueError(
                "full needs the list of an atlas with every structure of it mapped; "
                f"not mapped: {lacking or 'no atlas given'}"
            )
        return self


class PlaceCoverage(Record):
    """A place within a region that is mapped to a depth of its own."""

    name: Text
    mapped_to_mm: Annotated[float, Field(gt=0, le=300)]
    why: Text
    side: Literal["paired", "midline", "left", "right"] = "paired"
    area: Area
