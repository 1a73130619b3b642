"""The contract: its version, and what a check answers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from anatomy.deprecated import lazy_names
from anatomy.messages import DataWords, Words
from anatomy.store.references import SourceId
from zones.contract.sites import BodyName, SideName
from zones.contract.validation import AnswerModel, notebook_html

#: Version of the contract: semantic versioning, as `docs/programmers/contract.md`
#: explains.
CONTRACT_VERSION = "1.4.0"


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


class Nearest(AnswerModel):
    """The place of the structure nearest to the tip as planned, and how far it is.

    Where the plan reaches the structure, the place on the needle where it meets it.
    """

    xyz_mm: tuple[float, float, float]
    """Place in the body frame, mm, LPS."""
    distance_mm: float
    """How far it is from the tip as planned, mm."""


class Tolerance(AnswerModel):
    """How much error the plan bears before the structure is reached.

    ``mm`` is error of depth along the needle, null when no depth along it reaches the
    structure. ``deg`` is error of tilt in any direction at the planned depth, looked
    at up to 45; null when it was not worked out, as for what lies far off.
    """

    mm: float | None
    """Error of depth along the needle, mm."""
    deg: float | None
    """Error of tilt, degrees."""


class OtherView(AnswerModel):
    """What another source says that was not followed."""

    text: DataWords
    """What it says."""
    sources: list[SourceId]
    """Who says so."""


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
    p_meet_arm_away: float | None = None
    """The same with the arm overhead or behind the back; only where the position of
    the arm was not given and this chance is what warns.
    """
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
    """The field of the plan that changes."""
    to: bool | float | str | dict[str, Any] | list[dict[str, Any]] | None = None
    """The value to put there."""
    verdict: Verdict
    """Verdict of the plan so changed."""
    why: Words
    """Why it helps."""


class Coverage(AnswerModel):
    """What was mapped in the region of the site."""

    level: Literal["full", "partial", "none"]
    """How completely the region was mapped."""
    mapped: list[Words] = Field(default_factory=list)
    """What was mapped."""
    mapped_to_mm: float | None = None
    """How deep under the skin of the region structures were mapped, mm."""


class BoneAhead(AnswerModel):
    """A bone on the needle's way: how often it is met, and when."""

    name: Words
    """Name of the bone."""
    share: float
    """Share of needles set here that meet it."""
    from_mm: float
    """Depths under the skin between which it is met in 95 of 100 people, mm."""
    to_mm: float
    """The deeper of the two, mm."""


class SiteAnswer(AnswerModel):
    """Where the site is, in every form."""

    chart: str
    """The chart that shows it best."""
    x_mm: float
    """x of the chart's plane, mm."""
    y_mm: float
    """y of the chart's plane, mm."""
    xyz_mm: tuple[float, float, float]
    """Place in the body frame, mm, LPS."""
    region: str
    """Region of skin."""
    description: Words
    """The place in landmark words."""
    body: BodyName
    """The body that leads the answer."""
    side: SideName
    """The patient's side."""
    spread_mm: float = 0.0
    """Radius of the search area that a muscle or point stands for, in mm."""


class Proof(AnswerModel):
    """What an answer rested on; made by `zones.versions.proof.prove_request`."""

    request: dict[str, Any]
    """The request as it was sent."""
    at: str
    """When it was asked, ISO 8601 in UTC."""
    software: str
    """Version of the package that answered."""
    data_version: str
    """Version of the data."""
    policy: str
    """Name of the policy."""
    contract_version: str
    """Version of the contract."""
    hash: str
    """SHA-256 of the answer and all of the above, as canonical JSON (RFC 8785)."""


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
    proof: Proof | None = None
    """Request, time and versions with a hash over all; null unless asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data, every key of the contract present."""
        return self.model_dump(mode="json")

    def __repr__(self) -> str:
        """Verdict, deepest plan below DANGER and headline."""
        return f"<Assessment {self.verdict}, {self.max_depth_mm} mm: {self.headline}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return notebook_html("assessment_html", self)


_MOVED = {
    "needle": ("Measured", "Needle", "NeedleLike", "Tilt", "Vector", "parse_needle"),
    "sites": (
        *("BetweenSite", "ChartSite", "LandmarkSite", "MuscleSite", "PointSite"),
        *("Site", "SiteLike", "TextSite", "XyzSite", "parse_site"),
    ),
}
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {},
        moved={
            name: f"zones.contract.{module}:{name}"
            for module, names in _MOVED.items()
            for name in names
        },
        removed_in="0.2",
    )
