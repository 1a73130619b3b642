"""What is answered beside the assessments of the library, as models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from anatomy.codes import Code
from zones.contract.models import Assessment, Finding, Verdict
from zones.contract.sites import BodyName, SideName
from zones.contract.validation import AnswerModel
from zones.knowledge.structures.zone_models import Zone


class Problem(AnswerModel):
    """What is wrong: a code for programs, a sentence for people, the field at fault."""

    code: str
    message: str
    field: str | None = None
    suggestions: list[str] = Field(default_factory=list)


class ErrorAnswer(AnswerModel):
    """An error. It is never a verdict, and never stands beside one."""

    error: Problem
    """The error as the command prints it."""
    type: str = "about:blank"
    """What kind of problem it is, by RFC 9457; the error's code tells more."""
    title: str = ""
    """The status in words."""
    status: int = 0
    """The status."""
    detail: str = ""
    """The error's message."""
    instance: str | None = None
    """This call, with its id."""


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


class SearchHit(AnswerModel):
    """One site that the words may mean."""

    kind: str
    """landmark, muscle, point, region or text; a region is no place for a needle."""
    title: str
    """Its name with the side in front."""
    site: dict[str, Any] | None
    """The site, to be sent back as it is; null for a region."""
    side: str
    """The patient's side."""
    where: str
    """Where it lies, in words."""
    chart: str
    """The chart that shows it best."""
    quality: float
    """How well the words fit, 0 to 1."""


class SearchAnswer(AnswerModel):
    """Sites that a few words may mean, best first."""

    hits: list[SearchHit]
    """The sites; none when nothing comes near."""


class PractitionerAnswer(AnswerModel):
    """What the rules held say of who needles."""

    verdict: Verdict
    """The gravest of the findings; CAUTION at least where nothing was said."""
    findings: list[Finding]
    """The findings, gravest first."""
    sources: dict[str, dict[str, Any]]
    """Records of the sources cited, by id."""
    data_version: str
    """Version of the data behind the answer."""


class DepthMap(AnswerModel):
    """How deep a perpendicular needle may go at every place of a chart."""

    body: BodyName
    """The reference body."""
    chart: str
    """The chart."""
    units: str
    """mm."""
    cell_mm: float
    """Size of a cell."""
    bounds_mm: tuple[float, float, float, float]
    """Least and most x, least and most y of the chart."""
    no_limit: float
    """What stands for a place where nothing limits the depth: a negative number, so
    that a reader who takes it for a depth takes it for one that is never acceptable.
    """
    depths_mm: list[list[float | None]]
    """One list for each row, the least y first: the deepest needle, 0 where none is
    acceptable, null off the body and where nothing has been mapped.
    """
    data_version: str
    """Version of the data behind the answer."""


class SectionAnswer(AnswerModel):
    """A site's assessment and its cross-section."""

    assessment: Assessment
    """As `check` answers it."""
    section: dict[str, Any]
    """The cross-section: places are mm of its plane, (0, 0) is the entry."""


class BatchAnswer(AnswerModel):
    """A batch whose sources are told once (`sources=once`)."""

    answers: list[dict[str, Any]]
    """Answers and errors in the order of the requests."""
    sources: dict[str, dict[str, Any]]
    """Records of all sources that they cite, by id."""


class HookService(AnswerModel):
    """One service of CDS Hooks."""

    hook: str
    """The hook on which it is to be called."""
    title: str
    """Its name."""
    description: str
    """What it does."""
    id: str
    """Its id, the last part of its address."""
    prefetch: dict[str, str]
    """Queries of FHIR whose answers are to be sent along."""
    usageRequirements: str
    """What it needs."""


class Discovery(AnswerModel):
    """The services of CDS Hooks."""

    services: list[HookService]
    """The services; two hooks may share one."""


class Cards(AnswerModel):
    """The answer of a service of CDS Hooks."""

    cards: list[dict[str, Any]]
    """Cards as CDS Hooks 2.0 has them; none where there is nothing to say."""


class FeedbackKept(AnswerModel):
    """That feedback was kept."""

    kept: int
    """Entries that were kept."""
