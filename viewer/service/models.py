"""What the service answers beside assessments, as models for its description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from anatomy.codes import Code
from zones.contract.sites import BodyName, SideName, Site
from zones.contract.validation import AnswerModel, StrictModel
from zones.knowledge.zone_models import Zone


class Problem(AnswerModel):
    """What is wrong: a code for programs, a sentence for people, the field at fault."""

    code: str
    message: str
    field: str | None = None
    suggestions: list[str] = Field(default_factory=list)


class ErrorAnswer(AnswerModel):
    """An error. It is never a verdict, and never stands beside one."""

    error: Problem


class LocateRequest(StrictModel):
    """A site to be located, in any form of the contract."""

    site: Site


class Place(AnswerModel):
    """Where a site is on one body, in every form; mm."""

    body: BodyName
    side: SideName
    region: str
    segment: str
    xyz_mm: tuple[float, float, float] = Field(description="body frame, LPS")
    description: str
    offset: dict[str, Any] = Field(description="the place as a landmark offset")
    spread_mm: float = Field(description="radius of the area that the site stands for")
    charts: dict[str, tuple[float, float]] = Field(
        description="x and y on each chart that shows the place"
    )


class ZoneSummary(AnswerModel):
    """A zone in short."""

    id: str
    structure: str
    consequence: str
    kind: str
    category: str = Field(
        description="kept for one version: critical or minor; see severity",
        deprecated=True,
    )
    severity: str | None = Field(
        description="the worst credible harm, null for an area that rules refer to"
    )
    side: str
    earliest_mm: float | None = Field(
        description="the least of its depths, null where it has none"
    )
    codes: list[Code] = Field(description="codes of terminologies, empty for none")
    sources: list[str]


class ZoneList(AnswerModel):
    """Every zone in short, the records of the sources they cite, the data's version."""

    zones: list[ZoneSummary]
    sources: dict[str, dict[str, Any]]
    data_version: str


class ZoneAnswer(AnswerModel):
    """One zone as its file has it, and the records of the sources it cites."""

    zone: Zone
    codes: list[Code] = Field(description="codes of terminologies, empty for none")
    sources: dict[str, dict[str, Any]]
    data_version: str


class ChartSpace(AnswerModel):
    """What the coordinates of a chart mean."""

    body: BodyName
    view: str
    title: str
    units: Literal["mm"]
    origin: str
    x: str
    y: str


class ZoneFeatures(AnswerModel):
    """Zones of a chart as a GeoJSON FeatureCollection in mm of the chart."""

    type: Literal["FeatureCollection"]
    space: ChartSpace
    features: list[dict[str, Any]]
